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
class ConstraintSpec:
    """PRIMARY KEY, UNIQUE or CHECK, by its first word; name is None where Oracle makes one up."""

    kind: str
    columns: Sequence[str]
    name: str | None = None
    condition: exp.Expr | None = None


@dataclass(frozen=True)
class ColumnSpec:
    name: str
    type: ColumnType | Name
    nullable: bool
    default: exp.Expr | None
    constraints: Sequence[ConstraintSpec] = ()


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
class DropTable:
    table: Name
    if_exists: bool = False


@dataclass(frozen=True)
class TruncateTable:
    table: Name


@dataclass(frozen=True)
class Transaction:
    """COMMIT or ROLLBACK."""

    word: str


@dataclass(frozen=True)
class Block:
    """An anonymous PL/SQL block that does nothing, or sleeps for the seconds of an expression."""

    sleep: exp.Expr | None = None


Statement: TypeAlias = (
    "Query | Insert | Update | Delete | CreateTable | CreateIndex | DropTable | TruncateTable"
    " | CreateType | AlterType | DropType | Transaction | Block"
)
