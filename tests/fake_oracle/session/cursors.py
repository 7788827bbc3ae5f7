"""The calls that run SQL: execute, execute again, fetch, and the cursors they leave open.

Which call brings rows, and when a describe or a define is due: impl/thin/messages/execute.pyx and
base.pyx (MessageWithData).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from ..formats import xmltype
from ..formats.columns import make_columns
from ..formats.primitives import Reader, ub
from ..kinds.model import Bind, Column, Kind, NestedCursor, OraError, Parsed, StatementKind, Value
from ..link.faults import Step
from ..messages import messages
from ..messages.answers import (
    BIND_IN,
    BIND_IN_OUT,
    NO_DATA_FOUND,
    USER_CANCEL,
    BatchError,
    make_describe,
    make_io_vector,
    make_row_counts,
    make_row_header,
)
from ..messages.binds import BindType, Unsupported, read_bind_row
from ..messages.messages import Execute, Fetch, Reexecute
from ..messages.row_encoder import ROW, RowEncoder, encode_out
from . import type_shapes
from .open_cursor import (
    CallContext,
    Cursor,
    CursorError,
    EncodedRows,
    NestedStatement,
    Reply,
    Run,
    arrange,
    naming,
)

MAX_OPEN_CURSORS: Final = 300

_RETURNING: Final = re.compile(r"\breturning\b.+\binto\b", re.IGNORECASE | re.DOTALL)
_NO_MORE_ROWS: Final = OraError(NO_DATA_FOUND, "no data found")


class Cursors:
    """The open cursors of one session. Used by the session's thread alone."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._cursors: dict[int, Cursor] = {}
        # Where the ids of cursors inside rows go: to the cursor whose rows are being encoded.
        self._nested: list[int] = []
        self._last_id = 0

    def close(self, ids: Sequence[int]) -> None:
        for cursor_id in ids:
            if cursor := self._cursors.pop(cursor_id, None):
                self._context.counters.add(open_cursors=-1)
                self._stop(cursor)

    def close_all(self) -> None:
        self.close(list(self._cursors))

    def _stop(self, cursor: Cursor) -> None:
        """End its rows, and the cursors inside them, which clients never close by themselves."""
        cursor.stop()
        children, cursor.children = cursor.children, []
        self.close(children)

    def make_lob(self, kind: Kind, value: Value) -> bytes:
        return self._context.lobs.make_lob(kind, value)

    def make_image(self, kind: Kind, value: Value) -> bytes:
        return self._context.lobs.make_image(kind, value)

    def make_nested(self, nested: NestedCursor) -> bytes:
        """_create_cursor_from_describe: a length nobody reads, a describe, the id."""
        cursor = self._open("", NestedStatement(nested.columns))
        cursor.rows, cursor.is_nested = nested.rows, True
        self._nested.append(cursor.id)
        field_version = self._context.wire.field_version
        return b"\x01" + make_columns(nested.columns, field_version) + ub(cursor.id)

    def make_locator(self, kind: Kind, value: Value) -> bytes:
        return self._context.lobs.make_locator(kind, value)

    def make_xml(self, document: str) -> bytes:
        return xmltype.encode(self.make_xml_image(document))

    def make_xml_image(self, document: str) -> bytes:
        if len(document) <= xmltype.LONGEST_INLINE_BYTES:
            return xmltype.text_image(document)
        return xmltype.locator_image(self.make_locator(Kind.CLOB, document))

    def execute(self, request: Execute, reader: Reader) -> Reply:
        if request.binds and request.sql and _RETURNING.search(request.sql):
            # Which binds carry no value is known only to a parser of RETURNING.
            reader.discard()
            raise OraError(3115, "unsupported: binds in a statement with RETURNING INTO")
        in_sql = request.wants(messages.OPTION_NOT_PLSQL)
        row_count = 1 if request.is_query else request.iterations
        rows = self._read_bind_rows(reader, request.binds, row_count, in_sql)
        self._context.begin(Step.EXECUTE, request.sql or self._sql_of(request.cursor_id))
        if request.flags & messages.FLAG_SCROLLABLE:
            raise OraError(3115, "unsupported: scrollable cursors")
        cursor, is_new = self._cursor_for(request)
        cursor.in_sql = in_sql
        if request.binds:
            cursor.bind_types = request.binds
        if request.defines:
            cursor.defines, cursor.encoder = request.defines, None
        with naming(cursor):
            if isinstance(cursor.parsed, type_shapes.ShapeBlock):
                return self._answer_shape(cursor, cursor.parsed, rows[0])
            _refuse_unsupported(rows)
            return self._answer(cursor, request, rows, is_new)

    def _answer(
        self, cursor: Cursor, request: Execute, bind_rows: list[list[Bind]], is_new: bool
    ) -> Reply:
        reply = Reply()
        if is_new and cursor.parsed.kind is StatementKind.QUERY:
            field_version = self._context.wire.field_version
            reply.before = make_describe(make_columns(cursor.columns, field_version))
        if not request.wants(messages.OPTION_EXECUTE):
            return self._answer_rows(cursor, request, reply)
        self._context.counters.add_statement(cursor.sql)
        if cursor.parsed.kind is StatementKind.QUERY:
            self._run_query(cursor, bind_rows)
            self._commit_if(request.wants(messages.OPTION_COMMIT))
            return self._answer_rows(cursor, request, reply)
        collects = request.wants(messages.OPTION_BATCH_ERRORS)
        run = self._run(cursor, bind_rows, request.iterations, collects)
        self._commit_if(request.wants(messages.OPTION_COMMIT))
        reply.before = self._make_outputs(cursor, request, run)
        reply.after = self._make_end(cursor, run.error, run.total, run.errors)
        return reply

    def _answer_shape(
        self, cursor: Cursor, block: type_shapes.ShapeBlock, binds: Sequence[Bind]
    ) -> Reply:
        """What drivers ask about a type behind the back of their user; see type_shapes.py."""
        # A cursor that a bind gets lives on its own.
        self._nested = []
        given = dict(zip(block.bind_names, binds, strict=True))
        outs = type_shapes.shape_of(given["full_name"].value, self._context.sql.find_type)
        types = dict(zip(block.bind_names, cursor.bind_types, strict=True))
        directions = [BIND_IN if name == "full_name" else BIND_IN_OUT for name in types]
        row = [
            encode_out(bind_type, outs.get(name), self)
            for name, bind_type in types.items()
            if name != "full_name"
        ]
        before = make_io_vector(directions) + ROW + b"".join(row)
        return Reply(before, after=self._make_end(cursor))

    def _answer_rows(self, cursor: Cursor, request: Execute, reply: Reply) -> Reply:
        # A cursor inside a row is fetched by executing it, whatever the options say.
        if cursor.has_rows and (cursor.is_nested or request.wants(messages.OPTION_FETCH)):
            return self._fetch_rows(cursor, request.rows, reply)
        reply.after = self._make_end(cursor)
        return reply

    def _make_outputs(self, cursor: Cursor, request: Execute, run: Run) -> bytes:
        outputs = b""
        if cursor.parsed.kind is StatementKind.BLOCK and request.binds:
            outputs += make_io_vector([BIND_IN] * len(request.binds))
        if request.flags & messages.FLAG_ROW_COUNTS:
            outputs += make_row_counts(run.counts)
        return outputs

    def execute_again(self, request: Reexecute, reader: Reader) -> Reply:
        cursor = self._find(request.cursor_id, reader)
        row_count = 1 if request.fetches else request.count
        bind_rows = self._read_bind_rows(reader, cursor.bind_types, row_count, cursor.in_sql)
        self._context.begin(Step.EXECUTE, cursor.sql)
        self._context.counters.add_statement(cursor.sql)
        with naming(cursor):
            _refuse_unsupported(bind_rows)
            if cursor.parsed.kind is StatementKind.QUERY:
                described = self._refresh(cursor)
                self._run_query(cursor, bind_rows)
                if request.fetches and cursor.has_rows:
                    return self._fetch_rows(cursor, request.count, Reply(before=described))
                return Reply(before=described, after=self._make_end(cursor))
            run = self._run(cursor, bind_rows, request.count, collects=False)
            self._commit_if(request.commit)
            return Reply(after=self._make_end(cursor, run.error, run.total))

    def fetch(self, request: Fetch, reader: Reader) -> Reply:
        cursor = self._find(request.cursor_id, reader)
        self._context.begin(Step.FETCH, cursor.sql)
        self._context.counters.add(fetches=1)
        with naming(cursor):
            return self._fetch_rows(cursor, request.rows, Reply())

    def _read_bind_rows(
        self, reader: Reader, types: Sequence[BindType], count: int, in_sql: bool
    ) -> list[list[Bind]]:
        if not types:
            return []
        lobs = self._context.lobs
        return [read_bind_row(reader, types, in_sql, lobs) for _ in range(count)]

    def _sql_of(self, cursor_id: int) -> str:
        cursor = self._cursors.get(cursor_id)
        return cursor.sql if cursor else ""

    def _find(self, cursor_id: int, reader: Reader) -> Cursor:
        if cursor_id not in self._cursors:
            # Without its cursor the bind values of the request cannot be read.
            reader.discard()
            raise OraError(1001, "invalid cursor")
        return self._cursors[cursor_id]

    def _cursor_for(self, request: Execute) -> tuple[Cursor, bool]:
        """The cursor, and whether its columns are news to the client."""
        cursor = self._cursors.get(request.cursor_id)
        if cursor is None and request.sql is None:
            raise OraError(1001, "invalid cursor")
        if cursor is None:
            sql = request.sql or ""
            return self._open(sql, self._parse(sql, request)), True
        if cursor.is_nested:
            return cursor, False
        if request.sql is None and not request.wants(messages.OPTION_EXECUTE):
            return cursor, False  # described once, it is parsed again only when it runs
        columns, defines = cursor.columns, request.defines or cursor.defines
        self._stop(cursor)
        cursor.sql = request.sql or cursor.sql
        cursor.parsed, cursor.encoder = self._parse(cursor.sql, request), None
        if request.sql is None and cursor.columns == columns:
            return cursor, False
        if request.sql is None and defines and not _bind_kinds_changed(cursor, request):
            raise CursorError(_changed(columns, cursor.columns), cursor.id)
        cursor.defines = None
        return cursor, True

    def _parse(self, sql: str, request: Execute) -> Parsed:
        if type_shapes.asks_for_shape(sql):
            return type_shapes.shape_block(sql)
        return self._parse_with(sql, request.binds)

    def _parse_with(self, sql: str, binds: Sequence[BindType]) -> Parsed:
        with self._context.working():
            return self._context.sql.parse(sql, [bind_type.kind for bind_type in binds])

    def _refresh(self, cursor: Cursor) -> bytes:
        """Parse again what may be stale: its tables can have changed. A description where it is."""
        columns = cursor.columns
        self._stop(cursor)
        cursor.parsed = self._parse_with(cursor.sql, cursor.bind_types)
        if cursor.columns == columns:
            return b""
        if cursor.defines:
            raise _changed(columns, cursor.columns)
        cursor.defines = cursor.encoder = None
        return make_describe(make_columns(cursor.columns, self._context.wire.field_version))

    def _open(self, sql: str, parsed: Parsed) -> Cursor:
        """Those inside rows count as all others do."""
        if len(self._cursors) >= MAX_OPEN_CURSORS:
            raise OraError(1000, "maximum open cursors exceeded")
        # Ids take 16 bits on the wire, and 0 means none.
        self._last_id = self._last_id % 0xFFFF + 1
        cursor = Cursor(self._last_id, sql, parsed)
        self._cursors[cursor.id] = cursor
        self._context.counters.add(open_cursors=1)
        return cursor

    def _run_query(self, cursor: Cursor, bind_rows: list[list[Bind]]) -> None:
        self._stop(cursor)
        binds = arrange(cursor.parsed, bind_rows[0] if bind_rows else [])
        with self._context.working():
            cursor.rows = self._context.sql.execute(cursor.parsed, binds).rows
        cursor.sent = 0

    def _run(
        self, cursor: Cursor, bind_rows: list[list[Bind]], iterations: int, collects: bool
    ) -> Run:
        """Run a statement that is no query once for each iteration."""
        run = Run()
        for at in range(max(1, iterations)):
            binds = arrange(cursor.parsed, bind_rows[at] if bind_rows else [])
            try:
                with self._context.working():
                    run.counts.append(self._context.sql.execute(cursor.parsed, binds).row_count)
            except OraError as error:
                if not collects or error.code == USER_CANCEL:
                    raise
                run.counts.append(0)
                run.errors.append(BatchError(at, error))
        return run

    def _commit_if(self, wanted: bool) -> None:
        if wanted and self._context.sql.in_transaction:
            with self._context.working():
                self._context.sql.commit()
            self._context.counters.add(commits=1)

    def _fetch_rows(self, cursor: Cursor, count: int, reply: Reply) -> Reply:
        """Exactly `count` rows, or what is left and then 1403."""
        reply.before += make_row_header()
        reply.sql = cursor.sql
        error: OraError | None = None
        sent_before = cursor.sent
        try:
            self._pull(cursor, count, reply.rows)
        except OraError as raised:
            if raised.code == USER_CANCEL:
                raise
            error = raised
        if error is None and cursor.sent - sent_before < count:
            error = _NO_MORE_ROWS
            cursor.stop()
        reply.after = self._make_end(cursor, error, cursor.sent)
        return reply

    def _pull(self, cursor: Cursor, count: int, into: list[bytes]) -> None:
        if cursor.rows is None:
            return
        if isinstance(cursor.rows, EncodedRows):
            data, rows, _ended = cursor.rows.next_encoded(count)
            into.append(data)
            cursor.sent += rows
            return
        if cursor.encoder is None:
            cursor.encoder = RowEncoder(cursor.columns, cursor.defines, self)
        self._nested = cursor.children
        encode, check = cursor.encoder.encode, self._context.check
        with self._context.working():
            for row in islice(cursor.rows, count):
                into.append(encode(row))
                cursor.sent += 1
                check()

    def _make_end(
        self,
        cursor: Cursor,
        error: OraError | None = None,
        row_count: int = 0,
        batch_errors: Sequence[BatchError] = (),
    ) -> bytes:
        return self._context.wire.make_error(error, cursor.id, row_count, batch_errors)


def _refuse_unsupported(bind_rows: list[list[Bind]]) -> None:
    for bind in (bind for row in bind_rows for bind in row):
        if isinstance(bind.value, Unsupported):
            raise OraError(3115, f"unsupported: {bind.value.what}")


def _changed(described: Sequence[Column], now: Sequence[Column]) -> OraError:
    """A client's defines are for the columns that it was described, and their table has changed.

    A driver then parses anew: base.pyx, _process_error_info, on these two. That they come for
    columns that were added as well is assumed.
    """
    if len(now) < len(described):
        return OraError(1007, "variable not in select list")
    return OraError(932, "inconsistent datatypes: the columns are not those described")


def _bind_kinds_changed(cursor: Cursor, request: Execute) -> bool:
    """The type of a select item may follow its bind, so the statement is parsed again."""
    before = [bind_type.kind for bind_type in cursor.bind_types]
    return bool(request.binds) and before != [bind_type.kind for bind_type in request.binds]
