"""DATE '…', TIMESTAMP '…' and INTERVAL '…' literals, EXTRACT and AT TIME ZONE."""

from __future__ import annotations

import re
from decimal import Decimal

from ..format_models.date_reading import read_moment
from ..functions.conversions import convert, mismatch
from ..kinds.calendar_days import at_wall_clock
from ..kinds.expression_types import (
    DATE,
    DATETIME_KINDS,
    NUMBER,
    TIMESTAMP_9,
    TIMESTAMP_KINDS,
    TIMESTAMP_TZ_9,
    Typed,
    fractional,
)
from ..kinds.model import Kind, OraError
from ..kinds.sqlite_values import moment_key, number_key, zoned_key
from ..parser.type_grammar import IntervalSpan

_TIMESTAMP = re.compile(
    r"\s*([+-]?\d+-\d+-\d+(?:\s+\d+:\d+:\d+(?:\.\d+)?)?)\s*([+-]\d+:\d+|[A-Za-z][\w/+\-]*)?"
    r"(?:\s+[A-Z]{2,5})?\s*"
)
_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_SECONDS = {"DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}
_MOMENT_FIELDS = frozenset({*_FIELDS, "TIMEZONE_HOUR", "TIMEZONE_MINUTE"})


def typed_literal(word: str, text: str, span: IntervalSpan | None) -> Typed:
    """OraError when the text is no such literal; Oracle says so while it parses, too."""
    if span is not None:
        return interval_literal(text, span)
    if word == "DATE":
        key = moment_key(read_moment(text, "SYYYY-MM-DD"))
        return Typed(f"'{key}'", DATE, nullable=False)
    return _timestamp_literal(text)


def _timestamp_literal(text: str) -> Typed:
    """Always nine digits wide: see the example of FROM_TZ in Oracle's SQL Language Reference."""
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        raise OraError(1843, "not a valid month")
    model = "SYYYY-MM-DD HH24:MI:SS.FF" if ":" in found[1] else "SYYYY-MM-DD"
    moment = read_moment(found[1], model)
    if found[2]:
        key = zoned_key(at_wall_clock(moment, found[2]))
        return Typed(f"'{key}'", TIMESTAMP_TZ_9, nullable=False)
    return Typed(f"'{moment_key(moment)}'", TIMESTAMP_9, nullable=False)


def interval_literal(text: str, span: IntervalSpan) -> Typed:
    total = read_interval(text, span.first, span.last)
    return Typed(f"'{number_key(total)}'", span.type, nullable=False)


def read_interval(text: str, first: str, last: str) -> int:
    """Months, or nanoseconds, of `1-2` or `1 02:03:04.5` between two fields; ORA-01867."""
    fields = _FIELDS[_FIELDS.index(first) : _FIELDS.index(last) + 1]
    sign, _, rest = text.strip().rpartition("-") if text.strip()[:1] == "-" else ("", "", text)
    sign, rest = ("-", text.strip()[1:]) if text.strip().startswith("-") else ("", text.strip())
    parts = re.split(r"[-\s:]+", rest.lstrip("+"))
    if len(parts) != len(fields) or not all(re.fullmatch(r"\d+(\.\d*)?", p) for p in parts):
        raise OraError(1867, "the interval is invalid")
    values = [Decimal(part) for part in parts]
    _check_interval(fields, values)
    if first in ("YEAR", "MONTH"):
        total = sum(
            int(v) * (12 if f == "YEAR" else 1) for f, v in zip(fields, values, strict=True)
        )
    else:
        seconds = sum(v * _SECONDS[f] for f, v in zip(fields, values, strict=True))
        total = int(seconds.scaleb(9)) if isinstance(seconds, Decimal) else 0
    return -total if sign else total


def _check_interval(fields: tuple[str, ...], values: list[Decimal]) -> None:
    limits = {"MONTH": (12, 1843), "HOUR": (24, 1850), "MINUTE": (60, 1851), "SECOND": (60, 1852)}
    for field, value in list(zip(fields, values, strict=True))[1:]:
        limit, code = limits[field]
        if value >= limit:
            raise OraError(code, f"the {field.lower()} of the interval must be below {limit}")


def extract_field(field: str, value: Typed) -> Typed:
    if value.kind in DATETIME_KINDS:
        if field not in _MOMENT_FIELDS or (value.kind is Kind.DATE and field not in _FIELDS[:3]):
            raise OraError(30076, "invalid extract field for extract source")
        return Typed(f"ora_extract_moment({value.sql}, '{field}')", NUMBER)
    if value.kind is Kind.INTERVAL_DS and field in _SECONDS:
        return Typed(f"ora_extract_days({value.sql}, '{field}')", NUMBER)
    if value.kind is Kind.INTERVAL_YM and field in ("YEAR", "MONTH"):
        return Typed(f"ora_extract_months({value.sql}, '{field}')", NUMBER)
    raise OraError(30076, "invalid extract field for extract source")


def zone_shift(value: Typed, zone: Typed | None) -> Typed:
    """AT TIME ZONE; AT LOCAL is the session's zone, which is UTC."""
    if value.kind not in TIMESTAMP_KINDS:
        raise mismatch(Kind.TIMESTAMP, value.kind)
    zoned = convert(value, TIMESTAMP_TZ_9)
    name = "'+00:00'" if zone is None else zone.sql
    return Typed(
        f"ora_at_zone({zoned.sql}, {name})", fractional(Kind.TIMESTAMP_TZ, value.type.scale)
    )
