"""Several queries in one request: which they are, and running them side by side."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from api.request_fields import JsonObject, QueryRequest, bad_field, read_query
from common.errors import ApiError, refuse
from common.settings import Settings
from common.threads import start_thread
from oracle.target import Target

logger = logging.getLogger(__name__)

MOST_BATCH_QUERIES = 32

Call: TypeAlias = "QueryRequest | ApiError"
Outcome: TypeAlias = "bytes | ApiError"


def read_batch(settings: Settings, fields: JsonObject, arrived: float) -> list[Call]:
    """The queries of a batch, with the refusal of one in its place; ApiError 422 for all of them
    where a field has the wrong shape.
    """
    queries = fields.get("queries")
    if not isinstance(queries, list) or not 1 <= len(queries) <= MOST_BATCH_QUERIES:
        raise bad_field(f"queries must be an array of 1 to {MOST_BATCH_QUERIES} queries")
    calls: list[Call] = []
    for place, query in enumerate(queries):
        try:
            calls.append(read_query(settings, query, f"queries[{place}]", arrived, in_batch=True))
        except ApiError as error:
            if error.status == 422:
                raise
            calls.append(error)
    return calls


def targets(calls: Sequence[Call]) -> list[str]:
    """The labels of the pools that a batch needs, each once; for the log."""
    labels = [call.target.label for call in calls if isinstance(call, QueryRequest)]
    return list(dict.fromkeys(labels))


def side_by_side(
    calls: Sequence[Call], work: Callable[[QueryRequest], bytes], at_once: int
) -> list[Outcome]:
    """The outcomes in the order of the calls. A defect costs its own query alone.

    Each target has threads of its own, so that none waits for another one's database, and no more
    than it may have sessions: who waits for a session longer than --acquire-timeout is refused,
    which a batch would do to itself.
    """
    # The threads are daemons, unlike those of concurrent.futures, which the interpreter waits for
    # at its end.
    outcomes: dict[int, Outcome] = {}
    places: dict[Target, queue.SimpleQueue[int]] = {}
    for place, call in enumerate(calls):
        if isinstance(call, ApiError):
            outcomes[place] = call
        else:
            places.setdefault(call.target, queue.SimpleQueue()).put(place)

    def take_turns(waiting: queue.SimpleQueue[int]) -> None:
        while True:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            call = calls[place]
            assert isinstance(call, QueryRequest)
            try:
                outcomes[place] = work(call)
            except ApiError as error:
                outcomes[place] = error
            except BaseException:  # a thread's entry point
                logger.exception("a query of a batch failed in an unexpected way")
                outcomes[place] = refuse("INTERNAL", "the query failed in an unexpected way")

    turns = [waiting for waiting in places.values() for _ in range(min(at_once, waiting.qsize()))]
    here, helpers = turns[:1], list[threading.Thread]()
    for waiting in turns[1:]:
        try:
            helpers.append(start_thread("batch", take_turns, waiting))
        except ApiError:
            here.append(waiting)  # later, but none is left out
    for waiting in here:
        take_turns(waiting)
    for helper in helpers:
        helper.join()
    return [outcomes[place] for place in range(len(calls))]


class BatchCancel:
    """What stops the queries of a batch, when its caller hangs up. Guarded by _lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self._is_gone = False

    def add(self, stop: Callable[[], None]) -> None:
        with self._lock:
            self._stops.append(stop)
            is_gone = self._is_gone
        if is_gone:
            stop()

    def stop_all(self) -> None:
        with self._lock:
            self._is_gone = True
            stops = list(self._stops)
        for stop in stops:
            stop()
