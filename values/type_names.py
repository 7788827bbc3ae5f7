"""What each type is called, in Oracle's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class ColumnDescription(Protocol):
    """What the driver says of a select item (oracledb.FetchInfo)."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Any: ...
    @property
    def type_code(self) -> Any: ...
    @property
    def precision(self) -> int | None: ...
    @property
    def scale(self) -> int | None: ...
    @property
    def internal_size(self) -> int | None: ...
    @property
    def display_size(self) -> int | None: ...
    @property
    def vector_dimensions(self) -> int | None: ...
    @property
    def vector_format(self) -> Any: ...
    @property
    def vector_is_sparse(self) -> bool | None: ...


def number_type(info: ColumnDescription) -> str:
    if not info.precision:
        return "NUMBER" if info.scale in (None, -127, 0) else f"NUMBER(38,{info.scale})"
    if info.scale == -127:
        return f"FLOAT({info.precision})"
    return f"NUMBER({info.precision},{info.scale})" if info.scale else f"NUMBER({info.precision})"


def sized(word: str) -> Callable[[ColumnDescription], str]:
    return lambda info: f"{word}({info.display_size or info.internal_size or 0})"


def fixed(word: str) -> Callable[[ColumnDescription], str]:
    return lambda info: word


def timestamp_type(info: ColumnDescription) -> str:
    return f"TIMESTAMP({info.scale or 0})"


def time_zone_type(kind: str) -> Callable[[ColumnDescription], str]:
    return lambda info: f"TIMESTAMP({info.scale or 0}) WITH {kind}TIME ZONE"


def interval_type(info: ColumnDescription) -> str:
    return f"INTERVAL DAY({info.precision or 0}) TO SECOND({info.scale or 0})"


def months_type(info: ColumnDescription) -> str:
    return f"INTERVAL YEAR({info.precision or 0}) TO MONTH"


def vector_type(info: ColumnDescription) -> str:
    dimensions, element_format = info.vector_dimensions or "*", info.vector_format
    words = [str(dimensions), "*" if element_format is None else element_format.name]
    if info.vector_is_sparse:
        words.append("SPARSE")
    return "VECTOR" if words == ["*", "*"] else f"VECTOR({', '.join(words)})"


def type_words(kind: str) -> str:
    """The driver's name of a type as the database has it, more or less."""
    return kind.removeprefix("DB_TYPE_").replace("_", " ")
