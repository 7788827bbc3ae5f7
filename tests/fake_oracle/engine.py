"""A service's database on sqlite3: the engine, its sessions, and what sqlite's errors mean.

The data lie in a temporary file in WAL mode, so readers see what is committed and are not blocked
by a writer. sqlite has one writer at a time, where Oracle locks rows: a second session's change
waits for the first one's transaction to end.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .aggregates import install_aggregates
from .catalogue import Catalogue, Table
from .functions import install, take_raised
from .model import Bind, Column, Kind, OraError, Outcome, Parsed, Row, StatementKind
from .plans import ChangePlan, Plan, QueryPlan, SchemaPlan, SleepPlan, TransactionPlan
from .session_functions import install_session_functions
from .sql import compile_statement, statement_kind
from .sqlite_values import Stored, decimal_of, decoder, encode
from .statement_parser import ParsedText, parse_text

Key = TypeVar("Key")
Cached = TypeVar("Cached")

_WRITER_WAIT_SECONDS = 10.0
# How many sqlite instructions pass between two looks at whether a break was asked for.
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_MOST_CACHED = 2_000
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


class WriterSlot:
    """Who may change the file. Its condition guards the holder."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: object | None = None

    def take(self, session: object, execution: Execution) -> None:
        """Wait for the holder's transaction to end: ORA-30006 after a while, 01013 on a break."""
        deadline = time.monotonic() + _WRITER_WAIT_SECONDS
        with self._changed:
            while self._holder not in (None, session):
                execution.check()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise OraError(30006, "resource busy; acquire with WAIT timeout expired")
                self._changed.wait(left)
            self._holder = session

    def release(self, session: object) -> None:
        with self._changed:
            if self._holder is session:
                self._holder = None
                self._changed.notify_all()

    def wake(self) -> None:
        """Let those who wait look at their executions again."""
        with self._changed:
            self._changed.notify_all()


@dataclass
class Execution:
    """One running statement. interrupted is set by another thread and never unset."""

    interrupted: bool = False
    woken: threading.Event = field(default_factory=threading.Event)

    def interrupt(self) -> None:
        self.interrupted = True
        self.woken.set()

    def check(self) -> None:
        if self.interrupted:
            raise OraError(1013, "user requested cancel of current operation")


class SqliteEngine:
    """model.Engine. `_lock` guards the catalogue and the two caches."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stand-in-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name) / "data.sqlite"
        self.writer = WriterSlot()
        self._lock = threading.Lock()
        self._catalogue = catalogue or Catalogue()
        self._texts: dict[str, ParsedText] = {}
        self._plans: dict[tuple[str, str, tuple[Kind, ...]], tuple[int, Plan]] = {}
        # The first connection makes the file and keeps its WAL from being folded back and forth.
        self._keeper = self.open_file()
        self._keeper.execute("PRAGMA journal_mode = WAL")

    def open_file(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    @property
    def catalogue(self) -> Catalogue:
        with self._lock:
            return self._catalogue

    def replace_catalogue(self, catalogue: Catalogue) -> None:
        with self._lock:
            self._catalogue = catalogue

    def fill_from(self, template: sqlite3.Connection) -> None:
        template.backup(self._keeper)

    def copy_to(self, target: sqlite3.Connection) -> None:
        self._keeper.backup(target)

    def connect(self, user: str) -> SqliteSession:
        return SqliteSession(self, user.upper())

    def close(self) -> None:
        self._keeper.close()
        self._folder.cleanup()

    def text(self, sql: str) -> ParsedText:
        with self._lock:
            known = self._texts.get(sql)
        if known is None:
            known = parse_text(sql)
            with self._lock:
                _make_room(self._texts)
                self._texts[sql] = known
        return known

    def plan(self, sql: str, text: ParsedText, user: str, kinds: tuple[Kind, ...]) -> Plan:
        """The cached plan, or a new one when the catalogue has changed since."""
        key = (sql, user, kinds)
        with self._lock:
            catalogue = self._catalogue
            version, plan = self._plans.get(key, (-1, None))
        if plan is None or version != catalogue.version:
            plan = compile_statement(text, catalogue, user, kinds)
            with self._lock:
                _make_room(self._plans)
                self._plans[key] = (catalogue.version, plan)
        return plan


def _make_room(cache: dict[Key, Cached]) -> None:
    if len(cache) >= _MOST_CACHED:
        cache.clear()


class SqliteSession:
    """model.SqlSession. `_running` is the execution a break hits; interrupt() only reads it."""

    def __init__(self, engine: SqliteEngine, user: str) -> None:
        self.user = user
        self._engine = engine
        self._connection = engine.open_file()
        self._running: Execution | None = None
        install(self._connection)
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
        return self._engine.plan(sql, text, self.user, kinds)

    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        assert isinstance(parsed, Statement)
        if len(binds) < len(parsed.bind_names):
            raise OraError(1008, "not all variables bound")
        if len(binds) > len(parsed.bind_names):
            raise OraError(1006, "bind variable does not exist")
        plan = self._plan(parsed.sql, parsed.text, tuple(bind.kind for bind in binds))
        values = [encode(bind.kind, bind.value) for bind in binds]
        execution = self._running = Execution()
        if isinstance(plan, QueryPlan):
            return self._query(plan, values, execution)
        try:
            return Outcome(None, self._change(parsed, plan, values, execution))
        finally:
            self._running = None

    def _change(
        self, parsed: Statement, plan: Plan, values: Sequence[Stored], execution: Execution
    ) -> int:
        if isinstance(plan, ChangePlan):
            return self._modify(plan, values, execution)
        if isinstance(plan, SchemaPlan):
            self._define(parsed, execution)
        elif isinstance(plan, TransactionPlan):
            self._end(plan.word)
        elif isinstance(plan, SleepPlan) and plan.sql is not None:
            self._sleep(plan.sql, values, execution)
        return 0

    def _query(self, plan: QueryPlan, values: Sequence[Stored], execution: Execution) -> Outcome:
        if plan.locks_rows:
            self._begin(execution)
        try:
            cursor = self._connection.execute(plan.sql, values)
        except sqlite3.Error as error:
            self._running = None
            raise self._explained(error, execution) from error
        return Outcome(self._rows(cursor, plan, execution))

    def _rows(self, cursor: sqlite3.Cursor, plan: QueryPlan, execution: Execution) -> Iterator[Row]:
        decoders = [decoder(column.type.kind) for column in plan.columns]
        while True:
            self._running = execution
            execution.check()
            try:
                stored = next(cursor, None)
            except sqlite3.Error as error:
                self._running = None
                raise self._explained(error, execution) from error
            if stored is None:
                self._running = None
                return
            yield tuple(
                value if decode is None or value is None else decode(value)
                for value, decode in zip(stored, decoders, strict=True)
            )

    def _modify(self, plan: ChangePlan, values: Sequence[Stored], execution: Execution) -> int:
        opened = self._begin(execution)
        try:
            return self._connection.execute(plan.sql, values).rowcount
        except sqlite3.Error as error:
            if opened:
                self.rollback()
            raise self._explained(error, execution, plan) from error

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
        self._begin(execution)
        try:
            # Compiled again now that no other session can change the catalogue.
            plan = self._plan(parsed.sql, parsed.text, ())
            assert isinstance(plan, SchemaPlan)
            for statement in plan.statements:
                self._connection.execute(statement)
            self._engine.replace_catalogue(plan.catalogue)
        except sqlite3.Error as error:
            self.rollback()
            raise self._explained(error, execution) from error
        except OraError:
            self.rollback()
            raise
        self.commit()

    def _sleep(self, sql: str, values: Sequence[Stored], execution: Execution) -> None:
        (key,) = self._connection.execute(sql, values).fetchone()
        if execution.woken.wait(0.0 if key is None else float(decimal_of(key))):
            execution.check()

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
        return _oracle_error(str(error), self._engine.catalogue, plan)


_CONSTRAINT = re.compile(r"(UNIQUE|NOT NULL|CHECK) constraint failed: (.+)")
_BUSY = ("database is locked", "database table is locked")


def _oracle_error(message: str, catalogue: Catalogue, plan: ChangePlan | None) -> OraError:
    found = _CONSTRAINT.match(message)
    if found and plan is not None:
        return _constraint_error(found[1], found[2], plan)
    if message.startswith(_BUSY):
        return OraError(8177, "can't serialize access for this transaction")
    return OraError(600, f"internal error code, arguments: [stand-in], [{message}]")


def _constraint_error(kind: str, where: str, plan: ChangePlan) -> OraError:
    table = plan.table
    if kind == "CHECK":
        return OraError(2290, f"check constraint ({table.schema}.{where}) violated")
    places = [int(part.rpartition(".c")[2]) for part in where.split(", ")]
    names = [table.columns[place - 1].name for place in places]
    if kind == "NOT NULL":
        column = f'{table.full_name}."{names[0]}"'
        if plan.inserts:
            return OraError(1400, f"cannot insert NULL into ({column})")
        return OraError(1407, f"cannot update ({column}) to NULL")
    return _duplicate(table, names)


def _duplicate(table: Table, names: Sequence[str]) -> OraError:
    constraint = next((c.name for c in table.constraints if list(c.columns) == names), "?")
    where = f"table {table.schema}.{table.name} columns ({', '.join(names)})"
    return OraError(1, f"unique constraint ({table.schema}.{constraint}) violated on {where}")
