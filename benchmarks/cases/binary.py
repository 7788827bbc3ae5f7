"""The binaries: how large, how fast there, how much memory, beside the peer's."""

from __future__ import annotations

import lzma
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .. import builds
from ..field import Field
from ..load import make_request
from ..measuring import MIB, Line, Seconds, below, interleave, median, ms, times, tree_pss_bytes
from ..processes import Database, Peer, Server, Sidecar

MB = 1_000_000
STARTS = 11
# Until a process that has nothing to do has loaded what it loads behind its first answer.
SETTLE_SECONDS = 3.0


def binary_size(field: Field) -> list[Line]:
    """On disk, and inside an installer that compresses with xz."""
    sizes = {layout: builds.size(program) for layout, program in builds.own().items()}
    peers = {layout: builds.size(program) for layout, program in builds.peer().items()}
    limits = {"one-file": 13.0, "one-file, not compressed": 36.0, "one-dir": 34.0}
    lines = []
    for layout, program in builds.own().items():
        checks = [below(limits[layout], sizes[layout] / MB, "MB")]
        figures = {"sidecar": f"{sizes[layout] / MB:.1f} MB, as xz {_as_xz(program) / MB:.1f} MB"}
        if layout in peers:
            figures["FastAPI"] = f"{peers[layout] / MB:.1f} MB"
        if layout == "one-file":
            checks.append(times("FastAPI", 0.36, sizes[layout], peers[layout]))
        lines.append(Line(f"{layout}: size", figures, checks))
    return lines


def _as_xz(program: Path) -> int:
    folder = program.parent
    is_folder = (folder / "_internal").is_dir()
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if is_folder else [program]
    compressor = lzma.LZMACompressor(preset=6)
    return sum(len(compressor.compress(file.read_bytes())) for file in files) + len(
        compressor.flush()
    )


def binary_start(field: Field) -> list[Line]:
    """From the start of the process to the first answer of `/health`, and of a query."""
    own, peer = builds.own(), builds.peer()
    starts: dict[str, Callable[[], Server]] = {
        **{layout: partial(Sidecar, str(program)) for layout, program in own.items()},
        **{f"FastAPI, {layout}": partial(Peer, str(path)) for layout, path in peer.items()},
    }
    rounds = field.rounds(STARTS)
    health = _medians(rounds, {name: partial(_to_health, start) for name, start in starts.items()})
    query = _medians(
        rounds,
        {
            name: partial(_to_query, starts[name], field.database)
            for name in ("one-dir", "FastAPI, one-dir")
        },
    )
    other = health["FastAPI, one-file"]
    limits = {"one-file": 0.28, "one-file, not compressed": 0.12, "one-dir": 0.08}
    lines = [
        Line(
            f"{layout}: start to /health",
            {"sidecar": ms(health[layout]), "FastAPI": f"{ms(other)} (one-file)"},
            [times("FastAPI", limit, health[layout], other)],
        )
        for layout, limit in limits.items()
    ]
    return [
        *lines,
        *_first_starts(field, {name: starts[name] for name in limits}),
        Line(
            "one-dir: start to the first answered query",
            {"sidecar": ms(query["one-dir"]), "FastAPI": ms(query["FastAPI, one-dir"])},
            [times("FastAPI", 0.25, query["one-dir"], query["FastAPI, one-dir"])],
        ),
    ]


def _first_starts(field: Field, starts: dict[str, Callable[[], Server]]) -> list[Line]:
    """With nothing of the program in memory, as after the machine has started."""
    try:
        _forget_files()
    except OSError:
        return []  # it takes root
    first = _medians(
        field.rounds(5), {name: partial(_to_health, s, _forget_files) for name, s in starts.items()}
    )
    return [
        Line(f"{layout}: first start to /health", {"sidecar": ms(seconds)})
        for layout, seconds in first.items()
    ]


def _forget_files() -> None:
    """Have the kernel drop what it keeps of files (proc_sys_vm(5), drop_caches)."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


def _medians(
    rounds: int, contestants: dict[str, Callable[[], Sequence[Seconds]]]
) -> dict[str, Seconds]:
    return {name: median(s) for name, s in interleave(rounds, contestants).items()}


def _to_health(
    start: Callable[[], Server], before: Callable[[], None] = lambda: None
) -> Sequence[Seconds]:
    before()
    began = time.perf_counter()
    with start() as server:
        server.caller().read(make_request("/health", port=server.port))
        return [time.perf_counter() - began]


def _to_query(start: Callable[[], Server], database: Database) -> Sequence[Seconds]:
    began = time.perf_counter()
    with start() as server:
        server.caller().read(server.request("/query", database, 1))
        return [time.perf_counter() - began]


def binary_memory(field: Field) -> list[Line]:
    """Of all processes of a one-file build: with nothing to do, and after a login and a query."""
    with (
        Sidecar(str(builds.own()["one-file"])) as sidecar,
        Peer(str(builds.peer()["one-file"])) as peer,
    ):
        time.sleep(SETTLE_SECONDS)
        idle = {"sidecar": _mib(sidecar), "FastAPI": _mib(peer)}
        for server in (sidecar, peer):
            server.caller().read(server.request("/query", field.database, 1))
        used = {"sidecar": _mib(sidecar), "FastAPI": _mib(peer)}
    return [
        Line(
            "one-file: idle memory (PSS)",
            _in_words(idle),
            [
                below(26, idle["sidecar"], "MiB"),
                times("FastAPI", 0.42, idle["sidecar"], idle["FastAPI"]),
            ],
        ),
        Line(
            "one-file: memory after one login and one query",
            _in_words(used),
            [below(36, used["sidecar"], "MiB")],
        ),
    ]


def _mib(server: Server) -> float:
    return tree_pss_bytes(server.pid) / MIB


def _in_words(figures: dict[str, float]) -> dict[str, str]:
    return {name: f"{mib:.1f} MiB" for name, mib in figures.items()}
