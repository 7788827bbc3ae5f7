"""Connections that are cut where the system wakes nobody for that, as on Windows."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from oracle.tns_socket import Handle, TnsSocket
from tests.fake_oracle import FakeOracle, Fault, Silence, Step
from tests.harness import PATIENCE_SECONDS, ROOT, SIDECAR, Sidecar, connection
from tests.oracle.test_tns_socket import MOST_READ, accept
from tests.witness import ask, assert_all_is_well, assert_says

ON_WINDOWS = (
    f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r});"
    "from oracle import tns_socket;"
    "tns_socket.LOOK_SECONDS = 0.05; tns_socket.shut_down = lambda sock: None;"
    f"runpy.run_path({str(SIDECAR)!r}, run_name='__main__')"
)


@pytest.fixture(scope="module")
def windows() -> Iterator[Sidecar]:
    with Sidecar("--connect-timeout", "3", command=(sys.executable, "-c", ON_WINDOWS)) as running:
        running.wait_for_driver()
        yield running


@pytest.fixture
def nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.tns_socket.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("oracle.tns_socket.shut_down", lambda sock: None)


@pytest.fixture
def pair() -> Iterator[tuple[TnsSocket, Handle, socket.socket]]:
    near, far = socket.socketpair()
    handle = Handle(near)
    checked = TnsSocket(near, handle=handle)
    yield checked, handle, far
    for each in (checked, handle, far):
        each.close()


@pytest.mark.usefixtures("nobody_is_woken")
@pytest.mark.parametrize("seconds", [None, PATIENCE_SECONDS], ids=["no limit", "a limit"])
def test_a_read_ends_when_its_connection_is_cut(
    pair: tuple[TnsSocket, Handle, socket.socket], seconds: float | None
) -> None:
    near, handle, _ = pair
    near.settimeout(seconds)
    failures: list[str] = []

    def read() -> None:
        try:
            near.recv(MOST_READ)
        except ConnectionResetError as error:
            failures.append(str(error))

    reading = threading.Thread(target=read)
    reading.start()
    handle.cut()
    reading.join(10)

    assert failures == ["the connection was cut"]


@pytest.mark.usefixtures("nobody_is_woken")
def test_a_read_gets_what_comes_and_keeps_its_time_limit(
    pair: tuple[TnsSocket, Handle, socket.socket],
) -> None:
    near, _, far = pair
    near.settimeout(0.1)
    far.sendall(accept())

    assert near.recv(MOST_READ) == accept()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        near.recv(MOST_READ)
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize("has_tls", [False, True], ids=["TCP", "TLS"])
def test_a_query_ends_in_time_though_its_database_never_answers(
    windows: Sidecar, tls_database: FakeOracle, wallet: str, has_tls: bool
) -> None:
    tcps = connection(tls_database.tcps_dsn(), wallet_location=wallet)
    there = tcps if has_tls else connection(tls_database.dsn())
    tls_database.faults.add(Fault(Step.EXECUTE, Silence(ignore_break=True), sql="slow"))

    timed = ask(windows, there, sql="SELECT 'slow' FROM dual", timeout_ms=300)

    assert_says(timed.answer, 504, "DPY-4024")
    assert timed.was_after(0.3)
    assert_all_is_well(windows, tls_database, there)


def test_a_login_ends_in_time_though_its_database_never_answers(
    windows: Sidecar, database: FakeOracle
) -> None:
    login = database.faults.add(Fault(Step.AUTH_TWO, Silence()))

    timed = ask(windows, connection(database.dsn()))

    assert_says(timed.answer, 504, "ORA-12170")
    assert login.hit.is_set()
    assert_all_is_well(windows, database)
