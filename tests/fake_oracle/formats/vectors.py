"""VECTOR images. Layout: impl/base/vector.pyx (VectorDecoder.decode, VectorEncoder.encode)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Final

from ..kinds import values
from ..kinds.model import Vector
from .primitives import ProtocolError, Reader

_MAGIC: Final = 0xDB
_VERSION_DENSE, _VERSION_BINARY, _VERSION_SPARSE = 0, 1, 2
_HAS_NORM: Final = 0x0002
_HAS_NORM_SPACE: Final = 0x0010
_IS_SPARSE: Final = 0x0020

FORMAT_NUMBERS: Final = {"float32": 2, "float64": 3, "int8": 4, "binary": 5}
_NAME_OF: Final = {number: name for name, number in FORMAT_NUMBERS.items()}
_BITS_IN_BYTE: Final = 8


def encode_vector(vector: Vector) -> bytes:
    is_binary = vector.format == "binary"
    version, flags = _VERSION_DENSE, _HAS_NORM_SPACE | _HAS_NORM
    if is_binary:
        version, flags = _VERSION_BINARY, _HAS_NORM_SPACE
    if vector.indices is not None:
        version, flags = _VERSION_SPARSE, flags | _IS_SPARSE
    norm = 0.0 if is_binary else math.sqrt(sum(value * value for value in vector.values))
    head = struct.pack(
        ">BBHBI", _MAGIC, version, flags, FORMAT_NUMBERS[vector.format], vector.dimensions
    )
    indices = b""
    if vector.indices is not None:
        count = len(vector.indices)
        indices = struct.pack(f">H{count}I", count, *vector.indices)
    body = _encode_values(vector.format, vector.values)
    return head + values.encode_binary_double(norm) + indices + body


def _encode_values(form: str, elements: Sequence[float]) -> bytes:
    if form == "float32":
        return b"".join(map(values.encode_binary_float, elements))
    if form == "float64":
        return b"".join(map(values.encode_binary_double, elements))
    return bytes(int(element) & 0xFF for element in elements)


def decode_vector(image: bytes) -> Vector:
    reader = Reader(image)
    magic, _version, flags, number, dimensions = struct.unpack(">BBHBI", reader.take(9))
    if magic != _MAGIC or number not in _NAME_OF:
        raise ProtocolError(f"no VECTOR: {image[:9].hex()}")
    if flags & (_HAS_NORM | _HAS_NORM_SPACE):
        reader.take(8)
    form, count, indices = _NAME_OF[number], dimensions, None
    if flags & _IS_SPARSE:
        count = reader.uint16()
        indices = struct.unpack(f">{count}I", reader.take(4 * count))
    if form == "binary":
        count //= _BITS_IN_BYTE
    return Vector(form, _decode_values(reader, form, count), dimensions, indices)


def _decode_values(reader: Reader, form: str, count: int) -> tuple[float, ...]:
    if form == "float32":
        return tuple(values.decode_binary_float(reader.take(4)) for _ in range(count))
    if form == "float64":
        return tuple(values.decode_binary_double(reader.take(8)) for _ in range(count))
    return struct.unpack(f">{count}{'b' if form == 'int8' else 'B'}", reader.take(count))


def vector_text(vector: Vector) -> str:
    """What a client gets that asked for text instead."""
    return "[" + ",".join(map(repr, vector.values)) + "]"
