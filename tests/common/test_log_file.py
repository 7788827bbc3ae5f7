"""The log file as other users, other processes and odd file systems see it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from common import log_file
from common.log_file import LogFile
from tests.harness import PATIENCE_SECONDS, ROOT
from tests.process.probes import posix_only


def written(path: Path, *lines: str) -> list[str]:
    """Write lines to a log file; returns what was complained about."""
    complaints: list[str] = []
    file = LogFile(str(path), complaints.append)
    file.write(lines)
    file.close()
    return complaints


@posix_only
@pytest.mark.parametrize("mode", [None, 0o644, 0o666])
def test_a_log_file_is_its_owner_s_alone(tmp_path: Path, mode: int | None) -> None:
    file = tmp_path / "x.log"
    if mode is not None:
        file.write_text("before\n")
        file.chmod(mode)
    mask = os.umask(0)

    written(file, "line")
    os.umask(mask)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == ("" if mode is None else "before\n") + "line\n"


def make_link(path: Path) -> None:
    (path.parent / "victim").write_text("untouched")
    path.symlink_to(path.parent / "victim")


def make_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "not there")


@posix_only
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "it is a link"),
        (make_dangling_link, "it is a link"),
        (os.mkfifo, "it is a pipe or a socket"),
        (Path.mkdir, "Is a directory"),
    ],
    ids=["link", "dangling link", "FIFO", "folder"],
)
def test_what_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: object, reason: str
) -> None:
    path = tmp_path / "x.log"
    assert callable(make)
    make(path)

    with pytest.raises(OSError, match=reason):
        written(path, "line")

    if (tmp_path / "victim").exists():
        assert (tmp_path / "victim").read_text() == "untouched"
    assert not (tmp_path / "not there").exists()


@posix_only
def test_a_pipe_with_a_reader_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OSError, match="it is no file"):
        written(path, "line")
    os.close(reader)


@posix_only
def test_a_file_that_was_moved_or_deleted_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    file = LogFile(str(path), pytest.fail)
    file.write(["one"])
    path.rename(tmp_path / "moved")
    file.write(["two"])
    path.unlink()
    file.write(["three"])
    file.close()
    assert (tmp_path / "moved").read_text() == "one\n"
    assert path.read_text() == "three\n"


# Writes numbered lines of its own, in small batches, over files that are full soon.
WRITER = """
import sys
from common import log_file
log_file.FILE_BYTES, log_file.FILES_KEPT = 4000, 500
file = log_file.LogFile(sys.argv[1], sys.exit)
print("ready", flush=True)
sys.stdin.readline()
for number in range(0, 3000, 3):
    file.write([f"{sys.argv[2]} {n} {'x' * 50}" for n in range(number, number + 3)])
"""


def writers(path: Path, names: Sequence[str]) -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for name in names
    ]


@posix_only
def test_two_processes_that_share_a_file_lose_no_line(tmp_path: Path) -> None:
    both = writers(tmp_path / "x.log", ["a", "b"])
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.communicate("go\n", PATIENCE_SECONDS)
        assert process.returncode == 0

    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{name} {n} {'x' * 50}" for name in "ab" for n in range(3000))
    assert len(list(tmp_path.iterdir())) > 50


def test_only_so_many_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "FILE_BYTES", 100)
    assert written(tmp_path / "x.log", *(f"{number:059}" for number in range(20))) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.log",
        *(f"x.log.{number}" for number in range(1, log_file.FILES_KEPT + 1)),
    ]


class Windows:
    """What is a platform's own in the log file, where a file that is open cannot be renamed."""

    platform = "win32"

    def __init__(self) -> None:
        self.opened_elsewhere: set[str] = set()
        self._replace = os.replace

    def replace(self, source: str, target: str) -> None:
        links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        mine = {os.readlink(link) for link in links if os.path.lexists(link)}
        for path in (source, target):
            if os.path.realpath(path) in mine | self.opened_elsewhere:
                raise PermissionError(32, "used by another process", path)
        self._replace(source, target)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("only Linux tells which files are open")
    made = Windows()
    monkeypatch.setattr("common.log_file.sys", made)
    monkeypatch.setattr("common.log_file.os.replace", made.replace)
    monkeypatch.setattr("common.log_file.FILE_BYTES", 10)
    return made


@pytest.mark.usefixtures("windows")
def test_a_file_is_rotated_where_none_that_is_open_can_be_renamed(tmp_path: Path) -> None:
    file = tmp_path / "x.log"

    assert written(file, "number 1", "number 2", "number 3") == []

    assert file.read_text() == "number 3\n"
    assert [(tmp_path / f"x.log.{n}").read_text() for n in (1, 2)] == ["number 2\n", "number 1\n"]


def test_what_another_process_has_open_is_not_rotated_and_no_line_is_lost(
    tmp_path: Path, windows: Windows
) -> None:
    file = tmp_path / "x.log"
    windows.opened_elsewhere.add(str(file))

    (complaint,) = written(file, "number 1", "number 2", "number 3")

    assert f"cannot rotate {file}" in complaint
    assert file.read_text() == "number 1\nnumber 2\nnumber 3\n"
