"""The tables in docs/ that are made from the code: settings, routes, errors, the stand-in's drift.

`python -m tests.tools.doc_tables` writes all of them anew; a test says so when one is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from api.openapi import DOCUMENT
from common import errors, settings
from handlers import ROUTES
from tests.fake_oracle.estate.drift import DRIFT, SAME, Drift, Found
from tests.fake_oracle.estate.services import FAMILIES
from tests.harness import ROOT

DOCS = ROOT / "docs"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def settings_table() -> str:
    rows = []
    for knob in settings.knobs():
        unit = knob.metadata["unit"]
        flag = settings.flag(knob.name) + (f" {unit}" if unit else "")
        default = knob.default
        shown = "" if default in (None, False, ()) else settings.plain(default)
        rows.append(
            [f"`{flag}`", f"`{settings.variable(knob.name)}`", shown, knob.metadata["help"]]
        )
    return table(["flag", "environment", "default", "what it does"], rows)


def routes_table() -> str:
    rows = [
        [f"`{r.method} {r.path}`", DOCUMENT["paths"][r.path][r.method.lower()]["summary"]]
        for r in ROUTES
    ]
    return table(["route", "what it does"], rows)


def errors_table() -> str:
    grouped: dict[tuple[int, str, bool], list[str]] = {}
    for code, entry in errors.CATALOGUE.items():
        grouped.setdefault((entry.status, entry.hint or "", entry.retryable), []).append(code)
    rows = [
        [str(status), ", ".join(map(_shown, codes)), hint, "yes" if retryable else ""]
        for (status, hint, retryable), codes in sorted(grouped.items())
    ]
    return table(["status", "`full_code`", "`hint`", "`retryable`"], rows)


def _shown(code: str) -> str:
    """Where a code means several things, the catalogue has a word behind it."""
    full_code, _, which = code.partition(" ")
    return f"`{full_code}`" + (f" ({which})" if which else "")


def drift_table() -> str:
    in_dev = {name for family in FAMILIES for name in family.tables.split()}
    others = ("UAT", "PROD")

    def shown(drift: Drift, other: str) -> str:
        is_known = drift.table in in_dev or other in drift.found
        return _found(drift.found.get(other, SAME)) if is_known else "not there"

    rows = [
        [f"`{drift.table}`", drift.what, *(shown(drift, other) for other in others)]
        for drift in DRIFT
    ]
    rest = len(in_dev - {drift.table for drift in DRIFT})
    rows.append([f"{rest} others", "", *(_found(SAME) for _ in others)])
    return table(["table", "how it differs", *(f"DEV and {other}" for other in others)], rows)


def _found(found: Found) -> str:
    counts = {
        "changed": found.changed,
        "only in DEV": found.only_in_dev,
        "only there": found.only_there,
    }
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    told = told or [found.outcome.value]
    if found.not_compared:
        told.append(f"not compared: {', '.join(found.not_compared)}")
    return "; ".join(told)


# Each page that holds a table, which stands between two marks.
TABLES: dict[Path, tuple[str, Callable[[], str]]] = {
    DOCS / "settings.md": ("settings", settings_table),
    DOCS / "api.md": ("routes", routes_table),
    DOCS / "errors.md": ("errors", errors_table),
    DOCS / "stand_in.md": ("drift", drift_table),
}


def with_table(page: Path) -> str:
    """The text of a page with its table made anew."""
    name, make = TABLES[page]
    start, end = f"<!-- table: {name} -->", f"<!-- end of table: {name} -->"
    head, _, rest = page.read_text(encoding="utf-8").partition(start)
    _, found, tail = rest.partition(end)
    if not found:
        raise SystemExit(f"{page.name} has no marks for the table {name}")
    return f"{head}{start}\n{make()}\n{end}{tail}"


def main() -> int:
    for page in TABLES:
        page.write_text(with_table(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
