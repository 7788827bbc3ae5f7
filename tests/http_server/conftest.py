"""What the tests of HTTP share: a bare connection to the shared sidecar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness import Sidecar
from tests.http_server.wire import Wire


@pytest.fixture(name="wire")
def _wire(sidecar: Sidecar) -> Iterator[Wire]:
    """A connection; afterwards the server must still be serving, whatever was sent on it."""
    with Wire(sidecar) as wire:
        yield wire
    assert sidecar.get("/health").status == 200
