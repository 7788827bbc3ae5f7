"""The ORDER BY of a key: an order in which neither the session nor a collation has a say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from values.column import Column

_TEXTS = frozenset(
    {"DB_TYPE_CHAR", "DB_TYPE_VARCHAR", "DB_TYPE_NCHAR", "DB_TYPE_NVARCHAR"},
)
# NLSSORT gives RAW(2000), of which a byte ends the text; what is longer is cut in silence by some
# releases, and refused by others (ORA-12742). So longer texts are ordered by pieces, of which each
# fits: a character has four bytes at most.
MOST_BYTES = 1990
PIECE_CHARACTERS = 500


def order_by(key: Sequence[tuple[str, Column]]) -> str:
    """What stands behind ORDER BY. key: each column with how the query refers to it.

    The references are to columns, never to output names: the key is the value, not the text that it
    is written as.
    """
    return ", ".join(term for ref, column in key for term in _terms(ref, column))


def _terms(ref: str, column: Column) -> Iterator[str]:
    if column.kind not in _TEXTS:
        yield f"{ref} NULLS LAST"
    elif column.length <= MOST_BYTES:
        yield f"{_binary(ref)} NULLS LAST"
    else:
        yield f"{_binary(f'SUBSTR({ref},1,{PIECE_CHARACTERS})')} NULLS LAST"
        for start in range(PIECE_CHARACTERS + 1, column.length + 1, PIECE_CHARACTERS):
            # Of a text that ends before it, the piece is NULL, and the text comes first.
            yield f"{_binary(f'SUBSTR({ref},{start},{PIECE_CHARACTERS})')} NULLS FIRST"


def _binary(expression: str) -> str:
    return f"NLSSORT({expression},'NLS_SORT=BINARY')"
