"""The bytes of one connection: a socket, and TLS on it where it is wanted."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import struct
import threading

from .tls import TlsEnd

logger = logging.getLogger(__name__)

_MOST_BYTES = 65536
# SO_LINGER with time 0: close() sends a reset instead of an orderly end. Windows has shorts there.
_LINGER_NONE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Channel:
    """One thread receives, any thread may send. Errors of the connection are OSError."""

    # _sending is held from sealing to the last byte: what is sealed must leave in that order.

    def __init__(self, connected: socket.socket, tls: TlsEnd | None = None) -> None:
        self.tls = tls
        self._socket = connected
        self._sending = threading.Lock()
        self._failed = False
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> bytes | None:
        """What came in: nothing at its end, None while it is no whole record of TLS yet."""
        data = self._socket.recv(_MOST_BYTES)
        if self.tls is None or not data:
            return data
        if self._failed:
            return None
        try:
            plain = self.tls.open(data)
        except ssl.SSLError as error:
            self._fail(error)
            return None
        self._flush()
        return plain or None

    def receive_urgent(self) -> None:
        self._socket.recv(1, socket.MSG_OOB)

    def begin_tls(self) -> None:
        assert self.tls is not None
        try:
            self.tls.begin()
        except ssl.SSLError as error:
            self._fail(error)
        else:
            self._flush()

    def send(self, data: bytes, is_last_before_tls: bool = False) -> None:
        """is_last_before_tls: the client begins TLS anew when it has read this."""
        with self._sending:
            if self.tls is not None and self.tls.is_set_up:
                self.tls.seal(data)
                if is_last_before_tls:
                    self.tls.begin_anew()
                data = self.tls.take()
            self._socket.sendall(data)

    def _flush(self) -> None:
        assert self.tls is not None
        with self._sending:
            if data := self.tls.take():
                self._socket.sendall(data)

    def _fail(self, error: ssl.SSLError) -> None:
        """The client is told why, in an alert; what it still sends is dropped."""
        logger.info("TLS failed: %s", error)
        self._failed = True
        try:
            self._flush()
        except OSError:
            logger.debug("the peer was gone before it was told")
        self.finish()

    def finish(self) -> None:
        """Nothing more is sent, and TLS says so where it is set up."""
        if self.tls is not None and self.tls.is_set_up and not self._failed:
            self.tls.say_goodbye()
            try:
                self._flush()
            except OSError:
                logger.debug("the peer was gone before the goodbye")
        self.shut_down(socket.SHUT_WR)

    def shut_down(self, how: int) -> None:
        """From any thread: whoever is blocked receiving, or sending, returns."""
        try:
            self._socket.shutdown(how)
        except OSError:
            logger.debug("the peer was gone already")

    def close(self, resets: bool) -> None:
        """From the receiving thread, which owns the descriptor."""
        if resets:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self._socket.close()
