"""The rows of one statement, as they are fetched.

Some values are more than the driver's own types can hold: time zones, digits of a second past the
sixth, years before 1, fractions inside objects. Only the database can write those out, so a
statement that shows such a column is run inside an outer query: `SELECT "ID",
TO_CHAR("AT", '...') FROM (<statement>)`. Which statements those are is remembered, so that each is
found out once; all others run as they are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from common.errors import ApiError, refuse
from common.settings import Settings
from oracle.lease import Lease
from oracle.target import Target
from query.cursor import BATCH_BYTES, Run
from query.rewriting import Plan, Plans
from query.row_completion import row_bytes
from query.running import Execution
from sql.statement import Statement
from values.type_table import Column, Row, ValueOptions

logger = logging.getLogger(__name__)

# Batches after the first are bounded by this and in bytes.
MOST_ROWS = 2000


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
        self.is_over = False
        self.truncated = False
        self.row_count = 0
        self._statement = statement
        self._execution = execution
        self._lease = lease
        self._forget = forget
        self._run = Run(statement, execution, lease)
        self._first: Sequence[Row] = ()
        self._plan = Plan()
        self._remember: Callable[[Plan], None] = lambda _: None

    @property
    def execution_time_ms(self) -> float:
        return round((time.monotonic() - self._execution.started) * 1000, 2)

    @property
    def is_wanted_back(self) -> bool:
        """True when others wait for the session that it still holds, or it was stopped."""
        return self._lease.is_wanted or (self._execution.is_stopped and not self.is_over)

    def execute(self, plans: Plans, target: Target, settings: Settings) -> None:
        """Execute and fetch the first batch. ApiError."""
        sql = self._statement.text.sql
        if settings.log_sql:
            logger.info("sql: %s", sql)
        self._remember = lambda plan: plans.remember(target, sql, plan)
        self._plan = plans.get(target, sql)
        if self._statement.may_change_session:
            self._lease.discard()
        reason: ApiError | None = None
        while True:
            try:
                self._run.execute(self._options(settings), self._plan.is_written, self._write)
                self.columns, self.row_count = self._run.columns, self._run.row_count
                self._fetch_first()
                if reason is not None:
                    self._remember(self._plan)
                return
            except ApiError as error:
                better = self._plan.better(error)
                if better is None or not self._statement.is_query:
                    # What may write is never run again.
                    raise self._run.explained(_with_reason(error, reason)) from reason
                # Remembered when it has helped: what was wrong may be one value that is bound.
                self._plan, reason = better, error

    def _options(self, settings: Settings) -> ValueOptions:
        return ValueOptions(
            self._statement.numbers_as_strings,
            self._plan.dates,
            self._plan.objects,
            settings.max_lob_bytes,
        )

    def _change_plan(self, plan: Plan) -> None:
        self._plan = plan
        self._remember(plan)

    def _write(self) -> None:
        self._change_plan(self._plan._replace(is_written=True))

    def _fetch_first(self) -> None:
        if not self.columns:
            return
        self._first = self._run.fetch(self._run.first_rows)
        self.is_complete = self._run.has_ended or self._is_full(len(self._first))

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
                self.is_over = True
                self.close()
            if batch:
                yield batch
            if not more_to_come:
                return
            batch = self._fetch_next(self._next_size(batch))
            more_to_come = not self._run.has_ended
        self.close()

    def _fetch_next(self, size: int) -> Sequence[Row]:
        try:
            return self._run.fetch(size)
        except ApiError as error:
            self.close()
            better = self._plan.better(error)
            if better is None:
                raise self._run.explained(error) from None
            # Rows have left already: it is too late to run the statement in another way.
            self._remember(better)
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
            self._run.close()
        finally:
            self._lease.close()


def _with_reason(error: ApiError, reason: ApiError | None) -> ApiError:
    """With what was found out before, where the way around that is barred."""
    if error.full_code != "UNSUPPORTED_TYPE" or reason is None:
        return error
    return refuse("UNSUPPORTED_TYPE", f"{reason.message}; {error.message}")


def _row_bytes(batch: Sequence[Row]) -> int:
    """About how much memory one row takes, from a few of them."""
    sample = batch[:: max(1, len(batch) // 8)]
    return sum(map(row_bytes, sample)) // len(sample)
