"""Whether a session that was idle is still of use, before it is lent again."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from common.deadline import Deadline, since_boot
from common.errors import ApiError
from oracle.session import PING_SECONDS, Session, TimeLimit

# A session that was idle for longer is asked for a sign of life before it is lent: a network that
# was lost in silence (a laptop asleep, a VPN down) shows up only then.
PING_AFTER_SECONDS = 60.0
# One that was in use so shortly before is lent without a look at it, for a read: if it is lost all
# the same, that is run again on another.
TRUST_SECONDS = 0.1


class Sign(Enum):
    """SILENT: it did not answer in time, and neither would others on the same network."""

    ALIVE = "alive"
    LOST = "lost"
    SILENT = "silent"


def check(
    session: Session,
    give_up_at: Deadline,
    *,
    is_looked_at: bool,
    waiting: Callable[[Callable[[ApiError], None]], None] | None = None,
) -> Sign:
    """Look at an idle session, and ping it where that tells nothing; ApiError when called off.

    is_looked_at: even one that was in use a moment ago. waiting is told how to call a ping off.
    """
    idle_seconds = since_boot() - session.idle_since
    if idle_seconds < TRUST_SECONDS and not is_looked_at:
        return Sign.ALIVE
    if session.is_lost():
        return Sign.LOST
    if idle_seconds < PING_AFTER_SECONDS and not session.has_news():
        return Sign.ALIVE
    limit = TimeLimit(min(PING_SECONDS, give_up_at.remaining()))
    reasons: list[ApiError] = []

    def call_off(error: ApiError) -> None:
        reasons.append(error)
        limit.pass_now()

    if waiting is not None:
        waiting(call_off)
    if session.answers_ping(limit):
        return Sign.ALIVE
    if reasons:
        raise reasons[0].fresh()
    return Sign.SILENT if limit.has_passed else Sign.LOST
