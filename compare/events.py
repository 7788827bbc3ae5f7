"""What a comparison tells: a head, differences, totals; how far it is in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from compare.columns import Plan
from compare.merge import Counts, Difference, Stretch
from values.column import Column


class SideHead(NamedTuple):
    """What is told of a side before its differences. columns: as they are fetched."""

    columns: Sequence[Column]
    table: str | None
    sql: str
    started: datetime
    empty_is_null: Sequence[str]


class Head(NamedTuple):
    """What is told before the differences."""

    plan: Plan
    left: SideHead
    right: SideHead


class Differences(NamedTuple):
    """Differences of one stretch, in the order of their keys. differing: which of the compared
    columns differ, for each changed row in that order; to be read once. It may go on behind places.
    """

    stretch: Stretch
    places: Sequence[Difference]
    differing: Iterable[tuple[bool, ...]]


class Progress(NamedTuple):
    """One moment. The steps are login, session, query, rows and done; rows are 0 until known."""

    left_step: str
    right_step: str
    left_rows: int
    right_rows: int
    equal: int
    changed: int
    left_only: int
    right_only: int
    elapsed_ms: int


class Totals(NamedTuple):
    """What is told at the end."""

    counts: Counts
    changed_columns: Mapping[str, int]
    same: bool
    truncated: bool
    complete: bool
    execution_time_ms: float


Event: TypeAlias = Head | Differences | Progress | Totals
