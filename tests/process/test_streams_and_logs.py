"""Standard streams and the log seen from outside: closed, full, unread, and what is in no line."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.harness import (
    PATIENCE_SECONDS,
    SIDECAR,
    Sidecar,
    clean_environment,
    run_sidecar,
)
from tests.process.probes import (
    LOG_LINE,
    TOKEN,
    can_connect,
    posix_only,
    told_with_pid,
    wait_until,
)


def start_with_shell(redirections: str, *flags: str) -> subprocess.Popen[bytes]:
    """A sidecar started by a shell, which can close a stream."""
    return subprocess.Popen(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, str(SIDECAR), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )


@pytest.fixture(name="port")
def _port() -> int:
    """A port that was free a moment ago, for those who cannot say which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def get_health(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    return status


@posix_only
@pytest.mark.parametrize(
    "redirections", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"]
)
def test_streams_that_are_closed_are_no_trouble(redirections: str, port: int) -> None:
    if "/dev/full" in redirections and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    process = start_with_shell(redirections, "--port", str(port))
    try:
        wait_until(lambda: can_connect(port) or process.poll() is not None, "it does not listen")
        for _ in range(5):
            assert get_health(port) == 200
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
        assert b"Traceback" not in out + err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@posix_only
def test_standard_input_that_was_never_open_has_ended() -> None:
    process = start_with_shell("<&-", "--port", "0", "--exit-on-stdin-close")
    try:
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0
    assert b"the parent is gone" in err


@posix_only
@pytest.mark.parametrize("broken", ["stdout", "stderr"])
def test_a_reader_who_went_away_is_no_trouble(broken: str) -> None:
    process = subprocess.Popen(
        [sys.executable, str(SIDECAR), "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    port = json.loads(process.stdout.readline())["port"]
    getattr(process, broken).close()
    for _ in range(5):
        assert get_health(port) == 200
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    for stream in (process.stdout, process.stderr):
        stream.close()


@posix_only
def test_a_log_that_nobody_reads_stops_neither_the_service_nor_its_end() -> None:
    # A stream with a buffer has a lock, which a thread holds that is stuck in it.
    environment = clean_environment()
    environment.pop("PYTHONUNBUFFERED", None)
    process = subprocess.Popen(
        [sys.executable, str(SIDECAR), "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    port = json.loads(process.stdout.readline())["port"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for _ in range(500):
        connection.request("GET", "/" + "a" * 500)  # each is a log line of half a kB
        assert connection.getresponse().read()
    assert get_health(port) == 200
    connection.close()

    process.terminate()

    assert process.wait(PATIENCE_SECONDS) == 0
    unread = process.stderr.read()
    assert len(unread) > 30_000, "the pipe was never full"
    assert b"Fatal" not in unread
    process.stdout.close()
    process.stderr.close()


@posix_only
def test_a_failing_start_waits_for_no_reader_of_standard_error() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    process = subprocess.Popen(
        [sys.executable, str(SIDECAR), "--port", "x"], stderr=writer, env=clean_environment()
    )
    os.close(writer)
    try:
        assert process.wait(PATIENCE_SECONDS) == 2
    finally:
        process.kill()
        process.wait()
        os.close(reader)


def test_a_request_leaves_one_line_with_its_status() -> None:
    with Sidecar() as sidecar:
        sidecar.get("/nowhere")
        line = sidecar.wait_for_log("path=/nowhere")
        assert LOG_LINE.fullmatch(line)
        assert re.search(
            r" INFO request method=GET path=/nowhere status=404 ms=\d+\.\d\d rows=- pool=-$", line
        )


def test_a_level_of_warning_leaves_requests_out() -> None:
    with Sidecar("--log-level", "warning") as sidecar:
        sidecar.get("/nowhere")
        assert sidecar.terminate() == 0
        assert sidecar.log_text() == ""


def test_no_caller_can_forge_a_log_line() -> None:
    with Sidecar() as sidecar:
        sidecar.wait_for_driver()
        sidecar.get("/a%0a2026-01-01T00:00:00.000%20ERROR%20forged")
        connection = {
            "connect_string": "127.0.0.1:1/x\r\nFORGED \x1b[31m\u2028\u202e\x85red",
            "username": "u\nFORGED",
            "password": "p",
        }
        answer = sidecar.post("/test-connection", {"connection": connection})
        assert answer.status in (400, 502)
        sidecar.wait_for_log("path=/test-connection")
        assert sidecar.terminate() == 0

        lines = sidecar.log_text().split("\n")

        assert all(LOG_LINE.fullmatch(line) for line in lines)
        assert not any(line.startswith("FORGED") for line in lines)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", sidecar.log_text())
        written = r"pool=u\nFORGED@127.0.0.1:1/x\r\nFORGED\x20\x1b[31m\u2028\u202e\x85red"
        assert written in sidecar.wait_for_log("path=/test-connection")


def test_a_log_file_takes_the_place_of_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "sidecar.log"
    with Sidecar("--log-file", str(file)) as sidecar:
        sidecar.get("/nowhere")
        assert sidecar.terminate() == 0
        assert sidecar.log_text() == ""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert all(LOG_LINE.fullmatch(line) for line in lines)
    assert sum("path=/nowhere status=404" in line for line in lines) == 1


def test_a_log_file_that_cannot_be_opened_is_a_warning(tmp_path: Path) -> None:
    with Sidecar("--log-file", str(tmp_path / "missing" / "sidecar.log")) as sidecar:
        sidecar.get("/nowhere")
        assert "WARNING" in sidecar.wait_for_log("cannot open the log file")
        assert sidecar.wait_for_log("path=/nowhere")


def test_a_setting_that_cannot_be_used_is_said_in_the_log_file(tmp_path: Path) -> None:
    for number, flags in enumerate((["--port", "x"], ["--no-such-flag"], ["--pool-max=0"])):
        file = tmp_path / f"{number}.log"
        ended = run_sidecar("--log-file", str(file), *flags)
        sentence = ended.stderr.removeprefix("oracle-sidecar: ")
        assert ended.returncode == 2
        assert file.read_text().endswith(f" ERROR sidecar cannot start: {sentence}")


def test_a_port_that_is_taken_is_said_in_the_log_file(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    with Sidecar() as holder:
        environment = {"ORACLE_SIDECAR_LOG_FILE": str(file)}

        def refused() -> str:
            file.unlink(missing_ok=True)
            assert run_sidecar("--port", str(holder.port), env=environment).returncode == 3
            return file.read_text()

        assert f"by another oracle-sidecar (pid {holder.process.pid})" in told_with_pid(refused)


@posix_only
def test_a_log_file_that_is_a_pipe_does_not_hold_up_the_start(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Sidecar("--log-file", str(tmp_path / "pipe")) as sidecar:
        assert sidecar.get("/health").status == 200
        sidecar.wait_for_log("it is a pipe or a socket; using standard error")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_costs_lines_and_not_the_service() -> None:
    with Sidecar("--log-file", "/dev/full") as sidecar:
        for _ in range(5):
            assert sidecar.get("/nowhere").status == 404
        assert "WARNING" in sidecar.wait_for_log("cannot write to /dev/full")
        assert sidecar.terminate() == 0
        assert sidecar.log_text().count("\n") == 0, "it is said once"


@pytest.fixture(name="guarded", scope="module")
def _guarded() -> Iterator[Sidecar]:
    flags = ("--log-level", "debug", "--log-sql")
    with Sidecar(*flags, env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as running:
        yield running


def test_the_token_is_in_no_log_and_no_answer(guarded: Sidecar) -> None:
    right = {"Authorization": f"Bearer {TOKEN}"}
    bodies = b""
    for headers in (right, {"Authorization": f"Basic {TOKEN}"}):
        for path in ("/health", "/pools", "/openapi.json", "/nowhere", f"/pools?token={TOKEN}"):
            bodies += guarded.get(path, headers).body
        bodies += guarded.post("/query", {"sql": 1}, headers).body
        bodies += guarded.post("/cancel", {"query_id": "x"}, headers).body
    guarded.wait_for_log("path=/cancel")
    assert TOKEN.encode() not in bodies
    assert TOKEN not in guarded.log_text()
