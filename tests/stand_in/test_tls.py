"""The stand-in's port with TLS, seen through the real driver, and its layer with bytes alone."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import (
    ORACLE_12C,
    ORACLE_23AI,
    Action,
    Authority,
    Close,
    FakeOracle,
    Fault,
    Garbage,
    Reset,
    Silence,
    Step,
    Tls,
)
from tests.fake_oracle.link.certificates import WALLET_FILE
from tests.fake_oracle.link.tls import TlsEnd
from tests.fake_oracle.tiny_engine import TinyEngine

COUNT = "select count from dual"
COUNTED = [(n,) for n in range(1, 11)]


@pytest.fixture(name="oracle", params=[ORACLE_23AI, ORACLE_12C], ids=lambda able: able.version)
def _oracle(request: Any, authority: Authority) -> Iterator[FakeOracle]:
    tls = Tls(authority.issue())
    with FakeOracle({"DEV": TinyEngine()}, capabilities=request.param, tls=tls) as oracle:
        yield oracle


@pytest.fixture(name="mutual")
def _mutual(authority: Authority) -> Iterator[FakeOracle]:
    """It wants to see a certificate of its clients."""
    tls = Tls(authority.issue(), clients=authority)
    with FakeOracle({"DEV": TinyEngine()}, tls=tls) as oracle:
        yield oracle


def connect(dsn: str, wallet: str, password: str | None = None) -> Any:
    return oracledb.connect(
        user="compare",
        password="compare_pw",
        dsn=dsn,
        wallet_location=wallet,
        wallet_password=password,
    )


def count(connection: Any) -> list[Any]:
    rows: list[Any] = connection.cursor().execute(COUNT).fetchall()
    return rows


def test_a_client_is_handed_over_after_connect_and_begins_tls_anew(
    oracle: FakeOracle, wallet: str
) -> None:
    with connect(oracle.tcps_dsn(), wallet) as connection:
        assert count(connection) == COUNTED
    counts = oracle.counts()
    assert (counts.connections, counts.tls_handshakes, counts.logoffs) == (1, 2, 1)


def test_a_client_whose_hello_names_the_service_keeps_its_tls(
    oracle: FakeOracle, wallet: str
) -> None:
    with connect(oracle.tcps_dsn(use_sni="on"), wallet) as connection:
        assert count(connection) == COUNTED
    assert oracle.counts().tls_handshakes == 1


def test_a_client_that_is_sent_elsewhere_begins_tls_there(oracle: FakeOracle, wallet: str) -> None:
    with connect(oracle.tcps_dsn("REDIRECTED"), wallet) as connection:
        assert count(connection) == COUNTED
    counts = oracle.counts()
    assert (counts.connections, counts.tls_handshakes) == (2, 3)


def test_the_older_tls_works_too(oracle: FakeOracle, wallet: str) -> None:
    descriptor = (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST=localhost)(PORT={oracle.tls_port}))"
        "(CONNECT_DATA=(SERVICE_NAME=DEV))(SECURITY=(SSL_VERSION=TLSv1.2)))"
    )
    with connect(descriptor, wallet) as connection:
        assert count(connection) == COUNTED


def test_the_port_without_tls_is_there_as_well(oracle: FakeOracle, wallet: str) -> None:
    with connect(oracle.dsn(), wallet) as connection:
        assert count(connection) == COUNTED
    assert oracle.counts().tls_handshakes == 0


def test_a_call_that_runs_too_long_is_broken_off_in_band(oracle: FakeOracle, wallet: str) -> None:
    with connect(oracle.tcps_dsn(), wallet) as connection:
        connection.call_timeout = 1000
        with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
            connection.cursor().execute("select block from dual")
        assert oracle.counts().breaks == 1
        assert count(connection) == COUNTED


@pytest.mark.parametrize("password", [None, "wallet_pw"])
def test_a_client_with_a_certificate_is_let_in(
    mutual: FakeOracle, authority: Authority, tmp_path: Path, password: str | None
) -> None:
    wallet = authority.wallet(tmp_path, authority.issue("app", ()), password)
    assert (b"ENCRYPTED" in (wallet / WALLET_FILE).read_bytes()) == (password is not None)

    with connect(mutual.tcps_dsn(), str(wallet), password) as connection:
        assert count(connection) == COUNTED


def test_a_client_without_a_certificate_is_turned_away(mutual: FakeOracle, wallet: str) -> None:
    with pytest.raises(oracledb.OperationalError, match="certificate required"):
        connect(mutual.tcps_dsn(), wallet)
    assert mutual.counts().logins == mutual.counts().tls_handshakes == 0


@pytest.mark.parametrize("action", [Close(), Reset(), Garbage()], ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("skip", [0, 1], ids=["first", "anew"])
def test_a_fault_can_strike_at_either_hello(
    oracle: FakeOracle, wallet: str, action: Action, skip: int
) -> None:
    oracle.faults.add(Fault(Step.HELLO, action, skip=skip))

    with pytest.raises((oracledb.Error, OSError)):
        connect(oracle.tcps_dsn(), wallet)

    assert oracle.counts().tls_handshakes == skip
    with connect(oracle.tcps_dsn(), wallet) as connection:
        assert count(connection) == COUNTED


def test_a_silent_hello_ends_when_the_client_leaves(oracle: FakeOracle) -> None:
    hello = oracle.faults.add(Fault(Step.HELLO, Silence()))
    with socket.create_connection((oracle.host, oracle.tls_port), 10) as client:
        client.sendall(hello_of(client_end()))
        assert hello.hit.wait(10)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def dial(oracle: FakeOracle, wallet: str) -> ssl.SSLSocket:
    """TLS alone, which tells an end in order from one that is not."""
    raw = socket.create_connection((oracle.host, oracle.tls_port), 10)
    return context(wallet).wrap_socket(raw, suppress_ragged_eofs=False)


def context(wallet: str | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=wallet and f"{wallet}/{WALLET_FILE}")
    made.check_hostname = False
    return made


def test_closed_sessions_are_told_goodbye_and_dropped_ones_are_not(
    oracle: FakeOracle, wallet: str
) -> None:
    with dial(oracle, wallet) as closed:
        oracle.wait_until(lambda counts: counts.tls_handshakes == 1)
        assert oracle.close_sessions() == 1
        assert closed.recv(1) == b""
    with dial(oracle, wallet) as dropped:
        oracle.wait_until(lambda counts: counts.tls_handshakes == 2)
        assert oracle.drop_sessions() >= 1
        # Some Pythons have no other word for a reset.
        with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
            dropped.recv(1)


@pytest.mark.parametrize("says", [b"GET / HTTP/1.1\r\n\r\n", bytes(300)], ids=["HTTP", "zeros"])
def test_what_is_no_tls_is_left(oracle: FakeOracle, says: bytes) -> None:
    with socket.create_connection((oracle.host, oracle.tls_port), 10) as client:
        client.sendall(says)
        assert client.recv(100) == b""


# The layer with bytes alone.


def client_end() -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = context()
    trusting.verify_mode = ssl.CERT_NONE
    return trusting.wrap_bio(incoming, outgoing), incoming, outgoing


def hello_of(client: tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]) -> bytes:
    session, _, outgoing = client
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("step", [1, 5, 4000])
def test_an_end_takes_pieces_of_any_size(authority: Authority, step: int) -> None:
    handshakes: list[int] = []
    end = TlsEnd(Tls(authority.issue()), lambda: handshakes.append(1))
    session, incoming, outgoing = client = client_end()
    hello = hello_of(client)

    def pass_on(data: bytes) -> bytes:
        return b"".join(end.open(data[at : at + step]) for at in range(0, len(data), step))

    assert pass_on(hello) == b""
    assert (end.has_hello.is_set(), end.take()) == (True, b"")
    end.begin()
    incoming.write(end.take())
    session.do_handshake()
    session.write(b"asked" * 5000)
    assert pass_on(outgoing.read()) == b"asked" * 5000
    end.seal(b"answered")
    end.say_goodbye()
    incoming.write(end.take())
    assert (session.read(), session.read()) == (b"answered", b"")
    assert handshakes == [1]
