"""What falls through the server: a request in, an answer out, and the line that both leave."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, TypeAlias, cast

from common.errors import ApiError
from http_server.framing import RequestHead, RequestReader

request_logger = logging.getLogger("request")

# Of what a caller may make as long as it likes.
MOST_CHARACTERS = 500


class RequestRecord:
    """What one request leaves in the log; SQL text, binds, bodies and headers are not in it."""

    __slots__ = ("differences", "method", "path", "pool", "rows", "started", "status")

    def __init__(self, method: str, path: str, started: float) -> None:
        self.method = method
        self.path = path
        self.started = started
        self.status = 0
        self.rows: int | str | None = None
        self.pool: str | None = None
        self.differences: int | None = None
        """Of a comparison."""

    def write(self) -> None:
        if request_logger.isEnabledFor(logging.INFO):
            request_logger.info(
                "method=%s path=%s status=%d ms=%.2f rows=%s pool=%s%s",
                _short(self.method),
                _short(self.path),
                self.status,
                (time.monotonic() - self.started) * 1000,
                "-" if self.rows is None else self.rows,
                # A user's name may hold blanks, and behind them what looks like other fields.
                _short(self.pool or "-").replace(" ", r"\x20"),
                "" if self.differences is None else f" differences={self.differences}",
            )


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."


# Of a body, made before its head is sent: one that ends or fails within them has a Content-Length,
# or the failure's own status.
FIRST_BYTES = 65_536


class Body(Protocol):
    """A body that is made as it is sent."""

    def __iter__(self) -> Iterator[bytes]:
        """Its pieces, one after the other; the same iterator until it begins again."""
        ...

    def begins_again(self, error: ApiError) -> bool:
        """Whether it has begun anew behind that error of its pieces, none of which was sent.
        ApiError.
        """
        ...

    @property
    def is_over(self) -> bool:
        """True when the piece that was given last is known to be the last one."""
        ...

    @property
    def is_due(self) -> bool:
        """True when the piece that was given last is to be sent without waiting for more."""
        ...

    @property
    def is_wanted_back(self) -> bool:
        """True when others wait for what it holds, or it has been told to stop."""
        ...

    def last_words(self, error: ApiError) -> bytes | None:
        """What ends the body when it fails after its head was sent; None: it is cut off."""
        ...

    def close(self) -> None: ...


class Counted(Protocol):
    """Something that knows, when all is sent, how many rows that were."""

    @property
    def row_count(self) -> int | str: ...


class Request:
    """One request. Its body is read when it is asked for, once, on the request's own thread."""

    def __init__(
        self,
        head: RequestHead,
        reader: RequestReader,
        record: RequestRecord,
        watch: Callable[[Callable[[], None]], None],
    ) -> None:
        self.method = head.method
        self.path = head.path
        self.headers: Mapping[str, str] = head.headers
        self.started = record.started
        """When it arrived, on the monotonic clock."""
        self.record = record
        self._reader = reader
        self._watch = watch

    def body(self) -> bytes:
        """The whole body. ApiError 411, 413, 408, 503 or 400."""
        return self._reader.body()

    def when_gone(self, act: Callable[[], None]) -> None:
        """Call `act`, on another thread, if the caller hangs up before it has its answer."""
        self._watch(act)


@dataclass
class Response:
    """An answer. The server closes it, whether it was sent, failed or never started."""

    status: int
    body: bytes | Body = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    counted: Counted | None = None
    after: Callable[[], None] | None = None
    """What is to be done when it was sent, or could not be."""

    def close(self) -> None:
        if not isinstance(self.body, bytes):
            self.body.close()
        if self.after is not None:
            self.after()


App: TypeAlias = Callable[[Request], Response]


def error_response(error: ApiError) -> Response:
    """Every error has this shape, on every path."""
    text = json.dumps({"detail": error.detail()}, ensure_ascii=False, separators=(",", ":"))
    return Response(error.status, text.encode("utf-8", "replace"), dict(error.headers))


def whole_bytes(
    response: Response, more: Mapping[str, str], keep_alive: int | None, is_head: bool = False
) -> bytes:
    """The head and a body whose length is known, to be sent in one write; see head_bytes."""
    body = cast(bytes, response.body)
    length = {} if response.status == 204 else {"Content-Length": str(len(body))}
    head = head_bytes(response, {**more, **length}, keep_alive)
    return head if is_head else head + body


def head_bytes(response: Response, more: Mapping[str, str], keep_alive: int | None) -> bytes:
    """more: headers beside the answer's own. keep_alive: for how many seconds the connection stays
    open for another request; None: it is closed.
    """
    lines = [f"HTTP/1.1 {response.status} {_REASONS[response.status]}", _date(int(time.time()))]
    if response.status != 204:
        lines.append(f"Content-Type: {response.content_type}")
    headers = {**_ALWAYS, **more, **response.headers, **_persistence(keep_alive)}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _persistence(keep_alive: int | None) -> Mapping[str, str]:
    """RFC 9112, 9.3: HTTP/1.0 takes nothing for granted. A client that is told the time limit does
    not send its next request into a connection that is just being closed.
    """
    if keep_alive is None:
        return {"Connection": "close"}
    return {"Connection": "keep-alive", "Keep-Alive": f"timeout={keep_alive}"}


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    """The Date header (RFC 9110, 6.6.1); many answers share a second."""
    return time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT", time.gmtime(second))


_REASONS = {status.value: status.phrase for status in HTTPStatus}
# nosniff and same-origin keep an answer out of pages that embed it as something else.
_ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def chunk(piece: bytes) -> bytes:
    """A chunk; an empty piece is none, since that would end the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
