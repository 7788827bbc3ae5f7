"""Oracle's conversions between text and everything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from decimal import Decimal

from ..format_models.date_formats import (
    DATE_FORMAT,
    TIMESTAMP_FORMAT,
    TIMESTAMP_TZ_FORMAT,
    format_moment,
)
from ..format_models.date_reading import read_moment
from ..format_models.number_formats import format_number, read_number
from ..kinds.expression_types import DATE, TIMESTAMP_9, TIMESTAMP_TZ_9
from ..kinds.model import IntervalDS, IntervalYM, Kind, Moment, OraError
from ..kinds.oracle_numbers import parse_number
from ..kinds.sqlite_values import Stored, json_of
from .functions import Want, define, internal

TEXT, NUMBER, INTEGER, MOMENT = Want.TEXT, Want.NUMBER, Want.INTEGER, Want.MOMENT
DAYS, MONTHS, STORED = Want.DAYS, Want.MONTHS, Want.STORED


@internal("ora_format_number", NUMBER, TEXT)
def to_char_number(value: Decimal, model: str) -> str:
    return format_number(value, model)


@internal("ora_format_date", MOMENT, TEXT)
def to_char_date(moment: Moment, model: str) -> str:
    return format_moment(moment, model, None)


@internal("ora_format_timestamp", MOMENT, TEXT, INTEGER)
def to_char_timestamp(moment: Moment, model: str, digits: int) -> str:
    return format_moment(moment, model, digits)


@internal("ora_date_text", MOMENT)
def date_text(moment: Moment) -> str:
    return format_moment(moment, DATE_FORMAT, None)


@internal("ora_days_text", DAYS, INTEGER, INTEGER)
def days_text(interval: IntervalDS, precision: int, digits: int) -> str:
    parts = (interval.days, interval.hours, interval.minutes, interval.seconds)
    sign = "-" if min(*parts, interval.nanoseconds) < 0 else "+"
    days, hours, minutes, seconds = map(abs, parts)
    fraction = f"{abs(interval.nanoseconds):09d}"[:digits]
    point = "." if fraction else ""
    return f"{sign}{days:0{precision}d} {hours:02d}:{minutes:02d}:{seconds:02d}{point}{fraction}"


@internal("ora_months_text", MONTHS, INTEGER)
def months_text(interval: IntervalYM, precision: int) -> str:
    sign = "-" if min(interval.years, interval.months) < 0 else "+"
    return f"{sign}{abs(interval.years):0{precision}d}-{abs(interval.months):02d}"


@define("TO_NUMBER", TEXT, optional=(TEXT,), gives=Kind.NUMBER)
def to_number(text: str, model: str | None = None) -> Decimal:
    return parse_number(text) if model is None else read_number(text, model)


@define("TO_DATE", TEXT, optional=(TEXT,), gives=Kind.DATE, type_rule=DATE)
@internal("ora_text_date", TEXT, gives=Kind.DATE)
def to_date(text: str, model: str = DATE_FORMAT) -> Moment:
    return _without_zone(read_moment(text, model))


@define("TO_TIMESTAMP", TEXT, optional=(TEXT,), gives=Kind.TIMESTAMP, type_rule=TIMESTAMP_9)
@internal("ora_text_timestamp", TEXT, gives=Kind.TIMESTAMP)
def to_timestamp(text: str, model: str = TIMESTAMP_FORMAT) -> Moment:
    return _without_zone(read_moment(text, model))


@define(
    "TO_TIMESTAMP_TZ", TEXT, optional=(TEXT,), gives=Kind.TIMESTAMP_TZ, type_rule=TIMESTAMP_TZ_9
)
@internal("ora_text_zoned", TEXT, gives=Kind.TIMESTAMP_TZ)
def to_timestamp_tz(text: str, model: str = TIMESTAMP_TZ_FORMAT) -> Moment:
    moment = read_moment(text, model)
    return moment if moment.offset_minutes is not None else replace(moment, offset_minutes=0)


def _without_zone(moment: Moment) -> Moment:
    return replace(moment, offset_minutes=None, region=None)


@internal("ora_boolean_text", STORED)
def boolean_text(value: int) -> str:
    return "TRUE" if value else "FALSE"


@internal("ora_text_boolean", TEXT)
def text_boolean(text: str) -> int:
    word = text.strip().lower()
    if word in ("true", "yes", "on", "1", "t", "y"):
        return 1
    if word in ("false", "no", "off", "0", "f", "n"):
        return 0
    raise OraError(61800, f"invalid boolean literal: {text}")


@internal("ora_number_boolean", NUMBER)
def number_boolean(value: Decimal) -> int:
    return int(value != 0)


@internal("ora_boolean_number", STORED, gives=Kind.NUMBER)
def boolean_number(value: int) -> int:
    return value


@internal("ora_text_json", TEXT)
def text_json(text: str) -> Stored:
    json_of(text)
    return text


@internal("ora_text_xml", TEXT)
def text_xml(text: str) -> Stored:
    try:
        ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise OraError(31011, "XML parsing failed") from error
    return text


_INTERVAL = re.compile(r"\s*([+-]?)(\d+) (\d+):(\d+):(\d+)(?:\.(\d{1,9}))?\s*")


@internal("ora_text_days", TEXT, gives=Kind.INTERVAL_DS)
def text_days(text: str) -> IntervalDS:
    found = _INTERVAL.fullmatch(text)
    if not found:
        raise OraError(1867, "the interval is invalid")
    sign = -1 if found[1] == "-" else 1
    days, hours, minutes, seconds = (sign * int(found[i]) for i in range(2, 6))
    fraction = sign * int((found[6] or "0").ljust(9, "0"))
    return IntervalDS(days, hours, minutes, seconds, fraction)


@internal("ora_text_months", TEXT, gives=Kind.INTERVAL_YM)
def text_months(text: str) -> IntervalYM:
    found = re.fullmatch(r"\s*([+-]?)(\d+)-(\d+)\s*", text)
    if not found:
        raise OraError(1867, "the interval is invalid")
    sign = -1 if found[1] == "-" else 1
    return IntervalYM(sign * int(found[2]), sign * int(found[3]))


_CONTEXT = {
    "CURRENT_SCHEMA": None,
    "CURRENT_USER": None,
    "SESSION_USER": None,
    "DB_NAME": "STANDIN",
    "SERVICE_NAME": "STANDIN",
    "INSTANCE_NAME": "standin",
    "SERVER_HOST": "localhost",
    "LANG": "US",
    "LANGUAGE": "AMERICAN_AMERICA.AL32UTF8",
    "NLS_DATE_FORMAT": DATE_FORMAT,
    "MODULE": "",
}


@internal("ora_context", TEXT, TEXT, TEXT)
def context(namespace: str, parameter: str, user: str) -> Stored:
    if namespace.upper() != "USERENV" or parameter.upper() not in _CONTEXT:
        raise OraError(2003, "invalid USERENV parameter")
    value = _CONTEXT[parameter.upper()]
    return (user if value is None else value) or None
