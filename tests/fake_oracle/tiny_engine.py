"""A few lines of engine for the wire tests; each statement is a word it understands.

`select * from <name>` gives a table the test set up, `select count` the numbers up to its bind, and
`select echo` its binds. `select block` waits until it is interrupted, `select stall` does so before
its last row, `select fail <code>` raises. `insert` and `update` open a transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .kinds.model import (
    Bind,
    Column,
    ColumnType,
    Kind,
    OraError,
    Outcome,
    Parsed,
    Row,
    StatementKind,
)

NUMBER = ColumnType(Kind.NUMBER, 0, -127)


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True)
class TinyStatement:
    sql: str
    kind: StatementKind
    columns: Sequence[Column] = ()
    bind_names: Sequence[str] = ()
    table: Table | None = None


@dataclass
class TinyEngine:
    """tables: what `select * from <name>` gives. added: every row an `insert` brought."""

    tables: dict[str, Table] = field(default_factory=dict)
    added: list[Sequence[object]] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)

    def connect(self, user: str) -> TinySession:
        return TinySession(self, user)

    def close(self) -> None:
        """Nothing to let go of."""


class TinySession:
    def __init__(self, engine: TinyEngine, user: str) -> None:
        self._engine = engine
        self._user = user
        self._stop = threading.Event()
        self.in_transaction = False

    def parse(self, sql: str, bind_kinds: Sequence[Kind] = ()) -> Parsed:
        words = sql.lower().split()
        names = [word.strip("(),:") for word in sql.split() if word.startswith((":", "(:"))]
        if words[:3] == ["select", "*", "from"]:
            return self._parse_table(sql, words[3], names)
        if words[0] == "select":
            return self._parse_expression(sql, words[1], names)
        if words[0] in ("insert", "update"):
            return TinyStatement(sql, StatementKind.DML, bind_names=names)
        if words[0] == "begin":
            return TinyStatement(sql, StatementKind.BLOCK, bind_names=names)
        if words[0] in ("create", "alter"):
            return TinyStatement(sql, StatementKind.DDL)
        raise OraError(900, "invalid SQL statement", 3)

    def _parse_table(self, sql: str, name: str, names: Sequence[str]) -> TinyStatement:
        table = self._engine.tables.get(name)
        if table is None:
            raise OraError(942, "table or view does not exist", sql.lower().index(name))
        return TinyStatement(sql, StatementKind.QUERY, table.columns, names, table)

    def _parse_expression(self, sql: str, word: str, names: Sequence[str]) -> TinyStatement:
        columns = {
            "echo": [Column(name, ColumnType(Kind.VARCHAR, size=32767)) for name in names],
            "count": [Column("N", NUMBER)],
            "block": [Column("N", NUMBER)],
            "stall": [Column("N", NUMBER)],
            "fail": [Column("N", NUMBER)],
        }.get(word)
        if columns is None:
            raise OraError(904, f'"{word.upper()}": invalid identifier', 7)
        return TinyStatement(sql, StatementKind.QUERY, columns, names)

    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        assert isinstance(parsed, TinyStatement)
        if parsed.kind is StatementKind.QUERY:
            return Outcome(self._select(parsed, binds))
        if parsed.kind is StatementKind.DML:
            return self._insert(parsed, binds)
        return Outcome(None)

    def _select(self, parsed: TinyStatement, binds: Sequence[Bind]) -> Iterator[Row]:
        if parsed.table is not None:
            return iter(parsed.table.rows)
        word = parsed.sql.lower().split()[1]
        if word == "block":
            self._wait()
        if word == "fail":
            raise OraError(int(parsed.sql.split()[2]), "as you wish")
        if word == "echo":
            return iter([[repr(bind.value) for bind in binds]])
        return self._count(binds, stalls=word == "stall")

    def _count(self, binds: Sequence[Bind], stalls: bool) -> Iterator[Row]:
        last = binds[0].value if binds else 10
        assert isinstance(last, int)
        for number in range(1, last + 1):
            if stalls and number == last:
                self._wait()
            yield [number]

    def _insert(self, parsed: TinyStatement, binds: Sequence[Bind]) -> Outcome:
        values = [bind.value for bind in binds]
        if "bad" in values:
            raise OraError(1, "unique constraint (X) violated")
        if "block" in parsed.sql:
            self._wait()
        self._engine.added.append(values)
        self.in_transaction = True
        return Outcome(None, 1)

    def _wait(self) -> None:
        self._engine.started.set()
        self._stop.wait()
        self._stop.clear()
        self._engine.interrupted.set()
        raise OraError(1013, "user requested cancel of current operation")

    def find_type(self, schema: str | None, name: str) -> None:
        """No table here has a column of an object type."""

    def commit(self) -> None:
        self.in_transaction = False

    def rollback(self) -> None:
        self.in_transaction = False

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self.in_transaction = False
