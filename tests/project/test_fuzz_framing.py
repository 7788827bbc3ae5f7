"""Streams of bytes that are nearly requests: taken or refused, and never taken for another."""

from __future__ import annotations

import json
import re
import socket

from hypothesis import given
from hypothesis import strategies as st

from common.errors import ApiError
from common.settings import Settings
from http_server.body_room import BodyRoom
from http_server.framing import CallerGoneError, RequestReader
from tests.harness import PATIENCE_SECONDS, Sidecar
from tests.http_server.wire import CHUNKED, JSON_TYPE, QUERY_ID, Wire
from tests.project.fuzzing import fuzz

LINE_ENDS = [b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"", b"\x0b", b"\x85"]
HEADER_NAMES = [
    *(b"Content-Length", b"Transfer-Encoding", b"Expect", b"Connection", b"Content-Type"),
    *(b"content-length", b"Content-Length ", b" Content-Length", b"Content_Length", b"Origin"),
    *(b"Authorization", b"Upgrade", b"TE", b"Trailer", b"X", b"", b"X\x00", b"Host"),
]
HEADER_VALUES = [
    *(b"0", b"16", b"17", b"15", b"-1", b"+16", b"0x10", b"16, 16", b"1e1", b"99999999999999999"),
    *(b"chunked", b"Chunked", b"chunked, chunked", b"gzip, chunked", b"identity", b" chunked\t"),
    *(b"\x0bchunked", b"100-continue", b"close", b"keep-alive", b"application/json", b"null"),
    *(b"a" * 500, b"", b"\x00", b"\xff\xfe", b"127.0.0.1", b"websocket", b"h2c"),
]
CHUNK_SIZES = [
    b"10",
    b"f",
    b"11",
    b"0",
    b"00000010",
    b"-1",
    b"0x10",
    b"1" * 17,
    b"",
    b"10;a=b",
    b" 10",
]
TARGETS = [
    *(b"/health", b"/cancel", b"/pools", b"/openapi.json", b"/nowhere", b"*", b"//x", b"/a b"),
    *(
        b"http://127.0.0.1/cancel",
        b"http://[::1",
        b"http://[",
        b"http://x@y/",
        b"cancel",
        b"/%00",
        b"/\x00",
    ),
]
VERSIONS = [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 "]


@st.composite
def messages(draw: st.DrawFn, host: bytes) -> bytes:
    """One request, wrong in two of its parts at most."""
    odd_parts = draw(st.sets(st.integers(1, 14), max_size=2))
    part = iter(range(1, 100))

    def mostly(right: bytes, others: list[bytes]) -> bytes:
        return draw(st.sampled_from(others)) if next(part) in odd_parts else right

    head = mostly(b"POST", [b"GET", b"OPTIONS", b"BREW", b"post", b"", b"P\x00", b"P(T"])
    head += mostly(b" ", [b"", b"  ", b"\t", b"\x00"]) + mostly(b"/cancel", TARGETS)
    head += b" " + mostly(b"HTTP/1.1", VERSIONS) + mostly(b"\r\n", LINE_ENDS)
    head += mostly(host, [b"", host * 2, b"Host: x\r\n"])
    head += mostly(JSON_TYPE, [b"", b"Content-Type: text/plain\r\n"])
    is_chunked = draw(st.booleans())
    head += mostly(CHUNKED if is_chunked else b"Content-Length: 16\r\n", [b""])
    odd = st.tuples(
        st.sampled_from(HEADER_NAMES),
        st.sampled_from([b": ", b":", b" : ", b"=", b""]),
        st.sampled_from(HEADER_VALUES),
        st.sampled_from([b"\r\n", *LINE_ENDS]),
    )
    if next(part) in odd_parts:
        head += b"".join(draw(odd))
    head += mostly(b"\r\n", LINE_ENDS)
    if not is_chunked:
        return head + mostly(QUERY_ID, [QUERY_ID[:-1], QUERY_ID + b"x", b""])
    chunk = mostly(b"10", CHUNK_SIZES) + mostly(b"\r\n", LINE_ENDS) + QUERY_ID + b"\r\n"
    lasts = [b"", b"0\r\n", b"0\r\nA: b\r\n\r\n", b"0\r\n\x00\r\n\r\n", b"-0\r\n"]
    return head + chunk + mostly(b"0\r\n\r\n", lasts)


@st.composite
def streams(draw: st.DrawFn, host: bytes) -> bytes:
    """A few requests in a row, and a few bytes of them changed."""
    data = b"".join(draw(st.lists(messages(host), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, 8))
        again = draw(
            st.sampled_from([b"", b"\x00", b"\r\n", b"\n", b" ", b"\xff", data[start:end] * 2])
        )
        data = data[:start] + again + data[end:]
    return data


ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Za-z ]+\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)*)\r\n")


def read_answers(data: bytes) -> list[int]:
    """The statuses of whole answers in a row; fails on anything else."""
    statuses = []
    while data:
        head = ANSWER.match(data)
        assert head is not None, data
        status, data = int(head[1]), data[head.end() :]
        length = re.search(rb"^Content-Length: (\d+)\r$", head[2], re.MULTILINE)
        assert length is not None or status in (100, 204)
        size = int(length[1]) if length is not None else 0
        assert len(data) >= size, "an answer is not whole"
        body, data = data[:size], data[size:]
        if status >= 400:
            detail = json.loads(body)["detail"]
            assert list(detail) == ["code", "message", "hint", "full_code", "retryable"]
        statuses.append(status)
    return statuses


def test_whatever_bytes_come_whole_answers_go_out_and_the_next_caller_is_served(
    fuzzed: Sidecar,
) -> None:
    host = f"Host: {fuzzed.host}:{fuzzed.port}\r\n".encode()

    @fuzz(200)
    @given(streams(host))
    def run(data: bytes) -> None:
        with Wire(fuzzed) as wire:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
            statuses = read_answers(wire.rest())
        # 101 would be another protocol; 500 a defect.
        assert set(statuses) <= {100, 200, 204, 400, 404, 405, 411, 413, 415, 421, 422, 403, 431}
        with Wire(fuzzed) as wire:
            wire.get()
            assert wire.answer().status == 200

    run()


@fuzz(1200)
@given(streams(b"Host: 127.0.0.1:1\r\n") | st.binary(max_size=200))
def test_the_parser_takes_a_request_or_refuses_it(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(PATIENCE_SECONDS)
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        reader = RequestReader(ours, Settings(), BodyRoom(Settings().max_body_bytes))
        while reader.wait_for_request():
            try:
                head = reader.head()
                assert "\n" not in head.path
                if not reader.is_at_request_boundary:
                    reader.body()
            except CallerGoneError:
                return
            except ApiError as error:
                refused_with = error.status
                break
        else:
            return
    assert 400 <= refused_with < 500


@st.composite
def framings(draw: st.DrawFn, body: bytes) -> bytes:
    """The header and the bytes of a body, in one of the ways that are right."""
    if draw(st.booleans()):
        return b"Content-Length: %d\r\n\r\n" % len(body) + body
    cuts = sorted(draw(st.lists(st.integers(1, len(body) - 1), max_size=3, unique=True)))
    ends = [*cuts, len(body)]
    chunks = [body[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    extension = st.sampled_from([b"", b";a", b";a=b", b' ; a="GET / HTTP/1.1"'])
    framed = [b"%X%b\r\n%b\r\n" % (len(chunk), draw(extension), chunk) for chunk in chunks]
    trailer = draw(st.sampled_from([b"", b"A: b\r\n", b"Content-Length: 5\r\n"]))
    return CHUNKED + b"\r\n" + b"".join(framed) + b"0\r\n" + trailer + b"\r\n"


def test_however_right_requests_are_framed_and_cut_no_body_is_taken_for_a_request(
    fuzzed: Sidecar,
) -> None:
    host = f"Host: {fuzzed.host}:{fuzzed.port}\r\n".encode()
    inside = st.sampled_from(["GET /pools HTTP/1.1\r\n", "0\r\n\r\n", "5\r\n", "\r\n\r\n", "é"])
    wrong = inside.map(lambda text: QUERY_ID + text.encode())
    right = st.integers(0, 40).map(lambda blanks: QUERY_ID + b"\r\n" * blanks)

    # Nobody reads a body at a path that is not there: the connection ends with that answer.
    targets = st.sampled_from([b"/cancel"] * 4 + [b"/nowhere"])

    @fuzz(150)
    @given(st.data(), st.lists(st.tuples(targets, wrong | right), min_size=1, max_size=4))
    def run(data: st.DataObject, several: list[tuple[bytes, bytes]]) -> None:
        expected = []
        for target, body in several:
            expected.append(
                404 if target == b"/nowhere" else 200 if body.strip() == QUERY_ID else 400
            )
            if target == b"/nowhere":
                break
        stream = b"".join(
            b"POST %b HTTP/1.1\r\n" % target + host + JSON_TYPE + data.draw(framings(body))
            for target, body in several
        )
        cut = data.draw(st.integers(1, len(stream) - 1))
        with Wire(fuzzed) as wire:
            wire.send(stream[:cut])
            wire.send(stream[cut:])
            statuses = [wire.answer().status for _ in expected]
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.rest() == b""
        assert statuses == expected

    run()
