"""Function calls: which of Oracle's names are known, and what each is to sqlite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

# Importing a module of functions enters them into the table.
from ..functions import (  # noqa: F401
    binary_functions,
    conversion_functions,
    date_functions,
    number_functions,
    object_storage,
    text_functions,
    vector_functions,
)
from ..functions.conversions import convert, to_text
from ..functions.functions import FUNCTIONS, Function, Want
from ..kinds.expression_types import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    DATE,
    DATETIME_KINDS,
    INTERVAL_DS,
    INTERVAL_YM,
    NULL,
    NUMBER,
    TIMESTAMP_9,
    TIMESTAMP_TZ,
    Typed,
    text_type,
)
from ..kinds.model import ColumnType, Kind, ObjectType, OraError
from ..parser.identifiers import offset_of
from ..parser.lexing import words
from ..parser.syntax_errors import unknown
from .aggregate_calls import (
    AGGREGATES,
    WINDOW_ONLY,
    call_name,
    compile_aggregate,
    refuse_linguistic,
)
from .native_calls import NATIVE
from .object_expressions import construct, row_object
from .scopes import Scope

if TYPE_CHECKING:
    from .expressions import Expressions

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
    NLS_UPPER NLS_LOWER NLS_INITCAP CONVERT COMPOSE DECOMPOSE BFILENAME ROWIDTOCHAR
    CHARTOROWID TO_DSINTERVAL TO_YMINTERVAL TO_MULTI_BYTE TO_SINGLE_BYTE APPROX_COUNT_DISTINCT TABLE
    """
)


def bare_word(name: str) -> Typed | None:
    """A function written without parentheses."""
    return _BARE_WORDS.get(name)


def compile_call(compiler: Expressions, node: exp.Anonymous, scope: Scope) -> Typed:
    name, offset = call_name(node), offset_of(node)
    if (
        name == "CURSOR"
        and len(node.expressions) == 1
        and isinstance(node.expressions[0], exp.Query)
    ):
        return compiler.cursor(node.expressions[0], scope)
    if name in AGGREGATES:
        return compile_aggregate(compiler, node, scope)
    if name == "VALUE" and (row := row_object(node, scope)) is not None:
        return row
    made = constructed_type(node, None, scope)
    if made is not None:
        return construct(made, compiler.values(node.expressions, scope), offset)
    if name in NATIVE:
        values = compiler.values(node.expressions, scope)
        if name in ("GREATEST", "LEAST") and values:
            refuse_linguistic(name, values[0], scope, offset)
        return NATIVE[name](values, offset)
    if name in FUNCTIONS:
        return _registered(name, compiler.values(node.expressions, scope), offset)
    if name in _BARE_WORDS and not node.expressions:
        return _BARE_WORDS[name]
    if name in _NOT_HERE or name in WINDOW_ONLY:
        raise unknown(name, offset)
    raise OraError(904, f'"{name}": invalid identifier', offset)


def constructed_type(node: exp.Anonymous, schema: str | None, scope: Scope) -> ObjectType | None:
    """The type whose constructor a call is; a function of that name comes first."""
    name = call_name(node)
    if schema is None and (name in NATIVE or name in FUNCTIONS or name in _NOT_HERE):
        return None
    compilation = scope.compilation
    return compilation.catalogue.find_type(schema, name, compilation.user)


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
