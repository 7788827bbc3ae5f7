"""The dictionary of pools: who may touch it, when a pool comes and goes, leases.

The pools are our own rather than the driver's, over its standalone connections. The driver's pool
logs in from a thread inside it, which cannot be given a time limit nor be called off, tries a wrong
password twice when it is to keep a session warm, and serves its waiters in no order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeAlias

from common.alarms import ALARMS, Alarm
from common.deadline import Deadline, since_boot
from common.errors import CATALOGUE, SIDES, ApiError, refuse
from common.settings import Settings
from common.threads import start_thread
from oracle.failed_logins import REFUSAL_DELAY_SECONDS, FailedLogins
from oracle.lease import GiveUp, Lease
from oracle.login import Login, Outcome, login_time_zone
from oracle.session import Liveness, Session, probe_idle
from oracle.target import Destination, Target, destination_of

logger = logging.getLogger(__name__)

# While a database refuses more sessions, callers wait for those that are open; asking it again for
# each of them would only add to its load.
GROWTH_PAUSE_SECONDS = 1.0

# What is said of neither of the two sides that a pair is for: the time limit is that of both.
_OF_BOTH_SIDES = frozenset({"DPY-4024", "SHUTTING_DOWN"})

Waiting: TypeAlias = Callable[[GiveUp], None]


class _Wanted(NamedTuple):
    """What a caller wants of a pool; see Pools.lease."""

    destination: Destination
    deadline: Deadline
    name: str | None = None
    is_fresh: bool = False
    always_probe: bool = False
    is_first: bool = False
    waiting: Waiting | None = None


class PoolInfo(NamedTuple):
    """One pool at one moment; nothing secret."""

    key: str
    busy: int
    opened: int
    min: int
    max: int
    last_used: str
    name: str | None
    idle_s: float


class _Waiter:
    """A caller in the queue of a pool, for one session or two. Guarded by the lock of Pools, but
    for waiting on `told`.
    """

    __slots__ = ("error", "sessions", "told", "wanted")

    def __init__(self, wanted: int) -> None:
        self.told = threading.Event()
        self.wanted = wanted
        self.sessions: list[Session] = []
        self.error: ApiError | None = None

    @property
    def missing(self) -> int:
        return self.wanted - len(self.sessions)


@dataclass
class _Pool:
    """One pool. Every field is guarded by the lock of Pools."""

    destination: Destination
    name: str | None = None
    idle: list[Session] = field(default_factory=list)
    """The most recently used last: it is lent first, so that the others can age."""
    busy: int = 0
    opening: int = 0
    waiters: deque[_Waiter] = field(default_factory=deque)
    has_logged_in: bool = False
    is_retired: bool = False
    """No longer in the dictionary; its sessions are closed when they come back."""
    used_at: float = field(default_factory=since_boot)
    """As since_boot() tells it."""
    no_growth_before: float = 0.0

    @property
    def opened(self) -> int:
        return self.busy + len(self.idle)

    @property
    def is_unused(self) -> bool:
        return not (self.busy or self.opening or self.waiters)

    def idle_seconds(self, now: float) -> float:
        return 0.0 if self.busy else now - self.used_at


class Pools:
    """The open pools by what their targets lead to. Safe to call from any thread."""

    # One lock guards the dictionary, every field of every pool, and the sessions on
    # their way in and out. It is held to read and change fields only: sessions are opened, pinged
    # and closed without it.

    def __init__(self, settings: Settings, failed_logins: FailedLogins) -> None:
        self._settings = settings
        self._failed_logins = failed_logins
        self._lock = threading.Lock()
        self._pools: dict[Destination, _Pool] = {}
        self._on_their_way = 0
        self._all_arrived = threading.Condition(self._lock)
        self._is_closed = False
        self._is_stopping = threading.Event()
        self._housekeeping: Alarm | None = None

    def lease(
        self,
        target: Target,
        deadline: Deadline,
        *,
        name: str | None = None,
        is_fresh: bool = False,
        always_probe: bool = False,
        is_first: bool = False,
        waiting: Waiting | None = None,
    ) -> Lease:
        """Lease a session. The caller closes the lease.

        Waits until the deadline (504 past it), and no longer than --acquire-timeout (503) or the
        login of a new session (504, 403 or 502). is_fresh: never one that was idle before, all of
        which are taken for dead. always_probe: never one that was not looked at, however short it
        was idle. is_first: in front of all who wait, for a caller that gives a session back for it.
        waiting is told, before each wait, how to call the wait off.
        """
        give_up_at = deadline.earlier(self._settings.acquire_timeout)
        destination = destination_of(target, give_up_at)
        wanted = _Wanted(destination, deadline, name, is_fresh, always_probe, is_first, waiting)
        return self._lease_many(wanted, 1, give_up_at)[0]

    def lease_pair(
        self,
        targets: tuple[Target, Target],
        deadline: Deadline,
        *,
        names: tuple[str | None, str | None],
        waiting: tuple[Waiting, Waiting],
    ) -> tuple[Lease, Lease]:
        """Lease a session for each side of a comparison. The caller closes both leases.

        Both units of one pool are taken at once, and those of two pools in one order, whichever
        side they are for: so no pair that holds one session waits for another such pair. One
        --acquire-timeout is for both. ApiError, with the side that it is said of.
        """
        give_up_at = deadline.earlier(self._settings.acquire_timeout)
        where = self._destinations(targets, give_up_at)
        if where[0] == where[1]:
            return self._lease_twins(where[0], deadline, give_up_at, names[0], waiting)
        leases: dict[int, Lease] = {}
        side = 0
        try:
            for side in (0, 1):
                self._warm(where[side], deadline)
            for side in sorted((0, 1), key=lambda place: where[place].order):
                wanted = _Wanted(where[side], deadline, names[side], waiting=waiting[side])
                leases[side] = self._lease_many(wanted, 1, give_up_at)[0]
        except BaseException as error:
            for lease in leases.values():
                lease.close()
            if isinstance(error, ApiError) and error.full_code not in _OF_BOTH_SIDES:
                error.side = SIDES[side]
            raise
        return leases[0], leases[1]

    def _destinations(
        self, targets: tuple[Target, Target], give_up_at: Deadline
    ) -> list[Destination]:
        found: list[Destination] = []
        for side, target in zip(SIDES, targets, strict=True):
            try:
                found.append(destination_of(target, give_up_at))
            except ApiError as error:
                error.side = side
                raise
        return found

    def _lease_twins(
        self,
        destination: Destination,
        deadline: Deadline,
        give_up_at: Deadline,
        name: str | None,
        waiting: tuple[Waiting, Waiting],
    ) -> tuple[Lease, Lease]:
        if self._settings.pool_max < 2:
            raise refuse(
                "POOL_TOO_SMALL",
                "both sides are one connection, which --pool-max allows a single session",
            )

        def both_wait(give_up: GiveUp) -> None:
            for wait in waiting:
                wait(give_up)

        wanted = _Wanted(destination, deadline, name, waiting=both_wait)
        left, right = self._lease_many(wanted, 2, give_up_at)
        return left, right

    def _warm(self, destination: Destination, deadline: Deadline) -> None:
        """Begin the login of a pool that has none, so that two can be under way at once."""
        with self._lock:
            pool = self._find_or_add(destination, deadline.since, False)
            logins = self._logins_wanted(pool, at_least=0 if pool.has_logged_in else 1)
        _start(logins)

    def _lease_many(self, wanted: _Wanted, count: int, give_up_at: Deadline) -> list[Lease]:
        """So many sessions of one pool, each alive."""
        pool, sessions = self._obtain(wanted, count, give_up_at)
        leases = [
            Lease(session, partial(self._give_back, pool), partial(self._is_short, pool))
            for session, _ in sessions
        ]
        held = list(leases)
        try:
            for place, (session, was_idle) in enumerate(sessions):
                if was_idle:
                    held[place] = self._alive(leases[place], session, wanted, give_up_at)
        except BaseException:
            for lease in held:
                lease.close()
            raise
        return held

    def _alive(
        self, lease: Lease, session: Session, wanted: _Wanted, give_up_at: Deadline
    ) -> Lease:
        """The lease of a session that was idle, or of another one in its place."""
        liveness = Liveness.LOST
        try:
            liveness = probe_idle(
                session, give_up_at, always_probe=wanted.always_probe, waiting=wanted.waiting
            )
        finally:
            if liveness is not Liveness.ALIVE:
                lease.discard()
        if liveness is Liveness.ALIVE:
            return lease

        def give_back(give_up: GiveUp) -> None:
            """The unit of the dead session, when its successor stands first in the queue: another
            pair could otherwise take it, and each would wait for the other.
            """
            if wanted.waiting is not None:
                wanted.waiting(give_up)
            lease.close()

        is_fresh = wanted.is_fresh or liveness is Liveness.SILENT
        again = wanted._replace(is_fresh=is_fresh, is_first=True, waiting=give_back)
        try:
            return self._lease_many(again, 1, give_up_at)[0]
        finally:
            lease.close()

    def _obtain(
        self, wanted: _Wanted, count: int, give_up_at: Deadline
    ) -> tuple[_Pool, list[tuple[Session, bool]]]:
        """Sessions that are busy from now on; with each whether it was idle."""
        idle: list[Session] = []
        waiter = None
        time_zone = login_time_zone()
        with self._lock:
            pool = self._find_or_add(wanted.destination, wanted.deadline.since, wanted.is_fresh)
            pool.name = wanted.name if wanted.name is not None else pool.name
            pool.used_at = since_boot()
            # After a change of clocks one pool's sessions would answer differently.
            discarded = [s for s in pool.idle if wanted.is_fresh or s.time_zone != time_zone]
            if discarded:
                pool.idle = [s for s in pool.idle if s not in discarded]
            while pool.idle and len(idle) < count and (wanted.is_first or not pool.waiters):
                idle.append(pool.idle.pop())
                pool.busy += 1
            if len(idle) < count:
                # At the head of the queue, if some were idle: none of those who wait does without.
                waiter = _Waiter(count - len(idle))
                put = pool.waiters.appendleft if wanted.is_first else pool.waiters.append
                put(waiter)
            logins = self._logins_wanted(pool)
        self._close_later(discarded)
        _start(logins)
        if waiter is None:
            return pool, [(session, True) for session in idle]
        logger.debug("waiting for a session to %s", wanted.destination.label)
        try:
            if wanted.waiting is not None:
                wanted.waiting(lambda error: self._call_off(pool, waiter, error))
            awaited = self._await(pool, waiter, wanted.deadline, give_up_at)
        except BaseException:
            for session in idle:
                self._give_back(pool, session, False)
            raise
        return pool, [*((s, True) for s in idle), *((s, False) for s in awaited)]

    def _find_or_add(self, destination: Destination, arrived: float, is_again: bool) -> _Pool:
        """Needs the lock. ApiError where there is no room, or a login failed meanwhile."""
        assert self._lock.locked()
        if self._is_closed:
            raise refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        pool = self._pools.get(destination)
        if pool is not None:
            return pool
        self._failed_logins.raise_again(destination, arrived, is_again)
        self._failed_logins.raise_refusal(destination)
        if self._open_pools() >= self._settings.max_pools and not self._unused():
            raise self._too_many()
        if self._housekeeping is None:
            self._housekeeping = self._next_housekeeping()
        pool = self._pools[destination] = _Pool(destination)
        return pool

    def _make_room(self, discarded: list[Session]) -> bool:
        """Needs the lock. For one more pool with sessions: the longest idle one leaves.

        One that never had any does not count: targets that do not answer must drive none out.
        """
        assert self._lock.locked()
        if self._open_pools() < self._settings.max_pools:
            return True
        unused = self._unused()
        if not unused:
            return False
        discarded += self._retire(min(unused, key=lambda p: p.used_at))
        return True

    def _open_pools(self) -> int:
        """Needs the lock."""
        return sum(pool.has_logged_in for pool in self._pools.values())

    def _unused(self) -> list[_Pool]:
        """Needs the lock. The pools that could leave for another one."""
        return [p for p in self._pools.values() if p.has_logged_in and p.is_unused]

    def _too_many(self) -> ApiError:
        return refuse("TOO_MANY_POOLS", f"all {self._settings.max_pools} pools are in use")

    def _logins_wanted(self, pool: _Pool, at_least: int = 0) -> list[Login]:
        """Needs the lock. Counts the logins it returns as opening; the caller starts them.

        A pool that never logged in has one login at a time: its callers share the outcome, so that
        a wrong password is tried once however many ask.
        """
        assert self._lock.locked()
        if pool.is_retired or self._is_closed:
            return []
        if not pool.has_logged_in:
            wanted = max(at_least, min(1, len(pool.waiters)))
        elif pool.opened and time.monotonic() < pool.no_growth_before:
            wanted = 0
        else:
            idle_to_be = self._settings.pool_min - pool.opened
            room = self._settings.pool_max - pool.opened
            awaited = sum(waiter.missing for waiter in pool.waiters)
            wanted = min(room, max(awaited, idle_to_be))
        missing = max(0, wanted - pool.opening)
        pool.opening += missing
        self._on_their_way += missing
        return [self._login(pool) for _ in range(missing)]

    def _login(self, pool: _Pool) -> Login:
        return Login(
            pool.destination,
            self._settings.connect_timeout,
            lambda outcome: self._logged_in(pool, outcome),
        )

    def _logged_in(self, pool: _Pool, outcome: Outcome) -> None:
        """Take the outcome of a login; called from the login's thread."""
        discarded: list[Session] = []
        logins: list[Login] = []
        if isinstance(outcome, ApiError) and outcome.status == 403:
            self._is_stopping.wait(REFUSAL_DELAY_SECONDS)
        with self._lock:
            pool.opening -= 1
            if isinstance(outcome, ApiError):
                discarded += self._login_failed(pool, outcome)
            elif pool.is_retired or self._is_closed:
                discarded.append(outcome)
            elif not (pool.has_logged_in or self._make_room(discarded)):
                discarded.append(outcome)
                discarded += self._fail(pool, self._too_many())
            else:
                if not pool.has_logged_in:
                    logger.info("opened the pool %s", pool.destination.label)
                pool.has_logged_in = True
                self._failed_logins.forget(pool.destination)
                self._hand_over(pool, outcome)
                logins = self._logins_wanted(pool)
        self._close_later(discarded)
        self._arrive()
        _start(logins)

    def _login_failed(self, pool: _Pool, error: ApiError) -> list[Session]:
        """Needs the lock. Returns sessions to close."""
        assert self._lock.locked()
        logger.warning("a login to %s failed: %s", pool.destination.label, error.full_code)
        is_full = error.status == 503
        if is_full and pool.opened and not pool.is_retired:
            # Those who wait are served as the open sessions come back.
            pool.no_growth_before = time.monotonic() + GROWTH_PAUSE_SECONDS
            return []
        self._failed_logins.remember(pool.destination, error)
        return self._fail(pool, error)

    def _fail(self, pool: _Pool, error: ApiError) -> list[Session]:
        """Needs the lock. Tell all who wait for a session; returns sessions to close."""
        assert self._lock.locked()
        while pool.waiters:
            _tell(pool.waiters.popleft(), error)
        # Credentials that are refused now were changed or locked: no more tries with them.
        if error.status == 403 or not (pool.opened or pool.opening):
            return self._retire(pool)
        return []

    def _hand_over(self, pool: _Pool, session: Session) -> None:
        """Needs the lock. To the one who waits longest, or else to the idle ones."""
        assert self._lock.locked()
        if pool.waiters:
            waiter = pool.waiters[0]
            waiter.sessions.append(session)
            pool.busy += 1
            if not waiter.missing:
                pool.waiters.popleft()
                waiter.told.set()
        else:
            session.idle_since = since_boot()
            pool.idle.append(session)

    def _await(
        self, pool: _Pool, waiter: _Waiter, deadline: Deadline, give_up_at: Deadline
    ) -> list[Session]:
        waiter.told.wait(give_up_at.remaining())
        with self._lock:
            if not waiter.told.is_set():
                pool.waiters.remove(waiter)
                _tell(waiter, self._nothing_free(pool, deadline))
        if waiter.error is None:
            return waiter.sessions
        for session in waiter.sessions:
            self._give_back(pool, session, False)
        raise waiter.error.fresh()

    def _nothing_free(self, pool: _Pool, deadline: Deadline) -> ApiError:
        if deadline.remaining() <= 0:
            return refuse(
                "DPY-4024",
                f"no session to {pool.destination.label} within the query's {deadline.seconds:g} s",
            )
        within = f"within {self._settings.acquire_timeout:g} s"
        if not pool.opened:
            error = refuse(
                "DPY-4005", f"no session to {pool.destination.label} was opened {within}"
            )
            error.hint = CATALOGUE["ORA-12170"].hint
            return error
        busy = f"all {pool.opened} sessions to {pool.destination.label} are busy"
        return refuse("DPY-4005", f"{busy}; none came free {within}")

    def _call_off(self, pool: _Pool, waiter: _Waiter, error: ApiError) -> None:
        with self._lock:
            if not waiter.told.is_set():
                pool.waiters.remove(waiter)
                _tell(waiter, error)

    def _is_short(self, pool: _Pool) -> bool:
        """Whether callers wait for sessions, none of which is being opened."""
        with self._lock:
            return bool(pool.waiters) and not pool.opening

    def _give_back(self, pool: _Pool, session: Session, is_discarded: bool) -> None:
        is_spent = is_discarded or session.time_zone != login_time_zone()
        with self._lock:
            pool.busy -= 1
            pool.used_at = since_boot()
            is_kept = not (is_spent or pool.is_retired or self._is_closed)
            if is_kept:
                self._hand_over(pool, session)
            logins = self._logins_wanted(pool) if pool.waiters else []
        if not is_kept:
            self._close_later([session])
        _start(logins)

    def _retire(self, pool: _Pool) -> list[Session]:
        """Needs the lock. Take a pool out of the dictionary; returns sessions to close."""
        assert self._lock.locked()
        pool.is_retired = True
        if self._pools.get(pool.destination) is pool:
            del self._pools[pool.destination]
            if pool.has_logged_in:
                logger.info("closed the pool %s", pool.destination.label)
        idle, pool.idle = pool.idle, []
        return idle

    def snapshot(self) -> list[PoolInfo]:
        """The pools with at least one login, at one moment; never waits for a database."""
        now, clock = since_boot(), datetime.now().astimezone()
        with self._lock:
            return [
                PoolInfo(
                    key=pool.destination.label,
                    busy=pool.busy,
                    opened=pool.opened,
                    min=self._settings.pool_min,
                    max=self._settings.pool_max,
                    last_used=(clock - timedelta(seconds=now - pool.used_at)).isoformat(
                        timespec="microseconds"
                    ),
                    name=pool.name,
                    idle_s=round(pool.idle_seconds(now), 3),
                )
                for pool in self._pools.values()
                if pool.has_logged_in
            ]

    def count(self) -> int:
        with self._lock:
            return self._open_pools()

    def close_idle(self, now: float) -> None:
        """Close sessions beyond the minimum, and then whole pools, that were idle for too long.

        now: as since_boot() tells it.
        """
        before = now - self._settings.pool_timeout
        discarded: list[Session] = []
        with self._lock:
            for pool in list(self._pools.values()):
                if pool.is_unused and pool.used_at <= before:
                    discarded += self._retire(pool)
                    continue
                spare = max(0, pool.opened - self._settings.pool_min)
                expired = [s for s in pool.idle if s.idle_since <= before][:spare]
                pool.idle = [s for s in pool.idle if s not in expired]
                discarded += expired
        self._close_later(discarded)

    def start_closing(self) -> None:
        """Take no more callers and log the idle sessions off; leased ones as they come back."""
        discarded: list[Session] = []
        with self._lock:
            self._is_closed = True
            for pool in list(self._pools.values()):
                while pool.waiters:
                    _tell(
                        pool.waiters.popleft(),
                        refuse("SHUTTING_DOWN", "the sidecar is shutting down"),
                    )
                discarded += self._retire(pool)
        self._is_stopping.set()
        self._close_later(discarded)

    def close_all(self, deadline: Deadline) -> None:
        """Close every session and take no more callers. Idempotent.

        Waits for logins and logoffs that are under way until the deadline.
        """
        self.start_closing()
        with self._all_arrived:
            self._all_arrived.wait_for(lambda: not self._on_their_way, deadline.remaining())

    def _close_later(self, sessions: Iterable[Session]) -> None:
        """Log off on threads of their own: a dead network must not hold up who noticed it."""
        for session in sessions:
            # Counted before the thread starts: close_all could otherwise miss it.
            with self._lock:
                self._on_their_way += 1
            try:
                start_thread("logoff", self._close, session)
            except ApiError:
                session.abort()
                self._arrive()

    def _close(self, session: Session) -> None:
        try:
            session.close()
        finally:
            self._arrive()

    def _arrive(self) -> None:
        with self._all_arrived:
            self._on_their_way -= 1
            self._all_arrived.notify_all()

    def _next_housekeeping(self) -> Alarm:
        return ALARMS.after(min(30.0, self._settings.pool_timeout / 4), self._keep_house)

    def _keep_house(self) -> None:
        try:
            self.close_idle(since_boot())
        finally:
            with self._lock:
                self._housekeeping = None if self._is_closed else self._next_housekeeping()


def _tell(waiter: _Waiter, error: ApiError) -> None:
    """Needs the lock."""
    waiter.error = error
    waiter.told.set()


def _start(logins: Iterable[Login]) -> None:
    for login in logins:
        login.start()
