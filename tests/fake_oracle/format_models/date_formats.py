"""Datetime format models: TO_CHAR writes by them, TO_DATE and TO_TIMESTAMP read by them.

Elements and rules: Oracle SQL Language Reference, "Datetime Format Models". Names are those of the
session's NLS_DATE_LANGUAGE; weeks begin on Sunday, as with NLS_TERRITORY=AMERICA.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..kinds.calendar_days import date_of_day, day_number, offset_text, zone_abbreviation
from ..kinds.model import Moment, OraError
from ..kinds.nls import AMERICAN, Language, Nls
from ..parser.lexing import words

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

_ELEMENT_NAMES = words("""
    SYYYY YYYY YYY YY Y IYYY IYY IY I RRRR RR SCC CC Q WW IW W MONTH MON MM RM DDD DD DAY DY D J
    HH24 HH12 HH MI SSSSS SS FF1 FF2 FF3 FF4 FF5 FF6 FF7 FF8 FF9 FF A.M. P.M. AM PM A.D. B.C. AD BC
    TZH TZM TZR TZD FM X
""")
_LEXER = re.compile(
    r'"(?P<text>[^"]*)"'
    + "|(?P<element>"
    + "|".join(re.escape(name) for name in sorted(_ELEMENT_NAMES, key=len, reverse=True))
    + r")|(?P<mark>[\s\-/,.;:]|[^\w\s\"])|(?P<unknown>.)",
    re.IGNORECASE | re.DOTALL,
)
_ZONE_ELEMENTS = frozenset({"TZH", "TZM", "TZR", "TZD"})


@dataclass(frozen=True)
class Element:
    """An element in capitals, or literal text; `spelling` keeps the case that was written."""

    name: str
    spelling: str
    is_text: bool = False
    is_mark: bool = False
    fill_mode: bool = False


@lru_cache(maxsize=512)
def parse_format(model: str) -> tuple[Element, ...]:
    """ORA-01821 for what is no element. FM is already worked into what follows it."""
    return tuple(_elements(model))


def _elements(model: str) -> Iterator[Element]:
    fill_mode = False
    for found in _LEXER.finditer(model):
        spelling = found[0]
        if found["unknown"]:
            raise OraError(1821, "date format not recognized")
        if found["element"] is None:
            text = found["text"] if found["mark"] is None else spelling
            yield Element("", text, is_text=True, is_mark=found["mark"] is not None)
        elif spelling.upper() == "FM":
            fill_mode = not fill_mode
        else:
            yield Element(spelling.upper(), spelling, fill_mode=fill_mode)


def format_moment(
    moment: Moment, model: str, fraction_digits: int | None, nls: Nls = AMERICAN
) -> str:
    """TO_CHAR. A DATE has no fraction (None): ORA-01821 for its elements and those of zones."""
    parts = []
    for element in parse_format(model):
        if element.is_text:
            parts.append(element.spelling)
        elif element.name.startswith("FF"):
            parts.append(_fraction(element, moment, fraction_digits))
        elif fraction_digits is None and element.name in _ZONE_ELEMENTS:
            raise OraError(1821, "date format not recognized")
        else:
            parts.append(_written(element, moment, nls))
    return "".join(parts)


def _fraction(element: Element, moment: Moment, fraction_digits: int | None) -> str:
    """FF alone has as many digits as the value's type."""
    if fraction_digits is None:
        raise OraError(1821, "date format not recognized")
    digits = int(element.name[2:] or fraction_digits)
    return f"{moment.nanosecond:09d}"[:digits]


def format_width(model: str) -> int:
    """The most characters TO_CHAR can give for a format."""
    sample = Moment(-4712, 9, 27, 22, 33, 44, 123456789, 420, "Asia/Jakarta")
    widest = {"TZR": 64, "TZD": 10, **{f"FF{n}": int(n or 9) for n in ("", *"123456789")}}
    return sum(
        len(e.spelling) if e.is_text else widest.get(e.name) or len(_written(e, sample))
        for e in parse_format(model)
    )


def _written(element: Element, moment: Moment, nls: Nls = AMERICAN) -> str:
    name = element.name
    if name in _NUMBERS:
        width, number = _NUMBERS[name]
        value = number(moment)
        return str(value) if element.fill_mode else f"{value:0{width}d}"
    if name in ("MONTH", "DAY"):
        word = _in_case(_word(name, moment, nls.names), element.spelling)
        width = nls.names.month_width if name == "MONTH" else nls.names.day_width
        return word if element.fill_mode else word.ljust(width)
    if name in ("MON", "DY", "RM"):
        return _in_case(_word(name, moment, nls.names), element.spelling)
    if name in ("SYYYY", "SCC"):
        return _signed(name, moment, fill_mode=element.fill_mode)
    if name in _ZONE_ELEMENTS:
        return _zone(name, moment)
    if name == "X":
        return nls.decimal_mark
    return _marker(name, element.spelling, moment)


def _in_case(word: str, spelling: str) -> str:
    if spelling[:2].isupper():
        return word.upper()
    return word if spelling[0].isupper() else word.lower()


def _word(name: str, moment: Moment, names: Language) -> str:
    if name == "MONTH":
        return names.months[moment.month - 1]
    if name == "MON":
        return names.short_months[moment.month - 1]
    if name == "RM":
        return _ROMAN[moment.month - 1].ljust(4)
    days = names.days if name == "DAY" else names.short_days
    return days[_weekday(moment)]


def _signed(name: str, moment: Moment, *, fill_mode: bool) -> str:
    value = abs(moment.year) if name == "SYYYY" else _century(moment)
    width = 4 if name == "SYYYY" else 2
    sign = "-" if moment.year < 0 else "" if fill_mode else " "
    return f"{sign}{value}" if fill_mode else f"{sign}{value:0{width}d}"


def _zone(name: str, moment: Moment) -> str:
    offset = offset_text(moment.offset_minutes or 0)
    if name == "TZH":
        return offset[:3]
    if name == "TZM":
        return offset[4:]
    if name == "TZD":
        return zone_abbreviation(moment)
    # However it was spelt: Oracle keeps a region's number, and writes its name in capitals.
    return offset if moment.region is None else moment.region.upper()


def _marker(name: str, spelling: str, moment: Moment) -> str:
    if name[0] in "AP" and name[-1] != "D" and "D" not in name:
        first = "A" if moment.hour < 12 else "P"
        word = f"{first}.M." if "." in name else f"{first}M"
    else:
        era = ("A", "D") if moment.year > 0 else ("B", "C")
        word = f"{era[0]}.{era[1]}." if "." in name else "".join(era)
    return word if spelling[0].isupper() else word.lower()


def _weekday(moment: Moment) -> int:
    return (day_number(moment.year, moment.month, moment.day) + 1) % 7


def _day_of_year(moment: Moment) -> int:
    return day_number(moment.year, moment.month, moment.day) - day_number(moment.year, 1, 1) + 1


def _iso_year_and_week(moment: Moment) -> tuple[int, int]:
    number = day_number(moment.year, moment.month, moment.day)
    thursday = number - number % 7 + 3
    year, _, _ = date_of_day(thursday)
    return year, (thursday - day_number(year, 1, 1)) // 7 + 1


def _century(moment: Moment) -> int:
    return (abs(moment.year) + 99) // 100


def _hour12(moment: Moment) -> int:
    return moment.hour % 12 or 12


def _year(digits: int) -> Callable[[Moment], int]:
    return lambda moment: abs(moment.year) % 10**digits


def _iso_year(digits: int) -> Callable[[Moment], int]:
    return lambda moment: abs(_iso_year_and_week(moment)[0]) % 10**digits


_NUMBERS: dict[str, tuple[int, Callable[[Moment], int]]] = {
    "YYYY": (4, _year(4)),
    "RRRR": (4, _year(4)),
    "YYY": (3, _year(3)),
    "YY": (2, _year(2)),
    "RR": (2, _year(2)),
    "Y": (1, _year(1)),
    "IYYY": (4, _iso_year(4)),
    "IYY": (3, _iso_year(3)),
    "IY": (2, _iso_year(2)),
    "I": (1, _iso_year(1)),
    "CC": (2, _century),
    "Q": (1, lambda moment: (moment.month + 2) // 3),
    "WW": (2, lambda moment: (_day_of_year(moment) + 6) // 7),
    "IW": (2, lambda moment: _iso_year_and_week(moment)[1]),
    "W": (1, lambda moment: (moment.day + 6) // 7),
    "MM": (2, lambda moment: moment.month),
    "DDD": (3, _day_of_year),
    "DD": (2, lambda moment: moment.day),
    "D": (1, lambda moment: _weekday(moment) + 1),
    "J": (7, lambda moment: day_number(moment.year, moment.month, moment.day)),
    "HH24": (2, lambda moment: moment.hour),
    "HH12": (2, _hour12),
    "HH": (2, _hour12),
    "MI": (2, lambda moment: moment.minute),
    "SS": (2, lambda moment: moment.second),
    "SSSSS": (5, lambda moment: (moment.hour * 60 + moment.minute) * 60 + moment.second),
}
