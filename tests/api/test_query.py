"""/query and /query-dict: what comes back, in which form, and what is refused before it runs."""

from __future__ import annotations

import json
from decimal import Context, Decimal
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import Column, ColumnType, Kind
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import Answer, Sidecar, connection


@pytest.fixture(scope="module", name="standin")
def _standin() -> Any:
    with FakeOracle() as running:
        yield running


def ask(
    sidecar: Sidecar,
    standin: FakeOracle,
    sql: object,
    path: str = "/query",
    **more: Any,
) -> Answer:
    return sidecar.post(path, {"connection": connection(standin.dsn()), "sql": sql, **more})


def one_value(sidecar: Sidecar, standin: FakeOracle, expression: str, **more: Any) -> Any:
    answer = ask(sidecar, standin, f"SELECT {expression} AS v FROM dual", **more)
    assert answer.status == 200, answer.body
    return answer.json["rows"][0][0]


def test_the_answer_has_the_contract_s_keys_in_their_order(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    answer = ask(
        sidecar, standin, "SELECT config_id, config_key FROM app_config WHERE config_id = 1"
    )

    assert answer.status == 200
    assert list(answer.json) == [
        "columns",
        "rows",
        "row_count",
        "execution_time_ms",
        "truncated",
        "column_types",
    ]
    assert answer.json["columns"] == ["CONFIG_ID", "CONFIG_KEY"]
    assert answer.json["rows"][0][0] == 1
    assert answer.json["row_count"] == 1
    assert answer.json["truncated"] is False
    assert answer.json["column_types"] == ["NUMBER(10)", "VARCHAR2(120)"]
    assert answer.json["execution_time_ms"] > 0


def test_query_dict_gives_each_row_as_an_object(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = "SELECT config_id, enabled FROM app_config WHERE config_id IN (1, 2) ORDER BY 1"

    answer = ask(sidecar, standin, sql, "/query-dict")

    assert [row["CONFIG_ID"] for row in answer.json["rows"]] == [1, 2]
    assert list(answer.json["rows"][0]) == ["CONFIG_ID", "ENABLED"]


def test_names_that_repeat_are_kept_in_query_and_numbered_in_query_dict(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a FROM dual"

    assert ask(sidecar, standin, sql).json["columns"] == ["A", "A", "A_2", "A"]
    numbered = ask(sidecar, standin, sql, "/query-dict").json
    assert sorted(numbered["rows"][0].values()) == [1, 2, 3, 4]
    assert numbered["columns"] == list(numbered["rows"][0])
    assert len(set(numbered["columns"])) == 4


ROWS = "SELECT config_id FROM app_config WHERE config_id <= 1500 ORDER BY config_id"


@pytest.mark.parametrize(
    ("max_rows", "count", "truncated"),
    [
        (1, 1, True),
        (99, 99, True),
        (100, 100, True),
        (101, 101, True),
        (1499, 1499, True),
        (1500, 1500, False),
        (1501, 1500, False),
        (10**18, 1500, False),
        (0, 1500, False),
        (None, 1500, False),
    ],
)
def test_max_rows_limits_and_says_whether_there_were_more(
    sidecar: Sidecar, standin: FakeOracle, max_rows: int | None, count: int, truncated: bool
) -> None:
    answer = ask(sidecar, standin, ROWS, max_rows=max_rows).json

    assert [row[0] for row in answer["rows"]] == list(range(1, count + 1))
    assert (answer["row_count"], answer["truncated"]) == (count, truncated)


def test_without_max_rows_a_thousand_come(sidecar: Sidecar, standin: FakeOracle) -> None:
    answer = ask(sidecar, standin, ROWS).json

    assert (answer["row_count"], answer["truncated"]) == (1000, True)


def test_an_answer_without_rows_has_its_columns(sidecar: Sidecar, standin: FakeOracle) -> None:
    for path in ("/query", "/query-dict"):
        answer = ask(sidecar, standin, "SELECT 1 AS a FROM dual WHERE 1 = 0", path).json

        assert (answer["columns"], answer["rows"], answer["row_count"]) == (["A"], [], 0)


# expression, JSON value, column type
VALUES = [
    ("NULL", None, None),
    ("0", 0, "NUMBER"),
    ("0.1", 0.1, "NUMBER"),
    ("-12.50", -12.5, "NUMBER"),
    ("123456789012345", 123456789012345, "NUMBER"),
    ("9007199254740993", "9007199254740993", "NUMBER"),
    ("9007199254740992", 9007199254740992, "NUMBER"),
    ("0.1234567890123456", 0.1234567890123456, "NUMBER"),
    ("0.12345678901234567", "0.12345678901234567", "NUMBER"),
    ("1/3", "0." + "3" * 40, "NUMBER"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678", "NUMBER"),
    ("CAST(1.25 AS NUMBER(12,2))", 1.25, "NUMBER(12,2)"),
    ("CAST(7 AS NUMBER(10))", 7, "NUMBER(10)"),
    ("'it''s \"quoted\" \\ /'", 'it\'s "quoted" \\ /', None),
    ("'ünïcödé 漢字 😀'", "ünïcödé 漢字 😀", None),
    ("CAST('ab' AS CHAR(5))", "ab   ", "CHAR(5)"),
    ("CAST('ab' AS VARCHAR2(40))", "ab", "VARCHAR2(40)"),
    ("CAST('é' AS NVARCHAR2(10))", "é", "NVARCHAR2(10)"),
    ("DATE '2026-01-28'", "2026-01-28T00:00:00", "DATE"),
    ("TO_DATE('2026-01-28 10:38:36', 'YYYY-MM-DD HH24:MI:SS')", "2026-01-28T10:38:36", "DATE"),
    ("DATE '0001-01-01'", "0001-01-01T00:00:00", "DATE"),
    ("CAST(TIMESTAMP '2026-01-28 10:38:36' AS TIMESTAMP(0))", "2026-01-28T10:38:36", None),
    ("TIMESTAMP '2026-01-28 10:38:36.500000'", "2026-01-28T10:38:36.5", None),
    (
        "CAST(TIMESTAMP '2026-01-28 10:38:36.123456' AS TIMESTAMP(6))",
        "2026-01-28T10:38:36.123456",
        "TIMESTAMP(6)",
    ),
    ("HEXTORAW('00FFab')", "00FFAB", None),
    ("BINARY_DOUBLE_NAN", "NaN", "BINARY_DOUBLE"),
    ("BINARY_DOUBLE_INFINITY", "Infinity", "BINARY_DOUBLE"),
    ("-BINARY_DOUBLE_INFINITY", "-Infinity", "BINARY_DOUBLE"),
    ("TO_BINARY_DOUBLE('0.1')", 0.1, "BINARY_DOUBLE"),
    ("TO_BINARY_FLOAT('0.5')", 0.5, "BINARY_FLOAT"),
]


@pytest.mark.parametrize(("expression", "value", "kind"), VALUES, ids=[v[0] for v in VALUES])
def test_a_value_arrives_unchanged(
    sidecar: Sidecar,
    any_database: dict[str, object],
    expression: str,
    value: object,
    kind: str | None,
) -> None:
    body = {"connection": any_database, "sql": f"SELECT {expression} AS v FROM dual"}
    answer = sidecar.post("/query", body)

    assert answer.status == 200, answer.body
    found = answer.json["rows"][0][0]
    assert (found, type(found)) == (value, type(value))
    if kind is not None:
        assert answer.json["column_types"] == [kind]


@pytest.mark.parametrize("number", ["0", "0.1", "1/3", "9007199254740993"])
def test_numbers_come_as_strings_where_that_is_asked_for(
    sidecar: Sidecar, standin: FakeOracle, number: str
) -> None:
    assert isinstance(one_value(sidecar, standin, number, numbers="string"), str)


BIND_VALUES: list[tuple[object, str]] = [
    (1, "1"),
    (0.1, "0.1"),
    (-5, "-5"),
    ("text", "text"),
    ("漢字", "漢字"),
    ({"$date": "2026-01-28T10:38:36"}, "2026-01-28T10:38:36"),
    ({"$date": "2026-01-28"}, "2026-01-28T00:00:00"),
]


@pytest.mark.parametrize(("value", "seen"), BIND_VALUES, ids=[str(v[1]) for v in BIND_VALUES])
@pytest.mark.parametrize("by_name", [True, False], ids=["by name", "by position"])
def test_a_bind_comes_back_as_it_was_sent(
    sidecar: Sidecar, any_database: dict[str, object], value: object, seen: str, by_name: bool
) -> None:
    binds = {"v": value} if by_name else [value]
    body = {"connection": any_database, "sql": "SELECT :v AS v FROM dual", "binds": binds}

    answer = sidecar.post("/query", body)

    assert answer.status == 200, answer.body
    assert str(answer.json["rows"][0][0]) == seen


def test_a_number_is_bound_with_all_its_digits(sidecar: Sidecar, standin: FakeOracle) -> None:
    digits = "12345678901234567890.123456789"
    body = (
        f'{{"connection": {json.dumps(connection(standin.dsn()))},'
        f' "sql": "SELECT :v AS v FROM dual", "binds": [{digits}]}}'
    )

    answer = sidecar.request("POST", "/query", body.encode(), {"Content-Type": "application/json"})

    assert answer.json["rows"] == [[digits]]


NUMBERS = [
    *("1e125", "-1e125", "1e-130", "0", "0.0", "0e999999"),
    *("1e126", "-1e126", "1e-131", "1e999999999"),
    *("9" * 40, "9" * 41, "1" + "0" * 125, "1" + "0" * 126, "1" * 4000),
    *(f"1{'2' * n}.{'3' * (size - n - 1)}4" for size in range(37, 41) for n in (0, 1, 9, 18)),
    *(f"0.{'0' * zeros}1{'2' * 37}{last}" for zeros in (0, 1, 80, 81) for last in ("34", "3", "")),
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:50])
def test_a_number_is_bound_whole_or_not_at_all(
    sidecar: Sidecar, standin: FakeOracle, number: str
) -> None:
    body = (
        f'{{"connection": {json.dumps(connection(standin.dsn()))},'
        f' "sql": "SELECT :v AS v FROM dual", "numbers": "string", "binds": {{"v": {number}}}}}'
    )

    answer = sidecar.request("POST", "/query", body.encode(), {"Content-Type": "application/json"})

    if answer.status == 200:
        assert Decimal(answer.json["rows"][0][0]) == Decimal(number)
    else:
        assert (answer.status, answer.detail["full_code"]) == (422, "BAD_FIELD")
        assert not held_by_oracle(Decimal(number))


def test_a_number_of_thousands_of_digits_is_told_in_our_words(sidecar: Sidecar) -> None:
    body = f'{{"binds": [{"1" * 5000}]}}'.encode()

    answer = sidecar.request("POST", "/query", body, {"Content-Type": "application/json"})

    assert (answer.status, answer.detail["full_code"]) == (400, "BAD_JSON")
    assert answer.detail["message"] == "the body holds a whole number of thousands of digits"


def held_by_oracle(number: Decimal) -> bool:
    """Whether it is the sum of 20 digits of base 100, the first of them not 0."""
    if number and not -130 <= number.adjusted() <= 125:
        return False
    pairs = number.scaleb(-2 * (number.adjusted() // 2 - 19), Context(prec=200))
    return pairs == pairs.to_integral_value(context=Context(prec=200))


@pytest.mark.parametrize(
    "connect_string",
    [
        "{dsn}?wallet_location=/home/me@work/wallet",
        "tcp://{dsn}?expire_time=2&ssl_server_cert_dn=CN=db@example.com",
    ],
)
def test_an_at_in_an_option_is_no_credential(
    sidecar: Sidecar, standin: FakeOracle, connect_string: str
) -> None:
    conn = connection(connect_string.format(dsn=standin.dsn()))

    answer = sidecar.post("/query", {"connection": conn, "sql": "SELECT 1 FROM dual"})

    assert answer.status == 200, answer.body


def test_a_password_may_be_blank_and_a_user_s_name_odd(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    for conn in (connection(standin.dsn(), password="  "), connection(standin.dsn(), '"a/b"')):
        answer = sidecar.post("/query", {"connection": conn, "sql": "SELECT 1 FROM dual"})

        assert answer.detail["full_code"] == "ORA-01017"


def test_a_name_of_a_bind_is_one_in_any_case(sidecar: Sidecar, standin: FakeOracle) -> None:
    answer = ask(sidecar, standin, "SELECT :x AS v FROM dual", binds={"x": 1, "X": 2})

    assert (answer.status, answer.detail["full_code"]) == (422, "BAD_FIELD")
    assert answer.detail["message"].startswith("binds.X is there twice")


@pytest.mark.parametrize(
    ("binds", "code"),
    [
        ({"b": 1}, "ORA-01036"),
        ({"a": 1, "b": 1}, "ORA-01036"),
        ({}, "ORA-01008"),
        ([], "ORA-01008"),
        ([1, 2], "ORA-01036"),
        (None, "ORA-01008"),
    ],
    ids=["wrong name", "one too many by name", "no names", "none", "two", "null"],
)
def test_wrong_binds_are_400_with_the_ora_code(
    sidecar: Sidecar, standin: FakeOracle, binds: object, code: str
) -> None:
    answer = ask(sidecar, standin, "SELECT :a AS v FROM dual", binds=binds)

    assert (answer.status, answer.detail["full_code"]) == (400, code)
    assert ask(sidecar, standin, "SELECT :a AS v FROM dual", binds=[3]).json["rows"] == [[3]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM dual;",
        "SELECT 1 FROM dual ; -- done",
        "/* first */ SELECT 1 FROM dual; /* last */",
        "(SELECT 1 FROM dual)",
        "WITH q AS (SELECT 1 FROM dual) SELECT * FROM q",
        "select q'[;]' from dual",
        "\ufeff\u00a0SELECT 1 FROM dual\u200b\r\n/\r\n",
    ],
)
def test_a_query_runs_with_comments_and_a_trailing_semicolon(
    sidecar: Sidecar, standin: FakeOracle, sql: str
) -> None:
    answer = ask(sidecar, standin, sql)

    assert answer.status == 200, answer.body
    assert answer.json["row_count"] == 1


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("INSERT INTO employees VALUES (1)", 403, "READ_ONLY"),
        ("UPDATE app_config SET enabled = 'N'", 403, "READ_ONLY"),
        ("DELETE FROM app_config", 403, "READ_ONLY"),
        ("MERGE INTO t USING u ON (1=1)", 403, "READ_ONLY"),
        ("DROP TABLE app_config", 403, "READ_ONLY"),
        ("TRUNCATE TABLE app_config", 403, "READ_ONLY"),
        ("BEGIN NULL; END;", 403, "READ_ONLY"),
        ("CALL p()", 403, "READ_ONLY"),
        ("ALTER SESSION SET x = 1", 403, "READ_ONLY"),
        ("COMMIT", 403, "READ_ONLY"),
        ("EXPLAIN PLAN FOR SELECT 1 FROM dual", 403, "READ_ONLY"),
        ("WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual", 403, None),
        ("SELECT * FROM app_config FOR UPDATE", 403, "READ_ONLY"),
        ("nonsense", 403, "READ_ONLY"),
        ("SELECT app_seq.NEXTVAL FROM dual", 403, "READ_ONLY"),
        ("SELECT * FROM EXTERNAL ((a NUMBER) LOCATION ('x.csv'))", 403, "READ_ONLY"),
        ("WITH q AS (SELECT 1 FROM dual) DELETE FROM app_config", 403, "READ_ONLY"),
        ("\u017fELECT 1 FROM dual", 403, "READ_ONLY"),
        ("SELECT 1 --\r FROM dual", 400, "ODD_CHARACTER"),
        ("SELECT 1 FROM dual; DELETE FROM app_config", 400, "MULTIPLE_STATEMENTS"),
        ("-- only a comment", 400, "NO_STATEMENT"),
        (";", 400, "NO_STATEMENT"),
        ("SELECT 1 FROM dual WHERE", 400, "ORA-00936"),
        ("SELECT * FROM no_such_table", 400, "ORA-00942"),
        ("SELECT no_such_column FROM app_config", 400, "ORA-00904"),
        ("SELECT 'open FROM dual", 400, "ORA-01756"),
        ("SELECT 1/0 FROM dual", 400, "ORA-01476"),
        ("SELECT TO_NUMBER('x') FROM dual", 400, "ORA-01722"),
    ],
)
def test_what_does_not_run_says_why_and_nothing_reaches_the_data(
    sidecar: Sidecar, standin: FakeOracle, sql: str, status: int, code: str | None
) -> None:
    before = standin.counts()

    answer = ask(sidecar, standin, sql)

    assert answer.status == status, answer.body
    if code is not None:
        assert answer.detail["full_code"] == code
    after = standin.counts()
    assert after.commits == before.commits
    if status == 403:
        assert after.statements == before.statements
    assert ask(sidecar, standin, "SELECT 1 FROM dual").status == 200


def test_a_statement_of_a_mebibyte_is_answered(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = "SELECT 1 FROM dual /* " + "x" * 2**20 + " */"

    assert ask(sidecar, standin, sql).json["rows"] == [[1]]


def test_a_thousand_columns_are_answered(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = "SELECT " + ", ".join(f"{i} AS c{i}" for i in range(1000)) + " FROM dual"

    assert ask(sidecar, standin, sql).json["rows"] == [list(range(1000))]


def in_connection(**fields: object) -> dict[str, object]:
    """What a request has beside its statement: a connection with these fields in it."""
    return {"connection": {"connect_string": "h/s", "username": "u", "password": "p", **fields}}


BAD_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"connection": None}, "connection must be an object"),
    ({"connection": "x"}, "connection must be an object"),
    ({"connection": {}}, "connection.connect_string must be a string"),
    (
        {"connection": {"connect_string": "h/s", "username": 1}},
        "connection.username must be a string",
    ),
    (
        {"connection": {"connect_string": "h/s", "username": "u", "password": 7}},
        "connection.password must be a string",
    ),
    (
        {"connection": {"connect_string": "", "username": "u", "password": "p"}},
        "connection.connect_string must not be empty",
    ),
    (
        {"connection": {"connect_string": "h/s", "username": " ", "password": "p"}},
        "connection.username must not be empty",
    ),
    (
        {"connection": {"connect_string": "h/s", "username": "u", "password": ""}},
        "connection.password must not be empty",
    ),
    (
        {"connection": {"connect_string": "u/p@h/s", "username": "u", "password": "p"}},
        "connection.connect_string must not hold credentials",
    ),
    *(
        (
            in_connection(connect_string=held),
            "connection.connect_string must not hold credentials",
        )
        for held in (
            "u/p(x@h/s",
            "u/p?x@h/s",
            "u@h/s",
            "u/p@x@(DESCRIPTION=(ADDRESS=(HOST=h)))",
            "(DESCRIPTION=(SECURITY=(PASSWORD = x)))",
            "h/s?wallet_password=x",
            "u/p?x=1@h/s",
            "jdbc:oracle:thin:u/p@h/s",
            "tcps://h/s?https_proxy=u:p@proxy&https_proxy_port=3128",
            "(DESCRIPTION=(ADDRESS=(HOST=h)(HTTPS_PROXY=u:p@proxy)))",
            "(DESCRIPTION=(ADDRESS=(HOST=u:p@h)))",
        )
    ),
    *(
        (
            in_connection(username=held),
            "connection.username must not hold a / and a password behind it",
        )
        for held in ("u/p", "u/p@h", '"u"/p', "proxy[u]/p")
    ),
    (
        {"connection": {"connect_string": "h/s", "username": "u", "password": "p", "mode": "X"}},
        "connection.mode must be one of SYSDBA",
    ),
    (
        {"connection": {"connect_string": "h/s", "username": "u", "password": "p", "name": 1}},
        "connection.name must be a string",
    ),
    (in_connection(connect_string="jdbc:oracle:thin:@ "), "connection.connect_string must not be"),
    (
        in_connection(connect_string="h/" + "s" * 32 * 1024),
        "connection.connect_string must not be longer than 32768 bytes",
    ),
    (
        in_connection(username="\u00e9" * 1025),
        "connection.username must not be longer than 1024 characters",
    ),
    (
        in_connection(password="p" * 1025),
        "connection.password must not be longer than 1024 characters",
    ),
    (
        in_connection(wallet_password="p" * 1025),
        "connection.wallet_password must not be longer than 1024 characters",
    ),
    ({"sql": "\u00e9" * (2**20 + 1)}, "sql must not be longer than 2097152 bytes"),
    ({"sql": None}, "sql must be a string"),
    ({"sql": 1}, "sql must be a string"),
    ({"sql": ""}, "sql must not be empty"),
    ({"sql": "  \n"}, "sql must not be empty"),
    ({"sql": "SELECT '\ud800' FROM dual"}, "sql must not hold half of a surrogate pair"),
    ({"max_rows": -1}, "max_rows must be a whole number"),
    ({"max_rows": 1.5}, "max_rows must be a whole number"),
    ({"max_rows": "10"}, "max_rows must be a whole number"),
    ({"max_rows": True}, "max_rows must be a whole number"),
    ({"timeout_ms": 0}, "timeout_ms must be a whole number"),
    ({"timeout_ms": "1"}, "timeout_ms must be a whole number"),
    ({"progress_ms": -1}, "progress_ms must be a whole number"),
    ({"progress_ms": "100"}, "progress_ms must be a whole number"),
    ({"progress_ms": True}, "progress_ms must be a whole number"),
    ({"progress_ms": 86_400_001}, "progress_ms must be a whole number"),
    ({"numbers": "float"}, "numbers must be"),
    ({"query_id": 7}, "query_id must be a string"),
    ({"binds": "x"}, "binds must be an array or an object"),
    ({"binds": [[1]]}, "binds[0] must be null, a string"),
    ({"binds": {"a": {"$date": "yesterday"}}}, "binds.a.$date must be a date"),
    ({"binds": {"a": {"$base64": "?"}}}, "binds.a.$base64 must be base64"),
]


@pytest.mark.parametrize(("change", "message"), BAD_FIELDS, ids=[m for _, m in BAD_FIELDS])
def test_a_bad_field_is_named(
    sidecar: Sidecar, standin: FakeOracle, change: dict[str, object], message: str
) -> None:
    body = {"connection": connection(standin.dsn()), "sql": "SELECT 1 FROM dual", **change}

    for path in ("/query", "/query-dict"):
        answer = sidecar.post(path, body)
        assert answer.status == 422
        assert answer.detail["full_code"] == "BAD_FIELD"
        assert answer.detail["message"].startswith(message)
    batch = sidecar.post("/query-batch", {"queries": [body]})
    assert (batch.status, batch.detail["full_code"]) == (422, "BAD_FIELD")
    assert batch.detail["message"].startswith(f"queries[0].{message}")


def test_unknown_keys_are_ignored(sidecar: Sidecar, standin: FakeOracle) -> None:
    assert ask(sidecar, standin, "SELECT 1 FROM dual", colour="blue").status == 200


def test_a_type_that_cannot_be_carried_names_its_column(sidecar: Sidecar) -> None:
    table = Table([Column("PICTURE", ColumnType(Kind.BFILE))], [(None,)])
    with FakeOracle({"DEV": TinyEngine({"files": table})}) as standin:
        answer = ask(sidecar, standin, "select * from files")

    assert (answer.status, answer.detail["full_code"]) == (400, "UNSUPPORTED_TYPE")
    assert answer.detail["message"] == "column PICTURE is of type BFILE, which cannot be carried"


def test_ndjson_of_query_dict_has_an_object_a_line(sidecar: Sidecar, standin: FakeOracle) -> None:
    body = {
        "connection": connection(standin.dsn()),
        "sql": "SELECT 1 AS n, 2 AS n, 'x' AS t FROM dual",
    }

    answer = sidecar.post("/query-dict", body, {"Accept": "application/x-ndjson"})

    first, row, last = (json.loads(line) for line in answer.body.splitlines())
    assert first["columns"] == ["N", "N_2", "T"]
    assert row == {"N": 1, "N_2": 2, "T": "x"}
    assert last["row_count"] == 1


@pytest.mark.parametrize(
    ("accept", "is_ndjson"),
    [
        ("application/x-ndjson", True),
        ("Application/X-NDJSON; q=0.5, text/html", True),
        ("application/json;q=0.4, application/x-ndjson;q=0.5", True),
        ("*/*, application/x-ndjson", True),
        ("application/x-ndjson;q=0", False),
        ("application/x-ndjson;q=0.000, */*", False),
        ("application/x-ndjson;q=0.5, application/json", False),
        ("application/x-ndjsonl", False),
        ("*/*", False),
    ],
)
def test_ndjson_comes_where_it_is_asked_for_by_name(
    sidecar: Sidecar, standin: FakeOracle, accept: str, is_ndjson: bool
) -> None:
    body = {"connection": connection(standin.dsn()), "sql": "SELECT 1 FROM dual"}

    answer = sidecar.post("/query", body, {"Accept": accept})

    expected = "application/x-ndjson; charset=utf-8" if is_ndjson else "application/json"
    assert answer.headers["content-type"].startswith(expected)


def test_dev_and_uat_differ_in_some_rows_only(sidecar: Sidecar, standin: FakeOracle) -> None:
    sql = "SELECT config_key, config_value FROM app_config ORDER BY config_key"
    dev, uat = (
        dict(
            sidecar.post(
                "/query",
                {"connection": connection(standin.dsn(service)), "sql": sql, "max_rows": None},
            ).json["rows"]
        )
        for service in ("DEV", "UAT")
    )

    assert len(dev) > 2000
    changed = [key for key in dev.keys() & uat.keys() if dev[key] != uat[key]]
    assert 0 < len(changed) < len(dev) / 10
    assert dev.keys() - uat.keys()
    assert uat.keys() - dev.keys()


def test_a_table_that_was_made_anew_is_read_as_it_is_now(database: FakeOracle) -> None:
    conn = connection(database.dsn())
    with Sidecar("--allow-write", "--pool-max", "1") as sidecar:

        def run(sql: str) -> Any:
            answer = sidecar.post("/query", {"connection": conn, "sql": sql})
            assert answer.status == 200, answer.body
            return answer.json

        for declared, value, in_json in (
            ("NUMBER(5)", "5", 5),
            ("VARCHAR2(7)", "'5'", "5"),
            ("BINARY_DOUBLE", "0.5", 0.5),
            ("CLOB", "'long'", "long"),
            ("NUMBER(3)", "7", 7),
            ("BLOB", "HEXTORAW('00FF')", "AP8="),
            ("CLOB", "'long'", "long"),
            ("TIMESTAMP(9)", "TIMESTAMP '2026-01-28 10:38:36.5'", "2026-01-28T10:38:36.5"),
        ):
            run(f"CREATE TABLE changing (v {declared})")
            run(f"INSERT INTO changing VALUES ({value})")
            for _ in range(2):
                answer = run("SELECT v FROM changing")
                assert answer["rows"] == [[in_json]]
                assert answer["column_types"] == [declared]
            run("DROP TABLE changing")

    assert database.counts().logins == 1
