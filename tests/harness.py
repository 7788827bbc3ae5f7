"""A sidecar in a process of its own, and the few ways in which tests talk to it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIDECAR = ROOT / "sidecar.py"
PATIENCE_SECONDS = 20.0
# What the tests start: the source, or a program that was built from it.
PROGRAM = os.environ.get("ORACLE_SIDECAR_TEST_PROGRAM")
FROM_SOURCE = (sys.executable, str(SIDECAR))
COMMAND = FROM_SOURCE if PROGRAM is None else (PROGRAM,)
# For tests of what is told of statements that are stopped, on a busy machine, too.
PATIENT = (sys.executable, "-m", "tests.tools.patient_sidecar")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read to its end. headers: by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> dict[str, Any]:
        """The one error shape."""
        detail = self.json["detail"]
        assert list(detail) == ["code", "message", "hint", "full_code", "retryable"]
        return dict(detail)


class Sidecar:
    """A running sidecar on a port of its own. A context manager; stop() may be called before."""

    def __init__(
        self,
        *flags: str,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        stdin: int | None = subprocess.DEVNULL,
    ) -> None:
        self.process = subprocess.Popen(
            [*command, "--port", "0", *flags],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean_environment(), **(env or {})},
        )
        self._log: list[str] = []
        self._logged = threading.Condition()
        threading.Thread(target=self._read_log, daemon=True).start()
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline().decode()
        if not self.ready_line:
            raise AssertionError(f"the sidecar did not start: {self.log_text()}")
        self.ready = json.loads(self.ready_line)
        self.host, self.port = self.ready["host"], int(self.ready["port"])

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._logged:
                self._log.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._logged.notify_all()

    def log_text(self) -> str:
        """All that standard error said so far."""
        with self._logged:
            return "\n".join(self._log)

    def wait_for_log(self, words: str, count: int = 1) -> str:
        """The last of `count` lines that hold `words`; waits for them."""

        def found() -> list[str]:
            return [line for line in self._log if words in line]

        with self._logged:
            self._logged.wait_for(lambda: len(found()) >= count, 10)
            lines = found()
        assert len(lines) >= count, f"{words!r} was not logged:\n{self.log_text()}"
        return lines[count - 1]

    def connect(self) -> socket.socket:
        """A bare TCP connection, for tests of bytes."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_SECONDS)

    def http(self) -> http.client.HTTPConnection:
        """A keep-alive connection; the caller closes it."""
        return http.client.HTTPConnection(self.host, self.port, timeout=60)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = self.http()
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, value: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST a JSON value."""
        body = json.dumps(value).encode()
        return self.request(
            "POST", path, body, {"Content-Type": "application/json", **(headers or {})}
        )

    def wait_for_driver(self) -> None:
        """Until /health says that the driver has been loaded."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while self.get("/health").json["driver"] == "loading":
            assert time.monotonic() < give_up, "the driver was not loaded"
            time.sleep(0.02)  # there is nothing to wait on but the answer itself

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def __enter__(self) -> Sidecar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def connection(
    dsn: str, username: str = "compare", password: str = "compare_pw", **more: object
) -> dict[str, object]:
    """A connection object of the contract."""
    return {"connect_string": dsn, "username": username, "password": password, **more}


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of a sidecar."""
    return {k: v for k, v in os.environ.items() if not k.startswith("ORACLE_SIDECAR_")}


def run_sidecar(
    *flags: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one that is expected to end by itself."""
    return subprocess.run(
        [*COMMAND, *flags],
        env={**clean_environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
