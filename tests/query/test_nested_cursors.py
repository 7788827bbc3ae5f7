"""Cursors inside rows: their values, their limits, and what is left of them in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_oracle import Answer as Ora
from tests.fake_oracle import FakeOracle, Fault, Step
from tests.fake_oracle.kinds.model import Column, ColumnType, Kind, NestedCursor
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import Answer, Sidecar, connection
from tests.query.test_streaming import all_loaded, open_query, resident_kib

NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def standin() -> Iterator[FakeOracle]:
    with FakeOracle() as running:
        yield running


def ask(
    sidecar: Sidecar,
    standin: FakeOracle,
    sql: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    body = {"connection": connection(standin.dsn()), "sql": sql, **more}
    return sidecar.post("/query", body, headers)


def numbers(count: int, expression: str = "LEVEL") -> str:
    return f"SELECT {expression} AS n FROM dual CONNECT BY LEVEL <= {count}"


def test_a_nested_cursor_is_an_array_of_rows_with_values_as_exact(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    inner = (
        "SELECT config_id, 9007199254740993 AS big, TO_BLOB(HEXTORAW('00FF')) AS b, NULL AS n "
        "FROM app_config WHERE config_id <= 2"
    )
    sql = f"SELECT 7 AS id, CURSOR({inner}) AS rows_in FROM dual"

    for _ in range(2):
        answer = ask(sidecar, standin, sql)
        assert answer.status == 200, answer.body
        nested = [[1, "9007199254740993", "AP8=", None], [2, "9007199254740993", "AP8=", None]]
        assert answer.json["rows"] == [[7, nested]]


@pytest.mark.parametrize("numbers_wish", ["auto", "string"])
def test_numbers_inside_follow_the_callers_wish(
    sidecar: Sidecar, standin: FakeOracle, numbers_wish: str
) -> None:
    sql = "SELECT CURSOR(SELECT 1.5 AS n, JSON('[2]') AS j FROM dual) AS c FROM dual"

    answer = ask(sidecar, standin, sql, numbers=numbers_wish)

    plain, wished = [[1.5, [2]]], [["1.5", ["2"]]]
    assert answer.json["rows"] == [[wished if numbers_wish == "string" else plain]]


def test_cursors_are_carried_to_any_depth_in_the_order_of_their_rows(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    inmost = "SELECT p.config_id AS id, TO_BLOB(HEXTORAW('0F')) AS b FROM dual"
    inner = (
        f"SELECT q.config_id AS k, TO_CLOB('x') AS t, CURSOR({inmost.replace('p.', 'q.')}) AS d "
        "FROM app_config q WHERE q.config_id <= p.config_id ORDER BY 1"
    )
    sql = (
        f"SELECT p.config_id AS n, CURSOR({inner}) AS c, CURSOR({inmost}) AS e "
        "FROM app_config p WHERE p.config_id <= 3 ORDER BY p.config_id"
    )

    def one(key: int) -> list[list[object]]:
        return [[key, "Dw=="]]

    for _ in range(2):
        answer = ask(sidecar, standin, sql)
        assert answer.status == 200, answer.body
        assert answer.json["rows"] == [
            [n, [[k, "x", one(k)] for k in range(1, n + 1)], one(n)] for n in (1, 2, 3)
        ]


def test_more_rows_than_one_step_brings_arrive_whole(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = f"SELECT LEVEL AS k, CURSOR({numbers(250)}) AS c FROM dual CONNECT BY LEVEL <= 40"

    for limit, truncated in ((None, False), (39, True), (40, False)):
        answer = ask(sidecar, standin, sql, max_rows=limit).json
        assert [row[0] for row in answer["rows"]] == list(range(1, (limit or 40) + 1))
        assert all(row[1] == [[n] for n in range(1, 251)] for row in answer["rows"])
        assert answer["truncated"] is truncated


def test_a_time_zone_inside_is_an_error_that_names_its_column(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    moment = "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'"

    answer = ask(sidecar, standin, f"SELECT CURSOR(SELECT {moment} AS t FROM dual) AS c FROM dual")

    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"].startswith("column C.T is of type")


def test_text_inside_that_is_not_valid_is_an_error_that_names_its_column(sidecar: Sidecar) -> None:
    torn = b"caf\xe9".decode("utf-8", "surrogateescape")
    inside = [Column("TORN", ColumnType(Kind.VARCHAR, size=40, chars=10))]
    rows = [[NestedCursor(inside, iter([["fine"], [torn]]))]]
    table = Table([Column("C", ColumnType(Kind.CURSOR))], rows)
    with FakeOracle({"DEV": TinyEngine({"torn": table})}) as standin:
        answer = ask(sidecar, standin, "select * from torn")

    assert (answer.status, answer.detail["full_code"]) == (400, "BAD_CHARACTERS")
    assert "column C.TORN" in answer.detail["message"]


def test_a_value_inside_is_held_to_the_limit_and_so_are_all_rows_together(
    database: FakeOracle,
) -> None:
    logins = database.counts().logins
    with Sidecar("--max-lob-bytes", "10000", "--pool-max", "1") as sidecar:
        text = "TO_CLOB(RPAD('x', 4000, 'x')) || RPAD('x', 4000, 'x') || RPAD('x', 4000, 'x')"
        large = f"SELECT CURSOR(SELECT {text} AS t FROM dual) AS c FROM dual"
        value = ask(sidecar, database, large)
        many = ask(sidecar, database, f"SELECT CURSOR({numbers(1000)}) AS c FROM dual")
        fits = ask(sidecar, database, f"SELECT CURSOR({numbers(70)}) AS c FROM dual")

    assert (value.status, value.detail["full_code"]) == (400, "LOB_TOO_LARGE")
    assert (many.status, many.detail["full_code"]) == (400, "LOB_TOO_LARGE")
    assert many.detail["message"].startswith("column C holds rows that take more than")
    assert fits.status == 200
    # A refusal of our own costs no session.
    assert database.counts().logins == logins + 1


def test_no_cursor_is_left_open_in_the_database(sidecar: Sidecar, database: FakeOracle) -> None:
    sql = f"SELECT LEVEL AS k, CURSOR({numbers(3)}) AS c FROM dual CONNECT BY LEVEL <= 50"
    failing = sql.replace("SELECT LEVEL AS n", "SELECT 1 / (LEVEL - 3) AS n")
    assert ask(sidecar, database, "SELECT 1 FROM dual").status == 200
    before = database.counts().open_cursors

    assert ask(sidecar, database, sql).status == 200
    assert database.counts().open_cursors == before
    assert ask(sidecar, database, sql, max_rows=1).status == 200
    assert database.counts().open_cursors == before
    assert ask(sidecar, database, failing).status == 400
    assert database.counts().open_cursors == before
    database.faults.add(Fault(Step.EXECUTE, Ora(1555, "snapshot too old"), skip=30))
    answer = ask(sidecar, database, sql, NDJSON)
    assert (answer.status, answer.detail["full_code"]) == (503, "ORA-01555")
    assert database.counts().open_cursors == before
    assert database.counts().logins == 1


def test_more_cursors_than_the_database_allows_are_its_own_error(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = f"SELECT CURSOR({numbers(1)}) AS c FROM dual CONNECT BY LEVEL <= 400"

    answer = ask(sidecar, database, sql, NDJSON)

    assert (answer.status, answer.detail["full_code"]) == (400, "ORA-01000")
    assert ask(sidecar, database, sql, max_rows=100).json["row_count"] == 100


def test_memory_does_not_grow_with_the_rows_around_large_cursors(database: FakeOracle) -> None:
    large = numbers(2000, "RPAD('x', 1000, 'x')")
    sql = f"SELECT LEVEL AS k, CURSOR({large}) AS c FROM dual CONNECT BY LEVEL <= {{}}"
    with all_loaded() as sidecar:
        assert ask(sidecar, database, sql.format(3)).status == 200
        before = resident_kib(sidecar.process.pid)
        client, response = open_query(sidecar, database, sql.format(60))
        size = 0
        while piece := response.read(65536):
            size += len(piece)
        client.close()
        grown = resident_kib(sidecar.process.pid) - before

    assert size > 120_000_000
    assert grown < 16_000
