"""Which columns of two sides are compared, by which key, and what is left out and said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from common.errors import ApiError, refuse
from values.column import Column
from values.families import family

Columns = Sequence[Column]

# Of a name in a message.
MOST_NAME_CHARACTERS = 200

# Of these types Oracle orders values as they are compared here.
_NUMBER_KEYS = frozenset({"DB_TYPE_NUMBER"})
_PADDED_KEYS = frozenset({"DB_TYPE_CHAR", "DB_TYPE_NCHAR"})
TEXT_KEYS = _PADDED_KEYS | {"DB_TYPE_VARCHAR", "DB_TYPE_NVARCHAR"}
_MOMENT_KEYS = frozenset({"DB_TYPE_DATE", "DB_TYPE_TIMESTAMP"})
_BYTE_KEYS = frozenset({"DB_TYPE_RAW"})
KEY_KINDS = _NUMBER_KEYS | TEXT_KEYS | _MOMENT_KEYS | _BYTE_KEYS


class Asked(NamedTuple):
    """What a caller asked for, in its own spelling. key: None where each row is its own."""

    key: Sequence[str] | None
    ignore: Sequence[str] = ()
    show: Sequence[str] = ()


class TypesDiffer(NamedTuple):
    """A column whose type is of another family on the other side."""

    column: str
    left: str
    right: str


class Plan(NamedTuple):
    """compared: in the left side's order; the key's are among them. *_shown: columns whose values
    come along on each side. The others are what is not compared, and so are not the same.
    """

    key: Sequence[str]
    compared: Sequence[str]
    left_shown: Sequence[str]
    right_shown: Sequence[str]
    left_only: Sequence[str]
    right_only: Sequence[str]
    types_differ: Sequence[TypesDiffer]
    ignored: Sequence[str]

    @property
    def compares_everything(self) -> bool:
        """Every column that is not ignored is compared."""
        return not (self.left_only or self.right_only or self.types_differ)


def plan(left: Columns, right: Columns, asked: Asked) -> Plan:
    """Which columns are compared. ApiError 400 where a name is none, or nothing can be compared."""
    _refuse_repeated(left, "left")
    _refuse_repeated(right, "right")
    mine = {column.name: column for column in left}
    theirs = {column.name: column for column in right}
    names = mine.keys() | theirs.keys()
    ignored = [_resolved(name, names, "ignore") for name in asked.ignore]
    shown = [_resolved(name, names, "show") for name in asked.show]
    key = None if asked.key is None else [_resolved(name, names, "key") for name in asked.key]
    if key is not None and len(set(key)) < len(key):
        raise refuse("BAD_FIELD", "key must not name a column twice")
    for name in key or ():
        _check_key_name(name, mine, theirs, ignored)
    common = [name for name in mine if name in theirs and name not in ignored]
    differ = [
        TypesDiffer(name, mine[name].type, theirs[name].type)
        for name in common
        if family(mine[name]) != family(theirs[name])
    ]
    apart = {each.column for each in differ}
    compared = [name for name in common if name not in apart]
    if not compared:
        what = "no column in common" if not common else "no column of one family in common"
        raise refuse("NOTHING_TO_COMPARE", f"the two sides have {what}")
    key = compared if key is None else key
    for name in key:
        _check_key_type(mine[name], theirs[name])
    return Plan(
        key=key,
        compared=compared,
        left_shown=[name for name in _once(shown) if name in mine],
        right_shown=[name for name in _once(shown) if name in theirs],
        left_only=[name for name in mine if name not in theirs and name not in ignored],
        right_only=[name for name in theirs if name not in mine and name not in ignored],
        types_differ=differ,
        ignored=_once(ignored),
    )


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _refuse_repeated(columns: Columns, side: str) -> None:
    for name, count in Counter([column.name for column in columns]).items():
        if count > 1:
            raise of_side(
                refuse("REPEATED_COLUMN", f"the column {name} is there {count} times"), side
            )


def _resolved(name: str, names: Iterable[str], field: str) -> str:
    """A name as the sides have it: exactly, or else upper-cased in ASCII."""
    known = set(names)
    upper = "".join(c.upper() if c.isascii() else c for c in name)
    for candidate in (name, upper):
        if candidate in known:
            return candidate
    shown = name if len(name) <= MOST_NAME_CHARACTERS else f"{name[:MOST_NAME_CHARACTERS]}..."
    raise refuse("NO_SUCH_COLUMN", f"{field} names {shown}, a column that neither side has")


def _check_key_name(
    name: str, mine: dict[str, Column], theirs: dict[str, Column], ignored: Sequence[str]
) -> None:
    if name in ignored:
        raise refuse("BAD_FIELD", f"ignore must not name {name}, which is in key")
    for side, columns in (("left", mine), ("right", theirs)):
        if name not in columns:
            raise of_side(
                refuse("NO_SUCH_COLUMN", f"key names {name}, a column that this side lacks"), side
            )


def _check_key_type(mine: Column, theirs: Column) -> None:
    fits = (
        mine.kind in KEY_KINDS
        and theirs.kind in KEY_KINDS
        and family(mine) == family(theirs)
        and not (_is_padded_otherwise(mine, theirs) or _is_padded_otherwise(theirs, mine))
    )
    if not fits:
        raise refuse(
            "KEY_TYPE",
            f"{mine.name} cannot be a key: it is {mine.type} on the left and {theirs.type} on the "
            "right",
        )


def _is_padded_otherwise(column: Column, other: Column) -> bool:
    """A CHAR beside another type or length: the blanks behind it would part every pair."""
    return column.kind in _PADDED_KEYS and column.type != other.type


def of_side(error: ApiError, side: str) -> ApiError:
    """The same error, said of one side."""
    error.side = side
    return error


def is_moment_key(column: Column) -> bool:
    return column.kind in _MOMENT_KEYS


def is_number_key(column: Column) -> bool:
    return column.kind in _NUMBER_KEYS


def may_hide_empty(column: Column) -> bool:
    """Whether a value, or one inside it, may be empty without that being asked."""
    return can_be_empty(column) or column.kind == "DB_TYPE_CURSOR"


def can_be_empty(column: Column) -> bool:
    """Whether a value may be empty, or a JSON null, and come as None like a NULL."""
    return column.shape is None and (
        column.kind in ("DB_TYPE_CLOB", "DB_TYPE_NCLOB", "DB_TYPE_BLOB", "DB_TYPE_JSON")
    )
