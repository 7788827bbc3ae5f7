"""README and docs/ are true: their tables are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.doc_tables import TABLES, with_table


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_table_of_a_page_is_the_one_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert with_table(page) == text, "run: python -m tests.tools.doc_tables"
