"""One statement at a time: what may run, running it, running a read again, cancelling it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.settings import Settings
from oracle.lease import Lease, Lender
from oracle.target import Target
from query.cursor import StatementCursor
from query.result import Result
from query.rewriting import KnownRewrites, Rewriter
from query.running import RunningQuery, cancelled
from sql.statement import Statement

logger = logging.getLogger(__name__)

WhenGone: TypeAlias = Callable[[Callable[[], None]], None]


class Queries:
    """Runs statements, and knows those that run. Safe to call from any thread."""

    # _running is guarded by _lock.

    def __init__(self, lender: Lender, settings: Settings) -> None:
        self._lender = lender
        self._settings = settings
        self._lock = threading.Lock()
        self._running: set[RunningQuery] = set()
        self.rewrites = KnownRewrites()
        """For those who run statements in forms of their own, too."""

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

        when_gone is given a function that stops the query, to be called when its answer is
        no longer waited for. A read whose session turns out dead is run once more on a fresh one,
        behind the first batch when the result is asked for it; one under which something changed,
        once more on the same.
        """
        running = self.begin(deadline, statement.query_id)
        try:
            if when_gone is not None:
                when_gone(running.caller_left)
            if self._settings.log_sql:
                logger.info("sql: %s", statement.text.sql)
            return self._first_batch(running, target, statement, name)
        except BaseException:
            self.end(running)
            raise

    def begin(self, deadline: Deadline, query_id: str | None) -> RunningQuery:
        """A statement that can be stopped from now on. The caller ends it with end()."""
        running = RunningQuery(deadline, query_id)
        with self._lock:
            self._running.add(running)
        return running

    def end(self, running: RunningQuery) -> None:
        """Idempotent."""
        running.end()
        self._forget(running)

    def _first_batch(
        self,
        running: RunningQuery,
        target: Target,
        statement: Statement,
        name: str | None,
        is_fresh: bool = False,
    ) -> Result:
        """is_fresh: it runs again, after which its session is not replaced once more."""
        has_changed = False
        lease = self._lease(running, target, statement, name, is_fresh)
        while True:
            result = self._result(running, target, statement, lease)
            try:
                result.start()
                if statement.is_query and not is_fresh:
                    result.run_again = partial(
                        self._first_batch, running, target, statement, name, is_fresh=True
                    )
                return result
            except ApiError as error:
                if not statement.is_query:
                    result.release()
                    # Its caller is not to do blindly either what is not done here.
                    error.retryable = error.retryable and not error.is_for_reads
                    raise
                if error.is_changed_underneath and not has_changed:
                    has_changed = True
                    # With its transaction, if any: a serializable one sees what it began with.
                    result.leave_session()
                elif error.session_dead and not is_fresh:
                    is_fresh = True
                    lease.discard()
                else:
                    result.release()
                    raise
                logger.info("running a read again after %s", error.full_code)
            except BaseException:
                result.release()
                raise
            if lease.is_discarded:
                result.release()
                lease = self._lease(running, target, statement, name, is_fresh)

    def _lease(
        self,
        running: RunningQuery,
        target: Target,
        statement: Statement,
        name: str | None,
        is_fresh: bool,
    ) -> Lease:
        lease = self._lender.lease(
            target,
            running.deadline,
            name=name,
            is_fresh=is_fresh,
            always_probe=not statement.is_query,
            waiting=running.waits,
        )
        if statement.may_change_session:
            lease.discard()
        return lease

    def _result(
        self, running: RunningQuery, target: Target, statement: Statement, lease: Lease
    ) -> Result:
        cursor = StatementCursor(statement, running, lease)
        limit = self._settings.max_lob_bytes
        rewriter = Rewriter(self.rewrites, target, statement, cursor, limit)
        return Result(statement.max_rows, running, lease, cursor, rewriter, self._forget)

    def cancel(self, query_id: str) -> bool:
        """Stop every query that runs by that id. False when there is none."""
        with self._lock:
            named = [query for query in self._running if query.query_id == query_id]
        stopped = [query.stop(cancelled()) for query in named]
        return any(stopped)

    def cancel_all(self) -> int:
        """Stop everything at the end of the process. Returns how many queries that were."""
        with self._lock:
            running = list(self._running)
        error = refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        return sum([query.stop(error) for query in running])

    def _forget(self, query: RunningQuery) -> None:
        with self._lock:
            self._running.discard(query)
