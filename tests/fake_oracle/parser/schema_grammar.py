"""CREATE, ALTER, DROP and TRUNCATE, each read from its first word on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from ..kinds.model import OraError
from .grammar import OracleGrammar
from .identifiers import identifier_name
from .lexing import RESERVED
from .statements import (
    AlterType,
    AttributeSpec,
    ColumnSpec,
    ConstraintSpec,
    CreateIndex,
    CreateTable,
    CreateType,
    DropTable,
    DropType,
    Name,
    TruncateTable,
)
from .syntax_errors import unknown
from .type_grammar import Misread


class SchemaGrammar(OracleGrammar):
    """The statements that make and change tables and types, and the names in all statements."""

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

    def _name(self) -> Name:
        offset = self._here()
        if self._curr.token_type not in (TokenType.VAR, TokenType.IDENTIFIER):
            raise Misread("Expected table name", self._index)
        name = identifier_name(self._identifier())
        if not self._match(TokenType.DOT):
            return Name(None, name, offset)
        return Name(name, identifier_name(self._identifier()), offset)

    def _identifier(self) -> exp.Identifier:
        if not self._match_set((TokenType.VAR, TokenType.IDENTIFIER)):
            raise OraError(904, ": invalid identifier", self._here())
        quoted = self._prev.token_type == TokenType.IDENTIFIER
        if not quoted and self._prev.text.upper() in RESERVED:
            raise OraError(904, ": invalid identifier", self._prev.start)
        return exp.Identifier(this=self._prev.text, quoted=quoted).update_positions(self._prev)

    def _here(self) -> int:
        return self._curr.start if self._curr else len(self.lexed.sql)
