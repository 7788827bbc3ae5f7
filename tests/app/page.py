"""What a person does on the page, in the words that stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.fake_oracle import FakeOracle

from .databases import PASSWORD, SCHEMA, USER
from .patience import PATIENCE_SECONDS
from .webdriver import Element, Session

SERVICES: Final = ("Payments DEV", "Payments UAT")

# Of a list's lines as they are shown: table, kind, the four counts.
_LINES: Final = """
return [...document.querySelectorAll("tr[data-table]")].map((line) =>
    [line.dataset.table, ...[...line.cells].filter((_, at) => at === 0 || (at >= 2 && at <= 5))
        .map((cell) => cell.textContent.trim())])
"""
_VERDICT: Final = """
const sentence = document.querySelector(".verdict h1")?.textContent.trim();
return sentence && !/^(Comparing|Starting|Stopping|Reading|[0-9,]+ of [0-9,]+ tables? done)/
    .test(sentence) && sentence
"""
_HAS_TEXT: Final = "return document.body.innerText.includes(arguments[0])"
_HAS_LIKE: Final = "return new RegExp(arguments[0]).test(document.body.innerText)"


@dataclass(frozen=True)
class Line:
    """A table in the list of a run of many; counts that are not known are None."""

    kind: str
    changed: int | None
    only_first: int | None
    only_second: int | None


class Page:
    """The page in the app's window."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def wait_for(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Until it can be read on the page."""
        self._session.wait_until(_HAS_TEXT, text, seconds=seconds)

    def wait_for_a(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> None:
        """As wait_for, of a text that changes while it is waited for."""
        self._session.wait_until(_HAS_LIKE, pattern, seconds=seconds)

    def says(self, text: str) -> bool:
        return bool(self._session.run(_HAS_TEXT, text))

    @property
    def text(self) -> str:
        return self._session.find("body").text

    def go(self, screen: str) -> None:
        self._session.find(f"//nav//a[normalize-space()='{screen}']").click()

    def press(self, name: str, within: str = "") -> None:
        """A button by its name, which is what stands on it, or what is said of it."""
        said = f"normalize-space()='{name}' or @aria-label='{name}'"
        self._session.find(f"{within}//button[{said}]").click()

    def field(self, label: str, within: str = "") -> Element:
        return self._session.find(
            f"{within}//*[@id={within or ''}//label[normalize-space()='{label}']/@for]"
        )

    def add_connection(self, name: str, group: str, target: str, user: str, password: str) -> None:
        self.go("Connections")
        self.press("Add", within="//aside")
        self.field("Name").fill(name)
        group_field = self.field("Group")
        group_field.fill(group)
        group_field.press("Tab")
        self.field("Connect string").fill(target)
        self.field("User").fill(user)
        self.field("Password").fill(password)
        self.press("Save")
        self.wait_for("Saved.")

    def add_services(self, database: FakeOracle) -> None:
        """DEV and UAT, as SERVICES names them."""
        self.wait_for("Sidecar ready")
        for name in SERVICES:
            group = name.split()[-1]
            self.add_connection(name, group, database.dsn(group), USER, PASSWORD)

    def set_up(self, table: str) -> None:
        """One table of DEV's and UAT's, ready to be compared."""
        self.go("One table")
        self.choose_connections()
        self.choose_schema()
        self.choose_table(table)
        self.wait_for("are compared")

    def choose_connections(self) -> None:
        """DEV on the first side of a setup, and UAT on the second."""
        for side, name in enumerate(SERVICES, 1):
            card = _card(side)
            self._session.find(f"{card}//*[contains(@class,'head')]/button").click()
            self._session.find(f"{card}//button[span[normalize-space()='{name}']]").click()

    def choose_schema(self) -> None:
        """Of both sides."""
        for side in (1, 2):
            field = self.field("Schema", _card(side))
            field.fill(SCHEMA)
            field.press("Tab")

    def choose_table(self, table: str) -> None:
        field = self.field("Table", _card(1))
        field.fill(table)
        field.press("Tab")

    @property
    def tables(self) -> list[str]:
        """What stands in the sides' fields."""
        return [self.field("Table", _card(side)).value for side in (1, 2)]

    def type_password(self, side: int, password: str) -> None:
        """Where a side asks for one."""
        field = self._session.find(f"{_card(side)}//input[@type='password']")
        field.fill(password)
        field.press("Tab")

    def compare(self, seconds: float = PATIENCE_SECONDS) -> str:
        """The verdict."""
        self.start_comparing()
        return self.verdict(seconds)

    def start_comparing(self) -> None:
        self._session.press("Control", "Enter")

    def verdict(self, seconds: float = PATIENCE_SECONDS) -> str:
        return str(self._session.wait_until(_VERDICT, seconds=seconds))

    def take_away(self, form: str) -> None:
        """The result, as CSV, JSON or an HTML report."""
        self.press("Take away")
        item = f"//*[@role='menuitem'][starts-with(normalize-space(),'{form}')]"
        self._session.find(item).click()

    def lines(self) -> dict[str, Line]:
        """The tables that are listed, which are those that are not the same."""
        return {
            table: Line(kind, *(_count(shown) for shown in counts[:3]))
            for table, kind, *counts in self._session.run(_LINES)
        }


def _card(side: int) -> str:
    return f"(//*[contains(@class,'sidecard')])[{side}]"


def _count(shown: str) -> int | None:
    return None if shown == "–" else int(shown.replace(",", ""))
