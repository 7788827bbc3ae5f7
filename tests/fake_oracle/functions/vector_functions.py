"""VECTORs made from text, and made into others of another format."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..kinds.model import OraError, Vector
from ..kinds.sqlite_values import Stored, vector_of, vector_text
from .functions import Want, internal

_DEFAULT_FORMAT: Final = "float32"
_RANGES: Final = {"int8": range(-128, 128), "binary": range(256)}


@internal("ora_text_vector", Want.TEXT, Want.INTEGER, Want.STORED, Want.INTEGER)
def text_vector(text: str, dimensions: int, declared: str, is_sparse: int) -> Stored:
    """`[1, 2.5]` dense, `[5, [1, 3], [1.5, 2]]` or `[[1, 3], [1.5, 2]]` sparse."""
    element_format = declared or _DEFAULT_FORMAT
    try:
        parts = json.loads(text)
        read = _sparse(parts, dimensions) if is_sparse else _dense(parts, element_format)
    except (ValueError, TypeError) as error:
        raise OraError(51805, "VECTOR is not properly formatted") from error
    return vector_text(_checked(_as_format(read, element_format), dimensions))


@internal("ora_fit_vector", Want.STORED, Want.INTEGER, Want.STORED, Want.INTEGER)
def fit_vector(stored: str, dimensions: int, declared: str, is_sparse: int) -> Stored:
    vector = vector_of(stored)
    element_format = declared or vector.format
    if "binary" in (element_format, vector.format) and element_format != vector.format:
        raise OraError(3115, "unsupported: a VECTOR of bits made from another, or the reverse")
    kept = _as_sparse(vector) if is_sparse else _as_dense(vector)
    return vector_text(_checked(_as_format(kept, element_format), dimensions))


def _dense(parts: Sequence[float], element_format: str) -> Vector:
    values = tuple(map(float, parts))
    # Each element of a BINARY vector is the byte of eight dimensions.
    return Vector("float64", values, len(values) * (8 if element_format == "binary" else 1))


def _sparse(parts: Sequence[object], dimensions: int) -> Vector:
    if len(parts) == 2:
        parts = [dimensions, *parts]
    count, indices, values = parts
    if not (isinstance(count, int) and isinstance(indices, list) and isinstance(values, list)):
        raise ValueError("no sparse vector")
    if len(indices) != len(values) or any(not 0 <= index < count for index in indices):
        raise ValueError("its indices are not those of its values")
    return Vector("float64", tuple(map(float, values)), count, tuple(indices))


def _as_sparse(vector: Vector) -> Vector:
    if vector.indices is not None:
        return vector
    indices = tuple(at for at, value in enumerate(vector.values) if value)
    return replace(vector, values=tuple(vector.values[at] for at in indices), indices=indices)


def _as_dense(vector: Vector) -> Vector:
    if vector.indices is None:
        return vector
    values = [0.0] * vector.dimensions
    for index, value in zip(vector.indices, vector.values, strict=True):
        values[index] = value
    return replace(vector, values=tuple(values), indices=None)


def _as_format(vector: Vector, element_format: str) -> Vector:
    values = tuple(_element(value, element_format) for value in vector.values)
    return replace(vector, format=element_format, values=values)


def _checked(vector: Vector, dimensions: int) -> Vector:
    if dimensions and dimensions != vector.dimensions:
        raise OraError(
            51803,
            "Vector dimension count must match the dimension count specified in the column "
            f"definition (actual: {vector.dimensions}, required: {dimensions}).",
        )
    return vector


def _element(value: float, element_format: str) -> float:
    if element_format == "float64":
        return float(value)
    if element_format == "float32":
        single: float = struct.unpack("f", struct.pack("f", value))[0]
        return single
    rounded = round(value)
    if rounded not in _RANGES[element_format]:
        raise OraError(
            51806,
            f"Vector column is not properly formatted (dimension value {value} is outside "
            "the allowed precision range).",
        )
    return rounded
