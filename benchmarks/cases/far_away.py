"""A database behind a VPN: rows, one row, a comparison, and memory, at 40 ms a round trip."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from ..field import FAR_MS, Field
from ..load import make_request
from ..measuring import (
    MIB,
    Check,
    Line,
    Seconds,
    below,
    interleave,
    median,
    ms,
    peak_over_idle,
    times,
)
from ..processes import NDJSON, FarDatabase, Floor, Server, Sidecar

ROWS = 100_000
MANY_ROWS = 1_000_000
ROUND_TRIP_MS = 2 * FAR_MS
ARRAY_SIZE = 1000
"""Of the driver by hand, ten times its own."""
OWN_SECONDS = 0.5
ONE_ROW_MS = ROUND_TRIP_MS + 5
TIME_ZONES = "SELECT SYSTIMESTAMP FROM dual"
DELAYS_MS = (2.5, FAR_MS, 100)
MEMORY_MIB = 24
SETTLE_SECONDS = 2.5


def far_rows(field: Field) -> list[Line]:
    """100,000 rows of 10 columns, beside the driver by hand and beside a database that is near."""
    far, sidecar = field.far_databases[0], field.sidecar
    floor = field.start(Floor(far))
    samples = interleave(
        field.rounds(5),
        {
            "driver": lambda: floor.measure("fetch_and_dumps", ROWS, array_size=ARRAY_SIZE),
            "far": reading(sidecar, sidecar.request("/query", far, ROWS)),
            "near": reading(sidecar, sidecar.request("/query", field.database, ROWS)),
        },
    )
    middle = {name: median(seconds) for name, seconds in samples.items()}
    most = 1.6 * middle["near"] + OWN_SECONDS
    return [
        Line(
            f"{ROWS:,} rows at {ROUND_TRIP_MS} ms (near: {ms(middle['near'])})",
            {"sidecar": ms(middle["far"]), "driver": ms(middle["driver"])},
            [
                times(
                    f"the driver, {ARRAY_SIZE} rows a fetch", 0.40, middle["far"], middle["driver"]
                ),
                Check(f"1.6 x near + {OWN_SECONDS} s", ms(middle["far"]), middle["far"] <= most),
            ],
        )
    ]


def reading(server: Server, request: bytes) -> Callable[[], Sequence[Seconds]]:
    """Reads an answer to its end, on a connection of its own; the first time before it returns."""

    def read() -> Sequence[Seconds]:
        with closing(server.caller()) as caller:
            return [caller.read(request).total]

    read()
    return read


def far_row(field: Field) -> list[Line]:
    """One row on a warm pool; the same where the database has to write out a time zone."""
    sidecar, far = field.sidecar, field.far_databases[0]
    lines = []
    for what, sql in (("one row", None), ("one row with a time zone", TIME_ZONES)):
        request = sidecar.request("/query", far, 1, max_rows=1000, sql=sql)
        with closing(sidecar.caller()) as caller:
            caller.read(request)
            own = median([caller.read(request).total for _ in range(field.rounds(20))]) * 1000
        check = below(ONE_ROW_MS, own, "ms")
        lines.append(
            Line(f"{what} at {ROUND_TRIP_MS} ms, warm", {"sidecar": f"{own:.1f} ms"}, [check])
        )
    return lines


def far_comparison(field: Field) -> list[Line]:
    """`/compare` of two far tables, beside `/query` of the one that takes longer."""
    sidecar = field.sidecar
    statements = [
        f"SELECT * FROM BENCH_KEYED WHERE ROWNUM <= {ROWS} /* every {n} */" for n in (0, 10_000)
    ]
    sides = [
        {"connection": far.connection, "sql": sql}
        for far, sql in zip(field.far_databases, statements, strict=True)
    ]
    body = {"left": sides[0], "right": sides[1], "key": ["ID"], "order": "given"}
    compare = make_request("/compare", body, NDJSON, sidecar.port)
    queries = [
        make_request("/query", {**side, "max_rows": 0}, NDJSON, sidecar.port) for side in sides
    ]
    samples = interleave(
        field.rounds(5),
        {
            "compare": reading(sidecar, compare),
            "left": reading(sidecar, queries[0]),
            "right": reading(sidecar, queries[1]),
        },
    )
    middle = {name: median(seconds) for name, seconds in samples.items()}
    slower = max(middle["left"], middle["right"])
    return [
        Line(
            f"/compare of 2 x {ROWS:,} rows at {ROUND_TRIP_MS} ms (one alone: {ms(slower)})",
            {"sidecar": ms(middle["compare"])},
            [times("the slower side alone", 1.2, middle["compare"], slower)],
        )
    ]


def far_memory(field: Field) -> list[Line]:
    """Peak memory while 1,000,000 rows stream, from a fresh start with a warm pool."""
    figures = []
    for delay in DELAYS_MS:
        with FarDatabase(field.database, delay) as far, Sidecar() as sidecar:
            figures.append((2 * delay, _growth(sidecar, far)))
    return [
        Line(
            f"peak memory over idle, {MANY_ROWS:,} rows at {round_trip:g} ms",
            {"sidecar": f"{own:.1f} MiB"},
            [below(MEMORY_MIB, own, "MiB")],
        )
        for round_trip, own in figures
    ]


def _growth(sidecar: Sidecar, far: FarDatabase) -> float:
    sidecar.wait_for_driver()
    with closing(sidecar.caller()) as caller:
        caller.read(sidecar.request("/query", far, 1))
        # What it loads behind its first answer is none of the rows'.
        time.sleep(SETTLE_SECONDS)
        with peak_over_idle(sidecar.pid) as growth:
            caller.read(sidecar.request("/query", far, MANY_ROWS))
            return growth() / MIB
