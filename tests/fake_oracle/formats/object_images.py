"""Objects in rows: the pickled image of an object or a collection.

Layouts: impl/thin/packet.pyx (read_dbobject) around an image, impl/thin/dbobject.pyx
(DbObjectPickleBuffer, _unpack_data_from_buf, _unpack_value) inside it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

from ..kinds import values
from ..kinds.model import ColumnType, Kind, ObjectValue, Value
from .primitives import prefixed, twice_prefixed, ub

_VERSION_81: Final = 0x80
_IS_COLLECTION: Final = 0x08
_NO_PREFIX: Final = 0x04
_IMAGE_VERSION: Final = 1
_LONGEST_SHORT: Final = 245
_LONG_LENGTH: Final = b"\xfe"
_NULL: Final = b"\xff"
_NULL_OBJECT: Final = b"\xfd"


class Locators(Protocol):
    """What LOBs and documents inside an object need of the session."""

    def make_locator(self, kind: Kind, value: Value) -> bytes: ...

    def make_xml_image(self, document: str) -> bytes: ...


def framed(oid: bytes, image: bytes) -> bytes:
    """read_dbobject: the type's identifier, two empty ones, version, size, flags; the image."""
    return twice_prefixed(oid) + ub(0) * 3 + ub(len(image)) + ub(0) + prefixed(image)


def framed_null() -> bytes:
    return ub(0) * 6


def make_head(flags: int, body: bytes, prefix: bytes = b"") -> bytes:
    """read_header: flags, version, the size of it all, and a prefix where one is flagged."""
    size = 7 + len(prefix) + len(body)
    flags |= _VERSION_81 if prefix else _VERSION_81 | _NO_PREFIX
    return (
        struct.pack(">BB", flags, _IMAGE_VERSION)
        + _LONG_LENGTH
        + struct.pack(">I", size)
        + prefix
        + body
    )


def encode_object(value: ObjectValue, locators: Locators) -> bytes:
    return framed(value.type.oid, _image(value, locators))


def _image(value: ObjectValue, locators: Locators) -> bytes:
    made = value.type
    if made.element is None:
        return make_head(0, _attributes(value, locators))
    element = made.element
    parts = [_element(part, element, locators) for part in value.parts]
    body = b"\x00" + _length(len(parts)) + b"".join(parts)
    return make_head(_IS_COLLECTION, body, prefix=b"\x01\x01")


def _attributes(value: ObjectValue, locators: Locators) -> bytes:
    return b"".join(
        _attribute(part, attribute.type, locators)
        for part, attribute in zip(value.parts, value.type.attributes, strict=True)
    )


def _attribute(part: Value, column_type: ColumnType, locators: Locators) -> bytes:
    """An object inside an object stands there without a length, a collection with one."""
    declared = column_type.object
    if declared is None:
        return _scalar(part, column_type.kind, locators)
    if declared.element is not None:
        return _NULL if part is None else _sized(_image(_object(part), locators))
    if part is None:
        return _NULL_OBJECT
    # One whose first attribute is a null object begins with its byte, and is read as null then. The
    # driver writes it so, too (_pack_value); how databases do is not written down anywhere.
    return _attributes(_object(part), locators)


def _element(part: Value, column_type: ColumnType, locators: Locators) -> bytes:
    if column_type.object is None:
        return _scalar(part, column_type.kind, locators)
    return _NULL_OBJECT if part is None else _sized(_image(_object(part), locators))


def _object(part: Value) -> ObjectValue:
    assert isinstance(part, ObjectValue)
    return part


def _scalar(part: Value, kind: Kind, locators: Locators) -> bytes:
    if part is None:
        return _NULL
    if kind in (Kind.CLOB, Kind.NCLOB, Kind.BLOB):
        return _sized(locators.make_locator(kind, part))
    if kind is Kind.XMLTYPE:
        assert isinstance(part, str)
        return _sized(locators.make_xml_image(part))
    return _sized(_SCALARS[kind](part))


def _sized(data: bytes) -> bytes:
    return _length(len(data)) + data


def _length(size: int) -> bytes:
    if size <= _LONGEST_SHORT:
        return bytes((size,))
    return _LONG_LENGTH + struct.pack(">I", size)


def _utf8(part: str) -> bytes:
    return part.encode("utf-8", "surrogateescape")


def _utf16(part: str) -> bytes:
    return part.encode("utf-16-be", "surrogatepass")


_SCALARS: Final[dict[Kind, Callable[[Any], bytes]]] = {
    Kind.NUMBER: values.encode_number,
    Kind.BINARY_FLOAT: values.encode_binary_float,
    Kind.BINARY_DOUBLE: values.encode_binary_double,
    Kind.VARCHAR: _utf8,
    Kind.CHAR: _utf8,
    Kind.NVARCHAR: _utf16,
    Kind.NCHAR: _utf16,
    Kind.RAW: bytes,
    Kind.DATE: values.encode_date,
    Kind.TIMESTAMP: values.encode_timestamp,
    Kind.TIMESTAMP_TZ: values.encode_timestamp_tz,
    Kind.TIMESTAMP_LTZ: values.encode_timestamp,
    Kind.INTERVAL_DS: values.encode_interval_ds,
    Kind.INTERVAL_YM: values.encode_interval_ym,
    # read_oracle_data: inside an object it is an integer of four bytes.
    Kind.BOOLEAN: lambda part: int(part).to_bytes(4, "big"),
}
