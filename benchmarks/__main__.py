"""Measure the sidecar: `python -m benchmarks [--quick] [--only NAME] [--json FILE]`.

The cases, in the order of the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from .cases.binary import binary_memory, binary_size, binary_start
from .cases.comparing import comparing
from .cases.far_away import far_comparison, far_memory, far_row, far_rows
from .cases.many_rows import cost_per_row, many_rows
from .cases.one_row import eight_callers, one_row
from .cases.since import since
from .cases.streaming import first_byte, health, memory
from .field import Field
from .measuring import Line

Case: TypeAlias = Callable[[Field], "list[Line]"]

CASES: Mapping[str, Case] = {
    "one-row": one_row,
    "eight-callers": eight_callers,
    "many-rows": many_rows,
    "memory": memory,
    "first-byte": first_byte,
    "health": health,
    "cost-per-row": cost_per_row,
    "comparing": comparing,
    "far-rows": far_rows,
    "far-row": far_row,
    "far-comparison": far_comparison,
    "far-memory": far_memory,
    "since": since,
    "binary-size": binary_size,
    "binary-start": binary_start,
    "binary-memory": binary_memory,
}
CONTESTANTS = ("sidecar", "driver", "FastAPI", "with models", "Rust", "Node")


def main() -> int:
    options = _parse()
    field = Field(options.quick)
    started = time.monotonic()
    lines: list[Line] = []
    try:
        for name in options.only or CASES:
            print(f"{name} ...", file=sys.stderr, flush=True)
            lines += CASES[name](field)
    finally:
        field.close()
    print(machine())
    print(table(lines))
    print(f"{time.monotonic() - started:.0f} s in all")
    if options.json:
        result = {"machine": machine(), "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if all(check.is_met for line in lines for check in line.checks) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and so more noise")
    parser.add_argument("--only", action="append", choices=CASES, help="this case (repeatable)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    return parser.parse_args()


def machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def table(lines: Sequence[Line], contestants: Sequence[str] = CONTESTANTS) -> str:
    """A Markdown table, one row for each figure that is limited; limits where there are some."""
    rows: list[tuple[str, ...]] = [("what", *contestants, "at most", "measured", "")]
    for line in lines:
        figures = [line.figures.get(name, "") for name in contestants]
        left = (line.what, *figures)
        if not line.checks:
            rows.append((*left, "", "", ""))
        for check in line.checks:
            rows.append((*left, check.at_most, check.measured, "ok" if check.is_met else "MISSED"))
            left = ("",) * len(left)
    if not any(line.checks for line in lines):
        rows = [row[: 1 + len(contestants)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
