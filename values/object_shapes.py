"""What objects and collections are made of."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


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
