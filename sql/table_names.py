"""The name of a table, as SQL would take it."""

from __future__ import annotations

import re
from typing import NamedTuple

_IDENTIFIER = r'(?:"([^"\x00]{1,128})"|([^\W\d][\w$#]{0,127}))'
_NAME = re.compile(rf"\s*(?:{_IDENTIFIER}\s*\.\s*)?{_IDENTIFIER}\s*\Z")


class TableName(NamedTuple):
    """owner: None where the name is one of the current schema's, or a synonym."""

    owner: str | None
    name: str

    @property
    def sql(self) -> str:
        return ".".join(quoted(part) for part in self if part is not None)

    def __str__(self) -> str:
        return ".".join(part for part in self if part is not None)


def parse_table_name(text: str) -> TableName | None:
    """One identifier or two; quoted ones keep their case, others are upper-cased in ASCII."""
    match = _NAME.match(text)
    if match is None:
        return None
    quoted_owner, plain_owner, quoted_name, plain_name = match.groups()
    owner = quoted_owner or (plain_owner and ascii_upper(plain_owner))
    return TableName(owner or None, quoted_name or ascii_upper(plain_name))


def ascii_upper(text: str) -> str:
    """Upper-cased in ASCII alone: what becomes of other letters depends on the database."""
    return "".join(c.upper() if c.isascii() else c for c in text)


def quoted(identifier: str) -> str:
    return f'"{identifier}"'
