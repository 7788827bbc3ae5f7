"""/query-batch: answers in order, failures in their places, nobody held up by somebody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from api.batch import read_batch, side_by_side
from api.request_fields import QueryRequest
from common.errors import ApiError
from common.settings import Settings
from tests.fake_oracle import Answer, FakeOracle, Fault, Silence, Step
from tests.harness import Sidecar, connection
from tests.witness import CONNECT_SECONDS

SQL = "SELECT 1 AS n FROM dual"


def run(sidecar: Sidecar, queries: Sequence[object]) -> Any:
    answer = sidecar.post("/query-batch", {"queries": queries})
    assert answer.status == 200, answer.body
    return answer.json["results"]


def test_a_batch_answers_in_order_and_isolates_failures(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    conn = connection(database.dsn())
    queries: list[dict[str, object]] = [
        {"connection": conn, "sql": "SELECT 1 AS n FROM dual"},
        {"connection": conn, "sql": "SELECT * FROM no_such_table"},
        {"connection": connection(database.dsn("UAT")), "sql": "SELECT 3 AS n FROM dual"},
    ]

    results = sidecar.post("/query-batch", {"queries": queries}).json["results"]

    assert results[0]["rows"] == [[1]]
    assert list(results[1]) == ["error", "detail"]
    assert results[1]["detail"]["full_code"] == "ORA-00942"
    assert results[1]["error"] == results[1]["detail"]["message"]
    assert results[2]["rows"] == [[3]]


@pytest.mark.parametrize("queries", [[], None, "x", [1], [None], [{}] * 33])
def test_a_batch_must_be_one_to_thirty_two_queries(sidecar: Sidecar, queries: object) -> None:
    answer = sidecar.post("/query-batch", {"queries": queries})

    assert (answer.status, answer.detail["full_code"]) == (422, "BAD_FIELD")
    assert answer.detail["message"].startswith("queries")


@pytest.mark.parametrize("max_rows", [0, None, 100_001])
def test_a_query_of_a_batch_must_limit_its_rows(
    sidecar: Sidecar, database: FakeOracle, max_rows: int | None
) -> None:
    query = {
        "connection": connection(database.dsn()),
        "sql": "SELECT 1 FROM dual",
        "max_rows": max_rows,
    }

    answer = sidecar.post("/query-batch", {"queries": [query]})

    assert answer.status == 422
    assert answer.detail["message"].startswith("queries[0].max_rows")


@pytest.mark.parametrize(
    ("sql", "full_code"),
    [
        ("DELETE FROM app_config", "READ_ONLY"),
        ("SELECT 1 FROM dual; SELECT 2 FROM dual", "MULTIPLE_STATEMENTS"),
        (" ; ", "NO_STATEMENT"),
    ],
)
def test_a_query_of_a_batch_that_is_refused_leaves_the_others_alone(
    sidecar: Sidecar, database: FakeOracle, sql: str, full_code: str
) -> None:
    conn = connection(database.dsn())
    bad_target = connection("db.example.com:1521/(x")

    refused, misled, run_all_the_same = run(
        sidecar,
        [
            {"connection": conn, "sql": sql},
            {"connection": bad_target, "sql": SQL},
            {"connection": conn, "sql": SQL},
        ],
    )

    assert refused["detail"]["full_code"] == full_code
    assert refused["error"] == refused["detail"]["message"]
    assert misled["detail"]["full_code"] == "DPY-4017"
    assert run_all_the_same["rows"] == [[1]]


def test_a_silent_database_costs_a_batch_one_time_limit_and_the_others_nothing(
    impatient: Sidecar, database: FakeOracle
) -> None:
    with FakeOracle() as silent:
        silent.faults.add(Fault(Step.CONNECT, Silence(), times=None))
        queries = [{"connection": connection(silent.dsn()), "sql": SQL}] * 16
        queries += [{"connection": connection(database.dsn()), "sql": SQL}] * 4
        started = time.monotonic()

        results = run(impatient, queries)

        assert time.monotonic() - started < 3 * CONNECT_SECONDS
        silent.faults.clear()
    assert [result["detail"]["full_code"] for result in results[:16]] == ["ORA-12170"] * 16
    assert [result["rows"] for result in results[16:]] == [[[1]]] * 4
    assert all(result["execution_time_ms"] < 1000 * CONNECT_SECONDS for result in results[16:])


@pytest.mark.parametrize("code", [1017, 28000, 28001], ids=str)
def test_credentials_that_are_refused_are_tried_once_for_a_whole_batch(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    database.faults.add(Fault(Step.AUTH_TWO, Answer(code), times=None))

    results = run(sidecar, [{"connection": connection(database.dsn()), "sql": SQL}] * 32)

    assert {result["detail"]["full_code"] for result in results} == {f"ORA-{code:05}"}
    sidecar.wait_for_log(f"pool=compare@{database.dsn()}")
    tries = sidecar.log_text().count(f"a login to compare@{database.dsn()} failed")
    assert tries == 1


def test_more_slow_queries_than_sessions_do_not_run_into_the_limit_for_a_session(
    database: FakeOracle,
) -> None:
    slow = [database.faults.add(Fault(Step.EXECUTE, Silence())) for _ in range(2)]
    with Sidecar("--acquire-timeout", "2", "--pool-max", "2") as sidecar:
        sidecar.wait_for_driver()

        def release() -> None:
            for held in slow:
                assert held.hit.wait(10)
            time.sleep(3)  # longer than anybody may wait for a session
            for held in slow:
                held.release()

        releaser = threading.Thread(target=release)
        releaser.start()
        results = run(sidecar, [{"connection": connection(database.dsn()), "sql": SQL}] * 8)
        releaser.join()

    assert [result.get("rows") for result in results] == [[[1]]] * 8


def test_the_log_says_how_much_a_batch_was(sidecar: Sidecar, database: FakeOracle) -> None:
    dev, uat = connection(database.dsn()), connection(database.dsn("UAT"))
    two = "SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= 2"

    run(sidecar, [{"connection": dev, "sql": two}, {"connection": uat, "sql": two},
                  {"connection": dev, "sql": SQL}])  # fmt: skip

    both = f"compare@{database.dsn()},compare@{database.dsn('UAT')}"
    line = sidecar.wait_for_log(both)
    assert "path=/query-batch status=200" in line
    assert "rows=5 " in line


def test_a_defect_in_one_query_of_a_batch_costs_no_other_its_answer() -> None:
    target = {"connect_string": "h:1/s", "username": "u", "password": "p"}
    queries = [{"connection": target, "sql": f"SELECT {n} FROM dual", "max_rows": 1} for n in "12"]
    calls = read_batch(Settings(), {"queries": queries}, arrived=0.0)

    def work(call: QueryRequest) -> bytes:
        if "1" in call.statement.text.sql:
            raise ZeroDivisionError
        return b"good"

    bad, good = side_by_side(calls, work, at_once=1)

    assert good == b"good"
    assert isinstance(bad, ApiError)
    assert (bad.status, bad.full_code) == (500, "INTERNAL")
