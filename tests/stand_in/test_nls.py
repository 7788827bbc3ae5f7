"""The stand-in's language settings: what ALTER SESSION changes, and the order of texts."""

from __future__ import annotations

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import Bind, Kind, SqlSession
from tests.stand_in.direct_sql import change, described, error, run, value

GERMAN_MARKS = "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = ',.'"
WITH_COMMA: list[tuple[str, str]] = [
    ("TO_CHAR(1234.5)", "1234,5"),
    ("1.5 || 'x'", "1,5x"),
    ("TO_CHAR(1234.5, 'TM9')", "1234,5"),
    ("TO_CHAR(1234.5, 'FM9G990D00')", "1.234,50"),
    ("TO_CHAR(1234.5, 'FM9,990.00')", "1,234.50"),
    ("TO_CHAR(1234.5, 'FM9G990D00', 'NLS_NUMERIC_CHARACTERS=''.,''')", "1,234.50"),
    ("TO_CHAR(1234.5, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')", "1234.5"),
    ("TO_CHAR(1.5d)", "1,5000000000000000E+000"),
    ("TO_CHAR(INTERVAL '1 02:03:04.5' DAY TO SECOND(1))", "+01 02:03:04,5"),
    ("TO_CHAR(TIMESTAMP '2026-01-28 10:38:36.5', 'HH24:MI:SSXFF1')", "10:38:36,5"),
    ("TO_CHAR(TIMESTAMP '2026-01-28 10:38:36.5', 'HH24:MI:SS.FF1')", "10:38:36.5"),
    ("TO_CHAR(TO_NUMBER('1,5') * 2)", "3"),
    ("TO_CHAR(TO_NUMBER('1.234,5', '9G999D9'))", "1234,5"),
    ("TO_CHAR(TO_NUMBER('1.5', '9D9', 'NLS_NUMERIC_CHARACTERS=''.,'''))", "1,5"),
    ("TO_CHAR('1,5' + 1)", "2,5"),
]


@pytest.mark.parametrize(("expression", "text"), WITH_COMMA)
def test_numbers_are_written_and_read_with_the_sessions_marks(
    scratch: SqlSession, expression: str, text: str
) -> None:
    change(scratch, GERMAN_MARKS)
    assert value(scratch, expression) == text


def test_a_number_with_another_mark_than_the_sessions_is_none(scratch: SqlSession) -> None:
    change(scratch, GERMAN_MARKS)
    assert error(scratch, "SELECT TO_NUMBER('1.5') FROM DUAL").code == 1722


def one(connection: oracledb.Connection, sql: str) -> object:
    (row,) = connection.cursor().execute(sql).fetchall()
    return row[0]


def test_settings_are_one_sessions_alone_and_statements_follow_them() -> None:
    with FakeOracle() as oracle:
        account = {"user": "compare", "password": "compare_pw", "dsn": oracle.dsn()}
        with oracledb.connect(**account) as changed, oracledb.connect(**account) as other:
            for connection in (changed, other):
                assert one(connection, "SELECT TO_CHAR(1.5) FROM DUAL") == "1.5"
            changed.cursor().execute(GERMAN_MARKS)
            assert one(changed, "SELECT TO_CHAR(1.5) FROM DUAL") == "1,5"
            assert one(other, "SELECT TO_CHAR(1.5) FROM DUAL") == "1.5"
            assert one(changed, "SELECT 1.5 FROM DUAL") == 1.5


LANGUAGE: list[tuple[str, str]] = [
    ("TO_CHAR(DATE '2026-03-01', 'DD MON YYYY')", "01 MRZ 2026"),
    ("TO_CHAR(DATE '2026-03-01', 'FMDay, DD. Month')", "Sonntag, 1. März"),
    ("TO_CHAR(DATE '2026-03-01', 'Month') || '|'", "März     |"),
    ("TO_CHAR(DATE '2026-03-01', 'MON', 'NLS_DATE_LANGUAGE=AMERICAN')", "MAR"),
    ("TO_CHAR(TO_DATE('01-DEZ-2026', 'DD-MON-YYYY'), 'YYYY-MM-DD')", "2026-12-01"),
    ("TO_CHAR(DATE '2026-12-24')", "24-DEZ-26"),
    ("SYS_CONTEXT('USERENV', 'NLS_SORT')", "GERMAN"),
]


@pytest.mark.parametrize(("expression", "text"), LANGUAGE)
def test_a_language_brings_its_names_and_its_sort(
    scratch: SqlSession, expression: str, text: str
) -> None:
    change(scratch, "ALTER SESSION SET NLS_LANGUAGE = GERMAN")
    assert value(scratch, expression) == text


def test_formats_of_moments_are_the_sessions(scratch: SqlSession) -> None:
    change(
        scratch,
        "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD' NLS_TIMESTAMP_FORMAT = 'HH24:MI:SSXFF'",
    )
    assert value(scratch, "TO_CHAR(DATE '2026-01-28')") == "2026-01-28"
    assert value(scratch, "TO_CHAR(TO_DATE('2026-01-28') + 1)") == "2026-01-29"
    shown = value(scratch, "TO_CHAR(CAST(TIMESTAMP '2026-01-28 10:38:36' AS TIMESTAMP(2)))")
    assert shown == "10:38:36.00"
    parameters = "SELECT value FROM nls_session_parameters WHERE parameter = 'NLS_DATE_FORMAT'"
    assert run(scratch, parameters) == [("YYYY-MM-DD",)]
    of_database = parameters.replace("session", "database")
    assert run(scratch, of_database) == [("DD-MON-RR",)]


REFUSED: list[tuple[str, int]] = [
    ("ALTER SESSION SET NLS_LANGUAGE = FRENCH", 3001),
    ("ALTER SESSION SET NLS_SORT = XGERMAN_CI", 3001),
    ("ALTER SESSION SET NLS_TERRITORY = GERMANY", 3001),
    ("ALTER SESSION SET NLS_NUMERIC_CHARACTERS = ',,'", 12705),
    ("ALTER SESSION SET NLS_NOSUCH = 'x'", 2248),
    ("ALTER SESSION SET NLS_SORT GERMAN", 927),
    ("ALTER SESSION CLOSE DATABASE LINK x", 3001),
    ("SELECT TO_CHAR(1.5, 'TM9', 'NLS_NUMERIC_CHARACTERS=') FROM DUAL", 12702),
    ("SELECT NLSSORT('x', 'NLS_SORT=FRENCH_M') FROM DUAL", 3001),
    ("SELECT TO_CHAR(SYSDATE, 'YYYY', 'NLS_CALENDAR=''Thai Buddha''') FROM DUAL", 3001),
]


@pytest.mark.parametrize(("sql", "code"), REFUSED)
def test_a_setting_that_is_not_known_is_refused_and_changes_none(
    scratch: SqlSession, sql: str, code: int
) -> None:
    assert error(scratch, sql).code == code
    both = "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = ',.' NLS_SORT = NOSUCH"
    assert error(scratch, both).code == 3001
    assert value(scratch, "TO_CHAR(1.5)") == "1.5"


WORDS = ["Zebra", "apfel", "Äpfel", "Apfel", "zebra", "2", "10", "äpfel", "Ödnis", " x", "émile"]
BY_BYTES = [" x", "10", "2", "Apfel", "Zebra", "apfel", "zebra", "Äpfel", "Ödnis", "äpfel", "émile"]
BY_LETTERS = [
    " x", "10", "2", "apfel", "Apfel", "äpfel", "Äpfel", "émile", "Ödnis", "zebra", "Zebra",
]  # fmt: skip


@pytest.fixture
def words(scratch: SqlSession) -> SqlSession:
    change(scratch, "CREATE TABLE words (w VARCHAR2(20), n NUMBER)")
    for number, word in enumerate(WORDS):
        binds = (Bind(Kind.VARCHAR, word), Bind(Kind.NUMBER, number))
        change(scratch, "INSERT INTO words VALUES (:1, :2)", *binds)
    return scratch


def listed(session: SqlSession, sql: str) -> list[object]:
    return [row[0] for row in run(session, sql)]


def test_texts_sort_by_bytes_until_the_session_says_otherwise(words: SqlSession) -> None:
    assert listed(words, "SELECT w FROM words ORDER BY w") == BY_BYTES
    change(words, "ALTER SESSION SET NLS_SORT = GERMAN")
    by_letters = [
        "SELECT w FROM words ORDER BY w",
        "SELECT w FROM words ORDER BY 1",
        "SELECT w AS x FROM words ORDER BY x",
        "SELECT DISTINCT w FROM words ORDER BY w",
        "SELECT w FROM words UNION SELECT w FROM words ORDER BY 1",
        "SELECT w FROM (SELECT w, ROW_NUMBER() OVER (ORDER BY w) AS n FROM words) ORDER BY n",
    ]
    for sql in by_letters:
        assert listed(words, sql) == BY_LETTERS, sql
    assert listed(words, "SELECT w FROM words ORDER BY w DESC") == BY_LETTERS[::-1]
    by_bytes = "SELECT w FROM words ORDER BY NLSSORT(w, 'NLS_SORT=BINARY') NULLS LAST"
    assert listed(words, by_bytes) == BY_BYTES


def test_comparisons_follow_the_sort_only_where_the_session_says_so(words: SqlSession) -> None:
    later = "SELECT w FROM words WHERE w > 'b' ORDER BY w"
    change(words, "ALTER SESSION SET NLS_SORT = GENERIC_M")
    assert listed(words, later) == ["äpfel", "Äpfel", "émile", "Ödnis", "zebra"]
    change(words, "ALTER SESSION SET NLS_COMP = LINGUISTIC")
    assert listed(words, later) == ["émile", "Ödnis", "zebra", "Zebra"]
    assert listed(words, "SELECT w FROM words WHERE w = 'Apfel'") == ["Apfel"]
    assert listed(words, "SELECT GREATEST(MAX(n), 1) FROM words") == [10]
    for refused in ("MAX(w)", "GREATEST('a', 'B')"):
        assert error(words, f"SELECT {refused} FROM words").code == 3001


def test_keys_are_bytes_that_end_in_zero_and_may_become_too_long(scratch: SqlSession) -> None:
    assert value(scratch, "NLSSORT('abc', 'NLS_SORT=BINARY')") == b"abc\x00"
    assert value(scratch, "NLSSORT('ä')") == "ä".encode() + b"\x00"
    assert value(scratch, "NLSSORT(NULL)") is None
    (column,) = described(scratch, "SELECT NLSSORT('abc') FROM DUAL")
    assert (column.type.kind, column.type.size) == (Kind.RAW, 2000)
    long = "RPAD('x', 2000, 'x')"
    assert error(scratch, f"SELECT NLSSORT({long}) FROM DUAL").code == 12742
    assert value(scratch, f"NLSSORT(SUBSTR({long}, 1, 3))") == b"xxx\x00"


ORDERED = """ORDER BY NLSSORT(SUBSTR("C", 1, 500), 'NLS_SORT=BINARY') NULLS LAST, "N" NULLS LAST"""
DOCUMENTS = """SELECT c, n, CASE WHEN "T" IS NULL THEN 1 ELSE 0 END AS t_is_null, t FROM documents
WHERE n < :most"""


@pytest.mark.parametrize(
    "sql", [f"{DOCUMENTS} {ORDERED}", f"SELECT * FROM ({DOCUMENTS}) {ORDERED}"]
)
def test_rows_come_by_key_and_an_empty_lob_is_told_from_none(
    monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    with (
        FakeOracle() as oracle,
        oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn()) as connection,
    ):
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE documents (c VARCHAR2(600), n NUMBER, t CLOB)")
        for row in ("'b', 1, EMPTY_CLOB()", "'B', 2, NULL", "NULL, 3, 'text'", "'b', NULL, 'x'"):
            cursor.execute(f"INSERT INTO documents VALUES ({row})")
        cursor.execute("ALTER SESSION SET NLS_SORT = GERMAN NLS_COMP = LINGUISTIC")
        rows = cursor.execute(sql, [9]).fetchall()
    assert rows == [("B", 2, 1, None), ("b", 1, 0, None), (None, 3, 0, "text")]
