"""Peers that are no stand-in: one that says a few bytes, wires on which something is changed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from common.sockets import shut_down

Self = TypeVar("Self", bound="Impostor")


class Impostor:
    """Says its bytes to a caller that has spoken, and waits for its end. A context manager."""

    def __init__(self, says: bytes) -> None:
        self._says = says
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self: Self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        _hang_up(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        with connected:
            connected.settimeout(30)
            try:
                connected.recv(8192)
                connected.sendall(self._says)
                while connected.recv(8192):
                    pass
            except OSError:
                return


class Relay(Impostor):
    """Passes on what is said, both ways; the database's words can be changed on their way."""

    def __init__(self, port: int) -> None:
        super().__init__(b"")
        self._behind = port
        self._lock = threading.Lock()
        # Guarded by _lock.
        self._instead: bytes | None = None
        self._byte: tuple[int, int, int] | None = None
        self._swap: tuple[bytes, bytes] | None = None

    def answer_next(self, instead: bytes) -> None:
        """The database's next bytes become these, once."""
        with self._lock:
            self._instead = instead

    def change_byte(self, place: int, value: int, skip: int = 0) -> None:
        """One byte of the database's next words is another, once; or of later words, where some
        are skipped.
        """
        with self._lock:
            self._byte = (skip, place, value)

    def swap(self, old: bytes, new: bytes) -> None:
        """From now on, wherever the database says so."""
        with self._lock:
            self._swap = (old, new)

    def _serve(self, connected: socket.socket) -> None:
        behind = socket.create_connection(("127.0.0.1", self._behind))
        asking = threading.Thread(target=self._listen_to, args=(connected, behind), daemon=True)
        asking.start()
        while data := _receive(behind):
            with self._lock:
                data, self._instead = self._instead or data, None
                if self._byte is not None:
                    skip, place, value = self._byte
                    self._byte = (skip - 1, place, value) if skip else None
                    if not skip:
                        data = data[:place] + bytes((value,)) + data[place + 1 :]
                if self._swap is not None:
                    data = data.replace(*self._swap)
            try:
                connected.sendall(data)
            except OSError:
                break
        _hang_up(connected)
        asking.join(10)
        behind.close()

    def _listen_to(self, connected: socket.socket, behind: socket.socket) -> None:
        _pass_on(connected, behind)


class Proxy(Impostor):
    """An HTTPS proxy: it connects whoever says CONNECT, where its answer begins with a yes."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        super().__init__(answer)
        self.asked: list[str] = []
        """The first lines of what it was asked."""

    def _serve(self, connected: socket.socket) -> None:
        asked = _receive(connected).decode()
        self.asked.append(asked.partition("\r\n")[0])
        connected.sendall(self._says)
        if b" 200 " not in self._says:
            _hang_up(connected)
            return
        host, _, port = asked.split()[1].rpartition(":")
        behind = socket.create_connection((host, int(port)))
        asking = threading.Thread(target=_pass_on, args=(connected, behind), daemon=True)
        asking.start()
        _pass_on(behind, connected)
        asking.join(10)
        for sock in (connected, behind):
            sock.close()


class DeafRelay(Relay):
    """From a moment on it takes nothing in, so that who sends has to wait."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._hears = threading.Event()
        self._hears.set()

    def fall_deaf(self) -> None:
        self._hears.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hears.set()
        super().__exit__(kind, error, trace)

    def _listen_to(self, connected: socket.socket, behind: socket.socket) -> None:
        _pass_on(connected, behind, self._hears.wait)


def _pass_on(
    source: socket.socket, sink: socket.socket, wait: Callable[[], object] = lambda: None
) -> None:
    wait()
    with suppress(OSError):
        while data := _receive(source):
            sink.sendall(data)
            wait()
    _hang_up(source)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _hang_up(sock: socket.socket) -> None:
    shut_down(sock)
    sock.close()
