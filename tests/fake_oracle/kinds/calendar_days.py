"""The calendar of DATE and TIMESTAMP: day numbers, months, weekdays, zones.

Oracle counts in the Julian calendar up to 4 October 1582 and in the Gregorian one from the 15th;
the ten days between do not exist. Years before 1 are negative and there is no year 0.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .model import Moment, OraError

NANOSECONDS = 1_000_000_000
NANOSECONDS_PER_DAY = 86_400 * NANOSECONDS
_FIRST_GREGORIAN_DAY = 2_299_161
_LAST_YEAR = 9999
_FIRST_YEAR = -4712
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_OFFSET_TEXT = re.compile(r"([+-]?)(\d{1,2}):(\d{1,2})")


def day_number(year: int, month: int, day: int) -> int:
    """The Julian day number, which TO_CHAR's J prints."""
    astronomical = year if year > 0 else year + 1
    shift = (14 - month) // 12
    years = astronomical + 4800 - shift
    days = day + (153 * (month + 12 * shift - 3) + 2) // 5 + 365 * years + years // 4
    if (year, month, day) >= (1582, 10, 15):
        return days - years // 100 + years // 400 - 32045
    return days - 32083


def date_of_day(number: int) -> tuple[int, int, int]:
    """Year, month and day of a Julian day number; ORA-01841 outside Oracle's years."""
    if number >= _FIRST_GREGORIAN_DAY:
        shifted = number + 32044
        centuries = (4 * shifted + 3) // 146097
        days = shifted - 146097 * centuries // 4
    else:
        centuries, days = 0, number + 32082
    years = (4 * days + 3) // 1461
    days -= 1461 * years // 4
    months = (5 * days + 2) // 153
    day = days - (153 * months + 2) // 5 + 1
    astronomical = 100 * centuries + years - 4800 + months // 10
    year = astronomical if astronomical > 0 else astronomical - 1
    check_year(year)
    return year, months + 3 - 12 * (months // 10), day


def check_year(year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR or year == 0:
        raise OraError(1841, "(full) year must be between -4713 and +9999, and not be 0")


def days_in_month(year: int, month: int) -> int:
    if month != 2:
        return _MONTH_DAYS[month - 1]
    astronomical = year if year > 0 else year + 1
    leap = astronomical % 4 == 0 and (
        year <= 1582 or astronomical % 100 != 0 or astronomical % 400 == 0
    )
    return 29 if leap else 28


def add_months(moment: Moment, months: int) -> Moment:
    """ADD_MONTHS: the last day of a month stays a last day."""
    year, month = _month_after(moment, months)
    last = days_in_month(year, month)
    was_last = moment.day == days_in_month(moment.year, moment.month)
    return replace(moment, year=year, month=month, day=last if was_last else min(moment.day, last))


def add_interval_months(moment: Moment, months: int) -> Moment:
    """Adding an INTERVAL YEAR TO MONTH: ORA-01839 where the month lacks the day."""
    year, month = _month_after(moment, months)
    if moment.day > days_in_month(year, month):
        raise OraError(1839, "date not valid for month specified")
    return replace(moment, year=year, month=month)


def _month_after(moment: Moment, months: int) -> tuple[int, int]:
    astronomical = moment.year if moment.year > 0 else moment.year + 1
    count = astronomical * 12 + moment.month - 1 + months
    year = count // 12 if count // 12 > 0 else count // 12 - 1
    check_year(year)
    return year, count % 12 + 1


def to_nanoseconds(moment: Moment) -> int:
    """Nanoseconds of the wall clock since Julian day 0; the offset does not count."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    days = day_number(moment.year, moment.month, moment.day)
    return (days * 86_400 + seconds) * NANOSECONDS + moment.nanosecond


def from_nanoseconds(count: int) -> Moment:
    days, rest = divmod(count, NANOSECONDS_PER_DAY)
    seconds, nanosecond = divmod(rest, NANOSECONDS)
    year, month, day = date_of_day(days)
    return Moment(year, month, day, seconds // 3600, seconds // 60 % 60, seconds % 60, nanosecond)


def shift(moment: Moment, nanoseconds: int) -> Moment:
    """Move the wall clock; offset and region stay."""
    moved = from_nanoseconds(to_nanoseconds(moment) + nanoseconds)
    return replace(moved, offset_minutes=moment.offset_minutes, region=moment.region)


def to_utc(moment: Moment) -> Moment:
    """The same instant with offset 0 and no region."""
    offset = moment.offset_minutes or 0
    if offset:
        moment = shift(moment, -offset * 60 * NANOSECONDS)
    return replace(moment, offset_minutes=0, region=None)


def in_zone(utc: Moment, zone: str) -> Moment:
    """The instant of a UTC moment as the clocks of a zone (`+07:00` or a region) show it."""
    offset = parse_offset(zone)
    region = None
    if offset is None:
        region = region_name(zone)
        offset = _region_offset(region, utc, is_utc=True)
    moved = shift(replace(utc, offset_minutes=None), offset * 60 * NANOSECONDS)
    return replace(moved, offset_minutes=offset, region=region)


def at_wall_clock(moment: Moment, zone: str) -> Moment:
    """Put a zone on a wall clock: what FROM_TZ and a timestamp literal with a zone do."""
    offset = parse_offset(zone)
    region = None
    if offset is None:
        region = region_name(zone)
        offset = _region_offset(region, moment, is_utc=False)
    return replace(moment, offset_minutes=offset, region=region)


def parse_offset(zone: str) -> int | None:
    """Minutes of `+07:00`; None when the text is no offset."""
    found = _OFFSET_TEXT.fullmatch(zone.strip())
    if not found:
        return None
    hours, minutes = int(found[2]), int(found[3])
    if hours > 15:
        raise OraError(1874, "time zone hour must be between -15 and 15")
    if minutes > 59:
        raise OraError(1875, "time zone minute must be between -59 and 59")
    total = hours * 60 + minutes
    return -total if found[1] == "-" else total


def offset_text(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def region_name(zone: str) -> str:
    """The zone's own spelling; ORA-01882 when there is no such region."""
    return _zone(zone.strip())[0]


@lru_cache(maxsize=256)
def _zone(name: str) -> tuple[str, tzinfo]:
    if name.upper() in ("UTC", "GMT"):
        return name.upper(), timezone.utc
    for spelling in (name, _title(name), name.upper()):
        try:
            return spelling, ZoneInfo(spelling)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise OraError(1882, "timezone region not found")


def _title(name: str) -> str:
    return "/".join("_".join(w.capitalize() for w in p.split("_")) for p in name.split("/"))


def zone_abbreviation(moment: Moment) -> str:
    """TZD, such as `WIB` or `CEST`; empty where the moment has no region."""
    if moment.region is None:
        return ""
    _name, zone = _zone(moment.region)
    return zone.tzname(_as_datetime(moment)) or ""


def _region_offset(region: str, moment: Moment, *, is_utc: bool) -> int:
    _name, zone = _zone(region)
    when = _as_datetime(moment)
    if is_utc:
        when = when.replace(tzinfo=timezone.utc).astimezone(zone)
    offset = zone.utcoffset(when) or timedelta(0)
    return int(offset.total_seconds() // 60)


def _as_datetime(moment: Moment) -> datetime:
    # zoneinfo knows no year before 1 and none beyond 9999; the rules of the nearest year it
    # has stand in for those.
    year = min(max(moment.year, 2), _LAST_YEAR - 1)
    day = min(moment.day, days_in_month(year, moment.month), 28 if moment.month == 2 else 31)
    return datetime(year, moment.month, day, moment.hour, moment.minute, moment.second)


def now_utc() -> Moment:
    now = datetime.now(timezone.utc)
    return Moment(
        now.year, now.month, now.day, now.hour, now.minute, now.second, now.microsecond * 1000, 0
    )
