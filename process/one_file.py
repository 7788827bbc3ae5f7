"""What a one-file build leaves behind when its first process is killed.

PyInstaller's one-file binary is two processes: a bootloader that unpacks the program into a folder
`_MEI…` of the temporary folder, and a child that runs it there. A killed bootloader can clean up
neither, so the child watches it, and removes its own folder; what a whole killed pair left is swept
by the next start. On Windows, where nothing is removed that is in use, all of it is left to that.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

# build.sh puts this file into the bundle: no folder of another program is ever swept.
MARKER = "oracle-sidecar.marker"
_PREFIX = "_MEI"
_NAME = re.compile(_PREFIX + r"([0-9a-fA-F]{8})")
# Longer than it takes to unpack a program, until when no process has the marker locked.
UNPACKED_SECONDS = 60.0


def own_folder() -> str | None:
    """Where the program was unpacked; None unless it is a one-file build."""
    folder: str = getattr(sys, "_MEIPASS", "")
    return folder if os.path.basename(folder).startswith(_PREFIX) else None


def bootloader_pid() -> int | None:
    """The process that waits for this one to clean up; None unless it is a one-file build.

    As the folder's name tells it, which stays true if that process is killed before this one asks
    for its parent, who is another one by then.
    """
    folder = own_folder()
    if folder is None:
        return None
    named = _bootloader_of(os.path.basename(folder))
    return os.getppid() if named is None or sys.platform == "win32" else named


def hold_own_folder() -> None:
    """Lock the marker for as long as this process lives, so that no other sweeps its folder.

    A process id says too little: the temporary folder may be shared with containers, and in each
    the same ids mean other processes.
    """
    folder = own_folder()
    if folder is None or sys.platform == "win32":
        return
    try:
        fcntl.flock(os.open(os.path.join(folder, MARKER), os.O_RDONLY), fcntl.LOCK_SH)
    except OSError as error:
        logger.warning("cannot lock %s: %s", folder, error)


def remove_own_folder() -> None:
    """For when the bootloader is gone. The last thing that a process does: its imports end here."""
    folder = own_folder()
    if folder is not None:
        _remove(folder)


def sweep(temporary: str | None = None) -> list[str]:
    """Remove the folders of one-file sidecars whose processes are gone; returns which."""
    import tempfile  # here and below: most starts have nothing to remove, and need not wait for it

    swept = []
    for entry in os.scandir(temporary or tempfile.gettempdir()):
        try:
            is_left = _is_a_sidecars(entry) and _is_ours(entry) and _is_left(entry)
            left = _taken_aside(entry.path) if is_left else None
        except OSError:
            continue  # another start has swept it meanwhile, or, on Windows, a process uses it
        if left is not None:
            _remove(left)
            swept.append(entry.path)
            logger.info("removed %s, which a killed sidecar had left", entry.path)
    return swept


def _is_a_sidecars(entry: os.DirEntry[str]) -> bool:
    if not entry.name.startswith(_PREFIX) or entry.path == own_folder():
        return False
    return os.path.isfile(os.path.join(entry.path, MARKER))


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():
        return False
    return not hasattr(os, "getuid") or entry.stat().st_uid == os.getuid()


def _taken_aside(folder: str) -> str:
    """Where it is to be removed. On Windows a folder of which a process has a file open cannot be
    renamed, and nothing else tells whether there is one.
    """
    if sys.platform != "win32":
        return folder
    aside = f"{folder}.left"
    os.replace(folder, aside)
    return aside


def _is_left(entry: os.DirEntry[str]) -> bool:
    if not _is_gone(_bootloader_of(entry.name)):
        return False
    try:
        descriptor = os.open(os.path.join(entry.path, MARKER), os.O_RDONLY)
    except OSError:
        return False
    try:
        age = time.time() - os.fstat(descriptor).st_mtime
        return age > UNPACKED_SECONDS and not _is_held(descriptor)
    finally:
        os.close(descriptor)


def _is_held(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False  # see _taken_aside
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _bootloader_of(name: str) -> int | None:
    """Its process id stands in eight hexadecimal digits, before digits that make it unique."""
    match = _NAME.match(name)
    return None if match is None else int(match.group(1), 16)


def _is_gone(pid: int | None) -> bool:
    """Signal 0 asks whether a process is there; on Windows it would end it, so nothing is asked."""
    if sys.platform == "win32":
        return True
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
