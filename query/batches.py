"""The rows behind a statement's first ones: how many are fetched at a time, and by which thread.

Where a database is far away, it is the way that takes the time. So the next rows come while these
are written out, and where that is not enough, more of them at once.
"""

from __future__ import annotations

import logging
import math
import queue
import time
from collections.abc import Sequence
from typing import TypeAlias

from common.errors import ApiError, refuse
from common.threads import start_thread
from query.cursor import BATCH_BYTES, StatementCursor
from query.row_completion import bytes_per_row
from query.running import RunningQuery, cancelled
from values.column import Row

logger = logging.getLogger(__name__)

# No batch has more rows than this, however narrow they are, but for OVER of it: what is left over
# of a fetch is no batch of its own, which would cost as much as a whole one.
MOST_ROWS = 2000
OVER = 0.25
# What is fetched at once grows from a batch by doubling, up to so many bytes in memory, of which
# about a quarter came over the network. As their columns are declared, rows beyond a batch may take
# no more than MOST_DECLARED_BYTES: those to come may be wider than those before.
MOST_FETCHED_BYTES = 6_500_000
MOST_DECLARED_BYTES = 64_000_000
MOST_GROWN = 16
# Waits are as long as others up to this, and longer beyond.
SAME_WAIT = 1.5
# A database that can begin to answer sooner than this is near, and so is one that does so in a
# small part of the time that is spent on what it answers: another thread would gain next to
# nothing. A single wait of a few milliseconds tells nothing: other threads may have kept the
# interpreter that long.
NEAR_SECONDS = 0.001
NEAR_SHARE = 0.1
SURELY_LONG_SECONDS = 0.01
# How long rows that nobody wants any more are waited for, before the database is told to stop: a
# session that was told so is not lent again.
LEAVE_SECONDS = 0.25

_Outcome: TypeAlias = "tuple[Sequence[Row], ApiError | None]"


class Batches:
    """What follows a statement's first rows, in batches of about BATCH_BYTES.

    Used by the thread that has the statement, the reader, which closes it before the cursor.
    """

    # The cursor, and with it the lease and the session, belongs to one thread at a time: to the
    # reader, but from an order to its outcome to the `fetch` thread. The reader takes the outcome
    # before it touches any of them, and before it puts another order: however slow it is, no more
    # than one fetch is ahead of what it has. The queues are all that both threads use at once.
    # Whoever stops the statement finds the call that is running, on whichever thread, whose outcome
    # is the reason then; where none is running, the reader is told before it is given more rows.

    def __init__(
        self, cursor: StatementCursor, running: RunningQuery, max_rows: int | None = None
    ) -> None:
        """max_rows: one more is fetched, to know that there are more."""
        self.is_fetched = False
        """Nothing more is to be fetched; what was may still have to be given."""
        self._cursor = cursor
        self._running = running
        self._left = None if max_rows is None else max_rows + 1
        self._rows: Sequence[Row] = ()
        self._came_at = 0.0
        self._batch_rows = 0
        self._size = 0
        self._grown = 1
        self._wait_before = float("inf")
        self._is_ahead = False
        self._orders: queue.SimpleQueue[int | None] | None = None
        self._outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()

    @property
    def has_more(self) -> bool:
        """Whether next() may give more rows."""
        return bool(self._rows) or not self.is_fetched

    def begin(self, rows: Sequence[Row]) -> None:
        """Take the first rows, which have just been fetched, as the ones to be given next."""
        self._take(rows, None)

    def next(self) -> Sequence[Row]:
        """The next rows; none at the end. ApiError, also where it was stopped meanwhile."""
        self._running.check()
        if not (self._rows or self.is_fetched):
            busy = time.perf_counter() - self._came_at
            self._take(self._outcome() if self._is_ahead else self._cursor.fetch(self._size), busy)
        batch = self._rows[: self._batch_rows]
        self._rows = self._rows[self._batch_rows :]
        return batch

    def _take(self, rows: Sequence[Row], busy: float | None) -> None:
        """busy: for how many seconds the reader had to do with the rows before; None: with none."""
        self._rows, self._came_at = rows, time.perf_counter()
        row_bytes = bytes_per_row(rows) if rows else 1
        a_batch = min(MOST_ROWS, max(1, BATCH_BYTES // row_bytes))
        parts = max(1, math.ceil(len(rows) / a_batch - OVER))
        self._batch_rows = math.ceil(len(rows) / parts)
        if self._left is not None:
            self._left -= len(rows)
        has_enough = self._left is not None and self._left <= 0
        self.is_fetched = has_enough or self._cursor.has_ended or not rows
        if self.is_fetched:
            return
        a_share = NEAR_SHARE * (busy or 0.0)
        is_far = self._cursor.round_trip_seconds >= max(NEAR_SECONDS, a_share)
        is_slow = self._cursor.waited_seconds >= max(SURELY_LONG_SECONDS, a_share)
        is_plain = self._cursor.is_plain
        if is_plain and is_far:
            self._grow(busy)
        else:
            self._grown = 1  # the way takes next to nothing, whatever was taken for it before
        self._size = self._next_size(a_batch, row_bytes)
        if is_plain and (is_far or is_slow):
            self._order(self._size)

    def _grow(self, busy: float | None) -> None:
        """Where the way takes longer than what is done meanwhile. A wait that has grown with the
        rows is the database's own: more at once would not spare any of it.
        """
        waited = self._cursor.waited_seconds
        if busy is None:
            # What the first rows took may be the statement's own time.
            if waited >= SURELY_LONG_SECONDS:
                self._grown, self._wait_before = 2, waited
        elif busy < waited < SAME_WAIT * self._wait_before:
            self._grown = min(2 * self._grown, MOST_GROWN)
            self._wait_before = waited

    def _next_size(self, a_batch: int, row_bytes: int) -> int:
        size = a_batch
        if self._grown > 1:
            most_bytes = min(self._grown * BATCH_BYTES, MOST_FETCHED_BYTES)
            declared = MOST_DECLARED_BYTES // self._cursor.most_row_bytes
            size = max(size, min(self._grown * MOST_ROWS, most_bytes // row_bytes, declared))
            # The driver keeps room for as many with each statement that it keeps.
            self._cursor.is_kept = self._cursor.is_kept and size == a_batch
        return size if self._left is None else min(size, self._left)

    # Fetching ahead.

    def _order(self, size: int) -> None:
        if self._orders is None:
            orders: queue.SimpleQueue[int | None] = queue.SimpleQueue()
            try:
                start_thread("fetch", self._fetch_all, orders)
            except ApiError:
                return  # it does without
            self._orders = orders
        self._is_ahead = True
        self._orders.put(size)

    def _fetch_all(self, orders: queue.SimpleQueue[int | None]) -> None:
        """The `fetch` thread."""
        while (size := orders.get()) is not None:
            try:
                self._outcomes.put((self._cursor.fetch(size), None))
            except ApiError as error:
                self._outcomes.put(((), error.fresh()))
            except BaseException:
                # A thread's entry point: the reader waits for an outcome.
                logger.exception("fetching rows failed in an unexpected way")
                defect = refuse("INTERNAL", "fetching rows failed in an unexpected way")
                self._outcomes.put(((), defect))

    def _outcome(self) -> Sequence[Row]:
        rows, error = self._outcomes.get()
        self._is_ahead = False
        if error is not None:
            raise error
        return rows

    def close(self) -> None:
        """Fetch no more: the cursor is the reader's again. Rows that have come are still given.

        What is under way ends by itself soon, or else is stopped, which does not take long either.
        Idempotent.
        """
        if self._is_ahead:
            try:
                self._outcomes.get(timeout=LEAVE_SECONDS)
            except queue.Empty:
                self._running.stop(cancelled())
                self._outcomes.get()
            self._is_ahead = False
        if self._orders is not None:
            self._orders.put(None)
            self._orders = None
