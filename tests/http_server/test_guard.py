"""Who may call, seen from outside: Host, Origin and its preflight, token."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.harness import Answer, Sidecar

TOKEN = "a-Token.of~our+own/0123456789="
RIGHT = ("Authorization", f"Bearer {TOKEN}")
ALLOWED_ORIGINS = (
    "tauri://localhost",
    "http://tauri.localhost",
    "https://tauri.localhost",
    "http://localhost:1420",
)
PREFLIGHT = ("Access-Control-Request-Method", "POST")

Headers = Sequence[tuple[str, str]]


def call(sidecar: Sidecar, line: str, *headers: tuple[str, str]) -> Answer:
    """A request with exactly these headers; Host is added where none is among them."""
    method, target = line.split()
    connection = sidecar.http()
    try:
        has_host = any(name == "Host" for name, _ in headers)
        connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def assert_refused(answer: Answer, status: int, full_code: str) -> None:
    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    assert answer.headers["content-type"] == "application/json"


def cors_headers(answer: Answer) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]


# Host.


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_a_host_that_names_this_server_passes(sidecar: Sidecar, name: str) -> None:
    assert call(sidecar, "GET /health", ("Host", f"{name}:{sidecar.port}")).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "localhost",
        ":{port}",
        "127.0.0.1:",
        "127.0.0.1:1",
        "127.0.0.1:0{port}",
        "127.0.0.1:{port}0",
        "127.0.0.1:{port}:{port}",
        "127.0.0.1:{port}, localhost:{port}",
        "127.0.0.2:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "[::]:{port}",
        "::1:{port}",
        "[::1%lo]:{port}",
        "localhost.:{port}",
        "localhost.evil.example:{port}",
        "evil.localhost:{port}",
        "127.0.0.1.evil.example:{port}",
        "evil.example:{port}",
        "evil.example",
        "user@localhost:{port}",
        "http://localhost:{port}",
        "localhost:{port}/",
        "localhost:{port}#",
        "\xe9localhost:{port}",
    ],
)
def test_a_host_that_names_something_else_is_refused(sidecar: Sidecar, host: str) -> None:
    host = host.replace("{port}", str(sidecar.port))
    for path in ("/health", "/pools", "/nowhere"):
        assert_refused(call(sidecar, f"GET {path}", ("Host", host)), 421, "WRONG_HOST")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_without_host_is_refused(sidecar: Sidecar, version: str) -> None:
    with sidecar.connect() as sock:
        sock.sendall(f"GET /health HTTP/{version}\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(sock)
        response.begin()
        assert response.status == 421


def test_a_preflight_for_another_host_is_refused(sidecar: Sidecar) -> None:
    answer = call(
        sidecar,
        "OPTIONS /query",
        ("Host", f"evil.example:{sidecar.port}"),
        ("Origin", "http://localhost:1420"),
        PREFLIGHT,
    )
    assert_refused(answer, 421, "WRONG_HOST")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("host", ["::1", "[::1]", "0:0:0:0:0:0:0:1"])
def test_a_sidecar_can_listen_on_ipv6(host: str) -> None:
    with Sidecar("--host", host) as sidecar:
        assert sidecar.host == "::1"
        for name in ("[::1]", "localhost"):
            assert call(sidecar, "GET /health", ("Host", f"{name}:{sidecar.port}")).status == 200
        for name in ("::1", "[::2]", "evil.example"):
            answer = call(sidecar, "GET /health", ("Host", f"{name}:{sidecar.port}"))
            assert_refused(answer, 421, "WRONG_HOST")


# Origin.


@pytest.mark.parametrize("origin", ALLOWED_ORIGINS)
@pytest.mark.parametrize(
    ("line", "status"), [("GET /health", 200), ("GET /nowhere", 404), ("GET /query", 405)]
)
def test_an_allowed_page_can_read_answers_and_errors(
    sidecar: Sidecar, origin: str, line: str, status: int
) -> None:
    answer = call(sidecar, line, ("Origin", origin))
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_an_allowed_page_can_read_why_its_body_was_refused(sidecar: Sidecar) -> None:
    page = {"Origin": "tauri://localhost"}
    for body, content_type, status in (
        (b"{", "application/json", 400),
        (b"{}", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * 9_000_000, "application/json", 413),
    ):
        answer = sidecar.request("POST", "/cancel", body, {**page, "Content-Type": content_type})
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "tauri://localhost"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "*",
        "https://evil.example",
        "http://localhost",
        "http://localhost:1421",
        "https://localhost:1420",
        "http://127.0.0.1:1420",
        "http://localhost:1420/",
        "http://localhost:1420.evil",
        "http://localhost:14200",
        "http://localhost.:1420",
        "http://LOCALHOST:1420",
        "HTTP://localhost:1420",
        "http://evil@localhost:1420",
        "http://localhost:1420@evil.example",
        "http://localhost:1420 http://evil.example",
        "http://localhost:1420, http://evil.example",
        "tauri://localhost.evil",
        "tauri://localhost.",
        "tauri://localhost/",
        "tauri://LOCALHOST",
        "tauri:localhost",
        "xtauri://localhost",
        "https://tauri.localhost.evil.example",
        "http://evil.tauri.localhost",
        "https://tauri.localhost:443",
        "file://",
        "tauri://localhost\xa0",
    ],
)
def test_any_other_page_is_refused_and_cannot_read_why(sidecar: Sidecar, origin: str) -> None:
    for line in ("GET /health", "POST /query", "GET /nowhere"):
        answer = call(sidecar, line, ("Origin", origin))
        assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")
        assert cors_headers(answer) == []
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "helps"),
    [
        ("http://localhost:9", True),
        ("null", False),
        ("file://", False),
        ("http://LOCALHOST", False),
    ],
)
def test_a_refused_page_is_told_of_the_flag_only_where_the_flag_would_take_it(
    sidecar: Sidecar, origin: str, helps: bool
) -> None:
    hint = call(sidecar, "GET /health", ("Origin", origin)).detail["hint"]
    assert ("--allow-origin for this page" in hint) == helps
    assert ("sandboxed frame cannot be allowed" in hint) == (not helps)


def test_the_sidecars_own_address_is_no_allowed_page(sidecar: Sidecar) -> None:
    answer = call(sidecar, "GET /health", ("Origin", f"http://127.0.0.1:{sidecar.port}"))
    assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")


def test_more_pages_can_be_allowed() -> None:
    flags = ("--allow-origin", "http://localhost:5173", "--allow-origin", "https://app.example")
    with Sidecar(*flags) as sidecar:
        for origin in ("http://localhost:5173", "https://app.example", "tauri://localhost"):
            answer = call(sidecar, "GET /health", ("Origin", origin))
            assert answer.headers["access-control-allow-origin"] == origin
        answer = call(sidecar, "GET /health", ("Origin", "http://localhost:5174"))
        assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")


def test_a_caller_that_is_no_page_gets_no_cors_headers(sidecar: Sidecar) -> None:
    answer = call(sidecar, "GET /health")
    assert answer.status == 200
    assert cors_headers(answer) == []
    assert answer.headers["vary"] == "Origin"


def test_answers_are_kept_out_of_caches_and_other_pages(sidecar: Sidecar) -> None:
    for path in ("/health", "/nowhere"):
        headers = call(sidecar, f"GET {path}").headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


# Preflights.


@pytest.mark.parametrize("origin", ALLOWED_ORIGINS)
@pytest.mark.parametrize("path", ["/query", "/health", "/nowhere"])
def test_a_preflight_names_the_origin_the_methods_and_the_headers(
    sidecar: Sidecar, origin: str, path: str
) -> None:
    answer = call(
        sidecar,
        f"OPTIONS {path}",
        ("Origin", origin),
        PREFLIGHT,
        ("Access-Control-Request-Headers", "authorization,content-type"),
    )

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    methods = set(answer.headers["access-control-allow-methods"].split(", "))
    assert methods == {"GET", "HEAD", "POST", "OPTIONS"}
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "Origin" in answer.headers["vary"].split(", ")
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-private-network" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("content-type,traceparent,x-b3-traceid", "content-type,traceparent,x-b3-traceid"),
        ("sentry-trace, baggage", "sentry-trace, baggage"),
        ("x", "x"),
        ("", "Accept, Authorization, Content-Type"),
        ("a b", "Accept, Authorization, Content-Type"),
        ("a,,b", "Accept, Authorization, Content-Type"),
        ("*", "*"),  # as good as any other name: with a token it covers no Authorization
        ("a\xe9", "Accept, Authorization, Content-Type"),
    ],
)
def test_a_preflight_names_the_headers_that_an_allowed_page_asks_for(
    sidecar: Sidecar, asked: str, answered: str
) -> None:
    asking = ("Access-Control-Request-Headers", asked)
    answer = call(sidecar, "OPTIONS /query", ("Origin", "tauri://localhost"), PREFLIGHT, asking)
    assert answer.headers["access-control-allow-headers"] == answered
    assert "Access-Control-Request-Headers" in answer.headers["vary"]


@pytest.mark.parametrize(("asked", "answered"), [("true", "true"), ("false", None), ("", None)])
def test_the_private_network_is_answered_where_asked(
    sidecar: Sidecar, asked: str, answered: str | None
) -> None:
    answer = call(
        sidecar,
        "OPTIONS /query",
        ("Origin", "https://tauri.localhost"),
        PREFLIGHT,
        ("Access-Control-Request-Private-Network", asked),
    )
    assert answer.status == 204
    assert answer.headers.get("access-control-allow-private-network") == answered


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "tauri://localhost.evil"])
def test_a_preflight_of_another_page_is_refused(sidecar: Sidecar, origin: str) -> None:
    answer = call(
        sidecar,
        "OPTIONS /query",
        ("Origin", origin),
        PREFLIGHT,
        ("Access-Control-Request-Private-Network", "true"),
    )
    assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")
    assert cors_headers(answer) == []


# Token.


@pytest.fixture(name="guarded", scope="module")
def _guarded() -> Iterator[Sidecar]:
    with Sidecar(env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as running:
        yield running


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([("Authorization", "")], id="empty"),
        pytest.param([("Authorization", "Bearer")], id="no token"),
        pytest.param([("Authorization", "Bearer ")], id="blank token"),
        pytest.param([("Authorization", "Bearer wrong")], id="wrong"),
        pytest.param([("Authorization", f"Bearer {TOKEN[:-1]}")], id="short"),
        pytest.param([("Authorization", f"Bearer {TOKEN}x")], id="long"),
        pytest.param([("Authorization", f"Bearer {TOKEN} {TOKEN}")], id="twice"),
        pytest.param([("Authorization", f"Bearer {TOKEN},{TOKEN}")], id="list"),
        pytest.param([("Authorization", f"Bearer {TOKEN.lower()}")], id="lower case"),
        pytest.param([("Authorization", f'Bearer "{TOKEN}"')], id="quoted"),
        pytest.param([("Authorization", f"Bearer {TOKEN}\xe9")], id="beyond ASCII"),
        pytest.param([("Authorization", TOKEN)], id="no scheme"),
        pytest.param([("Authorization", f"Bearer{TOKEN}")], id="no blank"),
        pytest.param([("Authorization", f"Basic {TOKEN}")], id="other scheme"),
        pytest.param([("Authorization", f"XBearer {TOKEN}")], id="longer scheme"),
        pytest.param([("Proxy-Authorization", f"Bearer {TOKEN}")], id="other header"),
        pytest.param([("Cookie", f"token={TOKEN}")], id="cookie"),
        pytest.param([("Authorization", "Bearer " + "x" * 60_000)], id="very long"),
    ],
)
def test_without_the_token_nothing_is_told(guarded: Sidecar, headers: Headers) -> None:
    for line in ("GET /pools", "POST /query", "GET /openapi.json", "GET /nowhere", "OPTIONS *"):
        answer = call(guarded, line, *headers)
        assert_refused(answer, 401, "TOKEN_NEEDED")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert TOKEN.encode() not in answer.body


def test_without_the_token_nothing_is_shut_down(guarded: Sidecar) -> None:
    assert_refused(call(guarded, "POST /shutdown"), 401, "TOKEN_NEEDED")
    assert guarded.get("/health").status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_everything_answers(guarded: Sidecar, scheme: str) -> None:
    right = ("Authorization", f"{scheme} {TOKEN}")
    assert call(guarded, "GET /pools", right).status == 200
    assert call(guarded, "GET /nowhere", right).status == 404
    assert call(guarded, "OPTIONS *", right).status == 204
    answer = guarded.post("/cancel", {"query_id": "x"}, dict([right]))
    assert answer.json == {"cancelled": False}


@pytest.mark.parametrize(
    "pair", [(RIGHT, RIGHT), (RIGHT, ("authorization", "Bearer x"))], ids=["same", "different"]
)
def test_a_repeated_token_is_refused(guarded: Sidecar, pair: Headers) -> None:
    assert_refused(call(guarded, "GET /pools", *pair), 400, "BAD_REQUEST")


@pytest.mark.parametrize("query", ["token", "access_token", "Authorization"])
def test_a_token_in_the_query_string_does_not_count(guarded: Sidecar, query: str) -> None:
    assert_refused(call(guarded, f"GET /pools?{query}={TOKEN}"), 401, "TOKEN_NEEDED")
    guarded.get("/health")
    assert TOKEN not in guarded.log_text()


def test_health_needs_no_token(guarded: Sidecar) -> None:
    assert call(guarded, "GET /health").status == 200
    assert call(guarded, "HEAD /health").status == 200
    assert call(guarded, "GET /health?x=1").status == 200
    for path in ("/health/", "//health", "/Health", "/health/../pools", "/pools?/health"):
        assert_refused(call(guarded, f"GET {path}"), 401, "TOKEN_NEEDED")


def test_health_asks_for_host_and_origin_all_the_same(guarded: Sidecar) -> None:
    assert call(guarded, "GET /health", ("Host", "evil.example"), RIGHT).status == 421
    assert call(guarded, "GET /health", ("Origin", "null"), RIGHT).status == 403


def test_a_preflight_needs_no_token_and_says_nothing_else(guarded: Sidecar) -> None:
    answer = call(guarded, "OPTIONS /pools", ("Origin", "tauri://localhost"), PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    "headers",
    [[], [("Origin", "tauri://localhost")], [PREFLIGHT]],
    ids=["bare", "origin only", "method only"],
)
def test_options_that_are_no_preflight_need_the_token(guarded: Sidecar, headers: Headers) -> None:
    assert_refused(call(guarded, "OPTIONS /pools", *headers), 401, "TOKEN_NEEDED")


def test_a_preflights_headers_open_no_other_method(guarded: Sidecar) -> None:
    headers = (("Origin", "tauri://localhost"), PREFLIGHT)
    assert_refused(call(guarded, "GET /pools", *headers), 401, "TOKEN_NEEDED")


def test_an_allowed_page_can_read_that_its_token_is_missing(guarded: Sidecar) -> None:
    answer = call(guarded, "GET /pools", ("Origin", "tauri://localhost"))
    assert_refused(answer, 401, "TOKEN_NEEDED")
    assert answer.headers["access-control-allow-origin"] == "tauri://localhost"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "  \n\n"])
def test_the_token_can_come_from_a_file(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "token"
    file.write_bytes((TOKEN + ending).encode())

    with Sidecar("--token-file", str(file), env={"ORACLE_SIDECAR_TOKEN": "other"}) as sidecar:
        assert call(sidecar, "GET /pools", RIGHT).status == 200
        other = ("Authorization", "Bearer other")
        assert_refused(call(sidecar, "GET /pools", other), 401, "TOKEN_NEEDED")


def test_without_a_token_set_none_is_asked_for(sidecar: Sidecar) -> None:
    assert call(sidecar, "GET /pools").status == 200
    assert call(sidecar, "GET /pools", ("Authorization", "Bearer anything")).status == 200
