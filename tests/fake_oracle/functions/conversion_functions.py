"""Oracle's conversions between text and everything else."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from decimal import Decimal

from ..format_models.date_formats import format_moment
from ..format_models.date_reading import read_moment
from ..format_models.number_formats import format_number, read_number
from ..formats.oson import decode_oson
from ..formats.primitives import ProtocolError
from ..kinds.collation import sort_key
from ..kinds.expression_types import DATE, TIMESTAMP_9, TIMESTAMP_TZ_9
from ..kinds.model import ColumnType, IntervalDS, IntervalYM, Kind, Moment, OraError
from ..kinds.nls import Nls
from ..kinds.sqlite_values import Stored, json_of
from .functions import Want, define, internal
from .number_functions import number_in

TEXT, NUMBER, INTEGER, MOMENT = Want.TEXT, Want.NUMBER, Want.INTEGER, Want.MOMENT
DAYS, MONTHS, STORED = Want.DAYS, Want.MONTHS, Want.STORED


@internal("ora_format_number", NUMBER, TEXT, optional=(TEXT,), of_session=True)
def to_char_number(nls: Nls, value: Decimal, model: str, parameters: str = "") -> str:
    return format_number(value, model, _for_this_call(nls, parameters))


@internal("ora_format_date", MOMENT, TEXT, optional=(TEXT,), of_session=True)
def to_char_date(nls: Nls, moment: Moment, model: str, parameters: str = "") -> str:
    return format_moment(moment, model, None, _for_this_call(nls, parameters))


@internal("ora_format_timestamp", MOMENT, TEXT, INTEGER, optional=(TEXT,), of_session=True)
def to_char_timestamp(
    nls: Nls, moment: Moment, model: str, digits: int, parameters: str = ""
) -> str:
    return format_moment(moment, model, digits, _for_this_call(nls, parameters))


def _for_this_call(nls: Nls, parameters: str) -> Nls:
    return nls.with_parameters(parameters) if parameters else nls


@internal("ora_date_text", MOMENT, of_session=True)
def date_text(nls: Nls, moment: Moment) -> str:
    return format_moment(moment, nls.date_format, None, nls)


@internal("ora_timestamp_text", MOMENT, INTEGER, of_session=True)
def timestamp_text(nls: Nls, moment: Moment, digits: int) -> str:
    return format_moment(moment, nls.timestamp_format, digits, nls)


@internal("ora_zoned_text", MOMENT, INTEGER, of_session=True)
def zoned_text(nls: Nls, moment: Moment, digits: int) -> str:
    return format_moment(moment, nls.timestamp_tz_format, digits, nls)


@internal("ora_days_text", DAYS, INTEGER, INTEGER, of_session=True)
def days_text(nls: Nls, interval: IntervalDS, precision: int, digits: int) -> str:
    """That its mark is the session's is assumed; the tests on a real database ask."""
    parts = (interval.days, interval.hours, interval.minutes, interval.seconds)
    sign = "-" if min(*parts, interval.nanoseconds) < 0 else "+"
    days, hours, minutes, seconds = map(abs, parts)
    fraction = f"{abs(interval.nanoseconds):09d}"[:digits]
    mark = nls.decimal_mark if fraction else ""
    return f"{sign}{days:0{precision}d} {hours:02d}:{minutes:02d}:{seconds:02d}{mark}{fraction}"


@internal("ora_months_text", MONTHS, INTEGER)
def months_text(interval: IntervalYM, precision: int) -> str:
    sign = "-" if min(interval.years, interval.months) < 0 else "+"
    return f"{sign}{abs(interval.years):0{precision}d}-{abs(interval.months):02d}"


@define("TO_NUMBER", TEXT, optional=(TEXT, TEXT), gives=Kind.NUMBER, of_session=True)
def to_number(nls: Nls, text: str, model: str | None = None, parameters: str = "") -> Decimal:
    if model is None:
        return number_in(text, nls)
    return read_number(text, model, _for_this_call(nls, parameters))


@define("TO_DATE", TEXT, optional=(TEXT, TEXT), gives=Kind.DATE, type_rule=DATE, of_session=True)
@internal("ora_text_date", TEXT, gives=Kind.DATE, of_session=True)
def to_date(nls: Nls, text: str, model: str | None = None, parameters: str = "") -> Moment:
    nls = _for_this_call(nls, parameters)
    return _without_zone(read_moment(text, nls.date_format if model is None else model, nls))


@define(
    "TO_TIMESTAMP",
    TEXT,
    optional=(TEXT, TEXT),
    gives=Kind.TIMESTAMP,
    type_rule=TIMESTAMP_9,
    of_session=True,
)
@internal("ora_text_timestamp", TEXT, gives=Kind.TIMESTAMP, of_session=True)
def to_timestamp(nls: Nls, text: str, model: str | None = None, parameters: str = "") -> Moment:
    nls = _for_this_call(nls, parameters)
    return _without_zone(read_moment(text, nls.timestamp_format if model is None else model, nls))


@define(
    "TO_TIMESTAMP_TZ",
    TEXT,
    optional=(TEXT, TEXT),
    gives=Kind.TIMESTAMP_TZ,
    type_rule=TIMESTAMP_TZ_9,
    of_session=True,
)
@internal("ora_text_zoned", TEXT, gives=Kind.TIMESTAMP_TZ, of_session=True)
def to_timestamp_tz(nls: Nls, text: str, model: str | None = None, parameters: str = "") -> Moment:
    nls = _for_this_call(nls, parameters)
    moment = read_moment(text, nls.timestamp_tz_format if model is None else model, nls)
    return moment if moment.offset_minutes is not None else replace(moment, offset_minutes=0)


@define("NLSSORT", TEXT, optional=(TEXT,), type_rule=ColumnType(Kind.RAW, size=2000),
        of_session=True)  # fmt: skip
def nlssort(nls: Nls, text: str, parameters: str = "") -> bytes:
    return sort_key(text, _for_this_call(nls, parameters).sort)


@internal("ora_sort_key", TEXT, TEXT)
def key_of(text: str, sort: str) -> bytes:
    return sort_key(text, sort)


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


@internal("ora_is_json", STORED)
def is_json(value: str | bytes) -> int:
    """IS JSON of a text, or of the bytes of one. What only LAX takes is none here."""
    try:
        json_of(value if isinstance(value, str) else value.decode())
    except (OraError, UnicodeDecodeError):
        return 0
    return 1


@internal("ora_is_oson", STORED)
def is_oson(value: str | bytes) -> int:
    try:
        decode_oson(value if isinstance(value, bytes) else value.encode())
    except (ProtocolError, ValueError, IndexError, struct.error):
        return 0
    return 1


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
    "MODULE": "",
}
_SETTINGS = ("NLS_SORT", "NLS_DATE_FORMAT", "NLS_DATE_LANGUAGE", "NLS_TERRITORY", "NLS_CALENDAR")


@internal("ora_context", TEXT, TEXT, TEXT, of_session=True)
def context(nls: Nls, namespace: str, parameter: str, user: str) -> Stored:
    name = parameter.upper()
    if namespace.upper() != "USERENV":
        raise OraError(2003, "invalid USERENV parameter")
    if name == "LANGUAGE":
        return f"{nls.language}_AMERICA.AL32UTF8"
    if name in _SETTINGS:
        return dict(nls.parameters())[name]
    if name not in _CONTEXT:
        raise OraError(2003, "invalid USERENV parameter")
    value = _CONTEXT[name]
    return (user if value is None else value) or None
