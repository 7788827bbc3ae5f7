"""A built program's self-test against the stand-in.

python -m tests.tools.binary_check PROGRAM
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fake_oracle import Authority, FakeOracle, Tls
from tests.harness import clean_environment, connection

TABLES = tuple(f"all_values_{kind}" for kind in ("basic", "more", "vectors", "objects", "written"))


@contextmanager
def stand_in() -> Iterator[tuple[FakeOracle, str]]:
    """A database that takes TCP and TLS, and the folder of a wallet that knows it."""
    authority = Authority()
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeOracle(tls=Tls(authority.issue())) as database,
    ):
        yield database, str(authority.wallet(Path(folder)))


def queries(*connections: dict[str, object]) -> str:
    """What the self-test reads: a query of every type of value for each connection."""
    found = [{"connection": c, "sql": f"SELECT * FROM {t}"} for c in connections for t in TABLES]
    return json.dumps({"queries": found})


def self_test(
    program: str,
    given: str,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it. given: on standard input. folder: what it runs in."""
    return subprocess.run(
        [program, "--self-test"],
        input=given,
        env=clean_environment() if env is None else dict(env),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def main(program: str) -> int:
    program = os.path.abspath(program)
    with stand_in() as (database, wallet):
        trusted = connection(database.tcps_dsn(), wallet_location=wallet)
        done = self_test(program, queries(connection(database.dsn()), trusted))
        print(done.stdout + done.stderr, end="")
        if done.returncode != 0:
            return 1
        counts = database.wait_until(lambda c: c.open_sessions == 0)
        if counts.lost_sessions:
            print(f"FAILED logoff: {counts.lost_sessions} sessions were lost")
            return 1
        # The certificate names localhost, and no address.
        misnamed = connection(database.tcps_dsn(host="127.0.0.1"), wallet_location=wallet)
        refused = self_test(program, queries(misnamed))
        if "DPY-6006" not in refused.stdout:
            print(f"FAILED name check: {refused.stdout}{refused.stderr}")
            return 1
    print("ok    a certificate of another name is refused")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
