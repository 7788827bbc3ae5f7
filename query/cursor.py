"""One statement on a session: run as it is or in an outer query, described, fetched and closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from common.errors import ApiError, refuse
from oracle.lease import Lease
from oracle.session import Session
from query.column_cache import Description, Descriptions
from query.fetch_types import OutputTypes, set_bind_sizes
from query.object_types import TypeReader, driver_agrees
from query.row_completion import (
    RowReader,
    object_columns,
    outdated,
    row_bytes,
    unknown_types,
)
from query.running import Execution
from sql.outer_query import OuterQuery, needs_outer_query, outer_query, outer_query_refused
from sql.scanner import StatementKind, main_query_at
from sql.statement import Statement
from values.object_shapes import ObjectShape
from values.type_table import Column, Fetch, Row, ValueOptions, columns

# What the driver says when it looks up an object type after a query, and cannot make sense of it.
# It keeps what it learned so far and takes that for all there is: unpacking such an object would
# lose attributes, or crash the process. See driver_agrees.
TYPE_NOT_KNOWN = frozenset({"DPY-2035", "DPY-3017", "DPY-3018"})
# What is said of a part of a value that the driver decodes as a whole.
_UNREADABLE = frozenset(
    {"DPY-3007", "DPY-3019", "DPY-3021", "DPY-3022", "VALUE_OUT_OF_RANGE", "BAD_CHARACTERS"}
)
# How often a statement is run again over types that the driver cannot read.
MOST_UNKNOWN_TYPES = 20

# The first answer brings this many rows along, so that a small result is one round trip. It cannot
# be bounded in bytes: how wide the rows are is known only when they have come. When a statement
# runs again, how wide they can be is known, and as many as most callers ask for may come.
FIRST_ROWS = 100
FIRST_ROWS_AGAIN = 1001
FIRST_BYTES = 4_000_000
# Rows with LOBs or cursors come in smaller steps: each value may be as large as --max-lob-bytes.
FIRST_LARGE_ROWS = 16
# Rows with cursors always do: the database counts those against OPEN_CURSORS.
ROWS_WITH_CURSORS = 16
# Rows that are made whole one by one are no more than this together, or a single one.
BATCH_BYTES = 1_000_000


# What a row is not yet complete with.
_MADE_WHOLE = (Fetch.ROWS, Fetch.PARTS, Fetch.DOCUMENT)


class Run:
    """Used by one thread; close() once or more, before the lease."""

    def __init__(self, statement: Statement, execution: Execution, lease: Lease) -> None:
        self.columns: list[Column] = []
        self.row_count = 0
        """The rows that a statement changed; 0 for a query."""
        self.has_ended = False
        """All rows have been fetched."""
        self._statement = statement
        self._execution = execution
        self._lease = lease
        self._cursor: Any = None
        self._sql = ""
        self._known: Description | None = None
        self._prefetched = 0
        self._reader: RowReader | None = None
        self._left_cursors = False

    @property
    def first_rows(self) -> int:
        """How many rows are to be fetched first."""
        has_cursors = self._description.holds_cursors
        if has_cursors or any(column.is_large for column in self.columns):
            return min(self._prefetched, FIRST_LARGE_ROWS)
        return self._prefetched

    def execute(self, options: ValueOptions, is_known: bool, note: Callable[[], None]) -> None:
        """Execute it, and learn its columns; what is no query is committed. ApiError.

        is_known: some of its values have to be written out. note: called when that turns out.
        """
        sql = self._statement.text.sql
        if is_known:
            described = self._run_written(sql, self._describe(sql, options), options)
        else:
            self._run(sql)
            if self._cursor.description is None:
                self._commit()
                self._check_compiled()
                return
            described = self._described(options)
            if needs_outer_query(described):
                note()
                described = self._run_written(sql, described, options)
            else:
                self._check_types(
                    (place, item.driver_object, column)
                    for place, column in enumerate(described)
                    for item in (() if column.selection is None else column.selection.items)
                )
        self.columns = described
        if any(column.fetch in _MADE_WHOLE for column in described):
            self._reader = RowReader(options, self._lease.session, self._lease.discard)

    def _describe(self, sql: str, options: ValueOptions) -> list[Column]:
        """The columns that it has now: its tables may have changed since the last run."""
        with self._execution.call(self._lease):
            self._new_cursor(sql).parse(sql)
        return self._described(options)

    @property
    def _description(self) -> Description:
        """What the driver says of the cursor that ran."""
        if self._known is None:
            infos = self._cursor.description or ()
            self._known = self._lease.session.descriptions.of(self._sql, infos)
        return self._known

    def _described(
        self, options: ValueOptions, places: Sequence[int] | None = None
    ) -> list[Column]:
        """The columns of the statement that ran, or those of them that stand at these places."""
        description = self._description
        kinds = self._lease.session.output_types.kinds()
        if places is not None:
            infos = [description.infos[place] for place in places]
            return columns(
                infos, options, {at: kinds[p] for at, p in enumerate(places) if p in kinds}
            )
        if description.holds_objects:
            # Their types may have changed since they were last looked up.
            with self._execution.call(self._lease):
                objects = object_columns(self._lease.session, description.infos, options)
            return columns(description.infos, options, kinds, objects)
        if options not in description.columns:
            description.columns[options] = columns(description.infos, options, kinds)
        return description.columns[options]

    def _check_types(self, images: Iterable[tuple[int, ObjectShape | None, Column]]) -> None:
        """That the driver takes the types of objects for what they are now; see TypeReader."""
        for place, shape, column in images:
            if shape is not None and not driver_agrees(self._description.infos[place].type, shape):
                self._lease.discard()
                raise outdated(column)

    def _output_types(self, sql: str) -> OutputTypes:
        session = self._lease.session
        if session.output_types is None:
            _equip(session)
        output_types: OutputTypes = session.output_types
        output_types.begin(sql)
        return output_types

    def _run_written(
        self, sql: str, described: list[Column], options: ValueOptions
    ) -> list[Column]:
        """Run it, in an outer query where one is needed. Returns the columns as they come."""
        if not needs_outer_query(described):
            self._run(sql)
            return self._described(options)
        if self._statement.text.kind is not StatementKind.QUERY:
            raise outer_query_refused(described, "only a plain query can be")
        outer = outer_query(sql, described, main_query_at(sql))
        try:
            self._run_projection(outer)
        except ApiError as error:
            if error.status != 400 or error.full_code in ("VALUE_OUT_OF_RANGE", "INEXACT_VALUE"):
                raise
            raise outer_query_refused(described, error.message) from error
        self._check_types(outer.driver_objects())
        # The type of a select item that is a bind is known only now.
        return outer.columns(self._described(options, outer.places()))

    def _run_projection(self, outer: OuterQuery) -> None:
        """Each type that the driver cannot read is told once in a session: with the next query that
        has any object, which may be this one although it has none of them itself.
        """
        most = ROWS_WITH_CURSORS if outer.has_cursors else FIRST_ROWS_AGAIN
        for _ in range(MOST_UNKNOWN_TYPES):
            try:
                self._run(outer.sql, most)
                return
            except ApiError as error:
                if error.full_code != "INEXACT_VALUE":
                    raise
        self._run(outer.sql, most)

    def _run(self, sql: str, most: int = FIRST_ROWS_AGAIN) -> None:
        try:
            with self._execution.call(self._lease):
                cursor = self._new_cursor(sql)
                self._prefetched = self._first_rows(min(most, self._affordable(sql)))
                cursor.arraysize = cursor.prefetchrows = self._prefetched
                set_bind_sizes(cursor, self._statement.binds)
                cursor.execute(sql, self._statement.binds)
        except ApiError as error:
            if error.full_code not in TYPE_NOT_KNOWN:
                raise
            raise unknown_types(self._cursor.description, error.message) from error

    def _new_cursor(self, sql: str) -> Any:
        """The cursor of the next run, in the place of an earlier one's."""
        self._close_cursor()
        self._sql, self._known = sql, None
        self._cursor = self._lease.session.connection.cursor()
        self._cursor.outputtypehandler = self._output_types(sql)
        return self._cursor

    def _affordable(self, sql: str) -> int:
        """How many rows may come with the first answer, before it is known how wide they are."""
        last: Description | None = self._lease.session.descriptions.last(sql)
        if last is None or not last.infos:
            return FIRST_ROWS
        if last.is_large:
            return FIRST_LARGE_ROWS
        return max(FIRST_ROWS, FIRST_BYTES // last.most_row_bytes)

    def _first_rows(self, most: int) -> int:
        limit = self._statement.max_rows
        return most if limit is None else min(limit + 1, most)

    def _commit(self) -> None:
        was_sent = False
        try:
            with self._execution.call(self._lease):
                was_sent = True
                self._lease.session.connection.commit()
        except ApiError as error:
            if was_sent and (error.session_dead or self._execution.is_stopped):
                error.message = f"{error.message}; whether the change was committed is not known"
            raise
        self.row_count = max(0, self._cursor.rowcount)

    def _check_compiled(self) -> None:
        """That what was created is of use: the database takes it all the same, with a warning."""
        if self._cursor.warning is not None:
            raise refuse("ORA-24344", "ORA-24344: success with compilation error")

    def fetch(self, most: int) -> Sequence[Row]:
        """The next rows: `most`, unless they end before, or are large when made whole."""
        if self._reader is not None:
            return self._fetch_whole(self._reader, most)
        with self._execution.call(self._lease):
            self._cursor.arraysize = most
            rows: Sequence[Row] = self._cursor.fetchmany(most)
        self.has_ended = len(rows) < most
        return rows

    def _fetch_whole(self, reader: RowReader, most: int) -> Sequence[Row]:
        rows: list[Row] = []
        size = 0
        with self._execution.call(self._lease):
            has_cursors = self._description.holds_cursors
            self._cursor.arraysize = min(most, ROWS_WITH_CURSORS) if has_cursors else most
            while len(rows) < most and size < BATCH_BYTES:
                row = self._cursor.fetchone()
                if row is None:
                    self.has_ended = True
                    break
                rows.append(reader.whole(row, self.columns))
                size += row_bytes(rows[-1])
        return rows

    def explained(self, error: ApiError) -> ApiError:
        """The driver does not tell the column, so those are named that it may be."""
        if error.full_code not in _UNREADABLE:
            return error
        names = [column.name for column in self.columns if column.type == "JSON"]
        names += () if self._reader is None else self._reader.json_columns
        if not names:
            return error
        why = f"{error.message}; it may be inside the JSON of column {' or '.join(names)}"
        code = "BAD_CHARACTERS" if error.full_code == "BAD_CHARACTERS" else "INEXACT_VALUE"
        return refuse(code, why)

    def close(self) -> None:
        """Leave the session as it was found. Idempotent."""
        if self._cursor is not None:
            self._close_cursor()
            # The end of a session that is discarded ends its transaction too.
            if not (self._lease.is_discarded or self._lease.session.ends_transaction()):
                self._lease.discard()
        if self._left_cursors and not self._lease.is_discarded:
            self._left_cursors = False
            self._close_left_cursors()

    def _close_cursor(self) -> None:
        """End a run. The session keeps its statement for the next one, unless cursors are in its
        rows: the database closes those with the statement, and the driver never by themselves.
        """
        if self._cursor is None:
            return
        has_cursors = self._description.holds_cursors
        cursor, self._cursor = self._cursor, None
        cursor.close()
        if has_cursors:
            self._left_cursors = True
            with self._lease.session.connection.cursor() as again:
                again.prepare(self._sql, cache_statement=False)

    def _close_left_cursors(self) -> None:
        """Any call tells the database what to close; until the next one they would stay open."""
        if not self._lease.session.answers_ping():
            self._lease.discard()


def _equip(session: Session) -> None:
    """What it takes to fetch from a session, once for each."""
    session.output_types, session.types = OutputTypes(), TypeReader(session.connection)
    session.descriptions = Descriptions()
    session.connection.outputtypehandler = session.output_types.nested
