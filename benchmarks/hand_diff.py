"""How a script compares without a sidecar: two `fetchall` side by side, and a dictionary.

Told on standard input what to do, a JSON line each: `{"left": SQL, "right": SQL}`. Answers a JSON
line: the seconds, and how many rows differ.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import oracledb

ARRAY_SIZE = 2000


def main() -> None:
    left_dsn, right_dsn, user, password = sys.argv[1:5]
    sides = [
        oracledb.connect(dsn=dsn, user=user, password=password) for dsn in (left_dsn, right_dsn)
    ]
    print(json.dumps({"event": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        started = time.perf_counter()
        found: dict[int, list[Any]] = {}

        def fetch(place: int, sql: str, found: dict[int, list[Any]] = found) -> None:
            with sides[place].cursor() as cursor:
                cursor.arraysize = cursor.prefetchrows = ARRAY_SIZE
                found[place] = cursor.execute(sql).fetchall()

        threads = [
            threading.Thread(target=fetch, args=(place, order[side]))
            for place, side in enumerate(("left", "right"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        differences = count_differences(found[0], found[1])
        print(json.dumps({"seconds": time.perf_counter() - started, "differences": differences}))
        sys.stdout.flush()


def count_differences(left: list[Any], right: list[Any]) -> int:
    by_key = {row[0]: row for row in right}
    count: int = sum(by_key.pop(row[0], None) != row for row in left)
    return count + len(by_key)


if __name__ == "__main__":
    main()
