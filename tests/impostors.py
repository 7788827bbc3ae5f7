"""Peers that are no stand-in: one that says a few bytes, and a wire on which bytes are changed."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import TypeVar

from sockets import shut_down

Self = TypeVar("Self", bound="Impostor")


class Impostor:
    """Says its bytes to whoever has said something, and waits for his end. A context manager."""

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
        self._swap: tuple[bytes, bytes] | None = None

    def answer_next(self, instead: bytes) -> None:
        """The database's next bytes become these, once."""
        with self._lock:
            self._instead = instead

    def swap(self, old: bytes, new: bytes) -> None:
        """From now on, wherever the database says so."""
        with self._lock:
            self._swap = (old, new)

    def _serve(self, connected: socket.socket) -> None:
        behind = socket.create_connection(("127.0.0.1", self._behind))
        asking = threading.Thread(target=_pass_on, args=(connected, behind), daemon=True)
        asking.start()
        while data := _receive(behind):
            with self._lock:
                data, self._instead = self._instead or data, None
                if self._swap is not None:
                    data = data.replace(*self._swap)
            try:
                connected.sendall(data)
            except OSError:
                break
        _hang_up(connected)
        asking.join(10)
        behind.close()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    while data := _receive(source):
        sink.sendall(data)
    _hang_up(source)
    sink.shutdown(socket.SHUT_WR)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _hang_up(sock: socket.socket) -> None:
    shut_down(sock)
    sock.close()
