"""NUMBER, floats and vectors as JSON, without a database."""

from __future__ import annotations

import array
import json
import math
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.values.reading import one, thorough
from values.column import Encoder, MalformedValueError
from values.numbers import (
    encode_float,
    encode_number,
    encode_number_as_string,
    encode_vector,
    number_json,
    number_string_json,
    number_text,
    text_digits,
)


def plain(sign: str, digits: str, exponent: int) -> str:
    """A NUMBER as the driver gives it: plain digits, no zeros that say nothing."""
    text = format(Decimal(f"{sign}{digits}e{exponent}"), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@st.composite
def oracle_numbers(draw: st.DrawFn) -> str:
    """1 to 40 significant digits, from 1e-130 to just under 1e126."""
    digits = draw(st.from_regex(r"[1-9][0-9]{0,39}", fullmatch=True))
    exponent = draw(st.integers(-130, 125)) - len(digits) + 1
    return plain(draw(st.sampled_from(["", "-"])), digits, max(exponent, -130))


@st.composite
def numbers_near_doubles(draw: st.DrawFn) -> str:
    """A double's shortest decimal, or its neighbour one digit further."""
    value = draw(st.floats(1e-120, 1e120))
    shortest = Decimal(repr(value))
    digits = "".join(map(str, shortest.as_tuple().digits)) + draw(
        st.sampled_from(["", "0", "1", "5", "9"])
    )
    return plain(draw(st.sampled_from(["", "-"])), digits, shortest.adjusted() - len(digits) + 1)


any_numbers = st.one_of(
    oracle_numbers(), numbers_near_doubles(), st.integers(-(10**40), 10**40).map(str)
)


@thorough
@given(any_numbers)
def test_a_number_keeps_its_value(digits: str) -> None:
    value = one(encode_number, digits)
    assert Decimal(value) == Decimal(digits)
    as_string = one(encode_number_as_string, digits)
    assert isinstance(as_string, str)
    assert Decimal(as_string) == Decimal(digits)


@thorough
@given(any_numbers)
def test_a_number_is_a_number_exactly_where_a_double_gives_it_back(digits: str) -> None:
    (text,) = encode_number([digits])
    as_javascript_reads_it = json.loads(text, parse_int=float)
    if isinstance(as_javascript_reads_it, float):
        assert Decimal(repr(as_javascript_reads_it)) == Decimal(digits)
    else:
        assert Decimal(repr(float(digits))) != Decimal(digits)


@thorough
@given(any_numbers)
def test_a_number_has_plain_digits_up_to_forty_and_an_exponent_beyond(digits: str) -> None:
    whole, _, fraction = digits.lstrip("-").partition(".")
    count = len("" if whole == "0" else whole) + len(fraction)
    for encode in (encode_number, encode_number_as_string):
        (text,) = encode([digits])
        written = text.strip('"')
        if count <= 40:
            assert written == digits
        else:
            assert re.fullmatch(r"-?[1-9](\.[0-9]*[1-9])?e-?[1-9][0-9]*", written)


@thorough
@given(st.lists(st.one_of(st.none(), any_numbers), min_size=1, max_size=5))
def test_a_column_of_numbers_is_encoded_as_each_by_itself(values: list[str | None]) -> None:
    alone = ["null" if value is None else number_json(value) for value in values]
    assert encode_number(values) == alone
    strings = ["null" if value is None else number_string_json(value) for value in values]
    assert encode_number_as_string(values) == strings


@pytest.mark.parametrize("encode", [encode_number, encode_number_as_string])
@pytest.mark.parametrize(
    "odd", ["I586.25", "5:.5", "0586", "00", "-0586.5", "-00", "0000000000000000001", "-I"]
)
def test_digits_that_are_none_are_refused_wherever_they_stand(encode: Encoder, odd: str) -> None:
    for column in ([odd], ["0", odd], [odd, "-0.5", None], ["0", "0", "-1", odd, "0.25", "0"]):
        with pytest.raises(MalformedValueError, match="digits that are none"):
            encode(column)


@pytest.mark.parametrize("encode", [encode_number, encode_number_as_string])
@pytest.mark.parametrize("odd", [chr(ord("0") + digit) for digit in range(10, 26)])
def test_no_character_that_the_driver_makes_of_a_byte_that_is_no_digit_passes(
    encode: Encoder, odd: str
) -> None:
    for digits in (odd, f"{odd}1", f"1{odd}", f"1{odd}2.5", f"1.2{odd}5", f"-{odd}", f"-1{odd}2"):
        with pytest.raises(MalformedValueError, match="digits that are none"):
            encode(["0", digits, "1"])


@pytest.mark.parametrize("encode", [encode_number, encode_number_as_string])
def test_zeros_are_numbers_wherever_they_stand(encode: Encoder) -> None:
    digits = ["0", "0", "0.5", "-0.5", "10", "-100", "0", "100.001", "0.0001", "-0.0001"]

    assert [text.strip('"') for text in encode(digits)] == digits


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("0", "0"),
        ("-1", "-1"),
        ("0.1", "0.1"),
        ("-0.001", "-0.001"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", "1234567890123456"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", '"9007199254740993"'),
        ("-9007199254740993", '"-9007199254740993"'),
        ("9007199254740994", "9007199254740994"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.300000000000000044", '"0.300000000000000044"'),
        ("12345678.12345678", "12345678.12345678"),
        ("123456789.123456789", '"123456789.123456789"'),
        ("10000000000000000000000", "10000000000000000000000"),
        ("1" + "0" * 39, "1" + "0" * 39),
        ("1" + "0" * 40, "1e40"),
        ("-1" + "0" * 125, "-1e125"),
        ("9" * 40, f'"{"9" * 40}"'),
        ("9" * 40 + "0" * 85, f'"9.{"9" * 39}e124"'),
        ("0." + "0" * 39 + "1", "0." + "0" * 39 + "1"),
        ("0." + "0" * 40 + "1", "1e-41"),
        ("-0." + "0" * 129 + "1", "-1e-130"),
        ("0." + "0" * 129 + "12", "1.2e-130"),
    ],
)
def test_numbers_on_either_side_of_what_a_double_carries(digits: str, text: str) -> None:
    assert encode_number([digits]) == [text]
    assert number_text(digits) == text.strip('"')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (None, "null"),
    ],
)
def test_floats_that_json_has_no_number_for_are_strings(value: float | None, text: str) -> None:
    assert encode_float([value]) == [text]
    assert encode_float([1.5, value, None]) == ["1.5", text, "null"]


@thorough
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_finite_float_is_the_same_one_read_back(values: list[float]) -> None:
    assert [json.loads(text) for text in encode_float(values)] == values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (array.array("f", [1.5, -2.0]), [Decimal("1.5"), Decimal("-2.0")]),
        (array.array("b", [-128, 127]), [-128, 127]),
        (array.array("d", [math.inf]), ["Infinity"]),
        (array.array("d"), []),
    ],
)
def test_a_vector_is_an_array_of_numbers(value: object, expected: object) -> None:
    assert one(encode_vector, value) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "NaN", "Infinity", "1_0", " 1", "1,5", ".", "1E5", "\u0661", "1E+999999999"]
)
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedValueError, match="as the database was to write it"):
        text_digits(text)
