"""Columns as the driver describes them, and two that are made already."""

from __future__ import annotations

from dataclasses import dataclass

from values.column import Column, Fetch
from values.numbers import encode_number
from values.texts import encode_text


@dataclass(frozen=True)
class Kind:
    """What the driver calls a type."""

    name: str


@dataclass(frozen=True)
class Described:
    """What the driver says of a select item."""

    type_code: Kind
    name: str = "C"
    precision: int | None = None
    scale: int | None = None
    internal_size: int | None = None
    display_size: int | None = None
    type: object = None
    vector_dimensions: int | None = None
    vector_format: Kind | None = None
    vector_is_sparse: bool | None = False


def text_column(name: str) -> Column:
    return Column(name, "VARCHAR2(40)", Fetch.TEXT, encode_text)


def number_column(name: str) -> Column:
    return Column(name, "NUMBER(10)", Fetch.DIGITS, encode_number)
