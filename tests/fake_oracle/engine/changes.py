"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from ..expressions.scopes import Scope, typed_columns
from ..functions.conversions import assign
from ..kinds.catalogue import Table, TableColumn
from ..kinds.expression_types import Typed
from ..kinds.model import OraError
from ..parser.identifiers import identifier_name, offset_of
from ..parser.statements import Delete, Insert, Update
from ..queries.from_clause import add_table
from ..queries.plans import ChangePlan
from ..queries.queries import Queries
from ..queries.row_limits import row_limits


def compile_insert(statement: Insert, table: Table, queries: Queries, scope: Scope) -> ChangePlan:
    targets = _targets(statement, table)
    if statement.query is not None:
        selects = [_inserted_query(statement.query, targets, table, queries, scope)]
    else:
        selects = [_inserted_row(row, targets, table, queries, scope) for row in statement.rows]
    columns = ", ".join(f"c{position}" for position, _ in enumerate(table.columns, 1))
    sql = f"INSERT INTO {table.sqlite_name} ({columns}) {' UNION ALL '.join(selects)}"
    return ChangePlan(sql, table, inserts=True)


def _targets(statement: Insert, table: Table) -> list[str]:
    if not statement.columns:
        return [column.name for column in table.columns]
    names = [identifier_name(column) for column in statement.columns]
    for name, column in zip(names, statement.columns, strict=True):
        if table.column(name) is None:
            raise OraError(904, f'"{name}": invalid identifier', offset_of(column))
        if names.count(name) > 1:
            raise OraError(957, "duplicate column name", offset_of(column))
    return names


def _inserted_row(
    row: Sequence[exp.Expr | None],
    targets: Sequence[str],
    table: Table,
    queries: Queries,
    scope: Scope,
) -> str:
    _check_count(len(row), len(targets))
    given: dict[str, Typed] = {}
    for name, node in zip(targets, row, strict=True):
        if node is not None:
            given[name] = queries.expressions.value(node, scope)
    return f"SELECT {_all_columns(given, table, frozenset(targets) - given.keys())}"


def _inserted_query(
    query: exp.Expr, targets: Sequence[str], table: Table, queries: Queries, scope: Scope
) -> str:
    block = queries.query(query, scope)
    _check_count(len(block.columns), len(targets))
    values = [typed for _, typed in typed_columns(block.columns, "i")]
    given = dict(zip(targets, values, strict=True))
    return f"SELECT {_all_columns(given, table, frozenset())} FROM ({block.sql}) i"


def _check_count(values: int, columns: int) -> None:
    if values < columns:
        raise OraError(947, "not enough values")
    if values > columns:
        raise OraError(913, "too many values")


def _all_columns(given: dict[str, Typed], table: Table, defaulted: frozenset[str]) -> str:
    """One value per column of the table, DEFAULT where none was given."""
    cells = []
    for column in table.columns:
        value = given.get(column.name)
        cells.append(_default(column) if value is None else stored(value, table, column))
    return ", ".join(cells)


def _default(column: TableColumn) -> str:
    return column.default_sql or "NULL"


def stored(value: Typed, table: Table, column: TableColumn) -> str:
    """The value as the column keeps it."""
    return assign(value, column.type, f'{table.full_name}."{column.name}"')


def compile_update(statement: Update, table: Table, queries: Queries, scope: Scope) -> ChangePlan:
    rows = replace(scope, sources=[], parent=None)
    add_table(table, statement.alias, rows)
    changes = []
    for identifier, node in statement.assignments:
        name = identifier_name(identifier)
        found = table.column(name)
        if found is None:
            raise OraError(904, f'"{name}": invalid identifier', offset_of(identifier))
        position, column = found
        if node is None:
            changes.append(f"c{position} = {_default(column)}")
        else:
            value = queries.expressions.value(node, rows)
            changes.append(f"c{position} = {stored(value, table, column)}")
    alias = _alias_of(rows)
    sql = f"UPDATE {table.sqlite_name} AS {alias} SET {', '.join(changes)}"
    return ChangePlan(sql + _where(statement.where, table, queries, rows), table, inserts=False)


def compile_delete(statement: Delete, table: Table, queries: Queries, scope: Scope) -> ChangePlan:
    rows = replace(scope, sources=[], parent=None)
    add_table(table, statement.alias, rows)
    sql = f"DELETE FROM {table.sqlite_name} AS {_alias_of(rows)}"
    sql += _where(statement.where, table, queries, rows)
    return ChangePlan(sql, table, inserts=False, deletes=True)


def _alias_of(rows: Scope) -> str:
    return rows.sources[0].columns[0][1].sql.partition(".")[0]


def _where(node: exp.Expr | None, table: Table, queries: Queries, rows: Scope) -> str:
    if node is None:
        return ""
    limits, conditions = row_limits(exp.Where(this=node.copy()))
    filters = [queries.conditions.condition(condition, rows) for condition in conditions]
    where = " WHERE " + " AND ".join(filters) if filters else ""
    if not limits:
        return where
    alias = _alias_of(rows)
    counts = [limit.count_sql(queries.expressions, Scope(rows.compilation)) for limit in limits]
    least = counts[0] if len(counts) == 1 else f"min({', '.join(counts)})"
    chosen = f"SELECT {alias}.rowid FROM {table.sqlite_name} {alias}{where} LIMIT {least}"
    return f" WHERE {alias}.rowid IN ({chosen})"
