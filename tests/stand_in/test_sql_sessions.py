"""The stand-in's sessions: changes, transactions, breaks, and rows that are pulled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice

import pytest

from tests.fake_oracle.engine.engine import SqliteEngine
from tests.fake_oracle.kinds.model import (
    Bind,
    Engine,
    Kind,
    Moment,
    NestedCursor,
    OraError,
    Row,
    SqlSession,
    Value,
)
from tests.stand_in.direct_sql import ENDLESS, change, error, number, run

COLUMNS = """
    id NUMBER(10) CONSTRAINT things_pk PRIMARY KEY,
    name VARCHAR2(5) NOT NULL,
    label VARCHAR2(5 CHAR) UNIQUE,
    flag CHAR(3) DEFAULT 'Y',
    amount NUMBER(5,2) CHECK (amount > -10),
    at_day DATE DEFAULT SYSDATE,
    at_time TIMESTAMP(3)
"""


@pytest.fixture
def things(scratch: SqlSession) -> SqlSession:
    change(scratch, f"CREATE TABLE things ({COLUMNS})")
    return scratch


def test_inserted_values_come_back_as_their_columns_keep_them(things: SqlSession) -> None:
    change(
        things,
        "INSERT INTO things (id, name, amount, at_day, at_time) VALUES (:1, 'ab', :2, :3, :4)",
        number(1),
        number(Decimal("1.005")),
        Bind(Kind.TIMESTAMP, Moment(2026, 1, 28, 10, 38, 36, 987_654_321)),
        Bind(Kind.TIMESTAMP, Moment(2026, 1, 28, 10, 38, 36, 987_654_321)),
    )
    day = Moment(2026, 1, 28, 10, 38, 36)
    time_of_day = Moment(2026, 1, 28, 10, 38, 36, 988_000_000)
    expected = (1, "ab", None, "Y  ", Decimal("1.01"), day, time_of_day)
    assert run(things, "SELECT * FROM things WHERE flag = 'Y'") == [expected]


CHANGES: list[tuple[str, int, str]] = [
    ("INSERT INTO things (id, name) VALUES (1, 'b')", 1,
     "unique constraint (APP.THINGS_PK) violated on table APP.THINGS columns (ID)"),
    ("INSERT INTO things (id, name) VALUES (2, '')", 1400,
     'cannot insert NULL into ("APP"."THINGS"."NAME")'),
    ("UPDATE things SET name = NULL", 1407, 'cannot update ("APP"."THINGS"."NAME") to NULL'),
    ("INSERT INTO things (id, name) VALUES (2, 'abcdef')", 12899,
     'value too large for column "APP"."THINGS"."NAME" (actual: 6, maximum: 5)'),
    ("INSERT INTO things (id, name) VALUES (2, 'äöü')", 12899,
     'value too large for column "APP"."THINGS"."NAME" (actual: 6, maximum: 5)'),
    ("UPDATE things SET amount = 1000", 1438,
     "value larger than specified precision allowed for this column"),
    ("UPDATE things SET amount = -10", 2290, "check constraint (APP.SYS_C0070104) violated"),
    ("INSERT INTO things (id, name) VALUES (2)", 947, "not enough values"),
    ("INSERT INTO things (id) VALUES (2, 'b')", 913, "too many values"),
    ("INSERT INTO things (nope) VALUES (2)", 904, '"NOPE": invalid identifier'),
    ("CREATE TABLE things (a NUMBER)", 955, "name is already used by an existing object"),
    ("CREATE TABLE twice (a NUMBER, A DATE)", 957, "duplicate column name"),
    ("CREATE TABLE odd (a FOO)", 902, "invalid datatype"),
    ("DROP TABLE nope", 942, 'table or view "APP"."NOPE" does not exist'),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "text"), CHANGES)
def test_a_wrong_change_is_refused_and_leaves_nothing(
    things: SqlSession, sql: str, code: int, text: str
) -> None:
    change(things, "INSERT INTO things (id, name, amount) VALUES (1, 'a', 1)")
    raised = error(things, sql)
    assert (raised.code, raised.text) == (code, text)
    assert run(things, "SELECT id, name, amount FROM things") == [(1, "a", 1)]


def test_changes_count_rows_and_wait_for_commit(engine: SqliteEngine, things: SqlSession) -> None:
    other = engine.connect("app")
    many = (
        "INSERT INTO things (id, name) SELECT LEVEL, 'n' || LEVEL FROM DUAL CONNECT BY LEVEL <= 5"
    )
    assert change(things, many) == 5
    assert things.in_transaction
    assert run(other, "SELECT COUNT(*) FROM things") == [(0,)]
    assert change(things, "UPDATE things t SET t.amount = t.id / 3 WHERE t.id > 2") == 3
    assert change(things, "DELETE FROM things WHERE ROWNUM <= 2") == 2
    things.commit()
    assert run(other, "SELECT COUNT(*), SUM(amount) FROM things") == [(3, 4)]
    change(things, "DELETE FROM things")
    things.rollback()
    assert not things.in_transaction
    assert run(things, "SELECT COUNT(*) FROM things") == [(3,)]
    other.close()


def test_ddl_commits_and_makes_older_statements_follow_it(things: SqlSession) -> None:
    change(things, "INSERT INTO things (id, name) VALUES (1, 'a')")
    change(things, 'CREATE TABLE copies AS SELECT id, name AS "Name" FROM things')
    assert not things.in_transaction
    assert run(things, 'SELECT "Name", id FROM copies') == [("a", 1)]
    reader = things.parse("SELECT * FROM copies")
    change(things, "DROP TABLE copies")
    change(things, "CREATE TABLE copies (z VARCHAR2(10))")
    rows = things.execute(reader, []).rows
    assert rows is not None
    assert list(rows) == []
    assert [column.name for column in things.parse("SELECT * FROM copies").columns] == ["Z"]
    change(things, "TRUNCATE TABLE things")
    assert run(things, "SELECT * FROM things") == []


def test_tables_of_a_schema_are_found_by_their_owner_and_through_public_names(
    services: dict[str, Engine],
) -> None:
    owner, guest = services["DEV"].connect("compare"), services["DEV"].connect("guest")
    counted = "SELECT COUNT(*) FROM user_tables"
    assert run(owner, counted) == [(7,)]
    assert run(guest, counted) == [(0,)]
    assert run(guest, "SELECT COUNT(*) FROM app_config") == [(3000,)]
    names = "SELECT column_name, data_type, data_precision FROM all_tab_columns"
    where = "WHERE table_name = 'EMPLOYEES' AND column_id <= 2 ORDER BY column_id"
    columns = [("EMPLOYEE_ID", "NUMBER", 6), ("FIRST_NAME", "VARCHAR2", None)]
    assert run(guest, f"{names} {where}") == columns
    owner.close()
    guest.close()


def test_for_update_opens_a_transaction(services: dict[str, Engine]) -> None:
    session = services["DEV"].connect("app")
    run(session, "SELECT * FROM employees WHERE employee_id = 100 FOR UPDATE")
    assert session.in_transaction
    session.close()


def test_a_writer_does_not_block_readers_and_the_next_writer_waits(
    engine: SqliteEngine, things: SqlSession
) -> None:
    change(things, "INSERT INTO things (id, name) VALUES (1, 'a')")
    other = engine.connect("app")
    assert run(other, "SELECT COUNT(*) FROM things") == [(0,)]
    counts: list[int] = []
    insert = "INSERT INTO things (id, name) VALUES (2, 'b')"
    writer = threading.Thread(target=lambda: counts.append(change(other, insert)))
    writer.start()
    things.commit()
    writer.join(timeout=30)
    other.commit()
    assert counts == [1]
    assert run(things, "SELECT COUNT(*) FROM things") == [(2,)]
    other.close()


LONG_RUNNING = [
    "SELECT COUNT(*) FROM app_config a, app_config b, app_config c",
    f"SELECT COUNT(*) FROM ({ENDLESS})",
    f"SELECT * FROM ({ENDLESS}) WHERE n < 0",
    "BEGIN DBMS_SESSION.SLEEP(600); END;",
]


@contextmanager
def interrupting(session: SqlSession) -> Iterator[None]:
    """Break into what the session runs, again and again: one break may come before it has begun."""
    done = threading.Event()

    def keep_on() -> None:
        while not done.wait(0.02):
            session.interrupt()

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("sql", LONG_RUNNING)
def test_a_break_ends_a_long_statement_and_spares_the_next(session: SqlSession, sql: str) -> None:
    started = time.monotonic()
    with interrupting(session):
        assert error(session, sql).code == 1013
    assert time.monotonic() - started < 30
    session.interrupt()
    assert run(session, "SELECT 1 FROM dual") == [(1,)]


def test_a_break_reaches_a_cursor_that_is_being_fetched(session: SqlSession) -> None:
    rows = session.execute(session.parse(ENDLESS), []).rows
    assert rows is not None
    assert list(islice(rows, 3)) == [(1,), (2,), (3,)]
    session.interrupt()
    with pytest.raises(OraError, match="ORA-01013"):
        next(rows)
    assert run(session, "SELECT 1 FROM dual") == [(1,)]


def test_a_break_reaches_a_writer_that_waits(engine: SqliteEngine, things: SqlSession) -> None:
    change(things, "INSERT INTO things (id, name) VALUES (1, 'a')")
    other = engine.connect("app")
    with interrupting(other):
        assert error(other, "DELETE FROM things").code == 1013
    assert not other.in_transaction
    other.close()


@pytest.mark.parametrize("sql", [ENDLESS, f"SELECT ROWNUM, v.n FROM ({ENDLESS}) v WHERE n > 1"])
def test_rows_are_pulled_one_by_one(session: SqlSession, sql: str) -> None:
    rows = session.execute(session.parse(sql), []).rows
    assert rows is not None
    assert [row[0] for row in islice(rows, 2)] == [1, 2]


def test_a_nested_cursor_sees_the_row_around_it(session: SqlSession) -> None:
    staff = "SELECT e.first_name, CURSOR(SELECT m.salary FROM dual) FROM employees e"
    sql = (
        f"SELECT m.first_name, CURSOR({staff} WHERE e.manager_id = m.employee_id AND e.salary < :1)"
        " FROM employees m WHERE m.employee_id <= 101 ORDER BY m.employee_id"
    )
    (_, of_first), (_, of_second) = run(session, sql, number(5000))
    (name, salaries), *_ = fetched(of_first)
    assert (name, fetched(salaries)) == ("Budi", [(4000,)])
    assert fetched(of_second) == []


def fetched(nested: Value) -> list[Row]:
    assert isinstance(nested, NestedCursor)
    return list(nested.rows)


def test_sessions_in_many_threads_read_what_one_of_them_commits(engine: SqliteEngine) -> None:
    writer = engine.connect("app")
    change(writer, "CREATE TABLE counters (id NUMBER PRIMARY KEY, n NUMBER)")
    change(writer, "INSERT INTO counters SELECT LEVEL, 0 FROM DUAL CONNECT BY LEVEL <= 20")
    writer.commit()
    seen: list[bool] = []

    def read() -> None:
        session = engine.connect("app")
        for _ in range(100):
            ((low, high),) = run(session, "SELECT MIN(n), MAX(n) FROM counters")
            seen.append(low == high)
        session.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(50):
        change(writer, "UPDATE counters SET n = n + 1")
        writer.commit()
    for reader in readers:
        reader.join()
    writer.close()
    assert len(seen) == 400
    assert all(seen)
