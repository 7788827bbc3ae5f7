"""What runs, and how it is stopped.

A query is stopped in one way, whatever the reason (its own time limit, /cancel, a caller who went
away, the end of the process): the reason is noted, a break is sent if a call is running in the
database, and if that does not end the call within BREAK_SECONDS its connection is cut. A session
that was sent a break is dropped, since a late break would hit its next user.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from common.alarms import ALARMS
from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.threads import start_thread
from oracle import driver as oracle_driver
from oracle.error_codes import from_statement
from oracle.lease import GiveUp, Lease
from oracle.session import Session
from oracle.tns_socket import WAITS

logger = logging.getLogger(__name__)

# A database that does not answer a break in this time is left: its connection is cut.
BREAK_SECONDS = 1.0


class RunningQuery:
    """One statement on its way through waiting, executing and fetching; knows how to stop it.

    ApiError 503 where its time limit could not be watched. end() it in any case.
    """

    # _lock guards the reason to stop and what is to be stopped. It is held while a break is sent:
    # the session could otherwise have been lent again when the break arrives.

    def __init__(self, deadline: Deadline, query_id: str | None) -> None:
        self.deadline = deadline
        self.query_id = query_id
        self.started = time.monotonic()
        self._lock = threading.Lock()
        self._stopped_by: ApiError | None = None
        self._call_off_wait: GiveUp | None = None
        self._in_call: Session | None = None
        self._was_broken = False
        self.was_cut = False
        """Its connection was cut, since the database did not answer a break."""
        self.waited_seconds = 0.0
        """The longest wait for the database in the call that ended last; for its own thread."""
        self._is_over = False
        self._time_limit = ALARMS.at(deadline.at, self._run_out)

    def waits(self, give_up: GiveUp) -> None:
        """It waits for something other than a call from now on; give_up ends the wait, and does
        nothing when that is over.
        """
        with self._lock:
            self._call_off_wait = give_up
            stopped_by = self._stopped_by
        if stopped_by is not None:
            give_up(stopped_by)

    @contextmanager
    def call(self, lease: Lease) -> Iterator[None]:
        """Around each call of the driver: it can be broken off, and its errors become ApiError."""
        with self._lock:
            if self._stopped_by is not None:
                raise self._stopped_by.fresh()
            self._in_call = lease.session
        failure: ApiError | None = None
        is_unharmed = False
        WAITS.longest = 0.0
        try:
            yield
            is_unharmed = True
        except ApiError:
            is_unharmed = True  # our own word on what came: the driver is in no call
            raise
        except oracle_driver.failures() as error:
            failure = _meaning(error, lease.session)
            if failure is None:
                raise
            is_unharmed = oracle_driver.was_answered(error) and not lease.session.is_lost()
            is_unharmed = is_unharmed and not failure.session_dead
        finally:
            self.waited_seconds = WAITS.longest
            if 0.0 < WAITS.longest < lease.session.shortest_wait:
                lease.session.shortest_wait = WAITS.longest
            with self._lock:
                self._in_call = None
                stopped_by = self._stopped_by
            if self._was_broken or not is_unharmed:
                lease.discard()
        if stopped_by is not None:
            raise stopped_by.fresh()
        if failure is not None:
            # Without the driver's error as its cause, which keeps the driver's frames and, through
            # them, its sockets; its words are in the failure.
            raise failure.fresh() from None

    def stop(self, why: ApiError, break_off: Callable[[Session], None] = Session.interrupt) -> bool:
        """Stop it, from any thread. False when it is over, or was stopped before."""
        with self._lock:
            if self._is_over or self._stopped_by is not None:
                return False
            self._stopped_by = why
            give_up, session = self._call_off_wait, self._in_call
            if session is not None:
                self._was_broken = True
                break_off(session)
        if session is not None:
            ALARMS.after(BREAK_SECONDS, partial(self._cut, session))
        if give_up is not None:
            # A call may be under way on another thread than that which waits.
            give_up(why)
        return True

    def check(self) -> None:
        """ApiError, the reason, where it was stopped."""
        if self._stopped_by is not None:
            raise self._stopped_by.fresh()

    @property
    def is_stopped(self) -> bool:
        return self._stopped_by is not None

    def caller_left(self) -> None:
        """Stop it, since its answer is no longer waited for."""
        self.stop(cancelled())

    def _run_out(self) -> None:
        """Its time is over. On the alarms' thread, which must not wait as a break may."""
        why = out_of_time(self.deadline)
        try:
            start_thread("time-limit", self.stop, why)
        except ApiError:
            logger.warning("no thread to stop a query with: its connection is cut")
            self.stop(why, Session.abort)

    def _cut(self, session: Session) -> None:
        with self._lock:
            if self._in_call is session:
                self.was_cut = True
                session.abort()

    def end(self) -> None:
        """Idempotent."""
        self._time_limit.cancel()
        with self._lock:
            self._is_over = True


def _meaning(error: Exception, session: Session) -> ApiError | None:
    """What a failed call of the driver means for a caller; None: it is a defect."""
    if isinstance(error, UnicodeDecodeError):
        return refuse("BAD_CHARACTERS", f"a column holds text that is not valid: {error.reason}")
    if isinstance(error, ValueError | ArithmeticError):
        # The driver's own types cannot hold what came, nor what was bound.
        return refuse("VALUE_OUT_OF_RANGE", f"a value cannot be carried: {error}")
    if isinstance(error, OSError | oracle_driver.driver(0).Error):
        return from_statement(error, session)
    if session.is_lost():
        return refuse("DPY-4011", "the connection was lost while the driver used it")
    if oracle_driver.raised(error):
        # It stumbled over a malformed answer.
        return refuse("ORA-12592", f"ORA-12592: TNS:bad packet in an answer: {error}")
    return None


def cancelled() -> ApiError:
    """What a caller hears whose query was cancelled."""
    return refuse("ORA-01013", "ORA-01013: the query was cancelled")


def out_of_time(deadline: Deadline) -> ApiError:
    """What a caller hears whose query took longer than its limit."""
    return refuse("DPY-4024", f"the query did not end within its limit of {deadline.seconds:g} s")
