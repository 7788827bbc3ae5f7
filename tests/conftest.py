"""What the tests share: one sidecar, and one stand-in database, for all that leave no trace."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.fake_oracle import Authority, FakeOracle, Tls
from tests.harness import Sidecar, connection
from tests.witness import CONNECT_SECONDS

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
