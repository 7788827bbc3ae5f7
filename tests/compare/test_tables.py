"""Tables by name: their columns and keys come from the data dictionary of each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import oracledb
import pytest

from common.errors import ApiError
from compare.tables import TableKey, common_key, find_table
from sql.table_names import TableName, parse_table_name
from tests.compare.asking import ask, refused, stream
from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar

SERVICES = ("DEV", "UAT")


def make(database: FakeOracle, *statements: str, only: str | None = None) -> None:
    """Run statements in both services, or in one."""
    for service in SERVICES if only is None else (only,):
        with (
            oracledb.connect(
                user="compare", password="compare_pw", dsn=database.dsn(service)
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            connection.commit()


def test_a_table_is_compared_by_its_primary_key(sidecar: Sidecar, database: FakeOracle) -> None:
    told = stream(sidecar, database, table="app_config")

    assert told.head["key"] == ["CONFIG_ID"]
    assert (told.head["left_table"], told.head["right_table"]) == ("COMPARE.APP_CONFIG",) * 2
    assert told.head["left_sql"].startswith('SELECT "_r"."CONFIG_ID"')
    assert told.end["left_rows"] == 3000


def test_a_condition_is_put_into_brackets_of_its_own_with_its_binds(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    told = stream(
        sidecar,
        database,
        table="APP_CONFIG",
        where="config_id <= :most OR config_id = 50 -- both",
        binds={"most": 10},
    )

    assert (
        told.head["left_sql"].count("WHERE (\nconfig_id <= :most OR config_id = 50 -- both\n)") == 1
    )
    assert told.end["left_rows"] == 11


@pytest.mark.parametrize(
    "where",
    ["1 = 1) OR (1 = 1", "a = 'x", "(a = 1", "a = 1 /* open", "a = 1; DELETE FROM t", 'a = "b'],
)
def test_a_condition_that_does_not_close_is_refused(
    sidecar: Sidecar, database: FakeOracle, where: str
) -> None:
    answer = ask(sidecar, database, table="APP_CONFIG", where=where)

    assert answer.status == 400, answer.body
    assert database.counts().statements == 0


def test_a_composite_key_is_compared_part_by_part(sidecar: Sidecar, database: FakeOracle) -> None:
    make(
        database,
        "CREATE TABLE pairs (a VARCHAR2(10), b NUMBER, v NUMBER, PRIMARY KEY (a, b))",
        "INSERT INTO pairs VALUES ('1', 11, 0)",
        "INSERT INTO pairs VALUES ('11', 1, 0)",
    )
    make(database, "UPDATE pairs SET v = 1 WHERE a = '11'", only="UAT")

    told = stream(sidecar, database, table="PAIRS")

    assert told.head["key"] == ["A", "B"]
    (changed,) = told.differences
    assert changed["key"] == {"A": "11", "B": 1}


def test_a_unique_constraint_serves_where_there_is_no_primary_key(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    make(
        database,
        "CREATE TABLE codes (code VARCHAR2(9) NOT NULL, v NUMBER, CONSTRAINT u UNIQUE (code))",
        "INSERT INTO codes VALUES ('b', 1)",
        "INSERT INTO codes VALUES ('B', 1)",
    )

    told = stream(sidecar, database, table="CODES")

    assert told.head["key"] == ["CODE"]
    assert told.end["same"] is True


def test_a_unique_index_serves_where_all_its_columns_are_required(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    make(
        database,
        "CREATE TABLE marks (a NUMBER NOT NULL, b NUMBER)",
        "CREATE UNIQUE INDEX i_marks ON marks (a)",
        "CREATE TABLE loose (a NUMBER, b NUMBER)",
        "CREATE UNIQUE INDEX i_loose ON loose (a)",
    )

    assert stream(sidecar, database, table="MARKS").head["key"] == ["A"]
    detail = refused(ask(sidecar, database, table="LOOSE"), 400, "NO_KEY")
    assert "the left has none, the right none" in detail["message"]
    assert stream(sidecar, database, table="LOOSE", key=["A"]).end["same"] is True


def test_a_table_that_one_side_lacks_is_an_error_of_that_side(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    make(database, "CREATE TABLE only_dev (a NUMBER PRIMARY KEY)", only="DEV")

    detail = refused(ask(sidecar, database, table="ONLY_DEV"), 400, "ORA-00942")

    assert detail["side"] == "right"


def test_a_column_of_one_side_and_a_type_that_differs_are_named(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    make(database, "CREATE TABLE drift (id NUMBER PRIMARY KEY, v NUMBER, w NUMBER)", only="DEV")
    make(database, "CREATE TABLE drift (id NUMBER PRIMARY KEY, v VARCHAR2(9))", only="UAT")

    told = stream(sidecar, database, table="DRIFT")

    assert told.head["columns"] == ["ID"]
    assert told.head["left_only_columns"] == ["W"]
    assert told.head["types_differ"] == [{"column": "V", "left": "NUMBER", "right": "VARCHAR2(9)"}]
    assert told.end["same"] is False


def test_names_in_double_quotes_keep_their_case(sidecar: Sidecar, database: FakeOracle) -> None:
    make(
        database,
        'CREATE TABLE "Mixed Case" ("Id" NUMBER PRIMARY KEY, "a column" VARCHAR2(9))',
        """INSERT INTO "Mixed Case" VALUES (1, 'x')""",
    )

    told = stream(sidecar, database, table='"Mixed Case"')

    assert told.head["columns"] == ["Id", "a column"]
    assert told.end["equal"] == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("t", TableName(None, "T")),
        (" cfg . app_config ", TableName("CFG", "APP_CONFIG")),
        ('"Mixed Case"', TableName(None, "Mixed Case")),
        ('cfg."t"', TableName("CFG", "t")),
        ("straße", TableName(None, "STRAßE")),
        ("t@link", None),
        ("a.b.c", None),
        ("t t", None),
        ("1t", None),
        ('"', None),
        ("t;", None),
        ("t--", None),
        ("(SELECT 1 FROM dual)", None),
    ],
)
def test_a_table_s_name_is_one_identifier_or_two(text: str, name: TableName | None) -> None:
    assert parse_table_name(text) == name


class Dictionary:
    """Answers as a data dictionary would: columns by table, synonyms by name."""

    def __init__(self, synonyms: Mapping[tuple[str, str], tuple[str, str, str | None]]) -> None:
        self.synonyms = synonyms

    def __call__(self, sql: str, binds: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        if "CURRENT_SCHEMA" in sql:
            return [("ME",)]
        place = (binds["owner"], binds["name"])
        if "all_tab_cols" in sql:
            return [("ID", "N")] if place == ("CFG", "REAL") else []
        if "all_synonyms" in sql:
            found = self.synonyms.get(place)
            return [] if found is None else [found]
        return []


def test_synonyms_lead_to_the_table() -> None:
    private = Dictionary({("ME", "S"): ("CFG", "REAL", None)})
    public = Dictionary(
        {("PUBLIC", "S"): ("OTHER", "T", None), ("OTHER", "T"): ("CFG", "REAL", None)}
    )

    for dictionary in (private, public):
        assert find_table(dictionary, TableName(None, "S")).name == TableName("CFG", "REAL")


def test_synonyms_in_a_circle_are_refused() -> None:
    circle = Dictionary({("ME", "A"): ("ME", "B", None), ("ME", "B"): ("ME", "A", None)})

    with pytest.raises(ApiError) as refused_:
        find_table(circle, TableName(None, "A"))

    assert refused_.value.full_code == "ORA-01775"


def test_a_table_over_a_database_link_has_no_dictionary_here() -> None:
    remote = Dictionary({("ME", "S"): ("CFG", "REAL", "PROD.WORLD")})

    table = find_table(remote, TableName(None, "S"))

    assert (table.columns, table.keys) == (None, ())


def test_the_common_key_is_the_first_that_both_sides_have() -> None:
    primary, unique, wide = TableKey(0, ("ID",)), TableKey(1, ("CODE",)), TableKey(1, ("A", "B"))

    assert common_key([primary, unique], [unique, primary]) == ("ID",)
    assert common_key([primary, unique], [unique]) == ("CODE",)
    assert common_key([wide], [TableKey(1, ("B", "A"))]) == ("A", "B")
    with pytest.raises(ApiError) as refused_:
        common_key([primary], [unique])
    assert "(ID)" in refused_.value.message
    assert "(CODE)" in refused_.value.message
