"""The driver: loaded in the background, its defaults set once.

The driver takes longer to load than all the rest of the program, so the server listens first and a
thread loads the driver behind it. Whoever needs it waits here.
"""

from __future__ import annotations

import logging
import socket
import threading
import types
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from oracle.driver_imports import import_driver, import_for_login

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)

# The driver brings no types that mypy could follow through its compiled modules.
Driver = Any

_loaded = threading.Event()
_starting = threading.Lock()
_state: dict[str, Any] = {"thread": None, "driver": None, "failure": None, "login_thread": None}

SocketOpener = Callable[..., socket.socket]
ContextMaker = Callable[[], "ssl.SSLContext"]


class DriverMissingError(Exception):
    """The driver could not be loaded; the log says why."""


def start_loading(
    open_socket: SocketOpener, create_context: ContextMaker, when_over: Callable[[], None]
) -> None:
    """Load the driver on a thread of its own; later calls change nothing.

    Inside the driver, and only there, open_socket stands in for `socket.create_connection`, and
    create_context for `ssl.create_default_context`.
    """
    with _starting:
        if _state["thread"] is None:
            thread = threading.Thread(
                target=_load,
                args=(open_socket, create_context, when_over),
                name="driver-loader",
                daemon=True,
            )
            _state["thread"] = thread
            thread.start()


def driver(timeout_seconds: float) -> Driver:
    """The `oracledb` module. TimeoutError when it is late, DriverMissingError when absent."""
    if not _loaded.wait(timeout_seconds):
        raise TimeoutError("loading the database driver")
    if _state["failure"] is not None:
        raise DriverMissingError(_state["failure"])
    return _state["driver"]


def driver_for_login(timeout_seconds: float) -> Driver:
    """The same; what a login needs besides is imported while the first one waits for answers."""
    module = driver(timeout_seconds)
    with _starting:
        if _state["login_thread"] is None:
            thread = threading.Thread(target=_import_for_login, name="login-loader", daemon=True)
            _state["login_thread"] = thread
            thread.start()
    return module


def _import_for_login() -> None:
    try:
        import_for_login()
    except ImportError:
        logger.debug("the login that needs it will say what is missing")


def failures() -> tuple[type[Exception], ...]:
    """What a call of the driver raises by no defect of ours.

    Besides its own errors these are bare ones of its sockets, the stumbles of its compiled code
    over a transport that is not there any more, and what Python says of values out of range.
    """
    return (driver(0).Error, OSError, AttributeError, TypeError, ValueError, OverflowError)


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
    if not _loaded.is_set():
        return "loading"
    return "missing" if _state["driver"] is None else f"oracledb {_state['driver'].version} thin"


def _load(
    open_socket: SocketOpener, create_context: ContextMaker, when_over: Callable[[], None]
) -> None:
    try:
        oracledb, thin_impl = import_driver()

        # The driver's connect has no time limit of its own once the TCP connection stands
        # (a listener that takes it and stays silent holds it for ever). Knowing the socket is
        # the only way to end such a call from outside.
        thin_impl.socket = _variant(socket, create_connection=open_socket)
        thin_impl.ssl = _variant(thin_impl.ssl, create_default_context=create_context)

        # Until its mode is fixed the driver makes every login wait for the first one, however
        # long that hangs.
        oracledb.enable_thin_mode()
        oracledb.defaults.fetch_lobs = False
        oracledb.defaults.program = "oracle-sidecar"
        _state["driver"] = oracledb
    except Exception as error:
        _state["failure"] = f"the database driver cannot be loaded: {error}"
        logger.exception("the database driver cannot be loaded")
    finally:
        _loaded.set()
        when_over()


def _variant(module: types.ModuleType, **functions: object) -> types.ModuleType:
    """The module with other functions under some names, asked for the rest when it is wanted.

    A compiled module that finds it under the module's name looks its functions up at each call;
    tests say so when that changes.
    """
    variant = types.ModuleType(module.__name__)
    vars(variant).update(functions, __getattr__=partial(getattr, module))
    return variant
