"""What the text of a statement alone says: its kind, a trailing `;`. No database is asked.

The scanner knows just enough of Oracle's lexical rules to tell code from comments, strings and
quoted names. Where a text could be read in two ways it errs towards seeing code, so that nothing
that writes passes for a query.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple


class StatementKind(Enum):
    """QUERY only reads. BLOCK is PL/SQL, or a statement that holds some; OTHER is all the rest."""

    QUERY = "query"
    LOCKING_QUERY = "locking query"
    BLOCK = "block"
    OTHER = "other"
    EMPTY = "empty"


class ScannedSql(NamedTuple):
    """A statement as it is sent: without a trailing `;`, otherwise untouched."""

    sql: str
    kind: StatementKind
    first_word: str
    """In upper case; empty where it starts with something else."""
    is_multiple: bool
    """True when something that is not a comment follows a `;`."""


# One token at a time. A comment ends at a line feed only, as in Oracle. What is not closed (a
# string, a comment) runs to the end of the text; the database reports it. Any character delimits a
# q-quoted text, a single quote too. A number needs no blank behind it: `1for` and `1ffor` both end
# with the word FOR.
_TOKEN = re.compile(
    r"""
      (?P<space>   [ \t\r\n\f\v]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<quoted>  [nN]?[qQ]'(?: \[.*?(?:\]'|\Z) | \{.*?(?:\}'|\Z) | \(.*?(?:\)'|\Z) | <.*?(?:>'|\Z)
                               | (?P<delimiter>[^\[{(<]).*?(?:(?P=delimiter)'|\Z) )
                 | [nN]?'(?:[^']|'')*(?:'|\Z)
                 | "[^"]*(?:"|\Z) )
    | (?P<word>    [^\W\d][\w$\#]* )
    | (?P<number>  \d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?:[fFdD](?![oO][rR]\b))? )
    | (?P<other>   [,.=*+|<>)]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)

_BLOCK_WORDS = frozenset({"BEGIN", "DECLARE", "CALL"})
_STORED_CODE = re.compile(
    r"CREATE( OR REPLACE)?( (NON)?EDITIONABLE)?( AND (RESOLVE|COMPILE))?( NOFORCE)? "
    r"(FUNCTION|PROCEDURE|PACKAGE|TRIGGER|TYPE|LIBRARY|JAVA|MLE)\b"
)


MOST_REMEMBERED_CHARACTERS = 2000


def scan(sql: str) -> ScannedSql:
    """Scan a statement; short ones are remembered, since callers repeat themselves."""
    return _scan_cached(sql) if len(sql) <= MOST_REMEMBERED_CHARACTERS else _scan(sql)


def _scan(sql: str) -> ScannedSql:
    words: list[str] = []
    first: str | None = None
    semicolon_at: int | None = None
    trailing_semicolon_at: int | None = None
    is_multiple = False
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "space":
            continue
        text = token.group()
        if text == ";":
            semicolon_at = token.start() if semicolon_at is None else semicolon_at
            trailing_semicolon_at = (
                token.start() if trailing_semicolon_at is None else trailing_semicolon_at
            )
            continue
        trailing_semicolon_at = None
        if semicolon_at is not None:
            is_multiple = True
        if token.lastgroup == "word":
            words.append(text.upper())
        if first is None and text.startswith("<<"):
            first = "BEGIN"  # a label, which only a block has
        elif first is None and text != "(":
            first = words[-1] if token.lastgroup == "word" else ""
    kind = _kind(first, words)
    if kind is StatementKind.BLOCK:
        # PL/SQL ends with its `;`, a query with functions of its own does not.
        is_sql = first in ("SELECT", "WITH", "CALL")
        return ScannedSql(sql[:trailing_semicolon_at] if is_sql else sql, kind, first or "", False)
    whole = sql if semicolon_at is None else sql[:semicolon_at]
    return ScannedSql(whole, kind, first or "", is_multiple)


_scan_cached = lru_cache(maxsize=500)(_scan)


def _kind(first: str | None, words: list[str]) -> StatementKind:
    if first is None:
        return StatementKind.EMPTY
    if first in _BLOCK_WORDS or _STORED_CODE.match(" ".join(words[:8])):
        return StatementKind.BLOCK
    if first not in ("SELECT", "WITH"):
        return StatementKind.OTHER
    if _holds_code(words):
        return StatementKind.BLOCK
    if ("FOR", "UPDATE") in pairwise(words):
        return StatementKind.LOCKING_QUERY
    return StatementKind.QUERY


def _holds_code(words: list[str]) -> bool:
    """Whether a query, or one inside it, has functions of its own."""
    # START WITH may be followed by a column of that name.
    return any(
        word in ("FUNCTION", "PROCEDURE")
        and words[at - 1] == "WITH"
        and (at < 2 or words[at - 2] != "START")
        for at, word in enumerate(words)
    )


def main_query_at(sql: str) -> int | None:
    """Where, in a query that begins with WITH, the query starts that the subqueries are for.

    None where there is no WITH, or where it stands in parentheses. A recursive subquery whose
    SEARCH or CYCLE clause is followed by a parenthesis is taken for the query itself.
    """
    depth = 0
    before = ""
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "space":
            continue
        text = token.group().upper()
        if not before and text != "WITH":
            return None
        starts = text == "SELECT" or (text == "(" and before.endswith(")"))
        if depth == 0 and before and starts:
            return token.start()
        depth += text.count("(") - text.count(")") if token.lastgroup == "other" else 0
        before = text
    return None
