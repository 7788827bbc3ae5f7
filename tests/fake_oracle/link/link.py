"""One connection: a listening thread notices a break or a closed peer also during work.

Breaks come as a MARKER packet or as an urgent byte (impl/thin/protocol.pyx: _break_external).
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from ..messages.packets import (
    FLAG_TLS_ANEW,
    MARKER_RESET,
    NotTnsError,
    Packet,
    PacketJoiner,
    PacketType,
    make_packet,
    split_data,
)
from .channel import Channel

logger = logging.getLogger(__name__)

# How often work that was told to stop is told again: an interrupt that comes a moment before the
# work begins is lost.
_REPEAT_SECONDS = 0.05


class PeerGoneError(Exception):
    """The client closed, or this side dropped the connection."""


class BreakError(Exception):
    """The client wants the running call to end."""


class Link:
    """Packets in, packets out. One thread uses it, beside the listening one.

    Mutable state, guarded by _changed: the inbox, whether a break waits for its answer, whether
    the peer is gone.
    """

    def __init__(self, channel: Channel, on_attention: Callable[[], bool]) -> None:
        """on_attention: called by the listening thread to stop running work; False if none runs."""
        self._channel = channel
        self._on_attention = on_attention
        self._joiner = PacketJoiner()
        self._changed = threading.Condition()
        self._inbox: deque[Packet] = deque()
        self._break_wanted = False
        self._gone = False
        # The urgent byte and the marker right after ACCEPT only test the path: breaks count from
        # the first request on (impl/thin/connection.pyx, _connect_phase_two).
        self._had_request = False
        self._at_urgent_byte = False
        self._resets = self._dropped = False
        self.closed = threading.Event()
        self.sdu = 8192
        self.end_flag = 0
        self._listener = threading.Thread(target=self._listen, name="fake-oracle-ear", daemon=True)
        self._listener.start()

    def widen(self) -> None:
        """Lengths received take 32 bits from here on; called before ACCEPT is sent."""
        self._joiner.wide = True

    def receive(self, heed_breaks: bool = True) -> Packet:
        """The next packet. BreakError at once when a break arrives, whatever was sent before it."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._inbox or self._gone or (heed_breaks and self._break_wanted)
            )
            if heed_breaks and self._break_wanted:
                raise BreakError
            if not self._inbox:
                raise PeerGoneError
            return self._inbox.popleft()

    def wait(
        self,
        seconds: float | None,
        until: Callable[[], bool] = lambda: False,
        heed_breaks: bool = True,
    ) -> None:
        """Pass the time, or wait for ever; ends early with BreakError or PeerGoneError."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._gone or (heed_breaks and self._break_wanted) or until(), seconds
            )
            if self._gone:
                raise PeerGoneError
            if heed_breaks and self._break_wanted:
                raise BreakError

    def wake(self) -> None:
        """Let a waiting thread look at its condition again."""
        with self._changed:
            self._changed.notify_all()

    def accept_break(self) -> None:
        """The break is being answered; a new one counts anew."""
        with self._changed:
            self._break_wanted = False

    def check(self) -> None:
        """Raise what a waiting thread would raise."""
        if self._gone:
            raise PeerGoneError
        if self._break_wanted:
            raise BreakError

    @property
    def is_handed_over(self) -> bool:
        """TLS is to begin anew behind the CONNECT packet."""
        return self._channel.tls is not None and self._channel.tls.hands_over

    @property
    def has_tls(self) -> bool:
        return self._channel.tls is not None

    def await_hello(self) -> None:
        """Until the client begins TLS."""
        assert self._channel.tls is not None
        self.wait(None, until=self._channel.tls.has_hello.is_set)

    def begin_tls(self) -> None:
        """Answer the hello; the listening thread does the rest."""
        try:
            self._channel.begin_tls()
        except OSError as error:
            raise PeerGoneError from error

    def send_raw(self, data: bytes, is_last_before_tls: bool = False) -> None:
        try:
            self._channel.send(data, is_last_before_tls)
        except OSError as error:
            raise PeerGoneError from error

    def send_narrow(self, kind: int, payload: bytes, flags: int = 0) -> None:
        """A packet from before the end of the handshake, its length in 16 bits."""
        self.send_raw(make_packet(kind, payload, wide=False, flags=flags))

    def hand_over(self) -> None:
        """Have the client begin TLS anew, and send its CONNECT again."""
        resend = make_packet(PacketType.RESEND, b"", wide=False, flags=FLAG_TLS_ANEW)
        self.send_raw(resend, is_last_before_tls=True)

    def send_data(self, message: bytes, end_flag: int | None = None) -> None:
        """A whole answer. A break between two of its packets ends it with BreakError."""
        flag = self.end_flag if end_flag is None else end_flag
        packets = list(split_data(message, self.sdu, flag))
        # A write for each packet is slow; a write for all of them could not be broken off.
        for start in range(0, len(packets), 16):
            if start:
                self.check()
            self.send_raw(b"".join(packets[start : start + 16]))

    def send_marker(self, kind: int) -> None:
        self.send_raw(make_packet(PacketType.MARKER, bytes((1, 0, kind)), wide=True))

    def finish(self) -> None:
        """Orderly end: nothing more is sent, and what still comes is dropped until the peer closes.

        Closing at once would turn unread bytes into a reset, which can destroy an error text that
        is still on its way.
        """
        if not self._resets:
            self._channel.finish()

    def reset(self) -> None:
        """End with a reset, as when the network is lost. Returns when it is done."""
        self._resets = True
        self._wake_listener(socket.SHUT_RD)

    def close(self) -> None:
        """End from outside, also while a thread is blocked sending. Returns when it is done."""
        self._wake_listener(socket.SHUT_RDWR)

    def _wake_listener(self, how: int) -> None:
        self._dropped = True
        # The listening thread owns the descriptor: closing it here could hit a reused number.
        self._channel.shut_down(how)
        self.closed.wait(5)

    def _listen(self) -> None:
        try:
            while self._hear():
                pass
        except NotTnsError as error:
            logger.warning("not TNS: %s", error)
        except Exception:
            logger.exception("the listening thread failed")
        finally:
            with self._changed:
                self._gone = True
                self._changed.notify_all()
            self._channel.close(self._resets)
            self.closed.set()
            while self._on_attention():
                time.sleep(_REPEAT_SECONDS)

    def _hear(self) -> bool:
        """Take what came in; False when nothing will come any more."""
        patience = _REPEAT_SECONDS if self._break_wanted else None
        # After an urgent byte BSD systems report it until ordinary bytes are read past its place.
        watched = [] if self._at_urgent_byte else [self._channel]
        readable, _, urgent = select.select([self._channel], [], watched, patience)
        if urgent:
            self._hear_urgent()
        if self._break_wanted:
            self._on_attention()
        if not readable:
            return True
        self._at_urgent_byte = False
        try:
            data = self._channel.receive()
        except OSError:
            return False
        if data is None:
            self.wake()  # the hello may have come
            return True
        if not data:
            if self._joiner.has_rest and not self._dropped:
                raise NotTnsError("the connection ended in the middle of a packet")
            return False
        self._joiner.feed(data)
        while packet := self._joiner.next():
            self._sort(packet)
        return True

    def _hear_urgent(self) -> None:
        self._at_urgent_byte = True
        try:
            self._channel.receive_urgent()
        except OSError:
            return
        self._note_break()

    def _sort(self, packet: Packet) -> None:
        if packet.type == PacketType.MARKER and packet.payload[2:3] != bytes((MARKER_RESET,)):
            self._note_break()
            return
        if packet.type == PacketType.MARKER and not self._had_request:
            return
        with self._changed:
            # Data before ACCEPT is only the tail of a long CONNECT.
            self._had_request |= packet.type == PacketType.DATA and self._joiner.wide
            self._inbox.append(packet)
            self._changed.notify_all()

    def _note_break(self) -> None:
        if not self._had_request:
            return
        with self._changed:
            self._break_wanted = True
            self._changed.notify_all()
        self._on_attention()
