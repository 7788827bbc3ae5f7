"""Rows on their way: framing, memory, failures in the middle, cancelling, time limits, retries."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fake_oracle import Answer as Ora
from tests.fake_oracle import Close, Delay, FakeOracle, Fault, Reset, Silence, Step
from tests.fake_oracle.kinds.model import Column, ColumnType, Kind, Vector
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import PATIENCE_SECONDS, Answer, Sidecar, connection

MANY = "SELECT LEVEL AS n, RPAD('x', 100, 'x') AS text FROM dual CONNECT BY LEVEL <= 20000"
NDJSON = {"Accept": "application/x-ndjson"}


def ask(
    sidecar: Sidecar,
    database: FakeOracle,
    sql: str = "SELECT 1 FROM dual",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    body = {"connection": connection(database.dsn()), "sql": sql, **more}
    return sidecar.post("/query", body, headers)


def open_query(
    sidecar: Sidecar, database: FakeOracle, sql: str, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """A query for all rows whose answer has begun; the caller reads it and closes both."""
    client = sidecar.http()
    body = {"connection": connection(database.dsn()), "sql": sql, "max_rows": None}
    client.request(
        "POST",
        "/query",
        json.dumps(body),
        {"Content-Type": "application/json", **(headers or {})},
    )
    return client, client.getresponse()


def nothing_is_left(sidecar: Sidecar, database: FakeOracle) -> bool:
    """No lease is out, and the next query runs."""
    assert ask(sidecar, database).status == 200
    pools = sidecar.get("/pools").json["pools"]
    return all(pool["busy"] == 0 for pool in pools if database.dsn() in pool["key"])


def in_background(call: Any) -> tuple[threading.Thread, list[Answer]]:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_a_small_answer_has_its_length(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(sidecar, database)

    assert int(answer.headers["content-length"]) == len(answer.body)
    assert "transfer-encoding" not in answer.headers


def test_a_large_answer_is_chunked_and_whole(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(sidecar, database, MANY, max_rows=None)

    assert answer.headers["transfer-encoding"] == "chunked"
    assert [row[0] for row in answer.json["rows"]] == list(range(1, 20001))
    assert answer.json["row_count"] == 20000
    assert answer.json["truncated"] is False
    assert nothing_is_left(sidecar, database)


def test_ndjson_is_a_line_of_columns_a_line_a_row_and_a_line_of_totals(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    answer = ask(sidecar, database, MANY, NDJSON, max_rows=5000)

    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    first, *rows, last = [json.loads(line) for line in answer.body.splitlines()]
    assert first == {"columns": ["N", "TEXT"], "column_types": ["NUMBER", first["column_types"][1]]}
    assert [row[0] for row in rows] == list(range(1, 5001))
    assert list(last) == ["row_count", "truncated", "execution_time_ms"]
    assert (last["row_count"], last["truncated"]) == (5000, True)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c"])
@pytest.mark.parametrize("path", ["/query", "/query-dict"])
def test_what_ends_a_line_for_some_readers_is_escaped_in_ndjson(
    sidecar: Sidecar, database: FakeOracle, end: str, path: str
) -> None:
    text = f"é{end}Müller"
    sql = f"SELECT '{text}' AS t, 1/:n AS \"{text}\" FROM dual"
    body = {"connection": connection(database.dsn()), "sql": sql, "binds": [1]}

    lines = sidecar.post(path, body, NDJSON).body.decode().splitlines()

    head, row, totals = [json.loads(line) for line in lines]
    assert head["columns"] == ["T", text]
    assert row == ([text, 1] if path == "/query" else {"T": text, text: 1})
    assert totals["row_count"] == 1


def test_ndjson_without_rows_has_its_two_lines(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(sidecar, database, "SELECT 1 AS a FROM dual WHERE 1 = 0", NDJSON)

    first, last = [json.loads(line) for line in answer.body.splitlines()]
    assert (first["columns"], last["row_count"]) == (["A"], 0)


def test_a_small_result_is_one_round_trip(sidecar: Sidecar, database: FakeOracle) -> None:
    sql = "SELECT config_id FROM app_config WHERE config_id <= 50"

    assert ask(sidecar, database, sql).json["row_count"] == 50

    assert database.counts().fetches == 0


@pytest.mark.parametrize(("before", "fetches"), [(500, 0), (10, 1)], ids=["many", "a few"])
def test_a_statement_that_runs_again_brings_along_what_it_may_be_expected_to(
    sidecar: Sidecar, database: FakeOracle, before: int, fetches: int
) -> None:
    def rows(count: int) -> int:
        sql = "SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= :n"
        answer = ask(sidecar, database, sql, binds=[count])
        return int(answer.json["row_count"])

    assert rows(before) == before
    fetched = database.counts().fetches

    assert rows(500) == 500

    assert database.counts().fetches == fetched + fetches


def test_the_first_rows_leave_before_the_last_are_fetched(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    held = database.faults.add(Fault(Step.FETCH, Silence(), skip=1))
    client, response = open_query(sidecar, database, MANY, NDJSON)

    lines = [response.readline() for _ in range(50)]

    assert len(json.loads(lines[-1])) == 2
    held.release()
    assert response.read().splitlines()[-1].startswith(b'{"row_count":20000')
    client.close()


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Ora(1555, "snapshot too old"), "ORA-01555"), (Close(), "DPY-4011"), (Reset(), "DPY-4011")],
    ids=["error", "close", "reset"],
)
def test_a_failure_after_the_first_rows_cuts_json_off_before_its_end(
    sidecar: Sidecar, database: FakeOracle, trouble: Any, code: str
) -> None:
    database.faults.add(Fault(Step.FETCH, trouble, skip=2))
    client, response = open_query(sidecar, database, MANY)

    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()

    client.close()
    assert code in sidecar.wait_for_log(f"failed after its first rows: {code}")
    assert nothing_is_left(sidecar, database)


def test_a_failure_after_the_first_rows_ends_ndjson_with_an_error_line(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.FETCH, Ora(1555, "snapshot too old"), skip=2))

    answer = ask(sidecar, database, MANY, NDJSON, max_rows=None)

    last = json.loads(answer.body.splitlines()[-1])
    assert list(last) == ["error"]
    assert last["error"]["full_code"] == "ORA-01555"
    assert nothing_is_left(sidecar, database)


SMALL = "SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= 1500"


@pytest.mark.parametrize("headers", [None, NDJSON], ids=["JSON", "NDJSON"])
@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [(Ora(1722, "invalid number"), 400, "ORA-01722"), (Close(), 502, "DPY-4011")],
    ids=["error", "close"],
)
def test_a_failure_within_the_first_64_kib_has_its_status(
    sidecar: Sidecar,
    database: FakeOracle,
    headers: dict[str, str] | None,
    trouble: Any,
    status: int,
    code: str,
) -> None:
    failing = database.faults.add(Fault(Step.FETCH, trouble, times=None))

    answer = ask(sidecar, database, SMALL, headers, max_rows=None)

    assert failing.hit.is_set()
    assert (answer.status, answer.detail["full_code"]) == (status, code)
    assert nothing_is_left(sidecar, database)


@pytest.mark.parametrize("progress_ms", [0, 60_000], ids=["", "progress"])
@pytest.mark.parametrize("headers", [None, NDJSON], ids=["JSON", "NDJSON"])
@pytest.mark.parametrize("trouble", [Close(), Reset()], ids=repr)
def test_a_read_whose_session_ends_within_the_first_64_kib_is_run_once_more(
    sidecar: Sidecar,
    database: FakeOracle,
    headers: dict[str, str] | None,
    trouble: Any,
    progress_ms: int,
) -> None:
    failing = database.faults.add(Fault(Step.FETCH, trouble))

    answer = ask(sidecar, database, SMALL, headers, max_rows=None, progress_ms=progress_ms)

    assert failing.hit.is_set()
    assert answer.status == 200
    if headers is None:
        rows = answer.json["rows"]
    else:
        _, *rows, _ = [json.loads(line) for line in answer.body.splitlines()]
    assert rows == [[number] for number in range(1, 1501)]
    assert "rows=1500" in sidecar.wait_for_log("rows=1500")
    assert nothing_is_left(sidecar, database)


def test_a_read_that_was_run_again_before_its_first_rows_is_not_run_a_third_time(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Close(), sql="1500"))
    database.faults.add(Fault(Step.FETCH, Close()))

    answer = ask(sidecar, database, SMALL, max_rows=None)

    assert (answer.status, answer.detail["full_code"]) == (502, "DPY-4011")
    assert nothing_is_left(sidecar, database)


@pytest.mark.parametrize("progress_ms", [0, 60_000], ids=["", "progress"])
def test_a_read_is_run_once_more_however_its_second_run_ends(
    sidecar: Sidecar, database: FakeOracle, progress_ms: int
) -> None:
    database.faults.add(Fault(Step.FETCH, Close()))
    database.faults.add(Fault(Step.EXECUTE, Close(), sql="1500", skip=1, times=None))

    answer = ask(sidecar, database, SMALL, NDJSON, max_rows=None, progress_ms=progress_ms)

    assert (answer.status, answer.detail["full_code"]) == (502, "DPY-4011")
    assert database.counts().logins == 2
    assert nothing_is_left(sidecar, database)


def test_progress_tells_no_rows_of_the_run_that_failed(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.FETCH, Close()))
    again = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="1500", skip=1))
    body = {"connection": connection(database.dsn()), "sql": SMALL, "max_rows": None}
    client = sidecar.http()
    headers = {"Content-Type": "application/json", **NDJSON}
    client.request("POST", "/query", json.dumps({**body, "progress_ms": 3000}), headers)
    response = client.getresponse()
    assert again.hit.wait(10)

    said = json.loads(response.readline())
    again.release()

    assert said["progress"]["rows"] == 0
    assert response.read().splitlines()[-1].startswith(b'{"row_count":1500')
    client.close()


@pytest.mark.parametrize("step", [Step.AUTH_TWO, Step.EXECUTE])
def test_a_read_that_runs_again_can_be_cancelled(
    sidecar: Sidecar, database: FakeOracle, step: Step
) -> None:
    database.faults.add(Fault(Step.FETCH, Close()))
    again = database.faults.add(Fault(step, Silence(), skip=1))
    caller, answers = in_background(
        lambda: ask(sidecar, database, SMALL, max_rows=None, query_id="again")
    )
    assert again.hit.wait(10)

    assert sidecar.post("/cancel", {"query_id": "again"}).json == {"cancelled": True}

    caller.join(5)
    assert (answers[0].status, answers[0].detail["full_code"]) == (409, "ORA-01013")
    again.release()
    assert nothing_is_left(sidecar, database)


def test_a_read_of_a_batch_is_run_once_more_however_much_of_it_there_was(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.FETCH, Close(), skip=2))
    query = {"connection": connection(database.dsn()), "sql": MANY, "max_rows": 20_000}

    answer = sidecar.post("/query-batch", {"queries": [query]})

    (result,) = answer.json["results"]
    assert [row[0] for row in result["rows"]] == list(range(1, 20_001))
    assert nothing_is_left(sidecar, database)


@pytest.mark.parametrize("headers", [None, NDJSON], ids=["JSON", "NDJSON"])
def test_an_answer_that_ends_within_the_first_64_kib_has_its_length(
    sidecar: Sidecar, database: FakeOracle, headers: dict[str, str] | None
) -> None:
    answer = ask(sidecar, database, SMALL, headers, max_rows=None)

    assert database.counts().fetches > 0
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert b"[1500]" in answer.body


def test_a_failure_before_the_first_row_has_its_status(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Ora(1555, "snapshot too old")))

    assert ask(sidecar, database, MANY, NDJSON).status == 503


def test_cancel_stops_the_query_in_the_database_and_frees_its_session(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    running = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    caller, answers = in_background(
        lambda: ask(sidecar, database, "SELECT 'slow' FROM dual", query_id="q1")
    )
    assert running.hit.wait(10)

    assert sidecar.post("/cancel", {"query_id": "q1"}).json == {"cancelled": True}

    caller.join(5)
    assert (answers[0].status, answers[0].detail["full_code"]) == (409, "ORA-01013")
    database.wait_until(lambda c: c.breaks == 1)
    assert nothing_is_left(sidecar, database)
    assert sidecar.post("/cancel", {"query_id": "q1"}).json == {"cancelled": False}


def test_cancel_stops_a_query_that_computes(sidecar: Sidecar, database: FakeOracle) -> None:
    endless = "SELECT COUNT(*) FROM dual CONNECT BY LEVEL <= 1000000000"
    caller, answers = in_background(lambda: ask(sidecar, database, endless, query_id="q2"))
    database.wait_until(lambda c: c.statements == 1)

    started = time.monotonic()
    assert sidecar.post("/cancel", {"query_id": "q2"}).json == {"cancelled": True}
    caller.join(10)

    assert answers[0].status == 409
    assert time.monotonic() - started < 3
    assert nothing_is_left(sidecar, database)


def test_cancel_reaches_a_query_that_waits_for_a_session(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    login = database.faults.add(Fault(Step.AUTH_TWO, Silence()))
    caller, answers = in_background(lambda: ask(sidecar, database, query_id="q3"))
    assert login.hit.wait(10)

    assert sidecar.post("/cancel", {"query_id": "q3"}).json == {"cancelled": True}

    caller.join(5)
    assert answers[0].status == 409
    login.release()
    assert nothing_is_left(sidecar, database)


def test_cancel_of_nothing_is_false(sidecar: Sidecar) -> None:
    assert sidecar.post("/cancel", {"query_id": "no such"}).json == {"cancelled": False}
    assert sidecar.post("/cancel", {}).status == 422


def test_a_cancelled_stream_is_cut_off(sidecar: Sidecar, database: FakeOracle) -> None:
    held = database.faults.add(Fault(Step.FETCH, Silence(), skip=1))
    body = {
        "connection": connection(database.dsn()),
        "sql": MANY,
        "max_rows": None,
        "query_id": "q4",
    }
    client = sidecar.http()
    client.request("POST", "/query", json.dumps(body), {"Content-Type": "application/json"})
    response = client.getresponse()
    assert held.hit.wait(10)

    assert sidecar.post("/cancel", {"query_id": "q4"}).json == {"cancelled": True}

    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    client.close()
    assert nothing_is_left(sidecar, database)


def test_a_cancel_that_the_database_ignores_ends_all_the_same(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    deaf = database.faults.add(Fault(Step.EXECUTE, Silence(ignore_break=True), sql="deaf"))
    caller, answers = in_background(
        lambda: ask(sidecar, database, "SELECT 'deaf' FROM dual", query_id="q5")
    )
    assert deaf.hit.wait(10)

    sidecar.post("/cancel", {"query_id": "q5"})

    caller.join(5)
    assert answers[0].status == 409
    assert nothing_is_left(sidecar, database)


def test_a_cancel_beside_a_connection_that_is_lost_leaves_the_process_alive(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    for number in range(20):
        held = database.faults.add(Fault(Step.EXECUTE, Silence(), sql=f"lost {number}"))
        sql = f"SELECT 'lost {number}' FROM dual"
        caller, answers = in_background(
            lambda sql=sql: ask(sidecar, database, sql, query_id="lost")
        )
        assert held.hit.wait(10)
        dropper = threading.Thread(target=database.drop_sessions)
        dropper.start()
        sidecar.post("/cancel", {"query_id": "lost"})
        dropper.join()
        caller.join(10)
        assert answers[0].status in (409, 502, 200)

    assert sidecar.process.poll() is None
    assert nothing_is_left(sidecar, database)


@pytest.mark.parametrize("ignore_break", [False, True], ids=["break answered", "break ignored"])
def test_timeout_ms_limits_the_whole_query(
    sidecar: Sidecar, database: FakeOracle, ignore_break: bool
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(ignore_break=ignore_break), sql="slow"))
    started = time.monotonic()

    answer = ask(sidecar, database, "SELECT 'slow' FROM dual", timeout_ms=300)

    assert (answer.status, answer.detail["full_code"]) == (504, "DPY-4024")
    assert 0.3 <= time.monotonic() - started < 4
    assert nothing_is_left(sidecar, database)


def test_timeout_ms_is_not_per_round_trip(sidecar: Sidecar, database: FakeOracle) -> None:
    database.faults.add(Fault(Step.FETCH, Delay(0.3), times=None))
    started = time.monotonic()

    answer = ask(sidecar, database, MANY, NDJSON, max_rows=None, timeout_ms=500)

    last = json.loads(answer.body.splitlines()[-1])
    # A status, where a busy machine had not sent any rows by then.
    assert last["error" if answer.status == 200 else "detail"]["full_code"] == "DPY-4024"
    assert time.monotonic() - started < 3
    assert nothing_is_left(sidecar, database)


def test_timeout_ms_includes_the_login(sidecar: Sidecar, database: FakeOracle) -> None:
    login = database.faults.add(Fault(Step.AUTH_TWO, Silence()))

    answer = ask(sidecar, database, timeout_ms=200)

    assert (answer.status, answer.detail["full_code"]) == (504, "DPY-4024")
    login.release()
    assert nothing_is_left(sidecar, database)


def test_the_query_timeout_setting_limits_queries_that_name_none(database: FakeOracle) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    with Sidecar("--query-timeout", "0.3") as sidecar:
        # The wait for a first login counts, too.
        assert ask(sidecar, database, "SELECT 1 FROM dual", timeout_ms=20_000).status == 200
        answer = ask(sidecar, database, "SELECT 'slow' FROM dual")

    assert (answer.status, answer.detail["full_code"]) == (504, "DPY-4024")


def raw_query(sidecar: Sidecar, database: FakeOracle, path: str, sql: str) -> socket.socket:
    query = {"connection": connection(database.dsn()), "sql": sql}
    body = json.dumps({"queries": [query]} if path == "/query-batch" else query).encode()
    sock = sidecar.connect()
    sock.sendall(
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (path.encode(), sidecar.port, len(body), body)
    )
    return sock


@pytest.mark.parametrize("path", ["/query", "/query-dict", "/query-batch"])
def test_a_caller_who_hangs_up_stops_his_query_in_the_database(
    sidecar: Sidecar, database: FakeOracle, path: str
) -> None:
    running = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    sock = raw_query(sidecar, database, path, "SELECT 'slow' FROM dual")
    assert running.hit.wait(10)

    sock.close()

    database.wait_until(lambda c: c.breaks == 1, PATIENCE_SECONDS)  # its own limit is longer
    assert nothing_is_left(sidecar, database)


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="only Linux tells it")
def test_a_caller_who_hangs_up_is_missed_behind_a_request_that_nobody_read(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    running = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    sock = raw_query(sidecar, database, "/query", "SELECT 'slow' FROM dual")
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % sidecar.port)
    assert running.hit.wait(10)

    sock.close()

    database.wait_until(lambda c: c.breaks == 1, 5)
    assert nothing_is_left(sidecar, database)


def test_a_caller_who_leaves_in_the_middle_of_an_answer_frees_the_session(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    client, response = open_query(sidecar, database, MANY.replace("20000", "5000000"))
    response.read(1000)

    client.close()
    response.close()

    give_up = time.monotonic() + 5
    while not nothing_is_left(sidecar, database):
        assert time.monotonic() < give_up
        time.sleep(0.05)  # the session's return has no sign but /pools


@pytest.fixture(params=["restart", "kill", "idle kill", "drop"])
def lose_sessions(request: pytest.FixtureRequest, database: FakeOracle) -> Any:
    return {
        "restart": database.restart,
        "kill": lambda: database.kill_sessions(28),
        "idle kill": lambda: database.kill_sessions(2396),
        "drop": database.drop_sessions,
    }[request.param]


def test_a_read_on_a_dead_session_is_run_again_on_a_fresh_one(
    sidecar: Sidecar, database: FakeOracle, lose_sessions: Any
) -> None:
    assert ask(sidecar, database).status == 200

    lose_sessions()

    assert ask(sidecar, database).json["rows"] == [[1]]
    assert database.counts().logins == 2


def test_a_read_is_run_again_once_only(sidecar: Sidecar, database: FakeOracle) -> None:
    assert ask(sidecar, database).status == 200
    database.faults.add(Fault(Step.EXECUTE, Ora(3113, "end of file"), times=None))

    answer = ask(sidecar, database)

    assert (answer.status, answer.detail["full_code"]) == (502, "ORA-03113")
    assert database.counts().logins == 2


@contextmanager
def all_loaded() -> Iterator[Sidecar]:
    """One that imports nothing any more: what it needs besides is for its queries."""
    with Sidecar("--log-level", "debug") as sidecar:
        sidecar.wait_for_log("all is loaded")
        yield sidecar


def test_memory_does_not_grow_with_the_result(database: FakeOracle) -> None:
    with all_loaded() as sidecar:
        ask(sidecar, database, MANY, max_rows=None)
        before = resident_kib(sidecar.process.pid)
        client, response = open_query(sidecar, database, MANY.replace("20000", "200000"))
        size = 0
        while piece := response.read(65536):
            size += len(piece)
        client.close()
        grown = resident_kib(sidecar.process.pid) - before

    assert size > 20_000_000
    assert grown < 16_000


@pytest.mark.parametrize("kind", [Kind.VECTOR, Kind.JSON])
def test_memory_does_not_grow_with_values_that_are_large(kind: Kind) -> None:
    vector = Vector("float64", tuple(n / 7 for n in range(4000)), 4000)
    value = vector if kind is Kind.VECTOR else {f"key {n}": "x" * 1000 for n in range(64)}
    column = [Column("V", ColumnType(kind))]
    tables = {"few": Table(column, [[value]] * 3), "many": Table(column, [[value]] * 500)}
    with FakeOracle({"DEV": TinyEngine(tables)}) as database, all_loaded() as sidecar:
        assert ask(sidecar, database, "select * from few").status == 200
        before = resident_kib(sidecar.process.pid)
        client, response = open_query(sidecar, database, "select * from many")
        size = 0
        while piece := response.read(65536):
            size += len(piece)
        client.close()
        grown = resident_kib(sidecar.process.pid) - before

    assert size > 30_000_000
    assert grown < 16_000


def resident_kib(pid: int) -> int:
    """The most memory the process ever had."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except FileNotFoundError:
        pytest.skip("this platform does not tell a process's memory in /proc")


def fetches_of(sidecar: Sidecar, database: FakeOracle, sql: str) -> int:
    """How many round trips the rows of a statement take beyond its execution."""
    before = database.counts().fetches
    answer = sidecar.post("/query", {"connection": connection(database.dsn()), "sql": sql})
    assert (answer.status, answer.json["row_count"]) == (200, 1000), answer.body
    return database.counts().fetches - before


def test_a_statement_that_runs_again_brings_as_many_rows_as_are_usual_at_once(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT LEVEL AS n, 'text' AS t FROM dual CONNECT BY LEVEL <= 1200"

    assert [fetches_of(sidecar, database, sql) for _ in range(3)] == [1, 0, 0]


def test_rows_that_may_be_wide_do_not_all_come_at_once(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    wide = ", ".join(f"CAST('x' AS VARCHAR2(4000)) AS c{i}" for i in range(20))
    sql = f"SELECT {wide} FROM dual CONNECT BY LEVEL <= 1200"

    assert fetches_of(sidecar, database, sql) == fetches_of(sidecar, database, sql) > 0
