"""Reading a text by a datetime format model: TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_TZ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..kinds.calendar_days import (
    at_wall_clock,
    check_year,
    date_of_day,
    days_in_month,
    now_utc,
)
from ..kinds.model import Moment, OraError
from ..kinds.nls import AMERICAN, Nls
from .date_formats import Element, parse_format

# Widest input of each numeric element, its limits, and the error outside them.
_FIELDS = {
    "MM": (2, "month", 1, 12, 1843, "not a valid month"),
    "DD": (2, "day", 1, 31, 1847, "day of month must be between 1 and last day of month"),
    "HH24": (2, "hour", 0, 23, 1850, "hour must be between 0 and 23"),
    "HH12": (2, "hour", 1, 12, 1849, "hour must be between 1 and 12"),
    "HH": (2, "hour", 1, 12, 1849, "hour must be between 1 and 12"),
    "MI": (2, "minute", 0, 59, 1851, "minutes must be between 0 and 59"),
    "SS": (2, "second", 0, 59, 1852, "seconds must be between 0 and 59"),
    "DDD": (3, "day_of_year", 1, 366, 1848, "day of year must be between 1 and 365 (366)"),
    "SSSSS": (5, "second_of_day", 0, 86399, 1853, "seconds in day must be between 0 and 86399"),
    "J": (7, "julian", 1, 5373484, 1854, "julian date must be between 1 and 5373484"),
}
_YEAR_DIGITS = {"SYYYY": 4, "YYYY": 4, "RRRR": 4, "YYY": 3, "YY": 2, "RR": 2, "Y": 1}
_REGION = re.compile(r"[A-Za-z][\w/+\-]*")


@dataclass
class _Reader:
    """The text, how far it is read, and the fields found so far."""

    text: str
    nls: Nls
    at: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    afternoon: bool | None = None
    before_christ: bool = False
    zone: str | None = None

    def rest(self) -> str:
        return self.text[self.at :]

    def skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def digits(self, most: int) -> str:
        found = re.match(rf"\d{{1,{most}}}", self.rest())
        if not found:
            if not self.rest():
                raise OraError(1840, "input value not long enough for date format")
            raise OraError(1858, "a non-numeric character was found where a numeric was expected")
        self.at += found.end()
        return found[0]

    def word(self, pattern: str) -> str | None:
        found = re.match(pattern, self.rest(), re.IGNORECASE)
        if found:
            self.at += found.end()
        return found[0].upper() if found else None


def read_moment(text: str, model: str, nls: Nls = AMERICAN) -> Moment:
    """The moment a text means under a format; a zone is set where the format has one."""
    reader = _Reader(text, nls)
    reader.skip_blanks()
    elements = parse_format(model)
    for element in elements:
        if element.is_text:
            _literal(reader, element)
        elif reader.rest() or not _may_be_missing(element):
            _element(reader, element)
    reader.skip_blanks()
    if reader.rest():
        raise OraError(1830, "date format picture ends before converting entire input string")
    return _moment(reader)


def _may_be_missing(element: Element) -> bool:
    """Trailing time elements default to zero when the text is over."""
    return element.name in ("MI", "SS", "HH24", "HH", "HH12", "X") or element.name[:2] in (
        "FF", "TZ", "AM", "PM",
    )  # fmt: skip


def _literal(reader: _Reader, element: Element) -> None:
    if element.spelling.isspace():
        reader.skip_blanks()
        return
    if element.is_mark:
        # Any punctuation stands for any other, and may be left out where digits go on.
        if re.match(r"[^\w\s]", reader.rest()) and not _is_sign(reader):
            reader.at += 1
        return
    if not reader.rest().startswith(element.spelling):
        raise OraError(1861, "literal does not match format string")
    reader.at += len(element.spelling)


def _is_sign(reader: _Reader) -> bool:
    return reader.rest()[0] in "+-" and reader.at > 0 and reader.text[reader.at - 1] in " :-/"


def _element(reader: _Reader, element: Element) -> None:
    name = element.name
    if name[:2] not in ("TZ", "FF"):
        reader.skip_blanks()
    if name in _YEAR_DIGITS:
        _read_year(reader, name)
    elif name in _FIELDS:
        _read_field(reader, name)
    elif name in ("MON", "MONTH"):
        _read_month(reader)
    elif name in ("DY", "DAY"):
        names = reader.nls.names
        reader.word("|".join((*names.days, *names.short_days)))
    elif name.startswith("FF"):
        digits = reader.digits(9)
        reader.fields["nanosecond"] = int(digits.ljust(9, "0"))
    elif name.startswith("TZ"):
        _read_zone(reader, name)
    elif name == "X":
        reader.word(re.escape(reader.nls.decimal_mark))
    else:
        _read_marker(reader, name)


def _read_year(reader: _Reader, name: str) -> None:
    sign = reader.word(r"[+-]") if name == "SYYYY" else None
    digits = reader.digits(4 if name == "RR" else _YEAR_DIGITS[name])
    year = int(digits)
    this_year = now_utc().year
    if name in ("RR", "RRRR") and len(digits) <= 2:
        century = this_year // 100
        if year < 50 <= this_year % 100:
            century += 1
        elif this_year % 100 < 50 <= year:
            century -= 1
        year += century * 100
    elif name in ("YYY", "YY", "Y"):
        unit = int(10 ** _YEAR_DIGITS[name])
        year += this_year // unit * unit
    reader.fields["year"] = -year if sign == "-" else year


def _read_field(reader: _Reader, name: str) -> None:
    width, target, least, most, code, text = _FIELDS[name]
    if name == "MM" and reader.rest()[:1].isalpha():
        _read_month(reader)
        return
    value = int(reader.digits(width))
    if not least <= value <= most:
        raise OraError(code, text)
    reader.fields[target] = value


def _read_month(reader: _Reader) -> None:
    names = reader.nls.names
    word = reader.word("|".join((*names.months, *names.short_months)))
    if word is None:
        raise OraError(1843, "not a valid month")
    known = [name.upper() for name in (*names.months, *names.short_months)]
    reader.fields["month"] = known.index(word) % 12 + 1


def _read_zone(reader: _Reader, name: str) -> None:
    if name == "TZM":
        minutes = int(reader.digits(2))
        reader.zone = f"{reader.zone or '+00:'}{minutes:02d}"
        return
    if name == "TZH":
        sign = reader.word(r"[+-]") or "+"
        reader.zone = f"{sign}{int(reader.digits(2)):02d}:"
        return
    reader.skip_blanks()
    if name == "TZD":
        reader.word(r"[A-Za-z+\-\d]+")
        return
    zone = reader.word(r"[+-]?\d{1,2}:\d{2}")
    if zone is None:
        found = _REGION.match(reader.rest())
        if not found:
            raise OraError(1882, "timezone region not found")
        reader.at += found.end()
        zone = found[0]
    reader.zone = zone


def _read_marker(reader: _Reader, name: str) -> None:
    if name in ("AM", "PM", "A.M.", "P.M."):
        word = reader.word(r"[AP]\.M\.|[AP]M")
        if word is None:
            raise OraError(1855, "AM/A.M. or PM/P.M. required")
        reader.afternoon = word[0] == "P"
    elif name in ("AD", "BC", "A.D.", "B.C."):
        word = reader.word(r"A\.D\.|B\.C\.|AD|BC")
        if word is None:
            raise OraError(1856, "BC/B.C. or AD/A.D. required")
        reader.before_christ = word[0] == "B"
    else:
        raise OraError(1820, "format code cannot appear in date input format")


def _moment(reader: _Reader) -> Moment:
    now, fields = now_utc(), reader.fields
    year, month, day = _date(reader, now)
    hour = fields.get("hour", 0)
    if reader.afternoon is not None:
        hour = hour % 12 + (12 if reader.afternoon else 0)
    seconds = fields.get("second_of_day")
    if seconds is not None:
        hour, rest = divmod(seconds, 3600)
        fields["minute"], fields["second"] = divmod(rest, 60)
    moment = Moment(
        year, month, day, hour, fields.get("minute", 0), fields.get("second", 0),
        fields.get("nanosecond", 0),
    )  # fmt: skip
    if reader.zone is None:
        return moment
    zone = reader.zone + "00" if reader.zone.endswith(":") else reader.zone
    return at_wall_clock(moment, zone)


def _date(reader: _Reader, now: Moment) -> tuple[int, int, int]:
    fields = reader.fields
    if "julian" in fields:
        return date_of_day(fields["julian"])
    year = fields.get("year", now.year)
    if reader.before_christ:
        year = -abs(year)
    check_year(year)
    if "day_of_year" in fields:
        return _from_day_of_year(year, fields["day_of_year"])
    month, day = fields.get("month", now.month), fields.get("day", 1)
    if day > days_in_month(year, month):
        raise OraError(1839, "date not valid for month specified")
    return year, month, day


def _from_day_of_year(year: int, day: int) -> tuple[int, int, int]:
    for month in range(1, 13):
        length = days_in_month(year, month)
        if day <= length:
            return year, month, day
        day -= length
    raise OraError(1848, "day of year must be between 1 and 365 (366 for leap year)")
