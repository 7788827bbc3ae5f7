"""Keys that are compared as the database orders them, and the proof that they came in that order.

A merge of two streams is right exactly when both come in the order in which it compares. So each
key of a side must be greater than the one before it: this is checked for every row, and what the
database's character set, collation or plan made of an ORDER BY can end in an error, but never in a
wrong difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from operator import le, lt
from typing import Any, NamedTuple, TypeAlias

from common.errors import ApiError, refuse

Key: TypeAlias = Any
"""A value of one key column, or a tuple of them: ordered and equal as the database has them."""

# Of a key value in a message.
MOST_SHOWN_CHARACTERS = 200


class _NullLast:
    """NULL as a part of a key: behind everything, and the same as NULL."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return False

    def __le__(self, other: object) -> bool:
        return other is self

    def __gt__(self, other: object) -> bool:
        return other is not self

    def __ge__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return other is self

    def __ne__(self, other: object) -> bool:
        return other is not self

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "NULL"


NULL = _NullLast()

KeyMaker: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Makes parts of keys of the values of a column, None among them."""


def number_keys(values: Sequence[str | None]) -> Sequence[Any]:
    """NUMBERs by value, with all their digits. values: as the digits that the database sent."""
    try:
        return list(map(int, values))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return [NULL if value is None else _number(value) for value in values]


def _number(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)


def plain_keys(values: Sequence[Any]) -> Sequence[Any]:
    """Texts by code point, which is the order of their bytes in UTF-8; bytes as bytes; moments that
    both sides fetch as the driver's own.
    """
    if None in values:
        return [NULL if value is None else value for value in values]
    return values


_MOMENT = re.compile(
    r" ?(-?)(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\Z", re.ASCII
)


def moment_keys(values: Sequence[Any]) -> Sequence[Any]:
    """Moments by value, from the signed year to the nanosecond: of those that one side fetches as
    the driver's own, and of those that the database wrote out.
    """
    return [NULL if value is None else _moment(value) for value in values]


def _moment(value: datetime | str) -> tuple[int, ...]:
    if isinstance(value, datetime):
        return (*value.timetuple()[:6], value.microsecond * 1000)
    match = _MOMENT.match(value)
    if match is None:
        # Its form was checked before; the value itself is data, and belongs in no log.
        raise ValueError("a text that is not a moment")
    sign, year, *rest, fraction = match.groups()
    nanoseconds = int((fraction or "").ljust(9, "0"))
    return (int(sign + year), *map(int, rest), nanoseconds)


class KeyForm(NamedTuple):
    """How the keys of both sides are made of their key columns.

    names: of the key columns, in the order to compare by. makers: one for each. may_repeat: equal
    keys may follow each other ("key":"row").
    """

    names: Sequence[str]
    makers: Sequence[KeyMaker]
    may_repeat: bool = False

    def keys(self, columns: Sequence[Sequence[Any]]) -> Sequence[Key]:
        """The keys of a batch. columns: the values of each key column."""
        parts = [make(values) for make, values in zip(self.makers, columns, strict=True)]
        return parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))


class KeyOrder:
    """Checks that the keys of one side come in order, across its batches. Used by one thread."""

    def __init__(self, form: KeyForm) -> None:
        self._form = form
        self._is_next: Callable[[Key, Key], bool] = le if form.may_repeat else lt
        self._last: list[Key] = []
        """The last key of the batch before; none at first."""

    def check(self, keys: Sequence[Key]) -> None:
        """ApiError NOT_ORDERED or DUPLICATE_KEY where a key does not follow the one before it."""
        if not keys:
            return
        if self._last and not self._is_next(self._last[0], keys[0]):
            raise self._fault(self._last[0], keys[0])
        if not all(map(self._is_next, keys, islice(keys, 1, None))):
            for before, key in _pairs(keys):
                if not self._is_next(before, key):
                    raise self._fault(before, key)
        self._last = [keys[-1]]

    def _fault(self, before: Key, key: Key) -> ApiError:
        names = self._form.names
        earlier, later = (key_parts(k, len(names)) for k in (before, key))
        if before == key:
            where = ", ".join(names)
            return refuse("DUPLICATE_KEY", f"two rows have the key {where} = {shown(later)}")
        place = next(at for at, (a, b) in enumerate(zip(earlier, later, strict=True)) if a != b)
        return refuse(
            "NOT_ORDERED",
            f"the rows are not in the order of their key at column {names[place]}: "
            f"{shown(later)} comes behind {shown(earlier)}",
        )


def _pairs(keys: Sequence[Key]) -> Iterator[tuple[Key, Key]]:
    return zip(keys, islice(keys, 1, None), strict=False)


def key_parts(key: Key, count: int) -> tuple[Any, ...]:
    """The parts of a key of so many columns. A key of one column is its part, even where that is a
    tuple itself.
    """
    return (key,) if count == 1 else tuple(key)


def shown(parts: Sequence[Any]) -> str:
    """Parts of a key in a message, cut at MOST_SHOWN_CHARACTERS."""
    return ", ".join(map(_shown, parts))


def _shown(part: Any) -> str:
    if isinstance(part, str):
        text = repr(part[: MOST_SHOWN_CHARACTERS + 1])
    elif isinstance(part, bytes):
        text = part[: MOST_SHOWN_CHARACTERS + 1].hex().upper()
    elif isinstance(part, datetime):
        text = part.isoformat()
    elif isinstance(part, tuple):
        year, month, day, hour, minute, second, nanoseconds = part
        text = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
        text += f".{nanoseconds:09d}" if nanoseconds else ""
    else:
        text = str(part)
    return text if len(text) <= MOST_SHOWN_CHARACTERS else f"{text[:MOST_SHOWN_CHARACTERS]}..."
