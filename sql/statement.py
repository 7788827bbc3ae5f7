"""What a caller wants to run, checked when it is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from common.errors import CATALOGUE, ApiError, refuse
from sql.binds import Binds
from sql.scanner import ScannedSql, StatementKind, scan

# The first words of Oracle's statements, and of PL/SQL.
STATEMENT_WORDS = frozenset(
    {
        *("ADMINISTER", "ALTER", "ANALYZE", "ASSOCIATE", "AUDIT", "BEGIN", "CALL", "COMMENT"),
        *("COMMIT", "CREATE", "DECLARE", "DELETE", "DISASSOCIATE", "DROP", "EXPLAIN", "FLASHBACK"),
        *("GRANT", "INSERT", "LOCK", "MERGE", "NOAUDIT", "PURGE", "RENAME", "REVOKE", "ROLLBACK"),
        *("SAVEPOINT", "SELECT", "SET", "TRUNCATE", "UPDATE", "WITH"),
    }
)


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
            raise _read_only(text)
        if text.is_multiple:
            raise refuse("MULTIPLE_STATEMENTS", "sql holds more than one statement")
        if text.odd_at is not None:
            raise refuse("ODD_CHARACTER", _odd_character(sql, text.odd_at))
        return cls(text, **options)

    @property
    def is_query(self) -> bool:
        return self.text.kind is StatementKind.QUERY

    @property
    def may_change_session(self) -> bool:
        """True when what runs next on its session might be answered in another way: dates in
        another format, names from another schema.
        """
        first = self.text.first_word.upper()
        if self.text.kind is StatementKind.BLOCK:
            return first not in ("CREATE", "WITH")
        return first in ("ALTER", "SET")


def _read_only(text: ScannedSql) -> ApiError:
    first = text.first_word[:30]
    if text.kind is not StatementKind.OTHER:
        return refuse("READ_ONLY", f"only queries run here, and this is {text.kind.value}")
    if first == "WITH":
        return refuse("READ_ONLY", "only queries run here, and behind this WITH stands no SELECT")
    if first in STATEMENT_WORDS:
        return refuse("READ_ONLY", f"only queries run here, and this is {first}")
    begins = f"{first} is no word" if first else "this is not a word"
    error = refuse("READ_ONLY", f"only queries run here, and {begins} that a statement begins with")
    error.hint = CATALOGUE["ORA-00900"].hint
    return error


def _odd_character(sql: str, at: int) -> str:
    """A message that says which one it is, and where."""
    import unicodedata  # here, since it is wanted so rarely

    code = f"U+{ord(sql[at]):04X}"
    name = unicodedata.name(sql[at], {"\r": "CARRIAGE RETURN"}.get(sql[at], "a control character"))
    line, column = sql.count("\n", 0, at) + 1, at - sql.rfind("\n", 0, at)
    return (
        f"sql holds {code} ({name}), which is neither a blank nor a line's end to the database, "
        f"at line {line}, column {column}"
    )
