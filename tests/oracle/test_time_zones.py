"""The time zone that sessions are logged in with: this machine's as it is now, or ORA_SDTZ's."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import Answer, Sidecar, connection

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="TZ means nothing there")


def ask(sidecar: Sidecar, database: FakeOracle, **more: Any) -> Answer:
    body = {"connection": connection(database.dsn()), "sql": "SELECT 1 AS n FROM dual", **more}
    return sidecar.post("/query", body)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("NST3:30", "-03:30"),  # as POSIX has it: behind UTC is positive
        ("MART9:30", "-09:30"),
        ("XXX0:30", "-00:30"),
        ("WIB-7", "+07:00"),
        ("IST-5:30", "+05:30"),
        ("NPT-5:45", "+05:45"),
        ("EST5", "-05:00"),
        ("UTC0", "+00:00"),
    ],
)
def test_a_login_is_told_the_offset_of_this_machine(
    database: FakeOracle, zone: str, offset: str
) -> None:
    with Sidecar(env={"TZ": zone}) as sidecar:
        assert ask(sidecar, database).status == 200

    assert database.time_zones() == [offset]


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "-02:15", "dbtimezone"])
def test_a_time_zone_in_the_environment_stays_as_it_is(database: FakeOracle, zone: str) -> None:
    with Sidecar(env={"TZ": "NST3:30", "ORA_SDTZ": zone}) as sidecar:
        for _ in range(2):
            assert ask(sidecar, database).status == 200

    assert database.time_zones() == [zone]
    assert database.counts().logins == 1


@pytest.mark.parametrize(
    ("zone", "code"), [("Mars/Phobos", 1882), ("+25:00", 1874), ("+01:75", 1875), ("", 1882)]
)
def test_a_time_zone_that_the_database_does_not_know_is_named_by_its_variable(
    database: FakeOracle, zone: str, code: int
) -> None:
    with Sidecar(env={"ORA_SDTZ": zone}) as sidecar:
        answer = ask(sidecar, database)

    assert (answer.status, answer.detail["code"]) == (400, code)
    assert "ORA_SDTZ" in answer.detail["hint"]


def test_sessions_from_before_a_change_of_clocks_are_lent_no_more(database: FakeOracle) -> None:
    # The clocks go forward in a few seconds, half an hour as Lord Howe Island's do.
    change = int(time.time()) + 4
    local = time.gmtime(change - 3 * 3600 - 1800)
    moment = f"{local.tm_yday - 1}/{local.tm_hour}:{local.tm_min:02d}:{local.tm_sec:02d}"
    back = (local.tm_yday - 1 + 100) % 365
    with Sidecar("--pool-min", "1", env={"TZ": f"AAA3:30BBB3,{moment},{back}/0"}) as sidecar:
        assert ask(sidecar, database).status == 200
        assert ask(sidecar, database).status == 200
        assert database.time_zones() == ["-03:30"]

        time.sleep(max(0.0, change + 0.1 - time.time()))  # until that very moment
        assert ask(sidecar, database).status == 200
        assert ask(sidecar, database).status == 200

        assert database.time_zones() == ["-03:30", "-03:00"]
        database.wait_until(lambda counts: counts.logoffs == 1)
