"""Text, RAW and BLOB."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

from common.errors import ApiError, refuse
from values.column import Encoder, each, encode_present

encode_text = each(encode_basestring)


def encode_raw(values: Sequence[Any]) -> list[str]:
    try:
        return f'"{_BETWEEN.join(map(bytes.hex, values)).upper()}"'.split("\n")
    except TypeError:
        return encode_present(encode_raw, values)


# Of the texts of a column, which are joined and taken apart again: quicker than each in its quotes.
_BETWEEN = '"\n"'


def encode_base64(values: Sequence[bytes | None]) -> list[str]:
    return [
        "null" if value is None else f'"{base64.b64encode(value).decode("ascii")}"'
        for value in values
    ]


def is_text(value: str) -> bool:
    """False for what UTF-8 has no form for: half of a surrogate pair."""
    if value.isascii():
        return True  # known of each str, without a look at its characters
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked(encode: Encoder, name: str) -> Encoder:
    """An encoder of texts inside others, where it could not be told later which was not valid."""

    def encode_checked(values: Sequence[Any]) -> list[str]:
        texts = encode(values)
        if not is_text("".join(texts)):
            raise bad_characters(name)
        return texts

    return encode_checked


def bad_characters(name: str) -> ApiError:
    """Bytes that were not text arrive as lone surrogates (Fetch.TEXT), which UTF-8 cannot write."""
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
