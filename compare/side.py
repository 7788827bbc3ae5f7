"""One side of a comparison: a statement on a leased session, on a thread of its own.

It is described, waits for the plan that both sides make together, runs in the order of the key, and
gives its rows, of which `BatchMaker` makes what is merged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from common.errors import ApiError, refuse
from compare.columns import Columns, Plan, can_be_empty, may_hide_empty
from compare.forms import asking_whether_empty
from compare.request import SideRequest
from compare.tables import Table, find_table
from oracle.lease import Lease
from query.batches import Batches
from query.cursor import StatementCursor
from query.rewriting import (
    MOST_RUNS,
    NO_REWRITE,
    KnownRewrites,
    Rewrite,
    driver_objects,
    for_the_next_run,
)
from query.running import RunningQuery
from sql.binds import Binds
from sql.outer_query import (
    OuterQuery,
    needs_outer_query,
    ordered_query,
    ordered_table,
    outer_query,
)
from sql.scanner import main_query_at
from sql.statement import Statement
from sql.table_names import quoted
from values.column import Column, Row, ValueOptions
from values.families import family

logger = logging.getLogger(__name__)


class Described(NamedTuple):
    """A side before its rows are asked for. table: None where the side has a statement."""

    columns: Columns
    table: Table | None


class Options(NamedTuple):
    """What both sides have in common. rewrites: what is known of the forms of statements."""

    numbers_as_strings: bool
    is_ordered_by_key: bool
    may_repeat: bool
    max_lob_bytes: int
    rewrites: KnownRewrites
    logs_sql: bool = False


class SideQuery:
    """The statement of one side on its session. Used by the side's thread, which closes it."""

    def __init__(
        self, request: SideRequest, options: Options, running: RunningQuery, lease: Lease
    ) -> None:
        self.sql = ""
        """The statement as it ran."""
        self.started: datetime | None = None
        self.empty_is_null: Sequence[str] = ()
        """Columns of which it could not be asked whether a value is empty, or a JSON null."""
        self._request = request
        self._options = options
        self._running = running
        self._lease = lease
        self._cursor: StatementCursor | None = None
        self._batches: Batches | None = None
        self._inner = ""
        self._rewrite = NO_REWRITE
        self.table: Table | None = None
        """Once it is described, where a table was asked for."""

    def close(self) -> None:
        """Leave the session as it was found, and give it back. Idempotent."""
        try:
            self.leave_session()
        finally:
            self._lease.close()

    def leave_session(self) -> None:
        """Leave the session as it was found, and keep it: the side runs again on it."""
        if self._batches is not None:
            self._batches.close()
        if self._cursor is not None:
            self._cursor.close()

    # Describing.

    def describe(self) -> Described:
        """The columns that it has, and what the dictionary says of its table. ApiError."""
        if self._request.table is None:
            assert self._request.sql is not None
            self._inner = self._statement(self._request.sql).text.sql
        else:
            self.table = find_table(self._ask, self._request.table)
            self._inner = _all_columns(self.table)
        self._rewrite = self._options.rewrites.get(self._request.target, self._inner)
        return Described(self._describe_inner(ValueOptions()), self.table)

    def _ask(self, sql: str, binds: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        connection = self._lease.session.connection
        with self._running.call(self._lease), connection.cursor() as cursor:
            cursor.execute(sql, dict(binds))
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return rows

    def _describe_inner(self, options: ValueOptions) -> list[Column]:
        """The columns of what stands inside, as they are now."""
        cursor = self._new_cursor(self._inner, None)
        cursor.describe(self._inner)
        described = cursor.described(options)
        names = [column.name for column in described]
        if self.table is None and self._request.binds and len(set(names)) == len(names):
            # Without its binds the driver calls each of them a VARCHAR2.
            nothing = f"SELECT * FROM (\n{self._inner}\n) WHERE 1 = 0"  # noqa: S608
            try:
                cursor = self._new_cursor(nothing, self._request.binds)
                cursor.execute(nothing, 1)
                described = cursor.described(options)
            except ApiError as error:
                # One that no outer query fits runs as it is, where it brings its own order.
                if error.status != 400 or self._options.is_ordered_by_key:
                    raise
                cursor = self._new_cursor(self._inner, None)
                cursor.describe(self._inner)
                described = cursor.described(options)
        cursor.look_up_types(driver_objects(described))
        return described

    def _new_cursor(self, sql: str, binds: Binds) -> StatementCursor:
        """In the place of the one before. ApiError where the guard of /query refuses the text."""
        if self._cursor is not None:
            self._cursor.close()
        statement = self._statement(sql)._replace(binds=binds)
        self._cursor = StatementCursor(statement, self._running, self._lease)
        return self._cursor

    def _statement(self, sql: str) -> Statement:
        return Statement.make(
            sql, allow_write=False, numbers_as_strings=self._options.numbers_as_strings
        )

    # Running.

    def start(self, plan: Plan, planned: Columns, shown: Sequence[str]) -> Sequence[Row]:
        """Run it as far as its first batch; once more where the rows turn out to need another form.

        planned: the columns that the plan was made of. shown: columns that come along. ApiError.
        """
        runs = 0
        while True:
            options = ValueOptions(
                self._options.numbers_as_strings,
                self._rewrite.in_outer_query,
                self._rewrite.objects_by_parts,
                self._options.max_lob_bytes,
            )
            try:
                return self._run(plan, planned, shown, options)
            except ApiError as error:
                other = self._rewrite.after(error)
                if other is None:
                    raise self._explained(error) from None
                self._remember(other)
                runs += 1
                if runs == MOST_RUNS:
                    raise for_the_next_run(error) from None

    def _remember(self, rewrite: Rewrite) -> None:
        self._rewrite = rewrite
        self._options.rewrites.remember(self._request.target, self._inner, rewrite)

    def _explained(self, error: ApiError) -> ApiError:
        return error if self._cursor is None else self._cursor.explained(error)

    def _run(
        self, plan: Plan, planned: Columns, shown: Sequence[str], options: ValueOptions
    ) -> Sequence[Row]:
        inside = self._describe_inner(options)
        _check_unchanged(planned, inside)
        by_name = {column.name: column for column in inside}
        chosen = [by_name[name] for name in dict.fromkeys([*plan.compared, *shown])]
        try:
            columns = self._execute(plan, inside, chosen, options, own_names=False)
        except ApiError as error:
            if error.full_code != "ORA-00904" or self.table is not None:
                raise
            # The name of a select item is not always what an outer query has to call it.
            columns = self._execute(plan, inside, chosen, options, own_names=True)
        assert self._cursor is not None
        _check_kinds(by_name, columns)
        self._cursor.expect(columns, options)
        rows = self._cursor.fetch_first()
        self._batches = Batches(self._cursor, self._running)
        self._batches.begin(rows)
        return self._batches.next()

    def _execute(
        self,
        plan: Plan,
        inside: list[Column],
        chosen: Sequence[Column],
        options: ValueOptions,
        own_names: bool,
    ) -> list[Column]:
        """Send the statement; returns the columns as they come."""
        outer = self._outer(plan, inside, chosen, own_names)
        sql = self._inner if outer is None else outer.sql
        cursor = self._new_cursor(sql, self._request.binds)
        self.sql, self.started = sql, datetime.now(timezone.utc)
        if self._options.logs_sql:
            logger.info("sql: %s", sql)
        cursor.execute(sql)
        if outer is None:
            columns = cursor.described(options)
            cursor.check_object_types(driver_objects(columns))
            return columns
        cursor.check_object_types(outer.driver_objects())
        return outer.columns(cursor.described(options, outer.places()))

    def _outer(
        self, plan: Plan, inside: Columns, chosen: Sequence[Column], own_names: bool
    ) -> OuterQuery | None:
        """The query around the statement, or on the table; None where it runs as it is."""
        by_name = {column.name: column for column in inside}
        main_at = main_query_at(self._inner)
        if self._options.is_ordered_by_key:
            asked = [asking_whether_empty(c) if can_be_empty(c) else c for c in chosen]
            key = [by_name[name] for name in plan.key]
            if self.table is not None:
                return ordered_table(self.table.name.sql, self._request.where, asked, key)
            return ordered_query(self._inner, list(by_name), asked, key, main_at, own_names)
        asked = [asking_whether_empty(c) if can_be_empty(c) else c for c in inside]
        if needs_outer_query(inside):
            self.empty_is_null = [
                c.name for c in chosen if not can_be_empty(c) and may_hide_empty(c)
            ]
            return outer_query(self._inner, asked, main_at, own_names=own_names)
        self.empty_is_null = [c.name for c in chosen if may_hide_empty(c)]
        return None

    @property
    def columns(self) -> Sequence[Column]:
        assert self._cursor is not None
        return self._cursor.columns

    def fetch(self) -> Sequence[Row]:
        """The next rows; none at the end. ApiError."""
        assert self._batches is not None
        try:
            return self._batches.next()
        except ApiError as error:
            other = self._rewrite.after(error)
            if other is None:
                raise self._explained(error) from None
            # Rows have been handed over.
            self._remember(other)
            raise for_the_next_run(error) from None


def _check_unchanged(planned: Columns, now: Columns) -> None:
    """That a side still has the columns that the plan was made of: one that was added would not be
    compared, and one of another type would be compared as what it was.
    """
    before = [(column.name, column.kind, family(column)) for column in planned]
    if before != [(column.name, column.kind, family(column)) for column in now]:
        raise _changed_meanwhile("the columns have changed since they were described")


def _check_kinds(inside: Mapping[str, Column], now: Sequence[Column]) -> None:
    """That the columns come as they were described inside."""
    for column in now:
        if column.kind != inside[column.name].kind:
            before = inside[column.name].type
            raise _changed_meanwhile(
                f"{column.name} was described as {before}, and came as {column.type}"
            )


def _changed_meanwhile(message: str) -> ApiError:
    error = refuse("KEY_TYPE", message)
    error.retryable, error.hint = True, "Compare again: the next comparison describes them anew."
    return error


def _all_columns(table: Table) -> str:
    names = "*" if table.columns is None else ", ".join(map(quoted, table.columns))
    return f"SELECT {names} FROM {table.name.sql}"  # noqa: S608 - identifiers, quoted
