"""What a comparison is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from common.deadline import Deadline
from oracle.target import Target
from sql.binds import Binds
from sql.table_names import TableName


class SideRequest(NamedTuple):
    """What a caller asked for on one side. Either table or sql is given; where with a table."""

    target: Target
    name: str | None
    table: TableName | None
    where: str | None
    sql: str | None
    binds: Binds


class CompareRequest(NamedTuple):
    """What a caller asked for. key: None for the table's own, "row" where rows are their own keys.

    max_differences: None for all. progress_seconds: None for no progress.
    """

    left: SideRequest
    right: SideRequest
    key: Sequence[str] | str | None
    ignore: Sequence[str]
    show: Sequence[str]
    shows_whole_rows: bool
    max_differences: int | None
    stops_at_max: bool
    is_summary: bool
    is_ordered_by_key: bool
    numbers_as_strings: bool
    progress_seconds: float | None
    deadline: Deadline
    query_id: str | None

    @property
    def sides(self) -> tuple[SideRequest, SideRequest]:
        return self.left, self.right

    @property
    def rows_are_keys(self) -> bool:
        return self.key == "row"
