"""In which form values are compared: what Python takes for equal and Oracle does not, and back."""

from __future__ import annotations

import array
from decimal import Decimal
from typing import Any

import pytest

from compare.forms import EMPTY, form
from values.column import Column, Fetch
from values.documents import json_encoder
from values.numbers import encode_float, encode_vector, number_json


def column(kind: str, **more: Any) -> Column:
    encode = {
        "DB_TYPE_BINARY_DOUBLE": encode_float,
        "DB_TYPE_JSON": json_encoder("C", number_json),
        "DB_TYPE_VECTOR": encode_vector,
    }[kind]
    return Column("C", kind, Fetch.AS_IS, encode, kind=kind, **more)


def same(kind: str, left: Any, right: Any) -> bool:
    bring = form(column(kind), column(kind))
    return bool(bring([left])[0] == bring([right])[0])


NAN = float("nan")
FLOATS = [
    (0.0, -0.0, False),
    (NAN, NAN, True),
    (1.0, 1.0, True),
    (float("inf"), float("-inf"), False),
    (None, NAN, False),
]


@pytest.mark.parametrize(("left", "right", "is_same"), FLOATS)
def test_floats_are_the_same_as_the_database_has_them(
    left: float, right: float, is_same: bool
) -> None:
    assert same("DB_TYPE_BINARY_DOUBLE", left, right) is is_same


DOCUMENTS = [
    (Decimal(1), True, False),
    (Decimal(0), False, False),
    (Decimal(1), "1", False),
    (Decimal("1.0"), Decimal(1), True),
    (Decimal("0.1"), 0.1, True),
    (0.0, -0.0, False),
    (NAN, "NaN", False),
    (NAN, NAN, True),
    ("00FF", b"\x00\xff", False),
    ({"a": Decimal(1), "b": None}, {"b": None, "a": Decimal(1)}, True),
    ({"a": None}, {}, False),
    ([], {}, False),
    ([Decimal(1), [Decimal(2)]], [[Decimal(1)], Decimal(2)], False),
    (["object", []], {"object": []}, False),
    (None, EMPTY, False),
    (EMPTY, EMPTY, True),
]


@pytest.mark.parametrize(("left", "right", "is_same"), DOCUMENTS)
def test_values_of_json_are_the_same_when_their_kinds_and_values_are(
    left: Any, right: Any, is_same: bool
) -> None:
    document = form(column("DB_TYPE_JSON"), column("DB_TYPE_JSON"))
    if left is EMPTY or right is EMPTY:
        # Its own encoder is not asked about what it does not know: the selection's is.
        assert (left == right) is is_same
        return
    assert bool(document([left])[0] == document([right])[0]) is is_same


def test_vectors_are_the_same_element_by_element() -> None:
    assert same("DB_TYPE_VECTOR", array.array("d", [1.0, 0.5]), array.array("f", [1.0, 0.5]))
    assert not same("DB_TYPE_VECTOR", array.array("d", [0.0]), array.array("d", [-0.0]))
    assert not same("DB_TYPE_VECTOR", array.array("d", [1.0]), array.array("d", [1.0, 1.0]))
