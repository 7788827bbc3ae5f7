"""Reads that run once more by themselves: on the same session, or on a fresh one."""

from __future__ import annotations

import pytest

from tests.fake_oracle import Answer, Close, FakeOracle, Fault, Step
from tests.harness import Answer as HttpAnswer
from tests.harness import Sidecar, connection

SQL = "SELECT 1 AS one FROM dual"
# What the database says when something changed under a statement.
CHANGED = {
    4061: "existing state of package has been invalidated",
    4068: 'existing state of packages has been discarded\nORA-06508: "U.P"\nORA-06512: at line 1',
    8177: "can't serialize access for this transaction",
}
changed = pytest.mark.parametrize(("code", "text"), CHANGED.items(), ids=map(str, CHANGED))


def ask(sidecar: Sidecar, database: FakeOracle, sql: str = SQL) -> HttpAnswer:
    return sidecar.post("/query", {"connection": connection(database.dsn()), "sql": sql})


@changed
def test_a_read_under_which_something_changed_runs_once_more_on_the_same_session(
    sidecar: Sidecar, database: FakeOracle, code: int, text: str
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Answer(code, text)))

    answer = ask(sidecar, database)

    assert (answer.status, answer.json["rows"]) == (200, [[1]])
    assert database.counts().logins == 1


@changed
def test_a_read_under_which_things_go_on_changing_is_told_after_the_second_time(
    sidecar: Sidecar, database: FakeOracle, code: int, text: str
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Answer(code, text), times=2))

    answer = ask(sidecar, database)
    following = ask(sidecar, database)

    assert (answer.status, answer.detail["full_code"]) == (503, f"ORA-{code:05d}")
    assert answer.detail["retryable"] is True
    assert following.status == 200, "it had run a third time otherwise"
    assert database.counts().logins == 1


def test_a_read_that_fails_in_its_first_rows_runs_once_more_too(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.ROWS, Answer(8177, "can't serialize access")))

    assert ask(sidecar, database).json["rows"] == [[1]]

    assert database.counts().logins == 1


def test_a_read_can_lose_its_session_and_find_something_changed_on_the_next_one(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Close()))
    database.faults.add(Fault(Step.EXECUTE, Answer(4068, "discarded")))

    assert ask(sidecar, database).json["rows"] == [[1]]

    assert database.counts().logins == 2


def test_a_write_under_which_something_changed_is_left_to_its_caller(database: FakeOracle) -> None:
    with Sidecar("--allow-write") as sidecar:
        sidecar.wait_for_driver()
        database.faults.add(Fault(Step.EXECUTE, Answer(4068, "discarded"), sql="UPDATE"))

        answer = ask(sidecar, database, "UPDATE app_config SET value = value")

        assert (answer.status, answer.detail["full_code"]) == (503, "ORA-04068")
        assert answer.detail["retryable"] is False
