"""VECTOR as declarations spell it: VECTOR(3, FLOAT32, SPARSE), with `*` for whatever comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .expression_types import VECTOR
from .model import ColumnType, OraError, VectorType

_FORMATS: Final = {f.upper(): f for f in ("float32", "float64", "int8", "binary")} | {"*": ""}
_STORAGE: Final = {"SPARSE": True, "DENSE": False, "*": False}
_MOST_DIMENSIONS: Final = 65_535


def vector_type(words: Sequence[str]) -> ColumnType:
    """words: dimensions, format and storage, as far as they are given."""
    dimensions, element_format, storage, *rest = [*words, *("*" for _ in range(3 - len(words)))]
    if rest or element_format not in _FORMATS or storage not in _STORAGE:
        raise OraError(51801, "Invalid VECTOR type specification")
    declared = VectorType(_count(dimensions), _FORMATS[element_format], _STORAGE[storage])
    if declared.format == "binary":
        if declared.dimensions % 8:
            raise OraError(
                51813,
                "Vector of BINARY format should have a dimension count that is a multiple of 8.",
            )
        if declared.is_sparse:
            raise OraError(51801, "Invalid VECTOR type specification: a sparse BINARY vector")
    return VECTOR if declared == VectorType() else replace(VECTOR, vector=declared)


def _count(word: str) -> int:
    if word == "*":
        return 0
    if not word.isdecimal() or not 1 <= int(word) <= _MOST_DIMENSIONS:
        raise OraError(
            51801,
            f"Invalid VECTOR type specification: Invalid dimension count ('{word}'). Valid values "
            "can either be * (i.e. flexible) or an integer between 1 and 65535.",
        )
    return int(word)
