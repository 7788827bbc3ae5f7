"""Texts and RAW as JSON, without a database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.answers import RowForm, encode_json
from tests.api.fake_result import FakeResult
from tests.values.columns import text_column
from tests.values.reading import one, strict_json, thorough
from values.texts import encode_raw, encode_text


@thorough
@given(st.text())
def test_a_text_is_the_same_one_read_back(value: str) -> None:
    (text,) = encode_text([value])
    assert strict_json(text.encode()) == value
    assert not re.search("[\x00-\x1f]", text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " padded  ",
        "".join(map(chr, range(0x20))),
        "\x7f\x80\x85\x9f\xa0\xad",
        'quotes " and \\ and / and \\u0041',
        "line\u2028paragraph\u2029end",
        "\ufeff\ufffe\uffff\ufffd",
        "é e\u0301 ä",
        "名前 ชื่อ اسم שם",
        "\U0001f600\U00010000\U0010ffff",
        "</script><!-- %s {} %",
        "null",
        "NaN",
        "x" * 100_000,
    ],
)
def test_odd_texts_arrive_unchanged(value: str) -> None:
    for encode in (encode_text, encode_in_an_answer):
        assert one(encode, value) == value


def encode_in_an_answer(values: Sequence[Any]) -> list[str]:
    """The texts of a column as they leave in a whole answer."""
    result = FakeResult([text_column("A")], [[(value,) for value in values]])
    rows = strict_json(b"".join(encode_json(result, RowForm.ARRAYS)))["rows"]
    return [json.dumps(row[0]) for row in rows]


@pytest.mark.parametrize(
    ("value", "text"), [(b"", ""), (b"\x00\x0a\xff", "000AFF"), (bytes(range(256)), None)]
)
def test_raw_is_upper_case_hexadecimal(value: bytes, text: str | None) -> None:
    assert one(encode_raw, value) == (value.hex().upper() if text is None else text)
