"""What runs in the root, told by its program, and what listens there."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from .patience import PATIENCE_SECONDS
from .root import Root


@dataclass(frozen=True)
class Process:
    """A process in the root, by its number outside of it."""

    pid: int
    program: str
    """Its path in the root."""
    parent: int
    command: str
    environment: str

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def is_gone_within(self, seconds: float) -> bool:
        """Waits for its end."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        with os.fdopen(handle):
            return bool(select.select([handle], [], [], seconds)[0])

    def end(self) -> None:
        self.send(signal.SIGTERM)
        assert self.is_gone_within(PATIENCE_SECONDS), f"{self.program} does not end"


def running(root: Root) -> list[Process]:
    """All of the root's, the parents before their children."""
    found = [_process(root, pid) for pid in sorted(root.namespace.processes())]
    return [process for process in found if process is not None]


def find(root: Root, program: str) -> list[Process]:
    """Those that run a program of the root's, or one of a folder where it ends with a slash."""
    return [
        process
        for process in running(root)
        if process.program == program
        or (program.endswith("/") and process.program.startswith(program))
    ]


def _process(root: Root, pid: int) -> Process | None:
    """None where it has ended meanwhile, or runs no program of the root's."""
    folder = Path("/proc") / str(pid)
    try:
        program = os.readlink(folder / "exe")
        stat = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
        environment = (folder / "environ").read_text(errors="replace").replace("\0", "\n")
    except OSError:
        return None
    if not program.startswith(f"{root.folder}/"):
        return None
    return Process(pid, program[len(str(root.folder)) :], int(stat[1]), command, environment)
