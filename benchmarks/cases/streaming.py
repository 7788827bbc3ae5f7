"""While rows stream: memory, the first byte, and whether `/health` still answers."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .. import builds
from ..field import Field
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
    percentile,
)
from ..processes import Database, ForeignPeer, Peer, Readers, Server, Sidecar

ROWS = 1_000_000
PEER_ROWS = 100_000
MEMORY_MIB = 24
FIRST_BYTE_MS = 50
HEALTH_MS = 30
STREAMS = 8
HEALTH_EVERY_SECONDS = 0.01


def memory(field: Field) -> list[Line]:
    """How far a server grows while 1,000,000 rows pass, from a fresh start with a warm pool."""
    with Sidecar() as sidecar, Peer() as peer:
        sidecar.wait_for_driver()
        own = _growth(sidecar, field.database, ROWS)
        other = _growth(peer, field.database, PEER_ROWS)
    figures = {"sidecar": f"{own:.1f} MiB", "FastAPI": f"{other:.0f} MiB"}
    program = builds.rust_peer()
    if program is not None:
        with ForeignPeer(str(program)) as rust:
            figures["Rust"] = f"{_growth(rust, field.database, ROWS):.1f} MiB"
    what = f"peak memory over idle, {ROWS:,} rows (FastAPI: {PEER_ROWS:,})"
    return [Line(what, figures, [below(MEMORY_MIB, own, "MiB")])]


def _growth(server: Server, database: Database, rows: int) -> float:
    caller = server.caller()
    caller.read(server.request("/query", database, 1))
    with peak_over_idle(server.pid) as growth:
        caller.read(server.request("/query", database, rows))
        return growth() / MIB


def first_byte(field: Field) -> list[Line]:
    """The first byte of the body, where 1,000,000 rows follow, beside the driver's first batch."""
    sidecar = field.sidecar
    request = sidecar.request("/query", field.database, ROWS)
    one_row = sidecar.request("/query", field.database, 1)

    def ask() -> Sequence[Seconds]:
        # Whoever hangs up costs a session: it is opened again before the clock runs.
        for _ in range(3):
            sidecar.caller().read(one_row)
        seconds = sidecar.caller().first_byte(request)
        time.sleep(0.5)  # until the sidecar has seen that its caller is gone
        return [seconds]

    samples = interleave(
        field.rounds(12),
        {"driver": lambda: field.floor.measure("first_batch", ROWS), "sidecar": ask},
    )
    middle = {name: median(seconds) for name, seconds in samples.items()}
    over = (middle["sidecar"] - middle["driver"]) * 1000
    return [
        Line(
            f"first byte of {ROWS:,} rows, p50",
            {name: ms(seconds) for name, seconds in middle.items()},
            [Check(f"driver + {FIRST_BYTE_MS} ms", f"+ {over:.1f} ms", over <= FIRST_BYTE_MS)],
        )
    ]


def health(field: Field) -> list[Line]:
    """`/health` on a kept connection while eight large queries stream from four databases."""
    sidecar = field.sidecar
    requests = [
        sidecar.request("/query", field.databases[i % len(field.databases)], ROWS)
        for i in range(STREAMS)
    ]
    question = make_request("/health", port=sidecar.port)
    caller = sidecar.caller()
    seconds = []
    with Readers(sidecar.port, requests):
        time.sleep(1.0)  # until all of them stream
        end = time.monotonic() + (5 if field.is_quick else 20)
        while time.monotonic() < end:
            seconds.append(caller.read(question).total)
            time.sleep(HEALTH_EVERY_SECONDS)
    worst = percentile(seconds, 99)
    middle = ms(median(seconds))
    return [
        Line(
            f"/health while {STREAMS} large queries stream, p99 (p50 {middle})",
            {"sidecar": ms(worst)},
            [below(HEALTH_MS, worst * 1000, "ms")],
        )
    ]
