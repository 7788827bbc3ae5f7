"""How each kind looks in a describe: its type number, sizes, character set.

Type numbers: base_impl.pxd (ORA_TYPE_NUM_*); describe: impl/thin/messages/base.pyx
(_process_describe_info, _process_metadata).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..kinds.model import Column, ColumnType, Kind, VectorType
from .primitives import prefixed, text, twice_prefixed, ub
from .vectors import FORMAT_NUMBERS

CHARSET_UTF8: Final = 873
CHARSET_UTF16: Final = 2000
FORM_IMPLICIT: Final = 1
FORM_NATIONAL: Final = 2

VARCHAR, NUMBER, BINARY_INTEGER, LONG, ROWID, DATE = 1, 2, 3, 8, 11, 12
RAW, LONG_RAW, CHAR, BINARY_FLOAT, BINARY_DOUBLE, CURSOR = 23, 24, 96, 100, 101, 102
OBJECT, CLOB, BLOB, BFILE, JSON, VECTOR = 109, 112, 113, 114, 119, 127
TIMESTAMP, TIMESTAMP_TZ, INTERVAL_YM, INTERVAL_DS, UROWID = 180, 181, 182, 183, 208
TIMESTAMP_LTZ, BOOLEAN = 231, 252


@dataclass(frozen=True)
class WireType:
    """What a describe says about a kind; buffer_size None: the column's own size."""

    number: int
    buffer_size: int | None
    form: int = 0


WIRE_TYPES: Final = {
    Kind.NUMBER: WireType(NUMBER, 22),
    Kind.BINARY_FLOAT: WireType(BINARY_FLOAT, 4),
    Kind.BINARY_DOUBLE: WireType(BINARY_DOUBLE, 8),
    Kind.VARCHAR: WireType(VARCHAR, None, FORM_IMPLICIT),
    Kind.CHAR: WireType(CHAR, None, FORM_IMPLICIT),
    Kind.NVARCHAR: WireType(VARCHAR, None, FORM_NATIONAL),
    Kind.NCHAR: WireType(CHAR, None, FORM_NATIONAL),
    Kind.LONG: WireType(LONG, 0, FORM_IMPLICIT),
    Kind.CLOB: WireType(CLOB, 4000, FORM_IMPLICIT),
    Kind.NCLOB: WireType(CLOB, 4000, FORM_NATIONAL),
    Kind.BLOB: WireType(BLOB, 4000),
    Kind.BFILE: WireType(BFILE, 530),
    Kind.RAW: WireType(RAW, None),
    Kind.LONG_RAW: WireType(LONG_RAW, 0),
    Kind.ROWID: WireType(ROWID, 18),
    Kind.UROWID: WireType(UROWID, 4000),
    Kind.DATE: WireType(DATE, 7),
    Kind.TIMESTAMP: WireType(TIMESTAMP, 11),
    Kind.TIMESTAMP_TZ: WireType(TIMESTAMP_TZ, 13),
    Kind.TIMESTAMP_LTZ: WireType(TIMESTAMP_LTZ, 11),
    Kind.INTERVAL_DS: WireType(INTERVAL_DS, 11),
    Kind.INTERVAL_YM: WireType(INTERVAL_YM, 5),
    Kind.BOOLEAN: WireType(BOOLEAN, 4),
    Kind.JSON: WireType(JSON, 8200),
    Kind.VECTOR: WireType(VECTOR, 8200),
    Kind.XMLTYPE: WireType(OBJECT, 2000, FORM_IMPLICIT),
    Kind.OBJECT: WireType(OBJECT, 2000),
    Kind.CURSOR: WireType(CURSOR, 4),
}

# Columns a client may only fetch after it has said how, in a define: locators, images or text.
NEEDS_DEFINE: Final = frozenset({Kind.CLOB, Kind.NCLOB, Kind.BLOB, Kind.JSON, Kind.VECTOR})

# That a column holds JSON, and that it does in binary form (TNS_UDS_FLAGS_*): a JSON column has
# both, one of another type with a CHECK ... IS JSON what the check says.
_IS_JSON: Final = 0x0100
_IS_OSON: Final = 0x0800
# Flags of a VECTOR column (VECTOR_META_FLAG_*).
_FLEXIBLE_DIMENSIONS: Final = 0x01
_IS_SPARSE: Final = 0x02
XMLTYPE_OID: Final = bytes.fromhex("00000000000000000000000000020100")


def make_columns(columns: Sequence[Column], field_version: int) -> bytes:
    """The body of a describe, _process_describe_info: columns and what follows them."""
    parts = [ub(sum(column.type.size for column in columns)), ub(len(columns))]
    if columns:
        parts.append(b"\x00")
    parts += [_make_column(at, column, field_version) for at, column in enumerate(columns)]
    # The date of the last change, four numbers and a query cache key that no driver reads.
    parts += (ub(7), prefixed(b"\x78\x7e\x01\x01\x01\x01\x01"), ub(0) * 4, ub(0))
    return b"".join(parts)


def _make_column(position: int, column: Column, field_version: int) -> bytes:
    """One column, _process_metadata."""
    kind, declared = column.type.kind, column.type
    wire = WIRE_TYPES[kind]
    charset = {FORM_IMPLICIT: CHARSET_UTF8, FORM_NATIONAL: CHARSET_UTF16}.get(wire.form, 0)
    name = column.name.encode()
    schema, type_name, oid = _named_type(declared)
    parts = [
        bytes((wire.number, 0)),
        (declared.precision & 0xFF).to_bytes(1, "big"),
        (declared.scale & 0xFF).to_bytes(1, "big"),
        ub(declared.size if wire.buffer_size is None else wire.buffer_size),
        ub(0),
        ub(0),
        twice_prefixed(oid),
        ub(1 if oid else 0),
        ub(charset),
        bytes((wire.form,)),
        ub(_most_characters(declared, wire)),
    ]
    if field_version >= 8:
        parts.append(ub(0))
    parts += (bytes((column.nullable, min(len(name), 255))), twice_prefixed(name))
    parts += (text(schema), text(type_name))
    parts += (ub(position + 1), ub(_json_flags(declared)))
    if field_version >= 17:
        parts += (ub(0), ub(0))
    if field_version >= 20:
        parts.append(ub(0))
    if field_version >= 24:
        parts.append(_vector_part(declared))
    return b"".join(parts)


def _json_flags(declared: ColumnType) -> int:
    if declared.kind is Kind.JSON or declared.json == "OSON":
        return _IS_JSON | _IS_OSON
    return _IS_JSON if declared.json else 0


def _vector_part(declared: ColumnType) -> bytes:
    """Dimensions, format and flags of a VECTOR."""
    if declared.kind is not Kind.VECTOR:
        return ub(0) + b"\x00\x00"
    vector = declared.vector or VectorType()
    flags = _IS_SPARSE if vector.is_sparse else 0
    flags |= 0 if vector.dimensions else _FLEXIBLE_DIMENSIONS
    return ub(vector.dimensions) + bytes((FORMAT_NUMBERS.get(vector.format, 0), flags))


def _named_type(declared: ColumnType) -> tuple[str, str, bytes]:
    """Schema, name and identifier of an object type; nothing for the other kinds."""
    if declared.kind is Kind.XMLTYPE:
        return "SYS", "XMLTYPE", XMLTYPE_OID
    if declared.object is None:
        return "", "", b""
    return declared.object.schema, declared.object.name, declared.object.oid


def _most_characters(declared: ColumnType, wire: WireType) -> int:
    """max_size of a describe: characters for text, 0 for what has no declared length."""
    if wire.buffer_size is not None:
        return 0
    return declared.chars or declared.size


def columns_need_define(columns: Iterable[Column]) -> bool:
    return any(column.type.kind in NEEDS_DEFINE for column in columns)
