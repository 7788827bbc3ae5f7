"""What is known of the statements and types of one session, as long as it lives."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from oracle.session import Session
from query.column_cache import ColumnCache
from query.fetch_types import FetchTypes
from query.object_types import TypeDictionary


class SessionCache:
    """One for each session, used by the thread that has the session."""

    def __init__(self, connection: Any) -> None:
        self.columns = ColumnCache()
        self.fetch_types = FetchTypes()
        self.object_types = TypeDictionary(connection)


_lock = threading.Lock()
_caches: weakref.WeakKeyDictionary[Session, SessionCache] = weakref.WeakKeyDictionary()
"""Guarded by _lock."""


def cache_of(session: Session) -> SessionCache:
    """The cache of a session, made when it is first asked for."""
    with _lock:
        cache = _caches.get(session)
        if cache is None:
            cache = _caches[session] = SessionCache(session.connection)
        return cache
