"""A proxy that writes down what it is asked for, and gives nobody anything."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType

from .patience import PATIENCE_SECONDS


class LoggingProxy:
    """A context manager."""

    def __init__(self) -> None:
        # Guards _asked.
        self._changed = threading.Condition()
        self._asked: list[str] = []
        proxy = self

        class Caller(socketserver.StreamRequestHandler):
            """One connection, and one request on it."""

            def handle(self) -> None:
                proxy.note(self.rfile.readline().decode("latin-1").strip())
                self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Caller)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def note(self, request: str) -> None:
        with self._changed:
            self._asked.append(request)
            self._changed.notify_all()

    @property
    def asked(self) -> list[str]:
        """The request lines so far."""
        with self._changed:
            return list(self._asked)

    def wait_for(self, part: str, seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether a request line with that in it has come, or comes."""
        with self._changed:
            return self._changed.wait_for(
                lambda: any(part in line for line in self._asked), seconds
            )

    def __enter__(self) -> LoggingProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
