"""Oracle's operators, functions and conversions over BINARY_FLOAT and BINARY_DOUBLE."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from ..kinds.expression_types import BINARY_NUMBER_KINDS, Typed
from ..kinds.model import ColumnType, Kind, OraError
from ..kinds.nls import Nls
from .functions import Want, define, internal
from .number_functions import number_in

NUMBER, INTEGER, DOUBLE, TEXT = Want.NUMBER, Want.INTEGER, Want.DOUBLE, Want.TEXT


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


def _as_first(arguments: Sequence[Typed]) -> ColumnType:
    return arguments[0].type


def _function(name: str, *wants: Want, optional: Sequence[Want] = ()) -> Callable[..., object]:
    return define(
        name,
        *wants,
        optional=optional,
        gives=Kind.BINARY_DOUBLE,
        type_rule=_as_first,
        first_kinds=BINARY_NUMBER_KINDS,
    )


def _whole(compute: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(compute(value)) if math.isfinite(value) else value


_function("ABS", DOUBLE)(math.fabs)
_function("CEIL", DOUBLE)(_whole(math.ceil))
_function("FLOOR", DOUBLE)(_whole(math.floor))


@_function("SQRT", DOUBLE)
def sqrt(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


@_function("POWER", DOUBLE, DOUBLE)
def power(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf
    return math.nan if isinstance(result, complex) else float(result)


@_function("MOD", DOUBLE, DOUBLE)
def mod(left: float, right: float) -> float:
    return math.fmod(left, right) if right else left


@_function("ROUND", DOUBLE, optional=(INTEGER,))
def round_(value: float, places: int = 0) -> float:
    return round(value, places) if math.isfinite(value) else value


@_function("TRUNC", DOUBLE, optional=(INTEGER,))
def trunc(value: float, places: int = 0) -> float:
    scale = 10.0**places
    return math.trunc(value * scale) / scale if math.isfinite(value) else value


@internal("ora_double_number", DOUBLE, gives=Kind.NUMBER)
def double_to_number(value: float) -> Decimal:
    return _decimal(value, 17)


@internal("ora_float_number", DOUBLE, gives=Kind.NUMBER)
def float_to_number(value: float) -> Decimal:
    return _decimal(value, 9)


def _decimal(value: float, digits: int) -> Decimal:
    if not math.isfinite(value):
        raise OraError(1426, "numeric overflow")
    return Decimal(f"{value:.{digits}g}")


@internal("ora_number_double", NUMBER, gives=Kind.BINARY_DOUBLE)
def number_to_double(value: Decimal) -> float:
    return float(value)


@internal("ora_text_double", TEXT, gives=Kind.BINARY_DOUBLE, of_session=True)
def text_to_double(nls: Nls, text: str) -> float:
    words = {"NAN": math.nan, "INF": math.inf, "+INF": math.inf, "-INF": -math.inf}
    word = text.strip().upper().replace("INFINITY", "INF")
    return words[word] if word in words else float(number_in(text, nls))


@internal("ora_as_float", DOUBLE, gives=Kind.BINARY_FLOAT)
def double_to_float(value: float) -> float:
    return value


@internal("ora_double_text", DOUBLE, of_session=True)
def double_to_text(nls: Nls, value: float) -> str:
    """TO_CHAR of a BINARY_DOUBLE: seventeen significant digits in scientific form."""
    return nls.with_mark(_binary_text(value, 16))


@internal("ora_float_text", DOUBLE, of_session=True)
def float_to_text(nls: Nls, value: float) -> str:
    return nls.with_mark(_binary_text(value, 8))


def _binary_text(value: float, places: int) -> str:
    if not math.isfinite(value):
        return "Nan" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    mantissa, exponent = f"{value:.{places}E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}" if value else "0"
