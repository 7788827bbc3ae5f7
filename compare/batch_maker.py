"""Fetched rows of one side, made into what is merged: keys, and values in their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from compare.columns import Plan, is_moment_key, is_number_key
from compare.forms import Form, check, form, in_form, is_checked_alike
from compare.keys import KeyForm, KeyMaker, KeyOrder, moment_keys, number_keys, plain_keys
from compare.merge import Batch
from values.column import Column, Row


class BatchMaker:
    """Makes of fetched rows what is merged. Used by one side's thread.

    mine, theirs: the columns of the two sides as they are fetched, this side's first.
    may_leave_checks: the other side's values are checked, and this one's only where they differ.
    """

    def __init__(
        self,
        plan: Plan,
        mine: Sequence[Column],
        theirs: Sequence[Column],
        may_repeat: bool,
        may_leave_checks: bool,
    ) -> None:
        places = {column.name: place for place, column in enumerate(mine)}
        other = {column.name: column for column in theirs}
        self._places = [places[name] for name in plan.compared]
        self._columns = [mine[place] for place in self._places]
        self._forms: list[Form] = [form(c, other[c.name]) for c in self._columns]
        self._key_places = [places[name] for name in plan.key]
        self._key_form = _key_form(plan, self._columns, other, may_repeat)
        self._order = KeyOrder(self._key_form)
        compared = set(plan.compared)
        # Those that only come along: what /query refuses is refused in them, too.
        self._other_places = [p for p, c in enumerate(mine) if c.name not in compared]
        self._others = [mine[place] for place in self._other_places]
        self._other_forms = list(map(check, self._others))
        self._are_all_compared = self._places == list(range(len(mine)))
        self._leaves_checks = (
            may_leave_checks
            and self._are_all_compared
            and all(is_checked_alike(c, other[c.name]) for c in self._columns)
        )

    def batch(self, rows: Sequence[Row]) -> Batch:
        """ApiError for what /query refuses, and for keys that are not in order."""
        if self._leaves_checks and isinstance(rows[0], tuple):
            return self._unchecked_batch(rows)
        fetched = list(zip(*rows, strict=True))
        in_form(self._others, self._other_forms, [fetched[p] for p in self._other_places])
        compared = [fetched[place] for place in self._places]
        formed = in_form(self._columns, self._forms, compared)
        keys = self._key_form.keys([fetched[place] for place in self._key_places])
        self._order.check(keys)
        are_as_fetched = all(a is b for a, b in zip(formed, compared, strict=True))
        if are_as_fetched and self._are_all_compared and isinstance(rows[0], tuple):
            return Batch(keys, rows, rows)  # type: ignore[arg-type]
        return Batch(keys, list(zip(*formed, strict=True)), rows)

    def _unchecked_batch(self, rows: Sequence[Row]) -> Batch:
        """A batch of which only the keys are checked; all of the columns are compared."""
        key_places = self._key_places
        key_values = [list(map(itemgetter(place), rows)) for place in key_places]
        in_form(
            [self._columns[place] for place in key_places],
            [self._forms[place] for place in key_places],
            key_values,
        )
        keys = self._key_form.keys(key_values)
        self._order.check(keys)
        return Batch(keys, rows, rows, self._check)  # type: ignore[arg-type]

    def _check(self, rows: Sequence[Sequence[Any]]) -> None:
        in_form(self._columns, self._forms, list(zip(*rows, strict=True)))


def _key_form(
    plan: Plan, mine: Sequence[Column], other: Mapping[str, Column], may_repeat: bool
) -> KeyForm:
    by_name = {column.name: column for column in mine}
    makers = [_key_maker(by_name[name], other[name]) for name in plan.key]
    return KeyForm(plan.key, makers, may_repeat)


def _key_maker(column: Column, other: Column) -> KeyMaker:
    if is_number_key(column):
        return number_keys
    if is_moment_key(column) and (column.is_text or other.is_text):
        return moment_keys
    return plain_keys
