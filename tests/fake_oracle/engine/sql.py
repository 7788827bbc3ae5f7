"""Oracle statements to plans sqlite3 can run.

`parse_text` reads a statement once; `compile_statement` makes a plan of it for one catalogue and
one set of bind kinds. What Oracle refuses is refused with Oracle's error, and what this stand-in
does not know with ORA-03001 and its name.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

from sqlglot import exp

from ..expressions.scopes import Compilation, Scope
from ..functions.conversions import convert
from ..kinds.catalogue import Catalogue, Table, no_such_table
from ..kinds.expression_types import NUMBER
from ..kinds.model import Kind, StatementKind
from ..parser.statement_parser import ParsedText
from ..parser.statements import (
    AlterType,
    Block,
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
from ..queries.plans import Plan, QueryPlan, SchemaPlan, SleepPlan, TransactionPlan
from ..queries.queries import Queries
from .changes import compile_delete, compile_insert, compile_update
from .schema_changes import create_index, create_table, drop_table
from .type_changes import alter_type, create_type, drop_type

Schema: TypeAlias = (
    "CreateTable | CreateIndex | DropTable | TruncateTable | CreateType | AlterType | DropType"
)

_KINDS: dict[type[object], StatementKind] = {
    Query: StatementKind.QUERY,
    Insert: StatementKind.DML,
    Update: StatementKind.DML,
    Delete: StatementKind.DML,
    CreateTable: StatementKind.DDL,
    CreateIndex: StatementKind.DDL,
    DropTable: StatementKind.DDL,
    TruncateTable: StatementKind.DDL,
    CreateType: StatementKind.DDL,
    AlterType: StatementKind.DDL,
    DropType: StatementKind.DDL,
    Transaction: StatementKind.CONTROL,
    Block: StatementKind.BLOCK,
}


def statement_kind(statement: Statement) -> StatementKind:
    return _KINDS[type(statement)]


def compile_statement(
    parsed: ParsedText, catalogue: Catalogue, user: str, bind_kinds: Sequence[Kind]
) -> Plan:
    """OraError for names, types and constructs that are wrong or not known."""
    compilation = Compilation(catalogue, user, bind_kinds, itertools.count(1))
    scope = Scope(compilation)
    statement = parsed.statement
    queries = Queries()
    if isinstance(statement, Query):
        block = queries.query(statement.tree, scope)
        return QueryPlan(block.sql, block.columns, compilation.locks_rows, compilation.nested)
    if isinstance(statement, Insert):
        return compile_insert(statement, _table(statement.table, compilation), queries, scope)
    if isinstance(statement, Update):
        return compile_update(statement, _table(statement.table, compilation), queries, scope)
    if isinstance(statement, Delete):
        return compile_delete(statement, _table(statement.table, compilation), queries, scope)
    if isinstance(statement, Transaction):
        return TransactionPlan(statement.word)
    if isinstance(statement, Block):
        return SleepPlan(_seconds(statement.sleep, queries, scope))
    return _schema_plan(statement, queries, scope)


def _schema_plan(statement: Schema, queries: Queries, scope: Scope) -> SchemaPlan:
    if isinstance(statement, CreateTable):
        return create_table(statement, queries, scope)
    if isinstance(statement, DropTable):
        return drop_table(statement, scope.compilation)
    if isinstance(statement, CreateType):
        return create_type(statement, scope.compilation)
    if isinstance(statement, AlterType):
        return alter_type(statement, scope.compilation)
    if isinstance(statement, DropType):
        return drop_type(statement, scope.compilation)
    table = _table(statement.table, scope.compilation)
    if isinstance(statement, CreateIndex):
        return create_index(statement, table, scope.compilation)
    return SchemaPlan([f"DELETE FROM {table.sqlite_name}"], scope.compilation.catalogue)


def _seconds(node: exp.Expr | None, queries: Queries, scope: Scope) -> str | None:
    if node is None:
        return None
    return f"SELECT {convert(queries.expressions.value(node, scope), NUMBER).sql}"


def _table(name: Name, compilation: Compilation) -> Table:
    table = compilation.catalogue.find(name.schema, name.name, compilation.user)
    if table is None:
        raise no_such_table(name.schema or compilation.user, name.name, name.offset)
    return table
