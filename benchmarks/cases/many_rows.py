"""Large answers: the wall time of 100,000 rows, and what a row costs as there are more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from statistics import fmean
from typing import TypeAlias

from ..field import Field
from ..measuring import Check, Line, Seconds, interleave, median, ms, times
from ..processes import NDJSON, Server

ROWS = 100_000
COMPARED_ROWS = 10_000

RowsById: TypeAlias = "dict[int, list[tuple[str, object]]]"


def many_rows(field: Field) -> list[Line]:
    """100,000 rows of 10 columns in every shape, beside the driver's fetch plus `json.dumps`."""
    assert_same_rows(field)
    contestants = {
        "fetch": lambda: field.floor.measure("fetch", ROWS),
        "fetch + dumps": lambda: field.floor.measure("fetch_and_dumps", ROWS),
        "/query": _asking(field.sidecar, field, "/query"),
        "/query-dict": _asking(field.sidecar, field, "/query-dict"),
        "NDJSON": _asking(field.sidecar, field, "/query", NDJSON),
        "peer /query": _asking(field.peer, field, "/query"),
        "peer /query-dict": _asking(field.peer, field, "/query-dict"),
        "models /query": _asking(field.peer, field, "/models/query"),
        "models /query-dict": _asking(field.peer, field, "/models/query-dict"),
    }
    if field.rust is not None:
        contestants["Rust /query"] = _asking(field.rust, field, "/query")
        contestants["Rust NDJSON"] = _asking(field.rust, field, "/query", NDJSON)
    samples = interleave(field.rounds(9), contestants)
    middle = {name: median(seconds) for name, seconds in samples.items()}
    floor = middle["fetch + dumps"]
    lines = [Line(f"{ROWS:,} rows, fetch only", {"driver": ms(middle["fetch"])})]
    for path, of_floor, of_peer in (
        ("/query", 0.75, 0.55),
        ("/query-dict", 1.3, 0.22),
        ("NDJSON", 1.05, None),
    ):
        own = middle[path]
        figures = {"sidecar": ms(own), "driver": ms(floor)}
        checks = [times("fetch + dumps", of_floor, own, floor)]
        if of_peer is not None:
            figures["FastAPI"] = ms(middle[f"peer {path}"])
            figures["with models"] = ms(middle[f"models {path}"])
            checks.append(times("FastAPI", of_peer, own, middle[f"peer {path}"]))
        if f"Rust {path}" in middle:
            figures["Rust"] = ms(middle[f"Rust {path}"])
        lines.append(Line(f"{ROWS:,} rows, {path}", figures, checks))
    return lines


def _asking(
    server: Server, field: Field, path: str, accept: str = "application/json"
) -> Callable[[], Sequence[Seconds]]:
    request = server.request(path, field.database, ROWS, accept=accept)

    def ask() -> Sequence[Seconds]:
        # A connection each time: uvicorn closes one that was idle for five seconds.
        with closing(server.caller()) as caller:
            return [caller.read(request).total]

    ask()
    return ask


def assert_same_rows(field: Field) -> None:
    """Whoever is measured gives the same rows, whatever is fast about it.

    Which rows the stand-in replays depends on the sizes in which they are fetched, so they are
    compared by their ID.
    """
    for path in ("/query", "/query-dict"):
        own = _rows_by_id(field.sidecar, field, path)
        for other in (path, f"/models{path}"):
            _assert_same(own, _rows_by_id(field.peer, field, other), other)
        if field.rust is not None and path == "/query":
            _assert_same(own, _rows_by_id(field.rust, field, path), "in Rust")


def _assert_same(own: RowsById, theirs: RowsById, who: str) -> None:
    shared = own.keys() & theirs.keys()
    assert len(shared) > 1000, f"{who}: the rows are others"
    for key in shared:
        assert own[key] == theirs[key], f"{who}: {own[key]} is not {theirs[key]}"


def _rows_by_id(server: Server, field: Field, path: str) -> RowsById:
    answer = server.json(server.request(path, field.database, COMPARED_ROWS))
    names, rows = answer["columns"], answer["rows"]
    assert answer["row_count"] == len(rows) == COMPARED_ROWS, path
    pairs = [
        list(row.items() if isinstance(row, dict) else zip(names, row, strict=True)) for row in rows
    ]
    return {row[0][1]: [(name, _plain(value)) for name, value in row] for row in pairs}


def _plain(value: object) -> object:
    """isoformat() leaves zeros at the end of a fraction, which are no difference."""
    return _moment(value) if isinstance(value, str) else value


def _moment(text: str) -> object:
    if text[4:5] != "-" or text[10:11] != "T":
        return text
    moment, _, fraction = text.partition(".")
    return datetime.fromisoformat(moment), fraction.rstrip("0")


SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLAT = 0.10
# Of each size so many are read in a row: about as long as the largest answer takes, since the
# machine's own speed changes within seconds.
ROWS_IN_A_ROW = 500_000


def cost_per_row(field: Field) -> list[Line]:
    """What a row costs in answers of 1,000 to 1,000,000, beyond what the request costs anyway.

    Sizes are compared within a round only, and a size's median share is taken over the rounds.
    """
    caller = field.sidecar.caller()
    requests = {rows: field.sidecar.request("/query", field.database, rows) for rows in (1, *SIZES)}
    one_row = median([caller.read(requests[1]).total for _ in range(200)])

    def cost(rows: int) -> float:
        repeats = max(1, ROWS_IN_A_ROW // rows)
        total = sum(caller.read(requests[rows]).total for _ in range(repeats))
        return (total / repeats - one_row) / (rows - 1) * 1e6

    cost(SIZES[0])
    rounds = [{rows: cost(rows) for rows in SIZES} for _ in range(field.rounds(6))]
    usual = median([each for costs in rounds for each in costs.values()])
    shares = {
        rows: median([costs[rows] / fmean(costs.values()) for costs in rounds]) for rows in SIZES
    }
    spread = max(shares.values()) / min(shares.values()) - 1
    return [
        Line(
            "cost per row, " + " / ".join(f"{rows:,}" for rows in SIZES),
            {"sidecar": " / ".join(f"{share * usual:.2f}" for share in shares.values()) + " us"},
            [Check(f"flat within {FLAT:.0%}", f"{spread:.0%}", spread <= FLAT)],
        )
    ]
