"""The proxy of the benchmarks: what passes comes late, each way, and is what was sent."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

from benchmarks.processes import Process

MILLISECONDS = 100


def test_what_passes_the_proxy_comes_late_in_order_and_whole() -> None:
    sent = os.urandom(5_000_000)
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as far:
        command = (sys.executable, "-m", "benchmarks.delaying")
        address = f"127.0.0.1:{far.getsockname()[1]}"
        with (
            Process(*command, address, str(MILLISECONDS)) as proxy,
            socket.create_connection(("127.0.0.1", proxy.next_line()["port"]), 10) as near,
        ):
            end, _ = far.accept()
            started = time.monotonic()
            near.sendall(b"ask")
            assert end.recv(10) == b"ask"
            asked = time.monotonic()
            answering = threading.Thread(target=end.sendall, args=(sent,))
            answering.start()
            got.append(near.recv(1 << 20))
            answered = time.monotonic()
            while sum(map(len, got)) < len(sent):
                got.append(near.recv(1 << 20))
            answering.join()
            end.close()

    assert b"".join(got) == sent
    assert MILLISECONDS / 1000 <= asked - started < 5
    assert MILLISECONDS / 1000 <= answered - asked < 5
