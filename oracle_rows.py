"""Rows made whole: what the driver leaves in them to be fetched by calls of its own.

A cursor inside a row (`SELECT ..., CURSOR(SELECT ...)`) is a query of its own; its rows, and the
cursors inside those, are fetched with the row they belong to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from columns import Carrying, Column, ColumnDescription, Fetch, NestedRows, Row, columns
from errors import ApiError, refuse
from oracle_variables import OutputTypes

# How many rows of a cursor inside a row one round trip brings.
NESTED_ROWS = 100
# About what a value takes in memory beside its text.
VALUE_BYTES = 60


class RowReader:
    """Makes rows whole. Used inside an execution's calls, by the thread that runs it."""

    def __init__(self, carrying: Carrying, output_types: OutputTypes) -> None:
        self._carrying = carrying
        self._output_types = output_types

    def whole(self, row: Row, described: Sequence[Column]) -> Row:
        """ApiError for what cannot be carried, or is larger than allowed."""
        return [
            self._rows_of(value, column.name) if column.fetch is Fetch.ROWS else value
            for value, column in zip(row, described, strict=True)
        ]

    def _rows_of(self, cursor: Any, name: str) -> NestedRows:
        inside = replace(self._carrying, within=f"{name}.")
        kinds = self._output_types.nested_kinds(cursor)
        described = columns(cursor.description, inside, kinds)
        if any(column.projection is not None for column in described):
            raise cannot_be_written(described, "it is a column of a nested cursor")
        rows: list[Row] = []
        size, limit = 0, self._carrying.max_lob_bytes
        while fetched := cursor.fetchmany(NESTED_ROWS):
            for row in fetched:
                rows.append(self.whole(row, described))
                size += row_bytes(rows[-1])
                if size > limit:
                    raise refuse(
                        "LOB_TOO_LARGE",
                        f"column {name} holds a cursor whose rows take more than {limit} bytes, "
                        "which is what --max-lob-bytes allows",
                    )
        return NestedRows(described, rows, size)


def holds_cursors(description: Sequence[ColumnDescription] | None) -> bool:
    """Whether there is a cursor in each row of a result."""
    return any(info.type_code.name == "DB_TYPE_CURSOR" for info in description or ())


def row_bytes(row: Row) -> int:
    """About how much memory a row takes."""
    return sum(map(_value_bytes, row))


def _value_bytes(value: object) -> int:
    if isinstance(value, NestedRows):
        return VALUE_BYTES + value.size
    return VALUE_BYTES + (len(value) if isinstance(value, str | bytes) else 0)


def cannot_be_written(described: Sequence[Column], why: str) -> ApiError:
    """The refusal of a statement with columns that only a projection around it could carry."""
    column = next(column for column in described if column.projection is not None)
    return refuse(
        "UNSUPPORTED_TYPE",
        f"column {column.name} is of type {column.type}, which only the database can write out, "
        f"and this statement cannot be wrapped for that: {why}",
    )
