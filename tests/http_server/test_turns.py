"""Turns for short requests: in order, and never held up for longer than a moment."""

from __future__ import annotations

import threading
import time

import pytest

from http_server.turns import AT_ONCE, MOMENT_SECONDS, Turns
from tests.harness import PATIENCE_SECONDS


@pytest.fixture
def who_waits_does_so_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http_server.turns.LONGEST_WAIT_SECONDS", PATIENCE_SECONDS)


@pytest.mark.usefixtures("who_waits_does_so_for_long")
def test_a_few_are_let_in_at_once_without_waiting() -> None:
    turns = Turns()
    started = time.monotonic()

    for who in range(AT_ONCE):
        turns.enter(who)

    assert time.monotonic() - started < PATIENCE_SECONDS


def test_who_leaves_lets_the_longest_waiter_in() -> None:
    turns = Turns()
    turns._has_room = lambda now: len(turns._inside) < AT_ONCE  # type: ignore[method-assign]
    for who in range(AT_ONCE):
        turns.enter(who)
    turns._waiting.extend([("first", held()), ("second", held())])

    turns.leave(0)

    assert "first" in turns._inside
    assert [who for who, _ in turns._waiting] == ["second"]


def held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@pytest.mark.usefixtures("who_waits_does_so_for_long")
def test_nobody_waits_for_a_request_that_takes_its_time() -> None:
    turns = Turns()
    for who in range(AT_ONCE):
        turns.enter(who)
    time.sleep(MOMENT_SECONDS * 2)  # the moment that those inside are let have

    started = time.monotonic()
    turns.enter("next")

    assert time.monotonic() - started < PATIENCE_SECONDS


def test_nobody_waits_for_ever_and_none_is_left_inside() -> None:
    turns = Turns()

    def pass_through(who: int) -> None:
        for _ in range(200):
            turns.enter(who)
            turns.leave(who)

    threads = [threading.Thread(target=pass_through, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert not any(thread.is_alive() for thread in threads)
    assert not turns._inside
    assert not turns._waiting
