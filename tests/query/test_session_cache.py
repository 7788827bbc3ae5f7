"""What is remembered of statements: for as long as they are short, and within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import Answer, Sidecar, connection

TEXT_BYTES = 1_000_000
STATEMENTS = 15
# What the interpreter's own memory may grow by meanwhile.
MARGIN_BYTES = 10_000_000


def ask(sidecar: Sidecar, database: FakeOracle, what: str, comment: str) -> Answer:
    sql = f"SELECT {what} /* {comment} */ FROM dual"
    return sidecar.post("/query", {"connection": connection(database.dsn()), "sql": sql})


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    "what",
    ["SYSTIMESTAMP", "TO_CLOB('abc')"],
    ids=["in an outer query", "described wrongly"],
)
def test_long_statements_leave_no_memory_behind(database: FakeOracle, what: str) -> None:
    with Sidecar("--log-level", "debug") as sidecar:
        sidecar.wait_for_log("all is loaded")
        for number in range(3):
            assert ask(sidecar, database, what, f"{number}" + "x" * TEXT_BYTES).status == 200
        before = resident_bytes(sidecar)

        for number in range(STATEMENTS):
            assert ask(sidecar, database, what, f"{number}" + "y" * TEXT_BYTES).status == 200

        assert resident_bytes(sidecar) - before < MARGIN_BYTES


def resident_bytes(sidecar: Sidecar) -> int:
    status = Path(f"/proc/{sidecar.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("length", [10, 100_000], ids=["short", "long"])
def test_a_statement_is_described_rightly_each_time_it_runs_however_long_it_is(
    sidecar: Sidecar, database: FakeOracle, length: int
) -> None:
    for _ in range(3):
        answer = ask(sidecar, database, "TO_CLOB('abc') AS c, 1 AS n", "x" * length)

        assert answer.json["column_types"] == ["CLOB", "NUMBER"]
        assert answer.json["rows"] == [["abc", 1]]
    assert database.counts().logins == 1
