"""The driver: loaded in the background, its defaults set once.

The driver takes longer to load than all the rest of the program, so the server listens first and a
thread loads the driver behind it. What needs it waits here.
"""

from __future__ import annotations

import importlib
import logging
import socket
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from common.errors import ApiError
from common.threads import start_thread
from oracle.driver_imports import import_all, import_driver, import_for_login

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)

# One may pass by itself: descriptors run out.
MOST_FAILURES = 2

# The driver brings no types that mypy could follow through its compiled modules.
Driver = Any

SocketOpener = Callable[..., socket.socket]
ContextMaker = Callable[[], "ssl.SSLContext"]
NameResolver = Callable[..., list[Any]]
Sleeper = Callable[[float], None]

TIME_ZONE_VARIABLE = "ORA_SDTZ"


class _LoginEnvironment(Mapping[str, str]):
    """The process's environment, with a time zone for logins that names none itself.

    What the driver works out without one is an hour early for zones like -03:30 (auth.pyx).
    """

    def __init__(self, environment: Mapping[str, str], time_zone: Callable[[], str]) -> None:
        self._environment = environment
        self._time_zone = time_zone

    def __getitem__(self, name: str) -> str:
        if name == TIME_ZONE_VARIABLE and name not in self._environment:
            return self._time_zone()
        return self._environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


class DriverMissingError(Exception):
    """The driver could not be loaded; the log says why."""


class _Loading:
    """How far the driver is. One for the process."""

    # _lock guards who has been started. driver and failure are set once, before `is_over`: a
    # thread that has seen the event may read them without the lock.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: set[str] = set()
        self.load: Callable[[], None] | None = None
        """What loads it. Set once, by who wants it loaded."""
        self.is_over = threading.Event()
        self.driver: Driver = None
        self.failure: str | None = None
        self.failures_in_a_row = 0
        """Of loading the rest."""

    def start_once(self, name: str, run: Callable[..., None], *arguments: object) -> None:
        """Run it on a thread of its own; later calls change nothing. ApiError 503."""
        with self._lock:
            if name not in self._started:
                start_thread(name, run, *arguments)
                self._started.add(name)


_loading = _Loading()


def start_loading(
    open_socket: SocketOpener,
    resolve: NameResolver,
    sleep: Sleeper,
    create_context: ContextMaker,
    time_zone: Callable[[], str],
    when_over: Callable[[], None],
) -> None:
    """Load the driver on a thread of its own; later calls change nothing.

    Inside the driver, and only there, open_socket stands in for `socket.create_connection`, resolve
    for `socket.getaddrinfo`, sleep for `time.sleep`, create_context for
    `ssl.create_default_context`, and time_zone for ORA_SDTZ where that is unset.
    """
    if _loading.load is None:
        _loading.load = partial(
            _load, open_socket, resolve, sleep, create_context, time_zone, when_over
        )
    try:
        _loading.start_once("driver-loader", _loading.load)
    except ApiError as error:
        logger.warning("the driver is loaded when it is needed: %s", error)


def driver(timeout_seconds: float) -> Driver:
    """The `oracledb` module. TimeoutError when it is late, DriverMissingError when absent, ApiError
    503 where there is still no thread to load it with.
    """
    if not _loading.is_over.is_set() and _loading.load is not None:
        _loading.start_once("driver-loader", _loading.load)
    if not _loading.is_over.wait(timeout_seconds):
        raise TimeoutError("loading the database driver")
    if _loading.failure is not None:
        raise DriverMissingError(_loading.failure)
    return _loading.driver


def driver_for_login(timeout_seconds: float) -> Driver:
    """The same; what a login needs besides is imported while the first one waits for answers."""
    module = driver(timeout_seconds)
    try:
        _loading.start_once("login-loader", _import_for_login)
    except ApiError as error:
        logger.debug("the login imports what it needs by itself: %s", error)
    return module


def _import_for_login() -> None:
    try:
        import_for_login()
    except ImportError:
        logger.debug("the login that needs it will say what is missing")


def load_the_rest(modules: Sequence[str]) -> bool:
    """Import now what would be imported at its first use, and these modules; True if that is done.

    The program's files may be moved or deleted while it runs, by an update of the app most likely.
    """
    try:
        import_all()
        for name in modules:
            importlib.import_module(name)
    except BaseException:
        # SystemExit is what PyInstaller's importer raises where its archive is gone.
        _loading.failures_in_a_row += 1
        if _loading.failures_in_a_row <= MOST_FAILURES:
            logger.exception("a part of the program cannot be loaded")
        return False
    _loading.failures_in_a_row = 0
    logger.debug("all is loaded")
    return True


def has_failed() -> bool:
    """True when the driver, or a part of it, cannot be loaded."""
    return _loading.failure is not None or _loading.failures_in_a_row >= MOST_FAILURES


def failures() -> tuple[type[Exception], ...]:
    """What a call of the driver raises by no defect of ours.

    Besides its own errors these are bare ones of its sockets, what its compiled code raises over a
    transport that is gone or a malformed answer, and what Python says of values out of range, or of
    malformed digits.
    """
    stumbles = (AttributeError, TypeError, LookupError, AssertionError, MemoryError)
    return (driver(0).Error, OSError, ValueError, ArithmeticError, *stumbles)


def raised(error: BaseException) -> bool:
    """Whether it was raised in the driver, rather than in what the driver called of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] == "oracledb"


def was_answered(error: BaseException) -> bool:
    """Whether it is the database's own word, in an answer that the driver has read to its end; or
    the driver's, who sent nothing.

    After anything else the driver may have kept a part of an answer: the columns of a statement
    that it described by half, say, which it would take for known when that runs again.
    """
    if not isinstance(error, driver(0).Error):
        return False
    word = error.args[0] if error.args else None
    if getattr(word, "code", 0):
        return True
    full_code = str(getattr(word, "full_code", ""))
    return full_code.startswith(_SENT_NOTHING) or full_code in _OF_A_TYPE


# Wrong uses of the driver, and binds that are missing or cannot be bound.
_SENT_NOTHING = ("DPY-2", "DPY-3002", "DPY-3003", "DPY-4008", "DPY-4009", "DPY-4010")
# It looks object types up with queries of its own, behind the statement that has them.
_OF_A_TYPE = frozenset({"DPY-3017", "DPY-3018"})


def cancel_if_healthy(connection: Any) -> None:
    """Send a break, from any thread, unless the connection is known to be gone.

    The driver's cancel() crashes the process when another thread has just dropped the connection.
    Both calls run inside one call of all(), where the interpreter cannot change threads between
    them as it could between two statements.
    """
    inner = connection._impl
    call = type(inner.cancel).__call__
    all(map(call, (inner.get_is_healthy, inner.cancel)))


def describe() -> str:
    """`oracledb 26.1.0 thin`, or `loading`, or `missing`; never waits."""
    if not _loading.is_over.is_set():
        return "loading"
    driver = _loading.driver
    return "missing" if driver is None else f"oracledb {driver.version} thin"


def _load(
    open_socket: SocketOpener,
    resolve: NameResolver,
    sleep: Sleeper,
    create_context: ContextMaker,
    time_zone: Callable[[], str],
    when_over: Callable[[], None],
) -> None:
    try:
        oracledb, thin_impl, base_impl = import_driver()

        # The driver's connect has no time limit of its own once the TCP connection stands
        # (a listener that takes it and stays silent holds it for ever). Knowing the socket is
        # the only way to end such a call from outside.
        thin_impl.socket = _variant(socket, create_connection=open_socket)
        thin_impl.ssl = _variant(thin_impl.ssl, create_default_context=create_context)
        system = thin_impl.os
        environment = _LoginEnvironment(system.environ, time_zone)
        thin_impl.os = _variant(system, environ=environment)
        # It tries all addresses that it finds, one after the other, as often as RETRY_COUNT says.
        base_impl.socket = _variant(socket, getaddrinfo=resolve)
        thin_impl.time = _variant(thin_impl.time, sleep=sleep)

        # Until its mode is fixed the driver makes every login wait for the first one, however
        # long that hangs.
        oracledb.enable_thin_mode()
        oracledb.defaults.fetch_lobs = False
        oracledb.defaults.program = "oracle-sidecar"
        _loading.driver = oracledb
    except BaseException as error:
        # A thread's entry point: those who wait must be told.
        _loading.failure = f"the database driver cannot be loaded: {error}"
        logger.exception("the database driver cannot be loaded")
    finally:
        _loading.is_over.set()
        when_over()


def _variant(module: types.ModuleType, **members: object) -> types.ModuleType:
    """The module with other members under some names, asked for the rest when it is wanted.

    A compiled module that finds it under the module's name looks its functions up at each call;
    tests say so when that changes.
    """
    variant = types.ModuleType(module.__name__)
    vars(variant).update(members, __getattr__=partial(getattr, module))
    return variant
