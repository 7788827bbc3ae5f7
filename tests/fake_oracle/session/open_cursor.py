"""One open cursor, and what the calls on it share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ..formats.columns import columns_need_define
from ..kinds.model import Bind, Column, OraError, Parsed, Row, SqlSession, StatementKind
from ..link.counters import Counters
from ..link.faults import Step
from ..link.wire import Wire
from ..messages.answers import ARRAY_DML_ERRORS, BatchError
from ..messages.binds import BindType
from ..messages.row_encoder import RowEncoder
from .lobs import LobStore


@runtime_checkable
class EncodedRows(Protocol):
    """What Outcome.rows may offer beside iteration: rows encoded beforehand, to be replayed."""

    def next_encoded(self, count: int) -> tuple[bytes, int, bool]:
        """Row messages, how many rows they are, and whether the rows ended with them."""
        ...


@dataclass
class Reply:
    """An answer in three parts, so that trouble can be put in the middle of its rows.

    is_last: the session ends when it is sent. sql: the statement the rows are of.
    """

    before: bytes = b""
    rows: list[bytes] = field(default_factory=list)
    after: bytes = b""
    is_last: bool = False
    sql: str = ""

    @property
    def message(self) -> bytes:
        return self.before + b"".join(self.rows) + self.after


@dataclass
class Cursor:
    """One open cursor. sent counts the rows of the current execution.

    is_nested: it came in a row of another cursor; children are the ids of such cursors in its rows.
    """

    id: int
    sql: str
    parsed: Parsed
    in_sql: bool = True
    bind_types: list[BindType] = field(default_factory=list)
    defines: list[BindType] | None = None
    rows: Iterator[Row] | None = None
    encoder: RowEncoder | None = None
    sent: int = 0
    is_nested: bool = False
    children: list[int] = field(default_factory=list)

    @property
    def columns(self) -> Sequence[Column]:
        return self.parsed.columns

    @property
    def has_rows(self) -> bool:
        """Rows may be sent: it ran, and the client has said how where it has a choice."""
        defined = self.defines is not None or not columns_need_define(self.columns)
        return self.rows is not None and defined

    def stop(self) -> None:
        """Let go of rows nobody will fetch."""
        rows, self.rows = self.rows, None
        close = getattr(rows, "close", None)
        if close is not None:
            close()


@dataclass(frozen=True)
class NestedStatement:
    """The query behind a cursor inside a row: nobody parses it again."""

    columns: Sequence[Column]
    kind: StatementKind = StatementKind.QUERY
    bind_names: Sequence[str] = ()


@dataclass
class CallContext:
    """What the calls need of their session.

    begin: called when a request is read and nothing done, with its step and SQL. working: wraps
    the time inside the SQL layer. check: raises when the call should end early.
    """

    sql: SqlSession
    wire: Wire
    lobs: LobStore
    counters: Counters
    begin: Callable[[Step, str], None]
    working: Callable[[], AbstractContextManager[None]]
    check: Callable[[], None]


@dataclass
class Run:
    """What the iterations of a statement gave."""

    counts: list[int] = field(default_factory=list)
    errors: list[BatchError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def error(self) -> OraError | None:
        return OraError(ARRAY_DML_ERRORS, "error(s) in array DML") if self.errors else None


class CursorError(Exception):
    """An error of a statement that has a cursor: the client closes that cursor."""

    def __init__(self, error: OraError, cursor_id: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.cursor_id = cursor_id


@contextmanager
def naming(cursor: Cursor) -> Iterator[None]:
    """Tell with an error which cursor it belongs to."""
    try:
        yield
    except OraError as error:
        raise CursorError(error, cursor.id) from error


def arrange(parsed: Parsed, binds: Sequence[Bind]) -> Sequence[Bind]:
    """One bind for each placeholder; a block is sent one for each name."""
    names = parsed.bind_names
    if parsed.kind is StatementKind.BLOCK:
        by_name = dict(zip(dict.fromkeys(names), binds, strict=False))
        binds = [by_name[name] for name in names if name in by_name]
    if len(binds) != len(names):
        raise OraError(1008, f"not all variables bound: {len(names)} named, {len(binds)} sent")
    return binds
