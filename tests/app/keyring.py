"""A session bus with GNOME's Secret Service on it, as a desktop has them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from typing import Final

from .closing import Closing
from .namespace import end
from .patience import PATIENCE_SECONDS
from .processes import find
from .root import RUNTIME, Root

PASSWORD: Final = "keyring-pw"
_BUS: Final = f"unix:path={RUNTIME}/bus"


class SessionBus(Closing):
    """The bus of one login. A context manager."""

    environment: Final = {"DBUS_SESSION_BUS_ADDRESS": _BUS}

    def __init__(self, root: Root) -> None:
        self._process = root.start(
            *("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={_BUS}"),
            "--print-address",
            env={},
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise OSError(f"the session bus ended with {self._process.wait()}")

    def close(self) -> None:
        end(self._process)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Keyring(Closing):
    """gnome-keyring on a session bus, unlocked by its password as a login unlocks it. A context
    manager."""

    def __init__(self, root: Root, env: Mapping[str, str]) -> None:
        self._root = root
        self._env = env
        self.unlock()

    def unlock(self) -> None:
        """By a new daemon: one that runs takes the password from nobody but its own prompt."""
        self.close()
        # It goes into the background as soon as it serves.
        daemon = ("gnome-keyring-daemon", "--unlock", "--components=secrets")
        self._root.run(*daemon, env=self._env, said=PASSWORD)

    def lock(self) -> None:
        self._root.run(
            *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets"),
            *("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"),
            "array:objpath:/org/freedesktop/secrets/collection/login",
            env=self._env,
        )

    def log_in_again(self) -> None:
        """As after a login that gave no password: whoever asks for it first starts it, locked."""
        self.close()

    def let_it_ask(self) -> None:
        """Its prompts are shown from now on; where they cannot be, they count as cancelled."""
        self._root.run("dbus-update-activation-environment", "DISPLAY", env=self._env)

    def items(self, service: str) -> str:
        """What it holds of an application, as secret-tool tells it, secrets and all."""
        command = ("secret-tool", "search", "--all", "service", service)
        return self._root.run(*command, env=self._env)

    def wait_for(self, service: str, secret: str, count: int) -> None:
        """Until so many of an application's items hold the secret."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while self.items(service).count(secret) != count:
            assert time.monotonic() < give_up, f"not {count} items of {service}"
            time.sleep(0.1)  # it tells by signals of the bus alone

    def close(self) -> None:
        for process in find(self._root, "/usr/bin/gnome-keyring-daemon"):
            process.end()
