"""`--self-test`, from source: the same checks that every binary has to pass."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.fake_oracle import FakeOracle
from tests.harness import SIDECAR, clean_environment, connection


def self_test(given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SIDECAR), "--self-test"],
        input=given,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def queries(*pairs: tuple[dict[str, object], str]) -> str:
    return json.dumps({"queries": [{"connection": c, "sql": sql} for c, sql in pairs]})


def test_it_logs_in_and_queries_what_it_is_told_to(database: FakeOracle) -> None:
    conn = connection(database.dsn())
    done = self_test(
        queries((conn, "SELECT * FROM all_values_basic"), (conn, "SELECT 1 FROM dual"))
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok    query 2: 1 rows, 1 columns, 23." in done.stdout
    assert "ok    clean exit" in done.stdout
    assert done.stderr == ""
    counts = database.wait_until(lambda c: c.open_sessions == 0)
    assert (counts.logins, counts.lost_sessions) == (3, 0)


def test_without_a_query_it_says_that_no_database_was_asked() -> None:
    done = self_test("")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("no query came on standard input")


def test_what_fails_is_named_without_a_password(database: FakeOracle) -> None:
    conn = connection(database.dsn(), password="s3cr3t-of-mine")
    done = self_test(queries((conn, "SELECT 1 FROM dual")))

    assert done.returncode == 1
    assert "FAILED query 1: ValueError: login: status 403, ORA-01017" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr


def test_input_that_it_cannot_read_is_refused() -> None:
    done = self_test("[1]")

    assert done.returncode == 1
    assert done.stdout == 'FAILED standard input must be empty, or hold {"queries": [...]}\n'
