"""One statement: bind, execute, fetch in batches, retry once, cancel.

A query is stopped in one way, whatever the reason (its own time limit, /cancel, a caller who went
away, the end of the process): the reason is noted, a break is sent if a call is running in the
database, and if that does not end the call within BREAK_SECONDS its connection is cut. A session
that was sent a break is dropped, since a late break would hit its next user.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import oracle_driver
from deadline import Deadline
from errors import ApiError, from_oracle, refuse
from oracle_pool import GiveUp, Lease, Pools
from oracle_session import Session, Target
from rows import Binds, Column, Fetch, Row, columns
from settings import Settings
from sql_text import Kind, Text, read

logger = logging.getLogger(__name__)

# A database that does not answer a break in this time is left: its connection is cut.
BREAK_SECONDS = 1.0
# The first answer brings this many rows along, so that a small result is one round trip. It cannot
# be bounded in bytes: how wide the rows are is known only when they have come.
FIRST_ROWS = 100
# Later batches are bounded both ways.
MOST_ROWS = 2000
BATCH_BYTES = 1_000_000

WhenGone: TypeAlias = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Statement:
    """A statement to run, checked when made."""

    text: Text
    binds: Binds = None
    max_rows: int | None = None
    """Most rows to return; None for all."""
    query_id: str | None = None
    numbers_as_strings: bool = False

    @classmethod
    def make(cls, sql: str, allow_write: bool, **options: Any) -> Statement:
        """ApiError 403 for what may not run, 400 for what is not one statement."""
        text = read(sql)
        if text.kind is Kind.EMPTY:
            raise refuse("NO_STATEMENT", "sql holds no statement")
        if text.kind is not Kind.QUERY and not allow_write:
            raise refuse("READ_ONLY", f"only queries run here, and this is {_WHAT[text.kind]}")
        if text.is_multiple:
            raise refuse("MULTIPLE_STATEMENTS", "sql holds more than one statement")
        return cls(text, **options)

    @property
    def is_query(self) -> bool:
        return self.text.kind is Kind.QUERY


_WHAT = {
    Kind.LOCKING_QUERY: "a query FOR UPDATE, which locks rows",
    Kind.BLOCK: "PL/SQL",
    Kind.OTHER: "a statement of another kind",
}


class Queries:
    """Runs statements, and knows those that run. Safe to call from any thread."""

    # _running is guarded by _lock. _wakes_at, the time at which the timekeeper looks up next, is
    # guarded by the condition's own lock.

    def __init__(self, pools: Pools, settings: Settings) -> None:
        self._pools = pools
        self._settings = settings
        self._lock = threading.Lock()
        self._running: set[_Execution] = set()
        self._timekeeper = _Timekeeper(self._stop_expired)

    def run(
        self,
        target: Target,
        statement: Statement,
        deadline: Deadline,
        *,
        name: str | None = None,
        when_gone: WhenGone | None = None,
    ) -> Result:
        """Run a statement as far as its first batch. The caller closes the result.

        when_gone is given a function that stops the query, to be called when nobody waits for its
        answer any more. A read whose session turns out dead is run once more on a fresh one.
        """
        execution = _Execution(statement, deadline)
        with self._lock:
            self._running.add(execution)
        self._timekeeper.watch(deadline)
        if when_gone is not None:
            when_gone(execution.give_up)
        try:
            return self._first_batch(execution, target, name)
        except BaseException:
            execution.end()
            self._forget(execution)
            raise

    def _first_batch(self, execution: _Execution, target: Target, name: str | None) -> Result:
        is_fresh = False
        while True:
            lease = self._pools.lease(
                target,
                execution.deadline,
                name=name,
                is_fresh=is_fresh,
                waiting=execution.waits,
            )
            result = Result(execution, lease, self._settings, self._forget)
            try:
                result.execute()
                return result
            except ApiError as error:
                result.release()
                if not (error.session_dead and execution.statement.is_query) or is_fresh:
                    raise
                logger.info("running a read again after %s", error.full_code)
                is_fresh = True
            except BaseException:
                result.release()
                raise

    def cancel(self, query_id: str) -> bool:
        """Stop every query that runs by that id. False when there is none."""
        with self._lock:
            named = [e for e in self._running if e.statement.query_id == query_id]
        stopped = [execution.stop(_cancelled()) for execution in named]
        return any(stopped)

    def cancel_all(self) -> int:
        """Stop everything at the end of the process. Returns how many queries that were."""
        with self._lock:
            running = list(self._running)
        error = refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        return sum([execution.stop(error) for execution in running])

    def _forget(self, execution: _Execution) -> None:
        with self._lock:
            self._running.discard(execution)

    def _stop_expired(self) -> Deadline | None:
        """Stop what has run out of time; returns the next deadline of those that go on."""
        with self._lock:
            running = list(self._running)
        for execution in running:
            if execution.deadline.remaining() <= 0:
                execution.stop(_out_of_time(execution.deadline))
        waiting = [e.deadline for e in running if e.deadline.remaining() > 0]
        return min(waiting, key=lambda deadline: deadline.at, default=None)


class _Execution:
    """One statement on its way through waiting, executing and fetching; knows how to stop it."""

    # _lock guards the reason to stop and what is to be stopped. It is held while a break is sent:
    # the session could otherwise be in somebody else's hands when the break arrives.

    def __init__(self, statement: Statement, deadline: Deadline) -> None:
        self.statement = statement
        self.deadline = deadline
        self.started = time.monotonic()
        self._lock = threading.Lock()
        self._stopped_by: ApiError | None = None
        self._give_up: GiveUp | None = None
        self._in_call: Session | None = None
        self._was_broken = False
        self._is_over = False

    def waits(self, give_up: GiveUp) -> None:
        """It waits for a session from now on; give_up ends the wait."""
        with self._lock:
            self._give_up = give_up
            stopped_by = self._stopped_by
        if stopped_by is not None:
            give_up(stopped_by)

    @contextmanager
    def call(self, lease: Lease) -> Iterator[None]:
        """Around each call of the driver: it can be broken off, and its errors become ApiError."""
        driver = oracle_driver.driver(0)
        with self._lock:
            self._give_up = None
            if self._stopped_by is not None:
                raise self._stopped_by
            self._in_call = lease.session
        failure: ApiError | None = None
        try:
            yield
        except (driver.Error, OSError) as error:
            failure = from_oracle(error)
            failure.__cause__ = error
        except (ValueError, OverflowError) as error:
            # The driver's own types cannot hold what came, nor what was bound.
            failure = refuse("UNSUPPORTED_TYPE", f"a value cannot be carried: {error}")
            failure.__cause__ = error
        finally:
            with self._lock:
                self._in_call = None
                stopped_by = self._stopped_by
            if self._was_broken or (failure is not None and failure.session_dead):
                lease.spoil()
        if stopped_by is not None:
            raise stopped_by
        if failure is not None:
            raise failure

    def stop(self, why: ApiError) -> bool:
        """Stop it, from any thread. False when it is over, or was stopped before."""
        with self._lock:
            if self._is_over or self._stopped_by is not None:
                return False
            self._stopped_by = why
            give_up, session = self._give_up, self._in_call
            if session is not None:
                self._was_broken = True
                session.interrupt()
        if session is not None:
            watchdog = threading.Timer(BREAK_SECONDS, self._cut, [session])
            watchdog.daemon = True
            watchdog.start()
        elif give_up is not None:
            give_up(why)
        return True

    def give_up(self) -> None:
        """Nobody waits for its answer any more."""
        self.stop(_cancelled())

    def _cut(self, session: Session) -> None:
        with self._lock:
            if self._in_call is session:
                session.abort()

    def end(self) -> None:
        with self._lock:
            self._is_over = True


class Result:
    """The rows of one statement, as they are fetched. Used by one thread; close() once or more."""

    def __init__(
        self,
        execution: _Execution,
        lease: Lease,
        settings: Settings,
        forget: Callable[[_Execution], None],
    ) -> None:
        self.columns: list[Column] = []
        self.is_complete = True
        self.truncated = False
        self.row_count = 0
        self._execution = execution
        self._lease = lease
        self._settings = settings
        self._forget = forget
        self._cursor: Any = None
        self._first: Sequence[Row] = ()

    @property
    def execution_time_ms(self) -> float:
        return round((time.monotonic() - self._execution.started) * 1000, 2)

    def execute(self) -> None:
        """Execute and fetch the first batch. ApiError."""
        statement = self._execution.statement
        connection = self._lease.session.connection
        if self._settings.log_sql:
            logger.info("sql: %s", statement.text.sql)
        with self._execution.call(self._lease):
            self._cursor = cursor = connection.cursor()
            cursor.outputtypehandler = _output_type
            limit = statement.max_rows
            first = FIRST_ROWS if limit is None else min(limit + 1, FIRST_ROWS)
            cursor.arraysize = cursor.prefetchrows = first
            self._set_bind_sizes(cursor, statement.binds)
            cursor.execute(statement.text.sql, statement.binds)
            description = cursor.description
        if description is None:
            self._written(connection, cursor)
            return
        self.columns = columns(description, statement.numbers_as_strings)
        self._first = self._fetch(first)
        self.is_complete = len(self._first) < first or self._is_full(len(self._first))

    def _set_bind_sizes(self, cursor: Any, binds: Binds) -> None:
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

    def _written(self, connection: Any, cursor: Any) -> None:
        with self._execution.call(self._lease):
            connection.commit()
        self.row_count = max(0, cursor.rowcount)

    def _fetch(self, most: int) -> Sequence[Row]:
        with self._execution.call(self._lease):
            rows: Sequence[Row] = self._cursor.fetchmany(most)
        return rows

    def _is_full(self, rows_here: int) -> bool:
        limit = self._execution.statement.max_rows
        return limit is not None and self.row_count + rows_here > limit

    def batches(self) -> Iterator[Sequence[Row]]:
        """The rows, batch by batch; none is empty. ApiError. Totals are right after the last."""
        batch = self._first
        self._first = ()
        more_to_come = not self.is_complete
        limit = self._execution.statement.max_rows
        while batch:
            if self._is_full(len(batch)):
                assert limit is not None
                batch = batch[: limit - self.row_count]
                self.truncated, more_to_come = True, False
            self.row_count += len(batch)
            if batch:
                yield batch
            if not more_to_come:
                return
            size = self._next_size(batch)
            self._cursor.arraysize = size
            batch = self._fetch(size)
            more_to_come = len(batch) == size

    def _next_size(self, batch: Sequence[Row]) -> int:
        size = min(MOST_ROWS, max(1, BATCH_BYTES // _row_bytes(batch)))
        limit = self._execution.statement.max_rows
        return size if limit is None else min(size, limit + 1 - self.row_count)

    def close(self) -> None:
        """End the statement and give its session back. Idempotent, from the thread that used it."""
        self._execution.end()
        self._forget(self._execution)
        self.release()

    def release(self) -> None:
        """Give the session back, but let the statement live on: it may run again on another."""
        try:
            cursor, self._cursor = self._cursor, None
            if cursor is not None:
                cursor.close()
                self._roll_back()
        finally:
            self._lease.close()

    def _roll_back(self) -> None:
        """Leave no transaction behind: a failed write, or a query that touched a database link."""
        driver = oracle_driver.driver(0)
        connection = self._lease.session.connection
        try:
            if connection.transaction_in_progress:
                connection.rollback()
        except (driver.Error, OSError):
            self._lease.spoil()


def _output_type(cursor: Any, metadata: Any) -> Any:
    """What the driver is to hand over for a column, where that is not its own choice."""
    fetch = _FETCH_BY_TYPE.get(metadata.type_code.name)
    if fetch is Fetch.DIGITS:
        return cursor.var(str, arraysize=cursor.arraysize)
    if fetch is Fetch.TEXT:
        return cursor.var(
            metadata.type_code,
            size=metadata.internal_size,
            arraysize=cursor.arraysize,
            encoding_errors="surrogateescape",
        )
    return None


_FETCH_BY_TYPE = {
    "DB_TYPE_NUMBER": Fetch.DIGITS,
    "DB_TYPE_CHAR": Fetch.TEXT,
    "DB_TYPE_VARCHAR": Fetch.TEXT,
    "DB_TYPE_NCHAR": Fetch.TEXT,
    "DB_TYPE_NVARCHAR": Fetch.TEXT,
}


def _has_fraction(value: object) -> bool:
    return isinstance(value, datetime) and value.microsecond != 0


def _row_bytes(batch: Sequence[Row]) -> int:
    """About how much memory one row takes, from a few of them."""
    sample = batch[:: max(1, len(batch) // 8)]
    texts = sum(len(v) for row in sample for v in row if isinstance(v, str | bytes))
    return texts // len(sample) + 60 * len(sample[0])


def _cancelled() -> ApiError:
    return refuse("ORA-01013", "ORA-01013: the query was cancelled")


def _out_of_time(deadline: Deadline) -> ApiError:
    return refuse("DPY-4024", f"the query did not end within its limit of {deadline.seconds:g} s")


class _Timekeeper:
    """One thread that looks up when the next deadline passes.

    It asks for the next deadline only when it wakes, so that most statements cost it nothing: one
    that starts while an earlier deadline is awaited need not be told of.
    """

    def __init__(self, on_time: Callable[[], Deadline | None]) -> None:
        self._on_time = on_time
        self._changed = threading.Condition()
        self._wakes_at: float | None = None
        self._thread: threading.Thread | None = None

    def watch(self, deadline: Deadline) -> None:
        """See to it that on_time is called when the deadline passes."""
        with self._changed:
            if self._wakes_at is not None and self._wakes_at <= deadline.at:
                return
            self._wakes_at = deadline.at
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="timekeeper", daemon=True)
                self._thread.start()
            else:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._wakes_at is None or (left := self._wakes_at - time.monotonic()) > 0:
                    self._changed.wait(None if self._wakes_at is None else left)
                self._wakes_at = None
            try:
                following = self._on_time()
            except Exception:
                # A thread's entry point: time limits must outlive any defect here.
                logger.exception("looking up deadlines failed")
                continue
            if following is not None:
                self.watch(following)
