"""Oracle's operators and functions over NUMBER and the binary number types."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from .expression_types import BINARY_DOUBLE, BINARY_NUMBER_KINDS, NUMERIC_KINDS, TEXT_KINDS
from .functions import Want, define, internal
from .model import Kind, OraError
from .oracle_numbers import (
    EXACT,
    divide,
    fit_float,
    fit_number,
    modulo,
    number_text,
    parse_number,
    power,
    round_places,
    round_to_number,
    truncate_places,
)
from .sqlite_values import Stored, float_key, number_key

NUMBER, INTEGER, DOUBLE, TEXT = Want.NUMBER, Want.INTEGER, Want.DOUBLE, Want.TEXT
_NUMBERS = NUMERIC_KINDS - BINARY_NUMBER_KINDS | TEXT_KINDS


@internal("ora_add", NUMBER, NUMBER, gives=Kind.NUMBER)
def add(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.add(left, right)


@internal("ora_subtract", NUMBER, NUMBER, gives=Kind.NUMBER)
def subtract(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.subtract(left, right)


@internal("ora_multiply", NUMBER, NUMBER, gives=Kind.NUMBER)
def multiply(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.multiply(left, right)


internal("ora_divide", NUMBER, NUMBER, gives=Kind.NUMBER)(divide)


@internal("ora_negate", NUMBER, gives=Kind.NUMBER)
def negate(value: Decimal) -> Decimal:
    return value.copy_negate()  # `-value` would round to the context's 28 digits


def _double_operator(name: str, compute: Callable[[float, float], float]) -> None:
    internal(f"ora_{name}_double", DOUBLE, DOUBLE, gives=Kind.BINARY_DOUBLE)(compute)
    internal(f"ora_{name}_float", DOUBLE, DOUBLE, gives=Kind.BINARY_FLOAT)(compute)


def _divide_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left)


_double_operator("add", lambda left, right: left + right)
_double_operator("subtract", lambda left, right: left - right)
_double_operator("multiply", lambda left, right: left * right)
_double_operator("divide", _divide_doubles)


@define("ABS", NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)
def abs_(value: Decimal) -> Decimal:
    return value.copy_abs()


@define("ABS", DOUBLE, gives=Kind.BINARY_DOUBLE, type_rule=BINARY_DOUBLE)
def abs_double(value: float) -> float:
    return abs(value)


@define("SIGN", NUMBER, gives=Kind.NUMBER)
def sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


@define("CEIL", NUMBER, gives=Kind.NUMBER)
def ceil(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING, EXACT)


@define("FLOOR", NUMBER, gives=Kind.NUMBER)
def floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR, EXACT)


define("MOD", NUMBER, NUMBER, gives=Kind.NUMBER)(modulo)
define("POWER", NUMBER, NUMBER, gives=Kind.NUMBER)(power)


@define("ROUND", NUMBER, optional=(INTEGER,), gives=Kind.NUMBER, first_kinds=_NUMBERS)
def round_(value: Decimal, places: int = 0) -> Decimal:
    return round_places(value, places)


@define("ROUND", DOUBLE, optional=(INTEGER,), gives=Kind.BINARY_DOUBLE, type_rule=BINARY_DOUBLE,
        first_kinds=BINARY_NUMBER_KINDS)  # fmt: skip
def round_double(value: float, places: int = 0) -> float:
    return round(value, places)


@define("TRUNC", NUMBER, optional=(INTEGER,), gives=Kind.NUMBER, first_kinds=_NUMBERS)
def trunc(value: Decimal, places: int = 0) -> Decimal:
    return truncate_places(value, places)


@define("SQRT", NUMBER, gives=Kind.NUMBER)
def sqrt(value: Decimal) -> Decimal:
    if value < 0:
        raise OraError(1428, f"argument '{number_text(value)}' is out of range")
    return EXACT.sqrt(value)


@define("EXP", NUMBER, gives=Kind.NUMBER)
def exp(value: Decimal) -> Decimal:
    return EXACT.exp(value)


@define("LN", NUMBER, gives=Kind.NUMBER)
def ln(value: Decimal) -> Decimal:
    if value <= 0:
        raise OraError(1428, f"argument '{number_text(value)}' is out of range")
    return EXACT.ln(value)


@internal("ora_number_text", NUMBER)
def number_to_text(value: Decimal) -> str:
    return number_text(value)


@internal("ora_text_number", TEXT, gives=Kind.NUMBER)
def text_to_number(text: str) -> Decimal:
    return parse_number(text)


@internal("ora_double_number", DOUBLE, gives=Kind.NUMBER)
def double_to_number(value: float) -> Decimal:
    if not math.isfinite(value):
        raise OraError(1426, "numeric overflow")
    return round_to_number(Decimal(repr(value)))


@internal("ora_float_number", DOUBLE, gives=Kind.NUMBER)
def float_to_number(value: float) -> Decimal:
    """A BINARY_FLOAT shows as many digits as tell it from its neighbours: 1.1, not 1.10000002."""
    if not math.isfinite(value):
        raise OraError(1426, "numeric overflow")
    return Decimal(shortest_float(value))


def shortest_float(value: float) -> str:
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if float_key(float(text)) == value:
            return text
    return repr(value)


@internal("ora_number_double", NUMBER, gives=Kind.BINARY_DOUBLE)
def number_to_double(value: Decimal) -> float:
    return float(value)


@internal("ora_text_double", TEXT, gives=Kind.BINARY_DOUBLE)
def text_to_double(text: str) -> float:
    words = {"NAN": math.nan, "INF": math.inf, "+INF": math.inf, "-INF": -math.inf}
    word = text.strip().upper().replace("INFINITY", "INF")
    return words[word] if word in words else float(parse_number(text))


@internal("ora_as_float", DOUBLE, gives=Kind.BINARY_FLOAT)
def double_to_float(value: float) -> float:
    return value


@internal("ora_double_text", DOUBLE)
def double_to_text(value: float) -> str:
    """TO_CHAR of a BINARY_DOUBLE: seventeen significant digits in scientific form."""
    return _binary_text(value, 16)


@internal("ora_float_text", DOUBLE)
def float_to_text(value: float) -> str:
    return _binary_text(value, 8)


def _binary_text(value: float, places: int) -> str:
    if not math.isfinite(value):
        return "Nan" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    mantissa, exponent = f"{value:.{places}E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}" if value else "0"


@internal("ora_fit_number", NUMBER, INTEGER, INTEGER)
def fit(value: Decimal, precision: int, scale: int) -> Stored:
    if scale == -127:
        return number_key(fit_float(value, precision))
    return number_key(fit_number(value, precision, scale))


# The compiler counts in sqlite's own integers where a row number or a limit is one.


@internal("ora_from_int", Want.STORED)
def from_int(value: int) -> str:
    return number_key(value)


@internal("ora_to_int", NUMBER)
def to_int(value: Decimal) -> int:
    return int(max(min(value, Decimal(2**62)), Decimal(-(2**62))).to_integral_value(ROUND_FLOOR))


@internal("ora_rowid", Want.STORED, Want.STORED)
def row_id(table_number: int, row: int) -> str:
    """Object, file, block and row in base 64, as an extended ROWID is written."""
    parts = ((70_000 + table_number, 6), (7, 3), (128 + row // 500, 6), (row % 500, 3))
    return "".join(_base64(value, width) for value, width in parts)


_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def _base64(value: int, width: int) -> str:
    return "".join(_BASE64[value >> 6 * place & 63] for place in range(width - 1, -1, -1))
