"""How a script compares without a sidecar: two `fetchall`, one after the other, and a dictionary.

Told on standard input what to do, a JSON line each: `{"left": SQL, "right": SQL}`, and an
`array_size` other than the driver's own. Answers a JSON line: the seconds, and how many rows
differ.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import oracledb


def main() -> None:
    left_dsn, right_dsn, user, password = sys.argv[1:5]
    sides = [
        oracledb.connect(dsn=dsn, user=user, password=password) for dsn in (left_dsn, right_dsn)
    ]
    print(json.dumps({"event": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        started = time.perf_counter()
        found = []
        for side, name in zip(sides, ("left", "right"), strict=True):
            with side.cursor() as cursor:
                if "array_size" in order:
                    cursor.arraysize = cursor.prefetchrows = order["array_size"]
                found.append(cursor.execute(order[name]).fetchall())
        differences = count_differences(*found)
        print(json.dumps({"seconds": time.perf_counter() - started, "differences": differences}))
        sys.stdout.flush()


def count_differences(left: list[Any], right: list[Any]) -> int:
    by_key = {row[0]: row for row in right}
    count: int = sum(by_key.pop(row[0], None) != row for row in left)
    return count + len(by_key)


if __name__ == "__main__":
    main()
