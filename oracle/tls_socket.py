"""The socket for TCPS. Beyond TLS it does two things that Python's own does not.

Its packets pass the same check as those of other sessions. And several threads may use it at once:
the driver's cancel() writes while another thread reads or writes, which OpenSSL does not allow for.
With Python's own socket one cancel in forty broke its connection, and some ended the process
(SIGSEGV).
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

from oracle.tns_socket import WAITS, Handle, Packets, wait_until_cut

T = TypeVar("T")


def create_context(when_up: Callable[[TlsSocket], None] = lambda _: None) -> ssl.SSLContext:
    """Python's own, but for the sockets that it makes. when_up: told of each handshake's end."""
    context = ssl.create_default_context()
    context.sslsocket_class = type("TlsSocket", (TlsSocket,), {"when_up": staticmethod(when_up)})
    return context


class TlsSocket(ssl.SSLSocket):
    """One thread may read while others write, or close it."""

    # OpenSSL is entered under _openssl and never waits in there; what is to be waited for is waited
    # for outside. _writing is held from the first to the last byte of a write. Until the handshake
    # is done only one thread knows the socket, and it behaves as its base does.

    _is_set_up = False

    handle: Handle | None = None
    """With which it is cut."""

    @staticmethod
    def when_up(sock: TlsSocket) -> None:
        """Told that the handshake is done."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        self._openssl = threading.Lock()
        self._writing = threading.Lock()
        self._packets = Packets()
        self._seconds = super().gettimeout()
        super().settimeout(0)
        self._is_set_up = True
        self.when_up(self)

    def gettimeout(self) -> float | None:
        return self._seconds if self._is_set_up else super().gettimeout()

    def settimeout(self, value: float | None) -> None:
        if self._is_set_up:
            self._seconds = value
        else:
            super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """ConnectionResetError for what breaks TLS, as for what is no TNS."""
        if not self._is_set_up:
            return super().recv(buflen, flags)
        before = time.perf_counter()
        try:
            data = self._patiently(partial(super().recv, buflen, flags))
            WAITS.note(before)
            return self._packets.follow(data)
        except ConnectionResetError:
            self.close()  # as in TnsSocket
            raise
        except ssl.SSLError as error:
            self.close()
            raise ConnectionResetError(str(error)) from error

    def send(self, data: Any, flags: int = 0) -> int:
        """All of it: the driver does not ask how much was sent."""
        if not self._is_set_up:
            raise ConnectionResetError("the connection ended before TLS began")
        rest = memoryview(data)
        with self._writing:
            while rest:
                rest = rest[self._patiently(partial(super().send, rest, flags)) :]
        return len(data)

    def detach(self) -> int:
        """For TLS to begin anew on the connection, which must not be amid a packet then."""
        if not self._packets.is_between:
            raise ConnectionResetError("ORA-12592: TNS:bad packet, cut off by a new beginning")
        super().settimeout(None)
        return super().detach()

    def close(self) -> None:
        """Not amid a write of another thread, whose rest would go out in the clear."""
        with self._openssl if self._is_set_up else nullcontext():
            super().close()

    def _patiently(self, act: Callable[[], T]) -> T:
        """What act returns as soon as it need not wait. TimeoutError."""
        give_up = None if self._seconds is None else time.monotonic() + self._seconds
        while True:
            try:
                with self._openssl:
                    return act()
            except ssl.SSLWantReadError:
                is_to_write = False
            except ssl.SSLWantWriteError:
                is_to_write = True
            left = None if give_up is None else max(0.0, give_up - time.monotonic())
            if not wait_until_cut(self, self.handle, left, is_to_write):
                raise TimeoutError("timed out")
