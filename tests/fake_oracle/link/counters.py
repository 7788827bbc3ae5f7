"""What happened so far, counted; tests wait for it instead of sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Counts:
    """A snapshot. open_sessions is how many are logged in now, and open_cursors how many cursors
    those have open, in rows of others too; the other counts only grow.

    connections: TCP connections accepted. tls_handshakes: those that ended well; a client that is
    handed over has two. logoffs and lost_sessions: sessions that ended with a logoff, and without.
    statements: executes that reached the SQL layer. fetches: fetch calls beyond the rows an execute
    brings.
    """

    connections: int = 0
    tls_handshakes: int = 0
    logins: int = 0
    failed_logins: int = 0
    open_sessions: int = 0
    open_cursors: int = 0
    logoffs: int = 0
    lost_sessions: int = 0
    statements: int = 0
    fetches: int = 0
    commits: int = 0
    rollbacks: int = 0
    pings: int = 0
    breaks: int = 0
    lob_reads: int = 0


class Counters:
    """The running counts and statements. Safe to call from any thread."""

    def __init__(self) -> None:
        # Guards all fields.
        self._changed = threading.Condition()
        self._counts = Counts()
        self._statements: list[str] = []
        self._time_zones: list[str] = []

    def add(self, **changes: int) -> None:
        with self._changed:
            now = {name: getattr(self._counts, name) + by for name, by in changes.items()}
            self._counts = replace(self._counts, **now)
            self._changed.notify_all()

    def add_statement(self, sql: str) -> None:
        with self._changed:
            self._statements.append(sql)
        self.add(statements=1)

    def add_time_zone(self, zone: str) -> None:
        with self._changed:
            self._time_zones.append(zone)

    def time_zones(self) -> list[str]:
        with self._changed:
            return list(self._time_zones)

    def snapshot(self) -> Counts:
        with self._changed:
            return self._counts

    def statements(self) -> list[str]:
        with self._changed:
            return list(self._statements)

    def wait_until(self, predicate: Callable[[Counts], bool], timeout_seconds: float) -> Counts:
        with self._changed:
            if not self._changed.wait_for(lambda: predicate(self._counts), timeout_seconds):
                raise TimeoutError(f"not reached in {timeout_seconds} s: {self._counts}")
            return self._counts
