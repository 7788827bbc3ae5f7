"""NUMBER, floats and vectors. NUMBERs arrive as the exact digits that the database sent, so that no
value passes through a double on its way. No writer of a single value sees NULL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from values.column import MalformedValueError, each, encode_present

# Numbers with no more characters than this have at most 15 significant digits: a double gives
# every one of them back.
DOUBLE_DIGITS = 15

# The driver takes what Oracle writes as ~ and -~ for 1e126 and -1e126, which no NUMBER is.
MOST_WHOLE_DIGITS = 126
MINUS_INFINITY = "-1e126"

# Past this many digits a number is written with an exponent.
PLAIN_DIGITS = 40


def number_json(digits: str) -> str:
    """A number where a double carries it exactly as read back, or else a string of all digits.

    digits: plain, as the driver gives a NUMBER.
    """
    if len(digits) <= DOUBLE_DIGITS:
        return digits
    text = number_text(digits)
    return text if _survives_a_double(digits) else f'"{text}"'


def number_string_json(digits: str) -> str:
    """Always a string of all digits."""
    return f'"{number_text(digits)}"'


def number_text(digits: str) -> str:
    """Plain digits up to 40 of them, and an exponent beyond; the value is the same.

    OverflowError for an infinite one.
    """
    if len(digits) <= PLAIN_DIGITS:
        return digits
    sign = "-" if digits[0] == "-" else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    if len(whole) > MOST_WHOLE_DIGITS:
        raise OverflowError("an infinite NUMBER")
    whole = "" if whole == "0" else whole
    if len(whole) + len(fraction) <= PLAIN_DIGITS:
        return digits
    significant = (whole + fraction).lstrip("0")
    leading_zeros = len(whole) + len(fraction) - len(significant)
    exponent = len(whole) - 1 - leading_zeros
    mantissa = significant.rstrip("0")
    point = "." if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{point}{mantissa[1:]}e{exponent}"


# A NUMBER has up to 40 digits. One that is written with an exponent and more than these may have
# been rounded to the room there was.
_CERTAIN_DIGITS = 30
_WRITTEN_NUMBER = re.compile(
    r"-?(?:[0-9]{1,130}(?:\.[0-9]{0,130})?|\.[0-9]{1,130})(?:E[+-][0-9]{1,3})?"
)


def text_digits(text: str) -> str:
    """The plain digits of a NUMBER as the database wrote it: `.5`, `-1`, `1.2E-30`.

    ValueError where some of them may be missing, MalformedValueError where it is no number.
    """
    if _WRITTEN_NUMBER.fullmatch(text) is None:
        raise MalformedValueError("a text that is no NUMBER as the database was to write it")
    mantissa, exponent, _ = text.partition("E")
    if exponent and sum(map(str.isdigit, mantissa)) > _CERTAIN_DIGITS:
        raise ValueError(f"{text} may have been rounded")
    digits = format(Decimal(text), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _survives_a_double(digits: str) -> bool:
    """True when the shortest decimal of the nearest double is the same value."""
    shortest = repr(float(digits))
    return shortest == digits or Decimal(shortest) == Decimal(digits)


def _check_digits(values: Sequence[str]) -> None:
    """That each is a number; a column at a time, in a few calls that run in C.

    The driver makes digits of any bytes (decoders.pyx, decode_number): a sign or none, at most one
    point, in its place. A byte that is no digit of base 100 becomes one of the 16 characters that
    follow `9` in ASCII, `;` and `I` among them, so none of those may stand between the values here;
    one of zero in front becomes a zero too many. TypeError where one is NULL.
    """
    text = f",{' ,'.join(values)} "
    if text.encode().translate(None, b"0123456789-., "):
        if MINUS_INFINITY in values:
            raise OverflowError("an infinite NUMBER")
        raise MalformedValueError("a NUMBER with digits that are none")
    # A leading zero stands alone, or before the point.
    for start in (",0", ",-0") if "-" in text else (",0",):
        zeros = text.count(start)
        if zeros and "." in text:
            zeros -= text.count(f"{start}.")
        if zeros and zeros != text.count(f"{start} "):
            raise MalformedValueError("a NUMBER with digits that are none")


def encode_number(values: Sequence[Any]) -> list[str]:
    """NUMBERs by `number_json`; a column of short ones is passed through as a whole."""
    try:
        _check_digits(values)
    except TypeError:
        return encode_present(encode_number, values)
    if max(map(len, values)) <= DOUBLE_DIGITS:
        return list(values)
    return list(map(number_json, values))


def encode_number_as_string(values: Sequence[Any]) -> list[str]:
    """NUMBERs by `number_string_json`."""
    try:
        _check_digits(values)
    except TypeError:
        return encode_present(encode_number_as_string, values)
    return list(map(number_string_json, values))


_NOT_A_JSON_NUMBER = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def float_json(value: float) -> str:
    """A number; what JSON has no number for is a string."""
    text = repr(value)
    return _NOT_A_JSON_NUMBER.get(text, text)


def encode_float(values: Sequence[float | None]) -> list[str]:
    """BINARY_FLOAT and BINARY_DOUBLE by `float_json`; a column of finite ones in one go."""
    texts = list(map(repr, values))
    if "n" in "".join(texts):  # nan, inf, None; a finite double has no such letter
        return ["null" if value is None else float_json(value) for value in values]
    return texts


def vector_json(value: Any) -> str:
    """An array of numbers, or an object for a sparse one."""
    if hasattr(value, "num_dimensions"):
        return (
            f'{{"dimensions":{value.num_dimensions},"indices":{_numbers(value.indices)},'
            f'"values":{_numbers(value.values)}}}'
        )
    return _numbers(value)


def _numbers(values: Any) -> str:
    return "[" + ",".join(map(float_json, values)) + "]"


encode_vector = each(vector_json)
