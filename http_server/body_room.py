"""How much all bodies together may hold: 128 callers with 8 MiB each would be a gigabyte."""

from __future__ import annotations

import threading

from common.deadline import Deadline
from common.errors import refuse

# So many bodies of the largest size at once.
LARGEST_AT_ONCE = 8
# Room for one of the largest is kept for small ones, which so do not wait behind large ones that
# come slowly.
SMALL_BYTES = 65_536


class BodyRoom:
    """Room in bytes, taken before a body is read and given back when its request is over.

    Safe to call from any thread.
    """

    # _free is guarded by _changed.

    def __init__(self, largest_bytes: int) -> None:
        self._changed = threading.Condition()
        self._free = LARGEST_AT_ONCE * largest_bytes
        self._kept_for_small = largest_bytes

    def take(self, size: int, deadline: Deadline, *, is_small: bool) -> None:
        """Wait for room until the deadline; ApiError 503 past it."""
        least = 0 if is_small else self._kept_for_small
        with self._changed:
            if not self._changed.wait_for(lambda: self._free - size >= least, deadline.remaining()):
                raise refuse("TOO_MANY_REQUESTS", "the bodies of other requests leave no room")
            self._free -= size

    def give_back(self, size: int) -> None:
        with self._changed:
            self._free += size
            self._changed.notify_all()
