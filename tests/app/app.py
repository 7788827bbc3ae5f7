"""The installed app, started by a driver and ended as people and machines end it."""

from __future__ import annotations

import shlex
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final

from .namespace import end
from .patience import PATIENCE_SECONDS
from .processes import Process, find, running
from .root import HOME, Root
from .webdriver import DriverError, Session
from .window import Screen, Window

PROGRAM: Final = "/usr/bin/compare-config"
LIBRARY: Final = "/usr/lib/Compare Config"
SIDECAR: Final = f"{LIBRARY}/oracle-sidecar/oracle-sidecar"
IDENTIFIER: Final = "dev.oracle-sidecar.compare-config"
DATA: Final = f"{HOME}/.local/share/{IDENTIFIER}"
TITLE: Final = "Compare Config"


class Driver:
    """A WebKitWebDriver in the root; a context manager."""

    def __init__(self, root: Root, env: Mapping[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        automated = {**env, "TAURI_WEBVIEW_AUTOMATION": "true"}
        self._process = root.start("WebKitWebDriver", f"--port={self.port}", env=automated)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not _listens(self.port):
            assert time.monotonic() < give_up, "the driver does not listen"
            time.sleep(0.02)  # it does not say when it does

    def close(self) -> None:
        end(self._process)


class App:
    """The app in a window of its own. A context manager that ends it in any way; close() is how a
    person ends it."""

    def __init__(
        self,
        root: Root,
        env: Mapping[str, str],
        own: Mapping[str, str] | None = None,
        last_picture: Path | None = None,
    ) -> None:
        """own: environment of the app's that its driver has not, and settings it lacks.
        last_picture: the file for a screenshot of a test that fails."""
        self._root = root
        self._last_picture = last_picture
        self._display = env["DISPLAY"]
        self._driver = Driver(root, env)
        try:
            binary = PROGRAM if own is None else _launcher(root, own)
            self.page = Session(self._driver.port, binary)
            self.process = find(root, PROGRAM)[0]
        except BaseException:
            self._end()
            raise

    @property
    def sidecars(self) -> list[Process]:
        return find(self._root, SIDECAR)

    @property
    def sidecar(self) -> Process:
        [process] = self.sidecars
        return process

    @property
    def children(self) -> list[Process]:
        """WebKit's processes and the sidecar."""
        return [each for each in running(self._root) if each.parent == self.process.pid]

    @property
    def log(self) -> str:
        """What the app's own side has logged so far."""
        return self._root.outside(f"{DATA}/logs/compare-config.log").read_text()

    def wait_for_log(self, text: str) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while text not in self.log:
            assert time.monotonic() < give_up, f"no {text!r} in:\n{self.log}"
            time.sleep(0.02)  # a file tells nobody that it grew

    def window(self, screen: Screen) -> Window:
        return screen.window(TITLE)

    def close(self) -> None:
        """Close the window, and wait until the app has ended."""
        with Screen(self._display) as screen:
            self.window(screen).close()
        assert self.process.is_gone_within(PATIENCE_SECONDS), "the app stays after its window"
        self._driver.close()

    def take_last_picture(self) -> None:
        """As far as there is something to see."""
        if self._last_picture is not None:
            with suppress(DriverError, OSError, HTTPException):
                self._last_picture.write_bytes(self.page.screenshot())

    def _end(self) -> None:
        self._driver.close()
        for process in find(self._root, PROGRAM):
            process.send(signal.SIGKILL)
            process.is_gone_within(PATIENCE_SECONDS)

    def __enter__(self) -> App:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.take_last_picture()
        self._end()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _launcher(root: Root, own: Mapping[str, str]) -> str:
    """A program that starts the app with an environment of its own: the driver's would also take
    effect on how the driver speaks with it."""
    path = f"{HOME}/compare-config"
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in own.items())
    script: Path = root.outside(path)
    script.write_text(f'#!/bin/sh\nexec env {settings} {PROGRAM} "$@"\n')
    script.chmod(0o755)
    return path
