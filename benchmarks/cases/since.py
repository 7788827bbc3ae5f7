"""Beside an earlier commit of this repository, which runs from source as this one does."""

from __future__ import annotations

from ..field import EARLIER, Field
from ..measuring import Line, interleave, median, ms, percentile, times
from .far_away import reading
from .many_rows import ROWS
from .one_row import CALLERS, asking_together


def since(field: Field) -> list[Line]:
    servers = {"now": field.sidecar, "then": field.earlier}
    rows = interleave(
        field.rounds(15),
        {
            name: reading(server, server.request("/query", field.database, ROWS))
            for name, server in servers.items()
        },
    )
    together = interleave(
        field.rounds(12),
        {name: asking_together(server, field, "/query") for name, server in servers.items()},
    )
    now, then = (median(rows[name]) for name in ("now", "then"))
    worst_now, worst_then = (percentile(together[name], 99) for name in ("now", "then"))
    return [
        Line(
            f"{ROWS:,} rows, /query ({EARLIER}: {ms(then)})",
            {"sidecar": ms(now)},
            [times(EARLIER, 0.90, now, then)],
        ),
        Line(
            f"one-row /query, p99, {CALLERS} callers ({EARLIER}: {ms(worst_then)})",
            {"sidecar": ms(worst_now)},
            [times(EARLIER, 0.70, worst_now, worst_then)],
        ),
    ]
