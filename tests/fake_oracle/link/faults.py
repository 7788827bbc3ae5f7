"""Scripted trouble: at which step, for whom, how often, and what happens instead of the answer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias


class Step(Enum):
    """A moment in a session's life; the request of that name has been read, nothing is answered."""

    ACCEPT = "the TCP connection is accepted, nothing is read"
    HELLO = "TLS begins: the client's hello"
    CONNECT = "connect packet"
    PROTOCOL = "protocol negotiation"
    DATA_TYPES = "data type negotiation"
    AUTH_ONE = "login, phase one"
    AUTH_TWO = "login, phase two"
    EXECUTE = "execute"
    ROWS = "in the middle of an answer that carries rows"
    FETCH = "fetch"
    LOB = "LOB operation"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    PING = "ping"
    LOGOFF = "logoff"
    BREAK = "break, before it is answered"


@dataclass(frozen=True)
class Delay:
    """Answer late. A break meanwhile is answered at once, as by a real server."""

    seconds: float


@dataclass(frozen=True)
class Silence:
    """No answer until the fault is released, then the normal one; ends when the peer closes."""

    ignore_break: bool = False


@dataclass(frozen=True)
class Close:
    """An orderly end of the TCP connection."""


@dataclass(frozen=True)
class Reset:
    """A reset of the TCP connection."""


@dataclass(frozen=True)
class Answer:
    """An ORA error instead of the answer; at CONNECT a refusal with that code."""

    code: int
    text: str = "scripted error"


@dataclass(frozen=True)
class Refuse:
    """The listener refuses with that code; for ACCEPT and CONNECT."""

    code: int


# The same bytes in every run; nothing in them is a packet.
_GARBAGE: Final = b"".join(hashlib.sha256(bytes((n,))).digest() for n in range(8))


@dataclass(frozen=True)
class Garbage:
    """Bytes that are no TNS, then the end."""

    says: bytes = _GARBAGE


@dataclass(frozen=True)
class Truncate:
    """The first half of the answer's first packet, then the end."""


@dataclass(frozen=True)
class LyingLength:
    """The answer, in a packet that claims to be far longer; then nothing more comes."""


@dataclass(frozen=True)
class Trickle:
    """The answer, slowly."""

    bytes_per_second: float


Action: TypeAlias = (
    Delay | Silence | Close | Reset | Answer | Refuse | Garbage | Truncate | LyingLength | Trickle
)


@dataclass(frozen=True)
class Fault:
    """Strikes at a step; service, user and sql narrow it, skip lets the first ones pass.

    sql: part of the statement; as with the names, case does not matter. times: None is for ever.
    """

    at: Step
    do: Action
    service: str | None = None
    user: str | None = None
    sql: str | None = None
    skip: int = 0
    times: int | None = 1

    def matches(self, step: Step, service: str, user: str, sql: str) -> bool:
        return (
            self.at is step
            and _is_meant(self.service, service)
            and _is_meant(self.user, user)
            and (self.sql or "").upper() in sql.upper()
        )


def _is_meant(wanted: str | None, found: str) -> bool:
    return wanted is None or wanted.upper() == found.upper()


class ScriptedFault:
    """One fault in force. hit is set when it strikes for the first time."""

    def __init__(self, fault: Fault, remove: Callable[[ScriptedFault], None]) -> None:
        self.fault = fault
        self.hit = threading.Event()
        self._remove = remove
        self._released = threading.Event()
        self._lock = threading.Lock()
        # Who waits in a Silence; guarded by _lock.
        self._wakers: list[Callable[[], None]] = []

    @property
    def released(self) -> bool:
        return self._released.is_set()

    def on_release(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self._wakers.append(wake)

    def release(self) -> None:
        """End a Silence: the normal answer follows. Later strikes do not wait either."""
        self._released.set()
        with self._lock:
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    def remove(self) -> None:
        """It strikes no more; who waits in it goes on waiting until release()."""
        self._remove(self)


class Faults:
    """The faults in force. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Guarded by _lock: each fault with how many it still lets pass and how often it strikes.
        self._scripted: dict[ScriptedFault, tuple[int, int | None]] = {}

    def add(self, fault: Fault) -> ScriptedFault:
        scripted = ScriptedFault(fault, self._forget)
        with self._lock:
            self._scripted[scripted] = (fault.skip, fault.times)
        return scripted

    def clear(self) -> None:
        """Take back every fault, and release whoever waits in one."""
        with self._lock:
            taken = list(self._scripted)
            self._scripted.clear()
        for scripted in taken:
            scripted.release()

    def _forget(self, scripted: ScriptedFault) -> None:
        with self._lock:
            self._scripted.pop(scripted, None)

    def strike(self, step: Step, service: str, user: str, sql: str) -> ScriptedFault | None:
        """The first fault that matches and is due, with this strike counted."""
        with self._lock:
            for scripted, (skip, times) in self._scripted.items():
                if times == 0 or not scripted.fault.matches(step, service, user, sql):
                    continue
                if skip:
                    self._scripted[scripted] = (skip - 1, times)
                    continue
                self._scripted[scripted] = (0, None if times is None else times - 1)
                scripted.hit.set()
                return scripted
        return None
