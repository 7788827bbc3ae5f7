"""Expressions: a checked syntax tree to sqlite SQL with an Oracle type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from ..functions.conversions import cast, comparable, convert, to_text
from ..kinds.expression_types import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BINARY_NUMBER_KINDS,
    BOOLEAN,
    CHARACTER_KINDS,
    INTERVAL_KINDS,
    NULL,
    NUMBER,
    PADDED_KINDS,
    Typed,
    common_type,
    concatenated,
    literal_type,
    text_type,
    type_of_kind,
    without_precision,
)
from ..kinds.model import ColumnType, Kind, OraError
from ..kinds.oracle_numbers import parse_number
from ..kinds.sqlite_values import double_key, float_key, number_key
from ..parser.grammar import AtZone, CastTo, ExtractField, TrimSides, TypedLiteral
from ..parser.identifiers import identifier_name, offset_of
from ..parser.lexing import RESERVED
from ..parser.syntax_errors import syntax_error, unknown
from . import aggregate_calls, datetime_arithmetic, function_calls
from .datetime_literals import extract_field, typed_literal, zone_shift
from .object_expressions import attribute_path, construct, multiset
from .scopes import Block, Scope

SubqueryCompiler = Callable[[exp.Expr, Scope], Typed]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def text_literal(text: str, kind: Kind = Kind.CHAR) -> Typed:
    if not text:
        return Typed("NULL", ColumnType(kind))
    return Typed(quoted(text), literal_type(text, kind), text, nullable=False)


def number_literal(text: str) -> Typed:
    """`1`, `1.5e3`, `1.5f` and `1.5d`."""
    suffix = text[-1].upper()
    if suffix == "D":
        return Typed(_real(double_key(float(text[:-1]))), BINARY_DOUBLE, nullable=False)
    if suffix == "F":
        return Typed(_real(float_key(float(text[:-1]))), BINARY_FLOAT, nullable=False)
    return Typed(f"'{number_key(parse_number(text))}'", NUMBER, text, nullable=False)


def _real(stored: float | str) -> str:
    return "9e999" if stored == float("inf") else repr(stored)


class Expressions:
    """Compiles expressions; conditions have a method of their own, as in Oracle they are apart.

    subquery compiles a scalar subquery, cursor a CURSOR(SELECT ...) and block any query; they are
    handed in because queries are made of expressions.
    """

    def __init__(
        self,
        subquery: SubqueryCompiler,
        condition: Callable[[exp.Expr, Scope], str],
        cursor: SubqueryCompiler,
        block: Callable[[exp.Expr, Scope], Block],
    ) -> None:
        self.subquery = subquery
        self.condition = condition
        self.cursor = cursor
        self.block = block

    def value(self, node: exp.Expr, scope: Scope) -> Typed:
        """ORA-00979 for a column outside GROUP BY, ORA-03001 for what is not known here."""
        if scope.grouping is not None and not isinstance(node, exp.Literal | exp.Placeholder):
            key = self._group_key(node, scope)
            if key is not None:
                return key
        rule = _RULES.get(type(node))
        if rule is None:
            raise _refused(node)
        return rule(self, node, scope)

    def values(self, nodes: Sequence[exp.Expr], scope: Scope) -> list[Typed]:
        return [self.value(node, scope) for node in nodes]

    def _group_key(self, node: exp.Expr, scope: Scope) -> Typed | None:
        assert scope.grouping is not None
        try:
            free = self.value(node, replace(scope, grouping=None, aggregates_allowed=False))
        except OraError:
            return None
        return free if free.sql in scope.grouping.keys else None

    def _literal(self, node: exp.Literal, scope: Scope) -> Typed:
        return text_literal(node.name) if node.is_string else number_literal(node.name)

    def _national(self, node: exp.National, scope: Scope) -> Typed:
        return text_literal(node.name, Kind.NCHAR)

    def _raw_string(self, node: exp.RawString, scope: Scope) -> Typed:
        return text_literal(node.name)

    def _null(self, node: exp.Null, scope: Scope) -> Typed:
        return Typed("NULL", NULL)

    def _boolean(self, node: exp.Boolean, scope: Scope) -> Typed:
        return Typed("1" if node.this else "0", BOOLEAN, nullable=False)

    def _placeholder(self, node: exp.Placeholder, scope: Scope) -> Typed:
        index = int(node.this)
        kind = scope.compilation.bind_kinds[index]
        bound = type_of_kind(kind)
        if bound is None:
            raise unknown(f"binds of type {kind.value}")
        return Typed(f":b{index}", bound)

    def _paren(self, node: exp.Paren, scope: Scope) -> Typed:
        return self.value(node.this, scope)  # no fragment here needs parentheses of its own

    def _column(self, node: exp.Column, scope: Scope) -> Typed:
        if isinstance(node.this, exp.Star):
            raise syntax_error(936, offset_of(node))
        if node.args.get("join_mark"):
            raise unknown("(+)", offset_of(node))
        names = [identifier_name(part) for part in node.parts]
        offset = offset_of(node)
        if len(names) == 1 and names[0] in scope.aliases:
            return scope.aliases[names[0]]
        if len(names) == 1 and not node.this.quoted:
            word = self._pseudo_column(names[0], scope, offset)
            if word is not None:
                return word
        if len(names) > 1 and names[-1] in ("NEXTVAL", "CURRVAL"):
            raise OraError(2289, "sequence does not exist", offset)
        column = self._named(names, scope, offset)
        if scope.grouping is not None:
            raise _not_grouped(scope, offset)
        return column

    def _named(self, names: Sequence[str], scope: Scope, offset: int) -> Typed:
        """A column, or an attribute of an object in one: that takes an alias in front."""
        shown = ".".join(f'"{name}"' for name in names)
        if len(names) > 2 and scope.has_alias(names[0]):
            value = scope.resolve(names[:2], shown, offset)
            found = attribute_path(value, names[2:], offset)
            return replace(found, name=".".join(names[1:]))
        return scope.resolve(names, shown, offset)

    def _dotted(self, node: exp.Dot, scope: Scope) -> Typed:
        """More parts than sqlglot has names for, or a constructor with its schema."""
        parts = list(node.flatten())
        if isinstance(parts[0], exp.Column):
            parts = [*parts[0].parts, *parts[1:]]
        if all(isinstance(part, exp.Identifier) for part in parts):
            return self._named([identifier_name(p) for p in parts], scope, offset_of(node))
        call = parts[-1]
        if len(parts) != 2 or not isinstance(call, exp.Anonymous):
            raise _refused(node)
        made = function_calls.constructed_type(call, identifier_name(parts[0]), scope)
        if made is None:
            raise _refused(node)
        return construct(made, self.values(call.expressions, scope), offset_of(node))

    def _pseudo_column(self, name: str, scope: Scope, offset: int) -> Typed | None:
        pseudo = scope.pseudo_column(name, offset)
        if pseudo is not None:
            return pseudo
        word = function_calls.bare_word(name)
        if word is not None and (name in RESERVED or not _is_column(name, scope)):
            return word
        if name in RESERVED and name not in ("LEVEL", "ROWNUM", "ROWID"):
            raise syntax_error(936, offset)
        return None

    def _negation(self, node: exp.Neg, scope: Scope) -> Typed:
        value = self.value(node.this, scope)
        if value.literal is not None and value.kind is Kind.NUMBER:
            key = number_key(parse_number(value.literal).copy_negate())
            return Typed(f"'{key}'", NUMBER, f"-{value.literal}", nullable=False)
        if value.kind in BINARY_NUMBER_KINDS:
            zero = Typed("0.0", value.type)
            return _double_arithmetic("subtract", zero, value)
        number = value if value.kind in INTERVAL_KINDS else convert(value, NUMBER)
        return Typed(f"ora_negate({number.sql})", number.type)

    def _arithmetic(self, node: exp.Binary, scope: Scope) -> Typed:
        operation = _OPERATIONS[type(node)]
        left, right = self.value(node.this, scope), self.value(node.expression, scope)
        moments = datetime_arithmetic.combine(operation, left, right)
        if moments is not None:
            return moments
        if left.kind in BINARY_NUMBER_KINDS or right.kind in BINARY_NUMBER_KINDS:
            return _double_arithmetic(operation, left, right)
        operands = (convert(left, NUMBER).sql, convert(right, NUMBER).sql)
        return Typed(f"ora_{operation}({operands[0]}, {operands[1]})", NUMBER)

    def _concatenation(self, node: exp.DPipe, scope: Scope) -> Typed:
        left, right = self.value(node.this, scope), self.value(node.expression, scope)
        result = concatenated(left.type, right.type)
        sides = [self._or_empty(to_text(side)) for side in (left, right)]
        joined = f"nullif({sides[0]} || {sides[1]}, '')"
        if result.kind in CHARACTER_KINDS and left.type.size + right.type.size > 4000:
            joined = f"ora_limit_text({joined})"
        return Typed(joined, result)

    def _or_empty(self, side: Typed) -> str:
        return f"coalesce({side.sql}, '')" if side.nullable else side.sql

    def _case(self, node: exp.Case, scope: Scope) -> Typed:
        results = [self.value(branch.args["true"], scope) for branch in node.args["ifs"]]
        default = node.args.get("default")
        if default is not None:
            results.append(self.value(default, scope))
        target = unified(results, offset_of(node))
        results = [convert(result, target) for result in results]
        conditions = [self._when(node.this, branch.this, scope) for branch in node.args["ifs"]]
        branches = " ".join(
            f"WHEN {condition} THEN {result.sql}"
            for condition, result in zip(conditions, results, strict=False)
        )
        otherwise = f" ELSE {results[-1].sql}" if default is not None else ""
        return Typed(f"CASE {branches}{otherwise} END", without_precision(target))

    def _when(self, subject: exp.Expr | None, test: exp.Expr, scope: Scope) -> str:
        if subject is None:
            return self.condition(test, scope)
        left, right = comparable(self.value(subject, scope), self.value(test, scope))
        return f"{left} = {right}"

    def _cast(self, node: CastTo, scope: Scope) -> Typed:
        if node.args.get("format") is not None:
            raise unknown("CAST with a format", offset_of(node))
        target = scope.compilation.type_of(node.args["to"])
        query = _multiset_query(node.this)
        if query is not None:
            return multiset(self.block(query, scope), target, offset_of(node))
        return cast(self.value(node.this, scope), target)

    def _extract(self, node: ExtractField, scope: Scope) -> Typed:
        return extract_field(node.args["field"], self.value(node.this, scope))

    def _trim(self, node: TrimSides, scope: Scope) -> Typed:
        subject = to_text(self.value(node.this, scope))
        characters = node.args.get("characters")
        trimmed = "' '" if characters is None else to_text(self.value(characters, scope)).sql
        width = text_type(subject.type.chars or 4000, size=subject.type.size)
        return Typed(f"ora_trim({subject.sql}, {trimmed}, '{node.args['side']}')", width)

    def _at_zone(self, node: AtZone, scope: Scope) -> Typed:
        zone = node.args.get("zone")
        text = None if zone is None else to_text(self.value(zone, scope))
        return zone_shift(self.value(node.this, scope), text)

    def _typed_literal(self, node: TypedLiteral, scope: Scope) -> Typed:
        return typed_literal(node.args["to"], node.this, node.args.get("span"))

    def _call(self, node: exp.Anonymous, scope: Scope) -> Typed:
        return function_calls.compile_call(self, node, scope)

    def _window(self, node: exp.Window, scope: Scope) -> Typed:
        return aggregate_calls.compile_window(self, node, scope)

    def _within_group(self, node: exp.WithinGroup, scope: Scope) -> Typed:
        return aggregate_calls.compile_listagg(self, node, scope)

    def _scalar_subquery(self, node: exp.Subquery, scope: Scope) -> Typed:
        return self.subquery(node, scope)


def _multiset_query(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Anonymous) or aggregate_calls.call_name(node) != "MULTISET":
        return None
    query: exp.Expr | None = node.expressions[0] if len(node.expressions) == 1 else None
    return query if isinstance(query, exp.Query) else None


def unified(results: Sequence[Typed], offset: int) -> ColumnType:
    """The one type of several results; ORA-00932 where they do not go together."""
    target = results[0].type
    for result in results[1:]:
        common = common_type(target, result.type)
        if common is None:
            text = f"inconsistent datatypes: expected {target.kind.value} got {result.kind.value}"
            raise OraError(932, text, offset)
        target = common
    if target.kind in PADDED_KINDS and len({result.type for result in results}) > 1:
        return replace(target, kind=Kind.VARCHAR)
    return target


def _is_column(name: str, scope: Scope) -> bool:
    return any(source.named(name) for source in scope.sources)


def _not_grouped(scope: Scope, offset: int) -> OraError:
    assert scope.grouping is not None
    if scope.grouping.explicit:
        return OraError(979, "not a GROUP BY expression", offset)
    return OraError(937, "not a single-group group function", offset)


def _double_arithmetic(operation: str, left: Typed, right: Typed) -> Typed:
    double = Kind.BINARY_DOUBLE in (left.kind, right.kind)
    target = BINARY_DOUBLE if double else BINARY_FLOAT
    sides = (convert(left, target).sql, convert(right, target).sql)
    name = f"ora_{operation}_{'double' if double else 'float'}"
    return Typed(f"{name}({sides[0]}, {sides[1]})", target)


def _refused(node: exp.Expr) -> OraError:
    if isinstance(node, exp.Predicate | exp.Connector | exp.Not):
        return unknown("a condition as a value", offset_of(node))
    if isinstance(node, exp.Star):
        return syntax_error(936, offset_of(node))
    if isinstance(node, exp.Concat):  # 'a' 'b', which sqlglot takes for one literal
        return syntax_error(923, offset_of(node))
    if isinstance(node, exp.Dot):
        return unknown("functions of packages", offset_of(node))
    return unknown(type(node).__name__.upper(), offset_of(node))


_OPERATIONS: dict[type[exp.Expr], str] = {
    exp.Add: "add",
    exp.Sub: "subtract",
    exp.Mul: "multiply",
    exp.Div: "divide",
}

_RULES: dict[type[exp.Expr], Callable[..., Typed]] = {
    exp.Literal: Expressions._literal,
    exp.National: Expressions._national,
    exp.RawString: Expressions._raw_string,
    exp.Null: Expressions._null,
    exp.Boolean: Expressions._boolean,
    exp.Placeholder: Expressions._placeholder,
    exp.Paren: Expressions._paren,
    exp.Column: Expressions._column,
    exp.Dot: Expressions._dotted,
    exp.Neg: Expressions._negation,
    exp.Add: Expressions._arithmetic,
    exp.Sub: Expressions._arithmetic,
    exp.Mul: Expressions._arithmetic,
    exp.Div: Expressions._arithmetic,
    exp.DPipe: Expressions._concatenation,
    exp.Case: Expressions._case,
    CastTo: Expressions._cast,
    ExtractField: Expressions._extract,
    TrimSides: Expressions._trim,
    AtZone: Expressions._at_zone,
    TypedLiteral: Expressions._typed_literal,
    exp.Anonymous: Expressions._call,
    exp.Window: Expressions._window,
    exp.WithinGroup: Expressions._within_group,
    exp.Subquery: Expressions._scalar_subquery,
}
