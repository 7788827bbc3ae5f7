"""docs/architecture.md is true of the code: its import line, its threads, its locks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import ROOT
from tests.project.test_layout import LINE, MODULES, name

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LOCKS = {"Lock", "RLock", "Condition", "Event", "Semaphore", "Queue", "SimpleQueue"}
# These are given the name of the thread that they start.
FORWARDERS = {"start_thread", "start_once"}


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def called(call: ast.expr | None) -> str:
    """`Thread` of `threading.Thread(...)`; empty for what is no call of a name."""
    if not isinstance(call, ast.Call):
        return ""
    return str(getattr(call.func, "attr", "") or getattr(call.func, "id", ""))


def thread_name(call: ast.Call) -> ast.expr | None:
    """The expression that names the thread which is started."""
    if called(call) == "Thread":
        return next((word.value for word in call.keywords if word.arg == "name"), None)
    return call.args[0]


def started_threads(file: Path) -> Iterator[str]:
    tree = parsed(file)
    inside_forwarders = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in FORWARDERS
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or called(node) not in {"Thread", *FORWARDERS}:
            continue
        given = thread_name(node)
        if isinstance(given, ast.Constant):
            yield str(given.value)
        else:
            assert id(node) in inside_forwarders, f"{name(file)}:{node.lineno} names no thread"


def locks(file: Path) -> Iterator[str]:
    """`Class.field` or `module.name` of what threads wait for; what a function keeps to itself is
    left out.
    """
    tree = parsed(file)
    for scope in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]:
        inside = tree.body if isinstance(scope, ast.Module) else ast.walk(scope)
        for node in inside:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            if called(node.value) not in LOCKS:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and isinstance(scope, ast.ClassDef):
                    yield f"{scope.name}.{target.attr}"
                elif isinstance(target, ast.Name) and isinstance(scope, ast.Module):
                    yield f"{file.stem}.{target.id}"


def named_in_table(heading: str) -> set[str]:
    """The words in code in the first column of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def test_the_import_line_is_the_one_that_is_tested() -> None:
    assert f"```\n{' > '.join(LINE)}\n```" in PAGE


def test_every_thread_has_its_row() -> None:
    started = {thread for file in MODULES for thread in started_threads(file)}

    assert named_in_table("Threads") == started | {"main"}


def test_every_lock_has_its_row() -> None:
    assert named_in_table("Locks") == {lock for file in MODULES for lock in locks(file)}


@pytest.mark.parametrize("start", ['Thread(target=f, name="new")', 'start_thread("new", f)'])
def test_a_thread_without_a_row_would_be_noticed(start: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"def run() -> None:\n    {start}.start()\n", encoding="utf-8")

    assert list(started_threads(file)) == ["new"]
