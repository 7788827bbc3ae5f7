"""`--self-test`: the program checks that it has all it needs to do its work.

A frozen build can look healthy and still lack what only a login asks for. So it is made to load
everything the driver may need, to start itself as an app would, and to answer queries. Which ones
comes as JSON on standard input, in the form of /query-batch, so that passwords stand in no process
list; without any, no database is asked, and the last line says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from oracle.driver_imports import import_all, import_driver
from process.loopback_client import ask

OK, FAILED = 0, 1
ANSWER_SECONDS = 30.0
EXIT_SECONDS = 5.0
# RFC 6761: a name that no resolver knows. It has to be encoded by IDNA to be asked for.
UNKNOWN_HOST = "bücher.invalid"


class FailedCheckError(Exception):
    """What is wrong, in words."""


def run(environ: Mapping[str, str]) -> int:
    """Run all checks, a line on standard output for each; the exit code."""
    try:
        queries = _queries()
        _check("modules", _load_everything)
        with _sidecar(environ) as address:
            _check("/health", partial(_health, address))
            _check("/openapi.json", partial(_document, address))
            _check("a host name that is not ASCII", partial(_unknown_host, address))
            for number, query in enumerate(queries, 1):
                _check(f"query {number}", partial(_query, address, query))
        _say("ok    clean exit")
    except FailedCheckError as failure:
        _say(f"FAILED {failure}")
        return FAILED
    if not queries:
        _say("no query came on standard input: logging in was not tried")
    return OK


def _check(what: str, act: Callable[[], str]) -> None:
    try:
        found = act()
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise FailedCheckError(f"{what}: {type(error).__name__}: {error}") from error
    _say(f"ok    {what}: {found}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _queries() -> list[dict[str, Any]]:
    """What standard input asks for; nothing where there is none, or a terminal."""
    if sys.stdin is None or sys.stdin.isatty():
        return []
    text = sys.stdin.buffer.read()
    if not text.strip():
        return []
    try:
        queries = json.loads(text)["queries"]
    except (ValueError, KeyError, TypeError):
        raise FailedCheckError('standard input must be empty, or hold {"queries": [...]}') from None
    return list(queries)


def _load_everything() -> str:
    driver, *_ = import_driver()
    import_all()
    return f"oracledb {driver.version}, {len(sys.modules)} loaded"


@contextmanager
def _sidecar(environ: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """A sidecar of this same program, started as an app starts it, and ended in order.

    It logs into a file, which takes modules of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        log_file = os.path.join(folder, "sidecar.log")
        try:
            with _started(environ, "--log-file", log_file) as address:
                yield address
        except FailedCheckError:
            if os.path.exists(log_file):
                with open(log_file, encoding="utf-8") as log:
                    sys.stderr.write(log.read())
            raise
        if not os.path.getsize(log_file):
            raise FailedCheckError("its log file is empty")


@contextmanager
def _started(environ: Mapping[str, str], *flags: str) -> Iterator[tuple[str, int]]:
    program = [sys.executable]
    if not getattr(sys, "frozen", False):
        program.append(os.path.join(os.path.dirname(os.path.dirname(__file__)), "sidecar.py"))
    process = subprocess.Popen(  # noqa: S603 - nothing but this program itself
        [*program, "--port", "0", "--exit-on-stdin-close", *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A one-file program that starts itself would otherwise be taken for its own second half.
        env={**environ, "PYINSTALLER_RESET_ENVIRONMENT": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline() or b"{}")
        if "port" not in ready:
            raise FailedCheckError("it did not start; standard error says why")
        yield ready["host"], ready["port"]
        process.stdin.close()
        code = process.wait(EXIT_SECONDS)
        if code != 0:
            raise FailedCheckError(f"it ended with exit code {code}")
    except subprocess.TimeoutExpired:
        raise FailedCheckError(
            f"it did not end within {EXIT_SECONDS:g} s of its input's end"
        ) from None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _health(address: tuple[str, int]) -> str:
    give_up = time.monotonic() + ANSWER_SECONDS
    while True:
        status, health = ask(address, "/health")
        if status != 200 or health["driver"] == "missing":
            raise ValueError(f"status {status}, driver {health.get('driver')}")
        if health["driver"] != "loading":
            return f"version {health['version']}, {health['driver']}"
        if time.monotonic() > give_up:
            raise ValueError("the driver was not loaded in time")
        time.sleep(0.02)  # there is nothing to wait on but the answer itself


def _document(address: tuple[str, int]) -> str:
    _, document = ask(address, "/openapi.json")
    return f"{len(document['paths'])} paths"


def _unknown_host(address: tuple[str, int]) -> str:
    target = {"connect_string": f"{UNKNOWN_HOST}:1521/x", "username": "u", "password": "p"}
    _, answer = ask(address, "/test-connection", {"connection": target}, ANSWER_SECONDS)
    code = str(answer["detail"]["full_code"])
    # Without a network the resolver itself may not answer; what is asked is whether it was asked.
    if code not in ("ORA-12545", "ORA-12170"):
        raise ValueError(f"{code}: {answer['detail']['message']}")
    return code


def _query(address: tuple[str, int], query: dict[str, Any]) -> str:
    """A login of its own, and then the query."""
    status, login = ask(
        address, "/test-connection", {"connection": query.get("connection")}, ANSWER_SECONDS
    )
    if status != 200:
        raise ValueError(f"login: status {status}, {login['detail']['message']}")
    status, rows = ask(address, "/query", query, ANSWER_SECONDS)
    if status != 200:
        raise ValueError(f"status {status}, {rows['detail']['message']}")
    return f"{rows['row_count']} rows, {len(rows['columns'])} columns, {login['server_version']}"
