"""What the driver says of the columns of the statements that a session keeps.

What follows from it for each column takes longer to work out than all the rest of a short answer,
and is the same as long as the driver says the same: its statement cache keeps what the database
described, so that is what is compared.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from operator import is_
from typing import Any

from common.bounded_cache import BoundedCache
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
        if is_kept(sql):
            size = sys.getsizeof(sql) + len(infos) * DESCRIBED_COLUMN_BYTES
            self._by_sql.put(sql, made, size)
        return made


def _metadata(infos: Sequence[Any]) -> list[object]:
    """What the database described, of which the driver makes a new view each time it is asked."""
    return [info._impl for info in infos]


def _holds(infos: Sequence[Any], kind: str) -> bool:
    return any(info.type_code.name == kind for info in infos)
