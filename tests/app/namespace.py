"""Mounts and processes that end together, however the tests end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from .closing import Closing

# As process 1 it is the parent of every orphan: a zombie is nothing that was left running. It ends
# with the pipe to the tests, and its end is that of all the others, and of the mounts.
_FIRST = "trap '' CHLD; mount -t proc proc /proc && echo ready && exec cat"


class Namespace(Closing):
    """A mount and a process namespace. Only root can make one. close(), or this process's end in
    whatever way, kills what runs in it and unmounts what was mounted in it."""

    def __init__(self) -> None:
        self._first = subprocess.Popen(
            [
                *("unshare", "--mount", "--propagation", "private"),
                *("--pid", "--fork", "--kill-child", "sh", "-c", _FIRST),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which then close it
        )
        assert self._first.stdout is not None
        if self._first.stdout.readline() != "ready\n":
            _, said = self._first.communicate()
            raise OSError(f"no namespace could be made: {said.strip()}")
        self._of_processes = self._link("pid_for_children")

    def _link(self, kind: str) -> str:
        return os.readlink(f"/proc/{self._first.pid}/ns/{kind}")

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: int | IO[str] = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.DEVNULL,
        stderr: int | IO[str] = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[str]:
        """Start a program in it. The answer is its parent: end it with `end`, not with kill()."""
        folder = f"/proc/{self._first.pid}/ns"
        return subprocess.Popen(
            [
                *("nsenter", f"--mount={folder}/mnt", f"--pid={folder}/pid_for_children"),
                *("--wd=/", "--", *command),
            ],
            env=dict(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            text=True,
            start_new_session=True,
        )

    def run(self, command: Sequence[str], env: Mapping[str, str], said: str = "") -> str:
        """Run a program to its end, and hand back what it printed. OSError where it fails."""
        pipe = subprocess.PIPE
        process = self.start(command, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)
        try:
            printed, _ = process.communicate(said)
        except BaseException:
            end(process)
            raise
        if process.returncode:
            raise OSError(f"{' '.join(command)} ended with {process.returncode}:\n{printed}")
        return printed

    def processes(self) -> list[int]:
        """What lives in it, by the numbers of the world outside; without its first process."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if os.readlink(folder / "ns" / "pid") != self._of_processes:
                    continue
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                inside = (folder / "status").read_text().partition("NSpid:")[2].split("\n")[0]
            except OSError:
                continue  # it has ended meanwhile
            if fields[0] not in "ZX" and inside.split()[-1] != "1":
                found.append(int(folder.name))
        return found

    def close(self) -> None:
        assert self._first.stdin is not None
        self._first.stdin.close()
        self._first.wait()
        assert self._first.stdout is not None
        assert self._first.stderr is not None
        self._first.stdout.close()
        self._first.stderr.close()


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    """Signal a program that `start` has started, and wait for it. The exit code; a program that
    takes its time is killed."""
    _signal(process, number)
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        return process.wait()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
