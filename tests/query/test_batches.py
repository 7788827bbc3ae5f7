"""Rows from far away: more at once, and the next ones on their way, without losing hold of any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from common.deadline import Deadline
from common.errors import ApiError
from common.logs import Secret
from common.settings import Settings
from common.threads import start_thread
from oracle.failed_logins import FailedLogins
from oracle.target import Target
from oracle_pool import Pools
from query.batches import LEAVE_SECONDS, MOST_FETCHED_BYTES, MOST_ROWS, Batches
from query.queries import Queries
from query.result import Result
from query.running import BREAK_SECONDS, RunningQuery
from sql.statement import Statement
from tests.fake_oracle import Answer as Ora
from tests.fake_oracle import Close, Delay, FakeOracle, Fault, Silence, Step
from tests.process.probes import wait_until
from values.column import Row

pytestmark = pytest.mark.usefixtures("driver_of_the_product")

ROWS = 20_000
MANY = f"SELECT LEVEL AS n, RPAD('x', 100, 'x') AS text FROM dual CONNECT BY LEVEL <= {ROWS}"
LOBS = f"SELECT LEVEL AS n, TO_CLOB('x') AS text FROM dual CONNECT BY LEVEL <= {ROWS}"
SECONDS = 0.05


class Asked:
    """Queries on one database, in this process."""

    def __init__(self, database: FakeOracle) -> None:
        self.pools = Pools(Settings(), FailedLogins(pool_seconds=120))
        self.queries = Queries(self.pools, Settings())
        self._target = Target(database.dsn(), "compare", Secret("compare_pw"))

    def run(self, sql: str = MANY, seconds: float = 30, max_rows: int | None = None) -> Result:
        """The caller closes the result."""
        statement = Statement.make(sql, False, max_rows=max_rows, query_id="asked")
        return self.queries.run(self._target, statement, Deadline.after(seconds))

    @property
    def busy(self) -> int:
        return sum(pool.busy for pool in self.pools.snapshot())


@pytest.fixture
def asked(database: FakeOracle) -> Iterator[Asked]:
    made = Asked(database)
    yield made
    made.pools.close_all(Deadline.after(5))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that fetch ahead, as they are started."""
    names: list[str] = []

    def start(name: str, *more: Any) -> None:
        names.append(name)
        start_thread(name, *more)

    monkeypatch.setattr("query.batches.start_thread", start)
    return names


def put_far_away(database: FakeOracle) -> None:
    for step in (Step.EXECUTE, Step.FETCH):
        database.faults.add(Fault(step, Delay(SECONDS), times=None))


def numbers(batches: Iterator[Sequence[Row]]) -> list[int]:
    return [int(row[0]) for batch in batches for row in batch]


def fetching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "fetch"]


def none_fetches() -> bool:
    """Waits for threads whose statements have been closed."""
    for thread in fetching():
        thread.join(5)
    return not fetching()


# How many at once.


class FakeCursor:
    """Rows of about 1,000 bytes that come after a wait that was made up, or in time with them."""

    def __init__(self, waits: Callable[[int], float], width: int = 940) -> None:
        self._width = width
        self.sizes: list[int] = []
        self.has_ended = False
        self.is_plain = True
        self.most_row_bytes = 2000
        self.is_kept = True
        self.waited_seconds = self.round_trip_seconds = waits(0)
        self._waits = waits

    def fetch(self, most: int) -> list[tuple[str]]:
        self.sizes.append(most)
        self.waited_seconds = self._waits(most)
        self.round_trip_seconds = min(self.round_trip_seconds, self.waited_seconds)
        return [("x" * self._width,)] * most


def sizes(
    cursor: FakeCursor, fetches: int = 8, max_rows: int | None = None, pause: float = 0.0
) -> list[int]:
    """How many rows are fetched each time, by a reader who takes so many seconds for them."""
    running = RunningQuery(Deadline.after(30), None)
    stands_for: Any = cursor
    batches = Batches(stands_for, running, max_rows)
    batches.begin([("x" * 940,)] * 100)
    while len(cursor.sizes) < fetches and batches.has_more:
        batches.next()
        time.sleep(pause)
    batches.close()
    running.end()
    return cursor.sizes[:fetches]


def test_a_far_database_is_asked_for_twice_as_many_until_there_are_enough() -> None:
    cursor = FakeCursor(lambda rows: 0.5)

    assert sizes(cursor) == [2000, 4000, *[MOST_FETCHED_BYTES // 1000] * 6]
    assert not cursor.is_kept


def test_a_near_database_is_asked_for_a_batch_at_a_time() -> None:
    cursor = FakeCursor(lambda rows: 0.0005)

    assert sizes(cursor) == [1000] * 8
    assert cursor.is_kept


def test_a_wait_that_is_short_beside_what_is_done_with_the_rows_needs_no_thread(
    started: list[str],
) -> None:
    cursor = FakeCursor(lambda rows: 0.002 if rows else 0.0)

    assert sizes(cursor, fetches=3, pause=0.05) == [1000] * 3
    assert not started


def test_a_near_database_is_not_taken_for_a_far_one_since_this_machine_is_busy(
    started: list[str],
) -> None:
    cursor = FakeCursor(lambda rows: 0.009 if rows else 0.0005)

    assert sizes(cursor) == [1000] * 8
    assert not started


def test_the_rows_of_a_near_database_that_is_slow_are_fetched_ahead_but_not_more_at_once(
    started: list[str],
) -> None:
    cursor = FakeCursor(lambda rows: 0.05 if rows else 0.0005)

    assert sizes(cursor) == [1000] * 8
    assert started == ["fetch"]


def test_a_slow_statement_does_not_make_a_near_database_a_far_one() -> None:
    cursor = FakeCursor(lambda rows: 0.0002 if rows else 0.5)

    assert sizes(cursor) == [2000, *[1000] * 7]


@pytest.mark.parametrize("width", [900, 939, 941, 990], ids=str)
def test_no_few_rows_of_a_fetch_are_left_over_as_a_batch(width: int) -> None:
    cursor = FakeCursor(lambda rows: 0.0, width)
    running = RunningQuery(Deadline.after(30), None)
    stands_for: Any = cursor
    batches = Batches(stands_for, running)
    batches.begin([("x" * 940,)] * 100)

    given = [len(batches.next()) for _ in range(6)]

    assert given == [100, *cursor.sizes[:5]]
    running.end()


def test_a_database_that_takes_its_time_for_each_row_is_asked_for_more_once() -> None:
    assert max(sizes(FakeCursor(lambda rows: 0.3 + rows / 1000))) == 2000


def test_no_more_is_asked_for_than_the_columns_allow_to_come() -> None:
    cursor = FakeCursor(lambda rows: 0.5)
    cursor.most_row_bytes = 40_000

    assert max(sizes(cursor)) == 1600


def test_no_more_is_asked_for_than_the_caller_wants_and_one() -> None:
    assert sizes(FakeCursor(lambda rows: 0.5), max_rows=2500) == [2000, 401]


def test_what_is_fetched_at_once_is_given_in_batches_and_whole(
    asked: Asked, database: FakeOracle
) -> None:
    put_far_away(database)
    result = asked.run()

    batches = list(result.batches())

    assert numbers(iter(batches)) == list(range(1, ROWS + 1))
    assert max(map(len, batches)) == MOST_ROWS
    assert database.counts().fetches < ROWS / MOST_ROWS
    assert (result.is_over, result.truncated, asked.busy) == (True, False, 0)
    assert none_fetches()


def test_rows_that_came_in_large_batches_do_not_stay_in_memory(
    asked: Asked, database: FakeOracle
) -> None:
    put_far_away(database)
    list(asked.run().batches())

    list(asked.run("SELECT 1 FROM dual").batches())

    # The driver keeps the rows of cursors that it keeps. That others are closed goes with the next
    # call.
    assert database.counts().open_cursors == 1


@pytest.mark.parametrize("limit", [99, 100, 101, 2100, 5000, ROWS - 1, ROWS, ROWS + 1])
def test_a_limit_is_kept_however_many_come_at_once(
    asked: Asked, database: FakeOracle, limit: int
) -> None:
    put_far_away(database)
    result = asked.run(max_rows=limit)

    found = numbers(result.batches())

    assert found == list(range(1, min(limit, ROWS) + 1))
    assert (result.row_count, result.truncated) == (len(found), limit < ROWS)
    assert asked.busy == 0
    assert none_fetches()


# On their way meanwhile.


def fetches_in_the_end(database: FakeOracle, at_least: int) -> int:
    database.wait_until(lambda counts: counts.fetches >= at_least)
    time.sleep(0.2)  # for more to be fetched, if any were
    return database.counts().fetches


@pytest.mark.usefixtures("always_ahead")
def test_the_next_rows_are_fetched_while_these_are_in_hand_and_no_more(
    asked: Asked, database: FakeOracle
) -> None:
    result = asked.run()
    batches = result.batches()
    seen = []

    for number in range(1, 4):
        next(batches)
        seen.append(fetches_in_the_end(database, number))
    result.close()

    assert seen == [1, 2, 3]


@pytest.mark.usefixtures("always_ahead")
def test_rows_with_lobs_are_not_fetched_ahead_nor_more_at_once(
    asked: Asked, database: FakeOracle
) -> None:
    result = asked.run(LOBS)
    batches = result.batches()

    found = [len(next(batches)) for _ in range(4)]
    time.sleep(0.2)  # for more to be fetched, if any were

    assert max(found) == MOST_ROWS
    assert database.counts().fetches <= 4
    assert not fetching()
    result.close()


@pytest.mark.usefixtures("always_ahead")
def test_rows_come_all_the_same_where_there_is_no_thread_for_them(
    asked: Asked, database: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def start_no_fetch(thread: threading.Thread) -> None:
        if thread.name == "fetch":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_no_fetch)

    assert numbers(asked.run().batches()) == list(range(1, ROWS + 1))


# How it ends.


def with_silence(
    asked: Asked, database: FakeOracle, *, ignore_break: bool = False, seconds: float = 30
) -> tuple[Result, Iterator[Sequence[Row]]]:
    """A result of which the reader has the second batch, and the third does not come."""
    silence = database.faults.add(Fault(Step.FETCH, Silence(ignore_break), skip=1))
    result = asked.run(seconds=seconds)
    batches = result.batches()
    next(batches)
    next(batches)
    assert silence.hit.wait(10)
    return result, batches


@pytest.mark.usefixtures("always_ahead")
@pytest.mark.parametrize("ignore_break", [False, True], ids=["break answered", "break ignored"])
def test_cancel_stops_what_is_fetched_ahead(
    asked: Asked, database: FakeOracle, ignore_break: bool
) -> None:
    _, batches = with_silence(asked, database, ignore_break=ignore_break)

    assert asked.queries.cancel("asked")

    with pytest.raises(ApiError) as told:
        next(batches)
    assert told.value.full_code == "ORA-01013"
    assert asked.busy == 0
    database.wait_until(lambda c: c.open_sessions == 0)
    assert none_fetches()


@pytest.mark.usefixtures("always_ahead")
def test_after_a_cancel_nothing_is_given_that_was_fetched_ahead(
    asked: Asked, database: FakeOracle
) -> None:
    result = asked.run()
    batches = result.batches()
    next(batches)
    next(batches)
    wait_until(lambda: result._batches._outcomes.qsize() == 1, "no rows have come")

    assert asked.queries.cancel("asked")

    with pytest.raises(ApiError) as told:
        next(batches)
    assert told.value.full_code == "ORA-01013"
    assert asked.busy == 0
    # No call was running: the session is as good as it was.
    assert (database.counts().breaks, database.counts().open_sessions) == (0, 1)


@pytest.mark.usefixtures("always_ahead")
def test_the_time_limit_stops_what_is_fetched_ahead(asked: Asked, database: FakeOracle) -> None:
    started = time.monotonic()
    _, batches = with_silence(asked, database, seconds=3.0)

    with pytest.raises(ApiError) as told:
        next(batches)

    assert told.value.full_code == "DPY-4024"
    assert time.monotonic() - started < 5
    assert asked.busy == 0
    assert none_fetches()


@pytest.mark.usefixtures("always_ahead")
def test_the_end_of_the_process_stops_what_is_fetched_ahead(
    asked: Asked, database: FakeOracle
) -> None:
    _, batches = with_silence(asked, database)

    assert asked.queries.cancel_all() == 1

    with pytest.raises(ApiError) as told:
        next(batches)
    assert told.value.full_code == "SHUTTING_DOWN"
    assert asked.busy == 0


@pytest.mark.usefixtures("always_ahead")
@pytest.mark.parametrize("ignore_break", [False, True], ids=["break answered", "break ignored"])
def test_a_reader_who_leaves_stops_what_does_not_come(
    asked: Asked, database: FakeOracle, ignore_break: bool
) -> None:
    result, _ = with_silence(asked, database, ignore_break=ignore_break)
    started = time.monotonic()

    result.close()

    assert time.monotonic() - started < LEAVE_SECONDS + BREAK_SECONDS + 2
    assert asked.busy == 0
    database.wait_until(lambda c: c.open_sessions == 0)
    assert none_fetches()
    assert numbers(asked.run("SELECT 1 FROM dual").batches()) == [1]


@pytest.mark.usefixtures("always_ahead")
def test_a_reader_who_leaves_waits_for_what_comes_soon_and_the_session_is_lent_again(
    asked: Asked, database: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query.batches.LEAVE_SECONDS", 60)
    result = asked.run()
    batches = result.batches()
    next(batches)
    next(batches)

    result.close()

    assert asked.busy == 0
    assert none_fetches()
    assert numbers(asked.run("SELECT 1 FROM dual").batches()) == [1]
    assert (database.counts().breaks, database.counts().logins) == (0, 1)


@pytest.mark.usefixtures("always_ahead")
@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Ora(1555, "snapshot too old"), "ORA-01555"), (Close(), "DPY-4011")],
    ids=["error", "close"],
)
def test_a_failure_ahead_is_told_behind_the_rows_before_it(
    asked: Asked, database: FakeOracle, trouble: Any, code: str
) -> None:
    failing = database.faults.add(Fault(Step.FETCH, trouble, skip=1))
    batches = asked.run().batches()

    found = numbers(iter([next(batches), next(batches)]))
    assert failing.hit.wait(10)
    with pytest.raises(ApiError) as told:
        next(batches)

    assert found == list(range(1, 100 + MOST_ROWS + 1))
    assert told.value.full_code == code
    assert asked.busy == 0
    assert none_fetches()
