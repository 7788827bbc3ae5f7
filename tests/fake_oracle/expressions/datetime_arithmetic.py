"""What + - * / mean where a side is a DATE, a TIMESTAMP or an interval."""

from __future__ import annotations

from ..functions.conversions import convert
from ..kinds.expression_types import (
    DATE,
    DATETIME_KINDS,
    INTERVAL_DS,
    INTERVAL_KINDS,
    NULL,
    NUMBER,
    NUMERIC_KINDS,
    TEXT_KINDS,
    TIMESTAMP_TZ_9,
    Typed,
)
from ..kinds.model import Kind, OraError

_COUNTABLE = NUMERIC_KINDS | TEXT_KINDS


def combine(operation: str, left: Typed, right: Typed) -> Typed | None:
    """None where neither side is a datetime or an interval; ORA-00932 or 30081 for nonsense."""
    kinds = {left.kind, right.kind}
    if not kinds & (DATETIME_KINDS | INTERVAL_KINDS):
        return None
    if left.kind in DATETIME_KINDS and right.kind in DATETIME_KINDS:
        return _difference(operation, left, right)
    if operation == "add" and right.kind in DATETIME_KINDS:
        left, right = right, left
    if left.kind in DATETIME_KINDS and operation in ("add", "subtract"):
        return _moved(operation, left, right)
    if left.kind in INTERVAL_KINDS or right.kind in INTERVAL_KINDS:
        return _interval(operation, left, right)
    raise _nonsense(left, right)


def _difference(operation: str, left: Typed, right: Typed) -> Typed:
    if operation != "subtract":
        raise OraError(975, "date + date not allowed")
    if left.kind is Kind.DATE and right.kind is Kind.DATE:
        return Typed(f"ora_days_between({left.sql}, {right.sql})", NUMBER)
    if Kind.TIMESTAMP_TZ in (left.kind, right.kind):
        left, right = convert(left, TIMESTAMP_TZ_9), convert(right, TIMESTAMP_TZ_9)
    return Typed(f"ora_interval_between({left.sql}, {right.sql})", INTERVAL_DS)


def _moved(operation: str, moment: Typed, by: Typed) -> Typed:
    if by.kind in _COUNTABLE or by.type == NULL:
        days = _signed(operation, convert(by, NUMBER).sql)
        return Typed(f"ora_date_plus_days({moment.sql}, {days})", DATE)
    if by.kind not in INTERVAL_KINDS:
        raise _nonsense(moment, by)
    name = "ora_plus_nanoseconds" if by.kind is Kind.INTERVAL_DS else "ora_plus_months"
    return Typed(f"{name}({moment.sql}, {_signed(operation, by.sql)})", moment.type)


def _signed(operation: str, sql: str) -> str:
    return f"ora_negate({sql})" if operation == "subtract" else sql


def _interval(operation: str, left: Typed, right: Typed) -> Typed:
    both = left.kind is right.kind
    if operation in ("add", "subtract") and both:
        return Typed(f"ora_{operation}({left.sql}, {right.sql})", left.type)
    if operation == "multiply" and right.kind in INTERVAL_KINDS:
        left, right = right, left
    if operation in ("multiply", "divide") and right.kind in _COUNTABLE:
        whole = f"ora_{operation}({left.sql}, {convert(right, NUMBER).sql})"
        return Typed(f"ora_round_interval({whole})", left.type)
    raise _nonsense(left, right)


def _nonsense(left: Typed, right: Typed) -> OraError:
    text = f"inconsistent datatypes: expected {left.kind.value} got {right.kind.value}"
    return OraError(932, text)
