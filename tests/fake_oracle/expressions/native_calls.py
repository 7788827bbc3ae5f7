"""Functions sqlite has an expression for: NVL, DECODE, GREATEST, TO_CHAR, and plain conversions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..format_models.date_formats import format_width
from ..functions.conversions import comparable, convert, mismatch, to_text
from ..kinds.expression_types import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BLOB,
    BOOLEAN,
    CLOB,
    DATETIME_KINDS,
    INTERVAL_KINDS,
    JSON,
    NCLOB,
    NUMBER,
    NUMERIC_KINDS,
    PADDED_KINDS,
    TEXT_KINDS,
    XMLTYPE,
    Typed,
    common_type,
    text_type,
    without_precision,
)
from ..kinds.model import ColumnType, Kind, OraError
from ..kinds.sqlite_values import number_key


def _at_least(arguments: Sequence[Typed], count: int, offset: int) -> None:
    if len(arguments) < count:
        raise OraError(938, "not enough arguments for function", offset)


def _exactly(arguments: Sequence[Typed], count: int, offset: int) -> None:
    _at_least(arguments, count, offset)
    if len(arguments) > count:
        raise OraError(939, "too many arguments for function", offset)


def _as_first(arguments: Sequence[Typed]) -> tuple[list[Typed], ColumnType]:
    """All arguments converted to the first one's type family, and their common type."""
    target = arguments[0].type
    converted = []
    for argument in arguments:
        common = common_type(target, argument.type)
        argument = argument if common is not None else convert(argument, target)
        target = common if common is not None else target
        converted.append(argument)
    if target.kind in PADDED_KINDS:
        target = replace(target, kind=Kind.NVARCHAR if target.kind is Kind.NCHAR else Kind.VARCHAR)
    return [convert(argument, target) for argument in converted], without_precision(target)


def _nvl(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    return _coalesce(arguments, offset)


def _coalesce(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 2, offset)
    converted, result = _as_first(arguments)
    return Typed(f"coalesce({', '.join(a.sql for a in converted)})", result)


def _nvl2(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 3, offset)
    (present, absent), result = _as_first(arguments[1:])
    tested = arguments[0].sql
    return Typed(f"CASE WHEN {tested} IS NOT NULL THEN {present.sql} ELSE {absent.sql} END", result)


def _nullif(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    left, right = comparable(arguments[0], arguments[1])
    first = arguments[0]
    return Typed(
        f"CASE WHEN {left} = {right} THEN NULL ELSE {first.sql} END", without_precision(first.type)
    )


def _decode(arguments: Sequence[Typed], offset: int) -> Typed:
    """DECODE takes two NULLs for equal, which is sqlite's IS."""
    _at_least(arguments, 3, offset)
    subject, *rest = arguments
    pairs = len(rest) // 2
    results = [rest[2 * i + 1] for i in range(pairs)] + (rest[-1:] if len(rest) % 2 else [])
    converted, result = _as_first(results)
    branches = []
    for i in range(pairs):
        left, right = comparable(subject, rest[2 * i])
        branches.append(f"WHEN {left} IS {right} THEN {converted[i].sql}")
    otherwise = f" ELSE {converted[-1].sql}" if len(rest) % 2 else ""
    return Typed(f"CASE {' '.join(branches)}{otherwise} END", result)


def _extreme(sqlite_name: str) -> Callable[[Sequence[Typed], int], Typed]:
    def compile_extreme(arguments: Sequence[Typed], offset: int) -> Typed:
        _at_least(arguments, 1, offset)
        converted, result = _as_first(arguments)
        if len(arguments) == 1:
            return arguments[0]
        return Typed(f"{sqlite_name}({', '.join(a.sql for a in converted)})", result)

    return compile_extreme


def _concat(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 2, offset)
    texts = [to_text(argument) for argument in arguments]
    joined = " || ".join(f"coalesce({text.sql}, '')" for text in texts)
    width = sum(text.type.chars for text in texts)
    return Typed(f"nullif({joined}, '')", text_type(width, size=sum(t.type.size for t in texts)))


def _converted_to(target: ColumnType) -> Callable[[Sequence[Typed], int], Typed]:
    def compile_conversion(arguments: Sequence[Typed], offset: int) -> Typed:
        _exactly(arguments, 1, offset)
        return replace(convert(arguments[0], target), type=target)

    return compile_conversion


def _empty(sql: str, kind: ColumnType) -> Callable[[Sequence[Typed], int], Typed]:
    """A LOB without a byte, which is not NULL."""

    def compile_empty(arguments: Sequence[Typed], offset: int) -> Typed:
        _exactly(arguments, 0, offset)
        return Typed(sql, kind, nullable=False)

    return compile_empty


def _sys_context(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    namespace, parameter = (to_text(argument).sql for argument in arguments)
    return Typed(f"ora_context({namespace}, {parameter}, ora_user())", text_type(256, size=256))


def _to_char(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 1, offset)
    value, *formats = arguments
    if not formats or value.kind in TEXT_KINDS:
        return to_text(value)
    if len(formats) > 2:
        raise OraError(939, "too many arguments for function", offset)
    model, width = to_text(formats[0]).sql, _format_width(value, formats[0].literal)
    given = "".join(f", {to_text(parameters).sql}" for parameters in formats[1:])
    if value.kind in NUMERIC_KINDS:
        return Typed(f"ora_format_number({convert(value, NUMBER).sql}, {model}{given})", width)
    if value.kind is Kind.DATE:
        return Typed(f"ora_format_date({value.sql}, {model}{given})", width)
    if value.kind in DATETIME_KINDS:
        digits = number_key(value.type.scale)
        return Typed(f"ora_format_timestamp({value.sql}, {model}, '{digits}'{given})", width)
    if value.kind in INTERVAL_KINDS:
        return to_text(value)  # Oracle does not look at the format of an interval
    raise mismatch(Kind.DATE, value.kind, offset)


def _format_width(value: Typed, model: str | None) -> ColumnType:
    if model is None or value.kind in NUMERIC_KINDS:
        return text_type(len(model) + 1 if model else 64)
    return text_type(format_width(model))


NATIVE: dict[str, Callable[[Sequence[Typed], int], Typed]] = {
    "NVL": _nvl,
    "NVL2": _nvl2,
    "COALESCE": _coalesce,
    "NULLIF": _nullif,
    "DECODE": _decode,
    "GREATEST": _extreme("max"),
    "LEAST": _extreme("min"),
    "CONCAT": _concat,
    "TO_CHAR": _to_char,
    "TO_NCHAR": _to_char,
    "EMPTY_CLOB": _empty("''", CLOB),
    "EMPTY_BLOB": _empty("x''", BLOB),
    "TO_CLOB": _converted_to(CLOB),
    "TO_NCLOB": _converted_to(NCLOB),
    "TO_BLOB": _converted_to(BLOB),
    "TO_BINARY_DOUBLE": _converted_to(BINARY_DOUBLE),
    "TO_BINARY_FLOAT": _converted_to(BINARY_FLOAT),
    "TO_BOOLEAN": _converted_to(BOOLEAN),
    "JSON": _converted_to(JSON),
    "XMLTYPE": _converted_to(XMLTYPE),
    "SYS_CONTEXT": _sys_context,
}
