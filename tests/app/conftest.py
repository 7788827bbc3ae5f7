"""One root with the package in it for all tests, and for each a fresh login in it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle

from .app import App
from .databases import estate
from .login import Login
from .namespace import Namespace
from .root import Root, make_root, why_not

DEB = os.environ.get("COMPARE_CONFIG_DEB")
# Kept between runs and used again, which is for whoever works on these tests.
KEPT_ROOT = os.environ.get("COMPARE_CONFIG_ROOT")
PICTURES = os.environ.get("COMPARE_CONFIG_PICTURES")


def _reason() -> str | None:
    if DEB is None:
        return "no package is given: set COMPARE_CONFIG_DEB to a .deb of tauri/make_app.sh"
    return why_not()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those of the whole run, of which only this folder's need the package."""
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    reason = _reason() if ours else None
    if reason is not None:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """What the window showed, while it is still there."""
    running = node.funcargs.get("app") if isinstance(node, pytest.Function) else None
    if isinstance(running, App):
        running.take_last_picture()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    if KEPT_ROOT is not None:
        yield Path(KEPT_ROOT)
        return
    made = Path(tempfile.mkdtemp(prefix="compare-config-root-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def installed(folder: Path) -> Iterator[tuple[Root, list[str]]]:
    """The root, and what was called Python in it before the driver's packages came."""
    assert DEB is not None
    with Namespace() as namespace:
        yield make_root(folder, namespace, Path(DEB))


@pytest.fixture
def root(installed: tuple[Root, list[str]]) -> Root:
    return installed[0]


@pytest.fixture
def login(root: Root, picture: Path) -> Iterator[Login]:
    """A new user's desktop, with an unlocked keyring."""
    with Login(root, picture.with_name(f"failed_{picture.name}")) as fresh:
        yield fresh


@pytest.fixture
def database() -> Iterator[FakeOracle]:
    """DEV, UAT and PROD."""
    with estate() as running:
        yield running


@pytest.fixture
def app(login: Login) -> Iterator[App]:
    """Just started."""
    with login.start() as running:
        yield running


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots are kept."""
    if PICTURES is None:
        return tmp_path_factory.mktemp("pictures")
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def picture(pictures: Path, request: pytest.FixtureRequest) -> Path:
    """The name of this test's screenshot."""
    return pictures / f"{re.sub('[^a-z0-9]+', '_', request.node.name.lower())}.png"
