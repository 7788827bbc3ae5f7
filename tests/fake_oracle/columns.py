"""How each kind looks on the wire: its type number and sizes in a describe, its bytes in a row.

Type numbers: base_impl.pxd (ORA_TYPE_NUM_*); describe: impl/thin/messages/base.pyx
(_process_describe_info, _process_metadata); row bytes: same file (_process_column_data).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from . import values
from .model import Column, ColumnType, Kind, Row, Value
from .primitives import prefixed, sb, text, twice_prefixed, ub

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

# Columns a client may only fetch after it has said how (a define); see PROTOCOL in session.py.
NEEDS_DEFINE: Final = frozenset({Kind.CLOB, Kind.NCLOB, Kind.BLOB, Kind.JSON, Kind.VECTOR})

_XMLTYPE_OID: Final = bytes.fromhex("00000000000000000000000000020100")


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
    is_xml = kind is Kind.XMLTYPE
    parts = [
        bytes((wire.number, 0)),
        (declared.precision & 0xFF).to_bytes(1, "big"),
        (declared.scale & 0xFF).to_bytes(1, "big"),
        ub(declared.size if wire.buffer_size is None else wire.buffer_size),
        ub(0),
        ub(0),
        twice_prefixed(_XMLTYPE_OID) if is_xml else ub(0),
        ub(1 if is_xml else 0),
        ub(charset),
        bytes((wire.form,)),
        ub(_most_characters(declared, wire)),
    ]
    if field_version >= 8:
        parts.append(ub(0))
    parts += (bytes((column.nullable, min(len(name), 255))), twice_prefixed(name))
    parts += (text("SYS"), text("XMLTYPE")) if is_xml else (ub(0), ub(0))
    parts += (ub(position + 1), ub(0))
    if field_version >= 17:
        parts += (ub(0), ub(0))
    if field_version >= 20:
        parts.append(ub(0))
    if field_version >= 24:
        parts += (ub(0), b"\x00\x00")
    return b"".join(parts)


def _most_characters(declared: ColumnType, wire: WireType) -> int:
    """max_size of a describe: characters for text, 0 for what has no declared length."""
    if wire.buffer_size is not None:
        return 0
    return declared.chars or declared.size


class Lobs(Protocol):
    """Where the locators in a row come from; see lobs.py."""

    def make_column(self, kind: Kind, value: Value) -> bytes:
        """The bytes of a LOB, JSON or VECTOR column."""
        ...


@dataclass(frozen=True)
class _Encoder:
    encode: Callable[[Any], bytes]
    null: bytes = b"\x00"


_PREFIXES: Final = tuple(bytes((n,)) for n in range(253))


def _text_bytes(value: str) -> bytes:
    # surrogateescape lets a test send bytes that are no UTF-8.
    data = value.encode("utf-8", "surrogateescape")
    return _PREFIXES[len(data)] + data if len(data) < 253 else prefixed(data)


def _national_bytes(value: str) -> bytes:
    return prefixed(value.encode("utf-16-be", "surrogatepass"))


def _short(encode: Callable[[Any], bytes]) -> _Encoder:
    def with_length(value: Any) -> bytes:
        data = encode(value)
        return _PREFIXES[len(data)] + data

    return _Encoder(with_length)


def _rowid(value: str) -> bytes:
    """_process_column_data, read_rowid: a length nobody reads, then the four parts."""
    data_object, file, block, row = values.rowid_parts(value)
    return b"\x0e" + ub(data_object) + ub(file) + b"\x00" + ub(block) + ub(row)


def _urowid(value: str) -> bytes:
    """read_urowid: a first byte string nobody reads, then the rowid."""
    data = values.encode_urowid(value)
    return ub(len(data)) + prefixed(data)


# A LONG is followed by a null indicator and a return code (1405 is "fetched value is NULL").
_LONG_NULL: Final = b"\x00" + sb(-1) + ub(1405)
_LONG_END: Final = sb(0) + ub(0)

_ENCODERS: Final = {
    Kind.NUMBER: _short(values.encode_number),
    Kind.BINARY_FLOAT: _short(values.encode_binary_float),
    Kind.BINARY_DOUBLE: _short(values.encode_binary_double),
    Kind.VARCHAR: _Encoder(_text_bytes),
    Kind.CHAR: _Encoder(_text_bytes),
    Kind.NVARCHAR: _Encoder(_national_bytes),
    Kind.NCHAR: _Encoder(_national_bytes),
    Kind.LONG: _Encoder(lambda value: _text_bytes(value) + _LONG_END, _LONG_NULL),
    Kind.RAW: _Encoder(prefixed),
    Kind.LONG_RAW: _Encoder(lambda value: prefixed(value) + _LONG_END, _LONG_NULL),
    Kind.ROWID: _Encoder(_rowid),
    Kind.UROWID: _Encoder(_urowid),
    Kind.DATE: _short(values.encode_date),
    Kind.TIMESTAMP: _short(values.encode_timestamp),
    Kind.TIMESTAMP_TZ: _short(values.encode_timestamp_tz),
    Kind.TIMESTAMP_LTZ: _short(values.encode_timestamp),
    Kind.INTERVAL_DS: _short(values.encode_interval_ds),
    Kind.INTERVAL_YM: _short(values.encode_interval_ym),
    Kind.BOOLEAN: _short(values.encode_boolean),
}

ROW: Final = b"\x07"


class RowEncoder:
    """Turns rows into row messages; made once for each cursor and way of fetching."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._encoders = [_encoder(column) for column in columns]
        self._names = [column.name for column in columns]

    def encode(self, row: Row) -> bytes:
        try:
            return ROW + b"".join(
                [
                    encoder.null if value is None else encoder.encode(value)
                    for value, encoder in zip(row, self._encoders, strict=True)
                ]
            )
        except Exception as error:
            raise ValueError(f"row {row!r} does not fit columns {self._names}") from error


def _encoder(column: Column) -> _Encoder:
    declared = column.type
    if WIRE_TYPES[declared.kind].buffer_size is None and declared.size == 0:
        return _Encoder(_never, b"")
    if declared.kind not in _ENCODERS:
        raise ValueError(f"columns of type {declared.kind.value} cannot be sent yet")
    return _ENCODERS[declared.kind]


def _never(value: Value) -> bytes:
    """A column described with size 0 is null in every row, and no byte of it is sent."""
    raise ValueError(f"{value!r} in a column of size 0")


def columns_need_define(columns: Iterable[Column]) -> bool:
    return any(column.type.kind in NEEDS_DEFINE for column in columns)
