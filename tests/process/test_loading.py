"""The moments between the ready line and the end of the loading."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import cast

import pytest

from api.loading import LoadingApp
from common.errors import ApiError
from http_server.messages import App, Request, Response
from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar, connection


def asked(path: str, method: str = "POST") -> Request:
    """As much of a Request as the loading application looks at."""
    return cast(Request, SimpleNamespace(path=path, method=method))


def test_a_request_that_comes_with_the_ready_line_waits_for_what_it_needs(
    database: FakeOracle,
) -> None:
    query = {"connection": connection(database.dsn()), "sql": "SELECT 1 AS n FROM dual"}
    with Sidecar() as sidecar, ThreadPoolExecutor(4) as callers:
        answers = [
            callers.submit(sidecar.post, "/query", query),
            callers.submit(sidecar.get, "/health"),
            callers.submit(sidecar.get, "/pools"),
            callers.submit(sidecar.get, "/openapi.json"),
        ]
        assert [answer.result().status for answer in answers] == [200, 200, 200, 200]


def test_health_answers_while_all_else_waits() -> None:
    may_go_on = threading.Event()

    def load(started: float) -> App:
        may_go_on.wait(20)
        return lambda request: Response(200, b"loaded")

    app = LoadingApp(load)
    app.start_loading()
    with ThreadPoolExecutor(1) as callers:
        waiting = callers.submit(app, asked("/query"))
        health = app(asked("/health", "GET"))
        assert json.loads(cast(bytes, health.body))["active_pools"] == 0
        assert not waiting.done()
        may_go_on.set()
        assert waiting.result(20).body == b"loaded"


@pytest.mark.parametrize("failure", [ImportError, SystemExit])
def test_what_cannot_be_loaded_is_logged_and_told(
    caplog: pytest.LogCaptureFixture, failure: type[BaseException]
) -> None:
    def load(started: float) -> App:
        raise failure("a module is missing")

    app = LoadingApp(load)
    app.start_loading()

    with pytest.raises(ApiError) as refused:
        app(asked("/query"))
    assert (refused.value.status, refused.value.full_code) == (500, "INTERNAL")
    assert "a module is missing" in caplog.text
    assert "missing" not in refused.value.message
    health = app(asked("/health", "GET"))
    assert (health.status, json.loads(cast(bytes, health.body))["status"]) == (503, "failed")
