"""The merge against a dictionary: whatever the keys, and wherever batches end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ApiError
from compare.keys import NULL, KeyForm, KeyMaker, KeyOrder, moment_keys, number_keys, plain_keys
from compare.merge import Batch, Counts, Merger, Stretch

Row = tuple[Any, ...]
Found = list[tuple[Row | None, Row | None]]

# More than the profile's: being wrong here cannot be noticed by those who use it.
thorough = settings(max_examples=150, deadline=None)


def batches(
    form: KeyForm, rows: Sequence[Row], sizes: Sequence[int], key_at: Sequence[int]
) -> Iterator[Batch]:
    """Rows in batches of these sizes over and over, their keys made and checked."""
    order = KeyOrder(form)
    at, turn = 0, 0
    while at < len(rows):
        piece = rows[at : at + sizes[turn % len(sizes)]]
        keys = form.keys([[row[place] for row in piece] for place in key_at])
        order.check(keys)
        yield Batch(keys, piece, piece)
        at, turn = at + len(piece), turn + 1


def merge(left: Iterator[Batch], right: Iterator[Batch], counts: Counts) -> Iterator[Stretch]:
    merger = Merger(counts)
    while True:
        if merger.needs_left:
            merger.give_left(next(left, None))
        if merger.needs_right:
            merger.give_right(next(right, None))
        if merger.is_over:
            return
        yield merger.merge()


def differences(stretches: Iterator[Stretch]) -> Found:
    found: Found = []
    for left, right, places in stretches:
        found += [
            (
                None if i is None else tuple(left.rows[i]),
                None if j is None else tuple(right.rows[j]),
            )
            for i, j in places
        ]
    return found


def compared(
    form: KeyForm,
    left: Sequence[Row],
    right: Sequence[Row],
    left_sizes: Sequence[int] = (3,),
    right_sizes: Sequence[int] = (2,),
    key_at: Sequence[int] = (0,),
) -> tuple[Found, Counts]:
    counts = Counts()
    found = differences(
        merge(
            batches(form, left, left_sizes, key_at),
            batches(form, right, right_sizes, key_at),
            counts,
        )
    )
    return found, counts


def in_order(form: KeyForm, rows: Sequence[Row], key_at: Sequence[int] = (0,)) -> list[Row]:
    keys = form.keys([[row[place] for row in rows] for place in key_at]) if rows else []
    return [row for _, row in sorted(zip(keys, rows, strict=True), key=lambda pair: pair[0])]


digits = st.one_of(
    st.integers(-(10**39), 10**39).map(str),
    st.integers(-50, 50).map(str),
    st.decimals(-1000, 1000, places=3).map(lambda d: format(d.normalize() + 0, "f")),
).filter(lambda text: text != "-0")
# Beyond ASCII, beyond U+FFFF, where UTF-16 has another order than UTF-8; never empty: that is NULL.
texts = st.text(alphabet="aAbzéßÄ\uffff\U00010000\U0001f600 '\"", min_size=1, max_size=4)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
raws = st.binary(min_size=1, max_size=3)
KINDS: dict[str, tuple[st.SearchStrategy[Any], KeyMaker]] = {
    "numbers": (digits, number_keys),
    "texts": (texts, plain_keys),
    "moments": (moments, plain_keys),
    "bytes": (raws, plain_keys),
}
sizes = st.lists(st.integers(1, 5), min_size=1, max_size=4)
values = st.one_of(st.none(), st.sampled_from("xyz"))


@st.composite
def two_sides(draw: st.DrawFn, kinds: Sequence[str]) -> tuple[KeyForm, list[Row], list[Row]]:
    """Two sides with a key of these kinds; most rows of one are the other's, some changed."""
    parts = [st.one_of(st.none(), KINDS[kind][0]) for kind in kinds]
    key_at = list(range(len(kinds)))
    form = KeyForm([f"K{at}" for at in key_at], [KINDS[kind][1] for kind in kinds])
    rows = st.tuples(*parts, values)
    unique = [(lambda row: form.keys([[row[at]] for at in key_at])[0])]
    left = draw(st.lists(rows, max_size=30, unique_by=tuple(unique)))
    own = draw(st.lists(rows, max_size=6))
    kept = [row for row in left if draw(st.integers(0, 4))]
    changed = [(*row[:-1], draw(values)) if draw(st.integers(0, 3)) == 0 else row for row in kept]
    taken = {form.keys([[row[at]] for at in key_at])[0] for row in changed}
    for row in own:
        key = form.keys([[row[at]] for at in key_at])[0]
        if key not in taken:
            taken.add(key)
            changed.append(row)
    return form, in_order(form, left, key_at), in_order(form, changed, key_at)


@pytest.mark.parametrize(
    "kinds",
    [("numbers",), ("texts",), ("moments",), ("bytes",), ("numbers", "texts"), ("texts", "bytes")],
    ids="+".join,
)
@given(data=st.data(), left_sizes=sizes, right_sizes=sizes)
@thorough
def test_the_merge_finds_what_a_dictionary_finds(
    kinds: Sequence[str], data: st.DataObject, left_sizes: list[int], right_sizes: list[int]
) -> None:
    form, left, right = data.draw(two_sides(kinds))
    key_at = list(range(len(kinds)))

    found, counts = compared(form, left, right, left_sizes, right_sizes, key_at)

    by_key = {row[:-1]: row for row in left}
    other = {row[:-1]: row for row in right}
    assert {pair for pair in found if None not in pair} == {
        (by_key[key], other[key])
        for key in by_key.keys() & other.keys()
        if by_key[key] != other[key]
    }
    assert [a for a, b in found if b is None] == [row for row in left if row[:-1] not in other]
    assert [b for a, b in found if a is None] == [row for row in right if row[:-1] not in by_key]
    assert counts.left_rows == len(left)
    assert counts.right_rows == len(right)
    assert counts.differences == len(found)
    keys = [form.keys([[(a or b)[at]] for at in key_at])[0] for a, b in found]  # type: ignore[index]
    assert keys == sorted(keys)


@given(
    left=st.lists(st.tuples(st.one_of(st.none(), st.sampled_from("abc")), values), max_size=25),
    right=st.lists(st.tuples(st.one_of(st.none(), st.sampled_from("abc")), values), max_size=25),
    left_sizes=sizes,
    right_sizes=sizes,
)
@thorough
def test_rows_that_are_their_own_keys_are_counted(
    left: list[Row], right: list[Row], left_sizes: list[int], right_sizes: list[int]
) -> None:
    form = KeyForm(["A", "B"], [plain_keys, plain_keys], may_repeat=True)
    left, right = in_order(form, left, (0, 1)), in_order(form, right, (0, 1))

    found, counts = compared(form, left, right, left_sizes, right_sizes, (0, 1))

    mine, theirs = Counter(left), Counter(right)
    assert counts.equal == sum((mine & theirs).values())
    assert counts.changed == 0
    assert Counter(a for a, b in found if b is None) == mine - theirs
    assert Counter(b for a, b in found if a is None) == theirs - mine


NUMBERS = KeyForm(["ID"], [number_keys])
ROWS = [(str(number), "x") for number in range(1, 10)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("at", range(1, len(ROWS)))
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_duplicate_anywhere_is_an_error_and_never_a_difference(
    side: str, at: int, size: int
) -> None:
    twice = [*ROWS[:at], (ROWS[at - 1][0], "y"), *ROWS[at:]]
    left, right = (twice, ROWS) if side == "left" else (ROWS, twice)

    with pytest.raises(ApiError) as refused:
        compared(NUMBERS, left, right, [size], [size])

    assert refused.value.full_code == "DUPLICATE_KEY"
    assert refused.value.message == f"two rows have the key ID = {ROWS[at - 1][0]}"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("at", range(len(ROWS) - 1))
@pytest.mark.parametrize("side", ["left", "right"])
def test_an_order_fault_anywhere_is_an_error_and_never_a_difference(
    side: str, at: int, size: int
) -> None:
    swapped = [*ROWS[:at], ROWS[at + 1], ROWS[at], *ROWS[at + 2 :]]
    left, right = (swapped, ROWS) if side == "left" else (ROWS, swapped)

    with pytest.raises(ApiError) as refused:
        compared(NUMBERS, left, right, [size], [size])

    assert refused.value.full_code == "NOT_ORDERED"
    assert f"at column ID: {at + 1} comes behind {at + 2}" in refused.value.message


def test_the_order_of_another_collation_is_an_error() -> None:
    form = KeyForm(["NAME"], [plain_keys])
    linguistic = [("a", 1), ("B", 2), ("c", 3)]

    with pytest.raises(ApiError) as refused:
        compared(form, linguistic, linguistic)

    assert refused.value.full_code == "NOT_ORDERED"


def test_a_null_that_comes_first_is_an_error() -> None:
    form = KeyForm(["NAME"], [plain_keys])

    with pytest.raises(ApiError) as refused:
        compared(form, [(None, 1), ("a", 2)], [("a", 2), (None, 1)])

    assert "'a' comes behind NULL" in refused.value.message


def test_the_column_of_a_composite_key_that_is_out_of_order_is_named() -> None:
    form = KeyForm(["A", "B"], [number_keys, plain_keys])
    rows = [("1", "b"), ("1", "a")]

    with pytest.raises(ApiError) as refused:
        compared(form, rows, [], key_at=(0, 1))

    assert "at column B: 1, 'a' comes behind 1, 'b'" in refused.value.message


def test_keys_in_messages_are_cut() -> None:
    form = KeyForm(["NAME"], [plain_keys])

    with pytest.raises(ApiError) as refused:
        compared(form, [("b" * 5000, 1), ("a" * 5000, 2)], [])

    assert len(refused.value.message) < 600


def test_equal_numbers_are_one_key_whatever_their_digits_are_made_of() -> None:
    keys = number_keys(["1", "1.5", "-2", "12345678901234567890123456789012345678.9", None])

    assert keys[0] == 1
    assert keys[-1] is NULL
    assert sorted(keys) == [keys[2], keys[0], keys[1], keys[3], NULL]


def test_a_moment_is_the_same_key_in_either_form() -> None:
    moment = datetime(2026, 1, 28, 10, 38, 36) + timedelta(microseconds=250)

    driver, database = moment_keys([moment, " 2026-01-28T10:38:36.000250000"])

    assert driver == database
    assert moment_keys(["-4712-01-01T00:00:00"])[0] < moment_keys([" 0001-01-01T00:00:00"])[0]
    assert (
        moment_keys([" 2026-01-28T10:38:36.000000001"])[0]
        > moment_keys([" 2026-01-28T10:38:36"])[0]
    )


def test_null_is_behind_every_value_and_the_same_as_null() -> None:
    for value in (1, "z", b"\xff", datetime(9999, 1, 1), (9999, 1)):
        assert value < NULL
        assert value < NULL
        assert value != NULL
    assert NULL == NULL
    assert not NULL < NULL
    assert (1, NULL) < (2, 1)
    assert (1, NULL) > (1, 5)


def test_two_empty_sides_have_no_differences() -> None:
    assert compared(NUMBERS, [], []) == ([], Counts())


def test_what_was_merged_is_counted_before_it_is_given() -> None:
    counts = Counts()
    stretches = merge(batches(NUMBERS, ROWS, [3], (0,)), batches(NUMBERS, ROWS, [3], (0,)), counts)

    next(stretches)

    assert counts.equal == 3
