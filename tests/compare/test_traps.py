"""What a comparison could be misled by: things that change meanwhile, or hide what they are."""

from __future__ import annotations

import array
import threading
from typing import Any

import pytest

from api.comparison_answers import MOST_PATTERNS
from compare.forms import form
from tests.compare.asking import NDJSON, ask, body, refused, stream
from tests.compare.test_tables import make
from tests.fake_oracle import Close, FakeOracle, Fault, Silence, Step
from tests.fake_oracle.kinds.model import Column as SentColumn
from tests.fake_oracle.kinds.model import ColumnType, Kind
from tests.fake_oracle.tiny_engine import Table, TinyEngine
from tests.harness import PATIENCE_SECONDS, Sidecar
from values.column import Column, Fetch
from values.numbers import encode_vector


def test_a_column_that_changes_between_its_description_and_its_rows_is_an_error(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    make(database, "CREATE TABLE moving (id NUMBER PRIMARY KEY, v VARCHAR2(9))")
    make(database, "INSERT INTO moving VALUES (1, '1')")
    held = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="all_constraints"))
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(ask(sidecar, database, table="MOVING")))
    thread.start()
    # One side is described, and waits for the other, whose dictionary is slow.
    assert held.hit.wait(PATIENCE_SECONDS)
    make(
        database,
        "DROP TABLE moving",
        "CREATE TABLE moving (id NUMBER PRIMARY KEY, v NUMBER)",
        "INSERT INTO moving VALUES (1, 1)",
    )
    held.release()
    thread.join(PATIENCE_SECONDS)

    told = answers[0]
    # Either it was described after the change on both sides, or it is refused: never compared as
    # something that it is not.
    if told.status == 200:
        assert told.json["left_types"] == told.json["right_types"]
    else:
        assert told.status == 400
        # Where the plan was made of the old description; the table may also have been gone.
        assert told.json["detail"]["retryable"] or told.json["detail"]["full_code"] != "KEY_TYPE"


def test_an_empty_lob_is_no_null_beside_a_column_that_is_written_out_in_a_given_order(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    zoned = "SYSTIMESTAMP AT TIME ZONE '+00:00'"
    left = f"SELECT 1 id, EMPTY_CLOB() c, {zoned} z FROM dual"
    right = f"SELECT 1 id, TO_CLOB(NULL) c, {zoned} z FROM dual"

    told = stream(
        sidecar,
        database,
        left={"sql": left},
        right={"sql": right},
        key=["ID"],
        ignore=["Z"],
        order="given",
    )

    assert told.end["same"] is False or told.head["empty_is_null"] == ["C"]


def test_what_could_not_be_asked_is_named(sidecar: Sidecar, database: FakeOracle) -> None:
    left = {"sql": "SELECT 1 id, EMPTY_CLOB() c FROM dual"}
    right = {"sql": "SELECT 1 id, TO_CLOB(NULL) c FROM dual"}

    told = stream(sidecar, database, left=left, right=right, key=["ID"], order="given")

    assert told.head["empty_is_null"] == ["C"]


def test_binds_have_their_own_types_in_a_given_order_too(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = stream(
        sidecar,
        database,
        sql="SELECT :v AS id FROM dual",
        binds={"v": 1},
        key=["ID"],
        order="given",
    )

    assert told.head["left_types"] == ["NUMBER"]
    assert told.end["same"] is True


def test_a_binary_vector_is_not_one_of_whole_numbers() -> None:
    column = Column("V", "VECTOR", Fetch.AS_IS, encode_vector, kind="DB_TYPE_VECTOR")
    bring = form(column, column)

    (binary,), (whole,) = bring([array.array("B", [1, 2])]), bring([array.array("b", [1, 2])])

    assert binary != whole


def test_dates_before_the_year_1_behind_the_first_rows_are_learned_for_the_next_time(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    sql = (
        "SELECT config_id, CASE WHEN config_id > 2500 THEN DATE '-0044-03-15' ELSE updated_at END d"
        " FROM app_config"
    )

    first = ask(sidecar, database, sql=sql, key=["CONFIG_ID"])
    second = ask(sidecar, database, sql=sql, key=["CONFIG_ID"])
    third = ask(sidecar, database, sql=sql, key=["CONFIG_ID"])

    # Each side may learn it in a request of its own.
    assert first.status == 200 or first.json["detail"]["retryable"] is True
    assert 200 in (second.status, third.status)


def test_a_lost_connection_has_confirmed_nothing(sidecar: Sidecar, database: FakeOracle) -> None:
    database.faults.add(Fault(Step.EXECUTE, Close(), sql="ORDER BY", times=None))

    answer = ask(sidecar, database, sql="SELECT config_id FROM app_config", key=["CONFIG_ID"])

    detail = answer.json["detail"]
    assert answer.status == 502
    assert detail["stopped"][detail["side"]] is False


def test_rows_that_differ_in_ever_other_columns_are_all_told(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    # More patterns of differing columns than are kept.
    bits = ", ".join(f"MOD(TRUNC(config_id / {1 << bit}), 2) b{bit}" for bit in range(11))
    none = ", ".join(f"0 b{bit}" for bit in range(11))

    told = stream(
        sidecar,
        database,
        left={"sql": f"SELECT config_id, {bits} FROM app_config"},
        right={"sql": f"SELECT config_id, {none} FROM app_config"},
        key=["CONFIG_ID"],
        max_differences=None,
    )

    changed = [line for line in told.differences if line["diff"] == "changed"]
    patterns = {tuple(line["columns"]) for line in changed}
    assert len(patterns) > MOST_PATTERNS
    for line in changed:
        number = line["key"]["CONFIG_ID"]
        assert line["columns"] == [f"B{bit}" for bit in range(11) if number >> bit & 1]


def test_two_pairs_whose_idle_sessions_are_dead_do_not_wait_for_each_other(
    database: FakeOracle,
) -> None:
    asked = body(database, sql="SELECT config_id FROM app_config", key=["CONFIG_ID"])
    asked["right"]["connection"] = asked["left"]["connection"]
    with Sidecar("--acquire-timeout", "20") as sidecar:
        assert sidecar.post("/compare", asked).status == 200
        database.kill_sessions()
        answers: list[Any] = []
        threads = [
            threading.Thread(target=lambda: answers.append(sidecar.post("/compare", asked)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert [answer.status for answer in answers] == [200] * 4


def test_a_summary_stops_at_the_limit_where_that_is_asked_for(
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
        summary=True,
    )

    assert (told.end["complete"], told.end["truncated"], told.end["same"]) == (False, False, False)


def test_a_key_that_is_given_as_a_text_is_refused_with_what_it_should_be(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    answer = ask(sidecar, database, sql="SELECT 1 id FROM dual", key="ID")

    assert '"row"' in refused(answer, 422, "BAD_FIELD")["message"]


def test_characters_at_which_some_readers_end_a_line_are_escaped(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = sidecar.post(
        "/compare",
        body(
            database,
            left={"sql": "SELECT 1 id, 'a' || UNISTR('\\2028') v FROM dual"},
            right={"sql": "SELECT 1 id, 'b' || UNISTR('\\0085') v FROM dual"},
            key=["ID"],
        ),
        NDJSON,
    )

    text = told.body.decode()
    assert "\\u2028" in text
    assert not {"\x85", "\u2028"} & set(text)


TORN = b"caf\xe9".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("is_summary", [False, True])
@pytest.mark.parametrize(
    ("left", "right", "side"),
    [
        pytest.param([(1, "a"), (2, TORN)], [(1, "a"), (2, TORN)], "left", id="both alike"),
        pytest.param([(1, "a"), (2, "b")], [(1, "a"), (2, TORN)], "right", id="changed"),
        pytest.param([(1, "a")], [(1, "a"), (2, TORN)], "right", id="right only"),
        pytest.param([], [(1, TORN)], "right", id="left has none"),
        pytest.param([(1, TORN)], [(1, "a")], "left", id="left changed"),
    ],
)
def test_a_value_that_is_no_text_is_an_error_of_its_side_wherever_it_stands(
    sidecar: Sidecar,
    left: list[tuple[int, str]],
    right: list[tuple[int, str]],
    side: str,
    is_summary: bool,
) -> None:
    columns = [
        SentColumn("ID", ColumnType(Kind.NUMBER)),
        SentColumn("V", ColumnType(Kind.VARCHAR, size=40, chars=10)),
    ]
    engines = {
        service: TinyEngine({"torn": Table(columns, rows)})
        for service, rows in (("DEV", left), ("UAT", right))
    }
    with FakeOracle(engines) as standin:
        sql = "select * from torn"
        answer = ask(sidecar, standin, sql=sql, key=["ID"], order="given", summary=is_summary)

    detail = refused(answer, 400, "BAD_CHARACTERS")
    assert detail["side"] == side
    assert "column V" in detail["message"]


def test_a_side_that_needs_two_other_forms_runs_no_more_than_twice(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    early = "CASE WHEN LEVEL < 3 THEN DATE '2026-01-28' ELSE TO_DATE('-0044', 'SYYYY') END"
    number = "CASE WHEN LEVEL < 5 THEN 1 ELSE 1/3 END"
    items = f"LEVEL AS n, {early} AS d, readings_t({number}) AS r"
    sql = f"SELECT {items} FROM dual CONNECT BY LEVEL <= 5"

    detail = refused(
        ask(sidecar, database, sql=sql, key=["N"], order="given"), 400, "INEXACT_VALUE"
    )
    runs = [run for run in database.statements() if "readings_t" in run and "1 = 0" not in run]
    # The failure of one side may end the other's first run.
    later = [ask(sidecar, database, sql=sql, key=["N"], order="given") for _ in range(2)]

    assert detail["retryable"] is True
    assert detail["hint"].startswith("Run it again")
    assert len(runs) <= 4
    assert later[-1].json["same"] is True
