"""What --allow-write lets run: committed once, never twice, and no session keeps a trace of it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.fake_oracle import Action, Close, FakeOracle, Fault, Silence, Step
from tests.fake_oracle import Answer as Ora
from tests.harness import Answer, Sidecar, connection

WRITE = "UPDATE app_config SET enabled = 'N' WHERE config_id = 1"


def ask(
    sidecar: Sidecar,
    database: FakeOracle,
    sql: str = "SELECT 1 FROM dual",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    body = {"connection": connection(database.dsn()), "sql": sql, **more}
    return sidecar.post("/query", body, headers)


def test_a_write_is_never_run_again(database: FakeOracle) -> None:
    write = "UPDATE app_config SET enabled = 'N' WHERE config_id = 1"
    with Sidecar("--allow-write") as sidecar:
        assert ask(sidecar, database).status == 200
        fault = database.faults.add(Fault(Step.EXECUTE, Ora(3113, "end of file"), sql="UPDATE"))

        answer = ask(sidecar, database, write)

        assert fault.hit.is_set()
        assert (answer.status, answer.detail["full_code"]) == (502, "ORA-03113")
        assert database.counts().commits == 0
        assert ask(sidecar, database, write).json["row_count"] == 1
        assert database.counts().commits == 1


def test_a_write_gets_no_session_that_was_lost_just_before(database: FakeOracle) -> None:
    write = "UPDATE app_config SET enabled = 'N' WHERE config_id = 1"
    with Sidecar("--allow-write") as sidecar:
        for _ in range(5):
            assert ask(sidecar, database).status == 200
            database.drop_sessions()
            # At once: a read would be lent the session it has just used without a look at it.
            assert ask(sidecar, database, write).json.get("row_count") == 1


def test_allow_write_runs_any_statement_and_commits_it(database: FakeOracle) -> None:
    with Sidecar("--allow-write") as sidecar:
        update = ask(
            sidecar, database, "UPDATE app_config SET enabled = 'N' WHERE config_id IN (1, 2);"
        )
        failed = ask(sidecar, database, "UPDATE app_config SET config_id = 1 WHERE config_id = 2")
        block = ask(sidecar, database, "BEGIN NULL; END;")
        seen = ask(sidecar, database, "SELECT enabled FROM app_config WHERE config_id IN (1, 2)")

    assert list(update.json)[:3] == ["columns", "rows", "row_count"]
    assert (update.json["columns"], update.json["rows"], update.json["row_count"]) == ([], [], 2)
    assert (failed.status, failed.detail["full_code"]) == (400, "ORA-00001")
    assert block.status == 200
    assert seen.json["rows"] == [["N"], ["N"]]


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("path", ["/query", "/query-dict"])
def test_a_write_is_told_by_every_path_and_in_every_form(
    database: FakeOracle, path: str, accept: str
) -> None:
    body = {"connection": connection(database.dsn()), "sql": WRITE}
    with Sidecar("--allow-write") as sidecar:
        answer = sidecar.post(path, body, {"Accept": accept})

    assert answer.status == 200, answer.body
    assert b'"row_count":1' in answer.body
    assert database.counts().commits == 1


def test_a_locking_query_leaves_no_transaction(database: FakeOracle) -> None:
    with Sidecar("--allow-write", "--pool-max", "1") as sidecar:
        locking = ask(sidecar, database, "SELECT * FROM app_config WHERE config_id = 1 FOR UPDATE")
        counts = database.counts()

    assert locking.status == 200
    assert counts.rollbacks == 1


def test_a_commit_that_is_not_answered_is_said_to_be_unknown(database: FakeOracle) -> None:
    with Sidecar("--allow-write") as sidecar:
        database.faults.add(Fault(Step.COMMIT, Close()))

        answer = ask(sidecar, database, WRITE)

    assert (answer.status, answer.detail["full_code"]) == (502, "DPY-4011")
    assert answer.detail["message"].endswith("whether the change was committed is not known")
    assert answer.detail["retryable"] is False


@pytest.mark.parametrize("statement", [WRITE, "BEGIN NULL; END;"])
def test_a_commit_that_is_refused_is_known_to_be(database: FakeOracle, statement: str) -> None:
    with Sidecar("--allow-write") as sidecar:
        database.faults.add(Fault(Step.COMMIT, Ora(2091, "transaction rolled back")))

        answer = ask(sidecar, database, statement)

    assert (answer.status, answer.detail["full_code"]) == (400, "ORA-02091")
    assert answer.detail["message"] == "ORA-02091: transaction rolled back"


def test_a_commit_that_is_cancelled_is_said_to_be_unknown(database: FakeOracle) -> None:
    with Sidecar("--allow-write") as sidecar:
        held = database.faults.add(Fault(Step.COMMIT, Silence()))

        def cancel() -> None:
            assert held.hit.wait(10)
            sidecar.post("/cancel", {"query_id": "w"})

        canceller = threading.Thread(target=cancel)
        canceller.start()
        answer = ask(sidecar, database, WRITE, query_id="w")
        canceller.join()

    assert (answer.status, answer.detail["full_code"]) == (409, "ORA-01013")
    assert answer.detail["message"].endswith("whether the change was committed is not known")


@pytest.mark.parametrize(("code", "retryable"), [(3113, False), (4068, False), (60, True)], ids=str)
def test_a_write_is_to_be_tried_again_only_where_nothing_can_have_been_done(
    database: FakeOracle, code: int, retryable: bool
) -> None:
    with Sidecar("--allow-write") as sidecar:
        database.faults.add(Fault(Step.EXECUTE, Ora(code), sql="UPDATE", times=None))
        database.faults.add(Fault(Step.EXECUTE, Ora(code), sql="SELECT", times=None))

        write, read = ask(sidecar, database, WRITE), ask(sidecar, database)

    assert write.detail["full_code"] == read.detail["full_code"] == f"ORA-{code:05}"
    assert (write.detail["retryable"], read.detail["retryable"]) == (retryable, True)


def test_code_that_does_not_compile_is_not_created_in_silence(database: FakeOracle) -> None:
    with Sidecar("--allow-write", "--pool-max", "1") as sidecar:
        database.faults.add(Fault(Step.EXECUTE, Ora(24344)))

        answer = ask(sidecar, database, "BEGIN NULL; END;")

        assert (answer.status, answer.detail["full_code"]) == (400, "ORA-24344")
        assert ask(sidecar, database, "BEGIN NULL; END;").status == 200


@pytest.mark.parametrize("action", [Silence(), Silence(ignore_break=True)], ids=repr)
def test_a_rollback_that_never_returns_holds_nobody_up(
    database: FakeOracle, action: Action
) -> None:
    locking = "SELECT * FROM app_config WHERE config_id = 1 FOR UPDATE"
    with Sidecar("--allow-write", "--pool-max", "1") as sidecar:
        held = database.faults.add(Fault(Step.ROLLBACK, action, times=None))
        first = threading.Thread(target=ask, args=(sidecar, database, locking))
        first.start()
        assert held.hit.wait(10)
        started = time.monotonic()

        answer = ask(sidecar, database)

        assert answer.status == 200
        assert time.monotonic() - started < 2.0 + 4.0
        first.join()
        database.wait_until(lambda counts: counts.open_sessions == 1)


@pytest.mark.parametrize("statement", ["BEGIN NULL; END;", "ALTER SESSION SET x = 1"])
def test_what_may_change_a_session_keeps_it_for_itself(
    database: FakeOracle, statement: str
) -> None:
    with Sidecar("--allow-write", "--pool-max", "1") as sidecar:
        ask(sidecar, database, statement)
        assert database.counts().logins == 1

        assert ask(sidecar, database).status == 200

        assert database.counts().logins == 2
        assert ask(sidecar, database, WRITE).status == 200
        assert ask(sidecar, database).status == 200
        assert database.counts().logins == 2
