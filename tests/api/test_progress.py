"""Lines of progress: what a caller hears while its query waits, and how such an answer ends."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from api.answers import RowForm, encode_ndjson
from api.progress import ProgressBody
from common.deadline import Deadline
from common.errors import ApiError
from common.logs import Secret
from common.settings import Settings
from oracle.failed_logins import FailedLogins
from oracle.target import Target
from oracle_pool import Pools
from query.queries import Queries
from sql.statement import Statement
from tests.fake_oracle import Answer as Ora
from tests.fake_oracle import Close, FakeOracle, Fault, Silence, Step
from tests.harness import PATIENT, Sidecar, connection

NDJSON = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}
MANY = "SELECT LEVEL AS n, RPAD('x', 100, 'x') AS text FROM dual CONNECT BY LEVEL <= 20000"
SLOW = "SELECT 'slow' AS s FROM dual"


@contextmanager
def asking(
    sidecar: Sidecar, database: FakeOracle, sql: str = SLOW, **more: Any
) -> Iterator[http.client.HTTPResponse]:
    """The beginning of an answer to a query with progress; the caller reads it."""
    query = {"connection": connection(database.dsn()), "sql": sql, "max_rows": None}
    client = sidecar.http()
    client.request("POST", "/query", json.dumps({**query, "progress_ms": 50, **more}), NDJSON)
    response = client.getresponse()
    try:
        yield response
    finally:
        response.close()
        client.close()


def lines(response: http.client.HTTPResponse) -> list[Any]:
    return [json.loads(line) for line in response.read().splitlines()]


def without_progress(found: list[Any]) -> list[Any]:
    return [line for line in found if not (isinstance(line, dict) and "progress" in line)]


def nothing_is_left(sidecar: Sidecar, database: FakeOracle) -> None:
    """No lease is out, in a moment: a query that is stopped ends behind its answer."""
    give_up = time.monotonic() + 10
    while any(
        pool["busy"]
        for pool in sidecar.get("/pools").json["pools"]
        if database.dsn() in pool["key"]
    ):
        assert time.monotonic() < give_up
        time.sleep(0.02)  # the session's return has no sign but /pools


@pytest.mark.parametrize("step", [Step.AUTH_TWO, Step.EXECUTE])
def test_a_query_that_waits_says_so_from_its_arrival_on(
    sidecar: Sidecar, database: FakeOracle, step: Step
) -> None:
    held = database.faults.add(Fault(step, Silence()))
    with asking(sidecar, database) as response:
        said = [json.loads(response.readline())["progress"] for _ in range(3)]

        held.release()
        rest = without_progress(lines(response))

    assert response.status == 200
    assert response.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert [list(line) for line in said] == [["rows", "elapsed_ms"]] * 3
    assert [line["rows"] for line in said] == [0, 0, 0]
    elapsed = [line["elapsed_ms"] for line in said]
    assert elapsed[0] >= 50
    assert all(later - sooner >= 49 for sooner, later in pairwise(elapsed))
    assert rest[:2] == [{"columns": ["S"], "column_types": rest[0]["column_types"]}, ["slow"]]
    assert rest[-1]["row_count"] == 1
    nothing_is_left(sidecar, database)


def test_rows_that_are_not_enough_to_leave_go_with_the_first_progress(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = MANY.replace("20000", "1500").replace("100, 'x'", "10, 'x'")
    held = database.faults.add(Fault(Step.FETCH, Silence()))
    # The first rows are there by then, on a busy machine, too.
    with asking(sidecar, database, sql, progress_ms=2000) as response:
        found: list[Any] = []
        while not (found and isinstance(found[-1], dict) and "progress" in found[-1]):
            found.append(json.loads(response.readline()))
        held.release()
        rows = [line for line in [*found, *lines(response)] if isinstance(line, list)]

    assert 0 < found[-1]["progress"]["rows"] == len(found) - 2 < 1500
    assert [row[0] for row in rows] == list(range(1, 1501))


@pytest.mark.parametrize(
    ("trouble", "full_code"),
    [
        (Fault(Step.EXECUTE, Ora(942, "no such table"), sql="slow"), "ORA-00942"),
        (Fault(Step.AUTH_TWO, Ora(1017, "denied")), "ORA-01017"),
    ],
    ids=["statement", "login"],
)
def test_a_failure_before_the_first_progress_has_its_status(
    sidecar: Sidecar, database: FakeOracle, trouble: Fault, full_code: str
) -> None:
    database.faults.add(trouble)
    with asking(sidecar, database, progress_ms=60_000) as response:
        detail = json.loads(response.read())["detail"]
    assert (response.status, detail["full_code"]) == (400 if "942" in full_code else 403, full_code)


def test_a_failure_after_the_first_progress_is_the_error_line(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    with asking(sidecar, database, timeout_ms=300) as response:
        (*said, last) = lines(response)

    assert response.status == 200
    assert said
    assert without_progress(said) == []
    assert last["error"]["full_code"] == "DPY-4024"
    nothing_is_left(sidecar, database)


def test_a_failure_amid_the_rows_is_the_error_line(sidecar: Sidecar, database: FakeOracle) -> None:
    database.faults.add(Fault(Step.FETCH, Ora(1555, "snapshot too old"), skip=2))
    with asking(sidecar, database, MANY) as response:
        last = lines(response)[-1]
    assert last["error"]["full_code"] == "ORA-01555"
    nothing_is_left(sidecar, database)


def no_thread(*_: object) -> None:
    raise ApiError(503, "TOO_MANY_REQUESTS", "no thread")


@pytest.mark.usefixtures("driver_of_the_product")
@pytest.mark.parametrize("has_thread", [True, False], ids=["sent", "no thread"])
def test_a_session_that_ends_leaves_no_query_behind_where_none_begins_again(
    database: FakeOracle, monkeypatch: pytest.MonkeyPatch, has_thread: bool
) -> None:
    database.faults.add(Fault(Step.FETCH, Close()))
    pools = Pools(Settings(), FailedLogins(pool_seconds=120))
    queries = Queries(pools, Settings())
    target = Target(database.dsn(), "compare", Secret("compare_pw"))
    statement = Statement.make(MANY, False)
    body = ProgressBody(
        lambda _: encode_ndjson(queries.run(target, statement, Deadline.after(30)), RowForm.ARRAYS),
        line=lambda _: b"progress",
        last_words=lambda _: b"error",
        seconds=60,
        since=time.monotonic(),
    )
    body.start()
    with pytest.raises(ApiError) as ended:
        list(body)
    if not has_thread:
        monkeypatch.setattr("api.progress.start_thread", no_thread)
        body._has_left = False
        with pytest.raises(ApiError, match="no thread"):
            body.begins_again(ended.value)

    body.close()

    assert not queries._running
    pools.close_all(Deadline.after(5))


def test_a_quick_answer_has_its_length_and_no_progress(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    with asking(sidecar, database, progress_ms=60_000) as response:
        found = lines(response)
    assert response.headers["Content-Length"]
    assert without_progress(found) == found
    nothing_is_left(sidecar, database)


def test_a_large_answer_with_progress_is_whole(sidecar: Sidecar, database: FakeOracle) -> None:
    with asking(sidecar, database, MANY, progress_ms=1) as response:
        _, *rows, last = without_progress(lines(response))
    assert [row[0] for row in rows] == list(range(1, 20001))
    assert last["row_count"] == 20000
    assert "rows=20000" in sidecar.wait_for_log("rows=20000")
    nothing_is_left(sidecar, database)


class SlowlyClosed:
    """An answer of two pieces, which takes its time to close what it was made of."""

    row_count = 1
    is_due = is_wanted_back = is_over = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"rows"
        self.is_over = True
        yield b"end"

    def may_begin_again(self, error: ApiError) -> bool:
        return False

    begins_again = may_begin_again

    def last_words(self, error: ApiError) -> bytes:
        return b"error"

    def close(self) -> None:
        time.sleep(0.1)


def test_no_progress_is_told_behind_the_end() -> None:
    body = ProgressBody(
        lambda _: SlowlyClosed(),
        line=lambda _: b"progress",
        last_words=lambda _: b"error",
        seconds=0.001,
        since=0.0,
    )
    body.start()

    pieces = list(body)

    assert [piece for piece in pieces if piece != b"progress"] == [b"rows", b"end"]
    assert pieces[-1] == b"end"


@pytest.mark.parametrize("sql", [SLOW, MANY.replace("20000", "800")], ids=["small", "large"])
def test_answers_on_one_connection_end_where_they_say_so(
    sidecar: Sidecar, database: FakeOracle, sql: str
) -> None:
    query = {"connection": connection(database.dsn()), "sql": sql, "progress_ms": 1}
    client = sidecar.http()
    for _ in range(200):
        client.request("POST", "/query", json.dumps(query), NDJSON)
        assert "row_count" in lines(client.getresponse())[-1]
    client.close()


def test_json_has_no_place_for_progress(sidecar: Sidecar, database: FakeOracle) -> None:
    query = {"connection": connection(database.dsn()), "sql": SLOW, "progress_ms": 1}
    held = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    threading.Timer(0.2, held.release).start()
    answer = sidecar.post("/query", query)
    assert answer.json["rows"] == [["slow"]]
    assert answer.headers["content-length"]


def test_a_cancelled_query_with_progress_ends_with_its_error(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    with asking(sidecar, database, query_id="progress") as response:
        response.readline()
        assert sidecar.post("/cancel", {"query_id": "progress"}).json == {"cancelled": True}
        assert lines(response)[-1]["error"]["full_code"] == "ORA-01013"
    nothing_is_left(sidecar, database)


@pytest.mark.parametrize("step", [Step.EXECUTE, Step.FETCH])
def test_a_caller_who_leaves_between_two_lines_stops_its_query(
    sidecar: Sidecar, database: FakeOracle, step: Step
) -> None:
    held = database.faults.add(Fault(step, Silence(), sql="level"))
    with asking(sidecar, database, MANY) as response:
        response.readline()
        assert held.hit.wait(10)
    database.wait_until(lambda counts: counts.breaks == 1, 5)
    nothing_is_left(sidecar, database)


def test_a_drain_stops_a_query_with_progress(database: FakeOracle) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    with (
        Sidecar("--drain-timeout", "0.2", command=PATIENT) as sidecar,
        asking(sidecar, database) as response,
    ):
        response.readline()
        assert sidecar.terminate() == 0
        assert lines(response)[-1]["error"]["full_code"] == "SHUTTING_DOWN"
