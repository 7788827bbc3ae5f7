"""What a one-file build leaves behind when its first process is killed.

PyInstaller's one-file binary is two processes: a bootloader that unpacks the program into a folder
`_MEI…` of the temporary folder, and a child that runs it there. A killed bootloader can clean up
neither, so the child watches it, and removes its own folder; what a whole killed pair left is swept
by the next start.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

logger = logging.getLogger(__name__)

# build.sh puts this file into the bundle: no folder of another program is ever swept.
MARKER = "oracle-sidecar.marker"
# The bootloader's process id in eight hexadecimal digits, then digits that make it unique.
_FOLDER = re.compile(r"_MEI([0-9a-fA-F]{8})")


def own_folder() -> Path | None:
    """Where the program was unpacked; None unless it is a one-file build."""
    folder = getattr(sys, "_MEIPASS", None)
    if folder is None or not Path(folder).name.startswith("_MEI"):
        return None
    return Path(folder)


def bootloader_pid() -> int | None:
    """The process that waits for this one to clean up; None unless it is a one-file build."""
    return None if own_folder() is None else os.getppid()


def remove_own_folder() -> None:
    """For when the bootloader is gone. The last thing that a process does: its imports end here."""
    folder = own_folder()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(temporary: Path | None = None) -> list[Path]:
    """Remove the folders of one-file sidecars whose processes are gone; returns which."""
    swept = []
    for folder in (temporary or Path(tempfile.gettempdir())).glob("_MEI*"):
        match = _FOLDER.match(folder.name)
        if match is None or folder == own_folder() or not (folder / MARKER).is_file():
            continue
        if not (_is_ours(folder) and _is_gone(int(match.group(1), 16))):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder)
        logger.info("removed %s, which a killed sidecar had left", folder)
    return swept


def _is_ours(folder: Path) -> bool:
    if folder.is_symlink():
        return False
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def _is_gone(pid: int) -> bool:
    """Signal 0 asks whether a process is there; on Windows it would end it, so nothing is asked."""
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
