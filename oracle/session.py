"""One session with a database: its login under a time limit, its break, its end.

A login runs on a thread of its own and gets a time limit from outside, since the driver has none
for the whole of it. Each session keeps a second handle on its socket: shutting that down ends any
call that is blocked in the driver, whatever the database or the network does.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from common.deadline import Deadline, since_boot
from common.errors import ApiError, refuse
from common.logs import Secret
from common.sockets import is_hung_up, shut_down, wait_for
from oracle import driver as oracle_driver
from oracle.error_codes import from_login
from oracle.tns_socket import TnsSocket

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)

# A logoff is a courtesy: a database that does not answer it in this time is left alone.
CLOSE_SECONDS = 2.0
PING_SECONDS = 5.0
BREAK_WRITE_SECONDS = 0.5
# A rollback undoes what little a failed write did; one that takes longer happens without us.
ROLLBACK_SECONDS = 2.0


class Target(NamedTuple):
    """All that makes two connections the same. Two targets that differ never share a session."""

    connect_string: str
    username: str
    password: Secret
    config_dir: str | None = None
    wallet_location: str | None = None
    wallet_password: Secret | None = None
    mode: str | None = None

    @property
    def label(self) -> str:
        """`user@connect_string`, for logs and /pools."""
        return f"{self.username}@{self.connect_string}"


class Session:
    """A session that is logged in. Used by one thread at a time, but for interrupt and abort."""

    def __init__(self, connection: Any, sock: socket.socket) -> None:
        self.connection = connection
        self.idle_since = since_boot()
        self.output_types: Any = None
        """What whoever fetches from the session knows of the statements it keeps."""
        self.descriptions: Any = None
        """And of their columns."""
        self.types: Any = None
        """And of the object types in the database."""
        self._socket = sock

    @property
    def version(self) -> str:
        return str(self.connection.version)

    def is_lost(self) -> bool:
        """True when it is known to be dead without asking the database."""
        return is_hung_up(self._socket) or not self.connection.is_healthy()

    def has_news(self) -> bool:
        """True when it was told something that the driver has not read.

        Either it is the end of the session, as TLS says it, or the driver will find out.
        """
        return wait_for(self._socket, 0)

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
        watchdog = _timer(BREAK_WRITE_SECONDS, self.abort)
        try:
            if wait_for(self._socket, 0, is_to_write=True):
                oracle_driver.cancel_if_healthy(self.connection)
            else:
                self.abort()
        except oracle_driver.failures():
            self.abort()
        finally:
            watchdog.cancel()

    def abort(self) -> None:
        """End whatever is running by cutting the connection, from any thread; never waits."""
        shut_down(self._socket)

    def close(self) -> None:
        """Roll back and log off, at most about CLOSE_SECONDS; safe on a dead session."""
        watchdog = _timer(CLOSE_SECONDS, self.abort)
        try:
            self.connection.close()
        except oracle_driver.failures():
            logger.debug("a session was gone before its logoff")
        finally:
            watchdog.cancel()
            self.abort()
            self._socket.close()


class TimeLimit:
    """A limit on one call on a session, which is cut when it takes longer."""

    # _lock guards both fields below it: who is late cuts nothing that is over.

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._session: Session | None = None
        self.has_passed = False

    @contextmanager
    def cutting(self, session: Session) -> Iterator[None]:
        """Around the call."""
        watchdog = _timer(self._seconds, self.pass_now, start=False)
        with self._lock:
            self._session = session
        watchdog.start()
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


Outcome: TypeAlias = "Session | ApiError"


class Login:
    """One login attempt: exactly one, with one outcome, within its time limit.

    `done` is called once, from a thread of the login's own, with the session or the error. A
    session that comes after the time limit is logged off again.
    """

    # What is mutable here is guarded by _lock: the socket, and whether the outcome was told.

    def __init__(self, target: Target, seconds: float, done: Callable[[Outcome], None]) -> None:
        self._target = target
        self._seconds = seconds
        self._done = done
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_over = False
        self._watchdog = _timer(seconds, self._run_out, start=False)

    def start(self) -> None:
        self._watchdog.start()
        threading.Thread(target=self._run, name="login", daemon=True).start()

    def _run(self) -> None:
        try:
            outcome: Outcome = self._log_in()
        except ApiError as error:
            outcome = error.fresh()
        except Exception:
            logger.exception("a login failed in an unexpected way")
            outcome = refuse("INTERNAL", "the login failed in an unexpected way")
        self._watchdog.cancel()
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
        except ImportError as error:
            # Much of what a login needs is imported by the first one.
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
            return Session(connection, self._socket)

    def _arguments(self, driver: oracle_driver.Driver) -> dict[str, Any]:
        target = self._target
        arguments: dict[str, Any] = {
            "user": target.username,
            "password": target.password.reveal(),
            "dsn": target.connect_string,
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
            # The resolver would take it modulo 65536, and lead to somebody else's database.
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
        """True for the first caller only: his is the outcome that counts."""
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
            f"ORA-12170: no login to {self._target.connect_string} within {self._seconds:.3g} s",
        )


def log_in(target: Target, deadline: Deadline, connect_seconds: float) -> Session:
    """One login attempt, awaited. The caller closes the session."""
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    seconds = min(connect_seconds, deadline.remaining())
    Login(target, seconds, outcomes.put).start()
    outcome = outcomes.get()
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


class _Current(threading.local):
    """The login that the current thread is about, for open_socket to find."""

    login: Login | None = None


_current = _Current()


def _open_socket(
    address: tuple[str, int], timeout: float | None = None, **_more: object
) -> socket.socket:
    login = _current.login
    if login is None:
        return socket.create_connection(address, timeout)
    return login.open_socket(address, timeout)


def _create_context() -> ssl.SSLContext:
    # Imported at its first use: it brings OpenSSL, which takes 3 ms and 3.4 MB.
    from oracle.tls_socket import create_context

    return create_context()


def start_loading_driver(when_over: Callable[[], None] = lambda: None) -> None:
    """Begin to load the driver in the background; `oracle_driver.describe` tells how far it is.

    when_over: called there once it is loaded, or cannot be.
    """
    oracle_driver.start_loading(_open_socket, _create_context, when_over)


def _timer(seconds: float, act: Callable[[], None], start: bool = True) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.name = "watchdog"
    if start:
        timer.start()
    return timer
