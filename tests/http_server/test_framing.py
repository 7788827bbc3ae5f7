"""HTTP framing seen from a bare socket: where a request ends, and what happens to odd ones."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import PATIENCE_SECONDS, Answer, Sidecar

JSON_TYPE = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
EXPECT = b"Expect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
QUERY_ID = b'{"query_id":"x"}'
CANCELLED = {"cancelled": False}
MEBIBYTE = 1024 * 1024


class Wire:
    """One bare connection: bytes out, answers in. A context manager."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.host = f"Host: {sidecar.host}:{sidecar.port}\r\n".encode()
        self.socket = sidecar.connect()
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, target: str = "/health", version: str = "1.1", headers: bytes = b"") -> None:
        self.send(f"GET {target} HTTP/{version}\r\n".encode() + self.host + headers + b"\r\n")

    def post(self, headers: bytes, body: bytes = b"", path: str = "/cancel") -> None:
        """A POST of JSON whose framing the caller chooses."""
        start = f"POST {path} HTTP/1.1\r\n".encode() + self.host + JSON_TYPE
        self.send(start + headers + b"\r\n" + body)

    def post_value(self, body: bytes, path: str = "/cancel") -> None:
        self.post(b"Content-Length: %d\r\n" % len(body), body, path)

    def answer(self, to: str = "GET") -> Answer:
        """Read one answer, and not a byte of the next one."""
        head, _, self._buffer = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        length = 0 if to == "HEAD" else int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            self._buffer += self._received()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Answer(int(status_line.split()[1]), headers, body)

    def exactly(self, expected: bytes) -> bytes:
        while len(self._buffer) < len(expected):
            self._buffer += self._received()
        taken, self._buffer = self._buffer[: len(expected)], self._buffer[len(expected) :]
        return taken

    def rest(self) -> bytes:
        """What comes until the server closes the connection; a reset is an end too."""
        rest, self._buffer = self._buffer, b""
        try:
            while received := self.socket.recv(65_536):
                rest += received
        except ConnectionError:
            pass
        return rest

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._received()
        return self._buffer

    def _received(self) -> bytes:
        received = self.socket.recv(65_536)
        assert received, f"the server closed the connection after {self._buffer!r}"
        return received

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.fixture(name="wire")
def _wire(sidecar: Sidecar) -> Iterator[Wire]:
    """A connection; afterwards the server must still be serving, whatever was sent on it."""
    with Wire(sidecar) as wire:
        yield wire
    assert sidecar.get("/health").status == 200


def assert_refused(answer: Answer, status: int, full_code: str) -> None:
    """Every refusal has one shape."""
    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json) == ["detail"]
    assert answer.detail["code"] == 0
    assert answer.detail["message"]


# One connection, many requests.


def test_a_connection_serves_one_request_after_the_other(wire: Wire) -> None:
    for _ in range(3):
        wire.get()
        answer = wire.answer()
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert "connection" not in answer.headers


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        ("1.0", b""),
        ("1.0", b"Connection: close\r\n"),
        ("1.1", b"Connection: close\r\n"),
        ("1.1", b"Connection: Close\r\n"),
        ("1.1", b"Connection: keep-alive, close\r\n"),
        ("1.1", b"Connection: keep-alive\r\nConnection: close\r\n"),
    ],
)
def test_a_connection_ends_when_the_caller_wants_it(
    wire: Wire, version: str, headers: bytes
) -> None:
    wire.get(version=version, headers=headers)

    answer = wire.answer()

    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert wire.rest() == b""


def test_an_http_1_0_caller_may_keep_his_connection(wire: Wire) -> None:
    for _ in range(2):
        wire.get(version="1.0", headers=b"Connection: Keep-Alive\r\n")
        assert wire.answer().status == 200


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    paths = [f"/nowhere-{number}" for number in range(50)]
    wire.send(b"".join(b"GET %b HTTP/1.1\r\n%b\r\n" % (path.encode(), wire.host) for path in paths))

    messages = [wire.answer().detail["message"] for _ in paths]

    assert messages == [f"there is no path {path}" for path in paths]


def test_pipelined_bodies_are_told_from_the_requests_behind_them(wire: Wire) -> None:
    head = b"POST /cancel HTTP/1.1\r\n" + wire.host + JSON_TYPE
    with_length = head + b"Content-Length: %d\r\n\r\n" % len(QUERY_ID) + QUERY_ID
    in_chunks = head + CHUNKED + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(QUERY_ID), QUERY_ID)
    get = b"GET /health HTTP/1.1\r\n" + wire.host + b"\r\n"
    wire.send((with_length + get + in_chunks + get) * 5)

    answers = [wire.answer() for _ in range(20)]

    assert [answer.status for answer in answers] == [200] * 20
    assert ["cancelled" in answer.json for answer in answers] == [True, False] * 10


def test_empty_lines_before_a_request_are_overlooked(wire: Wire) -> None:
    wire.send(b"\r\n\r\n")
    wire.get()
    assert wire.answer().status == 200


def test_a_request_that_comes_byte_by_byte_is_read_whole(wire: Wire) -> None:
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = b"POST /cancel HTTP/1.1\r\n" + wire.host + JSON_TYPE + CHUNKED
    for byte in head + b"\r\n10;a=b\r\n" + QUERY_ID + b"\r\n0\r\nT: t\r\n\r\n":
        wire.send(bytes([byte]))
    assert wire.answer().json == CANCELLED


def test_a_small_answer_is_one_segment(wire: Wire) -> None:
    for _ in range(20):
        wire.get()
        head, _, body = wire.socket.recv(65_536).partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % len(body) in head
        assert json.loads(body)["status"] == "ok"


# Bodies that nobody reads.

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: %d\r\n\r\n%b" % (len(SMUGGLED), SMUGGLED),
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED),
    ],
    ids=["length", "chunked"],
)
@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("GET /health", b"", 200),
        ("HEAD /health", b"", 200),
        ("GET /nowhere", b"", 404),
        ("DELETE /query", b"", 405),
        ("POST /shutdown", b"", 404),
        ("POST /cancel", b"Content-Type: text/plain\r\n", 415),
        ("POST /cancel", b"Origin: http://evil.example\r\n", 403),
        ("OPTIONS /cancel", b"", 204),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unread_body_is_never_taken_for_the_next_request(
    wire: Wire, line: str, headers: bytes, status: int, framed: bytes
) -> None:
    wire.send(line.encode() + b" HTTP/1.1\r\n" + wire.host + headers + framed)

    answer = wire.answer(to=line.split()[0])

    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert wire.rest() == b""


def test_a_body_for_the_wrong_host_is_not_taken_for_a_request(wire: Wire) -> None:
    body = b"GET /health HTTP/1.1\r\n" + wire.host + b"\r\n"
    wire.send(
        b"POST /query HTTP/1.1\r\nHost: evil.example\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )
    assert_refused(wire.answer(), 421, "WRONG_HOST")
    assert wire.rest() == b""


# Heads that are refused.


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET /health\r\n", id="http 0.9"),
        pytest.param(b"GET /health HTTP/0.9\r\n\r\n", id="http 0.9 by name"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="http 2 preface"),
        pytest.param(b"GET /health HTTP/3.0\r\n\r\n", id="http 3"),
        pytest.param(b"GET /health HTTP/1.1.1\r\n\r\n", id="three-part version"),
        pytest.param(b"GET /health HTTP/11.1\r\n\r\n", id="two-digit version"),
        pytest.param(b"GET /health http/1.1\r\n\r\n", id="lower case version"),
        pytest.param(b"GET  /health HTTP/1.1\r\n\r\n", id="two blanks"),
        pytest.param(b"GET /health HTTP/1.1 \r\n\r\n", id="blank at the end"),
        pytest.param(b" GET /health HTTP/1.1\r\n\r\n", id="blank at the start"),
        pytest.param(b"GET\t/health\tHTTP/1.1\r\n\r\n", id="tabs"),
        pytest.param(b"GET /a b HTTP/1.1\r\n\r\n", id="blank in the target"),
        pytest.param(b"GET /a\x00b HTTP/1.1\r\n\r\n", id="NUL in the target"),
        pytest.param(b"GET /a\x1bb HTTP/1.1\r\n\r\n", id="escape in the target"),
        pytest.param(b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", id="target beyond ASCII"),
        pytest.param(b"G\xc3T /health HTTP/1.1\r\n\r\n", id="method beyond ASCII"),
        pytest.param(b"G(T /health HTTP/1.1\r\n\r\n", id="method with a bracket"),
        pytest.param(b"GET health HTTP/1.1\r\n\r\n", id="relative target"),
        pytest.param(b"GET * HTTP/1.1\r\n\r\n", id="asterisk"),
        pytest.param(b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n", id="authority"),
        pytest.param(b"GET https://127.0.0.1/health HTTP/1.1\r\n\r\n", id="https target"),
        pytest.param(b"GET http://[::1/health HTTP/1.1\r\n\r\n", id="broken absolute target"),
        pytest.param(b"GET /health HTTP/1.1\nHost: a\n\n", id="bare line feeds"),
        pytest.param(b"GET /health HTTP/1.1\nHost: a\r\n\r\n", id="bare line feed, first line"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: a\nB: b\r\n\r\n", id="bare line feed"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: a\r\n\n", id="bare line feed at the end"),
        pytest.param(b"GET /health HTTP/1.1\rHost: a\r\r\n\r\n", id="bare carriage returns"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", id="TLS hello"),
        pytest.param(b"\x00" * 100 + b"\r\n", id="NULs"),
    ],
)
def test_a_malformed_request_is_refused(wire: Wire, request_bytes: bytes) -> None:
    wire.send(request_bytes)
    assert_refused(wire.answer(), 400, "BAD_REQUEST")
    assert wire.rest() == b""


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"A: b\r\n c: folded\r\n", id="folded"),
        pytest.param(b"A: b\r\n\tc\r\n", id="folded with a tab"),
        pytest.param(b"A : b\r\n", id="blank before the colon"),
        pytest.param(b"A\t: b\r\n", id="tab before the colon"),
        pytest.param(b" A: b\r\n", id="blank before the name"),
        pytest.param(b": b\r\n", id="no name"),
        pytest.param(b"A b\r\n", id="no colon"),
        pytest.param(b"A: \x00\r\n", id="NUL in a value"),
        pytest.param(b"A\x00: b\r\n", id="NUL in a name"),
        pytest.param(b"A: b\rX: c\r\n", id="carriage return in a value"),
        pytest.param(b"A: \x1b[31m\r\n", id="escape in a value"),
        pytest.param(b"A: \x7f\r\n", id="delete in a value"),
        pytest.param(b"\xc3\xa9: b\r\n", id="name beyond ASCII"),
        pytest.param(b"A(b): c\r\n", id="brackets in a name"),
        pytest.param(b"Host: 127.0.0.1\r\n", id="second Host"),
        pytest.param(b"Origin: http://a\r\norigin: http://a\r\n", id="two Origins"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 6\r\n", id="conflicting lengths"),
        pytest.param(b"Content-Length: 5\r\ncontent-length: 5\r\n", id="repeated length"),
        pytest.param(b"Content-Length: 5, 5\r\n", id="list of lengths"),
        pytest.param(b"Content-Length: -5\r\n", id="negative length"),
        pytest.param(b"Content-Length: +5\r\n", id="signed length"),
        pytest.param(b"Content-Length: 5.0\r\n", id="length with a fraction"),
        pytest.param(b"Content-Length: 5 5\r\n", id="two numbers as a length"),
        pytest.param(b"Content-Length: 0x5\r\n", id="hexadecimal length"),
        pytest.param(b"Content-Length: 1_0\r\n", id="length with an underscore"),
        pytest.param(b"Content-Length: \xb2\r\n", id="superscript length"),
        pytest.param(b"Content-Length:\r\n", id="empty length"),
        pytest.param(b"Content-Length: " + b"9" * 30 + b"\r\n", id="endless length"),
        pytest.param(b"Content-Length: 5\r\n" + CHUNKED, id="length and chunked"),
        pytest.param(CHUNKED + b"Content-Length: 0\r\n", id="chunked and length"),
        pytest.param(CHUNKED + CHUNKED, id="chunked twice"),
        pytest.param(b"Transfer-Encoding: gzip\r\n", id="gzip"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n", id="gzip and chunked"),
        pytest.param(b"Transfer-Encoding: chunked, identity\r\n", id="chunked and identity"),
        pytest.param(b"Transfer-Encoding: identity\r\n", id="identity"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n", id="xchunked"),
        pytest.param(b"Transfer-Encoding: chunked;q=1\r\n", id="chunked with a parameter"),
        pytest.param(b"Transfer-Encoding: \x0bchunked\r\n", id="chunked behind a vertical tab"),
        pytest.param(b"Transfer-Encoding:\r\n", id="empty coding"),
    ],
)
def test_a_header_that_could_be_read_in_two_ways_is_refused(wire: Wire, header: bytes) -> None:
    wire.send(b"POST /cancel HTTP/1.1\r\n" + wire.host + header + b"\r\n" + b"0\r\n\r\n")
    assert_refused(wire.answer(), 400, "BAD_REQUEST")
    assert wire.rest() == b""


def test_chunks_are_not_for_http_1_0(wire: Wire) -> None:
    wire.send(b"POST /cancel HTTP/1.0\r\n" + wire.host + CHUNKED + b"\r\n0\r\n\r\n")
    assert_refused(wire.answer(), 400, "BAD_REQUEST")


def test_text_beyond_ascii_in_a_value_is_let_be(wire: Wire) -> None:
    wire.get(headers=b"User-Agent: caf\xc3\xa9 \xff\xfe\r\nEmpty:\r\nTabs:\ta\tb\t\r\n")
    assert wire.answer().status == 200


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"".join(b"X-%d: a\r\n" % n for n in range(10_000)), id="10,000 headers"),
        pytest.param(b"a: b\r\n" * 10_000, id="one header 10,000 times"),
        pytest.param(b"a: b\r\n" * 100, id="one header too many"),
        pytest.param(b"A: " + b"b" * 70_000 + b"\r\n", id="a long header"),
        pytest.param(b"A: " + b"b" * 2 * MEBIBYTE + b"\r\n", id="a very long header"),
    ],
)
def test_headers_beyond_the_limits_are_refused(wire: Wire, head: bytes) -> None:
    wire.get(headers=head)
    assert_refused(wire.answer(), 431, "HEADERS_TOO_LARGE")
    assert wire.rest() == b""


def test_a_hundred_headers_are_served(wire: Wire) -> None:
    wire.get(headers=b"".join(b"X-%d: %b\r\n" % (n, b"a" * 500) for n in range(99)))
    assert wire.answer().status == 200


@pytest.mark.parametrize("ending", [b" HTTP/1.1\r\n\r\n", b""], ids=["ended", "not ended"])
def test_a_request_line_of_a_mebibyte_is_refused(wire: Wire, ending: bytes) -> None:
    wire.send(b"GET /" + b"a" * MEBIBYTE + ending)
    assert_refused(wire.answer(), 431, "HEADERS_TOO_LARGE")


# Targets and methods.


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/health", 200),
        ("/health?deep=1", 200),
        ("/health#part", 200),
        ("/health/", 404),
        ("/HEALTH", 404),
        ("/%68ealth", 404),
        ("//health", 404),
        ("//evil.example/health", 404),
        ("/../health", 404),
        ("/", 404),
    ],
)
def test_a_path_is_taken_literally(wire: Wire, target: str, status: int) -> None:
    wire.get(target)
    assert wire.answer().status == status


def test_an_absolute_target_takes_the_place_of_host(sidecar: Sidecar, wire: Wire) -> None:
    line = f"GET http://127.0.0.1:{sidecar.port}/health HTTP/1.1\r\n"
    wire.send(line.encode() + b"Host: evil.example\r\n\r\n")
    assert wire.answer().status == 200

    wire.get("http://evil.example/health")
    assert_refused(wire.answer(), 421, "WRONG_HOST")

    wire.get(f"http://somebody@127.0.0.1:{sidecar.port}/health")
    assert_refused(wire.answer(), 421, "WRONG_HOST")


def test_options_of_everything_names_every_method(wire: Wire) -> None:
    wire.send(b"OPTIONS * HTTP/1.1\r\n" + wire.host + b"\r\n")
    answer = wire.answer()
    assert (answer.status, answer.body) == (204, b"")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert "content-length" not in answer.headers


def test_head_tells_the_length_and_sends_no_body(wire: Wire) -> None:
    wire.send(b"HEAD /openapi.json HTTP/1.1\r\n" + wire.host + b"\r\n")
    head = wire.answer(to="HEAD")
    wire.get("/openapi.json")
    get = wire.answer()

    assert head.status == 200
    assert head.headers == get.headers
    assert len(get.body) == int(get.headers["content-length"])


@pytest.mark.parametrize(
    ("line", "status"),
    [("HEAD /nowhere", 404), ("HEAD /query", 405), ("HEAD http://evil.example/health", 421)],
)
def test_head_gets_refusals_without_a_body(wire: Wire, line: str, status: int) -> None:
    wire.send(line.encode() + b" HTTP/1.1\r\n" + wire.host + b"\r\n")
    assert wire.answer(to="HEAD").status == status
    wire.get()
    assert wire.answer().status == 200


@pytest.mark.parametrize(
    ("line", "allow"),
    [
        ("POST /health", "GET, HEAD, OPTIONS"),
        ("BREW /health", "GET, HEAD, OPTIONS"),
        ("get /health", "GET, HEAD, OPTIONS"),
        ("TRACE /health", "GET, HEAD, OPTIONS"),
        ("GET /query", "POST, OPTIONS"),
        ("HEAD /query", "POST, OPTIONS"),
        ("PUT /query-batch", "POST, OPTIONS"),
        ("GET /shutdown", "POST, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(wire: Wire, line: str, allow: str) -> None:
    wire.send(line.encode() + b" HTTP/1.1\r\n" + wire.host + b"\r\n")
    method = line.split()[0]
    answer = wire.answer(to=method)
    assert answer.headers["allow"] == allow
    assert answer.status == 405
    if method != "HEAD":
        assert_refused(answer, 405, "METHOD_NOT_ALLOWED")


def test_options_of_a_path_names_its_methods(wire: Wire) -> None:
    wire.send(b"OPTIONS /query HTTP/1.1\r\n" + wire.host + b"\r\n")
    answer = wire.answer()
    assert (answer.status, answer.headers["allow"]) == (204, "POST, OPTIONS")


def test_a_path_that_is_not_there_is_404(wire: Wire) -> None:
    wire.get("/nowhere")
    assert_refused(wire.answer(), 404, "NOT_FOUND")
    wire.send(b"BREW /nowhere HTTP/1.1\r\n" + wire.host + b"\r\n")
    assert_refused(wire.answer(), 404, "NOT_FOUND")


# Chunked bodies.


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b'10\r\n{"query_id":"x"}\r\n0\r\n\r\n', id="one chunk"),
        pytest.param(b'1\r\n{\r\nF\r\n"query_id":"x"}\r\n0\r\n\r\n', id="two chunks"),
        pytest.param(b'1\r\n{\r\nf\r\n"query_id":"x"}\r\n000\r\n\r\n', id="small letters"),
        pytest.param(b'00000010\r\n{"query_id":"x"}\r\n0\r\n\r\n', id="leading zeros"),
        pytest.param(b'10;a=b\r\n{"query_id":"x"}\r\n0;end\r\n\r\n', id="extensions"),
        pytest.param(b'10 ; a="b;c"\r\n{"query_id":"x"}\r\n0\r\n\r\n', id="quoted extension"),
        pytest.param(b'10\r\n{"query_id":"x"}\r\n0\r\nA: b\r\nC: d\r\n\r\n', id="trailers"),
        pytest.param(b'11\r\n{"query_id":"\r\n"}\r\n0\r\n\r\n', id="line end inside"),
    ],
)
def test_a_chunked_body_is_read_to_its_end(wire: Wire, chunks: bytes) -> None:
    wire.post(CHUNKED, chunks)
    wire.get("/pools")

    answer = wire.answer()

    if b'"\r\n"' in chunks:
        assert_refused(answer, 400, "BAD_JSON")  # read whole: JSON allows no such character
    else:
        assert answer.json == CANCELLED
    assert list(wire.answer().json) == ["pools"]


@pytest.mark.parametrize(
    ("chunks", "status", "full_code"),
    [
        pytest.param(b'f\r\n{"query_id":"x"}\r\n0\r\n\r\n', 400, "BAD_REQUEST", id="too short"),
        pytest.param(b'11\r\n{"query_id":"x"}\r\n0\r\n\r\n', 400, "BAD_REQUEST", id="too long"),
        pytest.param(b'10\r\n{"query_id":"x"}0\r\n\r\n', 400, "BAD_REQUEST", id="no line end"),
        pytest.param(b'10\r\n{"query_id":"x"}XX0\r\n\r\n', 400, "BAD_REQUEST", id="other bytes"),
        pytest.param(b'10\r\n{"query_id":"x"}\n0\n\n', 400, "BAD_REQUEST", id="bare line feed"),
        pytest.param(b'10\n{"query_id":"x"}\r\n0\r\n\r\n', 400, "BAD_REQUEST", id="size, bare LF"),
        pytest.param(b"\r\n\r\n", 400, "BAD_REQUEST", id="no size"),
        pytest.param(b";a=b\r\n\r\n", 400, "BAD_REQUEST", id="extension without size"),
        pytest.param(b"-1\r\n\r\n", 400, "BAD_REQUEST", id="negative"),
        pytest.param(b"+1\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="signed"),
        pytest.param(b"0x1\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="0x"),
        pytest.param(b" 1\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="blank before"),
        pytest.param(b"g\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="no hex digit"),
        pytest.param(b"1_0\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="underscore"),
        pytest.param(b"F" * 16 + b"\r\nx\r\n", 400, "BAD_REQUEST", id="overflow of 64 bits"),
        pytest.param(b"1" + b"0" * 16 + b"\r\nx\r\n", 400, "BAD_REQUEST", id="wrap to zero"),
        pytest.param(b"FFFFFFFF\r\nx\r\n", 413, "BODY_TOO_LARGE", id="4 GiB"),
        pytest.param(b"800001\r\nx\r\n", 413, "BODY_TOO_LARGE", id="one byte over the limit"),
        pytest.param(b"1;" + b"a" * 1000 + b"\r\nx\r\n", 400, "BAD_REQUEST", id="long extension"),
        pytest.param(b"1;" + b"a" * 100_000, 400, "BAD_REQUEST", id="endless extension"),
        pytest.param(b"1;\x00\r\nx\r\n0\r\n\r\n", 400, "BAD_REQUEST", id="NUL in an extension"),
        pytest.param(b"0\r\nbroken\r\n\r\n", 400, "BAD_REQUEST", id="trailer without colon"),
        pytest.param(b"0\r\n A: b\r\n\r\n", 400, "BAD_REQUEST", id="folded trailer"),
        pytest.param(b"0\r\n" + b"a: b\r\n" * 200, 400, "BAD_REQUEST", id="200 trailers"),
        pytest.param(b"0\r\nA: b\n\n", 400, "BAD_REQUEST", id="trailer with bare line feeds"),
    ],
)
def test_a_chunked_body_that_lies_is_refused(
    wire: Wire, chunks: bytes, status: int, full_code: str
) -> None:
    wire.post(CHUNKED, chunks)
    answer = wire.answer()
    assert_refused(answer, status, full_code)
    assert answer.headers["connection"] == "close"
    assert wire.rest() == b""


def test_chunks_that_add_up_beyond_the_limit_are_refused(wire: Wire) -> None:
    chunk = b"%x\r\n%b\r\n" % (MEBIBYTE, b" " * MEBIBYTE)
    wire.post(CHUNKED, chunk * 9 + b"0\r\n\r\n")
    assert_refused(wire.answer(), 413, "BODY_TOO_LARGE")


# Lengths, types and contents of bodies.


def test_a_body_of_nine_mebibytes_gets_a_readable_refusal(wire: Wire) -> None:
    wire.post_value(b" " * 9 * MEBIBYTE)
    answer = wire.answer()
    assert_refused(answer, 413, "BODY_TOO_LARGE")
    assert answer.headers["connection"] == "close"


def test_a_body_of_the_largest_size_is_read(wire: Wire) -> None:
    wire.post_value(QUERY_ID.ljust(8 * MEBIBYTE))
    assert wire.answer().json == CANCELLED
    wire.get()
    assert wire.answer().status == 200


def test_a_missing_body_is_411(wire: Wire) -> None:
    for path in ("/test-connection", "/query", "/query-dict", "/query-batch", "/cancel"):
        wire.post(b"", path=path)
        assert_refused(wire.answer(), 411, "LENGTH_NEEDED")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (b"Content-Type: application/json\r\n", 200),
        (b"content-type: Application/JSON\r\n", 200),
        (b"Content-Type: application/json; charset=utf-8\r\n", 200),
        (b"Content-Type:application/json;charset=utf-8\r\n", 200),
        (b"", 415),
        (b"Content-Type:\r\n", 415),
        (b"Content-Type: text/plain\r\n", 415),
        (b"Content-Type: text/plain; application/json\r\n", 415),
        (b"Content-Type: application/jsonx\r\n", 415),
        (b"Content-Type: application/x-www-form-urlencoded\r\n", 415),
        (b"Content-Type: multipart/form-data; boundary=application/json\r\n", 415),
    ],
    ids=lambda value: value.decode().strip() if isinstance(value, bytes) else "",
)
def test_a_body_must_say_that_it_is_json(wire: Wire, content_type: bytes, status: int) -> None:
    length = b"Content-Length: %d\r\n\r\n" % len(QUERY_ID)
    wire.send(b"POST /cancel HTTP/1.1\r\n" + wire.host + content_type + length + QUERY_ID)
    answer = wire.answer()
    assert answer.status == status
    if status == 415:
        assert_refused(answer, 415, "NOT_JSON")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \r\n", id="blank"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'[{"query_id":"x"}]', id="object in an array"),
        pytest.param(b"3", id="number"),
        pytest.param(b'"x"', id="string"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b'{"query_id":"x"', id="cut off at the end"),
        pytest.param(b'{"query_id":"x"} {}', id="two values"),
        pytest.param(b"{'query_id':'x'}", id="single quotes"),
        pytest.param(b'{"query_id":"x",}', id="comma at the end"),
        pytest.param(b'{"query_id":"a\nb"}', id="line feed in a string"),
        pytest.param(b'{"query_id":"\xff"}', id="not UTF-8"),
        pytest.param(b'{"query_id":"\xc0\xaf"}', id="overlong UTF-8"),
        pytest.param(b'{"query_id":"\xed\xa0\x80"}', id="surrogate in UTF-8"),
        pytest.param('{"query_id":"x"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + QUERY_ID, id="byte order mark"),
        pytest.param(b'{"query_id":"x","a":NaN}', id="NaN"),
        pytest.param(b'{"query_id":"x","a":Infinity}', id="Infinity"),
        pytest.param(b'{"query_id":"x","a":-Infinity}', id="-Infinity"),
        pytest.param(b'{"query_id":"x","a":01}', id="leading zero"),
        pytest.param(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", id="deep arrays"),
        pytest.param(b'{"a":' * 200_000 + b"1" + b"}" * 200_000, id="deep objects"),
        pytest.param(b"[" * 1_000_000, id="deep and cut off"),
        pytest.param(b'{"query_id":"x","a":' + b"9" * 5000 + b"}", id="huge integer"),
        pytest.param(b'{"query_id":"x","a":1e' + b"9" * 30 + b"}", id="huge exponent"),
        pytest.param(b'{"query_id":"x","a":1.5E-' + b"9" * 30 + b"}", id="tiny exponent"),
    ],
)
def test_a_body_that_is_not_one_json_object_is_400(wire: Wire, body: bytes) -> None:
    wire.post_value(body)
    assert_refused(wire.answer(), 400, "BAD_JSON")
    wire.get()
    assert wire.answer().status == 200


# Expect: 100-continue.


def test_a_caller_who_asks_first_is_told_to_go_on(wire: Wire) -> None:
    wire.post(EXPECT + b"Content-Length: %d\r\n" % len(QUERY_ID))
    assert wire.exactly(CONTINUE) == CONTINUE
    wire.send(QUERY_ID)
    assert wire.answer().json == CANCELLED


def test_a_caller_who_asks_before_chunks_is_told_to_go_on(wire: Wire) -> None:
    wire.post(EXPECT + CHUNKED)
    assert wire.exactly(CONTINUE) == CONTINUE
    wire.send(b"10\r\n" + QUERY_ID + b"\r\n0\r\n\r\n")
    assert wire.answer().json == CANCELLED


def test_a_body_that_is_there_already_needs_no_go_ahead(wire: Wire) -> None:
    wire.post(EXPECT + b"Content-Length: %d\r\n" % len(QUERY_ID), QUERY_ID)
    assert wire.answer().json == CANCELLED


def test_an_http_1_0_caller_is_not_told_to_go_on(wire: Wire) -> None:
    head = b"POST /cancel HTTP/1.0\r\n" + wire.host + JSON_TYPE + EXPECT
    wire.send(head + b"Content-Length: %d\r\n\r\n" % len(QUERY_ID))
    assert not select.select([wire.socket], [], [], 0.3)[0]
    wire.send(QUERY_ID)
    assert wire.answer().json == CANCELLED


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("POST /cancel", b"Content-Length: 9000000\r\n", 413),
        ("POST /cancel", b"Content-Length: 5\r\nOrigin: null\r\n", 403),
        ("POST /nowhere", b"Content-Length: 5\r\n", 404),
        ("DELETE /cancel", b"Content-Length: 5\r\n", 405),
        ("POST http://evil.example/cancel", b"Content-Length: 5\r\n", 421),
        ("POST /cancel", b"Content-Length: -5\r\n", 400),
    ],
    ids=["too large", "origin", "path", "method", "host", "length"],
)
def test_a_refusal_comes_before_the_body_is_sent(
    wire: Wire, line: str, headers: bytes, status: int
) -> None:
    start = line.encode() + b" HTTP/1.1\r\n" + wire.host + JSON_TYPE
    wire.send(start + EXPECT + headers + b"\r\n")
    answer = wire.answer()
    assert answer.status == status
    assert answer.headers["connection"] == "close"


# Time limits.


@pytest.fixture(name="impatient", scope="module")
def _impatient() -> Iterator[Sidecar]:
    limits = ("--header-timeout", "1", "--body-timeout", "1", "--keep-alive-timeout", "1")
    with Sidecar(*limits) as running:
        yield running


def trickle(wire: Wire, data: bytes) -> None:
    """Send byte by byte, five a second, until the server says something."""
    for byte in data:
        wire.send(bytes([byte]))
        if select.select([wire.socket], [], [], 0.2)[0]:
            return
    raise AssertionError("the server took it all without a word")


def test_headers_without_end_are_408(impatient: Sidecar) -> None:
    with Wire(impatient) as wire:
        started = time.monotonic()
        wire.send(b"GET /health HTTP/1.1\r\n" + wire.host)
        assert_refused(wire.answer(), 408, "TOO_SLOW")
        assert 0.9 < time.monotonic() - started < 10
        assert wire.rest() == b""


def test_headers_that_trickle_are_408(impatient: Sidecar) -> None:
    with Wire(impatient) as wire:
        trickle(wire, b"GET /" + b"a" * 100)
        assert_refused(wire.answer(), 408, "TOO_SLOW")


def test_a_body_that_does_not_come_is_408(impatient: Sidecar) -> None:
    with Wire(impatient) as wire:
        wire.post(b"Content-Length: 16\r\n", QUERY_ID[:-1])
        assert_refused(wire.answer(), 408, "TOO_SLOW")
        assert wire.rest() == b""


@pytest.mark.parametrize("framing", [b"Content-Length: 100\r\n", CHUNKED], ids=["length", "chunks"])
def test_a_body_that_trickles_is_408(impatient: Sidecar, framing: bytes) -> None:
    with Wire(impatient) as wire:
        wire.post(framing, b"64\r\n" if framing == CHUNKED else b"")
        trickle(wire, b" " * 90)
        assert_refused(wire.answer(), 408, "TOO_SLOW")


@pytest.mark.parametrize("requests", [0, 1])
def test_an_idle_connection_is_closed_without_a_word(impatient: Sidecar, requests: int) -> None:
    with Wire(impatient) as wire:
        for _ in range(requests):
            wire.get()
            assert wire.answer().status == 200
        started = time.monotonic()
        assert wire.rest() == b""
        assert 0.5 < time.monotonic() - started < 10


# Many connections.


def make_busy(sidecar: Sidecar) -> Wire:
    """A connection whose request is known to run: it has been told to send its body."""
    wire = Wire(sidecar)
    wire.post(EXPECT + b"Content-Length: 16\r\n")
    assert wire.exactly(CONTINUE) == CONTINUE
    return wire


def make_idle(sidecar: Sidecar) -> Wire:
    wire = Wire(sidecar)
    wire.get()
    assert wire.answer().status == 200
    return wire


def until_served(sidecar: Sidecar) -> None:
    """Until a place has become free: nothing else tells of it."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while sidecar.get("/health").status != 200:
        assert time.monotonic() < give_up, "no place became free"
        time.sleep(0.01)


def test_beyond_the_cap_the_longest_idle_connection_gives_way() -> None:
    with Sidecar("--max-connections", "4") as capped:
        idle = []
        for _ in range(4):
            idle.append(make_idle(capped))
            time.sleep(0.01)  # so that it is plain which one is the oldest

        newcomer = make_idle(capped)

        assert idle[0].rest() == b""
        for wire in (*idle[1:], newcomer):
            wire.get()
            assert wire.answer().status == 200
        for wire in (*idle, newcomer):
            wire.socket.close()


def test_connections_that_were_closed_take_no_place() -> None:
    with Sidecar("--max-connections", "4") as capped, make_idle(capped) as oldest:
        for _ in range(20):
            make_idle(capped).socket.close()
        oldest.get()
        assert oldest.answer().status == 200


def test_beyond_the_cap_of_busy_connections_callers_are_asked_to_come_back() -> None:
    with Sidecar("--max-connections", "4") as capped:
        busy = [make_busy(capped) for _ in range(4)]

        for _ in range(10):
            with Wire(capped) as refused:
                answer = refused.answer()
                assert_refused(answer, 503, "TOO_MANY_REQUESTS")
                assert answer.headers["retry-after"] == "1"
                assert answer.headers["connection"] == "close"
                assert answer.detail["retryable"] is True
                assert refused.rest() == b""

        for wire in busy:
            wire.send(QUERY_ID)
            assert wire.answer().json == CANCELLED
        until_served(capped)
        for wire in busy:
            wire.socket.close()


def test_a_caller_who_sends_at_once_can_read_that_there_is_no_place() -> None:
    with Sidecar("--max-connections", "1") as capped, make_busy(capped):
        for _ in range(50):
            assert_refused(capped.get("/health"), 503, "TOO_MANY_REQUESTS")


def leave(wire: Wire, with_reset: bool) -> None:
    if with_reset:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


@pytest.mark.parametrize("with_reset", [False, True], ids=["end", "reset"])
def test_a_caller_who_leaves_in_the_middle_leaves_nothing_behind(with_reset: bool) -> None:
    with Sidecar("--max-connections", "8") as capped:
        capped.wait_for_driver()
        for _ in range(5):
            wires = [Wire(capped) for _ in range(5)]
            wires[0].send(b"GET /hea")
            wires[1].post(b"Content-Length: 16\r\n", b'{"query')
            wires[2].post(CHUNKED, b'10\r\n{"query')
            wires[3].get("/openapi.json")
            wires += [make_busy(capped) for _ in range(3)]
            for wire in wires:
                leave(wire, with_reset)

        until_served(capped)
        busy: list[Wire] = []
        give_up = time.monotonic() + PATIENCE_SECONDS
        while len(busy) < 8:
            try:
                busy.append(make_busy(capped))
            except (AssertionError, ConnectionError):
                assert time.monotonic() < give_up, "places are still taken"
        for wire in busy:
            wire.socket.close()
        assert_no_threads_left(capped)
        assert "Traceback" not in capped.log_text()


def assert_no_threads_left(sidecar: Sidecar) -> None:
    tasks = Path(f"/proc/{sidecar.process.pid}/task")
    if not tasks.exists():
        return  # only Linux shows a process's threads to others
    give_up = time.monotonic() + PATIENCE_SECONDS
    # main, log, accept, perhaps hang-ups and alarms, and nothing for each caller
    while len(os.listdir(tasks)) > 5:
        assert time.monotonic() < give_up, f"{len(os.listdir(tasks))} threads are left"
        time.sleep(0.02)
