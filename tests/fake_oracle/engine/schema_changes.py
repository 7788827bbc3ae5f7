"""CREATE TABLE, CREATE INDEX and DROP TABLE: sqlite statements and the catalogue behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..expressions.scopes import Block, Compilation, Scope, Source, typed_columns
from ..kinds.catalogue import Constraint, Table, TableColumn, no_such_table
from ..kinds.expression_types import NULL, Typed
from ..kinds.model import Column, OraError
from ..parser.statements import ColumnSpec, ConstraintSpec, CreateIndex, CreateTable, DropTable
from ..queries.plans import SchemaPlan
from ..queries.queries import Queries
from .changes import stored


def create_table(statement: CreateTable, queries: Queries, scope: Scope) -> SchemaPlan:
    compilation = scope.compilation
    catalogue, name = compilation.catalogue, statement.table
    schema = name.schema or compilation.user
    if (schema, name.name) in catalogue.tables:
        raise OraError(955, "name is already used by an existing object", name.offset)
    block = None if statement.query is None else queries.query(statement.query, scope)
    bare = Table(schema, name.name, catalogue.last_number + 1, ())
    columns = _columns(statement, block, queries, scope)
    _check_stores(statement, columns)
    specs = [*(c for column in statement.columns for c in column.constraints),
             *statement.constraints]  # fmt: skip
    constraints = [_constraint(spec, bare, n) for n, spec in enumerate(specs, 1)]
    table = replace(bare, columns=_with_keys(columns, constraints), constraints=constraints)
    clauses = [_column_sql(position, column) for position, column in enumerate(table.columns, 1)]
    for spec, constraint in zip(specs, constraints, strict=True):
        clauses.append(_constraint_sql(spec, constraint, table, queries, scope))
    statements = [f"CREATE TABLE {table.sqlite_name} ({', '.join(clauses)})"]
    if block is not None:
        statements.append(f"INSERT INTO {table.sqlite_name} {block.sql}")
    return SchemaPlan(statements, catalogue.with_table(table))


def _columns(
    statement: CreateTable, block: Block | None, queries: Queries, scope: Scope
) -> list[TableColumn]:
    if block is not None:
        columns = [_selected_column(column) for column in block.columns]
    else:
        columns = [_declared_column(spec, queries, scope) for spec in statement.columns]
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
    return TableColumn(column.name, column.type, column.nullable)


def _declared_column(spec: ColumnSpec, queries: Queries, scope: Scope) -> TableColumn:
    column_type = scope.compilation.type_of(spec.type)
    column = TableColumn(spec.name, column_type, spec.nullable)
    if spec.default is None:
        return column
    value = queries.expressions.value(spec.default, scope)
    nowhere = Table("", "", 0, ())
    return replace(column, default_sql=stored(value, nowhere, column))


def _constraint(spec: ConstraintSpec, table: Table, position: int) -> Constraint:
    made_up = f"SYS_C00{7000 + table.number * 10 + position}"
    return Constraint(spec.kind, spec.name or made_up, spec.columns)


def _with_keys(
    columns: Sequence[TableColumn], constraints: Sequence[Constraint]
) -> list[TableColumn]:
    keys = {name for c in constraints if c.kind == "PRIMARY" for name in c.columns}
    return [replace(c, nullable=False) if c.name in keys else c for c in columns]


def _column_sql(position: int, column: TableColumn) -> str:
    return f"c{position}" if column.nullable else f"c{position} NOT NULL"


def _constraint_sql(
    spec: ConstraintSpec, constraint: Constraint, table: Table, queries: Queries, scope: Scope
) -> str:
    if spec.condition is not None:
        columns = [Column(c.name, c.type, c.nullable) for c in table.columns]
        bare = tuple(
            (name, Typed(typed.sql.partition(".")[2], typed.type))
            for name, typed in typed_columns(columns, "t")
        )
        row = Scope(scope.compilation, sources=[Source(table.schema, table.name, bare)])
        condition = queries.conditions.condition(spec.condition, row)
        return f'CONSTRAINT "{constraint.name}" CHECK ({condition})'
    places = ", ".join(_positions(spec.columns, table))
    word = "PRIMARY KEY" if spec.kind == "PRIMARY" else "UNIQUE"
    return f'CONSTRAINT "{constraint.name}" {word} ({places})'


def _positions(names: Sequence[str], table: Table) -> list[str]:
    places = []
    for name in names:
        found = table.column(name)
        if found is None:
            raise OraError(904, f'"{name}": invalid identifier')
        places.append(f"c{found[0]}")
    return places


def create_index(statement: CreateIndex, table: Table, compilation: Compilation) -> SchemaPlan:
    unique = "UNIQUE " if statement.unique else ""
    places = ", ".join(_positions(statement.columns, table))
    name = f"{table.sqlite_name}_{statement.name.name}".replace('"', '""')
    sql = f'CREATE {unique}INDEX "{name}" ON {table.sqlite_name} ({places})'
    if not statement.unique:
        return SchemaPlan([sql], compilation.catalogue)
    constraint = Constraint("UNIQUE", statement.name.name, statement.columns)
    changed = replace(table, constraints=[*table.constraints, constraint])
    return SchemaPlan([sql], compilation.catalogue.with_table(changed))


def drop_table(statement: DropTable, compilation: Compilation) -> SchemaPlan:
    name = statement.table
    schema = name.schema or compilation.user
    table = compilation.catalogue.tables.get((schema, name.name))
    if table is None:
        if statement.if_exists:
            return SchemaPlan([], compilation.catalogue)
        raise no_such_table(schema, name.name, name.offset)
    return SchemaPlan([f"DROP TABLE {table.sqlite_name}"], compilation.catalogue.without(table))
