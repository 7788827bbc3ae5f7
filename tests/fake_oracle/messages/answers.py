"""What the server says: one make_ function for every answer, from ACCEPT to ERROR.

Sources are the functions of the driver that read them: impl/thin/messages/connect.pyx (process),
protocol.pyx (_process_protocol_info), data_types.pyx, auth.pyx (_process_return_parameters) and
base.pyx (_process_error_info, _process_row_header, _process_io_vector).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..formats.columns import CHARSET_UTF8, CHARSET_UTF16
from ..formats.primitives import prefixed, sb, text, ub
from ..kinds.model import IntervalDS, OraError
from ..kinds.values import encode_interval_ds

ERROR, ROW_HEADER, PARAMETER, STATUS, IO_VECTOR = 4, 6, 8, 9, 11
LOB_DATA, DESCRIBE, END_OF_RESPONSE = 14, 16, 29

NO_DATA_FOUND: Final = 1403
ARRAY_DML_ERRORS: Final = 24381
USER_CANCEL: Final = 1013

OPTION_URGENT_DATA: Final = 0x0400
ACCEPT_CHECK_OOB: Final = 0x00000001
ACCEPT_END_OF_RESPONSE: Final = 0x02000000
ACCEPT_FAST_AUTH: Final = 0x10000000
# Native network encryption: switched off, or demanded (the driver cannot and says so).
NATIVE_ENCRYPTION_OFF: Final = 0x04
NATIVE_ENCRYPTION_REQUIRED: Final = 0x10

_TRANSACTION_OPEN: Final = 0x2
BIND_IN: Final = 32
BIND_IN_OUT: Final = 48

# Places in the capabilities (capabilities.pyx).
_FIELD_VERSION: Final = 7
_TTC4: Final = 40
_COMPILE_BYTES: Final = 53
_EXPLICIT_BOUNDARY: Final = 0x40
_RUNTIME_TIME_ZONE: Final = 1
_SENDS_TIME_ZONE: Final = 0x01
_RUNTIME_TTC: Final = 6
_RUNTIME_BYTES: Final = 11
_STRINGS_32K: Final = 0x04
_SESSION_STATE_OPERATIONS: Final = 0x10


def make_accept(version: int, options: int, sdu: int, native_flags: int, flags: int) -> bytes:
    """connect.pyx: process; offsets there count from the packet's first byte."""
    small_sdu = min(sdu, 0xFFFF)
    fixed = struct.pack(">HHHHHHH", version, options, small_sdu, small_sdu, 0x0100, 0, 45)
    native = bytes((native_flags, native_flags))
    return fixed + native + bytes(8) + struct.pack(">IIBI", sdu, sdu, 0, flags)


def make_refuse(code: int) -> bytes:
    """protocol.pyx: _receive_packet; connect.pyx reads the ERR= from the text."""
    said = f"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    return b"\x04\x22" + len(said).to_bytes(2, "big") + said.encode()


def make_protocol(banner: str, field_version: int, request_boundaries: bool) -> bytes:
    """protocol.pyx: _process_protocol_info."""
    compile_caps = bytearray(_COMPILE_BYTES)
    compile_caps[_FIELD_VERSION] = field_version
    runtime_caps = bytearray(_RUNTIME_BYTES)
    runtime_caps[_RUNTIME_TIME_ZONE] = _SENDS_TIME_ZONE
    runtime_caps[_RUNTIME_TTC] = _STRINGS_32K
    if request_boundaries:
        compile_caps[_TTC4] |= _EXPLICIT_BOUNDARY
        runtime_caps[_RUNTIME_TTC] |= _SESSION_STATE_OPERATIONS
    # The driver finds the national character set at 6 + fdo[5] + fdo[6] + 3.
    fdo = bytes(9) + CHARSET_UTF16.to_bytes(2, "big")
    return b"".join(
        (
            b"\x01\x06\x00",
            banner.encode() + b"\x00",
            CHARSET_UTF8.to_bytes(2, "little"),
            b"\x01",
            (0).to_bytes(2, "little"),
            len(fdo).to_bytes(2, "big"),
            fdo,
            prefixed(bytes(compile_caps)),
            prefixed(bytes(runtime_caps)),
        )
    )


def make_data_types(types: bytes, with_time_zone: bool) -> bytes:
    """data_types.pyx: _process_message; the client's own list, echoed.

    node asks for the database's time zone in front of it (dataType.js: processMessage); it is UTC,
    written as an interval.
    """
    zone = encode_interval_ds(IntervalDS(0)) if with_time_zone else b""
    return b"\x02" + zone + types


def make_auth_parameters(pairs: Sequence[tuple[str, str, int]]) -> bytes:
    """auth.pyx: _process_return_parameters; key, value, flags."""
    parts = [bytes((PARAMETER,)), ub(len(pairs))]
    for key, value, flags in pairs:
        parts += (text(key), text(value), ub(flags))
    return b"".join(parts)


def make_status(in_transaction: bool) -> bytes:
    """base.pyx: _process_message, STATUS."""
    return bytes((STATUS,)) + ub(_TRANSACTION_OPEN if in_transaction else 0) + ub(0)


COMPILED_WITH_ERRORS = 24344
_COMPILATION_WARNING = 0x20


@dataclass(frozen=True)
class BatchError:
    offset: int
    error: OraError


def make_error(
    error: OraError | None,
    *,
    in_transaction: bool,
    field_version: int,
    cursor_id: int = 0,
    row_count: int = 0,
    batch_errors: Sequence[BatchError] = (),
) -> bytes:
    """base.pyx: _process_error_info; ends every execute and fetch; error None: all is well.

    ORA-24344, code that was created but does not compile, is no error on the wire but a flag.
    """
    is_warning = error is not None and error.code == COMPILED_WITH_ERRORS
    error = None if is_warning else error
    code = error.code if error else 0
    parts = [
        bytes((ERROR,)),
        ub(_TRANSACTION_OPEN if in_transaction else 0),
        ub(0),
        ub(min(row_count, 0xFFFFFFFF)),
        ub(min(code, 0xFFFF)),
        ub(0),
        ub(0),
        ub(cursor_id),
        sb(min(error.offset, 0x7FFF) if error else 0),
        bytes((0, 0, 0, 0, 0, _COMPILATION_WARNING if is_warning else 0)),
        # A rowid of zeros, then the operating system's error, two numbers, padding, iterations.
        ub(0) * 2 + b"\x00" + ub(0) * 2,
        ub(0) + bytes(2) + ub(0) * 2,
        ub(0),
        _make_batch_errors(batch_errors),
        ub(code),
        ub(row_count),
    ]
    if field_version >= 14:
        parts.append(ub(0) * 2)
    if error:
        parts.append(prefixed(f"{error}\n".encode()))
    return b"".join(parts)


def _make_batch_errors(errors: Sequence[BatchError]) -> bytes:
    """Three arrays: codes, offsets, messages; each with a size nobody reads in front."""
    if not errors:
        return ub(0) * 3
    count = ub(len(errors))
    return b"".join(
        (
            count + b"\x01" + b"".join(ub(entry.error.code) for entry in errors),
            count + b"\x01" + b"".join(ub(entry.offset) for entry in errors),
            count + b"\x01",
            *(ub(1) + prefixed(str(entry.error).encode()) + bytes(2) for entry in errors),
        )
    )


def make_row_header() -> bytes:
    """base.pyx: _process_row_header; no bit vector."""
    return bytes((ROW_HEADER, 0)) + ub(0) * 6


def make_row_counts(counts: Sequence[int]) -> bytes:
    """base.pyx: _process_return_parameters, for arraydmlrowcounts."""
    head = bytes((PARAMETER,)) + ub(0) * 4
    return head + ub(len(counts)) + b"".join(map(ub, counts))


def make_io_vector(directions: Sequence[int]) -> bytes:
    """base.pyx: _process_io_vector; which binds of a block go in and which come back."""
    count = len(directions)
    head = bytes((IO_VECTOR, 0)) + ub(count % 256) + ub(count // 256) + ub(0) * 4
    return head + bytes(directions)


def make_describe(columns: bytes) -> bytes:
    """base.pyx: _process_message, DESCRIBE_INFO; a byte string nobody reads comes first."""
    return bytes((DESCRIBE,)) + prefixed(b"\x00") + columns
