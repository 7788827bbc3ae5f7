"""One statement's text to its parts: which statement it is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from ..kinds.model import OraError
from .grammar import OracleGrammar
from .lexing import RESERVED, Lexed, lex, words
from .statements import (
    AlterType,
    AttributeSpec,
    Block,
    ColumnSpec,
    ConstraintSpec,
    CreateIndex,
    CreateTable,
    CreateType,
    Delete,
    DropTable,
    DropType,
    Insert,
    Name,
    Query,
    Statement,
    Transaction,
    TruncateTable,
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


def identifier_name(identifier: exp.Expr | str | None) -> str:
    """As the data dictionary holds it: upper case unless quoted."""
    assert isinstance(identifier, exp.Identifier)
    return identifier.name if identifier.quoted else identifier.name.upper()


def offset_of(node: exp.Expr) -> int:
    """Where the node's first word stands in the statement; 0 where the parser did not keep it."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts, default=0)


class StatementGrammar(OracleGrammar):
    """The statements around queries and expressions, each read from its first word on."""

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

    def create(self) -> CreateTable | CreateIndex | CreateType:
        self._advance()
        replaces = self._match_text_seq("OR", "REPLACE")
        if self._match_text_seq("TYPE"):
            return self._create_type(replaces=bool(replaces))
        unique = self._match(TokenType.UNIQUE)
        if self._match_text_seq("INDEX"):
            return self._create_index(unique=unique)
        if not self._curr:
            raise OraError(901, "invalid CREATE command", self._here())
        if unique or not self._match_text_seq("TABLE"):
            raise unknown(f"CREATE {self._curr.text.upper()}", self._curr.start)
        table = self._name()
        columns: list[ColumnSpec] = []
        constraints: list[ConstraintSpec] = []
        if self._match(TokenType.L_PAREN):
            self._table_element(columns, constraints)
            while self._match(TokenType.COMMA):
                self._table_element(columns, constraints)
            self._match_r_paren()
        stores = self._nested_table_stores()
        query = self.query() if self._match(TokenType.ALIAS) else None
        if not columns and query is None:
            raise Misread("Expecting (", self._index)
        return CreateTable(table, columns, constraints, query, stores)

    def _nested_table_stores(self) -> list[str]:
        """NESTED TABLE column STORE AS table; the table's name does not matter here."""
        stored = []
        while self._match_text_seq("NESTED"):
            self.expect("TABLE")
            stored.append(identifier_name(self._identifier()))
            self.expect("STORE")
            self.expect("AS")
            self._identifier()
        return stored

    def _create_type(self, *, replaces: bool) -> CreateType:
        name = self._name()
        if self._match_text_seq("UNDER"):
            supertype = self._name()
            return self._object_type(name, replaces, supertype)
        if not self._match_texts(("AS", "IS")):
            raise Misread("missing AS", self._index)
        if self._match_text_seq("OBJECT"):
            return self._object_type(name, replaces, None)
        if self._match_text_seq("TABLE", "OF"):
            return CreateType(name, replaces, element=self.type_name())
        if not self._match_texts(("VARRAY", "VARYING")):
            raise unknown(f"a type AS {self._curr.text.upper()}", self._here())
        limit, _ = self._type_sizes()
        self.expect("OF")
        return CreateType(name, replaces, element=self.type_name(), limit=(limit or [0])[0] or 0)

    def _object_type(self, name: Name, replaces: bool, supertype: Name | None) -> CreateType:
        attributes = self._parse_wrapped_csv(self._attribute)
        is_final = True
        if self._match_text_seq("NOT", "FINAL"):
            is_final = False
        else:
            self._match_text_seq("FINAL")
        return CreateType(name, replaces, attributes, supertype=supertype, is_final=is_final)

    def _attribute(self) -> AttributeSpec:
        name = identifier_name(self._identifier())
        return AttributeSpec(name, self.type_name())

    def alter(self) -> AlterType:
        self._advance()
        if not self._match_text_seq("TYPE"):
            raise unknown("ALTER", self._prev.start)
        name = self._name()
        if not self._match_text_seq("ADD", "ATTRIBUTE"):
            raise unknown("ALTER TYPE other than ADD ATTRIBUTE", self._here())
        if self._match(TokenType.L_PAREN, advance=False):
            attributes = self._parse_wrapped_csv(self._attribute)
        else:
            attributes = [self._attribute()]
        self._match_text_seq("CASCADE")
        return AlterType(name, attributes)

    def _table_element(self, columns: list[ColumnSpec], constraints: list[ConstraintSpec]) -> None:
        if constraint := self._constraint(in_column=None):
            constraints.append(constraint)
        else:
            columns.append(self._column_spec())

    def _column_spec(self) -> ColumnSpec:
        name = identifier_name(self._identifier())
        column_type = self.type_name()
        default = None
        if self._match_text_seq("DEFAULT"):
            default = self.require(self._parse_bitwise())  # NOT NULL behind it is not its own
        nullable = True
        constraints: list[ConstraintSpec] = []
        while True:
            if self._match_text_seq("NOT", "NULL"):
                nullable = False
            elif constraint := self._constraint(in_column=name):
                constraints.append(constraint)
                nullable = nullable and constraint.kind != "PRIMARY"
            elif not self._match(TokenType.NULL):
                return ColumnSpec(name, column_type, nullable, default, constraints)

    def _constraint(self, in_column: str | None) -> ConstraintSpec | None:
        name = None
        if self._match_text_seq("CONSTRAINT"):
            name = identifier_name(self._identifier())
        if self._match_text_seq("PRIMARY", "KEY"):
            return ConstraintSpec("PRIMARY", self._constrained(in_column), name)
        if self._match(TokenType.UNIQUE):
            return ConstraintSpec("UNIQUE", self._constrained(in_column), name)
        if self._match_text_seq("CHECK"):
            condition: exp.Expr = self._parse_wrapped(
                lambda: self.require(self._parse_disjunction())
            )
            return ConstraintSpec("CHECK", (), name, condition)
        if self._match_texts(("FOREIGN", "REFERENCES")):
            raise unknown("foreign keys", self._prev.start)
        if name is not None:
            raise OraError(904, ": invalid identifier", self._here())
        return None

    def _constrained(self, in_column: str | None) -> Sequence[str]:
        return (in_column,) if in_column is not None else self._names_in_parentheses()

    def _names_in_parentheses(self) -> list[str]:
        return [identifier_name(name) for name in self._parse_wrapped_csv(self._identifier)]

    def _create_index(self, *, unique: bool) -> CreateIndex:
        name = self._name()
        self.expect("ON")
        return CreateIndex(name, self._name(), self._names_in_parentheses(), unique)

    def drop(self) -> DropTable | DropType:
        self._advance()
        if not self._curr:
            raise OraError(950, "invalid DROP option", self._here())
        if self._match_text_seq("TYPE"):
            return DropType(self._name())
        if not self._match_text_seq("TABLE"):
            raise unknown(f"DROP {self._curr.text.upper()}", self._curr.start)
        if_exists = self._match_text_seq("IF", "EXISTS")
        table = self._name()
        self._match_text_seq("CASCADE", "CONSTRAINTS")
        self._match_text_seq("PURGE")
        return DropTable(table, if_exists)

    def truncate(self) -> TruncateTable:
        self._advance()
        self.expect("TABLE")
        return TruncateTable(self._name())

    def transaction(self) -> Transaction:
        self._advance()
        word = self._prev.text.upper()
        self._match_text_seq("WORK")
        return Transaction(word)

    def _name(self) -> Name:
        offset = self._here()
        if self._curr.token_type not in (TokenType.VAR, TokenType.IDENTIFIER):
            raise Misread("Expected table name", self._index)
        name = identifier_name(self._identifier())
        if not self._match(TokenType.DOT):
            return Name(None, name, offset)
        return Name(name, identifier_name(self._identifier()), offset)

    def _alias(self) -> str | None:
        ahead = self._curr.token_type
        if ahead == TokenType.IDENTIFIER or (
            ahead == TokenType.VAR and self._curr.text.upper() != "RETURNING"
        ):
            return identifier_name(self._identifier())
        return None

    def _identifier(self) -> exp.Identifier:
        if not self._match_set((TokenType.VAR, TokenType.IDENTIFIER)):
            raise OraError(904, ": invalid identifier", self._here())
        quoted = self._prev.token_type == TokenType.IDENTIFIER
        if not quoted and self._prev.text.upper() in RESERVED:
            raise OraError(904, ": invalid identifier", self._prev.start)
        return exp.Identifier(this=self._prev.text, quoted=quoted).update_positions(self._prev)

    def _here(self) -> int:
        return self._curr.start if self._curr else len(self.lexed.sql)


_RULES: dict[str, Callable[[StatementGrammar], Statement]] = {
    "SELECT": StatementGrammar.query_statement,
    "WITH": StatementGrammar.query_statement,
    "(": StatementGrammar.query_statement,
    "INSERT": StatementGrammar.insert,
    "UPDATE": StatementGrammar.update,
    "DELETE": StatementGrammar.delete,
    "CREATE": StatementGrammar.create,
    "ALTER": StatementGrammar.alter,
    "DROP": StatementGrammar.drop,
    "TRUNCATE": StatementGrammar.truncate,
    "COMMIT": StatementGrammar.transaction,
    "ROLLBACK": StatementGrammar.transaction,
}

# First words Oracle knows and the stand-in does not.
_UNKNOWN_STATEMENTS = words(
    """
    ANALYZE AUDIT CALL COMMENT DECLARE EXPLAIN FLASHBACK GRANT LOCK MERGE NOAUDIT PURGE
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
