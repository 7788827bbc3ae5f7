"""The rows of one statement, as they are fetched.

Some values are more than the driver's own types can hold: time zones, digits of a second past the
sixth, years before 1. Only the database can write those out, so a statement whose description
shows such a column is run as a projection around itself: `SELECT "ID", TO_CHAR("AT", '...') FROM
(<statement>)`. Which statements those are is remembered, so that each is found out once; all others
run as they are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import oracle_driver
from columns import Carrying, Column, Fetch, Row, columns
from errors import ApiError
from execution import Execution
from oracle_pool import Lease
from oracle_rows import RowReader, cannot_be_written, holds_cursors, row_bytes
from oracle_session import Target
from oracle_variables import OutputTypes, set_bind_sizes
from settings import Settings
from sql_text import Kind
from statement import Statement

logger = logging.getLogger(__name__)

# The first answer brings this many rows along, so that a small result is one round trip. It cannot
# be bounded in bytes: how wide the rows are is known only when they have come.
FIRST_ROWS = 100
# Rows with LOBs or cursors come in smaller steps: each value may be as large as --max-lob-bytes.
FIRST_LARGE_ROWS = 16
# Rows with cursors always do: the database counts those against OPEN_CURSORS.
ROWS_WITH_CURSORS = 16
# Later batches are bounded both ways.
MOST_ROWS = 2000
BATCH_BYTES = 1_000_000
# How many statements with values to be written out are remembered.
MOST_PLANS = 500


class Plan(Enum):
    """How a statement is run."""

    AS_IS = "as it is"
    WRITTEN = "with the values that the driver cannot hold written out"
    DATES_WRITTEN = "with every moment written out: some lie before the year 1"


class Plans:
    """The statements that do not run as they are, by target and text. Safe from any thread."""

    # _plans is guarded by _lock; the least recently used goes first.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: OrderedDict[tuple[Target, str], Plan] = OrderedDict()

    def get(self, target: Target, sql: str) -> Plan:
        with self._lock:
            if not self._plans or (target, sql) not in self._plans:
                return Plan.AS_IS
            self._plans.move_to_end((target, sql))
            return self._plans[target, sql]

    def remember(self, target: Target, sql: str, plan: Plan) -> None:
        with self._lock:
            self._plans[target, sql] = plan
            while len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)


class Result:
    """The rows of one statement. Used by one thread; close() once or more."""

    def __init__(
        self,
        statement: Statement,
        execution: Execution,
        lease: Lease,
        forget: Callable[[Execution], None],
    ) -> None:
        self.columns: list[Column] = []
        self.is_complete = True
        self.truncated = False
        self.row_count = 0
        self._statement = statement
        self._execution = execution
        self._lease = lease
        self._forget = forget
        self._cursor: Any = None
        self._first: Sequence[Row] = ()
        self._has_ended = False
        self._reader: RowReader | None = None
        self._left_cursors = False
        self._remember: Callable[[Plan], None] = lambda _: None

    @property
    def execution_time_ms(self) -> float:
        return round((time.monotonic() - self._execution.started) * 1000, 2)

    def execute(self, plans: Plans, target: Target, settings: Settings) -> None:
        """Execute and fetch the first batch. ApiError."""
        sql = self._statement.text.sql
        if settings.log_sql:
            logger.info("sql: %s", sql)
        self._remember = lambda plan: plans.remember(target, sql, plan)
        plan = plans.get(target, sql)
        while True:
            try:
                self._execute(sql, plan, settings.max_lob_bytes)
                return
            except ApiError as error:
                better = _better_plan(plan, error)
                if better is None or not self._statement.is_query:
                    raise  # what may write is never run again
                plan = better
                self._remember(plan)

    def _execute(self, sql: str, plan: Plan, max_lob_bytes: int) -> None:
        carrying = Carrying(
            self._statement.numbers_as_strings, plan is Plan.DATES_WRITTEN, max_lob_bytes
        )
        if plan is Plan.AS_IS:
            self._run(sql)
            if self._cursor.description is None:
                self._commit()
                return
            described = self._described(carrying)
            if _is_written(described):
                self._remember(Plan.WRITTEN)
                described = self._run_written(sql, described, carrying)
        else:
            described = self._run_written(sql, self._describe(sql, carrying), carrying)
        self.columns = described
        if self._has_cursors():
            self._reader = RowReader(carrying, self._lease.session.output_types)
        self._fetch_first()

    def _has_cursors(self) -> bool:
        return any(column.fetch is Fetch.ROWS for column in self.columns)

    def _describe(self, sql: str, carrying: Carrying) -> list[Column]:
        """The columns that it has now: its tables may have changed since the last run."""
        with self._execution.call(self._lease):
            self._new_cursor(sql).parse(sql)
        return self._described(carrying)

    def _described(self, carrying: Carrying) -> list[Column]:
        kinds = self._lease.session.output_types.kinds()
        return columns(self._cursor.description or (), carrying, kinds)

    def _output_types(self, sql: str) -> OutputTypes:
        session = self._lease.session
        if session.output_types is None:
            session.output_types = OutputTypes()
            session.connection.outputtypehandler = session.output_types.nested
        output_types: OutputTypes = session.output_types
        output_types.begin(sql)
        return output_types

    def _run_written(self, sql: str, described: list[Column], carrying: Carrying) -> list[Column]:
        """Run it, in a projection where one is needed. Returns the columns as they come."""
        if not _is_written(described):
            self._run(sql)
            return self._described(carrying)
        if self._statement.text.kind is not Kind.QUERY:
            raise cannot_be_written(described, "only a plain query can be")
        try:
            self._run(written_out(sql, described))
        except ApiError as error:
            if error.status != 400 or error.full_code == "VALUE_OUT_OF_RANGE":
                raise
            raise cannot_be_written(described, error.message) from error
        # The type of a select item that is a bind is known only now.
        as_run = self._described(carrying)
        return [
            before if before.projection is not None else replace(now, name=before.name)
            for before, now in zip(described, as_run, strict=True)
        ]

    def _run(self, sql: str) -> None:
        with self._execution.call(self._lease):
            cursor = self._new_cursor(sql)
            cursor.arraysize = cursor.prefetchrows = self._first_rows(FIRST_ROWS)
            set_bind_sizes(cursor, self._statement.binds)
            cursor.execute(sql, self._statement.binds)

    def _new_cursor(self, sql: str) -> Any:
        """The cursor of the next run, in the place of an earlier one's."""
        self._close_cursor()
        self._cursor = self._lease.session.connection.cursor()
        self._cursor.outputtypehandler = self._output_types(sql)
        return self._cursor

    def _first_rows(self, most: int) -> int:
        limit = self._statement.max_rows
        return most if limit is None else min(limit + 1, most)

    def _commit(self) -> None:
        with self._execution.call(self._lease):
            self._lease.session.connection.commit()
        self.row_count = max(0, self._cursor.rowcount)

    def _fetch_first(self) -> None:
        are_large = self._has_cursors() or any(column.is_large for column in self.columns)
        most = self._first_rows(FIRST_LARGE_ROWS if are_large else FIRST_ROWS)
        self._first = self._fetch(most)
        self.is_complete = self._has_ended or self._is_full(len(self._first))

    def _fetch(self, most: int) -> Sequence[Row]:
        """The next rows: `most`, unless they end before, or are large when made whole."""
        if self._reader is not None:
            return self._fetch_whole(self._reader, most)
        with self._execution.call(self._lease):
            self._cursor.arraysize = most
            rows: Sequence[Row] = self._cursor.fetchmany(most)
        self._has_ended = len(rows) < most
        return rows

    def _fetch_whole(self, reader: RowReader, most: int) -> Sequence[Row]:
        rows: list[Row] = []
        size = 0
        with self._execution.call(self._lease):
            self._cursor.arraysize = min(most, ROWS_WITH_CURSORS)
            while len(rows) < most and size < BATCH_BYTES:
                row = self._cursor.fetchone()
                if row is None:
                    self._has_ended = True
                    break
                rows.append(reader.whole(row, self.columns))
                size += row_bytes(rows[-1])
        return rows

    def _is_full(self, rows_here: int) -> bool:
        limit = self._statement.max_rows
        return limit is not None and self.row_count + rows_here > limit

    def batches(self) -> Iterator[Sequence[Row]]:
        """The rows, batch by batch; none is empty. ApiError. Totals are right after the last.

        The session is given back as soon as the last batch is here, before that is sent.
        """
        batch, self._first = self._first, ()
        more_to_come = not self.is_complete
        limit = self._statement.max_rows
        while batch:
            if self._is_full(len(batch)):
                assert limit is not None
                batch = batch[: limit - self.row_count]
                self.truncated, more_to_come = True, False
            self.row_count += len(batch)
            if not more_to_come:
                self.close()
            if batch:
                yield batch
            if not more_to_come:
                return
            batch = self._fetch_next(self._next_size(batch))
            more_to_come = not self._has_ended
        self.close()

    def _fetch_next(self, size: int) -> Sequence[Row]:
        try:
            return self._fetch(size)
        except ApiError as error:
            if error.full_code == "VALUE_OUT_OF_RANGE":
                # Rows have left already: it is too late to run the statement in another way.
                self._remember(Plan.DATES_WRITTEN)
            self.close()
            raise

    def _next_size(self, batch: Sequence[Row]) -> int:
        size = min(MOST_ROWS, max(1, BATCH_BYTES // _row_bytes(batch)))
        limit = self._statement.max_rows
        return size if limit is None else min(size, limit + 1 - self.row_count)

    def close(self) -> None:
        """End the statement and give its session back. Idempotent, from the thread that used it."""
        self._execution.end()
        self._forget(self._execution)
        self.release()

    def release(self) -> None:
        """Give the session back, but let the statement live on: it may run again on another."""
        try:
            if self._cursor is not None:
                self._close_cursor()
                self._roll_back()
            if self._left_cursors and not self._lease.is_spoiled:
                self._close_left_cursors()
        finally:
            self._lease.close()

    def _close_cursor(self) -> None:
        """End a run. The session keeps its statement for the next one, unless cursors are in its
        rows: the database closes those with the statement, and the driver never by themselves.
        """
        cursor, self._cursor = self._cursor, None
        if cursor is None:
            return
        sql, has_cursors = cursor.statement, holds_cursors(cursor.description)
        cursor.close()
        if has_cursors:
            self._left_cursors = True
            with self._lease.session.connection.cursor() as again:
                again.prepare(sql, cache_statement=False)

    def _close_left_cursors(self) -> None:
        """Any call tells the database what to close; until the next one they would stay open."""
        if not self._lease.session.answers_ping():
            self._lease.spoil()

    def _roll_back(self) -> None:
        """Leave no transaction behind: a failed write, or a query that touched a database link."""
        connection = self._lease.session.connection
        try:
            if connection.transaction_in_progress:
                connection.rollback()
        except oracle_driver.failures():
            self._lease.spoil()


def _better_plan(plan: Plan, error: ApiError) -> Plan | None:
    """The plan for a statement whose rows turned out to hold what the driver cannot."""
    if error.full_code == "VALUE_OUT_OF_RANGE" and plan is not Plan.DATES_WRITTEN:
        return Plan.DATES_WRITTEN
    if error.full_code == "DPY-3022" and plan is Plan.AS_IS:
        return Plan.WRITTEN
    return None


def written_out(sql: str, described: Sequence[Column]) -> str:
    """The projection around a query that writes out what the driver cannot hold.

    By name where the names allow it; otherwise as a named subquery with names of our own, which
    Oracle takes for repeated names too. The statement keeps its text, and so its binds and hints; a
    line feed ends a comment on its last line.
    """
    names = [column.name for column in described]
    if _can_be_referred_to(names):
        own, source = [f'"{name}"' for name in names], f"(\n{sql}\n)"
        start = ""
    else:
        own, source = [f"C{i}" for i in range(1, len(names) + 1)], "Q"
        start = f"WITH Q ({', '.join(own)}) AS (\n{sql}\n)\n"
    items = [
        name if column.projection is None else column.projection.format(name)
        for name, column in zip(own, described, strict=True)
    ]
    # Whoever may send the statement may send this one: nothing is injected that was not his.
    return f"{start}SELECT {', '.join(items)} FROM {source}"  # noqa: S608


# Quoted or not, these may mean the pseudocolumn of the outer query.
_PSEUDOCOLUMNS = frozenset({"ROWID", "ROWNUM", "LEVEL", "ORA_ROWSCN"})
_LONGEST_NAME = 30


def _can_be_referred_to(names: Sequence[str]) -> bool:
    return max(Counter(names).values()) == 1 and all(
        0 < len(name.encode()) <= _LONGEST_NAME and '"' not in name and name not in _PSEUDOCOLUMNS
        for name in names
    )


def _is_written(described: Sequence[Column]) -> bool:
    return any(column.projection is not None for column in described)


def _row_bytes(batch: Sequence[Row]) -> int:
    """About how much memory one row takes, from a few of them."""
    sample = batch[:: max(1, len(batch) // 8)]
    return sum(map(row_bytes, sample)) // len(sample)
