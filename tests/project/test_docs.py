"""The documents are true: tables are those of the code, and the tests that are named are there."""

from __future__ import annotations

import re

from tests.harness import ROOT
from tests.tools.doc_tables import README, with_tables


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")

    assert with_tables(text) == text, "run: python -m tests.tools.doc_tables"


def test_every_threat_names_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    threats = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(threats) > 20
    for threat in threats:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", threat)
        assert named, threat
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
