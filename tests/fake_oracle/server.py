"""The stand-in as a whole: listens, accepts, and serves each connection in a thread of its own."""

from __future__ import annotations

import itertools
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from .kinds.model import Engine
from .link.certificates import LOOPBACK
from .link.channel import Channel
from .link.counters import Counters, Counts
from .link.faults import Faults
from .link.tls import Tls, TlsEnd
from .messages.capabilities import ORACLE_23AI, Capabilities
from .session.auth import DEFAULT_ACCOUNTS, Account
from .session.handshake import Database
from .session.session import Session

logger = logging.getLogger(__name__)


class FakeOracle:
    """A database on a port of its own; a context manager. Safe to call from any thread.

    engines: by service name; None takes the demo data (services DEV and UAT). The stand-in closes
    the engines when it stops. tls: it listens on one more port, with TLS.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine] | None = None,
        accounts: Sequence[Account] = DEFAULT_ACCOUNTS,
        host: str = "127.0.0.1",
        port: int = 0,
        capabilities: Capabilities = ORACLE_23AI,
        tls: Tls | None = None,
        tls_port: int = 0,
    ) -> None:
        self.host = host
        self.port = port
        self.tls_port = tls_port
        self._tls = tls
        self.made_at = time.monotonic()
        self.faults = Faults()
        self._counters = Counters()
        self._engines = demo_engines() if engines is None else dict(engines)
        session_ids = itertools.count(101)
        self._database = Database(
            engines={name.upper(): engine for name, engine in self._engines.items()},
            accounts=tuple(accounts),
            capabilities=capabilities,
            counters=self._counters,
            faults=self.faults,
            address=self._address,
            next_session_id=lambda: next(session_ids),
        )
        self._lock = threading.Lock()
        # Guarded by _lock: the doormen, none while nothing listens, and the connections served.
        self._doormen: list[_Doorman] = []
        self._sessions: set[Session] = set()

    def __enter__(self) -> FakeOracle:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def services(self) -> list[str]:
        return list(self._engines)

    def dsn(self, service: str = "DEV") -> str:
        return f"{self.host}:{self.port}/{service}"

    def tcps_dsn(self, service: str = "DEV", host: str = LOOPBACK[0], **options: object) -> str:
        """With TLS; options as in `?ssl_server_dn_match=off`."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"tcps://{host}:{self.tls_port}/{service}" + (f"?{query}" if query else "")

    def _address(self, with_tls: bool) -> tuple[str, int]:
        # The name in the certificate counts for who is sent elsewhere, too.
        return (LOOPBACK[0], self.tls_port) if with_tls else (self.host, self.port)

    def start(self) -> None:
        """Listen; the ports are the real ones afterwards."""
        doormen = [_Doorman(self.host, self.port, self._serve)]
        self.port = doormen[0].port
        if self._tls is not None:
            doormen.append(_Doorman(self.host, self.tls_port, self._serve_with_tls))
            self.tls_port = doormen[1].port
        with self._lock:
            self._doormen = doormen
        for doorman in doormen:
            doorman.thread.start()

    def stop(self) -> None:
        """End everything: the listener, every connection, the engines. Once is enough."""
        self.stop_listening()
        sessions = self._snapshot()
        for session in sessions:
            session.link.close()
        for session in sessions:
            session.thread.join(5)
        engines, self._engines = self._engines, {}
        for engine in engines.values():
            engine.close()

    def stop_listening(self) -> None:
        """New connections are refused by the operating system; sessions go on."""
        with self._lock:
            doormen, self._doormen = self._doormen, []
        for doorman in doormen:
            doorman.stop()

    def listen_again(self) -> None:
        """Listen on the same ports as before."""
        self.start()

    def restart(self) -> None:
        """Drop every session, as a restarted database does. It listens again by then: a client
        that comes back at once finds it."""
        self.stop_listening()
        sessions = self._snapshot()
        self.listen_again()
        _drop(sessions)

    def kill_sessions(self, code: int = 28) -> int:
        """Every session answers its next call with that ORA code and ends; how many there are."""
        return sum(session.kill(code) for session in self._snapshot())

    def drop_sessions(self) -> int:
        """Every connection is reset at once, as by a lost network; how many there were."""
        sessions = self._snapshot()
        _drop(sessions)
        return len(sessions)

    def close_sessions(self) -> int:
        """Every connection is ended in order, with nothing said but TLS's own goodbye."""
        sessions = self._snapshot()
        for session in sessions:
            session.link.finish()
        return len(sessions)

    def counts(self) -> Counts:
        return self._counters.snapshot()

    def wait_until(
        self, predicate: Callable[[Counts], bool], timeout_seconds: float = 10
    ) -> Counts:
        """The counts that satisfy the predicate; TimeoutError with the last ones if none do."""
        return self._counters.wait_until(predicate, timeout_seconds)

    def statements(self) -> list[str]:
        """The SQL texts executed so far, in order."""
        return self._counters.statements()

    def time_zones(self) -> list[str]:
        """The time zones that logins have asked for so far, in order."""
        return self._counters.time_zones()

    def _snapshot(self) -> list[Session]:
        with self._lock:
            self._sessions = {session for session in self._sessions if session.is_alive()}
            return list(self._sessions)

    def _serve_with_tls(self, connected: socket.socket) -> None:
        assert self._tls is not None
        end = TlsEnd(self._tls, lambda: self._counters.add(tls_handshakes=1))
        self._serve(connected, end)

    def _serve(self, connected: socket.socket, tls: TlsEnd | None = None) -> None:
        session = Session(Channel(connected, tls), self._database)
        with self._lock:
            self._sessions = {other for other in self._sessions if other.is_alive()} | {session}
            # Started before the lock is free: whoever finds it in the set may wait for its end.
            session.thread.start()


class _Doorman:
    """The listening socket, and the thread that accepts from it."""

    def __init__(self, host: str, port: int, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = _bound(host, port)
        self._socket.listen(128)
        self._wake, self._woken = socket.socketpair()
        self.port: int = self._socket.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, name="fake-oracle-door", daemon=True)

    def stop(self) -> None:
        self._wake.close()
        self.thread.join(5)

    def _accept(self) -> None:
        with self._socket, self._woken:
            while True:
                readable, _, _ = select.select([self._socket, self._woken], [], [])
                if self._woken in readable:
                    return
                try:
                    connected, _ = self._socket.accept()
                except OSError as error:
                    logger.warning("a connection was gone before it was accepted: %s", error)
                    continue
                self._serve(connected)


# The system gives a port again once it is free. A client that knew another database there would
# take this one for that: not try a password that was refused there, or expect its tables.
_given_ports: set[int] = set()


def _bound(host: str, port: int) -> socket.socket:
    passed_over = []
    try:
        while True:
            bound = socket.socket()
            if os.name == "posix":
                # Elsewhere this option would let a second listener share the port.
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, port))
            given: int = bound.getsockname()[1]
            if port or given not in _given_ports:
                _given_ports.add(given)
                return bound
            passed_over.append(bound)
    finally:
        for other in passed_over:
            other.close()


def _drop(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.link.reset()
    for session in sessions:
        session.thread.join(5)


def demo_engines() -> dict[str, Engine]:
    # Imported here, so that tests with engines of their own need no SQL layer.
    from .demo.demo_data import demo_engines

    return dict(demo_engines())
