"""Conditions: comparisons and what joins them, to sqlite SQL of the same three-valued logic."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ..functions.conversions import comparable, to_text
from ..kinds.expression_types import CHARACTER_KINDS, Typed, text_type
from ..kinds.model import Kind, OraError
from ..parser.grammar import IsJson, IsOfType
from ..parser.identifiers import offset_of
from ..parser.syntax_errors import unknown
from .expressions import Expressions
from .object_expressions import is_of_type
from .scopes import Scope

QueryColumns = Callable[[exp.Expr, Scope], tuple[str, list[Typed]]]

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}


class Conditions:
    """query: compiles a subquery of EXISTS or IN to its SQL and the columns it gives."""

    def __init__(self, expressions: Expressions, query: QueryColumns) -> None:
        self.expressions = expressions
        self.query = query

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """ORA-00920 where the tree is a value that is not a BOOLEAN."""
        if type(node) in _COMPARISONS:
            return self._comparison(node, scope)
        rule = _RULES.get(type(node))
        return rule(self, node, scope) if rule is not None else self._boolean_value(node, scope)

    def _boolean_value(self, node: exp.Expr, scope: Scope) -> str:
        value = self.expressions.value(node, scope)
        if value.kind is not Kind.BOOLEAN:
            raise OraError(920, "invalid relational operator", offset_of(node))
        return value.sql

    def _comparison(self, node: exp.Expr, scope: Scope) -> str:
        if isinstance(node.this, exp.Tuple):
            return self._tuple_comparison(node, scope)
        return self._compare(_COMPARISONS[type(node)], node.this, node.expression, scope)

    def _compare(self, sign: str, left: exp.Expr, right: exp.Expr, scope: Scope) -> str:
        a, b = self.expressions.value(left, scope), self.expressions.value(right, scope)
        sides = comparable(a, b)
        # Keys are unique, so that texts are equal by them where they are equal anyway.
        if sign not in ("=", "<>") and {a.kind, b.kind} <= CHARACTER_KINDS:
            sides = self._by_keys(sides, scope)
        return f"({sides[0]} {sign} {sides[1]})"

    def _by_keys(self, sides: tuple[str, str], scope: Scope) -> tuple[str, str]:
        compilation = scope.compilation
        if not compilation.compares_linguistically:
            return sides
        left, right = (compilation.order_key(Typed(side, text_type(1))) for side in sides)
        return left, right

    def _tuple_comparison(self, node: exp.Expr, scope: Scope) -> str:
        if not isinstance(node, exp.EQ) or not isinstance(node.expression, exp.Tuple):
            raise unknown("this comparison of tuples", offset_of(node))
        return self._tuples_equal(node.this, node.expression, scope)

    def _tuples_equal(self, left: exp.Tuple, right: exp.Expr, scope: Scope) -> str:
        values = right.expressions if isinstance(right, exp.Tuple) else [right.unnest()]
        if len(left.expressions) != len(values):
            raise OraError(947, "not enough values", offset_of(right))
        pairs = [self._pair(a, b, scope) for a, b in zip(left.expressions, values, strict=True)]
        return "(" + " AND ".join(f"{a} = {b}" for a, b in pairs) + ")"

    def _pair(self, left: exp.Expr, right: exp.Expr, scope: Scope) -> tuple[str, str]:
        return comparable(self.expressions.value(left, scope), self.expressions.value(right, scope))

    def _and(self, node: exp.Expr, scope: Scope) -> str:
        return f"({self.condition(node.this, scope)} AND {self.condition(node.expression, scope)})"

    def _or(self, node: exp.Expr, scope: Scope) -> str:
        return f"({self.condition(node.this, scope)} OR {self.condition(node.expression, scope)})"

    def _not(self, node: exp.Expr, scope: Scope) -> str:
        return f"(NOT {self.condition(node.this, scope)})"

    def _paren(self, node: exp.Expr, scope: Scope) -> str:
        return self.condition(node.this, scope)

    def _is(self, node: exp.Expr, scope: Scope) -> str:
        negate = "NOT " if node.args.get("negate") else ""
        if isinstance(node.expression, exp.Null):
            return f"({self.expressions.value(node.this, scope).sql} IS {negate}NULL)"
        if isinstance(node.expression, exp.Boolean):
            truth = "1" if node.expression.this else "0"
            return f"({self.condition(node.this, scope)} IS {negate}{truth})"
        raise unknown("this IS condition", offset_of(node))

    def _is_of(self, node: exp.Expr, scope: Scope) -> str:
        assert isinstance(node, IsOfType)
        return is_of_type(self.expressions, node, scope)

    def _is_json(self, node: exp.Expr, scope: Scope) -> str:
        value = self.expressions.value(node.this, scope)
        name = "ora_is_json" if node.args["form"] == "TEXT" else "ora_is_oson"
        return f"({'NOT ' if node.args.get('negate') else ''}{name}({value.sql}))"

    def _between(self, node: exp.Expr, scope: Scope) -> str:
        lower = self._compare(">=", node.this, node.args["low"], scope)
        upper = self._compare("<=", node.this, node.args["high"], scope)
        return f"({lower} AND {upper})"

    def _like(self, node: exp.Expr, scope: Scope) -> str:
        return self._like_call(node, scope, None)

    def _escape(self, node: exp.Expr, scope: Scope) -> str:
        return self._like_call(node.this, scope, node.expression)

    def _like_call(self, node: exp.Expr, scope: Scope, escape: exp.Expr | None) -> str:
        operands = [node.this, node.expression, *([escape] if escape is not None else [])]
        texts = [to_text(self.expressions.value(operand, scope)).sql for operand in operands]
        name = "ora_like" if escape is None else "ora_like_escape"
        negate = "NOT " if node.args.get("negate") else ""
        return f"({negate}{name}({', '.join(texts)}))"

    def _exists(self, node: exp.Expr, scope: Scope) -> str:
        sql, _ = self.query(node.this, scope)
        return f"EXISTS ({sql})"

    def _in(self, node: exp.Expr, scope: Scope) -> str:
        query = node.args.get("query")
        if query is not None:
            return self._in_query(node.this, query, scope)
        options = [self._equals(node.this, option, scope) for option in node.expressions]
        return "(" + " OR ".join(options) + ")"

    def _equals(self, subject: exp.Expr, option: exp.Expr, scope: Scope) -> str:
        if isinstance(subject, exp.Tuple):
            return self._tuples_equal(subject, option, scope)
        left, right = self._pair(subject, option, scope)
        return f"{left} = {right}"

    def _in_query(self, subject: exp.Expr, query: exp.Expr, scope: Scope) -> str:
        sql, columns = self.query(query, scope)
        parts = subject.expressions if isinstance(subject, exp.Tuple) else [subject]
        if len(parts) != len(columns):
            many = len(columns) > len(parts)
            raise OraError(913 if many else 947, "too many values" if many else "not enough values")
        pairs = [
            comparable(self.expressions.value(part, scope), column)
            for part, column in zip(parts, columns, strict=True)
        ]
        left, right = ", ".join(p[0] for p in pairs), ", ".join(p[1] for p in pairs)
        return f"(({left}) IN (SELECT {right} FROM ({sql}) q))"


_RULES: dict[type[exp.Expr], Callable[[Conditions, exp.Expr, Scope], str]] = {
    exp.And: Conditions._and,
    exp.Or: Conditions._or,
    exp.Not: Conditions._not,
    exp.Paren: Conditions._paren,
    exp.Is: Conditions._is,
    IsJson: Conditions._is_json,
    IsOfType: Conditions._is_of,
    exp.Between: Conditions._between,
    exp.Like: Conditions._like,
    exp.Escape: Conditions._escape,
    exp.Exists: Conditions._exists,
    exp.In: Conditions._in,
}
