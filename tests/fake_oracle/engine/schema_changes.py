"""CREATE and DROP of tables, indexes and views: sqlite statements and the catalogue behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from ..expressions.scopes import Block, Compilation, Scope, Source, typed_columns
from ..kinds.catalogue import (
    Catalogue,
    Constraint,
    Index,
    Reference,
    Table,
    TableColumn,
    View,
    no_such_table,
)
from ..kinds.expression_types import NULL, Typed
from ..kinds.model import Column, OraError
from ..parser.statement_parser import parse_condition
from ..parser.statements import (
    ColumnSpec,
    ConstraintSpec,
    CreateIndex,
    CreateTable,
    CreateView,
    DropIndex,
    DropTable,
    DropView,
    Name,
)
from ..queries.plans import SchemaPlan
from ..queries.queries import Queries
from ..queries.set_operations import renamed
from .changes import stored
from .constraints import duplicates, positions, with_constraints


def create_table(statement: CreateTable, queries: Queries, scope: Scope) -> SchemaPlan:
    compilation = scope.compilation
    catalogue, name = compilation.catalogue, statement.table
    schema = name.schema or compilation.user
    if catalogue.is_taken(schema, name.name):
        raise OraError(955, "name is already used by an existing object", name.offset)
    block = None if statement.query is None else queries.query(statement.query, scope)
    columns = _columns(statement, block, queries, scope)
    _check_stores(statement, columns)
    bare = Table(schema, name.name, catalogue.last_number + 1, columns)
    specs = [*_specs_of(statement, block), *statement.constraints]
    table = with_constraints(bare, specs, compilation)
    statements = [create_sql(table, table.sqlite_name, queries, scope)]
    if block is not None:
        statements.append(f"INSERT INTO {table.sqlite_name} {block.sql}")
    return SchemaPlan(statements, catalogue.with_table(table))


def _specs_of(statement: CreateTable, block: Block | None) -> Iterator[ConstraintSpec]:
    """The constraints that come with columns: written there, or with the query they are from."""
    if block is None:
        yield from (spec for column in statement.columns for spec in column.constraints)
        return
    for column in block.columns:
        if not column.nullable:
            yield ConstraintSpec("NOT NULL", (column.name,))


def _columns(
    statement: CreateTable, block: Block | None, queries: Queries, scope: Scope
) -> list[TableColumn]:
    if block is not None:
        columns = [_selected_column(column) for column in block.columns]
    else:
        columns = [declared_column(spec, queries, scope) for spec in statement.columns]
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        raise OraError(957, "duplicate column name", statement.table.offset)
    return columns


def _check_stores(statement: CreateTable, columns: Sequence[TableColumn]) -> None:
    """A nested table lies in a table of its own, which a declaration has to name."""
    if statement.query is not None:
        return
    for column in columns:
        made = column.type.object
        is_nested = made is not None and made.element is not None and not made.limit
        if is_nested and column.name not in statement.stores:
            text = "must specify table name for nested table column or attribute"
            raise OraError(22913, text, statement.table.offset)


def _selected_column(column: Column) -> TableColumn:
    if column.type == NULL:
        raise OraError(1723, "zero-length columns are not allowed")
    return TableColumn(column.name, column.type)


def declared_column(spec: ColumnSpec, queries: Queries, scope: Scope) -> TableColumn:
    assert spec.type is not None
    column = TableColumn(spec.name, scope.compilation.type_of(spec.type))
    return with_default(column, spec, queries, scope)


def with_default(
    column: TableColumn, spec: ColumnSpec, queries: Queries, scope: Scope
) -> TableColumn:
    if spec.default is None:
        return column
    value = queries.expressions.value(spec.default, scope)
    nowhere = Table("", "", 0, ())
    default = stored(value, nowhere, column)
    return replace(column, default_sql=default, default_text=spec.default_text)


def create_sql(table: Table, name: str, queries: Queries, scope: Scope) -> str:
    """The sqlite statement that makes the table under a name."""
    clauses = [_column_sql(position, column) for position, column in enumerate(table.columns, 1)]
    clauses += [
        _constraint_sql(constraint, table, queries, scope)
        for constraint in table.constraints
        if constraint.kind != "NOT NULL"
    ]
    return f"CREATE TABLE {name} ({', '.join(clauses)})"


def _column_sql(position: int, column: TableColumn) -> str:
    return f"c{position}" if column.nullable else f"c{position} NOT NULL"


def _constraint_sql(constraint: Constraint, table: Table, queries: Queries, scope: Scope) -> str:
    named = f'CONSTRAINT "{constraint.name}"'
    if constraint.condition is not None:
        return f"{named} CHECK ({condition_sql(constraint, table, queries, scope)})"
    places = _places(constraint.columns, table)
    if constraint.reference is None:
        word = "PRIMARY KEY" if constraint.kind == "PRIMARY" else "UNIQUE"
        return f"{named} {word} ({places})"
    parent = parent_of(constraint.reference, table, scope.compilation.catalogue)
    action = constraint.reference.on_delete
    there = _places(constraint.reference.columns, parent)
    return (
        f"{named} FOREIGN KEY ({places}) REFERENCES {parent.sqlite_name} ({there})"
        f" ON DELETE {action or 'NO ACTION'}"
    )


def parent_of(reference: Reference, table: Table, catalogue: Catalogue) -> Table:
    """A foreign key's other table; the one that is being made may be its own parent."""
    return table if reference.table == table.number else catalogue.by_number(reference.table)


def condition_sql(constraint: Constraint, table: Table, queries: Queries, scope: Scope) -> str:
    """The condition of a CHECK over the bare columns of one row."""
    assert constraint.condition is not None
    columns = [Column(c.name, c.type, c.nullable) for c in table.columns]
    bare = tuple(
        (name, replace(typed, sql=typed.sql.partition(".")[2]))
        for name, typed in typed_columns(columns, "t")
    )
    row = Scope(scope.compilation, sources=[Source(table.schema, table.name, bare)])
    return queries.conditions.condition(parse_condition(constraint.condition), row)


def index_sql(table: Table) -> list[str]:
    """The sqlite statements that make the indexes of a table."""
    return [_index_sql(index, table) for index in table.indexes]


def _index_sql(index: Index, table: Table) -> str:
    unique = "UNIQUE " if index.is_unique else ""
    name = _sqlite_index(index, table)
    return f"CREATE {unique}INDEX {name} ON {table.sqlite_name} ({_places(index.columns, table)})"


def _sqlite_index(index: Index, table: Table) -> str:
    name = f"{table.sqlite_name}_{index.schema}_{index.name}".replace('"', '""')
    return f'"{name}"'


def _places(names: Sequence[str], table: Table) -> str:
    return ", ".join(f"c{place}" for place in positions(names, table))


def create_index(statement: CreateIndex, table: Table, compilation: Compilation) -> SchemaPlan:
    name = statement.name
    schema = name.schema or compilation.user
    keys = (c.name for t in compilation.catalogue.tables.values() if t.schema == schema
            for c in t.constraints if c.kind in ("PRIMARY", "UNIQUE"))  # fmt: skip
    if name.name in keys or compilation.catalogue.find_index(schema, name.name) is not None:
        raise OraError(955, "name is already used by an existing object", name.offset)
    _refuse_indexed_twice(statement, table)
    index = Index(schema, name.name, tuple(statement.columns), statement.unique)
    changed = replace(table, indexes=[*table.indexes, index])
    error = OraError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")
    checks = [duplicates(table, index.columns, error)] if index.is_unique else []
    sql = _index_sql(index, changed)
    return SchemaPlan([sql], compilation.catalogue.with_table(changed), checks)


def _refuse_indexed_twice(statement: CreateIndex, table: Table) -> None:
    positions(statement.columns, table)
    keys = [c.columns for c in table.constraints if c.kind in ("PRIMARY", "UNIQUE")]
    known = [*keys, *(index.columns for index in table.indexes)]
    if any(list(columns) == list(statement.columns) for columns in known):
        raise OraError(1408, "such column list already indexed", statement.name.offset)


def drop_index(statement: DropIndex, compilation: Compilation) -> SchemaPlan:
    name = statement.name
    found = compilation.catalogue.find_index(name.schema or compilation.user, name.name)
    if found is None:
        raise OraError(1418, "specified index does not exist", name.offset)
    table, gone = found
    changed = replace(table, indexes=[index for index in table.indexes if index != gone])
    sql = f"DROP INDEX {_sqlite_index(gone, table)}"
    return SchemaPlan([sql], compilation.catalogue.with_table(changed))


def drop_table(statement: DropTable, queries: Queries, scope: Scope) -> SchemaPlan:
    catalogue, name = scope.compilation.catalogue, statement.table
    schema = name.schema or scope.compilation.user
    table = catalogue.tables.get((schema, name.name))
    if table is None:
        if statement.if_exists:
            return SchemaPlan([], catalogue)
        raise no_such_table(schema, name.name, name.offset)
    statements = []
    for child, key in catalogue.children(table):
        if child.number == table.number:
            continue
        if not statement.cascades:
            text = "unique/primary keys in table referenced by foreign keys"
            raise OraError(2449, text, name.offset)
        before = catalogue.by_number(child.number)
        after = replace(before, constraints=[c for c in before.constraints if c != key])
        statements += rebuilt(before, after, _same_values(before), queries, scope)
        catalogue = catalogue.with_table(after)
    statements.append(f"DROP TABLE {table.sqlite_name}")
    return SchemaPlan(statements, catalogue.without(table))


def truncate_table(table: Table, compilation: Compilation) -> SchemaPlan:
    if any(child.number != table.number for child, _ in compilation.catalogue.children(table)):
        text = "unique/primary keys in table referenced by enabled foreign keys"
        raise OraError(2266, text)
    return SchemaPlan([f"DELETE FROM {table.sqlite_name}"], compilation.catalogue)


def _same_values(table: Table) -> list[str]:
    return [f"c{position}" for position, _ in enumerate(table.columns, 1)]


def rebuilt(
    before: Table, after: Table, values: Sequence[str], queries: Queries, scope: Scope
) -> list[str]:
    """The table made anew under its own name: sqlite can change very little of a table in place.

    values: one for each column as it is afterwards, over the columns as they were. Rows keep their
    ROWIDs.
    """
    new = f"{before.sqlite_name}_new"
    columns = ", ".join(["rowid", *(f"c{n}" for n, _ in enumerate(after.columns, 1))])
    copied = ", ".join(["rowid", *values])
    return [
        create_sql(after, new, queries, scope),
        f"INSERT INTO {new} ({columns}) SELECT {copied} FROM {before.sqlite_name}",
        f"DROP TABLE {before.sqlite_name}",
        f"ALTER TABLE {new} RENAME TO {after.sqlite_name}",
        *index_sql(after),
    ]


def create_view(statement: CreateView, queries: Queries, scope: Scope) -> SchemaPlan:
    catalogue, name = scope.compilation.catalogue, statement.name
    schema = name.schema or scope.compilation.user
    is_view = (schema, name.name) in catalogue.views
    if catalogue.is_taken(schema, name.name) and not (is_view and statement.replaces):
        raise OraError(955, "name is already used by an existing object", name.offset)
    block = queries.query(statement.query, scope)
    columns = list(renamed(block.columns, statement.columns))
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        raise OraError(957, "duplicate column name", name.offset)
    if not statement.columns and not _names_its_columns(statement.query):
        raise OraError(998, "must name this expression with a column alias", name.offset)
    selected = [column.name for column in block.columns]
    view = View(schema, name.name, statement.text, columns, selected)
    return SchemaPlan([], catalogue.with_view(view))


def _names_its_columns(query: exp.Expr) -> bool:
    """Whether each item is a column or has an alias: the text of an expression is no name."""
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return all(isinstance(item, exp.Alias | exp.Column | exp.Star) for item in query.expressions)


def drop_view(statement: DropView, compilation: Compilation) -> SchemaPlan:
    view = find_view(statement.name, compilation)
    return SchemaPlan([], compilation.catalogue.without_view(view))


def find_view(name: Name, compilation: Compilation) -> View:
    view = compilation.catalogue.find_view(name.schema, name.name, compilation.user)
    if view is None:
        raise no_such_table(name.schema or compilation.user, name.name, name.offset)
    return view


def as_typed(position: int, column: TableColumn) -> Typed:
    """A column of a table that is being changed, without an alias in front."""
    return Typed(f"c{position}", column.type, nullable=column.nullable)
