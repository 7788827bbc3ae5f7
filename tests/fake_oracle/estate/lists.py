"""Code lists, mappings, calendars, templates, and what else has a table of its own."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal
from itertools import product
from typing import Final

from .family import RETURNS, Chance, Family, Rows, day, long_text, moment

# The entries of each code list, by its table.
_CODES: Final = {
    "COUNTRY": "Austria,Belgium,Czechia,Denmark,Finland,France,Germany,Indonesia,Italy,Japan,"
    "Luxembourg,Netherlands,Norway,Poland,Portugal,Spain,Sweden,Switzerland",
    "CURRENCY": "Euro,US dollar,Pound sterling,Swiss franc,Rupiah,Yen,Swedish krona,Złoty",
    "LANGUAGE": "German,English,French,Italian,Dutch,Polish,Čeština,日本語,Bahasa Indonesia",
    "PAYMENT_METHOD": "Direct debit,Transfer,Card,Wallet,Cash,Invoice,Standing order",
    "CONTRACT_TYPE": "Private,Business,Municipal,Temporary,Construction site,Framework",
    "CUSTOMER_GROUP": "Household,Farm,Trade,Industry,Public,Partner,Staff",
    "PRODUCT_GROUP": "Power,Gas,Heat,Water,Charging,Solar,Services",
    "REJECT_REASON": "Account closed,No cover,Unknown account,Objection,Wrong amount,Duplicate",
    "CANCEL_REASON": "Moved,Price,Service,Deceased,Switched,No longer needed",
    "DOCUMENT_TYPE": "Contract,Invoice,Reminder,Offer,Confirmation,Meter sheet,Letter",
    "METER_TYPE": "Ferraris,Digital,Smart,Two tariffs,Gas bellows,Heat",
    "METER_UNIT": "kWh,MWh,m³,l/min,°C,Stück",
    "SALES_CHANNEL": "Web,Shop,Phone,Partner,Door,App",
    "BOOKING_TYPE": "Invoice,Payment,Refund,Fee,Interest,Correction,Write-off",
    "TASK_TYPE": "Call back,Check meter,Check address,Approve,Escalate",
    "LEGAL_FORM": "GmbH,AG,KG,e.V.,SARL,B.V.,PT",
    "GRID_OPERATOR": "North grid,South grid,City works,Island grid,Railway grid",
    "INDUSTRY": "Bakery,Hotel,School,Hospital,Foundry,Farm,Shop,Office",
    "PRICE_ZONE": "Zone 1,Zone 2,Zone 3,Island,Border",
    "DUNNING_LEVEL": "Reminder,First notice,Last notice,Collection",
}


def _code(table: str, chance: Chance) -> Rows:
    short = "".join(word[0] for word in table.split("_"))
    for number, label in enumerate(_CODES[table].split(","), 1):
        yield f"{short}{number:02d}", label, 10 * number, "Y" if number % 7 else "N", moment(chance)


_OUTSIDE: Final = ("SAP", "BANK", "CRM", "GRID")


def _mapping(table: str, chance: Chance) -> Rows:
    short = table.partition("_")[0][:3]
    for system, number in product(_OUTSIDE, range(1, 11)):
        target = f"{chance.randrange(10**6, 10**7)}"
        yield system, f"{short}{number:03d}", target, "EXACT" if number % 4 else "PREFIX"


_PARAMETERS: Final = (
    "min_term", "notice_weeks", "price_guarantee", "bonus", "deposit", "max_kwh", "min_kwh",
    "grace_days", "billing_cycle", "reading_cycle", "discount", "priority",
)  # fmt: skip


def _product_parameter(table: str, chance: Chance) -> Rows:
    del table
    for number, name in product(range(1, 101), _PARAMETERS):
        yield f"PRD-{number:04d}", name, chance.randrange(10**20), None


def _calendar(table: str, chance: Chance) -> Rows:
    short = table.partition("_")[0]
    for number in range(60):
        is_open = number % 7 not in (4, 5)
        yield short, day(731 + number), "working day" if is_open else None, int(is_open)
    del chance


def _nothing(table: str, chance: Chance) -> Rows:
    del table, chance
    return iter(())


_LETTERS: Final = ("welcome", "invoice", "reminder", "goodbye", "price_change", "reading")
_LANGUAGES: Final = ("de", "en")


def _template(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for letter, language in product(_LETTERS, _LANGUAGES):
        subject = f"{letter.replace('_', ' ').title()} ({area})"
        body = long_text(4_000 + chance.randrange(40), RETURNS)
        yield f"{area}.{letter}", language, subject, body, moment(chance, fraction=6)


_FRAGMENTS: Final = ("head", "foot", "terms", "greeting")


def _mail_template(table: str, chance: Chance) -> Rows:
    del table
    names = product(_LETTERS, _FRAGMENTS, range(9))
    for number, (letter, part, area) in enumerate(names, 1):
        yield (
            number, f"{letter}.{part}.{area}", f"{letter.title()} {part}",
            long_text(400 + chance.randrange(60)),
            f'{{"columns": {area % 3 + 1}, "logo": "top-{area}", "margin": [10, 20]}}',
            moment(chance, fraction=6),
        )  # fmt: skip


def _icon(table: str, chance: Chance) -> Rows:
    del chance
    for number in range(1, 9):
        name = f"{table.lower()}_{number}.png"
        content = b"\x89PNG\r\n\x1a\n" + hashlib.sha256(name.encode()).digest() * 12
        yield number, name, "image/png", content


def _profile(table: str, chance: Chance) -> Rows:
    for name, hour in product(("H0", "G1", "L0"), range(24)):
        factor = 1 + math.sin(math.tau * (hour - 6) / 24) / 2
        yield f"{table[:1]}-{name}", hour, round(factor, 12), Decimal(chance.randrange(1_000))


LISTS: Final = (
    Family(
        " ".join(_CODES),
        """
    code VARCHAR2(10) CONSTRAINT {0}_pk PRIMARY KEY,
    label VARCHAR2(60) NOT NULL,
    sort_no NUMBER(4),
    active CHAR(1),
    changed_at DATE""",
        _code,
    ),
    Family(
        "BANK_MAPPING ACCOUNT_MAPPING PRODUCT_MAPPING STATUS_MAPPING ERROR_MAPPING UNIT_MAPPING",
        """
    outside_system VARCHAR2(20),
    our_code VARCHAR2(20),
    their_code VARCHAR2(40),
    rule_kind VARCHAR2(10),
    CONSTRAINT {0}_pk PRIMARY KEY (outside_system, our_code)""",
        _mapping,
    ),
    Family(
        "PRODUCT_PARAM",
        """
    product_code VARCHAR2(20),
    param_name VARCHAR2(40),
    num_value NUMBER(20),
    text_value VARCHAR2(400),
    CONSTRAINT {0}_pk PRIMARY KEY (product_code, param_name)""",
        _product_parameter,
    ),
    Family(
        "BANK_CAL GRID_CAL SHIFT_CAL BILLING_CAL RELEASE_CAL",
        """
    calendar_code VARCHAR2(20),
    calendar_day DATE,
    label VARCHAR2(80),
    is_open NUMBER(1) NOT NULL,
    CONSTRAINT {0}_pk PRIMARY KEY (calendar_code, calendar_day)""",
        _calendar,
    ),
    Family(
        "HOLIDAY_CAL",
        """
    calendar_day DATE CONSTRAINT {0}_pk PRIMARY KEY,
    label VARCHAR2(80)""",
        _nothing,
    ),
    Family(
        "LETTER_TEMPLATE SMS_TEMPLATE PUSH_TEMPLATE INVOICE_TEMPLATE CONTRACT_TEMPLATE",
        """
    template_code VARCHAR2(40),
    language CHAR(2),
    subject VARCHAR2(200),
    body CLOB,
    changed_at TIMESTAMP(6),
    CONSTRAINT {0}_pk PRIMARY KEY (template_code, language)""",
        _template,
    ),
    Family(
        "MAIL_TEMPLATE",
        """
    template_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    template_code VARCHAR2(60) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    subject VARCHAR2(200),
    body CLOB,
    layout CLOB,
    changed_at TIMESTAMP(6)""",
        _mail_template,
    ),
    Family(
        "PORTAL_ICON MAIL_ICON",
        """
    icon_id NUMBER(6) CONSTRAINT {0}_pk PRIMARY KEY,
    file_name VARCHAR2(80) NOT NULL,
    media_type VARCHAR2(40),
    content BLOB""",
        _icon,
    ),
    Family(
        "LOAD_PROFILE FORECAST_PROFILE",
        """
    profile_code VARCHAR2(20),
    hour_no NUMBER(2),
    factor BINARY_DOUBLE,
    weight NUMBER,
    CONSTRAINT {0}_pk PRIMARY KEY (profile_code, hour_no)""",
        _profile,
    ),
)
