"""How UAT and PROD differ from DEV, table by table, and what comparing them comes to.

The tables that stand in no line here are the same in all three services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Outcome(Enum):
    """What a comparison of one table comes to. A table may differ and be compared in part, too."""

    SAME = "same"
    DIFFERS = "differs"
    IN_PART = "no row differs"
    """In what was compared, which is not everything."""
    EMPTY = "no rows"
    NO_KEY = "no common key"
    REFUSED = "may not be read (ORA-01031)"
    ONLY_IN_DEV = "only in DEV"
    ONLY_THERE = "only there"


@dataclass(frozen=True)
class Found:
    """What a comparison with DEV finds: rows, and columns that are not compared."""

    outcome: Outcome
    changed: int = 0
    only_in_dev: int = 0
    only_there: int = 0
    not_compared: Sequence[str] = ()


SAME: Final = Found(Outcome.SAME)


@dataclass(frozen=True)
class Drift:
    """What is done to one table of DEV's to make it another service's, and what that comes to.

    statements, found: by service; without found the tables are the same. unreadable_in: the service
    whose table is listed, and read by nobody but its owner.
    """

    table: str
    what: str
    statements: Mapping[str, Sequence[str]] = field(default_factory=dict)
    found: Mapping[str, Found] = field(default_factory=dict)
    unreadable_in: str = ""


def _differs(changed: int = 0, only_in_dev: int = 0, only_there: int = 0, *columns: str) -> Found:
    return Found(Outcome.DIFFERS, changed, only_in_dev, only_there, columns)


def _in_part(*columns: str) -> Found:
    return Found(Outcome.IN_PART, not_compared=columns)


def _beta_gone(*ids: int) -> str:
    listed = ", ".join(map(str, ids))
    return f"DELETE FROM app_config WHERE config_id IN ({listed})"


def _legacy(number: int, key: str, value: str) -> str:
    return (
        "INSERT INTO app_config (config_id, config_key, config_value, valid_from, module, sort_no)"
        f" VALUES ({number}, '{key}', '{value}', DATE '2019-07-01', 'LEGACY', 10)"
    )


def _setting(number: int, change: str) -> str:
    return f"UPDATE app_config SET {change} WHERE config_id = {number}"


_PROD_SETTINGS: Final = (
    _setting(1042, "config_value = '3', num_value = 3"),
    _setting(1057, "config_value = REPLACE(config_value, '-dev')"),
    _setting(
        1063,
        "config_value = REPLACE(REPLACE(config_value, 'within 14', 'within 30'), 'within 5',"
        ' \'within 10\'), rules = JSON(\'{"limits":{"daily":7500,"monthly":60000},'
        '"approval":"two-step"}\')',
    ),
    _setting(1071, "num_value = 1.25000001"),
    _setting(1088, "config_value = '   '"),
    _setting(1090, "config_value = 'INFO  '"),
    _setting(1131, "enabled = 'N'"),
    _setting(1140, "valid_from = DATE '2026-02-01'"),
    _setting(1152, "config_value = 'EUR '"),
    _setting(1171, "config_value = 'no-reply@example.net'"),
    _setting(1188, "num_value = 800"),
    _setting(
        1203,
        'rules = JSON(\'{"countries":["AT","DE","NL"],"score":{"max":900,"min":55}}\')',
    ),
    _setting(1219, "config_value = 'brand'"),
    _setting(1230, "sort_no = 25"),
    _beta_gone(1066, 1160, 1174, 1190, 1204, 1205, 1220, 1221, 1241),
    _legacy(1125, "legacy.export.path", "/data/export/out"),
    _legacy(1180, "legacy.import.path", "/data/import/in"),
    _legacy(1206, "legacy.risk.mode", "classic"),
    _legacy(1222, "legacy.ui.skin", "blue"),
    "ALTER TABLE app_config MODIFY (config_key VARCHAR2(200))",
    "ALTER TABLE app_config DROP COLUMN notes",
    "ALTER TABLE app_config ADD (notes NUMBER, region VARCHAR2(10) DEFAULT 'EU')",
    "UPDATE app_config SET notes = sort_no WHERE MOD(config_id, 9) = 0",
)

DRIFT: Final = (
    Drift(
        "APP_CONFIG",
        "values of every kind, rows on one side, a column more, a type changed, a longer column",
        {
            "UAT": (
                _setting(1042, "config_value = '4', num_value = 4"),
                _setting(1057, "config_value = REPLACE(config_value, '-dev', '-uat')"),
                _setting(1171, "config_value = REPLACE(config_value, '@dev.', '@uat.')"),
                _beta_gone(1205, 1241),
                _legacy(1222, "legacy.ui.skin", "blue"),
            ),
            "PROD": _PROD_SETTINGS,
        },
        {"UAT": _differs(3, 2, 1), "PROD": _differs(14, 9, 4, "NOTES", "REGION")},
    ),
    Drift(
        "PAYMENT_CONFIG",
        "values that look alike: blanks, a Cyrillic letter, a blank of no width, a tab",
        {
            "UAT": (
                "UPDATE payment_config SET config_value = config_value || ' ' WHERE config_id = 3",
                "UPDATE payment_config SET config_value = REPLACE(config_value, 'a', 'а')"
                " WHERE config_id = 6",
            ),
            "PROD": (
                "UPDATE payment_config SET config_value = config_value || '  ' WHERE config_id = 3",
                "UPDATE payment_config SET config_value = REPLACE(config_value, 'a', 'а')"
                " WHERE config_id IN (6, 12)",
                "UPDATE payment_config SET config_value = config_value || UNISTR('\\200B')"
                " WHERE config_id = 18",
                "UPDATE payment_config SET description = REPLACE(description, ' ', CHR(9))"
                " WHERE config_id = 20",
                "UPDATE payment_config SET description = ' ' WHERE config_id = 21",
                "UPDATE payment_config SET description = NULL WHERE config_id = 22",
            ),
        },
        {"UAT": _differs(2), "PROD": _differs(7)},
    ),
    Drift(
        "FEATURE_FLAG",
        "JSON that differs in one path, or only in the order of its keys",
        {
            "UAT": (
                'UPDATE feature_flag SET rules = JSON(\'{"groups":[],"regions":{"eu":true,'
                '"uk":true},"limits":{"daily":750,"users":20}}\')'
                " WHERE flag_name = 'feature.new_pricing'",
            ),
            "PROD": (
                'UPDATE feature_flag SET rules = JSON(\'{"groups":[],"regions":{"eu":true,'
                '"uk":true},"limits":{"daily":900,"users":20}}\')'
                " WHERE flag_name = 'feature.new_pricing'",
                'UPDATE feature_flag SET rules = JSON(\'{"limits":{"users":21,"daily":1000},'
                '"regions":{"uk":false,"eu":true},"groups":["staff"]}\')'
                " WHERE flag_name = 'feature.one_click'",
                "UPDATE feature_flag SET enabled = 'N', rollout_percent = 0"
                " WHERE flag_name IN ('feature.chat', 'feature.wallet')",
            ),
        },
        {"UAT": _differs(1), "PROD": _differs(3)},
    ),
    Drift(
        "BATCH_JOB",
        "another schedule, a longer interval, a job that is missing",
        {
            "UAT": ("UPDATE batch_job SET enabled = 'N' WHERE job_name = 'batch.mail_batch'",),
            "PROD": (
                "UPDATE batch_job SET cron = '15 3 * * *' WHERE job_name = 'batch.archive'",
                "UPDATE batch_job SET longest_run = INTERVAL '1 02:30:00' DAY TO SECOND"
                " WHERE job_name = 'batch.invoice_run'",
                "DELETE FROM batch_job WHERE job_name = 'batch.price_check'",
            ),
        },
        {"UAT": _differs(1), "PROD": _differs(2, 1)},
    ),
    Drift(
        "MSG_ROUTE_LOG",
        "no key in any service",
        found={"UAT": Found(Outcome.NO_KEY), "PROD": Found(Outcome.NO_KEY)},
    ),
    Drift(
        "EVENT_ROUTE",
        "another primary key in PROD, where REGION belongs to it",
        {
            "PROD": (
                "ALTER TABLE event_route ADD (region VARCHAR2(10) DEFAULT 'EU' NOT NULL)",
                "ALTER TABLE event_route DROP CONSTRAINT event_route_pk",
                "ALTER TABLE event_route ADD CONSTRAINT event_route_pk"
                " PRIMARY KEY (route_id, region)",
            )
        },
        {"PROD": Found(Outcome.NO_KEY)},
    ),
    Drift(
        "BANK_ENDPOINT",
        "addresses, bytes of a RAW, one moment in two zones",
        {
            "UAT": (
                "UPDATE bank_endpoint SET url = REPLACE(url, '.dev.', '.uat.')"
                " WHERE endpoint_id <= 2",
            ),
            "PROD": (
                "UPDATE bank_endpoint SET url = REPLACE(url, '.dev.', '.') WHERE endpoint_id <= 2",
                "UPDATE bank_endpoint SET thumbprint ="
                " HEXTORAW('0123456789ABCDEF0123456789ABCDEF01234567') WHERE endpoint_id = 3",
                "UPDATE bank_endpoint SET certificate_until ="
                " certificate_until AT TIME ZONE '-05:00' WHERE endpoint_id IN (4, 5)",
            ),
        },
        {"UAT": _differs(2), "PROD": _differs(5)},
    ),
    Drift(
        "FX_RATE",
        "rates that differ in the sixth digit",
        {
            "PROD": (
                "UPDATE fx_rate SET rate = rate + 0.000001 WHERE base_currency = 'EUR'"
                " AND quote_currency IN ('USD', 'CHF', 'JPY') AND valid_from = DATE '2026-01-01'",
            )
        },
        {"PROD": _differs(3)},
    ),
    Drift(
        "DISCOUNT_RATE",
        "rates that have ended, and one that is new",
        {
            "PROD": (
                "UPDATE discount_rate SET valid_to = DATE '2026-06-30' WHERE currency = 'PLN'",
                "INSERT INTO discount_rate VALUES"
                " ('DISC-07', 'EUR', DATE '2026-09-01', 0.05, NULL, 'ECB')",
            )
        },
        {"PROD": _differs(6, 0, 1)},
    ),
    Drift(
        "FEE_SCHEDULE",
        "PROD's may not be read",
        {"UAT": ("UPDATE fee_schedule SET amount = amount + 0.5 WHERE fee_id = 4",)},
        {"UAT": _differs(1), "PROD": Found(Outcome.REFUSED)},
        unreadable_in="PROD",
    ),
    Drift(
        "CARD_LIMIT",
        "SEVERITY is a text in UAT",
        {
            "UAT": (
                "ALTER TABLE card_limit DROP COLUMN severity",
                "ALTER TABLE card_limit ADD (severity VARCHAR2(10) DEFAULT 'MEDIUM')",
            )
        },
        {"UAT": _in_part("SEVERITY")},
    ),
    Drift(
        "CREDIT_LIMIT",
        "numbers of twenty digits that differ in the last one",
        {
            "UAT": (
                "UPDATE credit_limit SET daily = daily + 1"
                " WHERE profile_code = 'PLUS' AND limit_code = 'API'",
            ),
            "PROD": (
                "UPDATE credit_limit SET daily = daily + 1"
                " WHERE profile_code = 'PLUS' AND limit_code IN ('API', 'NIGHT')",
            ),
        },
        {"UAT": _differs(1), "PROD": _differs(2)},
    ),
    Drift(
        "LIMIT_PROFILE",
        "a group of customers is missing",
        {"PROD": ("DELETE FROM limit_profile WHERE customer_group = 'G17'",)},
        {"PROD": _differs(0, 12)},
    ),
    Drift(
        "TARIFF_STEP",
        "a few of 20,000 rows",
        {
            "UAT": ("UPDATE tariff_step SET price = 0.2944 WHERE tariff_id IN (2211, 15077)",),
            "PROD": (
                "UPDATE tariff_step SET price = 0.319 WHERE tariff_id = 2210",
                "UPDATE tariff_step SET price = price + 0.000001 WHERE tariff_id = 2211",
                "UPDATE tariff_step SET from_kwh = 1200, price = 0.0794,"
                " remark = 'from 1 January' WHERE tariff_id = 7804",
                "UPDATE tariff_step SET from_kwh = 7500 WHERE tariff_id = 15077",
                "DELETE FROM tariff_step WHERE tariff_id = 11932",
                "INSERT INTO tariff_step VALUES"
                " (18102, 'NIGHT-OLD-2', 0, 0.219, 'EUR', DATE '2018-01-01', 'closed')",
            ),
        },
        {"UAT": _differs(2), "PROD": _differs(4, 1, 1)},
    ),
    Drift(
        "APP_USER",
        "one moment in two zones, a user on each side whom the other lacks",
        {
            "UAT": (
                "UPDATE app_user SET last_login = last_login AT TIME ZONE '+09:00'"
                " WHERE user_id = 2",
            ),
            "PROD": (
                "UPDATE app_user SET last_login = last_login AT TIME ZONE '+09:00'"
                " WHERE user_id IN (2, 5)",
                "UPDATE app_user SET email = UPPER(email) WHERE user_id = 7",
                "DELETE FROM app_user WHERE user_id = 24",
                "INSERT INTO app_user VALUES"
                " (30, 'z.emergency', 'Emergency access', NULL, 'Y', NULL)",
            ),
        },
        {"UAT": _differs(1), "PROD": _differs(3, 1, 1)},
    ),
    Drift(
        "USER_PREF",
        "more differences than are shown at once",
        {
            "UAT": (
                "UPDATE user_pref SET pref_value = 'dark' || pref_value"
                " WHERE pref_key = 'theme' AND login <= 'user040'",
            ),
            "PROD": (
                "UPDATE user_pref SET updated_at = TIMESTAMP '2026-11-01 08:00:00'"
                " WHERE pref_key NOT IN ('language', 'theme', 'mail', 'sms', 'push', 'zoom')",
                "DELETE FROM user_pref WHERE login = 'user050'"
                " AND pref_key IN ('language', 'theme', 'mail', 'sms', 'push', 'zoom')",
            ),
        },
        {"UAT": _differs(40), "PROD": _differs(1_200, 6)},
    ),
    Drift(
        "CONTRACT_TYPE",
        "a longer column, and nothing else",
        {"PROD": ("ALTER TABLE contract_type MODIFY (label VARCHAR2(200))",)},
        {"PROD": SAME},
    ),
    Drift(
        "PRODUCT_GROUP",
        "a column more in UAT",
        {"UAT": ("ALTER TABLE product_group ADD (valid_to DATE)",)},
        {"UAT": _in_part("VALID_TO")},
    ),
    Drift(
        "HOLIDAY_CAL",
        "empty in every service",
        found={"UAT": Found(Outcome.EMPTY), "PROD": Found(Outcome.EMPTY)},
    ),
    Drift(
        "SHIFT_CAL",
        "empty in PROD",
        {"PROD": ("DELETE FROM shift_cal",)},
        {"PROD": _differs(0, 60)},
    ),
    Drift(
        "LETTER_TEMPLATE",
        "texts of four thousand characters that differ in one word or two",
        {
            "UAT": (
                "UPDATE letter_template SET body = REPLACE(body, '14 days', '30 days')"
                " WHERE template_code = 'letter.welcome' AND language = 'en'",
            ),
            "PROD": (
                "UPDATE letter_template SET body ="
                " REPLACE(REPLACE(body, '14 days', '30 days'), '5 working', '10 working')"
                " WHERE template_code = 'letter.welcome'",
            ),
        },
        {"UAT": _differs(1), "PROD": _differs(2)},
    ),
    Drift(
        "MAIL_TEMPLATE",
        "LAYOUT is a text in DEV and UAT, and JSON in PROD",
        {
            "PROD": (
                "ALTER TABLE mail_template DROP COLUMN layout",
                "ALTER TABLE mail_template ADD (layout JSON)",
                'UPDATE mail_template SET layout = JSON(\'{"columns":1,"margin":[10,20]}\')',
            )
        },
        {"PROD": _in_part("LAYOUT")},
    ),
    Drift(
        "PORTAL_ICON",
        "bytes of a BLOB",
        {
            "PROD": (
                "UPDATE portal_icon SET content = TO_BLOB(HEXTORAW('89504E470D0A1A0A00FF'))"
                " WHERE icon_id = 3",
            )
        },
        {"PROD": _differs(1)},
    ),
    Drift(
        "SANDBOX_CONFIG",
        "a table of DEV alone",
        {"UAT": ("DROP TABLE sandbox_config",), "PROD": ("DROP TABLE sandbox_config",)},
        {"UAT": Found(Outcome.ONLY_IN_DEV), "PROD": Found(Outcome.ONLY_IN_DEV)},
    ),
    Drift(
        "EXPERIMENT_FLAG",
        "a table that has not reached PROD",
        {"PROD": ("DROP TABLE experiment_flag",)},
        {"PROD": Found(Outcome.ONLY_IN_DEV)},
    ),
    Drift(
        "LOADTEST_CONFIG",
        "a table of UAT alone",
        {
            "UAT": (
                "CREATE TABLE loadtest_config"
                " (test_id NUMBER(6) CONSTRAINT loadtest_config_pk PRIMARY KEY, users NUMBER(6))",
                "INSERT INTO loadtest_config VALUES (1, 500)",
            )
        },
        {"UAT": Found(Outcome.ONLY_THERE)},
    ),
    Drift(
        "LEGACY_TARIFF",
        "a table that only PROD still has",
        {
            "PROD": (
                "CREATE TABLE legacy_tariff"
                " (tariff_no NUMBER(6) CONSTRAINT legacy_tariff_pk PRIMARY KEY, price NUMBER)",
                "INSERT INTO legacy_tariff VALUES (1, 0.219)",
            )
        },
        {"PROD": Found(Outcome.ONLY_THERE)},
    ),
)
