"""A statement that is open while its table becomes another one, through the real driver."""

from __future__ import annotations

from datetime import datetime

import oracledb
import pytest

from tests.fake_oracle import ORACLE_19C, ORACLE_23AI, Capabilities, FakeOracle

CHANGES = [
    ("a NUMBER, c CLOB", "a VARCHAR2(10), c CLOB"),
    ("a NUMBER, c CLOB", "a NUMBER"),
    ("c CLOB", "c CLOB, d DATE"),
    ("a CLOB", "a BLOB"),
    ("a NUMBER", "a CLOB"),
    ("a NUMBER", "a VARCHAR2(10)"),
]
LITERALS = {
    "NUMBER": "1", "VARCHAR2(10)": "'x'", "CLOB": "'text'", "BLOB": "HEXTORAW('00')",
    "DATE": "DATE '2026-01-28'",
}  # fmt: skip
VALUES = {
    "NUMBER": 1, "VARCHAR2(10)": "x", "CLOB": "text", "BLOB": b"\x00",
    "DATE": datetime(2026, 1, 28),
}  # fmt: skip


def connect(oracle: FakeOracle) -> oracledb.Connection:
    return oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn())


def make_table(oracle: FakeOracle, columns: str) -> None:
    values = ", ".join(LITERALS[column.split()[1]] for column in columns.split(", "))
    with connect(oracle) as connection:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS changing")
        cursor.execute(f"CREATE TABLE changing ({columns})")
        cursor.execute(f"INSERT INTO changing VALUES ({values})")
        connection.commit()


@pytest.mark.parametrize("able", [ORACLE_23AI, ORACLE_19C], ids=lambda able: able.version)
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_query_follows_its_table_when_columns_change(
    monkeypatch: pytest.MonkeyPatch, able: Capabilities, before: str, after: str
) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    with FakeOracle(capabilities=able) as oracle, connect(oracle) as reader:
        make_table(oracle, before)
        cursor = reader.cursor()
        for _ in range(2):
            cursor.execute("SELECT * FROM changing").fetchall()

        make_table(oracle, after)
        rows = cursor.execute("SELECT * FROM changing").fetchall()

    assert rows == [tuple(VALUES[column.split()[1]] for column in after.split(", "))]
