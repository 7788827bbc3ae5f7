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
from pathlib import Path

from .demo.bench import SERVICES, bench_engines
from .estate.services import estate_engines
from .kinds.model import Engine
from .link.certificates import Authority
from .link.tls import Tls
from .server import FakeOracle


def main(argv: Sequence[str] | None = None) -> int:
    options = _parse(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    engines: dict[str, Engine] = estate_engines()
    if options.bench:
        engines.update(bench_engines())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    authority = Authority()
    tls = Tls(authority.issue()) if options.wallet else None
    with FakeOracle(engines, host=options.host, port=options.port, tls=tls) as oracle:
        ready: dict[str, object] = {
            "event": "ready",
            "host": oracle.host,
            "port": oracle.port,
            "services": oracle.services,
        }
        if options.wallet:
            ready["tcps"] = oracle.tcps_dsn()
            ready["wallet_location"] = str(authority.wallet(options.wallet))
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
        "--bench",
        action="store_true",
        help=f"add the services {' and '.join(SERVICES)}, with large tables to read and compare",
    )
    parser.add_argument(
        "--wallet",
        type=Path,
        metavar="FOLDER",
        help="listen on one more port, with TLS, and make FOLDER a wallet for its clients",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
