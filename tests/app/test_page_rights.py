"""The page reaches its sidecar and what it needs of the app, and nothing else."""

from __future__ import annotations

import socket
from typing import Final

import pytest

from .app import App
from .page import Page

_FETCH: Final = """
const [url, done] = arguments;
fetch(url).then(() => done("answered"), (error) => done(String(error)));
"""
_REFUSALS: Final = """
window.refusals = [];
addEventListener("securitypolicyviolation", (event) => {
    window.refusals.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""
_INVOKE: Final = """
const [command, done] = arguments;
__TAURI_INTERNALS__.invoke(command, {}).then(() => done("done"), (error) => done(String(error)));
"""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "example.org"])
def test_the_page_may_fetch_from_the_sidecar_s_address_alone(app: App, host: str) -> None:
    Page(app.page).wait_for("Sidecar ready")
    with socket.create_server(("127.0.0.2", 0)) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}/"
        app.page.run(_REFUSALS)

        assert "Load failed" in app.page.run_async(_FETCH, url)

        assert app.page.run("return window.refusals") == [f"connect-src {url}"]
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_window_goes_nowhere_but_to_the_page(app: App) -> None:
    Page(app.page).wait_for("Sidecar ready")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app.page.run(f"location.href = 'http://127.0.0.1:{listener.getsockname()[1]}/'")
        listener.settimeout(2)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert Page(app.page).says("Sidecar ready")


def test_the_app_has_no_command_to_run_programs_or_read_files(app: App) -> None:
    for command in ("plugin:shell|execute", "plugin:fs|read_text_file"):
        refusal = app.page.run_async(_INVOKE, command)
        assert refusal.endswith("not allowed. Plugin not found"), f"{command}: {refusal}"


def test_the_page_is_denied_what_the_app_has_for_itself(app: App) -> None:
    for command in (
        "plugin:dialog|open",
        "plugin:dialog|save",
        "plugin:window|close",
        "plugin:webview|create_webview_window",
        "plugin:path|resolve_directory",
        "plugin:app|version",
        "plugin:oracle-sidecar|get_oracle_sidecar_url",
    ):
        refusal = app.page.run_async(_INVOKE, command)
        is_denied = "not allowed" in refusal and "not found" not in refusal
        assert is_denied, f"{command}: {refusal}"


def test_scripts_made_from_text_are_refused(app: App) -> None:
    app.page.run(_REFUSALS)
    made = """
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        return window.ran === undefined;
    """
    assert app.page.run(made)
    refusals = app.page.run("return window.refusals")
    assert [refusal.split()[0] for refusal in refusals] == ["script-src-elem"]
