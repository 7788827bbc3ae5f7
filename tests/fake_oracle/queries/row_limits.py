"""ROWNUM in WHERE: the conditions that bound it become sqlite's LIMIT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ..expressions.scopes import Scope
from ..functions.conversions import convert
from ..kinds.expression_types import NUMBER
from ..parser.identifiers import offset_of
from ..parser.syntax_errors import unknown

if TYPE_CHECKING:
    from ..expressions.expressions import Expressions


@dataclass(frozen=True)
class RowLimit:
    """ROWNUM below a bound; strict is `<`. first_only is `= 1`, and otherwise there is no row."""

    bound: exp.Expr
    strict: bool = False
    equals: bool = False
    above: bool = False

    def count_sql(self, expressions: Expressions, scope: Scope) -> str:
        bound = convert(expressions.value(self.bound, scope), NUMBER).sql
        if self.equals:
            return f"CASE WHEN {bound} = '>5011' THEN 1 ELSE 0 END"
        if self.above:
            # The first row's number is 1; if it is refused the second row is number 1 as well.
            sign = "<" if self.strict else "<="
            return f"CASE WHEN {bound} {sign} '>5011' THEN {2**62} ELSE 0 END"
        whole = f"-ora_to_int(ora_negate({bound})) - 1" if self.strict else f"ora_to_int({bound})"
        return f"max(coalesce({whole}, 0), 0)"


def row_limits(where: exp.Expr | None) -> tuple[list[RowLimit], list[exp.Expr]]:
    """The limits in a WHERE clause, and the conditions that are not about ROWNUM."""
    limits: list[RowLimit] = []
    others: list[exp.Expr] = []
    for condition in _conjuncts(where.this) if where is not None else []:
        limit = _limit(condition)
        if limit is not None:
            limits.extend(limit)
        elif any(_is_rownum(node) for node in condition.walk(prune=_is_query)):
            raise unknown("this condition on ROWNUM", offset_of(condition))
        else:
            others.append(condition)
    return limits, others


def _is_query(node: exp.Expr) -> bool:
    return isinstance(node, exp.Query)


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    if isinstance(condition, exp.And):
        return [*_conjuncts(condition.this), *_conjuncts(condition.expression)]
    if isinstance(condition, exp.Paren) and isinstance(condition.this, exp.And | exp.Paren):
        return _conjuncts(condition.this)
    return [condition]


def _is_rownum(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Column)
        and not node.table
        and isinstance(node.this, exp.Identifier)
        and not node.this.quoted
        and node.name.upper() == "ROWNUM"
    )


_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.EQ: exp.EQ,
}


def _limit(condition: exp.Expr) -> list[RowLimit] | None:
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if isinstance(condition, exp.Between) and _is_rownum(condition.this):
        low, high = condition.args["low"], condition.args["high"]
        return [RowLimit(low, above=True), RowLimit(high)]
    kind = type(condition)
    if kind not in _MIRRORED:
        return None
    if _is_rownum(condition.this):
        return [_compared(kind, condition.expression)]
    if _is_rownum(condition.expression):
        return [_compared(_MIRRORED[kind], condition.this)]
    return None


def _compared(kind: type[exp.Expr], bound: exp.Expr) -> RowLimit:
    return RowLimit(
        bound,
        strict=kind in (exp.LT, exp.GT),
        equals=kind is exp.EQ,
        above=kind in (exp.GT, exp.GTE),
    )
