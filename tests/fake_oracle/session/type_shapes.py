"""What drivers ask about object types behind the back of their users.

After a query with such columns a driver runs a block that calls dbms_pickler.get_type_shape on the
same session. The package belongs to every database, so the block is answered here, from the types
of the SQL layer, and not by it. Source: impl/thin/dbobject_cache.pyx.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..formats.columns import CHARSET_UTF8, CHARSET_UTF16, FORM_IMPLICIT, FORM_NATIONAL, XMLTYPE_OID
from ..kinds.model import (
    Column,
    ColumnType,
    Kind,
    NestedCursor,
    ObjectType,
    OraError,
    Row,
    StatementKind,
    Value,
    name_in_type,
)

FindType: TypeAlias = Callable[[str | None, str], ObjectType | None]

_CALL: Final = re.compile(r"dbms_pickler\s*\.\s*get_type_shape", re.IGNORECASE)
_BINDS: Final = frozenset(
    {"ret_val", "full_name", "oid", "version", "tds", "attrs_rc", "package_name", "schema", "name"}
)
_FOUND, _NOT_FOUND = 0, 1
_NAME: Final = re.compile(r'(?:("[^"]+"|[A-Za-z][\w$#]*)\.)?("[^"]+"|[A-Za-z][\w$#]*)')
_VERSION: Final = 1

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


def asks_for_shape(sql: str) -> bool:
    return _CALL.search(sql) is not None


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


def shape_block(sql: str) -> ShapeBlock:
    """OraError for any other block that calls the package."""
    block = ShapeBlock(sql)
    if set(block.bind_names) != _BINDS:
        raise OraError(3115, "unsupported: this block around dbms_pickler.get_type_shape")
    return block


def shape_of(full_name: Value, find: FindType) -> Mapping[str, Value]:
    """What the block leaves in its binds, by lower-case name."""
    found = _NAME.fullmatch(str(full_name))
    schema, name = (_plain(part) for part in (found.groups() if found else (None, None)))
    if (schema, name) == ("SYS", "XMLTYPE"):
        return _shape("SYS", "XMLTYPE", XMLTYPE_OID, b"", ())
    made = None if name is None else find(schema, name)
    if made is None:
        return {"ret_val": _NOT_FOUND, "attrs_rc": NestedCursor(_ATTRIBUTE_COLUMNS, iter(()))}
    return _shape(made.schema, made.name, made.oid, _descriptor(made), list(_rows(made)))


def _plain(part: str | None) -> str | None:
    if part is None or part.startswith('"'):
        return part and part[1:-1]
    return part.upper()


def _shape(
    schema: str, name: str, oid: bytes, descriptor: bytes, rows: Sequence[Row]
) -> Mapping[str, Value]:
    return {
        "ret_val": _FOUND,
        "oid": oid,
        "version": _VERSION,
        "tds": descriptor or bytes(_HEAD_BYTES),
        "attrs_rc": NestedCursor(_ATTRIBUTE_COLUMNS, iter(rows)),
        "package_name": None,
        "schema": schema,
        "name": name,
    }


def _rows(made: ObjectType) -> Iterator[Row]:
    for number, attribute in enumerate(made.attributes, 1):
        yield [
            _VERSION, attribute.name, number, *_named(attribute.type), "YES", None, None,
        ]  # fmt: skip


def _named(column_type: ColumnType) -> tuple[str, str | None, None, bytes | None]:
    """The type's name, owner, package and identifier; only types that were made have an owner."""
    if column_type.object is not None:
        made = column_type.object
        return made.name, made.schema, None, made.oid
    if column_type.kind is Kind.XMLTYPE:
        return "XMLTYPE", "SYS", None, XMLTYPE_OID
    return name_in_type(column_type), None, None, None


# The descriptor (_parse_tds, _parse_tds_attr): a head, then a code and its details for each
# attribute; in the place of a collection's one attribute, where its element is described.

_HEAD_BYTES: Final = 18
_IS_COLLECTION: Final = 28
_NESTED_TABLE, _VARRAY = 2, 3
_COLLECTION_BYTES: Final = 10
_START_OBJECT, _END_OBJECT, _ELSEWHERE = b"\x27", b"\x28", b"\x1b" + bytes(5)
# Those of intervals and of BFILE are known to no driver.
_CODES: Final = {
    Kind.CHAR: 1, Kind.NCHAR: 1, Kind.DATE: 2, Kind.NUMBER: 6, Kind.VARCHAR: 7, Kind.NVARCHAR: 7,
    Kind.BOOLEAN: 8, Kind.RAW: 19, Kind.TIMESTAMP: 21, Kind.TIMESTAMP_TZ: 23, Kind.INTERVAL_YM: 24,
    Kind.INTERVAL_DS: 25, Kind.CLOB: 29, Kind.NCLOB: 29, Kind.BLOB: 30, Kind.BFILE: 31,
    Kind.TIMESTAMP_LTZ: 33, Kind.BINARY_FLOAT: 37, Kind.BINARY_DOUBLE: 45,
}  # fmt: skip
_FLOAT: Final = 5


def _descriptor(made: ObjectType) -> bytes:
    if made.element is None:
        return _head(len(made.attributes)) + _attributes(made)
    kind = _VARRAY if made.limit else _NESTED_TABLE
    start = _HEAD_BYTES + _COLLECTION_BYTES
    collection = struct.pack(">BIIB", _IS_COLLECTION, start, made.limit, kind)
    return _head(1) + collection + _described(made.element, in_collection=True)


def _head(attributes: int) -> bytes:
    return bytes(8) + attributes.to_bytes(2, "big") + bytes(8)


def _attributes(made: ObjectType) -> bytes:
    return b"".join(_described(a.type, in_collection=False) for a in made.attributes)


def _described(column_type: ColumnType, *, in_collection: bool) -> bytes:
    kind, made = column_type.kind, column_type.object
    if kind is Kind.XMLTYPE or (made is not None and (in_collection or made.element is not None)):
        return _ELSEWHERE
    if made is not None:
        return _START_OBJECT + _attributes(made) + _END_OBJECT
    return _described_scalar(kind, column_type)


def _described_scalar(kind: Kind, column_type: ColumnType) -> bytes:
    if name_in_type(column_type) == "FLOAT":
        return bytes((_FLOAT, column_type.precision))
    code = bytes((_CODES[kind],))
    if kind is Kind.NUMBER:
        return code + struct.pack(">bb", column_type.precision, column_type.scale)
    if kind is Kind.RAW:
        return code + column_type.size.to_bytes(2, "big")
    if kind in (Kind.VARCHAR, Kind.CHAR):
        return code + struct.pack(">HBH", column_type.size, FORM_IMPLICIT, CHARSET_UTF8)
    if kind in (Kind.NVARCHAR, Kind.NCHAR):
        return code + struct.pack(">HBH", column_type.size, FORM_NATIONAL, CHARSET_UTF16)
    if kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ):
        return code + struct.pack(">b", column_type.scale)
    return code
