"""The smallest query: what a request costs beside what the driver takes for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..field import Field
from ..load import side_by_side
from ..measuring import Check, Line, Seconds, interleave, median, ms, percentile, times
from ..processes import Server

OWN_MS = 0.35
CALLERS = 8
A_FEW = 50


def one_row(field: Field) -> list[Line]:
    """`/query` of one row on a warm pool over one kept connection."""
    contestants = {
        "driver": lambda: field.floor.measure("one_row", 1, A_FEW),
        "sidecar": _asking(field.sidecar, field, "/query"),
        "FastAPI": _asking(field.peer, field, "/query"),
        "with models": _asking(field.peer, field, "/models/query"),
    }
    for name, peer in field.foreign_peers.items():
        contestants[name] = _asking(peer, field, "/query")
    samples = interleave(field.rounds(40), contestants)
    middle = {name: median(seconds) for name, seconds in samples.items()}
    over = (middle["sidecar"] - middle["driver"]) * 1000
    return [
        Line(
            "one-row /query, p50",
            {name: ms(seconds) for name, seconds in middle.items()},
            [
                Check(f"driver + {OWN_MS} ms", f"+ {over:.2f} ms", over <= OWN_MS),
                times("FastAPI", 0.6, middle["sidecar"], middle["FastAPI"]),
            ],
        )
    ]


def _asking(server: Server, field: Field, path: str) -> Callable[[], Sequence[Seconds]]:
    caller = server.caller()
    request = server.request(path, field.database, 1, max_rows=1000)
    for _ in range(A_FEW):
        caller.read(request)
    return lambda: [caller.read(request).total for _ in range(A_FEW)]


def eight_callers(field: Field) -> list[Line]:
    """The same by eight callers at once, two to each of four databases."""
    contestants = {
        "sidecar": asking_together(field.sidecar, field, "/query"),
        "FastAPI": asking_together(field.peer, field, "/query"),
        "with models": asking_together(field.peer, field, "/models/query"),
    }
    for name, peer in field.foreign_peers.items():
        contestants[name] = asking_together(peer, field, "/query")
    samples = interleave(field.rounds(8), contestants)
    worst = {name: percentile(seconds, 99) for name, seconds in samples.items()}
    return [
        Line(
            f"one-row /query, p99, {CALLERS} callers, {len(field.databases)} connections",
            {name: ms(seconds) for name, seconds in worst.items()},
            [times("FastAPI", 0.8, worst["sidecar"], worst["FastAPI"])],
        )
    ]


def asking_together(server: Server, field: Field, path: str) -> Callable[[], Sequence[Seconds]]:
    requests = [
        server.request(path, field.databases[i % len(field.databases)], 1, max_rows=1000)
        for i in range(CALLERS)
    ]
    side_by_side(server.port, requests, 200)
    return lambda: side_by_side(server.port, requests, 1000)
