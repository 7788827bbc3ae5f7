"""Pools and logins, with the database's own counts as witness."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.fake_oracle import Answer, FakeOracle, Fault, Silence, Step
from tests.harness import PATIENT, Sidecar, connection
from tests.harness import Answer as HttpAnswer

SQL = "SELECT 1 FROM dual"


def ask(sidecar: Sidecar, conn: dict[str, object], **more: Any) -> HttpAnswer:
    return sidecar.post("/query", {"connection": conn, "sql": SQL, **more})


def ask_as(sidecar: Sidecar, database: FakeOracle, user: str, _: int) -> HttpAnswer:
    return ask(sidecar, connection(database.dsn(), user, f"{user}_pw"))


def pools_to(sidecar: Sidecar, dsn: str) -> list[dict[str, Any]]:
    return [p for p in sidecar.get("/pools").json["pools"] if dsn in p["key"]]


def at_once(count: int, call: Callable[[int], HttpAnswer]) -> list[HttpAnswer]:
    """The answers of `count` callers that start together."""
    answers: list[HttpAnswer | None] = [None] * count
    gate = threading.Barrier(count)

    def run(place: int) -> None:
        gate.wait()
        answers[place] = call(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sidecar]:
    """A sidecar whose time limits are short enough to be waited for."""
    flags = ("--acquire-timeout", "2", "--connect-timeout", "3", "--pool-timeout", "1")
    with Sidecar(*flags) as running:
        running.wait_for_driver()
        yield running


def test_a_warm_pool_needs_no_second_login(sidecar: Sidecar, database: FakeOracle) -> None:
    for _ in range(5):
        assert ask(sidecar, connection(database.dsn())).status == 200

    assert database.counts().logins == 1


def test_callers_of_a_new_target_share_one_login(sidecar: Sidecar, database: FakeOracle) -> None:
    answers = at_once(10, lambda _: ask(sidecar, connection(database.dsn())))

    assert [a.status for a in answers] == [200] * 10
    # The pool's second session may have come to help; nobody else logged in.
    assert database.counts().logins <= 2


@pytest.mark.parametrize("path", ["/query", "/query-dict", "/query-batch"])
def test_a_wrong_password_costs_one_login_with_ten_callers_at_once(
    sidecar: Sidecar, database: FakeOracle, path: str
) -> None:
    silence = database.faults.add(Fault(Step.AUTH_TWO, Silence()))
    query = {"connection": connection(database.dsn(), password="wrong"), "sql": SQL}
    body = {"queries": [query] * 10} if path == "/query-batch" else query
    callers = 1 if path == "/query-batch" else 10

    def call(_: int) -> HttpAnswer:
        return sidecar.post(path, body)

    def release() -> None:
        silence.hit.wait(10)
        silence.release()

    releaser = threading.Thread(target=release)
    releaser.start()
    answers = at_once(callers, call)
    releaser.join()

    if path == "/query-batch":
        details = [result["detail"] for result in answers[0].json["results"]]
    else:
        assert [a.status for a in answers] == [403] * callers
        details = [a.detail for a in answers]
    assert {detail["full_code"] for detail in details} == {"ORA-01017"}
    assert len(details) == 10
    # All ten shared the login, or came after it had failed and its pool was gone. While the
    # first is held back, no second one may start.
    assert database.counts().failed_logins == 1
    assert pools_to(sidecar, database.dsn()) == []


def test_test_connection_tries_a_wrong_password_once(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    conn = connection(database.dsn(), password="wrong")

    answer = sidecar.post("/test-connection", {"connection": conn})

    assert answer.status == 403
    assert database.counts().failed_logins == 1


def test_ten_who_try_a_wrong_password_at_once_cost_one_login(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    silence = database.faults.add(Fault(Step.AUTH_TWO, Silence()))
    body = {"connection": connection(database.dsn(), password="wrong")}

    def release() -> None:
        silence.hit.wait(10)
        silence.release()

    releaser = threading.Thread(target=release)
    releaser.start()
    answers = at_once(10, lambda _: sidecar.post("/test-connection", body))
    releaser.join()

    assert [answer.status for answer in answers] == [403] * 10
    assert database.counts().failed_logins == 1
    assert sidecar.post("/test-connection", body).status == 403
    assert database.counts().failed_logins == 2


def test_ten_who_try_a_right_password_at_once_have_a_login_each(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    body = {"connection": connection(database.dsn())}

    answers = at_once(10, lambda _: sidecar.post("/test-connection", body))

    assert [answer.status for answer in answers] == [200] * 10
    assert database.counts().logins == 10


def test_targets_that_do_not_answer_drive_no_pool_out(database: FakeOracle) -> None:
    healthy = [connection(database.dsn(), wallet_password=f"{number}") for number in range(3)]
    with (
        FakeOracle() as silent,
        Sidecar("--max-pools", "2", "--connect-timeout", "30") as sidecar,
    ):
        for conn in healthy[:2]:
            assert ask(sidecar, conn).status == 200
        held = silent.faults.add(Fault(Step.CONNECT, Silence(), times=None))
        lost = [
            threading.Thread(
                target=ask, args=(sidecar, connection(silent.dsn(), wallet_password=f"{number}"))
            )
            for number in range(4)
        ]
        for thread in lost:
            thread.start()
        assert held.hit.wait(10)

        assert [ask(sidecar, conn).status for conn in healthy[:2]] == [200, 200]
        assert database.counts().logins == 2
        assert ask(sidecar, healthy[2]).status == 200
        assert len(pools_to(sidecar, database.dsn())) == 2

        silent.faults.clear()
        for thread in lost:
            thread.join()
        assert len(sidecar.get("/pools").json["pools"]) == 2


def test_test_connection_never_uses_a_session_left_from_before(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    assert ask(sidecar, connection(database.dsn())).status == 200

    answer = sidecar.post("/test-connection", {"connection": connection(database.dsn())})

    assert answer.json["success"] is True
    assert list(answer.json) == ["success", "message", "server_version", "execution_time_ms"]
    counts = database.wait_until(lambda c: c.logoffs == 1)
    assert (counts.logins, counts.open_sessions) == (2, 1)


def test_a_wrong_password_never_rides_on_a_right_one(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    assert ask(sidecar, connection(database.dsn())).status == 200

    wrong = ask(sidecar, connection(database.dsn(), password="wrong"))

    assert wrong.detail["full_code"] == "ORA-01017"
    assert ask(sidecar, connection(database.dsn())).status == 200


@pytest.mark.parametrize("path", ["/query", "/query-dict", "/query-batch"])
def test_a_refused_login_is_told_from_memory_to_those_who_come_later(
    sidecar: Sidecar, database: FakeOracle, path: str
) -> None:
    conn = connection(database.dsn(), password="wrong")
    query = {"connection": conn, "sql": SQL}
    first = ask(sidecar, conn)

    for _ in range(10):
        answer = sidecar.post(path, {"queries": [query]} if path == "/query-batch" else query)
        told = answer.json["results"][0] if path == "/query-batch" else answer.json
        for key in ("code", "full_code", "message", "retryable"):
            assert told["detail"][key] == first.detail[key]
        assert "not been tried again; /test-connection tries it anew" in told["detail"]["hint"]

    assert "not been tried again" not in first.detail["hint"]
    assert database.counts().failed_logins == 1
    assert ask(sidecar, connection(database.dsn())).status == 200


def test_test_connection_tries_refused_credentials_anew_and_clears_them(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    refusal = database.faults.add(Fault(Step.AUTH_TWO, Answer(28000, "locked"), times=None))
    conn = connection(database.dsn())
    assert ask(sidecar, conn).status == 403

    assert sidecar.post("/test-connection", {"connection": conn}).status == 403
    assert database.counts().connections == 2
    refusal.remove()

    assert ask(sidecar, conn).status == 403
    assert database.counts().logins == 0
    assert sidecar.post("/test-connection", {"connection": conn}).status == 200
    assert ask(sidecar, conn).status == 200


def test_a_refusal_is_forgotten_when_its_pool_would_have_been_closed(
    hasty: Sidecar, database: FakeOracle
) -> None:
    conn = connection(database.dsn(), password="wrong")
    assert ask(hasty, conn).status == 403
    time.sleep(1.1)  # --pool-timeout; nothing happens when it is over

    assert ask(hasty, conn).status == 403

    assert database.counts().failed_logins == 2


DIFFERENCES = [
    {"username": "app", "password": "app_pw"},
    {"username": "COMPARE"},
    {"config_dir": "/tmp"},
    {"wallet_location": "/tmp"},
    {"wallet_password": "w"},
]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=[next(iter(d)) for d in DIFFERENCES])
def test_connections_that_differ_in_anything_have_pools_of_their_own(
    sidecar: Sidecar, database: FakeOracle, difference: dict[str, str]
) -> None:
    first = connection(database.dsn())

    assert ask(sidecar, first).status == 200
    assert ask(sidecar, {**first, **difference}).status == 200

    assert database.counts().logins == 2
    assert len(pools_to(sidecar, database.dsn())) == 2


def test_a_name_is_only_a_label(sidecar: Sidecar, database: FakeOracle) -> None:
    for name in ("DEV", "UAT"):
        assert ask(sidecar, connection(database.dsn(), name=name)).status == 200

    assert database.counts().logins == 1
    assert [p["name"] for p in pools_to(sidecar, database.dsn())] == ["UAT"]


def test_pools_are_listed_with_the_contract_s_keys(sidecar: Sidecar, database: FakeOracle) -> None:
    ask(sidecar, connection(database.dsn(), name="DEV"))

    (pool,) = pools_to(sidecar, database.dsn())

    keys = ["key", "busy", "opened", "min", "max", "last_used", "name", "idle_s"]
    assert list(pool) == keys
    assert pool["key"] == f"compare@{database.dsn()}"
    assert (pool["busy"], pool["opened"], pool["min"], pool["max"]) == (0, 1, 1, 2)


def test_a_hanging_database_delays_neither_another_one_nor_health_nor_pools(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    silence = database.faults.add(Fault(Step.EXECUTE, Silence(), user="app", times=None))
    hanging = connection(database.dsn(), "app", "app_pw")
    caller = threading.Thread(target=lambda: ask(sidecar, hanging))
    caller.start()
    assert silence.hit.wait(10)

    assert ask(sidecar, connection(database.dsn()), timeout_ms=5000).status == 200
    assert sidecar.get("/health").status == 200
    assert [p["busy"] for p in pools_to(sidecar, "app@" + database.dsn())] == [1]

    silence.release()
    caller.join()


def test_a_login_that_hangs_delays_no_other_target(hasty: Sidecar, database: FakeOracle) -> None:
    silence = database.faults.add(Fault(Step.AUTH_TWO, Silence(), user="app", times=None))
    hanging = connection(database.dsn(), "app", "app_pw")
    caller = threading.Thread(target=lambda: ask(hasty, hanging))
    caller.start()
    assert silence.hit.wait(10)

    assert ask(hasty, connection(database.dsn())).status == 200

    caller.join()
    silence.release()


def test_a_pool_that_is_all_busy_answers_503_with_retry_after(
    hasty: Sidecar, database: FakeOracle
) -> None:
    silences = [database.faults.add(Fault(Step.EXECUTE, Silence())) for _ in range(2)]
    conn = connection(database.dsn())
    callers = [threading.Thread(target=lambda: ask(hasty, conn)) for _ in range(2)]
    for caller in callers:
        caller.start()
    assert all(silence.hit.wait(10) for silence in silences)

    answer = ask(hasty, conn)

    assert (answer.status, answer.detail["full_code"]) == (503, "DPY-4005")
    assert answer.headers["retry-after"] == "1"
    for silence in silences:
        silence.release()
    for caller in callers:
        caller.join()
    assert ask(hasty, conn).status == 200
    assert database.counts().logins == 2


@pytest.fixture(scope="module")
def talkative() -> Iterator[Sidecar]:
    """A sidecar that logs who starts to wait: the only sign of it from outside."""
    with Sidecar("--log-level", "debug") as running:
        running.wait_for_driver()
        yield running


def test_those_who_wait_are_served_first_come_first_served(
    talkative: Sidecar, database: FakeOracle
) -> None:
    sidecar = talkative
    conn = connection(database.dsn())
    holds = [database.faults.add(Fault(Step.EXECUTE, Silence(), sql="HOLD")) for _ in range(2)]
    holders = [
        threading.Thread(
            target=lambda: sidecar.post(
                "/query", {"connection": conn, "sql": "SELECT 'HOLD' FROM dual"}
            )
        )
        for _ in range(2)
    ]
    for holder in holders:
        holder.start()
    assert all(hold.hit.wait(10) for hold in holds)
    before = len(database.statements())
    waits = talkative.log_text().count("waiting for a session")
    waiters = []
    for number in range(6):
        body = {"connection": conn, "sql": f"SELECT {number} AS waiter FROM dual"}
        waiter = threading.Thread(target=lambda body=body: sidecar.post("/query", body))
        waiter.start()
        waiters.append(waiter)
        talkative.wait_for_log("waiting for a session", waits + number + 1)

    holds[0].release()
    for waiter in waiters:
        waiter.join()
    holds[1].release()
    for holder in holders:
        holder.join()

    order = [sql for sql in database.statements()[before:] if "waiter" in sql]
    assert order == [f"SELECT {number} AS waiter FROM dual" for number in range(6)]


def test_fifty_callers_for_two_sessions_are_all_served(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    answers = at_once(50, lambda _: ask(sidecar, connection(database.dsn())))

    assert [a.status for a in answers] == [200] * 50
    assert database.counts().logins <= 2


def test_idle_sessions_and_then_pools_are_closed(hasty: Sidecar, database: FakeOracle) -> None:
    answers = at_once(4, lambda _: ask(hasty, connection(database.dsn())))
    assert {a.status for a in answers} == {200}

    counts = database.wait_until(lambda c: c.logins > 0 and c.open_sessions == 0)

    assert counts.logoffs == counts.logins
    assert counts.lost_sessions == 0
    assert pools_to(hasty, database.dsn()) == []


def test_the_longest_idle_pool_leaves_for_a_new_one(database: FakeOracle) -> None:
    with Sidecar("--max-pools", "2") as sidecar:
        for user in ("compare", "app"):
            assert ask(sidecar, connection(database.dsn(), user, f"{user}_pw")).status == 200
        assert ask(sidecar, connection(database.dsn())).status == 200

        newcomer = connection(database.dsn(), "eleveng", "eleveng_pw")
        assert ask(sidecar, newcomer).status == 200

        keys = [p["key"].partition("@")[0] for p in sidecar.get("/pools").json["pools"]]
        assert sorted(keys) == ["compare", "eleveng"]
        database.wait_until(lambda c: c.logoffs == 1)


def test_at_most_so_many_pools_are_in_use_at_once(database: FakeOracle) -> None:
    silence = database.faults.add(Fault(Step.EXECUTE, Silence(), user="app"))
    with Sidecar("--max-pools", "1") as sidecar:
        busy = connection(database.dsn(), "app", "app_pw")
        caller = threading.Thread(target=lambda: ask(sidecar, busy))
        caller.start()
        assert silence.hit.wait(10)

        answer = ask(sidecar, connection(database.dsn()))

        assert (answer.status, answer.detail["full_code"]) == (503, "TOO_MANY_POOLS")
        silence.release()
        caller.join()
        assert ask(sidecar, connection(database.dsn())).status == 200


def test_a_pool_s_minimum_is_warmed_after_the_first_success(database: FakeOracle) -> None:
    with Sidecar("--pool-min", "3", "--pool-max", "4") as sidecar:
        assert ask(sidecar, connection(database.dsn())).status == 200

        database.wait_until(lambda c: c.open_sessions == 3)


def test_a_session_limit_leaves_the_open_sessions_in_use(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    assert ask(sidecar, connection(database.dsn())).status == 200
    database.faults.add(Fault(Step.AUTH_TWO, Answer(2391, "limit"), times=None))

    answers = at_once(8, lambda _: ask(sidecar, connection(database.dsn())))

    assert [a.status for a in answers] == [200] * 8
    assert database.counts().logins == 1


def test_everything_is_logged_off_at_exit(database: FakeOracle) -> None:
    with Sidecar(command=PATIENT) as sidecar:
        for user in ("compare", "app"):
            at_once(3, partial(ask_as, sidecar, database, user))

        assert sidecar.terminate() == 0

    counts = database.wait_until(lambda c: c.open_sessions == 0)
    assert counts.logoffs == counts.logins > 0
    assert counts.lost_sessions == 0
    assert counts.commits == 0


def test_an_idle_session_that_died_is_replaced_without_the_caller_noticing(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    assert ask(sidecar, connection(database.dsn())).status == 200
    database.drop_sessions()

    assert ask(sidecar, connection(database.dsn())).status == 200
    assert database.counts().logins == 2
