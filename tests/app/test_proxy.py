"""A proxy of the user's gets nothing of what the page and its sidecar say to each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen
from urllib.parse import urlsplit

import pytest

from tests.fake_oracle import FakeOracle

from .app import DATA, PROGRAM, SIDECAR
from .login import Login
from .namespace import end
from .page import Page
from .patience import PATIENCE_SECONDS
from .proxy import LoggingProxy
from .root import HOME

VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")
# A browser that the package's own dependency brings: WebKitGTK as it is, with nobody's cure.
BROWSER = "usr/lib/*/webkit2gtk-4.1/MiniBrowser"
# As GNOME's settings, from a file, which needs no daemon.
DESKTOP = {"XDG_CURRENT_DESKTOP": "GNOME", "GSETTINGS_BACKEND": "keyfile"}


ASKED = "http://127.0.0.1:21521/health"


@pytest.fixture
def proxy() -> Iterator[LoggingProxy]:
    with LoggingProxy() as running:
        yield running


def settings(proxy: LoggingProxy) -> dict[str, str]:
    return dict.fromkeys(VARIABLES, proxy.url)


def set_desktop_proxy(login: Login, proxy: LoggingProxy) -> None:
    """For every address: the settings except loopback by themselves."""
    file = login.root.home / ".config" / "glib-2.0" / "settings" / "keyfile"
    port = urlsplit(proxy.url).port
    login.root.run("mkdir", "-p", f"{HOME}/.config/glib-2.0/settings", env={})
    file.write_text(
        "[system/proxy]\nmode='manual'\nignore-hosts=@as []\n"
        f"[system/proxy/http]\nhost='127.0.0.1'\nport={port}\n"
    )


@contextmanager
def browser_at(login: Login, address: str, env: dict[str, str]) -> Iterator[None]:
    [program] = login.root.folder.glob(BROWSER)
    path = f"/{program.relative_to(login.root.folder)}"
    browser = login.root.start(path, address, env={**login.environment, **env})
    try:
        yield
    finally:
        end(browser)


def test_nothing_passes_through_a_proxy_of_the_user_s_environment(
    login: Login, proxy: LoggingProxy, database: FakeOracle
) -> None:
    with login.start(own={**settings(proxy), "no_proxy": "example.org"}) as app:
        assert f"http_proxy={proxy.url}\n" in app.process.environment
        # One cure by itself: the other one would hide that this one does not work.
        assert "no_proxy=example.org,127.0.0.1,localhost,::1\n" in app.process.environment
        page = Page(app.page)
        page.add_services(database)
        page.set_up("CREDIT_LIMIT")
        assert page.compare().startswith("1 row differs.")
        app.close()
    assert proxy.asked == []


def assert_the_page_goes_past(proxy: LoggingProxy, login: Login, app: Popen[str]) -> None:
    """Of an app that has no driver, which it would look for through that proxy too."""
    log = login.root.outside(f"{DATA}/logs/oracle-sidecar.log")
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not (log.exists() and "path=/health status=200" in log.read_text()):
            assert time.monotonic() < give_up, f"its sidecar hears nothing; {proxy.asked[:1]}"
            time.sleep(0.05)  # a file tells nobody that it grew
    finally:
        end(app)
    assert proxy.asked == []


def test_nothing_passes_through_a_proxy_of_the_desktop_s_settings(
    login: Login, proxy: LoggingProxy
) -> None:
    set_desktop_proxy(login, proxy)
    app = login.root.start(PROGRAM, env={**login.environment, **DESKTOP})
    assert_the_page_goes_past(proxy, login, app)


def test_nothing_passes_through_a_proxy_where_the_app_cannot_start_anew(
    login: Login, proxy: LoggingProxy
) -> None:
    copy = f"{HOME}/app"
    without_a_file = f"cp {PROGRAM} {copy} && exec 3<{copy} && rm {copy} && exec /proc/self/fd/3"
    # Beside a file that is gone it finds none. Only the dev profile reads this.
    named = {"ORACLE_SIDECAR_PROGRAM": SIDECAR}
    env = {**login.environment, **settings(proxy), **named}
    app = login.root.start("sh", "-c", without_a_file, env=env)
    assert_the_page_goes_past(proxy, login, app)


def test_webkit_alone_asks_the_environment_s_proxy_for_loopback(
    login: Login, proxy: LoggingProxy
) -> None:
    with browser_at(login, ASKED, settings(proxy)):
        assert proxy.wait_for(f"GET {ASKED}")


def test_webkit_alone_asks_the_desktop_s_proxy_for_loopback(
    login: Login, proxy: LoggingProxy
) -> None:
    set_desktop_proxy(login, proxy)
    with browser_at(login, ASKED, DESKTOP):
        assert proxy.wait_for(f"GET {ASKED}")
