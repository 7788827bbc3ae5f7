"""FROM: tables, inline views, WITH queries, joins, and the row generator of CONNECT BY LEVEL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from ..expressions.object_expressions import table_source
from ..expressions.scopes import Block, Scope, Source, typed_columns
from ..functions.conversions import comparable, convert
from ..kinds.catalogue import Table, View, no_such_table
from ..kinds.expression_types import NUMBER, Typed, text_type
from ..kinds.model import Column, OraError
from ..parser.identifiers import identifier_name, offset_of
from ..parser.lexing import RESERVED
from ..parser.statement_parser import parse_text
from ..parser.statements import Query
from ..parser.syntax_errors import syntax_error, unknown
from .dictionary_views import dictionary_view

_DUAL = Source(
    "SYS", "DUAL", (("DUMMY", Typed("'X'", text_type(1, size=1))),), row_id="'AAAAB0AABAAAAOhAAA'"
)


class FromClause:
    """query compiles an inline view, condition an ON clause, value the bound of a generator."""

    def __init__(
        self,
        query: Callable[[exp.Expr, Scope], Block],
        condition: Callable[[exp.Expr, Scope], str],
        value: Callable[[exp.Expr, Scope], Typed],
    ) -> None:
        self.query = query
        self.condition = condition
        self.value = value

    def compile(self, node: exp.Select, scope: Scope) -> str:
        """The FROM clause's SQL, with its sources entered into the scope."""
        clause = node.args.get("from_")
        if node.args.get("connect") is not None:
            return self._generated(node, scope)
        if clause is None:
            return ""
        sql = " FROM " + self._source(clause.this, scope)
        nested = clause.this.args.get("joins") or []
        for join in [*nested, *(node.args.get("joins") or [])]:
            sql += self._join(join, scope)
        return sql

    def _source(self, node: exp.Expr, scope: Scope) -> str:
        _refuse_extras(node)
        if isinstance(node, exp.Subquery):
            return self._inline_view(node, scope)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            return self._table(node, scope)
        call = node.this
        if isinstance(call, exp.Anonymous) and call.name.upper() == "TABLE":
            return self._collection(node, call, scope)
        raise unknown(f"{_described(node)} in FROM", offset_of(node))

    def _inline_view(self, node: exp.Subquery, scope: Scope) -> str:
        outside = Scope(scope.compilation, common=scope.common)
        block = self.query(node.this, outside)
        alias = scope.compilation.fresh("v")
        name = _alias(node)
        scope.sources.append(Source(None, name, tuple(block.typed(alias)), is_alias=True))
        return f"({block.sql}) {alias}"

    def _collection(self, node: exp.Expr, call: exp.Anonymous, scope: Scope) -> str:
        """TABLE(collection); it may name what stands to its left."""
        if len(call.expressions) != 1:
            raise OraError(909, "invalid number of arguments", offset_of(node))
        value = self.value(call.expressions[0], scope)
        name = scope.compilation.fresh("j")
        sql, source = table_source(value, _alias(node), name, offset_of(node))
        scope.sources.append(source)
        return sql

    def _table(self, node: exp.Table, scope: Scope) -> str:
        name = identifier_name(node.this)
        schema = identifier_name(node.args["db"]) if node.args.get("db") else None
        if name in RESERVED and not node.this.quoted:
            raise syntax_error(903, offset_of(node))
        shown = _alias(node)
        if schema is None and name in scope.common:
            return self._common(name, shown, scope)
        compilation = scope.compilation
        table = compilation.catalogue.find(schema, name, compilation.user)
        if table is not None:
            if not table.is_readable and table.schema != compilation.user:
                raise OraError(1031, "insufficient privileges", offset_of(node))
            return add_table(table, shown, scope)
        made = compilation.catalogue.find_view(schema, name, compilation.user)
        if made is not None:
            return self._view(made, shown, scope)
        if name == "DUAL" and schema in (None, "SYS"):
            return self._dual(shown, scope)
        view = dictionary_view(name, compilation) if schema in (None, "SYS") else None
        if view is None:
            raise no_such_table(schema or compilation.user, name, offset_of(node))
        alias = compilation.fresh("d")
        columns = typed_columns(view.columns, alias)
        scope.sources.append(Source("SYS", shown or name, columns, is_alias=shown is not None))
        return f"({view.sql}) {alias}"

    def _view(self, view: View, shown: str | None, scope: Scope) -> str:
        """The view's query, its names read as its owner reads them."""
        owner = replace(scope.compilation, user=view.schema)
        try:
            statement = parse_text(view.text).statement
            assert isinstance(statement, Query)
            block = self.query(statement.tree, Scope(owner))
            places = [[c.name for c in block.columns].index(name) for name in view.selected]
        except (OraError, ValueError) as error:
            text = f'view "{view.schema}.{view.name}" has errors'
            raise OraError(4063, text) from error
        columns = [
            replace(block.columns[place], name=column.name)
            for place, column in zip(places, view.columns, strict=True)
        ]
        alias = scope.compilation.fresh("v")
        typed = typed_columns(columns, alias)
        scope.sources.append(
            Source(view.schema, shown or view.name, typed, is_alias=shown is not None)
        )
        picked = ", ".join(f"c{place + 1} AS c{n}" for n, place in enumerate(places, 1))
        return f"(SELECT {picked} FROM ({block.sql})) {alias}"

    def _common(self, name: str, shown: str | None, scope: Scope) -> str:
        common = scope.common[name]
        alias = scope.compilation.fresh("s")
        columns = typed_columns(common.columns, alias)
        scope.sources.append(Source(None, shown or name, columns, is_alias=True))
        return f"{common.alias} {alias}"

    def _dual(self, shown: str | None, scope: Scope) -> str:
        alias = scope.compilation.fresh("d")
        scope.sources.append(replace(_DUAL, name=shown or "DUAL", is_alias=shown is not None))
        return f"(SELECT 1) {alias}"

    def _join(self, node: exp.Join, scope: Scope) -> str:
        if node.args.get("method"):
            raise unknown(f"{node.args['method']} JOIN", offset_of(node))
        before = len(scope.sources)
        right = self._source(node.this, scope)
        side = node.args.get("side") or ""
        condition, using = node.args.get("on"), node.args.get("using")
        if using and side in ("RIGHT", "FULL"):
            raise unknown(f"{side} JOIN ... USING", offset_of(node))
        _let_be_missing(scope, before, side)
        if condition is not None:
            return f" {side} JOIN {right} ON {self.condition(condition, scope)}"
        if using:
            return f" {side} JOIN {right} ON {_using(using, scope.sources[:before], scope)}"
        if node.args.get("kind") not in ("COMMA", "CROSS"):
            raise OraError(905, "missing keyword", offset_of(node))
        return f" CROSS JOIN {right}"

    def _generated(self, node: exp.Select, scope: Scope) -> str:
        """CONNECT BY LEVEL <= n over DUAL, as a recursive query of sqlite's own integers."""
        self._check_generator(node)
        inclusive, bound = _level_bound(node.args["connect"])
        limit = convert(self.value(bound, Scope(scope.compilation)), NUMBER).sql
        last = f"ora_to_int({limit})" if inclusive else f"-ora_to_int(ora_negate({limit})) - 1"
        scope.sources.append(_DUAL)
        alias = scope.compilation.fresh("g")
        scope.level = f"ora_from_int({alias}.n)"
        return (
            f" FROM (WITH RECURSIVE {alias}(n) AS (VALUES (1) UNION ALL"
            f" SELECT n + 1 FROM {alias} WHERE n < {last}) SELECT n FROM {alias}) {alias}"
        )

    def _check_generator(self, node: exp.Select) -> None:
        source = node.args["from_"].this if node.args.get("from_") is not None else None
        over_dual = isinstance(source, exp.Table) and source.name.upper() == "DUAL"
        if not over_dual or node.args.get("joins"):
            raise unknown("CONNECT BY over anything but DUAL", offset_of(node))


def _level_bound(connect: exp.Expr) -> tuple[bool, exp.Expr]:
    """Whether the bound itself is reached, and the bound."""
    condition = connect.args["connect"]
    while isinstance(condition, exp.Paren):
        condition = condition.this
    counts = isinstance(condition, exp.LTE | exp.LT) and isinstance(condition.this, exp.Column)
    if not counts or connect.args.get("start") or connect.args.get("nocycle"):
        raise unknown("CONNECT BY other than LEVEL <= n", offset_of(connect))
    if condition.this.name.upper() not in ("LEVEL", "ROWNUM"):
        raise unknown("CONNECT BY other than LEVEL <= n", offset_of(connect))
    return isinstance(condition, exp.LTE), condition.expression


def add_table(table: Table, shown: str | None, scope: Scope) -> str:
    """Enter a table into the scope, and give its name and alias in sqlite."""
    alias = scope.compilation.fresh("s")
    columns = typed_columns([Column(c.name, c.type, c.nullable) for c in table.columns], alias)
    row_id = f"ora_rowid({table.number}, {alias}.rowid)"
    scope.sources.append(
        Source(table.schema, shown or table.name, columns, row_id, is_alias=shown is not None)
    )
    return f"{table.sqlite_name} {alias}"


def _let_be_missing(scope: Scope, before: int, side: str) -> None:
    """An outer join makes every column of the side that may be missing nullable."""
    for position, source in enumerate(scope.sources):
        if side == "FULL" or side == ("RIGHT" if position < before else "LEFT"):
            columns = tuple((name, replace(typed, nullable=True)) for name, typed in source.columns)
            scope.sources[position] = replace(source, columns=columns)


def _using(names: Sequence[exp.Expr], before: Sequence[Source], scope: Scope) -> str:
    """USING makes one column of two: it is named without a table from here on."""
    pairs = []
    for identifier in names:
        name = identifier_name(identifier)
        left = [typed for source in before for typed in source.named(name)]
        right = scope.sources[-1].named(name)
        if not left or not right:
            raise OraError(904, f'"{name}": invalid identifier', offset_of(identifier))
        scope.merged.add(name)
        pairs.append("{} = {}".format(*comparable(left[0], right[0])))
    return " AND ".join(pairs)


def _alias(node: exp.Expr) -> str | None:
    alias = node.args.get("alias")
    if alias is None:
        return None
    if alias.args.get("columns"):
        raise syntax_error(933, offset_of(node))
    if not alias.this.quoted and alias.name.upper() in RESERVED:
        raise syntax_error(933, offset_of(alias))
    return identifier_name(alias.this)


_PLAIN_PARTS = frozenset({"this", "alias", "db", "joins"})


def _refuse_extras(node: exp.Expr) -> None:
    for part, value in node.args.items():
        if value and part not in _PLAIN_PARTS:
            raise unknown(f"{part.upper()} in FROM", offset_of(node))


def _described(node: exp.Expr) -> str:
    inner = node.this if isinstance(node, exp.Table) else node
    return inner.name.upper() or type(inner).__name__.upper()
