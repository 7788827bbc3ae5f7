"""The driver's cursor for one statement on a session: executed, described, fetched and closed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from common.errors import ApiError, refuse
from oracle.lease import Lease
from query.fetch_types import kinds_of, set_bind_sizes
from query.object_types import driver_knows
from query.row_completion import (
    RowCompleter,
    object_columns,
    outdated,
    row_bytes,
    unknown_types,
)
from query.running import RunningQuery
from query.session_cache import AsAsked, DescribedColumns, cache_of, is_kept
from sql.outer_query import OuterQuery
from sql.statement import Statement
from values.column import Column, Fetch, Row, ValueOptions
from values.object_shapes import ObjectShape
from values.type_table import columns_of

# What the driver says when it looks up an object type after a query, and cannot make sense of it.
# It keeps what it learned so far and takes that for all there is: unpacking such an object would
# lose attributes, or crash the process. See driver_knows.
TYPE_NOT_KNOWN = frozenset({"DPY-2035", "DPY-3017", "DPY-3018"})
# A query that has an object; the type is one that every database has. And how many types that the
# driver cannot read a statement may have.
_ANY_OBJECT = "SELECT CAST(NULL AS SYS.ODCIVARCHAR2LIST) FROM dual"
MOST_UNKNOWN_TYPES = 20
# What is said of a part of a value that the driver decodes as a whole.
_UNREADABLE = frozenset(
    {"DPY-3007", "DPY-3019", "DPY-3021", "DPY-3022", "VALUE_OUT_OF_RANGE", "BAD_CHARACTERS"}
)

# The first answer brings this many rows along, so that a small result is one round trip. It cannot
# be bounded in bytes: how wide the rows are is known only when they have come. When a statement
# runs again, how wide they can be is known, and as many as most callers ask for may come.
FIRST_ROWS = 100
FIRST_ROWS_AGAIN = 1001
FIRST_BYTES = 4_000_000
# A statement that gave so few is not expected to give far more.
A_FEW_ROWS = 50
# Rows with LOBs or cursors come in smaller steps: each value may be as large as --max-lob-bytes.
FIRST_LARGE_ROWS = 16
# Rows with cursors always do: the database counts those against OPEN_CURSORS.
ROWS_WITH_CURSORS = 16
# Rows that are completed one by one are no more than this together, or a single one.
BATCH_BYTES = 1_000_000

_COMPLETED = (Fetch.ROWS, Fetch.PARTS, Fetch.DOCUMENT)


class StatementCursor:
    """One statement's cursor, or one after the other where it runs again in another form.

    Used by one thread at a time; the one that has the lease closes it before that.
    """

    def __init__(self, statement: Statement, running: RunningQuery, lease: Lease) -> None:
        self.columns: list[Column] = []
        """Those of the rows that fetch() gives; see expect()."""
        self.has_ended = False
        """All rows have been fetched."""
        self.waited_seconds = 0.0
        """How long the database took, at its last round trip, before it began to answer."""
        self.is_kept = True
        """The session and the driver may keep what runs now for its next run."""
        self._statement = statement
        self._running = running
        self._lease = lease
        self._cache = cache_of(lease.session)
        self._cursor: Any = None
        self._sql = ""
        self._known: DescribedColumns | None = None
        self._has_run = False
        self._prefetched = 0
        self._completer: RowCompleter | None = None
        self._left_cursors = False

    def describe(self, sql: str) -> None:
        """Ask for the columns that it has now: its tables may have changed since the last run."""
        with self._running.call(self._lease):
            cursor = self._new_cursor(sql)
            # The driver sends no text for a statement that its session keeps (execute.pyx), and the
            # database need not parse what is only to be described again. So it is kept no longer.
            cursor.prepare(sql, cache_statement=False)
            cursor.parse(sql)

    def has_run(self, sql: str) -> bool:
        """Whether that is what was executed last, as far as its description at least."""
        return self._has_run and self._sql == sql and self._cursor.description is not None

    def look_up_types(self, objects: Iterable[tuple[int, ObjectShape | None, Column]]) -> None:
        """Have the driver look up the types of described objects, where it has not.

        It does so after the next query that has any object, and where it cannot read one of them it
        fails in place of that query, although that has run. So a query of no other use goes first:
        each type fails once in a session.
        """
        infos = self._described.infos
        if all(shape is None or driver_knows(infos[at].type, shape) for at, shape, _ in objects):
            return
        connection = self._lease.session.connection
        for _ in range(MOST_UNKNOWN_TYPES):
            try:
                with self._running.call(self._lease), connection.cursor() as cursor:
                    # A statement that is kept is not described again, which the look-up follows.
                    cursor.prepare(_ANY_OBJECT, cache_statement=False)
                    cursor.execute(_ANY_OBJECT)
                return
            except ApiError as error:
                if error.full_code not in TYPE_NOT_KNOWN:
                    raise

    def execute(self, sql: str, most: int = FIRST_ROWS_AGAIN) -> None:
        """Run it, with the statement's binds. most: so many rows come along at the most; 0 where
        only its description is wanted.
        """
        try:
            with self._running.call(self._lease):
                cursor = self._new_cursor(sql)
                self._prefetched = self._limited(min(most, self._affordable(sql)))
                cursor.prefetchrows = self._prefetched
                cursor.arraysize = max(1, self._prefetched)
                set_bind_sizes(cursor, self._statement.binds)
                self._has_run = True
                cursor.execute(sql, self._statement.binds)
            self.waited_seconds = self._running.waited_seconds
        except ApiError as error:
            if error.full_code not in TYPE_NOT_KNOWN:
                raise
            raise unknown_types(self._cursor.description, error.message) from error

    def _new_cursor(self, sql: str) -> Any:
        """The cursor of the next run, in the place of an earlier one's."""
        self._close_cursor()
        self._sql, self._known, self._has_run = sql, None, False
        self.is_kept = True
        connection = self._lease.session.connection
        # Asked about cursors inside rows.
        connection.outputtypehandler = self._cache.fetch_types.nested
        self._cursor = connection.cursor()
        self._cache.fetch_types.begin(sql)
        self._cursor.outputtypehandler = self._cache.fetch_types
        return self._cursor

    def _affordable(self, sql: str) -> int:
        """How many rows may come with the first answer, before it is known how wide they are."""
        last = self._cache.columns.last(sql)
        if last is None or not last.infos:
            return FIRST_ROWS
        if last.is_large:
            return FIRST_LARGE_ROWS
        if last.first_rows < A_FEW_ROWS:
            # The driver makes room for as many rows as may come, and clears it behind each run.
            return FIRST_ROWS
        return max(FIRST_ROWS, FIRST_BYTES // last.most_row_bytes)

    def _limited(self, most: int) -> int:
        limit = self._statement.max_rows
        return most if limit is None else min(limit + 1, most)

    @property
    def has_rows(self) -> bool:
        """Whether what was executed is a query, be it one without rows."""
        return bool(self._described.infos)

    @property
    def _described(self) -> DescribedColumns:
        """What the driver says of the cursor that ran."""
        if self._known is None:
            self._known = self._cache.columns.of(self._sql, self._cursor.description or ())
        return self._known

    def described(self, options: ValueOptions, places: Sequence[int] | None = None) -> list[Column]:
        """The columns of what was executed or described, or those of them at these places."""
        known = self._described
        kinds = self._cache.fetch_types.kinds()
        if places is not None:
            infos = [known.infos[place] for place in places]
            moved = {at: kinds[place] for at, place in enumerate(places) if place in kinds}
            return columns_of(infos, options, moved)
        if known.holds_objects:
            # Their types may have changed since they were last looked up.
            with self._running.call(self._lease):
                objects = object_columns(self._cache, known.infos, options)
            return columns_of(known.infos, options, kinds, objects)
        if options not in known.columns:
            known.columns[options] = columns_of(known.infos, options, kinds)
        return known.columns[options]

    def known_outer_query(self, options: ValueOptions) -> OuterQuery | None:
        """The one in which this session ran the statement last; see OuterQueries."""
        return self._cache.outer_queries.last(self._as_asked(options))

    def is_described_as_before(self, options: ValueOptions) -> bool:
        """Whether that one, which was executed, is described as it was."""
        asked = self._as_asked(options)
        return self._cache.outer_queries.is_as_before(asked, self._described.infos)

    def remember_outer_query(self, options: ValueOptions, outer: OuterQuery) -> None:
        """outer: what was executed."""
        asked = self._as_asked(options)
        self._cache.outer_queries.remember(asked, outer, self._described.infos)

    def forget_outer_query(self, options: ValueOptions) -> None:
        """Have the statement described anew when it runs again."""
        self._cache.outer_queries.forget(self._as_asked(options))

    def _as_asked(self, options: ValueOptions) -> AsAsked:
        return self._statement.text.sql, options, kinds_of(self._statement.binds)

    def check_object_types(self, objects: Iterable[tuple[int, ObjectShape | None, Column]]) -> None:
        """That the driver takes the types of objects for what they are now; see TypeDictionary.

        objects: place, shape and column of each; a shape of None is no object.
        """
        for place, shape, column in objects:
            if shape is not None and not driver_knows(self._described.infos[place].type, shape):
                self._lease.discard()
                raise outdated(column)

    @property
    def is_plain(self) -> bool:
        """Whether rows come with one round trip, and without values that are as large as LOBs."""
        return self._completer is None and not any(column.is_large for column in self.columns)

    @property
    def round_trip_seconds(self) -> float:
        """What a round trip takes at most: the shortest one of its session. 0.0 before any."""
        shortest = self._lease.session.shortest_wait
        return shortest if shortest < math.inf else 0.0

    @property
    def most_row_bytes(self) -> int:
        """What a row takes at most, as its columns are declared."""
        return self._described.most_row_bytes

    def expect(self, described: list[Column], options: ValueOptions) -> None:
        """What is fetched from now on are rows of these columns."""
        self.columns = described
        self._completer = None
        if any(column.fetch in _COMPLETED for column in described):
            session = self._lease.session
            self._completer = RowCompleter(options, session, self._cache, self._lease.discard)

    def commit(self) -> int:
        """Commit what was executed, which is no query; returns how many rows it changed."""
        was_sent = False
        try:
            with self._running.call(self._lease):
                was_sent = True
                self._lease.session.connection.commit()
        except ApiError as error:
            if was_sent and (error.session_dead or self._running.is_stopped):
                error.message = f"{error.message}; whether the change was committed is not known"
            raise
        if self._cursor.warning is not None:
            # What was created does not compile: the database takes it all the same.
            raise refuse("ORA-24344", "ORA-24344: success with compilation error")
        return max(0, int(self._cursor.rowcount))

    def fetch_first(self) -> Sequence[Row]:
        """The rows that came along, or fewer where each may be large."""
        is_large = self._described.holds_cursors or any(c.is_large for c in self.columns)
        most = min(self._prefetched, FIRST_LARGE_ROWS) if is_large else self._prefetched
        rows = self.fetch(most)
        self._described.first_rows = len(rows)
        return rows

    def fetch(self, most: int) -> Sequence[Row]:
        """The next rows: `most`, unless they end before, or are large when completed."""
        if self._completer is not None:
            return self._fetch_completed(self._completer, most)
        with self._running.call(self._lease):
            self._cursor.arraysize = most
            rows: Sequence[Row] = self._cursor.fetchmany(most)
        # The first rows are no round trip of their own.
        self.waited_seconds = self._running.waited_seconds or self.waited_seconds
        self.has_ended = len(rows) < most
        return rows

    def _fetch_completed(self, completer: RowCompleter, most: int) -> Sequence[Row]:
        rows: list[Row] = []
        size = 0
        with self._running.call(self._lease):
            has_cursors = self._described.holds_cursors
            self._cursor.arraysize = min(most, ROWS_WITH_CURSORS) if has_cursors else most
            while len(rows) < most and size < BATCH_BYTES:
                row = self._cursor.fetchone()
                if row is None:
                    self.has_ended = True
                    break
                rows.append(completer.complete(row, self.columns))
                size += row_bytes(rows[-1])
        return rows

    def explained(self, error: ApiError) -> ApiError:
        """The driver does not tell the column, so those are named that it may be."""
        if error.full_code not in _UNREADABLE:
            return error
        names = [column.name for column in self.columns if column.type == "JSON"]
        names += () if self._completer is None else self._completer.json_columns
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
        """End a run. The session keeps its statement for the next one, unless that is long, or has
        cursors in its rows: the database closes those with it, and the driver never by themselves.
        """
        if self._cursor is None:
            return
        # One that is discarded takes all that it has with it, and may have been described by half.
        is_lent_again = not self._lease.is_discarded
        has_cursors = is_lent_again and self._described.holds_cursors
        cursor, self._cursor = self._cursor, None
        cursor.close()
        self._left_cursors = self._left_cursors or has_cursors
        is_forgotten = has_cursors or not (self.is_kept and is_kept(self._sql))
        if is_lent_again and is_forgotten:
            with self._lease.session.connection.cursor() as again:
                again.prepare(self._sql, cache_statement=False)

    def _close_left_cursors(self) -> None:
        """Any call tells the database what to close; until the next one they would stay open."""
        if not self._lease.session.answers_ping():
            self._lease.discard()
