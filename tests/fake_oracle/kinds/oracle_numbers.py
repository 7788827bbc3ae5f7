"""NUMBER: its precision, its arithmetic and its text, on decimal.Decimal.

A NUMBER holds twenty base-100 digits, which is 39 or 40 decimal ones depending on where the decimal
point falls between the pairs (Oracle Database Concepts, "Internal Numeric Format"). So a third has
forty digits and ten thirds have thirty-nine.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from .model import OraError

_PAIRS = 20
_LARGEST_EXPONENT = 125
_SMALLEST_EXPONENT = -130

# Wide enough that the one rounding that counts is the one to twenty pairs.
EXACT = Context(prec=120, rounding=ROUND_HALF_UP, Emax=9999, Emin=-9999, traps=[InvalidOperation])

_NUMBER_TEXT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")


def round_to_number(value: Decimal) -> Decimal:
    """The nearest value a NUMBER can hold; ORA-01426 past its range, 0 below it."""
    if not value:
        return Decimal(0)
    exponent = value.adjusted()
    if exponent < _SMALLEST_EXPONENT:
        return Decimal(0)
    last_digit = 2 * (exponent // 2 - (_PAIRS - 1))
    _sign, _digits, lowest = value.as_tuple()
    if isinstance(lowest, int) and lowest < last_digit:
        value = value.quantize(Decimal((0, (1,), last_digit)), ROUND_HALF_UP, EXACT)
    if value.adjusted() > _LARGEST_EXPONENT:
        raise OraError(1426, "numeric overflow")
    return value


def divide(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise OraError(1476, "divisor is equal to zero")
    return round_to_number(EXACT.divide(left, right))


def modulo(left: Decimal, right: Decimal) -> Decimal:
    """MOD keeps the sign of the dividend, and MOD(n, 0) is n."""
    if not right:
        return left
    if left.copy_abs() < right.copy_abs():
        return left
    quotient = _EXACT_WIDE.divide(left, right).to_integral_value(ROUND_DOWN)
    return round_to_number(_EXACT_WIDE.subtract(left, _EXACT_WIDE.multiply(quotient, right)))


_EXACT_WIDE = Context(prec=400, rounding=ROUND_DOWN, Emax=9999, Emin=-9999)


def power(base: Decimal, exponent: Decimal) -> Decimal:
    if not base and exponent < 0:
        raise OraError(1476, "divisor is equal to zero")
    if base < 0 and exponent != exponent.to_integral_value():
        raise OraError(1428, f"argument '{number_text(base)}' is out of range")
    if not exponent:
        return Decimal(1)
    return round_to_number(EXACT.power(base, exponent))


def round_places(value: Decimal, places: int) -> Decimal:
    return _at_places(value, places, ROUND_HALF_UP)


def truncate_places(value: Decimal, places: int) -> Decimal:
    return _at_places(value, places, ROUND_DOWN)


def _at_places(value: Decimal, places: int, rounding: str) -> Decimal:
    _sign, _digits, lowest = value.as_tuple()
    if isinstance(lowest, int) and lowest >= -places:
        return value
    return round_to_number(value.quantize(Decimal((0, (1,), -places)), rounding, _EXACT_WIDE))


def fit_number(value: Decimal, precision: int, scale: int) -> Decimal:
    """Round to a column's scale; ORA-01438 when the rest has more digits than its precision."""
    rounded = round_places(value, scale)
    if rounded and rounded.adjusted() >= precision - scale:
        raise OraError(1438, "value larger than specified precision allowed for this column")
    return rounded


def fit_float(value: Decimal, binary_digits: int) -> Decimal:
    """Round to a FLOAT(b) column: b binary digits are b * 0.30103 decimal ones, rounded up."""
    if not value:
        return value
    digits = -(-binary_digits * 30103 // 100000)
    return round_places(value, digits - 1 - value.adjusted())


def number_text(value: Decimal) -> str:
    """TO_CHAR(n): no zero before the point, an exponent only where the digits do not fit."""
    minus, digits, point = _parts(value)
    if point > 40 or (point <= 0 and len(digits) - point > 40):
        return minus + _scientific(digits, point - 1)
    return minus + _fixed(digits, point)


def shortest_text(value: Decimal) -> str:
    """TO_CHAR(n, 'TM9'): every digit, and an exponent past 64 characters."""
    minus, digits, point = _parts(value)
    text = minus + _fixed(digits, point)
    if len(text) <= 64:
        return text
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}E{'-' if point < 1 else '+'}{abs(point - 1):02d}"


def _parts(value: Decimal) -> tuple[str, str, int]:
    """Sign, significant digits, and how many of them stand before the point."""
    sign, digits, lowest = value.normalize(EXACT).as_tuple()
    assert isinstance(lowest, int)
    text = "".join(map(str, digits))
    return "-" if sign and text != "0" else "", text, len(text) + lowest


def _fixed(digits: str, point: int) -> str:
    if digits == "0":
        return "0"
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f".{'0' * -point}{digits}" if point <= 0 else f"{digits[:point]}.{digits[point:]}"


def _scientific(digits: str, exponent: int) -> str:
    tail = f"E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    places = 40 - 2 - len(tail)
    rounded = Decimal(f"{digits[0]}.{digits[1:] or '0'}").quantize(
        Decimal((0, (1,), -places)), ROUND_HALF_UP, EXACT
    )
    return f"{rounded}{tail}"


@lru_cache(maxsize=4096)
def parse_number(text: str) -> Decimal:
    """What TO_NUMBER(text) gives without a format; ORA-01722 when it is not a number."""
    found = _NUMBER_TEXT.fullmatch(text)
    if not found:
        raise OraError(1722, "invalid number")
    return round_to_number(Decimal(found[1]))
