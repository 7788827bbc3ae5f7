"""Oracle's functions and operators over DATE, TIMESTAMP and the intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from ..kinds.calendar_days import (
    NANOSECONDS,
    NANOSECONDS_PER_DAY,
    add_interval_months,
    add_months,
    at_wall_clock,
    date_of_day,
    day_number,
    days_in_month,
    in_zone,
    shift,
    to_nanoseconds,
    to_utc,
)
from ..kinds.expression_types import DATE, DATETIME_KINDS, TEXT_KINDS, TIMESTAMP_TZ_9, Typed
from ..kinds.model import ColumnType, Kind, Moment, OraError
from ..kinds.oracle_numbers import EXACT, round_to_number
from ..kinds.sqlite_values import Stored, moment_key, zoned_key
from .functions import Want, any_moment_of, define, internal

MOMENT, NUMBER, INTEGER, TEXT = Want.MOMENT, Want.NUMBER, Want.INTEGER, Want.TEXT
STORED = Want.STORED
_DAYS_AND_TEXT = DATETIME_KINDS | TEXT_KINDS


def any_moment_key(moment: Moment) -> str:
    return moment_key(moment) if moment.offset_minutes is None else zoned_key(moment)


@internal("ora_date_plus_days", MOMENT, NUMBER, gives=Kind.DATE)
def date_plus_days(moment: Moment, days: Decimal) -> Moment:
    """A TIMESTAMP plus a number is a DATE."""
    seconds = int(EXACT.multiply(days, Decimal(86_400)).to_integral_value(ROUND_HALF_UP))
    plain = replace(moment, offset_minutes=None, region=None, nanosecond=0)
    return shift(plain, seconds * NANOSECONDS)


@internal("ora_days_between", MOMENT, MOMENT, gives=Kind.NUMBER)
def days_between(left: Moment, right: Moment) -> Decimal:
    nanoseconds = Decimal(to_nanoseconds(left) - to_nanoseconds(right))
    return round_to_number(EXACT.divide(nanoseconds, Decimal(NANOSECONDS_PER_DAY)))


@internal("ora_interval_between", MOMENT, MOMENT, gives=Kind.NUMBER)
def interval_between(left: Moment, right: Moment) -> int:
    """In nanoseconds, which is how an INTERVAL DAY TO SECOND is stored."""
    return to_nanoseconds(to_utc(left)) - to_nanoseconds(to_utc(right))


@internal("ora_plus_nanoseconds", STORED, NUMBER)
def plus_nanoseconds(key: str, interval: Decimal) -> str:
    moment = any_moment_of(key)
    if moment.region is None:
        return any_moment_key(shift(moment, int(interval)))
    # A region's offset may change on the way: count in UTC and look the offset up again.
    utc = shift(to_utc(moment), int(interval))
    return zoned_key(in_zone(utc, moment.region))


@internal("ora_plus_months", STORED, NUMBER)
def plus_months(key: str, months: Decimal) -> str:
    moment = add_interval_months(any_moment_of(key), int(months))
    if moment.region is not None:
        moment = at_wall_clock(moment, moment.region)
    return any_moment_key(moment)


@define("ADD_MONTHS", MOMENT, INTEGER, gives=Kind.DATE, type_rule=DATE)
def add_months_(moment: Moment, months: int) -> Moment:
    return add_months(replace(moment, offset_minutes=None, region=None), months)


@define("LAST_DAY", MOMENT, gives=Kind.DATE, type_rule=DATE)
def last_day(moment: Moment) -> Moment:
    return replace(moment, day=days_in_month(moment.year, moment.month))


@define("MONTHS_BETWEEN", MOMENT, MOMENT, gives=Kind.NUMBER)
def months_between(left: Moment, right: Moment) -> Decimal:
    months = (left.year - right.year) * 12 + left.month - right.month
    both_last = all(m.day == days_in_month(m.year, m.month) for m in (left, right))
    if left.day == right.day or both_last:
        return Decimal(months)
    seconds = (left.day - right.day) * 86_400 + _seconds(left) - _seconds(right)
    part = EXACT.divide(Decimal(seconds), Decimal(31 * 86_400))
    return round_to_number(EXACT.add(Decimal(months), part))


def _seconds(moment: Moment) -> int:
    return (moment.hour * 60 + moment.minute) * 60 + moment.second


_TRUNCATIONS = {
    **dict.fromkeys(("CC", "SCC"), "century"),
    **dict.fromkeys(("SYYYY", "YYYY", "YEAR", "SYEAR", "YYY", "YY", "Y"), "year"),
    **dict.fromkeys(("Q",), "quarter"),
    **dict.fromkeys(("MONTH", "MON", "MM", "RM"), "month"),
    **dict.fromkeys(("IW",), "iso week"),
    **dict.fromkeys(("DAY", "DY", "D"), "week"),
    **dict.fromkeys(("DDD", "DD", "J"), "day"),
    **dict.fromkeys(("HH", "HH12", "HH24"), "hour"),
    **dict.fromkeys(("MI",), "minute"),
}


@define(
    "TRUNC", MOMENT, optional=(TEXT,), gives=Kind.DATE, type_rule=DATE, first_kinds=DATETIME_KINDS
)
def trunc_date(moment: Moment, unit: str = "DD") -> Moment:
    what = _TRUNCATIONS.get(unit.upper())
    if what is None:
        raise OraError(1898, "too many precision specifiers")
    day = Moment(moment.year, moment.month, moment.day)
    if what in ("week", "iso week"):
        number = day_number(day.year, day.month, day.day)
        back = number % 7 if what == "iso week" else (number + 1) % 7
        return Moment(*date_of_day(number - back))
    if what == "century":
        return Moment((moment.year - 1) // 100 * 100 + 1, 1, 1)
    truncated: dict[str, Moment] = {
        "year": replace(day, month=1, day=1),
        "quarter": replace(day, month=(day.month - 1) // 3 * 3 + 1, day=1),
        "month": replace(day, day=1),
        "day": day,
        "hour": replace(day, hour=moment.hour),
        "minute": replace(day, hour=moment.hour, minute=moment.minute),
    }
    return truncated[what]


@define(
    "ROUND", MOMENT, optional=(TEXT,), gives=Kind.DATE, type_rule=DATE, first_kinds=DATETIME_KINDS
)
def round_date(moment: Moment, unit: str = "DD") -> Moment:
    half = {"DD": 43_200, "HH24": 1_800, "HH": 1_800, "MI": 30}.get(unit.upper())
    if half is None:
        raise OraError(3001, f"unimplemented feature: the stand-in does not know ROUND to {unit}")
    return trunc_date(shift(moment, half * NANOSECONDS), unit)


@define("SYS_EXTRACT_UTC", STORED, type_rule=ColumnType(Kind.TIMESTAMP, scale=9, size=11))
def sys_extract_utc(key: str) -> str:
    return moment_key(to_utc(any_moment_of(key)))


@define("FROM_TZ", MOMENT, TEXT, gives=Kind.TIMESTAMP_TZ, type_rule=TIMESTAMP_TZ_9)
def from_tz(moment: Moment, zone: str) -> Moment:
    return at_wall_clock(moment, zone)


@internal("ora_at_zone", STORED, TEXT)
def at_zone(key: str, zone: str) -> str:
    return zoned_key(in_zone(to_utc(any_moment_of(key)), zone))


_UNIT_NANOSECONDS = {
    "DAY": NANOSECONDS_PER_DAY,
    "HOUR": 3_600 * NANOSECONDS,
    "MINUTE": 60 * NANOSECONDS,
    "SECOND": NANOSECONDS,
}


def _days_to_second(arguments: Sequence[Typed]) -> ColumnType:
    return ColumnType(Kind.INTERVAL_DS, 9, 9, 11)


def _year_to_month(arguments: Sequence[Typed]) -> ColumnType:
    return ColumnType(Kind.INTERVAL_YM, 9, 0, 5)


@define("NUMTODSINTERVAL", NUMBER, TEXT, gives=Kind.NUMBER, type_rule=_days_to_second)
def numtodsinterval(value: Decimal, unit: str) -> Decimal:
    if unit.upper() not in _UNIT_NANOSECONDS:
        raise OraError(1760, "illegal argument for function")
    product = EXACT.multiply(value, Decimal(_UNIT_NANOSECONDS[unit.upper()]))
    return product.to_integral_value(ROUND_HALF_UP)


@define("NUMTOYMINTERVAL", NUMBER, TEXT, gives=Kind.NUMBER, type_rule=_year_to_month)
def numtoyminterval(value: Decimal, unit: str) -> Decimal:
    if unit.upper() not in ("YEAR", "MONTH"):
        raise OraError(1760, "illegal argument for function")
    months = EXACT.multiply(value, Decimal(12)) if unit.upper() == "YEAR" else value
    return months.to_integral_value(ROUND_HALF_UP)


@internal("ora_round_interval", NUMBER, gives=Kind.NUMBER)
def round_interval(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_HALF_UP)


@internal("ora_fit_fraction", STORED, INTEGER)
def fit_fraction(key: str, digits: int) -> str:
    """Round to the fractional digits a TIMESTAMP(n) keeps."""
    moment = any_moment_of(key)
    unit = 10 ** (9 - digits)
    rounded = (moment.nanosecond + unit // 2) // unit * unit
    if rounded == moment.nanosecond:
        return key
    return any_moment_key(shift(replace(moment, nanosecond=0), rounded))


@internal("ora_fit_days", NUMBER, INTEGER, INTEGER, gives=Kind.NUMBER)
def fit_days(value: Decimal, precision: int, digits: int) -> int:
    unit = int(10 ** (9 - digits))
    rounded = (abs(int(value)) + unit // 2) // unit * unit
    _check_leading(rounded // NANOSECONDS_PER_DAY, precision)
    return -rounded if value < 0 else rounded


@internal("ora_fit_months", NUMBER, INTEGER, gives=Kind.NUMBER)
def fit_months(value: Decimal, precision: int) -> Decimal:
    _check_leading(abs(int(value)) // 12, precision)
    return value


def _check_leading(value: int, precision: int) -> None:
    if value >= 10**precision:
        raise OraError(1873, "the leading precision of the interval is too small")


@internal("ora_extract_moment", MOMENT, TEXT, gives=Kind.NUMBER)
def extract_moment(moment: Moment, field: str) -> Decimal:
    if field == "SECOND":
        return Decimal(moment.second) + Decimal(moment.nanosecond).scaleb(-9)
    offset = moment.offset_minutes or 0
    hours = abs(offset) // 60 * (-1 if offset < 0 else 1)
    fields = {
        "YEAR": moment.year,
        "MONTH": moment.month,
        "DAY": moment.day,
        "HOUR": moment.hour,
        "MINUTE": moment.minute,
        "TIMEZONE_HOUR": hours,
        "TIMEZONE_MINUTE": offset - hours * 60,
    }
    return Decimal(fields[field])


@internal("ora_extract_days", NUMBER, TEXT, gives=Kind.NUMBER)
def extract_days(nanoseconds: Decimal, field: str) -> Decimal:
    total = abs(int(nanoseconds))
    sign = -1 if nanoseconds < 0 else 1
    if field == "SECOND":
        return sign * Decimal(total % (60 * NANOSECONDS)).scaleb(-9)
    parts = {
        "DAY": total // NANOSECONDS_PER_DAY,
        "HOUR": total // (3600 * NANOSECONDS) % 24,
        "MINUTE": total // (60 * NANOSECONDS) % 60,
    }
    return Decimal(sign * parts[field])


@internal("ora_extract_months", NUMBER, TEXT, gives=Kind.NUMBER)
def extract_months(months: Decimal, field: str) -> int:
    total, sign = abs(int(months)), -1 if months < 0 else 1
    return sign * (total // 12 if field == "YEAR" else total % 12)


@internal("ora_timestamp_zoned", STORED)
def timestamp_zoned(key: str) -> Stored:
    """The session's zone is UTC."""
    return zoned_key(replace(any_moment_of(key), offset_minutes=0))


@internal("ora_zoned_timestamp", STORED)
def zoned_timestamp(key: str) -> Stored:
    return moment_key(any_moment_of(key))


@internal("ora_zoned_local", STORED)
def zoned_local(key: str) -> Stored:
    return moment_key(to_utc(any_moment_of(key)))
