"""Connect strings with several addresses: each gets its share, and the end says what was tried."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle, Fault, Refuse, Silence, Step
from tests.harness import Answer, Sidecar, connection

SECONDS = 4.0


@pytest.fixture(scope="module")
def sidecar() -> Iterator[Sidecar]:
    with Sidecar("--connect-timeout", f"{SECONDS:g}") as running:
        running.wait_for_driver()
        yield running


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def unused_port() -> Iterator[int]:
    """Connections to it are refused: it is held, so that nobody else comes to listen there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def address(port: int, host: str = "127.0.0.1", protocol: str = "tcp") -> str:
    return f"(ADDRESS=(PROTOCOL={protocol})(HOST={host})(PORT={port}))"


def descriptor(*addresses: str, more: str = "") -> str:
    listed = f"(ADDRESS_LIST={''.join(addresses)})"
    return f"(DESCRIPTION={more}{listed}(CONNECT_DATA=(SERVICE_NAME=DEV)))"


def log_in(sidecar: Sidecar, dsn: str, **more: Any) -> Answer:
    return sidecar.post("/test-connection", {"connection": connection(dsn, **more)})


def test_a_silent_first_address_leaves_time_for_those_behind_it(
    sidecar: Sidecar, database: FakeOracle, silent: int
) -> None:
    for dsn in (
        descriptor(address(silent), address(database.port)),
        f"127.0.0.1:{silent},127.0.0.1:{database.port}/DEV",
    ):
        answer = log_in(sidecar, dsn)

        assert answer.status == 200, answer.body
        assert SECONDS * 300 < answer.json["execution_time_ms"] < SECONDS * 1000


def test_a_silent_first_address_leaves_time_with_tls_too(
    sidecar: Sidecar, silent: int, tls_database: FakeOracle, wallet: str
) -> None:
    dsn = descriptor(
        address(silent, "localhost", "tcps"),
        address(tls_database.tls_port or 0, "localhost", "tcps"),
    )

    answer = log_in(sidecar, dsn, wallet_location=wallet)

    assert answer.status == 200, answer.body


def test_an_address_that_answers_is_not_cut_off_however_slow_it_is_then(
    sidecar: Sidecar, database: FakeOracle, unused_port: int
) -> None:
    hold = database.faults.add(Fault(Step.AUTH_TWO, Silence()))

    def release_late() -> None:
        hold.hit.wait(10)
        time.sleep(SECONDS * 0.55)  # longer than its share, which is a half
        hold.release()

    threading.Thread(target=release_late).start()

    answer = log_in(sidecar, descriptor(address(database.port), address(unused_port)))

    assert answer.status == 200, answer.body
    assert database.counts().connections == 1


def test_what_was_tried_is_told_with_each_outcome(
    sidecar: Sidecar, database: FakeOracle, silent: int, unused_port: int
) -> None:
    database.faults.add(Fault(Step.CONNECT, Refuse(12514)))

    answer = log_in(
        sidecar,
        descriptor(
            address(silent),
            address(database.port),
            address(1521, "no-such-host.invalid"),
            address(unused_port),
        ),
    )

    assert (answer.status, answer.detail["full_code"]) == (502, "ORA-12541")
    told = answer.detail["message"].partition("\ntried: ")[2]
    assert re.sub(r"within [\d.]+ s", "within its share", told) == (
        f"127.0.0.1:{silent} (no answer within its share), "
        f"127.0.0.1:{database.port} (ORA-12514), "
        "no-such-host.invalid:1521 (ORA-12545), "
        f"127.0.0.1:{unused_port} (ORA-12541)"
    )


def test_an_unknown_name_does_not_stand_in_the_way_of_another_address(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    dsn = descriptor(address(1521, "no-such-host.invalid"), address(database.port))

    assert log_in(sidecar, dsn).status == 200


def test_silent_addresses_alone_are_told_at_the_time_limit(sidecar: Sidecar, silent: int) -> None:
    answer = log_in(sidecar, descriptor(address(silent), address(silent)))

    assert (answer.status, answer.detail["full_code"]) == (504, "ORA-12170")
    # Twice the same time is told as one.
    silence = rf"127\.0\.0\.1:{silent} \(no answer within [\d.]+ s(, 2 times)?\)"
    told = re.findall(silence, answer.detail["message"])
    assert len(told) + told.count(", 2 times") == 2


@pytest.mark.parametrize("more", ["(RETRY_COUNT=20)", "(RETRY_COUNT=1000000000)(RETRY_DELAY=1)"])
def test_retries_do_not_hide_what_keeps_one_from_the_database(
    sidecar: Sidecar, unused_port: int, more: str
) -> None:
    answer = log_in(sidecar, descriptor(address(unused_port), more=more))

    assert (answer.status, answer.detail["full_code"]) == (502, "ORA-12541")
    assert f"no login to {descriptor(address(unused_port), more=more)}" in answer.detail["message"]
    assert f"127.0.0.1:{unused_port} (ORA-12541, " in answer.detail["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_retries_beyond_the_time_limit_leave_no_thread_behind(database: FakeOracle) -> None:
    with Sidecar("--connect-timeout", "0.5") as sidecar:
        sidecar.wait_for_driver()
        database.faults.add(Fault(Step.CONNECT, Refuse(12514), times=None))
        more = "(RETRY_COUNT=4000000000)(RETRY_DELAY=4000000000)"
        dsn = descriptor(address(database.port), more=more)
        log_in(sidecar, dsn)
        tasks = threads(sidecar)

        for _ in range(5):
            answer = log_in(sidecar, dsn)

        assert (answer.status, answer.detail["full_code"]) == (502, "ORA-12514")
        give_up = time.monotonic() + 5
        while threads(sidecar) > tasks and time.monotonic() < give_up:
            time.sleep(0.05)  # the system tells of no thread's end
        assert threads(sidecar) <= tasks
        assert database.counts().connections == 6


def threads(sidecar: Sidecar) -> int:
    return len(os.listdir(f"/proc/{sidecar.process.pid}/task"))
