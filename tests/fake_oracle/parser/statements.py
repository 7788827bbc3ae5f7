"""What a statement says, once it is read: its names, its parts, its expressions as trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from ..kinds.model import ColumnType


@dataclass(frozen=True)
class Name:
    """An object's name with its schema; identifiers as the dictionary holds them."""

    schema: str | None
    name: str
    offset: int


@dataclass(frozen=True)
class Query:
    tree: exp.Expr


@dataclass(frozen=True)
class Insert:
    table: Name
    columns: Sequence[exp.Identifier]
    rows: Sequence[Sequence[exp.Expr | None]]  # None stands for DEFAULT
    query: exp.Expr | None


@dataclass(frozen=True)
class Update:
    table: Name
    alias: str | None
    assignments: Sequence[tuple[exp.Identifier, exp.Expr | None]]
    where: exp.Expr | None


@dataclass(frozen=True)
class Delete:
    table: Name
    alias: str | None
    where: exp.Expr | None


@dataclass(frozen=True)
class ReferenceSpec:
    """REFERENCES table (columns); on_delete is CASCADE, SET NULL or nothing."""

    table: Name
    columns: Sequence[str] = ()
    on_delete: str = ""


@dataclass(frozen=True)
class ConstraintSpec:
    """PRIMARY, UNIQUE, CHECK, NOT NULL or FOREIGN; name is None where Oracle makes one up.

    columns: of a CHECK those its condition names. condition: its text, as it was written.
    """

    kind: str
    columns: Sequence[str]
    name: str | None = None
    condition: str | None = None
    reference: ReferenceSpec | None = None


@dataclass(frozen=True)
class ColumnSpec:
    """type is None where MODIFY leaves it as it is; default_text: the expression as written.

    drops_not_null: MODIFY (c NULL).
    """

    name: str
    type: ColumnType | Name | None
    default: exp.Expr | None = None
    default_text: str | None = None
    constraints: Sequence[ConstraintSpec] = ()
    drops_not_null: bool = False
    offset: int = 0


@dataclass(frozen=True)
class CreateTable:
    """stores: the columns whose nested tables are given a table to lie in."""

    table: Name
    columns: Sequence[ColumnSpec]
    constraints: Sequence[ConstraintSpec]
    query: exp.Expr | None
    stores: Sequence[str] = ()


@dataclass(frozen=True)
class AttributeSpec:
    name: str
    type: ColumnType | Name


@dataclass(frozen=True)
class CreateType:
    """An object type has attributes, and may have a supertype; a collection has an element.

    limit: the most elements of a VARRAY, 0 for a nested table.
    """

    name: Name
    replaces: bool
    attributes: Sequence[AttributeSpec] = ()
    element: ColumnType | Name | None = None
    limit: int = 0
    supertype: Name | None = None
    is_final: bool = True


@dataclass(frozen=True)
class AlterType:
    """ALTER TYPE ... ADD ATTRIBUTE ... CASCADE."""

    name: Name
    attributes: Sequence[AttributeSpec]


@dataclass(frozen=True)
class DropType:
    name: Name


@dataclass(frozen=True)
class CreateIndex:
    name: Name
    table: Name
    columns: Sequence[str]
    unique: bool


@dataclass(frozen=True)
class AddToTable:
    """ALTER TABLE ... ADD columns, constraints, or both."""

    table: Name
    columns: Sequence[ColumnSpec]
    constraints: Sequence[ConstraintSpec]


@dataclass(frozen=True)
class ModifyColumns:
    table: Name
    columns: Sequence[ColumnSpec]


@dataclass(frozen=True)
class DropColumns:
    table: Name
    columns: Sequence[str]
    cascades: bool = False


@dataclass(frozen=True)
class DropConstraint:
    """By its name, or by kind and columns: DROP PRIMARY KEY, DROP UNIQUE (a, b)."""

    table: Name
    name: str | None
    kind: str = ""
    columns: Sequence[str] = ()
    cascades: bool = False


@dataclass(frozen=True)
class RenameInTable:
    """RENAME COLUMN and RENAME CONSTRAINT; with neither the table itself."""

    table: Name
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Comment:
    """COMMENT ON TABLE, or ON COLUMN where there is one; an empty text takes it away."""

    table: Name
    column: str | None
    text: str


@dataclass(frozen=True)
class CreateView:
    """text: the query as it was written, which is what the dictionary keeps."""

    name: Name
    columns: Sequence[exp.Expr]
    query: exp.Expr
    text: str
    replaces: bool


@dataclass(frozen=True)
class DropView:
    name: Name


@dataclass(frozen=True)
class DropIndex:
    name: Name


@dataclass(frozen=True)
class DropTable:
    table: Name
    if_exists: bool = False
    cascades: bool = False


@dataclass(frozen=True)
class TruncateTable:
    table: Name


@dataclass(frozen=True)
class Transaction:
    """COMMIT or ROLLBACK."""

    word: str


@dataclass(frozen=True)
class AlterSession:
    """ALTER SESSION SET name = value, once or more often."""

    settings: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """An anonymous PL/SQL block that does nothing, or sleeps for the seconds of an expression."""

    sleep: exp.Expr | None = None


AlterTable: TypeAlias = "AddToTable | ModifyColumns | DropColumns | DropConstraint | RenameInTable"
Schema: TypeAlias = (
    "CreateTable | CreateIndex | CreateView | DropTable | DropIndex | DropView | TruncateTable"
    " | AlterTable | Comment | CreateType | AlterType | DropType"
)
Statement: TypeAlias = (
    "Query | Insert | Update | Delete | Schema | Transaction | AlterSession | Block"
)
