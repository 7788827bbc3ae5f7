"""A proxy that lets bytes through so many milliseconds later: each way, in order, as many as come.

python -m benchmarks.delaying HOST:PORT MILLISECONDS

It says its own port when it listens. There is no limit on bandwidth, and what came together leaves
together, but for what a write takes.
"""

from __future__ import annotations

import json
import queue
import socket
import sys
import threading
import time

PIECE_BYTES = 1 << 20


def main() -> None:
    host, _, port = sys.argv[1].rpartition(":")
    seconds = float(sys.argv[2]) / 1000
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(json.dumps({"event": "ready", "port": listener.getsockname()[1]}), flush=True)
        while True:
            near, _ = listener.accept()
            far = socket.create_connection((host, int(port)))
            _pass_on(near, far, seconds)
            _pass_on(far, near, seconds)


def _pass_on(source: socket.socket, sink: socket.socket, seconds: float) -> None:
    sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(source, under_way, seconds), daemon=True).start()
    threading.Thread(target=_give, args=(sink, under_way), daemon=True).start()


def _take(
    source: socket.socket, under_way: queue.SimpleQueue[tuple[float, bytes]], seconds: float
) -> None:
    piece = b"\0"
    while piece:
        try:
            piece = source.recv(PIECE_BYTES)
        except OSError:
            piece = b""
        under_way.put((time.monotonic() + seconds, piece))


def _give(sink: socket.socket, under_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
    try:
        while True:
            due_at, piece = under_way.get()
            time.sleep(max(0.0, due_at - time.monotonic()))
            if not piece:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(piece)
    except OSError:
        # Nobody reads there any more: what still comes is of no use to anybody.
        return


if __name__ == "__main__":
    main()
