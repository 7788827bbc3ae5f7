"""Framing seen from a bare socket: where a request ends, and what happens to odd heads."""

from __future__ import annotations

import json
import socket

import pytest

from tests.harness import Sidecar
from tests.http_server.wire import (
    CANCELLED,
    CHUNKED,
    JSON_TYPE,
    MEBIBYTE,
    QUERY_ID,
    Wire,
    assert_refused,
)

# One connection, many requests.


def test_a_connection_serves_one_request_after_the_other(wire: Wire) -> None:
    for _ in range(3):
        wire.get()
        answer = wire.answer()
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "keep-alive"
        assert answer.headers["keep-alive"] == "timeout=75"


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
    assert "keep-alive" not in answer.headers
    assert wire.rest() == b""


def test_an_http_1_0_caller_may_keep_his_connection(wire: Wire) -> None:
    for _ in range(2):
        wire.get(version="1.0", headers=b"Connection: Keep-Alive\r\n")
        answer = wire.answer()
        assert answer.status == 200
        # Unless it is told so, it takes the connection for one that is about to be closed.
        assert answer.headers["connection"] == "keep-alive"


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
