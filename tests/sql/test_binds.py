"""Binds of JSON as the values that the driver takes."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import pytest

from common.errors import ApiError
from sql.binds import decode_binds


@pytest.mark.parametrize(
    ("binds", "decoded"),
    [
        (None, None),
        ([], []),
        ({}, {}),
        ([None, True, False, "x", ""], [None, True, False, "x", ""]),
        ([1, -(10**40), Decimal("0.1")], [1, -(10**40), Decimal("0.1")]),
        ({"a": 1, "B": "x"}, {"a": 1, "B": "x"}),
        ([{"$date": "2026-01-28"}], [datetime(2026, 1, 28)]),
        ([{"$date": "2026-01-28T10:38:36"}], [datetime(2026, 1, 28, 10, 38, 36)]),
        ([{"$date": "2026-01-28 10:38:36"}], [datetime(2026, 1, 28, 10, 38, 36)]),
        ([{"$date": "2026-01-28T10:38:36.5"}], [datetime(2026, 1, 28, 10, 38, 36, 500_000)]),
        ([{"$date": "2026-01-28T10:38:36.000001"}], [datetime(2026, 1, 28, 10, 38, 36, 1)]),
        ([{"$date": "0001-01-01"}], [datetime(1, 1, 1)]),
        ([{"$base64": ""}], [b""]),
        ([{"$base64": "AAr/"}], [b"\x00\x0a\xff"]),
        ({"d": {"$date": "2026-01-28"}}, {"d": datetime(2026, 1, 28)}),
    ],
)
def test_binds_become_what_the_driver_takes(binds: object, decoded: object) -> None:
    assert decode_binds(binds) == decoded


def test_a_boolean_bind_stays_a_boolean() -> None:
    decoded = decode_binds([True, 1])
    assert isinstance(decoded, list)
    assert [type(value) for value in decoded] == [bool, int]


@pytest.mark.parametrize(
    ("binds", "named"),
    [
        ("x", "binds must be"),
        (1, "binds must be"),
        (True, "binds must be"),
        ([[1]], "binds[0]"),
        ([1, {}], "binds[1]"),
        ({"a": []}, "binds.a"),
        ({"a": {"b": 1}}, "binds.a"),
        ([{"$date": "2026-01-28", "x": 1}], "binds[0]"),
        ([{"$date": 5}], "binds[0]"),
        ([{"$date": None}], "binds[0]"),
        ([{"$date": ""}], "binds[0].$date"),
        ([{"$date": "28.01.2026"}], "binds[0].$date"),
        ([{"$date": "2026-02-30"}], "binds[0].$date"),
        ([{"$date": "2026-13-01"}], "binds[0].$date"),
        ([{"$date": "0000-01-01"}], "binds[0].$date"),
        ([{"$date": "-4712-01-01"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36+07:00"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36Z"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T25:00:00"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36.1234567"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36."}], "binds[0].$date"),
        ([{"$date": "2026-01-28\n"}], "binds[0].$date"),
        ([{"$date": "２０２６-01-28"}], "binds[0].$date"),
        ([{"$base64": "A"}], "binds[0].$base64"),
        ([{"$base64": "AA==="}], "binds[0].$base64"),
        ([{"$base64": "AA AA"}], "binds[0].$base64"),
        ([{"$base64": "é"}], "binds[0].$base64"),
        ([{"$base64": None}], "binds[0]"),
        (["\ud800"], "binds[0]"),
        ({"a": "\udfff"}, "binds.a"),
    ],
)
def test_a_bind_that_cannot_be_bound_is_named(binds: object, named: str) -> None:
    with pytest.raises(ApiError) as raised:
        decode_binds(binds)
    assert (raised.value.status, raised.value.full_code) == (422, "BAD_FIELD")
    assert raised.value.message.startswith(named)


def test_a_bind_in_a_batch_is_named_with_its_query() -> None:
    with pytest.raises(ApiError, match=re.escape("queries[1].binds.a.$date must be")):
        decode_binds({"a": {"$date": "x"}}, "queries[1].binds")
