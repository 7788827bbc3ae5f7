"""How the time that something takes grows with a text: what a hostile caller would make use of."""

from __future__ import annotations

import time
from collections.abc import Callable

# Four times the text may take eight times as long. Where it takes sixteen times, the growth is
# quadratic; below the floor, clocks and caches decide.
TIMES = 4
MOST_GROWTH = 8
FLOOR_SECONDS = 0.02


def assert_linear(run: Callable[[str], object], piece: str, characters: int = 8_000) -> None:
    """Run it on repetitions of a piece, shorter and longer ones, in CPU time of this thread."""
    count = characters // len(piece)
    short, long = (_seconds(run, piece * n) for n in (count, count * TIMES))
    assert long < max(FLOOR_SECONDS, short * MOST_GROWTH), f"{short:.3f} s grows to {long:.3f} s"


def _seconds(run: Callable[[str], object], text: str) -> float:
    def once() -> float:
        started = time.thread_time()
        run(text)
        return time.thread_time() - started

    return min(once() for _ in range(3))
