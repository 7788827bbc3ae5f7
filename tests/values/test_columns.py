"""Columns of many values at once, with no database: whatever is beside a value, its text is its."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from values.column import Column, Encoder, Fetch, each, encode_columns
from values.moments import encode_moment
from values.texts import encode_raw, encode_text


def texts(encode: Encoder, values: Sequence[Any]) -> list[str]:
    column = Column("C", "", Fetch.AS_IS, encode)
    (written,) = encode_columns([column], [(value,) for value in values])
    return list(written)


MOMENTS = [
    (datetime(2026, 1, 28, 10, 38, 30), '"2026-01-28T10:38:30"'),
    (datetime(2026, 1, 28, 10, 38, 30, 500_000), '"2026-01-28T10:38:30.5"'),
    (datetime(2026, 1, 28, 10, 38, 30, 10), '"2026-01-28T10:38:30.00001"'),
    (datetime(2026, 1, 28, 10, 38, 30, 123_456), '"2026-01-28T10:38:30.123456"'),
    (datetime(1, 1, 1), '"0001-01-01T00:00:00"'),
    (None, "null"),
]


@pytest.mark.parametrize("size", [1, 2, 6])
def test_moments_are_written_out_alike_in_any_company(size: int) -> None:
    for start in range(len(MOMENTS)):
        some = (MOMENTS * 2)[start : start + size]

        assert texts(encode_moment, [value for value, _ in some]) == [text for _, text in some]


def test_bytes_are_written_out_alike_in_any_company() -> None:
    assert texts(encode_raw, [b"\x00\xff", b"", None, b"\n"]) == ['"00FF"', '""', "null", '"0A"']
    assert texts(encode_raw, [b"\xab", b"\xcd"]) == ['"AB"', '"CD"']


def test_a_column_of_one_value_is_written_out_once() -> None:
    written = []

    def write(value: str) -> str:
        written.append(value)
        return f'"{value}"'

    assert texts(each(write), ["a"] * 50) == ['"a"'] * 50
    assert written == ["a"]


@pytest.mark.parametrize("values", [[1, True, 1], [0.0, -0.0, 0.0], [[1], [True], [1]]], ids=str)
def test_equal_values_of_other_texts_are_written_out_each(values: list[Any]) -> None:
    many = [values[0], *values[1:] * 20, values[0]]

    assert texts(each(str), many) == list(map(str, many))


def test_a_column_that_begins_and_ends_alike_is_not_one_of_one_value() -> None:
    values = ["a", *[None, "b"] * 20, "a"]

    assert texts(encode_text, values) == ['"a"', *["null", '"b"'] * 20, '"a"']


def test_what_rows_have_behind_their_columns_is_left_out() -> None:
    column = Column("C", "", Fetch.AS_IS, encode_text)

    assert encode_columns([column], [("a", 1), ("b", 2)]) == [['"a"', '"b"']]


def test_rows_that_lack_a_column_are_a_defect() -> None:
    columns = [Column(name, "", Fetch.AS_IS, encode_text) for name in "AB"]

    with pytest.raises(ValueError, match="shorter"):
        encode_columns(columns, [("a",), ("b",)])
