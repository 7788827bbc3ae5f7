"""First come, first served for requests that take no longer than a moment.

Threads that are all ready to run get the processor in no order, so of several short requests at
once some wait while others are served twice. Here a few are let in at a time, the others in the
order in which they came. A request that is not done within a moment (a database that takes its
time, a large answer) no longer counts, so no other waits for it longer than that.
"""

from __future__ import annotations

import threading
import time
from collections import deque

# So many are let in at once: while one waits for its database, another can use the processor.
AT_ONCE = 2
MOMENT_SECONDS = 0.002
# A request that has waited for this long goes in, whatever is inside.
LONGEST_WAIT_SECONDS = 0.004


class Turns:
    """Orders short requests. Safe to call from any thread."""

    # _inside (since when, on the performance counter: the monotonic clock of Windows has steps of
    # 16 ms before Python 3.13) and _waiting are guarded by _lock. A waiter's lock is released to
    # let it in, by the thread that takes it out of the queue.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: dict[object, float] = {}
        self._waiting: deque[tuple[object, threading.Lock]] = deque()

    def enter(self, who: object) -> None:
        """Wait for a turn, at most LONGEST_WAIT_SECONDS."""
        with self._lock:
            now = time.perf_counter()
            if not self._waiting and self._has_room(now):
                self._inside[who] = now
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append((who, turn))
        if turn.acquire(timeout=LONGEST_WAIT_SECONDS):
            return
        with self._lock:
            if (who, turn) in self._waiting:
                self._waiting.remove((who, turn))
                self._inside[who] = time.perf_counter()

    def leave(self, who: object) -> None:
        """The request of `who` is done; the next ones get their turns."""
        with self._lock:
            self._inside.pop(who, None)
            now = time.perf_counter()
            while self._waiting and self._has_room(now):
                following, turn = self._waiting.popleft()
                self._inside[following] = now
                turn.release()

    def _has_room(self, now: float) -> bool:
        """Needs the lock."""
        if len(self._inside) < AT_ONCE:
            return True
        since = now - MOMENT_SECONDS
        return sum(entered > since for entered in self._inside.values()) < AT_ONCE
