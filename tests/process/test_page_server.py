"""The server of the demo's page: what it serves, to whom, and what it keeps to itself."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.harness import Answer, Sidecar
from tests.tools.page_server import PageServer, is_taken

PAGE = "<!doctype html><title>Compare Config</title>"
SCRIPT = "export const one = 1;"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "index-1a2b.css").write_text("p{}")
    (tmp_path / "secret.txt").write_text("not part of the page")
    return folder


@pytest.fixture(name="pages")
def _pages(folder: Path) -> Iterator[PageServer]:
    with PageServer(folder, port=0) as running:
        yield running


def ask(
    pages: PageServer, path: str, host: str | None = None, address: str = "127.0.0.1",
    method: str = "GET",
) -> Answer:  # fmt: skip
    connection = http.client.HTTPConnection(address, pages.port, timeout=10)
    headers: Mapping[str, str] = {"Host": host or f"localhost:{pages.port}"}
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(response.status, found, response.read())
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        ("/", "text/html; charset=utf-8", PAGE),
        ("/index.html", "text/html; charset=utf-8", PAGE),
        ("/?a=b", "text/html; charset=utf-8", PAGE),
        ("/assets/index-1a2b.js", "text/javascript; charset=utf-8", SCRIPT),
        ("/assets/index-1a2b.css", "text/css; charset=utf-8", "p{}"),
    ],
)
def test_the_files_of_the_page_come_with_their_types(
    pages: PageServer, path: str, content_type: str, start: str
) -> None:
    answer = ask(pages, path)

    assert (answer.status, answer.headers["content-type"]) == (200, content_type)
    assert answer.body.decode() == start
    assert ask(pages, path, method="HEAD").body == b""


def test_every_answer_says_what_a_page_may_load_and_call(pages: PageServer) -> None:
    for path in ("/", "/nothing"):
        headers = ask(pages, path).headers
        policy = headers["content-security-policy"].split("; ")
        assert {"default-src 'self'", "connect-src 'self' http://127.0.0.1:*"} <= set(policy)
        assert "script-src" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-cache"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/assets", "/assets/", "/nothing", "/../secret.txt", "/assets/../../secret.txt",
     "/%2e%2e/secret.txt", "//secret.txt", "/..\\secret.txt", "/linked.txt", "/demo.json"],
)  # fmt: skip
def test_nothing_but_the_files_of_the_page_is_found(
    pages: PageServer, folder: Path, path: str
) -> None:
    (folder / "linked.txt").symlink_to(folder.parent / "secret.txt")

    answer = ask(pages, path)

    assert answer.status == 404
    assert b"not part" not in answer.body


def test_what_the_demo_has_set_up_stands_beside_the_page(pages: PageServer) -> None:
    pages.demo = {"sidecar": {"url": "http://127.0.0.1:1"}, "connections": []}

    answer = ask(pages, "/demo.json")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == pages.demo
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_an_address_leads_to_the_name_that_the_sidecar_knows(pages: PageServer, host: str) -> None:
    answer = ask(pages, "/index.html", f"{host}:{pages.port}")

    assert answer.status == 307
    assert answer.headers["location"] == f"http://localhost:{pages.port}/index.html"


def test_another_name_that_leads_here_is_told_nothing(pages: PageServer) -> None:
    pages.demo = {"connections": ["a password"]}

    for host in (f"evil.example:{pages.port}", "localhost", f"localhost.evil.example:{pages.port}"):
        answer = ask(pages, "/demo.json", host)
        assert answer.status == 421
        assert b"password" not in answer.body


def test_it_listens_where_a_browser_takes_localhost_for_the_other_address(
    pages: PageServer,
) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")

    assert ask(pages, "/", address="::1").status == 200


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_that_something_else_listens_on_is_said_to_be_taken(
    folder: Path, family: socket.AddressFamily
) -> None:
    address = "127.0.0.1" if family is socket.AF_INET else "::1"
    with socket.create_server((address, 0), family=family) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use") as raised:
            PageServer(folder, port)
        assert is_taken(raised.value)
    # What it had of the two is free again.
    with PageServer(folder, port) as pages:
        assert pages.port == port


def test_only_reading_is_known(pages: PageServer) -> None:
    assert ask(pages, "/", method="POST").status == 501


def test_the_sidecar_answers_the_page_wherever_it_is_served(pages: PageServer) -> None:
    with Sidecar("--allow-origin", pages.origin) as sidecar:
        answer = sidecar.get("/health", {"Origin": pages.origin})
        assert answer.headers["access-control-allow-origin"] == pages.origin
