"""What the sidecar takes for granted of Oracle, asked of the stand-in and of a real database.

The stand-in answers as the documentation says, so here it only proves that the questions can be
asked. docs/stand_in.md says how to ask a real database; where it answers otherwise, both the
stand-in and the code that relies on the answer are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import oracledb
import pytest

from tests.harness import Sidecar

# Names that nothing else has: the tables of a real database are somebody's.
TABLE = "SIDECAR_ASSUMES_T"
TYPE = "SIDECAR_ASSUMES_O"
ADDRESS = f"CREATE TYPE {TYPE} AS OBJECT (street VARCHAR2(40), no NUMBER(4))"
MOMENT = "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'"
SHOWN = "2026-01-28T10:38:36.5+07:00"


def connect(database: dict[str, Any]) -> oracledb.Connection:
    return oracledb.connect(
        user=database["username"], password=database["password"], dsn=database["connect_string"]
    )


def drop_leftovers(connection: oracledb.Connection) -> None:
    """The table first: it may have a column of the type."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT object_type, object_name FROM user_objects WHERE object_name IN (:1, :2)"
        " ORDER BY object_type",
        [TABLE, TYPE],
    )
    for kind, name in cursor.fetchall():
        connection.cursor().execute(f"DROP {kind} {name}")


@pytest.fixture
def session(any_database: dict[str, Any]) -> Iterator[oracledb.Connection]:
    """A session of the test's own; what it made goes with it."""
    connection = connect(any_database)
    drop_leftovers(connection)
    yield connection
    drop_leftovers(connection)
    connection.close()


def run(session: oracledb.Connection, sql: str, *binds: object) -> list[Any]:
    return list(session.cursor().execute(sql, binds).fetchall())


def described(cursor: oracledb.Cursor) -> list[oracledb.FetchInfo]:
    return list(cursor.description or ())


def make(session: oracledb.Connection, columns: str, *rows: str) -> None:
    cursor = session.cursor()
    cursor.execute(f"CREATE TABLE {TABLE} ({columns})")
    for row in rows:
        cursor.execute(f"INSERT INTO {TABLE} VALUES ({row})")
    session.commit()


def ask(sidecar: Sidecar, database: dict[str, Any], sql: str) -> Any:
    answer = sidecar.post("/query", {"connection": database, "sql": sql})
    assert answer.status == 200, answer.body
    return answer.json


def test_a_moment_is_written_out_in_the_gregorian_calendar(session: oracledb.Connection) -> None:
    model = "'SYYYY-MM-DD\"T\"HH24:MI:SS'"
    written = f"TO_CHAR(DATE '2026-01-28', {model}, 'NLS_CALENDAR=GREGORIAN')"
    assert run(session, f"SELECT {written} FROM dual") == [(" 2026-01-28T00:00:00",)]


def test_a_regions_name_is_written_in_capitals(session: oracledb.Connection) -> None:
    moment = "TIMESTAMP '2026-07-01 12:00:00 Europe/Berlin'"
    assert run(session, f"SELECT TO_CHAR({moment}, 'TZR') FROM dual") == [("EUROPE/BERLIN",)]


def test_an_inline_view_keeps_the_order_of_its_rows(session: oracledb.Connection) -> None:
    make(session, "n NUMBER(6), s VARCHAR2(40)")
    session.cursor().execute(
        f"INSERT INTO {TABLE} SELECT LEVEL, RPAD('x', MOD(LEVEL * 7919, 40) + 1, 'x') FROM dual"
        " CONNECT BY LEVEL <= 20000"
    )
    ordered = f"SELECT n, s FROM {TABLE} ORDER BY LENGTH(s) DESC, n DESC"
    assert run(session, f'SELECT "N", "S" FROM (\n{ordered}\n)') == run(session, ordered)


@pytest.mark.parametrize(
    ("inner", "name", "binds"),
    [
        ("SELECT :x FROM dual", ":X", ["a"]),
        (f"SELECT MAX(at) FROM (SELECT {MOMENT} AS at FROM dual)", "MAX(AT)", []),
        ("SELECT 1+1 FROM dual", "1+1", []),
    ],
)
def test_an_unnamed_column_answers_to_the_name_it_is_described_with(
    session: oracledb.Connection, inner: str, name: str, binds: list[object]
) -> None:
    cursor = session.cursor().execute(inner, binds)
    assert [column.name for column in described(cursor)] == [name]
    assert run(session, f'SELECT 1 FROM (\n{inner}\n) WHERE "{name}" IS NOT NULL', *binds) == [(1,)]


def test_a_named_subquery_carries_joins_and_rowids(session: oracledb.Connection) -> None:
    make(session, "id NUMBER(4) PRIMARY KEY, parent NUMBER(4)", "1, NULL", "2, 1")
    joined = (
        f"SELECT a.id, b.id, a.ROWID FROM {TABLE} a LEFT JOIN {TABLE} b ON b.id = a.parent"
        " ORDER BY a.id"
    )
    named = f'WITH "_q" (C1, C2, C3) AS (\n{joined}\n)\nSELECT C1, C2, C3 FROM "_q"'
    rows = run(session, joined)
    assert [row[:2] for row in rows] == [(1, None), (2, 1)]
    assert run(session, named) == rows


def test_an_intervals_decimal_mark_is_the_sessions(session: oracledb.Connection) -> None:
    session.cursor().execute("ALTER SESSION SET NLS_NUMERIC_CHARACTERS = ',.'")
    written = "TO_CHAR(INTERVAL '1 02:03:04.5' DAY(2) TO SECOND(1))"
    assert run(session, f"SELECT {written} FROM dual") == [("+01 02:03:04,5",)]


@pytest.mark.parametrize(
    ("expression", "scale"),
    [
        ("SYSTIMESTAMP", 6),
        ("LOCALTIMESTAMP", 6),
        ("TO_TIMESTAMP('2026', 'YYYY')", 9),
        ("TO_TIMESTAMP_TZ('2026', 'YYYY')", 9),
        (f"CAST({MOMENT} AS TIMESTAMP(3))", 3),
        (f"{MOMENT} + INTERVAL '1' SECOND", 9),
    ],
)
def test_the_scale_that_a_functions_moment_is_described_with(
    session: oracledb.Connection, expression: str, scale: int
) -> None:
    (column,) = described(session.cursor().execute(f"SELECT {expression} FROM dual"))
    assert column.scale == scale


def test_a_long_stands_beside_a_time_zone(
    sidecar: Sidecar, any_database: dict[str, Any], session: oracledb.Connection
) -> None:
    make(session, "l LONG, at TIMESTAMP WITH TIME ZONE", f"'long text', {MOMENT}")
    answer = ask(sidecar, any_database, f"SELECT l, at FROM {TABLE}")
    assert answer["rows"] == [["long text", SHOWN]]


def test_an_objects_attributes_are_reached_through_an_inline_view(
    sidecar: Sidecar, any_database: dict[str, Any], session: oracledb.Connection
) -> None:
    session.cursor().execute(ADDRESS)
    make(session, f"id NUMBER(4), a {TYPE}", f"1, {TYPE}('Jl. Sudirman', 7)", "2, NULL")
    view = f'SELECT "_r"."A"."STREET" FROM (\nSELECT id, a FROM {TABLE}\n) "_r" ORDER BY id'
    assert run(session, view) == [("Jl. Sudirman",), (None,)]
    answer = ask(sidecar, any_database, f"SELECT id, a FROM {TABLE} ORDER BY id")
    assert answer["rows"] == [[1, {"STREET": "Jl. Sudirman", "NO": 7}], [2, None]]


@pytest.mark.parametrize("beside", ["n NUMBER(4)", "at TIMESTAMP WITH TIME ZONE"])
def test_a_statement_that_is_open_is_described_anew_after_its_table_was_altered(
    sidecar: Sidecar, any_database: dict[str, Any], session: oracledb.Connection, beside: str
) -> None:
    make(session, f"id NUMBER(4), {beside}", "1, NULL")
    sql = f"SELECT * FROM {TABLE}"
    reader = connect(any_database)
    cursor = reader.cursor()
    for _ in range(2):
        cursor.execute(sql).fetchall()
        ask(sidecar, any_database, sql)

    session.cursor().execute(f"ALTER TABLE {TABLE} ADD (added VARCHAR2(9) DEFAULT 'new')")
    rows = cursor.execute(sql).fetchall()
    answer = ask(sidecar, any_database, sql)

    assert described(cursor)[-1].name == "ADDED"
    assert rows == [(1, None, "new")]
    assert (answer["columns"][-1], answer["rows"]) == ("ADDED", [[1, None, "new"]])
    reader.close()


def test_a_zoned_bind_is_described_with_all_nine_digits(session: oracledb.Connection) -> None:
    cursor = session.cursor()
    cursor.setinputsizes(oracledb.DB_TYPE_TIMESTAMP_TZ)
    zone = timezone(timedelta(hours=7))
    cursor.execute("SELECT :1 FROM dual", [datetime(2026, 1, 28, 10, 38, 36, 123456, zone)])
    (column,) = described(cursor)
    assert (column.type, column.scale) == (oracledb.DB_TYPE_TIMESTAMP_TZ, 9)
