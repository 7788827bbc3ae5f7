"""The demonstration services DEV and UAT: one schema, COMPARE, with a little drift between them.

Everything is generated from fixed seeds, so both services are the same in every run: UAT lacks a
few settings of DEV, has a few of its own, and differs in about one of a hundred.
"""

from __future__ import annotations

import atexit
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from ..engine.engine import SqliteEngine
from ..engine.sql_session import SqliteSession
from ..kinds.catalogue import Catalogue
from ..kinds.model import Bind, Engine, Kind, Moment, Value
from .demo_objects import OBJECT_TABLES, OBJECT_TYPES, OBJECT_VALUES
from .demo_vectors import VECTOR_TABLES, VECTOR_VALUES

OWNER = "COMPARE"
_APP_CONFIG_ROWS = 3_000
_DRIFTED_IN_HUNDRED = 1
_MISSING_IN_UAT = range(700, 3_000, 450)
_ONLY_IN_UAT = 4

_TABLES = (
    """CREATE TABLE app_config (
        config_id NUMBER(10) CONSTRAINT app_config_pk PRIMARY KEY,
        config_key VARCHAR2(120) NOT NULL CONSTRAINT app_config_key_uk UNIQUE,
        config_value VARCHAR2(400),
        num_value NUMBER(18,6),
        enabled CHAR(1) DEFAULT 'Y' NOT NULL,
        module VARCHAR2(40) NOT NULL,
        description VARCHAR2(200 CHAR),
        updated_at DATE,
        created_at TIMESTAMP(6),
        updated_by VARCHAR2(30)
    )""",
    """CREATE TABLE employees (
        employee_id NUMBER(6) CONSTRAINT employees_pk PRIMARY KEY,
        first_name VARCHAR2(40),
        last_name VARCHAR2(50) NOT NULL,
        email VARCHAR2(60) CONSTRAINT employees_email_uk UNIQUE,
        hire_date DATE NOT NULL,
        job_id VARCHAR2(10),
        salary NUMBER(8,2),
        commission_pct NUMBER(2,2),
        manager_id NUMBER(6),
        department VARCHAR2(30)
    )""",
    """CREATE TABLE all_values_basic (
        id NUMBER(4) PRIMARY KEY,
        label VARCHAR2(60),
        num NUMBER,
        num_fixed NUMBER(38,10),
        num_float FLOAT(63),
        bin_float BINARY_FLOAT,
        bin_double BINARY_DOUBLE,
        fixed_text CHAR(10),
        var_text VARCHAR2(100),
        national_fixed NCHAR(6),
        national_text NVARCHAR2(100),
        raw_bytes RAW(32)
    )""",
    """CREATE TABLE all_values_more (
        id NUMBER(4) PRIMARY KEY,
        label VARCHAR2(60),
        day_only DATE,
        ts TIMESTAMP(9),
        ts_tz TIMESTAMP(9) WITH TIME ZONE,
        ts_ltz TIMESTAMP(9) WITH LOCAL TIME ZONE,
        span INTERVAL DAY(9) TO SECOND(9),
        months INTERVAL YEAR(9) TO MONTH,
        text_lob CLOB,
        national_lob NCLOB,
        binary_lob BLOB,
        document JSON,
        truth BOOLEAN,
        embedding VECTOR,
        old_text LONG
    )""",
)

_MODULES = {
    "payment": ("gateway", "retry", "refund", "settlement", "card", "virtual-account"),
    "payroll": ("run", "tax", "bonus", "overtime", "slip"),
    "attendance": ("shift", "geofence", "leave", "device"),
    "recruitment": ("pipeline", "interview", "offer"),
    "notification": ("email", "sms", "push", "whatsapp"),
    "security": ("session", "password", "mfa", "audit"),
    "report": ("export", "schedule", "cache"),
    "integration": ("bank", "bpjs", "ldap", "sap"),
}
# A setting's last word, and what makes a value of it.
_SETTINGS = (
    "url", "timeout.ms", "enabled", "max.attempts", "fee.percent", "batch.size", "sender",
    "cron", "api.version", "pool.size", "label", "limit.amount", "callback.host", "locale",
)  # fmt: skip
_CHANGED_BY = ("SYSTEM", "DEPLOY", "a.wijaya", "m.køhler", "j.garcía", "li.na", None)
_NOTES = (
    "Diubah saat rilis malam", "Prüfung durch Buchhaltung nötig", "见支付手册第3章",
    "Vérifié avec l'équipe réseau", "支払いゲートウェイの設定", None, None,
)  # fmt: skip
_FIRST_DAY = datetime(2023, 1, 2, 8, 0, 0)


def demo_engines() -> dict[str, Engine]:
    """The two services by name. The caller closes both."""
    return {name: _engine(name) for name in ("DEV", "UAT")}


def _engine(name: str) -> SqliteEngine:
    template, catalogue = demo_templates()[name]
    engine = SqliteEngine(catalogue)
    engine.fill_from(template)
    return engine


@cache
def demo_templates() -> dict[str, tuple[sqlite3.Connection, Catalogue]]:
    """Both databases in memory, made once for the process."""
    workshop = SqliteEngine()
    session = workshop.connect(OWNER)
    for declaration in (*_TABLES, *OBJECT_TYPES, *OBJECT_TABLES, *VECTOR_TABLES):
        run(session, declaration)
    for number, setting in enumerate(_settings(), 1):
        run(session, _INSERT_SETTING, number, *setting)
    for employee in _employees():
        run(session, _INSERT_EMPLOYEE, *employee)
    for statement in (*_BASIC_VALUES, *_MORE_VALUES, *OBJECT_VALUES, *VECTOR_VALUES):
        run(session, statement)
    session.commit()
    templates = {"DEV": _finished(workshop)}
    drift_to_uat(session)
    session.commit()
    templates["UAT"] = _finished(workshop)
    session.close()
    workshop.close()
    return templates


def _finished(workshop: SqliteEngine) -> tuple[sqlite3.Connection, Catalogue]:
    template = sqlite3.connect(":memory:", check_same_thread=False)
    atexit.register(template.close)
    workshop.copy_to(template)
    catalogue = workshop.catalogue
    return template, replace(
        catalogue,
        public={name: owner for owner, name in catalogue.tables},
        public_types={name: owner for owner, name in catalogue.types if owner == OWNER},
    )


_KINDS = {int: Kind.NUMBER, Decimal: Kind.NUMBER, str: Kind.VARCHAR, Moment: Kind.TIMESTAMP}


def run(session: SqliteSession, sql: str, *values: Value) -> None:
    """Execute a statement with its binds in their order."""
    binds = [Bind(_KINDS.get(type(value), Kind.VARCHAR), value) for value in values]
    session.execute(session.parse(sql, [bind.kind for bind in binds]), binds)


_INSERT_SETTING = "INSERT INTO app_config VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10)"
_INSERT_EMPLOYEE = "INSERT INTO employees VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10)"


def _settings() -> Iterator[Sequence[Value]]:
    chance = random.Random(20260128)  # noqa: S311
    names = [
        (module, f"{module}.{part}.{setting}")
        for module, parts in _MODULES.items()
        for part in parts
        for setting in _SETTINGS
    ]
    for number in range(_APP_CONFIG_ROWS):
        module, name = names[number % len(names)]
        region = number // len(names)
        key = name if region == 0 else f"{name}.{_REGIONS[region - 1]}"
        text, amount = _setting_value(name, chance)
        created = _FIRST_DAY + timedelta(minutes=337 * number, microseconds=number * 1_009)
        changed = created + timedelta(days=chance.randrange(400), seconds=chance.randrange(86_400))
        yield (
            key, text, amount, "N" if chance.random() < 0.12 else "Y", module,
            chance.choice(_NOTES), None if chance.random() < 0.05 else _moment(changed, whole=True),
            _moment(created, whole=False), chance.choice(_CHANGED_BY),
        )  # fmt: skip


_REGIONS = (
    "id", "sg", "my", "th", "vn", "ph", "de", "fr", "jp", "cn", "br",
)  # fmt: skip


def _setting_value(name: str, chance: random.Random) -> tuple[str | None, Value]:
    """The text of a setting, and its number where it is one."""
    last = name.rsplit(".", 2)
    if name.endswith("url"):
        return (
            f"https://{last[0].replace('.', '-')}.example.com/api/v{chance.randrange(1, 4)}",
            None,
        )
    if name.endswith(("timeout.ms", "batch.size", "pool.size", "max.attempts")):
        amount = chance.choice((3, 5, 10, 50, 250, 1_500, 30_000))
        return str(amount), amount
    if name.endswith("enabled"):
        return chance.choice(("true", "false")), None
    if name.endswith("fee.percent"):
        rate = Decimal(chance.randrange(0, 100_000)) / 10_000
        return f"{rate}%", rate
    if name.endswith("limit.amount"):
        limit = Decimal(chance.randrange(10**6, 10**13)) / 100
        return f"{limit:,.2f}", limit
    others = ("0 0/15 * * * ?", "no-reply@example.com", "Straße 7", "São Paulo", "東京", "v2", None)
    return chance.choice(others), None


def _moment(when: datetime, *, whole: bool) -> Moment:
    nanosecond = 0 if whole else when.microsecond * 1_000
    return Moment(when.year, when.month, when.day, when.hour, when.minute, when.second, nanosecond)


def drift_to_uat(session: SqliteSession) -> None:
    """What makes UAT of DEV."""
    chance = random.Random(7)  # noqa: S311
    count = _APP_CONFIG_ROWS * _DRIFTED_IN_HUNDRED // 100
    for number in sorted(chance.sample(range(1, _APP_CONFIG_ROWS + 1), count)):
        run(
            session,
            "UPDATE app_config SET config_value = config_value || '-uat', updated_by = 'UAT',"
            " num_value = num_value * 2 WHERE config_id = :1",
            number,
        )
    for number in _MISSING_IN_UAT:
        run(session, "DELETE FROM app_config WHERE config_id = :1", number)
    for number in range(1, _ONLY_IN_UAT + 1):
        run(
            session,
            "INSERT INTO app_config (config_id, config_key, config_value, module) "
            "VALUES (:1, :2, 'only here', 'uat')",
            _APP_CONFIG_ROWS + number,
            f"uat.only.setting.{number}",
        )


_PEOPLE = (
    "Ayu Wijaya", "Budi Santoso", "Citra Lestari", "Dewi Anggraini", "Eko Prasetyo", "Farah Aziz",
    "Günther Weiß", "Håkon Ødegård", "Inés García", "João Conceição", "Kenji 田中", "Li Na",
    "María Núñez", "Nguyễn Thị Hoa", "Olga Šimková", "Putu Surya", "Quỳnh Anh", "Rizky Hidayat",
    "Siti Rahma", "Tomáš Dvořák", "Umar Faruk", "Véronique Bélanger", "Wayan Sudana", "Xu Wei",
    "Yosef Siregar", "Zsófia Nagy", "Agus Salim", "Bambang Yudi", "Clara O'Brien", "Dian Sastro",
)  # fmt: skip
_JOBS = ("HR_REP", "PAY_CLERK", "IT_PROG", "FI_MGR", "AC_ACCOUNT")
_DEPARTMENTS = ("Payroll", "Finance", "IT", "Human Resources", None)


def _employees() -> Iterator[Sequence[Value]]:
    for number, name in enumerate(_PEOPLE):
        first, _, last = name.partition(" ")
        hired = _FIRST_DAY + timedelta(days=41 * number)
        email = f"{number:02d}.{first.lower()}@example.com"
        salary = Decimal(4_000 + number * 317) + Decimal(number % 4) / 4
        rate = Decimal(number % 7) / 20 if number % 3 == 0 else None
        manager = None if number == 0 else 100 + (number - 1) // 6
        yield (
            100 + number, first, last, email, _moment(hired, whole=True),
            _JOBS[number % len(_JOBS)], salary, rate, manager,
            _DEPARTMENTS[number % len(_DEPARTMENTS)],
        )  # fmt: skip


_BASIC_VALUES = (
    "INSERT INTO all_values_basic (id, label) VALUES (1, 'every column NULL')",
    "INSERT INTO all_values_basic VALUES (2, 'zero and empty', 0, 0, 0, 0f, 0d, ' ', ' ', N' ',"
    " N' ', HEXTORAW('00'))",
    "INSERT INTO all_values_basic VALUES (3, 'small', 1, -1, 0.1, 1.5f, -0.1d, 'Y', 'abc', N'ä',"
    " N'東京', HEXTORAW('DEADBEEF'))",
    "INSERT INTO all_values_basic (id, label, num, num_fixed) VALUES (4, 'thirty-eight digits',"
    " 12345678901234567890123456789012345678, 1234567890123456789012345678.0123456789)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (5, 'a third', 1/3)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (6, 'largest', 9.99E125)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (7, 'smallest', 1E-130)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (8, 'most negative', -9.99E125)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (9, 'past a double', 9007199254740993)",
    "INSERT INTO all_values_basic (id, label, num) VALUES (10, 'not exact in binary', 0.3)",
    "INSERT INTO all_values_basic (id, label, bin_float, bin_double) VALUES (11, 'not a number',"
    " BINARY_FLOAT_NAN, BINARY_DOUBLE_NAN)",
    "INSERT INTO all_values_basic (id, label, bin_float, bin_double) VALUES (12, 'infinite',"
    " BINARY_FLOAT_INFINITY, BINARY_DOUBLE_INFINITY)",
    "INSERT INTO all_values_basic (id, label, bin_float, bin_double) VALUES (13, 'minus infinite',"
    " -BINARY_FLOAT_INFINITY, -BINARY_DOUBLE_INFINITY)",
    "INSERT INTO all_values_basic (id, label, bin_float, bin_double) VALUES (14, 'extremes',"
    " 3.40282347E+38f, 1.7976931348623157E+308d)",
    "INSERT INTO all_values_basic (id, label, fixed_text, var_text) VALUES (15, 'trailing blanks',"
    " 'ab', 'ab   ')",
    "INSERT INTO all_values_basic (id, label, var_text, national_text) VALUES (16, 'past the BMP',"
    " '😀 🏦', N'𝄞 clef')",
    "INSERT INTO all_values_basic (id, label, var_text) VALUES (17, 'quotes and lines',"
    " 'it''s \"here\"' || CHR(10) || CHR(9) || 'back\\slash')",
    "INSERT INTO all_values_basic (id, label, raw_bytes) VALUES (18, 'all of a RAW',"
    " HEXTORAW('000102030405060708090A0B0C0D0E0FF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF'))",
)

_MORE_VALUES = (
    "INSERT INTO all_values_more (id, label) VALUES (1, 'every column NULL')",
    "INSERT INTO all_values_more (id, label, day_only, ts, ts_tz, ts_ltz) VALUES (2, 'nanoseconds',"
    " DATE '2026-01-28', TIMESTAMP '2026-01-28 10:38:36.123456789',"
    " TIMESTAMP '2026-01-28 10:38:36.123456789 +07:00',"
    " TIMESTAMP '2026-01-28 10:38:36.123456789 +07:00')",
    "INSERT INTO all_values_more (id, label, day_only, ts, ts_tz) VALUES (3, 'named zone',"
    " TO_DATE('2026-07-01 23:59:59', 'YYYY-MM-DD HH24:MI:SS'), TIMESTAMP '2026-07-01 23:59:59.5',"
    " TIMESTAMP '2026-07-01 23:59:59.5 Europe/Berlin')",
    "INSERT INTO all_values_more (id, label, ts_tz) VALUES (4, 'Jakarta',"
    " TIMESTAMP '2026-01-28 10:38:36.5 Asia/Jakarta')",
    "INSERT INTO all_values_more (id, label, day_only, ts, ts_tz) VALUES (5, 'first moment',"
    " DATE '-4712-01-01', TIMESTAMP '-4712-01-01 00:00:00',"
    " TIMESTAMP '-0044-03-15 12:00:00 +00:00')",
    "INSERT INTO all_values_more (id, label, day_only, ts, ts_tz) VALUES (6, 'last moment',"
    " DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59.999999999',"
    " TIMESTAMP '9999-12-31 23:59:59.999999999 +11:30')",
    "INSERT INTO all_values_more (id, label, span, months) VALUES (7, 'intervals',"
    " INTERVAL '1 02:03:04.5' DAY TO SECOND, INTERVAL '1-2' YEAR TO MONTH)",
    "INSERT INTO all_values_more (id, label, span, months) VALUES (8, 'negative intervals',"
    " INTERVAL '-999999999 23:59:59.999999999' DAY(9) TO SECOND(9),"
    " INTERVAL '-12-11' YEAR TO MONTH)",
    "INSERT INTO all_values_more (id, label, text_lob, national_lob, binary_lob) VALUES (9, 'LOBs',"
    " TO_CLOB('first line' || CHR(10) || 'zweite Zeile äöü 😀'), TO_NCLOB('長い文章'),"
    " TO_BLOB(HEXTORAW('00FF10')))",
    "INSERT INTO all_values_more (id, label, document, truth) VALUES (10, 'JSON and TRUE',"
    ' JSON(\'{"a":1.10,"b":[true,null,"ü"],"big":12345678901234567890123}\'), TRUE)',
    "INSERT INTO all_values_more (id, label, truth, embedding) VALUES (11, 'vector and FALSE',"
    " FALSE, TO_VECTOR('[1, 2.5, -3]'))",
    "INSERT INTO all_values_more (id, label, old_text) VALUES (12, 'LONG', 'text in a LONG')",
)
