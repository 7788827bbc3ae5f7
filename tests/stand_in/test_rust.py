"""A third judge of the stand-in: Oracle's driver in Rust, which shares no code with the others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fake_oracle import ORACLE_19C, ORACLE_23AI, Capabilities, FakeOracle

FOLDER = Path(__file__).parent.parent / "rust"
# The first build compiles about a hundred crates; cargo keeps them in a folder that git ignores.
# Named here because an environment may point all of a machine's builds elsewhere.
OFFLINE = ("--locked", "--offline", "--quiet", "--target-dir", "target")
BUILD_SECONDS = 900
JUDGE_SECONDS = 60


def cargo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["cargo", *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=BUILD_SECONDS
    )


@pytest.fixture(scope="module")
def judge() -> list[str]:
    """The command that runs it."""
    if shutil.which("cargo") is None:
        pytest.skip("cargo is needed to build the judge in Rust")
    fetched = cargo("fetch", "--locked")
    if fetched.returncode:
        pytest.skip(f"cargo could not fetch Oracle's driver: {fetched.stderr[-300:]}")
    built = cargo("build", *OFFLINE)
    if built.returncode and "could not compile `judge`" not in built.stderr:
        pytest.skip(f"this toolchain cannot build Oracle's driver: {built.stderr[-300:]}")
    assert built.returncode == 0, built.stderr
    return ["cargo", "run", *OFFLINE, "--"]


@pytest.mark.parametrize("able", [ORACLE_23AI, ORACLE_19C], ids=lambda able: able.version)
def test_oracles_rust_driver_finds_nothing_to_complain_about(
    judge: list[str], able: Capabilities
) -> None:
    with FakeOracle(capabilities=able) as oracle:
        command = [*judge, "compare", "compare_pw", oracle.dsn()]
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=JUDGE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok pool" in done.stdout
        assert oracle.wait_until(lambda counts: counts.open_sessions == 0).lost_sessions == 0
