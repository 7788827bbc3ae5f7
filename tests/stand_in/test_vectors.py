"""VECTOR in the stand-in, with python-oracledb as the judge."""

from __future__ import annotations

import array
from collections.abc import Iterator
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.engine.engine import SqliteEngine

FORMATS = oracledb.VectorFormat


@pytest.fixture(name="cursor")
def _cursor() -> Iterator[Any]:
    with FakeOracle({"DEV": SqliteEngine()}) as database:
        dsn = database.dsn()
        with oracledb.connect(user="compare", password="compare_pw", dsn=dsn) as connection:
            yield connection.cursor()


def seen(value: Any) -> Any:
    """What compares by value, with the format of its elements."""
    if isinstance(value, oracledb.SparseVector):
        return value.num_dimensions, list(value.indices), seen(value.values)
    return value.typecode, list(value)


VECTORS = [
    ("TO_VECTOR('[1, 2.5, -3]')", ("f", [1, 2.5, -3]), (None, None, False)),
    ("VECTOR('[0.1]', 1, *)", ("f", [0.10000000149011612]), (1, None, False)),
    ("TO_VECTOR('[0.1, 1E300]', 2, FLOAT64)", ("d", [0.1, 1e300]), (2, FORMATS.FLOAT64, False)),
    ("TO_VECTOR('[-128, 127]', *, INT8)", ("b", [-128, 127]), (None, FORMATS.INT8, False)),
    ("TO_VECTOR('[255, 1]', 16, BINARY)", ("B", [255, 1]), (16, FORMATS.BINARY, False)),
    (
        "TO_VECTOR('[5, [0, 4], [1.5, 2]]', *, FLOAT64, SPARSE)",
        (5, [0, 4], ("d", [1.5, 2])),
        (None, FORMATS.FLOAT64, True),
    ),
    (
        "TO_VECTOR('[[1], [-7]]', 5, INT8, SPARSE)",
        (5, [1], ("b", [-7])),
        (5, FORMATS.INT8, True),
    ),
    (
        "TO_VECTOR(TO_VECTOR('[0, 7, 0]'), *, *, SPARSE)",
        (3, [1], ("f", [7])),
        (None, None, True),
    ),
    (
        "TO_VECTOR(TO_VECTOR('[3, [1], [7]]', *, INT8, SPARSE), *, FLOAT32, DENSE)",
        ("f", [0, 7, 0]),
        (None, FORMATS.FLOAT32, False),
    ),
]


@pytest.mark.parametrize(("expression", "value", "described"), VECTORS, ids=[v[0] for v in VECTORS])
def test_a_vector_is_described_and_comes_in_its_format(
    cursor: Any, expression: str, value: object, described: object
) -> None:
    (vector,) = cursor.execute(f"SELECT {expression} AS v FROM dual").fetchone()

    info = cursor.description[0]
    assert seen(vector) == value
    assert (info.vector_dimensions, info.vector_format, info.vector_is_sparse) == described


def test_a_column_makes_vectors_what_it_is_declared_as(cursor: Any) -> None:
    cursor.execute(
        "CREATE TABLE v (a VECTOR, b VECTOR(3), c VECTOR(*, INT8), d VECTOR(4, FLOAT64, SPARSE))"
    )
    cursor.execute("INSERT INTO v VALUES ('[1]', '[1, 2, 3]', '[-1]', '[4, [1], [0.1]]')")
    sparse = oracledb.SparseVector(4, [2], array.array("d", [0.5]))
    doubles, singles = array.array("d", [0.1]), array.array("f", [1, 2, 3])
    cursor.execute("INSERT INTO v VALUES (:1, :2, :3, :4)", [doubles, singles, singles, sparse])

    rows = [tuple(map(seen, row)) for row in cursor.execute("SELECT * FROM v")]

    assert rows == [
        (("f", [1]), ("f", [1, 2, 3]), ("b", [-1]), (4, [1], ("d", [0.1]))),
        (("d", [0.1]), ("f", [1, 2, 3]), ("b", [1, 2, 3]), (4, [2], ("d", [0.5]))),
    ]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("TO_VECTOR('[1, 2]', 3)", 51803),
        ("TO_VECTOR('[1, x]')", 51805),
        ("TO_VECTOR('[1, 2]', *, *, SPARSE)", 51805),
        ("TO_VECTOR('[2, [2], [1]]', *, *, SPARSE)", 51805),
        ("TO_VECTOR('[2, [0, 1], [1]]', *, *, SPARSE)", 51805),
        ("TO_VECTOR('[300]', 1, INT8)", 51806),
        ("TO_VECTOR('[1]', 9, BINARY)", 51813),
        ("TO_VECTOR('[1]', 1, FLOAT16)", 51801),
        ("TO_VECTOR('[1]', 65536)", 51801),
        ("TO_VECTOR('[1]', 8, BINARY, SPARSE)", 51801),
        ("TO_VECTOR(1)", 932),
    ],
)
def test_what_is_no_such_vector_is_refused(cursor: Any, expression: str, code: int) -> None:
    with pytest.raises(oracledb.Error) as raised:
        cursor.execute(f"SELECT {expression} AS v FROM dual").fetchall()
    assert raised.value.args[0].code == code
