"""One session with a database: its break, its end, and whether an idle one is still of use.

Each session keeps a second handle on its socket: to cut it there ends any call that is blocked
in the driver, whatever the database or the network does.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from common.alarms import ALARMS
from common.deadline import Deadline, since_boot
from common.errors import ApiError
from common.sockets import is_hung_up, wait_for
from oracle import driver as oracle_driver
from oracle.tns_socket import Handle

logger = logging.getLogger(__name__)

# A logoff is a courtesy: a database that does not answer it in this time is left alone.
CLOSE_SECONDS = 2.0
PING_SECONDS = 5.0
BREAK_WRITE_SECONDS = 0.5
# A rollback undoes what little a failed write did; one that takes longer happens without us.
ROLLBACK_SECONDS = 2.0
# A session that was idle for longer is asked for a sign of life before it is lent: a network that
# was lost in silence (a laptop asleep, a VPN down) shows up only then.
PING_AFTER_SECONDS = 60.0
# One that was in use so shortly before is lent without a look at it, for a read: if it is lost all
# the same, that is run again on another.
TRUST_SECONDS = 0.1


class Session:
    """A session that is logged in. Used by one thread at a time, but for interrupt and abort."""

    def __init__(self, connection: Any, handle: Handle, time_zone: str) -> None:
        self.connection = connection
        self.time_zone = time_zone
        """That of this machine when it was logged in; see login_time_zone."""
        self.idle_since = since_boot()
        self.shortest_wait = math.inf
        """Seconds until it began to answer, at best: about a round trip. For its thread."""
        self._handle = handle

    @property
    def version(self) -> str:
        return str(self.connection.version)

    def is_lost(self) -> bool:
        """True when it is known to be dead without asking the database."""
        return is_hung_up(self._handle) or not self.connection.is_healthy()

    def has_news(self) -> bool:
        """True when it was told something that the driver has not read.

        Either it is the end of the session, as TLS says it, or the driver will find out.
        """
        return wait_for(self._handle, 0)

    def answers_ping(self, limit: TimeLimit | None = None) -> bool:
        """One round trip, at most PING_SECONDS. False: the session is of no more use."""
        return self._does_in_time(
            self.connection.ping, TimeLimit(PING_SECONDS) if limit is None else limit
        )

    def ends_transaction(self) -> bool:
        """Roll back what a failed write, or a query over a database link, left open, within
        ROLLBACK_SECONDS. False: the session is of no more use.
        """
        try:
            if not self.connection.transaction_in_progress:
                return True
        except oracle_driver.failures():
            return False
        return self._does_in_time(self.connection.rollback, TimeLimit(ROLLBACK_SECONDS))

    def _does_in_time(self, call: Callable[[], None], limit: TimeLimit) -> bool:
        try:
            with limit.cutting(self):
                call()
        except oracle_driver.failures():
            return False
        return not limit.has_passed

    def interrupt(self) -> None:
        """Break off the call that is running, from any thread. The session must not be reused.

        Takes at most BREAK_WRITE_SECONDS: a database that reads nothing does not take a break.
        """
        watchdog = ALARMS.after(BREAK_WRITE_SECONDS, self.abort)
        try:
            if wait_for(self._handle, 0, is_to_write=True):
                oracle_driver.cancel_if_healthy(self.connection)
            else:
                self.abort()
        except oracle_driver.failures():
            self.abort()
        finally:
            watchdog.cancel()

    def abort(self) -> None:
        """End whatever is running by cutting the connection, from any thread; never waits."""
        self._handle.cut()

    def close(self) -> None:
        """Roll back and log off, at most about CLOSE_SECONDS; safe on a dead session."""
        watchdog = ALARMS.after(CLOSE_SECONDS, self.abort)
        try:
            self.connection.close()
        except oracle_driver.failures():
            logger.debug("a session was gone before its logoff")
        finally:
            watchdog.cancel()
            self.abort()
            self._handle.close()


class TimeLimit:
    """A limit on one call on a session, which is cut when it takes longer."""

    # _lock guards the fields below it: an alarm that is late cuts nothing that is over.

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._is_called_off = False
        self.has_passed = False

    @contextmanager
    def cutting(self, session: Session) -> Iterator[None]:
        """Around the call."""
        with self._lock:
            self._session = session
            if self._is_called_off:
                session.abort()
        watchdog = ALARMS.after(self._seconds, self.pass_now)
        try:
            yield
        finally:
            watchdog.cancel()
            with self._lock:
                self._session = None

    def pass_now(self) -> None:
        """End the call that is running, from any thread; nothing if none is."""
        with self._lock:
            if self._session is not None:
                self.has_passed = True
                self._session.abort()

    def call_off(self) -> None:
        """End the call, from any thread: at once where it has not begun yet."""
        with self._lock:
            self._is_called_off = True
        self.pass_now()


class Liveness(Enum):
    """SILENT: it did not answer in time, and neither would others on the same network."""

    ALIVE = "alive"
    LOST = "lost"
    SILENT = "silent"


def probe_idle(
    session: Session,
    give_up_at: Deadline,
    *,
    always_probe: bool,
    waiting: Callable[[Callable[[ApiError], None]], None] | None = None,
) -> Liveness:
    """Look at an idle session, and ping it where that tells nothing; ApiError when called off.

    always_probe: even one that was in use a moment ago. waiting is told how to call a ping off.
    """
    idle_seconds = since_boot() - session.idle_since
    if idle_seconds < TRUST_SECONDS and not always_probe:
        return Liveness.ALIVE
    if session.is_lost():
        return Liveness.LOST
    if idle_seconds < PING_AFTER_SECONDS and not session.has_news():
        return Liveness.ALIVE
    limit = TimeLimit(min(PING_SECONDS, give_up_at.remaining()))
    reasons: list[ApiError] = []

    def call_off(error: ApiError) -> None:
        reasons.append(error)
        limit.call_off()

    if waiting is not None:
        waiting(call_off)
    if session.answers_ping(limit):
        return Liveness.ALIVE
    if reasons:
        raise reasons[0].fresh()
    return Liveness.SILENT if limit.has_passed else Liveness.LOST
