"""However the app ends, nothing of it is left; however its sidecar ends, it goes on."""

from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.fake_oracle import FakeOracle

from .app import LIBRARY, App
from .databases import is_logged_off
from .login import Login
from .page import Page
from .patience import PATIENCE_SECONDS
from .processes import Process, running

TABLE: Final = "CREDIT_LIMIT"
VERDICT: Final = "1 row differs."
# Two are promised; the others are for a busy machine.
SIDECAR_SECONDS: Final = 2.0 + 5.0
_URL: Final = """
const done = arguments[0];
__TAURI_INTERNALS__.invoke("plugin:oracle-sidecar|start_oracle_sidecar")
    .then(({ url }) => done(url));
"""


def compared(app: App, database: FakeOracle) -> Page:
    page = Page(app.page)
    page.add_services(database)
    page.set_up(TABLE)
    assert page.compare().startswith(VERDICT)
    return page


def port(app: App) -> int:
    url = urlsplit(str(app.page.run_async(_URL)))
    assert url.port is not None
    return url.port


def assert_nothing_is_left(login: Login, before: set[Process], sidecar_port: int) -> None:
    known = {process.pid for process in before}
    for process in running(login.root):
        # The driver that started the app ends in its own time.
        is_left = process.pid not in known and not process.is_gone_within(PATIENCE_SECONDS)
        assert not is_left, f"{process.program} is left"
    with socket.socket() as tried, pytest.raises(ConnectionRefusedError):
        tried.connect(("127.0.0.1", sidecar_port))


def test_nothing_is_left_when_the_window_is_closed(login: Login, database: FakeOracle) -> None:
    before = set(running(login.root))
    with login.start() as app:
        compared(app, database)
        listening = port(app)

        app.close()

    assert_nothing_is_left(login, before, listening)
    assert is_logged_off(database)


def test_the_sidecar_goes_within_two_seconds_of_an_app_that_is_killed(
    login: Login, database: FakeOracle
) -> None:
    before = set(running(login.root))
    with login.start() as app:
        compared(app, database)
        listening, sidecar, children = port(app), app.sidecar, app.children

        app.process.send(signal.SIGKILL)

        assert sidecar.is_gone_within(SIDECAR_SECONDS)
        for child in children:
            assert child.is_gone_within(PATIENCE_SECONDS), child.program
    assert_nothing_is_left(login, before, listening)
    assert is_logged_off(database)


def test_a_sidecar_that_is_killed_is_told_of_and_the_page_goes_on_with_another(
    app: App, database: FakeOracle, picture: Path
) -> None:
    page = compared(app, database)
    page.go("One table")
    first = app.sidecar

    first.send(signal.SIGKILL)

    page.wait_for("The sidecar runs again.")
    picture.write_bytes(app.page.screenshot())
    assert app.sidecar.pid != first.pid
    assert page.compare().startswith(VERDICT)


def test_the_app_goes_on_and_ends_well_when_its_folder_is_moved_meanwhile(
    login: Login, database: FakeOracle
) -> None:
    folder = login.root.outside(LIBRARY)
    elsewhere = folder.with_name("Compare Config, moved")
    before = set(running(login.root))
    with login.start() as app:
        page = compared(app, database)
        listening = port(app)
        shutil.move(folder, elsewhere)
        try:
            page.go("One table")
            page.choose_table("FEE_SCHEDULE")
            page.wait_for("are compared")
            assert page.compare().startswith(VERDICT)
            app.close()
        finally:
            shutil.move(elsewhere, folder)
    assert_nothing_is_left(login, before, listening)
    assert is_logged_off(database)
