"""The driver used directly, in a process of its own: what no server in front of it can undercut.

Started by the benchmark, and told on standard input what to measure next, a JSON line each:
`{"op": "fetch", "sql": "SELECT ...", "times": 5, "array_size": null}`. It answers on standard
output with the seconds of each time.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import oracledb

# Neither gains from more: measured from 100 to 10,000.
ARRAY_SIZE = 2000
FIRST_BATCH = 100


class Floor:
    """The measurements by name; each gives the seconds it took."""

    def __init__(self, dsn: str, user: str, password: str) -> None:
        self._pool = oracledb.create_pool(dsn=dsn, user=user, password=password, min=1, max=2)
        self.array_size = ARRAY_SIZE

    def one_row(self, sql: str) -> float:
        start = time.perf_counter()
        with self._pool.acquire() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()
        return time.perf_counter() - start

    def fetch(self, sql: str) -> float:
        return self._measure_all(sql, lambda rows: None)

    def fetch_and_dumps(self, sql: str) -> float:
        return self._measure_all(sql, lambda rows: json.dumps(rows, default=as_json).encode())

    def _measure_all(self, sql: str, use: Callable[[list[Any]], object]) -> float:
        gc.collect()
        start = time.perf_counter()
        with self._pool.acquire() as connection, connection.cursor() as cursor:
            cursor.arraysize = cursor.prefetchrows = self.array_size
            cursor.execute(sql)
            use(cursor.fetchall())
        return time.perf_counter() - start

    def first_batch(self, sql: str) -> float:
        start = time.perf_counter()
        with self._pool.acquire() as connection, connection.cursor() as cursor:
            cursor.arraysize = cursor.prefetchrows = FIRST_BATCH
            cursor.execute(sql)
            cursor.fetchmany(FIRST_BATCH)
            return time.perf_counter() - start


def as_json(value: object) -> str:
    """What json cannot write by itself."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex().upper()
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def main() -> None:
    floor = Floor(*sys.argv[1:4])
    print(json.dumps({"event": "ready", "driver": oracledb.version}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        measure = getattr(floor, order["op"])
        floor.array_size = order["array_size"] or ARRAY_SIZE
        print(json.dumps([measure(order["sql"]) for _ in range(order["times"])]), flush=True)


if __name__ == "__main__":
    main()
