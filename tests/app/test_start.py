"""The installed app starts where there is no Python, once, and as it was left."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

from tests.fake_oracle import FakeOracle

from .app import SIDECAR, App
from .login import Login
from .namespace import end
from .page import Page
from .patience import PATIENCE_SECONDS
from .processes import find
from .root import Root
from .window import Screen

SCREENS: Final = {
    "Connections": "Add the databases you want to compare.",
    "One table": "Compare one table",
    "Many tables": "Which tables",
    "Start": "What do you want to compare?",
}
_SCROLLS: Final = """
return [...document.querySelectorAll(".screen.on")].map((one) => one.scrollWidth - one.clientWidth)
"""


def test_the_package_runs_where_there_is_no_python(
    installed: tuple[Root, list[str]], login: Login, picture: Path
) -> None:
    root, pythons_of_the_package = installed
    assert pythons_of_the_package == []
    assert root.pythons() == [], "the driver's packages have brought one"

    with login.start() as app:
        page = Page(app.page)
        page.wait_for("Sidecar ready")
        assert app.sidecar.parent == app.process.pid
        assert f"started {SIDECAR} as process" in app.log, "the log began behind the sidecar"
        page.press("Sidecar ready. Show details")
        page.wait_for("http://127.0.0.1:")
        picture.write_bytes(app.page.screenshot())


def test_a_second_start_shows_the_window_of_the_first(app: App, login: Login) -> None:
    Page(app.page).wait_for("Sidecar ready")
    sidecar = app.sidecar
    with Screen(login.display.name) as screen:
        window = app.window(screen)
        screen.unfocus()
        assert not window.has_focus

        login.root.run(app.process.program, env=login.environment)

        window.wait_for_focus()
        assert screen.titles().count("Compare Config") == 1
    assert find(login.root, app.process.program) == [app.process]
    assert app.sidecars == [sidecar]


def test_a_start_while_the_last_app_is_ending_is_an_app_of_its_own(login: Login) -> None:
    with login.start() as first, Screen(login.display.name) as screen:
        Page(first.page).wait_for("Sidecar ready")
        first.sidecar.send(signal.SIGSTOP)  # it holds the app's end up until it is killed
        first.window(screen).close()
        first.wait_for_log("the sidecar is Stopping")

        second = login.root.start(first.process.program, env=login.environment)
        try:
            assert first.process.is_gone_within(PATIENCE_SECONDS)
            screen.window("Compare Config")
            assert second.poll() is None
        finally:
            end(second)


def test_the_window_is_called_as_the_page_calls_itself(app: App, login: Login) -> None:
    Page(app.page).wait_for("Sidecar ready")
    with Screen(login.display.name) as screen:
        app.window(screen)
        app.page.run("document.title = '143 of 212, Compare Config'")
        screen.window("143 of 212, Compare Config")


def test_the_window_is_as_large_as_it_was_left(login: Login) -> None:
    with Screen(login.display.name) as screen:
        with login.start() as first:
            Page(first.page).wait_for("Sidecar ready")
            first.window(screen).resize(1111, 777)
            first.page.wait_until("return innerWidth === 1111 && innerHeight === 777")
            first.close()

        with login.start() as second:
            second.page.wait_until("return innerWidth === 1111 && innerHeight === 777")


def test_what_was_typed_is_there_although_the_window_was_closed_at_once(
    login: Login, database: FakeOracle
) -> None:
    with login.start() as first:
        page = Page(first.page)
        page.add_services(database)
        page.set_up("CREDIT_LIMIT")
        first.close()

    with login.start() as second:
        page = Page(second.page)
        page.go("One table")
        page.wait_for("are compared")
        assert page.tables == ["CREDIT_LIMIT", "CREDIT_LIMIT"]


def test_no_screen_scrolls_sideways(app: App) -> None:
    page = Page(app.page)
    page.wait_for("Sidecar ready")
    for screen, says in SCREENS.items():
        page.go(screen)
        page.wait_for(says)

        assert app.page.run(_SCROLLS) == [0], screen
