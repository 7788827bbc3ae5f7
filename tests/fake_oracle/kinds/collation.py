"""Keys by which texts are ordered: NLSSORT, and ORDER BY where NLS_SORT is not BINARY.

BINARY is the order of a text's bytes. The linguistic sorts, GENERIC_M and GERMAN, follow one simple
rule here: blanks and signs, then digits, then letters, whatever their case and accents; where that
is equal the accents decide, then the case, small letters first, and at last the bytes. Real sorts
have weights of their own; what a test can rely on is that they are not the order of bytes.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from .model import OraError

# With MAX_STRING_SIZE=STANDARD; Oracle Database Globalization Support Guide, "Avoiding ORA-12742".
_MOST_BYTES: Final = 2_000
_SIGN, _DIGIT, _LETTER = 1, 2, 3
_BASE, _ACCENT = 1, 2


@lru_cache(maxsize=4096)
def sort_key(text: str, sort: str) -> bytes:
    """ORA-12742 for a text whose key is longer than a RAW can be."""
    plain = text.encode("utf-8", "surrogatepass")
    key = plain if sort == "BINARY" else _linguistic(text) + plain
    if len(key) >= _MOST_BYTES:
        raise OraError(12742, "unable to create the collation key")
    return key + b"\0"


def _linguistic(text: str) -> bytes:
    letters, accents, cases = bytearray(), bytearray(), bytearray()
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            accents.append(_ACCENT)
            accents += ord(character).to_bytes(3, "big")
            continue
        for folded in character.casefold():
            letters.append(_class(folded))
            letters += ord(folded).to_bytes(3, "big")
        accents.append(_BASE)
        cases.append(2 if character.isupper() else 1)
    return bytes(letters + b"\0" + accents + b"\0" + cases + b"\0")


def _class(character: str) -> int:
    if character.isdigit():
        return _DIGIT
    return _LETTER if character.isalpha() else _SIGN
