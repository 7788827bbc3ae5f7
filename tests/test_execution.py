"""Time limits from inside: moments that no caller can bring about on purpose."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from deadline import Deadline
from errors import ApiError
from execution import Timekeeper, cancelled
from logs import Secret
from oracle_pool import Pools
from oracle_session import Target
from settings import Settings
from tests.fake_oracle import FakeOracle


def test_a_wait_that_ended_by_itself_can_be_called_off_all_the_same(database: FakeOracle) -> None:
    pools = Pools(Settings(acquire_timeout=0.05, connect_timeout=0.5))
    target = Target(database.dsn("NOACCEPT"), "compare", Secret("compare_pw"))
    ways_out: list[Callable[[ApiError], None]] = []

    with pytest.raises(ApiError) as refused:
        pools.lease(target, Deadline.after(5), waiting=ways_out.append)
    ways_out[0](cancelled())

    assert refused.value.full_code == "DPY-4005"
    pools.close_all(Deadline.after(5))


def test_time_limits_are_looked_up_again_after_a_failure() -> None:
    looked_up: list[float] = []
    again = threading.Event()

    def fail_once() -> None:
        looked_up.append(time.monotonic())
        if len(looked_up) == 1:
            raise ValueError("a defect")
        again.set()

    Timekeeper(fail_once).watch(Deadline.after(0.01))

    assert again.wait(10)
