"""The load: requests as bytes made beforehand, answers read and not looked into.

One thread and plain sockets, so that what is measured is the server and not its caller.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .measuring import Seconds

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Reading:
    """How one answer was read. first_byte: until the first byte of its body was there."""

    total: Seconds
    first_byte: Seconds
    body_bytes: int


class Caller:
    """One keep-alive connection. Used by one thread."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(READ_BYTES)

    def close(self) -> None:
        self.socket.close()

    def read(self, request: bytes) -> Reading:
        """Send a request and read its answer to the end. AssertionError where it is not 200."""
        start = time.perf_counter()
        self.socket.sendall(request)
        return self.read_answer(start)

    def read_answer(self, start: float = 0.0) -> Reading:
        """Read the answer to what was sent at `start`, on the performance counter."""
        head, have = self._head()
        first_byte = time.perf_counter() - start
        if (length := _content_length(head)) is not None:
            size = length
            while have < length:
                have += self._receive()
        else:
            size = self._until_last_chunk(have)
        return Reading(time.perf_counter() - start, first_byte, size)

    def first_byte(self, request: bytes) -> Seconds:
        """Send a request and read no further than the first byte of the body; then hang up."""
        start = time.perf_counter()
        self.socket.sendall(request)
        _, have = self._head()
        if not have:
            self._receive()
        elapsed = time.perf_counter() - start
        self.close()
        return elapsed

    def _head(self) -> tuple[bytes, int]:
        """The head, and how many bytes of the body came with it; their last ones are kept."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += bytes(self._buffer[: self._receive()])
        head, body = received[:end], received[end + 4 :]
        assert b" 200 " in head[:16], received.decode("utf-8", "replace")
        self._tail = body[-5:]
        return head, len(body)

    def _until_last_chunk(self, have: int) -> int:
        tail = self._tail
        while tail != b"0\r\n\r\n":
            count = self._receive()
            have += count
            tail = (tail + bytes(self._buffer[max(0, count - 5) : count]))[-5:]
        return have

    def _receive(self) -> int:
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return count


def make_request(
    path: str, body: object | None = None, accept: str = "*/*", port: int = 0
) -> bytes:
    """A request as bytes: POST with a body, GET without."""
    method, content = "GET", b""
    lines = [f"Host: 127.0.0.1:{port}", f"Accept: {accept}"]
    if body is not None:
        method, content = "POST", json.dumps(body).encode()
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines])
    return head.encode() + b"\r\n\r\n" + content


def fetch_json(port: int, request: bytes) -> Any:
    """An answer, read and parsed: for checks, not for measuring."""
    import http.client

    with socket.create_connection(("127.0.0.1", port), timeout=120) as sock:
        sock.sendall(request)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)


def side_by_side(port: int, requests: Sequence[bytes], count: int) -> list[Seconds]:
    """`count` small requests, as many in flight as there are kinds; how long each took.

    Each caller has a connection of its own and sends again as soon as it is answered. What a first
    request on a new connection costs is left out: the connections are kept.
    """
    seconds: list[Seconds] = []
    with selectors.DefaultSelector() as selector:
        callers = [_InFlight(port, request) for request in requests]
        for caller in callers:
            selector.register(caller.socket, selectors.EVENT_READ, caller)
            caller.send()
        while len(seconds) < count:
            for key, _ in selector.select():
                caller = key.data
                elapsed = caller.receive()
                if elapsed is not None:
                    if caller.is_warm:
                        seconds.append(elapsed)
                    caller.is_warm = True
                    caller.send()
        for caller in callers:
            caller.finish()
    return seconds


class _InFlight:
    """A caller with one small request under way, whose answer has a length."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_warm = False
        self._request = request
        self._received = b""
        self._sent_at = 0.0

    def send(self) -> None:
        self._received = b""
        self._sent_at = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> Seconds | None:
        """Called when there is something to read; how long it took, once the answer is whole."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        assert b" 200 " in head[:16], self._received
        length = _content_length(head)
        assert length is not None
        return time.perf_counter() - self._sent_at if len(body) >= length else None

    def finish(self) -> None:
        while self.receive() is None:
            pass
        self.socket.close()


def _content_length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return None
