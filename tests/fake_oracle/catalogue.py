"""The declared tables of one service: what the data dictionary would say of them.

A Catalogue is frozen; DDL makes a new one with a higher version, and statements compiled against
an older version are compiled again, as Oracle invalidates its cursors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .model import ColumnType, OraError


@dataclass(frozen=True)
class TableColumn:
    name: str
    type: ColumnType
    nullable: bool = True
    default_sql: str | None = None  # sqlite SQL of its DEFAULT


@dataclass(frozen=True)
class Constraint:
    """PRIMARY, UNIQUE or CHECK under its Oracle name."""

    kind: str
    name: str
    columns: Sequence[str]


@dataclass(frozen=True)
class Table:
    schema: str
    name: str
    number: int  # the table is t<number> in sqlite, its columns c1, c2 and so on
    columns: Sequence[TableColumn]
    constraints: Sequence[Constraint] = ()

    @property
    def sqlite_name(self) -> str:
        return f"t{self.number}"

    @property
    def full_name(self) -> str:
        return f'"{self.schema}"."{self.name}"'

    def column(self, name: str) -> tuple[int, TableColumn] | None:
        """The column's position, counted from 1, and the column."""
        for position, column in enumerate(self.columns, 1):
            if column.name == name:
                return position, column
        return None


@dataclass(frozen=True)
class Catalogue:
    """public: tables every user may name without their schema, as through a public synonym."""

    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    last_number: int = 0

    def find(self, schema: str | None, name: str, user: str) -> Table | None:
        if schema is not None:
            return self.tables.get((schema, name))
        own = self.tables.get((user, name))
        if own is None and name in self.public:
            return self.tables.get((self.public[name], name))
        return own

    def with_table(self, table: Table) -> Catalogue:
        key = (table.schema, table.name)
        return replace(
            self,
            tables={**self.tables, key: table},
            version=self.version + 1,
            last_number=max(self.last_number, table.number),
        )

    def without(self, table: Table) -> Catalogue:
        key = (table.schema, table.name)
        rest = {k: v for k, v in self.tables.items() if k != key}
        return replace(self, tables=rest, version=self.version + 1)

    def by_sqlite_name(self, name: str) -> Table:
        return next(table for table in self.tables.values() if table.sqlite_name == name)


def no_such_table(schema: str, name: str, offset: int) -> OraError:
    return OraError(942, f'table or view "{schema}"."{name}" does not exist', offset)
