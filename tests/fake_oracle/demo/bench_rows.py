"""Rows for benchmarks: encoded once and replayed, so that the stand-in costs next to nothing beside
what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from ..kinds.model import Column, ColumnType, Kind, Moment, Row, Value
from ..messages.row_encoder import RowEncoder

COLUMNS: Final = (
    Column("ID", ColumnType(Kind.NUMBER, 10, 0), nullable=False),
    Column("AMOUNT", ColumnType(Kind.NUMBER, 12, 2)),
    Column("RATE", ColumnType(Kind.NUMBER, 0, -127)),
    Column("NAME", ColumnType(Kind.VARCHAR, size=40, chars=40)),
    Column("CITY", ColumnType(Kind.VARCHAR, size=40, chars=40)),
    Column("NOTE", ColumnType(Kind.VARCHAR, size=40, chars=40)),
    Column("CREATED", ColumnType(Kind.DATE)),
    Column("CHANGED", ColumnType(Kind.TIMESTAMP, scale=6)),
    Column("ROW_KEY", ColumnType(Kind.RAW, size=16)),
    Column("STATUS", ColumnType(Kind.CHAR, size=3, chars=3)),
)
# Enough different rows that no column repeats its neighbour, few enough to encode in a moment.
_DISTINCT_ROWS: Final = 2048
_DISTINCT_BATCHES: Final = 4
_CITIES: Final = ("Aßlar", "København", "São Paulo", "東京", "Jakarta", "Leipzig", "Perth")
_STATES: Final = ("NEW", "OPN", "CLS", "ERR")


def make_row(number: int) -> list[Value]:
    """The row of that number; every 16th note is NULL."""
    day = number % 28 + 1
    return [
        number,
        Decimal(number * 7919 % 10_000_000_000 - 5_000_000_000).scaleb(-2),
        Decimal(number * 104729 % 999_983).scaleb(-9),
        f"Customer {number:08d}",
        _CITIES[number % len(_CITIES)],
        None if number % 16 == 0 else f"note {number % 97} of batch {number % 13}",
        Moment(1990 + number % 36, number % 12 + 1, day, number % 24, number % 60, number % 60),
        Moment(2020 + number % 6, 1 + number % 12, day, 1, 2, 3, number % 1_000_000 * 1000),
        number.to_bytes(16, "big"),
        _STATES[number % len(_STATES)],
    ]


class _NoContext:
    """No column of the table needs a session to be encoded."""

    def make_lob(self, kind: Kind, value: Value) -> bytes:
        raise NotImplementedError

    make_image = make_locator = make_lob

    def make_nested(self, nested: object) -> bytes:
        raise NotImplementedError

    make_xml = make_xml_image = make_nested


@lru_cache(maxsize=1)
def _encoded_rows() -> list[bytes]:
    encoder = RowEncoder(COLUMNS, None, _NoContext())
    return [encoder.encode(make_row(number)) for number in range(1, _DISTINCT_ROWS + 1)]


@lru_cache(maxsize=64)
def _batch(size: int, number: int) -> bytes:
    """`size` rows as messages; the same for every fourth batch of that size."""
    rows = _encoded_rows()
    start = number * 509
    return b"".join(rows[(start + at) % _DISTINCT_ROWS] for at in range(size))


class ReplayedRows:
    """The rows of one execution: an iterator, and beside it batches that are encoded already."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._batches = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        if not self._left:
            raise StopIteration
        self._left -= 1
        return make_row(self._left % _DISTINCT_ROWS + 1)

    def next_encoded(self, count: int) -> tuple[bytes, int, bool]:
        size = min(count, self._left)
        self._left -= size
        self._batches += 1
        return _batch(size, self._batches % _DISTINCT_BATCHES), size, not self._left


Change: TypeAlias = Literal["status", "everything"]
"""What is another in a row that differs: its STATUS, or every column but its ID."""


def _keyed_row(number: int, change: Change | None) -> list[Value]:
    alike = (number - 1) % _DISTINCT_ROWS + 1
    row = make_row(alike + 1 if change == "everything" else alike)
    row[0] = number
    if change == "status":
        row[-1] = "ZZZ"
    return row


@lru_cache(maxsize=3)
def _encoded_rests(change: Change | None) -> list[bytes]:
    """Encoded rows without the head and the ID in front."""
    encoder = RowEncoder(COLUMNS, None, _NoContext())
    return [
        encoder.encode(_keyed_row(number, change))[len(_encoded_id(number)) :]
        for number in range(1, _DISTINCT_ROWS + 1)
    ]


def _encoded_id(number: int) -> bytes:
    return _ID_ENCODER.encode([number])


_ID_ENCODER: Final = RowEncoder(COLUMNS[:1], None, _NoContext())


@lru_cache(maxsize=4096)
def _keyed_batch(start: int, end: int, every: int, change: Change) -> bytes:
    """Rows as messages: all the batches of 100,000 rows are kept, in the sizes of every reader."""
    plain, changed = _encoded_rests(None), _encoded_rests(change)
    return b"".join(
        _encoded_id(n) + (changed if _is_changed(n, every) else plain)[(n - 1) % _DISTINCT_ROWS]
        for n in range(start, end + 1)
    )


def _is_changed(number: int, every: int) -> bool:
    return bool(every) and number % every == 0


class KeyedRows:
    """Rows in the order of their ID, which is told anew for each, and the rest replayed.

    every: so manieth row differs, in what change says; none where it is 0.
    """

    def __init__(self, count: int, every: int, change: Change = "status") -> None:
        self._count = count
        self._every = every
        self._change = change
        self._number = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        if self._number == self._count:
            raise StopIteration
        self._number += 1
        is_changed = _is_changed(self._number, self._every)
        return _keyed_row(self._number, self._change if is_changed else None)

    def next_encoded(self, count: int) -> tuple[bytes, int, bool]:
        start, end = self._number + 1, min(self._number + count, self._count)
        self._number = end
        batch = _keyed_batch(start, end, self._every, self._change)
        return batch, end + 1 - start, end == self._count
