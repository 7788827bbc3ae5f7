"""Log set-up, and values that must never be printed."""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from common.errors import ApiError
from common.threads import start_thread

LEVELS = ("debug", "info", "warning", "error")
# What waits for a stream that takes nothing.
QUEUE_BYTES = 4_000_000
# A caller chooses how long a statement is, or a connect string: of a longer line the middle is left
# out, or a few requests would rotate the whole history away.
MOST_CHARACTERS = 20_000
FLUSH_SECONDS = 0.5
GATHER_SECONDS = 0.01

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


class _Sink(Protocol):
    """Where lines go. Used by the log's thread only."""

    def write(self, lines: Sequence[str]) -> None: ...

    def close(self) -> None: ...


class _Log(logging.Handler):
    """Hands lines to a thread of its own, which writes them.

    A parent that never reads the pipe, or a disk that does not answer, would otherwise block the
    first thread that logs, and with it, through the handler's lock, every request. Lines past
    QUEUE_BYTES are dropped and counted.
    """

    # _taken_in, _dropped and _writer are guarded by the handler's lock; _written is the writer's.

    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink = sink
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
        """Waits FLUSH_SECONDS at most for what is still to be written."""
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
            waiting = [line for line in lines if line is not None]
            self._sink.write(waiting)
            self._written += sum(map(sys.getsizeof, waiting))
        self._sink.close()


class _StandardError:
    """A stream that is closed or broken swallows what is written to it."""

    def write(self, lines: Sequence[str]) -> None:
        try:
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            # Broken pipe, closed stream, or no stream at all (sys.stderr is None): there is nowhere
            # left to complain, and serving goes on.
            return

    def close(self) -> None:
        """It belongs to the process."""


class _File:
    """A full disk costs lines, never the service; it is said once on standard error."""

    def __init__(self, path: str) -> None:
        # Imported here: most starts have no --log-file.
        from common.log_file import LogFile

        self._path = path
        self._file = LogFile(path, self._say_once)
        self._fallback: logging.Handler | None = None

    def write(self, lines: Sequence[str]) -> None:
        try:
            self._file.write(lines)
        except OSError as error:
            self._say_once(f"cannot write to {self._path}: {error}")

    def close(self) -> None:
        self._file.close()
        if self._fallback is not None:
            self._fallback.close()

    def _say_once(self, sentence: str) -> None:
        if self._fallback is None:
            self._fallback = _formatted(_Log(_StandardError()))
            self._fallback.handle(_warning(sentence))


def _warning(sentence: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, "", 0, sentence, None, None)


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler


def configure(level: str, file: str | None) -> None:
    """Send all records of `level` and above to `file`, rotating, or else to standard error.

    A file that cannot be opened is a warning, and standard error is used.
    """
    # What no line says need not be found out for each: from where it comes, on which thread
    # (“Optimization” in the logging howto).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.captureWarnings(True)
    threading.excepthook = _log_failed_thread
    sink: _Sink = _StandardError()
    trouble: OSError | None = None
    if file is not None:
        try:
            sink = _File(file)
        except OSError as error:
            trouble = error
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(_formatted(_Log(sink)))
    root.setLevel(level.upper())
    if trouble is not None:
        logger.warning("cannot open the log file %s: %s; using standard error", file, trouble)


def _log_failed_thread(failed: threading.ExceptHookArgs) -> None:
    """Python's own hook says nothing of SystemExit, and waits for standard error with the others.

    PyInstaller's importer raises SystemExit where the program's files are gone.
    """
    value = failed.exc_value or failed.exc_type()
    name = "?" if failed.thread is None else failed.thread.name
    logger.error("the thread %s failed", name, exc_info=value)


def close() -> None:
    """Write what is still to be written, as long as that takes no longer than FLUSH_SECONDS.

    Instead of logging.shutdown(): that flushes the logging module's own handler for standard
    error, too, and waits for ever where a pipe is full and not read.
    """
    for handler in logging.getLogger().handlers:
        handler.close()


def say(sentence: str) -> None:
    """One line on standard error for what started the process, which may not read it."""
    saying = threading.Thread(
        target=_StandardError().write, args=([one_line(sentence)],), name="say", daemon=True
    )
    saying.start()
    saying.join(FLUSH_SECONDS)
