"""Alarms go off in order, once, not when cancelled; and they outlive what goes wrong."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from common import alarms as alarms_module
from common.alarms import MOST_CANCELLED, Alarms
from common.errors import ApiError

SOON = 0.02


@contextmanager
def held_up(alarms: Alarms) -> Iterator[None]:
    """Until the block ends, its thread has an alarm in hand, so that no moment comes too soon."""
    began, over = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        over.wait(10)

    alarms.after(0, hold)
    assert began.wait(5)
    yield
    over.set()


def test_alarms_go_off_in_the_order_of_their_moments_not_of_their_setting() -> None:
    alarms, seen, over = Alarms(), list[str](), threading.Event()
    now = time.monotonic()

    with held_up(alarms):
        alarms.at(now + 3 * SOON, over.set)
        alarms.at(now + 2 * SOON, lambda: seen.append("second"))
        alarms.at(now + SOON, lambda: seen.append("first"))

    assert over.wait(5)
    assert seen == ["first", "second"]
    assert time.monotonic() - now >= 3 * SOON


def test_alarms_of_one_moment_go_off_in_the_order_of_their_setting() -> None:
    alarms, seen, over = Alarms(), list[int](), threading.Event()
    moment = time.monotonic() + SOON

    with held_up(alarms):
        for number in range(20):
            alarms.at(moment, lambda number=number: seen.append(number))  # type: ignore[misc]
        alarms.at(moment, over.set)

    assert over.wait(5)
    assert seen == list(range(20))


def test_an_alarm_in_the_past_goes_off_at_once() -> None:
    alarms, over = Alarms(), threading.Event()

    alarms.at(time.monotonic() - 60, over.set)

    assert over.wait(5)


def test_a_cancelled_alarm_does_not_go_off() -> None:
    alarms, seen, over = Alarms(), list[str](), threading.Event()

    with held_up(alarms):
        alarm = alarms.after(0, lambda: seen.append("cancelled"))
        alarm.cancel()
        alarm.cancel()
        alarms.after(SOON, over.set)

    assert over.wait(5)
    assert seen == []


def test_an_alarm_that_fails_is_logged_and_the_next_ones_go_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alarms, over = Alarms(), threading.Event()

    with caplog.at_level(logging.ERROR):
        alarms.after(0, lambda: [].pop())
        alarms.after(SOON, over.set)
        assert over.wait(5)

    assert "an alarm failed" in caplog.text


def test_what_was_cancelled_is_not_kept_until_its_moment() -> None:
    alarms = Alarms()

    for _ in range(10_000):
        alarms.after(3600, lambda: None).cancel()

    assert len(alarms._heap) <= 2 * MOST_CANCELLED


def test_many_alarms_share_one_thread() -> None:
    alarms, before = Alarms(), threading.active_count()

    for _ in range(100):
        alarms.after(3600, lambda: None)

    assert threading.active_count() == before + 1


def test_an_alarm_that_gets_no_thread_is_an_error_and_the_next_one_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alarms, over = Alarms(), threading.Event()

    def no_more(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", no_more)
        with pytest.raises(ApiError) as refused:
            alarms.after(0, over.set)
    assert refused.value.status == 503
    assert not over.is_set()

    alarms.after(0, over.set)
    assert over.wait(5)


def test_the_process_has_alarms_of_its_own() -> None:
    over = threading.Event()
    alarms_module.ALARMS.after(0, over.set)
    assert over.wait(5)
