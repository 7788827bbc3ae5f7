"""An answer that says how far it is, while nothing else of it can be sent.

It is made on a thread of its own, which hands over one piece after the other. The request's own
thread waits for each, and makes a line of progress where none comes in time. It alone writes to the
caller: an error or the end comes behind the lines that left before it, and no lock guards a socket.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeAlias, TypeVar

from common.errors import ApiError, refuse
from common.threads import start_thread
from http_server.messages import FIRST_BYTES, Body
from query.queries import WhenGone
from query.running import cancelled

logger = logging.getLogger(__name__)


class _Counting(Body, Protocol):
    """A Body that knows how many rows were given so far, and whether it could begin again."""

    @property
    def row_count(self) -> int: ...

    def may_begin_again(self, error: ApiError) -> bool: ...


Making = TypeVar("Making", bound=_Counting)
# Begins an answer. It calls what it is given with what stops it, before it waits for anything.
Make: TypeAlias = Callable[[WhenGone], Making]


class ProgressBody(Generic[Making]):
    """A Body around another one. Its pieces are for one thread; any may stop it.

    What was made is closed by the thread that made it, which close() has end soon; but where it may
    begin again, by close().
    """

    # _changed guards what both threads use: from _made to _stop. The rest is the request's, and all
    # of it while no thread makes anything.

    def __init__(
        self,
        make: Make[Making],
        line: Callable[[Making | None], bytes],
        last_words: Callable[[ApiError], bytes],
        seconds: float,
        since: float,
    ) -> None:
        """line: is given what is being made, once there is some; it comes after each `seconds` in
        which nothing was sent, the first time counted from `since` on the monotonic clock.
        """
        self._make = make
        self._line = line
        self.last_words = last_words
        self._seconds = seconds
        self._due_at = since + seconds
        self._pieces = self._take_all()
        self._has_left = False
        """Something of it may have been sent."""
        self.is_over = False
        self.is_due = False
        self._changed = threading.Condition()
        self._made: Making | None = None
        self._kept: Making | None = None
        """It failed, may begin again, and is not closed."""
        self._piece: tuple[bytes, bool] | None = None
        """On its way from one thread to the other, and whether it is the last one."""
        self._has_ended = False
        self._error: ApiError | None = None
        self._is_stopped = False
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to make it. ApiError 503 where there is no thread for that."""
        start_thread("answer", self._run, None)

    def begins_again(self, error: ApiError) -> bool:
        made = self._made
        if self._has_left or made is None or not made.may_begin_again(error):
            return False
        self._pieces = self._take_all()
        self._has_ended, self._error, self._kept = False, None, None
        try:
            start_thread("answer", self._run, error)
        except ApiError:
            self._kept = made
            raise
        return True

    def stop(self) -> None:
        """Have it end soon, from any thread. Idempotent."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
            stop = self._stop
        if stop is not None:
            stop()

    def close(self) -> None:
        self.stop()
        self._close_kept()

    def _close_kept(self) -> None:
        with self._changed:
            kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @property
    def row_count(self) -> int:
        return 0 if self._made is None else self._made.row_count

    @property
    def is_wanted_back(self) -> bool:
        return self._made is not None and self._made.is_wanted_back

    # On the thread that makes it.

    def _run(self, before: ApiError | None) -> None:
        """before: behind which it begins again."""
        error: ApiError | None = None
        try:
            self._make_all(before)
        except ApiError as failure:
            error = failure.fresh()
        except BaseException:
            # A thread's entry point: the request waits for its answer.
            logger.exception("making an answer failed in an unexpected way")
            error = refuse("INTERNAL", "the request failed in an unexpected way")
        with self._changed:
            self._error, self._has_ended = error, True
            is_stopped = self._is_stopped
            self._changed.notify_all()
        if is_stopped:
            self._close_kept()  # else close() comes behind this

    def _make_all(self, before: ApiError | None) -> None:
        made = self._made
        try:
            if made is None or before is None:
                made = self._make(self._can_be_stopped)
            elif not made.begins_again(before):
                raise before
            with self._changed:
                self._made = made
            for piece in made:
                self._hand_over(piece, made.is_over)
        except ApiError as error:
            if made is not None and made.may_begin_again(error):
                with self._changed:
                    self._kept, made = made, None
            raise
        finally:
            if made is not None:
                made.close()

    def _can_be_stopped(self, stop: Callable[[], None]) -> None:
        with self._changed:
            self._stop = stop
            is_stopped = self._is_stopped
        if is_stopped:
            stop()

    def _hand_over(self, piece: bytes, is_last: bool) -> None:
        """Wait until it is taken, so that memory does not grow where the reader is slow."""
        with self._changed:
            self._piece = (piece, is_last)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._piece is None or self._is_stopped)
            if self._piece is not None:
                raise cancelled()

    # On the thread that sends it.

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _take_all(self) -> Iterator[bytes]:
        given = 0
        while not self.is_over:
            self.is_due = not self._has_come(self._due_at)
            piece = self._line(self._made) if self.is_due else self._take()
            if piece is None:
                return
            given += len(piece)
            # What is due sends the head, and all that was held back for it.
            self._has_left = self._has_left or self.is_due or given >= FIRST_BYTES
            yield piece
            if self._has_left:
                self._due_at = time.monotonic() + self._seconds
        # The end of the answer has been given: while what it held is closed, no line may follow.
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended)
            if self._error is not None:
                logger.warning("closing an answer failed: %s", self._error)

    def _has_come(self, until: float) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: self._piece is not None or self._has_ended,
                max(0.0, until - time.monotonic()),
            )

    def _take(self) -> bytes | None:
        """The piece that has come; None at the end. ApiError."""
        with self._changed:
            if self._piece is None:
                if self._error is not None:
                    raise self._error
                return None
            (piece, self.is_over), self._piece = self._piece, None
            self._changed.notify_all()
            return piece
