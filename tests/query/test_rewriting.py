"""Statements that run inside an outer query: how often they run, and what failures say."""

from __future__ import annotations

from typing import Any

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.link.faults import Answer as OracleError
from tests.fake_oracle.link.faults import Fault, Step
from tests.harness import Answer, Sidecar, connection

AT = "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'"
STAMP = "2026-01-28T10:38:36.5+07:00"
MOMENT = {"$date": "2026-01-28T10:38:36.5"}


def ask(sidecar: Sidecar, database: FakeOracle, sql: str, **more: Any) -> Answer:
    return sidecar.post("/query", {"connection": connection(database.dsn()), "sql": sql, **more})


@pytest.mark.parametrize("beside", [AT, "1"], ids=["needs it too", "does not"])
def test_a_bind_that_needs_an_outer_query_gets_one_each_time(
    sidecar: Sidecar, database: FakeOracle, beside: str
) -> None:
    sql = f"SELECT {beside} AS t, :x AS x FROM dual"

    for _ in range(3):
        before = len(database.statements())
        answer = ask(sidecar, database, sql, binds={"x": MOMENT})

        assert answer.status == 200, answer.body
        assert answer.json["rows"] == [[STAMP if beside == AT else 1, "2026-01-28T10:38:36.5"]]
        assert len(database.statements()) <= before + 2


def test_a_bind_may_be_of_another_type_each_time(sidecar: Sidecar, database: FakeOracle) -> None:
    sql = f"SELECT {AT} AS t, :x AS x FROM dual"

    for bind, value in (("a", "a"), (MOMENT, "2026-01-28T10:38:36.5"), (7, 7), ("b", "b")) * 2:
        answer = ask(sidecar, database, sql, binds=[bind])

        assert answer.status == 200, answer.body
        assert answer.json["rows"] == [[STAMP, value]]


def test_a_description_that_the_binds_do_not_fit_is_asked_for_with_a_run(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT {AT} AS t, :x AS x FROM dual"
    assert ask(sidecar, database, sql, binds=[1]).status == 200
    database.faults.add(Fault(Step.EXECUTE, OracleError(932, "inconsistent datatypes"), sql=sql))

    answer = ask(sidecar, database, sql, binds=[1])

    assert answer.status == 200, answer.body
    assert answer.json["rows"] == [[STAMP, 1]]


def test_a_first_run_that_needs_two_other_forms_is_no_more_than_two_runs(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    number = "CASE WHEN LEVEL < 5 THEN 1 ELSE 1/3 END"
    sql = f"SELECT {AT} AS t, readings_t({number}) AS r FROM dual CONNECT BY LEVEL <= 5"

    first = ask(sidecar, database, sql)
    runs = database.statements()
    second = ask(sidecar, database, sql)

    assert (first.status, first.detail["full_code"]) == (400, "INEXACT_VALUE")
    assert first.detail["hint"].startswith("Run it again")
    assert first.detail["retryable"] is True
    assert len([run for run in runs if sql in run]) == 2
    assert second.json["rows"][-1] == [STAMP, ["0." + "3" * 40]]


def test_a_type_that_the_driver_cannot_read_costs_no_run_of_the_statement(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    ask_ddl = "CREATE TYPE {} AS VARRAY(5) OF INTERVAL DAY TO SECOND"
    names = [f"spans{number}_t" for number in range(4)]
    with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:
        for name in names:
            direct.cursor().execute(ask_ddl.format(name))
    items = ", ".join(f"{name}(INTERVAL '1' DAY) AS {name}" for name in names)
    sql = f"SELECT {items} FROM dual"

    answer = ask(sidecar, database, sql)

    assert answer.json["rows"] == [[["P1D"]] * 4]
    assert len([run for run in database.statements() if sql in run]) == 2


def test_a_date_inside_a_cursor_is_carried_beside_a_time_zone(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT {AT} AS t, CURSOR(SELECT DATE '2026-01-28' AS d FROM dual) AS c FROM dual"

    for _ in range(2):
        assert ask(sidecar, database, sql).json["rows"] == [[STAMP, [["2026-01-28T00:00:00"]]]]


@pytest.mark.parametrize(
    ("item", "good", "bad", "code"),
    [
        ("1/:n", [1], [0], "ORA-01476"),
        ("TO_NUMBER(:n)", ["1"], ["x"], "ORA-01722"),
        (":n", [1], [], "ORA-01008"),
        (":n", {"n": 1}, {"m": 1}, "ORA-01036"),
    ],
)
def test_the_statements_own_failure_is_told_as_it_is_inside_an_outer_query(
    sidecar: Sidecar, database: FakeOracle, item: str, good: object, bad: object, code: str
) -> None:
    sql = f"SELECT {AT} AS t, {item} AS x FROM dual"

    assert ask(sidecar, database, sql, binds=good).status == 200
    answer = ask(sidecar, database, sql, binds=bad)

    assert (answer.status, answer.detail["full_code"]) == (400, code)


@pytest.mark.parametrize("code", [907, 32034, 2287])
def test_a_statement_that_cannot_be_wrapped_is_an_error_that_names_the_column(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    database.faults.add(Fault(Step.EXECUTE, OracleError(code), sql="TO_CHAR(", times=None))

    answer = ask(sidecar, database, f"SELECT {AT} AS t FROM dual")

    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"].startswith("column T is of type TIMESTAMP(9) WITH TIME ZONE")
    assert f"ORA-{code:05d}" in answer.detail["message"]


@pytest.mark.parametrize(
    "name", ["MAX(AT)", "at", "A B", ":X", "Ä", "_A", "1", "A" * 30], ids=lambda name: name[:9]
)
def test_a_column_of_no_plain_name_is_not_referred_to_by_it(
    sidecar: Sidecar, database: FakeOracle, name: str
) -> None:
    sql = f'SELECT {AT} AS "{name}" FROM dual'

    assert ask(sidecar, database, sql).json["rows"] == [[STAMP]]

    assert f'"{name}"' not in database.statements()[-1].replace(sql, "")


def test_a_name_that_the_database_does_not_know_is_replaced_and_that_remembered(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT {AT} AS t FROM dual"
    fault = database.faults.add(
        Fault(Step.EXECUTE, OracleError(904), sql='TO_CHAR("_r"."T",', times=None)
    )

    first = ask(sidecar, database, sql)
    fault.remove()
    again = ask(sidecar, database, sql)

    assert [first.json["rows"], again.json["rows"]] == [[[STAMP]], [[STAMP]]]
    assert 'TO_CHAR("_r"."T",' not in "".join(database.statements())


def test_a_column_that_was_added_is_there_although_the_session_keeps_the_statement(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT * FROM grows"
    with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:

        def create(more: str = "") -> None:
            direct.cursor().execute(f"CREATE TABLE grows (at TIMESTAMP WITH TIME ZONE{more})")

        create()
        for _ in range(2):
            assert ask(sidecar, database, sql).json["columns"] == ["AT"]
        direct.cursor().execute("DROP TABLE grows")
        create(", more NUMBER")

    assert ask(sidecar, database, sql).json["columns"] == ["AT", "MORE"]


@pytest.mark.parametrize("name", ["t", '"A B"'], ids=["by name", "with names of our own"])
def test_a_known_statement_that_names_its_columns_is_one_round_trip(
    sidecar: Sidecar, database: FakeOracle, name: str
) -> None:
    sql = f"SELECT {AT} AS {name}, :x AS x /* * */ FROM dual"
    for number in (1, 2):
        assert ask(sidecar, database, sql, binds=[number]).json["rows"] == [[STAMP, number]]
    another = database.faults.add(Fault(Step.EXECUTE, OracleError(942), skip=1))

    answer = ask(sidecar, database, sql, binds=[3])

    assert answer.json["rows"] == [[STAMP, 3]]
    assert answer.json["column_types"] == ["TIMESTAMP(9) WITH TIME ZONE", "NUMBER"]
    assert not another.hit.is_set()
    another.remove()


def test_a_database_that_refuses_the_types_is_asked_without_them_from_then_on(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT {AT} AS t FROM dual"
    database.faults.add(Fault(Step.EXECUTE, OracleError(932), sql="WHERE 1 = 0)", times=None))

    for _ in range(2):
        assert ask(sidecar, database, sql).json["rows"] == [[STAMP]]

    assert not any("WHERE 1 = 0)" in run for run in database.statements())


@pytest.mark.parametrize(
    ("before", "after", "values", "types"),
    [
        (
            "at TIMESTAMP(6) WITH TIME ZONE, n NUMBER(5)",
            "at TIMESTAMP(3) WITH TIME ZONE, n NUMBER(5)",
            [STAMP, 1],
            ["TIMESTAMP(3) WITH TIME ZONE", "NUMBER(5)"],
        ),
        (
            "at TIMESTAMP(6) WITH TIME ZONE, n NUMBER(5)",
            "at TIMESTAMP(6) WITH TIME ZONE, n VARCHAR2(5)",
            [STAMP, "1"],
            ["TIMESTAMP(6) WITH TIME ZONE", "VARCHAR2(5)"],
        ),
        (
            "at TIMESTAMP(6) WITH TIME ZONE, n NUMBER(5)",
            "at TIMESTAMP(6), n TIMESTAMP(6) WITH TIME ZONE",
            [STAMP[:21], STAMP],
            ["TIMESTAMP(6)", "TIMESTAMP(6) WITH TIME ZONE"],
        ),
    ],
    ids=["what is written out", "what is not", "both"],
)
def test_a_column_that_has_changed_is_what_it_is_now_although_the_statement_is_known(
    sidecar: Sidecar,
    database: FakeOracle,
    before: str,
    after: str,
    values: list[object],
    types: list[str],
) -> None:
    sql = "SELECT at, n FROM changes"
    with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:

        def create(columns: str) -> None:
            direct.cursor().execute(f"CREATE TABLE changes ({columns})")
            second = AT if "n TIMESTAMP" in columns else "1"
            direct.cursor().execute(f"INSERT INTO changes VALUES ({AT}, {second})")
            direct.commit()

        create(before)
        for _ in range(2):
            got = ask(sidecar, database, sql)
            assert got.status == 200, got.json
            assert got.json["rows"] == [[STAMP, 1]]
        direct.cursor().execute("DROP TABLE changes")
        create(after)

    for _ in range(3):
        answer = ask(sidecar, database, sql)
        assert (answer.json["rows"], answer.json["column_types"]) == ([values], types)


@pytest.mark.parametrize(
    ("before", "after", "written", "value"),
    [
        ("TIMESTAMP(9)", "NUMBER(5)", "7", 7),
        ("TIMESTAMP(9)", "BINARY_DOUBLE", "1.5", 1.5),
        ("TIMESTAMP(9)", "DATE", "DATE '2026-01-28'", "2026-01-28T00:00:00"),
        ("TIMESTAMP(9) WITH TIME ZONE", "DATE", "DATE '2026-01-28'", "2026-01-28T00:00:00"),
        ("TIMESTAMP(9) WITH TIME ZONE", "VARCHAR2(9)", "'text'", "text"),
    ],
)
@pytest.mark.parametrize("binds", [{}, {"n": 0}], ids=["no binds", "a bind"])
def test_a_column_of_another_type_is_asked_for_anew_where_what_asked_for_it_before_fails(
    sidecar: Sidecar,
    database: FakeOracle,
    before: str,
    after: str,
    written: str,
    value: object,
    binds: dict[str, object],
) -> None:
    sql = "SELECT at FROM others WHERE " + ("n > :n" if binds else "n > 0")
    with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:
        run = direct.cursor().execute

        run(f"CREATE TABLE others (n NUMBER, at {before})")
        run(f"INSERT INTO others VALUES (1, {AT})")
        direct.commit()
        for _ in range(2):
            assert ask(sidecar, database, sql, binds=binds).status == 200
        run("DROP TABLE others")
        run(f"CREATE TABLE others (n NUMBER, at {after})")
        run(f"INSERT INTO others VALUES (1, {written})")
        direct.commit()

    for _ in range(3):
        answer = ask(sidecar, database, sql, binds=binds)
        assert answer.status == 200, answer.json
        assert (answer.json["rows"], answer.json["column_types"]) == ([[value]], [after])


def test_a_failure_that_is_not_of_the_columns_costs_no_run_more(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT {AT} AS t, 1/:n AS x FROM dual"
    for _ in range(2):
        assert ask(sidecar, database, sql, binds=[1]).status == 200
    before = len(database.statements())

    answer = ask(sidecar, database, sql, binds=[0])

    assert answer.detail["full_code"] == "ORA-01476"
    assert len(database.statements()) == before + 1


def test_a_column_that_is_gone_is_the_databases_own_error(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT at, n FROM loses"
    with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:
        direct.cursor().execute("CREATE TABLE loses (at TIMESTAMP WITH TIME ZONE, n NUMBER)")
        for _ in range(2):
            assert ask(sidecar, database, sql).json["columns"] == ["AT", "N"]
        direct.cursor().execute("DROP TABLE loses")
        direct.cursor().execute("CREATE TABLE loses (at TIMESTAMP WITH TIME ZONE)")

    answer = ask(sidecar, database, sql)

    assert (answer.status, answer.detail["full_code"]) == (400, "ORA-00904")
