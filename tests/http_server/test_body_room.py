"""What all bodies together may hold, seen by those that come when there is no more room."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fake_oracle import FakeOracle, Fault, Silence, Step
from tests.harness import Sidecar, connection
from tests.http_server.wire import CHUNKED, Wire
from tests.process.probes import wait_until

LARGEST = 100_000
LARGE = 95_000


@pytest.fixture(name="tight", scope="module")
def _tight() -> Iterator[Sidecar]:
    with with_little_room(body_seconds=3) as running:
        running.wait_for_driver()
        yield running


def with_little_room(body_seconds: int) -> Sidecar:
    """One whose bodies may hold 800,000 bytes, of which large ones get 700,000."""
    limits = ("--max-body-bytes", str(LARGEST), "--pool-max", "8")
    return Sidecar(*limits, "--body-timeout", str(body_seconds))


def padded(value: dict[str, object], size: int = LARGE) -> bytes:
    body = json.dumps(value).encode()
    return body + b" " * (size - len(body))


def slow_query(wire: Wire, database: FakeOracle, *, chunked: bool = False) -> None:
    query = {"connection": connection(database.dsn()), "sql": "SELECT 'slow' FROM dual"}
    body = padded({**query, "query_id": "slow"})
    if chunked:
        half = b"%x\r\n%b\r\n" % (len(body), body)
        wire.post(CHUNKED, half + b"0\r\n\r\n", "/query")
    else:
        wire.post_value(body, "/query")


def busy_sessions(sidecar: Sidecar) -> int:
    return sum(pool["busy"] for pool in sidecar.get("/pools").json["pools"])


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_bodies_beyond_what_all_may_hold_wait_and_are_refused(
    tight: Sidecar, database: FakeOracle, chunked: bool
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow", times=None))
    with ExitStack() as open_ones:
        running = [open_ones.enter_context(Wire(tight)) for _ in range(7)]
        for wire in running:
            slow_query(wire, database, chunked=chunked)
        wait_until(lambda: busy_sessions(tight) == 7, "they do not run")

        started = time.monotonic()
        with Wire(tight) as one_more:
            one_more.post_value(padded({"query_id": "x"}))
            refused = one_more.answer()
        assert (refused.status, refused.detail["full_code"]) == (503, "TOO_MANY_REQUESTS")
        assert refused.headers["retry-after"]
        assert time.monotonic() - started >= 3

        # A small one has room, and makes room for a large one that waits.
        with Wire(tight) as waiting:
            waiting.post_value(padded({"query_id": "x"}))
            assert tight.post("/cancel", {"query_id": "slow"}).json == {"cancelled": True}
            assert waiting.answer().json == {"cancelled": False}
        assert [wire.answer().status for wire in running] == [409] * 7


def test_a_body_gives_its_room_back_however_its_request_ends(tight: Sidecar) -> None:
    for _ in range(3):
        for _ in range(8):
            with Wire(tight) as leaving:
                leaving.post(b"Content-Length: %d\r\n" % LARGE, b"{")
            with Wire(tight) as lying:
                lying.post(CHUNKED, b"%x\r\n%blie" % (LARGE, padded({})))
                assert lying.answer().status == 400
            assert tight.request("POST", "/cancel", padded({}), {"Content-Type": "x"}).status == 415
        with Wire(tight) as wire:
            wire.post_value(padded({"query_id": "x"}))
            assert wire.answer().status == 200


def test_slow_large_bodies_do_not_hold_up_small_ones() -> None:
    body_seconds = 30
    with with_little_room(body_seconds) as tight, ExitStack() as open_ones:
        for _ in range(7):
            slow = open_ones.enter_context(Wire(tight))
            slow.post(b"Content-Length: %d\r\n" % LARGE, b"{")
        started = time.monotonic()
        for _ in range(5):
            assert tight.post("/cancel", {"query_id": "x"}).status == 200
        assert time.monotonic() - started < body_seconds / 2  # long before the slow ones give up
