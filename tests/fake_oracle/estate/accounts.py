"""Users, their roles and preferences."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

from .family import PEOPLE, Chance, Family, Rows, login_of, moment, somebody


def _user(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for number, person in enumerate(PEOPLE, 1):
        login = login_of(person)
        seen = replace(moment(chance, fraction=3), offset_minutes=chance.choice((0, 60, 420)))
        email = f"{login}@{area}.example.net"
        yield number, login, person, email, "Y" if number % 11 else "N", seen


_ROLES: Final = (
    "READER", "CLERK", "APPROVER", "PRICING", "BILLING", "AUDITOR", "OPERATOR", "ADMIN",
)  # fmt: skip


def _role(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for number, role in enumerate(_ROLES):
        rights = {
            "read": True,
            "write": number > 1,
            "approve": {"limit": 1_000 * number, "currency": "EUR"},
            "areas": [area, "billing", "metering"][: chance.randrange(1, 4)],
        }
        yield role, f"{role.title()}, {area}", rights, moment(chance)


def _grant(table: str, chance: Chance) -> Rows:
    del table
    for person in PEOPLE:
        for role in sorted(chance.sample(_ROLES, 2)):
            yield login_of(person), role, moment(chance), somebody(chance)


_PREFERENCES: Final = (
    "language", "theme", "page_size", "start_page", "time_zone", "date_format", "number_format",
    "columns", "sort", "filters", "mail", "sms", "push", "newsletter", "density", "font", "zoom",
    "shortcuts", "tips", "sound", "map", "chart", "currency", "unit", "greeting", "avatar", "menu",
    "tabs", "history", "export",
)  # fmt: skip
_CHOICES: Final = ("on", "off", "de", "en", "25", "50", "dark", "light", "Europe/Berlin")


def _preference(table: str, chance: Chance) -> Rows:
    del table
    for number, preference in product(range(1, 51), _PREFERENCES):
        login = f"user{number:03d}"
        yield login, preference, chance.choice(_CHOICES), moment(chance, fraction=3)


ACCOUNTS: Final = (
    Family(
        "APP_USER BATCH_USER PARTNER_USER SUPPORT_USER",
        """
    user_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    login VARCHAR2(40) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    full_name VARCHAR2(80),
    email VARCHAR2(120),
    active CHAR(1),
    last_login TIMESTAMP(3) WITH TIME ZONE""",
        _user,
    ),
    Family(
        "APP_ROLE PARTNER_ROLE SUPPORT_ROLE API_ROLE",
        """
    role_code VARCHAR2(20) CONSTRAINT {0}_pk PRIMARY KEY,
    label VARCHAR2(80),
    rights JSON,
    changed_at DATE""",
        _role,
    ),
    Family(
        "APP_USER_ROLE PARTNER_USER_ROLE SUPPORT_USER_ROLE",
        """
    login VARCHAR2(40),
    role_code VARCHAR2(20),
    granted_at DATE,
    granted_by VARCHAR2(40),
    CONSTRAINT {0}_pk PRIMARY KEY (login, role_code)""",
        _grant,
    ),
    Family(
        "USER_PREF",
        """
    login VARCHAR2(40),
    pref_key VARCHAR2(40),
    pref_value VARCHAR2(400),
    updated_at TIMESTAMP(3),
    CONSTRAINT {0}_pk PRIMARY KEY (login, pref_key)""",
        _preference,
    ),
)
