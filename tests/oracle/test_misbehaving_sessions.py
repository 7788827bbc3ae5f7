"""Sessions that go wrong: faults times moments, what a caller hears, how soon, and what is left."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from tests.fake_oracle import (
    Action,
    Close,
    Delay,
    FakeOracle,
    Fault,
    Garbage,
    LyingLength,
    Reset,
    Silence,
    Step,
    Truncate,
)
from tests.harness import Sidecar, connection
from tests.impostors import Relay
from tests.witness import (
    ENDS,
    NDJSON,
    ROWS,
    STALLS,
    ask,
    ask_each,
    assert_all_is_well,
    assert_ends_with,
    assert_says,
    assert_the_process_is_well,
    named,
)

QUERY_SECONDS = 2.0
# A break that is not answered costs this much more.
BREAK_SECONDS = 1.0
STATEMENT = [Step.EXECUTE, Step.ROWS]


@pytest.mark.parametrize("step", STATEMENT, ids=named)
@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_connection_lost_before_the_first_rows_is_replaced_once(
    impatient: Sidecar, database: FakeOracle, action: Action, full_code: str, step: Step
) -> None:
    database.faults.add(Fault(step, action))
    once = ask(impatient, connection(database.dsn()))
    assert (once.answer.status, once.answer.json["row_count"]) == (200, ROWS)
    assert database.counts().logins == 2

    always = database.faults.add(Fault(step, action, times=None))
    timed = ask(impatient, connection(database.dsn()))

    assert_says(timed.answer, 502, full_code)
    assert timed.was_at_once()
    assert database.counts().logins == 3
    always.remove()
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_connection_lost_in_a_fetch_ends_the_answer_with_its_error(
    impatient: Sidecar, database: FakeOracle, action: Action, full_code: str
) -> None:
    database.faults.add(Fault(Step.FETCH, action))

    timed = ask(impatient, connection(database.dsn()), NDJSON)

    assert_ends_with(timed.answer, full_code)
    assert timed.was_at_once()
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize("action", STALLS, ids=named)
def test_a_statement_that_never_returns_ends_at_its_time_limit(
    impatient: Sidecar, action: Action
) -> None:
    steps = [*STATEMENT, Step.FETCH]
    with ExitStack() as stack:
        databases = [stack.enter_context(FakeOracle()) for _ in steps]
        for step, database in zip(steps, databases, strict=True):
            assert_all_is_well(impatient, database)
            database.faults.add(Fault(step, action))

        conns = [connection(database.dsn()) for database in databases]
        answers = ask_each(impatient, conns, timeout_ms=int(QUERY_SECONDS * 1000))

        for step, timed, database in zip(steps, answers, databases, strict=True):
            if step is Step.FETCH:
                assert_ends_with(timed.answer, "DPY-4024")
            else:
                assert_says(timed.answer, 504, "DPY-4024")
            breaks = 0 if action == Silence() else BREAK_SECONDS
            assert timed.was_after(QUERY_SECONDS + breaks)
            database.faults.clear()
            assert_all_is_well(impatient, database)


# What becomes of the sessions of a pool while nobody uses them.
LOSSES: dict[str, Callable[[FakeOracle], object]] = {
    "restarted": FakeOracle.restart,
    "network lost": FakeOracle.drop_sessions,
    "killed": lambda database: database.kill_sessions(28),
    "killed for idling": lambda database: database.kill_sessions(2396),
    "not logged on": lambda database: database.kill_sessions(1012),
    "shut down": lambda database: database.kill_sessions(1089),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_sessions_lost_between_two_requests_are_replaced(
    impatient: Sidecar, database: FakeOracle, lose: Callable[[FakeOracle], object]
) -> None:
    assert_all_is_well(impatient, database)

    lose(database)

    assert_all_is_well(impatient, database)
    assert database.counts().logins == 2


@pytest.mark.parametrize("step", STATEMENT, ids=named)
def test_a_restart_during_a_statement_costs_the_caller_nothing(
    impatient: Sidecar, database: FakeOracle, step: Step
) -> None:
    held = database.faults.add(Fault(step, Silence()))

    def restart() -> None:
        assert held.hit.wait(10)
        database.restart()

    restarter = threading.Thread(target=restart)
    restarter.start()
    timed = ask(impatient, connection(database.dsn()))
    restarter.join()

    assert (timed.answer.status, timed.answer.json["row_count"]) == (200, ROWS)
    assert database.counts().logins == 2
    assert_all_is_well(impatient, database)


def test_a_restart_during_a_fetch_is_told_at_its_end(
    impatient: Sidecar, database: FakeOracle
) -> None:
    held = database.faults.add(Fault(Step.FETCH, Silence()))

    def restart() -> None:
        assert held.hit.wait(10)
        database.restart()

    restarter = threading.Thread(target=restart)
    restarter.start()
    timed = ask(impatient, connection(database.dsn()), NDJSON)
    restarter.join()

    assert_ends_with(timed.answer, "DPY-4011")
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize(
    "action", [Silence(ignore_break=True), Close(), Reset(), Garbage(), LyingLength()], ids=named
)
def test_a_cancel_that_is_not_answered_as_it_should_be_ends_all_the_same(
    impatient: Sidecar, database: FakeOracle, action: Action
) -> None:
    held = database.faults.add(Fault(Step.EXECUTE, Silence()))
    database.faults.add(Fault(Step.BREAK, action))
    cancelled_at: list[float] = []

    def cancel() -> None:
        assert held.hit.wait(10)
        cancelled_at.append(time.monotonic())
        assert impatient.post("/cancel", {"query_id": "held"}).json == {"cancelled": True}

    canceller = threading.Thread(target=cancel)
    canceller.start()
    timed = ask(impatient, connection(database.dsn()), query_id="held")
    canceller.join()

    assert_says(timed.answer, 409, "ORA-01013")
    assert time.monotonic() - cancelled_at[0] < BREAK_SECONDS + 4
    database.faults.clear()
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize(
    "action", [Silence(), Close(), Reset(), Garbage(), Truncate(), LyingLength()], ids=named
)
def test_a_logoff_that_goes_wrong_is_nobody_s_trouble(
    impatient: Sidecar, database: FakeOracle, action: Action
) -> None:
    database.faults.add(Fault(Step.LOGOFF, action))

    timed = ask(impatient, connection(database.dsn()), path="/test-connection")

    assert timed.answer.status == 200
    assert timed.seconds < 2 + 4
    database.wait_until(lambda c: c.open_sessions == 0)
    database.faults.clear()
    assert_all_is_well(impatient, database)


def test_a_cancel_that_is_ignored_at_the_end_keeps_no_idle_session_from_its_logoff(
    database: FakeOracle,
) -> None:
    logoff = database.faults.add(Fault(Step.LOGOFF, Delay(0)))
    had_logged_off: list[bool] = []

    def call_in_vain(sidecar: Sidecar, dsn: str) -> None:
        with suppress(OSError, http.client.HTTPException):
            ask(sidecar, connection(dsn))
        had_logged_off.append(logoff.hit.is_set())

    with FakeOracle() as deaf, Sidecar("--drain-timeout", "0.2") as sidecar:
        assert ask(sidecar, connection(database.dsn())).answer.status == 200
        held = deaf.faults.add(Fault(Step.EXECUTE, Silence(ignore_break=True)))
        caller = threading.Thread(target=call_in_vain, args=(sidecar, deaf.dsn()))
        caller.start()
        assert held.hit.wait(10)

        assert sidecar.terminate() == 0
        caller.join()

    assert had_logged_off == [True]
    assert database.wait_until(lambda counts: counts.open_sessions == 0).lost_sessions == 0


WIDE_HEADS = {
    "zeros": bytes(300),
    "empty data": b"\0\0\0\0\x06\0\0\0" * 9,
    "a length of seven": b"\0\0\0\x07\x06\0\0\0" * 9,
    "data without its flags": b"\0\0\0\x08\x06\0\0\0" * 9,
    "a good packet and zeros": b"\0\0\0\x0b\x06\0\0\0\0\0\x08" + bytes(60),
    "text": b"upstream connect error or disconnect/reset before headers",
}


@pytest.mark.parametrize("says", WIDE_HEADS.values(), ids=WIDE_HEADS)
def test_garbage_amid_a_session_costs_that_session_only(
    impatient: Sidecar, database: FakeOracle, says: bytes
) -> None:
    with Relay(database.port) as relay:
        conn = connection(f"127.0.0.1:{relay.port}/DEV")
        assert ask(impatient, conn).answer.status == 200

        relay.answer_next(says)
        timed = ask(impatient, conn)

        assert (timed.answer.status, timed.answer.json["row_count"]) == (200, ROWS)
        assert timed.was_at_once()
        assert database.counts().logins == 2
        assert ask(impatient, conn).answer.status == 200
    assert_the_process_is_well(impatient)


def test_a_byte_changed_in_an_answer_is_no_defect_and_spoils_no_later_answer(
    impatient: Sidecar, database: FakeOracle
) -> None:
    with Relay(database.port) as relay:
        conn = connection(f"127.0.0.1:{relay.port}/DEV")
        good = {"columns": ["N", "SOME_TEXT"], "rows": [[1, "abc"]]}
        replaced = 0
        for place in range(12, 60):  # the description of the first column, and before it
            sql = f"SELECT 1 AS n, 'abc' AS some_text FROM dual -- {place}"
            logins = database.counts().logins
            relay.change_byte(place, 255)
            changed = ask(impatient, conn, sql=sql, timeout_ms=3000).answer
            replaced += database.counts().logins - logins
            following = ask(impatient, conn, sql=sql).answer

            assert changed.status != 500, (place, changed.body)
            assert following.status == 200, (place, changed.body, following.body)
            assert {key: following.json[key] for key in good} == good, place
        assert replaced > 10
    assert_the_process_is_well(impatient)
