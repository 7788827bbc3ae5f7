"""How each platform tells that the parent is gone; the one call of another platform is a fake."""

from __future__ import annotations

import ctypes
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from process import parent_watch

PATIENCE_SECONDS = 20


class Noticed:
    """What is called when the parent is gone, and how often it was."""

    def __init__(self) -> None:
        self.times = 0
        self._called = threading.Event()

    def __call__(self) -> None:
        self.times += 1
        self._called.set()

    def wait(self) -> None:
        assert self._called.wait(PATIENCE_SECONDS)

    def stays_unaware(self) -> bool:
        return not self._called.wait(0.3)


@pytest.fixture(name="child")
def _child() -> Iterator[subprocess.Popen[bytes]]:
    """A process to be watched, which sleeps until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def watches(name: str) -> Any:
    """The platform's own ways, by name; those it lacks are skipped."""
    needs = {"_wait_with_pidfd": (os, "pidfd_open"), "_wait_with_kqueue": (select, "kqueue")}
    if name in needs and not hasattr(*needs[name]):
        pytest.skip(f"this system has no {needs[name][1]}")
    if name == "_wait_with_handle" and sys.platform != "win32":
        pytest.skip("this system is not Windows")
    if name == "_wait_by_polling" and sys.platform == "win32":
        pytest.skip("on Windows signal 0 ends a process")
    return getattr(parent_watch, name)


ways = pytest.mark.parametrize(
    "way", ["_wait_with_pidfd", "_wait_with_kqueue", "_wait_with_handle", "_wait_by_polling"]
)


@ways
def test_the_end_of_a_process_is_noticed_once(
    way: str, child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent_watch, "_wait_for_end", watches(way))
    monkeypatch.setattr(parent_watch, "POLL_SECONDS", 0.01)
    noticed = Noticed()
    parent_watch.watch_process(child.pid, noticed)
    assert noticed.stays_unaware()

    child.kill()
    child.wait()

    noticed.wait()
    assert noticed.times == 1


@ways
def test_a_process_that_is_gone_already_is_noticed_at_once(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(parent_watch, "_wait_for_end", watches(way))
    noticed = Noticed()
    parent_watch.watch_process(gone.pid, noticed)
    noticed.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process 1")
def test_a_process_of_somebody_else_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def kill(pid: int, number: int) -> None:
        assert (pid, number) == (4711, 0)
        if asked.is_set():
            raise ProcessLookupError
        asked.set()
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(parent_watch, "POLL_SECONDS", 0.01)
    parent_watch._wait_by_polling(4711)
    assert asked.is_set()


def test_where_a_descriptor_cannot_be_had_it_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    polled: list[int] = []

    def pidfd_open(pid: int) -> int:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "pidfd_open", pidfd_open, raising=False)
    monkeypatch.setattr(parent_watch, "_wait_by_polling", polled.append)
    parent_watch._wait_with_pidfd(4711)
    assert polled == [4711]


# The way is chosen by what the platform has.


@pytest.mark.parametrize(
    ("has", "platform", "way"),
    [
        ({"pidfd_open"}, "linux", "_wait_with_pidfd"),
        ({"kqueue"}, "darwin", "_wait_with_kqueue"),
        (set(), "win32", "_wait_with_handle"),
        (set(), "linux", "_wait_by_polling"),
    ],
)
def test_each_platform_has_its_way(
    monkeypatch: pytest.MonkeyPatch, has: set[str], platform: str, way: str
) -> None:
    for module, name in ((os, "pidfd_open"), (select, "kqueue")):
        if name in has:
            monkeypatch.setattr(module, name, object(), raising=False)
        else:
            monkeypatch.delattr(module, name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    taken: list[tuple[str, int]] = []
    for name in ("pidfd", "kqueue", "handle"):
        name = f"_wait_with_{name}"
        monkeypatch.setattr(parent_watch, name, lambda pid, name=name: taken.append((name, pid)))
    monkeypatch.setattr(
        parent_watch, "_wait_by_polling", lambda pid: taken.append(("_wait_by_polling", pid))
    )
    parent_watch._wait_for_end(4711)
    assert taken == [(way, 4711)]


class FakeQueue:
    """kqueue, which answers when the process ends."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error
        self.ended = threading.Event()
        self.asked: list[tuple[Any, int, float | None]] = []
        self.is_closed = False

    def control(self, changes: list[Any], most: int, timeout: float | None) -> list[Any]:
        self.asked.append((changes[0], most, timeout))
        if self.error is not None:
            raise self.error
        assert self.ended.wait(PATIENCE_SECONDS)
        return [changes[0]]

    def close(self) -> None:
        self.is_closed = True


def use_queue(monkeypatch: pytest.MonkeyPatch, queue: FakeQueue) -> None:
    def kevent(ident: int, **fields: int) -> SimpleNamespace:
        return SimpleNamespace(ident=ident, **fields)

    monkeypatch.setattr(select, "kqueue", lambda: queue, raising=False)
    monkeypatch.setattr(select, "kevent", kevent, raising=False)
    constants = {
        "KQ_FILTER_PROC": -5,
        "KQ_EV_ADD": 0x1,
        "KQ_EV_ONESHOT": 0x10,
        "KQ_NOTE_EXIT": 0x8000_0000,
    }
    for name, value in constants.items():
        monkeypatch.setattr(select, name, value, raising=False)
    monkeypatch.setattr(parent_watch, "_wait_for_end", parent_watch._wait_with_kqueue)


def test_a_kqueue_is_asked_for_the_end_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = FakeQueue()
    use_queue(monkeypatch, queue)
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    assert noticed.stays_unaware()

    queue.ended.set()

    noticed.wait()
    ((event, most, timeout),) = queue.asked
    assert (event.ident, event.filter, event.flags) == (4711, -5, 0x11)
    assert (event.fflags, most, timeout) == (0x8000_0000, 1, None)
    assert queue.is_closed


def test_a_process_that_a_kqueue_does_not_find_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = FakeQueue(ProcessLookupError())
    use_queue(monkeypatch, queue)
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    noticed.wait()
    assert queue.is_closed


class FakeFunction:
    """A function of kernel32; ctypes lets its types be set."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __call__(self, *arguments: Any) -> Any:
        return self._answer(*arguments)


class FakeKernel:
    """kernel32, with one process that ends when it is told to."""

    def __init__(self, handle: int | None, error: int = 87) -> None:
        self.ended = threading.Event()
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.OpenProcess = FakeFunction(lambda *given: self._open(handle, given))
        self.WaitForSingleObject = FakeFunction(self._wait)
        self.GetLastError = FakeFunction(lambda: error)
        self.CloseHandle = FakeFunction(lambda *given: self.asked.append(("close", given)))

    def _open(self, handle: int | None, given: tuple[Any, ...]) -> int | None:
        self.asked.append(("open", given))
        return handle

    def _wait(self, *given: Any) -> int:
        self.asked.append(("wait", given))
        assert self.ended.wait(PATIENCE_SECONDS)
        return 0


def use_kernel(monkeypatch: pytest.MonkeyPatch, kernel: FakeKernel) -> None:
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(parent_watch, "_wait_for_end", parent_watch._wait_with_handle)


def test_windows_is_asked_to_wait_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    # A handle wider than 32 bits must arrive whole.
    kernel = FakeKernel(handle=0x1_0000_0004)
    use_kernel(monkeypatch, kernel)
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    assert noticed.stays_unaware()

    kernel.ended.set()

    noticed.wait()
    assert kernel.asked == [
        ("open", (0x0010_0000, False, 4711)),
        ("wait", (0x1_0000_0004, 0xFFFF_FFFF)),
        ("close", (0x1_0000_0004,)),
    ]
    assert kernel.OpenProcess.__dict__["restype"] is ctypes.c_void_p


def test_a_process_that_windows_does_not_find_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel(handle=None)
    use_kernel(monkeypatch, kernel)
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    noticed.wait()
    assert [what for what, _ in kernel.asked] == ["open"]


def test_a_process_that_windows_lets_nobody_watch_is_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use_kernel(monkeypatch, FakeKernel(handle=None, error=5))
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    noticed.wait()
    assert "process 4711 cannot be waited for: Windows error 5" in caplog.text


# Standard input, and what goes wrong.


def test_standard_input_is_read_to_its_end_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(reader, size))
    noticed = Noticed()
    parent_watch.watch_stdin(noticed)
    os.write(writer, b"noise" * 10_000)
    assert noticed.stays_unaware()

    os.close(writer)

    noticed.wait()
    assert noticed.times == 1
    os.close(reader)


class FakePipe:
    """Standard input as kernel32 tells of it: bytes, then silence, then an error."""

    def __init__(self, error: int) -> None:
        self.is_over = threading.Event()
        self.there = 0
        self.handles: set[int] = set()
        self.GetStdHandle = FakeFunction(lambda which: 0x1_0000_0004 if which == -10 else None)
        self.PeekNamedPipe = FakeFunction(self._peek)
        self.GetLastError = FakeFunction(lambda: error)

    def _peek(self, handle: int, *given: Any) -> int:
        self.handles.add(handle)
        if self.is_over.is_set():
            return 0
        given[3]._obj.value = self.there
        return 1


def use_pipe(monkeypatch: pytest.MonkeyPatch, pipe: FakePipe) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=pipe), raising=False)
    monkeypatch.setattr(parent_watch, "POLL_SECONDS", 0.01)


def test_windows_is_asked_what_there_is_to_read_and_no_read_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe, was_read = FakePipe(error=109), threading.Event()
    use_pipe(monkeypatch, pipe)
    pipe.there = 7

    def read(descriptor: int, size: int) -> bytes:
        assert (descriptor, size) == (0, 7)
        pipe.there = 0
        was_read.set()
        return b"x" * size

    monkeypatch.setattr(os, "read", read)
    noticed = Noticed()
    parent_watch.watch_stdin(noticed)
    assert was_read.wait(PATIENCE_SECONDS)
    assert noticed.stays_unaware()

    pipe.is_over.set()

    noticed.wait()
    assert pipe.handles == {0x1_0000_0004}


def test_what_is_no_pipe_is_read_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = FakePipe(error=1)
    pipe.is_over.set()
    use_pipe(monkeypatch, pipe)
    monkeypatch.setattr(os, "read", lambda descriptor, size: b"")
    noticed = Noticed()
    parent_watch.watch_stdin(noticed)
    noticed.wait()


def test_standard_input_that_cannot_be_read_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(descriptor: int, size: int) -> bytes:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "read", read)
    noticed = Noticed()
    parent_watch.watch_stdin(noticed)
    noticed.wait()


def test_a_watch_that_fails_ends_the_process_rather_than_leave_an_orphan(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wait(pid: int) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(parent_watch, "_wait_for_end", wait)
    noticed = Noticed()
    parent_watch.watch_process(4711, noticed)
    noticed.wait()
    assert "watching the parent failed" in caplog.text
    assert "RuntimeError: a defect" in caplog.text
