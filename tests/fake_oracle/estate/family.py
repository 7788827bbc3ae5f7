"""A family: tables of one shape, and what their rows are made of.

Everything comes from the table's name and from positions in lists, so it is the same in every run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from ..kinds.model import Moment, Value

Rows: TypeAlias = Iterator[Sequence[Value]]
Chance: TypeAlias = random.Random


@dataclass(frozen=True)
class Family:
    """tables: their names. columns: what CREATE TABLE has in its brackets, where {0} stands for a
    table's name. rows: the rows of the table of that name, in the order of the columns.
    """

    tables: str
    columns: str
    rows: Callable[[str, Chance], Rows]


def chance_of(table: str) -> Chance:
    return random.Random(f"CFG.{table}")  # noqa: S311 - made up, not secret


def rows_of(family: Family, table: str) -> Rows:
    return family.rows(table, chance_of(table))


_FIRST_DAY: Final = datetime(2024, 1, 1)
PEOPLE: Final = (
    "Ayu Wijaya", "Ben Okafor", "Carla Neri", "Dora Lindqvist", "Emil Krause", "Farah Aziz",
    "Greta Holm", "Hugo Blanc", "Inés García", "Jonas Weiß", "Kenji Mori", "Li Na",
    "María Núñez", "Nora Dahl", "Omar Haddad", "Petra Vogel", "Quentin Roy", "Rosa Klein",
    "Siti Rahma", "Tomáš Dvořák", "Ute Brandt", "Vera Novak", "Wim de Boer", "Yara Costa",
)  # fmt: skip


def login_of(person: str) -> str:
    """`a.wijaya` of Ayu Wijaya."""
    first, _, last = person.partition(" ")
    return f"{first[0]}.{last.replace(' ', '')}".lower()


def day(number: int) -> Moment:
    """The day that many days after the first of 2024."""
    when = _FIRST_DAY + timedelta(days=number)
    return Moment(when.year, when.month, when.day)


def moment(chance: Chance, *, fraction: int = 0) -> Moment:
    """Some second of 2024 or 2025, with so many digits behind it."""
    when = _FIRST_DAY + timedelta(seconds=chance.randrange(730 * 86_400))
    nanosecond = chance.randrange(10**fraction) * 10 ** (9 - fraction)
    return Moment(when.year, when.month, when.day, when.hour, when.minute, when.second, nanosecond)


def somebody(chance: Chance) -> str:
    return login_of(chance.choice(PEOPLE))


_SENTENCES: Final = (
    "Dear customer, thank you for your trust.",
    "Please keep this letter with your contract.",
    "The amount is due on the first working day of the month.",
    "Meter readings may be sent online, by phone or by post.",
    "We answer every question within two working days.",
    "Prices are those of the list that is valid on the day of delivery.",
    "Changes are announced at least six weeks before they take effect.",
    "A contract ends with the month in which it was cancelled.",
)
_FOREIGN: Final = (
    "Unsere Anschrift steht auf der Rückseite dieses Schreibens.",
    "Le présent document n'a pas besoin de signature.",
)
RETURNS: Final = (
    "Goods can be returned within 14 days of the delivery date, unused and in the original box. "
    "The refund is paid within 5 working days."
)


def long_text(length: int, middle: str = "", *, is_ascii: bool = False) -> str:
    """Numbered sentences of that many characters in all, one of them given, past the middle."""
    sentences = _SENTENCES if is_ascii else _SENTENCES + _FOREIGN
    text = ""
    number = 0
    while len(text) < length:
        if middle and len(text) > length // 2:
            text, middle = f"{text}{middle} ", ""
        number += 1
        text += f"{number}. {sentences[number % len(sentences)]} "
        if number % 7 == 0:
            text = text.rstrip() + "\n"
    return text[: length - 1] + "."
