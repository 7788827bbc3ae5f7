"""Columns of UNION and its like, and the names and positions that sort a finished result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from ..expressions.aggregate_calls import ordered_sql
from ..expressions.scopes import Block
from ..functions.conversions import convert
from ..kinds.expression_types import PADDED_KINDS, Typed, common_type
from ..kinds.model import Column, Kind, OraError
from ..parser.identifiers import identifier_name, offset_of


def position(key: exp.Literal, count: int) -> int:
    if not key.name.isdigit() or not 1 <= int(key.name) <= count:
        text = "ORDER BY item must be the number of a SELECT-list expression"
        raise OraError(1785, text, offset_of(key))
    return int(key.name)


def result_key(
    ordered: exp.Ordered, columns: Sequence[Column], order_key: Callable[[Typed], str]
) -> str:
    """order_key: what a column is sorted by."""
    place = _place(ordered.this, columns)
    key = order_key(Typed(f"c{place}", columns[place - 1].type))
    return ordered_sql(key, ordered)


def _place(key: exp.Expr, columns: Sequence[Column]) -> int:
    if isinstance(key, exp.Literal) and not key.is_string:
        return position(key, len(columns))
    if isinstance(key, exp.Column) and not key.table:
        name = identifier_name(key.this)
        positions = [n for n, column in enumerate(columns, 1) if column.name == name]
        if positions:
            return positions[0]
        raise OraError(904, f'"{name}": invalid identifier', offset_of(key))
    text = "ORDER BY item must be the number of a SELECT-list expression"
    raise OraError(1785, text, offset_of(key))


def renamed(columns: Sequence[Column], names: Sequence[exp.Expr] | None) -> Sequence[Column]:
    if not names:
        return columns
    if len(names) != len(columns):
        text = "number of WITH clause column names does not match number of elements in select list"
        raise OraError(32038, text)
    return [
        replace(column, name=identifier_name(name))
        for column, name in zip(columns, names, strict=True)
    ]


def set_columns(left: Sequence[Column], right: Sequence[Column], offset: int) -> list[Column]:
    if len(left) != len(right):
        raise OraError(1789, "query block has incorrect number of result columns", offset)
    columns = []
    for a, b in zip(left, right, strict=True):
        common = common_type(a.type, b.type)
        if common is None:
            text = "expression must have same datatype as corresponding expression"
            raise OraError(1790, text, offset)
        if common.kind in PADDED_KINDS and a.type != b.type:
            common = replace(common, kind=Kind.VARCHAR)
        columns.append(Column(a.name, common, a.nullable or b.nullable))
    return columns


def converted_side(side: Block, columns: Sequence[Column]) -> str:
    values = [
        convert(typed, column.type).sql
        for (_, typed), column in zip(side.typed("u"), columns, strict=True)
    ]
    shown = ", ".join(f"{value} AS c{n}" for n, value in enumerate(values, 1))
    return f"SELECT {shown} FROM ({side.sql}) u"
