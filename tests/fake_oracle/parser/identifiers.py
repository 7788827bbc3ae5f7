"""Names in a parsed statement: how the dictionary holds them, and where they stand in the text."""

from __future__ import annotations

from sqlglot import exp


def identifier_name(identifier: exp.Expr | str | None) -> str:
    """As the data dictionary holds it: upper case unless quoted."""
    assert isinstance(identifier, exp.Identifier)
    return identifier.name if identifier.quoted else identifier.name.upper()


def offset_of(node: exp.Expr) -> int:
    """Where the node's first word stands in the statement; 0 where the parser did not keep it."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts, default=0)
