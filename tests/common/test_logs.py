"""Log lines, and values that must never be printed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common import log_file, logs
from common.logs import Secret, one_line
from http_server.messages import RequestRecord
from tests.harness import PATIENCE_SECONDS

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} [A-Z]+ \S+ .*")


@pytest.fixture(autouse=True)
def _restore_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests here set up the root logger, which is pytest's as well. They read all that they log."""
    monkeypatch.setattr(logs, "FLUSH_SECONDS", PATIENCE_SECONDS)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    thread_hook = threading.excepthook
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    threading.excepthook = thread_hook
    root.setLevel(level)
    logging.captureWarnings(False)


def flush() -> None:
    """Wait until all that was logged has been written: a closed handler has nothing left."""
    for handler in logging.getLogger().handlers:
        handler.close()


# Secrets.


def test_a_secret_is_never_printed() -> None:
    secret = Secret("s3cret")
    for text in (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>10}",
        "%s" % secret,  # noqa: UP031
        "{}".format(secret),  # noqa: UP032
        str([secret]),
        str({"a": secret}),
    ):
        assert "s3cret" not in text
        assert "***" in text
    assert secret.reveal() == "s3cret"


def test_a_secret_is_never_written_down() -> None:
    secret: Any = Secret("s3cret")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        vars(secret)


def test_secrets_are_equal_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("é") == Secret("é")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


# Lines.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain text, é 名前 😀", "plain text, é 名前 😀"),
        ("", ""),
        ("a\nb\r\nc", r"a\nb\r\nc"),
        ("\x1b[31mred\x07\x08", r"\x1b[31mred\x07\x08"),
        ("\x00\x7f\x85\x9b", r"\x00\x7f\x85\x9b"),
        ("\u2028\u2029\u202e\ufeff", r"\u2028\u2029\u202e\ufeff"),
        ("\ud800", r"\ud800"),
        ("tab\there", r"tab\there"),
    ],
)
def test_no_text_can_end_a_line_or_move_a_cursor(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_record_is_one_line_whatever_it_holds(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", None)
    logger = logging.getLogger("some.module")
    logger.info("a %s b", "x\n2026-01-01T00:00:00.000 ERROR forged")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logger.exception("it failed")
    flush()

    lines = capfd.readouterr().err.splitlines()

    assert len(lines) == 2
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[0].endswith(r"INFO some.module a x\n2026-01-01T00:00:00.000 ERROR forged b")
    assert r"ValueError: two\nlines" in lines[1]
    assert "Traceback" in lines[1]


def test_lines_below_the_level_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", None)
    logging.getLogger("x").info("not this")
    logging.getLogger("x").warning("but this")
    flush()
    assert [line.split()[-1] for line in capfd.readouterr().err.splitlines()] == ["this"]


def test_a_request_leaves_its_fields_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", None)
    record = RequestRecord("POST", "/query", time.monotonic())
    record.status, record.rows, record.pool = 200, 3, "u@host/x"
    record.write()
    RequestRecord("-", "-", time.monotonic()).write()
    flush()

    full, empty = capfd.readouterr().err.splitlines()

    assert re.search(
        r"INFO request method=POST path=/query status=200 ms=\d+\.\d\d rows=3 pool=u@host/x$", full
    )
    assert re.search(r"method=- path=- status=0 ms=\d+\.\d\d rows=- pool=-$", empty)


def test_a_pool_s_name_cannot_look_like_other_fields(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", None)
    record = RequestRecord("GET", "/pools", time.monotonic())
    record.pool = "u status=200\nrows=1@host/x"
    record.write()
    flush()
    assert capfd.readouterr().err.endswith(r" pool=u\x20status=200\nrows=1@host/x" + "\n")


class Stuck:
    """A stream that takes nothing until it is told to go on."""

    def __init__(self) -> None:
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.writing.set()
        self.go_on.wait(20)
        self.written.extend(text.splitlines(keepends=True))

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("length", [10, 10_000])
def test_what_waits_for_a_stream_that_takes_nothing_is_bounded_in_bytes(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    stuck = Stuck()
    monkeypatch.setattr(sys, "stderr", stuck)
    monkeypatch.setattr(logs, "QUEUE_BYTES", 100_000)
    logs.configure("info", None)
    logger = logging.getLogger("x")
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logs._Log)
    logger.info("first")
    assert stuck.writing.wait(20)

    for number in range(2000):
        logger.info("%s %d", "x" * length, number)
    waited = handler.waiting_bytes
    stuck.go_on.set()
    while handler.waiting_bytes:
        time.sleep(0.01)  # the writer's progress is seen nowhere else
    logger.info("last")
    handler.close()

    assert 100_000 <= waited < 111_000
    *kept, dropped, last = stuck.written[1:]
    assert [line.split()[-1] for line in kept] == [str(n) for n in range(len(kept))]
    words = f" WARNING common.logs {2000 - len(kept)} log lines were dropped here\n"
    assert dropped.endswith(words)
    assert last.endswith("last\n")


def test_a_log_that_gets_no_thread_is_written_by_the_next_one(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        logs.configure("info", None)
        logging.getLogger("x").info("too early")

    logging.getLogger("x").info("in time")
    flush()

    lines = capfd.readouterr().err.splitlines()
    assert [line.rpartition(" x ")[2] for line in lines] == ["too early", "in time"]


@pytest.mark.parametrize("character", ["x", "\0", "\U000e0001"])
def test_a_long_record_has_its_ends_in_the_log(
    capfd: pytest.CaptureFixture[str], character: str
) -> None:
    logs.configure("info", None)

    logging.getLogger("x").info("its start%sits end", character * 1_000_000)
    flush()

    (line,) = capfd.readouterr().err.splitlines()
    assert " INFO x its start" in line
    assert line.endswith("its end")
    assert "characters left out" in line
    assert len(line) < logs.MOST_CHARACTERS + 100


def test_a_few_long_records_leave_the_history_in_the_files(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    logs.configure("info", str(file))
    logging.getLogger("x").info("early")

    for _ in range(50):
        logging.getLogger("x").info("x" * 1_000_000)
    flush()

    assert any(" INFO x early\n" in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize("trouble", [None, OSError("broken pipe"), ValueError("closed")])
def test_a_stream_that_is_broken_or_missing_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception | None
) -> None:
    class Broken:
        def write(self, text: str) -> None:
            assert trouble is not None
            raise trouble

    monkeypatch.setattr(sys, "stderr", None if trouble is None else Broken())
    logs.configure("info", None)
    for _ in range(3):
        logging.getLogger("x").info("into the void")
    flush()


@pytest.mark.parametrize("failure", [SystemExit("gone"), ValueError("two\nlines")])
def test_a_thread_that_ends_in_an_exception_is_logged(
    capfd: pytest.CaptureFixture[str], failure: BaseException
) -> None:
    def fail() -> None:
        raise failure

    logs.configure("info", None)
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    flush()

    (line,) = capfd.readouterr().err.splitlines()
    assert "ERROR common.logs the thread worker failed" in line
    assert type(failure).__name__ in line


# Files.


def test_a_log_file_gets_every_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ä.log"
    logs.configure("info", str(file))
    logging.getLogger("x").info("né\n")
    flush()
    assert file.read_text(encoding="utf-8").endswith("INFO x né\\n\n")
    assert capfd.readouterr().err == ""


def test_a_log_file_rotates_and_keeps_a_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "FILE_BYTES", 1000)
    file = tmp_path / "x.log"
    logs.configure("info", str(file))
    for number in range(200):
        logging.getLogger("x").info("line %d", number)
    flush()

    names = sorted(path.name for path in tmp_path.iterdir())

    assert names == ["x.log", *(f"x.log.{n}" for n in range(1, log_file.FILES_KEPT + 1))]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert file.read_text().splitlines()[-1].endswith("line 199")


def test_a_log_file_that_cannot_rotate_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log_file, "FILE_BYTES", 1000)
    file = tmp_path / "x.log"
    for number in range(1, log_file.FILES_KEPT + 1):
        # Nothing can be renamed to a folder that holds something.
        (tmp_path / f"x.log.{number}" / "something").mkdir(parents=True)
    logs.configure("info", str(file))
    for number in range(200):
        logging.getLogger("x").info("line %d", number)
    flush()

    lines = file.read_text().splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == [str(n) for n in range(200)]
    (warning,) = capfd.readouterr().err.splitlines()
    assert f"cannot rotate {file}" in warning


def test_a_line_is_no_longer_than_it_needs_to_be(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", None)
    record = RequestRecord("GET", "/" + "x" * 100_000, time.monotonic())
    record.pool = "y" * 100_000
    record.write()
    flush()

    (line,) = capfd.readouterr().err.splitlines()
    assert len(line) < 1200
    assert f"pool={'y' * 500}..." in line


def test_a_log_file_that_cannot_be_opened_is_said_and_standard_error_used(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", str(tmp_path))
    logging.getLogger("x").info("still here")
    flush()
    warning, line = capfd.readouterr().err.splitlines()
    assert "WARNING" in warning
    assert str(tmp_path) in warning
    assert line.endswith("still here")
