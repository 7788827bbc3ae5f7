"""Oracle's operators and functions over NUMBER."""

from __future__ import annotations

import string
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ..kinds.expression_types import TEXT_KINDS
from ..kinds.model import Kind, OraError
from ..kinds.nls import Nls
from ..kinds.oracle_numbers import (
    EXACT,
    divide,
    fit_float,
    fit_number,
    modulo,
    number_text,
    parse_number,
    power,
    round_places,
    truncate_places,
)
from ..kinds.sqlite_values import Stored, number_key
from .functions import Want, define, internal

NUMBER, INTEGER, TEXT = Want.NUMBER, Want.INTEGER, Want.TEXT
_NUMBERS = TEXT_KINDS | {Kind.NUMBER}


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


@define("ABS", NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)
def abs_(value: Decimal) -> Decimal:
    return value.copy_abs()


@define("SIGN", NUMBER, gives=Kind.NUMBER)
def sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


@define("CEIL", NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)
def ceil(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING, EXACT)


@define("FLOOR", NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)
def floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR, EXACT)


define("MOD", NUMBER, NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)(modulo)
define("POWER", NUMBER, NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)(power)


@define("ROUND", NUMBER, optional=(INTEGER,), gives=Kind.NUMBER, first_kinds=_NUMBERS)
def round_(value: Decimal, places: int = 0) -> Decimal:
    return round_places(value, places)


@define("TRUNC", NUMBER, optional=(INTEGER,), gives=Kind.NUMBER, first_kinds=_NUMBERS)
def trunc(value: Decimal, places: int = 0) -> Decimal:
    return truncate_places(value, places)


@define("SQRT", NUMBER, gives=Kind.NUMBER, first_kinds=_NUMBERS)
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


@internal("ora_number_text", NUMBER, of_session=True)
def number_to_text(nls: Nls, value: Decimal) -> str:
    return nls.with_mark(number_text(value))


@internal("ora_text_number", TEXT, gives=Kind.NUMBER, of_session=True)
def text_to_number(nls: Nls, text: str) -> Decimal:
    return number_in(text, nls)


def number_in(text: str, nls: Nls) -> Decimal:
    """ORA-01722 for a text that has another mark than the session's."""
    if nls.decimal_mark != "." and "." in text:
        raise OraError(1722, "invalid number")
    return parse_number(nls.with_point(text))


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
