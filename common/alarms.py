"""What is to happen at a moment: time limits, watchdogs, housekeeping, on one thread for all.

A `threading.Timer` is a thread for each: setting and cancelling one costs some 260 us, an alarm 2,
and at 65 time-outs a second 77 of them were alive.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from itertools import count

from common.threads import start_thread

logger = logging.getLogger(__name__)

# Cancelled alarms are dropped when they are this many, and most of all.
MOST_CANCELLED = 64


class Alarm:
    """One call to come. Safe to use from any thread."""

    __slots__ = ("_act", "_alarms", "at")

    def __init__(self, at: float, act: Callable[[], None], alarms: Alarms) -> None:
        self.at = at
        """On the monotonic clock."""
        self._act: Callable[[], None] | None = act
        self._alarms = alarms

    def cancel(self) -> None:
        """Idempotent. The call may be under way already: what it does must allow for that."""
        if self._take() is not None:
            self._alarms._one_less()

    def _take(self) -> Callable[[], None] | None:
        act, self._act = self._act, None
        return act


class Alarms:
    """Calls what is due. Safe to use from any thread; starts its own at the first alarm."""

    # _changed guards all fields here, and is not held during a call. To take an Alarm's act is one
    # step, which needs no lock.

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = count()
        """Alarms of one moment go off in the order in which they were set."""
        self._cancelled = 0
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, act: Callable[[], None]) -> Alarm:
        return self.at(time.monotonic() + seconds, act)

    def at(self, moment: float, act: Callable[[], None]) -> Alarm:
        """Call `act` at a moment on the monotonic clock, unless the alarm is cancelled before.

        `act` must not wait for anything: all others wait for it. ApiError 503 where the thread
        cannot be started; the next alarm tries again.
        """
        alarm = Alarm(moment, act, self)
        with self._changed:
            if self._thread is None:
                self._thread = start_thread("alarms", self._run)
            entry = (moment, next(self._numbers), alarm)
            heapq.heappush(self._heap, entry)
            if self._heap[0] is entry:
                self._changed.notify()
        return alarm

    def _one_less(self) -> None:
        with self._changed:
            self._cancelled += 1
            if self._cancelled > max(MOST_CANCELLED, len(self._heap) // 2):
                self._heap = [entry for entry in self._heap if entry[2]._act is not None]
                heapq.heapify(self._heap)
                self._cancelled = 0

    def _run(self) -> None:
        while True:
            act = self._next()
            if act is None:
                continue
            try:
                act()
            except BaseException:
                # A thread's entry point: time limits must outlive any defect here.
                logger.exception("an alarm failed")
            act = None  # else it would keep what it is about until the next one is due

    def _next(self) -> Callable[[], None] | None:
        """Wait until an alarm is due, and take it out; None where it was cancelled."""
        with self._changed:
            while not self._heap or (left := self._heap[0][0] - time.monotonic()) > 0:
                self._changed.wait(left if self._heap else None)
            act = heapq.heappop(self._heap)[2]._take()
            self._cancelled -= act is None
            return act


ALARMS = Alarms()
"""The process's own."""
