"""One Oracle value in JSON: numbers, moments, intervals, and what nests.

Each writer takes one value as the driver gives it, or as the database wrote it out where the
driver's own types cannot hold it, and returns a JSON text. None of them sees NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

# Numbers with no more characters than this have at most 15 significant digits: a double gives
# every one of them back.
SAFE_DIGITS = 15
# The driver takes what Oracle writes as ~ and -~ for 1e126 and -1e126, which no NUMBER is.
MOST_WHOLE_DIGITS = 126
MINUS_INFINITY = "-1e126"
# Past this many digits a number is written with an exponent.
PLAIN_DIGITS = 40

# How the database is asked to write a moment, and in which calendar, since a session may have one
# of its own. SYYYY puts a blank, or a minus before the year 1.
_CALENDAR = "'NLS_CALENDAR=GREGORIAN'"
DATE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS', {_CALENDAR}"""
TIMESTAMP_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9', {_CALENDAR}"""
TIME_ZONE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9TZH:TZM TZR', {_CALENDAR}"""


def number_json(digits: str) -> str:
    """A number where a double carries it exactly as read back, or else a string of all digits.

    digits: plain, as the driver gives a NUMBER; `null` stays `null`.
    """
    if len(digits) <= SAFE_DIGITS and digits != MINUS_INFINITY:
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
    if digits == MINUS_INFINITY:
        raise OverflowError("an infinite NUMBER")
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


def written_digits(text: str) -> str:
    """The plain digits of a NUMBER as the database wrote it: `.5`, `-1`, `1.2E-30`.

    ValueError where some of them may be missing.
    """
    mantissa, exponent, _ = text.partition("E")
    if exponent and sum(map(str.isdigit, mantissa)) > _CERTAIN_DIGITS:
        raise ValueError(f"{text} may have been rounded")
    digits = format(Decimal(text), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _survives_a_double(digits: str) -> bool:
    """True when the shortest decimal of the nearest double is the same value."""
    shortest = repr(float(digits))
    return shortest == digits or Decimal(shortest) == Decimal(digits)


_NOT_A_JSON_NUMBER = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def float_json(value: float) -> str:
    """A number; what JSON has no number for is a string."""
    text = repr(value)
    return _NOT_A_JSON_NUMBER.get(text, text)


def moment_json(value: datetime) -> str:
    """ISO 8601 without trailing zeros in the fraction: equal values are equal strings."""
    text = value.isoformat()
    return f'"{text.rstrip("0")}"' if value.microsecond else f'"{text}"'


def written_moment_json(text: str) -> str:
    """A DATE or TIMESTAMP as the database wrote it."""
    return f'"{_without_zeros(text.strip())}"'


def written_utc_json(text: str) -> str:
    """A TIMESTAMP WITH LOCAL TIME ZONE, which the database wrote in UTC."""
    return f'"{_without_zeros(text.strip())}+00:00"'


def written_zoned_json(text: str) -> str:
    """A TIMESTAMP WITH TIME ZONE: its offset, and in brackets its region's name (RFC 9557)."""
    stamp, _, region = text.strip().partition(" ")
    moment, offset = stamp[:-6], stamp[-6:]
    bracket = "" if region[:1] in ("", "+", "-") else f"[{region}]"
    return f'"{_without_zeros(moment)}{offset}{bracket}"'


def _without_zeros(moment: str) -> str:
    whole, point, fraction = moment.partition(".")
    fraction = fraction.rstrip("0")
    return whole + point + fraction if fraction else whole


def interval_json(value: timedelta) -> str:
    """INTERVAL DAY TO SECOND in ISO 8601; what is zero is left out."""
    size = abs(value)
    hours, seconds = divmod(size.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f"{size.microseconds:06d}".rstrip("0")
    return _duration(value < timedelta(0), size.days, hours, minutes, seconds, fraction)


_WRITTEN_INTERVAL = re.compile(r"([+-]?)(\d+) (\d+):(\d+):(\d+)(?:\.(\d+))?\Z")


def written_interval_json(text: str) -> str:
    """An INTERVAL DAY TO SECOND as the database wrote it: `+01 02:03:04.500000000`."""
    match = _WRITTEN_INTERVAL.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an interval")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    return _duration(
        sign == "-", int(days), int(hours), int(minutes), int(seconds), (fraction or "").rstrip("0")
    )


def _duration(
    is_negative: bool, days: int, hours: int, minutes: int, seconds: int, fraction: str
) -> str:
    date = f"{days}D" if days else ""
    time = f"{hours}H" if hours else ""
    time += f"{minutes}M" if minutes else ""
    if seconds or fraction:
        time += f"{seconds}.{fraction}S" if fraction else f"{seconds}S"
    if not (date or time):
        return '"PT0S"'
    return f'"{"-" if is_negative else ""}P{date}{"T" if time else ""}{time}"'


def months_json(value: tuple[int, int]) -> str:
    """INTERVAL YEAR TO MONTH: the driver's (years, months), both of one sign."""
    years, months = value
    sign = "-" if years < 0 or months < 0 else ""
    text = (f"{abs(years)}Y" if years else "") + (f"{abs(months)}M" if months else "")
    return f'"{sign}P{text or "0M"}"'


_WRITTEN_MONTHS = re.compile(r"([+-]?)(\d+)-(\d+)\Z")


def written_months_json(text: str) -> str:
    """An INTERVAL YEAR TO MONTH as the database wrote it: `+01-02`."""
    match = _WRITTEN_MONTHS.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an interval")
    sign = -1 if match[1] == "-" else 1
    return months_json((sign * int(match[2]), sign * int(match[3])))


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


class Inexact(Exception):  # noqa: N818
    """Says of which value something may have been lost before it came here."""


def nested_json(value: Any, number: Callable[[str], str]) -> str:
    """What the driver makes of a value of JSON.

    number: number_json or number_string_json. TypeError for what has no form here; Inexact for a
    moment or an interval, which may have had more digits, and a zone, in the database.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        return number(format(value, "f"))
    if isinstance(value, int):
        return number(str(value))
    if isinstance(value, float):
        return float_json(value)
    if isinstance(value, datetime):
        raise Inexact("a moment, of which the driver drops zone and digits past the sixth")
    if isinstance(value, timedelta):
        raise Inexact("an interval, of which the driver drops digits past the sixth")
    if isinstance(value, bytes):
        return f'"{value.hex().upper()}"'
    if isinstance(value, dict):
        members = (
            f"{encode_basestring(key)}:{nested_json(item, number)}" for key, item in value.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(nested_json(item, number) for item in value) + "]"
    if hasattr(value, "typecode") or hasattr(value, "num_dimensions"):
        return vector_json(value)
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")


def is_text(value: str) -> bool:
    """False for what UTF-8 has no form for: half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
