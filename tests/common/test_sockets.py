"""Whether a peer has hung up, where the system does not tell it by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from common.sockets import is_hung_up
from tests.harness import PATIENCE_SECONDS


@pytest.fixture(params=["told by the system", "found out"])
def pair(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[socket.socket, socket.socket]]:
    if request.param == "found out":
        monkeypatch.setattr("common.sockets._ENDS", None)
    near, far = socket.socketpair()
    near.settimeout(2 * PATIENCE_SECONDS)
    yield near, far
    near.close()
    far.close()


def test_a_peer_who_is_there_has_not_hung_up(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    assert not is_hung_up(near)

    far.sendall(b"x")

    assert not is_hung_up(near)
    assert near.recv(10) == b"x"


def test_a_peer_who_has_left_has_hung_up(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    far.close()

    assert is_hung_up(near)


def test_what_another_thread_has_read_meanwhile_is_not_waited_for(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, _ = pair
    monkeypatch.setattr("common.sockets.wait_for", lambda *_: True)
    started = time.monotonic()

    assert not is_hung_up(near)

    assert time.monotonic() - started < PATIENCE_SECONDS
    assert near.gettimeout() == 2 * PATIENCE_SECONDS
