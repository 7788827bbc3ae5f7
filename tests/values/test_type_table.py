"""What holds for columns of each Oracle type: their names, NULL, limits, options."""

from __future__ import annotations

import array
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.errors import ApiError
from tests.values.columns import Described, Kind
from values.column import Encoder, ValueOptions
from values.moments import encode_interval, encode_moment, encode_months
from values.numbers import encode_float, encode_number, encode_number_as_string, encode_vector
from values.texts import encode_raw, encode_text
from values.type_table import _encode_boolean, columns_of


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("NUMBER", {"precision": 10, "scale": 0}, "NUMBER(10)"),
        ("NUMBER", {"precision": 12, "scale": 2}, "NUMBER(12,2)"),
        ("NUMBER", {"precision": 5, "scale": -2}, "NUMBER(5,-2)"),
        ("NUMBER", {"precision": 0, "scale": -127}, "NUMBER"),
        ("NUMBER", {"precision": 0, "scale": 0}, "NUMBER"),
        ("NUMBER", {}, "NUMBER"),
        ("NUMBER", {"precision": 126, "scale": -127}, "FLOAT(126)"),
        ("BINARY_DOUBLE", {}, "BINARY_DOUBLE"),
        ("VARCHAR", {"display_size": 40, "internal_size": 160}, "VARCHAR2(40)"),
        ("CHAR", {"display_size": 1, "internal_size": 1}, "CHAR(1)"),
        ("NVARCHAR", {"display_size": 20, "internal_size": 40}, "NVARCHAR2(20)"),
        ("RAW", {"display_size": 16, "internal_size": 16}, "RAW(16)"),
        ("DATE", {}, "DATE"),
        ("TIMESTAMP", {"scale": 6}, "TIMESTAMP(6)"),
        ("TIMESTAMP", {"scale": 0}, "TIMESTAMP(0)"),
        ("TIMESTAMP_TZ", {"scale": 6}, "TIMESTAMP(6) WITH TIME ZONE"),
        ("TIMESTAMP_LTZ", {"scale": 3}, "TIMESTAMP(3) WITH LOCAL TIME ZONE"),
        ("INTERVAL_DS", {"precision": 2, "scale": 6}, "INTERVAL DAY(2) TO SECOND(6)"),
        ("INTERVAL_YM", {"precision": 4}, "INTERVAL YEAR(4) TO MONTH"),
        ("CLOB", {}, "CLOB"),
        ("LONG_RAW", {}, "LONG RAW"),
        ("BOOLEAN", {}, "BOOLEAN"),
        ("VECTOR", {}, "VECTOR"),
        (
            "VECTOR",
            {"vector_dimensions": 3, "vector_format": Kind("INT8")},
            "VECTOR(3, INT8)",
        ),
        ("VECTOR", {"vector_is_sparse": True}, "VECTOR(*, *, SPARSE)"),
    ],
)
def test_a_column_says_its_oracle_type(kind: str, more: Mapping[str, Any], words: str) -> None:
    (column,) = columns_of([Described(Kind(f"DB_TYPE_{kind}"), **more)])
    assert (column.name, column.type) == ("C", words)


def test_a_column_that_cannot_be_carried_is_named() -> None:
    described = [Described(Kind("DB_TYPE_DATE"), "A"), Described(Kind("DB_TYPE_BFILE"), "B")]
    with pytest.raises(ApiError, match="column B is of type BFILE") as raised:
        columns_of(described)
    assert (raised.value.status, raised.value.full_code) == (400, "UNSUPPORTED_TYPE")


def test_numbers_as_strings_change_numbers_only() -> None:
    described = [Described(Kind(f"DB_TYPE_{kind}")) for kind in ("NUMBER", "BINARY_DOUBLE", "JSON")]
    number, double, value = columns_of(described, ValueOptions(numbers_as_strings=True))
    assert number.encode(["1"]) == ['"1"']
    assert double.encode([1.5]) == ["1.5"]
    assert value.encode([{"a": 1}]) == ['{"a":"1"}']


@pytest.mark.parametrize(
    ("kind", "fits", "too_large"),
    [
        ("CLOB", ["x" * 10, "é" * 5, None], "é" * 5 + "x"),
        ("BLOB", [b"x" * 10, None], b"x" * 11),
        ("LONG", ["x" * 10], "x" * 11),
    ],
)
def test_a_value_beyond_the_limit_is_an_error_that_names_the_column(
    kind: str, fits: list[Any], too_large: Any
) -> None:
    (column,) = columns_of([Described(Kind(f"DB_TYPE_{kind}"))], ValueOptions(max_lob_bytes=10))
    assert len(column.encode(fits)) == len(fits)
    with pytest.raises(ApiError, match="column C holds a value of 11 bytes") as raised:
        column.encode([too_large])
    assert (raised.value.status, raised.value.full_code) == (400, "LOB_TOO_LARGE")


@pytest.mark.parametrize(
    ("encode", "value"),
    [
        (encode_number, "1"),
        (encode_number, "9" * 40),
        (encode_number_as_string, "1"),
        (encode_float, 1.5),
        (encode_text, "x"),
        (encode_moment, datetime(2026, 1, 28)),
        (encode_raw, b"\x00"),
        (encode_interval, timedelta(1)),
        (encode_months, (1, 2)),
        (_encode_boolean, False),
        (encode_vector, array.array("d", [1.5])),
    ],
)
def test_null_is_null_wherever_it_stands(encode: Encoder, value: object) -> None:
    (alone,) = encode([value])
    assert encode([None]) == ["null"]
    assert encode([None, value]) == ["null", alone]
    assert encode([value, None, None, value]) == [alone, "null", "null", alone]


def test_a_boolean_is_one() -> None:
    assert _encode_boolean([True, False, None]) == ["true", "false", "null"]
