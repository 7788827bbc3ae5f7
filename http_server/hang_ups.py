"""Callers who hang up while their request runs."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable

from common.errors import ApiError
from common.sockets import is_hung_up
from common.threads import start_thread

logger = logging.getLogger(__name__)

# How often the sockets of running requests are looked at, and so the age at which they first are.
HANG_UP_SECONDS = 0.25


class HangUps:
    """Notices callers who hang up while their request runs, by looking at their sockets.

    Looking a few times a second costs a short request nothing but an entry in a dictionary, and
    works alike on every platform.
    """

    # _watched is guarded by _lock.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[socket.socket, tuple[float, Callable[[], None]]] = {}
        self._has_some = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, sock: socket.socket, act: Callable[[], None]) -> None:
        """Call `act`, on this object's thread, if the caller hangs up. ApiError 503 where that
        thread cannot be started; the next request tries again.
        """
        with self._lock:
            if self._thread is None:
                self._thread = start_thread("hang-ups", self._run)
            self._watched[sock] = (time.monotonic(), act)
        if not self._has_some.is_set():
            self._has_some.set()

    def forget(self, sock: socket.socket) -> None:
        with self._lock:
            self._watched.pop(sock, None)

    def _run(self) -> None:
        while True:
            self._has_some.wait()
            time.sleep(HANG_UP_SECONDS)  # the age below which no socket is worth a look
            try:
                self._look()
            except BaseException:
                # A thread's entry point: hang-ups must be noticed after any defect here.
                logger.exception("looking for hang-ups failed")

    def _look(self) -> None:
        before = time.monotonic() - HANG_UP_SECONDS
        with self._lock:
            if not self._watched:
                self._has_some.clear()
            # Looked at under the lock: a socket that is forgotten may be closed, and its
            # descriptor belong to another.
            gone = [
                (sock, act)
                for sock, (since, act) in self._watched.items()
                if since <= before and is_hung_up(sock)
            ]
            for sock, _ in gone:
                del self._watched[sock]
        for _, act in gone:
            try:
                # A break may take half a second, and others hang up meanwhile.
                start_thread("hang-up", act)
            except ApiError:
                act()
