"""What a cache keeps, and what goes first."""

from __future__ import annotations

from common.bounded_cache import BoundedCache


def test_the_least_recently_used_values_go_when_the_bytes_are_used_up() -> None:
    cache: BoundedCache[str, int] = BoundedCache(most_bytes=100, most_entries=10)
    cache.put("a", 1, 40)
    cache.put("b", 2, 40)
    cache.get("a")

    cache.put("c", 3, 40)

    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_no_more_values_are_kept_than_entries_are_allowed_however_small() -> None:
    cache: BoundedCache[int, int] = BoundedCache(most_bytes=100, most_entries=3)

    for number in range(10):
        cache.put(number, number, 1)

    assert [number for number in range(10) if cache.get(number) is not None] == [7, 8, 9]


def test_a_value_that_is_put_again_counts_once() -> None:
    cache: BoundedCache[str, int] = BoundedCache(most_bytes=100, most_entries=10)
    cache.put("kept", 1, 40)

    for number in range(10):
        cache.put("again", number, 50)

    assert (cache.get("kept"), cache.get("again")) == (1, 9)


def test_a_value_larger_than_the_cache_is_not_kept_and_drives_none_out() -> None:
    cache: BoundedCache[str, int] = BoundedCache(most_bytes=100, most_entries=10)
    cache.put("small", 1, 10)
    cache.put("large", 2, 100)
    cache.put("small", 1, 10)

    cache.put("large", 3, 101)

    assert (cache.get("small"), cache.get("large")) == (1, None)
