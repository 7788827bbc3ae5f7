"""Logins that failed, for those who would only try the same again; and logins as a trial."""

from __future__ import annotations

import threading
import time

from common.deadline import Deadline
from common.errors import ApiError
from oracle.login import log_in
from oracle.target import Destination, Target, destination_of

# A failure is remembered for as long as a request can have waited.
FAILURE_SECONDS = 60.0
# A refused login is told with this delay. A refusal comes so fast that, of ten callers who start
# together, some would come after it and try the same password again: a step to a locked account.
REFUSAL_DELAY_SECONDS = 0.15


class FailedLogins:
    """The last failure of each target, told to callers that had come before it.

    Safe to call from any thread. One caller of ten, or one query of a batch, may get to its login
    only after the others have had their answer: one more try with the same password would be a step
    towards a locked account, and with a database that does not answer the same wait once more.
    """

    # _failures is guarded by _lock.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[Destination, tuple[float, ApiError]] = {}

    def raise_again(self, destination: Destination, arrived: float, is_again: bool = False) -> None:
        """ApiError when a login failed after `arrived`, on the monotonic clock.

        is_again: for one who had a session before, refused credentials only.
        """
        with self._lock:
            failed_at, error = self._failures.get(destination, (0.0, None))
        if error is None or arrived > failed_at or (is_again and error.status != 403):
            return
        raise error.fresh()

    def remember(self, destination: Destination, error: ApiError) -> None:
        now = time.monotonic()
        with self._lock:
            for other, (failed_at, _) in list(self._failures.items()):
                if failed_at < now - FAILURE_SECONDS:
                    del self._failures[other]
            self._failures[destination] = now, error.fresh()


class LoginTrials:
    """Logins that only show whether one can log in. Safe to call from any thread."""

    # _running is guarded by _lock: by target, the trial whose outcome others wait for.

    def __init__(self, failed_logins: FailedLogins) -> None:
        self._failed_logins = failed_logins
        self._lock = threading.Lock()
        self._running: dict[Destination, threading.Event] = {}

    def try_login(self, target: Target, deadline: Deadline, connect_seconds: float) -> str:
        """Log in and off again; returns the server's version. ApiError.

        Of callers at the same time one goes first. The others share its failure, but not its
        success: each of them had asked for a login of its own.
        """
        destination = destination_of(target, deadline)
        with self._lock:
            first = self._running.get(destination)
            if first is None:
                over = self._running[destination] = threading.Event()
        if first is not None:
            first.wait(deadline.remaining())
            self._failed_logins.raise_again(destination, deadline.since)
            return _try(destination, deadline, connect_seconds)
        try:
            return _try(destination, deadline, connect_seconds)
        except ApiError as error:
            if error.status == 403:
                time.sleep(min(REFUSAL_DELAY_SECONDS, deadline.remaining()))
            self._failed_logins.remember(destination, error)
            raise
        finally:
            with self._lock:
                del self._running[destination]
            over.set()


def _try(destination: Destination, deadline: Deadline, connect_seconds: float) -> str:
    session = log_in(destination, deadline, connect_seconds)
    try:
        return session.version
    finally:
        session.close()
