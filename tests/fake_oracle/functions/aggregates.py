"""SUM, AVG, LISTAGG and MULTISET as sqlite3 aggregates; COUNT, MIN and MAX are sqlite's own."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from ..kinds.model import OraError
from ..kinds.oracle_numbers import EXACT, divide
from ..kinds.sqlite_values import Stored, decimal_of, double_key, double_of, number_key
from .functions import remember
from .object_storage import Collect


class _Sum:
    """NULLs do not count, and a sum of nothing is NULL."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.count = 0

    def step(self, key: str | None) -> None:
        if key is not None:
            self.total = EXACT.add(self.total, decimal_of(key))
            self.count += 1

    def finalize(self) -> Stored:
        return self.result() if self.count else None

    def result(self) -> Stored:
        return number_key(self.total)


class _Average(_Sum):
    def result(self) -> Stored:
        return number_key(divide(self.total, Decimal(self.count)))


class _DoubleSum:
    def __init__(self) -> None:
        self.total = 0.0
        self.count = 0

    def step(self, stored: float | str | None) -> None:
        if stored is not None:
            self.total += double_of(stored)
            self.count += 1

    def finalize(self) -> Stored:
        return double_key(self.result()) if self.count else None

    def result(self) -> float:
        return self.total


class _DoubleAverage(_DoubleSum):
    def result(self) -> float:
        return self.total / self.count


class _ListAggregate:
    """step(text, separator, key, descending, key, descending ...); NULL texts are left out."""

    def __init__(self) -> None:
        self.items: list[tuple[str, tuple[Stored, ...]]] = []
        self.separator = ""

    def step(self, text: str | None, separator: str | None, *keys: Stored) -> None:
        self.separator = separator or ""
        if text is not None:
            self.items.append((text, keys))

    def finalize(self) -> Stored:
        self.items.sort(key=cmp_to_key(_by_keys))
        joined = self.separator.join(text for text, _ in self.items)
        if len(joined.encode()) > 4000:
            error = OraError(1489, "result of string concatenation is too long")
            remember(error)
            raise error
        return joined or None


def _by_keys(left: tuple[str, tuple[Stored, ...]], right: tuple[str, tuple[Stored, ...]]) -> int:
    for position in range(0, len(left[1]), 2):
        a, b, descending = left[1][position], right[1][position], left[1][position + 1]
        if a == b:
            continue
        first = b is None or (a is not None and a < b)  # type: ignore[operator]
        return 1 if first == bool(descending) else -1
    return 0


class _OnlyRow:
    """A scalar subquery's one value; ORA-01427 where there are two."""

    def __init__(self) -> None:
        self.value: Stored = None
        self.count = 0

    def step(self, value: Stored) -> None:
        self.value = value
        self.count += 1
        if self.count > 1:
            error = OraError(1427, "single-row subquery returns more than one row")
            remember(error)
            raise error

    def finalize(self) -> Stored:
        return self.value


# typeshed wants finalize() to give no None and step() to take ints; sqlite3 does not.
_AGGREGATES: dict[str, tuple[int, Any]] = {
    "ora_sum": (1, _Sum),
    "ora_avg": (1, _Average),
    "ora_sum_double": (1, _DoubleSum),
    "ora_avg_double": (1, _DoubleAverage),
    "ora_listagg": (-1, _ListAggregate),
    "ora_only_row": (1, _OnlyRow),
    "ora_collect": (2, Collect),
}


def install_aggregates(connection: sqlite3.Connection) -> None:
    for name, (count, aggregate) in _AGGREGATES.items():
        connection.create_aggregate(name, count, aggregate)
