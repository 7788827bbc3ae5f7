"""A few words about a socket that the standard library does not have."""

from __future__ import annotations

import math
import select
import socket

# Beside it, poll() tells of broken sockets unasked.
_ENDS: int | None = getattr(select, "POLLRDHUP", None)


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
        return wait_for(sock, 0) and sock.recv(1, socket.MSG_PEEK) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except (OSError, ValueError):
        return True


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
