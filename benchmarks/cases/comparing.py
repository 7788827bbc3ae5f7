"""`/compare` beside what callers do without it: two `/query` and a Map in Node, or the driver."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from ..field import Field
from ..load import Caller, make_request
from ..measuring import MIB, Check, Line, below, cpu_seconds, median, ms, peak_over_idle, times
from ..processes import HERE, NDJSON, PASSWORD, USER, Database, Process, Sidecar

ROWS = 100_000
MANY_ROWS = 1_000_000
TEN = 10_000
"""Every so manieth row differs: ten of ROWS."""
ARRAY_SIZE = 1000
"""Of the driver by hand where it is tuned: ten times its own."""
MEMORY_MIB = 24
ANSWER_BYTES = 4096
FIRST_MS = 50


def comparing(field: Field) -> list[Line]:
    """2 x 100,000 rows of 10 columns with ten differences; memory; all rows different."""
    left, right = field.databases[:2]
    sidecar = field.sidecar
    hand = field.start(
        Process(
            *(sys.executable, "-m", "benchmarks.hand_diff"),
            *(left.dsn, right.dsn, USER, PASSWORD),
        )
    )
    hand.next_line()
    node = _node(field)
    samples: dict[str, list[float]] = {"compare": [], "hand": [], "tuned": [], "node": []}
    by_hand = {"left": _sql(ROWS), "right": _sql(ROWS, TEN)}
    cpu: dict[str, list[float]] = {"compare": [], "node": []}
    for _ in range(field.rounds(9)):
        seconds, spent = _timed(sidecar, lambda: _compare(sidecar, left, right, ROWS, TEN))
        samples["compare"].append(seconds)
        cpu["compare"].append(spent)
        samples["hand"].append(_ask(hand, by_hand))
        samples["tuned"].append(_ask(hand, {**by_hand, "array_size": ARRAY_SIZE}))
        if node is not None:
            before = cpu_seconds(sidecar.pid)
            told = _tell(node, _two_queries(sidecar, left, right, ROWS, TEN))
            samples["node"].append(told["seconds"])
            cpu["node"].append(told["cpu"] + cpu_seconds(sidecar.pid) - before)
    middle = {name: median(found) for name, found in samples.items() if found}
    own = middle["compare"]
    checks = [
        times("the driver by hand", 0.6, own, middle["hand"]),
        times(f"the driver by hand, {ARRAY_SIZE} rows a fetch", 0.6, own, middle["tuned"]),
    ]
    figures = {"sidecar": ms(own), "driver": ms(middle["hand"])}
    lines = []
    if "node" in middle:
        checks.insert(0, times("two /query and Node", 0.30, own, middle["node"]))
        figures["with models"] = ms(middle["node"])
        of_node = times("two /query and Node", 0.30, median(cpu["compare"]), median(cpu["node"]))
        lines.append(
            Line(
                "its CPU, all processes but the databases (with models: Node)",
                {"sidecar": ms(median(cpu["compare"])), "with models": ms(median(cpu["node"]))},
                [of_node],
            )
        )
    what = f"/compare of 2 x {ROWS:,} rows, ten differences (with models: Node)"
    size = _compare(sidecar, left, right, ROWS, TEN)
    return [
        Line(what, figures, checks),
        *lines,
        Line("its answer", {"sidecar": f"{size} B"}, [below(ANSWER_BYTES, size, "B")]),
        *_first_difference(field, left, right),
        *_all_different(field, left, right),
        *_memory(left, right),
    ]


def _node(field: Field) -> Process | None:
    """Node, where it is on the PATH; what is measured against it is left out otherwise."""
    program = shutil.which("node")
    return None if program is None else field.start(Process(program, str(HERE / "node_diff.mjs")))


def _tell(process: Process, order: object) -> dict[str, Any]:
    assert process.process.stdin is not None
    process.process.stdin.write(json.dumps(order) + "\n")
    process.process.stdin.flush()
    told: dict[str, Any] = process.next_line()
    assert told["differences"] == ROWS // TEN, told
    return told


def _ask(process: Process, order: object) -> float:
    return float(_tell(process, order)["seconds"])


def _sql(rows: int, every: int = 0) -> str:
    changed = f" /* every {every} */" if every else ""
    return f"SELECT * FROM BENCH_KEYED WHERE ROWNUM <= {rows}{changed}"


def _two_queries(
    sidecar: Sidecar, left: Database, right: Database, rows: int, every: int
) -> dict[str, object]:
    def query(database: Database, sql: str) -> dict[str, object]:
        return {"connection": database.connection, "sql": sql, "max_rows": 0}

    return {
        "port": sidecar.port,
        "left": query(left, _sql(rows)),
        "right": query(right, _sql(rows, every)),
    }


def _request(
    sidecar: Sidecar, left: Database, right: Database, rows: int, every: int, **more: object
) -> bytes:
    body = {
        "left": {"connection": left.connection, "sql": _sql(rows)},
        "right": {"connection": right.connection, "sql": _sql(rows, every)},
        "key": ["ID"],
        # The table comes in that order: what is measured is the comparison, not the sort.
        "order": "given",
        "timeout_ms": 600_000,
        **more,
    }
    return make_request("/compare", body, NDJSON, sidecar.port)


def _compare(sidecar: Sidecar, left: Database, right: Database, rows: int, every: int) -> int:
    """The size of the answer's body, without its progress lines."""
    request = _request(sidecar, left, right, rows, every, progress_ms=0)
    with closing(sidecar.caller()) as caller:
        return caller.read(request).body_bytes


def _timed(sidecar: Sidecar, act: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    before, started = cpu_seconds(sidecar.pid), time.perf_counter()
    act()
    return time.perf_counter() - started, cpu_seconds(sidecar.pid) - before


def _first_difference(field: Field, left: Database, right: Database) -> Sequence[Line]:
    """Until the first byte of an answer whose first row differs, beside the first batch of one."""
    sidecar = field.sidecar
    compared = _request(sidecar, left, right, MANY_ROWS, 1, progress_ms=0)
    query = sidecar.request("/query", field.database, MANY_ROWS)
    own: list[float] = []
    one: list[float] = []
    for _ in range(field.rounds(8)):
        for request, found in ((compared, own), (query, one)):
            found.append(Caller(sidecar.port).first_byte(request))
            time.sleep(0.5)  # until the sidecar has seen that its caller is gone
    over = (median(own) - median(one)) * 1000
    met = over <= FIRST_MS
    check = Check(f"first byte of /query + {FIRST_MS} ms", f"+ {over:.1f} ms", met)
    return [
        Line("first line of /compare, first row differs", {"sidecar": ms(median(own))}, [check])
    ]


def _all_different(field: Field, left: Database, right: Database) -> Sequence[Line]:
    sidecar = field.sidecar
    request = _request(sidecar, left, right, ROWS, 1, max_differences=None, progress_ms=0)
    queries = [
        make_request("/query", body, NDJSON, sidecar.port)
        for side, body in _two_queries(sidecar, left, right, ROWS, 1).items()
        if side != "port"
    ]
    own, two = [], []
    for _ in range(field.rounds(8)):
        with closing(sidecar.caller()) as caller:
            own.append(caller.read(request).total)
        with closing(sidecar.caller()) as first, closing(sidecar.caller()) as second:
            started = time.perf_counter()
            second.socket.sendall(queries[1])
            first.read(queries[0])
            second.read_answer()
            two.append(time.perf_counter() - started)
    check = times("two /query side by side", 1.0, median(own), median(two))
    return [Line(f"/compare, all of {ROWS:,} rows differ", {"sidecar": ms(median(own))}, [check])]


def _memory(left: Database, right: Database) -> Sequence[Line]:
    with Sidecar() as sidecar:
        sidecar.wait_for_driver()
        _compare(sidecar, left, right, 1, 0)
        with peak_over_idle(sidecar.pid) as growth:
            _compare(sidecar, left, right, MANY_ROWS, TEN)
            own = growth() / MIB
    what = f"peak memory over idle, /compare of 2 x {MANY_ROWS:,} rows"
    return [Line(what, {"sidecar": f"{own:.1f} MiB"}, [below(MEMORY_MIB, own, "MiB")])]
