"""Generated requests and statements, against what must hold for all of them.

The same examples each time; FUZZ_TIMES=50 in the environment runs fifty times as many, new ones.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from api.openapi import DOCUMENT
from common.errors import ApiError
from common.settings import Settings
from http_server.framing import CallerGoneError, RequestReader
from sql.statement import Statement
from tests.fake_oracle import FakeOracle
from tests.harness import PATIENCE_SECONDS, Answer, Sidecar, connection
from tests.http_server.wire import CHUNKED, JSON_TYPE, QUERY_ID, Wire

FUZZ_TIMES = int(os.environ.get("FUZZ_TIMES", "0"))


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=examples * max(1, FUZZ_TIMES),
        derandomize=not FUZZ_TIMES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(name="standin", scope="module")
def _standin() -> Iterator[FakeOracle]:
    with FakeOracle() as running:
        yield running


@pytest.fixture(name="fuzzed", scope="module")
def _fuzzed() -> Iterator[Sidecar]:
    """It logs no more than what is wrong with it, and waits for nothing for long."""
    limits = ("--query-timeout", "5", "--connect-timeout", "5", "--acquire-timeout", "5")
    with Sidecar("--log-level", "error", *limits) as running:
        running.wait_for_driver()
        yield running
        assert running.log_text() == ""


# Requests made from the schemas of the document.

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method.upper(), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["SELECT 1 FROM dual", "1e999", "$date", "\x00", "\ud800", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
STATEMENTS = [
    "SELECT 1 AS a FROM dual",
    "SELECT 1 AS a FROM dual;",
    "SELECT * FROM app_config",
    "WITH q AS (SELECT 1 AS a FROM dual) SELECT * FROM q",
    "SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= 3000",
    "SELECT :1 AS a FROM dual",
    "SELECT :a AS a, :b AS b FROM dual",
    "SELECT 1 AS a, 2 AS a, NULL AS a_2 FROM dual",
    "SELECT * FROM no_such_table",
    "SELECT 1/0 FROM dual",
    "SELECT",
    "DELETE FROM app_config",
    "SELECT * FROM app_config FOR UPDATE",
    "BEGIN NULL; END;",
    "SELECT 1 FROM dual; SELECT 2 FROM dual",
]
DATES = ["2026-01-28T10:38:36", "2026-01-28", "2026-13-01T00:00:00", "-4712-01-01T00:00:00"]


def connect_strings(dsn: str) -> list[str]:
    """All on loopback, or nowhere: what is made up must not call a host of that name."""
    nothing_listens = "127.0.0.1:1/x"
    return [dsn] * 6 + [nothing_listens, "alias", "", " ", "(DESCRIPTION=", "x" * 5000]


def by_field(dsn: str) -> dict[str, st.SearchStrategy[Any]]:
    """Fields whose schema says less than what is worth trying."""
    account = connection(dsn)
    return {
        "connect_string": st.sampled_from(connect_strings(dsn)),
        "username": st.sampled_from([account["username"]] * 8 + ["nobody"]),
        "password": st.sampled_from([account["password"]] * 8 + ["wrong"]),
        "config_dir": st.sampled_from([None, "", "no/such/directory"]),
        "wallet_location": st.sampled_from([None, None, "", "no/such/wallet"]),
        "wallet_password": st.sampled_from([None, "", "x"]),
        "mode": st.sampled_from([None, None, None, "", "SYSDBA", "KING"]),
        "sql": st.sampled_from(STATEMENTS) | texts.map(lambda text: f"SELECT {text}"),
        "$date": st.sampled_from(DATES) | texts,
        "$base64": st.sampled_from(["", "AAEC", "====", "A"]) | texts,
    }


def from_schema(schema: dict[str, Any], fields: Any) -> st.SearchStrategy[Any]:
    """Values that a schema of the document allows; `fields` override properties by their names."""
    if "$ref" in schema:
        return from_schema(SCHEMAS[schema["$ref"].rpartition("/")[2]], fields)
    if "oneOf" in schema:
        return st.one_of([from_schema(one, fields) for one in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_kind(kind, schema, fields) for kind in kinds])


def _of_kind(kind: str, schema: dict[str, Any], fields: Any) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if kind == "object":
        known = {
            name: fields.get(name, from_schema(inner, fields))
            for name, inner in schema.get("properties", {}).items()
        }
        required = {name: known.pop(name) for name in schema.get("required", [])}
        if "additionalProperties" in schema:
            return st.dictionaries(
                texts | st.sampled_from("ab"),
                from_schema(schema["additionalProperties"], fields),
                max_size=3,
            )
        return st.fixed_dictionaries(required, optional=known)
    if kind == "array":
        inner = from_schema(schema["items"], fields)
        return st.lists(inner, min_size=schema.get("minItems", 0), max_size=3)
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "string": st.text(
            st.characters(exclude_categories=["Cs"]),
            min_size=schema.get("minLength", 0),
            max_size=20,
        ),
        "integer": st.integers(least, most) | st.integers(least or -5, min(most or 99, 99)),
        "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    }[kind]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a value, its own among them."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [path, *(found for key, one in inside for found in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with the value at a path replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def stays_on_loopback(value: Any, dsn: str) -> bool:
    if isinstance(value, list):
        return all(stays_on_loopback(one, dsn) for one in value)
    if not isinstance(value, dict):
        return True
    target = value.get("connect_string")
    is_known = not isinstance(target, str) or target in connect_strings(dsn) or target.isalnum()
    return is_known and all(stays_on_loopback(one, dsn) for one in value.values())


@st.composite
def bodies(draw: st.DrawFn, operation: dict[str, Any], dsn: str, is_valid: bool) -> bytes:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    value = draw(from_schema(schema, by_field(dsn)))
    if not is_valid:
        for _ in range(draw(st.integers(1, 3))):
            path = draw(st.sampled_from(places(value)))
            value = changed(value, path, draw(values))
        if not stays_on_loopback(value, dsn):
            value = None
    return json.dumps(value).encode()


def assert_described(answer: Answer, operation: dict[str, Any]) -> None:
    """Its status, its type and its shape are in the document, and it is no defect of ours."""
    assert answer.status != 500, answer.body
    described = operation["responses"][str(answer.status)]["content"]
    media = described[answer.headers["content-type"]]
    if answer.headers["content-type"] == "application/json":
        whole = {**media["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(answer.json)
    else:
        first, *_, last = [json.loads(line) for line in answer.body.splitlines()]
        assert list(first) == ["columns", "column_types"]
        assert list(last) in (["row_count", "truncated", "execution_time_ms"], ["error"])


with_body = pytest.mark.parametrize(
    ("path", "method", "operation"),
    [one for one in OPERATIONS if "requestBody" in one[2]],
    ids=[path for path, _, operation in OPERATIONS if "requestBody" in operation],
)


@with_body
@pytest.mark.parametrize("is_valid", [True, False], ids=["valid", "changed"])
def test_every_answer_is_one_that_the_document_describes(
    fuzzed: Sidecar,
    standin: FakeOracle,
    path: str,
    method: str,
    operation: dict[str, Any],
    is_valid: bool,
) -> None:
    accepts = st.sampled_from(["*/*", "application/json", "application/x-ndjson"])

    @fuzz(40)
    @given(bodies(operation, standin.dsn(), is_valid), accepts)
    def run(body: bytes, accept: str) -> None:
        headers = {"Content-Type": "application/json", "Accept": accept}
        answer = fuzzed.request(method, path, body, headers)
        assert_described(answer, operation)

    run()
    assert_nothing_is_busy(fuzzed)


def assert_nothing_is_busy(sidecar: Sidecar) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while any(pool["busy"] for pool in sidecar.get("/pools").json["pools"]):
        assert time.monotonic() < give_up, "a session was not given back"
        time.sleep(0.02)  # a session's return has no sign but /pools


@with_body
def test_a_body_of_any_bytes_gets_an_answer_that_the_document_describes(
    fuzzed: Sidecar, standin: FakeOracle, path: str, method: str, operation: dict[str, Any]
) -> None:
    pieces = st.sampled_from([b"{", b"}", b"[", b'"', b",", b":", b"\\u", b"\xff", b"1e9", b"nul"])
    cuts = st.tuples(bodies(operation, standin.dsn(), True), st.floats(0, 1), pieces)
    cut = cuts.map(lambda c: c[0][: int(len(c[0]) * c[1])] + c[2])
    types = st.sampled_from(["application/json"] * 3 + ["application/json;x", "text/plain", ""])

    @fuzz(40)
    @given(st.binary(max_size=100) | st.lists(pieces).map(b"".join) | cut, types)
    def run(body: bytes, content_type: str) -> None:
        answer = fuzzed.request(method, path, body, {"Content-Type": content_type})
        assert_described(answer, operation)

    run()


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"]
paths = st.sampled_from([path for path, _, _ in OPERATIONS]) | st.from_regex(
    r"/[!-~]{0,30}", fullmatch=True
)


@fuzz(200)
@given(paths, st.sampled_from(METHODS), st.sampled_from(["", "?", "?a=b&c", "#x", "?#"]))
def test_any_method_on_any_path_is_described_or_refused(
    fuzzed: Sidecar, path: str, method: str, behind: str
) -> None:
    answer = fuzzed.request(method, path + behind)

    known = DOCUMENT["paths"].get(path.partition("?")[0].partition("#")[0])
    operation = (known or {}).get(method.lower()) if method != "get" else None
    if method == "HEAD":
        assert (answer.status == 200) == ("get" in (known or {}))
        assert answer.body == b""
    elif method == "OPTIONS" and known:
        assert (answer.status, answer.body) == (204, b"")
    elif operation is not None:
        assert_described(answer, operation)
    else:
        assert answer.status == (405 if known else 404)
        Draft202012Validator({"$ref": "#/components/schemas/Error", **DOCUMENT}).validate(
            answer.json
        )
        assert ("allow" in answer.headers) == (answer.status == 405)


# The request parser.

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
        reader = RequestReader(ours, Settings())
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


# The classifier of statements. What is made here is known to read, or known not to.

# Between tokens. The odd blanks are blanks to some databases and not to others.
DECOYS = [
    "'",
    "\r'",
    "\r",
    '"',
    "q'[",
    ";",
    "FOR UPDATE",
    "*",
    "/",
    "-",
    "(",
    "SELECT 1 FROM dual",
    "/*",
    "é",
]
decoys = st.lists(st.sampled_from(DECOYS), max_size=3).map(" ".join)
comments = decoys.map(lambda text: f"--{text}\n") | decoys.map(lambda text: f"/*{text} */")
hints = st.sampled_from(["/*+ FULL(t) */", "--+ FULL(t)\n", "/*+ WITH_PLSQL */", "/**/"])
plain_blanks = st.sampled_from([" ", "  ", "\t", "\n", "\r\n", "\f"])
odd_blanks = st.sampled_from(["\u00a0", "\u3000", "\u2003", "\u0085", "\u2028", "\u200b", "\v"])
plain_gaps = st.lists(plain_blanks | comments | hints, min_size=1, max_size=3).map("".join)
odd_gaps = st.lists(plain_blanks | odd_blanks | comments, min_size=1, max_size=3).map("".join)
PAIRS = {"[": "]", "{": "}", "(": ")", "<": ">"}


@st.composite
def literals(draw: st.DrawFn) -> str:
    inside = draw(decoys)
    kind = draw(st.sampled_from(["plain", "national", "q", "date", "number", "name", "bind"]))
    if kind == "q":
        start = draw(st.sampled_from("[{(<!|#$~xX*?é"))
        end = PAIRS.get(start, start)
        inside = inside.replace(f"{end}'", "")
        if not inside.endswith(end):
            return f"{draw(st.sampled_from(['q', 'Q', 'nq', 'Nq']))}'{start}{inside}{end}'"
    quoted = "'" + inside.replace("'", "''") + "'"
    return {
        "plain": quoted,
        "national": f"N{quoted}",
        "q": quoted,
        "date": f"DATE {quoted}",
        "number": draw(st.sampled_from(["1", "1.5", ".5", "1e5", "1f", "2D", "1.", "1E-3f"])),
        "name": '"' + inside.replace('"', "") + '"',
        "bind": draw(st.sampled_from([":1", ":a", ':"b"'])),
    }[kind]


Tokens = list[str]
values_of_sql = literals().map(lambda literal: [literal])


def queries(locks: bool = False, code: bool = False) -> st.SearchStrategy[Tokens]:
    """The tokens of a query; one that locks, or holds PL/SQL, does so somewhere, at any depth."""

    def block(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
        in_brackets = inner.map(lambda tokens: ["(", *tokens, ")"])
        return st.one_of(
            in_brackets,
            inner.map(lambda t: ["SELECT", "*", "FROM", "(", *t, ")"]),
            inner.map(lambda t: ["WITH", "q", "AS", "(", *t, ")", "SELECT", "*", "FROM", "q"]),
            inner.map(lambda t: ["SELECT", "(", *t, ")", "a", "FROM", "dual"]),
            inner.map(lambda t: ["SELECT", "1", "FROM", "dual", "WHERE", "a", "IN", "(", *t, ")"]),
            inner.map(lambda t: ["SELECT", "a", "FROM", "t", "UNION", "ALL", *t]),
            inner.map(lambda t: ["SELECT", "CURSOR", "(", *t, ")", "c", "FROM", "dual"]),
        )

    simple = st.lists(values_of_sql, min_size=1, max_size=3).map(
        lambda items: [
            "SELECT",
            *[token for item in items for token in (*item, ",")][:-1],
            "FROM",
            "dual",
        ]
    )
    start = simple
    if locks:
        ends = st.sampled_from([[], ["NOWAIT"], ["OF", "a"], ["SKIP", "LOCKED"], ["WAIT", "1"]])
        start = st.tuples(simple, ends).map(lambda t: [*t[0], "FOR", "UPDATE", *t[1]])
    if code:
        word = st.sampled_from(["FUNCTION", "PROCEDURE"])
        start = st.tuples(word, simple).map(
            lambda t: [
                *("WITH", t[0], "f", "RETURN", "NUMBER", "IS", "BEGIN", "DELETE", "FROM", "t"),
                *(";", "RETURN", "1", ";", "END", ";", *t[1]),
            ]
        )
    return st.recursive(start, block, max_leaves=3)


WRITES: list[Tokens] = [
    ["INSERT", "INTO", "t", "VALUES", "(", "1", ")"],
    ["INSERT", "INTO", "t", "SELECT", "*", "FROM", "s"],
    ["INSERT", "ALL", "INTO", "t", "SELECT", "1", "FROM", "dual"],
    ["UPDATE", "t", "SET", "a", "=", "(", "SELECT", "1", "FROM", "dual", ")"],
    ["DELETE", "FROM", "t"],
    ["DELETE", '"T"'],
    ["MERGE", "INTO", "t", "USING", "(", "SELECT", "1", "FROM", "dual", ")", "s", "ON", "(", ")"],
    ["CREATE", "TABLE", "t", "AS", "SELECT", "1", "a", "FROM", "dual"],
    ["CREATE", "OR", "REPLACE", "VIEW", "v", "AS", "SELECT", "1", "a", "FROM", "dual"],
    ["CREATE", "FUNCTION", "f", "RETURN", "NUMBER", "IS", "BEGIN", "RETURN", "1", ";", "END", ";"],
    ["ALTER", "SESSION", "SET", "CURRENT_SCHEMA", "=", "sys"],
    ["DROP", "TABLE", "t"],
    ["TRUNCATE", "TABLE", "t"],
    ["GRANT", "SELECT", "ON", "t", "TO", "u"],
    ["LOCK", "TABLE", "t", "IN", "EXCLUSIVE", "MODE"],
    ["EXPLAIN", "PLAN", "FOR", "SELECT", "1", "FROM", "dual"],
    ["COMMIT"],
    ["BEGIN", "DELETE", "FROM", "t", ";", "END", ";"],
    ["DECLARE", "x", "NUMBER", ";", "BEGIN", "NULL", ";", "END", ";"],
    ["CALL", "f", "(", ")"],
]


@st.composite
def written(draw: st.DrawFn, tokens: Tokens, gaps: st.SearchStrategy[str]) -> str:
    """The tokens as a text: any case, any gaps, none where Oracle needs none."""
    text = draw(st.just("") | gaps)
    for number, token in enumerate(tokens):
        if token.isalpha():
            token = draw(st.sampled_from([token, token.lower(), token.title(), token.swapcase()]))
        text += token
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        both_are_words = _is_word(token[-1:]) and _is_word(following[:1])
        # `1.` before a digit, or a word before a string, could be read as one token.
        is_plain = token in ("(", ")", ",", "*", "=") or following in ("(", ")", ",", "*", "=", "")
        must_be_apart = both_are_words or not is_plain
        text += draw(gaps if must_be_apart else st.just("") | gaps)
    return text


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$", "#", ".")


def runs(sql: str) -> bool:
    """True when a sidecar that only reads would send it to the database."""
    try:
        Statement.make(sql, allow_write=False)
    except ApiError as error:
        refused_with = error.status
    else:
        return True
    assert refused_with in (400, 403)
    return False


@fuzz(200)
@given(queries().flatmap(lambda tokens: written(tokens, plain_gaps)), st.sampled_from(["", ";"]))
def test_a_query_that_only_reads_is_let_through(sql: str, end: str) -> None:
    assert runs(sql + end)


@fuzz(200)
@given(queries(locks=True).flatmap(lambda tokens: written(tokens, odd_gaps)))
def test_a_query_that_locks_at_any_depth_is_refused(sql: str) -> None:
    assert not runs(sql)


@fuzz(200)
@given(queries(code=True).flatmap(lambda tokens: written(tokens, odd_gaps)))
def test_a_query_with_plsql_at_any_depth_is_refused(sql: str) -> None:
    assert not runs(sql)


@st.composite
def write_statements(draw: st.DrawFn) -> str:
    tokens = draw(st.sampled_from(WRITES))
    return draw(st.sampled_from(["", "", "(", "(("])) + draw(written(tokens, odd_gaps))


@fuzz(200)
@given(write_statements())
def test_a_statement_that_writes_is_refused_however_it_is_written(sql: str) -> None:
    assert not runs(sql)


@fuzz(200)
@given(queries().flatmap(lambda tokens: written(tokens, odd_gaps)), odd_gaps, write_statements())
def test_a_statement_that_writes_is_refused_behind_a_query_too(
    query: str, gap: str, write: str
) -> None:
    assert not runs(f"{query};{gap}{write}")
    assert not runs(f"{query}{gap};{write};")


def test_no_statement_that_writes_reaches_the_database(fuzzed: Sidecar) -> None:
    made = (
        write_statements()
        | queries(locks=True).flatmap(lambda tokens: written(tokens, odd_gaps))
        | queries(code=True).flatmap(lambda tokens: written(tokens, odd_gaps))
    )
    with FakeOracle() as untouched:
        target = connection(untouched.dsn())

        @fuzz(100)
        @given(made, st.sampled_from(["/query", "/query-dict", "/query-batch"]))
        def run(sql: str, path: str) -> None:
            query = {"connection": target, "sql": sql}
            if path == "/query-batch":
                (result,) = fuzzed.post(path, {"queries": [query]}).json["results"]
                assert list(result) == ["error", "detail"]
            else:
                assert fuzzed.post(path, query).status in (400, 403)

        run()
        assert untouched.counts().connections == 0
