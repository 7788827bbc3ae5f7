"""`/compare` from outside: what differs is told, and nothing that was not compared is the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.compare.asking import ask, body, refused, stream
from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar

CONFIG = "SELECT config_id, config_key, num_value FROM app_config"


def rows(*values: str) -> str:
    """A statement of one row for each, in the columns ID and V."""
    return " UNION ALL ".join(
        f"SELECT {number} AS id, {value} AS v FROM dual" for number, value in enumerate(values, 1)
    )


def sides(left: str, right: str) -> dict[str, Any]:
    return {"left": {"sql": left}, "right": {"sql": right}, "key": ["ID"]}


def test_two_equal_sides_are_the_same(sidecar: Sidecar, database: FakeOracle) -> None:
    statement = rows("'a'", "'b'")

    answer = ask(sidecar, database, **sides(statement, statement))

    assert answer.status == 200
    assert answer.json["same"] is True
    assert (answer.json["left_rows"], answer.json["equal"]) == (2, 2)
    assert answer.json["differences"] == []


def test_changed_and_missing_rows_are_told_in_the_order_of_their_keys(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    left = "SELECT 1 id, 'a' v, 'x' w FROM dual UNION ALL SELECT 2, 'b', 'x' FROM dual"
    right = "SELECT 2 id, 'c' v, 'x' w FROM dual UNION ALL SELECT 3, 'd', 'x' FROM dual"

    told = stream(sidecar, database, **sides(left, right))

    assert told.differences == [
        {"diff": "left_only", "key": {"ID": 1}, "left": {"ID": 1, "V": "a", "W": "x"}},
        {
            "diff": "changed",
            "key": {"ID": 2},
            "columns": ["V"],
            "left": {"V": "b"},
            "right": {"V": "c"},
        },
        {"diff": "right_only", "key": {"ID": 3}, "right": {"ID": 3, "V": "d", "W": "x"}},
    ]
    assert told.end["same"] is False
    assert told.end["changed_columns"] == {"V": 1}
    assert told.end["left_rows"] == told.end["equal"] + told.end["changed"] + told.end["left_only"]


def test_the_head_says_what_is_compared_and_how(sidecar: Sidecar, database: FakeOracle) -> None:
    told = stream(sidecar, database, sql=CONFIG, key=["config_id"])

    assert list(told.head) == [
        *("key", "columns", "left_types", "right_types", "left_only_columns"),
        *("right_only_columns", "types_differ", "ignored", "empty_is_null"),
        *("left_sql", "right_sql", "left_started", "right_started"),
    ]
    assert told.head["key"] == ["CONFIG_ID"]
    assert told.head["left_types"] == ["NUMBER(10)", "VARCHAR2(120)", "NUMBER(18,6)"]
    assert told.head["left_sql"].endswith('ORDER BY "_r"."CONFIG_ID" NULLS LAST')


def test_json_has_the_same_keys_in_one_object(sidecar: Sidecar, database: FakeOracle) -> None:
    told = stream(sidecar, database, sql=CONFIG, key=["config_id"])
    whole = ask(sidecar, database, sql=CONFIG, key=["config_id"]).json

    assert list(whole) == [*told.head, "differences", *told.end]
    assert whole["differences"] == told.differences


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("1.5", "1.50", True),
        ("1", "1.0000000000000000000000000000000000001", False),
        ("12345678901234567890", "12345678901234567891", False),
        ("NULL", "NULL", True),
        ("'a'", "'a '", False),
        ("'a'", "'A'", False),
        ("'é'", "'e' || UNISTR('\\0301')", False),
        ("DATE '2026-01-28'", "CAST(DATE '2026-01-28' AS TIMESTAMP)", True),
        ("DATE '2026-01-28'", "TIMESTAMP '2026-01-28 00:00:00.000000001'", False),
        ("DATE '-0044-03-15'", "DATE '-0044-03-15'", True),
        ("DATE '-0044-03-15'", "DATE '-0044-03-16'", False),
        (
            "TIMESTAMP '2026-01-28 10:38:36 +07:00'",
            "TIMESTAMP '2026-01-28 03:38:36 +00:00'",
            False,
        ),
        (
            "TIMESTAMP '2026-01-28 10:38:36.10 +07:00'",
            "TIMESTAMP '2026-01-28 10:38:36.1 +07:00'",
            True,
        ),
        ("BINARY_DOUBLE_NAN", "BINARY_DOUBLE_NAN", True),
        ("1.5d", "1.5f", True),
        ("HEXTORAW('00FF')", "HEXTORAW('00FF')", True),
        ("HEXTORAW('00FF')", "HEXTORAW('00FE')", False),
        ("INTERVAL '1 02:03:04.5' DAY TO SECOND", "INTERVAL '1 02:03:04.50' DAY TO SECOND", True),
        ("INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '14' MONTH", True),
        ("""JSON('{"a":1,"b":2}')""", """JSON('{"b":2,"a":1.0}')""", True),
        ("""JSON('{"a":1}')""", """JSON('{"a":"1"}')""", False),
        ("""JSON('{"a":true}')""", """JSON('{"a":1}')""", False),
        ("""JSON('[1,2]')""", """JSON('[2,1]')""", False),
        ("JSON('null')", "CAST(NULL AS JSON)", False),
        ("EMPTY_CLOB()", "TO_CLOB(NULL)", False),
        ("TO_CLOB('a')", "CAST('a' AS VARCHAR2(10))", True),
    ],
)
def test_two_values_are_the_same_when_their_kinds_and_values_are(
    sidecar: Sidecar, database: FakeOracle, left: str, right: str, is_same: bool
) -> None:
    answer = ask(sidecar, database, **sides(rows(left), rows(right)))

    assert answer.status == 200, answer.body
    assert answer.json["types_differ"] == []
    assert answer.json["same"] is is_same


def test_an_empty_lob_is_told_as_empty(sidecar: Sidecar, database: FakeOracle) -> None:
    told = stream(sidecar, database, **sides(rows("EMPTY_CLOB()"), rows("TO_CLOB(NULL)")))

    assert told.differences[0]["left"] == {"V": {"empty": True}}
    assert told.differences[0]["right"] == {"V": None}
    assert told.head["empty_is_null"] == []


def test_columns_of_other_families_are_named_and_make_it_differ(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = stream(sidecar, database, **sides(rows("'1'"), rows("1")))

    (apart,) = told.head["types_differ"]
    assert apart["column"] == "V"
    assert (told.end["same"], told.end["equal"]) == (False, 1)


def test_a_column_of_one_side_makes_it_differ_unless_it_is_ignored(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    more, less = "SELECT 1 id, 2 extra FROM dual", "SELECT 1 id FROM dual"

    told = stream(sidecar, database, **sides(more, less))
    ignoring = stream(sidecar, database, **sides(more, less), ignore=["extra"])

    assert told.head["left_only_columns"] == ["EXTRA"]
    assert told.end["same"] is False
    assert ignoring.end["same"] is True
    assert ignoring.head["ignored"] == ["EXTRA"]


def test_ignored_columns_are_not_compared_and_can_be_shown(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    left = "SELECT 1 id, 'a' v, 'x' who FROM dual UNION ALL SELECT 2, 'b', 'x' FROM dual"
    right = "SELECT 1 id, 'a' v, 'y' who FROM dual UNION ALL SELECT 2, 'c', 'y' FROM dual"

    told = stream(sidecar, database, **sides(left, right), ignore=["WHO"], show=["WHO"])

    assert told.head["columns"] == ["ID", "V"]
    (changed,) = told.differences
    assert changed["left"] == {"V": "b", "WHO": "x"}
    assert changed["right"] == {"V": "c", "WHO": "y"}


def test_whole_rows_are_shown_where_that_is_asked_for(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = stream(sidecar, database, **sides(rows("'a'"), rows("'b'")), rows="whole")

    (changed,) = told.differences
    assert changed["columns"] == ["V"]
    assert changed["left"] == {"ID": 1, "V": "a"}


def test_rows_that_are_their_own_keys_are_counted_without_one(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    left = "SELECT 'a' v FROM dual UNION ALL SELECT 'a' FROM dual UNION ALL SELECT 'b' FROM dual"
    right = "SELECT 'a' v FROM dual UNION ALL SELECT 'c' FROM dual"

    told = stream(sidecar, database, left={"sql": left}, right={"sql": right}, key="row")

    assert told.head["key"] == "row"
    assert told.differences == [
        {"diff": "left_only", "left": {"V": "a"}},
        {"diff": "left_only", "left": {"V": "b"}},
        {"diff": "right_only", "right": {"V": "c"}},
    ]
    assert (told.end["equal"], told.end["changed"]) == (1, 0)


def test_differences_past_the_limit_are_counted_and_said(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    left, right = rows("1", "2", "3", "4"), rows("5", "6", "7", "4")

    told = stream(sidecar, database, **sides(left, right), max_differences=2)

    assert len(told.differences) == 2
    assert (told.end["changed"], told.end["truncated"], told.end["complete"]) == (3, True, True)


def test_it_stops_at_the_first_difference_past_the_limit_where_that_is_asked_for(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = stream(
        sidecar,
        database,
        sql="SELECT config_id, num_value FROM app_config",
        right={"sql": "SELECT config_id, num_value + 1 num_value FROM app_config"},
        key=["CONFIG_ID"],
        max_differences=1,
        stop_at_max=True,
    )

    assert len(told.differences) == 1
    assert (told.end["same"], told.end["truncated"], told.end["complete"]) == (False, True, False)
    assert told.end["left_rows"] < 3000


def test_a_limit_that_is_just_reached_cuts_nothing(sidecar: Sidecar, database: FakeOracle) -> None:
    both = sides(rows("1", "2"), rows("5", "6"))

    told = stream(sidecar, database, **both, max_differences=2, stop_at_max=True)

    assert len(told.differences) == 2
    assert (told.end["truncated"], told.end["complete"]) == (False, True)


def test_a_summary_has_counts_and_no_lines(sidecar: Sidecar, database: FakeOracle) -> None:
    both = sides(rows("1", "2"), rows("5", "2"))

    told = stream(sidecar, database, **both, summary=True)
    whole = ask(sidecar, database, **both, summary=True).json

    assert told.differences == []
    assert (told.end["changed"], told.end["truncated"]) == (1, False)
    assert "differences" not in whole
    assert whole["changed"] == 1


def test_binds_can_differ_from_side_to_side(sidecar: Sidecar, database: FakeOracle) -> None:
    told = stream(
        sidecar,
        database,
        sql="SELECT 1 AS id, :v AS v FROM dual",
        binds={"v": 1},
        right={"binds": {"v": 2}},
        key=["ID"],
    )

    (changed,) = told.differences
    assert (changed["left"], changed["right"]) == ({"V": 1}, {"V": 2})


def test_two_empty_sides_are_the_same(sidecar: Sidecar, database: FakeOracle) -> None:
    nothing = "SELECT config_id FROM app_config WHERE 1 = 0"

    told = stream(sidecar, database, sql=nothing, key=["CONFIG_ID"])

    assert (told.end["same"], told.end["left_rows"]) == (True, 0)


def test_an_order_that_the_statement_brings_is_taken_and_checked(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    ordered = "SELECT config_id FROM app_config ORDER BY config_id"

    told = stream(sidecar, database, sql=ordered, key=["CONFIG_ID"], order="given")
    answer = ask(sidecar, database, sql=f"{ordered} DESC", key=["CONFIG_ID"], order="given")

    assert told.head["left_sql"] == ordered
    assert told.end["equal"] > 2000
    refused(answer, 400, "NOT_ORDERED")


def test_a_duplicate_key_is_an_error_that_names_the_side_and_the_value(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    twice = "SELECT 7 id FROM dual UNION ALL SELECT 7 FROM dual"

    answer = ask(sidecar, database, **sides("SELECT 7 id FROM dual", twice))

    detail = refused(answer, 400, "DUPLICATE_KEY")
    assert detail["side"] == "right"
    assert detail["message"] == "UAT: two rows have the key ID = 7"
    assert detail["stopped"] == {"left": True, "right": True}


def test_a_text_key_is_ordered_by_its_bytes_whatever_the_session_sorts_by(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    letters = ("'b'", "'B'", "'a'", "'ä'", "'z'", "UNISTR('\\FFFF')", "UNISTR('\\D83D\\DE00')")
    statement = " UNION ALL ".join(f"SELECT {letter} AS v, 1 AS n FROM dual" for letter in letters)

    answer = ask(sidecar, database, sql=statement, key=["V"])

    assert answer.status == 200, answer.body
    assert (answer.json["same"], answer.json["equal"]) == (True, len(letters))


@pytest.mark.parametrize(
    ("more", "status", "code", "words"),
    [
        ({"sql": CONFIG}, 422, "BAD_FIELD", "key must be given"),
        ({"sql": CONFIG, "table": "T", "key": ["A"]}, 422, "BAD_FIELD", "exclude each other"),
        ({"table": "a b", "key": ["A"]}, 422, "BAD_FIELD", "table must be"),
        ({"sql": CONFIG, "key": []}, 422, "BAD_FIELD", "key must hold"),
        ({"sql": CONFIG, "key": ["A", "A"]}, 422, "BAD_FIELD", "twice"),
        ({"sql": CONFIG, "key": [1]}, 422, "BAD_FIELD", "key[0] must be a string"),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "where": "1=1"}, 422, "BAD_FIELD", "where goes"),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "ignore": ["CONFIG_ID"]}, 422, "BAD_FIELD", "key"),
        (
            {"sql": CONFIG, "key": ["CONFIG_ID"], "max_differences": 0, "stop_at_max": True},
            *(422, "BAD_FIELD", "stop_at_max"),
        ),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "rows": "all"}, 422, "BAD_FIELD", "rows must be"),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "order": "x"}, 422, "BAD_FIELD", "order must be"),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "progress_ms": -1}, 422, "BAD_FIELD", "progress"),
        ({"sql": "DELETE FROM app_config", "key": ["A"]}, 403, "READ_ONLY", "only queries"),
        ({"sql": CONFIG, "key": ["NOPE"]}, 400, "NO_SUCH_COLUMN", "NOPE"),
        ({"sql": CONFIG, "key": ["CONFIG_ID"], "show": ["X"]}, 400, "NO_SUCH_COLUMN", "show"),
        ({"sql": "SELECT 1 a, 2 a FROM dual", "key": ["A"]}, 400, "REPEATED_COLUMN", "2 times"),
        ({"sql": "SELECT EMPTY_CLOB() c FROM dual", "key": ["C"]}, 400, "KEY_TYPE", "CLOB"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    sidecar: Sidecar,
    database: FakeOracle,
    more: dict[str, Any],
    status: int,
    code: str,
    words: str,
) -> None:
    detail = refused(ask(sidecar, database, **more), status, code)

    assert words in detail["message"]


def test_max_rows_in_a_side_is_refused(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(sidecar, database, sql=CONFIG, key=["CONFIG_ID"], left={"max_rows": 10})

    assert "left.max_rows" in refused(answer, 422, "BAD_FIELD")["message"]


def test_no_common_column_is_nothing_to_compare(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(
        sidecar,
        database,
        left={"sql": "SELECT 1 a FROM dual"},
        right={"sql": "SELECT 1 b FROM dual"},
        key="row",
    )

    refused(answer, 400, "NOTHING_TO_COMPARE")


def test_a_char_of_another_length_is_no_key(sidecar: Sidecar, database: FakeOracle) -> None:
    answer = ask(
        sidecar,
        database,
        left={"sql": "SELECT CAST('a' AS CHAR(3)) k FROM dual"},
        right={"sql": "SELECT CAST('a' AS CHAR(4)) k FROM dual"},
        key=["K"],
    )

    assert "CHAR(3)" in refused(answer, 400, "KEY_TYPE")["message"]


def test_numbers_as_strings_change_how_they_are_written_and_not_what_is_the_same(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    both = sides(rows("1.50", "2"), rows("1.5", "3"))

    told = stream(sidecar, database, **both, numbers="string")

    (changed,) = told.differences
    assert changed["key"] == {"ID": "2"}
    assert changed["left"] == {"V": "2"}


def test_the_log_has_one_line_with_both_sides_and_no_data(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    both = sides(rows("'secret-left'"), rows("'secret-right'"))

    stream(sidecar, database, **both)

    pools = f"pool=compare@{database.dsn('DEV')},compare@{database.dsn('UAT')}"
    line = sidecar.wait_for_log(pools)
    assert "path=/compare status=200" in line
    assert "rows=1+1" in line
    assert line.endswith("differences=1")
    assert "secret-left" not in sidecar.log_text()


def test_the_answer_is_the_same_whichever_form_it_is_asked_for_in(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    asked = body(database, sql=CONFIG, key=["CONFIG_ID"])

    first, second = (sidecar.post("/compare", asked) for _ in range(2))

    assert json.dumps(first.json["differences"]) == json.dumps(second.json["differences"])


def test_a_statement_that_gave_many_rows_brings_them_along_when_it_is_compared_again(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    numbers = "SELECT LEVEL AS id FROM dual CONNECT BY LEVEL <= 800"
    fetches = []
    for _ in range(2):
        before = database.counts().fetches
        assert ask(sidecar, database, sql=numbers, key=["ID"], order="given").status == 200
        fetches.append(database.counts().fetches - before)

    # One for each side that does not know yet how many there are.
    assert fetches == [2, 0]
