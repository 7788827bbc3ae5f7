"""How far a comparison is, as its caller is told."""

from __future__ import annotations

from typing import NamedTuple


class Progress(NamedTuple):
    """One moment. The steps are login, session, query, rows and done; rows are 0 until known."""

    left_step: str
    right_step: str
    left_rows: int
    right_rows: int
    equal: int
    changed: int
    left_only: int
    right_only: int
    elapsed_ms: int
