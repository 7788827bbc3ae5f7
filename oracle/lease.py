"""A session on loan, and who lends it: what a statement needs to know of a pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from common.deadline import Deadline
from common.errors import ApiError
from oracle.session import Session
from oracle.target import Target

GiveUp: TypeAlias = Callable[[ApiError], None]
"""Ends a wait for a session with that error; from any thread."""


class Lease:
    """A session on loan. Closing it gives the session back, or drops it when it was discarded.

    Used by the thread that runs a statement on it, which closes it.
    """

    def __init__(
        self,
        session: Session,
        give_back: Callable[[Session, bool], None],
        is_wanted: Callable[[], bool],
    ) -> None:
        self.session = session
        self._give_back: Callable[[Session, bool], None] | None = give_back
        self._is_wanted = is_wanted
        self._is_discarded = False

    @property
    def is_discarded(self) -> bool:
        return self._is_discarded

    @property
    def is_wanted(self) -> bool:
        """True when it is still out, and others wait for it to come back."""
        return self._give_back is not None and self._is_wanted()

    def discard(self) -> None:
        """The session was sent a break, or is dead: it must not be lent after this."""
        self._is_discarded = True

    def close(self) -> None:
        """Idempotent; from the thread that used the session."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back(self.session, self._is_discarded)


class Lender(Protocol):
    """Lends sessions; `Pools` is one. Safe to call from any thread."""

    def lease(
        self,
        target: Target,
        deadline: Deadline,
        *,
        name: str | None = None,
        is_fresh: bool = False,
        always_probe: bool = False,
        is_first: bool = False,
        waiting: Callable[[GiveUp], None] | None = None,
    ) -> Lease:
        """Lease a session, waiting until the deadline for it. ApiError. The caller closes it.

        name: the caller's label of the connection. is_fresh: never one that was idle before.
        always_probe: never one that was not looked at, however short it was idle. is_first: in
        front of all who wait. waiting: is told, before each wait, how to call the wait off.
        """
        ...
