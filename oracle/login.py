"""One login under a time limit.

A login runs on a thread of its own and gets a time limit from outside, since the driver has none
for the whole of it: the socket that the driver opened is known here, and shutting it down ends the
login wherever it is.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from common.alarms import ALARMS, Alarm
from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.threads import start_thread
from connect_strings.attempts import Address, Attempt, Attempts
from oracle import driver as oracle_driver
from oracle.error_codes import from_login
from oracle.session import Session
from oracle.target import Destination
from oracle.tns_socket import Handle, TnsSocket

if TYPE_CHECKING:
    import ssl

    from oracle.tls_socket import TlsSocket

logger = logging.getLogger(__name__)

Outcome: TypeAlias = "Session | ApiError"


class LoginOverError(Exception):
    """The login's outcome was told. No OSError: the driver would go on to the next address."""


class Login:
    """One login attempt: exactly one, with one outcome, within its time limit.

    `done` is called once, from a thread of the login's own, with the session or the error. A
    session that comes after the time limit is logged off again.
    """

    # What is mutable here is guarded by _lock: the socket, the attempts, and whether the outcome
    # was told, which _over tells without it.

    def __init__(
        self, destination: Destination, seconds: float, done: Callable[[Outcome], None]
    ) -> None:
        self.time_zone = login_time_zone()
        self._destination = destination
        self._seconds = seconds
        self._done = done
        self._lock = threading.Lock()
        self._handle: Handle | None = None
        self._over = threading.Event()
        self._attempts = Attempts(time.monotonic() + seconds)
        self._unknown_hosts: dict[Address, OSError] = {}

    def start(self) -> None:
        """Where it gets no thread, `done` is told so from within."""
        try:
            watchdog = ALARMS.after(self._seconds, self._run_out)
            start_thread("login", self._run, watchdog)
        except ApiError as error:
            if self._settle():
                self._done(error.fresh())

    def _run(self, watchdog: Alarm) -> None:
        try:
            outcome: Outcome = self._log_in()
        except ApiError as error:
            outcome = error.fresh()
        except BaseException:
            # A thread's entry point: those who wait must be told.
            logger.exception("a login failed in an unexpected way")
            outcome = refuse("INTERNAL", "the login failed in an unexpected way")
        watchdog.cancel()
        if self._settle():
            self._done(outcome)
        elif isinstance(outcome, Session):
            outcome.close()

    def _log_in(self) -> Session:
        try:
            driver = oracle_driver.driver_for_login(self._seconds)
        except oracle_driver.DriverMissingError as error:
            raise refuse("DPY-3016", str(error)) from error
        except TimeoutError:
            raise self._no_answer() from None
        _current.login = self
        try:
            connection = driver.connect(**self._arguments(driver))
        except (driver.Error, OSError, UnicodeError, LoginOverError) as error:
            # The host name's IDNA encoding raises a bare UnicodeError.
            self._forget_handle()
            raise self._with_attempts(from_login(error)) from error
        except (ImportError, SystemExit) as error:
            # Much of what a login needs is imported by the first one, where that comes before all
            # is loaded. SystemExit is what PyInstaller's importer raises where its archive is gone.
            self._forget_handle()
            logger.exception("a part of the driver is missing")
            raise refuse("DPY-3016", f"a part of the driver is missing: {error}") from error
        except (LookupError, ValueError) as error:
            # The driver stumbles over answers that lack what it looks for, or hold no numbers.
            self._forget_handle()
            raise refuse("ORA-12592", f"ORA-12592: TNS:bad packet in the login: {error}") from error
        finally:
            _current.login = None
        with self._lock:
            assert self._handle is not None
            return Session(connection, self._handle, self.time_zone)

    def _arguments(self, driver: oracle_driver.Driver) -> dict[str, Any]:
        target = self._destination.options
        arguments: dict[str, Any] = {
            "user": target.username,
            "password": target.password.reveal(),
            "dsn": self._destination.connect_string,
            "tcp_connect_timeout": self._seconds,
            "config_dir": target.config_dir,
            "wallet_location": target.wallet_location,
            # Never none: OpenSSL would ask at the terminal, or on standard input, and wait.
            "wallet_password": target.wallet_password.reveal() if target.wallet_password else "",
            "mode": target.mode and getattr(driver, f"AUTH_MODE_{target.mode}"),
        }
        return {name: value for name, value in arguments.items() if value is not None}

    def open_socket(self, address: tuple[str, int], timeout: float | None) -> socket.socket:
        """What the driver gets in place of socket.create_connection, once for each address."""
        with self._lock:
            if self._over.is_set():
                raise LoginOverError
            attempt = self._attempts.begin(address)
        try:
            sock = self._connect(address, min(timeout or attempt.seconds, attempt.seconds))
        except OSError as error:
            with self._lock:
                self._attempts.end(from_login(error))
            raise
        with self._lock:
            previous, self._handle = self._handle, (handle := Handle(sock))
            is_over = self._over.is_set()
        if previous is not None:
            previous.close()
        if is_over:
            sock.close()
            raise LoginOverError
        if attempt.has_more_behind:
            ALARMS.after(attempt.seconds, lambda: self._cut(attempt))
        return TnsSocket(sock, attempt.heard, handle)

    def _connect(self, address: Address, seconds: float) -> socket.socket:
        if error := self._unknown_hosts.get(address):
            raise error
        if not 0 < address[1] <= 65_535:
            # The resolver would take it modulo 65536, and lead to another database.
            raise OSError(f"{address[1]} is not a port number")
        return socket.create_connection(address, seconds)

    def _cut(self, attempt: Attempt) -> None:
        """End an attempt that has stayed silent: the driver goes on to the next address."""
        with self._lock:
            if self._attempts.current is attempt and not attempt.is_answered:
                self._attempts.end(attempt.silence())
                if self._handle is not None:
                    self._handle.cut()

    def resolve(self, host: str, port: int, **how: Any) -> list[Any]:
        """What the driver gets in place of socket.getaddrinfo, for all names before it connects.

        A name that is not known is kept for its turn: those beside it may be.
        """
        try:
            infos = socket.getaddrinfo(host, port, **how)
        except socket.gaierror as error:
            self._unknown_hosts[host, port] = error
            infos = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))]
        with self._lock:
            self._attempts.find((str(info[4][0]), port) for info in infos)
        return infos

    def rest(self, seconds: float) -> None:
        """What the driver gets in place of time.sleep, between one round of attempts and another:
        RETRY_COUNT and RETRY_DELAY may go far beyond the time limit.
        """
        with self._lock:
            self._attempts.end()
        if self._over.wait(min(seconds, threading.TIMEOUT_MAX)):
            raise LoginOverError

    def tls_is_up(self, sock: TlsSocket) -> None:
        with self._lock:
            sock.handle = self._handle
            if self._attempts.current is not None:
                self._attempts.current.is_answered = True

    def _with_attempts(self, error: ApiError) -> ApiError:
        with self._lock:
            self._attempts.end(error)
            error.message += self._attempts.told()
        return error

    def _forget_handle(self) -> None:
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def _settle(self) -> bool:
        """True for the first caller only, whose outcome is the one that counts."""
        with self._lock:
            was_over = self._over.is_set()
            self._over.set()
            return not was_over

    def _run_out(self) -> None:
        if self._settle():
            error = self._no_answer()  # before the attempt that is under way is broken off
            with self._lock:
                if self._handle is not None:
                    self._handle.cut()
            self._done(error)

    def _no_answer(self) -> ApiError:
        within = f"no login to {self._destination.shown_as} within {self._seconds:.3g} s"
        with self._lock:
            is_waiting = self._attempts.current is not None
            if is_waiting:
                self._attempts.end(refuse("ORA-12170", within))
            # Between two rounds of attempts it is known what keeps it from logging in.
            reason = None if is_waiting else self._attempts.last_error
            told = self._attempts.told()
        if reason is None:
            return refuse("ORA-12170", f"ORA-12170: {within}{told}")
        reason.message = f"{reason.message}; {within}{told}"
        return reason


def login_time_zone() -> str:
    """The offset of this machine as it is now, which sessions are logged in with unless ORA_SDTZ
    names a time zone.
    """
    return _as_offset(time.localtime().tm_gmtoff)


@lru_cache(maxsize=4)
def _as_offset(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"


def log_in(destination: Destination, deadline: Deadline, connect_seconds: float) -> Session:
    """One login attempt, awaited. The caller closes the session."""
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    seconds = min(connect_seconds, deadline.remaining())
    Login(destination, seconds, outcomes.put).start()
    outcome = outcomes.get()
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


class _Current(threading.local):
    """The login that the current thread is about, for what the driver calls to find."""

    login: Login | None = None


_current = _Current()


def _open_socket(
    address: tuple[str, int], timeout: float | None = None, **_more: object
) -> socket.socket:
    login = _current.login
    if login is None:
        return socket.create_connection(address, timeout)
    return login.open_socket(address, timeout)


def _time_zone() -> str:
    login = _current.login
    return login_time_zone() if login is None else login.time_zone


def _resolve(host: str, port: int, **how: Any) -> list[Any]:
    login = _current.login
    return (socket.getaddrinfo if login is None else login.resolve)(host, port, **how)


def _sleep(seconds: float) -> None:
    login = _current.login
    (time.sleep if login is None else login.rest)(seconds)


def _create_context() -> ssl.SSLContext:
    # Imported at its first use: it brings OpenSSL, which takes 3 ms and 3.4 MB.
    from oracle.tls_socket import create_context

    login = _current.login
    return create_context() if login is None else create_context(login.tls_is_up)


def start_loading_driver(when_over: Callable[[], None] = lambda: None) -> None:
    """Begin to load the driver in the background; `oracle_driver.describe` tells how far it is.

    when_over: called there once it is loaded, or cannot be.
    """
    oracle_driver.start_loading(
        _open_socket, _resolve, _sleep, _create_context, _time_zone, when_over
    )
