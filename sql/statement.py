"""What a caller wants to run, checked when it is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from common.errors import refuse
from sql.binds import Binds
from sql.scanner import ScannedSql, StatementKind, scan


class Statement(NamedTuple):
    """One statement with all that its caller asked for."""

    text: ScannedSql
    binds: Binds = None
    max_rows: int | None = None
    """Most rows to return; None for all."""
    query_id: str | None = None
    numbers_as_strings: bool = False

    @classmethod
    def make(cls, sql: str, allow_write: bool, **options: Any) -> Statement:
        """ApiError 403 for what may not run, 400 for what is not one statement."""
        text = scan(sql)
        if text.kind is StatementKind.EMPTY:
            raise refuse("NO_STATEMENT", "sql holds no statement")
        if text.kind is not StatementKind.QUERY and not allow_write:
            raise refuse("READ_ONLY", f"only queries run here, and this is {_what(text)}")
        if text.is_multiple:
            raise refuse("MULTIPLE_STATEMENTS", "sql holds more than one statement")
        return cls(text, **options)

    @property
    def is_query(self) -> bool:
        return self.text.kind is StatementKind.QUERY

    @property
    def may_change_session(self) -> bool:
        """True when what runs next on its session might be answered in another way: dates in
        another format, names from another schema.
        """
        first = self.text.first_word
        if self.text.kind is StatementKind.BLOCK:
            return first not in ("CREATE", "WITH")
        return first in ("ALTER", "SET")


def _what(text: ScannedSql) -> str:
    if text.kind is StatementKind.LOCKING_QUERY:
        return "a query FOR UPDATE, which locks rows"
    if text.kind is StatementKind.BLOCK:
        return "PL/SQL"
    return text.first_word[:30] or "no statement at all"
