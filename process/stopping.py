"""Where everything that wants the process to stop meets the main thread."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Sequence

logger = logging.getLogger(__name__)


class StopRequests:
    """Where everything that wants the process to stop meets the main thread.

    A pipe rather than an Event: a signal handler runs between any two instructions of the main
    thread, where taking an Event's lock could wait for ever; the interpreter writes to a wake-up
    descriptor without any lock.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._first = threading.Lock()

    def listen_to_signals(self, numbers: Sequence[int]) -> None:
        """These signals become requests; from the main thread."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, lambda *_: None)

    def request(self) -> None:
        """From any thread."""
        try:
            self._writer.send(b"x")
        except BlockingIOError:
            logger.debug("so many stops are waiting that one more does not matter")

    def request_once(self) -> None:
        """From any thread; later calls change nothing, where another request() cuts a drain."""
        if self._first.acquire(blocking=False):
            self.request()

    def wait(self) -> None:
        """Wait for the next request. After the first, request_once() asks for nothing more."""
        self._reader.recv(1)
        self._first.acquire(blocking=False)
