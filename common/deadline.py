"""One point in time, shared by every wait of a request."""

from __future__ import annotations

import sys
import time

# time.monotonic() stands still while a Linux or macOS machine sleeps; these clocks do not. On
# Windows it goes on. (clock_gettime(3) of each system; the one of macOS is untried.)
_CLOCK = getattr(time, "CLOCK_MONOTONIC" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None)


def since_boot() -> float:
    """Seconds on a clock that goes on while the machine sleeps: for how long something was idle."""
    if _CLOCK is None:
        return time.monotonic()
    return time.clock_gettime(_CLOCK)


class Deadline:
    """A fixed point on the monotonic clock."""

    __slots__ = ("at", "seconds")

    def __init__(self, at: float, seconds: float) -> None:
        self.at = at
        self.seconds = seconds
        """How long it was when it was made; for messages."""

    @classmethod
    def after(cls, seconds: float, since: float | None = None) -> Deadline:
        """A deadline `seconds` from now, or from `since` on the monotonic clock."""
        return cls((time.monotonic() if since is None else since) + seconds, seconds)

    @property
    def since(self) -> float:
        """When it began, on the monotonic clock."""
        return self.at - self.seconds

    def earlier(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one `seconds` from now."""
        other = Deadline.after(seconds)
        return self if self.at <= other.at else other

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - time.monotonic())

    def require(self, doing: str) -> float:
        """Seconds left; TimeoutError(doing) when there are none."""
        left = self.remaining()
        if left <= 0:
            raise TimeoutError(doing)
        return left
