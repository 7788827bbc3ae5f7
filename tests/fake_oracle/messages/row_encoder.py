"""The bytes of a row. Layout: impl/thin/messages/base.pyx (_process_column_data)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ..formats import columns, object_images
from ..formats.columns import WIRE_TYPES
from ..formats.oson import json_text
from ..formats.primitives import prefixed, sb, ub
from ..formats.vectors import vector_text
from ..kinds import values
from ..kinds.model import Column, Kind, NestedCursor, Row, Value
from .binds import BindType

ROW: Final = b"\x07"


class RowContext(Protocol):
    """What some columns need of their session: locators, and ids of cursors inside rows."""

    def make_lob(self, kind: Kind, value: Value) -> bytes: ...

    def make_locator(self, kind: Kind, value: Value) -> bytes: ...

    def make_image(self, kind: Kind, value: Value) -> bytes: ...

    def make_nested(self, nested: NestedCursor) -> bytes: ...

    def make_xml(self, document: str) -> bytes: ...

    def make_xml_image(self, document: str) -> bytes: ...


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
    """read_rowid: a length nobody reads, then the four parts."""
    data_object, file, block, row = values.rowid_parts(value)
    return b"\x0e" + ub(data_object) + ub(file) + b"\x00" + ub(block) + ub(row)


def _urowid(value: str) -> bytes:
    """read_urowid: a first byte string nobody reads, then the rowid."""
    data = values.encode_urowid(value)
    return prefixed(b"\x01") + prefixed(data)


# A LONG is followed by a null indicator and a return code (1405 is "fetched value is NULL").
_LONG_NULL: Final = b"\x00" + sb(-1) + ub(1405)
_LONG_END: Final = sb(0) + ub(0)


def _long(encode: Callable[[Any], bytes]) -> _Encoder:
    return _Encoder(lambda value: encode(value) + _LONG_END, _LONG_NULL)


def _never(value: Value) -> bytes:
    """A column described with size 0 is null in every row, and no byte of it is sent."""
    raise ValueError(f"{value!r} in a column that can only be null here")


_ENCODERS: Final = {
    Kind.NUMBER: _short(values.encode_number),
    Kind.BINARY_FLOAT: _short(values.encode_binary_float),
    Kind.BINARY_DOUBLE: _short(values.encode_binary_double),
    Kind.VARCHAR: _Encoder(_text_bytes),
    Kind.CHAR: _Encoder(_text_bytes),
    Kind.NVARCHAR: _Encoder(_national_bytes),
    Kind.NCHAR: _Encoder(_national_bytes),
    Kind.LONG: _long(_text_bytes),
    Kind.RAW: _Encoder(prefixed),
    Kind.LONG_RAW: _long(prefixed),
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

_TEXT_NUMBERS: Final = (columns.VARCHAR, columns.CHAR, columns.LONG)
_BYTES_NUMBERS: Final = (columns.RAW, columns.LONG_RAW)


_OUT_ENCODERS: Final[dict[int, Callable[[Any], bytes]]] = {
    columns.NUMBER: lambda value: prefixed(values.encode_number(value)),
    columns.BINARY_INTEGER: lambda value: prefixed(values.encode_number(value)),
    columns.VARCHAR: _text_bytes,
    columns.RAW: prefixed,
}


def encode_out(bind_type: BindType, value: Value, context: RowContext) -> bytes:
    """A value a block leaves in a bind; behind it how much did not fit, which is nothing."""
    if isinstance(value, NestedCursor):
        return context.make_nested(value) + sb(0)
    data = b"\x00" if value is None else _OUT_ENCODERS[bind_type.number](value)
    return data + sb(0)


class RowEncoder:
    """Turns rows into row messages; made once for each cursor and way of fetching.

    defines: what the client asked to get, one for each column; None before it said.
    """

    def __init__(
        self,
        described: Sequence[Column],
        defines: Sequence[BindType] | None,
        context: RowContext,
    ) -> None:
        asked: Sequence[BindType | None] = defines or [None] * len(described)
        self._encoders = [
            _encoder(column.type.kind, column.type.size, define, context)
            for column, define in zip(described, asked, strict=True)
        ]
        self._names = [column.name for column in described]

    def encode(self, row: Row) -> bytes:
        try:
            return ROW + b"".join(
                [
                    encoder.null if value is None else encoder.encode(value)
                    for value, encoder in zip(row, self._encoders, strict=True)
                ]
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"row {row!r} does not fit columns {self._names}: {error}") from error


def _encoder(kind: Kind, size: int, define: BindType | None, context: RowContext) -> _Encoder:
    """A define counts where there is a choice: the driver always decodes a NUMBER as such."""
    if WIRE_TYPES[kind].buffer_size is None and size == 0:
        return _Encoder(_never, b"")
    if kind in _ENCODERS:
        return _ENCODERS[kind]
    if kind in columns.NEEDS_DEFINE:
        assert define is not None
        return _defined(kind, define, context)
    if kind is Kind.CURSOR:
        return _Encoder(context.make_nested)
    if kind is Kind.XMLTYPE:
        return _Encoder(context.make_xml, object_images.framed_null())
    if kind is Kind.OBJECT:
        return _Encoder(
            lambda value: object_images.encode_object(value, context), object_images.framed_null()
        )
    if kind is Kind.BFILE:
        return _Encoder(_never)
    raise ValueError(f"columns of type {kind.value} cannot be sent")


def _defined(kind: Kind, define: BindType, context: RowContext) -> _Encoder:
    """LOBs, JSON and VECTOR: as themselves, or inline where a LONG was asked for."""
    number = define.number
    if kind in (Kind.CLOB, Kind.NCLOB) and number in _TEXT_NUMBERS:
        is_national = define.form == columns.FORM_NATIONAL
        return _long(_national_bytes if is_national else _text_bytes)
    if kind is Kind.BLOB and number in _BYTES_NUMBERS:
        return _long(prefixed)
    if kind is Kind.JSON and number in _TEXT_NUMBERS:
        return _long(lambda value: _text_bytes(json_text(value)))
    if kind is Kind.VECTOR and number in _TEXT_NUMBERS:
        return _long(lambda value: _text_bytes(vector_text(value)))
    if kind is Kind.VECTOR and number == columns.CLOB:
        return _Encoder(lambda value: context.make_lob(Kind.CLOB, vector_text(value)))
    if number != WIRE_TYPES[kind].number:
        raise ValueError(f"a column of type {kind.value} cannot be fetched as type {number}")
    if kind in (Kind.JSON, Kind.VECTOR):
        return _Encoder(lambda value: context.make_image(kind, value))
    return _Encoder(lambda value: context.make_lob(kind, value))
