"""The demo's page: where it is served, why not, and that what it is handed compares at once."""

from __future__ import annotations

import json
import socket
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Sidecar
from tests.tools import demo
from tests.tools.page_server import PageServer


@pytest.fixture(name="built")
def _built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    monkeypatch.setattr(demo, "PAGE", tmp_path)


@pytest.fixture(name="standin", scope="module")
def _standin() -> Iterator[demo.StandIn]:
    running = demo.StandIn()
    yield running
    running.stop()


def options(port: int = 0, *, once: bool = False, no_page: str | None = None) -> Namespace:
    return Namespace(once=once, no_page=no_page, page_port=port)


@pytest.mark.usefixtures("built")
def test_the_page_is_handed_connections_that_work(standin: demo.StandIn) -> None:
    with demo.page_server(options()) as page:
        assert isinstance(page, PageServer)
        with Sidecar(*demo.allowed(page)) as sidecar:
            page.demo = demo.demo_file(sidecar, standin)
            with urllib.request.urlopen(f"{page.origin}/demo.json") as response:  # noqa: S310
                handed = json.load(response)
            dev, uat, prod = handed["connections"]
            told = compared(sidecar, page.origin, dev, uat, "APP_CONFIG")
            in_prod = sidecar.post("/test-connection", {"connection": database(prod)})

    assert [(c["name"], c["group"]) for c in (dev, uat, prod)] == [
        (f"Payments {group}", group) for group in ("DEV", "UAT", "PROD")
    ]
    assert handed["sidecar"]["url"].startswith("http://127.0.0.1:")
    assert (told["changed"], told["left_only"], told["right_only"]) == (30, 6, 4)
    assert in_prod.status == 200


def database(handed: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in handed.items() if key != "group"}


def compared(
    sidecar: Sidecar, origin: str, left: dict[str, Any], right: dict[str, Any], table: str
) -> dict[str, Any]:
    sides = {"left": {"connection": database(left)}, "right": {"connection": database(right)}}
    answer = sidecar.post("/compare", {**sides, "table": table}, {"Origin": origin})
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.json
    return told


@pytest.mark.usefixtures("built")
def test_a_demo_whose_port_is_taken_says_so_and_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with demo.page_server(options(port)) as page:
            assert page == f"Port {port} is taken: no page. --page-port chooses another."
            assert demo.allowed(page) == ()


def test_a_page_that_is_not_built_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PAGE", tmp_path)

    with demo.page_server(options()) as page:
        assert page == "The page is not built: ./demo.sh does that."


@pytest.mark.usefixtures("built")
def test_a_demo_that_is_to_go_without_its_page_says_what_it_was_told() -> None:
    for given, said in (
        (options(once=True), ""),
        (options(no_page=""), ""),
        (options(no_page="No Node."), "No Node."),
    ):
        with demo.page_server(given) as page:
            assert page == said
