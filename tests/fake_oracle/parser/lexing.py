"""Oracle's words and signs: sqlglot's tokenizer, kept to what Oracle itself knows.

A word that is a keyword only in other databases is an identifier here, so that constructs Oracle
does not have cannot be reached through it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlglot.dialects.oracle import Oracle
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from ..kinds.model import OraError


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYWORDS = words("""
    ALL AND AS ASC BETWEEN BY CASE CROSS DESC DISTINCT ELSE END ESCAPE EXISTS FALSE FETCH FIRST FOR
    FROM FULL HAVING IN INNER INTERSECT INTO IS JOIN LEFT LIKE MINUS NATURAL NEXT NOT NULL OFFSET ON
    OR OUTER OVER PIVOT RANGE RIGHT ROW ROWS SELECT SET THEN TRUE UNION UNIQUE UNPIVOT USING VALUES
    WHEN WHERE WITH
""")
_PHRASES = {"GROUP BY", "ORDER BY", "ORDER SIBLINGS BY", "CONNECT BY", "PARTITION BY", "(+)"}
_SIGNS = {"||", ">=", "<=", "<>", "!=", "^=", "=>"}
_SINGLE_SIGNS = "()*+,-./:;<=>'\"|!^"

# Words no identifier may be unless quoted (Oracle SQL Language Reference, "Reserved Words").
RESERVED = words(
    """
    ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COMMENT COMPRESS
    CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FILE
    FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT INDEX INITIAL INSERT INTEGER
    INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MODE MODIFY NOAUDIT NOCOMPRESS NOT
    NOWAIT NULL NUMBER OF OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE
    REVOKE ROW ROWID ROWNUM ROWS SELECT SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM
    SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE UPDATE USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW
    WHENEVER WHERE WITH
    """
)

_IDENTIFIER = re.compile(r"[^\W\d_][\w$#]*")
_QUOTED_OR_OPEN = re.compile(
    r"""--[^\n]*
    | /\*.*?\*/
    | [qQ]'(?:\[.*?\]'|\{.*?\}'|\(.*?\)'|<.*?>'|(?P<mark>[^\s\[{(<]).*?(?P=mark)')
    | '[^']*'
    | "[^"]*"
    | (?P<open>'|"|/\*)""",
    re.DOTALL | re.VERBOSE,
)
_UNTERMINATED = {
    "'": (1756, "quoted string not properly terminated"),
    '"': (1740, "missing double quote in identifier"),
    "/*": (1742, "comment not terminated properly"),
}


class OracleWords(Oracle.Tokenizer):
    KEYWORDS = {  # noqa: RUF012
        word: kind
        for word, kind in Oracle.Tokenizer.KEYWORDS.items()
        if word in _KEYWORDS | _PHRASES | _SIGNS
    }
    SINGLE_TOKENS = {  # noqa: RUF012
        sign: kind for sign, kind in Oracle.Tokenizer.SINGLE_TOKENS.items() if sign in _SINGLE_SIGNS
    }
    COMMANDS: ClassVar[set[TokenType]] = set()
    HINT_START = ""  # a hint is a comment to a database that has no optimizer


@dataclass(frozen=True)
class Lexed:
    """The tokens of one statement; each placeholder is one token whose text is its index."""

    sql: str
    tokens: list[Token]
    bind_names: Sequence[str]

    def text(self, first: int, after: int) -> str:
        """A stretch of tokens as Oracle names a select item: no blanks, upper case."""
        return "".join(map(self._item_text, self.tokens[first:after]))[:128]

    def _item_text(self, token: Token) -> str:
        source = self.sql[token.start : token.end + 1]
        if token.token_type == TokenType.IDENTIFIER:
            return source
        return "".join(source.upper().split())


def lex(sql: str) -> Lexed:
    """OraError for text no statement can contain: open quotes or comments, signs Oracle lacks."""
    _check_quotes(sql)
    try:
        raw = OracleWords(dialect=Oracle).tokenize(sql)
    except TokenError as error:
        raise OraError(911, "invalid character") from error
    names: list[str] = []
    tokens = _join(raw, names)
    for token in tokens:
        if not _is_known(token):
            raise OraError(911, "invalid character", token.start)
    return Lexed(sql, tokens, names)


def _is_known(token: Token) -> bool:
    if token.token_type == TokenType.VAR:
        return bool(_IDENTIFIER.fullmatch(token.text))
    quoted = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
    return quoted or token.text not in ("|", "!", "^")


def _check_quotes(sql: str) -> None:
    for found in _QUOTED_OR_OPEN.finditer(sql):
        if found["open"]:
            code, text = _UNTERMINATED[found["open"]]
            raise OraError(code, text, found.start())


def _join(raw: Sequence[Token], names: list[str]) -> list[Token]:
    """Make one token of `:name`, of `.5` and of `1.5d`; sqlglot reads each of them as two."""
    joined: list[Token] = []
    for token in raw:
        before = joined[-1] if joined else None
        if before is None:
            joined.append(token)
        elif before.token_type == TokenType.COLON and _names_a_bind(token):
            _refuse_reserved(token)
            joined[-1] = _merge(TokenType.PLACEHOLDER, str(len(names)), before, token)
            names.append(token.text if _is_quoted(token) else token.text.upper())
        elif _continues_number(before, token, joined):
            joined[-1] = _merge(TokenType.NUMBER, before.text + token.text, before, token)
        else:
            joined.append(token)
    return joined


def _refuse_reserved(token: Token) -> None:
    if not _is_quoted(token) and token.text.upper() in RESERVED:
        raise OraError(1745, "invalid host/bind variable name", token.start)


def _names_a_bind(token: Token) -> bool:
    return _is_quoted(token) or bool(re.fullmatch(r"\w[\w$#]*", token.text))


def _is_quoted(token: Token) -> bool:
    return token.token_type == TokenType.IDENTIFIER


def _continues_number(before: Token, token: Token, joined: Sequence[Token]) -> bool:
    if before.end + 1 != token.start:
        return False
    if before.token_type == TokenType.NUMBER:
        return token.token_type == TokenType.VAR and token.text in ("d", "D", "f", "F")
    after_name = len(joined) > 1 and joined[-2].token_type in (TokenType.VAR, TokenType.IDENTIFIER)
    return (
        before.token_type == TokenType.DOT
        and token.token_type == TokenType.NUMBER
        and not after_name
    )


def _merge(kind: TokenType, text: str, first: Token, last: Token) -> Token:
    return Token(kind, text, first.line, first.col, first.start, last.end)
