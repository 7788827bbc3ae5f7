"""Serves the built page to browsers of this machine, and beside it what the demo has set up.

python -m tests.tools.page_server FOLDER [--port PORT]
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

PORT: Final = 1420
"""The sidecar lets pages of http://localhost:1420 call without being told."""
DEMO_FILE: Final = "/demo.json"
# Said here, since a system's own list may call a script text/plain, and browsers refuse it then.
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
# What the app's window allows, too. CodeMirror needs inline styles.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self' http://127.0.0.1:*",
        "img-src 'self' data: blob:",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
IDLE_SECONDS: Final = 60.0
# How often a listener looks whether it is to stop.
_LOOK_SECONDS: Final = 0.1
_WITHOUT_IPV6: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def is_taken(error: OSError) -> bool:
    """Whether something else listens on the port that `localhost` would lead to."""
    return error.errno == errno.EADDRINUSE


class PageServer:
    """Listens on both loopback addresses, since browsers take `localhost` for either. A context
    manager.

    demo: what /demo.json says; None where there is no such file. It may be set later. OSError where
    a port cannot be had.
    """

    def __init__(self, folder: Path, port: int = PORT) -> None:
        self.folder = folder.resolve()
        self.demo: Mapping[str, Any] | None = None
        self._listeners = [_Listener(self, ("127.0.0.1", port))]
        self.port: int = self._listeners[0].server_address[1]
        try:
            self._listeners.append(_SixListener(self, ("::1", self.port)))
        except OSError as error:
            if error.errno not in _WITHOUT_IPV6:
                self._listeners[0].server_close()
                raise

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> PageServer:
        for listener in self._listeners:
            threading.Thread(
                target=listener.serve_forever, args=[_LOOK_SECONDS], daemon=True
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()

    def find(self, path: str) -> tuple[bytes, str] | None:
        """Content and type of a path. Only what a walk through the folder meets is found."""
        if path == DEMO_FILE:
            found = None if self.demo is None else json.dumps(self.demo).encode()
            return None if found is None else (found, TYPES[".json"])
        wanted = path + "index.html" if path == "/" else path
        for file in self.folder.rglob("*"):
            name = f"/{file.relative_to(self.folder).as_posix()}"
            if name == wanted and file.is_file() and not file.is_symlink():
                return file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream")
        return None


class _Listener(ThreadingHTTPServer):
    # Elsewhere a second listener could share the port.
    allow_reuse_address = os.name == "posix"
    daemon_threads = True

    def __init__(self, pages: PageServer, address: tuple[str, int]) -> None:
        self.pages = pages
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the name servers what this machine is called.
        socketserver.TCPServer.server_bind(self)


class _SixListener(_Listener):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Listener

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        pages = self.server.pages
        host = self.headers.get("Host", "")
        if host in (f"127.0.0.1:{pages.port}", f"[::1]:{pages.port}"):
            # The sidecar knows the page by one origin.
            self._send(HTTPStatus.TEMPORARY_REDIRECT, b"", location=pages.origin + self._path())
        elif host != f"localhost:{pages.port}":
            # Another name that was made to lead here must not read the demo's passwords.
            self._send(
                HTTPStatus.MISDIRECTED_REQUEST, b"This is not the host that was asked for.\n"
            )
        elif (found := pages.find(self._path())) is None:
            self._send(HTTPStatus.NOT_FOUND, b"There is no such file.\n")
        else:
            self._send(HTTPStatus.OK, *found)

    def _path(self) -> str:
        return urlsplit(self.path).path

    def _send(
        self,
        status: HTTPStatus,
        content: bytes,
        content_type: str = TYPES[".txt"],
        location: str | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: a demo's terminal is for what it shows."""

    def version_string(self) -> str:
        return "page"


def main() -> int:
    parser = argparse.ArgumentParser(prog="page_server", description="Serve the built page.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    with PageServer(options.folder, options.port) as pages:
        print(json.dumps({"event": "ready", "port": pages.port, "url": pages.origin}), flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
