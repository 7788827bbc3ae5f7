"""JSON binds to Oracle values."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from common.errors import refuse
from values.texts import is_text

JsonValue: TypeAlias = Any
Binds: TypeAlias = "list[Any] | dict[str, Any] | None"

SURELY_HELD = 10**38
# A NUMBER has 20 digits of base 100, which begin at an even place on both sides of the point.
MANTISSA_DIGITS = 20
SMALLEST_EXPONENT, LARGEST_EXPONENT = -130, 125
MOST_BITS = 420  # of 1e126

_DATE = re.compile(r"-?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?\Z", re.ASCII)


def decode_binds(binds: JsonValue, field: str = "binds") -> Binds:
    """Values by position or by name; numbers are int or Decimal with all their digits.

    ApiError 422 names the one that cannot be bound.
    """
    if binds is None:
        return None
    if isinstance(binds, list):
        return [_bind(value, f"{field}[{i}]") for i, value in enumerate(binds)]
    if isinstance(binds, dict):
        if not all(map(is_text, binds)):
            raise refuse("BAD_FIELD", f"the names in {field} must not hold half a surrogate pair")
        _refuse_repeated(binds, field)
        return {name: _bind(value, f"{field}.{name}") for name, value in binds.items()}
    raise refuse("BAD_FIELD", f"{field} must be an array or an object")


def _refuse_repeated(names: Iterable[str], field: str) -> None:
    """Unquoted names mean the same in any case; the driver would take one of them in silence."""
    seen: set[str] = set()
    for name in names:
        meant = name if name.startswith('"') else name.upper()
        if meant in seen:
            raise refuse("BAD_FIELD", f"{field}.{name} is there twice: case makes no difference")
        seen.add(meant)


def _bind(value: JsonValue, field: str) -> object:
    if isinstance(value, str) and not is_text(value):
        raise refuse("BAD_FIELD", f"{field} must not hold half of a surrogate pair")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | Decimal):
        return _number_bind(value, field)
    if isinstance(value, dict) and len(value) == 1:
        (tag, text), *_ = value.items()
        if tag == "$date" and isinstance(text, str):
            return _date_bind(text, field)
        if tag == "$base64" and isinstance(text, str):
            return _bytes_bind(text, field)
    raise refuse(
        "BAD_FIELD",
        f"{field} must be null, a string, a number, a boolean, "
        '{"$date":"2026-01-28T10:38:36"} or {"$base64":"..."}',
    )


def _number_bind(value: int | Decimal, field: str) -> int | Decimal:
    """As it is, if a NUMBER holds all of it: the driver drops digits that are beyond."""
    if isinstance(value, int) and -SURELY_HELD < value < SURELY_HELD:
        return value
    is_huge = isinstance(value, int) and value.bit_length() > MOST_BITS
    number = Decimal(1 if is_huge else value)
    if not number:
        return 0  # the driver stumbles over one with a large exponent
    if is_huge or not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise refuse("BAD_FIELD", f"{field} must be 0, or from 1e-130 to below 1e126 in size")
    if _last_exponent(number) < 2 * (number.adjusted() // 2 - MANTISSA_DIGITS + 1):
        raise refuse("BAD_FIELD", f"{field} has more digits than a NUMBER holds: 39 or 40 of them")
    return value


def _last_exponent(number: Decimal) -> int:
    """That of its last digit that is not 0; it has one."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    zeros = next(n for n, digit in enumerate(reversed(digits)) if digit)
    return exponent + zeros


def _date_bind(text: str, field: str) -> datetime:
    try:
        if _DATE.match(text):
            return datetime.fromisoformat(_padded_fraction(text))
    except ValueError:
        pass
    raise refuse(
        "BAD_FIELD",
        f"{field}.$date must be a date from year 1 on, as 2026-01-28T10:38:36, "
        "with at most six digits of a second and no time zone",
    )


def _padded_fraction(text: str) -> str:
    """Python before 3.11 reads fractions of three or six digits only."""
    moment, point, fraction = text.partition(".")
    return moment + point + fraction.ljust(6, "0") if point else moment


def _bytes_bind(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refuse("BAD_FIELD", f"{field}.$base64 must be base64") from None
