"""Everything that is measured, or measured against, runs in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .load import Caller, fetch_json, make_request
from .measuring import Seconds

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEER = HERE / "fastapi_peer"
PEER_VENV = HERE / ".venv"
RUST_PEER = HERE / "rust_peer"
NODE_PEER = HERE / "node_peer"
START_SECONDS = 30.0
NDJSON = "application/x-ndjson"
USER, PASSWORD = "compare", "compare_pw"


class Process:
    """A child that says a JSON line when it is ready. A context manager that ends it."""

    def __init__(self, *command: str, lines: Sequence[str] | None = None) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ORACLE_SIDECAR_")}
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if lines is not None:
            assert self.process.stdin is not None
            self.process.stdin.write("".join(line + "\n" for line in lines))
            self.process.stdin.close()

    @property
    def pid(self) -> int:
        return self.process.pid

    def next_line(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended")
        return json.loads(line)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Database(Process):
    """The stand-in with its table of any length."""

    def __init__(self) -> None:
        super().__init__(sys.executable, "-m", "tests.fake_oracle", "--port", "0", "--bench")
        self.dsn = f"127.0.0.1:{self.next_line()['port']}/BENCH"

    @property
    def connection(self) -> dict[str, str]:
        return {"connect_string": self.dsn, "username": USER, "password": PASSWORD}


class FarDatabase(Process):
    """A database behind a proxy that delays each way by so many milliseconds."""

    def __init__(self, database: Database, milliseconds: float) -> None:
        address, _, service = database.dsn.partition("/")
        super().__init__(sys.executable, "-m", "benchmarks.delaying", address, f"{milliseconds:g}")
        self.dsn = f"127.0.0.1:{self.next_line()['port']}/{service}"

    @property
    def connection(self) -> dict[str, str]:
        return {"connect_string": self.dsn, "username": USER, "password": PASSWORD}


class Server(Process):
    """The sidecar or its peer: something on a port that answers queries."""

    port: int

    def request(
        self,
        path: str,
        database: Database | FarDatabase,
        rows: int,
        *,
        max_rows: int = 0,
        accept: str = "application/json",
        sql: str | None = None,
    ) -> bytes:
        """A request for so many rows of the table, or for those of a statement."""
        asked = rows_sql(rows) if sql is None else sql
        body = {"connection": database.connection, "sql": asked, "max_rows": max_rows}
        return make_request(path, body, accept, self.port)

    def caller(self) -> Caller:
        return Caller(self.port)

    def json(self, request: bytes) -> Any:
        return fetch_json(self.port, request)


class Sidecar(Server):
    def __init__(self, *program: str) -> None:
        command = program or (sys.executable, str(ROOT / "sidecar.py"))
        super().__init__(*command, "--port", "0")
        self.port = self.next_line()["port"]

    def wait_for_driver(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while self.json(make_request("/health", port=self.port))["driver"] == "loading":
            assert time.monotonic() < give_up, "the driver was not loaded"
            time.sleep(0.02)  # there is nothing to wait on but the answer itself


class Peer(Server):
    """FastAPI and uvicorn, in an environment of their own."""

    def __init__(self, *program: str) -> None:
        self.port = _free_port()
        command = program or (str(peer_python()), str(PEER / "app.py"))
        super().__init__(*command, "--port", str(self.port))
        give_up = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            assert time.monotonic() < give_up, "the peer does not listen"
            assert self.process.poll() is None, "the peer ended"
            time.sleep(0.002)  # uvicorn says nothing on standard output


class ForeignPeer(Server):
    """The same contract, as far as it goes, on one of Oracle's drivers for another language."""

    def __init__(self, *command: str) -> None:
        super().__init__(*command)
        self.port = self.next_line()["port"]


class Floor(Process):
    """The driver used directly."""

    def __init__(self, database: Database | FarDatabase) -> None:
        super().__init__(sys.executable, "-m", "benchmarks.floor", database.dsn, USER, PASSWORD)
        self.driver = self.next_line()["driver"]

    def measure(
        self, operation: str, rows: int, times: int = 1, array_size: int | None = None
    ) -> list[Seconds]:
        """array_size: None for what is best for it."""
        assert self.process.stdin is not None
        order = {"op": operation, "sql": rows_sql(rows), "times": times, "array_size": array_size}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return [float(seconds) for seconds in self.next_line()]


class Readers(Process):
    """Somebody who reads answers, one after the other, on as many connections as requests."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        lines = [json.dumps(request.decode()) for request in requests]
        super().__init__(sys.executable, "-m", "benchmarks.readers", str(port), lines=lines)
        self.next_line()


class Checkout:
    """Another commit of this repository, in a folder that goes with the context."""

    def __init__(self, commit: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.program = Path(self._folder.name) / "tree" / "sidecar.py"
        self._git("add", "--detach", str(self.program.parent), commit)

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", "worktree", *arguments], cwd=ROOT, check=True, capture_output=True)

    def __enter__(self) -> Checkout:
        return self

    def __exit__(self, *_: object) -> None:
        self._git("remove", "--force", str(self.program.parent))
        self._folder.cleanup()


def rows_sql(rows: int) -> str:
    return f"SELECT * FROM BENCH_ROWS WHERE ROWNUM <= {rows}"


def peer_python() -> Path:
    """The peer's interpreter; its environment is made on first use."""
    python = PEER_VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = PEER_VENV / "requirements.txt"
    wanted = (PEER / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making {PEER_VENV.relative_to(ROOT)} for FastAPI ...", file=sys.stderr)
        venv.create(PEER_VENV, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", "-r", str(PEER / "requirements.txt")]
        subprocess.run(install, check=True)
        stamp.write_text(wanted)
    return python


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
