"""One session: its sqlite3 connection, its transaction, the statement it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..expressions.nested_queries import NestedQuery, unpack
from ..functions.aggregates import install_aggregates
from ..functions.functions import SessionSettings, install, take_raised
from ..functions.object_storage import column_decoder
from ..functions.session_functions import install_session_functions
from ..kinds.model import (
    Bind,
    Column,
    Kind,
    NestedCursor,
    ObjectType,
    OraError,
    Outcome,
    Parsed,
    Row,
    StatementKind,
    Value,
)
from ..kinds.sqlite_values import Stored, decimal_of, encode
from ..parser.statement_parser import ParsedText
from ..queries.plans import (
    ChangePlan,
    Plan,
    QueryPlan,
    SchemaPlan,
    SettingsPlan,
    SleepPlan,
    TransactionPlan,
)
from .sql import statement_kind
from .sqlite_errors import BROKEN_REFERENCE, oracle_error, reference_error
from .writer_slot import Execution

if TYPE_CHECKING:
    from .engine import SqliteEngine

Decoder = Callable[..., Value]
Values = Mapping[str, Stored]  # the binds, by the names the compiler gives them

# How many sqlite instructions pass between two looks at whether a break was asked for.
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
# What a bind may turn out to be, tried in turn where a statement is described before it is bound.
_GUESSES = (Kind.VARCHAR, Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP_TZ, Kind.RAW)


@dataclass(frozen=True)
class Statement:
    """model.Parsed: the text read once; columns as the bind kinds known to parse made them."""

    sql: str
    text: ParsedText
    columns: Sequence[Column]

    @property
    def kind(self) -> StatementKind:
        return statement_kind(self.text.statement)

    @property
    def bind_names(self) -> Sequence[str]:
        return self.text.bind_names


class SqliteSession:
    """model.SqlSession. `_running` is the execution a break hits; interrupt() only reads it."""

    def __init__(self, engine: SqliteEngine, user: str) -> None:
        self.user = user
        self._engine = engine
        self._connection = engine.open_file()
        self._running: Execution | None = None
        self._settings = SessionSettings()
        install(self._connection, self._settings)
        install_aggregates(self._connection)
        install_session_functions(self._connection, user)
        self._connection.set_progress_handler(self._is_interrupted, _INSTRUCTIONS_BETWEEN_LOOKS)

    def _is_interrupted(self) -> bool:
        running = self._running
        return running is not None and running.interrupted

    def parse(self, sql: str, bind_kinds: Sequence[Kind] = ()) -> Statement:
        text = self._engine.text(sql)
        if text.bind_names and len(bind_kinds) == len(text.bind_names):
            plan = self._plan(sql, text, tuple(bind_kinds))
        else:
            plan = self._guessed_plan(sql, text)
        return Statement(sql, text, plan.columns if isinstance(plan, QueryPlan) else ())

    def _guessed_plan(self, sql: str, text: ParsedText) -> Plan:
        first_error: OraError | None = None
        for kind in _GUESSES:
            try:
                return self._plan(sql, text, (kind,) * len(text.bind_names))
            except OraError as error:
                first_error = first_error or error
                if error.code != 932 or not text.bind_names:
                    break
        assert first_error is not None
        raise first_error

    def _plan(self, sql: str, text: ParsedText, kinds: tuple[Kind, ...]) -> Plan:
        return self._engine.plan(sql, text, self.user, kinds, self._settings.nls)

    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        assert isinstance(parsed, Statement)
        if len(binds) < len(parsed.bind_names):
            raise OraError(1008, "not all variables bound")
        if len(binds) > len(parsed.bind_names):
            raise OraError(1006, "bind variable does not exist")
        plan = self._plan(parsed.sql, parsed.text, tuple(bind.kind for bind in binds))
        values = {f"b{n}": encode(bind.kind, bind.value) for n, bind in enumerate(binds)}
        execution = self._running = Execution()
        if isinstance(plan, QueryPlan):
            return self._query(plan, values, execution)
        try:
            return Outcome(None, self._change(parsed, plan, values, execution))
        finally:
            self._running = None

    def _change(self, parsed: Statement, plan: Plan, values: Values, execution: Execution) -> int:
        if isinstance(plan, ChangePlan):
            return self._modify(plan, values, execution)
        if isinstance(plan, SchemaPlan):
            self._define(parsed, execution)
        elif isinstance(plan, TransactionPlan):
            self._end(plan.word)
        elif isinstance(plan, SettingsPlan):
            self._alter(plan)
        elif isinstance(plan, SleepPlan) and plan.sql is not None:
            self._sleep(plan.sql, values, execution)
        return 0

    def _query(self, plan: QueryPlan, values: Values, execution: Execution) -> Outcome:
        if plan.locks_rows:
            self._begin(execution)
        cursor = self._opened(plan.sql, values, execution)
        decoders = self._decoders(plan.columns, plan.nested, values, execution)
        return Outcome(self._rows(cursor, decoders, execution))

    def _opened(self, sql: str, values: Values, execution: Execution) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            self._running = None
            raise self._explained(error, execution) from error

    def _decoders(
        self,
        columns: Sequence[Column],
        nested: Sequence[NestedQuery],
        values: Values,
        execution: Execution,
    ) -> list[Decoder | None]:
        def open_nested(packed: str) -> NestedCursor:
            number, captured = unpack(packed)
            query = nested[number]
            bound = {**values, **dict(zip(query.captured, captured, strict=True))}
            inner = self._decoders(query.columns, nested, bound, execution)
            return NestedCursor(
                query.columns, self._nested_rows(query.sql, bound, inner, execution)
            )

        return [
            open_nested if column.type.kind is Kind.CURSOR else column_decoder(column.type)
            for column in columns
        ]

    def _nested_rows(
        self,
        sql: str,
        values: Values,
        decoders: Sequence[Decoder | None],
        execution: Execution,
    ) -> Iterator[Row]:
        """Opens the query when the first row is asked for: most nested cursors are never read."""
        self._running = execution
        yield from self._rows(self._opened(sql, values, execution), decoders, execution)

    def _rows(
        self,
        cursor: sqlite3.Cursor,
        decoders: Sequence[Decoder | None],
        execution: Execution,
    ) -> Iterator[Row]:
        try:
            while (stored := self._next(cursor, execution)) is not None:
                yield tuple(
                    value if decode is None or value is None else decode(value)
                    for value, decode in zip(stored, decoders, strict=True)
                )
        finally:
            # Closing ends sqlite's read transaction. The session may have been closed first.
            with suppress(sqlite3.ProgrammingError):
                cursor.close()

    def _next(self, cursor: sqlite3.Cursor, execution: Execution) -> Sequence[Stored] | None:
        self._running = execution
        execution.check()
        try:
            stored: Sequence[Stored] | None = next(cursor, None)
        except sqlite3.Error as error:
            self._running = None
            raise self._explained(error, execution) from error
        if stored is None:
            self._running = None
        return stored

    def _modify(self, plan: ChangePlan, values: Values, execution: Execution) -> int:
        opened = self._begin(execution)
        try:
            return self._connection.execute(plan.sql, values).rowcount
        except sqlite3.Error as error:
            explained = self._explained(error, execution, plan)
            if str(error) == BROKEN_REFERENCE:
                explained = self._broken_reference(plan, values)
            if opened:
                self.rollback()
            raise explained from error

    def _broken_reference(self, plan: ChangePlan, values: Values) -> OraError:
        """sqlite does not say which foreign key it was: run once more, and look at what it left."""
        connection = self._connection
        connection.execute("SAVEPOINT looking")
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(plan.sql, values)
        child, _, _, number = connection.execute("PRAGMA foreign_key_check").fetchone()
        places = [
            column
            for key, _, _, column, *_ in connection.execute(f"PRAGMA foreign_key_list({child})")
            if key == number
        ]
        connection.execute("ROLLBACK TO looking")
        connection.execute("RELEASE looking")
        connection.execute("PRAGMA defer_foreign_keys = OFF")
        return reference_error(self._engine.catalogue.by_sqlite_name(child), places, plan)

    def _begin(self, execution: Execution) -> bool:
        """Open a transaction unless there is one; True when it was opened here."""
        if self._connection.in_transaction:
            return False
        self._engine.writer.take(self, execution)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._engine.writer.release(self)
            raise self._explained(error, execution) from error
        return True

    def _define(self, parsed: Statement, execution: Execution) -> None:
        """DDL commits what was open before, and itself."""
        self.commit()
        self._keep_references(False)
        try:
            self._begin(execution)
            self._run_definition(parsed)
        except sqlite3.Error as error:
            self.rollback()
            raise self._explained(error, execution) from error
        except OraError:
            self.rollback()
            raise
        finally:
            # A pragma inside a transaction would be ignored.
            self.commit()
            self._keep_references(True)

    def _keep_references(self, kept: bool) -> None:
        """sqlite must neither follow nor check foreign keys while a table is made anew."""
        self._connection.execute(f"PRAGMA foreign_keys = {int(kept)}")
        self._connection.execute(f"PRAGMA legacy_alter_table = {int(not kept)}")

    def _run_definition(self, parsed: Statement) -> None:
        # Compiled again now that no other session can change the catalogue.
        plan = self._plan(parsed.sql, parsed.text, ())
        assert isinstance(plan, SchemaPlan)
        for check in plan.checks:
            if self._connection.execute(f"{check.sql} LIMIT 1").fetchone() is not None:
                raise check.error
        for statement in plan.statements:
            self._connection.execute(statement)
        self._engine.replace_catalogue(plan.catalogue)

    def _alter(self, plan: SettingsPlan) -> None:
        """All of its settings, or none where one of them cannot be."""
        nls = self._settings.nls
        for name, value in plan.settings:
            nls = nls.changed(name, value)
        self._settings.nls = nls

    def _sleep(self, sql: str, values: Values, execution: Execution) -> None:
        (key,) = self._connection.execute(sql, values).fetchone()
        if execution.woken.wait(0.0 if key is None else float(decimal_of(key))):
            execution.check()

    def find_type(self, schema: str | None, name: str) -> ObjectType | None:
        return self._engine.catalogue.find_type(schema, name, self.user)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute(word)
        finally:
            self._engine.writer.release(self)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def interrupt(self) -> None:
        running = self._running
        if running is not None:
            running.interrupt()
            self._engine.writer.wake()

    def close(self) -> None:
        self.rollback()
        self._connection.close()

    def _explained(
        self, error: sqlite3.Error, execution: Execution, plan: ChangePlan | None = None
    ) -> BaseException:
        """The Oracle error behind one of sqlite's; a function's own exception where it raised."""
        raised = take_raised()
        if raised is not None:
            return raised
        if execution.interrupted:
            return OraError(1013, "user requested cancel of current operation")
        return oracle_error(str(error), plan)
