"""HTTP/1.1 on loopback: bytes to Request, Response to bytes, hang-ups, drain.

The standard library's threading server accepts and gives each connection a thread. Of http.server
nothing is used. Its parser speaks HTTP/1.0 by default, waits for ever, takes conflicting lengths,
ignores Transfer-Encoding, and answers what it refuses with HTML; ours is http_wire. What is left of
its ThreadingHTTPServer then is socketserver's ThreadingTCPServer and a look-up of the host's name
that can take half a minute, for which it imports email, html and http.client: 8 ms of the start.
"""

from __future__ import annotations

import errno
import json
import logging
import math
import os
import selectors
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NoReturn, Protocol, TypeAlias, cast

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.logs import RequestRecord
from common.settings import Settings
from common.sockets import is_hung_up, shut_down, wait_for
from http_server.framing import CallerGoneError, Head, Incoming
from http_server.guard import Guard, is_preflight
from http_server.hang_ups import HangUps
from http_server.turns import Turnstile

logger = logging.getLogger(__name__)

# A reader who takes nothing for this long is gone; for this long, where others wait for what his
# answer holds. He is looked after this often.
WRITE_SECONDS = 30.0
# Bytes a second: one who takes less would hold a session of the database for hours.
SLOWEST_READ = 10_000
# What keeps happening is logged this often.
WARN_SECONDS = 60.0
GIVE_WAY_SECONDS = 3.0
LOOK_SECONDS = 0.5
# How long a connection that is to be closed is still read from, so that its peer gets the answer
# rather than a reset (RFC 9112, 9.6).
LINGER_SECONDS = 1.0
LINGER_BYTES = 32 * 1024 * 1024

Address: TypeAlias = "tuple[str, int]"


class Body(Protocol):
    """A body that is made as it is sent."""

    @property
    def is_whole(self) -> bool:
        """True when all of it is at hand, so that its length can be told first."""
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def is_over(self) -> bool:
        """True when the piece that was given last is known to be the last one."""
        ...

    @property
    def is_wanted_back(self) -> bool:
        """True when others wait for what it holds, or it has been told to stop."""
        ...

    def last_words(self, error: ApiError) -> bytes | None:
        """What ends the body when it fails after its first piece; None: it is cut off."""
        ...

    def close(self) -> None: ...


class Counted(Protocol):
    """Something that knows, when all is sent, how many rows that were."""

    @property
    def row_count(self) -> int: ...


class Request:
    """One request. Its body is read when it is asked for, once, on the request's own thread."""

    def __init__(
        self, head: Head, incoming: Incoming, record: RequestRecord, watch: Callable[..., None]
    ) -> None:
        self.method = head.method
        self.path = head.path
        self.headers: Mapping[str, str] = head.headers
        self.started = record.started
        """When it arrived, on the monotonic clock."""
        self.record = record
        self._incoming = incoming
        self._watch = watch

    def body(self) -> bytes:
        """The whole body. ApiError 411, 413, 408 or 400."""
        return self._incoming.body()

    def when_gone(self, act: Callable[[], None]) -> None:
        """Call `act`, on another thread, if the caller hangs up before he has his answer."""
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


class SidecarServer(socketserver.ThreadingTCPServer):
    """Listens on one loopback address and hands requests to the application."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # Elsewhere it lets a restart bind past connections in TIME_WAIT; on Windows it would let a
    # second process take the port.
    allow_reuse_address = os.name == "posix"

    # _connections (those that count against the cap), _busy and _is_draining are guarded by _state.

    def __init__(
        self, app: App, make_guard: Callable[[Address], Guard], settings: Settings
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self.app = app
        self.settings = settings
        self._state = threading.Condition()
        self._connections: dict[_Connection, None] = {}
        self._busy = 0
        self._turnstile = Turnstile()
        self._is_draining = False
        self._stopped_accepting = threading.Event()
        self._warned_at: dict[str, float] = {}
        self._wake_reader, self._wake_writer = socket.socketpair()
        super().__init__((settings.host, settings.port), cast(Any, _Connection))
        self.address: Address = self.socket.getsockname()[:2]
        self.guard = make_guard(self.address)
        self.hang_ups = HangUps()

    def server_bind(self) -> None:
        """Bind; on Windows so that no second process can take the port."""
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
                with self._state:
                    self._make_room()
            time.sleep(0.05)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Admit a connection and start its thread, or refuse it."""
        connection = _Connection(request, client_address, self)
        if not self._admit(connection):
            self._warn("all %d connections are in use", self.settings.max_connections)
            connection.refuse_and_close()
            return
        try:
            threading.Thread(target=connection.serve, name="connection", daemon=True).start()
        except RuntimeError as error:
            self._warn("no thread for a connection: %s", error)
            self.leave(connection)
            connection.refuse_and_close()

    def _warn(self, sentence: str, *details: object) -> None:
        """On the thread that accepts. What goes on for a while is said once a minute."""
        now = time.monotonic()
        if now >= self._warned_at.get(sentence, -math.inf) + WARN_SECONDS:
            self._warned_at[sentence] = now
            logger.warning(sentence, *details)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.exception("serving a connection failed")

    def _admit(self, newcomer: _Connection) -> bool:
        with self._state:
            if len(self._connections) >= self.settings.max_connections and not self._make_room():
                return False
            self._connections[newcomer] = None
            return True

    def _make_room(self) -> bool:
        """Needs _state. Idle connections give way; False when there are none."""
        idle = [c for c in self._connections if c.idle_since is not None]
        # Those first that their callers have left, which their threads have not seen yet.
        leaving = [c for c in idle if is_hung_up(c.socket)]
        for connection in leaving or sorted(idle, key=lambda c: c.idle_since or 0.0)[:1]:
            del self._connections[connection]
            shut_down(connection.socket)
        return bool(idle)

    def begin_request(self, connection: _Connection) -> bool:
        """Count a request as running. False when its connection had to give way to another."""
        with self._state:
            if connection not in self._connections:
                return False
            connection.idle_since = None
            self._busy += 1
        self._turnstile.enter(connection)
        return True

    def end_request(self, connection: _Connection) -> None:
        self._turnstile.leave(connection)
        with self._state:
            connection.idle_since = time.monotonic()
            self._busy -= 1
            if self._busy == 0:
                self._state.notify_all()

    def leave(self, connection: _Connection) -> None:
        with self._state:
            self._connections.pop(connection, None)

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    def drain(self, deadline: Deadline) -> int:
        """Stop accepting, let running requests end; returns how many still ran at the deadline.

        Requests that arrive on open connections meanwhile get 503.
        """
        with self._state:
            self._is_draining = True
        self._wake_writer.send(b"x")
        self._stopped_accepting.wait(deadline.remaining())
        return self.wait_until_quiet(deadline)

    def wait_until_quiet(self, deadline: Deadline) -> int:
        """Wait for running requests to end; returns how many did not."""
        with self._state:
            self._state.wait_for(lambda: self._busy == 0, deadline.remaining())
            return self._busy

    def cut_connections(self) -> None:
        """Close what is still open, whatever it does."""
        with self._state:
            connections = list(self._connections)
        for connection in connections:
            shut_down(connection.socket)


class _Connection:
    """One connection and its thread: request after request, until either side is done."""

    def __init__(self, sock: socket.socket, peer: Any, server: SidecarServer) -> None:
        self.socket = sock
        # The same descriptor, written to without asking first whether it can be: that question is
        # a system call of its own, and one more place where a thread has to queue for its turn.
        self._eager = socket.socket(sock.family, sock.type, sock.proto, sock.fileno())
        self._eager.setblocking(False)
        self.idle_since: float | None = time.monotonic()
        """Since when no request runs on it; None while one does. Guarded by the server."""
        self._server = server
        self._settings = server.settings

    def serve(self) -> None:
        """The connection's thread."""
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            incoming = Incoming(self.socket, self._settings)
            while self._serve_one(incoming):
                pass
        except (OSError, CallerGoneError):
            logger.debug("a caller went away")
        except Exception:
            logger.exception("serving a connection failed")
        finally:
            self._server.leave(self)
            self._close_socket()

    def refuse_and_close(self) -> None:
        """Tell a caller beyond the cap, without waiting for anything he may send."""
        response = error_response(refuse("TOO_MANY_REQUESTS", "too many connections are open"))
        try:
            self._eager.send(_whole_bytes(response, {}, keep_alive=False))
        except OSError:
            logger.debug("a caller beyond the cap did not take his refusal")
        self._close_socket()

    def _close_socket(self) -> None:
        self._eager.detach()
        self.socket.close()

    def _write(self, data: bytes, body: Body | None = None) -> None:
        """Send all of it. TimeoutError when the reader takes nothing of it for too long."""
        rest = memoryview(data)
        since = time.monotonic()
        while rest:
            try:
                rest = rest[self._eager.send(rest) :]
            except BlockingIOError:
                taken = len(data) - len(rest)
                if time.monotonic() - since > WRITE_SECONDS + taken / SLOWEST_READ:
                    raise TimeoutError(f"a reader took {taken} bytes only") from None
                self._wait_for_reader(body)

    def _wait_for_reader(self, body: Body | None) -> None:
        since = time.monotonic()
        while not wait_for(self.socket, LOOK_SECONDS, is_to_write=True):
            waited = time.monotonic() - since
            is_wanted = body is not None and waited >= GIVE_WAY_SECONDS and body.is_wanted_back
            if is_wanted or waited >= WRITE_SECONDS:
                raise TimeoutError(f"a reader took nothing for {waited:.0f} s")

    def _serve_one(self, incoming: Incoming) -> bool:
        """Serve one request. False when the connection is to be closed."""
        if not incoming.wait_for_request():
            return False
        record = RequestRecord("-", "-", time.monotonic())
        head: Head | None = None
        response: Response | None = None
        is_counted = False
        try:
            try:
                head = incoming.head()
                record.method, record.path = head.method, head.path
                is_counted = self._server.begin_request(self)
                if not is_counted:
                    return False
                response = self._answer(head, incoming, record)
            except ApiError as error:
                response = error_response(error)
            keep_alive = self._send(head, incoming, response, record)
        finally:
            self._server.hang_ups.forget(self.socket)
            if response is not None:
                self._close(response, record)
                record.write()
            if is_counted:
                self._server.end_request(self)
        if not keep_alive:
            self._linger(incoming)
        return keep_alive

    def _answer(self, head: Head, incoming: Incoming, record: RequestRecord) -> Response:
        """The request boundary: whatever goes wrong below becomes an answer."""
        if self._server.is_draining:
            raise refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        self._server.guard.check(head.method, head.path, head.headers)
        if is_preflight(head.method, head.headers):
            return Response(204, headers=self._server.guard.preflight(head.headers))
        try:
            return self._server.app(Request(head, incoming, record, self._watch))
        except (ApiError, CallerGoneError):
            raise
        except Exception:
            logger.exception("a request failed in an unexpected way")
            raise refuse("INTERNAL", "the request failed in an unexpected way") from None

    def _watch(self, act: Callable[[], None]) -> None:
        self._server.hang_ups.watch(self.socket, act)

    def _close(self, response: Response, record: RequestRecord) -> None:
        try:
            response.close()
        except Exception:
            logger.exception("closing an answer failed")
        if response.counted is not None:
            record.rows = response.counted.row_count

    def _send(
        self, head: Head | None, incoming: Incoming, response: Response, record: RequestRecord
    ) -> bool:
        """Send an answer. True when the connection can take another request."""
        keep_alive = (
            head is not None
            and head.keep_alive
            and incoming.is_at_request_boundary
            and not self._server.is_draining
        )
        cors = self._server.guard.cors(head.headers if head is not None else {})
        body = response.body
        if not isinstance(body, bytes):
            first, rest = self._first_pieces(body)
            if isinstance(first, ApiError):
                response = error_response(first)
            elif rest is None:
                # Another Response: the one that was made owns its Body until it is closed.
                response = Response(response.status, first, response.headers, response.content_type)
            else:
                record.status = response.status
                return self._send_stream(head, response, cors, first, rest, keep_alive)
        record.status = response.status
        is_head = head is not None and head.is_head
        self._write(_whole_bytes(response, cors, keep_alive, is_head))
        return keep_alive

    def _first_pieces(self, body: Body) -> tuple[bytes | ApiError, Body | None]:
        """The whole body and None, or its first piece and the rest; or the error instead of it."""
        try:
            if body.is_whole:
                return b"".join(body), None
            return next(iter(body), b""), body
        except ApiError as error:
            return error, None
        except Exception:
            logger.exception("making an answer failed in an unexpected way")
            return refuse("INTERNAL", "the request failed in an unexpected way"), None

    def _send_stream(
        self,
        head: Head | None,
        response: Response,
        cors: Mapping[str, str],
        first: bytes,
        rest: Body,
        keep_alive: bool,
    ) -> bool:
        assert head is not None
        # HTTP/1.0 knows no chunks: the end of the connection ends the body.
        is_chunked = head.is_http_1_1
        keep_alive = keep_alive and is_chunked
        framing = {"Transfer-Encoding": "chunked"} if is_chunked else {}
        frame = _chunk if is_chunked else bytes
        end = b"0\r\n\r\n" if is_chunked else b""
        try:
            self._write(_head_bytes(response, cors, keep_alive, framing) + frame(first), rest)
            for piece in rest:
                self._write(frame(piece) + (end if rest.is_over else b""), rest)
        except TimeoutError as error:
            logger.warning("an answer was cut off: %s", error)
            self._cut_off()
        except ApiError as error:
            logger.warning("an answer failed after its first rows: %s", error.full_code)
            words = rest.last_words(error)
            if words is None:
                self._cut_off()
            self._write(frame(words) + end)
            return keep_alive
        if not rest.is_over:
            self._write(end)
        return keep_alive

    def _cut_off(self) -> NoReturn:
        """Reset the connection: not even a body that ends with it is taken for whole."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00" if os.name != "nt" else b"\x01\x00\x00\x00"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionAbortedError("the answer was cut off")

    def _linger(self, incoming: Incoming) -> None:
        if not incoming.is_at_request_boundary:
            try:
                self.socket.shutdown(socket.SHUT_WR)
                incoming.discard(LINGER_BYTES, Deadline.after(LINGER_SECONDS))
            except OSError:
                logger.debug("a caller went away before his connection was closed")


def _whole_bytes(
    response: Response, cors: Mapping[str, str], keep_alive: bool, is_head: bool = False
) -> bytes:
    """The head and a body whose length is known, to be sent in one write."""
    body = cast(bytes, response.body)
    length = {} if response.status == 204 else {"Content-Length": str(len(body))}
    head = _head_bytes(response, cors, keep_alive, length)
    return head if is_head else head + body


def _head_bytes(
    response: Response, cors: Mapping[str, str], keep_alive: bool, framing: Mapping[str, str]
) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_REASONS[response.status]}", _date(int(time.time()))]
    if response.status != 204:
        lines.append(f"Content-Type: {response.content_type}")
    headers = {**_ALWAYS, **cors, **response.headers, **framing}
    if not keep_alive:
        headers["Connection"] = "close"
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


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


def _chunk(piece: bytes) -> bytes:
    """A chunk; an empty piece is none, since that would end the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
