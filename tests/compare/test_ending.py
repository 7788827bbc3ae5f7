"""How a comparison ends: whatever becomes of a side, both databases and all sessions are let go."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.compare_fields import read_compare
from common.deadline import Deadline
from common.errors import ApiError
from common.settings import Settings
from compare.comparison import Comparison
from oracle.failed_logins import FailedLogins
from oracle_pool import Pools
from query.queries import Queries
from tests.compare.asking import NDJSON, ask, body, refused, stream, told
from tests.fake_oracle import Answer as Ora
from tests.fake_oracle import Close, Delay, FakeOracle, Fault, Reset, Silence, Step
from tests.harness import PATIENCE_SECONDS, PATIENT, Sidecar, connection
from tests.process.probes import wait_until

MANY = "SELECT config_id, config_key, num_value FROM app_config"
KEY = ["CONFIG_ID"]
NUMBERED = "SELECT LEVEL AS n, RPAD('x', 100, 'x') AS text FROM dual CONNECT BY LEVEL <= 20000"


@pytest.fixture
def other() -> Iterator[FakeOracle]:
    """A second database, for the right side."""
    with FakeOracle() as running:
        yield running


@pytest.fixture(scope="module")
def patient() -> Iterator[Sidecar]:
    """It tells who has confirmed that a statement ended, however busy the machine is."""
    with Sidecar(command=PATIENT) as running:
        running.wait_for_driver()
        yield running


def two(database: FakeOracle, other: FakeOracle, **more: Any) -> dict[str, Any]:
    asked = body(database, **{"sql": MANY, "key": KEY, **more})
    asked["right"]["connection"]["connect_string"] = other.dsn("UAT")
    return asked


def has_busy_sessions(sidecar: Sidecar, *databases: FakeOracle) -> bool:
    keys = {f"compare@{one.dsn(service)}" for one in databases for service in ("DEV", "UAT")}
    pools = sidecar.get("/pools").json["pools"]
    return any(pool["busy"] for pool in pools if pool["key"] in keys)


def test_a_side_that_is_refused_is_named_and_tried_once(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    asked = two(database, other)
    asked["right"]["connection"]["password"] = "wrong"

    answer = sidecar.post("/compare", asked)

    detail = refused(answer, 403, "ORA-01017")
    assert detail["side"] == "right"
    assert detail["message"].startswith("UAT: ORA-01017")
    assert other.counts().failed_logins == 1
    assert ask(sidecar, database, sql=MANY, key=KEY).status == 200


def test_one_connection_on_both_sides_with_a_wrong_password_is_tried_once(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    asked = body(database, sql=MANY, key=KEY)
    asked["left"]["connection"]["password"] = "wrong"
    asked["right"]["connection"] = asked["left"]["connection"]

    refused(sidecar.post("/compare", asked), 403, "ORA-01017")

    assert database.counts().failed_logins == 1


@pytest.mark.parametrize("trouble", [Ora(942, "gone"), Close(), Reset()], ids=str)
def test_a_side_that_fails_before_its_rows_ends_the_other(
    patient: Sidecar, database: FakeOracle, other: FakeOracle, trouble: Any
) -> None:
    held = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY"))
    other.faults.add(Fault(Step.EXECUTE, trouble, sql="ORDER BY", times=None))
    # The second description, so that the left side runs first.
    other.faults.add(Fault(Step.EXECUTE, Delay(0.3), skip=1))

    answer = patient.post("/compare", two(database, other))

    assert held.hit.wait(PATIENCE_SECONDS)
    detail = answer.json["detail"]
    assert (answer.status, detail["side"]) in ((400, "right"), (502, "right"))
    # A database whose connection was lost has confirmed nothing.
    assert detail["stopped"] == {"left": True, "right": answer.status == 400}
    database.wait_until(lambda c: c.breaks == 1)


def test_a_side_whose_session_dies_before_its_rows_runs_once_more(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    other.faults.add(Fault(Step.EXECUTE, Close(), sql="ORDER BY"))

    answer = sidecar.post("/compare", two(database, other))

    assert answer.status == 200, answer.body
    assert answer.json["left_rows"] > 2000
    assert other.counts().logins == 2


@pytest.mark.parametrize("trouble", [Ora(1555, "snapshot too old"), Close(), Reset()], ids=str)
def test_a_side_that_fails_amid_its_rows_ends_in_an_error_and_never_in_totals(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle, trouble: Any
) -> None:
    other.faults.add(Fault(Step.FETCH, trouble))

    answer = sidecar.post("/compare", two(database, other), NDJSON)

    end = told(answer.body).end if answer.status == 200 else {"error": answer.json["detail"]}
    assert end["error"]["side"] == "right"
    assert "same" not in end
    wait_until(lambda: not has_busy_sessions(sidecar, database, other), "sessions are left")


def test_a_time_limit_stops_both_databases(
    patient: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    for one in (database, other):
        one.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY"))

    started = time.monotonic()
    answer = patient.post("/compare", two(database, other, timeout_ms=3000))

    detail = refused(answer, 504, "DPY-4024")
    assert time.monotonic() - started < 3 + 10
    assert "side" not in detail
    assert detail["stopped"] == {"left": True, "right": True}
    assert "timeout_ms" in detail["hint"]
    for one in (database, other):
        one.wait_until(lambda c: c.breaks == 1)


def test_a_database_that_ignores_the_break_is_not_said_to_have_stopped(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    deaf = Fault(Step.EXECUTE, Silence(ignore_break=True), sql="ORDER BY")
    other.faults.add(deaf)

    answer = sidecar.post("/compare", two(database, other, timeout_ms=3000))

    assert refused(answer, 504, "DPY-4024")["stopped"] == {"left": True, "right": False}


def test_cancel_stops_both_sides_and_frees_their_sessions(
    patient: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    held = [
        one.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY")) for one in (database, other)
    ]
    answers: list[Any] = []
    asked = two(database, other, query_id="compare-me")
    thread = threading.Thread(target=lambda: answers.append(patient.post("/compare", asked)))
    thread.start()
    for silence in held:
        assert silence.hit.wait(PATIENCE_SECONDS)

    assert patient.post("/cancel", {"query_id": "compare-me"}).json == {"cancelled": True}

    thread.join(PATIENCE_SECONDS)
    detail = refused(answers[0], 409, "ORA-01013")
    assert "side" not in detail
    assert detail["stopped"] == {"left": True, "right": True}
    assert patient.post("/compare", two(database, other)).status == 200


def test_a_caller_that_goes_away_stops_both_databases(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    held = [
        one.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY")) for one in (database, other)
    ]
    content = json.dumps(two(database, other)).encode()
    head = f"POST /compare HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with sidecar.connect() as sock:
        sock.sendall(head.encode() + content)
        for silence in held:
            assert silence.hit.wait(PATIENCE_SECONDS)

    for one in (database, other):
        one.wait_until(lambda c: c.breaks == 1)
    assert sidecar.post("/compare", two(database, other)).status == 200


def test_progress_is_told_while_a_side_is_waited_for(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    held = other.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY"))
    client = sidecar.http()
    asked = json.dumps(two(database, other, progress_ms=50)).encode()
    headers = {"Content-Type": "application/json", **NDJSON}
    client.request("POST", "/compare", asked, headers)
    response = client.getresponse()

    first = json.loads(response.readline())["progress"]

    assert list(first) == [
        *("left_step", "right_step", "left_rows", "right_rows", "equal", "changed"),
        *("left_only", "right_only", "elapsed_ms"),
    ]
    assert held.hit.wait(PATIENCE_SECONDS)
    held.release()
    answer = told(response.read())
    assert answer.end["equal"] > 2000
    client.close()


def test_a_shutdown_ends_a_comparison_with_its_own_word(
    database: FakeOracle, other: FakeOracle
) -> None:
    held = other.faults.add(Fault(Step.EXECUTE, Silence(), sql="ORDER BY"))
    answers: list[Any] = []
    with Sidecar("--drain-timeout", "0.2", command=PATIENT) as sidecar:
        thread = threading.Thread(
            target=lambda: answers.append(sidecar.post("/compare", two(database, other)))
        )
        thread.start()
        assert held.hit.wait(PATIENCE_SECONDS)

        assert sidecar.terminate() == 0

        thread.join(PATIENCE_SECONDS)
    refused(answers[0], 503, "SHUTTING_DOWN")
    for one in (database, other):
        one.wait_until(lambda c: c.open_sessions == 0)


def test_a_pool_of_one_session_is_too_small_for_both_sides(database: FakeOracle) -> None:
    asked = body(database, sql=MANY, key=KEY)
    asked["right"]["connection"] = asked["left"]["connection"]
    with Sidecar("--pool-max", "1") as sidecar:
        refused(sidecar.post("/compare", asked), 400, "POOL_TOO_SMALL")
        assert stream(sidecar, database, sql=MANY, key=KEY).end["equal"] > 2000


def test_fifty_comparisons_over_two_pools_of_two_sessions_all_end(
    database: FakeOracle, other: FakeOracle
) -> None:
    forth = two(database, other)
    back = {**forth, "left": forth["right"], "right": forth["left"]}
    itself = {**forth, "right": forth["left"]}
    asked = [(forth, back, itself)[number % 3] for number in range(50)]
    answers: dict[int, Any] = {}
    with Sidecar("--acquire-timeout", "60") as sidecar:

        def run(number: int) -> None:
            answers[number] = sidecar.post("/compare", {**asked[number], "timeout_ms": 60_000})

        threads = [threading.Thread(target=run, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        # A side's thread may give its session back behind the answer.
        wait_until(lambda: not has_busy_sessions(sidecar, database, other), "sessions are left")
        pools = sidecar.get("/pools").json["pools"]

    assert [answer.status for answer in answers.values()] == [200] * 50
    for number, answer in answers.items():
        same = number % 3 == 2
        assert answer.json["same"] is same, number
        if same:
            assert answer.json["left_rows"] == answer.json["equal"]
    forth_found = answers[0].json
    back_found = answers[1].json
    assert forth_found["left_only"] == back_found["right_only"]
    assert all(pool["opened"] <= 2 for pool in pools)


def test_single_queries_do_not_starve_a_pair(database: FakeOracle) -> None:
    asked = body(database, sql=MANY, key=KEY)
    asked["right"]["connection"] = asked["left"]["connection"]
    query = {"connection": asked["left"]["connection"], "sql": "SELECT 1 FROM dual"}
    is_over = threading.Event()
    with Sidecar() as sidecar:

        def keep_asking() -> None:
            while not is_over.is_set():
                assert sidecar.post("/query", query).status == 200

        threads = [threading.Thread(target=keep_asking) for _ in range(6)]
        for thread in threads:
            thread.start()
        try:
            answer = sidecar.post("/compare", asked)
        finally:
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)

    assert answer.status == 200, answer.body


def test_a_reader_that_pauses_slows_both_sides_and_loses_nothing(
    sidecar: Sidecar, database: FakeOracle, other: FakeOracle
) -> None:
    asked = two(database, other, max_differences=None)
    asked["right"]["sql"] = "SELECT config_id, config_key, num_value + 1 num_value FROM app_config"
    content = json.dumps(asked).encode()
    head = f"POST /compare HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\nAccept: "
    head += f"{NDJSON['Accept']}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    head += f"Content-Length: {len(content)}\r\n\r\n"
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sock.connect((sidecar.host, sidecar.port))
        sock.sendall(head.encode() + content)
        time.sleep(0.5)  # the pause itself
        received = b""
        while piece := sock.recv(65_536):
            received += piece

    assert b'"same":false' in received
    assert received.count(b'{"diff":') > 1000


class InProcess:
    """A comparison of DEV with UAT in this process."""

    def __init__(self, database: FakeOracle, other: FakeOracle) -> None:
        self.pools = Pools(Settings(), FailedLogins(pool_seconds=120))
        self.queries = Queries(self.pools, Settings())
        self._asked = two(database, other, sql=NUMBERED, key=["N"], query_id="this")

    def begin(self, **more: Any) -> Comparison:
        body = {**self._asked, "progress_ms": 0, "timeout_ms": 20_000, **more}
        asked = read_compare(Settings(), body, time.monotonic())
        return Comparison(self.pools, self.queries, asked, Settings())

    @property
    def busy(self) -> list[int]:
        return [pool.busy for pool in self.pools.snapshot()]


@pytest.fixture
def in_process(
    database: FakeOracle, other: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcess]:
    monkeypatch.setattr("query.running.BREAK_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr("compare.comparison.STOP_SECONDS", PATIENCE_SECONDS)
    made = InProcess(database, other)
    yield made
    made.pools.close_all(Deadline.after(5))


@pytest.mark.usefixtures("driver_of_the_product")
@pytest.mark.parametrize(
    "place", ["oracle_pool.Pools.lease_pair", "compare.side.SideQuery.describe"]
)
def test_a_defect_on_a_side_s_thread_ends_the_comparison(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise SystemExit("what PyInstaller's importer raises where its archive is gone")

    monkeypatch.setattr(place, fail)

    with pytest.raises(ApiError) as told_of:
        list(in_process.begin().events())

    assert told_of.value.full_code == "INTERNAL"
    assert not any(in_process.busy)


@pytest.mark.usefixtures("driver_of_the_product")
def test_a_shutdown_amid_a_login_is_said_of_neither_side(
    in_process: InProcess, other: FakeOracle
) -> None:
    login = other.faults.add(Fault(Step.AUTH_TWO, Silence()))

    def shut_down() -> None:
        assert login.hit.wait(PATIENCE_SECONDS)
        in_process.pools.close_all(Deadline.after(0.1))

    threading.Thread(target=shut_down).start()
    with pytest.raises(ApiError) as told_of:
        list(in_process.begin().events())

    assert (told_of.value.full_code, told_of.value.side) == ("SHUTTING_DOWN", None)
    assert told_of.value.message == "the sidecar is shutting down"


@pytest.mark.usefixtures("driver_of_the_product", "always_ahead")
def test_a_side_that_fails_while_its_next_rows_do_not_come_says_why(
    in_process: InProcess, other: FakeOracle
) -> None:
    other.faults.add(Fault(Step.FETCH, Silence(), skip=2, times=None))
    unordered = NUMBERED.replace("LEVEL AS n", "DECODE(LEVEL, 3000, 1, LEVEL) AS n")
    right = {"connection": connection(other.dsn()), "sql": unordered}

    with pytest.raises(ApiError) as told_of:
        list(in_process.begin(right=right, order="given").events())

    assert (told_of.value.full_code, told_of.value.side) == ("NOT_ORDERED", "right")


@pytest.mark.usefixtures("driver_of_the_product", "always_ahead")
def test_a_side_that_waits_for_room_is_stopped_though_its_next_rows_are_on_their_way(
    in_process: InProcess, database: FakeOracle, other: FakeOracle
) -> None:
    # The first rows are merged, two batches wait, one has no room.
    beyond = Fault(Step.FETCH, Silence(), skip=3)
    held = [one.faults.add(beyond) for one in (database, other)]
    comparison = in_process.begin()
    events = comparison.events()
    next(events)
    assert all(one.hit.wait(PATIENCE_SECONDS) for one in held)

    assert in_process.queries.cancel("this")

    with pytest.raises(ApiError) as told_of:
        next(events)
    assert told_of.value.full_code == "ORA-01013"
    assert told_of.value.stopped == {"left": True, "right": True}
    assert comparison.counts.left_rows == 100
    assert in_process.busy == [0, 0]
