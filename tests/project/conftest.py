"""What the fuzzers share: a sidecar that is quick to give up, and a database behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar


@pytest.fixture(name="standin", scope="module")
def _standin() -> Iterator[FakeOracle]:
    with FakeOracle() as running:
        yield running


@pytest.fixture(name="fuzzed", scope="module")
def _fuzzed() -> Iterator[Sidecar]:
    """It logs no more than what is wrong with it, and waits for nothing for long."""
    limits = ("--query-timeout", "5", "--connect-timeout", "5", "--acquire-timeout", "5")
    with Sidecar("--log-level", "error", *limits) as running:
        running.wait_for_driver()
        yield running
        assert running.log_text() == ""
