"""Sessions over TCPS: cancels, time limits, losses, and bytes that are no packets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest

from tests.fake_oracle import (
    Action,
    Authority,
    Close,
    FakeOracle,
    Fault,
    Garbage,
    LyingLength,
    Reset,
    Silence,
    Step,
    Tls,
)
from tests.harness import PATIENCE_SECONDS, PATIENT, Sidecar, connection
from tests.http_server.test_callers import Footprint
from tests.impostors import DeafRelay, Relay
from tests.oracle.test_misbehaving_sessions import (
    BREAK_SECONDS,
    QUERY_SECONDS,
    STATEMENT,
    WIDE_HEADS,
)
from tests.witness import (
    ENDS,
    NDJSON,
    ROWS,
    STALLS,
    ask,
    ask_each,
    assert_all_is_well,
    assert_ends_with,
    assert_nothing_is_left,
    assert_says,
    assert_the_process_is_well,
    named,
)

MANY = "SELECT LEVEL AS n, RPAD('x', 200, 'x') AS t FROM dual CONNECT BY LEVEL <= 200000"


@pytest.fixture(name="conn")
def _conn(tls_database: FakeOracle, wallet: str) -> dict[str, object]:
    """Where the tests of this file log in."""
    return connection(tls_database.tcps_dsn(), wallet_location=wallet)


@pytest.mark.parametrize("step", STATEMENT, ids=named)
@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_connection_lost_before_the_first_rows_is_replaced_once(
    impatient: Sidecar,
    tls_database: FakeOracle,
    conn: dict[str, object],
    action: Action,
    full_code: str,
    step: Step,
) -> None:
    tls_database.faults.add(Fault(step, action))
    once = ask(impatient, conn)
    assert (once.answer.status, once.answer.json["row_count"]) == (200, ROWS)
    assert tls_database.counts().logins == 2

    always = tls_database.faults.add(Fault(step, action, times=None))
    timed = ask(impatient, conn)

    assert_says(timed.answer, 502, full_code)
    assert timed.was_at_once()
    always.remove()
    assert_all_is_well(impatient, tls_database, conn)


@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_connection_lost_in_a_fetch_ends_the_answer_with_its_error(
    impatient: Sidecar,
    tls_database: FakeOracle,
    conn: dict[str, object],
    action: Action,
    full_code: str,
) -> None:
    tls_database.faults.add(Fault(Step.FETCH, action))

    timed = ask(impatient, conn, NDJSON)

    assert_ends_with(timed.answer, full_code)
    assert timed.was_at_once()
    assert_all_is_well(impatient, tls_database, conn)


# How a query is stopped: by breaks in band, since there are no others over TLS.


@pytest.mark.parametrize("action", STALLS, ids=named)
def test_a_statement_that_never_returns_ends_at_its_time_limit(
    impatient: Sidecar, authority: Authority, wallet: str, action: Action
) -> None:
    steps = [*STATEMENT, Step.FETCH]
    with ExitStack() as stack:
        tls = Tls(authority.issue())
        databases = [stack.enter_context(FakeOracle(tls=tls)) for _ in steps]
        conns = [connection(d.tcps_dsn(), wallet_location=wallet) for d in databases]
        for step, database, conn in zip(steps, databases, conns, strict=True):
            assert_all_is_well(impatient, database, conn)
            database.faults.add(Fault(step, action))

        answers = ask_each(impatient, conns, timeout_ms=int(QUERY_SECONDS * 1000))

        for step, timed, database, conn in zip(steps, answers, databases, conns, strict=True):
            if step is Step.FETCH:
                assert_ends_with(timed.answer, "DPY-4024")
            else:
                assert_says(timed.answer, 504, "DPY-4024")
            breaks = 0 if action == Silence() else BREAK_SECONDS
            assert timed.was_after(QUERY_SECONDS + breaks)
            database.faults.clear()
            assert_all_is_well(impatient, database, conn)


@pytest.mark.parametrize(
    "action",
    [None, Silence(ignore_break=True), Close(), Reset(), Garbage(), LyingLength()],
    ids=named,
)
def test_a_cancel_ends_its_query_however_it_is_answered(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object], action: Action | None
) -> None:
    held = tls_database.faults.add(Fault(Step.EXECUTE, Silence()))
    if action is not None:
        tls_database.faults.add(Fault(Step.BREAK, action))

    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, impatient, conn, query_id="held")
        assert held.hit.wait(10)
        cancelled_at = time.monotonic()
        assert impatient.post("/cancel", {"query_id": "held"}).json == {"cancelled": True}
        timed = asked.result(PATIENCE_SECONDS)

    assert_says(timed.answer, 409, "ORA-01013")
    assert time.monotonic() - cancelled_at < BREAK_SECONDS + 4
    tls_database.faults.clear()
    assert_all_is_well(impatient, tls_database, conn)
    assert tls_database.counts().breaks == 1


def begin_to_read(
    sidecar: Sidecar, conn: dict[str, object], **more: object
) -> tuple[HTTPConnection, HTTPResponse]:
    """A large answer of which the first bytes are there."""
    body = {"connection": conn, "sql": MANY, "max_rows": None, **more}
    client = sidecar.http()
    client.request("POST", "/query", json.dumps(body), {"Content-Type": "application/json"})
    response = client.getresponse()
    assert response.read(1000)
    return client, response


def test_cancels_amid_streams_leave_the_process_and_its_sessions_alone(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object]
) -> None:
    assert_all_is_well(impatient, tls_database, conn)
    footprint = Footprint(impatient)
    for number in range(40):
        client, response = begin_to_read(impatient, conn, query_id=f"stream {number}")
        assert impatient.post("/cancel", {"query_id": f"stream {number}"}).json == {
            "cancelled": True
        }
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
        client.close()

    assert_all_is_well(impatient, tls_database, conn)
    footprint.assert_back_to_normal()


def test_a_caller_who_hangs_up_stops_his_query_in_the_database(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object]
) -> None:
    held = tls_database.faults.add(Fault(Step.EXECUTE, Silence()))
    client = impatient.http()
    body = json.dumps({"connection": conn, "sql": "SELECT 1 FROM dual"})
    client.request("POST", "/query", body, {"Content-Type": "application/json"})
    assert held.hit.wait(10)

    client.close()

    tls_database.wait_until(lambda c: c.breaks == 1, 5)
    tls_database.wait_until(lambda c: c.open_sessions == 0)
    assert_all_is_well(impatient, tls_database, conn)


def test_a_query_is_cut_after_the_drain_time_and_its_session_logged_off(
    tls_database: FakeOracle, conn: dict[str, object]
) -> None:
    held = tls_database.faults.add(Fault(Step.EXECUTE, Silence()))
    with (
        Sidecar("--drain-timeout", "0.3", command=PATIENT) as sidecar,
        ThreadPoolExecutor() as threads,
    ):
        asked = threads.submit(ask, sidecar, conn)
        assert held.hit.wait(10)

        assert sidecar.terminate() == 0

        assert_says(asked.result(PATIENCE_SECONDS).answer, 503, "SHUTTING_DOWN")
    counts = tls_database.wait_until(lambda c: c.open_sessions == 0)
    assert (counts.breaks, counts.lost_sessions) == (1, 0)


@pytest.mark.parametrize("has_tls", [False, True], ids=["TCP", "TLS"])
def test_a_database_that_reads_nothing_holds_up_nobody_s_time_limit(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str, has_tls: bool
) -> None:
    behind, scheme = (tls_database.tls_port, "tcps") if has_tls else (tls_database.port, "tcp")
    with DeafRelay(behind) as relay, ThreadPoolExecutor() as threads:
        deaf = connection(f"{scheme}://localhost:{relay.port}/DEV", wallet_location=wallet)
        assert ask(impatient, deaf).answer.status == 200
        relay.fall_deaf()
        endless = partial(ask, sql="SELECT LENGTH(:1) FROM dual", binds=["x" * 6_000_000])
        asked = threads.submit(endless, impatient, deaf, timeout_ms=300)
        tls_database.faults.add(Fault(Step.EXECUTE, Silence(), sql="other"))
        other = ask(
            impatient,
            connection(tls_database.dsn()),
            sql="SELECT 'other' FROM dual",
            timeout_ms=900,
        )
        timed = asked.result(PATIENCE_SECONDS)

    for each, limit in ((timed, 0.3), (other, 0.9)):
        assert_says(each.answer, 504, "DPY-4024")
        assert each.was_after(limit)
    tls_database.faults.clear()
    assert_all_is_well(impatient, tls_database)


# What becomes of the sessions of a pool while nobody uses them.

LOSSES: dict[str, Callable[[FakeOracle], object]] = {
    "closed in order": FakeOracle.close_sessions,
    "restarted": FakeOracle.restart,
    "network lost": FakeOracle.drop_sessions,
    "killed": lambda database: database.kill_sessions(28),
    "killed for idling": lambda database: database.kill_sessions(2396),
    "shut down": lambda database: database.kill_sessions(1089),
}


@pytest.fixture(name="writing", scope="module")
def _writing() -> Iterator[Sidecar]:
    with Sidecar("--allow-write") as running:
        running.wait_for_driver()
        yield running


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_sessions_lost_between_two_requests_are_replaced(
    impatient: Sidecar,
    tls_database: FakeOracle,
    conn: dict[str, object],
    lose: Callable[[FakeOracle], object],
) -> None:
    assert_all_is_well(impatient, tls_database, conn)

    lose(tls_database)

    assert_all_is_well(impatient, tls_database, conn)
    assert tls_database.counts().logins == 2


@pytest.mark.parametrize("lose", [FakeOracle.close_sessions, FakeOracle.drop_sessions])
@pytest.mark.parametrize("has_tls", [False, True], ids=["TCP", "TLS"])
def test_no_write_is_sent_on_a_session_whose_end_has_come(
    writing: Sidecar,
    tls_database: FakeOracle,
    conn: dict[str, object],
    has_tls: bool,
    lose: Callable[[FakeOracle], object],
) -> None:
    there = conn if has_tls else connection(tls_database.dsn())
    write = "UPDATE app_config SET enabled = 'N' WHERE config_id = 1"
    assert ask(writing, there, sql=write).answer.status == 200
    lose(tls_database)
    time.sleep(0.2)  # one that was in use a moment ago is lent without a look at it

    timed = ask(writing, there, sql=write)

    assert timed.answer.json["row_count"] == 1
    assert tls_database.counts().commits == 2


def test_an_idle_session_is_lent_again_without_a_question(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object]
) -> None:
    assert ask(impatient, conn).answer.status == 200
    time.sleep(0.2)  # as above

    assert ask(impatient, conn).answer.status == 200

    # Nothing of the handshakes lies unread, such as tickets for the next one.
    counts = tls_database.counts()
    assert (counts.logins, counts.pings) == (1, 0)


@pytest.mark.parametrize("step", STATEMENT, ids=named)
def test_a_restart_during_a_statement_costs_the_caller_nothing(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object], step: Step
) -> None:
    held = tls_database.faults.add(Fault(step, Silence()))

    def restart() -> None:
        assert held.hit.wait(10)
        tls_database.restart()

    restarter = threading.Thread(target=restart)
    restarter.start()
    timed = ask(impatient, conn)
    restarter.join()

    assert (timed.answer.status, timed.answer.json["row_count"]) == (200, ROWS)
    assert tls_database.counts().logins == 2
    assert_all_is_well(impatient, tls_database, conn)


# What is no packet, and what is no TLS.


@pytest.mark.parametrize("says", WIDE_HEADS.values(), ids=WIDE_HEADS)
def test_garbage_amid_a_session_costs_that_session_only(
    impatient: Sidecar, tls_database: FakeOracle, conn: dict[str, object], says: bytes
) -> None:
    assert ask(impatient, conn).answer.status == 200
    tls_database.faults.add(Fault(Step.EXECUTE, Garbage(says)))

    timed = ask(impatient, conn)

    assert (timed.answer.status, timed.answer.json["row_count"]) == (200, ROWS)
    assert timed.was_at_once()
    assert tls_database.counts().logins == 2
    assert_all_is_well(impatient, tls_database, conn)


BROKEN_TLS = {
    "text": b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
    "a record that nobody sealed": b"\x17\x03\x03\x00\x40" + bytes(64),
    "an alert in the clear": b"\x15\x03\x03\x00\x02\x02\x50",
    "a record without an end": b"\x17\x03\x03\xff\xff" + bytes(64),
}


@pytest.mark.parametrize("says", BROKEN_TLS.values(), ids=BROKEN_TLS)
def test_tls_that_breaks_amid_a_session_is_a_lost_connection(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str, says: bytes
) -> None:
    with Relay(tls_database.tls_port) as relay:
        conn = connection(f"tcps://localhost:{relay.port}/DEV", wallet_location=wallet)
        assert ask(impatient, conn).answer.status == 200

        relay.answer_next(says)
        timed = ask(impatient, conn)

        assert (timed.answer.status, timed.answer.json["row_count"]) == (200, ROWS)
        assert timed.was_at_once()
        assert tls_database.counts().logins == 2
    assert_the_process_is_well(impatient)
    assert_nothing_is_left(impatient)


def test_tls_that_breaks_in_a_fetch_ends_the_answer_as_a_lost_connection(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    held = tls_database.faults.add(Fault(Step.FETCH, Silence()))
    with Relay(tls_database.tls_port) as relay, ThreadPoolExecutor() as threads:
        conn = connection(f"tcps://localhost:{relay.port}/DEV", wallet_location=wallet)
        asked = threads.submit(ask, impatient, conn, NDJSON)
        assert held.hit.wait(10)
        relay.answer_next(BROKEN_TLS["a record that nobody sealed"])
        held.release()

        assert_ends_with(asked.result(PATIENCE_SECONDS).answer, "DPY-4011")
