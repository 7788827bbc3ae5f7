"""The driver's socket, with bytes alone: what passes, what does not, whatever the pieces."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import pytest

from oracle.tns_socket import (
    ACCEPT,
    DATA,
    MOST_BYTES,
    PROXY_ANSWER_BYTES,
    REDIRECT,
    WAITS,
    TnsSocket,
)

REFUSE, RESEND, MARKER, CONTROL = 4, 11, 12, 14
MOST_READ = 8192


def packet(kind: int, size: int, wide: bool = False) -> bytes:
    """As long as it says; its payload would be a bad head."""
    length = size.to_bytes(4, "big") if wide else size.to_bytes(2, "big") + bytes(2)
    return (length + bytes((kind, 0, 0, 0))).ljust(size, b"\xff")


def accept(version: int = 319, data_unit: int = 8192, size: int = 45) -> bytes:
    fixed = version.to_bytes(2, "big") + bytes(22) + data_unit.to_bytes(4, "big")
    return (packet(ACCEPT, size)[:8] + fixed + bytes(9))[:size]


def answer(banner: bytes = b"Oracle\0", elements: int = 2, fdo_size: int = 30) -> bytes:
    """To the protocol message."""
    start = b"\x01\x06\x00" + banner + b"\x69\x03\x01" + elements.to_bytes(2, "little")
    return wide_data(start + b"\xff" * 5 * elements + fdo_size.to_bytes(2, "big") + b"\xff" * 30)


def wide_data(payload: bytes) -> bytes:
    return packet(DATA, 10 + len(payload), wide=True)[:8] + bytes(2) + payload


@pytest.fixture
def pair() -> Iterator[tuple[TnsSocket, socket.socket]]:
    """The driver's end, and the database's."""
    near, far = socket.socketpair()
    near.settimeout(10)
    checked = TnsSocket(near)
    yield checked, far
    checked.close()
    far.close()


STREAMS = {
    "an accepted session": [
        *(packet(RESEND, 8), accept(), packet(CONTROL, 12, wide=True)),
        *(packet(DATA, 70_000, wide=True), packet(MARKER, 11, wide=True)),
        packet(DATA, 10, wide=True),
    ],
    "a version too old": [accept(314, 0, 32)],
    "a login": [accept(), answer(), wide_data(bytes(20)), answer(fdo_size=0)],
    "a login with more than one element": [
        accept(),
        packet(MARKER, 11, wide=True),
        answer(b"\0", 700),
    ],
    "an error instead of a login": [accept(), wide_data(b"\x04" + bytes(20))],
    "the smallest data unit, in the shortest answer": [accept(315, 512, 41)],
    "the largest data unit": [accept(319, 2 * 1024 * 1024)],
    "a refusal": [packet(REFUSE, 90)],
    "a redirect": [packet(REDIRECT, 10), packet(DATA, 200)],
}


@pytest.mark.parametrize("step", [1, 3, 8, 11, 4000])
@pytest.mark.parametrize("packets", STREAMS.values(), ids=STREAMS)
def test_packets_pass_unchanged_in_pieces_of_any_size(
    pair: tuple[TnsSocket, socket.socket], packets: list[bytes], step: int
) -> None:
    near, far = pair
    sent, got = b"".join(packets), b""

    for start in range(0, len(sent), step):
        far.sendall(sent[start : start + step])
        while len(got) < min(start + step, len(sent)):
            got += near.recv(MOST_READ)

    assert got == sent
    far.close()
    assert near.recv(MOST_READ) == b""


ACCEPTED = accept()
NO_PACKETS = {
    "zeros": bytes(8),
    "a length below the head's": packet(DATA, 8)[:1] + b"\x07" + packet(DATA, 8)[2:],
    "no room for the flags of data": packet(DATA, 9),
    "an answer cut short": packet(ACCEPT, 10),
    "an answer without its data unit": accept(size=32) + packet(DATA, 80),
    "no data unit": accept(data_unit=0),
    "a data unit smaller than a head": accept(data_unit=7),
    "a data unit of no sense": accept(data_unit=2**32 - 1),
    "an answer without its middle": accept() + answer(fdo_size=0),
    "an answer without its middle, behind a marker": accept()
    + packet(MARKER, 11, wide=True)
    + answer(b"\0", 0, 0),
    "an answer whose banner does not end": accept() + wide_data(b"\x01\x06\x00" + b"x" * 3000),
    "an answer of one byte": accept() + wide_data(b"\x01"),
    "a redirect without its length": packet(REDIRECT, 8) + packet(DATA, 80),
    "a redirect to nowhere": packet(REDIRECT, 10)[:8] + bytes(2) + packet(DATA, 80),
    "a type that nobody sends": packet(99, 20),
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "MySQL": bytes.fromhex("4a0000000a382e30") + bytes(70),
    "behind a good one": packet(RESEND, 8) + bytes(8),
    "zeros in a session": ACCEPTED + bytes(8),
    "two-byte lengths in a session": ACCEPTED + packet(DATA, 500),
    "a length past all sense in a session": ACCEPTED + packet(DATA, 10, wide=True) + b"\x7f" * 8,
}


@pytest.mark.parametrize("step", [1, 100])
@pytest.mark.parametrize("stream", NO_PACKETS.values(), ids=NO_PACKETS)
def test_what_is_no_packet_ends_the_connection(
    pair: tuple[TnsSocket, socket.socket], stream: bytes, step: int
) -> None:
    near, far = pair

    with pytest.raises(ConnectionResetError, match="ORA-12592: TNS:bad packet, beginning with b'"):
        pass_on(near, far, stream, step)


def pass_on(near: TnsSocket, far: socket.socket, stream: bytes, step: int) -> None:
    for start in range(0, len(stream), step):
        far.sendall(stream[start : start + step])
        near.recv(MOST_READ)


def test_the_longest_packet_that_oracle_allows_passes(
    pair: tuple[TnsSocket, socket.socket],
) -> None:
    near, far = pair

    far.sendall(ACCEPTED + packet(DATA, 2 * 1024 * 1024, wide=True)[:100])

    assert len(near.recv(MOST_READ)) == len(ACCEPTED) + 100
    assert MOST_BYTES > 2 * 1024 * 1024


def test_a_proxy_s_answer_passes(pair: tuple[TnsSocket, socket.socket]) -> None:
    near, far = pair
    answer = b"HTTP/1.1 200 Connection established\r\n\r\n"

    far.sendall(answer)

    assert near.recv(PROXY_ANSWER_BYTES) == answer


def test_a_small_session_data_unit_is_no_proxy(pair: tuple[TnsSocket, socket.socket]) -> None:
    near, far = pair
    far.sendall(ACCEPTED)
    near.recv(MOST_READ)
    far.sendall(bytes(8))

    with pytest.raises(ConnectionResetError):
        near.recv(PROXY_ANSWER_BYTES)


def test_its_time_limit_and_descriptor_are_those_of_the_socket_it_replaces() -> None:
    near, far = socket.socketpair()
    near.settimeout(7)
    number = near.fileno()

    with TnsSocket(near) as checked, far:
        assert (checked.gettimeout(), checked.fileno()) == (7, number)
        assert near.fileno() == -1


def test_tls_takes_it_for_a_socket(pair: tuple[TnsSocket, socket.socket]) -> None:
    near, far = pair
    context = ssl.create_default_context()
    context.check_hostname = False

    far.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    with pytest.raises(ssl.SSLError):
        context.wrap_socket(near)


def test_a_connection_that_is_reset_keeps_no_descriptor() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mine = TnsSocket(socket.create_connection(listener.getsockname()))
        peer, _ = listener.accept()
    at_once = struct.pack("ii", 1, 0)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    peer.close()

    with pytest.raises(ConnectionResetError):
        mine.recv(100)

    # The driver closes it nowhere, and the traceback of the error lives on.
    assert mine.fileno() == -1


class StoppedClock:
    """Stands for the `time` of the modules that look at it: it moves where the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.was_read = threading.Event()

    def perf_counter(self) -> float:
        now = self.now
        self.was_read.set()
        return now

    def move_once_read(self, seconds: float) -> None:
        assert self.was_read.wait(10)
        self.now += seconds


def test_the_longest_wait_is_known_to_the_thread_that_waited(
    pair: tuple[TnsSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = pair
    clock = StoppedClock()
    monkeypatch.setattr("oracle.tns_socket.time", clock)
    WAITS.longest = 0.0

    def answer_late() -> None:
        clock.move_once_read(0.5)
        far.sendall(accept())

    answering = threading.Thread(target=answer_late)
    answering.start()
    near.recv(MOST_READ)
    answering.join()
    far.sendall(accept())
    near.recv(MOST_READ)
    others = []
    other = threading.Thread(target=lambda: others.append(WAITS.longest))
    other.start()
    other.join()

    assert WAITS.longest == 0.5
    assert others == [0.0]
