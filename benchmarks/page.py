"""Measure the page: `python -m benchmarks.page [--quick] [--json FILE]`.

`tauri/compare-config/figures/` drives the page in Chromium, on a sidecar and a stand-in of its own.
What it notes down is worked out, and held against limits, here.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .__main__ import machine, table
from .measuring import MIB, Check, Line, below, median, percentile
from .processes import ROOT

PAGE = ROOT / "tauri" / "compare-config"
PARTIES = ("page", "sidecar alone")
FRAME_MS = 20
MEMORY_MIB = 250
WEIGHT_KB = 300
ROUNDS = 5
QUICK_ROUNDS = 2
# Node as the demo finds it, the page as the demo builds it.
MEASURE = """
. tests/environment.sh
. tests/node_environment.sh
make_environment
make_page || { echo "$no_page" >&2; exit 1; }
cd tauri/compare-config
exec npx vitest run --config vitest.figures.config.ts measure >&2
"""

Samples = Mapping[str, Any]


def main() -> int:
    options = _parse()
    started = time.monotonic()
    samples = _measured(QUICK_ROUNDS if options.quick else ROUNDS)
    lines = _lines(samples)
    print(machine())
    print(table(lines, PARTIES))
    print(f"{time.monotonic() - started:.0f} s in all")
    if options.json:
        result = {"machine": machine(), "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if all(check.is_met for line in lines for check in line.checks) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and so more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    return parser.parse_args()


def _measured(rounds: int) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        environment = {**os.environ, "FIGURES": str(file), "FIGURES_ROUNDS": str(rounds)}
        subprocess.run(["sh", "-euc", MEASURE], cwd=ROOT, env=environment, check=True)
        samples: Samples = json.loads(file.read_text(encoding="utf-8"))
        return samples


def _lines(samples: Samples) -> list[Line]:
    return [
        *_comparing("ten", "ten of them differ", samples),
        *_comparing("all", "all of them differ", samples),
        *_frames(samples["frames"]),
        *_memory(samples["memory"]),
        _many(samples),
        _start(samples["start"]),
        _weight(),
    ]


def _comparing(name: str, which: str, samples: Samples) -> list[Line]:
    found = samples[name]
    what = f"Compare pressed, 2 x 100,000 rows, {which}"
    first, end, alone = (_ms(median(found[key])) for key in ("first", "end", "alone"))
    return [
        Line(f"{what}: first difference", {"page": first}),
        Line(f"{what}: end", {"page": end, "sidecar alone": alone}),
    ]


def _frames(frames: Mapping[str, Sequence[float]]) -> list[Line]:
    def line(name: str, what: str, limit: float | None = None) -> Line:
        own = percentile(frames[name], 95)
        figure = f"{own:.1f} ms (longest {max(frames[name]):.0f})"
        return Line(f"frames, p95: {what}", {"page": figure}, _limited(limit, own, "ms"))

    return [
        line("idle", "nothing happens"),
        line("wheel", "100,000 differences, by wheel", FRAME_MS),
        line("pageDown", "100,000 differences, PageDown held", FRAME_MS),
    ]


def _memory(memory: Mapping[str, Mapping[str, float]]) -> list[Line]:
    def line(name: str, what: str, limit: float | None = None) -> Line:
        own, objects = memory[name]["process"] / MIB, memory[name]["heap"] / MIB
        figure = f"{own:.0f} MiB (objects {objects:.0f})"
        return Line(f"memory: {what}", {"page": figure}, _limited(limit, own, "MiB"))

    return [
        line("before", "nothing compared"),
        line("after", "100,000 differences of 10 columns", MEMORY_MIB),
        line("scrolled", "the same, after all that scrolling"),
    ]


def _many(samples: Samples) -> Line:
    tables, seconds = samples["tables"], median(samples["many"]["seconds"])
    longest = median(samples["many"]["longest"])
    figure = f"{seconds:.1f} s, {tables / seconds:.0f} tables/s (longest frame {longest:.0f} ms)"
    return Line(f"{tables} tables of 1,000 rows", {"page": figure})


def _start(ready: Sequence[float]) -> Line:
    return Line("start of the page to “Sidecar ready”", {"page": _ms(median(ready))})


def _weight() -> Line:
    files = [file.read_bytes() for file in (PAGE / "dist").rglob("*") if file.is_file()]
    plain = sum(map(len, files)) / 1000
    own = sum(len(gzip.compress(content, 9, mtime=0)) for content in files) / 1000
    figure = f"{own:.0f} kB (of {plain:.0f})"
    return Line("weight, compressed", {"page": figure}, _limited(WEIGHT_KB, own, "kB"))


def _limited(limit: float | None, own: float, unit: str) -> list[Check]:
    return [] if limit is None else [below(limit, own, unit)]


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
