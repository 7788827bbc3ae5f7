"""A client of the W3C's WebDriver, as far as the tests need one.

https://www.w3.org/TR/webdriver2/
"""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .patience import PATIENCE_SECONDS

# Longer than any wait of the driver's own.
REQUEST_SECONDS: Final = 2 * PATIENCE_SECONDS
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
_KEYS: Final = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "Control": "\ue009",
    "Backspace": "\ue003",
}
# The picture is of the frame before last; the second callback comes after a whole one.
_TWO_FRAMES: Final = (
    "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(1)))"
)


class DriverError(Exception):
    """What the driver answered instead: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Element:
    """One element of the page, as the driver names it."""

    session: Session
    id: str

    def click(self) -> None:
        self._ask("POST", "click", {})

    def write(self, text: str) -> None:
        self._ask("POST", "value", {"text": text})

    def fill(self, text: str) -> None:
        """Type in place of what stands in it."""
        self._ask("POST", "clear", {})
        self.write(text)

    def press(self, key: str) -> None:
        self.write(_KEYS[key])

    @property
    def text(self) -> str:
        """As it is shown."""
        return str(self._ask("GET", "text"))

    def attribute(self, name: str) -> str | None:
        found = self._ask("GET", f"attribute/{name}")
        return None if found is None else str(found)

    @property
    def value(self) -> str:
        return str(self._ask("GET", "property/value"))

    def all(self, css: str) -> list[Element]:
        """Those within it."""
        return self.session.elements(self._ask("POST", "elements", _by(css)))

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        return self.session.ask(method, f"element/{self.id}/{path}", body)


def _by(place: str) -> dict[str, str]:
    is_xpath = place.startswith(("/", "(/"))
    return {"using": "xpath" if is_xpath else "css selector", "value": place}


def command(port: int, method: str, path: str, body: object, seconds: float) -> Any:
    """One request and its answer's value. DriverError where it tells an error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        sent = None if body is None else json.dumps(body).encode()
        connection.request(method, path, sent, {"Content-Type": "application/json"})
        response = connection.getresponse()
        value = json.loads(response.read())["value"]
    finally:
        connection.close()
    if response.status != 200:
        raise DriverError(value["error"], value["message"])
    return value


class Session:
    """One app that a driver has started. The driver ends it with `delete`, without any of what
    happens when its window is closed."""

    def __init__(self, port: int, binary: str, args: Sequence[str] = ()) -> None:
        self._port = port
        options = {"binary": binary, "args": list(args)}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self.id = str(command(port, "POST", "/session", wanted, REQUEST_SECONDS)["sessionId"])
        patience_ms = int(1000 * PATIENCE_SECONDS)
        # The first question can come before the page has drawn anything.
        self.ask("POST", "timeouts", {"implicit": patience_ms, "script": patience_ms})

    def ask(self, method: str, path: str, body: object = None) -> Any:
        return command(self._port, method, f"/session/{self.id}/{path}", body, REQUEST_SECONDS)

    def delete(self) -> None:
        command(self._port, "DELETE", f"/session/{self.id}", None, REQUEST_SECONDS)

    def elements(self, found: Sequence[dict[str, str]]) -> list[Element]:
        return [Element(self, one[_ELEMENT]) for one in found]

    def find(self, place: str) -> Element:
        """By CSS, or by XPath where it begins with a slash. DriverError where nothing is there
        within the implicit wait."""
        return self.elements([self.ask("POST", "element", _by(place))])[0]

    def all(self, place: str) -> list[Element]:
        return self.elements(self.ask("POST", "elements", _by(place)))

    def run(self, script: str, *args: object) -> Any:
        """A function's body: what it returns, a promise awaited."""
        return self.ask("POST", "execute/sync", {"script": script, "args": list(args)})

    def run_async(self, script: str, *args: object) -> Any:
        """A function's body whose last argument takes the result."""
        return self.ask("POST", "execute/async", {"script": script, "args": list(args)})

    def press(self, *keys: str) -> None:
        """Keys held together, on what has the focus."""
        down = [{"type": "keyDown", "value": _KEYS.get(key, key)} for key in keys]
        up = [{"type": "keyUp", "value": _KEYS.get(key, key)} for key in reversed(keys)]
        actions = [{"type": "key", "id": "keyboard", "actions": [*down, *up]}]
        self.ask("POST", "actions", {"actions": actions})

    def wait_until(self, script: str, *args: object, seconds: float = PATIENCE_SECONDS) -> Any:
        """What the script returns as soon as that is true in JavaScript's sense."""
        give_up = time.monotonic() + seconds
        while not (found := self.run(script, *args)):
            assert time.monotonic() < give_up, f"never true: {script} {args}"
            time.sleep(0.05)  # the page tells a driver of nothing
        return found

    def screenshot(self) -> bytes:
        """The page as it is now, as a PNG."""
        self.run_async(_TWO_FRAMES)
        return base64.b64decode(self.ask("GET", "screenshot"))
