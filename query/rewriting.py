"""In which form a statement runs: as it is, or inside an outer query.

Some values are more than the driver's own types can hold: time zones, digits of a second past the
sixth, years before 1, fractions inside objects. Only the database can write those out, so a
statement that has such a column runs inside another: `SELECT "ID", TO_CHAR("AT", '...') FROM
(<statement>)`. Which statements those are is remembered, so that each is found out once; all others
run as they are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from common.errors import ApiError, refuse
from oracle.target import Target
from query.cursor import FIRST_ROWS_AGAIN, ROWS_WITH_CURSORS, StatementCursor
from sql.outer_query import OuterQuery, needs_outer_query, outer_query, outer_query_refused
from sql.scanner import main_query_at
from sql.statement import Statement
from values.column import Column, Row, ValueOptions

# How many statements that do not run as they are are remembered.
MOST_REWRITES = 500
# How often a statement is run again over types that the driver cannot read.
MOST_UNKNOWN_TYPES = 20


class Rewrite(NamedTuple):
    """The form in which a statement runs.

    in_outer_query: with what the driver cannot hold written out by the database. moments_as_text:
    every moment is, since some lie before the year 1. objects_by_parts: every object, since the
    driver lost a part of some.
    """

    in_outer_query: bool = False
    moments_as_text: bool = False
    objects_by_parts: bool = False

    def after(self, error: ApiError) -> Rewrite | None:
        """The form for a statement whose rows turned out to hold what the driver cannot; None
        where no other form helps.
        """
        if error.full_code == "VALUE_OUT_OF_RANGE" and not self.moments_as_text:
            return self._replace(in_outer_query=True, moments_as_text=True)
        if error.full_code == "INEXACT_VALUE" and not self.objects_by_parts:
            return self._replace(in_outer_query=True, objects_by_parts=True)
        if error.full_code == "DPY-3022" and not self.in_outer_query:
            return self._replace(in_outer_query=True)
        return None


NO_REWRITE = Rewrite()


class KnownRewrites:
    """The statements that do not run as they are, by target and text. Safe from any thread."""

    # _rewrites is guarded by _lock; the least recently used goes first.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rewrites: OrderedDict[tuple[Target, str], Rewrite] = OrderedDict()

    def get(self, target: Target, sql: str) -> Rewrite:
        with self._lock:
            if not self._rewrites or (target, sql) not in self._rewrites:
                return NO_REWRITE
            self._rewrites.move_to_end((target, sql))
            return self._rewrites[target, sql]

    def remember(self, target: Target, sql: str, rewrite: Rewrite) -> None:
        with self._lock:
            self._rewrites[target, sql] = rewrite
            while len(self._rewrites) > MOST_REWRITES:
                self._rewrites.popitem(last=False)


class FirstBatch(NamedTuple):
    """What a statement gave at once. changed_rows: by a statement that is no query."""

    rows: Sequence[Row] = ()
    changed_rows: int = 0


class Rewriter:
    """Runs a statement in the form that it needs, and in another when its rows need that.

    Used by the thread that has the cursor.
    """

    def __init__(
        self,
        known: KnownRewrites,
        target: Target,
        statement: Statement,
        cursor: StatementCursor,
        max_lob_bytes: int,
    ) -> None:
        self._known = known
        self._target = target
        self._statement = statement
        self._sql = statement.text.sql
        self._cursor = cursor
        self._max_lob_bytes = max_lob_bytes
        self._rewrite = known.get(target, self._sql)

    def run(self) -> FirstBatch:
        """Run it as far as its first batch; what is no query is committed. ApiError."""
        reason: ApiError | None = None
        while True:
            try:
                first = self._run_in_this_form()
            except ApiError as error:
                other = self._rewrite.after(error)
                if other is None or not self._statement.is_query:
                    # What may write is never run again.
                    raise self._cursor.explained(_with_reason(error, reason)) from reason
                # Remembered when it has helped: what was wrong may be one value that is bound.
                self._rewrite, reason = other, error
                continue
            if reason is not None:
                self._remember()
            return first

    def learn(self, error: ApiError) -> ApiError:
        """After rows have left it is too late for another form; the next run takes it. Returns the
        error to raise.
        """
        other = self._rewrite.after(error)
        if other is None:
            return self._cursor.explained(error)
        self._rewrite = other
        self._remember()
        return error

    def _remember(self) -> None:
        self._known.remember(self._target, self._sql, self._rewrite)

    def _run_in_this_form(self) -> FirstBatch:
        options = ValueOptions(
            self._statement.numbers_as_strings,
            self._rewrite.moments_as_text,
            self._rewrite.objects_by_parts,
            self._max_lob_bytes,
        )
        if self._rewrite.in_outer_query:
            self._cursor.describe(self._sql)
            described = self._run_rewritten(self._cursor.described(options), options)
        else:
            self._cursor.execute(self._sql)
            if not self._cursor.has_rows:
                return FirstBatch(changed_rows=self._cursor.commit())
            described = self._cursor.described(options)
            if needs_outer_query(described):
                self._rewrite = self._rewrite._replace(in_outer_query=True)
                self._remember()
                described = self._run_rewritten(described, options)
            else:
                self._cursor.check_object_types(
                    (place, item.driver_object, column)
                    for place, column in enumerate(described)
                    for item in (() if column.selection is None else column.selection.items)
                )
        self._cursor.expect(described, options)
        return FirstBatch(self._cursor.fetch_first())

    def _run_rewritten(self, described: list[Column], options: ValueOptions) -> list[Column]:
        """Run it, in an outer query where one is needed. Returns the columns as they come."""
        if not needs_outer_query(described):
            self._cursor.execute(self._sql)
            return self._cursor.described(options)
        if not self._statement.is_query:
            raise outer_query_refused(described, "only a plain query can be")
        outer = outer_query(self._sql, described, main_query_at(self._sql))
        try:
            self._execute(outer)
        except ApiError as error:
            if error.status != 400 or error.full_code in ("VALUE_OUT_OF_RANGE", "INEXACT_VALUE"):
                raise
            raise outer_query_refused(described, error.message) from error
        self._cursor.check_object_types(outer.driver_objects())
        # The type of a select item that is a bind is known only now.
        return outer.columns(self._cursor.described(options, outer.places()))

    def _execute(self, outer: OuterQuery) -> None:
        """Each type that the driver cannot read is told once in a session: with the next query that
        has any object, which may be this one although it has none of them itself.
        """
        most = ROWS_WITH_CURSORS if outer.has_cursors else FIRST_ROWS_AGAIN
        for _ in range(MOST_UNKNOWN_TYPES):
            try:
                self._cursor.execute(outer.sql, most)
                return
            except ApiError as error:
                if error.full_code != "INEXACT_VALUE":
                    raise
        self._cursor.execute(outer.sql, most)


def _with_reason(error: ApiError, reason: ApiError | None) -> ApiError:
    """With what was found out before, where the way around that is barred."""
    if error.full_code != "UNSUPPORTED_TYPE" or reason is None:
        return error
    return refuse("UNSUPPORTED_TYPE", f"{reason.message}; {error.message}")
