"""What the tests share: one sidecar, and one stand-in database, for all that leave no trace."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Iterator
from functools import cache
from typing import Any

import oracledb
import pytest
from hypothesis import settings

from oracle import driver as oracle_driver
from oracle.login import start_loading_driver
from tests.fake_oracle import Authority, FakeOracle, Tls
from tests.harness import PATIENCE_SECONDS, Sidecar, connection
from tests.witness import CONNECT_SECONDS

# No example has a time limit: a busy machine may stand still in any of them.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
# Of a run under nohup, what the tests start would inherit that the signal is to be ignored.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

REAL = ("ORACLE_TEST_DSN", "ORACLE_TEST_USER", "ORACLE_TEST_PASSWORD")


@pytest.fixture(scope="session")
def sidecar() -> Iterator[Sidecar]:
    """A sidecar with default settings. Tests that change what others see start their own."""
    with Sidecar() as running:
        running.wait_for_driver()
        yield running


@pytest.fixture(scope="session")
def impatient() -> Iterator[Sidecar]:
    """A sidecar with a time limit for logins that can be waited for."""
    with Sidecar("--connect-timeout", f"{CONNECT_SECONDS:g}") as running:
        running.wait_for_driver()
        yield running


@cache
def _as_the_product_sets_it_up() -> tuple[Any, ...]:
    start_loading_driver()
    oracle_driver.driver(PATIENCE_SECONDS)
    return _set_up()


def _set_up(*values: Any) -> tuple[Any, ...]:
    """How the driver is set up, after these values were put in the place of its own."""
    module: Any = importlib.import_module("oracledb.thin_impl")
    defaults = oracledb.defaults
    if values:
        module.socket, module.ssl, defaults.fetch_lobs, defaults.program = values
    return module.socket, module.ssl, defaults.fetch_lobs, defaults.program


@pytest.fixture(scope="module")
def driver_of_the_product() -> Iterator[None]:
    """The driver as the product sets it up; other tests use it in this process as it comes."""
    before = _set_up()
    _set_up(*_as_the_product_sets_it_up())
    yield
    _set_up(*before)


@pytest.fixture
def database() -> Iterator[FakeOracle]:
    """A stand-in of the test's own: its counts are the test's, and so are the pools to it."""
    with FakeOracle() as running:
        yield running


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Who vouches for the databases with TLS."""
    return Authority()


@pytest.fixture(scope="session")
def wallet(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A wallet folder that trusts the authority, and has nothing else in it."""
    return str(authority.wallet(tmp_path_factory.mktemp("wallet")))


@pytest.fixture
def tls_database(authority: Authority) -> Iterator[FakeOracle]:
    """As `database`, and it listens with TLS as well."""
    with FakeOracle(tls=Tls(authority.issue())) as running:
        yield running


@pytest.fixture(
    scope="session",
    params=["stand-in", pytest.param("real database", marks=pytest.mark.real_oracle)],
)
def any_database(request: pytest.FixtureRequest) -> Iterator[dict[str, object]]:
    """A connection object: to a stand-in, and once more to a real database where one is given.

    Tests that use it select from DUAL only, and compare values rather than described types.
    """
    if request.param == "stand-in":
        with FakeOracle() as running:
            yield connection(running.dsn())
        return
    if not all(os.environ.get(name) for name in REAL):
        pytest.skip(f"no real database is given: set {', '.join(REAL)}")
    dsn, user, password = (os.environ[name] for name in REAL)
    yield connection(dsn, user, password)


@pytest.fixture
def always_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fetch is one batch, and the next one is on its way, however long anything takes.

    For statements that this process runs.
    """
    monkeypatch.setattr("query.batches.MOST_GROWN", 1)
    monkeypatch.setattr("query.batches.SURELY_LONG_SECONDS", 60)
    monkeypatch.setattr("query.batches.NEAR_SECONDS", 0)
    monkeypatch.setattr("query.batches.NEAR_SHARE", 0)
