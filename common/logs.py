"""Log set-up, and values that must never be printed."""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from functools import lru_cache

from common.errors import ApiError
from common.lean_imports import ModuleOnUse, standing_in
from common.threads import start_thread

LEVELS = ("debug", "info", "warning", "error")
# What waits for a stream that takes nothing.
QUEUE_BYTES = 4_000_000
# A caller chooses how long a statement is, or a connect string: of a longer line the middle is left
# out, or a few requests would rotate the whole history away.
MOST_CHARACTERS = 20_000
FLUSH_SECONDS = 0.5
GATHER_SECONDS = 0.01
LOG_FILE_BYTES = 5_000_000
LOG_FILES_KEPT = 3
ROTATE_AGAIN_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Secret:
    """A value that prints as `***`. Equal to another Secret with the same value; hashable."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Not in constant time: it is only asked of two that have the same hash.
        return self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not to be written down")


class _LineFormatter(logging.Formatter):
    """One record is one line: control characters are escaped, so that no value can forge a line.

    It has MOST_CHARACTERS and a few words at the most.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return f"{_second(int(record.created))}.{int(record.msecs):03d}"

    def format(self, record: logging.LogRecord) -> str:
        # Twice: escapes are longer than what they stand for, up to ten times.
        return _shortened(one_line(_shortened(super().format(record))))


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    """Local time to the second; many lines share one."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(since_epoch))


def _shortened(text: str) -> str:
    """Without its middle: a traceback says most at its end."""
    left_out = len(text) - MOST_CHARACTERS
    if left_out <= 0:
        return text
    half = MOST_CHARACTERS // 2
    return f"{text[:half]} ...{left_out} characters left out... {text[-half:]}"


def one_line(text: str) -> str:
    """`text` with every character that could end a line or move a terminal's cursor escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _StandardError(logging.Handler):
    """Standard error, written by a thread of its own.

    A parent that never reads the pipe would otherwise block the first thread that logs past the
    pipe's size, and with it, through the handler's lock, every request. Lines past QUEUE_BYTES
    are dropped and counted; a stream that is closed or broken swallows them.
    """

    # _taken_in, _dropped and _writer are guarded by the handler's lock; _written is the writer's.

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._taken_in = self._written = 0
        """Bytes."""
        self._dropped = 0
        self._writer: threading.Thread | None = None
        self._start_writer()

    def _start_writer(self) -> None:
        """Where the system has no thread left the lines wait, and the next one tries again."""
        try:
            self._writer = start_thread("log", self._write_lines)
        except ApiError:
            self._writer = None

    def emit(self, record: logging.LogRecord) -> None:
        if self._writer is None:
            self._start_writer()
        if self.waiting_bytes >= QUEUE_BYTES:
            self._dropped += 1
            return
        if self._dropped:
            dropped = _warning(f"{self._dropped} log lines were dropped here")
            self._dropped = 0
            self._put(self.format(dropped))
        self._put(self.format(record))

    @property
    def waiting_bytes(self) -> int:
        """What the lines take that are not written yet."""
        return self._taken_in - self._written

    def _put(self, line: str) -> None:
        self._taken_in += sys.getsizeof(line)
        self._lines.put(line)

    def close(self) -> None:
        self._lines.put(None)
        if self._writer is not None:
            self._writer.join(FLUSH_SECONDS)
        super().close()

    def _write_lines(self) -> None:
        is_open = True
        while is_open:
            lines = [self._lines.get()]
            # Lines come in bursts: to wake up and write for each of them would cost a busy server
            # more than all the rest of a line.
            if lines[0] is not None:
                time.sleep(GATHER_SECONDS)
            while not self._lines.empty():
                lines.append(self._lines.get())
            is_open = None not in lines
            try:
                sys.stderr.write("".join(f"{line}\n" for line in lines if line is not None))
                sys.stderr.flush()
            except (OSError, ValueError, AttributeError):
                # Broken pipe, closed stream, or no stream at all (sys.stderr is None): there is
                # nowhere left to complain, and serving goes on.
                continue
            finally:
                self._written += sum(sys.getsizeof(line) for line in lines if line is not None)


def _file_handler(path: str) -> logging.Handler:
    # Imported here, since a start without --log-file need not pay for it.
    with standing_in({"pickle": ModuleOnUse("pickle")}):
        # For handlers that send records to other machines.
        from logging.handlers import RotatingFileHandler

    class SurvivingFile(RotatingFileHandler):
        """A full disk costs lines, never the service; it is said once on standard error."""

        _fallback: logging.Handler | None = None
        _rotates_from = 0.0

        def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802
            return time.monotonic() >= self._rotates_from and bool(super().shouldRollover(record))

        def doRollover(self) -> None:  # noqa: N802
            try:
                super().doRollover()
            except OSError as error:
                # Its folder must not be written to, say: what comes goes on in the same file.
                self._rotates_from = time.monotonic() + ROTATE_AGAIN_SECONDS
                if self.stream is None:
                    self.stream = self._open()
                self._say_once(f"cannot rotate {path}: {error}")

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
            self._say_once(f"cannot write to {path}: {sys.exc_info()[1]}")

        def close(self) -> None:
            super().close()
            if self._fallback is not None:
                self._fallback.close()

        def _say_once(self, sentence: str) -> None:
            if self._fallback is None:
                self._fallback = _formatted(_StandardError())
                self._fallback.handle(_warning(sentence))

    return SurvivingFile(
        path, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES_KEPT, encoding="utf-8", delay=False
    )


def _warning(sentence: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, "", 0, sentence, None, None)


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler


def configure(level: str, file: str | None) -> None:
    """Send all records of `level` and above to `file`, rotating, or else to standard error.

    A file that cannot be opened is a warning, and standard error is used.
    """
    logging.captureWarnings(True)
    handler: logging.Handler | None = None
    trouble: OSError | None = None
    if file is not None:
        try:
            handler = _file_handler(file)
        except OSError as error:
            trouble = error
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(_formatted(handler or _StandardError()))
    root.setLevel(level.upper())
    if trouble is not None:
        logger.warning("cannot open the log file %s: %s; using standard error", file, trouble)
