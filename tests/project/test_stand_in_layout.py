"""The stand-in's imports point down its staircase: read from the source, as the product's are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import ROOT

STAND_IN = ROOT / "tests" / "fake_oracle"
PACKAGE = "tests.fake_oracle"
# What lies in no folder is the stand-in itself: the server and the engine that tests fill by hand.
ITSELF = ""
# From the top down: each may import what stands behind it. A folder's own modules may import each
# other, but not in a circle.
STAIRCASE = (
    *(ITSELF, "estate", "demo", "session", "engine", "queries", "expressions", "functions"),
    *("format_models", "parser", "link", "messages", "formats", "kinds"),
)
FOLDERS = sorted(path.parent.name for path in STAND_IN.glob("*/__init__.py"))


def name(file: Path) -> str:
    return str(file.relative_to(STAND_IN).as_posix())


def module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def folder(module: str) -> str:
    """The stair that a module of the stand-in stands on."""
    return module.removeprefix(PACKAGE).rpartition(".")[0].removeprefix(".")


# The package itself is one of them: a lower stair must not take names from it, either.
MODULES = {
    module(file): file
    for file in sorted(STAND_IN.rglob("*.py"))
    if file.name != "__init__.py" or file.parent == STAND_IN
}
each_module = pytest.mark.parametrize("file", MODULES.values(), ids=name)


def statements(node: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    """Everything in a file; without `types`, not what only a type checker imports."""
    for child in ast.iter_child_nodes(node):
        if types or not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from statements(child, types=types)


def imported(file: Path, *, types: bool = True) -> set[str]:
    """The names that a file imports, in full: relative ones, too."""
    found: set[str] = set()
    for node in statements(ast.parse(file.read_text(encoding="utf-8")), types=types):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            origin = ".".join([*above, *filter(None, [node.module])])
            # `from folder import module` names a module, `from module import name` does not.
            found |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return found


def test_every_folder_stands_on_the_staircase() -> None:
    assert set(FOLDERS) == set(STAIRCASE) - {ITSELF}
    assert {folder(name) for name in MODULES} == set(STAIRCASE)


@each_module
def test_a_modules_imports_go_down_the_staircase(file: Path) -> None:
    here = STAIRCASE.index(folder(module(file)))
    assert {folder(name) for name in imported(file) & MODULES.keys()} <= set(STAIRCASE[here:])


@pytest.mark.parametrize("stair", STAIRCASE)
def test_a_folders_modules_do_not_import_in_a_circle(stair: str) -> None:
    # What only a type checker imports is no circle: some modules name the class they are handed.
    left = {
        name: imported(file, types=False) & MODULES.keys()
        for name, file in MODULES.items()
        if folder(name) == stair
    }
    while left:
        free = [name for name, needed in left.items() if not needed & left.keys()]
        assert free, f"these import each other: {sorted(left)}"
        for name in free:
            del left[name]


def test_no_folder_runs_code_when_it_is_imported() -> None:
    for stair in FOLDERS:
        assert (STAND_IN / stair / "__init__.py").read_bytes() == b"", stair


@each_module
def test_the_stand_in_imports_nothing_of_the_tests_that_use_it(file: Path) -> None:
    assert all(f"{name}.".startswith(f"{PACKAGE}.") for name in imported(file) if "tests." in name)
