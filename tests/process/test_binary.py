"""The built one-file binary: where it runs, and what is left when one of its processes is killed.

Runs where ORACLE_SIDECAR_TEST_BINARY names a binary (`./test.sh --all` builds one).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from process import one_file
from tests.fake_oracle import FakeOracle
from tests.harness import PATIENCE_SECONDS, ROOT, Sidecar, clean_environment, connection
from tests.tools.binary_check import queries, self_test

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

    assert until(lambda: is_free(sidecar.port), PATIENCE_SECONDS)
    counts = database.wait_until(lambda c: c.open_sessions == 0)
    assert counts.lost_sessions == 0
    assert until(lambda: not list(tmp_path.glob("_MEI*")), PATIENCE_SECONDS)
    assert until(lambda: is_over(child), PATIENCE_SECONDS)
    sidecar.stop()


@needs_binary
def test_a_terminated_bootloader_ends_both_with_code_0(tmp_path: Path) -> None:
    with start(tmp_path) as sidecar:
        assert sidecar.terminate() == 0

    assert until(lambda: is_free(sidecar.port), PATIENCE_SECONDS)
    assert not list(tmp_path.glob("_MEI*"))


@needs_binary
def test_the_end_of_standard_input_ends_both(tmp_path: Path) -> None:
    with start(tmp_path, "--exit-on-stdin-close") as sidecar:
        assert sidecar.process.stdin is not None
        sidecar.process.stdin.close()

        assert sidecar.process.wait(PATIENCE_SECONDS) == 0
    assert not list(tmp_path.glob("_MEI*"))


@needs_binary
def test_what_two_killed_processes_left_is_swept_by_the_next_start(tmp_path: Path) -> None:
    killed = start(tmp_path)
    os.kill(int(killed.ready["pid"]), signal.SIGSTOP)
    killed.process.kill()
    killed.process.wait()
    os.kill(int(killed.ready["pid"]), signal.SIGKILL)
    assert until(lambda: is_over(int(killed.ready["pid"])), PATIENCE_SECONDS)
    killed.stop()
    (left,) = tmp_path.glob("_MEI*")
    make_old(left / one_file.MARKER)

    with start(tmp_path) as sidecar:
        assert until(lambda: not left.exists(), PATIENCE_SECONDS)
        assert sidecar.get("/health").status == 200


def without(*names: str, **more: str) -> dict[str, str]:
    """This process's environment without some variables, and with others."""
    kept = {name: value for name, value in clean_environment().items() if name not in names}
    return {**kept, **more}


CIRCUMSTANCES = {
    "locale C": without("LANG", "LC_CTYPE", "PYTHONUTF8", LC_ALL="C"),
    "no HOME": without("HOME"),
    "no TMPDIR": without("TMPDIR", "TEMP", "TMP"),
    "next to nothing": {"PATH": os.environ["PATH"]},
}


@needs_binary
@pytest.mark.parametrize("circumstances", CIRCUMSTANCES)
def test_it_does_its_work_whatever_the_environment(
    circumstances: str, database: FakeOracle
) -> None:
    assert BINARY is not None

    given = queries(connection(database.dsn()))

    done = self_test(BINARY, given, CIRCUMSTANCES[circumstances])

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


@needs_binary
def test_it_does_its_work_wherever_it_is_and_starts(tmp_path: Path, database: FakeOracle) -> None:
    assert BINARY is not None
    home = tmp_path / "Émile's Programme 程序"
    home.mkdir()
    program = home / Path(BINARY).name
    shutil.copy(BINARY, program)
    nowhere = tmp_path / "read only"
    nowhere.mkdir(mode=0o555)

    done = self_test(str(program), queries(connection(database.dsn())), folder=nowhere)

    assert done.returncode == 0, done.stdout + done.stderr
    assert list(nowhere.iterdir()) == []


@needs_binary
def test_a_temporary_folder_that_nothing_may_run_in_is_named(tmp_path: Path) -> None:
    assert BINARY is not None
    mounted = ["mount", "-t", "tmpfs", "-o", "noexec", "none", str(tmp_path)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a folder takes root")
    try:
        done = subprocess.run(
            [BINARY, "--version"],
            env=without(TMPDIR=str(tmp_path)),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

    assert done.returncode != 0
    assert f"Failed to load Python shared library '{tmp_path}/_MEI" in done.stderr


@needs_binary
def test_it_holds_nothing_that_only_the_tests_need() -> None:
    """The stand-in is never shipped; its licence texts would be missing, too."""
    assert BINARY is not None
    bill = json.loads(Path(f"{BINARY}.cdx.json").read_text(encoding="utf-8"))
    names = {component["name"] for component in bill["components"]}
    assert {"cpython", "oracledb", "cryptography", "openssl"} <= names
    assert not names & {"pytest", "sqlglot", "hypothesis"}
    texts = Path(f"{BINARY}.licences.txt").read_text(encoding="utf-8")
    for component in bill["components"]:
        assert f"{component['name']} {component['version']} (" in texts
    assert "Apache License" in texts
    assert b"fake_oracle" not in Path(BINARY).read_bytes()


def make_folder(temporary: Path, pid: int, with_marker: bool = True) -> Path:
    folder = temporary / f"_MEI{pid:08x}01"
    folder.mkdir()
    if with_marker:
        marker = folder / one_file.MARKER
        marker.write_text("")
        make_old(marker)
    return folder


def make_old(marker: Path) -> None:
    """As if it had been unpacked a while ago."""
    moment = time.time() - one_file.UNPACKED_SECONDS - 1
    os.utime(marker, (moment, moment))


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


def test_a_folder_is_let_be_whose_marker_a_process_holds_wherever_that_is(
    tmp_path: Path,
) -> None:
    """Its process id may mean nothing here: the process may be one of a container."""
    held = make_folder(tmp_path, gone_pid())
    hold = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys._MEIPASS = {str(held)!r}\n"
        "from process import one_file; one_file.hold_own_folder()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert one_file.sweep(str(tmp_path)) == []
        holder.kill()
        holder.wait()

    assert one_file.sweep(str(tmp_path)) == [str(held)]


def test_a_folder_that_is_just_being_unpacked_is_let_be(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, gone_pid())
    (folder / one_file.MARKER).touch()
    assert one_file.sweep(str(tmp_path)) == []


class Windows:
    """Where a folder with a file that is open cannot be renamed."""

    platform = "win32"

    def __init__(self) -> None:
        self.in_use: set[str] = set()
        self._replace = os.replace

    def replace(self, source: str, target: str) -> None:
        if source in self.in_use:
            raise PermissionError(5, "Access is denied", source)
        self._replace(source, target)


def test_on_windows_a_folder_is_swept_unless_it_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = Windows()
    stale, living = make_folder(tmp_path, 77), make_folder(tmp_path, 78)
    windows.in_use.add(str(living))
    fresh = make_folder(tmp_path, 79)
    (fresh / one_file.MARKER).touch()
    with monkeypatch.context() as context:
        context.setattr("process.one_file.sys", windows)
        context.setattr("process.one_file.os.replace", windows.replace)

        assert one_file.sweep(str(tmp_path)) == [str(stale)]

    assert sorted(tmp_path.iterdir()) == [living, fresh]


def test_from_source_there_is_neither_a_bootloader_nor_a_folder() -> None:
    assert one_file.own_folder() is None
    assert one_file.bootloader_pid() is None
