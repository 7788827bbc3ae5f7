"""The tables of `/compare`'s contract: each key of a request refused by its name, each error met.

What test_comparing.py and test_ending.py show of them is not shown again.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.errors import CATALOGUE
from tests.compare.asking import NDJSON, ask, body, refused, stream, told
from tests.fake_oracle import FakeOracle
from tests.harness import ROOT, Sidecar

CONFIG = "SELECT config_id, num_value FROM app_config"
KEYED: dict[str, Any] = {"sql": CONFIG, "key": ["CONFIG_ID"]}
# More rows than a first batch has.
NUMBERS = "SELECT LEVEL AS id FROM dual CONNECT BY LEVEL <= 9000"
OWN_ERRORS = (
    *("NOT_ORDERED", "DUPLICATE_KEY", "NO_KEY", "NO_SUCH_COLUMN", "REPEATED_COLUMN"),
    *("NOTHING_TO_COMPARE", "KEY_TYPE", "POOL_TOO_SMALL"),
)

# The keys of a request.

BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"left": None}, "left must be an object"),
    ({"right": []}, "right must be an object"),
    ({"left": {}}, "left.connection must be an object"),
    ({"right": {"connection": "DEV"}}, "right.connection must be an object"),
    ({"sql": None}, "left must have a table or sql"),
    ({"sql": 1}, "sql must be a string"),
    ({"sql": " "}, "sql must not be empty"),
    ({"sql": None, "table": 1}, "table must be a string"),
    ({"sql": None, "table": "a.b.c"}, "table must be a table's name"),
    ({"sql": None, "table": '"open'}, "table must be a table's name"),
    ({"sql": None, "table": "app_config@link"}, "table must be a table's name"),
    ({"sql": None, "table": "app_config", "where": 1}, "where must be a string"),
    ({"sql": None, "table": "app_config", "order": "given"}, "order must be by_key"),
    ({"binds": "x"}, "binds must be an array or an object"),
    ({"binds": {"a": {"$date": "soon"}}}, "binds.a.$date must be a date"),
    ({"key": "CONFIG_ID"}, "key must be an array"),
    ({"key": [f"C{number}" for number in range(33)]}, "key must be an array of at most 32"),
    ({"key": [""]}, "key[0] must not be empty"),
    ({"ignore": "NUM_VALUE"}, "ignore must be an array"),
    ({"ignore": [None]}, "ignore[0] must be a string"),
    ({"ignore": ["A"] * 1001}, "ignore must be an array of at most 1000"),
    ({"show": {}}, "show must be an array"),
    ({"show": ["A", 1]}, "show[1] must be a string"),
    ({"show": ["A"] * 1001}, "show must be an array of at most 1000"),
    ({"rows": None}, 'rows must be "changed" or "whole"'),
    ({"order": []}, 'order must be "by_key" or "given"'),
    ({"max_differences": -1}, "max_differences must be a whole number"),
    ({"max_differences": True}, "max_differences must be a whole number"),
    ({"max_differences": 1.5}, "max_differences must be a whole number"),
    ({"max_differences": "all"}, "max_differences must be a whole number"),
    ({"max_differences": None, "stop_at_max": True}, "stop_at_max must be false"),
    ({"stop_at_max": "yes"}, "stop_at_max must be true or false"),
    ({"summary": 1}, "summary must be true or false"),
    ({"sql": "x" * (2 * 1024 * 1024 + 1)}, "sql must not be longer than 2097152 bytes"),
    (
        {"sql": None, "table": "A", "where": "x" * (2 * 1024 * 1024 + 1)},
        "where must not be longer than 2097152 bytes",
    ),
    ({"progress_ms": "1"}, "progress_ms must be a whole number"),
    ({"progress_ms": 86_400_001}, "progress_ms must be a whole number"),
    ({"timeout_ms": 0}, "timeout_ms must be a whole number"),
    ({"timeout_ms": 86_400_001}, "timeout_ms must be a whole number"),
    ({"query_id": 7}, "query_id must be a string"),
    ({"numbers": "digits"}, 'numbers must be "auto" or "string"'),
]


@pytest.mark.parametrize(("bad", "words"), BAD_FIELDS, ids=lambda value: str(value)[:40])
def test_a_bad_field_is_refused_by_its_name(
    sidecar: Sidecar, database: FakeOracle, bad: dict[str, Any], words: str
) -> None:
    asked = {**body(database, **KEYED), **bad}

    detail = refused(sidecar.post("/compare", asked), 422, "BAD_FIELD")

    assert detail["message"].startswith(words)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"table": "A", "sql": CONFIG}, "right.table and right.sql exclude each other"),
        ({"table": "a b"}, "right.table must be a table's name"),
        ({"sql": 1}, "right.sql must be a string"),
        ({"where": "1 = 1"}, "right.where goes with a table"),
        ({"table": "app_config", "where": {}}, "right.where must be a string"),
        ({"binds": 1}, "right.binds must be an array or an object"),
        ({"max_rows": None}, "right.max_rows must not be given"),
    ],
    ids=str,
)
def test_a_bad_field_of_a_side_is_refused_by_its_name(
    sidecar: Sidecar, database: FakeOracle, bad: dict[str, Any], words: str
) -> None:
    detail = refused(ask(sidecar, database, **KEYED, right=bad), 422, "BAD_FIELD")

    assert detail["message"].startswith(words)


@pytest.mark.parametrize(
    "where", ["1 = 1) OR (1 = 1", "(1 = 1", "'", '"', "1 = 1 /*", "1 = 1;", "q'[a"]
)
def test_a_condition_that_does_not_close_is_refused_before_it_is_sent(
    sidecar: Sidecar, database: FakeOracle, where: str
) -> None:
    answer = ask(sidecar, database, table="app_config", where=where)

    assert refused(answer, 400, "ORA-00907")["message"].startswith("where is not one condition")
    assert database.counts().logins == 0


def test_what_a_side_does_not_say_is_taken_from_beside_it(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    own = "SELECT config_id, num_value AS v FROM app_config WHERE config_id < :a"
    other = {"sql": own.replace(":a", ":b"), "binds": {"b": 10}}

    head = stream(sidecar, database, sql=own, binds={"a": 10}, key=["CONFIG_ID"], right=other).head

    assert ":a" in head["left_sql"]
    assert ":b" in head["right_sql"]


def test_names_are_taken_as_they_are_spelt_and_else_in_capitals(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = 'SELECT 1 AS id, 2 AS "id", 3 AS v, 4 AS "Mixed" FROM dual'

    head = stream(sidecar, database, sql=sql, key=["id"], ignore=["v", "Mixed"]).head

    assert (head["key"], head["ignored"]) == (["id"], ["V", "Mixed"])


# The errors.


@pytest.mark.parametrize("code", OWN_ERRORS)
def test_an_error_of_comparing_has_its_status_a_hint_and_a_test(code: str) -> None:
    entry = CATALOGUE[code]
    assert (entry.status, entry.retryable) == (400, False)
    assert entry.hint is not None
    tests = [file.read_text(encoding="utf-8") for file in (ROOT / "tests/compare").glob("test_*")]
    assert any(f'400, "{code}"' in text for text in tests)


@pytest.mark.parametrize(
    ("instead", "code"), [("8899", "DUPLICATE_KEY"), ("5000", "NOT_ORDERED")], ids=str
)
def test_a_bad_key_behind_the_head_is_an_error_line(
    sidecar: Sidecar, database: FakeOracle, instead: str, code: str
) -> None:
    # A side does not read as far as this before its first rows have been merged.
    late = f"SELECT CASE id WHEN 8900 THEN {instead} ELSE id END AS id FROM ({NUMBERS}) ORDER BY "
    asked = body(database, left={"sql": NUMBERS}, right={"sql": f"{late} ROWNUM"}, key=["ID"])

    answer = sidecar.post("/compare", {**asked, "order": "given"}, NDJSON)

    assert answer.status == 200, answer.body
    error = told(answer.body).end["error"]
    assert (error["full_code"], error["side"]) == (code, "right")
    assert instead in error["message"]
    assert error["stopped"] == {"left": True, "right": True}
    assert b'"same"' not in answer.body


def test_a_row_that_is_its_own_key_must_not_come_before_a_smaller_one(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    falling = "SELECT 2 AS v FROM dual UNION ALL SELECT 1 FROM dual"

    answer = ask(sidecar, database, sql=falling, key="row", order="given")

    assert "column V: 1 comes behind 2" in refused(answer, 400, "NOT_ORDERED")["message"]


def test_two_rows_without_a_key_value_have_one_key(sidecar: Sidecar, database: FakeOracle) -> None:
    nothing = "SELECT CAST(NULL AS NUMBER) AS id FROM dual"

    answer = ask(sidecar, database, sql=f"{nothing} UNION ALL {nothing}", key=["ID"])

    assert "ID = NULL" in refused(answer, 400, "DUPLICATE_KEY")["message"]


def test_a_name_in_ignore_must_be_one_of_a_side(sidecar: Sidecar, database: FakeOracle) -> None:
    detail = refused(ask(sidecar, database, **KEYED, ignore=["NOPE"]), 400, "NO_SUCH_COLUMN")

    assert "ignore names NOPE" in detail["message"]
    assert "side" not in detail


def test_a_key_that_one_side_lacks_is_said_of_that_side(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    other = {"sql": "SELECT num_value FROM app_config"}

    detail = refused(ask(sidecar, database, **KEYED, right=other), 400, "NO_SUCH_COLUMN")

    assert detail["side"] == "right"
    assert detail["message"].startswith("UAT: key names CONFIG_ID")


def test_a_name_that_a_side_has_twice_is_said_of_that_side(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    twice = {"sql": "SELECT config_id, num_value, num_value FROM app_config"}

    detail = refused(ask(sidecar, database, **KEYED, right=twice), 400, "REPEATED_COLUMN")

    assert (detail["side"], "NUM_VALUE" in detail["message"]) == ("right", True)


@pytest.mark.parametrize(
    ("left", "right", "types"),
    [
        ("1", "'1'", ("NUMBER", "CHAR(1)")),
        ("CAST('a' AS CHAR(3))", "CAST('a' AS VARCHAR2(3))", ("CHAR(3)", "VARCHAR2(3)")),
        ("1.5d", "1.5d", ("BINARY_DOUBLE", "BINARY_DOUBLE")),
        ("SYSTIMESTAMP", "SYSTIMESTAMP", ("TIMESTAMP(6) WITH TIME ZONE",) * 2),
        ("DATE '2026-01-28'", "'2026-01-28'", ("DATE", "CHAR(10)")),
    ],
)
def test_a_key_of_other_types_is_refused_with_both(
    sidecar: Sidecar, database: FakeOracle, left: str, right: str, types: tuple[str, str]
) -> None:
    sides = {
        side: {"sql": f"SELECT {value} AS k, 1 AS v FROM dual"}
        for side, value in (("left", left), ("right", right))
    }

    message = refused(ask(sidecar, database, **sides, key=["K"]), 400, "KEY_TYPE")["message"]

    assert f"it is {types[0]} on the left and {types[1]} on the right" in message


def test_a_row_with_a_column_that_is_no_key_is_refused_until_that_is_ignored(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = "SELECT 1 AS id, 1.5d AS ratio FROM dual"

    refused(ask(sidecar, database, sql=sql, key="row"), 400, "KEY_TYPE")

    assert stream(sidecar, database, sql=sql, key="row", ignore=["RATIO"]).end["same"] is True


def test_columns_of_one_name_and_two_families_leave_nothing_to_compare(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sides = {"left": {"sql": "SELECT 1 AS v FROM dual"}, "right": {"sql": "SELECT 'a' v FROM dual"}}

    refused(ask(sidecar, database, **sides, key="row"), 400, "NOTHING_TO_COMPARE")


@pytest.fixture
def with_dictionary(sidecar: Sidecar, database: FakeOracle) -> None:
    views = "all_tab_cols, all_synonyms, all_cons_columns, all_ind_columns"
    connection = body(database)["left"]["connection"]
    asked = {"connection": connection, "sql": f"SELECT 1 FROM {views} WHERE 1 = 0"}
    if sidecar.post("/query", asked).status != 200:
        pytest.skip(f"the stand-in lacks one of {views}")


@pytest.mark.usefixtures("with_dictionary")
def test_a_view_has_no_key_unless_it_is_given(sidecar: Sidecar, database: FakeOracle) -> None:
    detail = refused(ask(sidecar, database, table="v$version"), 400, "NO_KEY")

    assert "the left has none, the right none" in detail["message"]
    assert "side" not in detail
    assert ask(sidecar, database, table="v$version", key=["BANNER"]).json["same"] is True


@pytest.mark.usefixtures("with_dictionary")
def test_tables_that_have_no_key_in_common_say_which_each_has(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sides = {"left": {"table": "app_config"}, "right": {"table": "employees"}}

    message = refused(ask(sidecar, database, **sides), 400, "NO_KEY")["message"]

    left, _, right = message.partition("the right")
    assert "(CONFIG_ID)" in left
    assert "(CONFIG_KEY)" in left
    assert "(EMPLOYEE_ID)" in right


@pytest.mark.usefixtures("with_dictionary")
def test_the_key_of_a_table_must_not_be_ignored(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(sidecar, database, table="app_config", ignore=["config_id"])

    assert refused(answer, 422, "BAD_FIELD")["message"].startswith("ignore must not name CONFIG_ID")


@pytest.mark.usefixtures("with_dictionary")
def test_a_table_is_compared_by_its_primary_key(sidecar: Sidecar, database: FakeOracle) -> None:
    whole = ask(sidecar, database, table="app_config", max_differences=1).json

    assert whole["key"] == ["CONFIG_ID"]
    assert whole["left_table"] == whole["right_table"] == "COMPARE.APP_CONFIG"
    assert json.dumps(whole).count('"diff"') == 1
