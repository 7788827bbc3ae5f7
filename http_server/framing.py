"""HTTP/1.1 framing, read strictly: a request's head, its body, and where the next one begins.

Two readers that disagree about where a request ends can be played against each other, so whatever
RFC 9112 leaves to a server's taste is refused here: bare line feeds, folded headers, repeated or
odd lengths, other transfer codings.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.settings import Settings
from http_server.body_room import SMALL_BYTES, BodyRoom

MOST_HEAD_BYTES = 65_536
MOST_HEADERS = 100
MOST_CHUNK_LINE_BYTES = 256
READ_BYTES = 65_536

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e]+) HTTP/(\d)\.(\d)\Z")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")
_HEAD_END = re.compile(rb"\n\r?\n")


class CallerGoneError(Exception):
    """The caller closed or broke the connection: there is no one left to answer."""


class RequestHead(NamedTuple):
    """A request line and its headers: names in lower case, none repeated where that matters."""

    method: str
    path: str
    headers: Mapping[str, str]
    is_http_1_1: bool

    @property
    def is_head(self) -> bool:
        return self.method == "HEAD"

    @property
    def keep_alive(self) -> bool:
        options = [word.strip() for word in self.headers.get("connection", "").lower().split(",")]
        return "close" not in options if self.is_http_1_1 else "keep-alive" in options


class RequestReader:
    """The bytes that one connection sends. Used by the connection's thread only."""

    def __init__(self, sock: socket.socket, settings: Settings, room: BodyRoom) -> None:
        self._socket = sock
        self._settings = settings
        self._room = room
        self._held = 0
        """Bytes of that room, for the body of the current request."""
        self._buffer = bytearray()
        self._body: _BodyFraming | None = None
        """Of the current request, until it was read."""
        self._is_out_of_step = False
        """A request was refused in its middle: what follows cannot be told from its rest."""

    @property
    def is_at_request_boundary(self) -> bool:
        """True when what comes next is the next request."""
        return self._body is None and not self._is_out_of_step

    def wait_for_request(self) -> bool:
        """Wait for the first byte of a request; False when the caller is done, or idle for long."""
        if self._buffer:
            return True
        try:
            self._set_timeout(self._settings.keep_alive_timeout)
            self._receive_what_is_there()
        except (TimeoutError, CallerGoneError):
            return False
        return True

    def head(self) -> RequestHead:
        """Read a request's head. ApiError 400, 408 or 431; CallerGoneError."""
        self._is_out_of_step = True
        deadline = Deadline.after(self._settings.header_timeout)
        head = _parse_head(self._head_bytes(deadline))
        self._body = _body_framing(head)
        self._is_out_of_step = False
        return head

    def _head_bytes(self, deadline: Deadline) -> bytes:
        buffer = self._buffer
        searched = 0
        while True:
            while buffer[:2] == b"\r\n":  # an empty line before a request, RFC 9112, 2.2
                del buffer[:2]
            end = _HEAD_END.search(buffer, searched)
            if (len(buffer) if end is None else end.end()) > MOST_HEAD_BYTES:
                raise refuse(
                    "HEADERS_TOO_LARGE",
                    f"the request's head is longer than {MOST_HEAD_BYTES} bytes",
                )
            if end is not None:
                head = bytes(buffer[: end.end()])
                del buffer[: end.end()]
                return head
            if (line_end := buffer.find(b"\n")) >= 0:
                # Looked at before the rest has come: HTTP/0.9, which has no rest, would wait.
                _parse_request_line(bytes(buffer[: line_end + 1]))
            searched = max(0, len(buffer) - 2)
            try:
                self._receive(deadline)
            except TimeoutError:
                raise refuse(
                    "TOO_SLOW",
                    f"the request's head took longer than {self._settings.header_timeout:g} s",
                ) from None

    def body(self) -> bytes:
        """Read the current request's body, once. ApiError 411, 413, 408, 503 or 400.

        It holds room until release_body().
        """
        framing, self._body = self._body, None
        if framing is None:
            raise refuse("LENGTH_NEEDED", "the request has no body")
        self._is_out_of_step = True
        limit = self._settings.max_body_bytes
        if framing.length is not None and framing.length > limit:
            raise _too_large(limit)
        self._hold(framing.length or 0, Deadline.after(self._settings.body_timeout))
        if framing.expects_continue and not self._buffer:
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        deadline = Deadline.after(self._settings.body_timeout)
        try:
            if framing.length is None:
                body = self._chunked_body(limit, deadline)
            else:
                body = self._exactly(framing.length, deadline)
        except TimeoutError:
            raise refuse(
                "TOO_SLOW", f"the body took longer than {self._settings.body_timeout:g} s"
            ) from None
        self._is_out_of_step = False
        self._shrink(len(body))
        return body

    def release_body(self) -> None:
        """The request is over."""
        self._shrink(0)

    def _hold(self, size: int, deadline: Deadline) -> None:
        if size > self._held:
            self._room.take(size - self._held, deadline, is_small=size <= SMALL_BYTES)
            self._held = size

    def _shrink(self, size: int) -> None:
        if size < self._held:
            self._room.give_back(self._held - size)
            self._held = size

    def _chunked_body(self, limit: int, deadline: Deadline) -> bytes:
        body = bytearray()
        while size := self._chunk_size(deadline):
            if len(body) + size > limit:
                raise _too_large(limit)
            # How long it will be is not known: there must be room for the longest.
            is_small = len(body) + size <= SMALL_BYTES
            self._hold(min(limit, SMALL_BYTES) if is_small else limit, deadline)
            body += self._exactly(size, deadline)
            if self._exactly(2, deadline) != b"\r\n":
                raise refuse("BAD_REQUEST", "a chunk is not as long as it says")
        for _ in range(MOST_HEADERS):
            line = self._line(MOST_HEAD_BYTES, deadline)
            if not line:
                return bytes(body)
            if not _HEADER.match(line):
                break
        raise refuse("BAD_REQUEST", "the trailer of the chunked body is malformed")

    def _chunk_size(self, deadline: Deadline) -> int:
        size = _CHUNK_SIZE.match(self._line(MOST_CHUNK_LINE_BYTES, deadline))
        if size is None:
            raise refuse("BAD_REQUEST", "the size of a chunk is malformed")
        return int(size.group(1), 16)

    def _line(self, most: int, deadline: Deadline) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= most:
            self._receive(deadline)
        if not 1 <= end <= most or self._buffer[end - 1 : end] != b"\r":
            raise refuse("BAD_REQUEST", "a line of the chunked body is malformed")
        line = bytes(self._buffer[: end - 1])
        del self._buffer[: end + 1]
        return line

    def _exactly(self, length: int, deadline: Deadline) -> bytes:
        while len(self._buffer) < length:
            self._receive(deadline)
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _receive(self, deadline: Deadline) -> None:
        """One read into the buffer. TimeoutError past the deadline, CallerGoneError at the end."""
        self._set_timeout(deadline.require("waiting for the caller"))
        self._receive_what_is_there()

    def _set_timeout(self, seconds: float) -> None:
        # Each change is a system call, at which the thread gives up its turn.
        if self._socket.gettimeout() != seconds:
            self._socket.settimeout(seconds)

    def _receive_what_is_there(self) -> None:
        try:
            received = self._socket.recv(READ_BYTES)
        except TimeoutError:
            raise
        except OSError as error:
            raise CallerGoneError from error
        if not received:
            raise CallerGoneError
        self._buffer += received

    def discard(self, most: int, deadline: Deadline) -> None:
        """Read and forget until the caller closes; bounded in bytes and time."""
        self._buffer.clear()
        while most > 0 and deadline.remaining() > 0:
            self._socket.settimeout(max(0.001, deadline.remaining()))
            received = len(self._socket.recv(READ_BYTES))
            if not received:
                return
            most -= received


class _BodyFraming(NamedTuple):
    """How a body is told from what follows. length: bytes; None when it comes in chunks."""

    length: int | None
    expects_continue: bool


def _parse_request_line(line: bytes) -> tuple[str, str, bool]:
    match = _REQUEST_LINE.match(line[:-2]) if line.endswith(b"\r\n") else None
    if match is None:
        raise refuse("BAD_REQUEST", "the request line is malformed")
    method, target, major, minor = (part.decode("ascii") for part in match.groups())
    if major != "1":
        raise refuse("BAD_REQUEST", f"HTTP/{major}.{minor} is not spoken here, only HTTP/1.1")
    return method, target, minor != "0"


def _parse_head(head: bytes) -> RequestHead:
    request_line, _, rest = head.partition(b"\n")
    method, target, is_http_1_1 = _parse_request_line(request_line + b"\n")
    headers = _parse_headers(rest)
    path, authority = _parse_target(method, target)
    if authority is not None:
        # RFC 9112, 3.2.2: an absolute target's authority takes the place of Host.
        headers["host"] = authority
    return RequestHead(method, path, headers, is_http_1_1)


def _parse_target(method: str, target: str) -> tuple[str, str | None]:
    if target.startswith("/"):
        return target.partition("?")[0].partition("#")[0], None
    if target == "*" and method == "OPTIONS":
        return target, None
    if target.lower().startswith("http://"):
        try:
            parts = urlsplit(target)
        except ValueError:
            raise refuse("BAD_REQUEST", "the request's target is malformed") from None
        return parts.path or "/", parts.netloc
    raise refuse("BAD_REQUEST", "the request's target is malformed")


def _parse_headers(lines: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    fields = lines.split(b"\r\n")[:-2]
    if len(fields) > MOST_HEADERS:
        raise refuse("HEADERS_TOO_LARGE", f"the request has more than {MOST_HEADERS} headers")
    if not lines.endswith(b"\r\n\r\n") and lines != b"\r\n":
        raise refuse("BAD_REQUEST", "a header line does not end with CR LF")
    for line in fields:
        match = _HEADER.match(line)
        if match is None:
            raise refuse("BAD_REQUEST", "a header is malformed")
        name = match.group(1).decode("ascii").lower()
        value = match.group(2).strip(b" \t").decode("latin-1")
        if name in headers:
            if name in _NOT_REPEATED:
                raise refuse("BAD_REQUEST", f"the header {name} is repeated")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


_NOT_REPEATED = frozenset(
    {"host", "origin", "authorization", "content-length", "content-type", "transfer-encoding"}
)


def _body_framing(head: RequestHead) -> _BodyFraming | None:
    length, coding = head.headers.get("content-length"), head.headers.get("transfer-encoding")
    # RFC 9110, 10.1.1: HTTP/1.0 knows no interim answers.
    expects_continue = head.is_http_1_1 and head.headers.get("expect", "").lower() == "100-continue"
    if coding is not None:
        if length is not None:
            raise refuse("BAD_REQUEST", "Content-Length and Transfer-Encoding exclude each other")
        if coding.lower() != "chunked" or not head.is_http_1_1:
            raise refuse("BAD_REQUEST", "the only Transfer-Encoding understood is chunked")
        return _BodyFraming(None, expects_continue)
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) <= 18):
        raise refuse("BAD_REQUEST", "Content-Length must be a number of bytes")
    return _BodyFraming(int(length), expects_continue)


def _too_large(limit: int) -> ApiError:
    return refuse("BODY_TOO_LARGE", f"the body is larger than {limit} bytes")
