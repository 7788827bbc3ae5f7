"""The answer to /health: the one route that answers while the rest is still being loaded."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime

from common.settings import VERSION
from http_server.messages import Response
from oracle import driver as oracle_driver


def response(active_pools: int, started: float) -> Response:
    """started: of the process, on the monotonic clock."""
    report = {
        "status": "ok",
        "active_pools": active_pools,
        "timestamp": datetime.now().astimezone().isoformat(timespec="microseconds"),
        "version": VERSION,
        "driver": oracle_driver.describe(),
        "pid": os.getpid(),
        "uptime_s": round(time.monotonic() - started, 3),
    }
    return Response(200, json.dumps(report, separators=(",", ":")).encode())
