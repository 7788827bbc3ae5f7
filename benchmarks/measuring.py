"""Times and memory: what is interleaved, what is taken from many samples, how it is compared."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Seconds: TypeAlias = float
Samples: TypeAlias = "dict[str, list[Seconds]]"

MIB = 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One figure against what it is allowed to be; `at_most` says both in words."""

    at_most: str
    measured: str
    is_met: bool


@dataclass(frozen=True)
class Line:
    """One line of the table. figures: who, and what that took, in words."""

    what: str
    figures: Mapping[str, str]
    checks: Sequence[Check] = field(default_factory=tuple)


def interleave(rounds: int, contestants: Mapping[str, Callable[[], Sequence[Seconds]]]) -> Samples:
    """Everybody's samples, a few in each round: what disturbs the machine disturbs all alike."""
    samples: Samples = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            samples[name] += measure()
    return samples


def median(values: Sequence[Seconds]) -> Seconds:
    return statistics.median(values)


def percentile(values: Sequence[Seconds], percent: float) -> Seconds:
    """The nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def timed(act: Callable[[], object]) -> Seconds:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def times(reference: str, factor: float, own: Seconds, other: Seconds) -> Check:
    """`own` is at most `factor` times `other`."""
    ratio = own / other
    return Check(f"{factor:g} x {reference}", f"{ratio:.2f} x", ratio <= factor)


def below(limit: float, own: float, unit: str) -> Check:
    return Check(f"{limit:g} {unit}", f"{own:.1f} {unit}", own <= limit)


def ms(seconds: Seconds) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds:.3f} s"


# Memory, from /proc.


def resident_bytes(pid: int) -> int:
    return _status(pid, "VmRSS")


@contextmanager
def peak_over_idle(pid: int) -> Iterator[Callable[[], int]]:
    """Gives a function that says how far a process grew beyond what it holds now, at its peak."""
    # 5 sets the kernel's high-water mark back to what is resident, so nothing is missed between
    # two looks (proc(5), clear_refs).
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    idle = resident_bytes(pid)
    yield lambda: _status(pid, "VmHWM") - idle


def tree_pss_bytes(pid: int) -> int:
    """The memory of a process and its children; what several share counts in parts (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (own,) = [int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:")]
    return own + sum(tree_pss_bytes(int(child)) for child in children)


def cpu_seconds(pid: int) -> Seconds:
    """What a process has spent so far, in user mode and in the kernel (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"/proc/{pid}/status does not tell {key}")
