"""The rows of one statement, batch by batch, and their totals."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from common.errors import ApiError
from oracle.lease import Lease
from query.batches import Batches
from query.cursor import StatementCursor
from query.rewriting import Rewriter
from query.running import RunningQuery
from values.column import Column, Row

logger = logging.getLogger(__name__)


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
        self.run_again: Callable[[], Result] | None = None
        """Runs the statement anew, on a fresh session; None where it may not be run again."""
        self._first: Sequence[Row] = ()
        self._batches = Batches(cursor, running, max_rows)

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

    def may_run_again(self, error: ApiError) -> bool:
        """After an error of batches(): whether again() may be, for who has passed no rows on."""
        return self.run_again is not None and error.session_dead

    def again(self, error: ApiError) -> Result:
        """The statement run once more. The caller closes it, or this one after an ApiError."""
        run_again, self.run_again = self.run_again, None  # once, however that turns out
        assert run_again is not None
        self.row_count = 0
        logger.info("running a read again after %s", error.full_code)
        return run_again()

    def batches(self) -> Iterator[Sequence[Row]]:
        """The rows, batch by batch; none is empty. ApiError. Totals are right after the last.

        The session is given back as soon as the last rows are here, before they are sent.
        """
        first, self._first = self._first, ()
        self._batches.begin(first)
        while batch := self._next():
            if self._is_full(len(batch)):
                assert self._max_rows is not None
                batch = batch[: self._max_rows - self.row_count]
                self.truncated = True
            self.row_count += len(batch)
            self.is_over = self.truncated or not self._batches.has_more
            if self._batches.is_fetched:
                self.close()
            if batch:
                yield batch
            if self.is_over:
                return
        self.close()

    def _is_full(self, rows_here: int) -> bool:
        return self._max_rows is not None and self.row_count + rows_here > self._max_rows

    def _next(self) -> Sequence[Row]:
        try:
            return self._batches.next()
        except ApiError as error:
            if self.may_run_again(error):
                # It can be stopped until close(), also while it is about to run again.
                self._batches.close()
                self.release()
            else:
                self.close()
            raise self._rewriter.learn(error) from None

    def close(self) -> None:
        """End the statement and give its session back. Idempotent, from the thread that used it."""
        self._batches.close()
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
