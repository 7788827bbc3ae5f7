"""Aggregates and analytic functions: COUNT and MIN are sqlite's own, SUM and LISTAGG are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from ..functions.conversions import convert, to_text
from ..kinds.expression_types import (
    BINARY_NUMBER_KINDS,
    CHARACTER_KINDS,
    INTERVAL_KINDS,
    NUMBER,
    NUMERIC_KINDS,
    TEXT_KINDS,
    Typed,
    text_type,
    without_precision,
)
from ..kinds.model import OraError
from ..parser.identifiers import offset_of
from ..parser.lexing import words
from ..parser.syntax_errors import unknown
from .scopes import Scope

if TYPE_CHECKING:
    from .expressions import Expressions

AGGREGATES = words("COUNT SUM AVG MIN MAX")
WINDOW_ONLY = words("ROW_NUMBER RANK DENSE_RANK LAG LEAD FIRST_VALUE LAST_VALUE")


def call_name(node: exp.Anonymous) -> str:
    if isinstance(node.this, exp.Identifier):
        return node.this.name
    return str(node.this).upper()


def is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and call_name(node) in AGGREGATES


def compile_aggregate(compiler: Expressions, node: exp.Anonymous, scope: Scope) -> Typed:
    if not scope.aggregates_allowed:
        raise OraError(934, "group function is not allowed here", offset_of(node))
    inside = replace(scope, grouping=None, aggregates_allowed=False)
    return _aggregate_of(compiler, node, inside)


def _aggregate_of(compiler: Expressions, node: exp.Anonymous, inside: Scope) -> Typed:
    name, offset = call_name(node), offset_of(node)
    if len(node.expressions) != 1:
        raise OraError(909, "invalid number of arguments", offset)
    argument = node.expressions[0]
    if name == "COUNT":
        counted = _counted(compiler, argument, inside)
        return Typed(f"ora_from_int({counted})", NUMBER, nullable=False)
    distinct, value = _aggregated(compiler, argument, inside)
    if name in ("MIN", "MAX"):
        refuse_linguistic(name, value, inside, offset)
        return Typed(f"{name.lower()}({value.sql})", without_precision(value.type))
    return _sum_or_average(name, distinct, value)


def refuse_linguistic(name: str, value: Typed, scope: Scope, offset: int) -> None:
    if value.kind in CHARACTER_KINDS and scope.compilation.compares_linguistically:
        raise unknown(f"{name} of texts with NLS_COMP=LINGUISTIC", offset)


def _counted(compiler: Expressions, argument: exp.Expr, inside: Scope) -> str:
    if isinstance(argument, exp.Star):
        return "count(*)"
    distinct, value = _aggregated(compiler, argument, inside)
    return f"count({distinct}{value.sql})"


def _aggregated(compiler: Expressions, argument: exp.Expr, inside: Scope) -> tuple[str, Typed]:
    if isinstance(argument, exp.Distinct):
        return "DISTINCT ", compiler.value(argument.expressions[0], inside)
    return "", compiler.value(argument, inside)


def _sum_or_average(name: str, distinct: str, value: Typed) -> Typed:
    if value.kind in INTERVAL_KINDS:
        return Typed(f"ora_{name.lower()}({distinct}{value.sql})", value.type)
    if value.kind not in NUMERIC_KINDS | TEXT_KINDS:
        raise OraError(932, f"inconsistent datatypes: expected NUMBER got {value.kind.value}")
    if value.kind in BINARY_NUMBER_KINDS:
        return Typed(f"ora_{name.lower()}_double({distinct}{value.sql})", value.type)
    return Typed(f"ora_{name.lower()}({distinct}{convert(value, NUMBER).sql})", NUMBER)


def compile_listagg(compiler: Expressions, node: exp.WithinGroup, scope: Scope) -> Typed:
    """The sort keys travel with each value, since sqlite calls aggregates in any order."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or call_name(call) != "LISTAGG":
        raise unknown("WITHIN GROUP for this function", offset_of(node))
    if not scope.aggregates_allowed:
        raise OraError(934, "group function is not allowed here", offset_of(node))
    inside = replace(scope, grouping=None, aggregates_allowed=False)
    if any(isinstance(argument, exp.Distinct) for argument in call.expressions):
        raise unknown("LISTAGG(DISTINCT ...)", offset_of(node))
    texts = [to_text(value).sql for value in compiler.values(call.expressions, inside)]
    separator = texts[1] if len(texts) > 1 else "NULL"
    keys = []
    for ordered in node.expression.expressions:
        keys.append(scope.compilation.order_key(compiler.value(ordered.this, inside)))
        keys.append("1" if ordered.args.get("desc") else "0")
    sql = f"ora_listagg({', '.join([texts[0], separator, *keys])})"
    return Typed(sql, text_type(4000, size=4000))


def compile_window(compiler: Expressions, node: exp.Window, scope: Scope) -> Typed:
    call = node.this
    name = call_name(call) if isinstance(call, exp.Anonymous) else ""
    if node.args.get("spec") is not None or node.args.get("over") != "OVER":
        raise unknown("a window with ROWS or RANGE, or KEEP", offset_of(node))
    inside = replace(scope, aggregates_allowed=scope.grouping is not None)
    over = f"OVER ({_window_clause(compiler, node, inside)})"
    if name in ("ROW_NUMBER", "RANK", "DENSE_RANK"):
        return Typed(f"ora_from_int({name.lower()}() {over})", NUMBER, nullable=False)
    if name in ("LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"):
        return _offset_function(compiler, name, call, inside, over)
    if name == "COUNT":
        counted = _counted(compiler, call.expressions[0], inside)
        return Typed(f"ora_from_int({counted} {over})", NUMBER, nullable=False)
    if name in ("MIN", "MAX"):
        plain = _aggregate_of(compiler, call, inside)
        return Typed(f"{plain.sql} {over}", plain.type)
    raise unknown(f"{name} as an analytic function", offset_of(node))


def _window_clause(compiler: Expressions, node: exp.Window, scope: Scope) -> str:
    parts = []
    partition = node.args.get("partition_by") or []
    if partition:
        keys = compiler.values(partition, scope)
        parts.append("PARTITION BY " + ", ".join(key.sql for key in keys))
    order = node.args.get("order")
    if order is not None:
        parts.append(
            "ORDER BY " + ", ".join(ordering(compiler, o, scope) for o in order.expressions)
        )
    return " ".join(parts)


def ordering(compiler: Expressions, ordered: exp.Ordered, scope: Scope) -> str:
    return ordered_sql(scope.compilation.order_key(compiler.value(ordered.this, scope)), ordered)


def ordered_sql(sql: str, ordered: exp.Ordered) -> str:
    direction = "DESC" if ordered.args.get("desc") else "ASC"
    nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
    return f"{sql} {direction} NULLS {nulls}"


def _offset_function(
    compiler: Expressions, name: str, call: exp.Anonymous, scope: Scope, over: str
) -> Typed:
    value, *rest = compiler.values(call.expressions, scope)
    arguments = [value.sql]
    if rest:
        arguments.append(f"ora_to_int({convert(rest[0], NUMBER).sql})")
    if len(rest) > 1:
        arguments.append(convert(rest[1], value.type).sql)
    return Typed(f"{name.lower()}({', '.join(arguments)}) {over}", without_precision(value.type))
