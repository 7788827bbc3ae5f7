"""Rates, fees, limits and tariffs."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Final

from .family import Chance, Family, Rows, day, moment

_CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF", "IDR", "JPY", "SEK", "PLN")
_FIRST_OF_2026: Final = day(731)


def _rate(table: str, chance: Chance) -> Rows:
    short = table.partition("_")[0][:4]
    for number, currency in product(range(1, 7), _CURRENCIES):
        rate = Decimal(chance.randrange(10**7, 10**9)).scaleb(-8)
        yield f"{short}-{number:02d}", currency, day(91 * number), rate, None, "ECB"


def _fx_rate(table: str, chance: Chance) -> Rows:
    del table
    pairs = [(a, b) for a, b in product(_CURRENCIES, _CURRENCIES) if a != b]
    for (base, quote), week in product(pairs, range(14)):
        rate = Decimal(chance.randrange(10**6, 10**11)).scaleb(-8)
        yield base, quote, day(640 + 7 * week), rate, "ECB"


_FEES: Final = (
    "basic", "express", "reminder", "return", "paper", "change", "transfer", "foreign", "weekend",
    "night", "visit", "copy", "closing", "switch",
)  # fmt: skip


def _fee(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for number, name in enumerate(_FEES, 1):
        amount = Decimal(chance.randrange(50, 9_900)).scaleb(-2)
        percent = Decimal(chance.randrange(0, 3_000_000)).scaleb(-6) if number % 3 == 0 else None
        label = f"{name} fee, {area}"
        yield number, f"{area.upper()}-{number:02d}", label, amount, "EUR", percent, _FIRST_OF_2026


_PROFILES: Final = ("BASIC", "PLUS", "PREMIUM", "STAFF", "PARTNER")
_LIMITS: Final = ("ONLINE", "MOBILE", "BRANCH", "API", "FOREIGN", "NIGHT")


def _limit(table: str, chance: Chance) -> Rows:
    del table
    for profile, code in product(_PROFILES, _LIMITS):
        daily = chance.randrange(1, 100) * 500
        yield profile, code, daily, daily * 12, "EUR", chance.randrange(1, 5)


def _credit_limit(table: str, chance: Chance) -> Rows:
    """Limits in the smallest unit: twenty digits, more than a double holds."""
    del table
    for profile, code in product(_PROFILES, _LIMITS):
        daily = 12_345_678_901_234_500_000 + chance.randrange(10**6)
        yield profile, code, daily, daily * 4, "IDR", chance.randrange(1, 5)


def _limit_profile(table: str, chance: Chance) -> Rows:
    del table
    for number in range(1, 353):
        group = f"G{(number - 1) // 12 + 1:02d}"
        yield number, group, f"{group}-{number:03d}", chance.randrange(1, 200) * 250, moment(chance)


def _tariff(table: str, chance: Chance) -> Rows:
    del table
    for number, name in enumerate(_TARIFFS, 1):
        price = Decimal(chance.randrange(2 * 10**7, 4 * 10**7)).scaleb(-8)
        yield number, name, f"{name.title()} 2026", price, "EUR", _FIRST_OF_2026, None


_TARIFFS: Final = ("HOME-N", "HOME-D", "SOLAR-F", "HEATPUMP", "TRADE-S", "TRADE-L", "NIGHT", "CAR")
TARIFF_STEPS: Final = 20_000
_STEPS: Final = (0, 1_000, 1_500, 2_500, 5_000, 10_000)


def _tariff_step(table: str, chance: Chance) -> Rows:
    del table
    prices = [Decimal(2_000 + 37 * n).scaleb(-4) for n in range(50)]
    for number in range(1, TARIFF_STEPS + 1):
        if number == TARIFF_STEP_GONE:
            continue
        code = f"{_TARIFFS[number % len(_TARIFFS)]}-{number // len(_TARIFFS) % 100:02d}"
        price = prices[chance.randrange(len(prices))]
        yield number, code, _STEPS[number % len(_STEPS)], price, "EUR", _FIRST_OF_2026, None


TARIFF_STEP_GONE: Final = 18_102
"""A step that DEV has got rid of."""

_LIMIT_COLUMNS: Final = """
    profile_code VARCHAR2(20),
    limit_code VARCHAR2(20),
    daily NUMBER(22),
    monthly NUMBER(22),
    currency CHAR(3) NOT NULL,
    severity NUMBER(2),
    CONSTRAINT {0}_pk PRIMARY KEY (profile_code, limit_code)"""
_FEE_COLUMNS: Final = """
    fee_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    fee_code VARCHAR2(20) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    label VARCHAR2(80),
    amount NUMBER(12,2),
    currency CHAR(3) NOT NULL,
    percent NUMBER(9,6),
    valid_from DATE NOT NULL"""

PRICES: Final = (
    Family(
        "INTEREST_RATE TAX_RATE DISCOUNT_RATE COMMISSION_RATE GRID_RATE LEVY_RATE BONUS_RATE"
        " PENALTY_RATE CARBON_RATE",
        """
    rate_code VARCHAR2(20),
    currency CHAR(3),
    valid_from DATE,
    rate NUMBER(18,8) NOT NULL,
    valid_to DATE,
    source VARCHAR2(20),
    CONSTRAINT {0}_pk PRIMARY KEY (rate_code, currency, valid_from)""",
        _rate,
    ),
    Family(
        "FX_RATE",
        """
    base_currency CHAR(3),
    quote_currency CHAR(3),
    valid_from DATE,
    rate NUMBER(18,8) NOT NULL,
    source VARCHAR2(20),
    CONSTRAINT {0}_pk PRIMARY KEY (base_currency, quote_currency, valid_from)""",
        _fx_rate,
    ),
    Family(
        "FEE_SCHEDULE CARD_FEE TRANSFER_FEE REFUND_FEE DUNNING_FEE METER_FEE CONNECTION_FEE"
        " PAPER_FEE EXPRESS_FEE",
        _FEE_COLUMNS,
        _fee,
    ),
    Family(
        "CARD_LIMIT TRANSFER_LIMIT CASH_LIMIT LOGIN_LIMIT API_LIMIT UPLOAD_LIMIT RISK_LIMIT",
        _LIMIT_COLUMNS,
        _limit,
    ),
    Family("CREDIT_LIMIT", _LIMIT_COLUMNS, _credit_limit),
    Family(
        "LIMIT_PROFILE",
        """
    profile_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    customer_group VARCHAR2(10) NOT NULL,
    profile_code VARCHAR2(20) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    daily NUMBER(12,2),
    changed_at DATE""",
        _limit_profile,
    ),
    Family(
        "TARIFF",
        """
    tariff_no NUMBER(6) CONSTRAINT {0}_pk PRIMARY KEY,
    tariff_name VARCHAR2(20) NOT NULL,
    label VARCHAR2(80),
    price NUMBER(18,8),
    currency CHAR(3),
    valid_from DATE,
    valid_to DATE""",
        _tariff,
    ),
    Family(
        "TARIFF_STEP",
        """
    tariff_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    tariff_code VARCHAR2(20) NOT NULL,
    from_kwh NUMBER(12,3),
    price NUMBER(18,8),
    currency CHAR(3),
    valid_from DATE,
    remark VARCHAR2(200)""",
        _tariff_step,
    ),
)
