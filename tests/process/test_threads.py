"""Threads: how many there are, and what is left behind by one that cannot be started."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle, Fault, Silence, Step
from tests.harness import FROM_SOURCE, Answer, Sidecar, connection
from tests.process.probes import posix_only, started_with

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
# Of these names, each thread cannot be started the first time.
ONCE = (
    "import threading; start = threading.Thread.start; left = {names!r};"
    "threading.Thread.start = lambda self: (left.remove(self.name), (_ for _ in ())"
    ".throw(RuntimeError('no more threads'))) if self.name in left else start(self)"
)


def without_at_first(*names: str) -> tuple[str, ...]:
    return started_with(ONCE.format(names=list(names)))


def ask(sidecar: Sidecar, database: FakeOracle, **more: object) -> Answer:
    body = {"connection": connection(database.dsn()), "sql": "SELECT 1 FROM dual", **more}
    return sidecar.post("/query", body)


@pytest.mark.parametrize(
    "name", ["driver-loader", "login-loader", "login", "alarms", "hang-ups", "log"]
)
def test_a_thread_that_cannot_be_started_once_is_started_the_next_time(
    database: FakeOracle, name: str
) -> None:
    with Sidecar(command=without_at_first(name)) as sidecar:
        first = ask(sidecar, database)

        assert first.status in (200, 503)
        assert first.status == 200 or first.detail["full_code"] == "TOO_MANY_REQUESTS"
        for _ in range(2):
            assert ask(sidecar, database).status == 200
        held = database.faults.add(Fault(Step.EXECUTE, Silence()))
        assert ask(sidecar, database, timeout_ms=200).status == 504
        held.release()
        assert sidecar.get("/health").json["driver"].startswith("oracledb ")
        assert sidecar.get("/pools").json["pools"][0]["busy"] == 0


@posix_only
def test_a_drain_that_gets_no_thread_drains_all_the_same(database: FakeOracle) -> None:
    with Sidecar(command=without_at_first("drain")) as sidecar:
        assert ask(sidecar, database).status == 200

        assert sidecar.terminate() == 0

    assert database.wait_until(lambda counts: counts.open_sessions == 0).lost_sessions == 0


@linux_only
def test_time_limits_leave_no_threads_behind(database: FakeOracle) -> None:
    callers, rounds = 8, 6
    database.faults.add(Fault(Step.EXECUTE, Silence(), times=None))
    with Sidecar("--pool-max", str(callers), command=FROM_SOURCE) as sidecar:
        sidecar.wait_for_driver()

        def run_out(_: int) -> int:
            return ask(sidecar, database, timeout_ms=100).status

        with ThreadPoolExecutor(callers) as pool:
            assert set(pool.map(run_out, range(callers))) == {504}
            counts = []
            for _ in range(rounds):
                assert set(pool.map(run_out, range(callers))) == {504}
                counts.append(threads_of(sidecar))

        # Connections, logoffs and time limits of a round, and on a busy machine of the one before,
        # may not have ended when they are counted. What stays is there in every round.
        assert min(counts[2:]) < 8 + 2 * callers, counts


def threads_of(sidecar: Sidecar) -> int:
    return len(list(Path(f"/proc/{sidecar.process.pid}/task").iterdir()))
