"""The wire's own integers and byte strings, and a reader that pulls in packets as it needs them.

Layouts: impl/base/buffer.pyx (read_ub4, read_sb4, read_raw_bytes_and_length, write_*), and
impl/thin/packet.pyx (ReadBuffer) for byte strings in pieces.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_SHORT_LENGTH = 252
ESCAPE = 253
LONG_LENGTH = 254
NULL_LENGTH = 255
# Pieces of a long value; the drivers send 32767 and take any size.
PIECE_BYTES = 32767

_SHORT_PREFIXES = tuple(bytes((n,)) for n in range(256))


class ProtocolError(Exception):
    """The client sent bytes that are no request this server knows."""


def ub(value: int) -> bytes:
    """An unsigned integer (ub2, ub4 and ub8 alike): its length in bytes, then the bytes."""
    if value == 0:
        return b"\x00"
    if value < 256:
        return bytes((1, value))
    size = (value.bit_length() + 7) // 8
    return _SHORT_PREFIXES[size] + value.to_bytes(size, "big")


def sb(value: int) -> bytes:
    """A signed integer: as ub, with bit 7 of the length as the sign."""
    if value >= 0:
        return ub(value)
    size = (value.bit_length() + 7) // 8
    return bytes((size | 0x80,)) + (-value).to_bytes(size, "big")


def prefixed(data: bytes) -> bytes:
    """A byte string with its length; empty is the same as null."""
    size = len(data)
    if size <= MAX_SHORT_LENGTH:
        return _SHORT_PREFIXES[size] + data
    parts = [_SHORT_PREFIXES[LONG_LENGTH]]
    for start in range(0, size, PIECE_BYTES):
        piece = data[start : start + PIECE_BYTES]
        parts += (ub(len(piece)), piece)
    parts.append(b"\x00")
    return b"".join(parts)


def twice_prefixed(data: bytes) -> bytes:
    """A byte string after its length as ub4; empty is the length alone."""
    return ub(len(data)) + prefixed(data) if data else b"\x00"


def text(value: str) -> bytes:
    return twice_prefixed(value.encode())


class Reader:
    """Reads one request. `more` is asked for the next packet when the bytes run out."""

    def __init__(self, data: bytes, more: Callable[[], bytes] | None = None) -> None:
        self._data = data
        self._at = 0
        self._more = more

    @property
    def left(self) -> int:
        """Bytes at hand; more may still come."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        end = self._at + size
        while end > len(self._data):
            if self._more is None:
                raise ProtocolError(f"{size} bytes wanted, {self.left} left")
            self._data = self._data[self._at :] + self._more()
            self._at, end = 0, size
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def discard(self) -> int:
        """Drop what is at hand; how many bytes it was."""
        left = self.left
        self._at = len(self._data)
        return left

    def ub1(self) -> int:
        return self.take(1)[0]

    def ub(self) -> int:
        size = self.ub1()
        if size > 8:
            raise ProtocolError(f"an unsigned integer of {size} bytes")
        return int.from_bytes(self.take(size), "big")

    def sb(self) -> int:
        size = self.ub1()
        magnitude = int.from_bytes(self.take(size & 0x7F), "big")
        return -magnitude if size & 0x80 else magnitude

    def uint16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def uint16_little(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def prefixed(self) -> bytes | None:
        """A byte string; None for null, which includes the empty string."""
        size = self.ub1()
        if size in (0, NULL_LENGTH):
            return None
        if size == ESCAPE:
            # write_bind_params_column: a null BOOLEAN is the escape byte and a 1.
            self.take(1)
            return None
        if size != LONG_LENGTH:
            return self.take(size)
        pieces = []
        while piece := self.ub():
            pieces.append(self.take(piece))
        return b"".join(pieces)

    def twice_prefixed(self) -> bytes | None:
        return self.prefixed() if self.ub() else None

    def text(self) -> str:
        return (self.twice_prefixed() or b"").decode()

    def until_zero(self) -> bytes:
        collected = bytearray()
        while byte := self.ub1():
            collected.append(byte)
        return bytes(collected)
