"""Dates, timestamps and intervals: the driver's own as JSON, and beside each the text that the
database is asked for where the driver's type cannot hold it. No writer of a single value sees NULL.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from values.column import TextForm, each

# What the driver's own types hold of a fraction: it cuts the digits behind.
FRACTION_DIGITS = 6

# How the database is asked to write a moment, and in which calendar, since a session may have one
# of its own. SYYYY puts a blank, or a minus before the year 1.
_CALENDAR = "'NLS_CALENDAR=GREGORIAN'"
DATE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS', {_CALENDAR}"""
TIMESTAMP_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9', {_CALENDAR}"""
TIME_ZONE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9TZH:TZM TZR', {_CALENDAR}"""


def moment_json(value: datetime) -> str:
    """ISO 8601 without trailing zeros in the fraction: equal values are equal strings."""
    text = value.isoformat()
    return f'"{text.rstrip("0")}"' if value.microsecond else f'"{text}"'


encode_moment = each(moment_json)


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


DATE_AS_TEXT = TextForm(f"TO_CHAR({{}}, {DATE_FORMAT})", each(written_moment_json))
TIMESTAMP_AS_TEXT = TextForm(f"TO_CHAR({{}}, {TIMESTAMP_FORMAT})", each(written_moment_json))
ZONED_AS_TEXT = TextForm(f"TO_CHAR({{}}, {TIME_ZONE_FORMAT})", each(written_zoned_json))
LOCAL_AS_TEXT = TextForm(
    f"TO_CHAR({{}} AT TIME ZONE '+00:00', {TIMESTAMP_FORMAT})", each(written_utc_json)
)


def interval_json(value: timedelta) -> str:
    """INTERVAL DAY TO SECOND in ISO 8601; what is zero is left out."""
    size = abs(value)
    hours, seconds = divmod(size.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f"{size.microseconds:06d}".rstrip("0")
    return _duration(value < timedelta(0), size.days, hours, minutes, seconds, fraction)


encode_interval = each(interval_json)
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


INTERVAL_AS_TEXT = TextForm("TO_CHAR({})", each(written_interval_json))


def months_json(value: tuple[int, int]) -> str:
    """INTERVAL YEAR TO MONTH: the driver's (years, months), both of one sign."""
    years, months = value
    sign = "-" if years < 0 or months < 0 else ""
    text = (f"{abs(years)}Y" if years else "") + (f"{abs(months)}M" if months else "")
    return f'"{sign}P{text or "0M"}"'


encode_months = each(months_json)
_WRITTEN_MONTHS = re.compile(r"([+-]?)(\d+)-(\d+)\Z")


def written_months_json(text: str) -> str:
    """An INTERVAL YEAR TO MONTH as the database wrote it: `+01-02`."""
    match = _WRITTEN_MONTHS.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an interval")
    sign = -1 if match[1] == "-" else 1
    return months_json((sign * int(match[2]), sign * int(match[3])))
