"""OSON, the binary JSON of Oracle. Layout: impl/base/oson.pyx (OsonDecoder, OsonEncoder).

An image is a head, the field names, and a tree of nodes that refer to each other by offset. Names
longer than 255 bytes, which need a newer image version, are refused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ..kinds import values
from ..kinds.model import IntervalDS, IntervalYM, Moment, Single, Value, Vector
from .primitives import ProtocolError, Reader
from .vectors import decode_vector, encode_vector

_MAGIC: Final = b"\xff\x4a\x5a"
_VERSION: Final = 1
_VERSION_LONG_NAMES: Final = 3

_RELATIVE_OFFSETS: Final = 0x01
_INLINE_LEAVES: Final = 0x02
_LENGTH_IN_CODE: Final = 0x04
_NAMES_UINT32: Final = 0x08
_IS_SCALAR: Final = 0x10
_HASH_UINT8: Final = 0x0100
_NAMES_UINT16: Final = 0x0400
_NAME_BYTES_UINT32: Final = 0x0800
_TREE_UINT32: Final = 0x1000

_NULL, _TRUE, _FALSE = 0x30, 0x31, 0x32
_TEXT_8, _NUMBER, _DOUBLE, _TEXT_16, _TEXT_32 = 0x33, 0x34, 0x36, 0x37, 0x38
_TIMESTAMP, _BYTES_16, _BYTES_32, _DATE = 0x39, 0x3A, 0x3B, 0x3C
_INTERVAL_YM, _INTERVAL_DS = 0x3D, 0x3E
_EXTENDED, _TIMESTAMP_TZ, _TIMESTAMP_7, _FLOAT = 0x7B, 0x7C, 0x7D, 0x7F
_OBJECT, _ARRAY = 0x84, 0xC0
_EXTENDED_VECTOR: Final = 0x01

# In the node type of a container: how its offsets and its number of children are written.
_OFFSETS_UINT32: Final = 0x20
_CHILDREN_BITS: Final = 0x18
_CHILDREN_UINT16: Final = 0x08
_CHILDREN_UINT32: Final = 0x10
_NAMES_SHARED: Final = 0x18
_IS_ARRAY: Final = 0x40


def encode_oson(value: Value) -> bytes:
    names = sorted(_names_in(value), key=_name_order)
    tree = _TreeWriter({name: at + 1 for at, name in enumerate(names)})
    tree.write(value)
    flags = _INLINE_LEAVES | _LENGTH_IN_CODE | _TREE_UINT32
    size = struct.pack(">I", len(tree.data))
    if not isinstance(value, (dict, list, tuple)):
        return _head(flags | _IS_SCALAR) + size + bytes(tree.data)
    encoded = [name.encode() for name in names]
    offsets, segment = [], b""
    for name in encoded:
        offsets.append(len(segment))
        segment += bytes((len(name),)) + name
    flags |= _HASH_UINT8 | _NAMES_UINT32 | _NAME_BYTES_UINT32
    return b"".join(
        (
            _head(flags),
            struct.pack(">II", len(names), len(segment)),
            size + b"\x00\x00",
            bytes(_hash(name) & 0xFF for name in encoded),
            struct.pack(f">{len(names)}I", *offsets),
            segment,
            tree.data,
        )
    )


def _head(flags: int) -> bytes:
    return _MAGIC + bytes((_VERSION,)) + struct.pack(">H", flags)


def _names_in(value: Value) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*map(_names_in, value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*map(_names_in, value))
    return set()


def _name_order(name: str) -> tuple[int, int, bytes]:
    encoded = name.encode()
    if len(encoded) > 255:
        raise ValueError(f"a JSON field name of {len(encoded)} bytes")
    return _hash(encoded) & 0xFF, len(encoded), encoded


def _hash(name: bytes) -> int:
    """OsonFieldName._calc_hash_id."""
    result = 0x811C9DC5
    for byte in name:
        result = ((result ^ byte) * 16777619) & 0xFFFFFFFF
    return result


class _TreeWriter:
    """The tree segment. Field ids take four bytes, as do offsets."""

    def __init__(self, field_ids: Mapping[str, int]) -> None:
        self._field_ids = field_ids
        self.data = bytearray()

    def write(self, value: Value) -> None:
        if isinstance(value, Mapping):
            self._start(_OBJECT, len(value))
            for name in value:
                self.data += struct.pack(">I", self._field_ids[name])
            self._children(list(value.values()))
        elif isinstance(value, (list, tuple)):
            self._start(_ARRAY, len(value))
            self._children(value)
        else:
            self.data += _encode_leaf(value)

    def _start(self, node: int, children: int) -> None:
        if children < 1 << 8:
            self.data += struct.pack(">BB", node | _OFFSETS_UINT32, children)
        elif children < 1 << 16:
            self.data += struct.pack(">BH", node | _OFFSETS_UINT32 | _CHILDREN_UINT16, children)
        else:
            self.data += struct.pack(">BI", node | _OFFSETS_UINT32 | _CHILDREN_UINT32, children)

    def _children(self, children: Sequence[Value]) -> None:
        offsets_at = len(self.data)
        self.data += bytes(4 * len(children))
        for at, child in enumerate(children):
            struct.pack_into(">I", self.data, offsets_at + 4 * at, len(self.data))
            self.write(child)


def _encode_leaf(value: Value) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_TRUE if value else _FALSE,))
    if isinstance(value, str):
        # Lone surrogates stand for bytes that are no text, as in columns of text.
        return _sized(value.encode("utf-8", "surrogateescape"), _TEXT_8, _TEXT_16, _TEXT_32)
    if isinstance(value, bytes):
        return _sized(value, None, _BYTES_16, _BYTES_32)
    if isinstance(value, Vector):
        image = encode_vector(value)
        return struct.pack(">BBI", _EXTENDED, _EXTENDED_VECTOR, len(image)) + image
    if isinstance(value, (int, Decimal)):
        number = values.encode_number(value)
        return bytes((_NUMBER, len(number))) + number
    if isinstance(value, Single):
        return bytes((_FLOAT,)) + values.encode_binary_float(value)
    if isinstance(value, float):
        return bytes((_DOUBLE,)) + values.encode_binary_double(value)
    if isinstance(value, IntervalDS):
        return bytes((_INTERVAL_DS,)) + values.encode_interval_ds(value)
    if isinstance(value, IntervalYM):
        return bytes((_INTERVAL_YM,)) + values.encode_interval_ym(value)
    if isinstance(value, Moment):
        return _encode_moment(value)
    raise TypeError(f"{value!r} in a JSON value")


def _encode_moment(moment: Moment) -> bytes:
    if moment.offset_minutes is not None:
        return bytes((_TIMESTAMP_TZ,)) + values.encode_timestamp_tz(moment)
    encoded = values.encode_timestamp(moment)
    return bytes((_TIMESTAMP_7 if len(encoded) == 7 else _TIMESTAMP,)) + encoded


def _sized(data: bytes, in_8: int | None, in_16: int, in_32: int) -> bytes:
    if in_8 is not None and len(data) < 1 << 8:
        return struct.pack(">BB", in_8, len(data)) + data
    if len(data) < 1 << 16:
        return struct.pack(">BH", in_16, len(data)) + data
    return struct.pack(">BI", in_32, len(data)) + data


def decode_oson(image: bytes) -> Value:
    reader = Reader(image)
    magic, version, flags = reader.take(3), reader.ub1(), reader.uint16()
    if magic != _MAGIC or version not in (_VERSION, _VERSION_LONG_NAMES):
        raise ProtocolError(f"no OSON: {image[:6].hex()}")
    tree_size = 4 if flags & _TREE_UINT32 else 2
    if flags & _IS_SCALAR:
        reader.take(tree_size)
        return _TreeReader(reader.take(reader.left), [], 1, False).node(0)
    id_size = 4 if flags & _NAMES_UINT32 else 2 if flags & _NAMES_UINT16 else 1
    offset_size = 4 if flags & _NAME_BYTES_UINT32 else 2
    count, segment_size = _uint(reader, id_size), _uint(reader, offset_size)
    long_count = long_size = long_offset_size = 0
    if version == _VERSION_LONG_NAMES:
        long_offset_size = 2 if reader.uint16() & _HASH_UINT8 else 4
        long_count, long_size = _uint(reader, 4), _uint(reader, 4)
    reader.take(tree_size + 2)
    names = _read_names(reader, count, offset_size, segment_size, 1)
    names += _read_names(reader, long_count, long_offset_size, long_size, 2)
    is_relative = bool(flags & _RELATIVE_OFFSETS)
    return _TreeReader(reader.take(reader.left), names, id_size, is_relative).node(0)


def _uint(reader: Reader, size: int) -> int:
    return int.from_bytes(reader.take(size), "big")


def _read_names(
    reader: Reader, count: int, offset_size: int, size: int, length_size: int
) -> list[str]:
    """Hashes, offsets, names; long names have lengths, and hashes, of two bytes."""
    if not count:
        return []
    reader.take(count * length_size)
    offsets = [_uint(reader, offset_size) for _ in range(count)]
    segment = reader.take(size)
    names = []
    for offset in offsets:
        start = offset + length_size
        length = int.from_bytes(segment[offset:start], "big")
        names.append(segment[start : start + length].decode())
    return names


class _TreeReader:
    def __init__(self, tree: bytes, names: Sequence[str], id_size: int, is_relative: bool) -> None:
        self._tree = tree
        self._names = names
        self._id_size = id_size
        self._is_relative = is_relative

    def node(self, at: int) -> Value:
        kind = self._tree[at]
        reader = Reader(self._tree[at + 1 :])
        return self._container(at, kind, reader) if kind & 0x80 else _decode_leaf(kind, reader)

    def _container(self, at: int, kind: int, reader: Reader) -> Value:
        offset_size = 4 if kind & _OFFSETS_UINT32 else 2
        ids_reader, is_shared = reader, kind & _CHILDREN_BITS == _NAMES_SHARED
        if is_shared:
            other = _uint(reader, offset_size)
            ids_reader = Reader(self._tree[other + 1 :])
            count = _count_children(self._tree[other], ids_reader)
        else:
            count = _count_children(kind, reader)
        ids = []
        if not kind & _IS_ARRAY:
            ids = [_uint(ids_reader, self._id_size) for _ in range(count)]
        base = at if self._is_relative else 0
        children = [self.node(base + _uint(reader, offset_size)) for _ in range(count)]
        if kind & _IS_ARRAY:
            return children
        return {self._names[field - 1]: child for field, child in zip(ids, children, strict=True)}


def _count_children(kind: int, reader: Reader) -> int:
    bits = kind & _CHILDREN_BITS
    return _uint(reader, 4 if bits == _CHILDREN_UINT32 else 2 if bits == _CHILDREN_UINT16 else 1)


_CONSTANTS: Final[dict[int, Value]] = {_NULL: None, _TRUE: True, _FALSE: False}
_FIXED: Final[dict[int, tuple[int, Callable[[bytes], Value]]]] = {
    _DATE: (7, values.decode_moment),
    _TIMESTAMP_7: (7, values.decode_moment),
    _TIMESTAMP: (11, values.decode_moment),
    _TIMESTAMP_TZ: (13, values.decode_moment),
    _INTERVAL_YM: (5, values.decode_interval_ym),
    _INTERVAL_DS: (11, values.decode_interval_ds),
    _FLOAT: (4, values.decode_binary_float),
    _DOUBLE: (8, values.decode_binary_double),
}
_SIZED: Final[dict[int, tuple[int, Callable[[bytes], Value]]]] = {
    _TEXT_8: (1, bytes.decode),
    _TEXT_16: (2, bytes.decode),
    _TEXT_32: (4, bytes.decode),
    _NUMBER: (1, values.decode_number),
    _BYTES_16: (2, bytes),
    _BYTES_32: (4, bytes),
}


def _decode_leaf(kind: int, reader: Reader) -> Value:
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    if kind in _FIXED:
        size, decode = _FIXED[kind]
        return decode(reader.take(size))
    if kind in _SIZED:
        length_size, decode = _SIZED[kind]
        return decode(reader.take(_uint(reader, length_size)))
    if kind == _EXTENDED and reader.ub1() == _EXTENDED_VECTOR:
        return decode_vector(reader.take(_uint(reader, 4)))
    if kind < 0x20:
        return reader.take(kind).decode()
    if kind & 0xF0 in (0x20, 0x60):
        return values.decode_number(reader.take((kind & 0x0F) + 1))
    if kind & 0xF0 in (0x40, 0x50):
        return values.decode_number(reader.take(kind & 0x0F))
    raise ProtocolError(f"OSON node {kind:#x}")


def json_text(value: Value) -> str:
    """What a client gets that asked for text instead; numbers keep every digit."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(name)}:{json_text(child)}" for name, child in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
