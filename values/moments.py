"""Dates, timestamps and intervals: the driver's own as JSON, and beside each the text that the
database is asked for where the driver's type cannot hold it. No writer of a single value sees NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from values.column import Encoder, MalformedValueError, TextForm, each, encode_present

# What the driver's own types hold of a fraction: it cuts the digits behind.
FRACTION_DIGITS = 6

# How the database is asked to write a moment, and in which calendar, since a session may have one
# of its own. SYYYY puts a blank, or a minus before the year 1.
_CALENDAR = "'NLS_CALENDAR=GREGORIAN'"
DATE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS', {_CALENDAR}"""
TIMESTAMP_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9', {_CALENDAR}"""
TIME_ZONE_FORMAT = f"""'SYYYY-MM-DD"T"HH24:MI:SS.FF9TZH:TZM TZR', {_CALENDAR}"""


# `datetime.isoformat` takes longer than all else about a value. What it is put together from is
# written once: days as they occur, at most so many (109 years), and all the minutes of a day.
MOST_DAYS = 40_000
_EPOCH = datetime(1970, 1, 1)
_TWO_DIGITS = [f"{number:02d}" for number in range(100)]
_THREE_DIGITS = [f"{tens}{digit}" for tens in _TWO_DIGITS for digit in "0123456789"]
_MINUTES = [f"{hour}:{minute}:" for hour in _TWO_DIGITS[:24] for minute in _TWO_DIGITS[:60]]
_microseconds = attrgetter("microseconds")


class _Days(dict[int, str]):
    """Dates by their day since the epoch, with what stands around them. Threads may share it: each
    step is one of a dictionary, and what another one removes is made again.
    """

    def __missing__(self, day: int) -> str:
        if len(self) >= MOST_DAYS:
            self.clear()
        text = self[day] = f'"{date.fromordinal(_EPOCH.toordinal() + day).isoformat()}T'
        return text


_DAYS = _Days()


def encode_moment(values: Sequence[Any]) -> list[str]:
    """ISO 8601 without trailing zeros in the fraction: equal values are equal strings."""
    try:
        # TypeError, too, for one that has a time zone, which is not to be left out.
        spans = [value - _EPOCH for value in values]
    except TypeError:
        if None not in values:
            raise
        return encode_present(encode_moment, values)
    if any(map(_microseconds, spans)):
        return [
            f"{_DAYS[s.days]}{_MINUTES[s.seconds // 60]}{_TWO_DIGITS[s.seconds % 60]}"
            f'{_fraction(s.microseconds)}"'
            for s in spans
        ]
    return [
        f'{_DAYS[s.days]}{_MINUTES[s.seconds // 60]}{_TWO_DIGITS[s.seconds % 60]}"' for s in spans
    ]


def _fraction(microseconds: int) -> str:
    if not microseconds:
        return ""
    thousands, ones = divmod(microseconds, 1000)
    return f".{_THREE_DIGITS[thousands]}{_THREE_DIGITS[ones]}".rstrip("0")


# What the database is to write, a line a value; redaction, or another calendar, writes otherwise.
_MOMENT = r"^ ?(-?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
_FRACTION = r"(?=\.[0-9]{9}(?![0-9]))(?:(\.[0-9]{0,8}[1-9])0*|\.0+)"
_OFFSET = "[+-][0-9]{2}:[0-9]{2}"
_REGION = "[A-Za-z][A-Za-z0-9_+/-]*"
_DATE = re.compile(f"{_MOMENT}$", re.MULTILINE)
_TIMESTAMP = re.compile(f"{_MOMENT}{_FRACTION}$", re.MULTILINE)
_ZONED = re.compile(f"{_MOMENT}{_FRACTION}({_OFFSET}) (?:{_OFFSET}|({_REGION}))$", re.MULTILINE)


def _written(pattern: re.Pattern[str], write: Callable[[Any], str], what: str) -> Encoder:
    """An encoder of texts that the database wrote; each matches the pattern as a whole.

    A column is matched at once. write: what the pattern's groups say, as JSON.
    """

    def encode(texts: Sequence[str]) -> list[str]:
        lines = "\n".join(texts)
        found = pattern.findall(lines)
        # A line feed inside a text would make two values of it.
        if len(found) != len(texts) or lines.count("\n") != len(texts) - 1:
            raise MalformedValueError(f"a text that is no {what} as the database was to write it")
        return list(map(write, found))

    def encode_column(values: Sequence[str | None]) -> list[str]:
        return encode_present(encode, values)

    return encode_column


def _zoned_json(groups: tuple[str, str, str, str]) -> str:
    """A TIMESTAMP WITH TIME ZONE: its offset, and in brackets its region's name (RFC 9557)."""
    moment, fraction, offset, region = groups
    return f'"{moment}{fraction}{offset}[{region}]"' if region else f'"{moment}{fraction}{offset}"'


DATE_AS_TEXT = TextForm(f"TO_CHAR({{}}, {DATE_FORMAT})", _written(_DATE, '"%s"'.__mod__, "DATE"))
TIMESTAMP_AS_TEXT = TextForm(
    f"TO_CHAR({{}}, {TIMESTAMP_FORMAT})", _written(_TIMESTAMP, '"%s%s"'.__mod__, "TIMESTAMP")
)
ZONED_AS_TEXT = TextForm(
    f"TO_CHAR({{}}, {TIME_ZONE_FORMAT})",
    _written(_ZONED, _zoned_json, "TIMESTAMP WITH TIME ZONE"),
)
LOCAL_AS_TEXT = TextForm(
    f"TO_CHAR({{}} AT TIME ZONE '+00:00', {TIMESTAMP_FORMAT})",
    _written(_TIMESTAMP, '"%s%s+00:00"'.__mod__, "TIMESTAMP WITH LOCAL TIME ZONE"),
)


def interval_json(value: timedelta) -> str:
    """INTERVAL DAY TO SECOND in ISO 8601; what is zero is left out."""
    size = abs(value)
    hours, seconds = divmod(size.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f"{size.microseconds:06d}".rstrip("0")
    return _duration(value < timedelta(0), size.days, hours, minutes, seconds, fraction)


encode_interval = each(interval_json)


# `+01 02:03:04.500000000`, with a comma where NLS_NUMERIC_CHARACTERS says so: TO_CHAR takes no
# format for it.
_INTERVAL = re.compile(
    r"^ ?([+-]?)([0-9]{1,9}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{0,9}))?$", re.MULTILINE
)


def _written_interval_json(groups: tuple[str, ...]) -> str:
    sign, days, hours, minutes, seconds, fraction = groups
    return _duration(
        sign == "-", int(days), int(hours), int(minutes), int(seconds), fraction.rstrip("0")
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


INTERVAL_AS_TEXT = TextForm(
    "TO_CHAR({})", _written(_INTERVAL, _written_interval_json, "INTERVAL DAY TO SECOND")
)


def months_json(value: tuple[int, int]) -> str:
    """INTERVAL YEAR TO MONTH: the driver's (years, months), both of one sign."""
    years, months = value
    if not -12 < months < 12:
        raise MalformedValueError("an INTERVAL YEAR TO MONTH with more than 11 months")
    sign = "-" if years < 0 or months < 0 else ""
    text = (f"{abs(years)}Y" if years else "") + (f"{abs(months)}M" if months else "")
    return f'"{sign}P{text or "0M"}"'


encode_months = each(months_json)
_MONTHS = re.compile(r"^ ?([+-]?)([0-9]{1,9})-([0-9]{2})$", re.MULTILINE)


def _written_months_json(groups: tuple[str, str, str]) -> str:
    sign, years, months = groups
    one = -1 if sign == "-" else 1
    return months_json((one * int(years), one * int(months)))


MONTHS_AS_TEXT = TextForm(
    "TO_CHAR({})", _written(_MONTHS, _written_months_json, "INTERVAL YEAR TO MONTH")
)
