"""The stand-in's SQL: exact values, Oracle's types, names and errors, its demonstration data."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import pytest

from tests.fake_oracle.kinds.calendar_days import date_of_day, day_number
from tests.fake_oracle.kinds.model import (
    Bind,
    ColumnType,
    Engine,
    IntervalDS,
    IntervalYM,
    Kind,
    Moment,
    OraError,
    Row,
    SqlSession,
    Value,
    Vector,
)
from tests.fake_oracle.kinds.sqlite_values import number_key, number_of
from tests.stand_in.direct_sql import A_THIRD, described, error, number, run, value

NUMBERS: list[tuple[str, Value]] = [
    ("1/3", A_THIRD),
    ("2/3", Decimal("0." + "6" * 39 + "7")),
    ("10/3", Decimal("3." + "3" * 38)),
    ("0.1 + 0.2", Decimal("0.3")),
    ("0.1 + 0.2 - 0.3", 0),
    ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
    ("12345678901234567890123456789012345678 + 1", 12345678901234567890123456789012345679),
    ("1E-130", Decimal("1E-130")),
    ("9.99E125", Decimal("9.99E125")),
    ("1E-130 / 10", 0),
    ("-1/3", A_THIRD.copy_negate()),
    ("2 + 3 * 4 - -1", 15),
    ("ROUND(2.5)", 3),
    ("ROUND(-2.5)", -3),
    ("ROUND(1234.567, -2)", 1200),
    ("TRUNC(-2.567, 2)", Decimal("-2.56")),
    ("MOD(-7, 3)", -1),
    ("MOD(7, 0)", 7),
    ("POWER(2, 100)", 2**100),
    ("CEIL(1.1)", 2),
    ("FLOOR(-1.1)", -2),
    ("SIGN(-0.001)", -1),
    ("ABS(-1.5)", Decimal("1.5")),
    ("TO_NUMBER(' -1.5e2 ')", -150),
    ("TO_NUMBER('1,234.50', '9,999.99')", Decimal("1234.5")),
    ("'5' + 1", 6),
    ("CAST(1.005 AS NUMBER(5,2))", Decimal("1.01")),
    ("CAST(12345 AS NUMBER(3,-2))", 12300),
    ("CAST(1234.5678 AS FLOAT(10))", 1235),
]


@pytest.mark.parametrize(("expression", "expected"), NUMBERS)
def test_numbers_are_exact(session: SqlSession, expression: str, expected: Value) -> None:
    assert value(session, expression) == expected


def test_a_third_has_forty_digits_and_ten_thirds_have_thirty_nine(session: SqlSession) -> None:
    ((third, ten_thirds),) = run(session, "SELECT 1/3, 10/3 FROM DUAL")
    assert (len(Decimal(str(third)).as_tuple().digits)) == 40
    assert (len(Decimal(str(ten_thirds)).as_tuple().digits)) == 39


def test_stored_numbers_sort_as_numbers_and_keep_every_digit() -> None:
    chance = random.Random(1)  # noqa: S311
    numbers = {Decimal(0)}
    for _ in range(3000):
        digits = tuple(chance.randrange(10) for _ in range(chance.randrange(1, 39)))
        exponent = chance.randrange(-125, 85)
        numbers.add(Decimal((chance.randrange(2), digits, exponent)))
    keys = {number_key(number): number for number in numbers}
    assert [keys[key] for key in sorted(keys)] == sorted(numbers)
    assert all(number_of(key) == number for key, number in keys.items())


def test_every_day_of_oracles_calendar_comes_back_from_its_number() -> None:
    first, last = day_number(-4712, 1, 1), day_number(9999, 12, 31)
    days = [date_of_day(number) for number in range(first, last + 1, 61)]
    assert [day_number(*day) for day in days] == list(range(first, last + 1, 61))
    assert days == sorted(days)


VALUES: list[tuple[str, Value, ColumnType]] = [
    ("'abc'", "abc", ColumnType(Kind.CHAR, size=3, chars=3)),
    ("'ü'", "ü", ColumnType(Kind.CHAR, size=2, chars=1)),
    ("''", None, ColumnType(Kind.CHAR)),
    ("NULL", None, ColumnType(Kind.VARCHAR)),
    ("q'[it's]'", "it's", ColumnType(Kind.CHAR, size=4, chars=4)),
    ("N'長'", "長", ColumnType(Kind.NCHAR, size=2, chars=1)),
    ("'|' || '!' || '^'", "|!^", ColumnType(Kind.VARCHAR, size=3, chars=3)),
    ("'ab' || 'c' || NULL", "abc", ColumnType(Kind.VARCHAR, size=3, chars=3)),
    ("1.5f", 1.5, ColumnType(Kind.BINARY_FLOAT, size=4)),
    ("1.5d", 1.5, ColumnType(Kind.BINARY_DOUBLE, size=8)),
    ("-BINARY_DOUBLE_INFINITY", -math.inf, ColumnType(Kind.BINARY_DOUBLE, size=8)),
    ("1/0d", math.inf, ColumnType(Kind.BINARY_DOUBLE, size=8)),
    ("CAST(1.1 AS BINARY_FLOAT)", 1.100000023841858, ColumnType(Kind.BINARY_FLOAT, size=4)),
    ("TO_BINARY_DOUBLE('1.1')", 1.1, ColumnType(Kind.BINARY_DOUBLE, size=8)),
    ("HEXTORAW('00ff')", b"\x00\xff", ColumnType(Kind.RAW, size=2)),
    ("TRUE", True, ColumnType(Kind.BOOLEAN, size=1)),
    ("CAST('no' AS BOOLEAN)", False, ColumnType(Kind.BOOLEAN, size=1)),
    ("CAST(5 AS NUMBER(10))", 5, ColumnType(Kind.NUMBER, 10, 0, 22)),
    ("CAST('x' AS CHAR(3))", "x  ", ColumnType(Kind.CHAR, size=3, chars=3)),
    ("CAST('ab' AS VARCHAR2(10 CHAR))", "ab", ColumnType(Kind.VARCHAR, size=40, chars=10)),
    ("CAST('ä' AS NVARCHAR2(5))", "ä", ColumnType(Kind.NVARCHAR, size=10, chars=5)),
    ("TO_CLOB('text')", "text", ColumnType(Kind.CLOB, size=4000)),
    ("TO_BLOB(HEXTORAW('0A'))", b"\n", ColumnType(Kind.BLOB, size=4000)),
    ("XMLTYPE('<a/>')", "<a/>", ColumnType(Kind.XMLTYPE, size=2000)),
    (
        'JSON(\'{"a":1.10,"b":[null,true]}\')',
        {"a": Decimal("1.10"), "b": [None, True]},
        ColumnType(Kind.JSON, size=8200),
    ),
    (
        "TO_VECTOR('[1, 2.5]')",
        Vector("float32", (1.0, 2.5), 2),
        ColumnType(Kind.VECTOR, size=8200),
    ),
    ("DATE '2026-01-28'", Moment(2026, 1, 28), ColumnType(Kind.DATE, size=7)),
    ("DATE '-4712-01-01'", Moment(-4712, 1, 1), ColumnType(Kind.DATE, size=7)),
    (
        "TIMESTAMP '2026-01-28 10:38:36.123456789'",
        Moment(2026, 1, 28, 10, 38, 36, 123_456_789),
        ColumnType(Kind.TIMESTAMP, scale=9, size=11),
    ),
    (
        "TIMESTAMP '2026-01-28 10:38:36 +07:00'",
        Moment(2026, 1, 28, 10, 38, 36, 0, 420),
        ColumnType(Kind.TIMESTAMP_TZ, scale=9, size=13),
    ),
    (
        "TIMESTAMP '2026-07-01 10:00:00 Europe/Berlin'",
        Moment(2026, 7, 1, 10, 0, 0, 0, 120, "Europe/Berlin"),
        ColumnType(Kind.TIMESTAMP_TZ, scale=9, size=13),
    ),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36 +07:00' AS TIMESTAMP WITH LOCAL TIME ZONE)",
        Moment(2026, 1, 28, 3, 38, 36, 0, 0),
        ColumnType(Kind.TIMESTAMP_LTZ, scale=6, size=11),
    ),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36.987654' AS TIMESTAMP(2))",
        Moment(2026, 1, 28, 10, 38, 36, 990_000_000),
        ColumnType(Kind.TIMESTAMP, scale=2, size=11),
    ),
    (
        "INTERVAL '-1 02:03:04.5' DAY TO SECOND",
        IntervalDS(-1, -2, -3, -4, -500_000_000),
        ColumnType(Kind.INTERVAL_DS, 2, 6, 11),
    ),
    (
        "INTERVAL '1-2' YEAR(4) TO MONTH",
        IntervalYM(1, 2),
        ColumnType(Kind.INTERVAL_YM, 4, 0, 5),
    ),
    ("NUMTODSINTERVAL(90, 'MINUTE')", IntervalDS(0, 1, 30), ColumnType(Kind.INTERVAL_DS, 9, 9, 11)),
    ("CAST(NULL AS DATE)", None, ColumnType(Kind.DATE, size=7)),
]


@pytest.mark.parametrize(("expression", "expected", "column_type"), VALUES)
def test_values_have_the_type_oracle_gives_them(
    session: SqlSession, expression: str, expected: Value, column_type: ColumnType
) -> None:
    (column,) = described(session, f"SELECT {expression} FROM DUAL")
    assert value(session, expression) == expected
    assert column.type == column_type


EXPRESSIONS: list[tuple[str, Value]] = [
    ("NVL(NULL, 'x')", "x"),
    ("NVL2(NULL, 1, 2)", 2),
    ("COALESCE(NULL, NULL, 3)", 3),
    ("NULLIF(1, 1)", None),
    ("DECODE(NULL, NULL, 'null', 'other')", "null"),
    ("DECODE(3, 1, 'a', 2, 'b')", None),
    ("CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END", "b"),
    ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
    ("GREATEST(1, 10, 9)", 10),
    ("LEAST('b', 'a')", "a"),
    ("UPPER('straße ä')", "STRASSE Ä"),
    ("INITCAP('hello wORLD')", "Hello World"),
    ("LPAD('x', 5, 'ab')", "ababx"),
    ("RPAD('abc', 2)", "ab"),
    ("TRIM(LEADING '0' FROM '007')", "7"),
    ("LTRIM(' x') || RTRIM('x ')", "xx"),
    ("REPLACE('abcb', 'b')", "ac"),
    ("TRANSLATE('abc', 'ab', 'x')", "xc"),
    ("SUBSTR('abcdef', -3, 2)", "de"),
    ("SUBSTR('abc', 5)", None),
    ("INSTR('abcabc', 'c', 1, 2)", 6),
    ("INSTR('abcabc', 'c', -1)", 6),
    ("LENGTH('äö') * 10 + LENGTHB('äö')", 24),
    ("UNISTR('\\00e4x')", "äx"),
    ("CHR(65) || ASCII('B')", "A66"),
    ("RAWTOHEX(HEXTORAW('beef'))", "BEEF"),
    ("'n=' || 0.5", "n=.5"),
    ("TO_CHAR(-1234.5, '9,999.99')", "-1,234.50"),
    ("TO_CHAR(0.5, '0.99')", " 0.50"),
    ("TO_CHAR(12345, '999')", "####"),
    ("TO_CHAR(1/3)", "." + "3" * 40),
    ("TO_CHAR(-1/3E20, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,\'\'')", "-." + "0" * 20 + "3" * 40),
    ("TO_CHAR(1/3E40, 'TM9')", "3." + "3" * 39 + "E-41"),
    ("TO_CHAR(-1E-130, 'TM9')", "-1E-130"),
    ("TO_CHAR(DATE '2026-01-28')", "28-JAN-26"),
    ("TO_CHAR(DATE '2026-01-28', 'fmDay, DD Month YYYY')", "Wednesday, 28 January 2026"),
    ("TO_CHAR(DATE '2026-01-28', 'MON Mon mon Q WW IW D DDD')", "JAN Jan jan 1 04 05 4 028"),
    ("TO_CHAR(DATE '-4712-01-01', 'SYYYY-MM-DD BC')", "-4712-01-01 BC"),
    (
        "TO_CHAR(TIMESTAMP '2026-01-28 22:38:36.123456789 +07:00',"
        " 'SYYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')",
        " 2026-01-28T22:38:36.123456789+07:00",
    ),
    ("TO_CHAR(TIMESTAMP '2026-01-28 22:38:36.12', 'HH12:MI:SSXFF3 PM SSSSS')",
     "10:38:36.120 PM 81516"),
    ("TO_CHAR(TIMESTAMP '2026-07-01 10:00:00 Europe/Berlin', 'TZR TZD')", "EUROPE/BERLIN CEST"),
    ("TO_CHAR(TIMESTAMP '2026-01-28 10:38:36.5')", "28-JAN-26 10.38.36.500000000 AM"),
    ("TO_CHAR(INTERVAL '-1 02:03:04.5' DAY TO SECOND)", "-01 02:03:04.500000"),
    ("TO_CHAR(NUMTODSINTERVAL(1.5, 'DAY'))", "+000000001 12:00:00.000000000"),
    ("TO_CHAR(INTERVAL '1-2' YEAR(4) TO MONTH)", "+0001-02"),
    ("TO_DATE('28-JAN-26')", Moment(2026, 1, 28)),
    ("TO_DATE('2026-01-28 10', 'YYYY-MM-DD HH24')", Moment(2026, 1, 28, 10)),
    ("TO_DATE('12/31/99 11:05 PM', 'MM/DD/RR HH:MI AM')", Moment(1999, 12, 31, 23, 5)),
    (
        "TO_TIMESTAMP('2026-01-28T10:38:36.5', 'YYYY-MM-DD\"T\"HH24:MI:SS.FF')",
        Moment(2026, 1, 28, 10, 38, 36, 500_000_000),
    ),
    (
        "TO_TIMESTAMP_TZ('2026-01-28 10:38:36 -03:30', 'YYYY-MM-DD HH24:MI:SS TZH:TZM')",
        Moment(2026, 1, 28, 10, 38, 36, 0, -210),
    ),
    (
        "FROM_TZ(TIMESTAMP '2026-01-28 10:38:36', 'Asia/Jakarta') AT TIME ZONE 'America/New_York'",
        Moment(2026, 1, 27, 22, 38, 36, 0, -300, "America/New_York"),
    ),
    (
        "SYS_EXTRACT_UTC(TIMESTAMP '2026-01-28 10:38:36 +07:00')",
        Moment(2026, 1, 28, 3, 38, 36),
    ),
    ("DATE '2026-02-27' + 1.5", Moment(2026, 2, 28, 12)),
    ("DATE '2026-03-01' - DATE '2026-02-01'", 28),
    ("DATE '1582-10-15' - DATE '1582-10-04'", 1),
    (
        "TIMESTAMP '2026-01-02 00:00:00' - TIMESTAMP '2026-01-01 12:00:00.5'",
        IntervalDS(0, 11, 59, 59, 500_000_000),
    ),
    ("DATE '2026-01-31' + INTERVAL '2' HOUR", Moment(2026, 1, 31, 2)),
    ("INTERVAL '1' DAY * 2.5", IntervalDS(2, 12)),
    ("ADD_MONTHS(DATE '2026-01-31', 1)", Moment(2026, 2, 28)),
    ("LAST_DAY(DATE '2024-02-01')", Moment(2024, 2, 29)),
    ("MONTHS_BETWEEN(DATE '2026-03-31', DATE '2026-02-28')", 1),
    ("TRUNC(TIMESTAMP '2026-05-17 10:00:00', 'MM')", Moment(2026, 5, 1)),
    ("TRUNC(DATE '2026-05-17', 'IW')", Moment(2026, 5, 11)),
    ("EXTRACT(SECOND FROM TIMESTAMP '2026-01-28 10:38:36.5')", Decimal("36.5")),
    ("EXTRACT(TIMEZONE_HOUR FROM TIMESTAMP '2026-01-28 10:38:36 -03:30')", -3),
    ("SYS_CONTEXT('USERENV', 'SESSION_USER') || USER", "APPAPP"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_functions_and_arithmetic(session: SqlSession, expression: str, expected: Value) -> None:
    assert value(session, expression) == expected


CONDITIONS: list[tuple[str, bool]] = [
    ("'a ' = 'a'", True),  # literals are CHAR, compared blank-padded
    ("CAST('a ' AS VARCHAR2(5)) = 'a'", False),
    ("'' IS NULL", True),
    ("NOT NULL = NULL", False),
    ("10 > 9 AND '10' > 9", True),
    ("-1E-130 < 0 AND 1E-130 > 0 AND -2 < -1", True),
    ("BINARY_DOUBLE_NAN = BINARY_DOUBLE_NAN", True),
    ("BINARY_DOUBLE_NAN > BINARY_DOUBLE_INFINITY", True),
    ("'a_b' LIKE 'a\\_b' ESCAPE '\\' AND 'axb' NOT LIKE 'a\\_b' ESCAPE '\\'", True),
    ("'Abc' LIKE 'a%'", False),
    ("2 BETWEEN 1 AND 3 AND 4 NOT BETWEEN 1 AND 3", True),
    ("3 IN (1, 2) OR 3 NOT IN (SELECT 4 FROM DUAL)", True),
    ("(1, 2) IN ((1, 2), (3, 4))", True),
    ("TIMESTAMP '2026-01-28 10:00:00 +07:00' = TIMESTAMP '2026-01-28 03:00:00 UTC'", True),
    ("DATE '2026-01-28' = TIMESTAMP '2026-01-28 00:00:00'", True),
    ("DATE '-0001-01-01' < DATE '0001-01-01'", True),
    ("DATE '2026-01-28' > '27-JAN-26'", True),
    ("INTERVAL '-1' DAY < INTERVAL '1' SECOND", True),
    ("EXISTS (SELECT 1 FROM DUAL) AND NOT EXISTS (SELECT 1 FROM DUAL WHERE 1 = 0)", True),
    ("TRUE AND NOT FALSE", True),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS)
def test_conditions(session: SqlSession, condition: str, holds: bool) -> None:
    rows = run(session, f"SELECT 'yes' FROM DUAL WHERE {condition}")
    assert bool(rows) is holds


NAMES: list[tuple[str, list[str]]] = [
    ("SELECT employee_id, e.Salary, 1 AS x, 1 \"x\" FROM employees e",
     ["EMPLOYEE_ID", "SALARY", "X", "x"]),
    ("SELECT count( * ), 1 / 3, upper( 'a b' ) FROM dual", ["COUNT(*)", "1/3", "UPPER('AB')"]),
    ("SELECT 1 x, 2 x FROM dual", ["X", "X"]),
    ("SELECT a.dummy, b.dummy FROM dual a, dual b", ["DUMMY", "DUMMY"]),
    ("SELECT 1 FROM dual UNION SELECT 2 two FROM dual", ["1"]),
    ("SELECT * FROM (SELECT 1, 'a' AS \"Quoted Name\" FROM dual)", ["1", "Quoted Name"]),
    ("WITH w (a, \"b\") AS (SELECT 1, 2 FROM dual) SELECT * FROM w", ["A", "b"]),
    ("SELECT /*+ FULL(e) */ salary -- pay\n FROM employees e", ["SALARY"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "names"), NAMES)
def test_select_items_are_named_as_oracle_names_them(
    session: SqlSession, sql: str, names: list[str]
) -> None:
    assert [column.name for column in described(session, sql)] == names


QUERIES: list[tuple[str, list[Row]]] = [
    ("SELECT COUNT(*), COUNT(DISTINCT department), COUNT(department) FROM employees",
     [(30, 4, 24)]),
    ("SELECT SUM(employee_id), AVG(employee_id), MIN(first_name) FROM employees WHERE 1 = 0",
     [(None, None, None)]),
    ("SELECT department, COUNT(*) c FROM employees GROUP BY department HAVING COUNT(*) > 1"
     " ORDER BY c DESC, department FETCH FIRST 2 ROWS ONLY",
     [("Finance", 6), ("Human Resources", 6)]),
    ("SELECT DISTINCT department FROM employees ORDER BY 1 OFFSET 3 ROWS",
     [("Payroll",), (None,)]),
    ("SELECT DISTINCT department FROM employees ORDER BY 1 DESC FETCH FIRST 1 ROW ONLY",
     [(None,)]),
    ("SELECT DISTINCT department FROM employees ORDER BY 1 NULLS FIRST FETCH FIRST 1 ROW ONLY",
     [(None,)]),
    ("SELECT LISTAGG(first_name, ', ') WITHIN GROUP (ORDER BY employee_id DESC) FROM employees"
     " WHERE employee_id < 103", [("Citra, Budi, Ayu",)]),
    ("SELECT e.first_name, m.first_name FROM employees e LEFT JOIN employees m"
     " ON m.employee_id = e.manager_id WHERE e.employee_id IN (100, 107) ORDER BY e.employee_id",
     [("Ayu", None), ("Håkon", "Budi")]),
    ("SELECT COUNT(*) FROM employees a CROSS JOIN employees b, dual", [(900,)]),
    ("SELECT 'boss: ' || m.last_name FROM employees e LEFT JOIN employees m"
     " ON m.employee_id = e.manager_id WHERE e.employee_id = 100", [("boss: ",)]),
    ("SELECT (salary + 1) FROM employees WHERE employee_id = 100 GROUP BY salary + 1", [(4001,)]),
    ("SELECT employee_id id FROM employees ORDER BY -id FETCH FIRST 1 ROW ONLY", [(129,)]),
    ("SELECT e.employee_id FROM employees e, employees m"
     " WHERE e.manager_id = m.employee_id AND m.first_name = 'Budi' AND ROWNUM = 1", [(107,)]),
    ("SELECT employee_id FROM employees e WHERE salary > (SELECT AVG(salary) + 3000 FROM employees"
     " WHERE department = e.department) ORDER BY 1", [(125,), (126,), (127,), (128,)]),
    ("SELECT ROWNUM, employee_id FROM (SELECT employee_id FROM employees ORDER BY salary DESC)"
     " WHERE ROWNUM <= 2", [(1, 129), (2, 128)]),
    ("SELECT r, employee_id FROM (SELECT e.*, ROWNUM r FROM employees e) WHERE r BETWEEN 3 AND 4",
     [(3, 102), (4, 103)]),
    ("SELECT employee_id FROM employees WHERE ROWNUM > 1", []),
    ("SELECT MAX(ROWNUM) FROM employees WHERE ROWNUM < 8", [(7,)]),
    ("SELECT employee_id, ROW_NUMBER() OVER (PARTITION BY department ORDER BY salary DESC) n"
     " FROM employees ORDER BY n, employee_id FETCH FIRST 2 ROWS ONLY", [(125, 1), (126, 1)]),
    ("SELECT SUM(LEVEL), COUNT(*) FROM DUAL CONNECT BY LEVEL <= 100", [(5050, 100)]),
    ("WITH a AS (SELECT 1 x FROM dual), b AS (SELECT x + 1 y FROM a) SELECT x, y FROM a, b",
     [(1, 2)]),
    ("SELECT 1 FROM dual UNION ALL SELECT 2 FROM dual MINUS SELECT 1 FROM dual", [(2,)]),
    ("SELECT 1 a FROM dual UNION SELECT 2 FROM dual ORDER BY a DESC", [(2,), (1,)]),
    ("SELECT (SELECT MAX(salary) FROM employees) FROM dual", [(Decimal("13193.25"),)]),
    ("SELECT employee_id FROM employees JOIN employees m USING (employee_id) WHERE ROWNUM = 1",
     [(100,)]),
    ("SELECT first_name FROM COMPARE.employees WHERE \"EMPLOYEE_ID\" = 100", [("Ayu",)]),
    ("SELECT 1", [(1,)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "rows"), QUERIES)
def test_queries(session: SqlSession, sql: str, rows: list[Row]) -> None:
    assert run(session, sql) == rows


ERRORS: list[tuple[str, int, str, int]] = [
    ("SELCT 1 FROM dual", 900, "invalid SQL statement", 0),
    ("SELECT 1 FROM", 903, "invalid table name", 13),
    ("SELECT nope FROM dual", 904, '"NOPE": invalid identifier', 7),
    ("SELECT d.nope FROM dual d", 904, '"D"."NOPE": invalid identifier', 7),
    ("SELECT no_such(1) FROM dual", 904, '"NO_SUCH": invalid identifier', 7),
    ("SELECT CASE WHEN 1 = 1 THEN 2 FROM dual", 905, "missing keyword", 30),
    ("SELECT 1 FROM dual WHERE 1 IN 1", 906, "missing left parenthesis", 30),
    ("SELECT (1 + 2 FROM dual", 907, "missing right parenthesis", 14),
    ("SELECT * FROM (SELECT 1 FROM dual", 907, "missing right parenthesis", 33),
    ("SELECT CAST(1 AS NUMBER FROM dual", 907, "missing right parenthesis", 24),
    ("SELECT 1 # 2 FROM dual", 911, "invalid character", 9),
    ("SELECT a.dummy, dummy FROM dual a, dual b", 918,
     '"DUMMY": column ambiguously defined', 16),
    ("SELECT x FROM (SELECT 1 x, 2 x FROM dual)", 918, '"X": column ambiguously defined', 7),
    ("SELECT * FROM (SELECT 1 x, 2 x FROM dual)", 918, '"X": column ambiguously defined', 7),
    ("SELECT 1 FROM dual WHERE 1", 920, "invalid relational operator", 0),
    ("SELECT 1 a b FROM dual", 923, "FROM keyword not found where expected", 11),
    ("SELECT * FORM dual", 923, "FROM keyword not found where expected", 14),
    ("SELECT 1 number FROM dual", 923, "FROM keyword not found where expected", 9),
    ("SELECT SYSDATE * 2 FROM dual", 932,
     "inconsistent datatypes: expected DATE got NUMBER", 0),
    ("SELECT 1 FROM all_values_more WHERE text_lob = 'x'", 932,
     "inconsistent datatypes: expected - got CLOB", 0),
    ("SELECT 1 FROM dual;", 933, "SQL command not properly ended", 18),
    ("SELECT 1 FROM dual LIMIT 5", 933, "SQL command not properly ended", 25),
    ("SELECT 1 FROM dual AS d", 933, "SQL command not properly ended", 19),
    ("SELECT dummy FROM dual WHERE COUNT(*) > 1", 934, "group function is not allowed here", 29),
    ("SELECT FROM dual", 936, "missing expression", 7),
    ("SELECT 1, FROM dual", 936, "missing expression", 10),
    ("SELECT 1 + FROM dual", 936, "missing expression", 11),
    ("SELECT * FROM dual WHERE", 936, "missing expression", 24),
    ("SELECT employee_id, COUNT(*) FROM employees", 937, "not a single-group group function", 7),
    ("SELECT SUBSTR('a') FROM dual", 938, "not enough arguments for function", 7),
    ("SELECT * FROM nope", 942, 'table or view "APP"."NOPE" does not exist', 14),
    ("SELECT * FROM compare.nope", 942, 'table or view "COMPARE"."NOPE" does not exist', 14),
    ("SELECT salary FROM employees GROUP BY department", 979, "not a GROUP BY expression", 7),
    ("SELECT 9.99E125 * 10 FROM dual", 1426, "numeric overflow", 0),
    ("SELECT (SELECT employee_id FROM employees) FROM dual", 1427,
     "single-row subquery returns more than one row", 0),
    ("SELECT CAST(1000 AS NUMBER(3)) FROM dual", 1438,
     "value larger than specified precision allowed for this column", 0),
    ("SELECT 1 / 0 FROM dual", 1476, "divisor is equal to zero", 0),
    ("SELECT TO_NUMBER('x') FROM dual", 1722, "invalid number", 0),
    ("SELECT 'x FROM dual", 1756, "quoted string not properly terminated", 7),
    ("SELECT \"x FROM dual", 1740, "missing double quote in identifier", 7),
    ("SELECT 1 /* FROM dual", 1742, "comment not terminated properly", 9),
    ("SELECT 1 FROM dual ORDER BY 2", 1785,
     "ORDER BY item must be the number of a SELECT-list expression", 0),
    ("SELECT 1 FROM dual UNION SELECT 1, 2 FROM dual", 1789,
     "query block has incorrect number of result columns", 0),
    ("SELECT 1 FROM dual UNION SELECT 'a' FROM dual", 1790,
     "expression must have same datatype as corresponding expression", 0),
    ("SELECT DISTINCT department FROM employees ORDER BY salary", 1791,
     "not a SELECTed expression", 51),
    ("SELECT TO_CHAR(SYSDATE, 'FOO') FROM dual", 1821, "date format not recognized", 0),
    ("SELECT TO_DATE('2026-01-28 10', 'YYYY-MM-DD') FROM dual", 1830,
     "date format picture ends before converting entire input string", 0),
    ("SELECT DATE '2026-02-30' FROM dual", 1839, "date not valid for month specified", 0),
    ("SELECT TO_DATE('2026-13-01', 'YYYY-MM-DD') FROM dual", 1843, "not a valid month", 0),
    ("SELECT TO_DATE('x', 'YYYY') FROM dual", 1858,
     "a non-numeric character was found where a numeric was expected", 0),
    ("SELECT TO_DATE('2026x01', 'YYYY\"-\"MM') FROM dual", 1861,
     "literal does not match format string", 0),
    ("SELECT FROM_TZ(TIMESTAMP '2026-01-01 00:00:00', 'No/Where') FROM dual", 1882,
     "timezone region not found", 0),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "text", "offset"), ERRORS)
def test_errors_are_oracles(
    session: SqlSession, sql: str, code: int, text: str, offset: int
) -> None:
    raised = error(session, sql)
    assert (raised.code, raised.text) == (code, text)
    if offset:
        assert raised.offset == offset


REFUSED: list[tuple[str, str]] = [
    ("SELECT employee_id FROM employees START WITH 1 = 1 CONNECT BY PRIOR employee_id = manager_id",
     "CONNECT BY over anything but DUAL"),
    ("SELECT * FROM employees a, employees b WHERE a.employee_id = b.manager_id(+)", "(+)"),
    ("SELECT REGEXP_REPLACE('a', 'b') FROM dual", "REGEXP_REPLACE"),
    ("SELECT SUM(salary) OVER (ORDER BY salary) FROM employees", "SUM as an analytic function"),
    ("SELECT 1 FROM dual FETCH FIRST 10 PERCENT ROWS ONLY", "FETCH FIRST with PERCENT"),
    ("SELECT * FROM employees NATURAL JOIN dual", "NATURAL JOIN"),
    ("SELECT * FROM employees PIVOT (COUNT(*) FOR job_id IN ('IT_PROG'))", "PIVOTS in FROM"),
    ("SELECT 1 FROM employees GROUP BY ROLLUP(department)", "ROLLUP"),
    ("SELECT 1 FROM employees WHERE ROWNUM < 5 OR 1 = 1", "this condition on ROWNUM"),
    ("SELECT * FROM employees AS OF TIMESTAMP SYSDATE", "VERSION in FROM"),
    ("MERGE INTO employees USING dual ON (1 = 1)", "MERGE"),
    ("ALTER SESSION SET CURRENT_SCHEMA = x", "ALTER"),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1 FROM dual", "CREATE MATERIALIZED"),
    ("UPDATE employees SET salary = 1 RETURNING salary INTO :1", "RETURNING"),
    ("BEGIN UPDATE employees SET salary = 1; END;", "PL/SQL beyond"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "named"), REFUSED)
def test_what_is_not_known_is_refused_by_its_name(
    session: SqlSession, sql: str, named: str
) -> None:
    raised = error(session, sql)
    assert raised.code == 3001
    assert f"the stand-in does not know {named}" in raised.text


def test_a_bind_gives_its_type_to_the_select_item(session: SqlSession) -> None:
    parsed = session.parse("SELECT :1, :name FROM dual", [Kind.NUMBER, Kind.DATE])
    assert [column.type.kind for column in parsed.columns] == [Kind.NUMBER, Kind.DATE]
    assert parsed.bind_names == ["1", "NAME"]
    moment = Moment(2026, 1, 28, 10, 38, 36)
    binds = [number(A_THIRD), Bind(Kind.DATE, moment)]
    rows = session.execute(parsed, binds).rows
    assert rows is not None
    assert list(rows) == [(A_THIRD, moment)]


def test_a_bind_is_found_outside_quotes_and_comments_only(session: SqlSession) -> None:
    sql = "SELECT ':a', q'[:b]', \":c\", :d || :d /* :e */ FROM (SELECT 1 \":c\" FROM dual) -- :f"
    assert session.parse(sql).bind_names == ["D", "D"]


def test_a_missing_bind_is_an_error_when_it_runs(session: SqlSession) -> None:
    parsed = session.parse("SELECT :1 FROM dual")
    with pytest.raises(OraError, match="ORA-01008: not all variables bound"):
        session.execute(parsed, [])


def test_a_statement_wrapped_in_an_inline_view_keeps_names_binds_and_order(
    session: SqlSession,
) -> None:
    inner = (
        'WITH w AS (SELECT employee_id, hire_date AS "Day" FROM employees WHERE employee_id < :1)'
        " SELECT * FROM w ORDER BY employee_id DESC"
    )
    outer = f'SELECT "EMPLOYEE_ID", TO_CHAR("Day", \'YYYY-MM-DD\') AS "Day" FROM ({inner})'
    assert run(session, outer, number(102)) == [(101, "2023-02-12"), (100, "2023-01-02")]


def test_the_services_differ_a_little(services: dict[str, Engine]) -> None:
    settings: dict[str, dict[Value, Row]] = {}
    for name, service in services.items():
        session = service.connect("app")
        rows = run(session, "SELECT config_key, config_value, num_value FROM app_config")
        settings[name] = {row[0]: row for row in rows}
        session.close()
    dev, uat = settings["DEV"], settings["UAT"]
    differing = [key for key in dev.keys() & uat.keys() if dev[key] != uat[key]]
    assert len(dev) == 3000
    assert 20 <= len(differing) <= 40
    assert 3 <= len(dev.keys() - uat.keys()) <= 10
    assert 3 <= len(uat.keys() - dev.keys()) <= 10


def test_interesting_values_lie_in_the_demonstration_tables(session: SqlSession) -> None:
    basic = {row[0]: row for row in run(session, "SELECT label, v.* FROM all_values_basic v")}
    more = {row[0]: row for row in run(session, "SELECT label, v.* FROM all_values_more v")}
    assert basic["a third"][3] == A_THIRD
    assert math.isnan(float(str(basic["not a number"][7])))
    assert more["first moment"][3] == Moment(-4712, 1, 1)
    assert more["negative intervals"][8] == IntervalYM(-12, -11)
    assert more["named zone"][5] == Moment(
        2026, 7, 1, 23, 59, 59, 500_000_000, 120, "Europe/Berlin"
    )
