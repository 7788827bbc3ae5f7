"""A second judge of the stand-in: node-oracledb, another driver for the same protocol."""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fake_oracle import ORACLE_19C, ORACLE_23AI, Capabilities, FakeOracle
from tests.fake_oracle.demo.demo_data import demo_engines
from tests.fake_oracle.kinds.model import (
    Column,
    ColumnType,
    IntervalDS,
    IntervalYM,
    Kind,
    Moment,
    NestedCursor,
    Vector,
)
from tests.fake_oracle.tiny_engine import NUMBER, Table, TinyEngine

FOLDER = Path(__file__).parent.parent / "node"
INSTALL_SECONDS = 180
JUDGE_SECONDS = 60

TYPES: list[tuple[ColumnType, object]] = [
    (ColumnType(Kind.NUMBER, 10, 0), 4711),
    (NUMBER, Decimal("-0.5")),
    (ColumnType(Kind.VARCHAR, size=160, chars=40), "ä€\N{GRINNING FACE}"),
    (ColumnType(Kind.NVARCHAR, size=80, chars=40), "ñ"),
    (ColumnType(Kind.CHAR, size=3, chars=3), "ab "),
    (ColumnType(Kind.RAW, size=16), b"\x00\xff"),
    (ColumnType(Kind.DATE), Moment(2026, 1, 28, 10, 38, 36)),
    (ColumnType(Kind.TIMESTAMP, scale=6), Moment(2026, 1, 28, 10, 38, 36, 123_000_000)),
    (ColumnType(Kind.TIMESTAMP_TZ, scale=6), Moment(2026, 1, 28, 10, 38, 36, 0, 420)),
    (ColumnType(Kind.BINARY_DOUBLE), -1e300),
    (ColumnType(Kind.BINARY_FLOAT), 1.5),
    (ColumnType(Kind.LONG), "long text"),
    (ColumnType(Kind.ROWID), "AAAR3sAAEAAAACXAAA"),
    (ColumnType(Kind.INTERVAL_YM, 2), IntervalYM(-3, -11)),
    (ColumnType(Kind.INTERVAL_DS, 2, 6), IntervalDS(1, 2, 3, 4, 5_000_000)),
]
MODERN: list[tuple[ColumnType, object]] = [
    (ColumnType(Kind.JSON), {"a": [1, Decimal("1.5"), None, True, "ä"], "b": {}}),
    (ColumnType(Kind.VECTOR), Vector("float32", (1.5, -2.0), 2)),
    (ColumnType(Kind.BOOLEAN), True),
]
LOBS: list[tuple[ColumnType, object]] = [
    (ColumnType(Kind.CLOB), "déjà vu " * 9000),
    (ColumnType(Kind.BLOB), b"\x07" * 70000),
]
EXACT = [12345678901234567890123456789012345678, Decimal("-0.00012")]


def with_nulls(cells: list[tuple[ColumnType, object]]) -> Table:
    columns = [Column(f"C{number}", kind) for number, (kind, _) in enumerate(cells)]
    return Table(columns, [[value for _, value in cells], [None] * len(cells)])


@pytest.fixture(name="node", scope="module")
def _node() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are needed to run node-oracledb")
    if not (FOLDER / "node_modules" / "oracledb").exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        if done.returncode:
            pytest.skip(f"npm could not install node-oracledb: {done.stderr[-300:]}")
    return node


@pytest.mark.parametrize("able", [ORACLE_23AI, ORACLE_19C], ids=lambda able: able.version)
def test_node_oracledb_finds_nothing_to_complain_about(node: str, able: Capabilities) -> None:
    engine = TinyEngine(
        {
            "types": with_nulls(TYPES),
            "modern": with_nulls(MODERN),
            "lobs": with_nulls(LOBS),
            "strange": Table(
                [Column("X", ColumnType(Kind.XMLTYPE)), Column("C", ColumnType(Kind.CURSOR))],
                [["<a>ä</a>", NestedCursor([Column("N", NUMBER)], iter([[1], [2]]))]],
            ),
            "exact": Table([Column("N", NUMBER)], [[value] for value in EXACT]),
            "numbers": Table([Column("N", NUMBER)], [[n] for n in range(1, 251)]),
        }
    )
    demo = demo_engines()
    with FakeOracle({"DEV": engine, "DEMO": demo["DEV"]}, capabilities=able) as oracle:
        command = [node, "judge.js", "compare", "compare_pw", oracle.dsn()]
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=JUDGE_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok pool" in done.stdout
        demo["UAT"].close()
        assert oracle.wait_until(lambda counts: counts.open_sessions == 0).lost_sessions == 0
