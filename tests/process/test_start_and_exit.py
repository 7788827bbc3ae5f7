"""The start seen from outside: the ready line, ports, settings and the codes it exits with."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
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
from tests.process.probes import TOKEN, told_with_pid

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


def test_an_ipv6_loopback_is_listened_on_where_there_is_one() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    with Sidecar("--host", "::1") as sidecar:
        answer = sidecar.get("/health", {"Host": f"[::1]:{sidecar.port}"})

        assert (answer.status, sidecar.ready["host"]) == (200, "::1")


# A port that is taken.


def refused(port: int) -> str:
    """What a start at the port says."""
    ended = run_sidecar("--port", str(port))
    assert (ended.returncode, ended.stdout) == (3, "")
    return ended.stderr


def test_a_port_that_another_sidecar_holds_names_it(sidecar: Sidecar) -> None:
    said = told_with_pid(lambda: refused(sidecar.port))

    assert_one_sentence(said, "--port")
    assert f"pid {sidecar.process.pid}" in said
    assert str(sidecar.port) in said
    assert sidecar.get("/health").status == 200


def test_a_port_that_a_guarded_sidecar_holds_names_it_too() -> None:
    with Sidecar(env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as guarded:
        said = told_with_pid(lambda: refused(guarded.port))
        assert f"pid {guarded.process.pid}" in said


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
    _, told = loser.communicate()

    assert loser.returncode == 3
    # The winner may have been too busy with its own start to say who it is.
    said = told.decode() if b"pid" in told else told_with_pid(lambda: refused(port))
    assert f"pid {winner.pid}" in said
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
        "query_timeout": 55,
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
