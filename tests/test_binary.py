"""The built one-file binary: what is left when either of its two processes is killed.

Runs where ORACLE_SIDECAR_TEST_BINARY names a binary (`./test.sh --all` builds one).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import one_file
from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar, connection

BINARY = os.environ.get("ORACLE_SIDECAR_TEST_BINARY")

needs_binary = pytest.mark.skipif(
    BINARY is None, reason="no binary is given: ./test.sh --all builds one and names it"
)


def start(temporary: Path, *flags: str) -> Sidecar:
    """The binary, which unpacks itself into the folder `temporary`."""
    assert BINARY is not None
    return Sidecar(
        *flags,
        command=[BINARY],
        env={"TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
    )


def is_over(pid: int) -> bool:
    """Gone, or a zombie that nobody reaps (in a container whose first process does not)."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def is_free(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


def until(condition: object, seconds: float) -> bool:
    """True once the condition holds; there is no event that crosses to another process."""
    assert callable(condition)
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


@needs_binary
def test_a_killed_bootloader_leaves_no_process_no_port_no_session_and_no_folder(
    tmp_path: Path, database: FakeOracle
) -> None:
    sidecar = start(tmp_path)
    body = {"connection": connection(database.dsn()), "sql": "SELECT 1 FROM dual"}
    assert sidecar.post("/query", body).status == 200
    child = int(sidecar.ready["pid"])
    assert child != sidecar.process.pid

    sidecar.process.send_signal(signal.SIGKILL)

    assert until(lambda: is_free(sidecar.port), 2)
    counts = database.wait_until(lambda c: c.open_sessions == 0)
    assert counts.lost_sessions == 0
    assert until(lambda: not list(tmp_path.glob("_MEI*")), 3)
    assert until(lambda: is_over(child), 2)
    sidecar.stop()


@needs_binary
def test_a_terminated_bootloader_ends_both_with_code_0(tmp_path: Path) -> None:
    with start(tmp_path) as sidecar:
        assert sidecar.terminate() == 0

    assert until(lambda: is_free(sidecar.port), 2)
    assert not list(tmp_path.glob("_MEI*"))


@needs_binary
def test_the_end_of_standard_input_ends_both(tmp_path: Path) -> None:
    with start(tmp_path, "--exit-on-stdin-close") as sidecar:
        assert sidecar.process.stdin is not None
        sidecar.process.stdin.close()

        assert sidecar.process.wait(3) == 0
    assert not list(tmp_path.glob("_MEI*"))


@needs_binary
def test_what_two_killed_processes_left_is_swept_by_the_next_start(tmp_path: Path) -> None:
    killed = start(tmp_path)
    os.kill(int(killed.ready["pid"]), signal.SIGSTOP)
    killed.process.kill()
    killed.process.wait()
    os.kill(int(killed.ready["pid"]), signal.SIGKILL)
    killed.stop()
    (left,) = tmp_path.glob("_MEI*")

    with start(tmp_path) as sidecar:
        assert until(lambda: not left.exists(), 5)
        assert sidecar.get("/health").status == 200


def make_folder(temporary: Path, pid: int, with_marker: bool = True) -> Path:
    folder = temporary / f"_MEI{pid:08x}01"
    folder.mkdir()
    if with_marker:
        (folder / one_file.MARKER).write_text("")
    return folder


def gone_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_only_folders_of_sidecars_that_are_gone_are_swept(tmp_path: Path) -> None:
    stale = make_folder(tmp_path, gone_pid())
    living = make_folder(tmp_path, os.getpid())
    stranger = tmp_path / "strangers"
    stranger.mkdir()
    foreign = make_folder(stranger, gone_pid(), with_marker=False)

    assert one_file.sweep(str(tmp_path)) == [str(stale)]
    assert one_file.sweep(str(stranger)) == []

    assert (stale.exists(), living.exists(), foreign.exists()) == (False, True, True)


def test_from_source_there_is_neither_a_bootloader_nor_a_folder() -> None:
    assert one_file.own_folder() is None
    assert one_file.bootloader_pid() is None
