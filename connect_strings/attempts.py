"""The addresses of a connect string as a login tries them: for how long, and with what outcome.

The driver gives each the whole time limit, so that a silent one leaves nothing to those behind it,
and tells of the last one only (impl/thin/connection.pyx, _connect).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from common.errors import CATALOGUE, ApiError, refuse

Address = tuple[str, int]

MOST_TOLD = 8
_REFUSAL = re.compile(rb"\(ERR=(\d{1,5})\)")


@dataclass(eq=False)
class Attempt:
    """One address, tried once."""

    address: Address
    seconds: float
    """How long it may stay silent."""
    has_more_behind: bool
    is_answered: bool = False
    refusal: str | None = None

    def heard(self, data: bytes) -> None:
        """Something came. A listener that refuses names a code."""
        self.is_answered = True
        if found := _REFUSAL.search(data):
            self.refusal = f"ORA-{int(found[1]):05d}"

    def silence(self) -> ApiError:
        return refuse("ORA-12170", f"ORA-12170: no answer within {self.seconds:.3g} s")

    def ended(self) -> ApiError:
        """What it came to, where nothing else says it: the driver went on to the next one."""
        if self.refusal in CATALOGUE:
            return refuse(self.refusal, f"{self.refusal}: refused by the listener")
        if self.refusal is not None:
            return refuse("DPY-6000", f"DPY-6000: refused by the listener with {self.refusal}")
        return refuse("DPY-4011", "DPY-4011: the other side hung up")


class Attempts:
    """What one login tries. Guarded by the login's lock."""

    def __init__(self, ends_at: float) -> None:
        self.current: Attempt | None = None
        self.last_error: ApiError | None = None
        """Of the last attempt that is over."""
        self._ends_at = ends_at
        self._found: set[Address] = set()
        # How many of them are still to be tried before the driver begins anew, or gives up.
        self._left = 0
        self._outcomes: Counter[tuple[Address, str]] = Counter()

    def find(self, addresses: Iterable[Address]) -> None:
        """Addresses that are to be tried, in the end. All are found before the first is tried."""
        for address in addresses:
            self._found.add(address)
            self._left += 1

    def begin(self, address: Address) -> Attempt:
        """An address is tried now. What a listener sends the login on to belongs to it."""
        if self.current is not None and address not in self._found:
            return self.current
        self.end()
        self._left = self._left or len(self._found) or 1
        seconds = max(0.0, self._ends_at - time.monotonic()) / self._left
        self._left -= 1
        self.current = Attempt(address, seconds, has_more_behind=self._left > 0)
        return self.current

    def end(self, error: ApiError | None = None) -> None:
        """The current attempt, if any, has come to nothing."""
        attempt, self.current = self.current, None
        if attempt is None:
            return
        error = error or attempt.ended()
        self.last_error = error.fresh()
        silent = f"no answer within {attempt.seconds:.2g} s"
        self._outcomes[
            attempt.address, silent if error.full_code == "ORA-12170" else error.full_code
        ] += 1

    def told(self) -> str:
        """What was tried with what outcome, where that was more than one thing."""
        if self._outcomes.total() < 2:
            return ""
        told = [
            f"{host}:{port} ({outcome}{f', {times} times' if times > 1 else ''})"
            for ((host, port), outcome), times in list(self._outcomes.items())[:MOST_TOLD]
        ]
        more = len(self._outcomes) - len(told)
        return f"\ntried: {', '.join(told)}{f', and {more} more' if more else ''}"
