"""The tables in README.md that are made from the code: settings, routes and errors.

`python -m tests.tools.doc_tables` writes them anew; a test says so when they are out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence

from api.openapi import DOCUMENT
from common import errors, settings
from handlers import ROUTES
from tests.harness import ROOT

README = ROOT / "README.md"


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


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "routes": routes_table,
    "errors": errors_table,
}


def with_tables(text: str) -> str:
    """`text` with each table between its two marks made anew."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name}: made by tests/tools/doc_tables.py -->", f"<!-- {name} end -->"
        block = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
        if not block.search(text):
            raise SystemExit(f"README.md has no marks for the table {name}")
        made = f"{start}\n{make()}\n{end}"
        text = block.sub(made.replace("\\", r"\\"), text)
    return text


def main() -> int:
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
