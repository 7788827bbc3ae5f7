"""Passwords live in the keyring and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fake_oracle import FakeOracle

from .app import DATA, IDENTIFIER, App
from .databases import PASSWORD, value_that_differs
from .keyring import PASSWORD as KEYRING_PASSWORD
from .login import Login
from .page import Page
from .processes import running
from .window import Screen

TABLE = "CREDIT_LIMIT"
KEPT = f'"password":"{PASSWORD}"'
VERDICT = "1 row differs."


def save_both(login: Login, database: FakeOracle) -> None:
    """Their connections are there at the next start, although the window is closed at once."""
    with login.start() as app:
        Page(app.page).add_services(database)
        app.close()


def test_a_password_is_in_the_keyring_and_in_no_file_log_or_command(
    app: App, login: Login, database: FakeOracle, picture: Path
) -> None:
    page = Page(app.page)
    page.add_services(database)
    page.go("Connections")
    picture.write_bytes(app.page.screenshot())
    page.set_up(TABLE)
    assert page.compare().startswith(VERDICT)

    login.keyring.wait_for(IDENTIFIER, KEPT, 2)
    token = re.search("^ORACLE_SIDECAR_TOKEN=(.{32,})$", app.sidecar.environment, re.MULTILINE)
    assert token is not None
    secrets = (PASSWORD, token[1])
    for process in running(login.root):
        assert not any(secret in process.command for secret in secrets), process.program
    assert PASSWORD not in app.process.environment + app.sidecar.environment
    app.close()
    assert login.files_with(["Payments DEV"]) != []
    assert login.files_with(["sidecar listening on"]) != []
    assert login.files_with([*secrets, value_that_differs()]) == []
    assert login.root.outside(DATA).stat().st_mode & 0o077 == 0


def test_a_restarted_app_compares_without_asking_for_a_password(
    login: Login, database: FakeOracle
) -> None:
    save_both(login, database)
    login.keyring.log_in_again()
    login.keyring.unlock()

    with login.start() as second:
        page = Page(second.page)
        page.set_up(TABLE)
        assert not page.says("Password of compare")
        assert page.compare().startswith(VERDICT)


def test_with_a_locked_keyring_the_password_is_asked_for_and_the_typed_one_compares(
    login: Login, database: FakeOracle, picture: Path
) -> None:
    save_both(login, database)
    login.keyring.log_in_again()

    with login.start() as second:
        page = Page(second.page)
        page.go("One table")
        page.choose_connections()
        page.wait_for("This computer's keychain is locked")
        picture.write_bytes(second.page.screenshot())
        for side in (1, 2):
            page.type_password(side, PASSWORD)
        page.choose_schema()
        page.choose_table(TABLE)
        page.wait_for("are compared")
        assert page.compare().startswith(VERDICT)


def test_a_keyring_that_is_unlocked_meanwhile_is_asked_again_on_demand(
    login: Login, database: FakeOracle
) -> None:
    save_both(login, database)
    login.keyring.lock()

    with login.start() as second:
        page = Page(second.page)
        page.go("One table")
        page.choose_connections()
        page.wait_for("This computer's keychain is locked")
        login.keyring.unlock()
        page.press("Try the keychain again")
        page.choose_schema()
        page.choose_table(TABLE)
        page.wait_for("are compared")
        assert page.compare().startswith(VERDICT)


def test_the_desktop_asks_for_the_keyring_s_password_itself(
    login: Login, database: FakeOracle, picture: Path
) -> None:
    save_both(login, database)
    login.keyring.lock()
    login.keyring.let_it_ask()

    with login.start() as second, Screen(login.display.name) as screen:
        page = Page(second.page)
        page.go("One table")
        page.choose_connections()
        screen.give_keys_to("Unlock Login Keyring")
        picture.write_bytes(screen.picture())
        screen.write(KEYRING_PASSWORD)
        screen.press("Return")
        page.choose_schema()
        page.choose_table(TABLE)
        page.wait_for("are compared")
        assert not page.says("Password of compare")
        assert page.compare().startswith(VERDICT)


def test_without_a_session_bus_the_app_runs_on_typed_passwords(
    login: Login, database: FakeOracle, picture: Path
) -> None:
    with login.start(own={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}) as app:
        page = Page(app.page)
        page.add_services(database)
        page.wait_for("This computer has no keychain that the app can reach")
        picture.write_bytes(app.page.screenshot())
        page.set_up(TABLE)
        assert page.compare().startswith(VERDICT)
        app.close()
    assert login.files_with([PASSWORD]) == []
