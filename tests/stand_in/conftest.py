"""What the tests of SQL share: the demonstration services, and an empty database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_oracle.demo.demo_data import demo_engines
from tests.fake_oracle.engine.engine import SqliteEngine
from tests.fake_oracle.kinds.model import Engine, SqlSession


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Engine]]:
    engines = demo_engines()
    yield engines
    for engine in engines.values():
        engine.close()


@pytest.fixture
def session(services: dict[str, Engine]) -> Iterator[SqlSession]:
    """A session that only reads what others read too."""
    opened = services["DEV"].connect("app")
    yield opened
    opened.close()


@pytest.fixture
def engine() -> Iterator[SqliteEngine]:
    """An empty database of the test's own."""
    own = SqliteEngine()
    yield own
    own.close()


@pytest.fixture
def scratch(engine: SqliteEngine) -> Iterator[SqlSession]:
    """A session in an empty database."""
    opened = engine.connect("app")
    yield opened
    opened.close()
