"""README and docs/ are true: tables are those of the code, links lead somewhere, and tests that are
named are there.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.harness import ROOT
from tests.tools.doc_tables import TABLES, with_table

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]

_CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?:(?!\1).)+\1")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"\]\(\s*<?([^)>\s]+)")
_REFERENCE = re.compile(r"^ *\[[^\]]+\]: *<?([^>\s]+)", re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link may name behind its #: GitHub's slug of each heading, numbered where it repeats.

    Of a heading's text letters, digits, `_`, `-` and blanks are kept, in lower case; then blanks
    become `-`.
    """
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(page: Path) -> list[str]:
    """Where the links of a page lead, those into the web left out."""
    text = _CODE.sub("", prose(page))
    targets = _LINK.findall(text) + _REFERENCE.findall(text)
    return [target for target in targets if not re.match(r"(https?|mailto):", target)]


def is_good(link: str, page: Path) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / unquote(name)).resolve() if name else page
    if not (target.is_relative_to(ROOT) and target.exists()):
        return False
    return not anchor or (target.suffix == ".md" and unquote(anchor) in anchors(target))


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_table_of_a_page_is_the_one_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert with_table(page) == text, "run: python -m tests.tools.doc_tables"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not is_good(link, page)] == []


def test_a_broken_link_would_be_noticed() -> None:
    page = ROOT / "docs" / "api.md"
    for broken in ("nowhere.md", "values.md#no-such-heading", "#nor-this", "../../outside.md"):
        assert not is_good(broken, page)
    for good in ("values.md", "values.md#what-is-not-carried", "../sidecar.py", "../tests"):
        assert is_good(good, page)


def test_anchors_are_those_of_github(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Who may call?\n\n## `--flag` & [a link](x.md)\n\n## Twice\n\n## Twice\n\n"
        "```sh\n# no heading\n```\n",
        encoding="utf-8",
    )

    assert anchors(page) == {"who-may-call", "--flag--a-link", "twice", "twice-1"}


def test_the_readme_leads_to_every_page_of_the_docs() -> None:
    named = {link.partition("#")[0] for link in links(README)}

    assert {f"docs/{page.name}" for page in PAGES if page.parent.name == "docs"} <= named


def test_the_readme_stays_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 230, "it is for docs/"


def test_every_threat_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
    threats = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(threats) > 20
    for threat in threats:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", threat)
        assert named, threat
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
