"""The application while it is being loaded: /health answers at once, everything else waits.

To import the API takes longer than all that is needed to listen, and the driver behind it takes
longer still. So the server starts first, and a thread loads the application behind it.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from common.errors import refuse
from common.settings import VERSION
from http_server.messages import Request, Response
from oracle import driver as oracle_driver

logger = logging.getLogger(__name__)

# A disk that is slow, or being scanned, may take its time; but no caller waits for ever.
LOADING_SECONDS = 30.0


class _App(Protocol):
    def __call__(self, request: Request, /) -> Response: ...


AppType = TypeVar("AppType", bound=_App)


class LoadingApp(Generic[AppType]):
    """Stands for the application from the first moment on. Safe to call from any thread."""

    # _app is set once, before _is_over: a thread that has seen the event may read it
    # without a lock.

    def __init__(self, load: Callable[[float], AppType]) -> None:
        """load: is told when the process started, on the monotonic clock."""
        self._started = time.monotonic()
        self._load = load
        self._app: AppType | None = None
        self._is_over = threading.Event()

    def start_loading(self) -> None:
        threading.Thread(target=self._run, name="loader", daemon=True).start()

    def _run(self) -> None:
        try:
            self._app = self._load(self._started)
        except BaseException:
            # A thread's entry point: those who wait must be told.
            logger.exception("the application cannot be loaded")
        finally:
            self._is_over.set()

    def app(self) -> AppType | None:
        """The application; None while it is not there."""
        return self._app

    def __call__(self, request: Request) -> Response:
        """ApiError 500 where the application cannot be loaded."""
        if self._app is None and request.path == "/health" and request.method in ("GET", "HEAD"):
            return health(0, self._started, has_failed=self._is_over.is_set())
        self._is_over.wait(LOADING_SECONDS)
        if self._app is None:
            raise refuse("INTERNAL", "the sidecar is not loaded; its log says more")
        return self._app(request)


def health(active_pools: int, started: float, *, has_failed: bool = False) -> Response:
    """The answer to /health. started: of the process, on the monotonic clock.

    has_failed: the application cannot be loaded; of the driver that is known here.
    """
    has_failed = has_failed or oracle_driver.has_failed()
    report = {
        "status": "failed" if has_failed else "ok",
        "active_pools": active_pools,
        "timestamp": datetime.now().astimezone().isoformat(timespec="microseconds"),
        "version": VERSION,
        "driver": oracle_driver.describe(),
        "pid": os.getpid(),
        "uptime_s": round(time.monotonic() - started, 3),
    }
    status = 503 if has_failed else 200
    return Response(status, json.dumps(report, separators=(",", ":")).encode())
