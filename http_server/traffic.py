"""Who is connected and what runs: the cap on connections, turns for requests, the drain."""

from __future__ import annotations

import socket
import threading
import time

from common.deadline import Deadline
from common.sockets import is_hung_up, shut_down
from http_server.turns import Turns


class Traffic:
    """The connections of one server and the requests on them. Safe to call from any thread."""

    # Every field but _turns, which has a lock of its own, is guarded by _changed. _idle_since holds
    # the connections that count against the cap: since when each has no request, None while it
    # has one.

    def __init__(self, most_connections: int) -> None:
        self._most_connections = most_connections
        self._changed = threading.Condition()
        self._idle_since: dict[socket.socket, float | None] = {}
        self._running = 0
        self._is_draining = False
        self._turns = Turns()

    def admit(self, newcomer: socket.socket) -> bool:
        """Count a connection. False where the cap is reached and no idle one gives way."""
        with self._changed:
            is_full = len(self._idle_since) >= self._most_connections
            if is_full and not self._make_room():
                return False
            self._idle_since[newcomer] = time.monotonic()
            return True

    def make_room(self) -> bool:
        """End idle connections for others. False when there are none."""
        with self._changed:
            return self._make_room()

    def _make_room(self) -> bool:
        """Needs the lock."""
        idle = [(since, sock) for sock, since in self._idle_since.items() if since is not None]
        # Those first that their callers have left, which their threads have not seen yet.
        leaving = [sock for _, sock in idle if is_hung_up(sock)]
        longest_idle = [sock for _, sock in sorted(idle, key=lambda entry: entry[0])[:1]]
        for sock in leaving or longest_idle:
            del self._idle_since[sock]
            shut_down(sock)
        return bool(idle)

    def leave(self, sock: socket.socket) -> None:
        """A connection is over. Idempotent."""
        with self._changed:
            self._idle_since.pop(sock, None)

    def begin_request(self, sock: socket.socket) -> bool:
        """Count a request as running, and wait for its turn. False when its connection had to give
        way to another.
        """
        with self._changed:
            if sock not in self._idle_since:
                return False
            self._idle_since[sock] = None
            self._running += 1
        self._turns.enter(sock)
        return True

    def end_request(self, sock: socket.socket) -> None:
        self._turns.leave(sock)
        with self._changed:
            self._idle_since[sock] = time.monotonic()
            self._running -= 1
            if self._running == 0:
                self._changed.notify_all()

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    def start_draining(self) -> None:
        """Requests that arrive from now on are refused."""
        with self._changed:
            self._is_draining = True

    def wait_until_quiet(self, deadline: Deadline) -> int:
        """Wait for running requests to end; returns how many did not."""
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0, deadline.remaining())
            return self._running

    def cut_connections(self) -> None:
        """End what is still open, whatever it does."""
        with self._changed:
            connections = list(self._idle_since)
        for sock in connections:
            shut_down(sock)
