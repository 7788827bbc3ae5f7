"""Imports point down: read from the source, so that no import can hide behind a condition."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.harness import ROOT

# From the top down: each may import what stands below it.
ORDER = [
    "sidecar",
    "self_test",
    "late_app",
    "handlers",
    "batches",
    "fields",
    "openapi",
    "health",
    "http_server",
    "hang_ups",
    "turnstile",
    "http_wire",
    "guard",
    "oracle_query",
    "oracle_result",
    "oracle_run",
    "oracle_rows",
    "oracle_types",
    "oracle_variables",
    "descriptions",
    "plans",
    "execution",
    "statement",
    "sql_text",
    "rows",
    "projection",
    "spelling",
    "columns",
    "type_names",
    "shapes",
    "encoders",
    "binds",
    "values",
    "oracle_pool",
    "oracle_checks",
    "oracle_logins",
    "oracle_session",
    "oracle_driver",
    "driver_imports",
    "tls_socket",
    "tns_socket",
    "one_file",
    "parent_watch",
    "settings",
    "errors",
    "logs",
    "deadline",
    "sockets",
    "loopback_client",
    "light_imports",
]
HTTP = {"http_server", "hang_ups", "turnstile", "http_wire", "guard"}
DATABASE = {
    *("oracle_query", "oracle_result", "oracle_run", "oracle_rows", "oracle_types"),
    *("oracle_variables", "descriptions", "plans", "execution", "statement", "sql_text"),
    *("oracle_pool", "oracle_checks", "oracle_logins", "oracle_session", "oracle_driver"),
    "driver_imports",
    *("tls_socket", "tns_socket"),
}
VALUES = {
    *("rows", "projection", "spelling", "columns", "type_names", "shapes", "encoders", "values"),
    "binds",
}
# They import nothing of the project at all.
ALONE = {
    *("openapi", "sql_text", "type_names", "values", "tns_socket", "errors", "logs"),
    *("deadline", "sockets", "loopback_client", "light_imports"),
}


def imports(file: Path) -> set[str]:
    """The modules a file imports, wherever in it; a relative import as `.`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module if node.module and not node.level else ".")
    return found


def top_level(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(file)}


PRODUCT = sorted(file.stem for file in ROOT.glob("*.py"))


def test_every_module_has_its_place() -> None:
    assert sorted(ORDER) == PRODUCT


@pytest.mark.parametrize("module", PRODUCT)
def test_a_modules_imports_point_down(module: str) -> None:
    below = set(ORDER[ORDER.index(module) + 1 :])
    assert top_level(ROOT / f"{module}.py") & set(PRODUCT) <= below


@pytest.mark.parametrize("module", PRODUCT)
def test_only_the_driver_s_module_imports_the_driver(module: str) -> None:
    beyond = top_level(ROOT / f"{module}.py") - set(PRODUCT) - sys.stdlib_module_names
    assert beyond == ({"oracledb"} if module == "driver_imports" else set())


@pytest.mark.parametrize("module", sorted(ALONE))
def test_a_module_that_stands_alone_imports_nothing_of_the_project(module: str) -> None:
    assert top_level(ROOT / f"{module}.py") & set(PRODUCT) == set()


@pytest.mark.parametrize(
    ("those", "others"),
    [(HTTP, DATABASE | VALUES), (DATABASE | VALUES, HTTP), (VALUES, DATABASE)],
    ids=["http of databases", "databases of http", "values of sessions"],
)
def test_one_side_knows_nothing_of_the_other(those: set[str], others: set[str]) -> None:
    for module in those:
        assert top_level(ROOT / f"{module}.py") & (others | {"handlers", "sidecar"}) == set()


@pytest.mark.parametrize("module", sorted(set(PRODUCT) - {"sidecar"}))
def test_only_the_process_sees_the_environment(module: str) -> None:
    text = (ROOT / f"{module}.py").read_text(encoding="utf-8")
    assert not re.search(r"os\.(environ|getenv)", text)


def test_the_stand_in_imports_nothing_of_the_product() -> None:
    files = list((ROOT / "tests" / "fake_oracle").rglob("*.py"))
    assert files
    for file in files:
        assert top_level(file) & set(PRODUCT) == set(), file.name


def test_every_module_is_packaged() -> None:
    # Read as text: Python 3.10 has no tomllib.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^py-modules = \[(.*?)\]", project, re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert sorted(re.findall(r'"(\w+)"', listed.group(1))) == PRODUCT
