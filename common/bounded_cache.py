"""What is remembered within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Values by key; past its bounds, the least recently used ones go. For one thread at a time.

    Bounded in bytes, since a caller chooses how long its texts are; and in number, for what each
    one costs besides.
    """

    def __init__(self, most_bytes: int, most_entries: int) -> None:
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Value | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def remove(self, key: Key) -> None:
        """Nothing where it is not there."""
        self._bytes -= self._entries.pop(key, (None, 0))[1]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        """size_bytes: of both, about. What is larger than all that may be kept is not kept."""
        self.remove(key)
        if size_bytes > self._most_bytes:
            return
        self._entries[key] = (value, size_bytes)
        self._bytes += size_bytes
        while self._bytes > self._most_bytes or len(self._entries) > self._most_entries:
            self._bytes -= self._entries.popitem(last=False)[1][1]
