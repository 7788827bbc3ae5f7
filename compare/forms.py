"""In which form values are compared, so that `==` says what the same is.

Values are compared as they were fetched only where that form is the same on both sides and Python's
`==` is right for it. It takes `0.0` for `-0.0`, `1` for `true` and no NaN for another, so all
others are brought to one form first. No form is a hash or a checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import copysign, isfinite
from typing import Any, TypeAlias

from values.column import REFUSED, Column, Encoder, Selection, SelectItem, refused_value
from values.documents import NestedRows
from values.families import Family, family
from values.texts import bad_characters, is_text

Form: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Brings the values of a column to the form in which they are compared; ApiError for what /query
refuses."""

_SAME_IN_EVERY_TYPE = (Family.NUMBERS, Family.TEXTS, Family.BYTES, Family.BOOLEANS)
_SAME_IN_ONE_TYPE = (Family.MOMENTS, Family.ZONED, Family.DAYS, Family.MONTHS)


class Empty:
    """An empty LOB, or a JSON null, which the driver gives as it gives a NULL."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EMPTY"


EMPTY = Empty()
EMPTY_JSON = '{"empty":true}'


def form(column: Column, other: Column) -> Form:
    """For a column that is compared with one of the same family on the other side."""
    if is_as_fetched(column, other):
        return check(column)
    kind = family(column)
    if kind is Family.FLOATS:
        return lambda values: [None if value is None else repr(value) for value in values]
    if kind is Family.JSON:
        return lambda values: _after(column.encode, values, _document)
    if kind is Family.VECTORS:
        return lambda values: _after(column.encode, values, _vector)
    if kind is Family.ROWS:
        return lambda values: _after(column.encode, values, _nested)
    return column.encode


def is_as_fetched(column: Column, other: Column) -> bool:
    """Whether both sides' values can be compared as they come."""
    kind = family(column)
    if kind in _SAME_IN_EVERY_TYPE:
        return True
    is_one_form = column.type == other.type and column.is_text == other.is_text
    if kind is Family.DAYS and column.is_text:
        return False  # written with the decimal mark of each session
    return kind in _SAME_IN_ONE_TYPE and is_one_form


def is_checked_alike(column: Column, other: Column) -> bool:
    """Whether a value that equals one of the other column, which was checked, needs no check."""
    if not is_as_fetched(column, other):
        return False
    mine, theirs = ((c.kind, c.type, family(c), c.is_text, c.is_large) for c in (column, other))
    return mine == theirs


def check(column: Column) -> Form:
    """The values as they are, once they are known to be what /query would take."""
    kind = family(column)
    if kind is Family.TEXTS:
        return lambda values: _texts(column, values)
    if kind in (Family.NUMBERS, Family.MONTHS) or column.is_text or column.is_large:
        return lambda values: _after(column.encode, values, None)
    return lambda values: values


def _texts(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    if column.is_large:
        _check_texts(column, [value for value in values if value is not EMPTY])
        return _after(column.encode, values, None)
    _check_texts(column, values)
    return values


def _check_texts(column: Column, values: Sequence[str | None]) -> None:
    if not is_text("".join(filter(None, values))):
        raise bad_characters(column.name)


def _after(
    encode: Encoder, values: Sequence[Any], write: Callable[[Any], Any] | None
) -> Sequence[Any]:
    """The values in their form, after /query's own encoder has found nothing to refuse."""
    encode(values)
    if write is None:
        return values
    return [v if v is None or v is EMPTY else write(v) for v in values]


def _document(value: Any) -> tuple[Any, ...]:
    """A value of JSON, of which numbers, texts, bytes and booleans are never one another, and the
    order of an object's keys makes no difference.

    Flat, each value behind what it is, since Python compares what nests to some depth only.
    """
    parts: list[Any] = []
    _add_document(value, parts)
    return tuple(parts)


def _add_document(value: Any, parts: list[Any]) -> None:
    if isinstance(value, dict):
        parts += ("object", len(value))
        for key in sorted(value):
            parts.append(key)
            _add_document(value[key], parts)
    elif isinstance(value, list):
        parts += ("array", len(value))
        for item in value:
            _add_document(item, parts)
    elif isinstance(value, bool):
        parts += ("boolean", value)
    elif isinstance(value, int | float | Decimal):
        parts += ("number", _number(value))
    elif hasattr(value, "typecode") or hasattr(value, "num_dimensions"):
        parts += ("vector", _vector(value))
    else:
        parts += (type(value), value)


def _number(value: float | Decimal) -> Any:
    """A number by the digits that /query writes; what JSON has no number for by its name."""
    if isinstance(value, float):
        if not isfinite(value):
            return ("float", repr(value))
        if value == 0 and copysign(1, value) < 0:
            return ("float", "-0.0")
        return Decimal(repr(value))
    return Decimal(value)


def _vector(value: Any) -> Any:
    if hasattr(value, "num_dimensions"):
        parts = (value.num_dimensions, tuple(value.indices), tuple(map(_number, value.values)))
        return ("sparse", parts)
    # A BINARY vector's elements are eight dimensions each: [1] there is not the [1] of another.
    return ("binary" if value.typecode == "B" else "vector", tuple(map(_number, value)))


def _nested(value: NestedRows) -> Any:
    """The rows of a cursor: names and families of its columns, and each column in its form."""
    columns = [
        tuple(form(column, column)(values)) if values else ()
        for column, values in zip(
            value.columns,
            zip(*value.rows, strict=True) if value.rows else [()] * len(value.columns),
            strict=True,
        )
    ]
    heads = tuple([(column.name, family(column)) for column in value.columns])
    return ("rows", heads, tuple(columns))


def asking_whether_empty(column: Column) -> Column:
    """The same column, asked for beside whether it is NULL: a value that is neither NULL nor
    anything the driver gives is EMPTY.
    """

    def as_text(path: str) -> Selection:
        value = SelectItem(path, column.name)
        presence = SelectItem(f"CASE WHEN {path} IS NULL THEN NULL ELSE 1 END", column.name)
        return Selection((value, presence), _value_or_empty, _encoder(column))

    # What stands for the selection of an object: its values are made up of two select items.
    made_up = Selection((), _value_or_empty, _encoder(column))
    return column._replace(as_text=as_text, selection=made_up)


def _value_or_empty(parts: Any) -> Any:
    value, presence = next(parts), next(parts)
    return EMPTY if value is None and presence is not None else value


def _encoder(column: Column) -> Encoder:
    def encode(values: Sequence[Any]) -> list[str]:
        texts = column.encode([None if value is EMPTY else value for value in values])
        return [
            EMPTY_JSON if value is EMPTY else text
            for value, text in zip(values, texts, strict=True)
        ]

    return encode


def in_form(columns: Sequence[Column], forms: Sequence[Form], values: Sequence[Any]) -> list[Any]:
    """The values of columns, each in its form. ApiError names the column."""
    made: list[Any] = []
    try:
        for bring, of_column in zip(forms, values, strict=True):
            made.append(bring(of_column))
    except REFUSED as error:
        raise refused_value(columns[len(made)].name, error) from error
    return made
