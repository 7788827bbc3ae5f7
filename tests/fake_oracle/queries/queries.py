"""Query blocks: SELECT, set operations, WITH, inline views, ROWNUM, FETCH FIRST.

Every block gives its columns to sqlite as c1, c2 and so on, and every source has an alias of its
own, so sqlite never sees an Oracle name: repeated, quoted and odd names need no care.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ..expressions import aggregate_calls
from ..expressions.conditions import Conditions
from ..expressions.expressions import Expressions
from ..expressions.nested_queries import NestedQuery
from ..expressions.scopes import Block, CommonQuery, Grouping, Scope
from ..functions.conversions import convert
from ..kinds.expression_types import NUMBER, Typed
from ..kinds.model import Column, ColumnType, Kind, OraError
from ..parser.identifiers import identifier_name, offset_of
from ..parser.lexing import RESERVED, words
from ..parser.syntax_errors import syntax_error, unknown
from .from_clause import FromClause
from .row_limits import RowLimit, row_limits
from .set_operations import converted_side, position, renamed, result_key, set_columns


@dataclass(frozen=True)
class _Item:
    name: str
    value: Typed
    alias: str | None = None


# Parts of a SELECT this compiler reads; any other part that is set is refused by its name.
_KNOWN_PARTS = words(
    "expressions distinct from_ joins where group having order limit offset with_ connect locks"
)


class Queries:
    """Compiles whole queries; made once per statement."""

    def __init__(self) -> None:
        self.expressions = Expressions(self._scalar, self._condition, self._cursor, self.query)
        self.conditions = Conditions(self.expressions, self._subquery)
        self.from_clause = FromClause(self.query, self._condition, self.expressions.value)

    def _condition(self, node: exp.Expr, scope: Scope) -> str:
        return self.conditions.condition(node, scope)

    def _scalar(self, node: exp.Expr, scope: Scope) -> Typed:
        block = self.query(node, scope)
        if len(block.columns) != 1:
            raise OraError(913, "too many values", offset_of(node))
        value = "c1" if block.one_row else "ora_only_row(c1)"
        return Typed(f"(SELECT {value} FROM ({block.sql}))", block.columns[0].type)

    def _cursor(self, node: exp.Expr, scope: Scope) -> Typed:
        around = replace(scope, captured={})
        block = self.query(node, around)
        assert around.captured is not None
        nested = scope.compilation.nested
        nested.append(NestedQuery(block.sql, block.columns, list(around.captured.values())))
        parts = ", ".join([str(len(nested) - 1), *around.captured])
        return Typed(f"ora_cursor({parts})", ColumnType(Kind.CURSOR), nullable=False)

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, list[Typed]]:
        block = self.query(node, scope)
        return block.sql, [typed for _, typed in block.typed("q")]

    def query(self, node: exp.Expr, outer: Scope) -> Block:
        """outer: the block around this one, whose columns and WITH queries are in view."""
        outer, ctes = self._with(node, outer)
        if isinstance(node, exp.Select):
            block = self._select(node, outer)
        elif isinstance(node, exp.SetOperation):
            block = self._set_operation(node, outer)
        elif isinstance(node, exp.Subquery):
            block = self._parenthesized(node, outer)
        else:
            raise syntax_error(900, offset_of(node))
        return replace(block, sql=f"WITH {', '.join(ctes)} {block.sql}") if ctes else block

    def _with(self, node: exp.Expr, outer: Scope) -> tuple[Scope, list[str]]:
        clause = node.args.get("with_")
        if clause is None:
            return outer, []
        if clause.args.get("recursive") or clause.args.get("search"):
            raise unknown("recursive WITH", offset_of(node))
        scope, ctes = replace(outer), []
        for cte in clause.expressions:
            name = identifier_name(cte.args["alias"].this)
            _refuse_nested_or_recursive(cte, name)
            block = self.query(cte.this, scope)
            columns = renamed(block.columns, cte.args["alias"].args.get("columns"))
            alias = scope.compilation.fresh("w")
            scope = replace(scope, common={**scope.common, name: CommonQuery(alias, columns)})
            ctes.append(f"{alias} AS ({block.sql})")
        return scope, ctes

    def _parenthesized(self, node: exp.Subquery, outer: Scope) -> Block:
        inner = self.query(node.this, outer)
        if not any(node.args.get(part) for part in ("order", "limit", "offset")):
            return inner
        return self._ordered(inner, node, outer)

    def _set_operation(self, node: exp.SetOperation, outer: Scope) -> Block:
        left, right = self.query(node.this, outer), self.query(node.expression, outer)
        columns = set_columns(left.columns, right.columns, offset_of(node.expression))
        sides = [converted_side(side, columns) for side in (left, right)]
        word = _SET_WORDS[type(node)] + ("" if node.args.get("distinct") else " ALL")
        if word not in ("UNION", "UNION ALL", "EXCEPT", "INTERSECT"):
            raise unknown(word.replace("EXCEPT", "MINUS"), offset_of(node))
        block = Block(f"{sides[0]} {word} {sides[1]}", columns)
        if any(node.args.get(part) for part in ("order", "limit", "offset")):
            return self._ordered(block, node, outer)
        return block

    def _ordered(self, block: Block, node: exp.Expr, outer: Scope) -> Block:
        """ORDER BY and FETCH behind a set operation or parentheses name its columns."""
        scope = Scope(outer.compilation)
        sql = f"SELECT * FROM ({block.sql})"
        order = node.args.get("order")
        if order is not None:
            keys = [
                result_key(ordered, block.columns, scope.compilation.order_key)
                for ordered in order.expressions
            ]
            sql += " ORDER BY " + ", ".join(keys)
        return replace(block, sql=sql + self._fetch(node, scope))

    def _select(self, node: exp.Select, outer: Scope) -> Block:
        _refuse_unknown_parts(node)
        scope = Scope(outer.compilation, parent=outer, common=outer.common)
        from_sql = self.from_clause.compile(node, scope)
        limits, conditions = row_limits(node.args.get("where"))
        filters = [self._condition(condition, scope) for condition in conditions]
        rows = from_sql + (" WHERE " + " AND ".join(filters) if filters else "")
        numbered = bool(limits) or _mentions_rownum(node)
        if numbered:
            scope.carrier = scope.compilation.fresh("r")
            scope.carried = {}
            scope.row_number = f"ora_from_int({scope.carrier}.n)"
        self._set_grouping(node, scope)
        items = list(self._items(node, scope))
        tail = self._grouping_sql(node, scope) + self._order_sql(node, items, scope)
        tail += self._fetch(node, scope)
        if numbered:
            rows = _numbered_rows(rows, scope, self._limit_sql(limits, scope))
        return _assembled(node, items, rows, tail, scope)

    def _limit_sql(self, limits: Sequence[RowLimit], scope: Scope) -> str:
        if not limits:
            return ""
        plain = Scope(scope.compilation, parent=scope.parent, common=scope.common)
        counts = [limit.count_sql(self.expressions, plain) for limit in limits]
        return f" LIMIT {counts[0] if len(counts) == 1 else 'min(' + ', '.join(counts) + ')'}"

    def _set_grouping(self, node: exp.Select, scope: Scope) -> None:
        group = node.args.get("group")
        scope.aggregates_allowed = True
        if group is not None:
            free = replace(scope, aggregates_allowed=False)
            keys = self.expressions.values(group.expressions, free)
            _refuse_objects(keys)
            scope.grouping = Grouping(frozenset(key.sql for key in keys), explicit=True)
        elif _has_aggregates(node):
            scope.grouping = Grouping(frozenset(), explicit=False)

    def _items(self, node: exp.Select, scope: Scope) -> Iterator[_Item]:
        for item in node.expressions:
            alias = None
            if isinstance(item, exp.Alias):
                alias = _alias_name(item)
                item = item.this
            if _is_star(item):
                if len(node.expressions) > 1 and isinstance(item, exp.Star):
                    raise syntax_error(923, offset_of(item))
                yield from self._star(item, scope)
                continue
            value = self.expressions.value(item, scope)
            yield _Item(alias or value.name or _item_name(item), value, alias)

    def _star(self, item: exp.Expr, scope: Scope) -> Iterator[_Item]:
        column = item if isinstance(item, exp.Column) else None
        parts = [] if column is None else [identifier_name(part) for part in column.parts[:-1]]
        for name, value in scope.star(parts, offset_of(item)):
            if scope.grouping is not None and value.sql not in scope.grouping.keys:
                raise OraError(979, "not a GROUP BY expression", offset_of(item))
            yield _Item(name, value)

    def _grouping_sql(self, node: exp.Select, scope: Scope) -> str:
        sql = ""
        group, having = node.args.get("group"), node.args.get("having")
        if group is not None:
            free = replace(scope, grouping=None, aggregates_allowed=False)
            keys = self.expressions.values(group.expressions, free)
            sql = " GROUP BY " + ", ".join(key.sql for key in keys)
        if having is not None:
            sql += f" HAVING {self._condition(having.this, scope)}"
        return sql

    def _order_sql(self, node: exp.Select, items: Sequence[_Item], scope: Scope) -> str:
        order = node.args.get("order")
        if order is None:
            return ""
        if order.args.get("siblings"):
            raise unknown("ORDER SIBLINGS BY", offset_of(order))
        aliases = {item.alias: item.value for item in reversed(items) if item.alias is not None}
        named = replace(scope, aliases=aliases)
        keys = []
        for ordered in order.expressions:
            value = self._order_value(ordered.this, items, named)
            selected = value.sql in [item.value.sql for item in items]
            if node.args.get("distinct") and not selected:
                raise OraError(1791, "not a SELECTed expression", offset_of(ordered))
            key = scope.compilation.order_key(value)
            # A plain number would be the number of a column to sqlite.
            key = f"+{key}" if key.isdigit() else key
            keys.append(aggregate_calls.ordered_sql(key, ordered))
        return " ORDER BY " + ", ".join(keys)

    def _order_value(self, key: exp.Expr, items: Sequence[_Item], scope: Scope) -> Typed:
        if isinstance(key, exp.Literal) and not key.is_string:
            value = items[position(key, len(items)) - 1].value
        else:
            value = self.expressions.value(key, scope)
        _refuse_objects([value])
        return value

    def _fetch(self, node: exp.Expr, scope: Scope) -> str:
        fetch, offset = node.args.get("limit"), node.args.get("offset")
        if fetch is None and offset is None:
            # Without a limit sqlite may drop the ORDER BY of an inline view, which ROWNUM needs.
            return " LIMIT -1" if node.args.get("order") is not None else ""
        count = "-1" if fetch is None else self._fetch_count(fetch, scope)
        sql = f" LIMIT {count}"
        if offset is not None:
            sql += f" OFFSET {self._count(offset.expression, scope)}"
        return sql

    def _fetch_count(self, fetch: exp.Expr, scope: Scope) -> str:
        options = fetch.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            raise unknown("FETCH FIRST with PERCENT or WITH TIES", offset_of(fetch))
        count = fetch.args.get("count")
        return "1" if count is None else f"max({self._count(count, scope)}, 0)"

    def _count(self, node: exp.Expr, scope: Scope) -> str:
        free = Scope(scope.compilation)
        value = convert(self.expressions.value(node, free), NUMBER)
        return f"coalesce(ora_to_int({value.sql}), 0)"


_SET_WORDS: dict[type[exp.Expr], str] = {
    exp.Union: "UNION",
    exp.Except: "EXCEPT",
    exp.Intersect: "INTERSECT",
}


def _assembled(
    node: exp.Select, items: Sequence[_Item], rows: str, tail: str, scope: Scope
) -> Block:
    distinct = "DISTINCT " if node.args.get("distinct") else ""
    if distinct:
        _refuse_objects([item.value for item in items])
    shown = ", ".join(f"{item.value.sql} AS c{n}" for n, item in enumerate(items, 1))
    columns = [Column(item.name, item.value.type, item.value.nullable) for item in items]
    one_row = scope.grouping is not None and not scope.grouping.explicit
    if node.args.get("locks"):
        scope.compilation.locks_rows = True
    return Block(f"SELECT {distinct}{shown}{rows}{tail}", columns, one_row)


def _refuse_objects(values: Sequence[Typed]) -> None:
    """Where values are compared: types here have no MAP or ORDER method."""
    if any(value.kind is Kind.OBJECT for value in values):
        raise OraError(22950, "cannot ORDER objects without MAP or ORDER method")


def _numbered_rows(rows: str, scope: Scope, limit: str) -> str:
    """The inner half of a block with ROWNUM: rows get numbers before they are sorted or grouped."""
    assert scope.carried is not None
    carried = [f"{sql} AS {name}" for sql, name in scope.carried.items()]
    inner = ", ".join([*carried, "row_number() OVER () AS n"])
    return f" FROM (SELECT {inner}{rows}{limit}) {scope.carrier}"


def _refuse_nested_or_recursive(cte: exp.CTE, name: str) -> None:
    """What is a query like any other here is none for Oracle up to 23.26.1."""
    if any(node.args.get("with_") for node in cte.this.walk()):
        raise OraError(32034, "unsupported use of WITH clause")
    if any(
        identifier_name(table.this) == name and not table.args.get("db")
        for table in cte.this.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
    ):
        if cte.args["alias"].args.get("columns"):
            raise OraError(32040, "recursive WITH clause must use a UNION ALL operation")
        raise OraError(32039, "recursive WITH clause must have column alias list")


def _refuse_unknown_parts(node: exp.Select) -> None:
    for part, value in node.args.items():
        if value and part not in _KNOWN_PARTS:
            raise unknown(part.strip("_").upper(), offset_of(node))


def _has_aggregates(node: exp.Select) -> bool:
    places = [*node.expressions, node.args.get("having"), node.args.get("order")]
    return any(_aggregate_in(place) for place in places if place is not None)


def _aggregate_in(node: exp.Expr) -> bool:
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Window):
        parts = [*node.args.get("partition_by", []), node.args.get("order"), *node.this.expressions]
        return any(_aggregate_in(part) for part in parts if part is not None)
    if aggregate_calls.is_aggregate(node) or isinstance(node, exp.WithinGroup):
        return True
    return any(_aggregate_in(child) for child in node.iter_expressions())


def _mentions_rownum(node: exp.Select) -> bool:
    places = [*node.expressions, node.args.get("group"), node.args.get("order")]
    return any(_rownum_in(place) for place in places if place is not None)


def _rownum_in(node: exp.Expr) -> bool:
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Column) and not node.table and not node.this.args.get("quoted"):
        return node.name.upper() == "ROWNUM"
    return any(_rownum_in(child) for child in node.iter_expressions())


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or _qualified(item)


def _qualified(item: exp.Expr) -> bool:
    return isinstance(item, exp.Column) and isinstance(item.this, exp.Star)


def _alias_name(item: exp.Alias) -> str:
    alias = item.args["alias"]
    if not isinstance(alias, exp.Identifier):
        raise syntax_error(923, offset_of(item))
    if not alias.quoted and alias.name.upper() in RESERVED:
        raise syntax_error(923, offset_of(alias))
    return identifier_name(alias)


def _item_name(item: exp.Expr) -> str:
    if isinstance(item, exp.Column):
        return identifier_name(item.this)
    text: str = item.meta["text"]
    return text
