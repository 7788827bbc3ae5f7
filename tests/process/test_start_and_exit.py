"""The process seen from outside: start, ready line, exit codes, signals, parents, logs."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from common.settings import VERSION, Settings, flag, knobs, load, variable
from http_server.guard import Guard
from http_server.messages import Response
from http_server.server import SidecarServer
from tests.harness import (
    PATIENCE_SECONDS,
    ROOT,
    SIDECAR,
    Sidecar,
    clean_environment,
    run_sidecar,
)

TOKEN = "SeCrEt-token-0123456789"
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO|WARNING|ERROR) \S+ .+")
PARENT_GONE_SECONDS = 2.0
# What a busy machine may need beyond the time that is promised.
GRACE_SECONDS = 1.5

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def wait_until(true: Callable[[], bool], what: str) -> None:
    """For what no event tells of."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class BusyCaller:
    """A caller whose request runs: the sidecar waits for the end of its body."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.socket = sidecar.connect()
        self.socket.sendall(
            f"POST /cancel HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 16\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        assert self.socket.recv(100).startswith(b"HTTP/1.1 100 ")

    def finish(self) -> int:
        self.socket.sendall(b'{"query_id":"x"}')
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        response.read()
        return response.status

    def __enter__(self) -> BusyCaller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


# Start.


def test_the_ready_line_is_all_that_standard_output_says() -> None:
    with Sidecar() as sidecar:
        pid, port = sidecar.process.pid, sidecar.port
        assert sidecar.ready_line == (
            f'{{"event":"ready","host":"127.0.0.1","port":{port},"pid":{pid},'
            f'"version":"{VERSION}"}}\n'
        )
        sidecar.get("/health")
        sidecar.get("/nowhere")
        sidecar.wait_for_driver()
        assert sidecar.terminate() == 0
        assert sidecar.process.stdout is not None
        assert sidecar.process.stdout.read() == b""


def test_port_0_picks_a_port_of_its_own_for_each() -> None:
    with Sidecar() as one, Sidecar() as other:
        assert one.port != other.port
        assert one.get("/health").json["pid"] == one.process.pid
        assert other.get("/health").json["pid"] == other.process.pid


def test_the_sidecar_listens_before_the_line_and_before_the_driver_is_loaded() -> None:
    started = time.monotonic()
    with Sidecar() as sidecar:
        health = sidecar.get("/health")
        assert time.monotonic() - started < 10
        assert health.status == 200
        assert list(health.json)[:3] == ["status", "active_pools", "timestamp"]
        loaded = r"oracledb \d+\.\d+\.\d+ thin"
        assert re.fullmatch(f"loading|{loaded}", health.json["driver"])
        sidecar.wait_for_driver()
        assert re.fullmatch(loaded, sidecar.get("/health").json["driver"])


def test_a_port_is_free_again_at_once() -> None:
    with Sidecar() as first:
        # Who closes first is left with the port in TIME_WAIT: here that is the sidecar.
        port = first.port
        with first.connect() as caller:
            head = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"
            caller.sendall(head % port)
            while caller.recv(4096):
                pass
        assert first.terminate() == 0
    table = Path("/proc/net/tcp")
    if table.exists():
        local = f":{port:04X} "
        lines = [line.split(maxsplit=4) for line in table.read_text().splitlines()]
        assert [line[3] for line in lines if f"{line[1]} ".endswith(local)] == ["06"]
    with Sidecar("--port", str(port)) as second:
        assert second.port == port
        assert second.get("/health").status == 200


# A port that is taken.


def test_a_port_that_another_sidecar_holds_names_it(sidecar: Sidecar) -> None:
    ended = run_sidecar("--port", str(sidecar.port))

    assert (ended.returncode, ended.stdout) == (3, "")
    assert_one_sentence(ended.stderr, "--port")
    assert f"pid {sidecar.process.pid}" in ended.stderr
    assert str(sidecar.port) in ended.stderr
    assert sidecar.get("/health").status == 200


def test_a_port_that_a_guarded_sidecar_holds_names_it_too() -> None:
    with Sidecar(env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as guarded:
        ended = run_sidecar("--port", str(guarded.port))
        assert ended.returncode == 3
        assert f"pid {guarded.process.pid}" in ended.stderr


@pytest.mark.parametrize(
    "says",
    [
        None,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b'HTTP/1.1 200 OK\r\n\r\n{"driver":1,"active_pools":1,"pid":"x"}',
        b'HTTP/1.1 200 OK\r\n\r\n{"driver":1,"active_pools":1,"pid":null}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    ],
    ids=["silent", "no http", "object", "array", "null", "odd pid", "no pid", "not UTF-8"],
)
def test_a_port_that_a_stranger_holds_is_said_to_be_taken(says: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        starting = subprocess.Popen(
            [sys.executable, str(SIDECAR), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )
        stranger.settimeout(PATIENCE_SECONDS)
        visitor, _ = stranger.accept()
        with visitor:
            if says is not None:
                visitor.recv(65_536)
                visitor.sendall(says)
                visitor.shutdown(socket.SHUT_WR)
            out, err = starting.communicate(timeout=PATIENCE_SECONDS)

    assert (starting.returncode, out) == (3, "")
    assert_one_sentence(err, "--port")
    assert "pid" not in err


# Settings.


def assert_one_sentence(stderr: str, *words: str) -> None:
    assert stderr.count("\n") == 1, stderr
    assert stderr.endswith("\n")
    assert stderr.startswith("oracle-sidecar: ")
    assert "Traceback" not in stderr
    for word in words:
        assert word in stderr


INVALID_FLAGS: Sequence[tuple[Sequence[str], str]] = (
    (["--host", "0.0.0.0"], "--host"),
    (["--host", "192.168.1.1"], "--host"),
    (["--host", "::"], "--host"),
    (["--host", "example.com"], "--host"),
    (["--host", ""], "--host"),
    (["--port", "65536"], "--port"),
    (["--port", "-1"], "--port"),
    (["--port", "http"], "--port"),
    (["--port", "80.0"], "--port"),
    (["--port", "²"], "--port"),
    (["--port", ""], "--port"),
    (["--port"], "--port"),
    (["--pool-min", "3", "--pool-max", "2"], "--pool-min"),
    (["--pool-max", "0"], "--pool-max"),
    (["--max-pools", "0"], "--max-pools"),
    (["--pool-timeout", "0"], "--pool-timeout"),
    (["--acquire-timeout", "-5"], "--acquire-timeout"),
    (["--connect-timeout", "nan"], "--connect-timeout"),
    (["--query-timeout", "inf"], "--query-timeout"),
    (["--header-timeout", "1e300"], "--header-timeout"),
    (["--body-timeout", "soon"], "--body-timeout"),
    (["--drain-timeout", "-1"], "--drain-timeout"),
    (["--max-lob-bytes", "0"], "--max-lob-bytes"),
    (["--max-body-bytes", "1e6"], "--max-body-bytes"),
    (["--max-connections", "0"], "--max-connections"),
    (["--allow-origin", "*"], "--allow-origin"),
    (["--allow-origin", "null"], "--allow-origin"),
    (["--allow-origin", "http://*.example"], "--allow-origin"),
    (["--allow-origin", "http://localhost:1420/"], "--allow-origin"),
    (["--allow-origin", "http://LOCALHOST"], "--allow-origin"),
    (["--allow-origin", "http://a@b"], "--allow-origin"),
    (["--allow-origin", "http://localhost:99999"], "--allow-origin"),
    (["--allow-origin", "localhost:1420"], "--allow-origin"),
    (["--token-file", "/no/such/file"], "--token-file"),
    (["--token-file", str(ROOT)], "--token-file"),
    (["--token-file", ""], "--token-file"),
    (["--log-level", "loud"], "--log-level"),
    (["--log-file", ""], "--log-file"),
    (["--parent-pid", "0"], "--parent-pid"),
    (["--parent-pid", "x"], "--parent-pid"),
    (["--allow-write=no"], "--allow-write"),
    (["--no-such-flag"], "--no-such-flag"),
    (["--no-such\x1b[31m\nflag"], "--no-such\\x1b[31m\\nflag"),
    (["--por", "1"], "--por"),
    (["--token", TOKEN], "--token-file"),
    ([f"--token={TOKEN}"], "--token-file"),
    ([f"--tokn={TOKEN}"], "--tokn"),
    (["-t", TOKEN], "-t"),
    ([TOKEN], "flag"),
    (["--", TOKEN], "flag"),
)


@pytest.mark.parametrize(
    ("flags", "named"), INVALID_FLAGS, ids=lambda v: " ".join(v) if isinstance(v, list) else ""
)
def test_a_flag_that_cannot_be_used_is_a_sentence(flags: Sequence[str], named: str) -> None:
    ended = run_sidecar("--port", "0", *flags)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert_one_sentence(ended.stderr, named)
    assert TOKEN not in ended.stderr


INVALID_VARIABLES: Sequence[tuple[Mapping[str, str], str]] = (
    ({"ORACLE_SIDECAR_PORT": "x"}, "ORACLE_SIDECAR_PORT"),
    ({"ORACLE_SIDECAR_HOST": "10.0.0.1"}, "ORACLE_SIDECAR_HOST"),
    ({"ORACLE_SIDECAR_POOL_MAX": "many"}, "ORACLE_SIDECAR_POOL_MAX"),
    ({"ORACLE_SIDECAR_POOL_MIN": "9"}, "ORACLE_SIDECAR_POOL_MIN"),
    ({"ORACLE_SIDECAR_QUERY_TIMEOUT": "-1"}, "ORACLE_SIDECAR_QUERY_TIMEOUT"),
    ({"ORACLE_SIDECAR_ALLOW_WRITE": "maybe"}, "ORACLE_SIDECAR_ALLOW_WRITE"),
    ({"ORACLE_SIDECAR_LOG_SQL": "2"}, "ORACLE_SIDECAR_LOG_SQL"),
    ({"ORACLE_SIDECAR_ALLOW_ORIGIN": "http://a,*"}, "ORACLE_SIDECAR_ALLOW_ORIGIN"),
    ({"ORACLE_SIDECAR_LOG_LEVEL": "5"}, "ORACLE_SIDECAR_LOG_LEVEL"),
    ({"ORACLE_SIDECAR_TOKEN_FILE": "/no/such"}, "ORACLE_SIDECAR_TOKEN_FILE /no/such"),
    ({"ORACLE_SIDECAR_POOL_MAX": "0"}, "ORACLE_SIDECAR_POOL_MAX"),
    ({"ORACLE_SIDECAR_POOL_MIN": "3"}, "ORACLE_SIDECAR_POOL_MIN must not be larger than --pool-"),
    ({"ORACLE_SIDECAR_TOKEN": ""}, "ORACLE_SIDECAR_TOKEN"),
    ({"ORACLE_SIDECAR_TOKEN": f"{TOKEN} {TOKEN}"}, "ORACLE_SIDECAR_TOKEN"),
    ({"ORACLE_SIDECAR_TOKEN": f"{TOKEN}\n"}, "ORACLE_SIDECAR_TOKEN"),
    ({"ORACLE_SIDECAR_TOKEN": f"{TOKEN}é"}, "ORACLE_SIDECAR_TOKEN"),
    ({"ORACLE_SIDECAR_TOKEN": TOKEN * 200}, "ORACLE_SIDECAR_TOKEN"),
)


@pytest.mark.parametrize(
    ("env", "named"), INVALID_VARIABLES, ids=lambda v: " ".join(v) if isinstance(v, dict) else ""
)
def test_a_variable_that_cannot_be_used_is_a_sentence(env: Mapping[str, str], named: str) -> None:
    ended = run_sidecar(env={"ORACLE_SIDECAR_PORT": "0", **env})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert_one_sentence(ended.stderr, named)
    assert TOKEN not in ended.stderr


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"two words", b"\xff\xfe", TOKEN.encode() * 200, b"a\x00b", "é".encode()],
    ids=["empty", "blank", "two words", "not text", "too long", "NUL", "beyond ASCII"],
)
def test_a_token_file_that_holds_no_token_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    ended = run_sidecar("--port", "0", "--token-file", str(file))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert_one_sentence(ended.stderr, "--token-file")
    assert TOKEN not in ended.stderr


def test_version_is_one_line() -> None:
    ended = run_sidecar("--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"oracle-sidecar {VERSION}\n"


def test_help_lists_every_flag_with_its_default() -> None:
    ended = run_sidecar("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    listed = [" ".join(entry.split()) for entry in re.split(r"\n  (?=-)", ended.stdout)]
    for knob in knobs():
        (entry,) = [entry for entry in listed if entry.split()[0] == flag(knob.name)]
        if knob.default not in (None, False, ()):
            default = knob.default
            shown = f"{default:.15g}" if isinstance(default, float) else str(default)
            assert f"(default {shown})" in entry
    assert any(entry.startswith("--version") for entry in listed)
    assert "[ORACLE_SIDECAR_PORT]" in ended.stdout


def test_help_names_the_flags_and_defaults_of_the_contract() -> None:
    defaults = Settings()
    contract = {
        "host": "127.0.0.1",
        "port": 21521,
        "pool_min": 1,
        "pool_max": 2,
        "pool_timeout": 120,
        "max_pools": 32,
        "acquire_timeout": 15,
        "connect_timeout": 10,
        "query_timeout": 60,
        "max_lob_bytes": 67_108_864,
        "max_body_bytes": 8_388_608,
        "header_timeout": 10,
        "body_timeout": 30,
        "keep_alive_timeout": 75,
        "max_connections": 128,
        "drain_timeout": 5,
        "allow_origin": (),
        "token_file": None,
        "allow_write": False,
        "log_level": "info",
        "log_file": None,
        "log_sql": False,
        "parent_pid": None,
        "exit_on_stdin_close": False,
    }
    assert {knob.name: getattr(defaults, knob.name) for knob in knobs()} == contract


def test_a_variable_does_what_its_flag_does() -> None:
    env = {
        variable("max_body_bytes"): "20",
        variable("allow_origin"): "http://localhost:5173, https://app.example",
        variable("log_level"): "DEBUG",
    }
    with Sidecar(env=env) as sidecar:
        assert sidecar.post("/cancel", {"query_id": "0123456789"}).status == 413
        for origin in ("http://localhost:5173", "https://app.example"):
            assert sidecar.get("/health", {"Origin": origin}).status == 200


def test_a_flag_goes_before_its_variable() -> None:
    env = {variable("max_body_bytes"): "5", variable("exit_on_stdin_close"): "0"}
    with Sidecar("--max-body-bytes", "100", env=env) as sidecar:
        assert sidecar.post("/cancel", {"query_id": "x"}).status == 200


# The end.


def assert_clean_end(sidecar: Sidecar) -> None:
    assert sidecar.process.wait(PATIENCE_SECONDS) == 0
    sidecar.wait_for_log("stopped")
    for line in sidecar.log_text().splitlines():
        assert LOG_LINE.fullmatch(line), line
    assert not can_connect(sidecar.port)


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_in_order(number: int) -> None:
    with Sidecar() as sidecar:
        sidecar.get("/health")
        sidecar.process.send_signal(number)
        assert_clean_end(sidecar)


@posix_only
def test_a_signal_right_behind_the_ready_line_ends_it_in_order() -> None:
    for _ in range(3):
        with Sidecar() as sidecar:
            sidecar.process.send_signal(signal.SIGTERM)
            assert_clean_end(sidecar)


@posix_only
def test_a_running_request_is_let_end() -> None:
    with Sidecar("--drain-timeout", "20") as sidecar, BusyCaller(sidecar) as caller:
        sidecar.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not can_connect(sidecar.port), "it goes on accepting")
        assert caller.finish() == 200
        assert_clean_end(sidecar)


@posix_only
def test_open_connections_are_told_that_it_is_stopping() -> None:
    with Sidecar("--drain-timeout", "20") as sidecar, BusyCaller(sidecar) as caller:
        other = sidecar.http()
        other.request("GET", "/health")
        other.getresponse().read()
        sidecar.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not can_connect(sidecar.port), "it goes on accepting")

        other.request("GET", "/health")
        response = other.getresponse()

        assert response.status == 503
        assert response.headers["Retry-After"]
        assert response.headers["Connection"] == "close"
        assert json.loads(response.read())["detail"]["full_code"] == "SHUTTING_DOWN"
        other.close()
        assert caller.finish() == 200
        assert_clean_end(sidecar)


@posix_only
def test_a_request_that_does_not_end_is_cut_after_the_drain_time() -> None:
    with Sidecar("--drain-timeout", "0.5") as sidecar, BusyCaller(sidecar):
        started = time.monotonic()
        sidecar.process.send_signal(signal.SIGTERM)
        assert_clean_end(sidecar)
        assert 0.5 <= time.monotonic() - started < 0.5 + 1 + GRACE_SECONDS


@posix_only
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_second_signal_skips_the_waiting(second: int) -> None:
    with Sidecar("--drain-timeout", "600") as sidecar, BusyCaller(sidecar):
        sidecar.process.send_signal(signal.SIGTERM)
        sidecar.wait_for_log("stopping")
        sidecar.process.send_signal(second)
        assert_clean_end(sidecar)


@posix_only
def test_many_signals_are_no_trouble() -> None:
    with Sidecar() as sidecar:
        for _ in range(200):
            sidecar.process.send_signal(signal.SIGTERM)
        assert sidecar.process.wait(PATIENCE_SECONDS) == 0


@posix_only
def test_no_thread_of_the_driver_holds_or_breaks_the_end() -> None:
    stuck = (
        "import runpy, sys, threading, time;"
        "threading.Thread(target=time.sleep, args=(600,)).start();"
        f"sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(SIDECAR)!r}, run_name='__main__')"
    )
    with Sidecar(command=(sys.executable, "-c", stuck)) as sidecar:
        sidecar.process.send_signal(signal.SIGTERM)
        assert_clean_end(sidecar)


def test_shutdown_with_the_token_answers_and_ends_it() -> None:
    with Sidecar(env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as sidecar:
        answer = sidecar.request("POST", "/shutdown", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status == 202
        assert_clean_end(sidecar)
        assert TOKEN not in sidecar.log_text()


def test_without_a_token_set_there_is_no_shutdown(sidecar: Sidecar) -> None:
    answer = sidecar.request("POST", "/shutdown")
    assert (answer.status, answer.detail["full_code"]) == (404, "NOT_FOUND")
    assert sidecar.get("/health").status == 200


# Parents.


def test_the_end_of_standard_input_ends_it() -> None:
    with Sidecar("--exit-on-stdin-close", stdin=subprocess.PIPE) as sidecar:
        assert sidecar.process.stdin is not None
        sidecar.process.stdin.write(b"noise\n" * 100_000)
        sidecar.process.stdin.flush()
        assert sidecar.get("/health").status == 200
        closed = time.monotonic()
        sidecar.process.stdin.close()
        assert_clean_end(sidecar)
        assert time.monotonic() - closed < PARENT_GONE_SECONDS + GRACE_SECONDS


def test_the_end_of_standard_input_does_not_wait_long_for_requests() -> None:
    with (
        Sidecar("--exit-on-stdin-close", stdin=subprocess.PIPE) as sidecar,
        BusyCaller(sidecar),
    ):
        assert sidecar.process.stdin is not None
        closed = time.monotonic()
        sidecar.process.stdin.close()
        assert_clean_end(sidecar)
        assert time.monotonic() - closed < PARENT_GONE_SECONDS + GRACE_SECONDS


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE], ids=["null", "closed"])
def test_without_the_flag_standard_input_is_let_be(stdin: int) -> None:
    with Sidecar(stdin=stdin) as sidecar:
        if sidecar.process.stdin is not None:
            sidecar.process.stdin.close()
        sidecar.wait_for_driver()
        assert sidecar.get("/health").status == 200
        assert sidecar.process.poll() is None


# A parent that starts a sidecar with the flags given, and sleeps. The sidecar's ready line goes to
# the parent's own standard output.
PARENT = """
import os, subprocess, sys, time
flags = [str(os.getpid()) if flag == "PID" else flag for flag in sys.argv[1:]]
child = subprocess.Popen([sys.executable, *flags], stdin=subprocess.PIPE)
time.sleep(600)
"""


class Family:
    """A parent and the sidecar that it started."""

    def __init__(self, *flags: str) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(SIDECAR), "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
        )
        assert self.parent.stdout is not None
        ready = json.loads(self.parent.stdout.readline())
        self.port, self.pid = int(ready["port"]), int(ready["pid"])
        self.has_ended = False

    def wait_for_the_sidecars_end(self) -> None:
        """Its standard output ends with it."""
        assert self.parent.stdout is not None
        assert select.select([self.parent.stdout], [], [], PATIENCE_SECONDS)[0], "it lives on"
        assert self.parent.stdout.read() == b""
        self.has_ended = True

    def __enter__(self) -> Family:
        return self

    def __exit__(self, *_: object) -> None:
        if self.parent.poll() is None:
            self.parent.kill()
        self.parent.wait()
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
        assert self.parent.stdout is not None
        self.parent.stdout.close()


@posix_only
@pytest.mark.parametrize(
    "flags",
    [["--parent-pid", "PID"], ["--exit-on-stdin-close"]],
    ids=["parent-pid", "stdin"],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_the_death_of_its_parent_ends_it(flags: Sequence[str], number: int) -> None:
    with Family(*flags) as family:
        assert can_connect(family.port)
        died = time.monotonic()
        family.parent.send_signal(number)
        family.parent.wait()
        family.wait_for_the_sidecars_end()
        assert time.monotonic() - died < PARENT_GONE_SECONDS + GRACE_SECONDS
        assert is_free(family.port)


@posix_only
def test_the_death_of_its_parent_ends_it_while_a_request_runs() -> None:
    with Family("--parent-pid", "PID") as family:
        body = socket.create_connection(("127.0.0.1", family.port))
        body.sendall(
            f"POST /cancel HTTP/1.1\r\nHost: 127.0.0.1:{family.port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 16\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        assert body.recv(100).startswith(b"HTTP/1.1 100 ")
        died = time.monotonic()
        family.parent.kill()
        family.parent.wait()
        family.wait_for_the_sidecars_end()
        assert time.monotonic() - died < PARENT_GONE_SECONDS + GRACE_SECONDS
        body.close()


def test_a_parent_that_is_gone_already_ends_it() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with Sidecar("--parent-pid", str(gone.pid)) as sidecar:
        assert_clean_end(sidecar)


def test_a_parent_that_lives_lets_it_live() -> None:
    with Sidecar("--parent-pid", str(os.getpid())) as sidecar:
        sidecar.wait_for_driver()
        assert sidecar.process.poll() is None


# Standard streams and logs.


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


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_during_the_imports_ends_it_in_order(number: int, tmp_path: Path) -> None:
    # A module of the standard library that the sidecar imports is held up until the signal came.
    (tmp_path / "errno.py").write_text(
        "import time\nprint('importing', flush=True)\n"
        # Not one long sleep: a signal that comes just before it would be noticed behind it.
        "for _ in range(6000):\n    time.sleep(0.01)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.pop('errno', None)\nsys.path.insert(0, {str(tmp_path)!r})\n"
        "sys.meta_path.sort(key=lambda finder: getattr(finder, '__name__', '') != 'PathFinder')\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(SIDECAR), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**clean_environment(), "PYTHONPATH": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"importing\n"

    process.send_signal(number)

    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (0, b"")


def test_of_two_that_are_started_at_once_one_gets_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, str(SIDECAR), "--port", str(port)]
    both = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
        )
        for _ in range(2)
    ]

    loser = wait_for_either(both)
    winner = next(process for process in both if process is not loser)
    _, said = loser.communicate()

    assert loser.returncode == 3
    assert f"pid {winner.pid}" in said.decode()
    winner.terminate()
    assert winner.wait(PATIENCE_SECONDS) == 0


def wait_for_either(processes: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        for process in processes:
            if process.poll() is not None:
                return process
        time.sleep(0.01)  # nothing but poll tells of either of two processes
    raise AssertionError("both are running")


def test_an_ipv6_loopback_is_listened_on_where_there_is_one() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    with Sidecar("--host", "::1") as sidecar:
        answer = sidecar.get("/health", {"Host": f"[::1]:{sidecar.port}"})

        assert (answer.status, sidecar.ready["host"]) == (200, "::1")


def test_on_windows_the_port_is_bound_for_one_process_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Another option of the same level stands in for the one that only Windows has.
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    server = SidecarServer(
        lambda request: Response(204),
        lambda address: Guard(*address, (), None),
        load(["--port", "0"], {}),
    )

    bound_alone = server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    server.server_close()
    assert bound_alone
