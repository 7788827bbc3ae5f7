"""LOB locators of one session, and the operations on them.

Sources: impl/thin/messages/lob_op.pyx; locators: impl/thin/lob.pyx (_get_encoding) and
impl/thin/packet.pyx (read_lob_with_length, write_qlocator).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..formats.columns import BLOB, CHARSET_UTF8, FORM_NATIONAL
from ..formats.oson import decode_oson, encode_oson
from ..formats.primitives import ProtocolError, prefixed, sb, ub
from ..formats.vectors import decode_vector, encode_vector
from ..kinds.model import Kind, OraError, Value, Vector
from ..messages.messages import LobOperation
from .piggybacks import LOCATOR_BYTES

GET_LENGTH, READ, TRIM, WRITE, CREATE_TEMPORARY = 0x1, 0x2, 0x20, 0x40, 0x110
GET_CHUNK_SIZE, OPEN, CLOSE, IS_OPEN = 0x4000, 0x8000, 0x10000, 0x11000

_CHUNK_BYTES: Final = 8132
_FLAG_BLOB: Final = 0x01
_FLAG_INITIALISED: Final = 0x08
# Text travels as UTF-16, as from every database whose character set has variable length.
_FLAG_VARIABLE_LENGTH: Final = 0x80
_FLAG_TEMPORARY: Final = 0x01
_PARAMETER: Final = 8
_LOB_DATA: Final = 14


@dataclass
class Lob:
    """One LOB: text as UTF-16, so that offsets count as Oracle counts them."""

    kind: Kind
    data: bytes
    temporary: bool = False
    is_open: bool = False

    @property
    def unit(self) -> int:
        return 1 if self.kind is Kind.BLOB else 2

    @property
    def size(self) -> int:
        return len(self.data) // self.unit

    @property
    def value(self) -> Value:
        if self.kind is Kind.BLOB:
            return self.data
        return self.data.decode("utf-16-be", "surrogatepass")

    def read(self, offset: int, amount: int) -> bytes:
        """offset: from 1, in bytes or UTF-16 units, as amount."""
        start = (offset - 1) * self.unit
        return self.data[start : start + amount * self.unit]

    def write(self, offset: int, data: bytes) -> None:
        start = (offset - 1) * self.unit
        gap = bytes(max(0, start - len(self.data)))
        self.data = self.data[:start] + gap + data + self.data[start + len(data) :]


class LobStore:
    """The LOBs a session can name. Used by the session's thread alone."""

    def __init__(self) -> None:
        self._lobs: dict[int, Lob] = {}
        self._last_id = 0

    def make_lob(self, kind: Kind, value: Value) -> bytes:
        """read_lob_with_length: size and chunk size in front of the locator."""
        lob = Lob(kind, _as_bytes(kind, value))
        locator = self._add(lob)
        return ub(LOCATOR_BYTES) + ub(lob.size) + ub(_CHUNK_BYTES) + prefixed(locator)

    def make_locator(self, kind: Kind, value: Value) -> bytes:
        return self._add(Lob(kind, _as_bytes(kind, value)))

    def make_image(self, kind: Kind, value: Value) -> bytes:
        """read_oson and read_vector: as a LOB, all of it in front of a locator nobody reads."""
        image = encode_oson(value) if kind is Kind.JSON else _encode_vector(value)
        locator = _make_locator(0, Lob(Kind.BLOB, b""))
        sizes = ub(LOCATOR_BYTES) + ub(len(image)) + ub(_CHUNK_BYTES)
        return sizes + prefixed(image) + prefixed(locator)

    def bound(self, kind: Kind, locator: bytes) -> Value:
        del kind
        return self._find(locator).value

    def bound_image(self, kind: Kind, image: bytes) -> Value:
        return decode_oson(image) if kind is Kind.JSON else decode_vector(image)

    def free(self, locators: list[bytes]) -> None:
        for locator in locators:
            self._lobs.pop(_id_of(locator), None)

    def operate(self, request: LobOperation) -> bytes:
        """The answer up to its end; OraError for a locator that is none."""
        if request.operation == CREATE_TEMPORARY:
            return self._create_temporary(request)
        lob = self._find(request.locator)
        data, amount = b"", request.amount
        if request.operation == READ:
            data = lob.read(request.source_offset, request.amount)
            amount = len(data) // lob.unit
        elif request.operation == WRITE:
            lob.write(request.source_offset, request.data)
        elif request.operation == GET_LENGTH:
            amount = lob.size
        elif request.operation == GET_CHUNK_SIZE:
            amount = _CHUNK_BYTES
        elif request.operation == TRIM:
            lob.data = lob.data[: request.amount * lob.unit]
        elif request.operation in (OPEN, CLOSE):
            lob.is_open = request.operation == OPEN
        elif request.operation != IS_OPEN:
            raise ProtocolError(f"LOB operation {request.operation:#x}")
        return _make_answer(request, lob, data, amount)

    def _create_temporary(self, request: LobOperation) -> bytes:
        """The form and the type travel in the offset fields (lob.pyx: create_temp)."""
        national = request.source_offset == FORM_NATIONAL
        kind = Kind.NCLOB if national else Kind.CLOB
        if request.destination_offset == BLOB:
            kind = Kind.BLOB
        locator = self._add(Lob(kind, b"", temporary=True))
        return bytes((_PARAMETER,)) + locator + ub(CHARSET_UTF8) + b"\x00"

    def _add(self, lob: Lob) -> bytes:
        self._last_id += 1
        self._lobs[self._last_id] = lob
        return _make_locator(self._last_id, lob)

    def _find(self, locator: bytes) -> Lob:
        if (lob := self._lobs.get(_id_of(locator))) is None:
            raise OraError(22922, "nonexistent LOB value")
        return lob


def _make_answer(request: LobOperation, lob: Lob, data: bytes, amount: int) -> bytes:
    """lob_op.pyx: _process_message and _process_return_parameters."""
    parts = [bytes((_LOB_DATA,)) + prefixed(data)] if data else []
    parts.append(bytes((_PARAMETER,)) + request.locator)
    if request.has_amount:
        parts.append(sb(amount))
    if request.operation == IS_OPEN:
        parts.append(bytes((lob.is_open,)))
    return b"".join(parts)


def _as_bytes(kind: Kind, value: Value) -> bytes:
    if kind is Kind.BLOB:
        if not isinstance(value, bytes):
            raise TypeError(f"{value!r} in a BLOB")
        return value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} in a {kind.value}")
    return value.encode("utf-16-be", "surrogatepass")


def _encode_vector(value: Value) -> bytes:
    if not isinstance(value, Vector):
        raise TypeError(f"{value!r} in a VECTOR")
    return encode_vector(value)


def _make_locator(number: int, lob: Lob) -> bytes:
    flags = (
        _FLAG_BLOB if lob.kind is Kind.BLOB else 0,
        _FLAG_INITIALISED,
        0 if lob.kind is Kind.BLOB else _FLAG_VARIABLE_LENGTH,
        _FLAG_TEMPORARY if lob.temporary else 0,
    )
    head = (LOCATOR_BYTES - 2).to_bytes(2, "big") + b"\x00\x04" + bytes(flags)
    return (head + number.to_bytes(8, "big")).ljust(LOCATOR_BYTES, b"\x00")


def _id_of(locator: bytes) -> int:
    return int.from_bytes(locator[8:16], "big")
