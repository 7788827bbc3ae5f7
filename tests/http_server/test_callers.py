"""Callers that misbehave: slow, idle, many, gone silent in the middle, or after the logs."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import PATIENCE_SECONDS, ROOT, SIDECAR, Answer, Sidecar, connection
from tests.http_server.wire import CHUNKED, JSON_TYPE, QUERY_ID, Wire, make_busy, make_idle

CANCELLED = {"cancelled": False}
# So many sockets of ours, and as many of the sidecar's, fit any machine's limit.
CROWD = 500
# "At once", on a machine that is busy with other things.
AT_ONCE_SECONDS = 5.0
LARGE = "SELECT LEVEL AS n, RPAD('x', 1000, 'x') AS text FROM dual CONNECT BY LEVEL <= 5000000"


def wait_until(true: Callable[[], bool], what: str) -> None:
    """For what no event tells of."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def assert_served_at_once(sidecar: Sidecar) -> None:
    started = time.monotonic()
    assert sidecar.get("/health").status == 200
    assert sidecar.post("/cancel", {"query_id": "x"}).json == CANCELLED
    assert time.monotonic() - started < AT_ONCE_SECONDS


class Footprint:
    """What a process holds: threads, descriptors, memory. Only Linux shows it to others."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._process = Path(f"/proc/{sidecar.process.pid}")
        if not self._process.exists():
            pytest.skip("this platform does not tell what a process holds in /proc")
        self.threads, self.descriptors, self.memory_kib = self._now()

    def _now(self) -> tuple[int, int, int]:
        status = (self._process / "status").read_text(encoding="ascii")
        memory = re.search(r"VmRSS:\s*(\d+)", status)
        assert memory is not None
        return (
            len(os.listdir(self._process / "task")),
            len(os.listdir(self._process / "fd")),
            int(memory.group(1)),
        )

    def assert_back_to_normal(self) -> None:
        """No thread and no descriptor more than before, once all have had time to end.

        Memory is not always given back to the system: it is held to a bound instead.
        """
        # A thread of the sidecar's own (hang-ups, alarms) may have started meanwhile.
        wait_until(lambda: self._now()[0] <= self.threads + 2, f"threads are left: {self._now()}")
        wait_until(
            lambda: self._now()[1] <= self.descriptors + 2, f"descriptors are left: {self._now()}"
        )
        assert self._now()[2] - self.memory_kib < 48_000


def with_limits(*flags: str, **seconds: float) -> Sidecar:
    """A sidecar with other time limits for readers who take nothing, which are no settings."""
    changed = "; ".join(f"connection.{name} = {value}" for name, value in seconds.items())
    start = (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r});"
        f"from http_server import connection; {changed};"
        f"runpy.run_path({str(SIDECAR)!r}, run_name='__main__')"
    )
    return Sidecar(*flags, command=(sys.executable, "-c", start))


@pytest.fixture(name="impatient", scope="module")
def _impatient() -> Iterator[Sidecar]:
    """A sidecar whose time limits are short enough to wait for."""
    limits = ("--header-timeout", "2", "--body-timeout", "2", "--keep-alive-timeout", "1")
    with with_limits(*limits, WRITE_SECONDS=1.0) as running:
        running.wait_for_driver()
        yield running


@pytest.fixture(name="yielding", scope="module")
def _yielding() -> Iterator[Sidecar]:
    """One whose readers give way soon, and are gone late."""
    with with_limits(GIVE_WAY_SECONDS=0.3, LOOK_SECONDS=0.1) as running:
        running.wait_for_driver()
        yield running


# Slow senders.


def half_a_head(wire: Wire) -> None:
    wire.send(b"POST /cancel HTTP/1.1\r\n" + wire.host + b"X-Slow: ")


def half_a_body(wire: Wire) -> None:
    wire.post(b"Content-Length: 16\r\n", QUERY_ID[:8])


def half_a_chunk(wire: Wire) -> None:
    wire.post(CHUNKED, b"10\r\n" + QUERY_ID[:8])


@pytest.mark.parametrize("send_half", [half_a_head, half_a_body, half_a_chunk])
def test_slow_senders_hold_their_own_connections_only_and_not_for_ever(
    impatient: Sidecar, send_half: Callable[[Wire], None]
) -> None:
    footprint = Footprint(impatient)
    with ExitStack() as open_ones:
        slow = []
        for _ in range(100):
            slow.append(open_ones.enter_context(Wire(impatient)))
            send_half(slow[-1])

        assert_served_at_once(impatient)

        for wire in slow:
            answer = wire.answer()
            assert (answer.status, answer.detail["full_code"]) == (408, "TOO_SLOW")
            assert wire.rest() == b""
    footprint.assert_back_to_normal()


def test_senders_who_go_on_sending_a_little_gain_no_time(impatient: Sidecar) -> None:
    with Wire(impatient) as head, Wire(impatient) as body:
        half_a_head(head)
        body.post(b"Content-Length: 1000000\r\n")
        started = time.monotonic()
        waiting = {head.socket, body.socket}
        while waiting:
            for sock in waiting:
                sock.sendall(b" ")
            waiting -= set(select.select(waiting, [], [], 0.1)[0])
            assert time.monotonic() - started < PATIENCE_SECONDS
        assert head.answer().status == body.answer().status == 408


def test_a_slow_sender_within_the_limits_is_served(sidecar: Sidecar) -> None:
    with Wire(sidecar) as wire:
        half_a_head(wire)
        time.sleep(0.5)  # what is tested is that time passes
        wire.send(b"yes\r\n" + JSON_TYPE + b"Content-Length: 16\r\n\r\n" + QUERY_ID[:8])
        time.sleep(0.5)
        wire.send(QUERY_ID[8:])
        assert wire.answer().json == CANCELLED


def test_slow_bodies_that_fill_every_place_give_them_back_in_time() -> None:
    with Sidecar("--max-connections", "8", "--body-timeout", "2") as capped:
        slow = [make_busy(capped) for _ in range(8)]
        refused = capped.get("/health")
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")

        for wire in slow:
            assert wire.answer().status == 408

        wait_until(lambda: capped.get("/health").status == 200, "no place became free")
        for wire in slow:
            wire.socket.close()


# Crowds.


def say_nothing(sidecar: Sidecar) -> Wire:
    return Wire(sidecar)


def begin_a_head(sidecar: Sidecar) -> Wire:
    wire = Wire(sidecar)
    wire.send(b"GET /hea")
    return wire


@pytest.mark.parametrize("come", [say_nothing, make_idle, begin_a_head])
def test_five_hundred_idle_connections_do_not_stop_the_next_caller(
    sidecar: Sidecar, come: Callable[[Sidecar], Wire]
) -> None:
    footprint = Footprint(sidecar)
    crowd: list[Wire] = []
    for number in range(CROWD):
        crowd.append(come(sidecar))
        if number % 100 == 99:
            assert_served_at_once(sidecar)
            # Those beyond the cap had to go, so that threads do not grow with callers.
            wait_until(
                lambda: Footprint(sidecar).threads <= footprint.threads + 130, "too many threads"
            )
    # The longest idle ones gave way; the last ones are still served.
    assert crowd[0].rest() == b""
    last = crowd[-1]
    last.send(b"lth HTTP/1.1\r\n" + last.host + b"\r\n") if come is begin_a_head else last.get()
    assert last.answer().status == 200

    for wire in crowd:
        wire.socket.close()
    footprint.assert_back_to_normal()
    assert_served_at_once(sidecar)


def test_a_crowd_that_calls_at_once_is_answered_or_told_to_come_back(sidecar: Sidecar) -> None:
    footprint = Footprint(sidecar)
    crowd = [Wire(sidecar) for _ in range(100)]
    for _ in range(5):
        for wire in crowd:
            wire.get("/openapi.json")
        assert {wire.answer().status for wire in crowd} == {200}
    for wire in crowd:
        wire.socket.close()
    footprint.assert_back_to_normal()


# Half-open connections.


def test_a_caller_who_closes_his_side_still_gets_his_answer(sidecar: Sidecar) -> None:
    with Wire(sidecar) as wire:
        wire.get("/openapi.json")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.answer().status == 200
        assert wire.rest() == b""


@pytest.mark.parametrize("send_half", [half_a_head, half_a_body, half_a_chunk])
def test_a_request_that_ends_in_its_middle_is_no_request(
    sidecar: Sidecar, send_half: Callable[[Wire], None]
) -> None:
    footprint = Footprint(sidecar)
    for _ in range(20):
        with Wire(sidecar) as wire:
            send_half(wire)
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.rest() == b""
    footprint.assert_back_to_normal()


# Slow readers.


class StoppedReader:
    """A caller who asked for a large answer, read its first bytes, and reads no more."""

    def __init__(self, sidecar: Sidecar, database: FakeOracle, **more: object) -> None:
        query = {"connection": connection(database.dsn()), "sql": LARGE, "max_rows": None, **more}
        self.socket = socket.socket()
        # Small, so that the sidecar's writes come to a stand soon.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((sidecar.host, sidecar.port))
        body = json.dumps(query).encode()
        self.socket.sendall(
            b"POST /query HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % sidecar.port
            + JSON_TYPE
            + b"Content-Length: %d\r\n\r\n" % len(body)
            + body
        )
        assert self.socket.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")

    def read_on(self) -> bytes:
        """The last bytes that there are, of a whole answer or one that was cut off."""
        last = b""
        try:
            while not last.endswith(b"0\r\n\r\n") and (received := self.socket.recv(65_536)):
                last = (last + received)[-100:]
        except ConnectionError:
            pass
        return last


def busy_sessions(sidecar: Sidecar, database: FakeOracle) -> int:
    pools = sidecar.get("/pools").json["pools"]
    return sum(pool["busy"] for pool in pools if database.dsn() in pool["key"])


def ask(sidecar: Sidecar, database: FakeOracle) -> Answer:
    return sidecar.post(
        "/query", {"connection": connection(database.dsn()), "sql": "SELECT 1 AS a FROM dual"}
    )


def test_a_reader_who_stops_is_cut_off_and_his_session_freed(
    impatient: Sidecar, database: FakeOracle
) -> None:
    assert ask(impatient, database).status == 200
    footprint = Footprint(impatient)
    reader = StoppedReader(impatient, database)
    assert busy_sessions(impatient, database) == 1

    # It holds its own session, and no more than that.
    assert ask(impatient, database).json["rows"] == [[1]]
    assert_served_at_once(impatient)

    wait_until(lambda: busy_sessions(impatient, database) == 0, "the session was not freed")
    assert not reader.read_on().endswith(b"0\r\n\r\n")  # cut off: nobody takes it for whole
    reader.socket.close()
    assert ask(impatient, database).json["rows"] == [[1]]
    footprint.assert_back_to_normal()


def test_a_reader_who_takes_a_little_now_and_then_gains_no_time(
    impatient: Sidecar, database: FakeOracle
) -> None:
    reader = StoppedReader(impatient, database)
    started = time.monotonic()

    with suppress(ConnectionError):
        while busy_sessions(impatient, database) and reader.socket.recv(2000):
            assert time.monotonic() - started < PATIENCE_SECONDS, "the session was not freed"
            time.sleep(0.3)  # always before the limit for one who takes nothing

    assert "a reader took" in impatient.wait_for_log("cut off: a reader took", 1)
    assert not reader.read_on().endswith(b"0\r\n\r\n")
    reader.socket.close()


def test_readers_who_stop_hold_a_pool_for_a_while_only(
    impatient: Sidecar, database: FakeOracle
) -> None:
    readers = [StoppedReader(impatient, database) for _ in range(2)]
    assert busy_sessions(impatient, database) == 2

    with FakeOracle() as other:
        assert ask(impatient, other).json["rows"] == [[1]]
    assert ask(impatient, database).json["rows"] == [[1]]  # it waited for one of the two

    for reader in readers:
        reader.socket.close()
    wait_until(lambda: busy_sessions(impatient, database) == 0, "a session was not freed")


def test_readers_who_stop_give_way_to_a_caller_who_waits(
    yielding: Sidecar, database: FakeOracle
) -> None:
    readers = [StoppedReader(yielding, database) for _ in range(2)]
    assert busy_sessions(yielding, database) == 2

    started = time.monotonic()
    assert ask(yielding, database).json["rows"] == [[1]]

    assert time.monotonic() - started < 5  # far below the 30 s for which nobody would wait
    assert "cut off" in yielding.wait_for_log("an answer was cut off: a reader took nothing")
    for reader in readers:
        reader.socket.close()
    wait_until(lambda: busy_sessions(yielding, database) == 0, "a session was not freed")


def test_a_reader_who_pauses_loses_nothing_where_nobody_waits(
    yielding: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT LEVEL AS n, RPAD('x', 1000, 'x') AS text FROM dual CONNECT BY LEVEL <= 20000"
    reader = StoppedReader(yielding, database, sql=sql)
    time.sleep(1.5)  # several times what the others get before they give way

    assert busy_sessions(yielding, database) == 1
    assert reader.read_on().endswith(b"0\r\n\r\n")
    reader.socket.close()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX stops a process")
def test_a_pause_of_the_machine_is_no_fault_of_the_reader(database: FakeOracle) -> None:
    sql = "SELECT LEVEL AS n, RPAD('x', 1000, 'x') AS text FROM dual CONNECT BY LEVEL <= 20000"
    with with_limits(WRITE_SECONDS=4.0, LOOK_SECONDS=0.1) as sidecar:
        reader = StoppedReader(sidecar, database, sql=sql)
        time.sleep(0.5)  # until it waits for the reader, which has no sign

        sidecar.process.send_signal(signal.SIGSTOP)
        time.sleep(5)  # longer than a reader who takes nothing is waited for
        sidecar.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)  # it looks at the reader before that takes anything

        assert reader.read_on().endswith(b"0\r\n\r\n")
        reader.socket.close()


def test_a_reader_who_stops_is_cut_off_when_his_query_s_time_is_over(
    yielding: Sidecar, database: FakeOracle
) -> None:
    reader = StoppedReader(yielding, database, timeout_ms=4000)

    wait_until(lambda: busy_sessions(yielding, database) == 0, "the session was not freed")

    assert not reader.read_on().endswith(b"0\r\n\r\n")
    reader.socket.close()


def test_a_caller_who_never_reads_his_answers_is_cut_off(impatient: Sidecar) -> None:
    footprint = Footprint(impatient)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE_SECONDS)
    sock.connect((impatient.host, impatient.port))
    line = f"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:{impatient.port}\r\n\r\n".encode()

    with pytest.raises(ConnectionError):  # rather than a TimeoutError of our own
        sock.sendall(line * 100_000)

    sock.close()
    assert_served_at_once(impatient)
    footprint.assert_back_to_normal()


# Logs.

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO|WARNING|ERROR) \S+ .+")
REQUEST = re.compile(
    r"method=\S+ path=\S+ status=\d{3} ms=\d+\.\d\d rows=(-|\d+) pool=\S+", re.ASCII
)
FORGED = "2026-01-01T00:00:00.000 ERROR forged"
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1b[2K\r", "\x85", "\u2028", "\u2029", "\x00"]


def test_no_text_of_a_caller_becomes_a_line_or_a_field_of_the_log(database: FakeOracle) -> None:
    with Sidecar("--log-level", "debug", "--log-sql") as sidecar:
        for line_break in BREAKS:
            text = f"x{line_break}{FORGED} method=GET path=/forged status=200"
            good = connection(database.dsn(), name=text)
            for changed in (
                {"name": text},
                {"username": text},
                {"password": text},
                {"connect_string": f"127.0.0.1:1/{text}"},
                {"connect_string": text},
                {"config_dir": text},
                {"wallet_location": text},
                {"mode": text},
            ):
                body = {
                    "connection": {**good, **changed},
                    "sql": f"SELECT 1 AS a FROM dual --{text}",
                }
                sidecar.post("/query", {**body, "query_id": text})
                sidecar.post("/test-connection", body)
            sidecar.post("/query", {"connection": good, "sql": text})
            sidecar.post("/cancel", {"query_id": text})
            for raw in (
                b"GET /x%b HTTP/1.1\r\n" % text.encode(),
                b"GET /%0A%0D" + FORGED.replace(" ", "%20").encode() + b" HTTP/1.1\r\n",
                b"G%bT / HTTP/1.1\r\n" % text.encode(),
                b"GET / HTTP/1.1\r\nX: %b\r\n" % text.encode(),
                b"GET / HTTP/1.1\r\n%b: x\r\n" % text.encode(),
            ):
                with Wire(sidecar) as wire:
                    wire.send(raw + wire.host + b"\r\n")
                    assert 400 <= wire.answer().status < 500
        sidecar.get("/nowhere/last")
        sidecar.wait_for_log("path=/nowhere/last")
        lines = sidecar.log_text().splitlines()

    assert any("forged" in line for line in lines)
    for line in lines:
        assert LINE.fullmatch(line), line
        assert line.isprintable()
        assert not line.startswith(FORGED)
        if " INFO request " in line:
            # Its fields are what they seem to be: none holds a blank.
            assert REQUEST.fullmatch(line.partition(" INFO request ")[2]), line


SECRETS = ("MARK-password-1f", "MARK-wallet-2e", "MARK-token-3d", "MARK-bind-4c", "MARK-body-5b")


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_secrets_in_wrong_places_reach_no_log_at_any_level(
    database: FakeOracle, level: str
) -> None:
    password, wallet, token, bind, inside = SECRETS
    environment = {"ORACLE_SIDECAR_TOKEN": token}
    right = {"Authorization": f"Bearer {token}"}
    good = connection(database.dsn(), password=password, wallet_password=wallet, name="n")
    body = {"connection": good, "sql": "SELECT :1 AS a FROM dual", "binds": [bind]}
    broken = json.dumps(body).encode()[:-3] + inside.encode()
    with Sidecar("--log-level", level, env=environment) as sidecar:
        for path in ("/query", "/query-dict", "/test-connection", "/cancel"):
            sidecar.post(path, body, right)
            sidecar.post(path, body)
            sidecar.post(f"{path}?token={token}&password={password}", body)
            sidecar.post(path, body, {"Authorization": f"Bearer {token}x"})
            sidecar.post(path, body, {"Authorization": token, "Cookie": password})
            json_type = {**right, "Content-Type": "application/json"}
            sidecar.request("POST", path, broken, json_type)
            sidecar.request("POST", path, broken, {**right, "Content-Type": "text/plain"})
            # What belongs in a body, right behind a request that has none.
            with Wire(sidecar) as wire:
                wire.get()
                wire.send(broken + b"\r\n\r\n")
                wire.rest()
        sidecar.get(f"http://127.0.0.1:{sidecar.port}/health?token={token}")
        assert sidecar.terminate() == 0
        log = sidecar.log_text()

    assert log or level in ("warning", "error")
    for secret in SECRETS:
        assert secret not in log
