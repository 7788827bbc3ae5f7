"""Every kind of value through the real driver: described, fetched, bound."""

from __future__ import annotations

import array
import datetime
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import ORACLE_19C, ORACLE_23AI, FakeOracle
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

TEXT = ColumnType(Kind.VARCHAR, size=4000, chars=4000)
DAY = datetime.datetime(2026, 1, 28, 10, 38, 36)
LONG_TEXT = "déjà vu \N{SMILE} " * 5000
SPARSE = oracledb.SparseVector(8, [1, 5], array.array("f", [1.5, -2.0]))

CASES: list[tuple[ColumnType, object, object]] = [
    (NUMBER, 0, 0),
    (NUMBER, -1, -1),
    (NUMBER, 12345678901234567890123456789012345678, 12345678901234567890123456789012345678),
    (NUMBER, Decimal("1234567.89"), Decimal("1234567.89")),
    (NUMBER, Decimal("-0.00012"), Decimal("-0.00012")),
    (NUMBER, Decimal("1E-130"), Decimal("1E-130")),
    (NUMBER, 10**125, 10**125),
    (NUMBER, -(10**126), Decimal("-1E126")),
    (ColumnType(Kind.NUMBER, 10, 0), 4711, 4711),
    (ColumnType(Kind.NUMBER, 12, 2), Decimal("-9999999999.99"), Decimal("-9999999999.99")),
    (ColumnType(Kind.BINARY_FLOAT), 1.5, 1.5),
    (ColumnType(Kind.BINARY_DOUBLE), -1e300, -1e300),
    (ColumnType(Kind.BINARY_DOUBLE), math.inf, math.inf),
    (TEXT, "ä€\N{SMILE}", "ä€\N{SMILE}"),
    (TEXT, "x" * 4000, "x" * 4000),
    (TEXT, "", None),
    (ColumnType(Kind.VARCHAR, size=32767), "y" * 32767, "y" * 32767),
    (ColumnType(Kind.CHAR, size=5, chars=5), "ab   ", "ab   "),
    (ColumnType(Kind.NVARCHAR, size=80, chars=40), "ñ\N{SMILE}", "ñ\N{SMILE}"),
    (ColumnType(Kind.NCHAR, size=4, chars=2), "ñ ", "ñ "),
    (ColumnType(Kind.RAW, size=16), bytes(range(16)), bytes(range(16))),
    (ColumnType(Kind.LONG), LONG_TEXT, LONG_TEXT),
    (ColumnType(Kind.LONG_RAW), b"\x00\xff" * 40000, b"\x00\xff" * 40000),
    (ColumnType(Kind.ROWID), "AAAR3sAAEAAAACXAAA", "AAAR3sAAEAAAACXAAA"),
    (ColumnType(Kind.UROWID), "AAAR3sAAEAAAACXAAB", "AAAR3sAAEAAAACXAAB"),
    (ColumnType(Kind.DATE), Moment(2026, 1, 28, 10, 38, 36), DAY),
    (ColumnType(Kind.DATE), Moment(1, 1, 1), datetime.datetime(1, 1, 1)),
    (ColumnType(Kind.TIMESTAMP, scale=0), Moment(2026, 1, 28, 10, 38, 36), DAY),
    (
        ColumnType(Kind.TIMESTAMP, scale=9),
        Moment(2026, 1, 28, 10, 38, 36, 123456789),
        DAY.replace(microsecond=123456),
    ),
    (
        ColumnType(Kind.TIMESTAMP_TZ, scale=6),
        Moment(2026, 1, 1, 1, 0, 0, 5000, 330),
        datetime.datetime(2026, 1, 1, 1, 0, 0, 5),
    ),
    (
        ColumnType(Kind.TIMESTAMP_TZ, scale=6),
        Moment(2025, 12, 31, 22, 30, 0, 0, -210),
        datetime.datetime(2025, 12, 31, 22, 30),
    ),
    (ColumnType(Kind.TIMESTAMP_LTZ, scale=6), Moment(2026, 1, 28, 10, 38, 36, 0, 0), DAY),
    (
        ColumnType(Kind.INTERVAL_DS, 2, 6),
        IntervalDS(-1, -2, -3, -4, -5_000_000),
        -datetime.timedelta(1, 4, 5000, 0, 3, 2),
    ),
    (ColumnType(Kind.INTERVAL_YM, 2), IntervalYM(-3, -11), oracledb.IntervalYM(-3, -11)),
    (ColumnType(Kind.BOOLEAN), True, True),
    (ColumnType(Kind.BOOLEAN), False, False),
    (
        ColumnType(Kind.JSON),
        {"a": [1, Decimal("1.10"), None, True, "ä"], "": {"b": {}, "c": []}, "long": "z" * 70000},
        {"a": [1, Decimal("1.1"), None, True, "ä"], "": {"b": {}, "c": []}, "long": "z" * 70000},
    ),
    (ColumnType(Kind.JSON), "only text", "only text"),
    (
        ColumnType(Kind.VECTOR),
        Vector("float32", (1.5, -2.0), 2),
        array.array("f", [1.5, -2.0]),
    ),
    (ColumnType(Kind.VECTOR), Vector("float64", (0.1,), 1), array.array("d", [0.1])),
    (ColumnType(Kind.VECTOR), Vector("int8", (-1, 127), 2), array.array("b", [-1, 127])),
    (ColumnType(Kind.VECTOR), Vector("binary", (255, 1), 16), array.array("B", [255, 1])),
]


def label(value: object) -> str:
    return value.kind.name if isinstance(value, ColumnType) else ""


@pytest.fixture(name="engine")
def _engine() -> TinyEngine:
    return TinyEngine()


@pytest.fixture(name="connection", params=[ORACLE_23AI, ORACLE_19C], ids=lambda able: able.version)
def _connection(request: Any, engine: TinyEngine) -> Iterator[Any]:
    with (
        FakeOracle({"DEV": engine}, capabilities=request.param) as oracle,
        oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn()) as connection,
    ):
        yield connection


def table_of(kind: ColumnType, *values: object) -> Table:
    return Table(
        [Column("BEFORE", NUMBER), Column("V", kind), Column("AFTER", NUMBER)],
        [[number, value, -number] for number, value in enumerate(values, 1)],
    )


@pytest.mark.parametrize(("kind", "value", "expected"), CASES, ids=label)
def test_a_value_arrives_as_it_was_with_null_before_and_after(
    engine: TinyEngine, connection: Any, kind: ColumnType, value: object, expected: object
) -> None:
    engine.tables["t"] = table_of(kind, None, value, None, value)
    cursor = connection.cursor()
    cursor.execute("select * from t", fetch_decimals=True)
    rows = cursor.fetchall()
    assert rows == [(1, None, -1), (2, expected, -2), (3, None, -3), (4, expected, -4)]


def test_a_nan_arrives_as_nan(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = table_of(ColumnType(Kind.BINARY_DOUBLE), math.nan)
    ((_, value, _),) = connection.cursor().execute("select * from t")
    assert math.isnan(value)


def test_a_time_zone_region_is_refused_by_the_driver_as_with_real_databases(
    engine: TinyEngine, connection: Any
) -> None:
    moment = Moment(2026, 1, 1, 1, 0, 0, 0, 420, "Asia/Jakarta")
    engine.tables["t"] = table_of(ColumnType(Kind.TIMESTAMP_TZ, scale=6), moment)
    with pytest.raises(oracledb.NotSupportedError) as raised:
        connection.cursor().execute("select * from t").fetchall()
    assert raised.value.args[0].full_code == "DPY-3022"
    assert connection.cursor().execute("select count from dual").fetchone() == (1,)


def test_a_year_before_1_is_beyond_pythons_datetime(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = table_of(ColumnType(Kind.DATE), Moment(-4712, 1, 1))
    with pytest.raises(ValueError, match="year"):
        connection.cursor().execute("select * from t").fetchall()
    assert connection.cursor().execute("select count from dual").fetchone() == (1,)


def test_bytes_that_are_no_utf8_reach_the_client(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = table_of(TEXT, "caf\udce9")
    with pytest.raises(UnicodeDecodeError):
        connection.cursor().execute("select * from t").fetchall()
    cursor = connection.cursor()
    cursor.outputtypehandler = lambda cursor, metadata: (
        cursor.var(str, arraysize=cursor.arraysize, encoding_errors="replace")
        if metadata.type_code is oracledb.DB_TYPE_VARCHAR
        else None
    )
    assert cursor.execute("select * from t").fetchall() == [(1, "caf�", -1)]


LOBS = [
    (Kind.CLOB, LONG_TEXT),
    (Kind.NCLOB, LONG_TEXT),
    (Kind.BLOB, bytes(range(256)) * 300),
    (Kind.CLOB, ""),
    (Kind.BLOB, b""),
]


@pytest.mark.parametrize(("kind", "value"), LOBS)
def test_a_lob_is_read_through_its_locator(
    engine: TinyEngine, connection: Any, kind: Kind, value: Any
) -> None:
    engine.tables["t"] = table_of(ColumnType(kind), None, value)
    (_, nothing, _), (_, lob, _) = connection.cursor().execute("select * from t")
    assert nothing is None
    assert lob.read() == value
    units = len(value) if isinstance(value, bytes) else len(value.encode("utf-16-be")) // 2
    assert lob.size() == units
    if units:
        assert lob.read(2, 3) == value[1:4]


@pytest.mark.parametrize(("kind", "value"), LOBS[:3])
def test_a_lob_comes_inline_where_the_client_defines_it_so(
    engine: TinyEngine, connection: Any, kind: Kind, value: object
) -> None:
    engine.tables["t"] = table_of(ColumnType(kind), *[None, value] * 100)
    cursor = connection.cursor()
    cursor.arraysize = 30
    for _ in range(3):
        rows = cursor.execute("select * from t", fetch_lobs=False).fetchall()
        assert [row[1] for row in rows] == [None, value] * 100


def test_json_and_vector_come_as_text_where_the_client_defines_them_so(
    engine: TinyEngine, connection: Any
) -> None:
    engine.tables["t"] = Table(
        [Column("J", ColumnType(Kind.JSON)), Column("V", ColumnType(Kind.VECTOR))],
        [[{"a": Decimal("1.10")}, Vector("float64", (0.5, 2.0), 2)], [None, None]],
    )
    cursor = connection.cursor()
    cursor.outputtypehandler = lambda cursor, _: cursor.var(str, arraysize=cursor.arraysize)
    rows = cursor.execute("select * from t").fetchall()
    assert rows == [('{"a":1.10}', "[0.5,2.0]"), (None, None)]


def test_a_sparse_vector_keeps_its_indices(engine: TinyEngine, connection: Any) -> None:
    vector = Vector("float32", (1.5, -2.0), 8, (1, 5))
    engine.tables["t"] = table_of(ColumnType(Kind.VECTOR), vector)
    ((_, sparse, _),) = connection.cursor().execute("select * from t")
    assert (sparse.num_dimensions, list(sparse.indices)) == (8, [1, 5])
    assert list(sparse.values) == [1.5, -2.0]


def test_a_cursor_in_a_row_is_fetched_on_its_own(engine: TinyEngine, connection: Any) -> None:
    def nested(*texts: str) -> NestedCursor:
        return NestedCursor(
            [Column("N", NUMBER), Column("C", ColumnType(Kind.CLOB))],
            iter([[number, text] for number, text in enumerate(texts)]),
        )

    engine.tables["t"] = table_of(ColumnType(Kind.CURSOR), nested("a", "b", "c"), nested())
    first, second = connection.cursor().execute("select * from t").fetchall()
    assert [(number, lob.read()) for number, lob in first[1]] == [(0, "a"), (1, "b"), (2, "c")]
    assert second[1].fetchall() == []


def test_xml_comes_as_text_and_a_long_document_as_a_lob(
    engine: TinyEngine, connection: Any
) -> None:
    documents = ["<a>ä</a>", None, "<b>" + "x" * 100_000 + "</b>"]
    engine.tables["t"] = table_of(ColumnType(Kind.XMLTYPE), *documents)
    for _ in range(2):
        cursor = connection.cursor()
        short, nothing, long = cursor.execute("select * from t").fetchall()
        assert cursor.description[1].type_code is oracledb.DB_TYPE_XMLTYPE
        assert (short[1], nothing[1], long[1].read()) == tuple(documents)


def test_a_bfile_is_described_and_null(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = table_of(ColumnType(Kind.BFILE), None)
    cursor = connection.cursor().execute("select * from t")
    assert cursor.description[1].type_code is oracledb.DB_TYPE_BFILE
    assert cursor.fetchall() == [(1, None, -1)]


def test_columns_are_described_with_size_precision_and_scale(
    engine: TinyEngine, connection: Any
) -> None:
    engine.tables["t"] = Table(
        [
            Column("ANY_NUMBER", NUMBER),
            Column("MONEY", ColumnType(Kind.NUMBER, 12, 2), nullable=False),
            Column("NAME", ColumnType(Kind.VARCHAR, size=160, chars=40)),
            Column("KEY", ColumnType(Kind.RAW, size=16)),
            Column("AT", ColumnType(Kind.TIMESTAMP, scale=3)),
            Column("größe", ColumnType(Kind.CLOB)),
            Column("NOTHING", ColumnType(Kind.VARCHAR)),
        ],
        [],
    )
    cursor = connection.cursor()
    cursor.execute("select * from t")
    assert [tuple(column) for column in cursor.description] == [
        ("ANY_NUMBER", oracledb.DB_TYPE_NUMBER, 127, None, 0, -127, True),
        ("MONEY", oracledb.DB_TYPE_NUMBER, 16, None, 12, 2, False),
        ("NAME", oracledb.DB_TYPE_VARCHAR, 40, 160, None, None, True),
        ("KEY", oracledb.DB_TYPE_RAW, 16, 16, None, None, True),
        ("AT", oracledb.DB_TYPE_TIMESTAMP, 23, None, 0, 3, True),
        ("größe", oracledb.DB_TYPE_CLOB, None, None, None, None, True),
        ("NOTHING", oracledb.DB_TYPE_VARCHAR, None, None, None, None, True),
    ]


def test_a_column_of_size_0_is_null_in_every_row(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = table_of(ColumnType(Kind.VARCHAR), None, None)
    rows = connection.cursor().execute("select * from t").fetchall()
    assert rows == [(1, None, -1), (2, None, -2)]


def test_a_thousand_columns_may_share_one_name(engine: TinyEngine, connection: Any) -> None:
    engine.tables["t"] = Table([Column("SAME", NUMBER)] * 1000, [range(1000), range(1000, 2000)])
    cursor = connection.cursor().execute("select * from t")
    assert {column.name for column in cursor.description} == {"SAME"}
    assert cursor.fetchall() == [tuple(range(1000)), tuple(range(1000, 2000))]


BINDS: list[tuple[object, object]] = [
    (None, None),
    (0, 0),
    (-12345678901234567890, -12345678901234567890),
    (Decimal("0.000120"), Decimal("0.00012")),
    (10**40, 10**40),
    ("ä€\N{SMILE}", "ä€\N{SMILE}"),
    ("", None),
    (b"\x00\xff", b"\x00\xff"),
    (DAY, Moment(2026, 1, 28, 10, 38, 36)),
    (datetime.date(2026, 1, 28), Moment(2026, 1, 28)),
    (datetime.timedelta(-1, 5), IntervalDS(0, -23, -59, -55)),
    (oracledb.IntervalYM(-3, -11), IntervalYM(-3, -11)),
    (array.array("f", [1.5]), Vector("float32", (1.5,), 1)),
    (SPARSE, Vector("float32", (1.5, -2.0), 8, (1, 5))),
]


@pytest.mark.parametrize(("sent", "received"), BINDS)
def test_a_bind_arrives_as_it_was(
    engine: TinyEngine, connection: Any, sent: object, received: object
) -> None:
    cursor = connection.cursor()
    for _ in range(2):
        cursor.execute("insert into t values ( :a , :b )", [sent, "end"])
    assert engine.added == [[received, "end"]] * 2


@pytest.mark.parametrize(
    ("kind", "sent", "received"),
    [
        (oracledb.DB_TYPE_BOOLEAN, True, True),
        (oracledb.DB_TYPE_BOOLEAN, None, None),
        (oracledb.DB_TYPE_BINARY_DOUBLE, -0.1, -0.1),
        (oracledb.DB_TYPE_BINARY_FLOAT, 1.5, 1.5),
        (oracledb.DB_TYPE_NVARCHAR, "ñ\N{SMILE}", "ñ\N{SMILE}"),
        (oracledb.DB_TYPE_CLOB, LONG_TEXT, LONG_TEXT),
        (oracledb.DB_TYPE_NCLOB, LONG_TEXT, LONG_TEXT),
        (oracledb.DB_TYPE_BLOB, b"\x00\xff" * 40000, b"\x00\xff" * 40000),
        (oracledb.DB_TYPE_CLOB, None, None),
        (
            oracledb.DB_TYPE_TIMESTAMP,
            DAY.replace(microsecond=5),
            Moment(2026, 1, 28, 10, 38, 36, 5000),
        ),
        (oracledb.DB_TYPE_TIMESTAMP_TZ, DAY, Moment(2026, 1, 28, 10, 38, 36, 0, 0)),
        (oracledb.DB_TYPE_ROWID, "AAAR3sAAEAAAACXAAA", "AAAR3sAAEAAAACXAAA"),
        (
            oracledb.DB_TYPE_JSON,
            {"a": [1, Decimal("1.5"), None, True, {"b": "z" * 300}], "t": DAY},
            {
                "a": [1, Decimal("1.5"), None, True, {"b": "z" * 300}],
                "t": Moment(2026, 1, 28, 10, 38, 36),
            },
        ),
    ],
)
def test_a_bind_of_a_set_type_arrives_as_it_was(
    engine: TinyEngine, connection: Any, kind: Any, sent: object, received: object
) -> None:
    cursor = connection.cursor()
    cursor.setinputsizes(kind)
    cursor.execute("insert into t values ( :a , :b )", [sent, "end"])
    assert engine.added == [[received, "end"]]


def test_long_binds_may_stand_anywhere_among_short_ones(
    engine: TinyEngine, connection: Any
) -> None:
    values = [LONG_TEXT, 1, b"\x01" * 40000, None, "short", "l" * 33000]
    sql = "insert into t values ( :a , :b , :c , :d , :e , :f )"
    connection.cursor().executemany(sql, [values, [None, 2, None, None, None, None]])
    assert engine.added == [values, [None, 2, None, None, None, None]]
