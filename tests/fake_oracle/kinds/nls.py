"""A session's language settings: what ALTER SESSION changes, and the last argument of TO_CHAR.

Oracle Database Globalization Support Guide, "Setting Up a Globalization Support Environment". Of
languages the stand-in has two, of sorts three; whatever else is asked for is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .model import OraError

DATE_FORMAT: Final = "DD-MON-RR"
TIMESTAMP_FORMAT: Final = "DD-MON-RR HH.MI.SSXFF AM"
TIMESTAMP_TZ_FORMAT: Final = "DD-MON-RR HH.MI.SSXFF AM TZR"


@dataclass(frozen=True)
class Language:
    """months and days: with their abbreviations, in order; sort: what NLS_LANGUAGE brings along."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    sort: str

    @property
    def month_width(self) -> int:
        return max(map(len, self.months))

    @property
    def day_width(self) -> int:
        return max(map(len, self.days))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_AMERICAN: Final = Language(
    _listed(
        "January February March April May June July August September October November December"
    ),
    _listed("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    _listed("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"),
    _listed("Sun Mon Tue Wed Thu Fri Sat"),
    "BINARY",
)
_GERMAN: Final = Language(
    _listed("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    _listed("Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    _listed("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag"),
    _listed("So Mo Di Mi Do Fr Sa"),
    "GERMAN",
)
LANGUAGES: Final[Mapping[str, Language]] = {"AMERICAN": _AMERICAN, "GERMAN": _GERMAN}
SORTS: Final = ("BINARY", "GENERIC_M", "GERMAN")
_PARAMETER: Final = re.compile(r"\s*(NLS_\w+)\s*=\s*(?:'([^']*)'|(\w+))\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Nls:
    """One session's settings. marks: the decimal mark, then what stands between groups."""

    language: str = "AMERICAN"
    date_language: str = "AMERICAN"
    sort: str = "BINARY"
    comp: str = "BINARY"
    marks: str = ".,"
    date_format: str = DATE_FORMAT
    timestamp_format: str = TIMESTAMP_FORMAT
    timestamp_tz_format: str = TIMESTAMP_TZ_FORMAT

    @property
    def decimal_mark(self) -> str:
        return self.marks[0]

    @property
    def group_mark(self) -> str:
        return self.marks[1]

    @property
    def names(self) -> Language:
        return LANGUAGES[self.date_language]

    def with_point(self, text: str) -> str:
        """A number as this session writes it, with the point that numbers have here."""
        return text.replace(self.decimal_mark, ".") if self.decimal_mark != "." else text

    def with_mark(self, text: str) -> str:
        """The opposite: what has a point, with this session's decimal mark."""
        return text.replace(".", self.decimal_mark) if self.decimal_mark != "." else text

    def changed(self, name: str, value: str) -> Nls:
        """ORA-02248 for what is no parameter, ORA-12705 for what it cannot be."""
        word = value.upper()
        if name == "NLS_LANGUAGE":
            language = _known(name, word, LANGUAGES)
            return replace(
                self, language=language, date_language=language, sort=LANGUAGES[language].sort
            )
        if name == "NLS_DATE_LANGUAGE":
            return replace(self, date_language=_known(name, word, LANGUAGES))
        if name == "NLS_SORT":
            return replace(self, sort=_known(name, word, SORTS))
        if name == "NLS_COMP":
            return replace(self, comp=_known(name, word, ("BINARY", "LINGUISTIC")))
        if name == "NLS_NUMERIC_CHARACTERS":
            return replace(self, marks=_checked_marks(value))
        if name in _FORMATS:
            return replace(self, **{_FORMATS[name]: value})
        if name in _FIXED:
            _known(name, word, (_FIXED[name],))
            return self
        raise OraError(2248, "invalid option for ALTER SESSION")

    def with_parameters(self, text: str) -> Nls:
        """What the last argument of a conversion says, for that one call."""
        settings, end = self, 0
        for found in _PARAMETER.finditer(text):
            if found.start() != end or found[1].upper() not in _IN_CALLS:
                break
            quoted = found[2] if found[2] is not None else found[3]
            settings, end = settings.changed(found[1].upper(), quoted), found.end()
        if end != len(text) or not text:
            raise OraError(12702, "invalid NLS parameter string used in SQL function")
        return settings

    def parameters(self) -> Iterator[tuple[str, str]]:
        """NLS_SESSION_PARAMETERS."""
        yield "NLS_LANGUAGE", self.language
        yield "NLS_TERRITORY", _FIXED["NLS_TERRITORY"]
        yield "NLS_NUMERIC_CHARACTERS", self.marks
        yield "NLS_CALENDAR", _FIXED["NLS_CALENDAR"]
        yield "NLS_DATE_FORMAT", self.date_format
        yield "NLS_DATE_LANGUAGE", self.date_language
        yield "NLS_SORT", self.sort
        yield "NLS_TIMESTAMP_FORMAT", self.timestamp_format
        yield "NLS_TIMESTAMP_TZ_FORMAT", self.timestamp_tz_format
        yield "NLS_COMP", self.comp
        yield "NLS_LENGTH_SEMANTICS", _FIXED["NLS_LENGTH_SEMANTICS"]


AMERICAN: Final = Nls()

_FORMATS: Final = {
    "NLS_DATE_FORMAT": "date_format",
    "NLS_TIMESTAMP_FORMAT": "timestamp_format",
    "NLS_TIMESTAMP_TZ_FORMAT": "timestamp_tz_format",
}
# Parameters that have one value here, which may be set.
_FIXED: Final = {
    "NLS_TERRITORY": "AMERICA",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_LENGTH_SEMANTICS": "BYTE",
}
_IN_CALLS: Final = ("NLS_NUMERIC_CHARACTERS", "NLS_DATE_LANGUAGE", "NLS_CALENDAR", "NLS_SORT")


def _known(name: str, word: str, values: Mapping[str, object] | tuple[str, ...]) -> str:
    if word not in values:
        text = f"unimplemented feature: the stand-in does not know {name}={word}"
        raise OraError(3001, text)
    return word


def _checked_marks(value: str) -> str:
    if len(value) != 2 or value[0] == value[1] or any(c.isdigit() or c in "+-<>" for c in value):
        raise OraError(12705, "Cannot access NLS data files or invalid environment specified")
    return value
