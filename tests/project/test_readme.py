"""The README is true: its tables are those of the code."""

from __future__ import annotations

from tests.tools.doc_tables import README, with_tables


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")

    assert with_tables(text) == text, "run: python -m tests.tools.doc_tables"
