"""The socket that the driver reads from: it lets nothing through that cannot be a TNS packet.

The driver takes the heads of packets on trust. One whose length is below the head's own eight bytes
makes it read outside its buffers, which ends the process (SIGSEGV, or SIGABRT in the allocator),
and so does nonsense behind a packet that is too short for its type. Whatever else may answer at a
mistyped port (SSH, HTTP, another database) is told from a listener by its first eight bytes.

A few lengths before the login end the process as surely: a session data unit of next to nothing, a
redirect to nowhere, and two in the first answer of all. Those are looked up where they stand.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable

from common.sockets import shut_down, wait_for

HEAD_BYTES = 8
ACCEPT = 2
REDIRECT = 5
DATA = 6
# What a listener or a database sends, and the shortest of each: ACCEPT (Oracle 11's; later ones are
# longer), REFUSE, REDIRECT, DATA, RESEND, MARKER, ATTENTION, CONTROL.
SHORTEST_BYTES = {ACCEPT: 32, 4: 8, REDIRECT: 10, DATA: 10, 11: 8, 12: 8, 13: 8, 14: 8}
# A packet is never longer than the session data unit, of which Oracle allows 2 MiB.
MOST_BYTES = 16 * 1024 * 1024
# How far into packets is looked: up to ACCEPT, to the end of its data unit; then into the answer to
# the protocol message, which is the first DATA behind it.
CONNECT_BYTES = 36
ANSWER_BYTES = 2048
# The first protocol version (Oracle 12.1) whose ACCEPT is read to there, and what Oracle allows.
READ_VERSION = 315
DATA_UNIT_BYTES = range(512, 2 * 1024 * 1024 + 1)
# What the driver asks of an HTTPS proxy, once and first of all: the answer is no TNS.
PROXY_ANSWER_BYTES = 1024


# On Windows no call that is blocked on a socket returns when that is shut down: what Microsoft
# writes of shutdown() is about later calls. So a read looks this often there whether it was cut.
LOOK_SECONDS = 0.2 if sys.platform == "win32" else None


class _Waits(threading.local):
    """How long this thread has waited for databases, since it last set that to 0."""

    longest = 0.0
    """The longest of its reads: the first one of an answer mostly, a round trip and what the
    database takes before it begins to answer."""

    def note(self, since: float) -> None:
        """since: on the performance counter, since the monotonic clock of Windows has steps of
        16 ms before Python 3.13.
        """
        self.longest = max(self.longest, time.perf_counter() - since)


WAITS = _Waits()


class Packets:
    """Follows the packets in a stream of bytes, whatever pieces it comes in."""

    # _left: how much of the current packet is to come; _begun: the next one, as far as it is there
    # and not looked into yet; _look_bytes: how far into packets is looked.
    __slots__ = ("_begun", "_left", "_look_bytes", "is_wide")

    def __init__(self) -> None:
        self._left = 0
        self._begun = b""
        self._look_bytes = CONNECT_BYTES
        self.is_wide = False
        """Lengths take four bytes, which they do behind ACCEPT."""

    @property
    def is_between(self) -> bool:
        """No packet has begun that is not whole."""
        return not (self._left or self._begun)

    def follow(self, data: bytes) -> bytes:
        """Returns the data. ConnectionResetError for what is no TNS: the driver gives up on it."""
        known, at = self._begun + data, self._left
        while len(known) - at >= HEAD_BYTES:
            length = self._length(known[at : at + HEAD_BYTES])
            if self._look_bytes > HEAD_BYTES:
                packet = known[at : at + min(length, self._look_bytes)]
                if len(packet) < min(length, self._look_bytes):
                    break
                self._look_into(packet)
            at += length
        self._left, self._begun = max(0, at - len(known)), known[at:]
        return data

    def _length(self, head: bytes) -> int:
        length, kind = int.from_bytes(head[: 4 if self.is_wide else 2], "big"), head[4]
        if not SHORTEST_BYTES.get(kind, MOST_BYTES) <= length < MOST_BYTES:
            raise _bad(head)
        return length

    def _look_into(self, packet: bytes) -> None:
        kind = packet[4]
        if self.is_wide and kind == DATA:
            self._look_bytes = HEAD_BYTES
            is_bad = _misleads(packet[10:])
        elif kind == ACCEPT:
            self.is_wide, self._look_bytes = True, ANSWER_BYTES
            version = int.from_bytes(packet[8:10], "big")
            data_unit = int.from_bytes(packet[32:36], "big")
            is_bad = version >= READ_VERSION and data_unit not in DATA_UNIT_BYTES
        else:
            is_bad = kind == REDIRECT and packet[8:10] == bytes(2)
        if is_bad:
            raise _bad(packet)


def _misleads(answer: bytes) -> bool:
    """True of an answer to the protocol message whose banner does not end, or whose part behind the
    elements has no bytes: the driver runs out of its buffers (impl/thin/messages/protocol.pyx).
    """
    if answer[:1] != b"\x01":
        return False
    end = answer.find(0, 3)
    elements = int.from_bytes(answer[end + 4 : end + 6], "little")
    return end < 0 or answer[end + 6 + 5 * elements :][:2] == bytes(2)


def _bad(packet: bytes) -> ConnectionResetError:
    beginning = packet[:CONNECT_BYTES]
    return ConnectionResetError(f"ORA-12592: TNS:bad packet, beginning with {beginning!r}")


class Handle(socket.socket):
    """A second handle on a connection, with which any thread cuts it."""

    __slots__ = ("is_cut",)

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(fileno=connected.dup().detach())
        self.is_cut = False

    def cut(self) -> None:
        """End both directions: a read that waits for more ends at once, or within LOOK_SECONDS."""
        self.is_cut = True
        shut_down(self)


def wait_until_cut(
    sock: socket.socket, handle: Handle | None, seconds: float | None, is_to_write: bool = False
) -> bool:
    """`wait_for`, which ends with ConnectionResetError when the connection is cut."""
    if LOOK_SECONDS is None or handle is None:
        return wait_for(sock, seconds, is_to_write)
    give_up = None if seconds is None else time.monotonic() + seconds
    while True:
        left = LOOK_SECONDS if give_up is None else max(0.0, give_up - time.monotonic())
        if wait_for(sock, min(LOOK_SECONDS, left), is_to_write):
            return True
        if handle.is_cut:
            raise ConnectionResetError("the connection was cut")
        if left == 0.0:
            return False


class TnsSocket(socket.socket):
    """Takes the place of a connected socket. TLS takes the descriptor out of it again.

    when_heard: told of the bytes that come, before they are looked at. handle: with which it is
    cut.
    """

    __slots__ = ("_handle", "_packets", "_when_heard")

    def __init__(
        self,
        connected: socket.socket,
        when_heard: Callable[[bytes], None] = lambda _: None,
        handle: Handle | None = None,
    ) -> None:
        seconds = connected.gettimeout()
        super().__init__(fileno=connected.detach())
        self.settimeout(seconds)
        self._packets = Packets()
        self._when_heard = when_heard
        self._handle = handle

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        before = time.perf_counter()
        try:
            if LOOK_SECONDS is not None and not wait_until_cut(
                self, self._handle, self.gettimeout()
            ):
                raise TimeoutError("timed out")
            data = super().recv(size, flags)
            WAITS.note(before)
            if not self._packets.is_wide:
                self._when_heard(data)
            if size == PROXY_ANSWER_BYTES and not self._packets.is_wide:
                return data
            return self._packets.follow(data)
        except ConnectionResetError:
            # The driver closes its socket at an end of the stream, and only forgets it here
            # (transport.pyx, read_packet): it would stay open until garbage is collected.
            self.close()
            raise
