"""One side of a comparison: a statement on a leased session, on a thread of its own.

It is described, waits for the plan that both sides make together, runs in the order of the key, and
gives batches whose keys are checked and whose values are in the form in which they are compared.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from operator import itemgetter
from typing import Any, NamedTuple

from common.errors import CATALOGUE, ApiError, refuse
from compare.columns import (
    Columns,
    Plan,
    can_be_empty,
    is_moment_key,
    is_number_key,
    may_hide_empty,
)
from compare.forms import Form, asking_whether_empty, check, form, in_form, is_checked_alike
from compare.keys import KeyForm, KeyMaker, KeyOrder, moment_keys, number_keys, plain_keys
from compare.merge import Batch
from compare.tables import Table, find_table
from oracle.lease import Lease
from oracle.target import Target
from query.cursor import StatementCursor, rows_to_fetch
from query.rewriting import NO_REWRITE, KnownRewrites, Rewrite, driver_objects
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
from sql.table_names import TableName, quoted
from values.column import Column, Row, ValueOptions
from values.families import family

logger = logging.getLogger(__name__)

SIDES = ("left", "right")


class SideRequest(NamedTuple):
    """What a caller asked for on one side. Either table or sql is given; where with a table."""

    target: Target
    name: str | None
    table: TableName | None
    where: str | None
    sql: str | None
    binds: Binds


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
        self.has_ended = False
        self.empty_is_null: Sequence[str] = ()
        """Columns of which it could not be asked whether a value is empty, or a JSON null."""
        self._request = request
        self._options = options
        self._running = running
        self._lease = lease
        self._cursor: StatementCursor | None = None
        self._inner = ""
        self._rewrite = NO_REWRITE
        self.table: Table | None = None
        """Once it is described, where a table was asked for."""

    def close(self) -> None:
        """Leave the session as it was found, and give it back. Idempotent."""
        try:
            if self._cursor is not None:
                self._cursor.close()
        finally:
            self._lease.close()

    def leave_session(self) -> None:
        """Leave the session as it was found, and keep it: the side runs again on it."""
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
        self.has_ended = self._cursor.has_ended
        return rows

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

    def fetch(self, before: Sequence[Row]) -> Sequence[Row]:
        """The next rows, about as many bytes as the batch before; empty at the end. ApiError."""
        assert self._cursor is not None
        if self.has_ended:
            return ()
        try:
            rows = self._cursor.fetch(rows_to_fetch(before))
        except ApiError as error:
            other = self._rewrite.after(error)
            if other is None:
                raise self._explained(error) from None
            # Rows have been handed over: it is the next comparison that takes the other form.
            self._remember(other)
            error.retryable, error.hint = True, CATALOGUE["VALUE_OUT_OF_RANGE"].hint
            raise
        self.has_ended = self._cursor.has_ended
        return rows


def _check_unchanged(planned: Columns, now: Columns) -> None:
    """That a side still has the columns that the plan was made of: one that was added would not be
    compared, and one of another type would be compared as what it was.
    """
    before = [(column.name, column.kind, family(column)) for column in planned]
    if before != [(column.name, column.kind, family(column)) for column in now]:
        raise refuse("KEY_TYPE", "the columns have changed since they were described: try again")


def _check_kinds(inside: Mapping[str, Column], now: Sequence[Column]) -> None:
    """That the columns come as they were described inside."""
    for column in now:
        if column.kind != inside[column.name].kind:
            raise refuse(
                "KEY_TYPE",
                f"{column.name} was described as {inside[column.name].type}, and came as "
                f"{column.type}",
            )


def _all_columns(table: Table) -> str:
    names = "*" if table.columns is None else ", ".join(map(quoted, table.columns))
    return f"SELECT {names} FROM {table.name.sql}"  # noqa: S608 - identifiers, quoted


class BatchMaker:
    """Makes of fetched rows what is merged. Used by one side's thread.

    mine, theirs: the columns of the two sides as they are fetched, this side's first.
    may_leave_checks: the other side's values are checked, and this one's only where they differ.
    """

    def __init__(
        self,
        plan: Plan,
        mine: Sequence[Column],
        theirs: Sequence[Column],
        may_repeat: bool,
        may_leave_checks: bool,
    ) -> None:
        places = {column.name: place for place, column in enumerate(mine)}
        other = {column.name: column for column in theirs}
        self._places = [places[name] for name in plan.compared]
        self._columns = [mine[place] for place in self._places]
        self._forms: list[Form] = [form(c, other[c.name]) for c in self._columns]
        self._key_places = [places[name] for name in plan.key]
        self._key_form = _key_form(plan, self._columns, other, may_repeat)
        self._order = KeyOrder(self._key_form)
        compared = set(plan.compared)
        self._others = [(p, check(c)) for p, c in enumerate(mine) if c.name not in compared]
        """Columns that only come along: what /query refuses is refused in them, too."""
        self._are_all_compared = self._places == list(range(len(mine)))
        self._leaves_checks = (
            may_leave_checks
            and self._are_all_compared
            and all(is_checked_alike(c, other[c.name]) for c in self._columns)
        )

    def batch(self, rows: Sequence[Row]) -> Batch:
        """ApiError for what /query refuses, and for keys that are not in order."""
        if self._leaves_checks and isinstance(rows[0], tuple):
            return self._unchecked_batch(rows)
        fetched = list(zip(*rows, strict=True))
        for place, check_values in self._others:
            check_values(fetched[place])
        compared = [fetched[place] for place in self._places]
        formed = in_form(self._columns, self._forms, compared)
        keys = self._key_form.keys([fetched[place] for place in self._key_places])
        self._order.check(keys)
        are_as_fetched = all(a is b for a, b in zip(formed, compared, strict=True))
        if are_as_fetched and self._are_all_compared and isinstance(rows[0], tuple):
            return Batch(keys, rows, rows)  # type: ignore[arg-type]
        return Batch(keys, list(zip(*formed, strict=True)), rows)

    def _unchecked_batch(self, rows: Sequence[Row]) -> Batch:
        """A batch of which only the keys are checked; all of the columns are compared."""
        key_places = self._key_places
        key_values = [list(map(itemgetter(place), rows)) for place in key_places]
        in_form(
            [self._columns[place] for place in key_places],
            [self._forms[place] for place in key_places],
            key_values,
        )
        keys = self._key_form.keys(key_values)
        self._order.check(keys)
        return Batch(keys, rows, rows, self._check)  # type: ignore[arg-type]

    def _check(self, rows: Sequence[Sequence[Any]]) -> None:
        in_form(self._columns, self._forms, list(zip(*rows, strict=True)))


def _key_form(
    plan: Plan, mine: Sequence[Column], other: Mapping[str, Column], may_repeat: bool
) -> KeyForm:
    by_name = {column.name: column for column in mine}
    makers = [_key_maker(by_name[name], other[name]) for name in plan.key]
    return KeyForm(plan.key, makers, may_repeat)


def _key_maker(column: Column, other: Column) -> KeyMaker:
    if is_number_key(column):
        return number_keys
    if is_moment_key(column) and (column.is_text or other.is_text):
        return moment_keys
    return plain_keys
