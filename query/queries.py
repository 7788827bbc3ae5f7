"""One statement at a time: what may run, running it, running a read again, cancelling it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.settings import Settings
from oracle.lease import Lender
from oracle.target import Target
from query.result import Result
from query.rewriting import Plans
from query.running import Execution, cancelled
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
        self._running: set[Execution] = set()
        self._plans = Plans()

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
        execution = Execution(deadline, statement.query_id)
        with self._lock:
            self._running.add(execution)
        if when_gone is not None:
            when_gone(execution.give_up)
        try:
            return self._first_batch(execution, target, statement, name)
        except BaseException:
            execution.end()
            self._forget(execution)
            raise

    def _first_batch(
        self, execution: Execution, target: Target, statement: Statement, name: str | None
    ) -> Result:
        is_fresh = False
        while True:
            lease = self._lender.lease(
                target,
                execution.deadline,
                name=name,
                is_fresh=is_fresh,
                always_probe=not statement.is_query,
                waiting=execution.waits,
            )
            result = Result(statement, execution, lease, self._forget)
            try:
                result.execute(self._plans, target, self._settings)
                return result
            except ApiError as error:
                result.release()
                if not statement.is_query:
                    # Its caller is not to do blindly either what is not done here.
                    error.retryable = error.retryable and not error.is_for_reads
                    raise
                if not error.session_dead or is_fresh:
                    raise
                logger.info("running a read again after %s", error.full_code)
                is_fresh = True
            except BaseException:
                result.release()
                raise

    def cancel(self, query_id: str) -> bool:
        """Stop every query that runs by that id. False when there is none."""
        with self._lock:
            named = [e for e in self._running if e.query_id == query_id]
        stopped = [execution.stop(cancelled()) for execution in named]
        return any(stopped)

    def cancel_all(self) -> int:
        """Stop everything at the end of the process. Returns how many queries that were."""
        with self._lock:
            running = list(self._running)
        error = refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        return sum([execution.stop(error) for execution in running])

    def _forget(self, execution: Execution) -> None:
        with self._lock:
            self._running.discard(execution)
