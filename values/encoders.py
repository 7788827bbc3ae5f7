"""How the values of a column become JSON texts.

An encoder takes the values of one column, None among them, and gives a JSON text for each, with
calls that run in C where it can. NUMBERs arrive as the exact digits that the database sent.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from itertools import islice
from json.encoder import encode_basestring
from typing import Any, TypeAlias, cast

from common.errors import ApiError, refuse
from values.moments import (
    MINUS_INFINITY,
    SAFE_DIGITS,
    Inexact,
    float_json,
    interval_json,
    is_text,
    moment_json,
    months_json,
    nested_json,
    number_json,
    number_string_json,
    vector_json,
)

Encoder: TypeAlias = Callable[[Sequence[Any]], "list[str]"]


def each(write: Callable[[Any], str]) -> Encoder:
    """An encoder that writes value by value; None is null."""

    def encode(values: Sequence[Any]) -> list[str]:
        try:
            return list(map(write, values))
        except (TypeError, AttributeError):
            return ["null" if value is None else write(value) for value in values]

    return encode


encode_text = each(encode_basestring)


def encode_number(values: Sequence[str | None]) -> list[str]:
    """NUMBERs by `number_json`; a column of short ones is passed through as a whole."""
    try:
        digits = cast("Sequence[str]", values)
        longest = max(map(len, digits))
    except TypeError:
        digits = ["null" if value is None else value for value in values]
        longest = max(map(len, digits))
    if longest <= SAFE_DIGITS:
        if MINUS_INFINITY in digits:
            raise OverflowError("an infinite NUMBER")
        return list(digits)
    return list(map(number_json, digits))


def encode_float(values: Sequence[float | None]) -> list[str]:
    """BINARY_FLOAT and BINARY_DOUBLE by `float_json`; a column of finite ones in one go."""
    texts = list(map(repr, values))
    if "n" in "".join(texts):  # nan, inf, None; a finite double has no such letter
        return ["null" if value is None else float_json(value) for value in values]
    return texts


encode_number_as_string = each(number_string_json)
encode_moment = each(moment_json)
encode_raw = each(lambda value: f'"{value.hex().upper()}"')
encode_interval = each(interval_json)
encode_months = each(months_json)
# By look-up: to a test of truth, NULL would be false.
encode_boolean = each({True: "true", False: "false", None: "null"}.__getitem__)
encode_vector = each(vector_json)


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


def encode_base64(values: Sequence[bytes | None]) -> list[str]:
    return [
        "null" if value is None else f'"{base64.b64encode(value).decode("ascii")}"'
        for value in values
    ]


def checked(encode: Encoder, name: str) -> Encoder:
    """An encoder of texts inside others, where nobody could tell later which was not valid."""

    def encode_checked(values: Sequence[Any]) -> list[str]:
        texts = encode(values)
        if not is_text("".join(texts)):
            raise bad_characters(name)
        return texts

    return encode_checked


def bad_characters(name: str) -> ApiError:
    """Bytes that were not text arrive as lone surrogates (Fetch.TEXT), which UTF-8 has none for."""
    return refuse(
        "BAD_CHARACTERS", f"column {name} holds text that is not valid in its character set"
    )


def limited(encode: Encoder, name: str, limit: int) -> Encoder:
    """An encoder that refuses values past --max-lob-bytes, a text's counted in UTF-8."""

    def encode_limited(values: Sequence[str | bytes | None]) -> list[str]:
        for value in values:
            if value is not None and len(value) * 4 > limit and _byte_length(value) > limit:
                raise refuse(
                    "LOB_TOO_LARGE",
                    f"column {name} holds a value of {_byte_length(value)} bytes; "
                    f"--max-lob-bytes allows {limit}",
                )
        return encode(values)

    return encode_limited


def _byte_length(value: str | bytes) -> int:
    return len(value) if isinstance(value, bytes) else len(value.encode("utf-8", "surrogatepass"))


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
