"""What the stand-in declares and changes: keys, ALTER TABLE, comments, views, the dictionary."""

from __future__ import annotations

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.kinds.model import Row, SqlSession
from tests.stand_in.direct_sql import change, described, error, run

PARENTS = """CREATE TABLE regions (
    id NUMBER(4) CONSTRAINT regions_pk PRIMARY KEY,
    name VARCHAR2(10) NOT NULL CONSTRAINT regions_name_uk UNIQUE,
    rate NUMBER(5,2) DEFAULT 1.50 NOT NULL CHECK (rate > 0)
)"""
CHILDREN = """CREATE TABLE shops (
    region NUMBER(4), no NUMBER(4), label VARCHAR2(20) DEFAULT 'new' , opened DATE DEFAULT SYSDATE,
    CONSTRAINT shops_pk PRIMARY KEY (region, no),
    CONSTRAINT shops_region_fk FOREIGN KEY (region) REFERENCES regions (id)
)"""


@pytest.fixture
def shops(scratch: SqlSession) -> SqlSession:
    for sql in (
        PARENTS,
        CHILDREN,
        "INSERT INTO regions (id, name) VALUES (1, 'north')",
        "INSERT INTO shops (region, no) VALUES (1, 7)",
    ):
        change(scratch, sql)
    scratch.commit()
    return scratch


DICTIONARY: list[tuple[str, list[Row]]] = [
    (
        "SELECT constraint_name, constraint_type, search_condition_vc, r_constraint_name, generated"
        " FROM all_constraints WHERE owner = 'APP' ORDER BY table_name, constraint_type,"
        " search_condition_vc NULLS LAST",
        [
            ("SYS_C0070102", "C", '"NAME" IS NOT NULL', None, "GENERATED NAME"),
            ("SYS_C0070104", "C", '"RATE" IS NOT NULL', None, "GENERATED NAME"),
            ("SYS_C0070105", "C", "rate > 0", None, "GENERATED NAME"),
            ("REGIONS_PK", "P", None, None, "USER NAME"),
            ("REGIONS_NAME_UK", "U", None, None, "USER NAME"),
            ("SHOPS_PK", "P", None, None, "USER NAME"),
            ("SHOPS_REGION_FK", "R", None, "REGIONS_PK", "USER NAME"),
        ],
    ),
    (
        "SELECT column_name, position FROM all_cons_columns WHERE constraint_name = 'SHOPS_PK'"
        " ORDER BY position",
        [("REGION", 1), ("NO", 2)],
    ),
    (
        "SELECT i.index_name, i.uniqueness, c.column_name, c.column_position"
        " FROM all_indexes i JOIN all_ind_columns c ON c.index_name = i.index_name"
        " WHERE i.table_name = 'SHOPS' ORDER BY c.column_position",
        [("SHOPS_PK", "UNIQUE", "REGION", 1), ("SHOPS_PK", "UNIQUE", "NO", 2)],
    ),
    (
        "SELECT column_name, nullable, data_default FROM user_tab_columns"
        " WHERE table_name = 'SHOPS' ORDER BY column_id",
        [
            ("REGION", "N", None),
            ("NO", "N", None),
            ("LABEL", "Y", "'new'"),
            ("OPENED", "Y", "SYSDATE"),
        ],
    ),
    (
        "SELECT username FROM all_users WHERE oracle_maintained = 'N'",
        [("APP",)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "rows"), DICTIONARY)
def test_the_dictionary_says_what_was_declared(
    shops: SqlSession, sql: str, rows: list[Row]
) -> None:
    found = run(shops, sql)
    assert found == rows


def test_what_the_dictionary_calls_long_arrives_through_the_driver_as_such() -> None:
    with (
        FakeOracle() as oracle,
        oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn()) as connection,
    ):
        cursor = connection.cursor()
        cursor.execute(
            "SELECT column_name, data_default FROM all_tab_columns"
            " WHERE owner = 'COMPARE' AND table_name = 'APP_CONFIG' AND nullable = 'N'"
            " ORDER BY column_id"
        )
        kinds = [column.type for column in cursor.description]
        rows = cursor.fetchall()
    assert kinds == [oracledb.DB_TYPE_VARCHAR, oracledb.DB_TYPE_LONG]
    assert rows == [("CONFIG_ID", None), ("CONFIG_KEY", None), ("ENABLED", "'Y'"), ("MODULE", None)]


REFERENCES: list[tuple[str, int, str]] = [
    ("INSERT INTO shops (region, no) VALUES (2, 1)", 2291,
     "integrity constraint (APP.SHOPS_REGION_FK) violated - parent key not found"),
    ("UPDATE shops SET region = 2", 2291,
     "integrity constraint (APP.SHOPS_REGION_FK) violated - parent key not found"),
    ("DELETE FROM regions", 2292,
     "integrity constraint (APP.SHOPS_REGION_FK) violated - child record found"),
    ("UPDATE regions SET id = 2", 2292,
     "integrity constraint (APP.SHOPS_REGION_FK) violated - child record found"),
    ("DROP TABLE regions", 2449, "unique/primary keys in table referenced by foreign keys"),
    ("TRUNCATE TABLE regions", 2266,
     "unique/primary keys in table referenced by enabled foreign keys"),
    ("ALTER TABLE regions DROP PRIMARY KEY", 2273,
     "this unique/primary key is referenced by some foreign keys"),
    ("ALTER TABLE regions DROP COLUMN id", 12992, "cannot drop parent key column"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "text"), REFERENCES)
def test_a_foreign_key_is_kept_from_both_sides(
    shops: SqlSession, sql: str, code: int, text: str
) -> None:
    raised = error(shops, sql)
    assert (raised.code, raised.text) == (code, text)
    assert run(shops, "SELECT region, no FROM shops") == [(1, 7)]
    assert run(shops, "SELECT id FROM regions") == [(1,)]


def test_a_deleted_parent_takes_its_children_along_where_they_said_so(scratch: SqlSession) -> None:
    change(scratch, "CREATE TABLE p (id NUMBER PRIMARY KEY)")
    change(scratch, "CREATE TABLE c (p NUMBER REFERENCES p ON DELETE CASCADE)")
    change(scratch, "CREATE TABLE n (p NUMBER REFERENCES p ON DELETE SET NULL)")
    for sql in ("INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)", "INSERT INTO n VALUES (1)"):
        change(scratch, sql)
    change(scratch, "DELETE FROM p")
    assert run(scratch, "SELECT COUNT(*) FROM c") == [(0,)]
    assert run(scratch, "SELECT p FROM n") == [(None,)]


def test_a_table_goes_with_the_keys_that_point_to_it_when_it_cascades(shops: SqlSession) -> None:
    change(shops, "DROP TABLE regions CASCADE CONSTRAINTS")
    change(shops, "INSERT INTO shops (region, no) VALUES (99, 1)")
    left = "SELECT constraint_name FROM user_constraints WHERE constraint_type <> 'C'"
    assert run(shops, left) == [("SHOPS_PK",)]


def test_columns_are_added_dropped_renamed_and_modified_under_their_rows(
    shops: SqlSession,
) -> None:
    (before,) = run(shops, "SELECT ROWID FROM shops")
    for sql in (
        "ALTER TABLE shops ADD (city VARCHAR2(5) DEFAULT 'Bonn' NOT NULL, size_ NUMBER)",
        "ALTER TABLE shops MODIFY (city VARCHAR2(30 CHAR), label DEFAULT 'old')",
        "ALTER TABLE shops RENAME COLUMN no TO number_",
        "ALTER TABLE shops DROP COLUMN opened",
        "ALTER TABLE shops DROP (size_)",
        "INSERT INTO shops (region, number_, city) VALUES (1, 8, 'Mönchengladbach')",
    ):
        change(shops, sql)
    assert [c.name for c in described(shops, "SELECT * FROM shops")] == [
        "REGION", "NUMBER_", "LABEL", "CITY",
    ]  # fmt: skip
    assert run(shops, "SELECT * FROM shops ORDER BY number_") == [
        (1, 7, "new", "Bonn"),
        (1, 8, "old", "Mönchengladbach"),
    ]
    assert run(shops, "SELECT ROWID FROM shops WHERE number_ = 7") == [before]
    keys = "SELECT column_name FROM user_cons_columns WHERE constraint_name = 'SHOPS_PK'"
    assert run(shops, f"{keys} ORDER BY position") == [("REGION",), ("NUMBER_",)]
    assert error(shops, "INSERT INTO shops (region, number_) VALUES (1, 8)").code == 1


def test_a_renamed_column_is_renamed_in_checks_and_in_keys_that_point_to_it(
    shops: SqlSession,
) -> None:
    change(shops, 'ALTER TABLE regions RENAME COLUMN rate TO "Rate"')
    change(shops, "ALTER TABLE regions RENAME COLUMN id TO region_id")
    checks = "SELECT search_condition_vc FROM user_constraints WHERE search_condition_vc LIKE '%>%'"
    assert run(shops, checks) == [('"Rate" > 0',)]
    assert error(shops, 'UPDATE regions SET "Rate" = -1').code == 2290
    assert error(shops, "INSERT INTO shops (region, no) VALUES (2, 1)").code == 2291
    change(shops, "ALTER TABLE shops ADD (note VARCHAR2(10))")
    assert error(shops, "INSERT INTO shops (region, no) VALUES (2, 1)").code == 2291


def test_constraints_come_and_go_and_hold_from_then_on(shops: SqlSession) -> None:
    change(shops, "ALTER TABLE shops ADD CONSTRAINT shops_label_uk UNIQUE (label)")
    assert error(shops, "INSERT INTO shops (region, no) VALUES (1, 8)").code == 1
    change(shops, "ALTER TABLE shops DROP CONSTRAINT shops_label_uk")
    change(shops, "INSERT INTO shops (region, no) VALUES (1, 8)")
    change(shops, "ALTER TABLE shops MODIFY label NOT NULL")
    assert error(shops, "UPDATE shops SET label = NULL").code == 1407
    change(shops, "ALTER TABLE shops MODIFY label NULL")
    assert change(shops, "UPDATE shops SET label = NULL") == 2
    change(shops, "ALTER TABLE shops DROP PRIMARY KEY")
    change(shops, "INSERT INTO shops (region, no) VALUES (1, 8)")


REFUSALS: list[tuple[str, int]] = [
    ("ALTER TABLE shops ADD (label NUMBER)", 1430),
    ("ALTER TABLE shops ADD (must NUMBER NOT NULL)", 1758),
    ("ALTER TABLE shops MODIFY (label NUMBER)", 1439),
    ("ALTER TABLE shops MODIFY (label VARCHAR2(2))", 1441),
    ("ALTER TABLE shops MODIFY (no NUMBER(3))", 1440),
    ("ALTER TABLE shops MODIFY (label CLOB)", 22858),
    ("ALTER TABLE shops MODIFY (label NULL)", 1451),
    ("ALTER TABLE shops MODIFY (nope NUMBER)", 904),
    ("ALTER TABLE shops MODIFY (region NOT NULL)", 0),
    ("ALTER TABLE shops DROP COLUMN nope", 904),
    ("ALTER TABLE shops DROP COLUMN no", 12991),
    ("ALTER TABLE shops DROP (region, no, label, opened)", 12983),
    ("ALTER TABLE shops DROP CONSTRAINT nope", 2443),
    ("ALTER TABLE shops DROP UNIQUE (label)", 2442),
    ("ALTER TABLE shops RENAME COLUMN label TO no", 957),
    ("ALTER TABLE shops RENAME TO regions", 955),
    ("ALTER TABLE shops ADD PRIMARY KEY (label)", 2260),
    ("ALTER TABLE shops ADD UNIQUE (region, no)", 2261),
    ("ALTER TABLE shops ADD CONSTRAINT regions_pk UNIQUE (label)", 2264),
    ("ALTER TABLE shops ADD CONSTRAINT c CHECK (no > 7)", 2293),
    ("ALTER TABLE shops ADD FOREIGN KEY (no) REFERENCES regions", 2298),
    ("ALTER TABLE shops ADD FOREIGN KEY (label) REFERENCES regions", 2267),
    ("ALTER TABLE shops ADD FOREIGN KEY (no) REFERENCES shops (no)", 2270),
    ("ALTER TABLE shops ADD FOREIGN KEY (region, no) REFERENCES regions", 2256),
    ("ALTER TABLE shops ADD FOREIGN KEY (no) REFERENCES nowhere", 942),
    ("ALTER TABLE nowhere ADD (a NUMBER)", 942),
    ("ALTER TABLE shops SET UNUSED (label)", 3001),
    ("ALTER TABLE shops ADD (a NUMBER DEFAULT :x)", 1027),
    ("CREATE UNIQUE INDEX shops_pk ON shops (label)", 955),
    ("CREATE INDEX i ON shops (region, no)", 1408),
    ("DROP INDEX nope", 1418),
    ("COMMENT ON COLUMN shops.nope IS 'x'", 904),
    ("COMMENT ON TABLE nowhere IS 'x'", 942),
]


@pytest.mark.parametrize(("sql", "code"), REFUSALS)
def test_a_change_that_oracle_refuses_is_refused_and_changes_nothing(
    shops: SqlSession, sql: str, code: int
) -> None:
    columns = described(shops, "SELECT * FROM shops")
    if code:
        raised = error(shops, sql)
        assert raised.code == code, raised
    else:
        change(shops, sql)  # a key column may be told that it is NOT NULL once more
    assert described(shops, "SELECT * FROM shops") == columns
    assert run(shops, "SELECT region, no, label FROM shops") == [(1, 7, "new")]


def test_an_emptied_column_takes_any_plain_type(shops: SqlSession) -> None:
    change(shops, "UPDATE shops SET label = NULL")
    change(shops, "ALTER TABLE shops MODIFY (label NUMBER(5) DEFAULT 3)")
    change(shops, "INSERT INTO shops (region, no) VALUES (1, 8)")
    assert run(shops, "SELECT label FROM shops ORDER BY no") == [(None,), (3,)]


def test_a_unique_index_is_one_and_says_its_name(shops: SqlSession) -> None:
    change(shops, "CREATE UNIQUE INDEX shops_label ON shops (label)")
    raised = error(shops, "INSERT INTO shops (region, no) VALUES (1, 8)")
    assert raised.text.startswith("unique constraint (APP.SHOPS_LABEL) violated")
    change(shops, "ALTER TABLE shops ADD (more NUMBER)")
    assert error(shops, "INSERT INTO shops (region, no) VALUES (1, 8)").code == 1
    change(shops, "DROP INDEX shops_label")
    change(shops, "INSERT INTO shops (region, no) VALUES (1, 8)")
    assert error(shops, "CREATE UNIQUE INDEX shops_label ON shops (label)").code == 1452


def test_comments_are_kept_until_they_are_emptied(shops: SqlSession) -> None:
    change(shops, "COMMENT ON TABLE shops IS 'Läden'")
    change(shops, "COMMENT ON COLUMN app.shops.label IS 'it''s shown'")
    tables = "SELECT comments FROM all_tab_comments WHERE table_name = 'SHOPS'"
    columns = "SELECT comments FROM all_col_comments WHERE column_name = 'LABEL'"
    assert run(shops, tables) == [("Läden",)]
    assert run(shops, columns) == [("it's shown",)]
    change(shops, "COMMENT ON COLUMN shops.label IS ''")
    assert run(shops, columns) == [(None,)]


@pytest.fixture
def view(shops: SqlSession) -> SqlSession:
    change(shops, "CREATE VIEW open_shops (r, n) AS SELECT region, no FROM shops WHERE no > 0")
    return shops


def test_a_view_is_read_as_its_owner_wrote_it(view: SqlSession) -> None:
    assert run(view, "SELECT o.n, o.r FROM open_shops o") == [(7, 1)]
    texts = "SELECT view_name, text FROM all_views"
    assert run(view, texts) == [("OPEN_SHOPS", "SELECT region, no FROM shops WHERE no > 0")]
    columns = "SELECT column_name FROM user_tab_columns WHERE table_name = 'OPEN_SHOPS'"
    assert run(view, columns) == [("R",), ("N",)]
    change(view, "CREATE OR REPLACE VIEW open_shops AS SELECT * FROM shops")
    change(view, "ALTER TABLE shops ADD (later NUMBER)")
    assert len(described(view, "SELECT * FROM open_shops")) == 4
    change(view, "ALTER TABLE shops DROP COLUMN label")
    assert error(view, "SELECT * FROM open_shops").code == 4063
    change(view, "DROP VIEW open_shops")
    assert error(view, "SELECT * FROM open_shops").code == 942


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE VIEW open_shops AS SELECT 1 AS x FROM DUAL", 955),
        ("CREATE TABLE open_shops (x NUMBER)", 955),
        ("CREATE VIEW v AS SELECT 1 FROM DUAL", 998),
        ("CREATE VIEW v AS SELECT 1 AS a, 2 AS a FROM DUAL", 957),
        ("DELETE FROM open_shops", 3001),
        ("DROP VIEW nope", 942),
    ],
)
def test_what_a_view_cannot_be_is_refused(view: SqlSession, sql: str, code: int) -> None:
    assert error(view, sql).code == code
