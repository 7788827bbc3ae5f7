"""What the text of a statement alone says: its kind, its ends. No database is asked.

The scanner knows just enough of Oracle's lexical rules to tell code from comments, strings and
quoted names. Where a text could be read in two ways it errs towards seeing code, so that nothing
that writes passes for a query: a word that only becomes a keyword when its case is folded counts
where the keyword is refused, and does not where it is allowed.

It keeps a few words at a time, never a list of all: a statement may have 2 MiB.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class StatementKind(Enum):
    """QUERY only reads. BLOCK is PL/SQL, or a statement that holds some; OTHER is all the rest."""

    QUERY = "query"
    LOCKING_QUERY = "a query FOR UPDATE, which locks rows"
    NUMBERING_QUERY = "a query with NEXTVAL, which takes a number that nothing gives back"
    EXTERNAL_QUERY = "a query of an EXTERNAL table, which runs and writes files on the server"
    BLOCK = "PL/SQL"
    OTHER = "other"
    EMPTY = "empty"


class ScannedSql(NamedTuple):
    """A statement as it is sent: without what is only around it, otherwise untouched."""

    sql: str
    kind: StatementKind
    first_word: str
    """In upper case where it is ASCII; empty where it starts with something else."""
    is_multiple: bool
    """True when something that is not a comment follows a `;`."""
    odd_at: int | None = None
    """Where, in the text that was scanned, a character stands that is seen as a blank or a line's
    end, or not at all, and that the database does not take for one."""


# Blanks that Oracle knows, and what else looks like one or like nothing: the blanks of other
# alphabets, zero-width characters, marks of direction, the byte order mark.
_INVISIBLE = r"\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
# One token at a time. A comment ends at a line feed only, as in Oracle. What is not closed (a
# string, a comment) runs to the end of the text; the database reports it. Any character delimits a
# q-quoted text, a single quote too. A string with '' in it is two strings that touch: an
# alternative inside the repetition would take 160 bytes for each character. A number needs no blank
# behind it: `1for` and `1ffor` both end with the word FOR.
_TOKEN = re.compile(
    rf"""
      (?P<space>   [ \t\r\n\f\v]+ )
    | (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<odd>     [{_INVISIBLE}]+ )
    | (?P<quoted>  [nN]?[qQ]'(?: \[.*?(?:\]'|\Z) | \{{.*?(?:\}}'|\Z)
                               | \(.*?(?:\)'|\Z) | <.*?(?:>'|\Z)
                               | (?P<delimiter>[^\[{{(<]).*?(?:(?P=delimiter)'|\Z) )
                 | [nN]?'[^']*(?:'|\Z)
                 | "[^"]*(?:"|\Z) )
    | (?P<word>    [^\W\d][\w$\#]* )
    | (?P<number>  \d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?:[fFdD](?![oO][rR]\b))? )
    | (?P<other>   [,.=*+|<>)]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
# What ends a line for an editor, and for the driver where it looks for binds, but not for Oracle.
_LINE_BREAK = re.compile(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]")

_BLOCK_WORDS = frozenset({"BEGIN", "DECLARE", "CALL"})
_STORED_CODE = re.compile(
    r"CREATE( OR REPLACE)?( (NON)?EDITIONABLE)?( AND (RESOLVE|COMPILE))?( NOFORCE)? "
    r"(FUNCTION|PROCEDURE|PACKAGE|TRIGGER|TYPE|LIBRARY|JAVA|MLE)\b"
)
_STORED_CODE_WORDS = 8
# Behind a line with nothing but `/` these begin a second statement: they name no operand.
_RESERVED_FIRST_WORDS = frozenset(
    {
        *("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "GRANT"),
        *("REVOKE", "RENAME", "LOCK", "COMMENT", "AUDIT"),
    }
)
_NEXTVAL = frozenset({"NEXTVAL", '"NEXTVAL"'})
# No keyword is longer; longer texts are not copied to compare them.
_KEYWORD_CHARACTERS = 20

MOST_REMEMBERED_CHARACTERS = 2000


def scan(sql: str) -> ScannedSql:
    """Scan a statement; short ones are remembered, since callers repeat themselves."""
    return _scan_cached(sql) if len(sql) <= MOST_REMEMBERED_CHARACTERS else _scan(sql)


def _scan(sql: str) -> ScannedSql:
    code = _Code()
    begin, last_end = 0, 0
    odd_at: int | None = None
    odd_behind: int | None = None
    semicolon_at: int | None = None
    # Where what may be only around the statement begins: the first `;`, line with nothing but `/`,
    # or odd character behind the last code; and the same without the `;`, with which PL/SQL ends.
    end: int | None = None
    block_end: int | None = None
    is_behind_slash = is_multiple = is_split = False
    for token in _TOKEN.finditer(sql):
        group, at = token.lastgroup, token.start()
        if group == "space":
            continue
        if group == "odd":
            if not code.has_begun:
                begin = token.end()
                continue
            odd_behind = at if odd_behind is None else odd_behind
            end = at if end is None else end
            block_end = at if block_end is None else block_end
            continue
        gap, last_end = (last_end, at), token.end()
        if group == "comment":
            if odd_at is None and sql.startswith("--", at):
                odd_at = _break_in_comment(sql, at, token.end())
            continue
        text = token[0]
        if text == ";":
            semicolon_at = at if semicolon_at is None else semicolon_at
            end = at if end is None else end
            continue
        if text == "/" and code.has_begun and _holds_line_end(sql, *gap):
            end = at if end is None else end
            block_end = at if block_end is None else block_end
            is_behind_slash = True
            continue
        if end is not None:
            is_split = is_split or (is_behind_slash and text.upper() in _RESERVED_FIRST_WORDS)
            is_multiple = is_split or semicolon_at is not None
            if odd_at is None and not is_multiple:
                odd_at = odd_behind
            end = block_end = None
            is_behind_slash = False
        code.take(group, text, at)
    first, kind = code.first or "", code.kind()
    if kind is StatementKind.BLOCK:
        # A query with functions of its own does not end with a `;`.
        is_sql = first in ("SELECT", "WITH", "CALL")
        return ScannedSql(sql[begin : end if is_sql else block_end], kind, first, is_split, odd_at)
    whole = sql[begin : semicolon_at if is_multiple else end]
    return ScannedSql(whole, kind, first, is_multiple, odd_at)


_scan_cached = lru_cache(maxsize=500)(_scan)


def _holds_line_end(sql: str, begin: int, end: int) -> bool:
    return sql.find("\n", begin, end) >= 0 or sql.find("\r", begin, end) >= 0


def _break_in_comment(sql: str, begin: int, end: int) -> int | None:
    """Where something that reads as the next line is still the comment."""
    found = _LINE_BREAK.search(sql[begin:end].rstrip())
    return None if found is None else begin + found.start()


def _upper(word: str) -> str:
    """In upper case, where it may be a keyword."""
    return word.upper() if len(word) <= _KEYWORD_CHARACTERS and word.isascii() else word


class _Code:
    """What the code of a statement says, told one token after the other."""

    def __init__(self) -> None:
        self.has_begun = False
        self.first: str | None = None
        self._opening: list[str] = []
        # The last token, shortened; the last two words, the first of them as it is written.
        self._before = ""
        self._last_word = ""
        self._word_before = ""
        self._with: WithClause | None = None
        self._external = _ExternalTable()
        self._locks = self._takes_numbers = self._holds_code = False

    def take(self, group: str | None, text: str, at: int) -> None:
        is_word = group == "word"
        plain = _upper(text) if is_word else text
        self.has_begun = True
        if self.first is None:
            self._begin(plain, is_word=is_word)
        elif self._with is not None:
            self._with.take(plain, at, group)
        if self._external.left or plain == "EXTERNAL":
            self._external.take(plain, self._before)
        if plain in _NEXTVAL and self._before.endswith("."):
            self._takes_numbers = True
        if is_word:
            self._take_word(text.upper())
            self._word_before, self._last_word = self._last_word, plain
        self._before = text[:1] if group == "quoted" else plain

    def _begin(self, text: str, *, is_word: bool) -> None:
        if text.startswith("<<"):
            self.first = "BEGIN"  # a label, which only a block has
        elif text != "(":
            self.first = text if is_word else ""
            self._with = WithClause() if self.first == "WITH" else None

    def _take_word(self, word: str) -> None:
        if len(self._opening) < _STORED_CODE_WORDS:
            self._opening.append(word)
        last = self._last_word.upper()
        self._locks |= word == "UPDATE" and last == "FOR"
        # START WITH may be followed by a column of that name.
        if word in ("FUNCTION", "PROCEDURE") and last == "WITH":
            self._holds_code |= self._word_before != "START"

    def kind(self) -> StatementKind:
        if self.first is None:
            return StatementKind.EMPTY
        if self.first in _BLOCK_WORDS or _STORED_CODE.match(" ".join(self._opening)):
            return StatementKind.BLOCK
        if self.first not in ("SELECT", "WITH"):
            return StatementKind.OTHER
        if self._holds_code:
            return StatementKind.BLOCK
        if self._with is not None and self._with.main_at is None:
            return StatementKind.OTHER
        if self._locks:
            return StatementKind.LOCKING_QUERY
        if self._takes_numbers:
            return StatementKind.NUMBERING_QUERY
        return StatementKind.EXTERNAL_QUERY if self._external.is_there else StatementKind.QUERY


class _ExternalTable:
    """Looks for `FROM EXTERNAL (...)` and `EXTERNAL MODIFY (...)`.

    A table or a column may have that name, and so may a function. Where the name stands behind a
    comma or a parenthesis, two parentheses have to follow, as in the table's list of columns.
    """

    def __init__(self) -> None:
        self.is_there = False
        self.left = 0
        """How many parentheses have to follow at once; 0 where no such name came before."""

    def take(self, text: str, before: str) -> None:
        if self.left and text == "(":
            self.left -= 1
            self.is_there |= not self.left
        elif self.left:
            self.left = 1 if text == "MODIFY" else 0
        elif text == "EXTERNAL" and not before.endswith("."):
            self.left = 1 if before in ("FROM", "JOIN", "APPLY") else 2


class WithClause:
    """Finds the query that the subqueries of a WITH clause are for, told the tokens behind WITH.

    SELECT has to stand there, or a parenthesis before it. Behind a subquery nothing else does, but
    for AS (its columns were named), SEARCH and CYCLE. What those end with is not looked at, so a
    word for a change ends the search wherever no name stands.
    """

    def __init__(self) -> None:
        self.main_at: int | None = None
        """Where the query begins; None until it is found, and where there is none."""
        self._is_over = False
        self._depth = 0
        self._before = ","
        self._opened_at: int | None = None  # a parenthesis with which the query may begin

    def take(self, text: str, at: int, group: str | None) -> None:
        """text: in upper case, where it may be a keyword."""
        if self._is_over:
            return
        if self._opened_at is not None and text != "(":
            if text in ("SELECT", "WITH"):
                self._find(self._opened_at)
            self._opened_at = None
        if not self._depth:
            self._take_between(text, at, is_word=group == "word")
        if text == "(":
            self._depth += 1
        elif group == "other":
            self._depth -= text.count(")")
        self._before = text[-8:]

    def _take_between(self, text: str, at: int, *, is_word: bool) -> None:
        """What stands in no parentheses."""
        if text == "SELECT":
            self._find(at)
        elif text == "(":
            self._opened_at = None if self._before == "AS" else at
        elif is_word and self._before.endswith(")"):
            self._is_over = text not in ("AS", "SEARCH", "CYCLE")
        elif text in ("INSERT", "UPDATE", "DELETE", "MERGE"):
            self._is_over = not self._before.endswith(",")

    def _find(self, at: int) -> None:
        self.main_at, self._is_over = at, True


def main_query_at(sql: str) -> int | None:
    """Where, in a query that begins with WITH, the query starts that the subqueries are for.

    None where there is no WITH, or where it stands in parentheses.
    """
    clause: WithClause | None = None
    for token in _TOKEN.finditer(sql):
        if token.lastgroup in ("space", "comment", "odd"):
            continue
        text = token.group()
        plain = _upper(text) if token.lastgroup == "word" else text
        if clause is None:
            if plain != "WITH":
                return None
            clause = WithClause()
            continue
        clause.take(plain, token.start(), token.lastgroup)
        if clause.main_at is not None:
            return clause.main_at
    return None


def is_balanced(condition: str) -> bool:
    """Whether the brackets, quotes and comments of a condition close within it, so that it can be
    put into brackets: none of it stands outside of them then.
    """
    depth = 0
    for token in _TOKEN.finditer(condition):
        text = token.group()
        if token.lastgroup == "quoted" and not _is_closed(text):
            return False
        if text.startswith("/*") and not (len(text) >= 4 and text.endswith("*/")):
            return False
        if token.lastgroup == "other":
            for character in text:
                depth += (character == "(") - (character == ")")
                if depth < 0 or character == ";":
                    return False
    return depth == 0


def _is_closed(text: str) -> bool:
    """Of a quoted token: whether it ended before the text did."""
    if text.startswith('"'):
        return len(text) > 1 and text.endswith('"')
    quote = text.index("'")
    body = text[quote + 1 :]
    if text[:quote].upper().endswith("Q"):
        closing = {"[": "]", "{": "}", "(": ")", "<": ">"}.get(body[:1], body[:1])
        return len(body) >= 3 and body.endswith(closing + "'")
    return body.endswith("'") and body.count("'") % 2 == 1


def may_have_star(sql: str) -> bool:
    """Whether a query may have a `*` for columns; False: its text names them all."""
    return any(token.lastgroup == "other" and "*" in token[0] for token in _TOKEN.finditer(sql))
