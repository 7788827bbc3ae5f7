"""What the driver is told of the values that go in and come out of a statement."""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.bounded_cache import BoundedCache
from oracle import driver as oracle_driver
from sql.binds import Binds
from values.column import Fetch
from values.type_table import FETCH_BY_TYPE

# How many statements with columns that are described wrongly are remembered. The driver keeps far
# fewer (its stmtcachesize), and none that is longer than session_cache.LONGEST_KEPT_BYTES, so that
# none of its own is missing.
MOST_NOTED = 500
MOST_NOTED_BYTES = 4_000_000
# What each column takes there.
NOTED_COLUMN_BYTES = 100


class FetchTypes:
    """What the driver is to hand over for each column, where that is not its own choice.

    One for each session, as the driver asks once for each statement that the session keeps: it
    goes on describing a LOB that is fetched inline as a LONG, so what it was is remembered here.
    Used by the thread that has the session.
    """

    def __init__(self) -> None:
        self._sql = ""
        self._place = 0
        self._kinds: dict[int, str] = {}
        """The current statement's: by position, what its columns are that are described wrongly."""
        self._noted: BoundedCache[str, dict[int, str]] = BoundedCache(MOST_NOTED_BYTES, MOST_NOTED)
        # The same for cursors inside rows, by the variable that the driver fetches into.
        self._nested: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()

    # The driver inspects its handler's signature at each execution, which takes longer than all
    # of its calls; inspect takes this one as it is.
    __signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in ("cursor", "metadata")
        ]
    )

    def begin(self, sql: str) -> None:
        """The statement that is asked about next."""
        self._sql, self._place = sql, 0
        self._kinds = self._noted.get(sql) or {}

    def kinds(self) -> Mapping[int, str]:
        """By position, the types of the current statement's columns that are described wrongly."""
        return self._kinds

    def __call__(self, cursor: Any, metadata: Any) -> Any:
        kind, place = metadata.type_code.name, self._place
        self._place += 1
        if place in self._kinds and not _is_still(self._kinds[place], metadata):
            del self._kinds[place]  # its table was made anew
        if metadata.is_oson and kind != "DB_TYPE_JSON":
            self._remember(place, "DB_TYPE_JSON")
            return None
        if FETCH_BY_TYPE.get(kind) is Fetch.INLINE:
            self._remember(place, kind)
        return self._variable(cursor, metadata, cursor.arraysize)

    def nested(self, cursor: Any, metadata: Any) -> Any:
        """The same for a cursor inside a row: the driver asks the connection's handler then.

        `cursor` is the one whose row it is, and the driver asks in the order in which descriptions
        come, so that nothing but the variable tells later which column this was.
        """
        kind = metadata.type_code.name
        if metadata.is_oson and kind != "DB_TYPE_JSON":
            return None
        # The cursor inside has an array size of its own, which is the driver's default.
        variable = self._variable(cursor, metadata, oracle_driver.driver(0).defaults.arraysize)
        if FETCH_BY_TYPE.get(kind) is Fetch.INLINE:
            self._nested[variable] = kind
        return variable

    def nested_kinds(self, cursor: Any) -> Mapping[int, str]:
        """By position, the types of a nested cursor's columns that are described wrongly."""
        kinds = {
            place: self._nested[variable]
            for place, variable in enumerate(cursor.fetchvars)
            if variable in self._nested
        }
        for place, info in enumerate(cursor.description):
            if info.is_oson:
                kinds[place] = "DB_TYPE_JSON"
        return kinds

    def _variable(self, cursor: Any, metadata: Any, rows: int) -> Any:
        kind = metadata.type_code.name
        fetch = FETCH_BY_TYPE.get(kind)
        if fetch is Fetch.DIGITS:
            return cursor.var(str, arraysize=rows)
        if fetch is Fetch.INLINE:
            return self._text_variable(cursor, _inline_type(kind), 0, rows)
        if fetch is Fetch.TEXT:
            # Asked for by name also because the driver would parse a column with an IS JSON
            # constraint, and make doubles of its numbers.
            size = metadata.internal_size or 0
            return self._text_variable(cursor, metadata.type_code, size, rows)
        return None

    def _text_variable(self, cursor: Any, kind: Any, size: int, rows: int) -> Any:
        # What is no text becomes lone surrogates, which the encoder then finds; the national
        # types come in UTF-16, for which Python has another word.
        errors = "surrogatepass" if kind.name in _NATIONAL else "surrogateescape"
        return cursor.var(kind, size=size, arraysize=rows, encoding_errors=errors)

    def _remember(self, place: int, kind: str) -> None:
        self._kinds[place] = kind
        size = sys.getsizeof(self._sql) + len(self._kinds) * NOTED_COLUMN_BYTES
        self._noted.put(self._sql, self._kinds, size)


def _is_still(known: str, metadata: Any) -> bool:
    """Whether a column that is described so may be of the type that was known for it."""
    kind = metadata.type_code.name
    if known == "DB_TYPE_JSON":
        return bool(metadata.is_oson)
    return kind in (known, _inline_type(known).name)


_NATIONAL = frozenset({"DB_TYPE_NCHAR", "DB_TYPE_NVARCHAR", "DB_TYPE_LONG_NVARCHAR"})


def _inline_type(kind: str) -> Any:
    driver = oracle_driver.driver(0)
    return {
        "DB_TYPE_CLOB": driver.DB_TYPE_LONG,
        "DB_TYPE_NCLOB": driver.DB_TYPE_LONG_NVARCHAR,
        "DB_TYPE_BLOB": driver.DB_TYPE_LONG_RAW,
    }[kind]


def set_bind_sizes(cursor: Any, binds: Binds) -> None:
    """The driver binds a datetime as DATE, which has no fraction, unless told otherwise."""
    driver = oracle_driver.driver(0)
    if isinstance(binds, dict):
        sizes = {n: driver.DB_TYPE_TIMESTAMP for n, v in binds.items() if _has_fraction(v)}
        if sizes:
            cursor.setinputsizes(**sizes)
    elif binds and any(map(_has_fraction, binds)):
        cursor.setinputsizes(
            *[driver.DB_TYPE_TIMESTAMP if _has_fraction(v) else None for v in binds]
        )


def kinds_of(binds: Binds) -> tuple[tuple[str, bool], ...]:
    """What makes binds of one name or place bound as one type."""
    values = binds.values() if isinstance(binds, dict) else binds or ()
    return tuple([(type(value).__name__, _has_fraction(value)) for value in values])


def _has_fraction(value: object) -> bool:
    return isinstance(value, datetime) and value.microsecond != 0
