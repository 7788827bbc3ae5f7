"""Values of every type, from the database to JSON, and the projection that writes some of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import Column, ColumnType, Kind
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import Answer, Sidecar, connection


@pytest.fixture(scope="module")
def standin() -> Iterator[FakeOracle]:
    with FakeOracle() as running:
        yield running


def ask(sidecar: Sidecar, standin: FakeOracle, sql: str, **more: Any) -> Answer:
    return sidecar.post("/query", {"connection": connection(standin.dsn()), "sql": sql, **more})


# expression, JSON value, column type
VALUES: list[tuple[str, object, str]] = [
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36.123456789' AS TIMESTAMP(9))",
        "2026-01-28T10:38:36.123456789",
        "TIMESTAMP(9)",
    ),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36.120000000' AS TIMESTAMP(9))",
        "2026-01-28T10:38:36.12",
        "TIMESTAMP(9)",
    ),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36' AS TIMESTAMP(9))",
        "2026-01-28T10:38:36",
        "TIMESTAMP(9)",
    ),
    (
        "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'",
        "2026-01-28T10:38:36.5+07:00",
        "TIMESTAMP(9) WITH TIME ZONE",
    ),
    (
        "TIMESTAMP '2026-01-28 10:38:36.123456789 -03:30'",
        "2026-01-28T10:38:36.123456789-03:30",
        "TIMESTAMP(9) WITH TIME ZONE",
    ),
    (
        "TIMESTAMP '2026-01-28 10:38:36 Asia/Jakarta'",
        "2026-01-28T10:38:36+07:00[ASIA/JAKARTA]",
        "TIMESTAMP(9) WITH TIME ZONE",
    ),
    (
        "TIMESTAMP '2026-07-01 12:00:00 Europe/Berlin'",
        "2026-07-01T12:00:00+02:00[EUROPE/BERLIN]",
        "TIMESTAMP(9) WITH TIME ZONE",
    ),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36 +07:00' AS TIMESTAMP WITH LOCAL TIME ZONE)",
        "2026-01-28T03:38:36+00:00",
        "TIMESTAMP(6) WITH LOCAL TIME ZONE",
    ),
    ("DATE '-4712-01-01'", "-4712-01-01T00:00:00", "DATE"),
    ("DATE '9999-12-31'", "9999-12-31T00:00:00", "DATE"),
    ("TIMESTAMP '-0044-03-15 12:00:00'", "-0044-03-15T12:00:00", "TIMESTAMP(9)"),
    (
        "INTERVAL '1 02:03:04.5' DAY TO SECOND",
        "P1DT2H3M4.5S",
        "INTERVAL DAY(2) TO SECOND(6)",
    ),
    (
        "INTERVAL '-1 02:03:04.5' DAY TO SECOND",
        "-P1DT2H3M4.5S",
        "INTERVAL DAY(2) TO SECOND(6)",
    ),
    ("INTERVAL '0 00:00:00' DAY TO SECOND", "PT0S", "INTERVAL DAY(2) TO SECOND(6)"),
    ("INTERVAL '3 00:00:00' DAY TO SECOND", "P3D", "INTERVAL DAY(2) TO SECOND(6)"),
    (
        "CAST(INTERVAL '-1 02:03:04.123456789' DAY TO SECOND(9) AS INTERVAL DAY(3) TO SECOND(9))",
        "-P1DT2H3M4.123456789S",
        "INTERVAL DAY(3) TO SECOND(9)",
    ),
    ("INTERVAL '1-2' YEAR TO MONTH", "P1Y2M", "INTERVAL YEAR(2) TO MONTH"),
    ("INTERVAL '-1-2' YEAR TO MONTH", "-P1Y2M", "INTERVAL YEAR(2) TO MONTH"),
    ("TO_CLOB('héllo 😀')", "héllo 😀", "CLOB"),
    ("TO_NCLOB('漢字')", "漢字", "NCLOB"),
    ("TO_BLOB(HEXTORAW('00FF10'))", "AP8Q", "BLOB"),
    ("XMLTYPE('<a>1</a>')", "<a>1</a>", "XMLTYPE"),
    ("TRUE", True, "BOOLEAN"),
    (
        'JSON(\'{"a":1.10,"b":[1,12345678901234567890.5,null,true,"x"]}\')',
        {"a": 1.1, "b": [1, "12345678901234567890.5", None, True, "x"]},
        "JSON",
    ),
    ("TO_VECTOR('[1, 2.5, -3]')", [1.0, 2.5, -3.0], "VECTOR"),
    (
        "TO_VECTOR('[0.1, 3E38]', 2, FLOAT32)",
        [0.10000000149011612, 3.0000000054977558e38],
        "VECTOR(2, FLOAT32)",
    ),
    ("TO_VECTOR('[0.1, -1E300]', *, FLOAT64)", [0.1, -1e300], "VECTOR(*, FLOAT64)"),
    ("TO_VECTOR('[-128, 127]', 2, INT8)", [-128, 127], "VECTOR(2, INT8)"),
    ("TO_VECTOR('[255, 0, 1]', 24, BINARY)", [255, 0, 1], "VECTOR(24, BINARY)"),
    (
        "TO_VECTOR('[8, [1, 5], [0.1, -2]]', 8, FLOAT64, SPARSE)",
        {"dimensions": 8, "indices": [1, 5], "values": [0.1, -2]},
        "VECTOR(8, FLOAT64, SPARSE)",
    ),
    (
        "TO_VECTOR('[65535, [0, 65534], [-128, 127]]', *, INT8, SPARSE)",
        {"dimensions": 65535, "indices": [0, 65534], "values": [-128, 127]},
        "VECTOR(*, INT8, SPARSE)",
    ),
    (
        "TO_VECTOR('[8, [], []]', *, *, SPARSE)",
        {"dimensions": 8, "indices": [], "values": []},
        "VECTOR(*, *, SPARSE)",
    ),
]


@pytest.mark.parametrize(("expression", "value", "kind"), VALUES, ids=[v[0] for v in VALUES])
@pytest.mark.parametrize("run", ["first", "remembered"])
def test_a_value_arrives_unchanged_the_first_time_and_again(
    sidecar: Sidecar,
    any_database: dict[str, object],
    request: pytest.FixtureRequest,
    expression: str,
    value: object,
    kind: str,
    run: str,
) -> None:
    body = {"connection": any_database, "sql": f"SELECT {expression} AS v FROM dual"}

    answer = sidecar.post("/query", body)

    assert answer.status == 200, answer.body
    assert answer.json["rows"] == [[value]]
    if request.node.get_closest_marker("real_oracle") is None:
        # Oracle itself describes some literals with more precision than they have digits.
        assert answer.json["column_types"] == [kind]


def test_a_table_of_every_type_arrives_whole(sidecar: Sidecar, standin: FakeOracle) -> None:
    answer = ask(sidecar, standin, "SELECT * FROM all_values_more ORDER BY id").json

    rows = {row[1]: dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]}
    assert rows["nanoseconds"]["TS_TZ"] == "2026-01-28T10:38:36.123456789+07:00"
    assert rows["named zone"]["TS_TZ"] == "2026-07-01T23:59:59.5+02:00[EUROPE/BERLIN]"
    assert rows["first moment"]["DAY_ONLY"] == "-4712-01-01T00:00:00"
    assert rows["negative intervals"]["SPAN"] == "-P999999999DT23H59M59.999999999S"
    assert rows["LONG"]["OLD_TEXT"] == "text in a LONG"
    every_null = rows["every column NULL"]
    assert [v for k, v in every_null.items() if k not in ("ID", "LABEL")] == [None] * 13


def test_vectors_arrive_from_a_table_inside_a_cursor_and_however_long(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    table = "SELECT * FROM all_values_vectors WHERE id <= 2 ORDER BY id"
    values = [
        [1, 2.5, -3],
        [0.10000000149011612, -0.0, 3.0000000054977558e38],
        [0.1, -1e300],
        [-128, 0, 127],
        [255, 1],
        {"dimensions": 8, "indices": [1, 5], "values": [1.5, -2]},
        {"dimensions": 65535, "indices": [0, 65534], "values": [-128, 127]},
    ]
    rows = [[1, "every column NULL", *[None] * 7], [2, "values", *values]]
    for _ in range(2):
        assert ask(sidecar, standin, table).json["rows"] == rows
        inside = ask(sidecar, standin, f"SELECT CURSOR({table}) AS c FROM dual")
        assert inside.json["rows"] == [[rows]]
    text = f"[{','.join(['-0.5'] * 5000)}]"
    sql = "SELECT TO_VECTOR(:t, *, FLOAT64) AS v FROM dual"
    assert ask(sidecar, standin, sql, binds=[text]).json["rows"] == [[[-0.5] * 5000]]


def test_a_statement_without_such_columns_is_sent_as_it_is(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT config_id, updated_at FROM app_config WHERE config_id = 1"

    for _ in range(3):
        assert ask(sidecar, database, sql).status == 200

    assert database.statements() == [sql] * 3


def test_a_statement_with_such_columns_runs_once_when_it_is_known(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT 1 AS one, TIMESTAMP '2026-01-28 10:38:36.5 +07:00' AS t FROM dual"

    assert ask(sidecar, database, sql).status == 200
    before = len(database.statements())
    assert ask(sidecar, database, sql).status == 200

    (only,) = database.statements()[before:]
    assert only.startswith('SELECT "_r"."ONE", TO_CHAR("_r"."T", ')
    assert sql in only


AT = "TIMESTAMP '2026-01-28 10:38:36.5 +07:00'"
STAMP = "2026-01-28T10:38:36.5+07:00"


@pytest.mark.parametrize(
    ("sql", "columns", "rows"),
    [
        (f"SELECT {AT} AS a, 1 AS a, 'x' AS a FROM dual", ["A", "A", "A"], [[STAMP, 1, "x"]]),
        (f'SELECT {AT} AS "my time", 2 AS "b" FROM dual', ["my time", "b"], [[STAMP, 2]]),
        (f"SELECT {AT} AS t FROM dual -- a comment", ["T"], [[STAMP]]),
        (f"SELECT {AT} AS t FROM dual;", ["T"], [[STAMP]]),
        (f"WITH q AS (SELECT {AT} AS t FROM dual) SELECT * FROM q", ["T"], [[STAMP]]),
        (
            f"SELECT config_id, {AT} AS t FROM app_config "
            "WHERE config_id <= 3 ORDER BY config_id DESC",
            ["CONFIG_ID", "T"],
            [[3, STAMP], [2, STAMP], [1, STAMP]],
        ),
        (
            f"SELECT LEVEL AS n, {AT} AS t FROM dual CONNECT BY LEVEL <= 2",
            ["N", "T"],
            [[1, STAMP], [2, STAMP]],
        ),
        (f"SELECT COUNT(*), MAX({AT}) FROM dual", None, [[1, STAMP]]),
        (
            f"WITH a AS (SELECT {AT} AS t FROM dual), b AS (SELECT 1 AS n FROM dual) -- two\n"
            "SELECT t, t, n FROM a, b",
            ["T", "T", "N"],
            [[STAMP, STAMP, 1]],
        ),
        (
            f"WITH a AS (SELECT {AT} AS t FROM dual) (SELECT t, 1 AS t FROM a) UNION ALL "
            "(SELECT t, 2 AS t FROM a) ORDER BY 2 DESC",
            ["T", "T"],
            [[STAMP, 2], [STAMP, 1]],
        ),
        (
            f"WITH c AS (SELECT {AT} AS t FROM dual) "
            "SELECT t AS a_name_that_is_longer_than_thirty_bytes FROM c",
            ["A_NAME_THAT_IS_LONGER_THAN_THIRTY_BYTES"],
            [[STAMP]],
        ),
        (
            f'WITH "_q" AS (SELECT {AT} AS t FROM dual) SELECT t, t FROM "_q"',
            ["T", "T"],
            [[STAMP, STAMP]],
        ),
        (
            f"SELECT {AT} AS a_name_that_is_longer_than_thirty_bytes FROM dual",
            ["A_NAME_THAT_IS_LONGER_THAN_THIRTY_BYTES"],
            [[STAMP]],
        ),
    ],
    ids=[
        "repeated names",
        "quoted names",
        "comment at the end",
        "semicolon",
        "WITH",
        "ORDER BY",
        "CONNECT BY",
        "unnamed expressions",
        "repeated names behind WITH",
        "repeated names in parentheses behind WITH",
        "a long name behind WITH",
        "a subquery of the wrapper's name",
        "long name",
    ],
)
def test_a_statement_that_is_wrapped_stays_right(
    sidecar: Sidecar,
    standin: FakeOracle,
    sql: str,
    columns: list[str] | None,
    rows: list[list[object]],
) -> None:
    answer = ask(sidecar, standin, sql)

    assert answer.status == 200, answer.body
    assert answer.json["rows"] == rows
    if columns is not None:
        assert answer.json["columns"] == columns


@pytest.mark.parametrize("name", ["q", '"_q"', '"Q"'])
def test_a_table_of_any_name_can_be_wrapped(database: FakeOracle, name: str) -> None:
    with Sidecar("--allow-write") as sidecar:
        ask(sidecar, database, f"CREATE TABLE {name} (t TIMESTAMP(9))")
        ask(sidecar, database, f"INSERT INTO {name} VALUES ({AT})")

        answer = ask(sidecar, database, f"SELECT t, t FROM {name}")

    assert answer.json["rows"] == [["2026-01-28T10:38:36.5"] * 2]


@pytest.mark.parametrize("binds", [{"n": 7}, [7]], ids=["by name", "by position"])
def test_a_wrapped_statement_keeps_its_binds(
    sidecar: Sidecar, standin: FakeOracle, binds: object
) -> None:
    answer = ask(sidecar, standin, f"SELECT :n AS n, {AT} AS t FROM dual", binds=binds)

    assert answer.json["rows"] == [[7, STAMP]]


def test_a_wrapped_statement_with_an_error_of_its_own_says_so(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    answer = ask(sidecar, standin, f"SELECT {AT} AS t, 1/0 AS z FROM dual")

    assert answer.status == 400
    assert "divisor is equal to zero" in answer.detail["message"]


def test_a_column_added_after_the_first_run_is_not_lost(database: FakeOracle) -> None:
    with Sidecar("--allow-write") as sidecar:
        for sql in (
            "CREATE TABLE grows (id NUMBER(3), at TIMESTAMP(6) WITH TIME ZONE)",
            f"INSERT INTO grows VALUES (1, {AT})",
        ):
            assert ask(sidecar, database, sql).status == 200
        assert ask(sidecar, database, "SELECT * FROM grows").json["columns"] == ["ID", "AT"]

        for sql in (
            "DROP TABLE grows",
            "CREATE TABLE grows (id NUMBER(3), at TIMESTAMP(6) WITH TIME ZONE, more NUMBER(3))",
            f"INSERT INTO grows VALUES (1, {AT}, 9)",
        ):
            assert ask(sidecar, database, sql).status == 200
        answer = ask(sidecar, database, "SELECT * FROM grows").json

    assert answer["columns"] == ["ID", "AT", "MORE"]
    assert answer["rows"] == [[1, STAMP, 9]]


def test_numbers_inside_json_follow_the_same_wish(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = "SELECT JSON('{\"a\":1.5}') AS j FROM dual"

    assert ask(sidecar, standin, sql).json["rows"] == [[{"a": 1.5}]]
    assert ask(sidecar, standin, sql, numbers="string").json["rows"] == [[{"a": "1.5"}]]


def test_a_lob_costs_no_round_trip_of_its_own(sidecar: Sidecar, database: FakeOracle) -> None:
    sql = (
        "SELECT config_id, TO_CLOB(config_key) AS k FROM app_config "
        "WHERE config_id <= 500 ORDER BY config_id"
    )

    answer = ask(sidecar, database, sql)

    assert answer.json["row_count"] == 500
    assert answer.json["column_types"] == ["NUMBER(10)", "CLOB"]
    counts = database.counts()
    assert counts.lob_reads == 0
    assert counts.fetches < 20


def test_a_lob_past_the_limit_is_named(database: FakeOracle) -> None:
    with Sidecar("--max-lob-bytes", "10") as sidecar:
        fits = ask(sidecar, database, "SELECT TO_CLOB('0123456789') AS c FROM dual")
        too_large = ask(sidecar, database, "SELECT TO_CLOB('0123456789é') AS c FROM dual")
        blob = ask(sidecar, database, "SELECT TO_BLOB(HEXTORAW(RPAD('0', 22, '0'))) b FROM dual")

    assert fits.json["rows"] == [["0123456789"]]
    assert (too_large.status, too_large.detail["full_code"]) == (400, "LOB_TOO_LARGE")
    assert too_large.detail["message"].startswith("column C holds a value of 12 bytes")
    assert (blob.status, blob.detail["full_code"]) == (400, "LOB_TOO_LARGE")


def test_a_document_arrives_however_long_and_up_to_the_limit(database: FakeOracle) -> None:
    text = "TO_CLOB('<a>')" + " || RPAD('x', 4000, 'x')" * 10 + " || '</a>'"
    document = f"XMLTYPE({text})"
    with Sidecar("--max-lob-bytes", "41000") as sidecar:
        by_itself = ask(sidecar, database, f"SELECT {document} AS x, 1 AS n FROM dual")
        wrapped = ask(sidecar, database, f"SELECT {document} AS x, SYSTIMESTAMP AS t FROM dual")
        inside = ask(sidecar, database, f"SELECT CURSOR(SELECT {document} x FROM dual) c FROM dual")
        document = document.replace("<a>", "<a>" + "y" * 1000)
        too_large = ask(sidecar, database, f"SELECT {document} AS x FROM dual")

    whole = "<a>" + "x" * 40_000 + "</a>"
    assert by_itself.json["rows"] == [[whole, 1]]
    assert wrapped.json["rows"][0][0] == whole
    assert inside.json["rows"] == [[[[whole]]]]
    assert (too_large.status, too_large.detail["full_code"]) == (400, "LOB_TOO_LARGE")
    assert too_large.detail["message"].startswith("column X holds a value of ")


@pytest.mark.parametrize("kind", [Kind.VARCHAR, Kind.CHAR, Kind.CLOB, Kind.LONG])
def test_bytes_that_are_no_text_are_an_error_that_names_the_column(
    sidecar: Sidecar, kind: Kind
) -> None:
    broken = b"caf\xe9".decode("utf-8", "surrogateescape")
    columns = [
        Column("FINE", ColumnType(Kind.VARCHAR, size=40, chars=10)),
        Column("TORN", ColumnType(kind, size=40, chars=10)),
    ]
    table = Table(columns, [("ok", broken)])
    with FakeOracle({"DEV": TinyEngine({"torn": table})}) as standin:
        answer = ask(sidecar, standin, "select * from torn")

    assert (answer.status, answer.detail["full_code"]) == (400, "BAD_CHARACTERS")
    assert "column TORN" in answer.detail["message"]


@pytest.mark.parametrize(
    "text",
    ["\u0001\u001f\u007f", "\u2028\u2029", '"\\/', "\U0001f600\U0010ffff", "a\u0000b", "\ufeff"],
    ids=["controls", "line separators", "quotes", "last planes", "NUL", "BOM"],
)
def test_a_text_of_any_plane_comes_back_as_it_was_bound(
    sidecar: Sidecar, standin: FakeOracle, text: str
) -> None:
    answer = ask(sidecar, standin, "SELECT :t AS t FROM dual", binds=[text])

    assert answer.json["rows"] == [[text]]


def test_a_lob_stays_one_however_many_other_statements_fetch_lobs(standin: FakeOracle) -> None:
    with Sidecar("--pool-max", "1", "--log-level", "warning") as own:
        hot = "SELECT TO_BLOB(HEXTORAW('00FF10')) AS b FROM dual"
        client = own.http()

        def run(sql: str) -> Any:
            body = json.dumps({"connection": connection(standin.dsn()), "sql": sql})
            client.request("POST", "/query", body, {"Content-Type": "application/json"})
            return json.loads(client.getresponse().read())

        answers = []
        for number in range(600):
            run(f"SELECT TO_BLOB(HEXTORAW('00')) AS b{number} FROM dual")
            if number % 10 == 0:
                answers.append(run(hot))
        client.close()

    assert {tuple(answer["column_types"]) for answer in answers} == {("BLOB",)}
    assert {answer["rows"][0][0] for answer in answers} == {"AP8Q"}


@pytest.mark.parametrize("numbers", ["auto", "string"])
@pytest.mark.parametrize("beside", ["1", "0.1234567890123456789"])
@pytest.mark.parametrize("value", [10**126, -(10**126)], ids=["positive", "negative"])
def test_an_infinite_number_is_an_error_that_names_its_column(
    sidecar: Sidecar, value: int, beside: str, numbers: str
) -> None:
    table = Table([Column("N", ColumnType(Kind.NUMBER))], [[Decimal(beside)], [value]])
    with FakeOracle({"DEV": TinyEngine({"odd": table})}) as database:
        answer = ask(sidecar, database, "select * from odd", numbers=numbers)

    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"] == "column N holds an infinite NUMBER"


@pytest.mark.parametrize("sign", ["-", ""], ids=["smallest", "largest"])
@pytest.mark.parametrize("digits", [6, 9])
def test_an_interval_of_any_length_is_carried(
    sidecar: Sidecar, standin: FakeOracle, sign: str, digits: int
) -> None:
    seconds = f"59.{'9' * digits}"
    literal = f"INTERVAL '{sign}999999999 23:59:{seconds}' DAY(9) TO SECOND({digits})"

    answer = ask(sidecar, standin, f"SELECT {literal} AS i FROM dual")

    assert answer.status == 200, answer.body
    assert answer.json["rows"] == [[f"{sign}P999999999DT23H59M{seconds}S"]]


@pytest.mark.parametrize(
    "name", ["LEVEL", "ROWID", "CONNECT_BY_ISLEAF", "OBJECT_ID", "VERSIONS_STARTTIME"]
)
def test_a_column_may_have_the_name_of_a_pseudocolumn(
    sidecar: Sidecar, database: FakeOracle, name: str
) -> None:
    sql = f'SELECT {AT} AS "{name}" FROM dual'

    assert ask(sidecar, database, sql).json["rows"] == [[STAMP]]

    # In the wrapper around it the name would mean the pseudocolumn.
    assert f'"{name}"' not in database.statements()[-1].replace(sql, "")


def test_moments_are_written_out_in_one_calendar(sidecar: Sidecar, database: FakeOracle) -> None:
    ask(sidecar, database, f"SELECT {AT} AS t FROM dual")

    assert "'NLS_CALENDAR=GREGORIAN')" in database.statements()[-1]
