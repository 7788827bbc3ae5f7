"""Imports point down: read from the source, so that no import can hide behind a condition."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.harness import ROOT

# From the top down: each may import what stands behind it. A folder's own modules may import each
# other, but not in a circle.
LINE = (
    *("sidecar", "process", "handlers", "api", "compare", "query", "sql", "values"),
    *("oracle_pool", "oracle", "connect_strings", "http_server", "common"),
)
MOST_MODULES = 10
# What else a place must not import, though it stands below it.
PILLARS = {"sidecar", "handlers", "oracle_pool"}
HTTP = frozenset({"http_server"})
SESSIONS = frozenset({"oracle_pool", "oracle"})
NOT_BELOW = {
    "query": HTTP,
    "sql": HTTP | SESSIONS,
    "values": HTTP | SESSIONS,
    "oracle": HTTP,
    "connect_strings": HTTP,
}

FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
HOUSE = [name for name in FOLDERS if name not in ("tests", "benchmarks", "bundle")]
MODULES = sorted(
    [*ROOT.glob("*.py"), *(file for name in HOUSE for file in (ROOT / name).glob("*.py"))]
)


def imported(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it; a relative import as `.`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module if node.module and not node.level else "."
            # `from folder import module` names a module, `from module import name` does not.
            found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
    return found


def places(file: Path) -> set[str]:
    """The folders, pillars and packages that a file imports from."""
    return {name.partition(".")[0] for name in imported(file)}


def place(file: Path) -> str:
    return file.stem if file.parent == ROOT else file.parent.name


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


each_module = pytest.mark.parametrize("file", MODULES, ids=name)


def test_every_folder_and_pillar_stands_on_the_line() -> None:
    found = {place(file) for file in MODULES}
    assert found <= set(LINE)
    assert {file.stem for file in ROOT.glob("*.py")} == PILLARS


@each_module
def test_a_modules_imports_point_down(file: Path) -> None:
    here = place(file)
    below = set(LINE[LINE.index(here) :]) - NOT_BELOW.get(here, frozenset())
    if here not in PILLARS:
        below -= PILLARS
    assert places(file) & set(LINE) <= below


@pytest.mark.parametrize("folder", HOUSE)
def test_a_folders_modules_do_not_import_in_a_circle(folder: str) -> None:
    files = {file.stem: file for file in (ROOT / folder).glob("*.py")}
    left = {
        stem: {other for other in files if f"{folder}.{other}" in imported(file)}
        for stem, file in files.items()
    }
    while left:
        free = [stem for stem, needed in left.items() if not needed & left.keys()]
        assert free, f"these import each other: {sorted(left)}"
        for stem in free:
            del left[stem]


@pytest.mark.parametrize("folder", HOUSE)
def test_a_folder_has_no_more_modules_than_one_can_oversee(folder: str) -> None:
    assert len(list((ROOT / folder).glob("*.py"))) - 1 <= MOST_MODULES


@each_module
def test_only_the_driver_s_module_imports_the_driver(file: Path) -> None:
    beyond = places(file) - set(LINE) - sys.stdlib_module_names
    assert beyond == ({"oracledb"} if name(file) == "oracle/driver_imports.py" else set())


@each_module
def test_only_the_process_sees_the_environment(file: Path) -> None:
    if place(file) != "sidecar":
        assert not re.search(r"os\.(environ|getenv)", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", HOUSE)
def test_no_folder_shadows_the_standard_library(folder: str) -> None:
    assert folder not in sys.stdlib_module_names


def test_no_package_runs_code_when_it_is_imported() -> None:
    for folder in FOLDERS:
        if folder in HOUSE:
            assert (ROOT / folder / "__init__.py").read_bytes() == b"", folder


def test_the_stand_in_imports_nothing_of_the_product() -> None:
    files = list((ROOT / "tests" / "fake_oracle").rglob("*.py"))
    assert files
    for file in files:
        assert places(file) & set(LINE) == set(), file.name


def test_installing_puts_no_module_into_site_packages() -> None:
    # The design's words: errors, logs, values and settings are names that others use, too.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"^packages = \[\]$", project, re.MULTILINE)
    assert re.search(r"^py-modules = \[\]$", project, re.MULTILINE)
