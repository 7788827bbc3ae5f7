"""What demo.sh does before it starts the demo: Node, the page's packages, and its build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.harness import ROOT

SHELL = shutil.which("dash") or shutil.which("sh")
pytestmark = pytest.mark.skipif(SHELL is None, reason="a POSIX shell is needed")

# Notes what it was asked for, and leaves what npm and Vite would.
NPM = """#!/bin/sh
echo "$*" >>"$CALLS"
case $1 in
ci) mkdir -p node_modules ;;
run) mkdir -p compare-config/dist && echo made >compare-config/dist/index.html ;;
esac
"""
FAILING = """#!/bin/sh
echo "npm error: no network"
exit 1
"""
Run = Callable[[str], "subprocess.CompletedProcess[str]"]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make_node(folder: Path, version: str) -> None:
    program(folder / "bin" / "node", f"#!/bin/sh\necho {version}\n")


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """A folder with a page's sources, a Node that knows its version, and an npm that notes."""
    for place in ("client/src", "compare-config/src", "compare-config/node_modules"):
        (tmp_path / "tauri" / place).mkdir(parents=True)
    for file in ("package.json", "package-lock.json", "compare-config/src/main.ts"):
        (tmp_path / "tauri" / file).write_text("as it was")
    make_node(tmp_path, "v20.19.0")
    program(tmp_path / "bin" / "npm", NPM)
    return tmp_path


@pytest.fixture(name="run")
def _run(checkout: Path) -> Run:
    environment: Mapping[str, str] = {
        **os.environ,
        "PATH": f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(checkout / "calls"),
    }

    def run(commands: str) -> subprocess.CompletedProcess[str]:
        assert SHELL is not None
        sourced = f"set -eu; python='{sys.executable}'; . '{ROOT}/tests/node_environment.sh'"
        return subprocess.run(
            [SHELL, "-c", f"{sourced}\n{commands}"],
            cwd=checkout, env=environment, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    return run


MAKE = 'if make_page; then echo built; else echo "not: $no_page"; fi'


def calls(checkout: Path) -> list[str]:
    """What npm was asked for since the last look."""
    noted = checkout / "calls"
    found = noted.read_text().splitlines() if noted.exists() else []
    noted.unlink(missing_ok=True)
    return found


INSTALL = "ci --ignore-scripts --no-audit --no-fund --fetch-retries=5"
BUILD = "run build"


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [
        ("v18.20.4", False), ("v20.18.3", False), ("v20.19.0", True), ("v21.7.0", False),
        ("v22.11.0", False), ("v22.12.0", True), ("v24.19.0", True),
    ],
)  # fmt: skip
def test_the_node_on_the_path_serves_where_vite_takes_it(
    checkout: Path, run: Run, version: str, is_enough: bool
) -> None:
    make_node(checkout, version)

    assert (run("node_is_new_enough").returncode == 0) is is_enough


def test_a_page_is_installed_and_built_once(checkout: Path, run: Run) -> None:
    first = run(MAKE)

    assert first.stdout.splitlines()[-1] == "built"
    assert calls(checkout) == [INSTALL, BUILD]
    again = run(MAKE)
    assert (again.stdout, again.stderr, calls(checkout)) == ("built\n", "", [])


def test_a_page_is_built_anew_where_a_source_is_newer(checkout: Path, run: Run) -> None:
    run(MAKE)
    calls(checkout)
    built = checkout / "tauri" / "compare-config" / "dist" / "index.html"
    source = checkout / "tauri" / "compare-config" / "src" / "main.ts"
    os.utime(built, ns=(0, source.stat().st_mtime_ns - 1))

    run(MAKE)

    assert calls(checkout) == [BUILD]


def test_what_was_installed_does_not_make_a_page_old(checkout: Path, run: Run) -> None:
    run(MAKE)
    calls(checkout)
    inside = checkout / "tauri" / "compare-config" / "node_modules" / "vite.js"
    inside.write_text("newer than the page")

    run(MAKE)

    assert calls(checkout) == []


def test_another_lock_file_is_installed_again(checkout: Path, run: Run) -> None:
    run(MAKE)
    calls(checkout)
    (checkout / "tauri" / "package-lock.json").write_text("with something more")

    run(MAKE)

    assert calls(checkout) == [INSTALL, BUILD]


def test_where_npm_fails_its_words_are_shown_and_one_sentence_says_what_is_missing(
    checkout: Path, run: Run
) -> None:
    program(checkout / "bin" / "npm", FAILING)

    failed = run(MAKE)

    assert failed.stdout.splitlines()[-1] == (
        "not: What the page is built with could not be installed: no page."
    )
    assert failed.stderr == "npm error: no network\n"


def test_where_no_node_can_be_had_one_sentence_says_so(checkout: Path, run: Run) -> None:
    make_node(checkout, "v18.0.0")

    # `false` is in pip's place: there is no network.
    failed = run(f"python=false\n{MAKE}")

    assert failed.stdout.splitlines()[-1] == (
        "not: There is no Node 20.19 or newer here, and none could be installed: no page."
    )
    assert calls(checkout) == []
