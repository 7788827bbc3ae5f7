"""What the tests of the process share: its port, its log, a wait for what no event tells of."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable

import pytest

from tests.harness import PATIENCE_SECONDS, ROOT, SIDECAR

TOKEN = "SeCrEt-token-0123456789"
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO|WARNING|ERROR) \S+ .+")

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def started_with(before: str) -> tuple[str, ...]:
    """A command that runs some Python before the sidecar, in its process."""
    start = (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); {before};"
        f"runpy.run_path({str(SIDECAR)!r}, run_name='__main__')"
    )
    return (sys.executable, "-c", start)


def wait_until(true: Callable[[], bool], what: str) -> None:
    """For what no event tells of."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def told_with_pid(try_to_start: Callable[[], str]) -> str:
    """What a start says where another sidecar holds the port, which has a second to say who it is:
    a busy one is asked again."""
    said = ""
    for _ in range(5):
        said = try_to_start()
        if "pid" in said:
            break
    return said


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
