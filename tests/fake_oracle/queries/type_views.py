"""The dictionary's views on types that CREATE TYPE made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..expressions.scopes import Compilation
from ..kinds.expression_types import CHARACTER_KINDS
from ..kinds.model import ColumnType, Kind, name_in_type
from .dictionary_rows import Cell, OwnedView, precision


def _all_types(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    """Every type: the stand-in grants all of them to everybody."""
    for made in compilation.catalogue.types.values():
        yield (
            made.schema, made.name, "OBJECT" if made.element is None else "COLLECTION",
            len(made.attributes), "YES" if made.is_final else "NO",
            *(made.supertype or (None, None)),
        )  # fmt: skip


def _all_type_attributes(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    for made in compilation.catalogue.types.values():
        for number, attribute in enumerate(made.attributes, 1):
            inherited = "YES" if attribute.is_inherited else "NO"
            yield (
                made.schema,
                made.name,
                attribute.name,
                *_declared(attribute.type),
                number,
                inherited,
            )


def _all_collection_types(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    for made in compilation.catalogue.types.values():
        if made.element is not None:
            kind = "VARYING ARRAY" if made.limit else "TABLE"
            yield made.schema, made.name, kind, made.limit or None, *_declared(made.element)


def _declared(column_type: ColumnType) -> Sequence[Cell]:
    """Modifier, owner and name of a type, then its length, precision and scale."""
    sized = column_type.kind in CHARACTER_KINDS | {Kind.RAW}
    return (
        None, _type_owner(column_type), _type_in_type(column_type),
        column_type.chars or column_type.size if sized else None, *precision(column_type),
    )  # fmt: skip


def _type_owner(column_type: ColumnType) -> str | None:
    if column_type.object is not None:
        return column_type.object.schema
    return "SYS" if column_type.kind is Kind.XMLTYPE else None


def _type_in_type(column_type: ColumnType) -> str:
    if column_type.object is not None:
        return column_type.object.name
    return name_in_type(column_type)


TYPE_VIEWS: Final[Mapping[str, OwnedView]] = {
    "TYPES": OwnedView(
        "OWNER TYPE_NAME TYPECODE ATTRIBUTES FINAL SUPERTYPE_OWNER SUPERTYPE_NAME", _all_types
    ),
    "TYPE_ATTRS": OwnedView(
        "OWNER TYPE_NAME ATTR_NAME ATTR_TYPE_MOD ATTR_TYPE_OWNER ATTR_TYPE_NAME LENGTH PRECISION"
        " SCALE ATTR_NO INHERITED",
        _all_type_attributes,
    ),
    "COLL_TYPES": OwnedView(
        "OWNER TYPE_NAME COLL_TYPE UPPER_BOUND ELEM_TYPE_MOD ELEM_TYPE_OWNER ELEM_TYPE_NAME LENGTH"
        " PRECISION SCALE",
        _all_collection_types,
    ),
}
