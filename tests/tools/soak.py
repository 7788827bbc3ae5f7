"""A soak: requests of every kind with trouble in between, then a look at what was left.

python -m tests.tools.soak [--seconds 120] [--requests 10000]

First so many requests one after another, then mixed traffic from several callers while the database
restarts, kills, hangs and refuses. At the end threads, descriptors and sessions of the sidecar must
be back where they were before the traffic, and memory where it was after the first leg of it: what
an allocator keeps for itself after many threads at once is not lost, but what goes on growing is.
Reads /proc, so it runs on Linux only.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.fake_oracle import (
    Action,
    Answer,
    Close,
    Delay,
    FakeOracle,
    Fault,
    Reset,
    Silence,
    Step,
)
from tests.harness import Sidecar, connection

CALLERS = 6
# The traffic's share that memory is measured from: by then the allocator has its arenas.
FIRST_LEG = 0.4
# What memory may differ by between two moments of rest. Seen: 1 to 5 MB, with what is in use (the
# allocator's own count) the same to 0.1 MB after 36,000 requests.
MEMORY_KIB = 10_000
# A statement that the stand-in takes its time for.
SLOW, SLOW_SECONDS = "SELECT 'slow'", 2.0
MANY = "SELECT LEVEL AS n, RPAD('x', 50, 'x') AS t FROM dual CONNECT BY LEVEL <= 3000"
NDJSON = {"Accept": "application/x-ndjson"}


@dataclass(frozen=True)
class Footprint:
    """What a process holds."""

    threads: int
    descriptors: int
    resident_kib: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        status = Path(f"/proc/{pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return cls(
            int(fields["Threads"]),
            len(list(Path(f"/proc/{pid}/fd").iterdir())),
            int(fields["VmRSS"].split()[0]),
        )


def kinds(database: FakeOracle) -> list[Callable[[Sidecar], int]]:
    """One function for each kind of request; returns the status."""
    dev, uat = connection(database.dsn("DEV")), connection(database.dsn("UAT"))
    wrong = {**dev, "password": "wrong"}
    unknown = {**dev, "connect_string": database.dsn("NOSUCH")}
    small = "SELECT config_id, config_value FROM app_config WHERE config_id <= 20"

    def post(path: str, body: dict[str, Any], **headers: str) -> Callable[[Sidecar], int]:
        return lambda sidecar: sidecar.post(path, body, headers).status

    return [
        lambda sidecar: sidecar.get("/health").status,
        lambda sidecar: sidecar.get("/pools").status,
        lambda sidecar: sidecar.get("/nowhere").status,
        lambda sidecar: sidecar.request("POST", "/query", b"{", {"Content-Type": "x/y"}).status,
        post("/query", {"connection": dev, "sql": small}),
        post("/query", {"connection": uat, "sql": small}),
        post("/query-dict", {"connection": dev, "sql": small}),
        post("/query", {"connection": dev, "sql": "SELECT SYSTIMESTAMP FROM dual"}),
        post("/query", {"connection": dev, "sql": "SELECT * FROM nope"}),
        post("/query", {"connection": dev, "sql": "DELETE FROM app_config"}),
        post("/query", {"connection": dev, "sql": MANY, "max_rows": None}),
        post("/query", {"connection": uat, "sql": MANY, "max_rows": None}, **NDJSON),
        post("/query", {"connection": dev, "sql": small, "timeout_ms": 1}),
        post("/query", {"connection": wrong, "sql": small}),
        post("/query", {"connection": unknown, "sql": small}),
        post("/test-connection", {"connection": dev}),
        post("/query-batch", {"queries": [{"connection": c, "sql": small} for c in (dev, uat)]}),
        post("/cancel", {"query_id": "nobody"}),
        leave_in_the_middle(dev),
        cancel_while_it_runs(dev),
    ]


def leave_in_the_middle(conn: dict[str, object]) -> Callable[[Sidecar], int]:
    body = json.dumps({"connection": conn, "sql": MANY, "max_rows": None}).encode()

    def call(sidecar: Sidecar) -> int:
        client = sidecar.http()
        client.request("POST", "/query", body, {"Content-Type": "application/json"})
        response = client.getresponse()
        response.read(100)
        response.close()
        client.close()
        return response.status

    return call


def cancel_while_it_runs(conn: dict[str, object]) -> Callable[[Sidecar], int]:
    def call(sidecar: Sidecar) -> int:
        query_id = uuid.uuid4().hex
        body = {"connection": conn, "sql": f"{SLOW} FROM dual", "query_id": query_id}
        statuses: list[int] = []
        caller = threading.Thread(target=lambda: statuses.append(status_of(sidecar, body)))
        caller.start()
        while caller.is_alive():
            sidecar.post("/cancel", {"query_id": query_id})
            caller.join(0.02)
        return statuses[0]

    return call


def status_of(sidecar: Sidecar, body: dict[str, Any]) -> int:
    """0 when the connection was cut off."""
    try:
        return sidecar.post("/query", body).status
    except (HTTPException, ConnectionError):
        return 0


def make_trouble(database: FakeOracle, over: threading.Event, chance: random.Random) -> None:
    """Something goes wrong with the database a few times a second, until it is over."""
    steps = [
        *(Step.CONNECT, Step.AUTH_TWO, Step.EXECUTE, Step.ROWS, Step.FETCH),
        *(Step.BREAK, Step.PING, Step.LOGOFF),
    ]
    actions: list[Action] = [
        Silence(),
        Silence(ignore_break=True),
        Close(),
        Reset(),
        Delay(0.05),
        Answer(1555, "soak"),
        Answer(3113, "soak"),
    ]
    while not over.wait(0.3):
        what = chance.randrange(10)
        if what == 0:
            database.restart()
        elif what == 1:
            database.kill_sessions()
        elif what == 2:
            database.drop_sessions()
        else:
            database.faults.add(Fault(chance.choice(steps), chance.choice(actions)))


def traffic(sidecar: Sidecar, database: FakeOracle, seconds: float, statuses: Counter[str]) -> None:
    """Callers at once, each with a random kind of request after the other."""
    until = time.monotonic() + seconds
    lock = threading.Lock()

    def call(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same traffic each time
        calls = kinds(database)
        while time.monotonic() < until:
            try:
                said = str(chance.choice(calls)(sidecar))
            except (HTTPException, ConnectionError):
                said = "cut off"
            with lock:
                statuses[said] += 1

    over = threading.Event()
    chance = random.Random(0)  # noqa: S311 - the same trouble each time
    trouble = threading.Thread(target=make_trouble, args=(database, over, chance))
    callers = [threading.Thread(target=call, args=(seed,)) for seed in range(CALLERS)]
    for thread in (trouble, *callers):
        thread.start()
    for caller in callers:
        caller.join()
    over.set()
    trouble.join()
    database.faults.clear()
    database.faults.add(Fault(Step.EXECUTE, Delay(SLOW_SECONDS), sql=SLOW, times=None))


def settle(sidecar: Sidecar, database: FakeOracle) -> None:
    """Until the pools have closed for idleness; /pools is the only sign."""
    give_up = time.monotonic() + 30
    while sidecar.get("/pools").json["pools"]:
        if time.monotonic() > give_up:
            raise SystemExit("pools are still open")
        time.sleep(0.2)
    database.wait_until(lambda c: c.open_sessions == 0, 30)
    time.sleep(0.5)  # for the last connection, of which nothing else tells that it is closed


def settled_footprint(sidecar: Sidecar, before: Footprint) -> Footprint:
    """At last; what ends with the last requests has its time for that."""
    give_up = time.monotonic() + 30
    while True:
        after = Footprint.of(sidecar.process.pid)
        is_as_before = after.threads <= before.threads and after.descriptors <= before.descriptors
        if is_as_before or time.monotonic() > give_up:
            return after
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.soak")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    statuses: Counter[str] = Counter()
    limits = ("--pool-timeout", "2", "--connect-timeout", "2", "--query-timeout", "3")
    with FakeOracle() as database, Sidecar(*limits) as sidecar:
        sidecar.wait_for_driver()
        database.faults.add(Fault(Step.EXECUTE, Delay(SLOW_SECONDS), sql=SLOW, times=None))
        for call in kinds(database):
            call(sidecar)
        settle(sidecar, database)
        print(f"at first: {Footprint.of(sidecar.process.pid)}", flush=True)
        for call in itertools.islice(itertools.cycle(kinds(database)), options.requests):
            statuses[str(call(sidecar))] += 1
        settle(sidecar, database)
        before = Footprint.of(sidecar.process.pid)
        print(f"after {options.requests} requests: {dict(sorted(statuses.items()))}")
        print(f"  {before}", flush=True)
        traffic(sidecar, database, options.seconds * FIRST_LEG, statuses)
        settle(sidecar, database)
        warm = Footprint.of(sidecar.process.pid)
        print(f"after {sum(statuses.values())} requests:\n  {warm}", flush=True)
        traffic(sidecar, database, options.seconds * (1 - FIRST_LEG), statuses)
        settle(sidecar, database)
        after = settled_footprint(sidecar, before)
        print(f"after {sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
        print(f"  {after}\n  {database.counts()}")
        code = sidecar.terminate()
    tracebacks = [line for line in sidecar.log_text().splitlines() if "Traceback" in line]
    for line in tracebacks:
        print(line.encode().decode("unicode_escape"))
    problems = [
        name
        for name, is_wrong in {
            "exit code": code != 0,
            "threads": after.threads > before.threads,
            "descriptors": after.descriptors > before.descriptors,
            "memory": after.resident_kib > warm.resident_kib + MEMORY_KIB,
            "status 500": "500" in statuses,
            "tracebacks": bool(tracebacks),
        }.items()
        if is_wrong
    ]
    print(f"not as it was: {', '.join(problems)}" if problems else "all is as it was")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
