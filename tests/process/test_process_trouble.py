"""A process whose surroundings fail it: full pipes, strangers, no descriptors, no threads."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import (
    FROM_SOURCE,
    PATIENCE_SECONDS,
    Sidecar,
    clean_environment,
    connection,
    run_sidecar,
)
from tests.process.probes import started_with, wait_until

posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def a_pid_that_is_gone() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def health_of(port: int) -> dict[str, object]:
    """Of a sidecar whose ready line nobody read; waits until it answers."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as sock:
                sock.sendall(f"GET /health HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: sock.recv(4096), b""))
                return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))
        except ConnectionError:
            assert time.monotonic() < give_up
            time.sleep(0.02)  # it has no other way to say that it listens


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@posix_only
def test_a_full_pipe_for_the_ready_line_keeps_nothing_from_working() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    port = a_free_port()
    process = subprocess.Popen(
        [*FROM_SOURCE, "--port", str(port), "--exit-on-stdin-close"],
        stdin=subprocess.PIPE,
        stdout=writer,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    os.close(writer)
    try:
        assert health_of(port)["pid"] == process.pid
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reader)


@posix_only
@pytest.mark.parametrize("is_blocking", [True, False], ids=["blocking", "not blocking"])
def test_standard_input_that_is_silent_has_not_ended(is_blocking: bool) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, is_blocking)
    with Sidecar("--exit-on-stdin-close", stdin=reader) as sidecar:
        os.close(reader)
        os.write(writer, b"noise")
        sidecar.wait_for_driver()
        assert sidecar.process.poll() is None
        os.close(writer)
        assert sidecar.process.wait(PATIENCE_SECONDS) == 0


@posix_only
def test_a_bootloader_that_was_gone_before_anybody_looked_is_missed(tmp_path: Path) -> None:
    folder = tmp_path / f"_MEI{a_pid_that_is_gone():08x}x1"
    folder.mkdir()
    with Sidecar(command=started_with(f"sys._MEIPASS = {str(folder)!r}")) as sidecar:
        assert sidecar.process.wait(PATIENCE_SECONDS) == 0
    assert not folder.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("closed", [False, True], ids=["full", "closed"])
def test_the_exit_code_speaks_where_standard_error_cannot(closed: bool) -> None:
    with open("/dev/full", "w", encoding="ascii") as full, Sidecar() as holder:
        for flags, code in ((["--port", "x"], 2), (["--port", str(holder.port)], 3)):
            command = [*FROM_SOURCE, *flags]
            done = subprocess.run(
                ["sh", "-c", 'exec "$@" 2>&-', "sh", *command] if closed else command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=full,
                env=clean_environment(),
                timeout=PATIENCE_SECONDS,
                check=False,
            )
            assert done.returncode == code


# A program whose files are moved or deleted while it runs.

# What PyInstaller's importer does where its archive is gone, from the moment on at which a file is
# there; a name narrows it.
GONE = """
import os, sys
class Gone:
    def find_spec(name, path=None, target=None):
        is_of_files = name not in sys.builtin_module_names
        if is_of_files and name.startswith({name!r}) and os.path.exists({flag!r}):
            raise SystemExit("the archive is gone: " + name)
sys.meta_path.insert(0, Gone)
"""


def whose_files_go(flag: Path, name: str = "") -> tuple[str, ...]:
    return started_with(f"exec({GONE.format(name=name, flag=str(flag))!r})")


def test_a_program_whose_files_are_gone_goes_on(
    database: FakeOracle, tls_database: FakeOracle, wallet: str, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    command = whose_files_go(gone)
    with Sidecar("--log-level", "debug", command=command) as sidecar:
        sidecar.wait_for_log("all is loaded")
        gone.touch()
        plain = connection(database.dsn())
        secure = connection(tls_database.tcps_dsn(), wallet_location=wallet)
        unknown = connection("bücher.invalid:1521/x")
        everything = (
            "SELECT c.*, SYSTIMESTAMP AT TIME ZONE 'Asia/Jakarta' AS z, TO_CLOB('é') AS l, "
            "INTERVAL '1' DAY AS i, HEXTORAW('FF') AS r FROM app_config c"
        )

        for target in (plain, secure):
            answer = sidecar.post("/test-connection", {"connection": target})
            assert answer.status == 200, answer.body
            answer = sidecar.post("/query", {"connection": target, "sql": everything})
            assert answer.status == 200, answer.body
        failed = sidecar.post("/query", {"connection": unknown, "sql": "SELECT 1 FROM dual"})
        assert failed.detail["full_code"] in ("ORA-12545", "ORA-12170")
        wrong = {"connection": plain, "sql": "SELECT \u2028 FROM nowhere", "binds": ["\u202e"]}
        assert sidecar.post("/query-batch", {"queries": [wrong, wrong]}).status == 200
        assert sidecar.get("/openapi.json").status == 200
        health = sidecar.get("/health")

        assert (health.status, health.json["status"]) == (200, "ok")
        assert sidecar.terminate() == 0
        assert "the archive is gone" not in sidecar.log_text()


@pytest.mark.parametrize(
    ("name", "full_code"),
    [("handlers", "INTERNAL"), ("oracledb", "DPY-3016"), ("cryptography", "DPY-3016")],
)
def test_files_that_are_gone_too_soon_are_told_and_seen_in_health(
    database: FakeOracle, tmp_path: Path, name: str, full_code: str
) -> None:
    gone = tmp_path / "gone"
    gone.touch()
    with Sidecar(command=whose_files_go(gone, name)) as sidecar:
        query = {"connection": connection(database.dsn()), "sql": "SELECT 1 FROM dual"}
        answer = sidecar.post("/query", query)
        assert (answer.status, answer.detail["full_code"]) == (500, full_code)
        wait_until(
            lambda: sidecar.get("/health").status == 503, "it goes on saying that it is well"
        )
        assert sidecar.get("/health").json["status"] == "failed"
        sidecar.wait_for_log(f"the archive is gone: {name}")
        assert sidecar.terminate() == 0


# Strangers on a port that is taken.


@contextmanager
def stranger(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Somebody who holds a port, and talks to who asks there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                while True:
                    sock, _ = listener.accept()
                    with sock:
                        talk(sock)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def drip(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x")
        time.sleep(0.05)


def flood(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x" * 1_000_000)


@pytest.mark.parametrize("talk", [drip, flood], ids=lambda talk: talk.__name__)
def test_a_stranger_on_the_port_who_talks_for_ever_is_not_listened_to(
    talk: Callable[[socket.socket], None],
) -> None:
    with stranger(talk) as port:
        started = time.monotonic()
        done = run_sidecar("--port", str(port))

    assert done.returncode == 3
    assert "is taken; choose another" in done.stderr
    assert time.monotonic() - started < 5.0


# Being told to stop.


def test_a_shutdown_is_answered_without_any_time_for_it() -> None:
    token = {"Authorization": "Bearer secret"}
    for _ in range(10):
        with Sidecar("--drain-timeout", "0", env={"ORACLE_SIDECAR_TOKEN": "secret"}) as sidecar:
            answer = sidecar.post("/shutdown", {}, token)
            assert answer.status == 202
            assert sidecar.process.wait(PATIENCE_SECONDS) == 0


def test_shutdowns_at_once_are_one() -> None:
    """Who asks twice does not cut the time that others have to end their requests."""
    environment = {"ORACLE_SIDECAR_TOKEN": "secret"}
    with (
        Sidecar("--drain-timeout", "60", env=environment) as sidecar,
        sidecar.connect() as slow,
        ExitStack() as stack,
    ):
        half = b"POST /cancel HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer secret\r\n"
        half += b"Content-Type: application/json\r\nContent-Length: 16\r\n"
        half += b"Expect: 100-continue\r\n\r\n"
        slow.sendall(half % sidecar.port)
        assert slow.recv(4096).startswith(b"HTTP/1.1 100 ")
        callers = [stack.enter_context(sidecar.connect()) for _ in range(5)]
        for caller in callers:  # each has its thread before the first shutdown
            caller.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % sidecar.port)
            assert caller.recv(4096).startswith(b"HTTP/1.1 200 ")
        shutdown = b"POST /shutdown HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % sidecar.port
        shutdown += b"Authorization: Bearer secret\r\nContent-Length: 0\r\n\r\n"
        for caller in callers:
            caller.sendall(shutdown)
        statuses = [int(caller.recv(4096).split()[1]) for caller in callers]

        assert set(statuses) <= {202, 503}
        assert 202 in statuses
        slow.sendall(b'{"query_id":"x"}')
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert sidecar.process.wait(PATIENCE_SECONDS) == 0


# Descriptors and threads.


@linux_only
def test_the_limit_for_descriptors_is_raised() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 3000))"
    with Sidecar(command=started_with(limited)) as sidecar:
        sidecar.wait_for_driver()
        limits = Path(f"/proc/{sidecar.process.pid}/limits").read_text(encoding="ascii")
    assert re.search(r"^Max open files\s+3000\s+3000\s", limits, re.MULTILINE)


@linux_only
def test_the_process_leaves_no_core_dump() -> None:
    allowed = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))"
    with Sidecar(command=started_with(allowed)) as sidecar:
        sidecar.wait_for_driver()
        limits = Path(f"/proc/{sidecar.process.pid}/limits").read_text(encoding="ascii")
    assert re.search(r"^Max core file size\s+0\s+4096\s", limits, re.MULTILINE)


@posix_only
def test_a_token_file_that_others_can_read_is_told_of_in_the_log(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret")
    file.chmod(0o644)
    with Sidecar("--token-file", str(file)) as sidecar:
        assert "WARNING sidecar" in sidecar.wait_for_log("other users can read the token file")


@posix_only
def test_idle_connections_give_way_when_descriptors_run_out() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))"
    with Sidecar(command=started_with(limited)) as sidecar, ExitStack() as stack:
        sidecar.wait_for_driver()
        for _ in range(60):
            stack.enter_context(sidecar.connect())
        for _ in range(20):
            assert sidecar.get("/health").status == 200
        sidecar.wait_for_log("cannot accept a connection")
        assert sidecar.log_text().count("cannot accept a connection") == 1


def test_a_connection_for_which_there_is_no_thread_is_refused_and_forgotten() -> None:
    failing = (
        "import threading; start = threading.Thread.start; left = [3];"
        "threading.Thread.start = lambda self: (left.append(left.pop() - 1), (_ for _ in ())"
        ".throw(RuntimeError('no more threads'))) "
        "if self.name == 'connection' and left[0] > 0 else start(self)"
    )
    with Sidecar("--max-connections", "2", command=started_with(failing)) as sidecar:
        for _ in range(3):
            assert sidecar.get("/health").status == 503
        # Were they still counted, there would be no place for this one.
        assert sidecar.get("/health").status == 200
        sidecar.wait_for_log("no thread for a connection: no more threads")
