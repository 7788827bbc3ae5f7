"""Object types and collections of the stand-in: their SQL, and their values in drivers' hands."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import ORACLE_19C, ORACLE_23AI, FakeOracle
from tests.fake_oracle.engine.engine import SqliteEngine

TYPES = [
    "CREATE TYPE geo_t AS OBJECT (lat NUMBER(9,6), lon NUMBER(9,6))",
    "CREATE TYPE address_t AS OBJECT (street VARCHAR2(400), zip NUMBER, geo geo_t)",
    "CREATE TYPE numbers_t AS VARRAY(4) OF NUMBER",
    "CREATE TYPE notes_t AS TABLE OF NCLOB",
    "CREATE TYPE addresses_t AS TABLE OF address_t",
    "CREATE TYPE lists_t AS VARRAY(3) OF numbers_t",
    "CREATE TYPE vehicle_t AS OBJECT (wheels NUMBER) NOT FINAL",
    "CREATE TYPE car_t UNDER vehicle_t (doors NUMBER)",
    "CREATE TYPE spans_t AS VARRAY(3) OF INTERVAL DAY TO SECOND",
]
TABLE = """CREATE TABLE t (
    id NUMBER, address address_t, numbers numbers_t, addresses addresses_t, vehicle vehicle_t
) NESTED TABLE addresses STORE AS t_addresses"""
ROWS = [
    "INSERT INTO t (id, address, numbers, addresses) VALUES (1,"
    " address_t('a', 1.5, geo_t(0.5, -1)), numbers_t(1, NULL, 1/3),"
    " addresses_t(address_t('b', NULL, NULL), NULL))",
    "INSERT INTO t (id, numbers, addresses) VALUES (2, numbers_t(), addresses_t())",
]


@pytest.fixture(
    scope="module",
    name="oracle",
    params=[ORACLE_23AI, ORACLE_19C],
    ids=lambda able: able.version,
)
def _oracle(request: pytest.FixtureRequest) -> Iterator[FakeOracle]:
    with FakeOracle({"DEV": SqliteEngine()}, capabilities=request.param) as running:
        with oracledb.connect(user="app", password="app_pw", dsn=running.dsn()) as connection:
            for statement in [*TYPES, TABLE, *ROWS]:
                connection.cursor().execute(statement)
            connection.commit()
        yield running


@pytest.fixture(name="connection")
def _connection(oracle: FakeOracle) -> Iterator[Any]:
    with oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn()) as connection:
        yield connection


def plain(value: Any) -> Any:
    """An object as a dictionary, a collection as a list, a LOB as what it holds."""
    if isinstance(value, oracledb.LOB):
        return value.read()
    if not isinstance(value, oracledb.DbObject):
        return value
    if value.type.iscollection:
        return [plain(element) for element in value.aslist()]
    return {a.name: plain(getattr(value, a.name)) for a in value.type.attributes}


def rows(connection: Any, sql: str) -> list[list[Any]]:
    cursor = connection.cursor().execute(sql, fetch_decimals=True)
    return [[plain(value) for value in row] for row in cursor.fetchall()]


def one(connection: Any, expression: str) -> Any:
    ((value,),) = rows(connection, f"SELECT {expression} FROM DUAL")
    return value


def code(connection: Any, sql: str) -> str:
    with pytest.raises(oracledb.DatabaseError) as raised:
        rows(connection, sql)
    return str(raised.value.args[0].full_code)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("address_t('x', 1, NULL)", {"STREET": "x", "ZIP": 1, "GEO": None}),
        ("app.geo_t(0.5, 1)", {"LAT": 0.5, "LON": 1}),
        ("address_t(RPAD('x', 300, 'x'), NULL, geo_t(NULL, NULL))",
         {"STREET": "x" * 300, "ZIP": None, "GEO": {"LAT": None, "LON": None}}),
        ("numbers_t(1, -2, NULL)", [1, -2, None]),
        ("numbers_t()", []),
        ("lists_t(numbers_t(1), NULL, numbers_t())", [[1], None, []]),
        ("notes_t('長い', NULL, '')", ["長い", None, None]),
        ("addresses_t(address_t('a', 1, geo_t(1, 2)), NULL)",
         [{"STREET": "a", "ZIP": 1, "GEO": {"LAT": 1, "LON": 2}}, None]),
        ("CAST(NULL AS address_t)", None),
        ("CAST(MULTISET(SELECT LEVEL FROM DUAL CONNECT BY LEVEL <= 4) AS numbers_t)", [1, 2, 3, 4]),
        ("CAST(MULTISET(SELECT 'a', 1, NULL FROM DUAL) AS addresses_t)",
         [{"STREET": "a", "ZIP": 1, "GEO": None}]),
        ("CAST(MULTISET(SELECT 1 FROM DUAL WHERE 1 = 0) AS numbers_t)", []),
    ],
)  # fmt: skip
def test_a_constructed_value_reaches_the_driver(
    connection: Any, expression: str, value: object
) -> None:
    assert one(connection, expression) == value


def test_every_kind_of_attribute_reaches_the_driver() -> None:
    with (
        FakeOracle() as oracle,
        oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn()) as connection,
    ):
        found = {row[1]: row[2:] for row in rows(connection, "SELECT * FROM all_values_objects"
                                                             " WHERE id < 8")}  # fmt: skip
    scalars, address, *_ = found["every kind"]
    assert scalars == {
        "NUM": 42, "NUM_FIXED": 1234567.89, "NUM_FLOAT": 0.5, "WHOLE": -7, "BIN_FLOAT": 1.5,
        "BIN_DOUBLE": 0.1, "FIXED_TEXT": "ab   ", "VAR_TEXT": "it's \"here\"",
        "NATIONAL_TEXT": "東京", "RAW_BYTES": b"\x00\xff",
        "DAY_ONLY": datetime.datetime(2026, 1, 28),
        "TS": datetime.datetime(2026, 1, 28, 10, 38, 36, 500000), "TRUTH": True,
        "TEXT_LOB": "text in a CLOB", "NATIONAL_LOB": "長い文章", "BINARY_LOB": b"\x00\xff\x10",
    }  # fmt: skip
    assert address["GEO"] == {"LAT": -6.208763, "LON": 106.845599}
    assert found["every column NULL"] == [None] * 5
    assert set(found["every attribute NULL"][0].values()) == {None}
    assert found["empty collections"][2:] == [[], [], []]
    assert found["collections"][2][2] == "grün"


def test_a_type_is_described_as_it_was_declared(connection: Any) -> None:
    address = connection.gettype("ADDRESS_T")
    assert [(a.name, a.precision, a.scale, a.max_size) for a in address.attributes] == [
        ("STREET", None, None, 400),
        ("ZIP", 0, -127, None),
        ("GEO", None, None, None),
    ]
    assert connection.gettype("app.geo_t").attributes[0].precision == 9
    assert connection.gettype('"APP"."NOTES_T"').element_type is oracledb.DB_TYPE_NCLOB
    assert connection.gettype("ADDRESSES_T").element_type.name == "ADDRESS_T"
    assert connection.gettype("SYS.ODCIVARCHAR2LIST").iscollection
    with pytest.raises(oracledb.DatabaseError, match="DPY-2035"):
        connection.gettype("NOSUCH")


def test_attributes_and_elements_can_be_selected_by_themselves(connection: Any) -> None:
    assert rows(connection, 'SELECT q.address.street, q."ADDRESS"."GEO"."LAT" FROM t q') == [
        ["a", Decimal("0.5")],
        [None, None],
    ]
    cursor = connection.cursor().execute("SELECT q.address.zip FROM t q")
    assert cursor.description[0].name == "ADDRESS.ZIP"
    assert rows(connection, "SELECT q.id, e.COLUMN_VALUE FROM t q, TABLE(q.numbers) e") == [
        [1, 1],
        [1, None],
        [1, Decimal("0." + "3" * 40)],
    ]
    elements = (
        "SELECT e.street, e.geo.lat, CASE WHEN VALUE(e) IS NULL THEN 0 ELSE 1 END"
        " FROM t q, TABLE(q.addresses) e"
    )
    assert rows(connection, elements) == [["b", None, 1], [None, None, 0]]


def test_elements_can_be_read_by_a_cursor_in_the_row(connection: Any) -> None:
    sql = "SELECT CURSOR(SELECT e.* FROM TABLE(q.numbers) e) FROM (SELECT * FROM t) q"
    nested = [row[0].fetchall() for row in connection.cursor().execute(sql).fetchall()]
    assert nested == [[(1,), (None,), (0.3333333333333333,)], []]


def test_a_null_object_is_not_one_of_nulls(connection: Any) -> None:
    sql = "SELECT id FROM t q WHERE q.address IS NULL"
    assert rows(connection, sql) == [[2]]
    assert one(connection, "CASE WHEN geo_t(NULL, NULL) IS NULL THEN 0 ELSE 1 END") == 1


def test_a_value_knows_its_own_type(connection: Any) -> None:
    tested = "CASE WHEN {} IS OF (ONLY app.vehicle_t) THEN 1 WHEN {} IS OF (vehicle_t) THEN 2 END"
    assert one(connection, tested.replace("{}", "vehicle_t(2)")) == 1
    assert one(connection, tested.replace("{}", "car_t(4, 2)")) == 2
    assert one(connection, tested.replace("{}", "CAST(NULL AS vehicle_t)")) is None


def test_an_attribute_added_later_is_null_in_values_made_before() -> None:
    with (
        FakeOracle({"DEV": SqliteEngine()}) as oracle,
        oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn()) as connection,
    ):
        for statement in (
            "CREATE TYPE grows_t AS OBJECT (a NUMBER)",
            "CREATE TABLE g (v grows_t)",
            "INSERT INTO g VALUES (grows_t(1))",
            "ALTER TYPE grows_t ADD ATTRIBUTE (b NUMBER) CASCADE",
            "INSERT INTO g VALUES (grows_t(1, 2))",
        ):
            connection.cursor().execute(statement)
        assert rows(connection, "SELECT v FROM g") == [[{"A": 1, "B": None}], [{"A": 1, "B": 2}]]


def test_the_dictionary_knows_the_types(connection: Any) -> None:
    types = "SELECT type_name, typecode, attributes, final FROM all_types WHERE owner = 'APP'"
    assert ["CAR_T", "OBJECT", 2, "YES"] in rows(connection, types)
    assert ["VEHICLE_T", "OBJECT", 1, "NO"] in rows(connection, types)
    attributes = (
        "SELECT attr_name, attr_type_owner, attr_type_name, precision, scale FROM all_type_attrs"
        " WHERE owner = 'APP' AND type_name = :1 ORDER BY attr_no"
    )
    cursor = connection.cursor()
    assert cursor.execute(attributes, ["ADDRESS_T"]).fetchall() == [
        ("STREET", None, "VARCHAR2", None, None),
        ("ZIP", None, "NUMBER", None, None),
        ("GEO", "APP", "GEO_T", None, None),
    ]
    assert cursor.execute(attributes, ["GEO_T"]).fetchone() == ("LAT", None, "NUMBER", 9, 6)
    elements = (
        "SELECT elem_type_name, upper_bound FROM all_coll_types WHERE type_name = 'NUMBERS_T'"
    )
    assert rows(connection, elements) == [["NUMBER", 4]]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT numbers_t(1, 2, 3, 4, 5) FROM DUAL", "ORA-22909"),
        ("SELECT geo_t(1) FROM DUAL", "ORA-02315"),
        ("SELECT nosuch_t(1) FROM DUAL", "ORA-00904"),
        ("SELECT q.address.nosuch FROM t q", "ORA-00904"),
        ("SELECT t.address.zip FROM t", "ORA-00904"),
        ("SELECT * FROM TABLE(1)", "ORA-22905"),
        ("SELECT * FROM t ORDER BY address", "ORA-22950"),
        ("SELECT DISTINCT address FROM t", "ORA-22950"),
        ("SELECT CAST(geo_t(1, 2) AS address_t) FROM DUAL", "ORA-00932"),
        ("CREATE TABLE u (a nosuch_t)", "ORA-00902"),
        ("CREATE TABLE u (a addresses_t)", "ORA-22913"),
        ("CREATE TYPE geo_t AS OBJECT (a NUMBER)", "ORA-00955"),
        ("CREATE TYPE u UNDER geo_t (a NUMBER)", "ORA-22324"),
        ("DROP TYPE geo_t", "ORA-02303"),
        ("DROP TYPE nosuch_t", "ORA-04043"),
        ("BEGIN :x := dbms_pickler.get_type_shape(:full_name); END;", "ORA-03115"),
    ],
)
def test_what_is_wrong_or_not_known_is_refused(connection: Any, sql: str, expected: str) -> None:
    with pytest.raises(oracledb.DatabaseError) as raised:
        connection.cursor().execute(sql, {"x": 1, "full_name": "T"} if ":x" in sql else None)
    assert raised.value.args[0].full_code == expected


def test_an_interval_in_a_type_is_beyond_the_driver(connection: Any) -> None:
    assert code(connection, "SELECT spans_t(NULL) FROM DUAL") == "DPY-3018"


def test_cursors_in_rows_stay_open_until_their_statement_is_closed(oracle: FakeOracle) -> None:
    before = oracle.counts().open_cursors
    sql = "SELECT CURSOR(SELECT 1 FROM DUAL) FROM DUAL CONNECT BY LEVEL <= 5"
    with oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn()) as connection:
        cursor = connection.cursor()
        cursor.prepare(sql, cache_statement=False)
        for (nested,) in cursor.execute(None):
            nested.fetchall()
            nested.close()
        assert oracle.counts().open_cursors == before + 6
        cursor.close()
        connection.ping()
        assert oracle.counts().open_cursors == before
        cursor = connection.cursor()
        with pytest.raises(oracledb.DatabaseError, match="ORA-01000"):
            cursor.execute(sql.replace("5", "400")).fetchall()
    oracle.wait_until(lambda counts: counts.open_cursors == before)
