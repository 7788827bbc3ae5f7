"""The rows of one statement, batch by batch, and their totals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from common.errors import ApiError
from oracle.lease import Lease
from query.cursor import StatementCursor, rows_to_fetch
from query.rewriting import Rewriter
from query.running import RunningQuery
from values.column import Column, Row


class Result:
    """The rows of one statement that runs. Used by one thread; close() once or more."""

    def __init__(
        self,
        max_rows: int | None,
        running: RunningQuery,
        lease: Lease,
        cursor: StatementCursor,
        rewriter: Rewriter,
        forget: Callable[[RunningQuery], None],
    ) -> None:
        self._is_complete = True
        """The first batch is known to be the last one, before any is asked for."""
        self.is_over = False
        """The batch that was given last is known to be the last one."""
        self.truncated = False
        self.row_count = 0
        """Rows that were given so far, or that a statement changed."""
        self._max_rows = max_rows
        self._running = running
        self._lease = lease
        self._cursor = cursor
        self._rewriter = rewriter
        self._forget = forget
        self._first: Sequence[Row] = ()

    @property
    def columns(self) -> list[Column]:
        return self._cursor.columns

    @property
    def execution_time_ms(self) -> float:
        return round((time.monotonic() - self._running.started) * 1000, 2)

    @property
    def is_wanted_back(self) -> bool:
        """True when others wait for the session that it still holds, or it was stopped."""
        return self._lease.is_wanted or (self._running.is_stopped and not self.is_over)

    def start(self) -> None:
        """Run the statement as far as its first batch. ApiError."""
        self._first, self.row_count = self._rewriter.run()
        if self._first:
            self._is_complete = self._cursor.has_ended or self._is_full(len(self._first))

    def _is_full(self, rows_here: int) -> bool:
        return self._max_rows is not None and self.row_count + rows_here > self._max_rows

    def batches(self) -> Iterator[Sequence[Row]]:
        """The rows, batch by batch; none is empty. ApiError. Totals are right after the last.

        The session is given back as soon as the last batch is here, before that is sent.
        """
        batch, self._first = self._first, ()
        more_to_come = not self._is_complete
        while batch:
            if self._is_full(len(batch)):
                assert self._max_rows is not None
                batch = batch[: self._max_rows - self.row_count]
                self.truncated, more_to_come = True, False
            self.row_count += len(batch)
            if not more_to_come:
                self.is_over = True
                self.close()
            if batch:
                yield batch
            if not more_to_come:
                return
            batch = self._fetch_next(self._next_size(batch))
            more_to_come = not self._cursor.has_ended
        self.close()

    def _fetch_next(self, size: int) -> Sequence[Row]:
        try:
            return self._cursor.fetch(size)
        except ApiError as error:
            self.close()
            raise self._rewriter.learn(error) from None

    def _next_size(self, batch: Sequence[Row]) -> int:
        size = rows_to_fetch(batch)
        return size if self._max_rows is None else min(size, self._max_rows + 1 - self.row_count)

    def close(self) -> None:
        """End the statement and give its session back. Idempotent, from the thread that used it."""
        self._running.end()
        self._forget(self._running)
        self.release()

    def release(self) -> None:
        """Give the session back, but let the statement live on: it may run again on another."""
        self.leave_session()
        self._lease.close()

    def leave_session(self) -> None:
        """Leave the session as it was found, and keep it: the statement may run again on it."""
        try:
            self._cursor.close()
        except BaseException:
            # In which state it was left is not known.
            self._lease.discard()
            self._lease.close()
            raise
