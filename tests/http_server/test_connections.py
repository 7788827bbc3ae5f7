"""Connections seen from a bare socket: how long they last, and how many there may be."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import PATIENCE_SECONDS, Sidecar
from tests.http_server.wire import (
    CANCELLED,
    CHUNKED,
    QUERY_ID,
    Wire,
    assert_refused,
    make_busy,
    make_idle,
)

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
