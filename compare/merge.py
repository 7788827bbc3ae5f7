"""Two ordered streams of rows, merged by key into equal, changed, only left and only right.

Knows no database and no JSON. Where rows are equal, slices of lists are compared, which runs in C,
with a step that doubles while they are equal and halves when they are not; only where single rows
differ are their keys looked at.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from compare.keys import Key


class Batch(NamedTuple):
    """Rows of one side, in the order of their keys. All three are of one length.

    values: what is compared, as tuples whose `==` says what the same is. rows: the rows as they
    were fetched, for difference lines. check: raises ApiError for what no row may hold; None where
    that was done. Only the right side may leave it, for rows that equal one of the left need none.
    """

    keys: Sequence[Key]
    values: Sequence[tuple[Any, ...]]
    rows: Sequence[Sequence[Any]]
    check: Callable[[Sequence[Sequence[Any]]], None] | None = None


EMPTY = Batch((), (), ())


class Difference(NamedTuple):
    """Places in the batches of a stretch; None where a side has no such row."""

    left: int | None
    right: int | None


class Stretch(NamedTuple):
    """What was merged of one batch of each side. differences: in the order of their keys."""

    left: Batch
    right: Batch
    differences: Sequence[Difference]

    def check(self) -> None:
        """Check what was left unchecked, and is equal to nothing. ApiError."""
        if self.right.check is not None:
            rows = [self.right.rows[j] for _, j in self.differences if j is not None]
            if rows:
                self.right.check(rows)


@dataclass
class Counts:
    """Rows that were merged so far. Written by the thread that merges, read by any."""

    equal: int = 0
    changed: int = 0
    left_only: int = 0
    right_only: int = 0

    @property
    def left_rows(self) -> int:
        return self.equal + self.changed + self.left_only

    @property
    def right_rows(self) -> int:
        return self.equal + self.changed + self.right_only

    @property
    def differences(self) -> int:
        return self.changed + self.left_only + self.right_only


class Merger:
    """Merges two sides whose keys are in order, none twice unless rows are their own keys.

    It is fed, rather than asking for batches, so that its thread can do other things while it waits
    for them. Used by one thread.
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self._left, self._right = EMPTY, EMPTY
        self._left_at = self._right_at = 0
        self._left_ended = self._right_ended = False

    @property
    def needs_left(self) -> bool:
        """All rows of the left side that were given are merged, and more may come."""
        return self._left_at == len(self._left.keys) and not self._left_ended

    @property
    def needs_right(self) -> bool:
        return self._right_at == len(self._right.keys) and not self._right_ended

    @property
    def is_over(self) -> bool:
        """Both sides have ended, and all of their rows are merged."""
        has_left = self._left_at < len(self._left.keys) or not self._left_ended
        has_right = self._right_at < len(self._right.keys) or not self._right_ended
        return not (has_left or has_right)

    def give_left(self, batch: Batch | None) -> None:
        """The next rows of the left side, where it needs them; None: there are no more."""
        assert self.needs_left
        self._left_ended = batch is None
        self._left, self._left_at = batch or EMPTY, 0

    def give_right(self, batch: Batch | None) -> None:
        assert self.needs_right
        self._right_ended = batch is None
        self._right, self._right_at = batch or EMPTY, 0

    def merge(self) -> Stretch:
        """Merge until one of the batches is used up; neither side needs one before."""
        assert not self.needs_left
        assert not self.needs_right
        left, right, counts = self._left, self._right, self.counts
        left_end, right_end = len(left.keys), len(right.keys)
        found: list[Difference] = []
        i, j = self._left_at, self._right_at
        if self._right_ended:
            found += [Difference(at, None) for at in range(i, left_end)]
            counts.left_only += left_end - i
            i = left_end
        elif self._left_ended:
            found += [Difference(None, at) for at in range(j, right_end)]
            counts.right_only += right_end - j
            j = right_end
        step = 1
        while i < left_end and j < right_end:
            step = min(step, left_end - i, right_end - j)
            if left.values[i : i + step] == right.values[j : j + step]:
                counts.equal += step
                i, j, step = i + step, j + step, 2 * step
            elif step > 1:
                step //= 2
            elif left.keys[i] == right.keys[j]:
                found.append(Difference(i, j))
                counts.changed += 1
                i, j = i + 1, j + 1
            elif left.keys[i] < right.keys[j]:
                end = bisect_left(left.keys, right.keys[j], i + 1)
                found += [Difference(at, None) for at in range(i, end)]
                counts.left_only += end - i
                i = end
            else:
                end = bisect_left(right.keys, left.keys[i], j + 1)
                found += [Difference(None, at) for at in range(j, end)]
                counts.right_only += end - j
                j = end
        self._left_at, self._right_at = i, j
        return Stretch(left, right, found)
