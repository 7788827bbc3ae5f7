"""CREATE, ALTER, COMMENT, DROP and TRUNCATE, each read from its first word on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from ..kinds.model import ColumnType, OraError
from .grammar import Item, OracleGrammar
from .identifiers import identifier_name
from .lexing import RESERVED, words
from .statements import (
    AddToTable,
    AlterSession,
    AlterTable,
    AlterType,
    AttributeSpec,
    ColumnSpec,
    Comment,
    ConstraintSpec,
    CreateIndex,
    CreateTable,
    CreateType,
    CreateView,
    DropColumns,
    DropConstraint,
    DropIndex,
    DropTable,
    DropType,
    DropView,
    ModifyColumns,
    Name,
    ReferenceSpec,
    RenameInTable,
    TruncateTable,
)
from .syntax_errors import unknown
from .type_grammar import Misread

# What may follow a column in MODIFY where its type is left out.
_BEHIND_A_TYPE: Final = words("DEFAULT NOT NULL CONSTRAINT PRIMARY UNIQUE CHECK REFERENCES , )")


class SchemaGrammar(OracleGrammar):
    """The statements that make and change tables and types, and the names in all statements."""

    def create(self) -> CreateTable | CreateIndex | CreateView | CreateType:
        self._advance()
        replaces = bool(self._match_text_seq("OR", "REPLACE"))
        if self._match_text_seq("TYPE"):
            return self._create_type(replaces=replaces)
        if self._match_text_seq("VIEW"):
            return self._create_view(replaces=replaces)
        unique = self._match(TokenType.UNIQUE)
        if self._match_text_seq("INDEX"):
            return self._create_index(unique=unique)
        if not self._curr:
            raise OraError(901, "invalid CREATE command", self._here())
        if unique or not self._match_text_seq("TABLE"):
            raise unknown(f"CREATE {self._curr.text.upper()}", self._curr.start)
        return self._create_table()

    def _create_table(self) -> CreateTable:
        table = self._name()
        columns: list[ColumnSpec] = []
        constraints: list[ConstraintSpec] = []
        if self._match(TokenType.L_PAREN, advance=False):
            columns, constraints = self._table_elements()
        stores = self._nested_table_stores()
        query = self.query() if self._match(TokenType.ALIAS) else None
        if not columns and query is None:
            raise Misread("Expecting (", self._index)
        return CreateTable(table, columns, constraints, query, stores)

    def _create_view(self, *, replaces: bool) -> CreateView:
        name = self._name()
        listed = self._match(TokenType.L_PAREN, advance=False)
        columns = self._parse_wrapped_csv(self._identifier) if listed else []
        self.expect("AS")
        first = self._index
        query = self.query()
        text = self._source(first)
        self._match_text_seq("WITH", "READ", "ONLY")
        return CreateView(name, columns, query, text, replaces)

    def _source(self, first: int) -> str:
        """The text from a token up to where the parser stands."""
        tokens = self.lexed.tokens
        return self.lexed.sql[tokens[first].start : tokens[self._index - 1].end + 1]

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

    def alter(self) -> AlterTable | AlterType | AlterSession:
        self._advance()
        if self._match_text_seq("SESSION"):
            return self._alter_session()
        if self._match_text_seq("TABLE"):
            return self._alter_table(self._name())
        if not self._match_text_seq("TYPE"):
            word = self._curr.text.upper() if self._curr else ""
            raise unknown(f"ALTER {word}".rstrip(), self._prev.start)
        name = self._name()
        if not self._match_text_seq("ADD", "ATTRIBUTE"):
            raise unknown("ALTER TYPE other than ADD ATTRIBUTE", self._here())
        if self._match(TokenType.L_PAREN, advance=False):
            attributes = self._parse_wrapped_csv(self._attribute)
        else:
            attributes = [self._attribute()]
        self._match_text_seq("CASCADE")
        return AlterType(name, attributes)

    def _alter_session(self) -> AlterSession:
        if not self._match(TokenType.SET):
            raise unknown("ALTER SESSION other than SET", self._here())
        settings: list[tuple[str, str]] = []
        while self._curr or not settings:
            name, offset = self.take(), self._prev.start
            if not name.startswith("NLS_"):
                raise unknown(f"ALTER SESSION SET {name}", offset)
            if not self._match(TokenType.EQ):
                raise OraError(927, "missing equal sign", self._here())
            if not self._match_set((TokenType.STRING, TokenType.VAR)):
                raise OraError(2248, "invalid option for ALTER SESSION", self._here())
            settings.append((name, self._prev.text))
        return AlterSession(settings)

    def _alter_table(self, table: Name) -> AlterTable:
        """One clause: a second one behind it is left over, and refused as such."""
        if self._match_text_seq("ADD"):
            return AddToTable(table, *self._added())
        if self._match_text_seq("MODIFY"):
            return ModifyColumns(table, self._one_or_more(self._modified_column))
        if self._match_text_seq("DROP"):
            return self._drop_in_table(table)
        if self._match_text_seq("RENAME"):
            return self._rename_in_table(table)
        raise unknown("ALTER TABLE other than ADD, MODIFY, DROP and RENAME", self._here())

    def _added(self) -> tuple[list[ColumnSpec], list[ConstraintSpec]]:
        if self._match(TokenType.L_PAREN, advance=False):
            return self._table_elements()
        columns: list[ColumnSpec] = []
        constraints: list[ConstraintSpec] = []
        self._table_element(columns, constraints)
        return columns, constraints

    def _one_or_more(self, rule: Callable[[], Item]) -> list[Item]:
        """One, or several in parentheses."""
        if self._match(TokenType.L_PAREN, advance=False):
            items: list[Item] = self._parse_wrapped_csv(rule)
            return items
        return [rule()]

    def _modified_column(self) -> ColumnSpec:
        offset = self._here()
        name = identifier_name(self._identifier())
        keeps_type = not self._curr or self._curr.text.upper() in _BEHIND_A_TYPE
        column_type = None if keeps_type else self.type_name()
        return self._column_tail(name, column_type, offset)

    def _drop_in_table(self, table: Name) -> DropColumns | DropConstraint:
        if self._match_text_seq("COLUMN"):
            return DropColumns(table, [identifier_name(self._identifier())], self._cascades())
        if self._match(TokenType.L_PAREN, advance=False):
            return DropColumns(table, self._names_in_parentheses(), self._cascades())
        if self._match_text_seq("CONSTRAINT"):
            name = identifier_name(self._identifier())
            return DropConstraint(table, name, cascades=self._cascades())
        if self._match_text_seq("PRIMARY", "KEY"):
            return DropConstraint(table, None, "PRIMARY", cascades=self._cascades())
        if self._match(TokenType.UNIQUE):
            columns = self._names_in_parentheses()
            return DropConstraint(table, None, "UNIQUE", columns, self._cascades())
        raise unknown("this DROP in ALTER TABLE", self._here())

    def _cascades(self) -> bool:
        if not self._match_text_seq("CASCADE"):
            return False
        self._match_texts(("CONSTRAINT", "CONSTRAINTS"))
        return True

    def _rename_in_table(self, table: Name) -> RenameInTable:
        what = ""
        before = table.name
        if self._match_texts(("COLUMN", "CONSTRAINT")):
            what = self._prev.text.upper()
            before = identifier_name(self._identifier())
        self.expect("TO")
        return RenameInTable(table, what, before, identifier_name(self._identifier()))

    def comment(self) -> Comment:
        self._advance()
        self.expect("ON")
        if self._match_text_seq("COLUMN"):
            table, column = self._column_of_a_table()
        elif self._match_text_seq("TABLE"):
            table, column = self._name(), None
        else:
            raise unknown("COMMENT ON anything but TABLE and COLUMN", self._here())
        if not self._match(TokenType.IS):
            raise Misread("missing IS", self._index)
        if not self._match(TokenType.STRING):
            raise OraError(1780, "string literal required", self._here())
        return Comment(table, column, self._prev.text)

    def _column_of_a_table(self) -> tuple[Name, str]:
        offset = self._here()
        parts = [identifier_name(self._identifier())]
        while self._match(TokenType.DOT):
            parts.append(identifier_name(self._identifier()))
        if not 2 <= len(parts) <= 3:
            raise OraError(903, "invalid table name", offset)
        *schema, table, column = parts
        return Name(schema[0] if schema else None, table, offset), column

    def _table_elements(self) -> tuple[list[ColumnSpec], list[ConstraintSpec]]:
        """(column or constraint, ...)."""
        columns: list[ColumnSpec] = []
        constraints: list[ConstraintSpec] = []
        self._match(TokenType.L_PAREN)
        self._table_element(columns, constraints)
        while self._match(TokenType.COMMA):
            self._table_element(columns, constraints)
        self._match_r_paren()
        return columns, constraints

    def _table_element(self, columns: list[ColumnSpec], constraints: list[ConstraintSpec]) -> None:
        if constraint := self._constraint(in_column=None):
            constraints.append(constraint)
        else:
            columns.append(self._column_spec())

    def _column_spec(self) -> ColumnSpec:
        offset = self._here()
        name = identifier_name(self._identifier())
        return self._column_tail(name, self.type_name(), offset)

    def _column_tail(
        self, name: str, column_type: ColumnType | Name | None, offset: int
    ) -> ColumnSpec:
        """What may stand behind a column's type."""
        default, text = None, None
        if self._match_text_seq("DEFAULT"):
            first = self._index
            default = self.require(self._parse_bitwise())  # NOT NULL behind it is not its own
            text = self._source(first)
        constraints: list[ConstraintSpec] = []
        drops_not_null = False
        while True:
            if constraint := self._constraint(in_column=name):
                constraints.append(constraint)
            elif self._match(TokenType.NULL):
                drops_not_null = True
            else:
                return ColumnSpec(
                    name, column_type, default, text, constraints, drops_not_null, offset
                )

    def _constraint(self, in_column: str | None) -> ConstraintSpec | None:
        name = None
        if self._match_text_seq("CONSTRAINT"):
            name = identifier_name(self._identifier())
        if in_column is not None and self._match_text_seq("NOT", "NULL"):
            return ConstraintSpec("NOT NULL", (in_column,), name)
        if self._match_text_seq("PRIMARY", "KEY"):
            return ConstraintSpec("PRIMARY", self._constrained(in_column), name)
        if self._match(TokenType.UNIQUE):
            return ConstraintSpec("UNIQUE", self._constrained(in_column), name)
        if self._match_text_seq("CHECK"):
            return self._check(name)
        if in_column is not None and self._match_text_seq("REFERENCES"):
            return ConstraintSpec("FOREIGN", (in_column,), name, reference=self._reference())
        if in_column is None and self._match_text_seq("FOREIGN", "KEY"):
            columns = self._names_in_parentheses()
            self.expect("REFERENCES")
            return ConstraintSpec("FOREIGN", columns, name, reference=self._reference())
        if name is not None:
            raise OraError(904, ": invalid identifier", self._here())
        return None

    def _check(self, name: str | None) -> ConstraintSpec:
        if not self._match(TokenType.L_PAREN):
            raise Misread("Expecting (", self._index)
        first = self._index
        condition = self.require(self._parse_disjunction())
        text = self._source(first)
        self._match_r_paren()
        named = [identifier_name(column.this) for column in condition.find_all(exp.Column)]
        return ConstraintSpec("CHECK", tuple(dict.fromkeys(named)), name, text)

    def _reference(self) -> ReferenceSpec:
        table = self._name()
        listed = self._match(TokenType.L_PAREN, advance=False)
        columns = self._names_in_parentheses() if listed else []
        on_delete = ""
        if self._match_text_seq("ON", "DELETE"):
            if self._match_text_seq("CASCADE"):
                on_delete = "CASCADE"
            else:
                self.expect("SET", "NULL")
                on_delete = "SET NULL"
        return ReferenceSpec(table, columns, on_delete)

    def _constrained(self, in_column: str | None) -> Sequence[str]:
        return (in_column,) if in_column is not None else self._names_in_parentheses()

    def _names_in_parentheses(self) -> list[str]:
        return [identifier_name(name) for name in self._parse_wrapped_csv(self._identifier)]

    def _create_index(self, *, unique: bool) -> CreateIndex:
        name = self._name()
        self.expect("ON")
        return CreateIndex(name, self._name(), self._names_in_parentheses(), unique)

    def drop(self) -> DropTable | DropIndex | DropView | DropType:
        self._advance()
        if not self._curr:
            raise OraError(950, "invalid DROP option", self._here())
        if self._match_text_seq("TYPE"):
            return DropType(self._name())
        if self._match_text_seq("VIEW"):
            return DropView(self._name())
        if self._match_text_seq("INDEX"):
            return DropIndex(self._name())
        if not self._match_text_seq("TABLE"):
            raise unknown(f"DROP {self._curr.text.upper()}", self._curr.start)
        if_exists = self._match_text_seq("IF", "EXISTS")
        table = self._name()
        cascades = self._cascades()
        self._match_text_seq("PURGE")
        return DropTable(table, if_exists, cascades)

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
