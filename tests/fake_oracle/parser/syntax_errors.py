"""What Oracle would say where the parser gave up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

from ..kinds.model import OraError
from .lexing import Lexed
from .type_grammar import Misread

_TEXTS = {
    900: "invalid SQL statement",
    903: "invalid table name",
    905: "missing keyword",
    906: "missing left parenthesis",
    907: "missing right parenthesis",
    923: "FROM keyword not found where expected",
    933: "SQL command not properly ended",
    936: "missing expression",
    30089: "missing or invalid <datetime field>",
}

_BY_MESSAGE = (
    ("missing expression", 936),
    ("Required keyword", 936),
    ("Required argument", 936),
    ("Expecting )", 907),
    ("missing )", 907),
    ("Expecting (", 906),
    ("Expected table name", 903),
    ("missing interval field", 30089),
    ("missing", 905),
)


def syntax_error(code: int, offset: int) -> OraError:
    return OraError(code, _TEXTS[code], offset)


def unknown(construct: str, offset: int = 0) -> OraError:
    """The refusal of something Oracle knows and this stand-in does not."""
    return OraError(3001, f"unimplemented feature: the stand-in does not know {construct}", offset)


def explain(lexed: Lexed, misread: Misread) -> OraError:
    index = misread.index
    offset = lexed.tokens[index].start if index < len(lexed.tokens) else len(lexed.sql)
    for beginning, code in _BY_MESSAGE:
        if misread.message.startswith(beginning):
            return syntax_error(code, offset)
    in_select_list, in_parentheses = _surroundings(lexed.tokens[:index])
    if in_select_list:
        return syntax_error(923, offset)
    return syntax_error(907 if in_parentheses else 933, offset)


def _surroundings(before: Sequence[Token]) -> tuple[bool, bool]:
    """Whether the place behind these tokens is in a select list, and inside parentheses."""
    in_lists = [False]
    for token in before:
        if token.token_type == TokenType.L_PAREN:
            in_lists.append(False)
        elif token.token_type == TokenType.R_PAREN:
            del in_lists[max(1, len(in_lists) - 1) :]
        elif token.token_type == TokenType.SELECT:
            in_lists[-1] = True
        elif token.token_type == TokenType.FROM:
            in_lists[-1] = False
    return in_lists[-1], len(in_lists) > 1
