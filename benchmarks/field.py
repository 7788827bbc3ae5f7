"""Who takes part: databases, sidecar, peer and driver, started when a case first asks for them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from .processes import Database, Floor, Peer, Process, Sidecar

P = TypeVar("P", bound=Process)

# As many as the sidecar is to compare: with two sessions each, eight callers find one.
DATABASES = 4


@dataclass
class Field:
    """Shared by all cases of one run. close() ends every process."""

    is_quick: bool

    def __post_init__(self) -> None:
        self._processes = ExitStack()

    def start(self, process: P) -> P:
        self._processes.enter_context(process)
        return process

    def close(self) -> None:
        self._processes.close()

    @cached_property
    def databases(self) -> list[Database]:
        return [self.start(Database()) for _ in range(DATABASES)]

    @property
    def database(self) -> Database:
        return self.databases[0]

    @cached_property
    def sidecar(self) -> Sidecar:
        sidecar = self.start(Sidecar())
        sidecar.wait_for_driver()
        return sidecar

    @cached_property
    def peer(self) -> Peer:
        return self.start(Peer())

    @cached_property
    def floor(self) -> Floor:
        return self.start(Floor(self.database))

    def rounds(self, usual: int) -> int:
        return max(2, usual // 4) if self.is_quick else usual
