"""A log file: its owner's alone, rotated, and shared by several processes without loss."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

if sys.platform != "win32":
    import fcntl

FILE_BYTES = 5_000_000
FILES_KEPT = 3
ROTATE_AGAIN_SECONDS = 60.0

# O_NOFOLLOW: in a folder that others may write to, a link leads where they want it to.
# O_NONBLOCK: to open a pipe that has no reader would wait for one. Windows has neither.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WHAT_IT_IS = {errno.ELOOP: "it is a link", errno.ENXIO: "it is a pipe or a socket"}


class LogFile:
    """Takes lines, and begins a new file when one is full. Used by one thread, which closes it.

    OSError where the file cannot be opened, or is none that a log may be written to. `complain` is
    told when it cannot be rotated, and what comes goes on in the same file.
    """

    # Other processes may write to the same file and rotate it. O_APPEND keeps their lines whole,
    # the lock on the file lets one of them rotate, and each looks before it writes whether the
    # file is still the one by that name. What is written just then stands in the older file.

    def __init__(self, path: str, complain: Callable[[str], None]) -> None:
        self._path = path
        self._complain = complain
        self._rotates_from = 0.0
        self._descriptor = _open(path)

    def write(self, lines: Sequence[str]) -> None:
        """OSError where the disk is full, say; the next call tries anew."""
        if not self._is_current():
            self._reopen()
        size = os.fstat(self._descriptor).st_size
        waiting: list[bytes] = []
        for line in lines:
            data = f"{line}\n".encode("utf-8", "backslashreplace")
            if size and size + len(data) > FILE_BYTES and self._may_rotate():
                self._write_all(waiting)
                waiting = []
                self._rotate()
                size = os.fstat(self._descriptor).st_size
            waiting.append(data)
            size += len(data)
        self._write_all(waiting)

    def close(self) -> None:
        os.close(self._descriptor)

    def _write_all(self, lines: Sequence[bytes]) -> None:
        rest = b"".join(lines)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _is_current(self) -> bool:
        """False when it was rotated by another process, moved or deleted."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def _reopen(self) -> None:
        previous, self._descriptor = self._descriptor, _open(self._path)
        os.close(previous)  # and with it the lock

    def _may_rotate(self) -> bool:
        is_file = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        return is_file and time.monotonic() >= self._rotates_from

    def _rotate(self) -> None:
        try:
            if sys.platform == "win32":
                self._let_go()  # what is open cannot be renamed there
                self._rename_all()
            else:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                if self._is_current():
                    self._rename_all()
        except OSError as error:
            # Its folder must not be written to, say; or, on Windows, another process has it open.
            self._rotates_from = time.monotonic() + ROTATE_AGAIN_SECONDS
            self._complain(f"cannot rotate {self._path}: {error}")
        self._reopen()

    def _let_go(self) -> None:
        """Close the file: what is written goes nowhere until it is opened again."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._descriptor, inheritable=False)
        os.close(nowhere)

    def _rename_all(self) -> None:
        names = [self._path, *(f"{self._path}.{number}" for number in range(1, FILES_KEPT + 1))]
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                os.replace(newer, older)


def _open(path: str) -> int:
    """Open it to append to, for its owner only. OSError."""
    if sys.platform == "win32" and os.path.islink(path):
        raise OSError(_WHAT_IT_IS[errno.ELOOP])
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        raise OSError(_WHAT_IT_IS.get(error.errno or 0, error.strerror)) from error
    try:
        if sys.platform != "win32":
            _make_private(descriptor)
            os.set_blocking(descriptor, True)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _make_private(descriptor: int) -> None:
    if sys.platform != "win32":
        status = os.fstat(descriptor)
        if stat.S_ISCHR(status.st_mode):
            return  # a terminal, or /dev/null
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no file")
        if status.st_uid != os.geteuid():
            raise OSError("it belongs to another user")
        if status.st_mode & 0o077:
            # One of an earlier version, say. Some file systems have no such rights.
            with suppress(PermissionError):
                os.fchmod(descriptor, 0o600)
