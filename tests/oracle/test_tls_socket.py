"""The driver's socket for TCPS, with bytes alone: what passes, and what two threads may do."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from common.sockets import shut_down
from oracle.tls_socket import TlsSocket, create_context
from oracle.tns_socket import DATA, WAITS
from tests.fake_oracle import Authority, Tls
from tests.oracle.test_tns_socket import (
    ACCEPTED,
    MOST_READ,
    NO_PACKETS,
    STREAMS,
    StoppedClock,
    packet,
)

# A break, as the driver sends it.
MARKER = bytes((0, 0, 0, 11, 12, 0, 0, 0, 1, 0, 3))
AT_ONCE_SECONDS = 5.0


@dataclass(frozen=True)
class Pair:
    """The driver's end, the database's, and a handle on either's connection below TLS."""

    near: ssl.SSLSocket
    far: ssl.SSLSocket
    below_near: socket.socket
    below_far: socket.socket


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.fixture
def pair(authority: Authority, threads: ThreadPoolExecutor) -> Iterator[Pair]:
    near, far = socket.socketpair()
    below_near, below_far = near.dup(), far.dup()
    far.settimeout(10)
    server = Tls(authority.issue()).context()
    answering = threads.submit(server.wrap_socket, far, server_side=True)
    context = create_context()
    context.load_verify_locations(cadata=authority.pem.decode())
    context.check_hostname = False
    made = Pair(context.wrap_socket(near), answering.result(10), below_near, below_far)
    yield made
    for each in (made.near, made.far, below_near, below_far):
        shut_down(each)
        each.close()


def test_a_context_makes_sockets_of_this_kind_and_trusts_what_python_s_own_does() -> None:
    made, own = create_context(), ssl.create_default_context()

    assert issubclass(made.sslsocket_class, TlsSocket)
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert (made.verify_flags, made.options) == (own.verify_flags, own.options)
    assert made.cert_store_stats() == own.cert_store_stats()


@pytest.mark.parametrize("step", [1, 11, 4000])
@pytest.mark.parametrize("packets", STREAMS.values(), ids=STREAMS)
def test_packets_pass_unchanged_in_pieces_of_any_size(
    pair: Pair, packets: list[bytes], step: int
) -> None:
    sent, got = b"".join(packets), b""
    if step == 1:
        sent = sent[:3000]

    for start in range(0, len(sent), step):
        pair.far.sendall(sent[start : start + step])
        while len(got) < min(start + step, len(sent)):
            got += pair.near.recv(MOST_READ)

    assert got == sent


@pytest.mark.parametrize("step", [1, 100])
@pytest.mark.parametrize("stream", NO_PACKETS.values(), ids=NO_PACKETS)
def test_what_is_no_packet_ends_the_connection(pair: Pair, stream: bytes, step: int) -> None:
    def pass_on() -> None:
        for start in range(0, len(stream), step):
            pair.far.sendall(stream[start : start + step])
            pair.near.recv(MOST_READ)

    with pytest.raises(ConnectionResetError, match="ORA-12592: TNS:bad packet, beginning with b'"):
        pass_on()


def test_what_is_no_tls_any_more_ends_the_connection(pair: Pair) -> None:
    pair.below_far.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    with pytest.raises(ConnectionResetError, match=r"\[SSL"):
        pair.near.recv(MOST_READ)


def test_the_other_side_s_goodbye_is_an_end(pair: Pair, threads: ThreadPoolExecutor) -> None:
    leaving = threads.submit(pair.far.unwrap)

    assert pair.near.recv(MOST_READ) == b""
    pair.near.close()
    shut_down(pair.below_near)
    assert leaving.exception(10) is not None


def test_its_time_limit_ends_a_read_and_nothing_else(pair: Pair) -> None:
    pair.near.settimeout(0.05)

    with pytest.raises(TimeoutError):
        pair.near.recv(MOST_READ)

    assert pair.near.gettimeout() == 0.05
    pair.far.sendall(ACCEPTED)
    assert pair.near.recv(MOST_READ) == ACCEPTED


def test_one_thread_writes_while_another_one_waits_for_an_answer(
    pair: Pair, threads: ThreadPoolExecutor
) -> None:
    pair.near.settimeout(None)
    reading = threads.submit(pair.near.recv, MOST_READ)

    # The far end answers only what it was asked: a write that waited for the read would never end.
    assert pair.near.send(MARKER) == len(MARKER)
    assert pair.far.recv(100) == MARKER
    assert not reading.done()
    pair.far.sendall(ACCEPTED)

    assert reading.result(10) == ACCEPTED


def test_threads_that_write_and_read_at_once_break_nothing(
    pair: Pair, threads: ThreadPoolExecutor
) -> None:
    times = 5000
    pair.near.settimeout(20)

    def write() -> None:
        for _ in range(times):
            pair.near.send(MARKER)

    reading = threads.submit(pair.near.recv, MOST_READ)
    writing = [threads.submit(write) for _ in range(2)]
    got = b""
    while len(got) < 2 * times * len(MARKER):
        got += pair.far.recv(MOST_READ)

    assert got == 2 * times * MARKER
    for each in writing:
        each.result(20)
    pair.far.sendall(ACCEPTED)
    assert reading.result(20) == ACCEPTED


def at_once(act: Callable[[], object]) -> bool:
    started = time.monotonic()
    act()
    return time.monotonic() - started < AT_ONCE_SECONDS


def test_cutting_the_connection_below_ends_a_waiting_read_at_once(
    pair: Pair, threads: ThreadPoolExecutor
) -> None:
    pair.near.settimeout(None)
    reading = threads.submit(pair.near.recv, MOST_READ)

    shut_down(pair.below_near)

    assert at_once(lambda: reading.result(10))
    assert reading.result() == b""


def test_cutting_the_connection_below_ends_a_waiting_write_at_once(
    pair: Pair, threads: ThreadPoolExecutor
) -> None:
    pair.near.settimeout(None)
    writing = threads.submit(pair.near.send, bytes(50_000_000))
    pair.far.recv(1)  # it has begun, and can never end

    shut_down(pair.below_near)

    assert at_once(lambda: writing.exception(10))
    assert isinstance(writing.exception(), OSError)


def test_all_is_sent_however_slowly_it_is_taken(pair: Pair, threads: ThreadPoolExecutor) -> None:
    sent = os.urandom(3_000_000)
    writing = threads.submit(pair.near.send, sent)

    got = bytearray()
    while len(got) < len(sent):
        got += pair.far.recv(20_000)

    assert writing.result(10) == len(sent)
    assert got == sent


def test_tls_can_begin_anew_between_two_packets(pair: Pair) -> None:
    pair.near.settimeout(0.5)
    pair.far.sendall(packet(DATA, 10))
    pair.near.recv(MOST_READ)

    descriptor = pair.near.detach()

    assert os.get_blocking(descriptor)
    os.close(descriptor)


def test_tls_cannot_begin_anew_amid_a_packet(pair: Pair) -> None:
    pair.far.sendall(packet(DATA, 10)[:5])
    pair.near.recv(MOST_READ)

    with pytest.raises(ConnectionResetError, match="ORA-12592"):
        pair.near.detach()


def test_nothing_is_sent_before_tls_is_agreed_on() -> None:
    near, far = socket.socketpair()
    with create_context().wrap_socket(
        near, server_hostname="x", do_handshake_on_connect=False
    ) as unsafe:
        with pytest.raises(ConnectionResetError):
            unsafe.send(b"in the clear")
        unsafe.settimeout(3)
        assert unsafe.gettimeout() == 3
    assert far.recv(100) == b""
    far.close()


def test_nothing_is_sent_in_the_clear_when_it_is_closed_amid_a_write(
    pair: Pair, threads: ThreadPoolExecutor
) -> None:
    writing = threads.submit(pair.near.send, bytes(50_000_000))
    pair.far.recv(1)

    pair.near.close()
    shut_down(pair.below_near)

    assert isinstance(writing.exception(10), OSError)
    # Anything in the clear would be an error of TLS.
    while pair.far.recv(100_000):
        pass
    assert pair.near.fileno() == -1


def test_the_longest_wait_is_known(
    pair: Pair, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = StoppedClock()
    monkeypatch.setattr("oracle.tns_socket.time", clock)
    monkeypatch.setattr("oracle.tls_socket.time", clock)
    WAITS.longest = 0.0

    def answer_late() -> None:
        clock.move_once_read(0.5)
        pair.far.sendall(ACCEPTED)

    answering = threads.submit(answer_late)
    pair.near.recv(MOST_READ)
    answering.result(10)

    assert WAITS.longest == 0.5
