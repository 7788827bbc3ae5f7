"""What comes along in front of a function: cursors to close, attributes of the session.

Layouts: impl/thin/messages/base.pyx, the _write_..._piggyback functions named below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ..formats.primitives import ProtocolError, Reader

CLOSE_CURSORS, FREE_LOBS, END_TO_END, SET_SCHEMA = 105, 96, 135, 152
KEY_VALUES, SESSION_STATE, ALTER_SESSION = 154, 176, 204

# Every locator the stand-in hands out is this long.
LOCATOR_BYTES: Final = 40


@dataclass
class Piggybacks:
    """What came along in front of a function."""

    closed_cursors: list[int] = field(default_factory=list)
    schema: str | None = None
    freed_lobs: list[bytes] = field(default_factory=list)


def read_piggyback(reader: Reader, code: int, into: Piggybacks) -> None:
    """base.pyx: _write_piggybacks, by function code."""
    if code not in _PIGGYBACKS:
        raise ProtocolError(f"piggyback {code}")
    _PIGGYBACKS[code](reader, into)


def _read_close_cursors(reader: Reader, into: Piggybacks) -> None:
    """_write_close_cursors_piggyback."""
    reader.ub1()
    into.closed_cursors += [reader.ub() for _ in range(reader.ub())]


def _read_schema(reader: Reader, into: Piggybacks) -> None:
    """_write_current_schema_piggyback."""
    reader.ub1()
    into.schema = reader.text()


def _read_end_to_end(reader: Reader, _into: Piggybacks) -> None:
    """_write_end_to_end_piggyback: nine lengths, five of them of texts that follow."""
    reader.take(2)
    reader.ub()
    lengths = []
    for _ in range(9):
        reader.ub1()
        lengths.append(reader.ub())
    for length in lengths:
        # An empty text announces length 0 as None does, but still sends its zero byte.
        while length and reader.prefixed() is None:
            pass


def _read_key_values(reader: Reader, _into: Piggybacks) -> None:
    """_write_app_context_piggyback and _write_ha_readiness_piggyback."""
    reader.ub1()
    reader.ub()
    reader.ub1()
    count = reader.ub()
    reader.ub()
    reader.ub1()
    reader.prefixed()
    for _ in range(count):
        reader.text()
        reader.text()
        reader.ub()


def _read_session_state(reader: Reader, _into: Piggybacks) -> None:
    """_write_session_state_piggyback."""
    reader.ub()


def _read_alter_session(reader: Reader, _into: Piggybacks) -> None:
    """_write_alter_session_piggyback."""
    reader.ub()
    reader.ub1()
    for _ in range(reader.ub()):
        reader.text()
        reader.text()
    reader.ub()


def _read_free_lobs(reader: Reader, into: Piggybacks) -> None:
    """_write_close_temp_lobs_piggyback; the locators stand one after the other."""
    reader.ub1()
    size = reader.ub()
    reader.ub1()
    for _ in range(3):
        reader.ub()
    reader.take(3)
    reader.ub()
    reader.ub1()
    for _ in range(3):
        reader.ub()
    reader.ub1()
    for _ in range(3):
        reader.ub1()
        reader.ub()
    into.freed_lobs += [reader.take(LOCATOR_BYTES) for _ in range(size // LOCATOR_BYTES)]


_PIGGYBACKS: Final[dict[int, Callable[[Reader, Piggybacks], None]]] = {
    CLOSE_CURSORS: _read_close_cursors,
    SET_SCHEMA: _read_schema,
    END_TO_END: _read_end_to_end,
    KEY_VALUES: _read_key_values,
    SESSION_STATE: _read_session_state,
    ALTER_SESSION: _read_alter_session,
    FREE_LOBS: _read_free_lobs,
}
