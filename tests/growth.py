"""How the time that something takes grows with a text: what a hostile caller would make use of."""

from __future__ import annotations

import time
from collections.abc import Callable

# Four times the text may take ten times as long, on a busy machine. Where it takes sixteen times,
# the growth is quadratic; below the floor, clocks and caches decide.
TIMES = 4
MOST_GROWTH = 10
FLOOR_SECONDS = 0.05
ROUNDS = 3


def assert_linear(run: Callable[[str], object], piece: str, characters: int = 16_000) -> None:
    """Run it on repetitions of a piece, shorter and longer ones, in CPU time of this thread."""
    count = characters // len(piece)
    for _ in range(ROUNDS):
        long = _seconds(run, piece * count * TIMES)
        if long < FLOOR_SECONDS:
            return
        short = _seconds(run, piece * count)
        if long < short * MOST_GROWTH:
            return
    raise AssertionError(f"{short:.3f} s grows to {long:.3f} s")


def _seconds(run: Callable[[str], object], text: str) -> float:
    started = time.thread_time()
    run(text)
    return time.thread_time() - started
