"""docs/SECURITY.md names tests that are there."""

from __future__ import annotations

import re

from tests.harness import ROOT


def test_every_threat_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
    threats = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(threats) > 20
    for threat in threats:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", threat)
        assert named, threat
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
