"""How each platform tells that the parent is gone.

Two ways, each by its own flag: the end of standard input, whose writing end only the parent holds,
and the parent's process itself. Each runs on a thread of its own and calls `act` once.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

# Where a platform has no way to be told of a process's end, it is looked for this often.
POLL_SECONDS = 0.5

Act = Callable[[], None]


def watch_stdin(act: Act) -> None:
    """Call `act` when standard input ends. What comes on it is read and forgotten.

    From the main thread.
    """
    if hasattr(signal, "SIGTTIN"):
        # It would stop the process that reads from a terminal in whose background it is. Ignored,
        # the read fails with EIO instead (POSIX, 11.1.4).
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    _on_thread(_read_to_the_end, act)


def watch_process(pid: int, act: Act) -> None:
    """Call `act` when the process `pid` is gone; at once when there is none."""
    _on_thread(lambda: _wait_for_end(pid), act)


def _on_thread(wait: Act, act: Act) -> None:
    def run() -> None:
        try:
            wait()
        except BaseException:
            # A thread's entry point. Without a watch there would be an orphan: better to stop.
            logger.exception("watching the parent failed")
        else:
            logger.info("the parent is gone")
        act()

    threading.Thread(target=run, name="parent-watch", daemon=True).start()


def _read_to_the_end() -> None:
    if sys.platform == "win32" and _look_to_the_end():
        return
    while True:
        try:
            if not os.read(0, 4096):
                return
        except BlockingIOError:
            # Another process made the pipe a non-blocking one, which its other holders share.
            select.select([0], [], [])
        except OSError:
            if not _is_in_a_terminals_background():
                return
            _wait_for_hang_up(POLL_SECONDS)  # nothing tells of a change to the foreground


def _look_to_the_end() -> bool:
    """Windows: wait for the end of a pipe without a read that waits, behind which any other call on
    standard input has to wait there, such as that of a library while it is loaded. False where it
    is no pipe (PeekNamedPipe).
    """
    import ctypes

    standard_input, broken_pipe = -10, 109
    kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    kernel32.GetStdHandle.restype = ctypes.c_void_p
    pointer = ctypes.c_void_p
    kernel32.PeekNamedPipe.argtypes = [pointer, pointer, ctypes.c_uint32, *[pointer] * 3]
    handle = kernel32.GetStdHandle(standard_input)
    there = ctypes.c_uint32()
    while kernel32.PeekNamedPipe(handle, None, 0, None, ctypes.byref(there), None):
        if there.value:
            os.read(0, there.value)
        else:
            time.sleep(POLL_SECONDS)
    return bool(kernel32.GetLastError() == broken_pipe)


def _is_in_a_terminals_background() -> bool:
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except (OSError, AttributeError):  # no terminal, or none any more; Windows
        return False


def _wait_for_hang_up(seconds: float) -> None:
    """poll() tells of a terminal's end unasked."""
    poller = select.poll()
    poller.register(0, 0)
    poller.poll(seconds * 1000)


def _wait_for_end(pid: int) -> None:
    if hasattr(os, "pidfd_open"):
        _wait_with_pidfd(pid)
    elif hasattr(select, "kqueue"):
        _wait_with_kqueue(pid)
    elif sys.platform == "win32":
        _wait_with_handle(pid)
    else:
        _wait_by_polling(pid)


def _wait_with_pidfd(pid: int) -> None:
    """Linux 5.3 and later: readable once the process has ended (pidfd_open(2))."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except OSError:
        _wait_by_polling(pid)
        return
    try:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        poller.poll()
    finally:
        os.close(descriptor)


def _wait_with_kqueue(pid: int) -> None:
    """macOS and the BSDs: EVFILT_PROC with NOTE_EXIT (kqueue(2))."""
    queue = select.kqueue()  # type: ignore[attr-defined, unused-ignore]
    try:
        event = select.kevent(  # type: ignore[attr-defined, unused-ignore]
            pid,
            filter=select.KQ_FILTER_PROC,  # type: ignore[attr-defined, unused-ignore]
            flags=select.KQ_EV_ADD | select.KQ_EV_ONESHOT,  # type: ignore[attr-defined, unused-ignore]
            fflags=select.KQ_NOTE_EXIT,  # type: ignore[attr-defined, unused-ignore]
        )
        queue.control([event], 1, None)
    except ProcessLookupError:
        return
    finally:
        queue.close()


def _wait_with_handle(pid: int) -> None:
    """Windows: a process handle is signalled when the process ends (WaitForSingleObject)."""
    import ctypes

    synchronize, infinite, invalid_parameter = 0x00100000, 0xFFFFFFFF, 87
    kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    kernel32.OpenProcess.restype = ctypes.c_void_p
    kernel32.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
    handle = kernel32.OpenProcess(synchronize, False, pid)
    if handle:
        kernel32.WaitForSingleObject(handle, infinite)
        kernel32.CloseHandle(handle)
    elif (error := kernel32.GetLastError()) != invalid_parameter:
        # It is there, and may not be watched.
        raise OSError(f"process {pid} cannot be waited for: Windows error {error}")


def _wait_by_polling(pid: int) -> None:
    """Signal 0 asks whether a process is there, and sends nothing (kill(2))."""
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        except PermissionError:
            logger.debug("process %d is there, but not ours", pid)
        time.sleep(POLL_SECONDS)
