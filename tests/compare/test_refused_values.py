"""What /query refuses in a value is refused in a comparison, too: on either side, equal or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compare.asking import ask, body, refused, stream
from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import Column, ColumnType, IntervalYM, Kind
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import Sidecar, connection
from tests.values.test_malformed_values import RewordingEngine

MOMENTS = (
    "SELECT LEVEL AS n, CAST(DATE '2020-01-01' + LEVEL AS TIMESTAMP(9)) AS v,"
    " RPAD('x', 300, 'x') AS t FROM dual CONNECT BY LEVEL <= 6000"
)
EARLY, LATE = " 2020-01-02", " 2033-09-0"


@pytest.fixture(scope="module")
def blanking() -> Iterator[FakeOracle]:
    """UAT writes moments of some days as a blank, as one does with redaction."""
    engines = {
        "DEV": RewordingEngine(str),
        "UAT": RewordingEngine(lambda text: " " if text.startswith((EARLY, LATE)) else text),
        "LATE": RewordingEngine(lambda text: " " if text.startswith(LATE) else text),
    }
    with FakeOracle(dict(engines)) as database:
        yield database


def asked(database: FakeOracle, left: str, right: str, **more: Any) -> dict[str, Any]:
    sides = {
        side: {"connection": connection(database.dsn(service)), "name": service}
        for side, service in (("left", left), ("right", right))
    }
    return {**sides, "sql": MOMENTS, "key": ["N"], "order": "given", **more}


@pytest.mark.parametrize(
    ("left", "right", "side"), [("UAT", "DEV", "left"), ("DEV", "UAT", "right")]
)
@pytest.mark.parametrize("key", [["N"], ["V"], "row"], ids=str)
def test_a_malformed_value_is_told_with_its_column_and_side(
    sidecar: Sidecar, blanking: FakeOracle, left: str, right: str, side: str, key: object
) -> None:
    detail = refused(
        sidecar.post("/compare", asked(blanking, left, right, key=key)), 400, "MALFORMED_VALUE"
    )

    assert "column V holds" in detail["message"]
    assert detail["side"] == side


@pytest.mark.parametrize(
    ("left", "right", "side"), [("LATE", "DEV", "left"), ("DEV", "LATE", "right")]
)
def test_a_malformed_value_behind_the_head_is_the_last_line(
    sidecar: Sidecar, blanking: FakeOracle, left: str, right: str, side: str
) -> None:
    told = stream(sidecar, blanking, **asked(blanking, left, right, max_differences=None))

    assert told.end["error"]["full_code"] == "MALFORMED_VALUE"
    assert told.end["error"]["side"] == side


def test_an_interval_of_more_months_than_a_year_has_is_refused_though_both_sides_have_it(
    sidecar: Sidecar,
) -> None:
    columns = [Column("ID", ColumnType(Kind.NUMBER)), Column("SPAN", ColumnType(Kind.INTERVAL_YM))]
    table = Table(columns, [[1, IntervalYM(1, 13)], [2, IntervalYM(1, 3)]])
    engine = TinyEngine({"spans": table})
    with FakeOracle({"DEV": engine, "UAT": engine}) as database:
        answer = ask(sidecar, database, sql="select * from spans", key=["ID"], order="given")

    assert "column SPAN" in refused(answer, 400, "MALFORMED_VALUE")["message"]


@pytest.mark.parametrize("more", [{"ignore": ["V"]}, {"ignore": ["V"], "show": ["V"]}], ids=str)
@pytest.mark.parametrize(
    ("left", "right", "side"), [("UAT", "DEV", "left"), ("DEV", "UAT", "right")]
)
def test_a_malformed_value_of_a_column_that_only_comes_along_is_told_too(
    sidecar: Sidecar, blanking: FakeOracle, left: str, right: str, side: str, more: dict[str, Any]
) -> None:
    answer = sidecar.post("/compare", asked(blanking, left, right, **more))

    detail = refused(answer, 400, "MALFORMED_VALUE")
    assert "column V holds" in detail["message"]
    assert detail["side"] == side


def nested(depth: int, is_object: bool) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if is_object else [value]
    return value


@pytest.mark.parametrize("is_object", [True, False], ids=["objects", "arrays"])
def test_documents_are_compared_as_deep_as_queries_carry_them(
    sidecar: Sidecar, is_object: bool
) -> None:
    columns = [Column("ID", ColumnType(Kind.NUMBER)), Column("J", ColumnType(Kind.JSON))]
    depths = range(300, 340)  # about where Python 3.11 gives up
    tables = {f"deep{n}": Table(columns, [[1, nested(n, is_object)]]) for n in depths}
    engine = TinyEngine(tables)
    found: dict[int, tuple[int, int]] = {}
    with FakeOracle({"DEV": engine, "UAT": engine}) as database:
        for depth in depths:
            sql = f"select * from deep{depth}"
            query = {"connection": connection(database.dsn()), "sql": sql}
            alone = sidecar.post("/query", query).status
            compared = sidecar.post(
                "/compare", body(database, sql=sql, key=["ID"], order="given")
            ).status
            found[depth] = (alone, compared)

    assert found[depths[0]] == (200, 200)
    assert [depth for depth, (alone, compared) in found.items() if alone != compared] == []
