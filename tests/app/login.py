"""A new user's desktop: screen, session bus, keyring, and a home folder without a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from .app import App
from .display import Display
from .keyring import Keyring, SessionBus
from .root import HOME, RUNTIME, Root


class Login:
    """A context manager; of one root there may be one at a time."""

    def __init__(self, root: Root, last_picture: Path | None = None) -> None:
        """last_picture: as of App."""
        self.root = root
        self._last_picture = last_picture
        self._parts = ExitStack()
        root.make_home()
        with ExitStack() as parts:
            self.display = parts.enter_context(Display(root))
            parts.enter_context(SessionBus(root))
            self.environment = {**self.display.environment, **SessionBus.environment}
            self.keyring = parts.enter_context(Keyring(root, self.environment))
            self._parts = parts.pop_all()

    def start(self, own: Mapping[str, str] | None = None) -> App:
        """Start the app. own: environment that it has and its driver has not."""
        return App(self.root, self.environment, own, self._last_picture)

    def files_with(self, secrets: Iterable[str]) -> list[str]:
        """The user's files in which one of them stands."""
        wanted = [secret.encode() for secret in secrets]
        return [
            str(file)
            for folder in (HOME, RUNTIME, "/tmp")
            for file in self.root.outside(folder).rglob("*")
            if file.is_file() and any(secret in file.read_bytes() for secret in wanted)
        ]

    def __enter__(self) -> Login:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parts.close()
