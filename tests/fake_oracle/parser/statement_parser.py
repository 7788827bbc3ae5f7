"""One statement's text to its parts: which statement it is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from ..kinds.model import OraError
from .identifiers import identifier_name
from .lexing import Lexed, lex, words
from .schema_grammar import SchemaGrammar
from .statements import (
    Block,
    Delete,
    Insert,
    Query,
    Statement,
    Transaction,
    Update,
)
from .syntax_errors import explain, syntax_error, unknown
from .type_grammar import Misread


@dataclass(frozen=True)
class ParsedText:
    statement: Statement
    bind_names: Sequence[str] = field(default_factory=tuple)


def parse_text(sql: str) -> ParsedText:
    """OraError when the text is no statement of Oracle's, or one this stand-in does not know."""
    lexed = lex(sql)
    if not lexed.tokens:
        raise syntax_error(900, 0)
    if lexed.tokens[0].text.upper() == "BEGIN":
        return ParsedText(_block(lexed), lexed.bind_names)
    rule = _rule_for(lexed)
    for token in lexed.tokens:
        if token.token_type == TokenType.SEMICOLON:
            raise syntax_error(933, token.start)
    try:
        statement = StatementGrammar(lexed).read(rule)
    except Misread as misread:
        raise explain(lexed, misread) from misread
    return ParsedText(statement, lexed.bind_names)


def parse_condition(text: str) -> exp.Expr:
    """The condition of a CHECK, as the dictionary keeps it."""
    return StatementGrammar(lex(text)).read(StatementGrammar.condition)


class StatementGrammar(SchemaGrammar):
    """The statements around queries and expressions, each read from its first word on."""

    def condition(self) -> exp.Expr:
        return self.require(self._parse_disjunction())

    def query_statement(self) -> Query:
        return Query(self.query())

    def insert(self) -> Insert:
        self._advance()
        if self._match_texts(("ALL", "FIRST"), advance=False):
            raise unknown(f"INSERT {self._curr.text.upper()}", self._curr.start)
        if not self._match(TokenType.INTO):
            raise OraError(925, "missing INTO keyword", self._here())
        table = self._name()
        self._alias()
        columns: list[exp.Identifier] = []
        if self._match(TokenType.L_PAREN, advance=False) and not self._query_ahead():
            columns = self._parse_wrapped_csv(self._identifier)
        if self._match(TokenType.VALUES):
            rows = self._parse_csv(self._row)
            self._refuse_returning()
            return Insert(table, columns, rows, None)
        if not self._query_ahead():
            raise OraError(926, "missing VALUES keyword", self._here())
        return Insert(table, columns, (), self.query())

    def _query_ahead(self) -> bool:
        ahead = (TokenType.SELECT, TokenType.WITH)
        if self._match(TokenType.L_PAREN, advance=False):
            return self._next.token_type in ahead
        return self._curr.token_type in ahead

    def _row(self) -> list[exp.Expr | None]:
        if not self._match(TokenType.L_PAREN):
            raise Misread("Expecting (", self._index)
        row = [self._value_or_default()]
        while self._match(TokenType.COMMA):
            row.append(self._value_or_default())
        self._match_r_paren()
        return row

    def _value_or_default(self) -> exp.Expr | None:
        if self._match_text_seq("DEFAULT"):
            return None
        return self.require(self._parse_disjunction())

    def update(self) -> Update:
        self._advance()
        table, alias = self._name(), self._alias()
        if not self._match(TokenType.SET):
            raise OraError(971, "missing SET keyword", self._here())
        assignments = self._parse_csv(self._assignment)
        where = self._where()
        self._refuse_returning()
        return Update(table, alias, assignments, where)

    def _assignment(self) -> tuple[exp.Identifier, exp.Expr | None]:
        if self._match(TokenType.L_PAREN, advance=False):
            raise unknown("SET (columns) = (subquery)", self._curr.start)
        column = self._identifier()
        if self._match(TokenType.DOT):
            column = self._identifier()
        if not self._match(TokenType.EQ):
            raise OraError(927, "missing equal sign", self._here())
        return column, self._value_or_default()

    def delete(self) -> Delete:
        self._advance()
        self._match(TokenType.FROM)
        table, alias = self._name(), self._alias()
        where = self._where()
        self._refuse_returning()
        return Delete(table, alias, where)

    def _where(self) -> exp.Expr | None:
        if not self._match(TokenType.WHERE):
            return None
        return self.require(self._parse_disjunction())

    def _refuse_returning(self) -> None:
        if self._match_text_seq("RETURNING"):
            raise unknown("RETURNING", self._prev.start)

    def transaction(self) -> Transaction:
        self._advance()
        word = self._prev.text.upper()
        self._match_text_seq("WORK")
        return Transaction(word)

    def _alias(self) -> str | None:
        ahead = self._curr.token_type
        if ahead == TokenType.IDENTIFIER or (
            ahead == TokenType.VAR and self._curr.text.upper() != "RETURNING"
        ):
            return identifier_name(self._identifier())
        return None


_RULES: dict[str, Callable[[StatementGrammar], Statement]] = {
    "SELECT": StatementGrammar.query_statement,
    "WITH": StatementGrammar.query_statement,
    "(": StatementGrammar.query_statement,
    "INSERT": StatementGrammar.insert,
    "UPDATE": StatementGrammar.update,
    "DELETE": StatementGrammar.delete,
    "CREATE": StatementGrammar.create,
    "ALTER": StatementGrammar.alter,
    "COMMENT": StatementGrammar.comment,
    "DROP": StatementGrammar.drop,
    "TRUNCATE": StatementGrammar.truncate,
    "COMMIT": StatementGrammar.transaction,
    "ROLLBACK": StatementGrammar.transaction,
}

# First words Oracle knows and the stand-in does not.
_UNKNOWN_STATEMENTS = words(
    """
    ANALYZE AUDIT CALL DECLARE EXPLAIN FLASHBACK GRANT LOCK MERGE NOAUDIT PURGE
    RENAME REVOKE SAVEPOINT SET
    """
)


def _rule_for(lexed: Lexed) -> Callable[[StatementGrammar], Statement]:
    first = lexed.tokens[0]
    word = first.text.upper()
    if word in _UNKNOWN_STATEMENTS:
        raise unknown(word, first.start)
    if word not in _RULES:
        raise syntax_error(900, first.start)
    return _RULES[word]


_SLEEPS = (["DBMS_SESSION", ".", "SLEEP"], ["DBMS_LOCK", ".", "SLEEP"])


def _block(lexed: Lexed) -> Block:
    """`BEGIN NULL; END;` and `BEGIN DBMS_SESSION.SLEEP(n); END;`, and no others."""
    words = [token.text.upper() for token in lexed.tokens]
    if words == ["BEGIN", "NULL", ";", "END", ";"]:
        return Block()
    seconds = lexed.tokens[5] if len(words) == 10 else lexed.tokens[0]
    if words[1:4] in _SLEEPS and [words[4], *words[6:]] == ["(", ")", ";", "END", ";"]:
        if seconds.token_type == TokenType.PLACEHOLDER:
            return Block(exp.Placeholder(this=seconds.text))
        if seconds.token_type == TokenType.NUMBER:
            return Block(exp.Literal.number(seconds.text))
    raise unknown("PL/SQL beyond BEGIN NULL; END; and DBMS_SESSION.SLEEP", lexed.tokens[0].start)
