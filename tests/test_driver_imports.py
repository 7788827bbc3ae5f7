"""What the driver imports for nothing stays out, and what a login needs is there for it.

Each check runs in an interpreter of its own: pytest has asyncio loaded already.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import driver_imports
from tests.fake_oracle import FakeOracle
from tests.harness import ROOT


def run(script: str) -> str:
    """What a script prints that runs where the product's modules are."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


IMPORT = """
    import sys, driver_imports
    oracledb, thin_impl = driver_imports.import_driver()
"""


STAND_INS = (
    *driver_imports.UNUSED,
    *driver_imports.POSTPONED_NAMES,
    *driver_imports.POSTPONED_MODULES,
)


def test_the_driver_comes_without_what_is_not_needed_or_not_yet() -> None:
    heavy = (*STAND_INS, "_ssl", "_hashlib")
    loaded = run(f"{IMPORT}\n    print([name for name in {heavy!r} if name in sys.modules])")
    assert loaded == "[]"


def test_asyncio_and_cryptography_can_be_imported_behind_it() -> None:
    assert run(f"{IMPORT}\n    import asyncio, cryptography.x509; print(asyncio.run)")


def test_what_is_imported_already_is_left_in_its_place() -> None:
    script = f"""
    import asyncio
    {IMPORT}
    print(asyncio is sys.modules["asyncio"], issubclass(thin_impl.AsyncProtocol, asyncio.Protocol))
    """
    assert run(script) == "True True"


def test_a_login_works_once_cryptography_is_there(database: FakeOracle) -> None:
    script = f"""
    {IMPORT}
    driver_imports.import_for_login()
    with oracledb.connect(user="compare", password="compare_pw", dsn="{database.dsn()}") as c:
        print(c.thin)
    """
    assert run(script) == "True"


def test_thick_mode_is_out_of_reach_and_says_so_at_once() -> None:
    script = f"""
    {IMPORT}
    try:
        oracledb.init_oracle_client()
    except AttributeError as error:
        print(error)
    """
    assert "init_oracle_client" in run(script)


@pytest.mark.parametrize("name", STAND_INS)
def test_nothing_stands_in_for_a_module_that_the_driver_does_not_import(name: str) -> None:
    """A stand-in that is not needed any more is to go."""
    script = f"""
    import sys
    sys.modules[{name!r}] = None
    try:
        import oracledb
    except (ImportError, AttributeError) as error:
        print("missed:", error)
    else:
        from oracledb import thin_impl
        print("" if hasattr(thin_impl, "pbkdf2") else "missed: cryptography")
    """
    assert run(script).startswith("missed")
