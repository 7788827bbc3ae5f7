"""What the tests share: one sidecar, and one stand-in database, for all that leave no trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness import Sidecar


@pytest.fixture(scope="session")
def sidecar() -> Iterator[Sidecar]:
    """A sidecar with default settings. Tests that change what others see start their own."""
    with Sidecar() as running:
        yield running
