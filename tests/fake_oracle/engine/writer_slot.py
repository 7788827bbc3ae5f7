"""Running statements, and the one place in which a session may change the data."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..kinds.model import OraError

_WAIT_SECONDS = 10.0


@dataclass
class Execution:
    """One running statement. interrupted is set by another thread and never unset."""

    interrupted: bool = False
    woken: threading.Event = field(default_factory=threading.Event)

    def interrupt(self) -> None:
        self.interrupted = True
        self.woken.set()

    def check(self) -> None:
        if self.interrupted:
            raise OraError(1013, "user requested cancel of current operation")


class WriterSlot:
    """Who may change the file. Its condition guards the holder."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: object | None = None

    def take(self, session: object, execution: Execution) -> None:
        """Wait for the holder's transaction to end: ORA-30006 after a while, 01013 on a break."""
        deadline = time.monotonic() + _WAIT_SECONDS
        with self._changed:
            while self._holder not in (None, session):
                execution.check()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise OraError(30006, "resource busy; acquire with WAIT timeout expired")
                self._changed.wait(left)
            self._holder = session

    def release(self, session: object) -> None:
        with self._changed:
            if self._holder is session:
                self._holder = None
                self._changed.notify_all()

    def wake(self) -> None:
        """Let those who wait look at their executions again."""
        with self._changed:
            self._changed.notify_all()
