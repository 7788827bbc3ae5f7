"""What objects and collections are made of, and how the database is asked for their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from values.encoders import Encoder


class Scalar(NamedTuple):
    """kind: as the driver names a type, or else as the database does.

    digits: the most that a NUMBER has, None where nothing limits them. scale: how many digits a
    second's fraction has, None where that is not known.
    """

    kind: str
    digits: int | None = None
    scale: int | None = None


class Object(NamedTuple):
    """is_final: there can be no subtypes, whose values would have attributes of their own."""

    owner: str
    name: str
    attributes: tuple[tuple[str, ObjectShape], ...]
    is_final: bool = True


class Collection(NamedTuple):
    owner: str
    name: str
    element: ObjectShape


ObjectShape: TypeAlias = "Scalar | Object | Collection"


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
