"""A caller of our own: one request to a sidecar on this machine, and its JSON answer."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

MOST_BYTES = 64_000_000


def ask(
    address: tuple[str, int], path: str, body: object = None, seconds: float = 1.0
) -> tuple[int, Any]:
    """Status and answer of a GET, or of a POST where there is a body. OSError, ValueError.

    As HTTP/1.0, whose answers simply end with the connection. Who answers may be a stranger: after
    `seconds` in all, or MOST_BYTES, it is over.
    """
    give_up_at = time.monotonic() + seconds
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    head = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.0", f"Host: {host}:{address[1]}"]
    content = b""
    if body is not None:
        content = json.dumps(body).encode()
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    with socket.create_connection(address, timeout=seconds) as sock:
        sock.sendall("\r\n".join([*head, "", ""]).encode() + content)
        start, _, text = _read_all(sock, give_up_at).partition(b"\r\n\r\n")
    status = start.split(None, 2)[1:2]
    if not start.startswith(b"HTTP/1.") or not status:
        raise ValueError("the answer is not HTTP")
    return int(status[0]), json.loads(text)


def _read_all(sock: socket.socket, give_up_at: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size <= MOST_BYTES:
        sock.settimeout(max(0.001, give_up_at - time.monotonic()))
        piece = sock.recv(65_536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() >= give_up_at:
            raise TimeoutError("the answer does not end")
    raise ValueError("the answer is too large")
