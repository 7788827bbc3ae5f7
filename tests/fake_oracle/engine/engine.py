"""A service's database on sqlite3: one file, the catalogue, and what sessions share.

The data lie in a temporary file in WAL mode, so readers see what is committed and are not blocked
by a writer. sqlite has one writer at a time, where Oracle locks rows: a second session's change
waits for the first one's transaction to end.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import TypeVar

from ..kinds.catalogue import Catalogue
from ..kinds.model import Kind
from ..kinds.nls import Nls
from ..parser.statement_parser import ParsedText, parse_text
from ..queries.plans import Plan
from .sql import compile_statement
from .sql_session import SqliteSession
from .writer_slot import WriterSlot

Key = TypeVar("Key")
Cached = TypeVar("Cached")

_MOST_CACHED = 2_000


class SqliteEngine:
    """model.Engine. `_lock` guards the catalogue and the two caches."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stand-in-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name) / "data.sqlite"
        self.writer = WriterSlot()
        self._lock = threading.Lock()
        self._catalogue = catalogue or Catalogue()
        self._texts: dict[str, ParsedText] = {}
        self._plans: dict[tuple[str, str, tuple[Kind, ...], Nls], tuple[int, Plan]] = {}
        # The first connection makes the file and keeps its WAL from being folded back and forth.
        self._keeper = self.open_file()
        self._keeper.execute("PRAGMA journal_mode = WAL")

    def open_file(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA foreign_keys = ON")
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

    def plan(
        self, sql: str, text: ParsedText, user: str, kinds: tuple[Kind, ...], nls: Nls
    ) -> Plan:
        """The cached plan, or a new one when the catalogue has changed since."""
        key = (sql, user, kinds, nls)
        with self._lock:
            catalogue = self._catalogue
            version, plan = self._plans.get(key, (-1, None))
        if plan is None or version != catalogue.version:
            plan = compile_statement(text, catalogue, user, kinds, nls)
            with self._lock:
                _make_room(self._plans)
                self._plans[key] = (catalogue.version, plan)
        return plan


def _make_room(cache: dict[Key, Cached]) -> None:
    if len(cache) >= _MOST_CACHED:
        cache.clear()
