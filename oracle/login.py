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
from typing import TYPE_CHECKING, Any, TypeAlias

from common.alarms import ALARMS, Alarm
from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.sockets import shut_down
from common.threads import start_thread
from oracle import driver as oracle_driver
from oracle.error_codes import from_login
from oracle.session import Session
from oracle.target import Destination
from oracle.tns_socket import TnsSocket

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)

Outcome: TypeAlias = "Session | ApiError"


class Login:
    """One login attempt: exactly one, with one outcome, within its time limit.

    `done` is called once, from a thread of the login's own, with the session or the error. A
    session that comes after the time limit is logged off again.
    """

    # What is mutable here is guarded by _lock: the socket, and whether the outcome was told.

    def __init__(
        self, destination: Destination, seconds: float, done: Callable[[Outcome], None]
    ) -> None:
        self.time_zone = login_time_zone()
        self._destination = destination
        self._seconds = seconds
        self._done = done
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_over = False

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
        except (driver.Error, OSError, UnicodeError) as error:
            # The host name's IDNA encoding raises a bare UnicodeError.
            self._forget_socket()
            raise from_login(error) from error
        except (ImportError, SystemExit) as error:
            # Much of what a login needs is imported by the first one, where that comes before all
            # is loaded. SystemExit is what PyInstaller's importer raises where its archive is gone.
            self._forget_socket()
            logger.exception("a part of the driver is missing")
            raise refuse("DPY-3016", f"a part of the driver is missing: {error}") from error
        except (LookupError, ValueError) as error:
            # The driver stumbles over answers that lack what it looks for, or hold no numbers.
            self._forget_socket()
            raise refuse("ORA-12592", f"ORA-12592: TNS:bad packet in the login: {error}") from error
        finally:
            _current.login = None
        with self._lock:
            assert self._socket is not None
            return Session(connection, self._socket, self.time_zone)

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
            if self._is_over:
                raise TimeoutError("timed out")
        if not 0 < address[1] <= 65_535:
            # The resolver would take it modulo 65536, and lead to another database.
            raise OSError(f"{address[1]} is not a port number")
        sock = socket.create_connection(address, timeout)
        with self._lock:
            previous, self._socket = self._socket, sock.dup()
            is_over = self._is_over
        if previous is not None:
            previous.close()
        if is_over:
            sock.close()
            raise TimeoutError("timed out")
        return TnsSocket(sock)

    def _forget_socket(self) -> None:
        with self._lock:
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()

    def _settle(self) -> bool:
        """True for the first caller only, whose outcome is the one that counts."""
        with self._lock:
            was_over, self._is_over = self._is_over, True
            return not was_over

    def _run_out(self) -> None:
        if self._settle():
            with self._lock:
                if self._socket is not None:
                    shut_down(self._socket)
            self._done(self._no_answer())

    def _no_answer(self) -> ApiError:
        return refuse(
            "ORA-12170",
            f"ORA-12170: no login to {self._destination.shown_as} within {self._seconds:.3g} s",
        )


def login_time_zone() -> str:
    """The offset of this machine as it is now, which sessions are logged in with unless ORA_SDTZ
    names a time zone.
    """
    seconds = time.localtime().tm_gmtoff
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


def _create_context() -> ssl.SSLContext:
    # Imported at its first use: it brings OpenSSL, which takes 3 ms and 3.4 MB.
    from oracle.tls_socket import create_context

    return create_context()


def start_loading_driver(when_over: Callable[[], None] = lambda: None) -> None:
    """Begin to load the driver in the background; `oracle_driver.describe` tells how far it is.

    when_over: called there once it is loaded, or cannot be.
    """
    oracle_driver.start_loading(_open_socket, _create_context, _time_zone, when_over)
