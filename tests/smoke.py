"""A smoke run of a built binary: start, log in, query values of many types, stop.

python -m tests.smoke dist/oracle-sidecar-<target-triple>
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar, connection


def main(binary: str) -> int:
    with FakeOracle() as database, Sidecar(command=[str(Path(binary).resolve())]) as sidecar:
        sidecar.wait_for_driver()
        conn = connection(database.dsn())
        tested = sidecar.post("/test-connection", {"connection": conn})
        assert tested.status == 200, tested.body
        for table in ("all_values_basic", "all_values_more"):
            answer = sidecar.post("/query", {"connection": conn, "sql": f"SELECT * FROM {table}"})
            assert answer.status == 200, answer.body
            assert answer.json["row_count"] > 10
        unknown = {**conn, "connect_string": "bücher.invalid:1521/DEV"}
        refused = sidecar.post("/test-connection", {"connection": unknown})
        assert refused.detail["full_code"] == "ORA-12545", refused.body
        assert sidecar.terminate() == 0
        counts = database.wait_until(lambda c: c.open_sessions == 0)
        assert counts.lost_sessions == 0
    print(f"{binary}: logged in, queried, logged off, exit code 0")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
