"""Objects and collections, from the database to JSON: exact, or an error that names the part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.engine.engine import SqliteEngine
from tests.fake_oracle.engine.sql_session import SqliteSession
from tests.fake_oracle.kinds.model import (
    Bind,
    NestedCursor,
    ObjectValue,
    Outcome,
    Parsed,
    Row,
    Value,
)
from tests.harness import Answer, Sidecar, connection

NDJSON = {"Accept": "application/x-ndjson"}
A_THIRD = "0." + "3" * 40


@pytest.fixture(scope="module")
def standin() -> Iterator[FakeOracle]:
    """The demonstration tables, which no test changes."""
    with FakeOracle() as running:
        yield running


@pytest.fixture
def own() -> Iterator[FakeOracle]:
    """An empty database of the test's own."""
    with FakeOracle({"DEV": SqliteEngine()}) as running:
        yield running


def ask(
    sidecar: Sidecar,
    database: FakeOracle,
    sql: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    body = {"connection": connection(database.dsn()), "sql": sql, **more}
    return sidecar.post("/query", body, headers)


def prepare(database: FakeOracle, *statements: str) -> None:
    dsn = database.dsn()
    with oracledb.connect(user="compare", password="compare_pw", dsn=dsn) as direct:
        for statement in statements:
            direct.cursor().execute(statement)
        direct.commit()


def one(sidecar: Sidecar, database: FakeOracle, expression: str, **more: Any) -> Any:
    """The value of an expression, which is the same the first time and when its plan is known."""
    answers = [ask(sidecar, database, f"SELECT {expression} AS v FROM dual", **more) for _ in "12"]
    assert [answer.status for answer in answers] == [200, 200], answers[0].body
    assert answers[0].json["rows"] == answers[1].json["rows"]
    return answers[0].json["rows"][0][0]


@pytest.mark.parametrize("where", ["id < 7", "1 = 1"], ids=["held by the driver", "spelled out"])
def test_every_kind_of_attribute_and_element_arrives_unchanged(
    sidecar: Sidecar, standin: FakeOracle, where: str
) -> None:
    sql = f"SELECT * FROM all_values_objects WHERE {where} ORDER BY id"
    for _ in range(2):
        answer = ask(sidecar, standin, sql)
        assert answer.status == 200, answer.body
        rows = {row[1]: row[2:] for row in answer.json["rows"]}
        scalars, address, *_ = rows["every kind"]
        assert scalars == {
            "NUM": 42, "NUM_FIXED": 1234567.89, "NUM_FLOAT": 0.5, "WHOLE": -7, "BIN_FLOAT": 1.5,
            "BIN_DOUBLE": 0.1, "FIXED_TEXT": "ab   ", "VAR_TEXT": "it's \"here\"",
            "NATIONAL_TEXT": "東京", "RAW_BYTES": "00FF", "DAY_ONLY": "2026-01-28T00:00:00",
            "TS": "2026-01-28T10:38:36.5", "TRUTH": True, "TEXT_LOB": "text in a CLOB",
            "NATIONAL_LOB": "長い文章", "BINARY_LOB": "AP8Q",
        }  # fmt: skip
        geo = {"LAT": -6.208763, "LON": 106.845599}
        assert address == {"STREET": "Jl. Sudirman 1", "ZIP": 12190, "GEO": geo}
        assert rows["every column NULL"] == [None] * 5
        nulls = rows["every attribute NULL"]
        assert set(nulls[0].values()) == {None}
        assert nulls[1:] == [
            {"STREET": None, "ZIP": None, "GEO": None},
            [None],
            [None, None],
            [None],
        ]
        assert rows["empty collections"] == [None, None, [], [], []]
        assert rows["collections"][2:] == [
            ["red", None, "grün"],
            [1, -2, None, 10**30],
            [
                {"STREET": "a", "ZIP": 1, "GEO": {"LAT": 0, "LON": 0.5}},
                None,
                {"STREET": "b", "ZIP": None, "GEO": None},
            ],
        ]
        assert rows["long text"][0]["VAR_TEXT"] == "x" * 300


def test_what_the_driver_would_round_or_cut_arrives_exact(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    sql = "SELECT id, scalars, readings FROM all_values_objects WHERE id IN (7, 8) ORDER BY id"
    for _ in range(2):
        fractions, first_moment = ask(sidecar, standin, sql).json["rows"]
        assert fractions[1]["NUM"] == A_THIRD
        assert fractions[2] == [0.1, A_THIRD, "12345678901234567890.123456789"]
        assert first_moment[1]["DAY_ONLY"] == "-4712-01-01T00:00:00"
        assert first_moment[1]["TS"] == "-0044-03-15T12:00:00"


def test_what_the_driver_cannot_hold_is_spelled_out(sidecar: Sidecar, standin: FakeOracle) -> None:
    for _ in range(2):
        answer = ask(sidecar, standin, "SELECT * FROM all_values_written ORDER BY id")
        assert answer.status == 200, answer.body
        rows = {row[1]: row[2:] for row in answer.json["rows"]}
        times, moments, steps, _ = rows["values"]
        assert times == {
            "TS": "2026-01-28T10:38:36.123456789",
            "TS_TZ": "2026-01-28T10:38:36.123456789+07:00",
            "TS_LTZ": "2026-01-28T03:38:36+00:00",
            "SPAN": "-P1DT2H3M4.123456789S",
            "MONTHS": "-P12Y11M",
        }
        assert moments == [
            "2026-07-01T12:00:00+02:00[EUROPE/BERLIN]",
            None,
            "-0044-03-15T12:00:00.5-03:30",
        ]
        assert steps == [
            {"HAPPENED": "2026-01-28T10:38:36.5+07:00", "AMOUNT": A_THIRD, "TAGS": ["a", "b"]},
            {"HAPPENED": None, "AMOUNT": "9007199254740993", "TAGS": []},
        ]
        assert rows["every attribute NULL"] == [
            dict.fromkeys(times),
            [None],
            [None, {"HAPPENED": None, "AMOUNT": None, "TAGS": None}],
            None,
        ]
        assert rows["empty collections"] == [None, [], [], None]
        assert rows["every column NULL"] == [None] * 4
        assert answer.json["column_types"][2] == "COMPARE.TIMES_T"


def test_numbers_inside_follow_the_callers_wish(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = (
        "SELECT address_t('x', 1, geo_t(0.5, NULL)) AS a, readings_t(1, 0.1) AS r,"
        " steps_t(step_t(NULL, 1.5, NULL)) AS s FROM dual"
    )
    geo = {"LAT": "0.5", "LON": None}
    for _ in range(2):
        assert ask(sidecar, standin, sql, numbers="string").json["rows"] == [
            [
                {"STREET": "x", "ZIP": "1", "GEO": geo},
                ["1", "0.1"],
                [{"HAPPENED": None, "AMOUNT": "1.5", "TAGS": None}],
            ]
        ]


def test_what_the_driver_holds_costs_one_look_at_the_dictionary(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT address, tags FROM all_values_objects WHERE id < 7"
    assert ask(sidecar, database, sql).status == 200
    before = len(database.statements())

    assert ask(sidecar, database, sql).status == 200

    again, looked_up = database.statements()[before:]
    assert again == sql
    assert "all_type_attrs" in looked_up


NUMBERS = [
    ("0.1", 0.1),
    ("-0.5", -0.5),
    ("1/3", A_THIRD),
    ("-1E-130", "-1e-130"),
    ("1E-130", "1e-130"),
    ("9.99E125", "9.99e125"),
    ("9007199254740993", "9007199254740993"),
    ("123456789012345678901234567890.12345678", "123456789012345678901234567890.12345678"),
    ("NULL", None),
]


@pytest.mark.parametrize("number", [n for n, _ in NUMBERS])
def test_a_number_inside_is_what_it_is_in_a_column(
    sidecar: Sidecar, standin: FakeOracle, number: str
) -> None:
    by_itself = one(sidecar, standin, number)

    assert one(sidecar, standin, f"readings_t({number}, 0.5)") == [by_itself, 0.5]
    assert one(sidecar, standin, f"readings_t({number})") == [by_itself]
    step = one(sidecar, standin, f"step_t(NULL, {number}, NULL)")
    assert step == {"HAPPENED": None, "AMOUNT": by_itself, "TAGS": None}
    steps = one(sidecar, standin, f"steps_t(step_t(NULL, {number}, NULL))")
    assert steps == [step]


@pytest.mark.parametrize(
    "declared",
    ["NUMBER(15,2)", "NUMBER(15)", "NUMBER(15,20)", "NUMBER(5,-2)", "NUMBER(16,2)", "FLOAT(40)",
     "FLOAT(63)", "NUMBER(38,10)", "INTEGER"],
)  # fmt: skip
def test_a_declared_number_inside_is_what_it_is_in_a_column(
    sidecar: Sidecar, own: FakeOracle, declared: str
) -> None:
    prepare(
        own,
        f"CREATE TYPE o_t AS OBJECT (n {declared})",
        f"CREATE TYPE l_t AS VARRAY(9) OF {declared}",
    )
    numbers = ("999.99", "0.01", "123456789.12", "0.000000000012345678901", "-100", "0")
    # The last is too large for some declarations, and refused by the database then.
    for number in (*numbers, "9999999999999.99", "1234567890123"):
        column = ask(sidecar, own, f"SELECT CAST({number} AS {declared}) AS v FROM dual")
        if column.status == 200:
            value = column.json["rows"][0][0]
            assert one(sidecar, own, f"o_t({number})") == {"N": value}
            assert one(sidecar, own, f"l_t({number}, {number})") == [value, value]


def test_collections_of_collections_and_long_ones_keep_their_order(
    sidecar: Sidecar, own: FakeOracle
) -> None:
    prepare(
        own,
        "CREATE TYPE ns_t AS TABLE OF NUMBER",
        "CREATE TYPE lists_t AS VARRAY(5) OF ns_t",
        "CREATE TYPE times_t AS TABLE OF TIMESTAMP(9)",
        "CREATE TYPE spans_t AS VARRAY(5) OF INTERVAL DAY TO SECOND",
        "CREATE TYPE months_t AS VARRAY(5) OF INTERVAL YEAR TO MONTH",
        "CREATE TYPE days_t AS TABLE OF DATE",
        "CREATE TYPE day_t AS OBJECT (d DATE, days days_t)",
        "CREATE TYPE moments_t AS TABLE OF TIMESTAMP",
    )
    many = "SELECT LEVEL / 8 FROM DUAL CONNECT BY LEVEL <= 3000"

    assert one(sidecar, own, f"CAST(MULTISET({many}) AS ns_t)") == [n / 8 for n in range(1, 3001)]
    lists = one(sidecar, own, "lists_t(ns_t(0.5, NULL), NULL, ns_t(), ns_t(1/3))")
    assert lists == [[0.5, None], None, [], [A_THIRD]]
    assert one(sidecar, own, "times_t(TIMESTAMP '2026-01-28 10:38:36.123456789')") == [
        "2026-01-28T10:38:36.123456789"
    ]
    assert one(sidecar, own, "spans_t(INTERVAL '-1 02:03:04.5' DAY TO SECOND, NULL)") == [
        "-P1DT2H3M4.5S",
        None,
    ]
    assert one(sidecar, own, "months_t(INTERVAL '-1-2' YEAR TO MONTH)") == ["-P1Y2M"]
    first = "DATE '-4712-01-01'"
    assert one(sidecar, own, f"days_t(NULL, {first})") == [None, "-4712-01-01T00:00:00"]
    assert one(sidecar, own, "moments_t(TIMESTAMP '-0044-03-15 12:00:00.5')") == [
        "-0044-03-15T12:00:00.5"
    ]
    assert one(sidecar, own, f"day_t({first}, NULL)") == {"D": "-4712-01-01T00:00:00", "DAYS": None}


def test_a_document_inside_an_object_arrives_however_long(
    sidecar: Sidecar, own: FakeOracle
) -> None:
    prepare(
        own,
        "CREATE TYPE o_t AS OBJECT (x XMLTYPE, n NUMBER)",
        "CREATE TYPE xs_t AS TABLE OF XMLTYPE",
    )
    long = "TO_CLOB('<a>')" + " || TO_CLOB(RPAD('x', 4000, 'x'))" * 10 + " || '</a>'"

    for number in ("NULL", "1/3"):
        short = one(sidecar, own, f"o_t(XMLTYPE('<a/>'), {number})")
        assert short["X"] == "<a/>"
        assert len(one(sidecar, own, f"o_t(XMLTYPE({long}), {number})")["X"]) == 40_007
    answer = ask(sidecar, own, "SELECT xs_t(XMLTYPE('<a/>')) AS v FROM dual")
    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"].startswith("column V[] is of type XMLTYPE")


def test_repeated_and_odd_names_do_not_confuse_the_parts(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    sql = (
        'SELECT geo_t(1/3, 1) AS a, geo_t(2, 2) AS a, 7 AS "odd \'name", readings_t(1/3) AS r'
        " FROM dual"
    )
    for _ in range(2):
        answer = ask(sidecar, standin, sql)
        assert answer.json["columns"] == ["A", "A", "odd 'name", "R"]
        first, second, seven, readings = answer.json["rows"][0]
        # The attributes have nine digits.
        assert (first["LAT"], second["LAT"], seven, readings) == (0.333333, 2, 7, [A_THIRD])


def test_an_attribute_may_be_called_like_a_method_of_the_drivers_objects(
    sidecar: Sidecar, own: FakeOracle
) -> None:
    prepare(own, 'CREATE TYPE o_t AS OBJECT ("type" VARCHAR2(9), "copy" VARCHAR2(9), "%s" NUMBER)')
    assert one(sidecar, own, "o_t('x', 'y', 2)") == {"type": "x", "copy": "y", "%s": 2}


def test_a_null_object_in_first_place_is_not_taken_for_the_whole(
    sidecar: Sidecar, own: FakeOracle
) -> None:
    prepare(
        own,
        "CREATE TYPE a_t AS OBJECT (x NUMBER)",
        "CREATE TYPE b_t AS OBJECT (a a_t, y NUMBER)",
        "CREATE TYPE c_t AS OBJECT (b b_t, z NUMBER)",
    )
    assert one(sidecar, own, "c_t(b_t(NULL, 1), 2)") == {"B": {"A": None, "Y": 1}, "Z": 2}
    assert one(sidecar, own, "b_t(NULL, 1)") == {"A": None, "Y": 1}


def test_an_object_of_a_subtype_is_an_error_that_names_the_column(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    assert one(sidecar, standin, "vehicle_t(2)") == {"WHEELS": 2}
    assert one(sidecar, standin, "car_t(4, 2)") == {"WHEELS": 4, "DOORS": 2}
    sql = (
        "SELECT CASE WHEN LEVEL = 1 THEN vehicle_t(2) END AS v FROM dual CONNECT BY LEVEL <= 2"
        " UNION ALL SELECT vehicle FROM all_values_written WHERE id = 5"
    )
    assert ask(sidecar, standin, sql).json["rows"] == [[{"WHEELS": 2}], [None], [{"WHEELS": 2}]]
    with FakeOracle({"DEV": SqliteEngine()}) as database:
        prepare(
            database,
            "CREATE TYPE vehicle_t AS OBJECT (wheels NUMBER) NOT FINAL",
            "CREATE TYPE car_t UNDER vehicle_t (doors NUMBER)",
            "CREATE TABLE t (v vehicle_t)",
            "INSERT INTO t VALUES (car_t(4, 2))",
        )
        answer = ask(sidecar, database, "SELECT v FROM t")
    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"].startswith("column V holds an object of a subtype of")


def test_a_type_that_is_changed_while_sessions_are_open_loses_nothing(
    sidecar: Sidecar, own: FakeOracle
) -> None:
    prepare(
        own,
        "CREATE TYPE grows_t AS OBJECT (a NUMBER)",
        "CREATE TABLE g (v grows_t)",
        "INSERT INTO g VALUES (grows_t(1))",
    )
    with_a_zone = "SELECT v, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS z FROM g"
    assert ask(sidecar, own, "SELECT v FROM g").json["rows"] == [[{"A": 1}]]
    assert ask(sidecar, own, with_a_zone).json["rows"] == [[{"A": 1}, None]]

    prepare(
        own,
        "ALTER TYPE grows_t ADD ATTRIBUTE (b NUMBER) CASCADE",
        "UPDATE g SET v = grows_t(1, 2)",
    )

    assert ask(sidecar, own, with_a_zone).json["rows"] == [[{"A": 1, "B": 2}, None]]
    for _ in range(3):
        assert ask(sidecar, own, "SELECT v FROM g").json["rows"] == [[{"A": 1, "B": 2}]]
        assert ask(sidecar, own, "SELECT g.*, 1 AS n FROM g").json["rows"] == [
            [{"A": 1, "B": 2}, 1]
        ]


def test_a_type_that_the_driver_cannot_read_does_not_end_the_process(own: FakeOracle) -> None:
    prepare(
        own,
        "CREATE TYPE spans_t AS VARRAY(5) OF INTERVAL DAY TO SECOND",
        "CREATE TYPE o_t AS OBJECT (a NUMBER, s spans_t, i INTERVAL DAY TO SECOND)",
    )
    with Sidecar("--pool-max", "1") as sidecar:
        for expression, value in (
            ("spans_t(INTERVAL '1 00:00:00' DAY TO SECOND)", ["P1D"]),
            ("o_t(1, spans_t(NULL), NULL)", {"A": 1, "S": [None], "I": None}),
        ):
            for number in range(3):
                sql = f"SELECT {expression} AS v, {number} AS n FROM dual"
                for _ in range(2):
                    assert ask(sidecar, own, sql).json["rows"] == [[value, number]]
        assert own.counts().logins == 1 + 1
        # A fresh session learns of both types when it is known already what to do.
        both = "SELECT spans_t(NULL) AS s, o_t(NULL, NULL, NULL) AS o FROM dual"
        for _ in range(4):
            row = ask(sidecar, own, both).json["rows"][0]
            assert row == [[None], {"A": None, "S": None, "I": None}]
            own.kill_sessions()
        assert sidecar.process.poll() is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 10, True), ("x" * 11, False), ("😀" * 5, False), ("😀" * 2 + "xy", True),
     ("x" * 9 + "😀", False), ("é" * 5, True), ("é" * 6, False), ("😀" * 50, False)],
    ids=["10 bytes", "11 bytes", "4 a letter", "4 and 1", "4 at the end", "2 a letter",
         "a letter more", "many letters"],
)  # fmt: skip
@pytest.mark.parametrize("spelled", [False, True], ids=["held by the driver", "spelled out"])
def test_a_lob_inside_is_held_to_the_limit(
    own: FakeOracle, text: str, fits: bool, spelled: bool
) -> None:
    more = "TIMESTAMP WITH TIME ZONE" if spelled else "NUMBER"
    prepare(
        own,
        f"CREATE TYPE o_t AS OBJECT (t CLOB, b BLOB, m {more})",
        "CREATE TYPE l_t AS TABLE OF CLOB",
    )
    image = "00" * (10 if fits else 11)
    with Sidecar("--max-lob-bytes", "10") as sidecar:
        answers = [
            ask(sidecar, own, f"SELECT {expression} AS v FROM dual")
            for expression in (
                f"o_t('{text}', HEXTORAW('00'), NULL)",
                f"l_t('{text}')",
                f"o_t(NULL, HEXTORAW('{image}'), NULL)",
            )
        ]

    if fits:
        values = [answer.json["rows"][0][0] for answer in answers]
        assert values[0] == {"T": text, "B": "AA==", "M": None}
        assert values[1] == [text]
        assert values[2] == {"T": None, "B": "AAAAAAAAAAAAAA==", "M": None}
        return
    size, units = len(text.encode()), len(text.encode("utf-16-le")) // 2
    # Inside an object no more is read than shows that it is too much.
    read = "more than 10" if units > 10 else str(size)
    sizes = [str(size) if spelled else read, read, "11" if spelled else "more than 10"]
    for answer, label, told in zip(answers, ("V.T", "V[]", "V.B"), sizes, strict=True):
        assert (answer.status, answer.detail["full_code"]) == (400, "LOB_TOO_LARGE")
        assert answer.detail["message"].startswith(f"column {label} holds a value of {told} bytes")


class TearingEngine(SqliteEngine):
    """A database whose texts `torn` are no text at all."""

    def connect(self, user: str) -> SqliteSession:
        return TearingSession(self, user.upper())


class TearingSession(SqliteSession):
    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        outcome = super().execute(parsed, binds)
        return Outcome(outcome.rows and map(_torn_row, outcome.rows), outcome.row_count)


def _torn_row(row: Row) -> Row:
    return [_torn(value) for value in row]


def _torn(value: Value) -> Value:
    if value == "torn":
        return b"caf\xe9".decode("utf-8", "surrogateescape")
    if isinstance(value, ObjectValue):
        return ObjectValue(value.type, tuple(_torn_row(value.parts)))
    if isinstance(value, NestedCursor):
        return NestedCursor(value.columns, map(_torn_row, value.rows))
    return value


@pytest.mark.parametrize(
    ("expression", "label"),
    [
        ("o_t('fine', 'torn')", "V.B"),
        ("p_t(1, o_t('torn', NULL))", "V.O.A"),
        ("os_t(o_t('fine', NULL), o_t('torn', NULL))", "V[].A"),
        ("ts_t('fine', 'torn')", "V"),
    ],
)
def test_text_inside_that_is_not_valid_is_an_error_that_names_the_part(
    sidecar: Sidecar, expression: str, label: str
) -> None:
    with FakeOracle({"DEV": TearingEngine()}) as database:
        prepare(
            database,
            "CREATE TYPE o_t AS OBJECT (a VARCHAR2(9), b VARCHAR2(9))",
            "CREATE TYPE p_t AS OBJECT (n NUMBER, o o_t)",
            "CREATE TYPE os_t AS TABLE OF o_t",
            "CREATE TYPE ts_t AS TABLE OF VARCHAR2(9)",
        )
        for _ in range(2):
            answer = ask(sidecar, database, f"SELECT {expression} AS v FROM dual")
            assert answer.status == 400
            assert answer.detail["message"].startswith(f"column {label} holds")
            assert answer.detail["full_code"] in ("BAD_CHARACTERS", "INEXACT_VALUE")


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        ("step_t(NULL, 1.5, NULL)", "UNSUPPORTED_TYPE",
         "column V is of type COMPARE.STEP_T, whose V.HAPPENED"),
        ("readings_t(1, 1/3)", "INEXACT_VALUE", "column V[] holds a number with a fraction"),
        ("scalars_t(1/3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
         " NULL, NULL, NULL)", "INEXACT_VALUE", "column V.NUM holds a number with a fraction"),
    ],
)  # fmt: skip
def test_what_cannot_be_spelled_out_is_an_error_that_names_the_part(
    sidecar: Sidecar, standin: FakeOracle, expression: str, code: str, message: str
) -> None:
    inside = f"SELECT CURSOR(SELECT {expression} AS v FROM dual) AS c FROM dual"
    answer = ask(sidecar, standin, inside)

    assert (answer.status, answer.detail["full_code"]) == (400, code)
    assert answer.detail["message"].startswith(
        message.replace("column V", "column C.V", 1).replace("whose V", "whose C.V")
    )
    with Sidecar("--allow-write") as writing:
        locking = f"SELECT {expression} AS v FROM app_config WHERE config_id = 1 FOR UPDATE"
        answer = ask(writing, standin, locking)
    assert answer.status == 400
    assert answer.detail["message"].startswith(message)
    assert answer.detail["hint"]


def test_objects_inside_cursors_are_carried(sidecar: Sidecar, own: FakeOracle) -> None:
    prepare(own, "CREATE TYPE o_t AS OBJECT (a NUMBER, b VARCHAR2(9))",
            "CREATE TYPE os_t AS TABLE OF o_t")  # fmt: skip
    rows = "SELECT LEVEL AS n, o_t(LEVEL, 'x') AS o, os_t(o_t(1, NULL)) AS os FROM dual"
    sql = f"SELECT CURSOR({rows} CONNECT BY LEVEL <= 2) AS c FROM dual CONNECT BY LEVEL <= 150"

    for _ in range(2):
        answer = ask(sidecar, own, sql)
        assert answer.status == 200, answer.body
        nested = [[n, {"A": n, "B": "x"}, [{"A": 1, "B": None}]] for n in (1, 2)]
        assert answer.json["rows"] == [[nested]] * 150


def test_a_fraction_that_comes_late_is_an_error_and_then_is_carried(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    number = "CASE WHEN LEVEL < 400 THEN 1 ELSE 1/3 END"
    sql = f"SELECT readings_t({number}) AS r FROM dual CONNECT BY LEVEL <= 400"

    first = ask(sidecar, standin, sql, NDJSON, max_rows=None)
    second = ask(sidecar, standin, sql, max_rows=None)

    assert (first.status, first.detail["full_code"]) == (400, "INEXACT_VALUE")
    assert first.detail["message"].startswith("column R[] holds a number with a fraction")
    assert second.json["rows"][-1] == [[A_THIRD]]


def test_a_cursor_over_elements_is_closed_and_held_to_the_limit(own: FakeOracle) -> None:
    prepare(
        own,
        "CREATE TYPE o_t AS OBJECT (t VARCHAR2(4000), z TIMESTAMP WITH TIME ZONE)",
        "CREATE TYPE os_t AS TABLE OF o_t",
    )
    elements = "SELECT RPAD('x', 1000, 'x'), NULL FROM DUAL CONNECT BY LEVEL <= {}"
    with Sidecar("--max-lob-bytes", "100000") as sidecar:
        few, many = [
            ask(sidecar, own, f"SELECT CAST(MULTISET({elements.format(n)}) AS os_t) v FROM dual")
            for n in (50, 500)
        ]
        assert len(few.json["rows"][0][0]) == 50
        assert (many.status, many.detail["full_code"]) == (400, "LOB_TOO_LARGE")
        assert many.detail["message"].startswith("column V holds rows that take more than")
        # The statements that a session keeps, and none in a row of theirs.
        assert own.counts().open_cursors < 10
