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

from common.errors import CATALOGUE, ApiError, refuse
from oracle.target import Target
from query.cursor import FIRST_ROWS_AGAIN, ROWS_WITH_CURSORS, StatementCursor
from query.session_cache import is_kept
from sql.outer_query import (
    OuterQuery,
    is_about_the_form,
    needs_outer_query,
    outer_query,
    outer_query_refused,
)
from sql.scanner import main_query_at, may_have_star
from sql.statement import Statement
from values.column import Column, Row, ValueOptions
from values.object_shapes import ObjectShape

# How many statements that run in another form are remembered.
MOST_REWRITES = 500
# How often a statement is run for one request: once to learn what it gives, once for its rows. A
# function that it calls may do more than give a value, and its work may be large.
MOST_RUNS = 2


class Rewrite(NamedTuple):
    """The form in which a statement runs.

    in_outer_query: with every moment, and what else the driver may not hold, written out by the
    database. objects_by_parts: every object, too, since the driver lost a part of some. own_names:
    its columns have names of our own there, since the database does not know theirs. tells_types:
    its description may tell the types of what is written out.
    """

    in_outer_query: bool = False
    objects_by_parts: bool = False
    own_names: bool = False
    tells_types: bool = True

    def after(self, error: ApiError) -> Rewrite | None:
        """The form for a statement whose rows turned out to hold what the driver cannot; None
        where no other form helps.
        """
        if error.full_code == "INEXACT_VALUE" and not self.objects_by_parts:
            return self._replace(in_outer_query=True, objects_by_parts=True)
        if error.full_code in ("VALUE_OUT_OF_RANGE", "DPY-3022") and not self.in_outer_query:
            return self._replace(in_outer_query=True)
        return None

    def needed_by(self, described: Sequence[Column]) -> Rewrite:
        """The form for a statement with columns that need one. Where an object does, all are asked
        for by their parts: to find out about the others later would take another run.
        """
        has_parts = any(column.as_text and column.selection for column in described)
        return self._replace(in_outer_query=True, objects_by_parts=has_parts)


NO_REWRITE = Rewrite()


class KnownRewrites:
    """The statements that do not run as they are, by target and text. Safe from any thread."""

    # _rewrites is guarded by _lock; the least recently used goes first. The texts, which may be
    # long, are not kept, nor are the targets with their passwords: should two of them ever have one
    # hash, a statement would run in a form that gives the same rows, and was not needed.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rewrites: OrderedDict[int, Rewrite] = OrderedDict()

    def get(self, target: Target, sql: str) -> Rewrite:
        with self._lock:
            if not self._rewrites:
                return NO_REWRITE
            known = hash((target, sql))
            if known not in self._rewrites:
                return NO_REWRITE
            self._rewrites.move_to_end(known)
            return self._rewrites[known]

    def remember(self, target: Target, sql: str, rewrite: Rewrite) -> None:
        with self._lock:
            self._rewrites[hash((target, sql))] = rewrite
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
        self._runs = 0
        self._failed_as_before: tuple[str, ApiError] | None = None
        """An outer query of an earlier run, and what became of it now."""

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
                if self._runs == MOST_RUNS:
                    raise self.learn(error) from reason
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
        return for_the_next_run(error)

    def _remember(self) -> None:
        self._known.remember(self._target, self._sql, self._rewrite)

    def _run_in_this_form(self) -> FirstBatch:
        options = ValueOptions(
            self._statement.numbers_as_strings,
            # Every one, since the first that the driver cannot hold may be in any row.
            self._rewrite.in_outer_query,
            self._rewrite.objects_by_parts,
            self._max_lob_bytes,
        )
        if self._rewrite.in_outer_query:
            described = self._run_as_before(options)
            if described is None:
                described = self._run_rewritten(self._described_ahead(options), options)
        else:
            self._execute(self._sql)
            if not self._cursor.has_rows:
                return FirstBatch(changed_rows=self._cursor.commit())
            described = self._cursor.described(options)
            if needs_outer_query(described):
                if not self._statement.is_query:
                    raise outer_query_refused(described, "only a plain query can be")
                self._rewrite = self._rewrite.needed_by(described)
                self._remember()
                # It does not run like this again.
                self._cursor.is_kept = False
                return self._run_in_this_form()
            self._cursor.check_object_types(driver_objects(described))
        self._cursor.expect(described, options)
        return FirstBatch(self._cursor.fetch_first())

    def _run_as_before(self, options: ValueOptions) -> list[Column] | None:
        """Run it in the outer query that it ran in on this session, without asking for its columns
        first. None where there is none, or where they have changed since, or may have.
        """
        outer = self._cursor.known_outer_query(options)
        if outer is None or self._runs:
            return None
        try:
            self._execute(outer.sql)
        except ApiError as error:
            if error.status != 400:
                raise
            # What it does with a column of one type may fail with the one that it has now.
            self._cursor.forget_outer_query(options)
            if is_about_the_form(error):
                self._runs -= 1  # it was refused before it ran
            else:
                self._failed_as_before = (outer.sql, error)
            return None
        if not self._cursor.is_described_as_before(options):
            return None
        return outer.columns(self._cursor.described(options, outer.places()))

    def _described_ahead(self, options: ValueOptions) -> list[Column]:
        """The statement's columns, before its rows. A run that failed has described them, too, and
        better: it knew the types of the binds.
        """
        if not self._cursor.has_run(self._sql):
            try:
                self._cursor.describe(self._sql)
            except ApiError as error:
                if error.status != 400 or not self._statement.binds:
                    raise
                # Taken for VARCHAR2s the binds may not fit. As what they are they may.
                self._execute(self._sql, 0)
        return self._cursor.described(options)

    def _run_rewritten(self, described: list[Column], options: ValueOptions) -> list[Column]:
        """Run it, in an outer query where one is needed. Returns the columns as they come.

        Described ahead, a select item that depends on a bind is taken for a VARCHAR2: its type is
        known when it has run, and where that type needs an outer query, one is written again.
        """
        self._cursor.look_up_types(driver_objects(described))
        while True:
            if not needs_outer_query(described):
                self._execute(self._sql)
                described = self._cursor.described(options)
                if not needs_outer_query(described):
                    self._cursor.check_object_types(driver_objects(described))
                    return described
            outer = self._run_outer(described)
            self._cursor.check_object_types(outer.driver_objects())
            now = self._cursor.described(options, outer.places())
            if not needs_outer_query(now):
                columns = outer.columns(now)
                if outer.tells_types and not any(column.is_large for column in columns):
                    self._cursor.remember_outer_query(options, outer)
                return columns
            described = outer.described_again(now)

    def _run_outer(self, described: list[Column]) -> OuterQuery:
        outer = outer_query(
            self._sql,
            described,
            main_query_at(self._sql),
            own_names=self._rewrite.own_names,
            tells_types=self._may_tell_types(described),
        )
        if self._failed_as_before is not None and self._failed_as_before[0] == outer.sql:
            raise self._failed_as_before[1].fresh()  # the columns are what they were
        try:
            self._execute(outer.sql, ROWS_WITH_CURSORS if outer.has_cursors else FIRST_ROWS_AGAIN)
        except ApiError as error:
            if not is_about_the_form(error):
                raise
            self._runs -= 1  # it was refused before it ran
            if outer.by_name and error.full_code == "ORA-00904":
                # The name of a select item is not always what an outer query has to call it.
                self._rewrite = self._rewrite._replace(own_names=True)
            elif outer.tells_types:
                self._rewrite = self._rewrite._replace(tells_types=False)
            else:
                raise outer_query_refused(described, error.message) from error
        else:
            return outer
        again = self._run_outer(described)
        self._remember()
        return again

    def _may_tell_types(self, described: Sequence[Column]) -> bool:
        """Whether to ask for a description that tells of each change in the statement's columns.

        Where its text names them all, their number and names cannot change, and the types of those
        that are there themselves are described. LOBs are described in two ways, objects in none
        that is all of it.
        """
        return (
            self._rewrite.tells_types
            and all(c.selection is None and not c.is_large and c.shape is None for c in described)
            and is_kept(self._sql)
            and not may_have_star(self._sql)
        )

    def _execute(self, sql: str, most: int = FIRST_ROWS_AGAIN) -> None:
        """Run the statement, or the outer query around it, which runs it, too."""
        if self._runs == MOST_RUNS:
            raise refuse(
                "VALUE_OUT_OF_RANGE", "the type of a column has changed while the statement ran"
            )
        self._runs += 1
        self._cursor.execute(sql, most)


def for_the_next_run(error: ApiError) -> ApiError:
    """What it is for a caller whose statement takes another form from now on."""
    error.retryable, error.hint = True, CATALOGUE["VALUE_OUT_OF_RANGE"].hint
    return error


def driver_objects(
    described: Sequence[Column],
) -> list[tuple[int, ObjectShape | None, Column]]:
    """Place, shape and column of each object that the driver hands over itself."""
    return [
        (place, item.driver_object, column)
        for place, column in enumerate(described)
        for item in (() if column.selection is None else column.selection.items)
    ]


def _with_reason(error: ApiError, reason: ApiError | None) -> ApiError:
    """With what was found out before, where the way around that is barred."""
    if error.full_code != "UNSUPPORTED_TYPE" or reason is None:
        return error
    return refuse("UNSUPPORTED_TYPE", f"{reason.message}; {error.message}")
