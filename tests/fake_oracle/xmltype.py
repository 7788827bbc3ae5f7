"""XMLTYPE: values in rows, and the shape of the type, which drivers ask the database for.

Values: impl/thin/packet.pyx (read_xmltype) and impl/thin/dbobject.pyx (read_xmltype, read_header).
The shape: impl/thin/dbobject_cache.pyx. After a query with such a column a driver runs a block that
calls dbms_pickler.get_type_shape on the same session; it is a package of every database, so it is
answered here and not in the SQL layer.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .columns import XMLTYPE_OID
from .model import Column, ColumnType, Kind, NestedCursor, StatementKind, Value
from .primitives import prefixed, twice_prefixed, ub

# Longer documents come as the locator of a CLOB, which the client then reads.
LONGEST_INLINE_BYTES: Final = 32767

_VERSION_81: Final = 0x80
_NO_PREFIX: Final = 0x04
_IMAGE_VERSION: Final = 1
_LONG_LENGTH: Final = 254
_IS_LOB: Final = 0x0001
_IS_TEXT: Final = 0x0004

_CALL: Final = re.compile(r"dbms_pickler\s*\.\s*get_type_shape", re.IGNORECASE)
_FOUND, _NOT_FOUND = 0, 1
# A type descriptor without attributes (_parse_tds reads eighteen bytes of head).
_NO_ATTRIBUTES: Final = bytes(18)
_TEXT: Final = ColumnType(Kind.VARCHAR, size=128, chars=128)
_NUMBER: Final = ColumnType(Kind.NUMBER, 0, -127)
# The columns _populate_type_info unpacks each attribute from.
_ATTRIBUTE_COLUMNS: Final = (
    Column("VERSION", _NUMBER),
    Column("ATTR_NAME", _TEXT),
    Column("ATTR_NO", _NUMBER),
    Column("ATTR_TYPE_NAME", _TEXT),
    Column("ATTR_TYPE_OWNER", _TEXT),
    Column("ATTR_TYPE_PACKAGE", _TEXT),
    Column("ATTR_TYPE_OID", ColumnType(Kind.RAW, size=16)),
    Column("INSTANTIABLE", _TEXT),
    Column("SUPER_TYPE_OWNER", _TEXT),
    Column("SUPER_TYPE_NAME", _TEXT),
)


def encode_text(document: str) -> bytes:
    return _encode(_IS_TEXT, document.encode("utf-8", "surrogateescape"))


def encode_locator(locator: bytes) -> bytes:
    return _encode(_IS_LOB, locator)


def encode_null() -> bytes:
    return ub(0) * 6


def _encode(flag: int, content: bytes) -> bytes:
    """Type, object and snapshot ids, version, size, flags; then the image."""
    body = b"\x01" + struct.pack(">I", flag) + content
    flags = _VERSION_81 | _NO_PREFIX
    image = struct.pack(">BBBI", flags, _IMAGE_VERSION, _LONG_LENGTH, len(body) + 7) + body
    ids = twice_prefixed(XMLTYPE_OID) + ub(0) * 2
    return ids + ub(0) + ub(len(image)) + ub(0) + prefixed(image)


def asks_for_shape(sql: str) -> bool:
    return _CALL.search(sql) is not None


def shape_of(full_name: Value) -> Mapping[str, Value]:
    """What the block leaves in its binds, by lower-case name; XMLTYPE is the only type there is."""
    if full_name != '"SYS"."XMLTYPE"':
        return {"ret_val": _NOT_FOUND, "attrs_rc": NestedCursor(_ATTRIBUTE_COLUMNS, iter(()))}
    return {
        "ret_val": _FOUND,
        "oid": XMLTYPE_OID,
        "version": 1,
        "tds": _NO_ATTRIBUTES,
        "attrs_rc": NestedCursor(_ATTRIBUTE_COLUMNS, iter(())),
        "package_name": None,
        "schema": "SYS",
        "name": "XMLTYPE",
    }


@dataclass(frozen=True)
class ShapeBlock:
    """The block as a parsed statement. It is run by shape_of."""

    sql: str
    kind: StatementKind = StatementKind.BLOCK
    columns: Sequence[Column] = ()

    @property
    def bind_names(self) -> Sequence[str]:
        """Each name once, in lower case, in the order the binds are sent."""
        return list(dict.fromkeys(name.lower() for name in re.findall(r":(\w+)", self.sql)))
