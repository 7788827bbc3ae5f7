"""Measure this checkout against another one: `python -m benchmarks.against CHECKOUT [--quick]`.

Both run from source under this interpreter, interleaved, and this checkout runs twice: how far its
two medians lie apart is the noise, below which a ratio says nothing.
"""

from __future__ import annotations

import argparse
import compileall
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from .field import Field
from .load import make_request, side_by_side
from .measuring import MIB, Seconds, interleave, median, percentile, tree_pss_bytes
from .processes import NDJSON, ROOT, Server, Sidecar

ROWS = 100_000
A_FEW = 50
CALLERS = 8
HEADINGS = ("what", "this checkout", "the other", "ratio", "noise")

Measure = Callable[[], Sequence[float]]


def main() -> int:
    options = _parse()
    programs = {
        "this": ROOT / "sidecar.py",
        "again": ROOT / "sidecar.py",
        "other": options.checkout.resolve() / "sidecar.py",
    }
    for program in programs.values():
        # A start would otherwise compile what has changed since the last one, or what a
        # PYTHONDONTWRITEBYTECODE keeps from being written down.
        compileall.compile_dir(program.parent, maxlevels=2, quiet=2)
    field = Field(options.quick)
    try:
        servers = {name: field.start(_start(program)) for name, program in programs.items()}
        rows = [
            _row("one-row /query, p50, ms", 1000, median, field, 40, servers, _one_row),
            _row("one-row /query, 8 callers, p99, ms", 1000, _p99, field, 8, servers, _together),
            _row(f"{ROWS:,} rows, /query, ms", 1000, median, field, 15, servers, _json),
            _row(f"{ROWS:,} rows, /query-dict, ms", 1000, median, field, 15, servers, _objects),
            _row(f"{ROWS:,} rows, NDJSON, ms", 1000, median, field, 15, servers, _ndjson),
            _starts("start to /health, ms", 1000, field.rounds(21), programs, _start_seconds),
            _starts("idle memory (PSS), MiB", 1 / MIB, field.rounds(9), programs, _idle_bytes),
        ]
    finally:
        field.close()
    for cells in [HEADINGS, ("---",) * len(HEADINGS), *rows]:
        print("| " + " | ".join(cells) + " |")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the folder of the other checkout")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and so more noise")
    return parser.parse_args()


def _start(program: Path) -> Sidecar:
    sidecar = Sidecar(sys.executable, str(program))
    sidecar.wait_for_driver()
    return sidecar


def _row(
    what: str,
    scale: float,
    figure: Callable[[Sequence[Seconds]], float],
    field: Field,
    rounds: int,
    servers: Mapping[str, Server],
    prepare: Callable[[Field, Server], Measure],
) -> tuple[str, ...]:
    contestants = {name: prepare(field, server) for name, server in servers.items()}
    return _cells(what, scale, figure, interleave(field.rounds(rounds), contestants))


def _starts(
    what: str,
    scale: float,
    rounds: int,
    programs: Mapping[str, Path],
    measure: Callable[[Path], float],
) -> tuple[str, ...]:
    contestants = {
        name: (lambda program=program: [measure(program)]) for name, program in programs.items()
    }
    return _cells(what, scale, median, interleave(rounds, contestants))


def _cells(
    what: str,
    scale: float,
    figure: Callable[[Sequence[float]], float],
    samples: Mapping[str, Sequence[float]],
) -> tuple[str, ...]:
    this, again, other = (figure(samples[name]) for name in ("this", "again", "other"))
    own = (this + again) / 2
    return (
        what,
        f"{own * scale:.2f}",
        f"{other * scale:.2f}",
        f"{own / other:.3f}",
        f"{abs(this / again - 1):.1%}",
    )


def _p99(seconds: Sequence[Seconds]) -> float:
    return percentile(seconds, 99)


def _one_row(field: Field, server: Server) -> Measure:
    caller = server.caller()
    request = server.request("/query", field.database, 1, max_rows=1000)
    for _ in range(A_FEW):
        caller.read(request)
    return lambda: [caller.read(request).total for _ in range(A_FEW)]


def _together(field: Field, server: Server) -> Measure:
    requests = [
        server.request("/query", field.databases[i % len(field.databases)], 1, max_rows=1000)
        for i in range(CALLERS)
    ]
    side_by_side(server.port, requests, 200)
    return lambda: side_by_side(server.port, requests, 1000)


def _rows(field: Field, server: Server, path: str, accept: str) -> Measure:
    request = server.request(path, field.database, ROWS, accept=accept)

    def ask() -> Sequence[Seconds]:
        with closing(server.caller()) as caller:
            return [caller.read(request).total]

    ask()
    return ask


def _json(field: Field, server: Server) -> Measure:
    return _rows(field, server, "/query", "application/json")


def _objects(field: Field, server: Server) -> Measure:
    return _rows(field, server, "/query-dict", "application/json")


def _ndjson(field: Field, server: Server) -> Measure:
    return _rows(field, server, "/query", NDJSON)


def _start_seconds(program: Path) -> float:
    started = time.perf_counter()
    with Sidecar(sys.executable, str(program)) as sidecar:
        sidecar.json(make_request("/health", port=sidecar.port))
        return time.perf_counter() - started


def _idle_bytes(program: Path) -> float:
    with _start(program) as sidecar:
        time.sleep(0.5)  # what it does after its start has settled
        return tree_pss_bytes(sidecar.pid)


if __name__ == "__main__":
    sys.exit(main())
