"""The socket that the driver reads from: it lets nothing through that cannot be a TNS packet.

The driver takes the heads of packets on trust. One whose length is below the head's own eight bytes
makes it read outside its buffers, which ends the process (SIGSEGV, or SIGABRT in the allocator),
and so does nonsense behind a packet that is too short for its type, a session data unit of next to
nothing, and a redirect to nowhere. Whatever else may answer at a mistyped port (SSH, HTTP, another
database) is told from a listener by its first eight bytes.
"""

from __future__ import annotations

import socket

HEAD_BYTES = 8
ACCEPT = 2
REDIRECT = 5
DATA = 6
# What a listener or a database sends, and the shortest of each: ACCEPT (Oracle 11's; later ones are
# longer), REFUSE, REDIRECT, DATA, RESEND, MARKER, ATTENTION, CONTROL.
SHORTEST_BYTES = {ACCEPT: 32, 4: 8, REDIRECT: 10, DATA: 10, 11: 8, 12: 8, 13: 8, 14: 8}
# A packet is never longer than the session data unit, of which Oracle allows 2 MiB.
MOST_BYTES = 16 * 1024 * 1024
# How far into a packet is looked that comes before the session: to the end of ACCEPT's data unit.
LOOKED_AT_BYTES = 36
# The first protocol version (Oracle 12.1) whose ACCEPT is read to there, and what Oracle allows.
READ_VERSION = 315
DATA_UNIT_BYTES = range(512, 2 * 1024 * 1024 + 1)
# What the driver asks of an HTTPS proxy, once and first of all: the answer is no TNS.
PROXY_ANSWER_BYTES = 1024


class Packets:
    """Follows the packets in a stream of bytes, whatever pieces it comes in."""

    # _left: how much of the current packet is to come; _head: the beginning of the next one's head.
    __slots__ = ("_head", "_left", "is_wide")

    def __init__(self) -> None:
        self._left = 0
        self._head = b""
        self.is_wide = False
        """Lengths take four bytes, which they do behind ACCEPT."""

    @property
    def is_between(self) -> bool:
        """No packet has begun that is not whole."""
        return not (self._left or self._head)

    def follow(self, data: bytes) -> bytes:
        """Returns the data. ConnectionResetError for what is no TNS: the driver gives up on it."""
        known, at = self._head + data, self._left
        while len(known) - at >= HEAD_BYTES:
            length = self._length(known[at : at + HEAD_BYTES])
            if not self.is_wide:
                looked_at = known[at : at + min(length, LOOKED_AT_BYTES)]
                if len(looked_at) < min(length, LOOKED_AT_BYTES):
                    break
                self._look_into(looked_at)
            at += length
        self._left, self._head = max(0, at - len(known)), known[at:]
        return data

    def _length(self, head: bytes) -> int:
        length, kind = int.from_bytes(head[: 4 if self.is_wide else 2], "big"), head[4]
        if not SHORTEST_BYTES.get(kind, MOST_BYTES) <= length < MOST_BYTES:
            raise _bad(head)
        return length

    def _look_into(self, packet: bytes) -> None:
        kind = packet[4]
        if kind == REDIRECT and packet[8:10] == bytes(2):
            raise _bad(packet)
        if kind == ACCEPT:
            version = int.from_bytes(packet[8:10], "big")
            data_unit = int.from_bytes(packet[32:36], "big")
            if version >= READ_VERSION and data_unit not in DATA_UNIT_BYTES:
                raise _bad(packet)
            self.is_wide = True


def _bad(packet: bytes) -> ConnectionResetError:
    return ConnectionResetError(f"ORA-12592: TNS:bad packet, beginning with {packet!r}")


class TnsSocket(socket.socket):
    """Takes the place of a connected socket. TLS takes the descriptor out of it again."""

    __slots__ = ("_packets",)

    def __init__(self, connected: socket.socket) -> None:
        seconds = connected.gettimeout()
        super().__init__(fileno=connected.detach())
        self.settimeout(seconds)
        self._packets = Packets()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        if size == PROXY_ANSWER_BYTES and not self._packets.is_wide:
            return data
        return self._packets.follow(data)
