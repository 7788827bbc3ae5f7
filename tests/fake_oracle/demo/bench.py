"""The services BENCH and BENCH2: tables for benchmarks, which are read whole or not at all.

`SELECT * FROM BENCH_ROWS`, optionally with `WHERE ROWNUM <= 1000000` or a bind there. For comparing
there is a table in the order of its ID, `SELECT * FROM BENCH_KEYED WHERE ROWNUM <= 100000`; with
`/* every 10000 */` behind it every 10,000th row has another STATUS.

The dictionary has the tables of the schema BENCH, which both services have: KEYED_10 and KEYED_ALL,
100,000 rows of which ten and all differ in BENCH2, and 200 tables of 1,000 rows, RELEASE_001 to
RELEASE_200, of which every tenth differs in three rows.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..engine.engine import SqliteEngine
from ..kinds.catalogue import Catalogue, Constraint, Table, TableColumn
from ..kinds.model import (
    Bind,
    Column,
    Engine,
    Kind,
    ObjectType,
    OraError,
    Outcome,
    Parsed,
    SqlSession,
    StatementKind,
)
from .bench_rows import COLUMNS, Change, KeyedRows, ReplayedRows

SCHEMA: Final = "BENCH"
SERVICES: Final = ("BENCH", "BENCH2")
DEFAULT_ROWS: Final = 1_000_000

_STATEMENT: Final = re.compile(
    r"\s*SELECT \* FROM BENCH_ROWS(?: WHERE ROWNUM <= (?::(?P<bind>\w+)|(?P<count>\d+)))?\s*",
    re.IGNORECASE,
)
_KEYED: Final = re.compile(
    r"\s*SELECT \* FROM BENCH_KEYED WHERE ROWNUM <= (\d+)(?: /\* every (\d+) \*/)?\s*",
    re.IGNORECASE,
)
# A table of the dictionary, as people write it and as the sidecar does, without the double quotes
# and with one blank for each white space.
_WHOLE: Final = re.compile(
    r" ?SELECT (?P<items>[\w.*, ]+) FROM (?:BENCH\.(?P<plain>\w+)"
    r"|\( ?SELECT (?P<inside>[\w*, ]+) FROM BENCH\.(?P<wrapped>\w+) ?\))"
    r"(?P<alias> _R)?(?: ORDER BY (?:_R\.)?ID(?: NULLS LAST)?)? ?"
)
_NAMES: Final = [column.name for column in COLUMNS]


@dataclass(frozen=True)
class _KeyedTable:
    """every: so manieth row differs in BENCH2."""

    count: int
    every: int
    change: Change = "status"


_TABLES: Final[Mapping[str, _KeyedTable]] = {
    "KEYED_10": _KeyedTable(100_000, 10_000),
    "KEYED_ALL": _KeyedTable(100_000, 1, "everything"),
    **{
        f"RELEASE_{number:03d}": _KeyedTable(1_000, 0 if number % 10 else 300)
        for number in range(1, 201)
    },
}


def bench_engines() -> dict[str, Engine]:
    """The services by name. The caller closes them."""
    return {service: BenchEngine(service) for service in SERVICES}


@dataclass(frozen=True)
class _Query:
    """count None: the first bind says how many rows. every: None for the table without keys."""

    count: int | None
    bind_names: Sequence[str] = ()
    every: int | None = None
    change: Change = "status"
    columns: Sequence[Column] = COLUMNS
    kind: StatementKind = StatementKind.QUERY


def _replayed(sql: str, service: str) -> _Query | None:
    """The statements whose rows are replayed; None for all others."""
    if keyed := _KEYED.fullmatch(sql):
        return _Query(int(keyed[1]), every=int(keyed[2] or 0))
    if found := _STATEMENT.fullmatch(sql):
        if found["bind"]:
            return _Query(None, (found["bind"].upper(),))
        return _Query(int(found["count"] or DEFAULT_ROWS))
    whole = _WHOLE.fullmatch(re.sub(r"\s+", " ", sql.replace('"', "")).upper())
    if whole is None or not all(map(_is_every_column, (whole["items"], whole["inside"] or "*"))):
        return None
    table = _TABLES.get(whole["plain"] or whole["wrapped"])
    if table is None:
        return None
    every = table.every if service == "BENCH2" else 0
    return _Query(table.count, every=every, change=table.change)


def _is_every_column(items: str) -> bool:
    return items == "*" or [item.removeprefix("_R.") for item in items.split(", ")] == _NAMES


class BenchEngine:
    """model.Engine: what is replayed, and the dictionary. `_lock` guards the latter."""

    def __init__(self, service: str = SERVICES[0]) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._dictionary: SqliteEngine | None = None

    def connect(self, user: str) -> BenchSession:
        return BenchSession(self, user)

    def dictionary(self) -> SqliteEngine:
        """Made when somebody asks for it: what is measured mostly is not."""
        with self._lock:
            if self._dictionary is None:
                self._dictionary = SqliteEngine(_catalogue())
            return self._dictionary

    def close(self) -> None:
        with self._lock:
            if self._dictionary is not None:
                self._dictionary.close()


def _catalogue() -> Catalogue:
    """The tables as they are declared. They have no rows here, so nobody may read them."""
    columns = [TableColumn(c.name, c.type, c.nullable) for c in COLUMNS]
    tables = [
        Table(
            SCHEMA,
            name,
            number,
            columns,
            [Constraint("PRIMARY", f"{name}_PK", ("ID",))],
            is_readable=False,
        )
        for number, name in enumerate(_TABLES, 1)
    ]
    return Catalogue(tables={table.key: table for table in tables}, last_number=len(tables))


class BenchSession:
    """model.SqlSession: replays what it can, and leaves the rest to a session of the dictionary."""

    def __init__(self, engine: BenchEngine, user: str) -> None:
        self._engine = engine
        self._user = user
        self._inner: SqlSession | None = None

    @property
    def in_transaction(self) -> bool:
        return self._inner is not None and self._inner.in_transaction

    def _dictionary(self) -> SqlSession:
        if self._inner is None:
            self._inner = self._engine.dictionary().connect(self._user)
        return self._inner

    def parse(self, sql: str, bind_kinds: Sequence[Kind] = ()) -> Parsed:
        replayed = _replayed(sql, self._engine.service)
        if replayed is not None:
            return replayed
        try:
            return self._dictionary().parse(sql, bind_kinds)
        except OraError as error:
            if error.code != 1031:
                raise
            text = "the tables of the benchmark services are read whole, in the order of their ID"
            raise OraError(900, text) from error

    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        if not isinstance(parsed, _Query):
            return self._dictionary().execute(parsed, binds)
        count = binds[0].value if parsed.count is None else parsed.count
        if not isinstance(count, int):
            raise OraError(1722, "invalid number")
        if parsed.every is None:
            return Outcome(ReplayedRows(count))
        return Outcome(KeyedRows(count, parsed.every, parsed.change))

    def find_type(self, schema: str | None, name: str) -> ObjectType | None:
        return self._dictionary().find_type(schema, name)

    def commit(self) -> None:
        if self._inner is not None:
            self._inner.commit()

    def rollback(self) -> None:
        if self._inner is not None:
            self._inner.rollback()

    def interrupt(self) -> None:
        if self._inner is not None:
            self._inner.interrupt()

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
