"""The listener: accepts connections on one loopback address, and stops when it is told to.

Nothing is used of http.server's request handlers. Their parser speaks HTTP/1.0 by default, waits
for ever, takes conflicting lengths, ignores Transfer-Encoding, and answers what it refuses with
HTML; ours is framing.py. So the module is imported without what only those handlers need.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import selectors
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from common.deadline import Deadline
from common.lean_imports import import_http_server
from common.settings import Settings
from http_server.body_room import BodyRoom
from http_server.connection import Connection
from http_server.guard import Guard
from http_server.hang_ups import HangUps
from http_server.messages import App
from http_server.traffic import Traffic

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer
else:
    ThreadingHTTPServer = import_http_server().ThreadingHTTPServer

logger = logging.getLogger(__name__)

# What keeps happening is logged this often.
WARN_SECONDS = 60.0

Address: TypeAlias = "tuple[str, int]"


class SidecarServer(ThreadingHTTPServer):
    """Listens on one loopback address and hands requests to the application."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # Elsewhere it lets a restart bind past connections in TIME_WAIT; on Windows it would let a
    # second process take the port.
    allow_reuse_address = os.name == "posix"
    # HTTPServer of Python 3.14 has it on: a second sidecar would get half of the callers.
    allow_reuse_port = False

    # The thread that accepts has _warned_at to itself; what other threads change is in Traffic.

    def __init__(
        self, app: App, make_guard: Callable[[Address], Guard], settings: Settings
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self._app = app
        self._settings = settings
        self._traffic = Traffic(settings.max_connections)
        self._hang_ups = HangUps()
        self._body_room = BodyRoom(settings.max_body_bytes)
        self._stopped_accepting = threading.Event()
        self._warned_at: dict[str, float] = {}
        self._wake_reader, self._wake_writer = socket.socketpair()
        super().__init__((settings.host, settings.port), cast(Any, Connection))
        self.address: Address = self.socket.getsockname()[:2]
        self._guard = make_guard(self.address)

    def server_bind(self) -> None:
        """Bind; on Windows so that no second process can take the port.

        HTTPServer's own looks up the name of the host, which takes up to 35 s on a Mac without
        reverse DNS.
        """
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        socketserver.TCPServer.server_bind(self)

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Accept until drain() is called; on a thread of its own. poll_interval is not used.

        Closes the listener, which no other thread may do while this one waits for it.
        """
        try:
            self._accept()
        finally:
            self.server_close()
            self._stopped_accepting.set()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wake_reader in ready:
                    return
                self._handle_request_noblock()  # type: ignore[attr-defined]

    def get_request(self) -> tuple[socket.socket, Any]:
        try:
            return super().get_request()
        except OSError as error:
            # The listener stays readable, so the accept loop would spin; there is nothing to wait
            # on until some connection is closed.
            self._warn("cannot accept a connection: %s", error)
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._traffic.make_room()
            time.sleep(0.05)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Admit a connection and start its thread, or refuse it."""
        connection = Connection(
            request,
            self._app,
            self._guard,
            self._traffic,
            self._hang_ups,
            self._body_room,
            self._settings,
        )
        if not self._traffic.admit(request):
            self._warn("all %d connections are in use", self._settings.max_connections)
            connection.refuse_and_close()
            return
        try:
            threading.Thread(target=connection.serve, name="connection", daemon=True).start()
        except RuntimeError as error:
            self._warn("no thread for a connection: %s", error)
            self._traffic.leave(request)
            connection.refuse_and_close()

    def _warn(self, sentence: str, *details: object) -> None:
        """On the thread that accepts. What goes on for a while is said once a minute."""
        now = time.monotonic()
        if now >= self._warned_at.get(sentence, -math.inf) + WARN_SECONDS:
            self._warned_at[sentence] = now
            logger.warning(sentence, *details)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.exception("serving a connection failed")

    def drain(self, deadline: Deadline) -> int:
        """Stop accepting, let running requests end; returns how many still ran at the deadline.

        Requests that arrive on open connections meanwhile get 503.
        """
        self._traffic.start_draining()
        self._wake_writer.send(b"x")
        self._stopped_accepting.wait(deadline.remaining())
        return self.wait_until_quiet(deadline)

    def wait_until_quiet(self, deadline: Deadline) -> int:
        """Wait for running requests to end; returns how many did not."""
        return self._traffic.wait_until_quiet(deadline)

    def cut_connections(self) -> None:
        """Close what is still open, whatever it does."""
        self._traffic.cut_connections()
