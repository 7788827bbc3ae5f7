"""Columns that hold JSON because a CHECK says so, as drivers are told of them."""

from __future__ import annotations

from decimal import Decimal

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.formats.oson import encode_oson
from tests.fake_oracle.kinds.model import SqlSession
from tests.stand_in.direct_sql import change, error, run

TABLE = """CREATE TABLE papers (
    short VARCHAR2(100) CHECK (short IS JSON),
    long_ CLOB CONSTRAINT long_is_json CHECK (long_ IS JSON STRICT),
    image BLOB CHECK (image IS JSON FORMAT OSON),
    bytes_ BLOB CHECK (bytes_ IS JSON),
    plain VARCHAR2(100)
)"""


def test_drivers_are_told_which_columns_hold_json_and_in_which_form() -> None:
    image = encode_oson({"a": [1, Decimal("2.5")]})
    with (
        FakeOracle() as oracle,
        oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn()) as connection,
    ):
        cursor = connection.cursor()
        cursor.execute(TABLE)
        cursor.execute(
            "INSERT INTO papers VALUES ('{\"s\": 1}', '[true]', :1, HEXTORAW('5B5D'), '{}')",
            [image],
        )
        cursor.execute("SELECT * FROM papers")
        flags = [(column.is_json, column.is_oson) for column in cursor.description]
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT column_name, format FROM user_json_columns WHERE table_name = 'PAPERS'"
        )
        named = cursor.fetchall()
    assert flags == [(True, False), (True, False), (True, True), (True, False), (False, False)]
    assert rows == [({"s": 1}, [True], {"a": [1, 2.5]}, [], "{}")]
    assert named == [("SHORT", "TEXT"), ("LONG_", "TEXT"), ("IMAGE", "OSON"), ("BYTES_", "TEXT")]


@pytest.mark.parametrize(
    "values", ["'{', '[]', NULL", "'1', '[', NULL", "'1', '[]', HEXTORAW('00')"]
)
def test_what_is_no_json_is_refused_by_the_check(scratch: SqlSession, values: str) -> None:
    change(scratch, TABLE)
    assert (
        error(scratch, f"INSERT INTO papers (short, long_, image) VALUES ({values})").code == 2290
    )
    change(scratch, "INSERT INTO papers (short) VALUES (NULL)")


def test_a_condition_finds_json_among_texts(scratch: SqlSession) -> None:
    texts = (
        "SELECT '{}' AS t FROM DUAL UNION ALL SELECT '{' FROM DUAL UNION ALL SELECT NULL FROM DUAL"
    )
    assert run(scratch, f"SELECT t FROM ({texts}) WHERE t IS JSON") == [("{}",)]
    assert run(scratch, f"SELECT t FROM ({texts}) WHERE t IS NOT JSON") == [("{",)]
    assert error(scratch, f"SELECT t FROM ({texts}) WHERE t IS JSON LAX").code == 3001


def test_the_flag_goes_with_the_check(scratch: SqlSession) -> None:
    change(scratch, TABLE)
    form = "SELECT format FROM user_json_columns WHERE column_name IN ('LONG_', 'DOCUMENT')"
    change(scratch, "ALTER TABLE papers RENAME COLUMN long_ TO document")
    assert run(scratch, form) == [("TEXT",)]
    change(scratch, "ALTER TABLE papers DROP CONSTRAINT long_is_json")
    assert run(scratch, form) == []
