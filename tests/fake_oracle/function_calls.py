"""Function calls: Oracle's names to sqlite's, aggregates and analytic functions among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from . import conversion_functions, date_functions, number_functions, text_functions  # noqa: F401
from .conversions import comparable, convert, mismatch, to_text
from .date_formats import format_width
from .expression_types import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BLOB,
    BOOLEAN,
    CLOB,
    DATE,
    DATETIME_KINDS,
    INTERVAL_DS,
    INTERVAL_YM,
    JSON,
    LONG,
    LONG_RAW,
    NCLOB,
    NULL,
    NUMBER,
    NUMERIC_KINDS,
    ROWID,
    TEXT_KINDS,
    TIMESTAMP_9,
    TIMESTAMP_LTZ,
    TIMESTAMP_TZ,
    TIMESTAMP_TZ_9,
    UROWID,
    VECTOR,
    XMLTYPE,
    Typed,
    common_type,
    text_type,
    without_precision,
)
from .functions import FUNCTIONS, Function, Want
from .lexing import words
from .model import ColumnType, Kind, OraError
from .scopes import Scope
from .sqlite_values import number_key
from .statement_parser import offset_of
from .syntax_errors import unknown

if TYPE_CHECKING:
    from .expressions import Expressions

_TYPES = {
    t.kind: t
    for t in (
        NUMBER, BINARY_FLOAT, BINARY_DOUBLE, DATE, TIMESTAMP_9, TIMESTAMP_TZ_9, TIMESTAMP_LTZ,
        INTERVAL_DS, INTERVAL_YM, BOOLEAN, CLOB, NCLOB, BLOB, JSON, VECTOR, XMLTYPE, LONG, LONG_RAW,
        ROWID, UROWID, ColumnType(Kind.RAW, size=2000),
    )
}  # fmt: skip

_BARE_WORDS = {
    "SYSDATE": Typed("ora_sysdate()", DATE),
    "CURRENT_DATE": Typed("ora_sysdate()", DATE),
    "SYSTIMESTAMP": Typed("ora_systimestamp()", TIMESTAMP_TZ),
    "CURRENT_TIMESTAMP": Typed("ora_systimestamp()", TIMESTAMP_TZ),
    "LOCALTIMESTAMP": Typed("ora_localtimestamp()", replace(TIMESTAMP_9, scale=6)),
    "DBTIMEZONE": Typed("'+00:00'", text_type(6, size=6)),
    "SESSIONTIMEZONE": Typed("'+00:00'", text_type(75, size=75)),
    "USER": Typed("ora_user()", text_type(128, size=128)),
    "UID": Typed("'>503101'", NUMBER),
    "BINARY_DOUBLE_NAN": Typed("'NaN'", BINARY_DOUBLE),
    "BINARY_DOUBLE_INFINITY": Typed("9e999", BINARY_DOUBLE),
    "BINARY_FLOAT_NAN": Typed("'NaN'", BINARY_FLOAT),
    "BINARY_FLOAT_INFINITY": Typed("9e999", BINARY_FLOAT),
}

# Functions and operators Oracle has and the stand-in has not; any other name is ORA-00904.
_NOT_HERE = words(
    """
    ANY ALL SOME CURSOR MULTISET COLLECT CUBE ROLLUP GROUPING GROUPING_ID MEDIAN STDDEV STDDEV_POP
    STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP CORR PERCENTILE_CONT PERCENTILE_DISC XMLAGG XMLELEMENT
    XMLFOREST EXTRACTVALUE XMLQUERY XMLTABLE JSON_VALUE JSON_QUERY JSON_TABLE JSON_OBJECT JSON_ARRAY
    JSON_ARRAYAGG JSON_OBJECTAGG JSON_EXISTS JSON_SERIALIZE REGEXP_LIKE REGEXP_REPLACE REGEXP_SUBSTR
    REGEXP_INSTR REGEXP_COUNT SOUNDEX DUMP VSIZE ORA_HASH STANDARD_HASH NEXT_DAY NEW_TIME SINH COSH
    TANH SIN COS TAN ASIN ACOS ATAN ATAN2 LOG REMAINDER WIDTH_BUCKET BITAND NTILE CUME_DIST
    PERCENT_RANK NTH_VALUE RATIO_TO_REPORT SYS_GUID SYS_CONNECT_BY_PATH VECTOR_DISTANCE TREAT
    NLS_UPPER NLS_LOWER NLS_INITCAP NLSSORT CONVERT COMPOSE DECOMPOSE BFILENAME ROWIDTOCHAR
    CHARTOROWID TO_DSINTERVAL TO_YMINTERVAL TO_MULTI_BYTE TO_SINGLE_BYTE APPROX_COUNT_DISTINCT TABLE
    """
)


def type_of_kind(kind: Kind) -> ColumnType:
    """The type of a bind value, of which only the kind is known."""
    if kind not in _TYPES:
        raise unknown(f"binds of type {kind.value}")
    return _TYPES[kind]


def bare_word(name: str) -> Typed | None:
    """A function written without parentheses."""
    return _BARE_WORDS.get(name)


def call_name(node: exp.Anonymous) -> str:
    if isinstance(node.this, exp.Identifier):
        return node.this.name
    return str(node.this).upper()


def is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and call_name(node) in AGGREGATES


def compile_call(compiler: Expressions, node: exp.Anonymous, scope: Scope) -> Typed:
    name, offset = call_name(node), offset_of(node)
    if name in AGGREGATES:
        return _aggregate(compiler, node, scope)
    if name in _SPECIAL:
        return _SPECIAL[name](compiler.values(node.expressions, scope), offset)
    if name in FUNCTIONS:
        return _registered(name, compiler.values(node.expressions, scope), offset)
    if name in _BARE_WORDS and not node.expressions:
        return _BARE_WORDS[name]
    if name in _NOT_HERE or name in _WINDOW_ONLY:
        raise unknown(name, offset)
    raise OraError(904, f'"{name}": invalid identifier', offset)


def _registered(name: str, arguments: Sequence[Typed], offset: int) -> Typed:
    function = _overload(FUNCTIONS[name], arguments)
    if len(arguments) < function.required:
        raise OraError(938, "not enough arguments for function", offset)
    if len(arguments) > len(function.wants):
        raise OraError(939, "too many arguments for function", offset)
    passed = [_wanted(a, w) for a, w in zip(arguments, function.wants, strict=False)]
    return Typed(f"{function.sqlite_name}({', '.join(passed)})", function.type_rule(arguments))


def _overload(overloads: Sequence[Function], arguments: Sequence[Typed]) -> Function:
    for function in overloads:
        if function.first_kinds is None or (
            arguments and (arguments[0].kind in function.first_kinds or arguments[0].type == NULL)
        ):
            return function
    return overloads[0]


def _wanted(argument: Typed, want: Want) -> str:
    if want is Want.TEXT:
        return to_text(argument).sql
    if want is Want.STORED:
        return argument.sql
    if want is Want.MOMENT:
        known = argument.kind in DATETIME_KINDS
        return argument.sql if known else convert(argument, DATE).sql
    return convert(argument, _WANTED_TYPES[want]).sql


_WANTED_TYPES = {
    Want.NUMBER: NUMBER,
    Want.INTEGER: NUMBER,
    Want.DOUBLE: BINARY_DOUBLE,
    Want.DAYS: INTERVAL_DS,
    Want.MONTHS: INTERVAL_YM,
    Want.RAW: ColumnType(Kind.RAW, size=2000),
}


# Functions sqlite has an expression for


def _at_least(arguments: Sequence[Typed], count: int, offset: int) -> None:
    if len(arguments) < count:
        raise OraError(938, "not enough arguments for function", offset)


def _exactly(arguments: Sequence[Typed], count: int, offset: int) -> None:
    _at_least(arguments, count, offset)
    if len(arguments) > count:
        raise OraError(939, "too many arguments for function", offset)


def _as_first(arguments: Sequence[Typed], offset: int) -> tuple[list[Typed], ColumnType]:
    """All arguments converted to the first one's type family, and their common type."""
    target = arguments[0].type
    converted = []
    for argument in arguments:
        common = common_type(target, argument.type)
        argument = argument if common is not None else convert(argument, target)
        target = common if common is not None else target
        converted.append(argument)
    return [convert(argument, target) for argument in converted], without_precision(target)


def _nvl(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    return _coalesce(arguments, offset)


def _coalesce(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 2, offset)
    converted, result = _as_first(arguments, offset)
    return Typed(f"coalesce({', '.join(a.sql for a in converted)})", result)


def _nvl2(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 3, offset)
    (present, absent), result = _as_first(arguments[1:], offset)
    tested = arguments[0].sql
    return Typed(f"CASE WHEN {tested} IS NOT NULL THEN {present.sql} ELSE {absent.sql} END", result)


def _nullif(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    left, right = comparable(arguments[0], arguments[1])
    first = arguments[0]
    return Typed(
        f"CASE WHEN {left} = {right} THEN NULL ELSE {first.sql} END", without_precision(first.type)
    )


def _decode(arguments: Sequence[Typed], offset: int) -> Typed:
    """DECODE takes two NULLs for equal, which is sqlite's IS."""
    _at_least(arguments, 3, offset)
    subject, *rest = arguments
    pairs = len(rest) // 2
    results = [rest[2 * i + 1] for i in range(pairs)] + (rest[-1:] if len(rest) % 2 else [])
    converted, result = _as_first(results, offset)
    branches = []
    for i in range(pairs):
        left, right = comparable(subject, rest[2 * i])
        branches.append(f"WHEN {left} IS {right} THEN {converted[i].sql}")
    otherwise = f" ELSE {converted[-1].sql}" if len(rest) % 2 else ""
    return Typed(f"CASE {' '.join(branches)}{otherwise} END", result)


def _extreme(sqlite_name: str) -> Callable[[Sequence[Typed], int], Typed]:
    def compile_extreme(arguments: Sequence[Typed], offset: int) -> Typed:
        _at_least(arguments, 1, offset)
        converted, result = _as_first(arguments, offset)
        if len(arguments) == 1:
            return arguments[0]
        return Typed(f"{sqlite_name}({', '.join(a.sql for a in converted)})", result)

    return compile_extreme


def _concat(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 2, offset)
    texts = [to_text(argument) for argument in arguments]
    joined = " || ".join(f"coalesce({text.sql}, '')" for text in texts)
    width = sum(text.type.chars for text in texts)
    return Typed(f"nullif({joined}, '')", text_type(width, size=sum(t.type.size for t in texts)))


def _converted_to(target: ColumnType) -> Callable[[Sequence[Typed], int], Typed]:
    def compile_conversion(arguments: Sequence[Typed], offset: int) -> Typed:
        _exactly(arguments, 1, offset)
        return replace(convert(arguments[0], target), type=target)

    return compile_conversion


def _sys_context(arguments: Sequence[Typed], offset: int) -> Typed:
    _exactly(arguments, 2, offset)
    namespace, parameter = (to_text(argument).sql for argument in arguments)
    return Typed(f"ora_context({namespace}, {parameter}, ora_user())", text_type(256, size=256))


def _to_char(arguments: Sequence[Typed], offset: int) -> Typed:
    _at_least(arguments, 1, offset)
    value, *formats = arguments
    if not formats or value.kind in TEXT_KINDS:
        return to_text(value)
    model, width = to_text(formats[0]).sql, _format_width(value, formats[0].literal)
    if value.kind in NUMERIC_KINDS:
        return Typed(f"ora_format_number({convert(value, NUMBER).sql}, {model})", width)
    if value.kind is Kind.DATE:
        return Typed(f"ora_format_date({value.sql}, {model})", width)
    if value.kind in DATETIME_KINDS:
        digits = number_key(value.type.scale)
        return Typed(f"ora_format_timestamp({value.sql}, {model}, '{digits}')", width)
    raise mismatch(Kind.DATE, value.kind, offset)


def _format_width(value: Typed, model: str | None) -> ColumnType:
    if model is None or value.kind in NUMERIC_KINDS:
        return text_type(len(model) + 1 if model else 64)
    return text_type(format_width(model))


_SPECIAL: dict[str, Callable[[Sequence[Typed], int], Typed]] = {
    "NVL": _nvl,
    "NVL2": _nvl2,
    "COALESCE": _coalesce,
    "NULLIF": _nullif,
    "DECODE": _decode,
    "GREATEST": _extreme("max"),
    "LEAST": _extreme("min"),
    "CONCAT": _concat,
    "TO_CHAR": _to_char,
    "TO_NCHAR": _to_char,
    "TO_CLOB": _converted_to(CLOB),
    "TO_NCLOB": _converted_to(NCLOB),
    "TO_BLOB": _converted_to(BLOB),
    "TO_BINARY_DOUBLE": _converted_to(BINARY_DOUBLE),
    "TO_BINARY_FLOAT": _converted_to(BINARY_FLOAT),
    "TO_BOOLEAN": _converted_to(BOOLEAN),
    "TO_VECTOR": _converted_to(VECTOR),
    "VECTOR": _converted_to(VECTOR),
    "JSON": _converted_to(JSON),
    "XMLTYPE": _converted_to(XMLTYPE),
    "SYS_CONTEXT": _sys_context,
}


# Aggregates

AGGREGATES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX"})
_WINDOW_ONLY = frozenset(
    {"ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"}
)


def _aggregate(compiler: Expressions, node: exp.Anonymous, scope: Scope) -> Typed:
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
        return Typed(f"{name.lower()}({value.sql})", without_precision(value.type))
    return _sum_or_average(name, distinct, value)


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
    if value.kind in (Kind.INTERVAL_DS, Kind.INTERVAL_YM):
        return Typed(f"ora_{name.lower()}({distinct}{value.sql})", value.type)
    if value.kind not in NUMERIC_KINDS | TEXT_KINDS:
        raise OraError(932, f"inconsistent datatypes: expected NUMBER got {value.kind.value}")
    if value.kind in (Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE):
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
        keys.append(compiler.value(ordered.this, inside).sql)
        keys.append("1" if ordered.args.get("desc") else "0")
    sql = f"ora_listagg({', '.join([texts[0], separator, *keys])})"
    return Typed(sql, text_type(4000, size=4000))


# Analytic functions


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
    return ordered_sql(compiler.value(ordered.this, scope).sql, ordered)


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
