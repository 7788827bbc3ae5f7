"""A built program's self-test against the stand-in: `python -m tests.binary_check PROGRAM`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.fake_oracle import FakeOracle
from tests.harness import clean_environment, connection

TABLES = tuple(f"all_values_{kind}" for kind in ("basic", "more", "vectors", "objects", "written"))


def self_test(
    program: str,
    database: FakeOracle,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it with a query of every type of value. folder: what it runs in."""
    conn = connection(database.dsn())
    queries = [{"connection": conn, "sql": f"SELECT * FROM {table}"} for table in TABLES]
    return subprocess.run(
        [program, "--self-test"],
        input=json.dumps({"queries": queries}),
        env=clean_environment() if env is None else dict(env),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def main(program: str) -> int:
    with FakeOracle() as database:
        done = self_test(os.path.abspath(program), database)
        print(done.stdout + done.stderr, end="")
        if done.returncode != 0:
            return 1
        counts = database.wait_until(lambda c: c.open_sessions == 0)
    if counts.lost_sessions:
        print(f"FAILED logoff: {counts.lost_sessions} sessions were lost")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
