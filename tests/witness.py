"""What every test of trouble asks: how long an answer took, and whether anything is left of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from common.errors import CATALOGUE
from tests.fake_oracle import (
    Close,
    FakeOracle,
    Garbage,
    LyingLength,
    Reset,
    Silence,
    Step,
    Trickle,
    Truncate,
)
from tests.harness import PATIENCE_SECONDS, Answer, Sidecar, connection

# More rows than the first answer brings: it takes a fetch. What comes before it is enough for the
# answer's head to leave.
ROWS = 3000
SQL = f"SELECT LEVEL AS n, RPAD('x', 1000, 'x') AS t FROM dual CONNECT BY LEVEL <= {ROWS}"
NDJSON = {"Accept": "application/x-ndjson"}
# What ends a connection, and what it is called then.
ENDS = [
    (Close(), "DPY-4011"),
    (Reset(), "DPY-4011"),
    (Truncate(), "DPY-4011"),
    (Garbage(), "ORA-12592"),
]
# What keeps one waiting.
STALLS = [Silence(), Silence(ignore_break=True), LyingLength(), Trickle(1)]
# The time limit for logins of the fixture `impatient`.
CONNECT_SECONDS = 3.0
# What a busy machine may add to a time limit.
MARGIN_SECONDS = 4.0


@dataclass(frozen=True)
class Timed:
    """An answer and how long it took."""

    answer: Answer
    seconds: float

    def was_at_once(self) -> bool:
        return self.seconds < MARGIN_SECONDS

    def was_after(self, limit_seconds: float) -> bool:
        return limit_seconds <= self.seconds < limit_seconds + MARGIN_SECONDS


def ask(
    sidecar: Sidecar,
    conn: dict[str, object],
    headers: dict[str, str] | None = None,
    path: str = "/query",
    **more: Any,
) -> Timed:
    """All rows of SQL, unless told otherwise."""
    started = time.monotonic()
    body = {"connection": conn, "sql": SQL, "max_rows": None, **more}
    answer = sidecar.post(path, body, headers)
    return Timed(answer, time.monotonic() - started)


def ask_each(sidecar: Sidecar, conns: Sequence[dict[str, object]], timeout_ms: int) -> list[Timed]:
    """All at once, so that time limits run beside each other."""
    return at_once([partial(ask, sidecar, c, NDJSON, timeout_ms=timeout_ms) for c in conns])


def at_once(calls: Sequence[Callable[[], Timed]]) -> list[Timed]:
    """The answers to calls that start together, in the order of the calls; none may hang."""
    answers: dict[int, Timed] = {}

    def run(place: int, call: Callable[[], Timed]) -> None:
        answers[place] = call()

    threads = [
        threading.Thread(target=run, args=item, daemon=True) for item in list(enumerate(calls))
    ]
    for thread in threads:
        thread.start()
    give_up = time.monotonic() + PATIENCE_SECONDS
    for thread in threads:
        thread.join(max(0.0, give_up - time.monotonic()))
    assert not [thread for thread in threads if thread.is_alive()], "a caller hangs"
    return [answers[place] for place in range(len(calls))]


def assert_says(answer: Answer, status: int, full_code: str) -> None:
    """The code, and the status, hint and Retry-After that belong to it."""
    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    entry = CATALOGUE[full_code]
    assert entry.hint
    # A refusal that is told from memory says so behind it.
    assert answer.detail["hint"].startswith(entry.hint)
    assert ("retry-after" in answer.headers) == (status == 503)


def assert_ends_with(answer: Answer, full_code: str) -> None:
    """An NDJSON answer that had begun, and so has status 200, ends with that error."""
    assert answer.status == 200
    error = json.loads(answer.body.splitlines()[-1])["error"]
    assert error["full_code"] == full_code
    assert error["hint"] == CATALOGUE[full_code].hint


def pools_to(sidecar: Sidecar, *databases: FakeOracle) -> list[dict[str, Any]]:
    pools = sidecar.get("/pools").json["pools"]
    return [pool for pool in pools if any(_is_to(pool, database) for database in databases)]


def _is_to(pool: dict[str, Any], database: FakeOracle) -> bool:
    """One that was idle for longer than the database exists went to another, on the same port."""
    if pool["idle_s"] > time.monotonic() - database.made_at:
        return False
    ports = [port for port in (database.port, database.tls_port) if port]
    return any(f":{port}/" in pool["key"] for port in ports)


def assert_the_process_is_well(sidecar: Sidecar) -> None:
    assert sidecar.process.poll() is None
    assert sidecar.get("/health").json["status"] == "ok"
    assert "Traceback" not in sidecar.log_text()


def assert_nothing_is_left(sidecar: Sidecar, *databases: FakeOracle) -> None:
    """No lease is out, and the sessions there are in the databases are those of the pools."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        pools = pools_to(sidecar, *databases)
        opened, busy = sum(p["opened"] for p in pools), sum(p["busy"] for p in pools)
        counts = [database.counts() for database in databases]
        if busy == 0 and opened == sum(c.open_sessions for c in counts):
            break
        assert time.monotonic() < give_up, (pools, counts)
        time.sleep(0.02)  # two sides have to agree, and neither tells when
    for count in counts:
        assert count.logins == count.open_sessions + count.logoffs + count.lost_sessions


def assert_all_is_well(
    sidecar: Sidecar, database: FakeOracle, conn: dict[str, object] | None = None
) -> None:
    """Once the trouble is over: the next query works, and nothing is left of those before."""
    following = ask(sidecar, conn or connection(database.dsn()))
    assert following.answer.status == 200, following.answer.body
    assert following.answer.json["row_count"] == ROWS
    assert following.was_at_once()
    assert_nothing_is_left(sidecar, database)
    assert_the_process_is_well(sidecar)


def named(value: object) -> str | None:
    """What a row of a table is called: its fault, or its moment."""
    if isinstance(value, Step):
        return value.name
    if value == Silence(ignore_break=True):
        return "Deaf"
    return None if isinstance(value, str | int) else type(value).__name__
