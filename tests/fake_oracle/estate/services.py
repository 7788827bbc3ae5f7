"""The services DEV, UAT and PROD: beside the demonstration tables a schema of configuration tables,
CFG, which is called CFG_LIVE in PROD.

A service is made when somebody logs in to it for the first time; its rows, once for the process.
"""

from __future__ import annotations

import atexit
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import Final, TypeAlias

from ..demo.demo_data import demo_templates, drift_to_uat, run
from ..engine.engine import SqliteEngine
from ..kinds.catalogue import Catalogue, Table
from ..kinds.model import ColumnType, Engine, Kind, Moment, SqlSession, Value
from ..kinds.sqlite_values import Stored, encode
from .accounts import ACCOUNTS
from .drift import DRIFT
from .family import rows_of
from .lists import LISTS
from .prices import PRICES
from .settings import SETTINGS

SCHEMA: Final = "CFG"
SCHEMAS: Final = {"DEV": SCHEMA, "UAT": SCHEMA, "PROD": "CFG_LIVE"}
FAMILIES: Final = (*SETTINGS, *PRICES, *ACCOUNTS, *LISTS)
_VIEWS: Final = (
    "CREATE VIEW active_flag AS SELECT flag_name, rollout_percent, since FROM feature_flag"
    " WHERE enabled = 'Y'",
    "CREATE VIEW current_rate AS SELECT rate_code, currency, rate FROM interest_rate"
    " WHERE valid_to IS NULL",
)


def estate_engines() -> dict[str, Engine]:
    """The services by name. The caller closes them."""
    return {name: LazyEngine(partial(_made, name)) for name in SCHEMAS}


class LazyEngine:
    """model.Engine that is made by the first session. `_lock` guards the engine within."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def connect(self, user: str) -> SqlSession:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
        return self._engine.connect(user)

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.close()


Template: TypeAlias = "tuple[sqlite3.Connection, Catalogue]"


def _made(service: str) -> SqliteEngine:
    return _copy(_template(service))


def _copy(template: Template) -> SqliteEngine:
    database, catalogue = template
    engine = SqliteEngine(catalogue)
    engine.fill_from(database)
    return engine


_making: Final = threading.RLock()


def _template(service: str) -> Template:
    with _making:
        return _templates(service)


@cache
def _templates(service: str) -> Template:
    """A service's database in memory. Called with _making held."""
    if service == "DEV":
        workshop = _copy(demo_templates()["DEV"])
        _create(workshop)
    else:
        workshop = _copy(_templates("DEV"))
        _drift(workshop, service)
    database = sqlite3.connect(":memory:", check_same_thread=False)
    atexit.register(database.close)
    workshop.copy_to(database)
    workshop.close()
    return database, _named(workshop.catalogue, service)


def _create(workshop: SqliteEngine) -> None:
    tables = [(family, name) for family in FAMILIES for name in family.tables.split()]
    session = workshop.connect(SCHEMA)
    for family, name in tables:
        run(session, f"CREATE TABLE {name} ({family.columns.format(name)})")
    for view in _VIEWS:
        run(session, view)
    session.close()
    database = workshop.open_file()
    database.execute("BEGIN")
    for family, name in tables:
        _fill(database, workshop.catalogue.tables[SCHEMA, name], rows_of(family, name))
    database.execute("COMMIT")
    database.close()


def _fill(database: sqlite3.Connection, table: Table, rows: Iterable[Sequence[Value]]) -> None:
    """An INSERT of the session's own costs twenty times as much: TARIFF_STEP would take seconds."""
    places = ", ".join("?" * len(table.columns))
    types = [column.type for column in table.columns]
    database.executemany(
        f"INSERT INTO {table.sqlite_name} VALUES ({places})",
        ([_stored(*cell) for cell in zip(types, row, strict=True)] for row in rows),
    )


_remembered = lru_cache(maxsize=4096)(encode)


def _stored(column_type: ColumnType, value: Value) -> Stored:
    """As an INSERT would store it; that it fits the column is what a test looks at."""
    if column_type.kind is Kind.CHAR and isinstance(value, str):
        return value.ljust(column_type.chars)
    if isinstance(value, Decimal | Moment):
        return _remembered(column_type.kind, value)
    return encode(column_type.kind, value)


def _drift(workshop: SqliteEngine, service: str) -> None:
    owner = workshop.connect("COMPARE")
    drift_to_uat(owner)
    owner.commit()
    owner.close()
    session = workshop.connect(SCHEMA)
    for drift in DRIFT:
        for statement in drift.statements.get(service, ()):
            run(session, statement)
    session.commit()
    session.close()


def _named(catalogue: Catalogue, service: str) -> Catalogue:
    """With the schema's name in that service, and what may not be read there."""
    schema = SCHEMAS[service]
    unreadable = {drift.table for drift in DRIFT if drift.unreadable_in == service}
    tables = [
        replace(table, schema=schema, is_readable=table.name not in unreadable)
        if table.schema == SCHEMA
        else table
        for table in catalogue.tables.values()
    ]
    views = [
        replace(view, schema=schema) if view.schema == SCHEMA else view
        for view in catalogue.views.values()
    ]
    return replace(
        catalogue,
        tables={table.key: table for table in tables},
        views={view.key: view for view in views},
    )
