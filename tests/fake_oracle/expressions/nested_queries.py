"""CURSOR(SELECT ...): a query inside a row, opened when its row is.

sqlite has no such value. The item becomes a text that says which query it is and what the columns
of the row around it are; the session opens the query with those as parameters.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..functions.functions import Want, internal
from ..kinds.model import Column
from ..kinds.sqlite_values import Stored


@dataclass(frozen=True)
class NestedQuery:
    """captured: names of the parameters that stand for columns of the row around it."""

    sql: str
    columns: Sequence[Column]
    captured: Sequence[str]


@internal("ora_cursor", Want.STORED, variadic=True)
def pack(*parts: Stored) -> str:
    """The query's number and the captured values; bytes travel as a list of one text."""
    return json.dumps([[part.hex()] if isinstance(part, bytes) else part for part in parts])


def unpack(packed: str) -> tuple[int, list[Stored]]:
    number, *captured = json.loads(packed)
    return number, [bytes.fromhex(p[0]) if isinstance(p, list) else p for p in captured]
