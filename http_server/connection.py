"""One connection and its thread."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.settings import Settings
from common.sockets import wait_for
from http_server.body_room import BodyRoom
from http_server.framing import CallerGoneError, RequestHead, RequestReader
from http_server.guard import Guard, is_preflight
from http_server.hang_ups import HangUps
from http_server.messages import (
    FIRST_BYTES,
    App,
    Body,
    Request,
    RequestRecord,
    Response,
    chunk,
    error_response,
    head_bytes,
    whole_bytes,
)
from http_server.traffic import Traffic

logger = logging.getLogger(__name__)

# A reader who takes nothing for this long is gone; for GIVE_WAY_SECONDS, where others wait for what
# its answer holds. It is looked after every LOOK_SECONDS.
WRITE_SECONDS = 30.0
GIVE_WAY_SECONDS = 3.0
LOOK_SECONDS = 0.5
# Bytes a second: one who takes less would hold a session of the database for hours.
SLOWEST_READ = 10_000
# How long a connection that is to be closed is still read from, so that its peer gets the answer
# rather than a reset (RFC 9112, 9.6).
LINGER_SECONDS = 1.0
LINGER_BYTES = 32 * 1024 * 1024


class Connection:
    """Request after request, until either side is done. Used by one thread, which closes it."""

    def __init__(
        self,
        sock: socket.socket,
        app: App,
        guard: Guard,
        traffic: Traffic,
        hang_ups: HangUps,
        room: BodyRoom,
        settings: Settings,
    ) -> None:
        self._socket = sock
        # The same descriptor, written to without asking first whether it can be: that question is
        # a system call of its own, and one more place where a thread has to queue for its turn.
        self._eager = socket.socket(sock.family, sock.type, sock.proto, sock.fileno())
        self._eager.setblocking(False)
        self._app = app
        self._guard = guard
        self._traffic = traffic
        self._hang_ups = hang_ups
        self._room = room
        self._settings = settings

    def serve(self) -> None:
        """The connection's thread."""
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = RequestReader(self._socket, self._settings, self._room)
            while self._serve_one(reader):
                pass
        except (OSError, CallerGoneError):
            logger.debug("a caller went away")
        except BaseException:
            logger.exception("serving a connection failed")
        finally:
            self._traffic.leave(self._socket)
            self._close_socket()

    def refuse_and_close(self) -> None:
        """Tell a caller beyond the cap, without waiting for what it may send."""
        response = error_response(refuse("TOO_MANY_REQUESTS", "too many connections are open"))
        try:
            self._eager.send(whole_bytes(response, {}, keep_alive=None))
        except OSError:
            logger.debug("a caller beyond the cap did not take its refusal")
        self._close_socket()

    def _close_socket(self) -> None:
        self._eager.detach()
        self._socket.close()

    def _write(self, data: bytes, body: Body | None = None) -> None:
        """Send all of it. TimeoutError when the reader takes nothing of it for too long."""
        rest = memoryview(data)
        waited = 0.0
        while rest:
            try:
                rest = rest[self._eager.send(rest) :]
            except BlockingIOError:
                taken = len(data) - len(rest)
                if waited > WRITE_SECONDS + taken / SLOWEST_READ:
                    raise TimeoutError(f"a reader took {taken} bytes only") from None
                waited += self._wait_for_reader(body)

    def _wait_for_reader(self, body: Body | None) -> float:
        """For how many seconds it was waited. TimeoutError.

        What counts is the time that was spent looking. While the machine sleeps (a lid is closed)
        or this process is stopped, no reader can take anything.
        """
        waited = 0.0
        while True:
            before = time.monotonic()
            can_take = wait_for(self._socket, LOOK_SECONDS, is_to_write=True)
            waited += min(time.monotonic() - before, LOOK_SECONDS)
            if can_take:
                return waited
            is_wanted = body is not None and waited >= GIVE_WAY_SECONDS and body.is_wanted_back
            if is_wanted or waited >= WRITE_SECONDS:
                raise TimeoutError(f"a reader took nothing for {waited:.0f} s")

    def _serve_one(self, reader: RequestReader) -> bool:
        """Serve one request. False when the connection is to be closed."""
        if not reader.wait_for_request():
            return False
        record = RequestRecord("-", "-", time.monotonic())
        head: RequestHead | None = None
        response: Response | None = None
        is_counted = False
        try:
            try:
                head = reader.head()
                record.method, record.path = head.method, head.path
                is_counted = self._traffic.begin_request(self._socket)
                if not is_counted:
                    return False
                response = self._answer(head, reader, record)
            except ApiError as error:
                response = error_response(error)
            keep_alive = self._send(head, reader, response, record)
        finally:
            self._hang_ups.forget(self._socket)
            reader.release_body()
            if response is not None:
                self._close(response, record)
                record.write()
            if is_counted:
                self._traffic.end_request(self._socket)
        if not keep_alive:
            self._linger(reader)
        return keep_alive

    def _answer(self, head: RequestHead, reader: RequestReader, record: RequestRecord) -> Response:
        """The request boundary: all that goes wrong below becomes an answer, SystemExit too."""
        if self._traffic.is_draining:
            raise refuse("SHUTTING_DOWN", "the sidecar is shutting down")
        self._guard.check(head.method, head.path, head.headers)
        if is_preflight(head.method, head.headers):
            return Response(204, headers=self._guard.preflight(head.headers))
        try:
            return self._app(Request(head, reader, record, self._watch))
        except (ApiError, CallerGoneError):
            raise
        except BaseException:
            logger.exception("a request failed in an unexpected way")
            raise refuse("INTERNAL", "the request failed in an unexpected way") from None

    def _watch(self, act: Callable[[], None]) -> None:
        self._hang_ups.watch(self._socket, act)

    def _close(self, response: Response, record: RequestRecord) -> None:
        try:
            response.close()
        except BaseException:
            logger.exception("closing an answer failed")
        if response.counted is not None:
            record.rows = response.counted.row_count

    def _send(
        self,
        head: RequestHead | None,
        reader: RequestReader,
        response: Response,
        record: RequestRecord,
    ) -> bool:
        """Send an answer. True when the connection can take another request."""
        keep_alive = (
            head is not None
            and head.keep_alive
            and reader.is_at_request_boundary
            and not self._traffic.is_draining
        )
        cors = self._guard.cors(head.headers if head is not None else {})
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
        self._write(whole_bytes(response, cors, self._open_for(keep_alive), is_head))
        return keep_alive

    def _open_for(self, keep_alive: bool) -> int | None:
        return int(self._settings.keep_alive_timeout) if keep_alive else None

    def _first_pieces(self, body: Body) -> tuple[bytes | ApiError, Body | None]:
        """The whole body and None, or its first bytes and the rest; or the error instead of it."""
        try:
            while True:
                try:
                    return self._gathered(body)
                except ApiError as error:
                    if not body.begins_again(error):
                        raise
        except ApiError as error:
            return error, None
        except BaseException:
            logger.exception("making an answer failed in an unexpected way")
            return refuse("INTERNAL", "the request failed in an unexpected way"), None

    def _gathered(self, body: Body) -> tuple[bytes, Body | None]:
        pieces: list[bytes] = []
        size = 0
        for piece in body:
            pieces.append(piece)
            size += len(piece)
            if body.is_due or (size >= FIRST_BYTES and not body.is_over):
                return b"".join(pieces), body
        return b"".join(pieces), None

    def _send_stream(
        self,
        head: RequestHead | None,
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
        frame = chunk if is_chunked else bytes
        end = b"0\r\n\r\n" if is_chunked else b""
        try:
            head_data = head_bytes(response, {**cors, **framing}, self._open_for(keep_alive))
            self._write(head_data + frame(first), rest)
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
        except (OSError, CallerGoneError):
            raise
        except BaseException:
            # HTTP/1.0 would take the orderly end of the connection for the end of the answer.
            logger.exception("an answer failed amid its rows in an unexpected way")
            self._cut_off()
        if not rest.is_over:
            self._write(end)
        return keep_alive

    def _cut_off(self) -> NoReturn:
        """Reset the connection: not even a body that ends with it is taken for whole."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00" if os.name != "nt" else b"\x01\x00\x00\x00"
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionAbortedError("the answer was cut off")

    def _linger(self, reader: RequestReader) -> None:
        if not reader.is_at_request_boundary:
            try:
                self._socket.shutdown(socket.SHUT_WR)
                reader.discard(LINGER_BYTES, Deadline.after(LINGER_SECONDS))
            except OSError:
                logger.debug("a caller went away before its connection was closed")
