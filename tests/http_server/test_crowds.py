"""Many callers, many databases, a clock that jumps: who is served, in which order, and when."""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle, Fault, Silence, Step
from tests.harness import FROM_SOURCE, Sidecar, connection
from tests.witness import (
    Timed,
    ask,
    assert_all_is_well,
    assert_nothing_is_left,
    assert_says,
    assert_the_process_is_well,
    at_once,
    pools_to,
)

ACQUIRE_SECONDS = 5.0


def test_fifty_callers_for_two_sessions_are_served_in_order_or_told_in_time(
    database: FakeOracle,
) -> None:
    served, callers = 20, 50
    conn = connection(database.dsn())
    # Two hold the sessions until all others wait; one of those that wait never gives its own back.
    holders = [database.faults.add(Fault(Step.EXECUTE, Silence(), sql="holder")) for _ in range(2)]
    stuck = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="waiter", skip=served))
    with Sidecar("--acquire-timeout", f"{ACQUIRE_SECONDS:g}", "--log-level", "debug") as sidecar:
        with ThreadPoolExecutor(callers + 2) as pool:
            holding = [
                pool.submit(ask, sidecar, conn, sql="SELECT 'holder' FROM dual") for _ in holders
            ]
            assert all(holder.hit.wait(10) for holder in holders)
            already = sidecar.log_text().count("waiting for a session")
            waiting = []
            for number in range(callers):
                sql = f"SELECT {number} AS waiter FROM dual"
                waiting.append(pool.submit(ask, sidecar, conn, sql=sql))
                sidecar.wait_for_log("waiting for a session", already + number + 1)

            holders[0].release()
            assert stuck.hit.wait(10)
            told = [caller.result(ACQUIRE_SECONDS + 10) for caller in waiting[served + 1 :]]
            stuck.release()
            holders[1].release()
            got = [caller.result(10) for caller in waiting[: served + 1]]
            assert [holder.result(10).answer.status for holder in holding] == [200, 200]

        for timed in told:
            assert_says(timed.answer, 503, "DPY-4005")
            assert timed.answer.headers["retry-after"] == "1"
            assert timed.was_after(ACQUIRE_SECONDS)
        assert [timed.answer.status for timed in got] == [200] * (served + 1)
        order = [sql for sql in database.statements() if "waiter" in sql]
        assert order == [f"SELECT {number} AS waiter FROM dual" for number in range(served + 1)]
        assert database.counts().logins == 2
        assert_all_is_well(sidecar, database)


def test_every_query_of_many_ends_when_their_time_is_up(database: FakeOracle) -> None:
    callers, rounds, limit = 24, 3, 0.6
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="endless", times=None))
    with Sidecar("--pool-max", f"{callers}") as sidecar:
        conn = connection(database.dsn())
        call = partial(
            ask, sidecar, conn, sql="SELECT 'endless' FROM dual", timeout_ms=int(limit * 1000)
        )
        for _ in range(rounds):
            answers = at_once([call] * callers)

            for timed in answers:
                assert_says(timed.answer, 504, "DPY-4024")
                assert timed.was_after(limit)
        assert_all_is_well(sidecar, database)


def test_a_hundred_targets_share_32_pools_and_no_session_is_lost(database: FakeOracle) -> None:
    targets = [connection(database.dsn(), wallet_password=f"{number}") for number in range(100)]
    with Sidecar() as sidecar:
        most = 0
        with ThreadPoolExecutor(8) as pool:
            for timed in pool.map(lambda conn: ask(sidecar, conn), targets):
                assert timed.answer.status == 200
                most = max(most, len(pools_to(sidecar, database)))
        assert most == 32
        assert len(pools_to(sidecar, database)) == 32
        assert_nothing_is_left(sidecar, database)
        assert database.counts().lost_sessions == 0
        assert_the_process_is_well(sidecar)

        assert sidecar.terminate() == 0

    counts = database.wait_until(lambda c: c.open_sessions == 0)
    assert counts.logins == counts.logoffs >= 100
    assert counts.lost_sessions == 0


QUERIES = 40
ROUNDS = 4
# Less than any time limit that a caller of the dead database waits for, and more than a busy
# machine adds: what is slower than this was held up.
FLOOR_SECONDS = 0.25


@pytest.mark.parametrize("dead", ["silent", "refusing"])
def test_nine_databases_are_as_fast_beside_a_dead_tenth(dead: str) -> None:
    with ExitStack() as stack:
        databases = [stack.enter_context(FakeOracle()) for _ in range(9)]
        tenth = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        tenth_dsn = f"127.0.0.1:{tenth.getsockname()[1]}/DEV"
        if dead == "refusing":
            tenth.close()
        sidecar = stack.enter_context(Sidecar("--connect-timeout", "3"))
        sidecar.wait_for_driver()
        for database in databases:
            assert ask(sidecar, connection(database.dsn())).answer.status == 200

        def are_as_fast() -> bool:
            alone = latencies(sidecar, databases)
            with callers_of(sidecar, tenth_dsn):
                beside = latencies(sidecar, databases)
            limit = max(2 * statistics.median(alone), FLOOR_SECONDS / 5)
            slowest = max(2 * percentile(alone), FLOOR_SECONDS)
            return statistics.median(beside) <= limit and percentile(beside) <= slowest

        # Whom the tenth holds up is held up each time; who runs beside the tests is not.
        assert sum(are_as_fast() for _ in range(ROUNDS)) >= 2
        assert_nothing_is_left(sidecar, *databases)
        assert [c.counts().logins for c in databases] == [1] * 9
        assert tenth_dsn not in sidecar.get("/pools").body.decode()
        assert_the_process_is_well(sidecar)


def percentile(seconds: Sequence[float], at: float = 0.99) -> float:
    return sorted(seconds)[int(len(seconds) * at)]


def latencies(sidecar: Sidecar, databases: Sequence[FakeOracle]) -> list[float]:
    """Of QUERIES queries to each database, one after the other on a connection for each."""

    def run(database: FakeOracle) -> list[float]:
        query = {"connection": connection(database.dsn()), "sql": "SELECT 1 FROM dual"}
        client, found = sidecar.http(), []
        for _ in range(QUERIES):
            started = time.monotonic()
            client.request(
                "POST", "/query", json.dumps(query), {"Content-Type": "application/json"}
            )
            response = client.getresponse()
            assert (response.status, bool(response.read())) == (200, True)
            found.append(time.monotonic() - started)
        client.close()
        return found

    with ThreadPoolExecutor(len(databases)) as pool:
        return [seconds for each in pool.map(run, databases) for seconds in each]


class callers_of:  # noqa: N801
    """Four who ask a dead database again and again, for as long as the block runs."""

    def __init__(self, sidecar: Sidecar, dsn: str) -> None:
        self._ask = partial(ask, sidecar, connection(dsn))
        self._over = threading.Event()
        self._began = threading.Barrier(5)
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(4)]

    def _run(self) -> None:
        self._began.wait(10)
        while not self._over.is_set():
            timed: Timed = self._ask()
            assert timed.answer.status in (502, 504)
            # A refusal comes at once: a page would not ask a hundred times a second.
            self._over.wait(0.05)

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()
        self._began.wait(10)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in self._threads)


JUMPING = """
import itertools, time
open(__file__ + ".used", "w").close()
_time, _time_ns = time.time, time.time_ns
_days = itertools.cycle((0, 86_400, -86_400))
time.time = lambda: _time() + next(_days)
time.time_ns = lambda: _time_ns() + next(_days) * 1_000_000_000
"""


@pytest.fixture
def beside_itself(tmp_path: Path) -> Sidecar:
    """A sidecar whose clock jumps by a day, back and forth, each time that it is looked at."""
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    running = Sidecar(
        *("--connect-timeout", "1", "--pool-timeout", "2", "--acquire-timeout", "1.5"),
        *("--pool-max", "1"),
        env={"PYTHONPATH": str(tmp_path)},
        command=FROM_SOURCE,  # a built program takes no modules from outside
    )
    assert (tmp_path / "sitecustomize.py.used").exists()
    running.wait_for_driver()
    return running


def test_a_clock_that_jumps_moves_no_limit(beside_itself: Sidecar, database: FakeOracle) -> None:
    with beside_itself as sidecar:
        conn = connection(database.dsn())
        assert_all_is_well(sidecar, database)

        login = database.faults.add(Fault(Step.AUTH_TWO, Silence(), user="app"))
        timed = ask(sidecar, connection(database.dsn(), "app", "app_pw"))
        assert_says(timed.answer, 504, "ORA-12170")
        assert timed.was_after(1)
        assert login.hit.is_set()

        held = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="held"))

        def wait_and_ask() -> Timed:
            assert held.hit.wait(10)
            return ask(sidecar, conn)

        holder, waiter = at_once(
            [
                partial(ask, sidecar, conn, sql="SELECT 'held' FROM dual", timeout_ms=3000),
                wait_and_ask,
            ]
        )
        assert_says(holder.answer, 504, "DPY-4024")
        assert holder.was_after(3)
        assert_says(waiter.answer, 503, "DPY-4005")
        assert waiter.was_after(1.5)

        assert_all_is_well(sidecar, database)
        health = sidecar.get("/health")
        assert 0 <= health.json["uptime_s"] < 3600
        assert is_now(health.json["timestamp"])
        (pool,) = pools_to(sidecar, database)
        assert 0 <= pool["idle_s"] < 60
        assert is_now(pool["last_used"])

        database.wait_until(lambda c: c.open_sessions == 0)
        assert pools_to(sidecar, database) == []
        counts = database.counts()
        assert counts.logoffs + counts.lost_sessions == counts.logins
        assert_all_is_well(sidecar, database)


def is_now(text: str) -> bool:
    """Within a minute."""
    moment = datetime.fromisoformat(text)
    return abs((datetime.now().astimezone() - moment).total_seconds()) < 60
