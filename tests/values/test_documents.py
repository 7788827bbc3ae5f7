"""JSON columns and the rows of nested cursors as JSON, without a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.errors import ApiError
from tests.values.columns import Described, Kind, number_column, text_column
from tests.values.reading import strict_json
from values.documents import NestedRows, nested_json, nested_rows_json
from values.numbers import number_json, number_string_json
from values.type_table import columns_of


def test_a_json_value_keeps_its_numbers_and_nesting() -> None:
    value = {
        "n": [Decimal("9007199254740993"), Decimal("0.1"), 1, None, True, False],
        'quote "': {"": "\u2028", "b": b"\xff"},
        "empty": [{}, []],
    }
    assert strict_json(nested_json(value, number_json)) == {
        "n": ["9007199254740993", Decimal("0.1"), 1, None, True, False],
        'quote "': {"": "\u2028", "b": "FF"},
        "empty": [{}, []],
    }
    assert strict_json(nested_json(value, number_string_json))["n"][:3] == [
        "9007199254740993",
        "0.1",
        "1",
    ]


@pytest.mark.parametrize("value", [datetime(2026, 1, 28), timedelta(1)])
def test_a_moment_or_interval_inside_json_may_have_lost_something(value: object) -> None:
    (column,) = columns_of([Described(Kind("DB_TYPE_JSON"), "J")])
    for json_value in (value, [{"a": value}]):
        with pytest.raises(ApiError, match="column J holds JSON with") as raised:
            column.encode([None, json_value])
        assert raised.value.full_code == "INEXACT_VALUE"


def test_json_nested_deeper_than_can_be_written_is_an_error() -> None:
    (column,) = columns_of([Described(Kind("DB_TYPE_JSON"), "J")])
    value: Any = 1
    for _ in range(1024):
        value = [value]
    with pytest.raises(ApiError, match="column J holds JSON that is nested too deep"):
        column.encode([value])


def test_what_has_no_json_form_is_not_written() -> None:
    with pytest.raises(TypeError, match="complex"):
        nested_json({"a": [1j]}, number_json)


def test_the_rows_of_a_nested_cursor_are_arrays() -> None:
    inner = [number_column("N"), text_column("T")]
    assert (
        nested_rows_json(NestedRows(inner, [("1", "a"), (None, None)])) == '[[1,"a"],[null,null]]'
    )
    assert nested_rows_json(NestedRows(inner, [])) == "[]"
