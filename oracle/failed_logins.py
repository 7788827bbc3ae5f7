"""Logins that failed, for those who would only try the same again; and logins as a trial."""

from __future__ import annotations

import os
import threading
import time
from typing import NamedTuple

from common.deadline import Deadline, since_boot
from common.errors import ApiError
from oracle.login import log_in
from oracle.target import Destination, Target, destination_of

# A failure is remembered for as long as a request can have waited.
FAILURE_SECONDS = 60.0
# A refused login is told with this delay. A refusal comes so fast that, of ten callers who start
# together, some would come after it and try the same password again: a step to a locked account.
REFUSAL_DELAY_SECONDS = 0.15
_FROM_MEMORY = (
    "This login was refused before and has not been tried again; /test-connection tries it anew."
)


# No program has that many accounts; a program that tries passwords has.
MOST_REFUSALS = 200


class _Refusal(NamedTuple):
    """A login that the database refused. used_at: when it was last told, as since_boot() tells."""

    error: ApiError
    used_at: float


class FailedLogins:
    """Logins that failed, told to callers who would only try the same again. Safe from any thread.

    The last failure of each destination is told to those who had come before it. One caller of ten,
    or one query of a batch, may get to its login only after the others have had their answer: one
    more try with the same password would be a step towards a locked account, and with a database
    that does not answer the same wait once more.

    A refusal is told to those who come later, too, for as long as the pool would have lived: ten
    requests one after the other lock an account as well as ten at once.
    """

    # _failures and _refusals are guarded by _lock. Both are kept by a digest, so that no password
    # that was tried stays in memory with them.

    def __init__(self, pool_seconds: float) -> None:
        self._pool_seconds = pool_seconds
        self._salt = os.urandom(32)
        self._lock = threading.Lock()
        self._failures: dict[bytes, tuple[float, ApiError]] = {}
        self._refusals: dict[bytes, _Refusal] = {}

    def raise_again(self, destination: Destination, arrived: float, is_again: bool = False) -> None:
        """ApiError when a login failed after `arrived`, on the monotonic clock.

        is_again: for one who had a session before, refused credentials only.
        """
        if not self._failures:
            return
        with self._lock:
            failed_at, error = self._failures.get(self._digest(destination), (0.0, None))
        if error is None or arrived > failed_at or (is_again and error.status != 403):
            return
        raise error.fresh()

    def raise_refusal(self, destination: Destination) -> None:
        """ApiError 403 when the same login was refused before, with a hint that says so."""
        if not self._refusals:
            return
        now, digest = since_boot(), self._digest(destination)
        with self._lock:
            self._drop_old(now)
            refusal = self._refusals.pop(digest, None)
            if refusal is not None:
                self._refusals[digest] = refusal._replace(used_at=now)
        if refusal is not None:
            error = refusal.error.fresh()
            error.hint = f"{error.hint or 'The login was refused.'} {_FROM_MEMORY}"
            raise error

    def remember(self, destination: Destination, error: ApiError) -> None:
        now, digest = time.monotonic(), self._digest(destination)
        with self._lock:
            for other, (failed_at, _) in list(self._failures.items()):
                if failed_at < now - FAILURE_SECONDS:
                    del self._failures[other]
            self._failures[digest] = now, error.fresh()
            self._refusals.pop(digest, None)
            if error.status == 403:
                self._drop_old(since_boot())
                self._refusals[digest] = _Refusal(error.fresh(), since_boot())

    def forget(self, destination: Destination) -> None:
        """A login that was refused before has succeeded."""
        if not self._refusals:
            return
        with self._lock:
            self._refusals.pop(self._digest(destination), None)

    def _drop_old(self, now: float) -> None:
        """Needs the lock. The longest unused stand first."""
        assert self._lock.locked()
        for digest, refusal in list(self._refusals.items()):
            is_old = refusal.used_at <= now - self._pool_seconds
            if not is_old and len(self._refusals) <= MOST_REFUSALS:
                return
            del self._refusals[digest]

    def _digest(self, destination: Destination) -> bytes:
        # Here, since the driver brings it for the first login: it takes 1 ms.
        import hashlib

        options = destination.options
        wallet_password = options.wallet_password
        # The options print their secrets as `***`.
        parts = (
            destination.meaning,
            options,
            options.password.reveal(),
            None if wallet_password is None else wallet_password.reveal(),
        )
        return hashlib.blake2b(repr(parts).encode(), key=self._salt, digest_size=32).digest()


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
            return self._try(destination, deadline, connect_seconds)
        try:
            return self._try(destination, deadline, connect_seconds)
        except ApiError as error:
            if error.status == 403:
                time.sleep(min(REFUSAL_DELAY_SECONDS, deadline.remaining()))
            self._failed_logins.remember(destination, error)
            raise
        finally:
            with self._lock:
                del self._running[destination]
            over.set()

    def _try(self, destination: Destination, deadline: Deadline, connect_seconds: float) -> str:
        session = log_in(destination, deadline, connect_seconds)
        self._failed_logins.forget(destination)
        try:
            return session.version
        finally:
            session.close()
