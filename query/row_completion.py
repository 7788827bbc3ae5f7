"""Rows completed: what the driver leaves in them to be fetched by calls of its own.

A cursor inside a row (`SELECT ..., CURSOR(SELECT ...)`) is a query of its own; its rows, and the
cursors inside those, are fetched with the row they belong to. So are LOBs inside objects and
long documents of XML, which come as locators; and the driver's objects are unpacked here, where it
can still be decided to run the statement in another way.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from common.errors import ApiError, refuse
from oracle import driver as oracle_driver
from oracle.session import Session
from query.object_types import driver_knows
from query.session_cache import SessionCache
from sql.object_selects import inexact_value, is_short, object_column
from sql.outer_query import needs_outer_query, outer_query_refused
from values.column import Column, Fetch, Row, Selection, SelectItem, ValueOptions
from values.documents import NestedRows
from values.object_shapes import Collection, ObjectShape, Scalar
from values.type_names import ColumnDescription
from values.type_table import columns_of

# How many rows of a cursor inside a row one round trip brings.
NESTED_ROWS = 100
# About what a value takes in memory beside its text.
VALUE_BYTES = 60
# And an element of a vector, of which the text is what takes most.
VECTOR_BYTES = 20
# The most that one call can read of a LOB.
MOST_LOB_UNITS = 2**32 - 1


class RowCompleter:
    """Completes rows. Used inside a running query's calls, by the thread that runs it.

    discard: called when the session must not be lent again.
    """

    def __init__(
        self,
        options: ValueOptions,
        session: Session,
        cache: SessionCache,
        discard: Callable[[], None],
    ) -> None:
        self._options = options
        self._session = session
        self._cache = cache
        self._discard = discard
        self.json_columns: list[str] = []
        """Those of cursors inside rows."""

    def complete(self, row: Row, described: Sequence[Column]) -> Row:
        """ApiError for what cannot be carried, or is larger than allowed."""
        values = iter(row)
        return [self._value(column, values) for column in described]

    def _value(self, column: Column, values: Iterator[Any]) -> Any:
        if column.selection is not None:
            return self._assembled(column.selection, values)
        value = next(values)
        if column.fetch is Fetch.ROWS:
            return self._rows_of(value, column.name)
        return self._fetched(value, column.name) if column.fetch is Fetch.DOCUMENT else value

    def _assembled(self, selection: Selection, values: Iterator[Any]) -> Any:
        parts = [self._part(item, next(values)) for item in selection.items]
        return selection.assemble(iter(parts))

    def _part(self, item: SelectItem, value: Any) -> Any:
        if item.driver_object is not None:
            return self._unpacked(value, item.driver_object, item.label)
        elements = item.element_cursor
        if elements is None:
            return self._fetched(value, item.label)
        made, _ = self._all_of(value, item.label, lambda row: self._assembled(elements, iter(row)))
        return made

    # Cursors inside rows.

    def _rows_of(self, cursor: Any, name: str) -> NestedRows:
        # No outer query reaches its columns: what the driver holds of them is all there is.
        options = self._options._replace(
            within=f"{name}.", moments_as_text=False, objects_by_parts=False
        )
        described = self._described(cursor, options)
        rows, size = self._all_of(cursor, name, lambda row: self.complete(row, described))
        return NestedRows(described, rows, size)

    def _described(self, cursor: Any, options: ValueOptions) -> list[Column]:
        description = cursor.description
        objects = {}
        if holds_objects(description):
            objects = object_columns(self._cache, description, options)
        for place, column in objects.items():
            self._see_to_type(description[place], column)
        kinds = self._cache.fetch_types.nested_kinds(cursor)
        described = columns_of(description, options, kinds, objects)
        names = [column.name for column in described if column.type == "JSON"]
        self.json_columns += [name for name in names if name not in self.json_columns]
        if needs_outer_query(described):
            raise outer_query_refused(described, "it is a column of a nested cursor")
        return described

    def _see_to_type(self, info: Any, column: Column) -> None:
        """The driver looks types up after it has executed a query, and this was none."""
        assert column.selection is not None
        shape = column.selection.items[0].driver_object
        assert shape is not None
        if driver_knows(info.type, shape):
            return
        named = f'"{info.type.schema}"."{info.type.name}"'
        with self._session.connection.cursor() as cursor:
            cursor.execute(f"SELECT CAST(NULL AS {named}) FROM dual")  # noqa: S608
        if not driver_knows(info.type, shape):
            self._discard()
            raise outdated(column)

    def _all_of(self, cursor: Any, name: str, make: Callable[[Row], Any]) -> tuple[list[Any], int]:
        """What is made of all rows of a cursor, and about how many bytes that takes."""
        made: list[Any] = []
        size, limit = 0, self._options.max_lob_bytes
        while fetched := cursor.fetchmany(NESTED_ROWS):
            for row in fetched:
                made.append(make(row))
                size += value_bytes(made[-1])
                if size > limit:
                    raise refuse(
                        "LOB_TOO_LARGE",
                        f"column {name} holds rows that take more than {limit} bytes together, "
                        "which is what --max-lob-bytes allows",
                    )
        return made, size

    # The driver's objects.

    def _unpacked(self, value: Any, shape: ObjectShape, label: str) -> Any:
        if value is None:
            return None
        if isinstance(shape, Scalar):
            return self._leaf(value, shape, label)
        try:
            # Whatever is asked for first, the driver unpacks all of it.
            if isinstance(shape, Collection):
                parts = value.aslist()
            else:
                parts = [_attribute(value, name) for name, _ in shape.attributes]
        except (oracle_driver.driver(0).Error, UnicodeDecodeError) as error:
            raise inexact_value(label, f"an object that the driver cannot read ({error})") from None
        if isinstance(shape, Collection):
            return [self._unpacked(part, shape.element, f"{label}[]") for part in parts]
        pairs = zip(parts, shape.attributes, strict=True)
        return tuple([self._unpacked(p, inside, f"{label}.{n}") for p, (n, inside) in pairs])

    def _leaf(self, value: Any, scalar: Scalar, label: str) -> Any:
        """A part as a column of its type would be fetched."""
        if scalar.kind == "DB_TYPE_NUMBER":
            return _digits(value, scalar, label)
        return self._fetched(value, label)

    def _fetched(self, value: Any, label: str) -> Any:
        """The value itself, where the driver gave a locator."""
        return self._read(value, label) if hasattr(value, "read") else value

    def _read(self, lob: Any, label: str) -> str | bytes:
        """One more than is allowed shows that there is more."""
        limit = self._options.max_lob_bytes
        try:
            data: str | bytes = lob.read(1, min(limit + 1, MOST_LOB_UNITS))
            is_whole = _units(data) <= limit
        except UnicodeDecodeError:
            is_whole = lob.size() <= limit
            if is_whole:
                raise inexact_value(label, "text that is not valid") from None
        if not is_whole:
            raise refuse(
                "LOB_TOO_LARGE",
                f"column {label} holds a value of more than {limit} bytes, "
                "which is what --max-lob-bytes allows",
            )
        return data


def _attribute(value: Any, name: str) -> Any:
    """An attribute, also where the driver's object has a method of that name."""
    return type(value).__getattr__(value, name)


def _digits(value: int | float, scalar: Scalar, label: str) -> str:
    """The digits of a NUMBER, of which the driver makes a double where it has a fraction."""
    if isinstance(value, int):
        return str(value)
    if not is_short(scalar):
        raise inexact_value(
            label, "a number with a fraction, which the driver rounds inside objects"
        )
    digits = format(Decimal(repr(value)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _units(data: str | bytes) -> int:
    """How a LOB counts: bytes, or 16 bits of a text."""
    return len(data) if isinstance(data, bytes) else len(data.encode("utf-16-le")) // 2


def object_columns(
    cache: SessionCache, description: Sequence[Any], options: ValueOptions
) -> dict[int, Column]:
    """The columns of object types, by position, as the data dictionary has them."""
    names = {
        place: (info.type.schema, info.type.name)
        for place, info in enumerate(description)
        if info.type_code.name == "DB_TYPE_OBJECT"
    }
    shapes = cache.object_types.shapes(names.values())
    found = {}
    for place, (owner, name) in names.items():
        info, shape = description[place], shapes[owner, name]
        if shape is None:
            raise refuse(
                "UNSUPPORTED_TYPE",
                f"column {options.within}{info.name} is of type {owner}.{name}, "
                "of which the data dictionary shows no attributes",
            )
        found[place] = object_column(info, shape, options)
    return found


def outdated(column: Column) -> ApiError:
    """The driver does not look a type up again when it is changed."""
    return inexact_value(column.name, f"a {column.type}, which is not what the driver takes it for")


def unknown_types(description: Sequence[Any], why: str) -> ApiError:
    names = [info.name for info in description if info.type_code.name == "DB_TYPE_OBJECT"]
    return inexact_value(", ".join(names), f"objects of a type that the driver cannot read ({why})")


def holds_objects(description: Sequence[ColumnDescription]) -> bool:
    return any(info.type_code.name == "DB_TYPE_OBJECT" for info in description)


def row_bytes(row: Row) -> int:
    """About how much memory a row takes."""
    return sum(map(value_bytes, row))


def bytes_per_row(batch: Sequence[Row]) -> int:
    """About how much memory one row takes, from a few of them."""
    sample = batch[:: max(1, len(batch) // 8)]
    return sum(map(row_bytes, sample)) // len(sample)


def value_bytes(value: Any) -> int:
    if isinstance(value, str | bytes):
        return VALUE_BYTES + len(value)
    if isinstance(value, NestedRows):
        return VALUE_BYTES + value.size
    if isinstance(value, tuple | list):
        return VALUE_BYTES + sum(map(value_bytes, value))
    if isinstance(value, dict):
        return VALUE_BYTES + sum(map(value_bytes, value)) + sum(map(value_bytes, value.values()))
    if isinstance(value, array.array):
        return VALUE_BYTES + len(value) * VECTOR_BYTES
    if hasattr(value, "num_dimensions"):
        return value_bytes(value.indices) + value_bytes(value.values)
    return VALUE_BYTES
