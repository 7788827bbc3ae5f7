"""Secrets reach no log, no answer, no file, no process list: every route, with marked ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_oracle import Account, FakeOracle
from tests.harness import Sidecar, connection

MARKS = {
    "password": "MARK-password-7c1f",
    "wrong": "MARK-wrong-55aa",
    "wallet": "MARK-wallet-91e0",
    "token": "MARK-token-b2d4",
    "bind": "MARK-bind-03ce",
    "sql": "MARK-sql-44f2",
}
ACCOUNT = Account("MARKED", MARKS["password"])
AUTHORIZATION = {"Authorization": f"Bearer {MARKS['token']}"}


@pytest.fixture
def standin() -> Iterator[FakeOracle]:
    with FakeOracle(accounts=(ACCOUNT,)) as running:
        yield running


def requests(dsn: str) -> list[tuple[str, str, Any]]:
    """Every route, with answers of every kind: rows, errors of the database, of ours, of logins."""
    good = connection(dsn, "marked", MARKS["password"], wallet_password=MARKS["wallet"])
    wrong = {**good, "password": MARKS["wrong"]}
    unreachable = {**good, "connect_string": "127.0.0.1:1/none"}
    malformed = {**good, "connect_string": "(DESCRIPTION=(ADDRESS="}
    with_credentials = {**good, "connect_string": f"marked/{MARKS['password']}@{dsn}"}
    with_user = {**good, "username": f"marked/{MARKS['password']}"}
    in_descriptor = {**good, "connect_string": f"(DESCRIPTION=(PASSWORD={MARKS['password']}))"}
    bind = {"sql": "SELECT :b AS b FROM dual", "binds": {"b": MARKS["bind"]}}
    broken = {"sql": f"SELECT no_such_thing FROM dual /* {MARKS['sql']} */"}
    queries: list[dict[str, Any]] = [
        {"connection": c, **q}
        for c in (
            *(good, wrong, unreachable, malformed),
            *(with_credentials, with_user, in_descriptor),
        )
        for q in (bind, broken)
    ]
    wrongly_typed = [
        {"connection": {**good, "password": [MARKS["password"]]}, **bind},
        {"connection": {**good, "username": 1}, **bind},
        {"connection": good, "sql": f"DELETE FROM t WHERE x = '{MARKS['sql']}'"},
        {"connection": good, "sql": bind["sql"], "binds": {"b": [MARKS["bind"]]}},
    ]
    calls: list[tuple[str, str, Any]] = [("GET", "/health", None), ("GET", "/pools", None)]
    for body in (*queries, *wrongly_typed):
        calls += [("POST", "/query", body), ("POST", "/query-dict", body)]
        calls.append(("POST", "/test-connection", body))
        calls.append(("POST", "/query-batch", {"queries": [body]}))
    calls += [
        ("POST", "/query", MARKS["password"]),
        ("POST", "/cancel", {"query_id": "x"}),
        ("GET", "/openapi.json", None),
        ("GET", "/nowhere", None),
        ("GET", "/pools", None),
    ]
    return calls


def test_no_secret_reaches_a_log_or_an_answer(standin: FakeOracle, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(MARKS["token"] + "\n")
    log_file = tmp_path / "sidecar.log"
    with Sidecar(
        "--log-level", "debug", "--log-file", str(log_file), "--token-file", str(token_file)
    ) as sidecar:
        sidecar.wait_for_driver()
        answers = []
        for method, path, body in requests(standin.dsn()):
            raw = None if body is None else json.dumps(body).encode()
            headers = {**AUTHORIZATION, "Content-Type": "application/json"}
            answers.append((path, sidecar.request(method, path, raw, headers)))
        processes = in_the_process_list(sidecar.process.pid)
        assert sidecar.terminate() == 0
        written = log_file.read_text() + sidecar.log_text() + processes

    assert {answer.status for _, answer in answers} >= {200, 400, 403, 404, 422, 502}
    for mark in MARKS.values():
        assert mark not in written
    for path, answer in answers:
        rows_may_hold = {MARKS["bind"]} if answer.status == 200 else set()
        for mark in set(MARKS.values()) - rows_may_hold:
            assert mark not in answer.body.decode(), path
            assert mark not in str(answer.headers), path


def in_the_process_list(pid: int) -> str:
    """What every user of the machine can read of a process."""
    arguments = Path(f"/proc/{pid}/cmdline")
    if arguments.exists():
        return arguments.read_text().replace("\0", " ")
    return subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=True
    ).stdout


def test_log_sql_opts_in_to_statements_but_never_to_their_values(standin: FakeOracle) -> None:
    with Sidecar("--log-sql") as sidecar:
        conn = connection(standin.dsn(), "marked", MARKS["password"])
        sql = f"SELECT :b AS b FROM dual /* {MARKS['sql']} */"

        sidecar.post("/query", {"connection": conn, "sql": sql, "binds": [MARKS["bind"]]})

        assert MARKS["sql"] in sidecar.wait_for_log("sql: ")
        log = sidecar.log_text()
    assert MARKS["bind"] not in log
    assert MARKS["password"] not in log
