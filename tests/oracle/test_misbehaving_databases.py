"""Logins that go wrong: faults times moments, what a caller hears, how soon, and what is left."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from tests.fake_oracle import (
    ORACLE_12C,
    ORACLE_23AI,
    Action,
    Answer,
    Capabilities,
    FakeOracle,
    Fault,
    Garbage,
    Refuse,
    Silence,
    Step,
)
from tests.harness import Sidecar, connection
from tests.impostors import Impostor, Relay
from tests.oracle.test_tns_socket import accept, answer, wide_data
from tests.witness import (
    CONNECT_SECONDS,
    ENDS,
    STALLS,
    Timed,
    ask,
    ask_each,
    assert_all_is_well,
    assert_says,
    at_once,
    named,
    pools_to,
)

LOGIN = [Step.ACCEPT, Step.CONNECT, Step.PROTOCOL, Step.DATA_TYPES, Step.AUTH_ONE, Step.AUTH_TWO]


@pytest.mark.parametrize("step", LOGIN, ids=named)
@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_login_that_is_broken_off_is_told_at_once(
    impatient: Sidecar, database: FakeOracle, action: Action, full_code: str, step: Step
) -> None:
    database.faults.add(Fault(step, action))

    timed = ask(impatient, connection(database.dsn()))

    assert_says(timed.answer, 502, full_code)
    assert timed.was_at_once()
    assert pools_to(impatient, database) == []
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize("action", STALLS, ids=named)
def test_a_login_that_hangs_at_any_step_ends_at_the_connect_time_limit(
    impatient: Sidecar, action: Action
) -> None:
    with ExitStack() as stack:
        databases = [stack.enter_context(FakeOracle()) for _ in LOGIN]
        for step, database in zip(LOGIN, databases, strict=True):
            database.faults.add(Fault(step, action))

        conns = [connection(database.dsn()) for database in databases]
        answers = ask_each(impatient, conns, 9000)

        for timed, database in zip(answers, databases, strict=True):
            assert_says(timed.answer, 504, "ORA-12170")
            assert timed.was_after(CONNECT_SECONDS)
            assert pools_to(impatient, database) == []
            database.faults.clear()
            assert_all_is_well(impatient, database)


# What listener and database say instead of logging in: at which step, which code, which status.
REFUSALS: list[tuple[str, Step, Action, int, str]] = [
    ("service not registered", Step.CONNECT, Refuse(12514), 502, "ORA-12514"),
    ("instance not open", Step.CONNECT, Refuse(12528), 503, "ORA-12528"),
    ("no handler free", Step.CONNECT, Refuse(12516), 503, "ORA-12516"),
    ("turned away at the door", Step.ACCEPT, Refuse(12537), 502, "ORA-12537"),
    ("database starting", Step.AUTH_ONE, Answer(1033), 503, "ORA-01033"),
    ("database down", Step.AUTH_TWO, Answer(1034), 503, "ORA-01034"),
    ("database stopping", Step.AUTH_TWO, Answer(1089), 503, "ORA-01089"),
    ("session limit of the account", Step.AUTH_TWO, Answer(2391), 503, "ORA-02391"),
    ("session limit of the database", Step.AUTH_TWO, Answer(18), 503, "ORA-00018"),
    ("process limit", Step.AUTH_TWO, Answer(20), 503, "ORA-00020"),
    ("account locked", Step.AUTH_TWO, Answer(28000), 403, "ORA-28000"),
]


@pytest.mark.parametrize(
    ("step", "action", "status", "full_code"),
    [row[1:] for row in REFUSALS],
    ids=[row[0] for row in REFUSALS],
)
def test_a_login_that_is_refused_is_told_why_until_it_is_not(
    impatient: Sidecar,
    database: FakeOracle,
    step: Step,
    action: Action,
    status: int,
    full_code: str,
) -> None:
    refusal = database.faults.add(Fault(step, action, times=None))

    for _ in range(2):
        timed = ask(impatient, connection(database.dsn()))

        assert_says(timed.answer, status, full_code)
        assert timed.was_at_once()
        assert pools_to(impatient, database) == []
        assert database.counts().open_sessions == 0
    refusal.remove()
    assert_tried_anew(impatient, database)
    assert_all_is_well(impatient, database)


def test_a_database_that_is_gone_is_told_as_such_until_it_is_back(
    impatient: Sidecar, database: FakeOracle
) -> None:
    assert ask(impatient, connection(database.dsn())).answer.status == 200
    database.stop_listening()
    database.drop_sessions()

    for _ in range(2):
        timed = ask(impatient, connection(database.dsn()))
        assert_says(timed.answer, 502, "ORA-12541")
        assert timed.was_at_once()
    assert pools_to(impatient, database) == []
    database.listen_again()
    assert_all_is_well(impatient, database)


def test_a_host_that_nobody_knows_is_told_as_such(impatient: Sidecar, database: FakeOracle) -> None:
    timed = ask(impatient, connection("no-such-host.invalid:1521/DEV"), timeout_ms=9000)

    assert_says(timed.answer, 502, "ORA-12545")
    assert timed.seconds < 9
    assert_all_is_well(impatient, database)


@pytest.mark.parametrize("code", [1017, 28000])
def test_credentials_that_change_under_an_open_pool_end_it_without_cutting_a_query(
    impatient: Sidecar, database: FakeOracle, code: int
) -> None:
    assert_all_is_well(impatient, database)
    changed = database.faults.add(Fault(Step.AUTH_TWO, Answer(code), times=None))
    held = database.faults.add(Fault(Step.EXECUTE, Silence()))

    def refused() -> Timed:
        assert held.hit.wait(10)
        timed = ask(impatient, connection(database.dsn()))
        held.release()
        return timed

    first, second = at_once([lambda: ask(impatient, connection(database.dsn())), refused])

    assert first.answer.status == 200
    assert_says(second.answer, 403, f"ORA-{code:05d}")
    assert second.was_at_once()
    # One try, not one for each caller: accounts lock.
    assert database.counts().failed_logins == 1
    assert pools_to(impatient, database) == []
    database.wait_until(lambda c: c.open_sessions == 0)
    assert_says(ask(impatient, connection(database.dsn())).answer, 403, f"ORA-{code:05d}")
    changed.remove()
    assert_tried_anew(impatient, database)
    assert_all_is_well(impatient, database)


def assert_tried_anew(sidecar: Sidecar, database: FakeOracle) -> None:
    """Refused credentials are remembered until they are tried by /test-connection."""
    answer = sidecar.post("/test-connection", {"connection": connection(database.dsn())})
    assert answer.status == 200


def test_a_session_limit_ends_when_a_session_is_freed(database: FakeOracle) -> None:
    other = connection(database.dsn(), "app", "app_pw")
    with Sidecar("--pool-timeout", "1") as sidecar:
        assert ask(sidecar, other).answer.status == 200
        limit = database.faults.add(Fault(Step.AUTH_TWO, Answer(2391), times=None))
        timed = ask(sidecar, connection(database.dsn()))
        assert_says(timed.answer, 503, "ORA-02391")

        database.wait_until(lambda c: c.logoffs == 1)
        limit.remove()

        assert_all_is_well(sidecar, database)


# Bytes that crashed the driver, or kept it waiting, and those of others who may answer there.
HEADS = {
    "zeros": bytes(300),
    "a length of seven": b"\0\x07\0\0\x02\0\0\0" * 9,
    "a short refusal": b"\0\x0a\0\0\x04\0\0\0\0\0" + bytes(60),
    "a short marker": b"\0\x09\0\0\x0c\0\0\0\0" + bytes(60),
    "a short ACCEPT": b"\0\x0a\0\0\x02\0\0\0\x01\x3f" + bytes(60),
    "an ACCEPT without a data unit": b"\0\x2d\0\0\x02\0\0\0\x01\x3f" + bytes(35),
    "an ACCEPT with too small a one": accept(data_unit=7),
    "a redirect to nowhere": b"\0\x0a\0\0\x05\0\0\0\0\0" + b"\0\x0c\0\0\x06\0\0\0" + bytes(4),
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "MySQL": bytes.fromhex("4a0000000a382e302e3336") + bytes(60),
}


@pytest.mark.parametrize("says", HEADS.values(), ids=HEADS)
def test_another_service_behind_the_port_is_told_at_once(
    impatient: Sidecar, database: FakeOracle, says: bytes
) -> None:
    with Impostor(says) as impostor:
        timed = ask(impatient, connection(f"127.0.0.1:{impostor.port}/DEV"))

    assert_says(timed.answer, 502, "ORA-12592")
    assert timed.was_at_once()
    assert_all_is_well(impatient, database)


# To the protocol message, with either kind of login.
ANSWERS = {
    "no middle": answer(fdo_size=0),
    "a banner without end": wide_data(b"\x01\x06\x00" + b"x" * 60),
}


@pytest.mark.parametrize("says", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("able", [ORACLE_23AI, ORACLE_12C], ids=lambda able: able.version)
def test_a_first_answer_that_would_crash_the_driver_is_told_as_no_answer(
    impatient: Sidecar, says: bytes, able: Capabilities
) -> None:
    with FakeOracle(capabilities=able) as database:
        database.faults.add(Fault(Step.PROTOCOL, Garbage(says)))
        timed = ask(impatient, connection(database.dsn()))

        assert_says(timed.answer, 502, "ORA-12592")
        assert timed.was_at_once()
        assert_all_is_well(impatient, database)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"AUTH_SESSION_ID", b"AUTH_SESSION_XX"), (b"AUTH_VERSION_NO", b"AUTH_VERSION_XX")],
    ids=["the session has no number", "the version is missing"],
)
def test_a_login_whose_answers_make_no_sense_is_no_defect_of_ours(
    impatient: Sidecar, database: FakeOracle, old: bytes, new: bytes
) -> None:
    with Relay(database.port) as relay:
        relay.swap(old, new)
        timed = ask(impatient, connection(f"127.0.0.1:{relay.port}/DEV"))

    assert_says(timed.answer, 502, "ORA-12592")
    assert timed.was_at_once()
    assert_all_is_well(impatient, database)


def test_a_listener_that_sends_one_elsewhere_is_followed(
    impatient: Sidecar, database: FakeOracle
) -> None:
    conn = connection(database.dsn("REDIRECTED"))

    assert_all_is_well(impatient, database, conn)
    assert database.counts().connections == 2


def test_a_port_that_accepts_nothing_more_ends_at_the_connect_time_limit(
    impatient: Sidecar, database: FakeOracle
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        timed = ask(impatient, connection(f"127.0.0.1:{silent.getsockname()[1]}/DEV"))

    assert_says(timed.answer, 504, "ORA-12170")
    assert timed.was_after(CONNECT_SECONDS)
    assert_all_is_well(impatient, database)
