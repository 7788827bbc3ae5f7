"""A result without a database: what answers are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from common.errors import ApiError
from query.result import Result
from values.column import Column, Row


class FakeResult(Result):
    """A statement that has run, without a database."""

    columns: list[Column] = []  # noqa: RUF012 - takes the place of a property
    execution_time_ms = 45.23
    is_wanted_back = False

    def __init__(
        self,
        columns: list[Column],
        fetched: list[list[tuple[Any, ...]]],
        *,
        truncated: bool = False,
        error: ApiError | None = None,
        row_count: int = 0,
        knows_its_end: bool = False,
    ) -> None:
        self.columns = columns
        self.fetched = fetched
        self.truncated = truncated
        self.error = error
        self.is_over = False
        self.row_count = row_count
        self.knows_its_end = knows_its_end
        self.closed = 0

    def batches(self) -> Iterator[Sequence[Row]]:
        for number, batch in enumerate(self.fetched, 1):
            self.row_count += len(batch)
            self.is_over = self.knows_its_end and number == len(self.fetched)
            yield batch
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1
