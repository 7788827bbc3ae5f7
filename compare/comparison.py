"""A comparison: two sides leased, run and merged; how far it is, and how it ends.

Each side runs on a thread of its own (side.py) and hands over batches; the thread that reads events
merges them. All of them meet at one condition: what a side is waiting for is what the other side,
or the merge, has done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import ne
from typing import Protocol

from common.deadline import Deadline
from common.errors import SIDES, ApiError, refuse
from common.settings import Settings
from common.threads import start_thread
from compare.batch_maker import BatchMaker
from compare.columns import Asked, Plan, plan
from compare.events import Differences, Event, Head, Progress, SideHead, Totals
from compare.merge import Batch, Counts, Merger, Stretch
from compare.request import CompareRequest, SideRequest
from compare.side import Described, Options, SideQuery
from compare.tables import common_key
from oracle.lease import GiveUp, Lease, Lender
from oracle.target import Target
from query.cursor import BATCH_BYTES
from query.queries import Queries
from query.row_completion import bytes_per_row
from query.running import RunningQuery, cancelled
from values.column import Row

logger = logging.getLogger(__name__)

# So many batches of a side wait to be merged; one, where it is larger than batches of small rows.
MOST_BATCHES = 2
LARGE_BYTES = 1.5 * BATCH_BYTES
# How long an answer waits for both databases to say that they have stopped.
STOP_SECONDS = 1.0
MOST_NAME_CHARACTERS = 64
_LEFT, _RIGHT = 0, 1

_LATE_HINT = (
    "The comparison took longer than its limit, which runs while a reader pauses, too; narrow it, "
    "or raise timeout_ms."
)


class PairLender(Lender, Protocol):
    """Lends sessions, and pairs of them."""

    def lease_pair(
        self,
        targets: tuple[Target, Target],
        deadline: Deadline,
        *,
        names: tuple[str | None, str | None],
        waiting: tuple[Callable[[GiveUp], None], Callable[[GiveUp], None]],
    ) -> tuple[Lease, Lease]:
        """Lease a session for each side. ApiError. The caller closes both."""
        ...


class _StoppedError(Exception):
    """The comparison ended while a side waited for the other one."""


class _Side:
    """One side's state. Guarded by the condition of the comparison, but for what is set once."""

    def __init__(self, place: int, request: SideRequest, running: RunningQuery) -> None:
        self.place = place
        self.request = request
        self.running = running
        self.step = "login"
        self.rows = 0
        self.described: Described | None = None
        self.head: SideHead | None = None
        self.lease: Lease | None = None
        self.query: SideQuery
        """For its own thread, from when there is a lease on."""
        self.batches: deque[Batch] = deque()
        self.has_ended = False
        """All of its batches have been handed over."""
        self.was_lost = False
        """Its session ended, and with it what the database could have said of its statement."""
        self.is_done = False
        """Its thread is through with its session."""

    @property
    def has_confirmed(self) -> bool:
        """The database has said that its statement has ended."""
        return self.is_done and not (self.running.was_cut or self.was_lost)


class Comparison:
    """One comparison. events() is read by one thread, which closes it; stop() from any thread."""

    def __init__(
        self, lender: PairLender, queries: Queries, request: CompareRequest, settings: Settings
    ) -> None:
        self.counts = Counts()
        self.is_over = False
        """The event that was given last is the last one."""
        self._lender = lender
        self._queries = queries
        self._request = request
        self._options = Options(
            request.numbers_as_strings,
            request.is_ordered_by_key,
            request.rows_are_keys,
            settings.max_lob_bytes,
            queries.rewrites,
            settings.log_sql,
        )
        # Guards the sides, the plan, the error and whether it was stopped.
        self._changed = threading.Condition()
        self._plan: Plan | None = None
        self._error: ApiError | None = None
        self._is_stopped = False
        self._is_started = False
        self._changed_columns: Counter[str] = Counter()
        self._shown = 0
        self._told_at = request.deadline.since
        left = queries.begin(request.deadline, request.query_id)
        try:
            right = queries.begin(request.deadline, request.query_id)
        except BaseException:
            queries.end(left)
            raise
        self._sides = (_Side(_LEFT, request.left, left), _Side(_RIGHT, request.right, right))

    @property
    def row_count(self) -> str:
        """Of both sides, for the log."""
        return f"{self.counts.left_rows}+{self.counts.right_rows}"

    # What other threads ask and say.

    def stop(self) -> None:
        """Its answer is no longer waited for: end both statements in their databases."""
        for side in self._sides:
            side.running.stop(cancelled())

    @property
    def is_wanted_back(self) -> bool:
        """True when others wait for a session that it holds, or it was stopped."""
        leases = [side.lease for side in self._sides if side.lease is not None]
        is_stopped = any(side.running.is_stopped for side in self._sides)
        return not self.is_over and (is_stopped or any(lease.is_wanted for lease in leases))

    def close(self) -> None:
        """End what still runs. Idempotent; does not wait for the databases."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
            was_started, self._is_started = self._is_started, True
        for side in self._sides:
            if not was_started:
                self._done(side)
            elif not side.is_done:
                side.running.stop(cancelled())

    # Events.

    def events(self) -> Iterator[Event]:
        """Everything that is told, in order: a head, differences, totals; progress in between.
        ApiError, after which nothing that was told may be relied on.
        """
        try:
            self._start()
            yield from self._wait(self._are_described)
            with self._changed:
                self._plan = self._make_plan()
                self._changed.notify_all()
            yield from self._merge()
        except ApiError as error:
            raise self._ended(error) from None
        finally:
            self.close()

    def _start(self) -> None:
        start_thread("compare", self._lead)
        self._is_started = True

    def _merge(self) -> Iterator[Event]:
        merger = Merger(self.counts)
        left, right = self._sides
        head: Head | None = None
        while True:
            yield from self._wait(lambda: self._has_next(merger))
            with self._changed:
                if merger.needs_left:
                    merger.give_left(_take(left))
                if merger.needs_right:
                    merger.give_right(_take(right))
                self._changed.notify_all()
            stretch = None if merger.is_over else self._merged(merger)
            if head is None:
                head = self._head()
                yield head
            if stretch is None:
                break
            yield from self._differences(head.plan, stretch)
            if self._is_past_max and self._request.stops_at_max:
                self.close()
                break
            yield from self._progress_if_due()
        self.is_over = True
        yield self._totals(head.plan)

    def _merged(self, merger: Merger) -> Stretch:
        stretch = merger.merge()
        try:
            stretch.check()
        except ApiError as error:
            error.side = SIDES[_RIGHT]
            raise
        return stretch

    def _has_next(self, merger: Merger) -> bool:
        """Whether there is a batch, or the end, for each side that needs one."""
        left, right = self._sides
        has_left = not merger.needs_left or bool(left.batches) or left.has_ended
        has_right = not merger.needs_right or bool(right.batches) or right.has_ended
        return has_left and has_right

    def _differences(self, plan: Plan, stretch: Stretch) -> Iterator[Event]:
        differing = _differing(stretch)
        if differing:
            for name, differs in zip(plan.compared, differing, strict=True):
                self._changed_columns[name] += differs.count(True)
        if self._request.is_summary or not stretch.differences:
            return
        limit = self._request.max_differences
        room = len(stretch.differences) if limit is None else limit - self._shown
        places = stretch.differences[: max(0, room)]
        self._shown += len(places)
        if places:
            yield Differences(stretch, places, zip(*differing, strict=True))

    @property
    def _is_past_max(self) -> bool:
        """There are more differences than max_differences."""
        limit = self._request.max_differences
        return limit is not None and self.counts.differences > limit

    def _head(self) -> Head:
        left, right = self._sides
        assert self._plan is not None
        assert left.head is not None
        assert right.head is not None
        return Head(self._plan, left.head, right.head)

    def _totals(self, plan: Plan) -> Totals:
        is_stopped = self._request.stops_at_max and self._is_past_max
        changed = {n: self._changed_columns[n] for n in plan.compared if self._changed_columns[n]}
        return Totals(
            self.counts,
            changed,
            same=plan.compares_everything and not self.counts.differences,
            truncated=self._is_past_max and not self._request.is_summary,
            complete=not is_stopped,
            execution_time_ms=round((time.monotonic() - self._request.deadline.since) * 1000, 2),
        )

    # Waiting, with progress.

    def _wait(self, is_ready: Callable[[], bool]) -> Iterator[Progress]:
        """Wait until it is ready. ApiError when a side failed before."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._error or is_ready(), self._until_progress())
                if self._error is not None:
                    raise self._error.fresh()
                if is_ready():
                    return
            yield from self._progress_if_due()

    def _until_progress(self) -> float | None:
        every = self._request.progress_seconds
        return None if every is None else max(0.0, self._told_at + every - time.monotonic())

    def _progress_if_due(self) -> Iterator[Progress]:
        left = self._until_progress()
        if left is not None and left <= 0:
            self._told_at = time.monotonic()
            yield self._progress()

    def _progress(self) -> Progress:
        left, right = self._sides
        counts = self.counts
        with self._changed:
            return Progress(
                left.step,
                right.step,
                left.rows,
                right.rows,
                counts.equal,
                counts.changed,
                counts.left_only,
                counts.right_only,
                int((time.monotonic() - self._request.deadline.since) * 1000),
            )

    # The plan.

    def _are_described(self) -> bool:
        return all(side.described is not None for side in self._sides)

    def _make_plan(self) -> Plan:
        left, right = (side.described for side in self._sides)
        assert left is not None
        assert right is not None
        key = self._request.key
        if key is None:
            tables = [side.table for side in (left, right)]
            key = common_key(*[() if table is None else table.keys for table in tables])
        asked = None if self._request.rows_are_keys else key
        return plan(
            left.columns, right.columns, Asked(asked, self._request.ignore, self._request.show)
        )

    # The sides' threads.

    def _lead(self) -> None:
        """Lease both sessions, and be the thread of the left side then."""
        left, right = self._sides
        try:
            leases = self._lender.lease_pair(
                (left.request.target, right.request.target),
                self._request.deadline,
                names=(left.request.name, right.request.name),
                waiting=(left.running.waits, right.running.waits),
            )
        except ApiError as error:
            self._fail(left if error.side == SIDES[_LEFT] else right, error, error.side)
            self._done(left)
            self._done(right)
            return
        except BaseException:
            # A thread's entry point: the reader must be told.
            logger.exception("leasing two sessions failed in an unexpected way")
            self._fail(left, _defect(), None)
            self._done(left)
            self._done(right)
            return
        for side, lease in zip(self._sides, leases, strict=True):
            side.lease = lease
        try:
            start_thread("compare", self._work, right, leases[_RIGHT])
        except ApiError as error:
            leases[_RIGHT].close()
            self._fail(right, error, None)
            self._done(right)
        self._work(left, leases[_LEFT])

    def _work(self, side: _Side, lease: Lease) -> None:
        try:
            with self._telling_failures(side):
                self._run_side(side, lease)
        finally:
            self._done(side)

    @contextmanager
    def _telling_failures(self, side: _Side) -> Iterator[None]:
        """Of what its thread does: the reader must be told, and no more is made of them."""
        try:
            yield
        except _StoppedError:
            logger.debug("a side was stopped while it waited")
        except ApiError as error:
            self._fail(side, error, SIDES[side.place])
        except BaseException:
            logger.exception("a side of a comparison failed in an unexpected way")
            self._fail(side, _defect(), SIDES[side.place])

    def _run_side(self, side: _Side, lease: Lease) -> None:
        """Run a side to its end."""
        side.query = self._new_query(side, lease)
        try:
            # What failed is told before the session is left, for which a statement whose next rows
            # are on their way may have to be stopped: that is not why it ended.
            with self._telling_failures(side):
                plan, rows = self._first_rows(side, lease)
                self._hand_over(side, plan, rows)
        finally:
            side.query.close()

    def _new_query(self, side: _Side, lease: Lease) -> SideQuery:
        return SideQuery(side.request, self._options, side.running, lease)

    def _first_rows(self, side: _Side, lease: Lease) -> tuple[Plan, Sequence[Row]]:
        """The first batch of a side. Before it was handed over the side may run once more, on a
        fresh session where this one turns out dead, or on this one where something has changed.
        """
        is_fresh = has_changed = False
        while True:
            try:
                return self._run_to_first_rows(side)
            except ApiError as error:
                if error.is_changed_underneath and not has_changed:
                    has_changed = True
                    side.query.leave_session()
                elif error.session_dead and not is_fresh:
                    is_fresh = True
                    lease.discard()
                else:
                    raise
                logger.info("running a side of a comparison again after %s", error.full_code)
            if lease.is_discarded:
                lease = side.lease = self._other_lease(side)
            side.query = self._new_query(side, lease)

    def _other_lease(self, side: _Side) -> Lease:
        """A fresh session on the unit that the side's query holds, which is given back when this
        one stands first in the queue.
        """
        query = side.query

        def give_back(give_up: GiveUp) -> None:
            side.running.waits(give_up)
            query.close()

        return self._lender.lease(
            side.request.target,
            self._request.deadline,
            name=side.request.name,
            is_fresh=True,
            is_first=True,
            waiting=give_back,
        )

    def _run_to_first_rows(self, side: _Side) -> tuple[Plan, Sequence[Row]]:
        query = side.query
        self._step(side, "session")
        described = query.describe()
        with self._changed:
            # Where it runs again, the plan stays the one that was made of the first description.
            side.described = side.described or described
            self._changed.notify_all()
        self._pause(side, lambda: self._plan is not None)
        plan = self._plan
        assert plan is not None
        self._step(side, "query")
        shown = plan.left_shown if side.place == _LEFT else plan.right_shown
        assert side.described is not None
        return plan, query.start(plan, side.described.columns, shown)

    def _hand_over(self, side: _Side, plan: Plan, rows: Sequence[Row]) -> None:
        query = side.query
        assert query.started is not None
        table = None if query.table is None else str(query.table.name)
        head = SideHead(query.columns, table, query.sql, query.started, query.empty_is_null)
        with self._changed:
            side.step, side.head = "rows", head
            self._changed.notify_all()
        other = self._sides[1 - side.place]
        self._pause(side, lambda: other.head is not None)
        assert other.head is not None
        maker = BatchMaker(
            plan,
            head.columns,
            other.head.columns,
            may_repeat=self._options.may_repeat,
            may_leave_checks=side.place == _RIGHT,
        )
        while rows:
            batch = maker.batch(rows)
            is_large = bytes_per_row(rows) * len(rows) > LARGE_BYTES
            most = 1 if is_large else MOST_BATCHES
            self._pause(side, lambda most=most: len(side.batches) < most)  # type: ignore[misc]
            with self._changed:
                side.batches.append(batch)
                side.rows += len(rows)
                self._changed.notify_all()
            rows = query.fetch()
        with self._changed:
            side.has_ended = True
            self._changed.notify_all()

    def _step(self, side: _Side, step: str) -> None:
        with self._changed:
            side.step = step

    def _pause(self, side: _Side, is_ready: Callable[[], bool]) -> None:
        """Wait for what others do; _StoppedError when the comparison ends before."""
        side.running.waits(partial(self._stopped_in_pause, side))
        with self._changed:
            self._changed.wait_for(lambda: is_ready() or self._is_stopped or self._error)
            if self._is_stopped or self._error is not None:
                raise _StoppedError

    def _stopped_in_pause(self, side: _Side, error: ApiError) -> None:
        self._fail(side, error, None)

    def _done(self, side: _Side) -> None:
        self._queries.end(side.running)
        with self._changed:
            side.step, side.is_done = "done", True
            self._changed.notify_all()

    def _fail(self, side: _Side, error: ApiError, place: str | None) -> None:
        """Take the first failure; what came of stopping is none of a side's."""
        error = error.fresh()
        error.side = None if side.running.is_stopped else place
        with self._changed:
            side.was_lost = side.was_lost or error.session_dead
            if self._error is None and not self._is_stopped:
                self._error = error
            self._changed.notify_all()

    def _ended(self, error: ApiError) -> ApiError:
        """Stop both sides, and say of which databases it is known that they have."""
        self.close()
        with self._changed:
            self._changed.wait_for(lambda: all(s.is_done for s in self._sides), STOP_SECONDS)
            stopped = {SIDES[side.place]: side.has_confirmed for side in self._sides}
        error = error.fresh()
        error.stopped = stopped
        if error.full_code == "DPY-4024":
            error.hint = _LATE_HINT
        if error.side is not None:
            name = self._sides[SIDES.index(error.side)].request.name
            error.message = f"{_label(name)}{error.message}"
        return error


def _differing(stretch: Stretch) -> list[list[bool]]:
    """Whether each changed row differs, by column; nothing where no row has changed."""
    changed = [(i, j) for i, j in stretch.differences if i is not None and j is not None]
    mine = zip(*[stretch.left.values[i] for i, _ in changed], strict=True)
    theirs = zip(*[stretch.right.values[j] for _, j in changed], strict=True)
    return [list(map(ne, a, b)) for a, b in zip(mine, theirs, strict=True)]


def _take(side: _Side) -> Batch | None:
    """Needs the condition. The next batch; None at the end."""
    return side.batches.popleft() if side.batches else None


def _label(name: str | None) -> str:
    if name is None:
        return ""
    shown = "".join(c for c in name if c.isprintable())[:MOST_NAME_CHARACTERS]
    return f"{shown}: " if shown else ""


def _defect() -> ApiError:
    return refuse("INTERNAL", "the comparison failed in an unexpected way")
