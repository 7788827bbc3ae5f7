"""What is taken away goes where the save dialog says, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_oracle import FakeOracle

from .app import App
from .login import Login
from .page import Page
from .root import HOME
from .window import Screen

DIALOG = "Save File"


@pytest.fixture
def screen(login: Login) -> Iterator[Screen]:
    with Screen(login.display.name) as opened:
        yield opened


@pytest.fixture
def page(app: App, database: FakeOracle) -> Page:
    """With a result on it."""
    compared = Page(app.page)
    compared.add_services(database)
    compared.set_up("CREDIT_LIMIT")
    assert compared.compare().startswith("1 row differs.")
    return compared


def files(login: Login) -> list[str]:
    """Of the user's that are in no hidden folder."""
    return [file.name for file in login.root.home.iterdir() if not file.name.startswith(".")]


def test_a_result_is_written_where_the_save_dialog_says(
    app: App, page: Page, login: Login, screen: Screen, picture: Path
) -> None:
    app.page.screenshot()  # which waits until what the screen shows is the result
    page.take_away("CSV")
    screen.give_keys_to(DIALOG)
    # In place of the proposed name, whose ending stays. It opens in the user's home.
    screen.write("taken")
    picture.write_bytes(screen.picture())
    screen.press("Return")
    page.wait_for(f"{HOME}/taken.csv")

    assert files(login) == ["taken.csv"]
    lines = (login.root.home / "taken.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any("PLUS" in line and "API" in line for line in lines)


def test_a_save_dialog_that_is_cancelled_writes_nothing(
    page: Page, login: Login, screen: Screen
) -> None:
    page.take_away("JSON")
    screen.give_keys_to(DIALOG)
    screen.press("Escape")

    screen.wait_until_gone(DIALOG)
    assert files(login) == []
    assert page.says("1 row differs.")
