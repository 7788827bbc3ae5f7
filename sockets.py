"""Two questions to a socket that the standard library has no word for."""

from __future__ import annotations

import select
import socket


def is_hung_up(sock: socket.socket) -> bool:
    """True when the peer has closed its side, or the socket is broken; never waits.

    Bytes that lie unread say nothing: they may be a pipelined request, or a TLS session ticket.
    """
    try:
        return _has_something(sock) and sock.recv(1, socket.MSG_PEEK) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except (OSError, ValueError):
        return True


def _has_something(sock: socket.socket) -> bool:
    if hasattr(select, "poll"):
        # select() cannot take descriptors past 1023; Windows, which has no poll, has no such limit.
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


def shut_down(sock: socket.socket) -> None:
    """End both directions: whoever is blocked on the socket, on any thread, returns at once."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
