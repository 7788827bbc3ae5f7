"""TNS packets: header, type, payload; split and join at the negotiated size. No I/O.

Layout: impl/thin/packet.pyx (WriteBuffer._send_packet), impl/thin/transport.pyx (extract_packet);
the names of types and flags are in impl/thin/constants.pxi.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

HEADER_BYTES = 8
DATA_HEADER_BYTES = HEADER_BYTES + 2
# From this protocol version on lengths are 32 bits wide, after CONNECT and its answer.
VERSION_WIDE_LENGTH = 315
# An unbelievable length is refused, or a stray client could make the server wait for ever.
MOST_PACKET_BYTES = 64 * 1024 * 1024

FLAG_REDIRECT = 0x04
FLAG_TLS_ANEW = 0x08
DATA_EOF = 0x0040
DATA_END_OF_RESPONSE = 0x2000

MARKER_BREAK = 1
MARKER_RESET = 2
MARKER_INTERRUPT = 3


class PacketType(IntEnum):
    CONNECT = 1
    ACCEPT = 2
    REFUSE = 4
    REDIRECT = 5
    DATA = 6
    RESEND = 11
    MARKER = 12
    CONTROL = 14


# What clients send. The fifth byte of a hello of TLS, which begins like a long packet, is none.
_FROM_CLIENTS = {PacketType.CONNECT, PacketType.DATA, PacketType.MARKER}


@dataclass(frozen=True)
class Packet:
    """One packet: payload is everything behind the eight header bytes."""

    type: int
    flags: int
    payload: bytes

    @property
    def data_flags(self) -> int:
        return int.from_bytes(self.payload[:2], "big")

    @property
    def data(self) -> bytes:
        return self.payload[2:]


class NotTnsError(Exception):
    """The bytes received cannot be the head of a packet."""


def make_packet(kind: int, payload: bytes, wide: bool, flags: int = 0) -> bytes:
    """packet.pyx: _send_packet; wide is what the driver decides by the protocol version."""
    size = HEADER_BYTES + len(payload)
    length = size.to_bytes(4, "big") if wide else size.to_bytes(2, "big") + b"\x00\x00"
    return length + bytes((kind, flags, 0, 0)) + payload


def split_data(message: bytes, sdu: int, end_flag: int) -> Iterator[bytes]:
    """The DATA packets of one message, none larger than the SDU; the last one carries end_flag."""
    room = sdu - DATA_HEADER_BYTES
    last = max(0, (len(message) - 1) // room * room)
    for start in range(0, last + 1, room):
        flags = end_flag if start == last else 0
        payload = flags.to_bytes(2, "big") + message[start : start + room]
        yield make_packet(PacketType.DATA, payload, wide=True)


class PacketJoiner:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self.wide = False
        self._pending = b""

    @property
    def has_rest(self) -> bool:
        """A packet began and is not complete."""
        return bool(self._pending)

    def feed(self, data: bytes) -> None:
        self._pending += data

    def next(self) -> Packet | None:
        """The next whole packet, or None until more bytes come."""
        pending = self._pending
        if len(pending) < HEADER_BYTES:
            return None
        size = int.from_bytes(pending[: 4 if self.wide else 2], "big")
        if not HEADER_BYTES <= size <= MOST_PACKET_BYTES or pending[4] not in _FROM_CLIENTS:
            raise NotTnsError(f"a packet of {size} bytes: {pending[:HEADER_BYTES].hex()}")
        if len(pending) < size:
            return None
        self._pending = pending[size:]
        return Packet(pending[4], pending[5], pending[HEADER_BYTES:size])
