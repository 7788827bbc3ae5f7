"""Oracle statements to plans sqlite3 can run.

`parse_text` reads a statement once; `compile_statement` makes a plan of it for one catalogue and
one set of bind kinds. What Oracle refuses is refused with Oracle's error, and what this stand-in
does not know with ORA-03001 and its name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from sqlglot import exp

from ..expressions.scopes import Compilation, Scope
from ..functions.conversions import convert
from ..kinds.catalogue import Catalogue, Table, no_such_table
from ..kinds.expression_types import NUMBER
from ..kinds.model import Kind, OraError, StatementKind
from ..kinds.nls import Nls
from ..parser.statement_parser import ParsedText
from ..parser.statements import (
    AddToTable,
    AlterSession,
    AlterType,
    Block,
    Comment,
    CreateIndex,
    CreateTable,
    CreateType,
    CreateView,
    Delete,
    DropColumns,
    DropConstraint,
    DropIndex,
    DropTable,
    DropType,
    DropView,
    Insert,
    ModifyColumns,
    Name,
    Query,
    RenameInTable,
    Schema,
    Statement,
    Transaction,
    TruncateTable,
    Update,
)
from ..parser.syntax_errors import unknown
from ..queries.plans import Plan, QueryPlan, SchemaPlan, SettingsPlan, SleepPlan, TransactionPlan
from ..queries.queries import Queries
from .changes import compile_delete, compile_insert, compile_update
from .schema_changes import (
    create_index,
    create_table,
    create_view,
    drop_index,
    drop_table,
    drop_view,
    truncate_table,
)
from .table_changes import alter_table, comment
from .type_changes import alter_type, create_type, drop_type

_KINDS: dict[type[object], StatementKind] = {
    Query: StatementKind.QUERY,
    Insert: StatementKind.DML,
    Update: StatementKind.DML,
    Delete: StatementKind.DML,
    Transaction: StatementKind.CONTROL,
    AlterSession: StatementKind.CONTROL,
    Block: StatementKind.BLOCK,
}


def statement_kind(statement: Statement) -> StatementKind:
    return _KINDS.get(type(statement), StatementKind.DDL)


def compile_statement(
    parsed: ParsedText, catalogue: Catalogue, user: str, bind_kinds: Sequence[Kind], nls: Nls
) -> Plan:
    """OraError for names, types and constructs that are wrong or not known."""
    compilation = Compilation(catalogue, user, bind_kinds, itertools.count(1), nls)
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
    if isinstance(statement, AlterSession):
        return SettingsPlan(statement.settings)
    if isinstance(statement, Block):
        return SleepPlan(_seconds(statement.sleep, queries, scope))
    if parsed.bind_names:
        raise OraError(1027, "bind variables not allowed for data definition operations")
    return _schema_plan(statement, queries, scope)


def _schema_plan(statement: Schema, queries: Queries, scope: Scope) -> SchemaPlan:
    compilation = scope.compilation
    if isinstance(statement, CreateTable):
        return create_table(statement, queries, scope)
    if isinstance(statement, DropTable):
        return drop_table(statement, queries, scope)
    if isinstance(statement, CreateView):
        return create_view(statement, queries, scope)
    if isinstance(statement, _ALTER_TABLE):
        return alter_table(statement, _table(statement.table, compilation), queries, scope)
    if isinstance(statement, CreateIndex):
        return create_index(statement, _table(statement.table, compilation), compilation)
    if isinstance(statement, TruncateTable):
        return truncate_table(_table(statement.table, compilation), compilation)
    return _catalogue_plan(statement, compilation)


_ALTER_TABLE = (AddToTable, ModifyColumns, DropColumns, DropConstraint, RenameInTable)


def _catalogue_plan(statement: Schema, compilation: Compilation) -> SchemaPlan:
    """Those that touch no row, and compile no expression."""
    plans: dict[type[object], Callable[..., SchemaPlan]] = {
        DropIndex: drop_index,
        DropView: drop_view,
        Comment: comment,
        CreateType: create_type,
        AlterType: alter_type,
        DropType: drop_type,
    }
    return plans[type(statement)](statement, compilation)


def _seconds(node: exp.Expr | None, queries: Queries, scope: Scope) -> str | None:
    if node is None:
        return None
    return f"SELECT {convert(queries.expressions.value(node, scope), NUMBER).sql}"


def _table(name: Name, compilation: Compilation) -> Table:
    table = compilation.catalogue.find(name.schema, name.name, compilation.user)
    if table is None and compilation.catalogue.find_view(name.schema, name.name, compilation.user):
        raise unknown("changes through a view", name.offset)
    if table is None:
        raise no_such_table(name.schema or compilation.user, name.name, name.offset)
    return table
