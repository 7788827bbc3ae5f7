"""Threads that end with the process, and what a system says that has none left."""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.errors import refuse


def start_thread(name: str, run: Callable[..., object], *arguments: object) -> threading.Thread:
    """Run it on a daemon thread. ApiError 503 where the system allows no more threads.

    The interpreter waits at its end for threads that are no daemons; this process ends by itself.
    """
    thread = threading.Thread(target=run, args=arguments, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise refuse("TOO_MANY_REQUESTS", f"no thread for a {name}: {error}") from error
    return thread
