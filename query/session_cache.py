"""What is known of the statements and types of one session, as long as it lives.

What the driver says of a statement's columns leads to more for each of them, which takes longer to
work out than all the rest of a short answer, and is the same as long as the driver says the same:
its statement cache keeps what the database described, so that is what is compared.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Sequence
from operator import is_
from typing import Any, TypeAlias

from common.bounded_cache import BoundedCache
from oracle.session import Session
from query.fetch_types import FetchTypes
from query.object_types import TypeDictionary
from sql.outer_query import OuterQuery
from values.column import Column, ValueOptions
from values.type_names import ColumnDescription

# What each column of a row takes at most beside its text or bytes.
COLUMN_BYTES = 40
# What a session remembers of its statements: so many, and as many as take no more than this.
MOST_DESCRIBED = 100
MOST_DESCRIBED_BYTES = 2_000_000
# What a column takes there, for each way in which it is asked for.
DESCRIBED_COLUMN_BYTES = 500
# A session forgets the longer ones when they have run, and so does the driver, which keeps twenty
# statements of a session with their texts twice each.
LONGEST_KEPT_BYTES = 65_536


# A statement, how its values are to be carried, and the types of its binds.
AsAsked: TypeAlias = "tuple[str, ValueOptions, tuple[object, ...]]"


def is_kept(sql: str) -> bool:
    """Whether a statement is short enough to be remembered."""
    return sys.getsizeof(sql) <= LONGEST_KEPT_BYTES


class DescribedColumns:
    """One statement's. columns: what follows from it, by what the caller asked for."""

    def __init__(self, infos: Sequence[Any]) -> None:
        self.infos: Sequence[ColumnDescription] = infos
        self.holds_cursors = _holds(infos, "DB_TYPE_CURSOR")
        self.holds_objects = _holds(infos, "DB_TYPE_OBJECT")
        self.most_row_bytes = sum([COLUMN_BYTES + (info.internal_size or 0) for info in infos])
        """As declared; a LOB has no size."""
        self.columns: dict[ValueOptions, list[Column]] = {}
        self.first_rows = 0
        """How many came with the first answer to the statement when it ran last."""
        self._metadata = _metadata(infos)

    @property
    def is_large(self) -> bool:
        """Whether a value may be a LOB, or something else that takes as much."""
        known = [column.is_large for columns in self.columns.values() for column in columns]
        return self.holds_cursors or self.holds_objects or any(known)

    def is_of(self, infos: Sequence[Any]) -> bool:
        metadata = _metadata(infos)
        return len(metadata) == len(self._metadata) and all(map(is_, metadata, self._metadata))


class ColumnCache:
    """One for each session, used by its thread."""

    def __init__(self) -> None:
        self._by_sql: BoundedCache[str, DescribedColumns] = BoundedCache(
            MOST_DESCRIBED_BYTES, MOST_DESCRIBED
        )

    def last(self, sql: str) -> DescribedColumns | None:
        """What the driver said when the statement ran last; it may say something else now."""
        return self._by_sql.get(sql)

    def of(self, sql: str, infos: Sequence[Any]) -> DescribedColumns:
        """infos: what the driver says now."""
        known = self._by_sql.get(sql)
        if known is not None and known.is_of(infos):
            return known
        made = DescribedColumns(infos)
        made.first_rows = 0 if known is None else known.first_rows
        if is_kept(sql):
            size = sys.getsizeof(sql) + len(infos) * DESCRIBED_COLUMN_BYTES
            self._by_sql.put(sql, made, size)
        return made


class OuterQueries:
    """Those that statements ran in, with what the driver said of them. For the session's thread.

    Only those whose description tells of every change that the description of the statement would:
    they can be run again without asking for that one first.
    """

    def __init__(self) -> None:
        self._known: BoundedCache[AsAsked, tuple[OuterQuery | None, Sequence[object]]] = (
            BoundedCache(MOST_DESCRIBED_BYTES, MOST_DESCRIBED)
        )

    def last(self, asked: AsAsked) -> OuterQuery | None:
        known = self._known.get(asked)
        return None if known is None else known[0]

    def is_as_before(self, asked: AsAsked, infos: Sequence[Any]) -> bool:
        """infos: what the driver says of the outer query now. One that is not as before is
        forgotten; with binds for good, since they may make another of it each time.
        """
        known = self._known.get(asked)
        if known is None or known[1] == _told(infos):
            return known is not None
        self.forget(asked)
        sql, _, binds = asked
        if binds:
            self._known.put(asked, (None, ()), sys.getsizeof(sql))
        return False

    def forget(self, asked: AsAsked) -> None:
        self._known.remove(asked)

    def remember(self, asked: AsAsked, outer: OuterQuery, infos: Sequence[Any]) -> None:
        known = self._known.get(asked)
        if is_kept(outer.sql) and (known is None or known[1]):
            texts = sys.getsizeof(asked[0]) + sys.getsizeof(outer.sql)
            size = texts + len(infos) * DESCRIBED_COLUMN_BYTES
            self._known.put(asked, (outer, _told(infos)), size)


class SessionCache:
    """One for each session, used by the thread that has the session."""

    def __init__(self, connection: Any) -> None:
        self.columns = ColumnCache()
        self.outer_queries = OuterQueries()
        self.fetch_types = FetchTypes()
        self.object_types = TypeDictionary(connection)


_lock = threading.Lock()
_caches: weakref.WeakKeyDictionary[Session, SessionCache] = weakref.WeakKeyDictionary()
"""Guarded by _lock."""


def cache_of(session: Session) -> SessionCache:
    """The cache of a session, made when it is first asked for."""
    with _lock:
        cache = _caches.get(session)
        if cache is None:
            cache = _caches[session] = SessionCache(session.connection)
        return cache


def _metadata(infos: Sequence[Any]) -> list[object]:
    """What the database described, of which the driver makes a new view each time it is asked."""
    return [info._impl for info in infos]


def _holds(infos: Sequence[Any], kind: str) -> bool:
    return any(info.type_code.name == kind for info in infos)


def _told(infos: Sequence[Any]) -> Sequence[object]:
    """All that a description says which an answer depends on."""
    return [
        (i.name, i.type_code, i.precision, i.scale, i.internal_size, i.display_size, i.is_oson)
        for i in infos
    ]
