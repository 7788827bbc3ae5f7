"""Callers who read large answers one after the other, in a process of their own, until it is ended.

python -m benchmarks.readers PORT < requests, one JSON string a line
"""

from __future__ import annotations

import json
import sys
import threading

from .load import Caller


def main() -> None:
    port = int(sys.argv[1])
    requests = [json.loads(line).encode() for line in sys.stdin]
    for request in requests:
        threading.Thread(target=_read_on, args=(port, request), daemon=True).start()
    print(json.dumps({"event": "ready"}), flush=True)
    threading.Event().wait()


def _read_on(port: int, request: bytes) -> None:
    caller = Caller(port)
    while True:
        caller.read(request)


if __name__ == "__main__":
    main()
