"""Who takes part: databases, sidecar, peers and driver, started when a case first asks for them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from . import builds
from .processes import Checkout, Database, FarDatabase, Floor, ForeignPeer, Peer, Process, Sidecar

P = TypeVar("P", bound="Process | Checkout")

# Before it asked far databases for more at once.
EARLIER = "e7f1e8d"
# As many as the sidecar is to compare: with two sessions each, eight callers find one.
DATABASES = 4
# How long the proxy in front of a far one keeps what passes, each way.
FAR_MS = 20


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
    def far_databases(self) -> list[FarDatabase]:
        """The first two of them, far away."""
        return [self.start(FarDatabase(database, FAR_MS)) for database in self.databases[:2]]

    @cached_property
    def sidecar(self) -> Sidecar:
        sidecar = self.start(Sidecar())
        sidecar.wait_for_driver()
        return sidecar

    @cached_property
    def earlier(self) -> Sidecar:
        """That of the commit which some limits refer to."""
        checkout = self.start(Checkout(EARLIER))
        sidecar = self.start(Sidecar(sys.executable, str(checkout.program)))
        sidecar.wait_for_driver()
        return sidecar

    @cached_property
    def peer(self) -> Peer:
        return self.start(Peer())

    @cached_property
    def rust(self) -> ForeignPeer | None:
        program = builds.rust_peer()
        return None if program is None else self.start(ForeignPeer(str(program)))

    @cached_property
    def node(self) -> ForeignPeer | None:
        command = builds.node_peer()
        return None if command is None else self.start(ForeignPeer(*command))

    @property
    def foreign_peers(self) -> dict[str, ForeignPeer]:
        """Those that there are here, by language."""
        peers = {"Rust": self.rust, "Node": self.node}
        return {name: peer for name, peer in peers.items() if peer is not None}

    @cached_property
    def floor(self) -> Floor:
        return self.start(Floor(self.database))

    def rounds(self, usual: int) -> int:
        return max(2, usual // 4) if self.is_quick else usual
