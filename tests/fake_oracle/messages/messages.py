"""What the drivers ask: one dataclass for each request, and the functions that read them.

A request is zero or more piggybacks (piggybacks.py) and then one function; it has no length and no
end, so every byte must be read as the driver wrote it. Sources: impl/thin/messages/*.pyx, named at
each function; function numbers and option bits: impl/thin/constants.pxi.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..formats.primitives import ProtocolError, Reader
from .binds import BindType, read_bind_types

PROTOCOL, DATA_TYPES, FUNCTION, PIGGYBACK, ONE_WAY, FAST_AUTH = 1, 2, 3, 17, 26, 34

REEXECUTE, FETCH, LOGOFF, COMMIT, ROLLBACK = 4, 5, 9, 14, 15
REEXECUTE_AND_FETCH, EXECUTE, LOB_OP, AUTH_TWO, AUTH_ONE, PING = 78, 94, 96, 115, 118, 147

OPTION_PARSE: Final = 0x1
OPTION_BIND: Final = 0x8
OPTION_DEFINE: Final = 0x10
OPTION_EXECUTE: Final = 0x20
OPTION_FETCH: Final = 0x40
OPTION_COMMIT: Final = 0x100
OPTION_NOT_PLSQL: Final = 0x8000
OPTION_DESCRIBE: Final = 0x20000
OPTION_BATCH_ERRORS: Final = 0x80000
REEXECUTE_COMMIT: Final = 0x1
FLAG_SCROLLABLE: Final = 0x02
FLAG_ROW_COUNTS: Final = 0x4000

# Sent by node when the first bit of its runtime capability 1 is set (dataType.js, encode).
_RUNTIME_TIME_ZONE: Final = 1
_TIME_ZONE_BYTES: Final = 11


@dataclass(frozen=True)
class DataTypes:
    """runtime: the client's runtime capabilities; types: its list, to be echoed."""

    compile: bytes
    runtime: bytes
    types: bytes

    @property
    def field_version(self) -> int:
        return self.compile[7]

    @property
    def has_time_zone(self) -> bool:
        return bool(self.runtime[1] & _RUNTIME_TIME_ZONE)


@dataclass(frozen=True)
class Auth:
    """Phase one or two: key and value pairs, each with the flags nobody needs left out."""

    user: str
    mode: int
    pairs: dict[str, str]


@dataclass(frozen=True)
class Execute:
    """A full execute, up to the bind values: rows to send, iterations to run."""

    options: int
    cursor_id: int
    sql: str | None
    rows: int
    iterations: int
    flags: int
    is_query: bool
    binds: list[BindType]
    defines: list[BindType]

    def wants(self, option: int) -> bool:
        return bool(self.options & option)


@dataclass(frozen=True)
class Reexecute:
    """An execute of a cursor the client still has; count is rows to fetch or iterations to run."""

    cursor_id: int
    count: int
    commit: bool
    fetches: bool


@dataclass(frozen=True)
class Fetch:
    cursor_id: int
    rows: int


@dataclass(frozen=True)
class LobOperation:
    """has_amount: the answer must say how much; data: what a write brings."""

    operation: int
    locator: bytes
    source_offset: int
    destination_offset: int
    has_amount: bool
    amount: int
    data: bytes


def read_protocol(reader: Reader) -> str:
    """protocol.pyx: _write_message; the name of the driver."""
    reader.ub1()
    reader.until_zero()
    return reader.until_zero().decode()


def read_data_types(reader: Reader) -> DataTypes:
    """data_types.pyx: _write_message."""
    reader.take(5)
    compile_caps, runtime_caps = reader.prefixed() or b"", reader.prefixed() or b""
    if runtime_caps[1] & _RUNTIME_TIME_ZONE:
        reader.take(_TIME_ZONE_BYTES)
    types = bytearray()
    while kind := reader.take(2):
        types += kind
        if kind == b"\x00\x00":
            break
        converted = reader.take(2)
        types += converted
        if converted != b"\x00\x00":
            types += reader.take(4)
    return DataTypes(compile_caps, runtime_caps, bytes(types))


def read_fast_auth_start(reader: Reader) -> str:
    """fast_auth.pyx: _write_message up to the data types; the name of the driver."""
    reader.take(3)
    if reader.ub1() != PROTOCOL:
        raise ProtocolError("fast authentication without a protocol message")
    driver = read_protocol(reader)
    reader.take(6)
    if reader.ub1() != DATA_TYPES:
        raise ProtocolError("fast authentication without a data types message")
    return driver


def read_function_header(reader: Reader, field_version: int) -> int:
    """base.pyx: _write_function_code and _write_piggyback_code, behind the message type."""
    code = reader.ub1()
    reader.ub1()
    if field_version >= 18 and reader.ub():
        raise ProtocolError("a token: pipelines are not supported")
    return code


def read_auth(reader: Reader) -> Auth:
    """auth.pyx: _write_message."""
    has_user = reader.ub1()
    reader.ub()
    mode = reader.ub()
    reader.ub1()
    count = reader.ub()
    reader.take(2)
    user = (reader.prefixed() or b"").decode() if has_user else ""
    pairs = {}
    for _ in range(count):
        key, value = reader.text(), reader.text()
        reader.ub()
        pairs[key] = value
    return Auth(user, mode, pairs)


def read_execute(reader: Reader, field_version: int) -> Execute:
    """execute.pyx: _write_execute_message, up to the bind values."""
    options, cursor_id = reader.ub(), reader.ub()
    has_sql = reader.ub1()
    reader.ub()
    reader.ub1()
    reader.ub()
    reader.take(2)
    reader.ub()
    rows = reader.ub()
    reader.ub()
    reader.ub1()
    bind_count = reader.ub()
    reader.take(6)
    define_count = reader.ub()
    reader.ub()
    reader.take(3)
    reader.ub()
    reader.ub1()
    reader.ub()
    reader.ub()
    for _ in range(1 if field_version < 8 else 2):
        # The row count pointers, and from 12.2 on the same shape again for the SQL signature.
        reader.ub1()
        reader.ub()
        reader.ub1()
    if field_version >= 8:
        reader.ub()
        reader.ub1()
    if field_version >= 9:
        reader.ub1()
        reader.ub()
    sql = (reader.prefixed() or b"").decode() if has_sql else None
    numbers = [reader.ub() for _ in range(13)]
    return Execute(
        options,
        cursor_id,
        sql,
        rows,
        iterations=numbers[1],
        flags=numbers[9],
        is_query=bool(numbers[7]),
        defines=read_bind_types(reader, define_count, field_version),
        binds=read_bind_types(reader, bind_count, field_version),
    )


def read_reexecute(reader: Reader, fetches: bool) -> Reexecute:
    """execute.pyx: _write_reexecute_message, up to the bind values."""
    cursor_id, count = reader.ub(), reader.ub()
    reader.ub()
    return Reexecute(cursor_id, count, bool(reader.ub() & REEXECUTE_COMMIT), fetches)


def read_fetch(reader: Reader) -> Fetch:
    """fetch.pyx: _write_message."""
    return Fetch(reader.ub(), reader.ub())


def read_lob_operation(reader: Reader) -> LobOperation:
    """lob_op.pyx: _write_message."""
    has_locator, locator_size = reader.ub1(), reader.ub()
    reader.ub1()
    reader.ub()
    reader.ub()
    reader.ub()
    has_charset = reader.ub1()
    reader.take(2)
    operation = reader.ub()
    reader.take(2)
    source_offset, destination_offset = reader.ub(), reader.ub()
    has_amount = bool(reader.ub1())
    reader.take(6)
    locator = reader.take(locator_size) if has_locator else b""
    if has_charset:
        reader.ub()
    data = _read_lob_data(reader) if operation == LOB_WRITE else b""
    amount = reader.ub() if has_amount else 0
    return LobOperation(
        operation, locator, source_offset, destination_offset, has_amount, amount, data
    )


LOB_WRITE: Final = 0x40
_LOB_DATA: Final = 14


def _read_lob_data(reader: Reader) -> bytes:
    if reader.ub1() != _LOB_DATA:
        raise ProtocolError("a LOB write without data")
    return reader.prefixed() or b""


def read_session_release(reader: Reader) -> None:
    """session_release.pyx: _write_message."""
    reader.take(2)
    reader.ub()
