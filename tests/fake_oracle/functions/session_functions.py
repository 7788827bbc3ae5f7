"""Functions whose value belongs to a session or a moment: USER, SYSDATE and their kin."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from ..kinds.calendar_days import now_utc
from ..kinds.sqlite_values import moment_key, zoned_key


def install_session_functions(connection: sqlite3.Connection, user: str) -> None:
    """Deterministic to sqlite, which then calls each once per execution, as Oracle does."""
    functions = {
        "ora_user": lambda: user,
        "ora_sysdate": lambda: moment_key(replace(now_utc(), nanosecond=0, offset_minutes=None)),
        "ora_systimestamp": lambda: zoned_key(now_utc()),
        "ora_localtimestamp": lambda: moment_key(replace(now_utc(), offset_minutes=None)),
    }
    for name, function in functions.items():
        connection.create_function(name, 0, function, deterministic=True)
