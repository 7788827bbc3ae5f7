"""A result without a database: what answers are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.errors import ApiError
from values.type_table import Column, Row


@dataclass
class FakeResult:
    """A statement that has run."""

    columns: list[Column]
    fetched: list[list[tuple[Any, ...]]]
    truncated: bool = False
    error: ApiError | None = None
    is_complete: bool = True
    execution_time_ms: float = 45.23
    row_count: int = 0
    closed: int = field(default=0)
    knows_its_end: bool = False
    is_over: bool = False
    is_wanted_back: bool = False

    def batches(self) -> Iterator[Sequence[Row]]:
        for number, batch in enumerate(self.fetched, 1):
            self.row_count += len(batch)
            self.is_over = self.knows_its_end and number == len(self.fetched)
            yield batch
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1
