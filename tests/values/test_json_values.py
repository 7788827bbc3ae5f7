"""What is inside a JSON column: exact, or an error that names the column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import (
    Column,
    ColumnType,
    IntervalDS,
    IntervalYM,
    Kind,
    Moment,
    NestedCursor,
    Single,
    Vector,
)
from tests.fake_oracle.tiny_engine import NUMBER, Table, TinyEngine
from tests.harness import Answer, Sidecar, connection

JSON = Column("J", ColumnType(Kind.JSON))
NUMBERS = Column("N", NUMBER)
CURSORS = Column("C", ColumnType(Kind.CURSOR))
SQL = "select * from t"


def ask(
    sidecar: Sidecar, columns: Sequence[Column], rows: Sequence[Sequence[Any]], **more: Any
) -> list[Answer]:
    """The same query twice: at first, and when it is known what it brings."""
    with FakeOracle({"DEV": TinyEngine({"t": Table(columns, rows)})}) as database:
        body = {"connection": connection(database.dsn()), "sql": SQL, **more}
        answers = [sidecar.post("/query", body) for _ in range(2)]
        # A value over which the driver stumbles costs the session: it breaks the answer off, and
        # what is left of that is not known. One that is refused later costs nothing.
        counts = database.counts()
        assert counts.logins == (2 if counts.breaks else 1)
        return answers


VALUES: list[tuple[object, object]] = [
    ([Decimal("9007199254740993"), Decimal("0.1"), 7], ["9007199254740993", 0.1, 7]),
    (Decimal("1E+125"), 1e125),
    (Decimal("-1.5E-129"), -1.5e-129),
    (Decimal("0." + "3" * 40), "0." + "3" * 40),
    ({"double": 0.1, "single": Single(0.1)}, {"double": 0.1, "single": 0.10000000149011612}),
    ([math.nan, math.inf, -math.inf, -0.0], ["NaN", "Infinity", "-Infinity", -0.0]),
    ({"": {"x": [[], {}, [None, True, False]]}}, {"": {"x": [[], {}, [None, True, False]]}}),
    ('ü \N{GRINNING FACE} "quoted"\u2028', 'ü \N{GRINNING FACE} "quoted"\u2028'),
    ("x" * 70_000, "x" * 70_000),
    ("", ""),
    (False, False),
    (b"\x00\xff", "00FF"),
    (Vector("float32", (1.5, -2.0), 2), [1.5, -2]),
    ([Vector("int8", (7,), 9, (8,))], [{"dimensions": 9, "indices": [8], "values": [7]}]),
    (None, None),
]  # fmt: skip


def test_every_value_arrives_as_what_it_is(sidecar: Sidecar) -> None:
    for answer in ask(sidecar, [JSON], [[value] for value, _ in VALUES]):
        assert answer.status == 200, answer.body
        assert [row for (row,) in answer.json["rows"]] == [expected for _, expected in VALUES]
        assert answer.json["column_types"] == ["JSON"]


def test_a_number_is_a_string_where_all_are(sidecar: Sidecar) -> None:
    value = {"n": Decimal("0.1"), "double": 0.1, "vector": Vector("int8", (1,), 1)}
    for answer in ask(sidecar, [JSON], [[value]], numbers="string"):
        assert answer.json["rows"] == [[{"n": "0.1", "double": 0.1, "vector": [1]}]]


class Nested(Sequence[Any]):
    """One row, a new cursor in it each time it is read."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __len__(self) -> int:
        return 1

    def __getitem__(self, at: Any) -> Any:
        return [[NestedCursor([NUMBERS, JSON], iter([[1, self._value]]))]][at]


INEXACT = [
    (Moment(2026, 1, 28), "a moment"),
    (Moment(2026, 1, 28, 10, 38, 36, 123_456_789), "a moment"),
    (Moment(2026, 1, 28, 10, 38, 36, 0, 420), "a moment"),
    (IntervalDS(1, 2, 3, 4, 500_000_000), "an interval"),
    (IntervalYM(1, 2), "INTERVAL_YM"),
    (Moment(-44, 3, 15), "year -44"),
    (Moment(2026, 1, 28, 10, 38, 36, 0, 420, "Asia/Jakarta"), "time zone"),
]


@pytest.mark.parametrize(("value", "words"), INEXACT, ids=[str(v) for v, _ in INEXACT])
def test_what_may_have_lost_something_is_an_error_that_names_the_column(
    value: object, words: str
) -> None:
    with Sidecar("--pool-max", "1") as sidecar:
        for inside in (value, [{"deep": [1, value]}]):
            by_itself = ask(sidecar, [NUMBERS, JSON], [[1, inside]])
            in_a_cursor = ask(sidecar, [CURSORS], Nested(inside))
            named = [(a, "J") for a in by_itself] + [(a, "C.J") for a in in_a_cursor]
            for answer, name in named:
                assert (answer.status, answer.detail["full_code"]) == (400, "INEXACT_VALUE")
                assert f"column {name}" in answer.detail["message"]
                assert words in answer.detail["message"]
                assert "JSON_SERIALIZE" in answer.detail["hint"]


def test_each_column_that_it_may_be_is_named(sidecar: Sidecar) -> None:
    columns = [JSON, Column("MORE", ColumnType(Kind.JSON))]
    for answer in ask(sidecar, columns, [[1, IntervalYM(1, 2)]]):
        assert answer.detail["message"].endswith("inside the JSON of column J or MORE")


def test_text_that_is_not_valid_names_the_column(sidecar: Sidecar) -> None:
    torn = b"caf\xe9".decode("utf-8", "surrogateescape")
    for answer in ask(sidecar, [NUMBERS, JSON], [[1, {"a": torn}]]):
        assert (answer.status, answer.detail["full_code"]) == (400, "BAD_CHARACTERS")
        assert answer.detail["message"].endswith("inside the JSON of column J")


def test_one_that_comes_late_is_refused_too(sidecar: Sidecar) -> None:
    for value in (Moment(2026, 1, 28), IntervalYM(1, 2)):
        rows: list[Any] = [[{"n": 1}]] * 400 + [[value]]
        with FakeOracle({"DEV": TinyEngine({"t": Table([JSON], rows)})}) as database:
            body = {"connection": connection(database.dsn()), "sql": SQL, "max_rows": None}
            answer = sidecar.post("/query", body, {"Accept": "application/x-ndjson"})
        assert (answer.status, answer.detail["full_code"]) == (400, "INEXACT_VALUE")
        assert "column J" in answer.detail["message"]


def test_what_is_nested_deep_arrives(sidecar: Sidecar) -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    for answer in ask(sidecar, [JSON], [[value]]):
        assert answer.json["rows"] == [[value]]
