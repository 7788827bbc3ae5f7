"""What the tests share: one sidecar, and one stand-in database, for all that leave no trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar


@pytest.fixture(scope="session")
def sidecar() -> Iterator[Sidecar]:
    """A sidecar with default settings. Tests that change what others see start their own."""
    with Sidecar() as running:
        running.wait_for_driver()
        yield running


@pytest.fixture
def database() -> Iterator[FakeOracle]:
    """A stand-in of the test's own: its counts are the test's, and so are the pools opened to it."""
    with FakeOracle() as running:
        yield running
