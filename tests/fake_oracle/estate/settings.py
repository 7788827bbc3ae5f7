"""Settings, flags, jobs, routes and endpoints."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from itertools import product
from typing import Final

from ..kinds.model import IntervalDS, Moment, Value
from .family import RETURNS, Chance, Family, Rows, day, long_text, moment, somebody

_PARTS: Final = ("gateway", "retry", "queue", "cache", "export", "audit", "session")
_SETTINGS: Final = ("url", "timeout_ms", "max_attempts", "enabled", "batch_size", "sender")


def _config(table: str, chance: Chance) -> Rows:
    area = table.removesuffix("_CONFIG").lower()
    for number, (part, setting) in enumerate(product(_PARTS, _SETTINGS), 1):
        yield (
            number, f"{area}.{part}.{setting}", _value(area, part, setting, chance),
            "N" if chance.random() < 0.1 else "Y", f"{setting} of the {area} {part}",
            moment(chance), somebody(chance),
        )  # fmt: skip


def _value(area: str, part: str, setting: str, chance: Chance) -> str:
    if setting == "url":
        return f"https://{part}.{area}.example.net/v{chance.randrange(1, 4)}"
    if setting == "enabled":
        return chance.choice(("true", "false"))
    if setting == "sender":
        return f"no-reply@{area}.example.net"
    return str(chance.choice((3, 5, 10, 50, 250, 1_500, 30_000)))


_APP_CONFIG_IDS: Final = range(1001, 1481)
_MODULES: Final = ("pay", "mail", "fx", "ui", "export", "risk", "meter", "bill")
_RULES: Final = {"limits": {"daily": 5000, "monthly": 60000}, "approval": "two-step"}
_RISKS: Final = {"score": {"min": 40, "max": 900}, "countries": ["AT", "DE", "NL"]}
# The settings that differ somewhere, by their ID: key, value, number, rules.
_NAMED: Final[dict[int, tuple[str, str | None, Value, Value]]] = {
    1042: ("pay.retry.max_attempts", "5", 5, None),
    1057: ("pay.gateway.url", "https://gw-dev.example.net/v2/charge", None, None),
    1063: ("mail.terms.text", long_text(3_999, RETURNS, is_ascii=True), None, _RULES),
    1066: ("beta.flag.new_pricing", "true", None, None),
    1071: ("fx.markup.percent", None, Decimal("1.25"), None),
    1088: ("ui.banner.message", None, None, None),
    1090: ("ui.banner.level", "INFO", None, None),
    1131: ("pay.capture.auto", "true", None, None),
    1140: ("rates.valid", "monthly", None, None),
    1152: ("pay.currency.default", "EUR", None, None),
    1171: ("mail.sender", "no-reply@dev.example.net", None, None),
    1188: ("pay.queue.size", None, 200, None),
    1203: ("risk.rules", None, None, _RISKS),
    1219: ("ui.theme", "plain", None, None),
    1230: ("mail.retry.hours", "24", 24, None),
    1160: ("beta.flag.one_click", "true", None, None),
    1174: ("beta.flag.wallet", "true", None, None),
    1190: ("beta.flag.split_pay", "true", None, None),
    1204: ("beta.flag.risk_v2", "true", None, None),
    1205: ("beta.flag.risk_v3", "true", None, None),
    1220: ("beta.flag.dark", "true", None, None),
    1221: ("beta.flag.menu", "true", None, None),
    1241: ("beta.flag.export", "true", None, None),
}
# Those that DEV has got rid of, and other services have not.
_GONE: Final = (1125, 1180, 1206, 1222)


def _app_config(table: str, chance: Chance) -> Rows:
    del table
    for number in _APP_CONFIG_IDS:
        if number in _GONE:
            continue
        key, text, amount, rules = _NAMED.get(number) or _filling(number, chance)
        yield (
            number, key, text, amount, "Y", rules, day(731), key.partition(".")[0].upper(),
            250 if number == 1230 else number % 900 + 10, None, "PAYMENTS",
            "Reviewed at every release", "see the runbook" if number % 9 == 0 else None,
            moment(chance),
        )  # fmt: skip


def _filling(number: int, chance: Chance) -> tuple[str, str | None, Value, Value]:
    module = _MODULES[number % len(_MODULES)]
    setting = _SETTINGS[number // len(_MODULES) % len(_SETTINGS)]
    text = _value(module, "core", setting, chance)
    return f"{module}.{setting}.{number}", text, int(text) if text.isdigit() else None, None


_FLAGS: Final = (
    "new_pricing", "one_click", "wallet", "split_pay", "dark_mode", "push_mails", "self_reading",
    "chat", "paperless", "two_factor", "quick_switch", "solar_tariff", "heat_tariff", "night",
)  # fmt: skip


def _flag(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for number, name in enumerate(_FLAGS):
        rules = {
            "groups": ["staff", "testers"][: number % 3],
            "regions": {"eu": True, "uk": number % 4 == 0},
            "limits": {"daily": 500 * (number + 1), "users": 20 + number},
        }
        yield (
            f"{area}.{name}", "Y" if chance.random() < 0.6 else "N",
            Decimal(chance.randrange(10_001)).scaleb(-2), rules, day(chance.randrange(700)),
        )  # fmt: skip


_JOBS: Final = (
    "daily_close", "meter_import", "bank_files", "dunning_run", "rate_update", "mail_batch",
    "invoice_run", "archive", "statistics", "cleanup", "reconcile", "price_check",
)  # fmt: skip


def _job(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for name in _JOBS:
        cron = f"{chance.randrange(60)} {chance.randrange(24)} * * {chance.choice('12345*')}"
        yield (
            f"{area}.{name}", cron, "Y", IntervalDS(0, chance.randrange(6), 30, 0, 0),
            f"--threads {chance.randrange(1, 9)} --commit-every {chance.choice((100, 1_000))}",
            chance.randrange(4), somebody(chance),
        )  # fmt: skip


_SYSTEMS: Final = ("CRM", "BILLING", "SAP", "BANK", "PORTAL", "GRID", "METERING", "ARCHIVE")


def _route(table: str, chance: Chance) -> Rows:
    kind = table.partition("_")[0]
    for number, (source, target) in enumerate(
        ((a, b) for a, b in product(_SYSTEMS, _SYSTEMS[:4]) if a != b), 1
    ):
        yield (
            number, source, target, f"{kind}.{source}.{target}.IN", chance.randrange(1, 10),
            chance.choice((5, 15, 30, 120)), chance.randrange(6), "Y",
        )  # fmt: skip


def _route_log(table: str, chance: Chance) -> Rows:
    del table
    for _ in range(200):
        source, target = chance.choice(_SYSTEMS), chance.choice(_SYSTEMS)
        yield moment(chance, fraction=3), source, target, chance.choice(("OK", "RETRY", "DEAD"))


def _endpoint(table: str, chance: Chance) -> Rows:
    area = table.partition("_")[0].lower()
    for number, system in enumerate(_SYSTEMS, 1):
        name = f"{area}-{system.lower()}"
        yield (
            number, name, f"https://{name}.dev.example.net:8443/api",
            hashlib.sha256(name.encode()).digest()[:20], chance.choice((2_000, 5_000, 15_000)),
            chance.choice(("MTLS", "BASIC", "OAUTH")),
            Moment(2027, 1 + number, 1, 12, 0, 0, 0, chance.choice((0, 60, 120))),
        )  # fmt: skip


_CONFIG_COLUMNS: Final = """
    config_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    config_key VARCHAR2(120) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    config_value VARCHAR2(1000),
    enabled CHAR(1) DEFAULT 'Y' NOT NULL,
    description VARCHAR2(400),
    updated_at DATE,
    updated_by VARCHAR2(30)"""

SETTINGS: Final = (
    Family(
        "APP_CONFIG",
        """
    config_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    config_key VARCHAR2(120) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    config_value VARCHAR2(4000),
    num_value NUMBER(20,8),
    enabled CHAR(1) DEFAULT 'Y' NOT NULL,
    rules JSON,
    valid_from DATE,
    module VARCHAR2(40) NOT NULL,
    sort_no NUMBER(4),
    valid_to DATE,
    owner_team VARCHAR2(30),
    description VARCHAR2(400),
    notes VARCHAR2(200),
    updated_at DATE""",
        _app_config,
    ),
    Family(
        "PAYMENT_CONFIG BILLING_CONFIG MAIL_CONFIG BATCH_CONFIG SECURITY_CONFIG PORTAL_CONFIG"
        " EXPORT_CONFIG IMPORT_CONFIG METERING_CONFIG DUNNING_CONFIG ARCHIVE_CONFIG SEARCH_CONFIG"
        " REPORT_CONFIG CACHE_CONFIG SANDBOX_CONFIG",
        _CONFIG_COLUMNS,
        _config,
    ),
    Family(
        "FEATURE_FLAG BETA_FLAG PORTAL_FLAG MOBILE_FLAG EXPERIMENT_FLAG KILL_SWITCH",
        """
    flag_name VARCHAR2(60) CONSTRAINT {0}_pk PRIMARY KEY,
    enabled CHAR(1) NOT NULL,
    rollout_percent NUMBER(5,2),
    rules JSON,
    since DATE""",
        _flag,
    ),
    Family(
        "BATCH_JOB EXPORT_JOB IMPORT_JOB CLEANUP_JOB REPORT_JOB",
        """
    job_name VARCHAR2(60) CONSTRAINT {0}_pk PRIMARY KEY,
    cron VARCHAR2(60) NOT NULL,
    enabled CHAR(1) NOT NULL,
    longest_run INTERVAL DAY(2) TO SECOND(0),
    parameters VARCHAR2(400),
    retries NUMBER(2),
    owned_by VARCHAR2(30)""",
        _job,
    ),
    Family(
        "PAYMENT_ROUTE SMS_ROUTE EVENT_ROUTE FILE_ROUTE CALL_ROUTE PRINT_ROUTE API_ROUTE",
        """
    route_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    source_system VARCHAR2(20) NOT NULL,
    target_system VARCHAR2(20) NOT NULL,
    queue_name VARCHAR2(80),
    priority NUMBER(3),
    timeout_s NUMBER(6),
    retries NUMBER(2),
    enabled CHAR(1)""",
        _route,
    ),
    Family(
        "MSG_ROUTE_LOG",
        """
    logged_at TIMESTAMP(3) NOT NULL,
    source_system VARCHAR2(20),
    target_system VARCHAR2(20),
    outcome VARCHAR2(10)""",
        _route_log,
    ),
    Family(
        "PARTNER_ENDPOINT BANK_ENDPOINT GRID_ENDPOINT SAP_ENDPOINT INTERNAL_ENDPOINT",
        """
    endpoint_id NUMBER(10) CONSTRAINT {0}_pk PRIMARY KEY,
    endpoint_name VARCHAR2(60) NOT NULL CONSTRAINT {0}_uk UNIQUE,
    url VARCHAR2(400) NOT NULL,
    thumbprint RAW(20),
    timeout_ms NUMBER(8),
    login_kind VARCHAR2(10),
    certificate_until TIMESTAMP(0) WITH TIME ZONE""",
        _endpoint,
    ),
)
