"""How tests read what was encoded: as a strict reader of JSON does."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import settings

from values.column import Encoder

thorough = settings(max_examples=500, deadline=None)


def one(encode: Encoder, value: object) -> Any:
    """One value through an encoder, read back by a strict reader of JSON."""
    (text,) = encode([value])
    return strict_json(text)


def strict_json(text: str | bytes) -> Any:
    def refuse_constant(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_float=Decimal, parse_constant=refuse_constant)
