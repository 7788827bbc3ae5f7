"""The words of values/: a column of a result, how its values are asked for, fetched and encoded.

A batch of rows is encoded column by column. An encoder takes the values of one column, None among
them, and gives a JSON text for each, with calls that run in C where it can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from common.errors import ApiError, refuse
from values.object_shapes import ObjectShape

Row: TypeAlias = Sequence[Any]
Encoder: TypeAlias = Callable[[Sequence[Any]], "list[str]"]


def each(write: Callable[[Any], str]) -> Encoder:
    """An encoder that writes value by value; None is null."""

    def encode(values: Sequence[Any]) -> list[str]:
        try:
            return list(map(write, values))
        except (TypeError, AttributeError):
            return ["null" if value is None else write(value) for value in values]

    return encode


class MalformedValueError(ValueError):
    """Says what a value is not: it has not the form that each value of its type has."""


REFUSED = (OverflowError, MalformedValueError)
"""What an encoder raises of a value; see refused_value."""


def encode_present(encode: Encoder, values: Sequence[Any]) -> list[str]:
    """The values that are there by `encode`, which sees no None; None is null."""
    present = [value for value in values if value is not None]
    texts = iter(encode(present) if present else ())
    return ["null" if value is None else next(texts) for value in values]


class Fetch(Enum):
    """What the driver is asked to hand over for a column."""

    AS_IS = "as is"
    DIGITS = "digits"
    TEXT = "text"
    INLINE = "inline"
    """A LOB, whose value is to come with its row rather than on a round trip of its own."""
    DOCUMENT = "document"
    """XML, which comes with its row where it is short, and is to be fetched with it otherwise."""
    ROWS = "rows"
    """A nested cursor, whose rows are to be fetched with the row they belong to."""
    PARTS = "parts"
    """An object or a collection, which is made up of what one or more select items hold."""


class ValueOptions(NamedTuple):
    """How values are to be carried: what the caller asked for, and what the settings allow.

    moments_as_text: the rows hold moments before the year 1, which only the database can write.
    objects_by_parts: they hold objects of which the driver would let through a part only.
    within: what stands in front of the columns' names in messages, for those inside others.
    """

    numbers_as_strings: bool = False
    moments_as_text: bool = False
    objects_by_parts: bool = False
    max_lob_bytes: int = 67_108_864
    within: str = ""


class SelectItem(NamedTuple):
    """One select item. label: what it is called in messages, such as ADDRESS.GEO.LAT.

    driver_object: the driver hands over an object of its own, of this shape. element_cursor: it is
    a cursor over the elements of a collection, and these are its columns.
    """

    sql: str
    label: str
    driver_object: ObjectShape | None = None
    element_cursor: Selection | None = None


class Selection(NamedTuple):
    """How a value is asked for, made up of what comes, and encoded.

    assemble: takes the items' values from a row and gives the value: an object as a tuple of its
    attributes, a collection as a list of its elements, each part as a column of its type would be
    fetched; None where it is null. ApiError for what cannot be carried.
    """

    items: tuple[SelectItem, ...]
    assemble: Callable[[Iterator[Any]], Any]
    encode: Encoder


class TextForm(NamedTuple):
    """A value that the database writes out as text, `{}` being where it stands; its encoder."""

    expression: str
    encode: Encoder


class Column(NamedTuple):
    """One column of a result: its name, its Oracle type in words, how its values come and go."""

    name: str
    type: str
    fetch: Fetch
    encode: Encoder
    is_large: bool = False
    """Each value may be a LOB."""
    as_text: Callable[[str], Selection] | None = None
    """How the database is asked to write out the column of that name; None: it need not."""
    selection: Selection | None = None
    """How the values are made up, for Fetch.PARTS."""
    inexact_part: str = ""
    """What inside it the driver cannot hold."""
    kind: str = ""
    """Its type, as the driver names it: DB_TYPE_NUMBER."""
    length: int = 0
    """The most bytes of a value, as declared."""
    shape: ObjectShape | None = None
    """Of an object or a collection."""
    is_text: bool = False
    """The values come as texts that the database was asked for."""


# Fewer values than these are written out before they have been compared.
A_FEW = 16


# The JSON texts of a column's values.
Texts: TypeAlias = Sequence[str]


def encode_columns(columns: Sequence[Column], batch: Sequence[Row]) -> list[Texts]:
    """The texts of each column. batch: not empty; its rows may have more values behind those of the
    columns. ApiError.
    """
    encoded: list[Texts] = []
    fetched = islice(zip(*batch, strict=True), len(columns))
    try:
        for column, values in zip(columns, fetched, strict=True):
            if len(values) > A_FEW and _is_one(values):
                texts = column.encode(values[:1]) * len(values)
            else:
                texts = column.encode(values)
            if len(texts) != len(values):
                # Else each value behind would be told as its neighbour's.
                raise AssertionError(f"{len(texts)} texts of {len(values)} values")
            encoded.append(texts)
    except REFUSED as error:
        raise refused_value(columns[len(encoded)].name, error) from error
    return encoded


def refused_value(name: str, error: Exception) -> ApiError:
    """What it means for a caller that the encoder of that column raised one of REFUSED."""
    word = "MALFORMED_VALUE" if isinstance(error, MalformedValueError) else "UNSUPPORTED_TYPE"
    return refuse(word, f"column {name} holds {error}")


def _is_one(values: Sequence[Any]) -> bool:
    """Whether a column has one value in all rows: that costs the driver nothing either, which gives
    the same object again then. Only of types whose equal values have one text.
    """
    first = values[0]
    return (
        first is values[-1]
        and (first is None or isinstance(first, str | bytes | datetime))
        and values.count(first) == len(values)
    )
