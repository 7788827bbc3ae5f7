"""Time limits from inside: moments that no caller can bring about on purpose."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator

import oracledb
import pytest

from common.alarms import ALARMS
from common.deadline import Deadline, since_boot
from common.errors import ApiError
from common.logs import Secret
from common.settings import Settings
from oracle import session as sessions
from oracle.failed_logins import FailedLogins
from oracle.session import PING_SECONDS
from oracle.target import Target
from oracle_pool import Pools
from query.queries import Queries
from query.running import RunningQuery, cancelled
from sql.statement import Statement
from tests.fake_oracle import Delay, FakeOracle, Fault, Silence, Step

pytestmark = pytest.mark.usefixtures("driver_of_the_product")


def test_a_wait_that_ended_by_itself_can_be_called_off_all_the_same(database: FakeOracle) -> None:
    pools = Pools(
        Settings(acquire_timeout=0.05, connect_timeout=0.5), FailedLogins(pool_seconds=120)
    )
    target = Target(database.dsn("NOACCEPT"), "compare", Secret("compare_pw"))
    ways_out: list[Callable[[ApiError], None]] = []

    with pytest.raises(ApiError) as refused:
        pools.lease(target, Deadline.after(5), waiting=ways_out.append)
    ways_out[0](cancelled())

    assert refused.value.full_code == "DPY-4005"
    pools.close_all(Deadline.after(5))


@pytest.mark.parametrize(
    "failure",
    [
        TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        ConnectionAbortedError(errno.ECONNABORTED, "Software caused connection abort"),
        oracledb.OperationalError("DPY-4024: call timeout of 0 ms exceeded"),
        oracledb.OperationalError("DPY-4011: the connection was closed\n[Errno 110] timed out"),
    ],
    ids=lambda failure: failure.args[-1][:20],
)
def test_a_network_that_gives_up_on_a_session_means_a_lost_session(
    database: FakeOracle, failure: Exception
) -> None:
    pools = Pools(Settings(), FailedLogins(pool_seconds=120))
    deadline = Deadline.after(5)
    lease = pools.lease(Target(database.dsn(), "compare", Secret("compare_pw")), deadline)
    running = RunningQuery(deadline, None)

    with pytest.raises(ApiError) as told, running.call(lease):
        raise failure

    assert (told.value.status, told.value.full_code) == (502, "DPY-4011")
    assert told.value.session_dead
    assert lease.is_discarded
    lease.close()
    pools.close_all(Deadline.after(5))


def test_a_ping_that_is_not_answered_can_be_called_off(
    database: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PING_AFTER_SECONDS", 0.0)
    pools, target = (
        Pools(Settings(), FailedLogins(pool_seconds=120)),
        Target(database.dsn(), "compare", Secret("compare_pw")),
    )
    pools.lease(target, Deadline.after(5)).close()
    silence = database.faults.add(Fault(Step.PING, Silence(ignore_break=True), times=None))
    ways_out: list[Callable[[ApiError], None]] = []

    def call_off() -> None:
        assert silence.hit.wait(10)
        ways_out[0](cancelled())

    started = time.monotonic()
    threading.Thread(target=call_off).start()
    with pytest.raises(ApiError) as told:
        pools.lease(target, Deadline.after(30), always_probe=True, waiting=ways_out.append)

    assert told.value.full_code == "ORA-01013"
    assert time.monotonic() - started < PING_SECONDS
    assert pools.snapshot()[0].busy == 0
    pools.close_all(Deadline.after(5))


def test_a_silent_session_speaks_for_all_the_idle_ones_beside_it(
    database: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PING_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(sessions, "PING_SECONDS", 0.5)
    pools = Pools(Settings(pool_max=3), FailedLogins(pool_seconds=120))
    target = Target(database.dsn(), "compare", Secret("compare_pw"))
    leases = [pools.lease(target, Deadline.after(5)) for _ in range(3)]
    for lease in leases:
        lease.close()
    database.faults.add(Fault(Step.PING, Silence(ignore_break=True)))
    another = database.faults.add(Fault(Step.PING, Delay(0), times=None))

    lease = pools.lease(target, Deadline.after(30), always_probe=True)

    assert not another.hit.is_set()  # one was asked, not all three
    assert database.counts().logins == 4
    lease.close()
    pools.close_all(Deadline.after(5))


def test_a_session_that_slept_through_its_idle_time_is_asked_for_a_sign_of_life(
    database: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools, target = (
        Pools(Settings(), FailedLogins(pool_seconds=120)),
        Target(database.dsn(), "compare", Secret("compare_pw")),
    )
    pools.lease(target, Deadline.after(5)).close()
    ping = database.faults.add(Fault(Step.PING, Delay(0)))

    # The machine slept for two minutes: only the clock that counts that went on.
    monkeypatch.setattr(sessions, "since_boot", lambda: since_boot() + 120)
    pools.lease(target, Deadline.after(5)).close()

    assert ping.hit.is_set()
    pools.close_all(Deadline.after(5))


def test_time_limits_are_looked_up_again_after_a_failure() -> None:
    again = threading.Event()

    ALARMS.after(0.01, lambda: [].pop())
    ALARMS.after(0.02, again.set)

    assert again.wait(10)


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Threads whose names are in the list cannot be started."""
    names: list[str] = []
    start = threading.Thread.start

    def start_unless_named(thread: threading.Thread) -> None:
        if thread.name in names:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_unless_named)
    yield names
    names.clear()


def test_a_login_that_gets_no_thread_is_refused_and_the_next_one_is_not(
    database: FakeOracle, no_threads: list[str]
) -> None:
    pools = Pools(Settings(), FailedLogins(pool_seconds=120))
    target = Target(database.dsn(), "compare", Secret("compare_pw"))
    no_threads.append("login")
    with pytest.raises(ApiError) as refused:
        pools.lease(target, Deadline.after(5))
    assert (refused.value.status, refused.value.full_code) == (503, "TOO_MANY_REQUESTS")

    no_threads.clear()
    pools.lease(target, Deadline.after(5)).close()

    pools.close_all(Deadline.after(5))


def test_a_session_whose_logoff_gets_no_thread_is_cut_and_not_left(
    database: FakeOracle, no_threads: list[str]
) -> None:
    pools = Pools(Settings(), FailedLogins(pool_seconds=120))
    target = Target(database.dsn(), "compare", Secret("compare_pw"))
    pools.lease(target, Deadline.after(5)).close()
    no_threads.append("logoff")

    pools.close_all(Deadline.after(5))

    database.wait_until(lambda c: c.open_sessions == 0)


def test_a_query_whose_time_limit_gets_no_thread_ends_all_the_same(
    database: FakeOracle, no_threads: list[str]
) -> None:
    pools = Pools(Settings(), FailedLogins(pool_seconds=120))
    target = Target(database.dsn(), "compare", Secret("compare_pw"))
    silent = database.faults.add(Fault(Step.EXECUTE, Silence()))
    queries = Queries(pools, Settings())
    no_threads.append("time-limit")

    with pytest.raises(ApiError) as late:
        queries.run(target, Statement.make("SELECT 1 FROM dual", False), Deadline.after(0.3))
    silent.release()

    assert late.value.status == 504
    pools.close_all(Deadline.after(5))
