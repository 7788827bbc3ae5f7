"""The declared tables and types of one service: what the data dictionary would say of them.

A Catalogue is frozen; DDL makes a new one with a higher version, and statements compiled against
an older version are compiled again, as Oracle invalidates its cursors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .model import Column, ColumnType, Kind, ObjectType, OraError


@dataclass(frozen=True)
class TableColumn:
    """default_text: its DEFAULT as it was written, and default_sql the same for sqlite."""

    name: str
    type: ColumnType
    nullable: bool = True
    default_sql: str | None = None
    default_text: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Reference:
    """What a foreign key points to: columns of the table with that number."""

    table: int
    columns: Sequence[str]
    on_delete: str = ""


@dataclass(frozen=True)
class Constraint:
    """PRIMARY, UNIQUE, CHECK, NOT NULL or FOREIGN under its Oracle name.

    condition: the text of a CHECK. is_named: by a statement, not by the database.
    """

    kind: str
    name: str
    columns: Sequence[str]
    condition: str | None = None
    reference: Reference | None = None
    is_named: bool = True


@dataclass(frozen=True)
class Index:
    """One that CREATE INDEX made. Those of keys bear the names of their constraints."""

    schema: str
    name: str
    columns: Sequence[str]
    is_unique: bool


@dataclass(frozen=True)
class View:
    """A named query. columns, and selected, the names its query gives them, are those it was made
    with: a column that a `*` would find later is not the view's.
    """

    schema: str
    name: str
    text: str
    columns: Sequence[Column]
    selected: Sequence[str]
    comments: Mapping[str | None, str] = field(default_factory=dict)  # None: of the view itself

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.name


@dataclass(frozen=True)
class Table:
    """last_constraint: how many constraints it ever had; the database's names count on.

    is_readable: False where only its owner may read it, and others may do something else to it:
    they see it in the dictionary.
    """

    schema: str
    name: str
    number: int  # the table is t<number> in sqlite, its columns c1, c2 and so on
    columns: Sequence[TableColumn]
    constraints: Sequence[Constraint] = ()
    indexes: Sequence[Index] = ()
    comment: str | None = None
    last_constraint: int = 0
    is_readable: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.name

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


# A list of texts that every database has, and every user may use.
_TEXT_LIST = ObjectType(
    "SYS",
    "ODCIVARCHAR2LIST",
    bytes.fromhex("000000000000000000000000000200DC"),
    element=ColumnType(Kind.VARCHAR, size=4000, chars=4000),
    limit=32767,
)


@dataclass(frozen=True)
class Catalogue:
    """public: tables every user may name without their schema, as through a public synonym, and
    public_types the same for types."""

    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    last_number: int = 0
    types: Mapping[tuple[str, str], ObjectType] = field(
        default_factory=lambda: {_TEXT_LIST.key: _TEXT_LIST}
    )
    public_types: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[tuple[str, str], View] = field(default_factory=dict)

    def find(self, schema: str | None, name: str, user: str) -> Table | None:
        if schema is not None:
            return self.tables.get((schema, name))
        own = self.tables.get((user, name))
        if own is None and name in self.public:
            return self.tables.get((self.public[name], name))
        return own

    def find_view(self, schema: str | None, name: str, user: str) -> View | None:
        return self.views.get((schema or user, name))

    def children(self, parent: Table) -> list[tuple[Table, Constraint]]:
        """The foreign keys that point to a table, its own included."""
        return [
            (table, constraint)
            for table in self.tables.values()
            for constraint in table.constraints
            if constraint.reference is not None and constraint.reference.table == parent.number
        ]

    def find_index(self, schema: str, name: str) -> tuple[Table, Index] | None:
        for table in self.tables.values():
            for index in table.indexes:
                if (index.schema, index.name) == (schema, name):
                    return table, index
        return None

    def is_taken(self, schema: str, name: str) -> bool:
        """Tables, views and types share one space of names."""
        key = (schema, name)
        return key in self.tables or key in self.views or key in self.types

    def find_type(self, schema: str | None, name: str, user: str) -> ObjectType | None:
        if schema is not None:
            return self.types.get((schema, name))
        own = self.types.get((user, name))
        if own is None and name in self.public_types:
            return self.types.get((self.public_types[name], name))
        return own

    def with_type(self, made: ObjectType) -> Catalogue:
        changed = replace(self, types={**self.types, made.key: made}, version=self.version + 1)
        return changed._linked()

    def without_type(self, gone: ObjectType) -> Catalogue:
        rest = {key: made for key, made in self.types.items() if key != gone.key}
        return replace(self, types=rest, version=self.version + 1)._linked()

    def _linked(self) -> Catalogue:
        """Every type and column with the types it refers to as they are now."""
        types = {key: self._link(made) for key, made in self.types.items()}
        tables = {
            key: replace(
                table, columns=[replace(c, type=self._link_column(c.type)) for c in table.columns]
            )
            for key, table in self.tables.items()
        }
        return replace(self, types=types, tables=tables)

    def _link(self, named: ObjectType) -> ObjectType:
        now = self.types[named.key]
        attributes = [replace(a, type=self._link_column(a.type)) for a in now.attributes]
        subtypes = [self._link(t) for t in self.types.values() if t.supertype == now.key]
        element = None if now.element is None else self._link_column(now.element)
        return replace(now, attributes=tuple(attributes), element=element, subtypes=tuple(subtypes))

    def _link_column(self, column_type: ColumnType) -> ColumnType:
        if column_type.object is None:
            return column_type
        return replace(column_type, object=self._link(column_type.object))

    def with_table(self, table: Table) -> Catalogue:
        return replace(
            self,
            tables={**self.tables, table.key: table},
            version=self.version + 1,
            last_number=max(self.last_number, table.number),
        )

    def without(self, table: Table) -> Catalogue:
        rest = {k: v for k, v in self.tables.items() if k != table.key}
        return replace(self, tables=rest, version=self.version + 1)

    def with_view(self, view: View) -> Catalogue:
        return replace(self, views={**self.views, view.key: view}, version=self.version + 1)

    def without_view(self, view: View) -> Catalogue:
        rest = {k: v for k, v in self.views.items() if k != view.key}
        return replace(self, views=rest, version=self.version + 1)

    def by_number(self, number: int) -> Table:
        return next(table for table in self.tables.values() if table.number == number)

    def by_sqlite_name(self, name: str) -> Table:
        return next(table for table in self.tables.values() if table.sqlite_name == name)


def no_such_table(schema: str, name: str, offset: int) -> OraError:
    return OraError(942, f'table or view "{schema}"."{name}" does not exist', offset)
