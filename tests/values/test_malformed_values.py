"""Values that are not in the form they must have: refused with the column's name, on every path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.engine.engine import SqliteEngine
from tests.fake_oracle.engine.sql_session import SqliteSession
from tests.fake_oracle.kinds.model import (
    Bind,
    Column,
    ColumnType,
    Kind,
    ObjectValue,
    Outcome,
    Parsed,
    Row,
    Value,
)
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import Answer, Sidecar, connection
from tests.impostors import Relay

NDJSON = {"Accept": "application/x-ndjson"}
AT = "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'"
SPAN = "INTERVAL '1 02:03:04.5' DAY TO SECOND"


class RewordingEngine(SqliteEngine):
    """A database that says some texts otherwise, as one does with redaction or other settings."""

    def __init__(self, reword: Callable[[str], str]) -> None:
        super().__init__()
        self.reword = reword

    def connect(self, user: str) -> SqliteSession:
        return RewordingSession(self, user.upper())


class RewordingSession(SqliteSession):
    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        outcome = super().execute(parsed, binds)
        return Outcome(outcome.rows and map(self._reworded_row, outcome.rows), outcome.row_count)

    def _reworded_row(self, row: Row) -> Row:
        return [self._reworded(value) for value in row]

    def _reworded(self, value: Value) -> Value:
        if isinstance(value, ObjectValue):
            return ObjectValue(value.type, tuple(self._reworded_row(value.parts)))
        assert isinstance(self._engine, RewordingEngine)
        return self._engine.reword(value) if isinstance(value, str) else value


def ask(sidecar: Sidecar, database: FakeOracle, sql: str, **more: Any) -> Answer:
    return sidecar.post("/query", {"connection": connection(database.dsn()), "sql": sql, **more})


def blank_moments(text: str) -> str:
    return " " if text.startswith((" 20", "+01")) else text


@pytest.fixture(scope="module")
def redacted() -> Iterator[FakeOracle]:
    with FakeOracle({"DEV": RewordingEngine(blank_moments)}) as database:
        with oracledb.connect(user="compare", password="compare_pw", dsn=database.dsn()) as direct:
            for statement in (
                "CREATE TYPE o_t AS OBJECT (at TIMESTAMP WITH TIME ZONE)",
                "CREATE TYPE ats_t AS TABLE OF TIMESTAMP WITH TIME ZONE",
                "CREATE TYPE months_t AS TABLE OF INTERVAL YEAR TO MONTH",
            ):
                direct.cursor().execute(statement)
        yield database


@pytest.mark.parametrize(
    "item",
    [
        AT,
        f"CAST({AT} AS TIMESTAMP WITH LOCAL TIME ZONE)",
        "CAST(TIMESTAMP '2026-01-28 10:38:36' AS TIMESTAMP(9))",
        f"CAST({SPAN} AS INTERVAL DAY(2) TO SECOND(9))",
        f"o_t({AT})",
        f"ats_t({AT})",
        "months_t(INTERVAL '1-2' YEAR TO MONTH)",
    ],
)
@pytest.mark.parametrize("path", ["/query", "/query-dict", "ndjson"])
def test_a_moment_that_was_redacted_is_an_error_that_names_its_column(
    sidecar: Sidecar, redacted: FakeOracle, item: str, path: str
) -> None:
    body = {
        "connection": connection(redacted.dsn()),
        "sql": f"SELECT 1 AS n, {item} AS v FROM dual",
    }

    answer = sidecar.post(
        "/query" if path == "ndjson" else path, body, NDJSON if path == "ndjson" else None
    )

    assert (answer.status, answer.detail["full_code"]) == (400, "MALFORMED_VALUE")
    assert answer.detail["message"].startswith("column V holds a text that is no ")
    assert "redaction" in answer.detail["hint"]


def test_in_a_batch_such_a_value_costs_its_own_query_alone(
    sidecar: Sidecar, redacted: FakeOracle
) -> None:
    queries = [
        {"connection": connection(redacted.dsn()), "sql": sql, "max_rows": 10}
        for sql in ("SELECT 1 AS n FROM dual", f"SELECT {AT} AS v FROM dual")
    ]

    good, bad = sidecar.post("/query-batch", {"queries": queries}).json["results"]

    assert good["rows"] == [[1]]
    assert bad["detail"]["full_code"] == "MALFORMED_VALUE"


def test_an_interval_may_have_a_comma_where_the_session_writes_one(sidecar: Sidecar) -> None:
    engine = RewordingEngine(lambda text: text.replace(".", ",") if text[:1] == "+" else text)
    with FakeOracle({"DEV": engine}) as database:
        sql = f"SELECT CAST({SPAN} AS INTERVAL DAY(2) TO SECOND(9)) AS v FROM dual"

        assert ask(sidecar, database, sql).json["rows"] == [["P1DT2H3M4.5S"]]


@pytest.mark.parametrize("numbers", ["auto", "string"])
@pytest.mark.parametrize("beside", [1, 10**20], ids=["short", "long"])
@pytest.mark.parametrize(
    ("sent", "changed"),
    [
        ("c302182e44", "c3f2182e44"),
        *[("c302182e44", f"c302{byte:02x}2e44") for byte in (111, 115, 121, 255)],
        ("c302182e44", "c301182e44"),
    ],
    ids=["no digit", "111", "115", "121", "255", "a zero in front"],
)
def test_a_number_that_was_changed_on_the_wire_is_an_error_that_names_its_column(
    sidecar: Sidecar, numbers: str, beside: int, sent: str, changed: str
) -> None:
    columns = [Column(name, ColumnType(Kind.NUMBER)) for name in ("A", "B")]
    table = Table(columns, [[1, beside], [2, Decimal("12345.67")]])
    with FakeOracle({"DEV": TinyEngine({"odd": table})}) as database, Relay(database.port) as relay:
        relay.swap(bytes.fromhex(sent), bytes.fromhex(changed))
        dsn = f"127.0.0.1:{relay.port}/DEV"
        body = {"connection": connection(dsn), "sql": "select * from odd", "numbers": numbers}

        answer = sidecar.post("/query", body)

    assert (answer.status, answer.detail["full_code"]) == (400, "MALFORMED_VALUE")
    assert answer.detail["message"] == "column B holds a NUMBER with digits that are none"


def test_a_number_that_was_changed_inside_json_is_an_error_that_names_its_column(
    sidecar: Sidecar, redacted: FakeOracle
) -> None:
    with Relay(redacted.port) as relay:
        relay.swap(bytes.fromhex("c302182e44"), bytes.fromhex("c3f2182e44"))
        sql = "SELECT JSON('{\"a\":12345.67}') AS j FROM dual"

        answer = sidecar.post(
            "/query", {"connection": connection(f"127.0.0.1:{relay.port}/DEV"), "sql": sql}
        )

    assert answer.status == 400, answer.body
    assert "column J" in answer.detail["message"]
