"""The values a client sends: their announced types, then one row of values for each iteration.

Layouts: impl/thin/messages/base.pyx (_write_column_metadata, _write_bind_params_row,
_write_bind_params_column); LOB locators: impl/thin/packet.pyx (write_lob_with_length,
write_qlocator).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..formats import columns
from ..formats.primitives import ProtocolError, Reader
from ..kinds import values
from ..kinds.model import Bind, Kind, Value

ROW_DATA: Final = 7
_IS_ARRAY: Final = 0x40
# SQL values announced larger than this follow all others of their row.
LONGEST_STRING: Final = 32767


@dataclass(frozen=True)
class BindType:
    """One announced type: of a bind, or of a column in a define."""

    number: int
    form: int
    size: int
    is_array: bool

    @property
    def kind(self) -> Kind:
        kind = _KINDS.get((self.number, self.form)) or _KINDS.get((self.number, 0))
        if kind is None:
            raise ProtocolError(f"bind of type {self.number}, character set form {self.form}")
        return kind

    @property
    def comes_last(self) -> bool:
        return self.size > LONGEST_STRING and self.number not in (columns.JSON, columns.VECTOR)


# The first kind of each number wins, so that VARCHAR stands for what has no form.
_KINDS: Final = {
    (wire.number, wire.form): kind
    for kind, wire in columns.WIRE_TYPES.items()
    if kind is not Kind.XMLTYPE
} | {
    (columns.BINARY_INTEGER, 0): Kind.NUMBER,
    (columns.LONG, columns.FORM_NATIONAL): Kind.LONG,
}


class LobValues(Protocol):
    """What a bound locator or image stands for; see lobs.py."""

    def bound(self, kind: Kind, locator: bytes) -> Value: ...

    def bound_image(self, kind: Kind, image: bytes) -> Value: ...


@dataclass(frozen=True)
class Unsupported:
    """A bind without meaning here, read so that the next request starts in the right place."""

    what: str


def read_bind_types(reader: Reader, count: int, field_version: int) -> list[BindType]:
    return [_read_bind_type(reader, field_version) for _ in range(count)]


def _read_bind_type(reader: Reader, field_version: int) -> BindType:
    """_write_column_metadata."""
    number, flags, _precision, _scale = reader.take(4)
    size, _elements, _cont_flags = reader.ub(), reader.ub(), reader.ub()
    reader.twice_prefixed()
    reader.ub()
    reader.ub()
    form = reader.ub1()
    reader.ub()
    if field_version >= 8:
        reader.ub()
    return BindType(number, form, size, bool(flags & _IS_ARRAY))


def read_bind_row(
    reader: Reader, types: Sequence[BindType], in_sql: bool, lobs: LobValues
) -> list[Bind]:
    """_write_bind_params_row: one row; in SQL the long values come after the others."""
    if reader.ub1() != ROW_DATA:
        raise ProtocolError("a row of bind values was expected")
    last = [in_sql and not kind.is_array and kind.comes_last for kind in types]
    row: dict[int, Bind] = {}
    for round_is_last in (False, True):
        for at, bind_type in enumerate(types):
            if last[at] == round_is_last:
                row[at] = _read_bind(reader, bind_type, lobs)
    return [row[at] for at in range(len(types))]


def _read_bind(reader: Reader, bind_type: BindType, lobs: LobValues) -> Bind:
    if bind_type.is_array:
        for _ in range(reader.ub()):
            _read_value(reader, bind_type, lobs)
        return Bind(bind_type.kind, Unsupported("an array bind"))
    return Bind(bind_type.kind, _read_value(reader, bind_type, lobs))


def _read_value(reader: Reader, bind_type: BindType, lobs: LobValues) -> Value:
    """_write_bind_params_column."""
    kind = bind_type.kind
    if bind_type.number in (columns.CLOB, columns.BLOB, columns.BFILE):
        locator = reader.twice_prefixed()
        return None if locator is None else lobs.bound(kind, locator)
    if bind_type.number in (columns.JSON, columns.VECTOR):
        return _read_image(reader, kind, lobs)
    if bind_type.number == columns.OBJECT:
        return _read_object(reader)
    if bind_type.number == columns.CURSOR:
        return _read_cursor(reader)
    data = reader.prefixed()
    return None if data is None else _decode(bind_type, data)


def _read_image(reader: Reader, kind: Kind, lobs: LobValues) -> Value:
    """write_qlocator, then the image."""
    if not reader.ub():
        return None
    reader.prefixed()
    return lobs.bound_image(kind, reader.prefixed() or b"")


def _read_object(reader: Reader) -> Value:
    """write_dbobject."""
    reader.twice_prefixed()
    reader.twice_prefixed()
    reader.ub()
    reader.ub()
    size = reader.ub()
    reader.ub()
    if not size:
        return None
    reader.prefixed()
    return Unsupported("an object bind")


def _read_cursor(reader: Reader) -> Value:
    """A cursor that is not open is 1 and 0; an open one is ub4 1 and its id."""
    reader.ub1()
    if reader.ub1():
        reader.ub()
    return Unsupported("a cursor bind")


def _decode(bind_type: BindType, data: bytes) -> Value:
    if bind_type.form == columns.FORM_NATIONAL:
        return data.decode("utf-16-be")
    return _DECODERS[bind_type.number](data)


def _utf8(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


_DECODERS: Final[dict[int, Callable[[bytes], Value]]] = {
    columns.VARCHAR: _utf8,
    columns.CHAR: _utf8,
    columns.LONG: _utf8,
    columns.ROWID: _utf8,
    columns.UROWID: _utf8,
    columns.RAW: bytes,
    columns.LONG_RAW: bytes,
    columns.NUMBER: values.decode_number,
    columns.BINARY_INTEGER: values.decode_number,
    columns.BINARY_FLOAT: values.decode_binary_float,
    columns.BINARY_DOUBLE: values.decode_binary_double,
    columns.BOOLEAN: values.decode_boolean,
    columns.DATE: values.decode_moment,
    columns.TIMESTAMP: values.decode_moment,
    columns.TIMESTAMP_TZ: values.decode_moment,
    columns.TIMESTAMP_LTZ: values.decode_moment,
    columns.INTERVAL_DS: values.decode_interval_ds,
    columns.INTERVAL_YM: values.decode_interval_ym,
}
