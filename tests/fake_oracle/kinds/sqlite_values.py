"""How a value of each Oracle kind lies in sqlite3, and back.

sqlite's own numbers are too small for NUMBER and it has no dates, so values are stored as keys that
sqlite compares, sorts, groups and indexes correctly by itself:

| kind                        | stored as                                                          |
| --------------------------- | ------------------------------------------------------------------ |
| NUMBER                      | text: sign, exponent, digits; `>5021234` is 12.34                  |
| BINARY_FLOAT, BINARY_DOUBLE | REAL; NaN is the text `NaN`, which sorts after every number        |
| character kinds, ROWID      | text, compared byte by byte                                        |
| RAW, BLOB                   | blob                                                               |
| DATE, TIMESTAMP, .. LOCAL   | text: era (B or C), `2026-01-28 10:38:36`, fraction without zeros  |
| TIMESTAMP WITH TIME ZONE    | the same in UTC, nine digits of fraction, `+07:00Asia/Jakarta`     |
| intervals                   | the NUMBER key of their nanoseconds or months                      |
| BOOLEAN                     | 0 or 1                                                             |
| JSON, VECTOR                | JSON text                                                          |
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from .calendar_days import NANOSECONDS, NANOSECONDS_PER_DAY, at_wall_clock, in_zone, to_utc
from .model import IntervalDS, IntervalYM, Kind, Moment, OraError, Value, Vector
from .oracle_numbers import round_to_number

Stored: TypeAlias = "str | bytes | int | float | None"

# Where the instant of a TIMESTAMP WITH TIME ZONE ends and its zone begins.
INSTANT_LENGTH = 30

_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_ZERO = "="
_NAN = "NaN"


def number_key(value: int | Decimal) -> str:
    """Order as text is order as numbers: sign, exponent, digits; all complemented below zero."""
    if isinstance(value, int) and -(10**38) < value < 10**38:
        digits = str(abs(value))
        point = len(digits)
        negative = value < 0
    else:
        rounded = round_to_number(Decimal(value))
        sign, parts, lowest = rounded.as_tuple()
        digits = "".join(map(str, parts))
        point = len(digits) + int(lowest)
        negative = bool(sign)
    digits = digits.rstrip("0")
    if not digits:
        return _ZERO
    if negative:
        return f"<{499 - point}{digits.translate(_COMPLEMENT)}~"
    return f">{500 + point}{digits}"


@lru_cache(maxsize=8192)
def decimal_of(key: str) -> Decimal:
    if key[0] == ">":
        digits = key[4:]
        return Decimal(f"{digits}E{int(key[1:4]) - 500 - len(digits)}")
    if key == _ZERO:
        return Decimal(0)
    digits = key[4:-1].translate(_COMPLEMENT)
    return Decimal(f"-{digits}E{499 - int(key[1:4]) - len(digits)}")


@lru_cache(maxsize=8192)
def number_of(key: str) -> int | Decimal:
    """An int where the value is whole and writes in forty digits, a plain Decimal elsewhere."""
    value = decimal_of(key)
    if value == value.to_integral_value() and value.adjusted() < 40:
        return int(value)
    return value


def int_of(key: str) -> int:
    """The whole part."""
    return int(decimal_of(key))


def double_key(value: float) -> float | str:
    if math.isnan(value):
        return _NAN
    return value + 0.0  # -0.0 is stored as 0.0, as Oracle does


def float_key(value: float) -> float | str:
    try:
        return double_key(struct.unpack(">f", struct.pack(">f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def double_of(stored: float | str) -> float:
    return math.nan if isinstance(stored, str) else float(stored)


def moment_key(moment: Moment) -> str:
    """The wall clock; ordered as text, and a DATE equals the TIMESTAMP of the same second."""
    year = f"C{moment.year:04d}" if moment.year > 0 else f"B{9999 + moment.year:04d}"
    text = (
        f"{year}-{moment.month:02d}-{moment.day:02d} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    )
    if moment.nanosecond:
        text += f".{moment.nanosecond:09d}".rstrip("0")
    return text


@lru_cache(maxsize=8192)
def moment_of(key: str) -> Moment:
    year = int(key[1:5])
    return Moment(
        year if key[0] == "C" else year - 9999,
        int(key[6:8]),
        int(key[9:11]),
        int(key[12:14]),
        int(key[15:17]),
        int(key[18:20]),
        int(key[21:].ljust(9, "0")) if len(key) > 20 else 0,
    )


def zoned_key(moment: Moment) -> str:
    """Sorts by instant; the zone behind it is only carried along."""
    offset = moment.offset_minutes or 0
    instant = instant_key(moment_key(to_utc(moment)))
    sign = "-" if offset < 0 else "+"
    return f"{instant}{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}{moment.region or ''}"


def instant_key(key: str) -> str:
    """A TIMESTAMP key with all nine digits, as the instant of a zoned one is written."""
    return (key if len(key) > 20 else key + ".").ljust(INSTANT_LENGTH, "0")


@lru_cache(maxsize=8192)
def zoned_of(key: str) -> Moment:
    zone = key[INSTANT_LENGTH:]
    shown = in_zone(moment_of(key[:INSTANT_LENGTH]), zone[:6])
    return replace(shown, region=zone[6:] or None)


def local_of(key: str) -> Moment:
    return replace(moment_of(key), offset_minutes=0)


def interval_ds_key(interval: IntervalDS) -> str:
    seconds = (interval.hours * 60 + interval.minutes) * 60 + interval.seconds
    return number_key(
        interval.days * NANOSECONDS_PER_DAY + seconds * NANOSECONDS + interval.nanoseconds
    )


def interval_ds_of(key: str) -> IntervalDS:
    total = int_of(key)
    sign = -1 if total < 0 else 1
    seconds, nanoseconds = divmod(abs(total), NANOSECONDS)
    return IntervalDS(
        sign * (seconds // 86_400),
        sign * (seconds // 3600 % 24),
        sign * (seconds // 60 % 60),
        sign * (seconds % 60),
        sign * nanoseconds,
    )


def interval_ym_key(interval: IntervalYM) -> str:
    return number_key(interval.years * 12 + interval.months)


def interval_ym_of(key: str) -> IntervalYM:
    total = int_of(key)
    sign = -1 if total < 0 else 1
    return IntervalYM(sign * (abs(total) // 12), sign * (abs(total) % 12))


def json_text(value: Value) -> str:
    """JSON text with every digit of its Decimals, which the json module would turn to floats."""
    if isinstance(value, dict):
        members = (f"{json.dumps(str(k))}:{json_text(v)}" for k, v in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def json_of(text: str) -> Value:
    """ORA-40441 when the text is no JSON."""
    try:
        value: Value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise OraError(40441, "JSON syntax error") from error
    return value


def vector_text(vector: Vector) -> str:
    return json.dumps([vector.format, vector.dimensions, vector.values, vector.indices])


def vector_of(text: str) -> Vector:
    element_format, dimensions, values, indices = json.loads(text)
    return Vector(
        element_format, tuple(values), dimensions, None if indices is None else tuple(indices)
    )


def _text(value: Value) -> str | None:
    return str(value) or None


def _raw(value: Value) -> bytes | None:
    assert isinstance(value, bytes | bytearray | memoryview)
    return bytes(value) or None


def _same(stored: Value) -> Value:
    return stored


def _zoned(value: Value) -> str:
    assert isinstance(value, Moment)
    return zoned_key(value if value.offset_minutes is not None else at_wall_clock(value, "+00:00"))


def _local(value: Value) -> str:
    assert isinstance(value, Moment)
    return moment_key(to_utc(value))


def _whole_seconds(value: Value) -> str:
    assert isinstance(value, Moment)
    return moment_key(replace(value, nanosecond=0))


_TEXT_KINDS = (
    Kind.VARCHAR,
    Kind.CHAR,
    Kind.NVARCHAR,
    Kind.NCHAR,
    Kind.LONG,
    Kind.CLOB,
    Kind.NCLOB,
    Kind.ROWID,
    Kind.UROWID,
    Kind.XMLTYPE,
)

_ENCODERS: dict[Kind, Callable[..., Stored]] = {
    **dict.fromkeys(_TEXT_KINDS, _text),
    **dict.fromkeys((Kind.RAW, Kind.LONG_RAW), _raw),
    # An empty LOB is not NULL.
    **dict.fromkeys((Kind.CLOB, Kind.NCLOB), str),
    Kind.BLOB: bytes,
    Kind.NUMBER: number_key,
    Kind.BINARY_FLOAT: float_key,
    Kind.BINARY_DOUBLE: double_key,
    Kind.DATE: _whole_seconds,
    Kind.TIMESTAMP: moment_key,
    Kind.TIMESTAMP_TZ: _zoned,
    Kind.TIMESTAMP_LTZ: _local,
    Kind.INTERVAL_DS: interval_ds_key,
    Kind.INTERVAL_YM: interval_ym_key,
    Kind.BOOLEAN: int,
    Kind.JSON: json_text,
    Kind.VECTOR: vector_text,
}

_DECODERS: dict[Kind, Callable[..., Value]] = {
    **dict.fromkeys(_TEXT_KINDS, _same),
    **dict.fromkeys((Kind.RAW, Kind.LONG_RAW, Kind.BLOB), _same),
    Kind.NUMBER: number_of,
    Kind.BINARY_FLOAT: double_of,
    Kind.BINARY_DOUBLE: double_of,
    Kind.DATE: moment_of,
    Kind.TIMESTAMP: moment_of,
    Kind.TIMESTAMP_TZ: zoned_of,
    Kind.TIMESTAMP_LTZ: local_of,
    Kind.INTERVAL_DS: interval_ds_of,
    Kind.INTERVAL_YM: interval_ym_of,
    Kind.BOOLEAN: bool,
    Kind.JSON: json_of,
    Kind.VECTOR: vector_of,
}


def encode(kind: Kind, value: Value) -> Stored:
    """The stored form of a Python value of that kind; '' is NULL."""
    if value is None:
        return None
    return _ENCODERS[kind](value)


def decoder(kind: Kind) -> Callable[..., Value] | None:
    """What turns a stored value that is not NULL back; None where it is the value itself."""
    decode = _DECODERS[kind]
    return None if decode is _same else decode
