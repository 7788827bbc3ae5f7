"""What nests: JSON, objects, collections, and the rows of cursors inside rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

from common.errors import refuse
from values.column import Column, Encoder, Row, each, encode_columns
from values.numbers import float_json, vector_json


class Inexact(Exception):  # noqa: N818
    """Says of which value something may have been lost before it came here."""


def nested_json(value: Any, number: Callable[[str], str]) -> str:
    """What the driver makes of a value of JSON.

    number: number_json or number_string_json. TypeError for what has no form here; Inexact for a
    moment or an interval, which may have had more digits, and a zone, in the database.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        return number(format(value, "f"))
    if isinstance(value, int):
        return number(str(value))
    if isinstance(value, float):
        return float_json(value)
    if isinstance(value, datetime):
        raise Inexact("a moment, of which the driver drops zone and digits past the sixth")
    if isinstance(value, timedelta):
        raise Inexact("an interval, of which the driver drops digits past the sixth")
    if isinstance(value, bytes):
        return f'"{value.hex().upper()}"'
    if isinstance(value, dict):
        members = (
            f"{encode_basestring(key)}:{nested_json(item, number)}" for key, item in value.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(nested_json(item, number) for item in value) + "]"
    if hasattr(value, "typecode") or hasattr(value, "num_dimensions"):
        return vector_json(value)
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")


def json_encoder(name: str, number: Callable[[str], str]) -> Encoder:
    """Values of JSON, their numbers by `number`. ApiError for what may have lost something."""
    encode = each(lambda value: nested_json(value, number))

    def encode_json(values: Sequence[Any]) -> list[str]:
        try:
            return encode(values)
        except Inexact as error:
            raise refuse("INEXACT_VALUE", f"column {name} holds JSON with {error}") from None
        except RecursionError:
            raise refuse(
                "UNSUPPORTED_TYPE", f"column {name} holds JSON that is nested too deep"
            ) from None

    return encode_json


def object_encoder(names: Sequence[str], encoders: Sequence[Encoder]) -> Encoder:
    """For tuples of attributes, each attribute by the encoder of its own."""
    write = ("{" + ",".join(f"{_format_safe(name)}:%s" for name in names) + "}").__mod__

    def encode(values: Sequence[Any]) -> list[str]:
        columns = [
            encode_attribute([None if value is None else value[at] for value in values])
            for at, encode_attribute in enumerate(encoders)
        ]
        rows = zip(values, zip(*columns, strict=True), strict=True)
        return ["null" if value is None else write(texts) for value, texts in rows]

    return encode


def _format_safe(name: str) -> str:
    return encode_basestring(name).replace("%", "%%")


def collection_encoder(encode_elements: Encoder) -> Encoder:
    """For lists of elements, all of them together in one go."""

    def encode(values: Sequence[Any]) -> list[str]:
        elements = [e for value in values if value is not None for e in value]
        texts = iter(encode_elements(elements) if elements else ())
        return [
            "null" if value is None else f"[{','.join(islice(texts, len(value)))}]"
            for value in values
        ]

    return encode


class NestedRows:
    """What a nested cursor held. size: about how many bytes of memory that takes."""

    __slots__ = ("columns", "rows", "size")

    def __init__(self, columns: list[Column], rows: Sequence[Row], size: int = 0) -> None:
        self.columns = columns
        self.rows = rows
        self.size = size


def nested_rows_json(value: NestedRows) -> str:
    """The rows of a nested cursor, each an array."""
    if not value.rows:
        return "[]"
    rows = zip(*encode_columns(value.columns, value.rows), strict=True)
    return "[" + ",".join(f"[{','.join(row)}]" for row in rows) + "]"
