"""Bodies seen from a bare socket: lengths, chunks, Expect, and those that nobody reads."""

from __future__ import annotations

import select

import pytest

from tests.http_server.wire import (
    CANCELLED,
    CHUNKED,
    CONTINUE,
    EXPECT,
    JSON_TYPE,
    MEBIBYTE,
    QUERY_ID,
    Wire,
    assert_refused,
)

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
    ("headers", "full_code"),
    [
        (b"Content-Type: application/json; charset=utf-8\r\n", None),
        (b'Content-Type: application/json;  Charset="UTF-8"\r\n', None),
        (b"Content-Type: application/json; charset=utf8; x=y\r\n", None),
        (b"Content-Type: application/json; charset=iso-8859-1\r\n", "NOT_UTF8"),
        (b"Content-Type: application/json; x=y;CHARSET=UTF-16\r\n", "NOT_UTF8"),
        (b"Content-Type: application/json; charset=\r\n", "NOT_UTF8"),
        (b"Content-Type: application/json\r\nContent-Encoding: identity\r\n", None),
        (b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n", "CODED_BODY"),
        (b"Content-Type: application/json\r\nContent-Encoding: br, gzip\r\n", "CODED_BODY"),
    ],
    ids=lambda value: value.decode().strip() if isinstance(value, bytes) else "",
)
def test_a_body_in_another_charset_or_coding_is_refused_as_that(
    wire: Wire, headers: bytes, full_code: str | None
) -> None:
    length = b"Content-Length: %d\r\n\r\n" % len(QUERY_ID)
    wire.send(b"POST /cancel HTTP/1.1\r\n" + wire.host + headers + length + QUERY_ID)
    if full_code is None:
        assert wire.answer().json == CANCELLED
    else:
        assert_refused(wire.answer(), 415, full_code)


def test_a_byte_order_mark_in_front_of_a_body_is_skipped(wire: Wire) -> None:
    wire.post_value(b"\xef\xbb\xbf" + QUERY_ID)
    assert wire.answer().json == CANCELLED


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf{}", b"\xff\xfe{\x00"])
def test_no_other_mark_is_skipped(wire: Wire, body: bytes) -> None:
    wire.post_value(body)
    assert_refused(wire.answer(), 400, "BAD_JSON")


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
