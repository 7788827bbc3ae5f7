"""A few words about a socket that the standard library does not have."""

from __future__ import annotations

import math
import select
import socket

# Beside it, poll() tells of broken sockets unasked.
_ENDS: int | None = getattr(select, "POLLRDHUP", None)
# Windows has none, and needs none where a socket has a time limit: Python makes such ones
# non-blocking there, as everywhere.
_DO_NOT_WAIT: int = getattr(socket, "MSG_DONTWAIT", 0)


def is_hung_up(sock: socket.socket) -> bool:
    """True when the peer has closed its side, or the socket is broken; never waits.

    Bytes that lie unread say nothing: they may be a pipelined request, or a TLS session ticket.
    Linux tells of an end that comes behind them, too.
    """
    try:
        if _ENDS is not None:
            poller = select.poll()
            poller.register(sock, _ENDS)
            return bool(poller.poll(0))
        return wait_for(sock, 0) and _peek(sock) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except (OSError, ValueError):
        return True


def _peek(sock: socket.socket) -> bytes:
    """BlockingIOError where nothing is to be read: another thread may just have read it."""
    # Of its own, without the time limit of the other, for which Python would wait first.
    same = socket.socket(sock.family, sock.type, sock.proto, sock.fileno())
    try:
        return same.recv(1, socket.MSG_PEEK | _DO_NOT_WAIT)
    finally:
        same.detach()


def wait_for(sock: socket.socket, seconds: float | None, is_to_write: bool = False) -> bool:
    """True once it can be read, or written to; False when the time is over first."""
    if hasattr(select, "poll"):
        # select() cannot take descriptors past 1023; Windows, which has no poll, has no such limit.
        poller = select.poll()
        poller.register(sock, select.POLLOUT if is_to_write else select.POLLIN)
        return bool(poller.poll(None if seconds is None else math.ceil(seconds * 1000)))
    readers, writers = ([], [sock]) if is_to_write else ([sock], [])
    return any(select.select(readers, writers, [], seconds))


def shut_down(sock: socket.socket) -> None:
    """End both directions: a call that is blocked on the socket, on any thread, returns at once."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
