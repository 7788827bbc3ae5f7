"""Oracle's own value formats: NUMBER, DATE, TIMESTAMP, intervals, floats, rowids. No I/O.

Layouts: impl/base/decoders.pyx and impl/base/encoders.pyx, function of the same name; rowids:
impl/thin/utils.pyx (_encode_rowid) and impl/thin/packet.pyx (read_urowid).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from .calendar_days import in_zone
from .model import IntervalDS, IntervalYM, Moment, OraError
from .region_ids import region_id, region_of

# A mantissa holds 20 bytes of two digits each; the first digit may be a leading zero.
_MOST_MANTISSA_BYTES: Final = 20
_BCD: Final = {high << 4 | low: high * 10 + low for high in range(10) for low in range(10)}
_PLUS: Final = bytes(_BCD[i] + 1 if i in _BCD else 0 for i in range(256))
_MINUS: Final = bytes(101 - _BCD[i] if i in _BCD else 0 for i in range(256))

_INTERVAL_MIDDLE: Final = 0x80000000
_INTERVAL_OFFSET: Final = 60
_ZONE_HOUR_OFFSET: Final = 20
_ZONE_MINUTE_OFFSET: Final = 60
_ZONE_IS_REGION: Final = 0x80

_ROWID_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ROWID_DIGIT: Final = {letter: value for value, letter in enumerate(_ROWID_ALPHABET)}


def encode_number(value: int | Decimal) -> bytes:
    """decode_number: exponent byte, then base-100 digits; negatives inverted and closed by 102."""
    if isinstance(value, int):
        negative, digits, exponent = value < 0, str(abs(value)), 0
    else:
        sign, digit_tuple, decimal_exponent = value.as_tuple()
        if not isinstance(decimal_exponent, int):
            raise ValueError(f"NUMBER cannot hold {value}")
        negative, exponent = bool(sign), decimal_exponent
        digits = "".join(map(str, digit_tuple)).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return b"\x80"
    point = len(digits) + exponent
    if point == 127 and significant == "1":
        # 10**126 is written like infinity, -10**126 as the exponent byte alone.
        return b"\x00" if negative else b"\xff\x65"
    if point & 1:
        significant, point = "0" + significant, point + 1
    if len(significant) & 1:
        significant += "0"
    if len(significant) > 2 * _MOST_MANTISSA_BYTES or not -128 <= point <= 126:
        raise ValueError(f"NUMBER cannot hold {value}")
    mantissa = bytes.fromhex(significant)
    head = 192 + point // 2
    if not negative:
        return bytes((head,)) + mantissa.translate(_PLUS)
    closing = b"\x66" if len(mantissa) < _MOST_MANTISSA_BYTES else b""
    return bytes((~head & 0xFF,)) + mantissa.translate(_MINUS) + closing


def decode_number(data: bytes) -> int | Decimal:
    """encode_number of the driver; whole numbers come back as int."""
    positive = bool(data[0] & 0x80)
    if len(data) == 1:
        return 0 if positive else -(10**126)
    head = data[0] if positive else ~data[0] & 0xFF
    body = data[1:]
    if not positive and body[-1] == 102:
        body = body[:-1]
    if len(body) > _MOST_MANTISSA_BYTES:
        raise OraError(600, f"a NUMBER of {len(body)} base-100 digits was bound")
    digits = "".join(f"{byte - 1 if positive else 101 - byte:02d}" for byte in body)
    # Pairs of digits may end in a zero that says nothing.
    significant = digits.rstrip("0")
    exponent = (head - 192) * 2 - len(significant)
    number = Decimal(f"{'' if positive else '-'}{significant}E{exponent}")
    return int(number) if exponent >= 0 else number


def encode_date(moment: Moment) -> bytes:
    """decode_date: century and year, both around 100, so that years before 1 fit."""
    century = int(moment.year / 100)
    return bytes(
        (
            100 + century,
            100 + moment.year - century * 100,
            moment.month,
            moment.day,
            moment.hour + 1,
            moment.minute + 1,
            moment.second + 1,
        )
    )


def encode_timestamp(moment: Moment) -> bytes:
    """decode_date; a zero fraction is left out (write_oracle_date says why)."""
    if not moment.nanosecond:
        return encode_date(moment)
    return encode_date(moment) + moment.nanosecond.to_bytes(4, "big")


def encode_timestamp_tz(moment: Moment) -> bytes:
    """decode_date: the fields in UTC, then two bytes of offset, or a region with the high bit.

    How a region's number lies in the two: TIMESTAMPTZ of Oracle's JDBC driver.
    """
    offset = moment.offset_minutes or 0
    body = encode_date(_shifted(moment, -offset)) + moment.nanosecond.to_bytes(4, "big")
    if moment.region is not None:
        region = region_id(moment.region)
        return body + bytes((_ZONE_IS_REGION | region >> 6, (region & 0x3F) << 2))
    # Both fields carry the sign of the offset: -03:30 is 17 and 30.
    hours, minutes = divmod(abs(offset), 60)
    sign = -1 if offset < 0 else 1
    return body + bytes((_ZONE_HOUR_OFFSET + sign * hours, _ZONE_MINUTE_OFFSET + sign * minutes))


def decode_moment(data: bytes) -> Moment:
    """encode_date, encode_timestamp and encode_timestamp_tz of the driver."""
    moment = Moment(
        (data[0] - 100) * 100 + data[1] - 100,
        data[2],
        data[3],
        data[4] - 1,
        data[5] - 1,
        data[6] - 1,
        int.from_bytes(data[7:11], "big"),
    )
    if len(data) < 13:
        return moment
    if data[11] & _ZONE_IS_REGION:
        number = (data[11] & 0x7F) << 6 | data[12] >> 2
        return in_zone(moment, region_of(number))
    offset = (data[11] - _ZONE_HOUR_OFFSET) * 60 + data[12] - _ZONE_MINUTE_OFFSET
    return _shifted(moment, offset, offset)


def _shifted(moment: Moment, minutes: int, offset: int | None = None) -> Moment:
    """The moment on a wall clock that runs `minutes` ahead; less than a day either way."""
    clock = moment.hour * 60 + moment.minute + minutes
    year, month, day = moment.year, moment.month, moment.day
    if clock < 0:
        year, month, day = _day_before(year, month, day)
    elif clock >= 24 * 60:
        year, month, day = _day_after(year, month, day)
    hour, minute = divmod(clock % (24 * 60), 60)
    return Moment(year, month, day, hour, minute, moment.second, moment.nanosecond, offset)


def _days_in(year: int, month: int) -> int:
    if month == 2:
        # Year -1 is followed by year 1: the astronomical year is one more.
        counted = year + 1 if year < 0 else year
        leap = counted % 4 == 0 and (counted % 100 != 0 or counted % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _day_before(year: int, month: int, day: int) -> tuple[int, int, int]:
    if day > 1:
        return year, month, day - 1
    if month > 1:
        return year, month - 1, _days_in(year, month - 1)
    return (-1 if year == 1 else year - 1), 12, 31


def _day_after(year: int, month: int, day: int) -> tuple[int, int, int]:
    if day < _days_in(year, month):
        return year, month, day + 1
    if month < 12:
        return year, month + 1, 1
    return (1 if year == -1 else year + 1), 1, 1


def encode_interval_ds(value: IntervalDS) -> bytes:
    return (
        (value.days + _INTERVAL_MIDDLE).to_bytes(4, "big")
        + bytes(part + _INTERVAL_OFFSET for part in (value.hours, value.minutes, value.seconds))
        + (value.nanoseconds + _INTERVAL_MIDDLE).to_bytes(4, "big")
    )


def decode_interval_ds(data: bytes) -> IntervalDS:
    """The driver sends a negative timedelta with fields of both signs; here all get the same."""
    days = int.from_bytes(data[:4], "big") - _INTERVAL_MIDDLE
    hours, minutes, seconds = (part - _INTERVAL_OFFSET for part in data[4:7])
    nanoseconds = int.from_bytes(data[7:11], "big") - _INTERVAL_MIDDLE
    total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10**9 + nanoseconds
    sign = -1 if total < 0 else 1
    rest, nanoseconds = divmod(abs(total), 10**9)
    rest, seconds = divmod(rest, 60)
    rest, minutes = divmod(rest, 60)
    days, hours = divmod(rest, 24)
    fields = (days, hours, minutes, seconds, nanoseconds)
    return IntervalDS(*(sign * field for field in fields))


def encode_interval_ym(value: IntervalYM) -> bytes:
    years = (value.years + _INTERVAL_MIDDLE).to_bytes(4, "big")
    return years + bytes((value.months + _INTERVAL_OFFSET,))


def decode_interval_ym(data: bytes) -> IntervalYM:
    years = int.from_bytes(data[:4], "big") - _INTERVAL_MIDDLE
    return IntervalYM(years, data[4] - _INTERVAL_OFFSET)


def _floats(form: str) -> tuple[Callable[[float], bytes], Callable[[bytes], float]]:
    """decode_binary_float, decode_binary_double: IEEE bits turned so that bytes sort as numbers."""
    packing = struct.Struct(form)

    def encode(value: float) -> bytes:
        bits = packing.pack(value)
        if bits[0] & 0x80:
            return bytes(~byte & 0xFF for byte in bits)
        return bytes((bits[0] | 0x80,)) + bits[1:]

    def decode(data: bytes) -> float:
        if data[0] & 0x80:
            bits = bytes((data[0] & 0x7F,)) + data[1:]
        else:
            bits = bytes(~byte & 0xFF for byte in data)
        (value,) = packing.unpack(bits)
        return float(value)

    return encode, decode


encode_binary_float, decode_binary_float = _floats(">f")
encode_binary_double, decode_binary_double = _floats(">d")


def encode_boolean(value: bool) -> bytes:
    """read_oracle_data: one byte for false, two for true."""
    return b"\x01\x01" if value else b"\x00"


def decode_boolean(data: bytes) -> bool:
    return data[0] == 1


def rowid_parts(rowid: str) -> tuple[int, int, int, int]:
    """_encode_rowid: object, file, block and row number of an 18 letter rowid."""
    if len(rowid) != 18 or not set(rowid) <= _ROWID_DIGIT.keys():
        raise ValueError(f"{rowid!r} is no rowid of 18 letters")
    parts = []
    for start, end in ((0, 6), (6, 9), (9, 15), (15, 18)):
        number = 0
        for letter in rowid[start:end]:
            number = number << 6 | _ROWID_DIGIT[letter]
        parts.append(number)
    return parts[0], parts[1], parts[2], parts[3]


def encode_urowid(urowid: str) -> bytes:
    """read_urowid: 13 bytes after a 1 for a physical one, base 64 after '*' for a logical one."""
    if urowid.startswith("*"):
        return b"\x02" + _decode_base64(urowid[1:])
    data_object, file, block, row = rowid_parts(urowid)
    return struct.pack(">BIHIH", 1, data_object, file, block, row)


def _decode_base64(letters: str) -> bytes:
    bits = "".join(f"{_ROWID_DIGIT[letter]:06b}" for letter in letters)
    whole = len(bits) // 8 * 8
    return int(bits[:whole] or "0", 2).to_bytes(whole // 8, "big")
