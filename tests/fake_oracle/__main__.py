"""The stand-in run by hand: one ready line on standard output, then it serves until a signal."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict

from .bench import SERVICE, BenchEngine
from .model import Engine
from .server import FakeOracle, demo_engines


def main(argv: Sequence[str] | None = None) -> int:
    options = _parse(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    engines: dict[str, Engine] = demo_engines()
    if options.bench:
        engines[SERVICE] = BenchEngine()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with FakeOracle(engines, host=options.host, port=options.port) as oracle:
        ready = {
            "event": "ready",
            "host": oracle.host,
            "port": oracle.port,
            "services": oracle.services,
        }
        print(json.dumps(ready), flush=True)
        # In pieces, because Windows delivers no signal to a thread that waits for ever.
        while not stop.wait(0.5):
            pass
    print(json.dumps(asdict(oracle.counts())), file=sys.stderr)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_oracle", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument(
        "--bench", action="store_true", help=f"add a service {SERVICE}, with a table of any length"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
