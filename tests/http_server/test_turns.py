"""Turns for short requests: in order, and never held up for longer than a moment."""

from __future__ import annotations

import threading
import time

from http_server.turns import AT_ONCE, LONGEST_WAIT_SECONDS, MOMENT_SECONDS, Turnstile


def test_a_few_are_let_in_at_once_without_waiting() -> None:
    turnstile = Turnstile()
    started = time.monotonic()

    for who in range(AT_ONCE):
        turnstile.enter(who)

    assert time.monotonic() - started < LONGEST_WAIT_SECONDS


def test_who_leaves_lets_the_longest_waiter_in() -> None:
    turnstile = Turnstile()
    turnstile._has_room = lambda now: len(turnstile._inside) < AT_ONCE  # type: ignore[method-assign]
    for who in range(AT_ONCE):
        turnstile.enter(who)
    turnstile._waiting.extend([("first", held()), ("second", held())])

    turnstile.leave(0)

    assert "first" in turnstile._inside
    assert [who for who, _ in turnstile._waiting] == ["second"]


def held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def test_nobody_waits_for_a_request_that_takes_its_time() -> None:
    turnstile = Turnstile()
    for who in range(AT_ONCE):
        turnstile.enter(who)
    time.sleep(MOMENT_SECONDS * 2)  # the moment that those inside are let have

    started = time.monotonic()
    turnstile.enter("next")

    assert time.monotonic() - started < LONGEST_WAIT_SECONDS


def test_nobody_waits_for_ever_and_none_is_left_inside() -> None:
    turnstile = Turnstile()

    def pass_through(who: int) -> None:
        for _ in range(200):
            turnstile.enter(who)
            turnstile.leave(who)

    threads = [threading.Thread(target=pass_through, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert not any(thread.is_alive() for thread in threads)
    assert not turnstile._inside
    assert not turnstile._waiting
