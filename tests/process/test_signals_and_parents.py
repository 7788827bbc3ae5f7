"""The end seen from outside: signals, /shutdown, and parents that are gone."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.harness import FROM_SOURCE, PATIENCE_SECONDS, ROOT, SIDECAR, Sidecar, clean_environment
from tests.process.probes import LOG_LINE, TOKEN, can_connect, posix_only, wait_until

PARENT_GONE_SECONDS = 2.0
# What a busy machine may need beyond the time that is promised.
GRACE_SECONDS = 5.0


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


# The end.


def assert_clean_end(sidecar: Sidecar) -> None:
    assert sidecar.process.wait(PATIENCE_SECONDS) == 0
    sidecar.wait_for_log("stopped")
    for line in sidecar.log_text().splitlines():
        assert LOG_LINE.fullmatch(line), line
    assert not can_connect(sidecar.port)


STOPS = ["SIGTERM", "SIGINT", "SIGHUP"]


@posix_only
@pytest.mark.parametrize("name", STOPS)
def test_a_signal_ends_it_in_order(name: str) -> None:
    number = getattr(signal, name)
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
@pytest.mark.parametrize("name", STOPS)
def test_a_signal_during_the_imports_ends_it_in_order(name: str, tmp_path: Path) -> None:
    number = getattr(signal, name)
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
def test_a_closed_terminal_does_not_end_what_nohup_started() -> None:
    with Sidecar(command=("nohup", *FROM_SOURCE)) as sidecar:
        sidecar.process.send_signal(signal.SIGHUP)
        assert sidecar.get("/health").status == 200
        assert sidecar.terminate() == 0


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


# A shell with job control: it has a terminal of its own, starts a sidecar in its background, says
# so, and brings it to the foreground once it is told to.
SHELL = """
import fcntl, os, signal, subprocess, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen(sys.argv[1:], preexec_fn=lambda: os.setpgid(0, 0))
os.read(3, 1)
os.tcsetpgrp(0, child.pid)
code = child.wait()
sys.exit(code)
"""


@posix_only
def test_in_the_background_of_a_terminal_it_goes_on_until_its_input_ends() -> None:
    controller, terminal = os.openpty()
    told, tell = os.pipe()
    shell = subprocess.Popen(
        [
            *(sys.executable, "-c", SHELL.replace("os.read(3", f"os.read({told}")),
            *(*FROM_SOURCE, "--port", "0", "--exit-on-stdin-close"),
        ],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[told],
        env=clean_environment(),
    )
    os.close(terminal)
    assert shell.stdout is not None
    try:
        assert select.select([shell.stdout], [], [], PATIENCE_SECONDS)[0], "it was stopped"
        port = json.loads(shell.stdout.readline())["port"]
        for _ in range(3):
            assert can_connect(port)
            time.sleep(0.3)  # that nothing happens has no event
        os.write(tell, b"x")
        os.write(controller, b"\x04")  # what Ctrl-D sends
        assert shell.wait(PATIENCE_SECONDS) == 0
    finally:
        shell.kill()
        shell.wait()
        shell.stdout.close()
        for descriptor in (controller, told, tell):
            os.close(descriptor)


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
