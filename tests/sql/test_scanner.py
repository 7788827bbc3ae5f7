"""What the text of a statement says; nothing that writes passes for a query."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ApiError
from sql.scanner import StatementKind, main_query_at, may_have_star, scan
from sql.statement import Statement
from tests.growth import assert_linear

QUERIES = [
    "SELECT 1 FROM dual",
    "select 1 from dual",
    "SeLeCt 1 FROM dual",
    "SELECT*FROM dual",
    "SELECT(1)FROM dual",
    'SELECT"X"FROM dual',
    "SELECT'x'FROM dual",
    "SELECT-1 FROM dual",
    "SELECT",
    " \t\r\n\f\v SELECT 1 FROM dual",
    "WITH t AS (SELECT 1 x FROM dual) SELECT * FROM t",
    'WITH "FUNCTION" AS (SELECT 1 x FROM dual) SELECT * FROM "FUNCTION"',
    "WITH merge AS (SELECT 1 FROM dual), update_log AS (SELECT 2 FROM merge) SELECT 1 FROM dual",
    "WITH t AS (SELECT 1 x FROM dual) ((SELECT * FROM t))",
    "WITH t AS (SELECT 1 x FROM dual) (WITH u AS (SELECT * FROM t) SELECT * FROM u)",
    "WITH t (x) AS (SELECT 1 FROM dual) CYCLE x SET c TO 'Y' DEFAULT 'N' (SELECT * FROM t)",
    "WITH t (x) AS (SELECT 1 FROM dual) SEARCH DEPTH FIRST BY x SET o SELECT ') DELETE' FROM t",
    "SELECT s.CURRVAL, nextval, 'x.NEXTVAL', t.\"nextval\" FROM t /* s.NEXTVAL */",
    "SELECT external, t.external, external(1), (external) FROM external, (SELECT 1 FROM dual)",
    "WITH function_list AS (SELECT 1 x FROM dual) SELECT * FROM function_list",
    "(SELECT 1 FROM dual)",
    "((( SELECT 1 FROM dual )))",
    "(SELECT 1 FROM dual) UNION ALL (SELECT 2 FROM dual)",
    "( /* a */ ( -- b\n SELECT 1 FROM dual ))",
    "/* comment */ SELECT 1 FROM dual",
    "/**/SELECT 1 FROM dual",
    "/***/SELECT 1 FROM dual",
    "/* a * / ** // */ SELECT 1 FROM dual",
    "/* it's */ SELECT 1 FROM dual",
    "/* -- */ SELECT 1 FROM dual",
    "/* DELETE FROM t; */ SELECT 1 FROM dual",
    "-- comment\nSELECT 1 FROM dual",
    "-- comment\r\nSELECT 1 FROM dual",
    "--\n--\n\nSELECT 1 FROM dual",
    "-- /* \nSELECT 1 FROM dual",
    "-- it's; DELETE FROM t\nSELECT 1 FROM dual",
    "SELECT /*+ FULL(t) */ 1 FROM t",
    "SELECT --+ FULL(t)\n 1 FROM t",
    "SELECT/*+ FULL(t) */1 FROM t",
    "SELECT 1 FROM dual -- FOR UPDATE",
    "SELECT 1 FROM dual /* FOR UPDATE */",
    "SELECT 'FOR UPDATE' FROM dual",
    "SELECT 'it''s FOR UPDATE' FROM dual",
    "SELECT n'FOR UPDATE', N'x' FROM dual",
    "SELECT q'[it's FOR UPDATE]' FROM dual",
    'SELECT 1 "FOR UPDATE" FROM dual',
    "SELECT 1 for_update FROM dual",
    "SELECT for$update, x#for FROM t",
    "SELECT forx, update1 FROM t",
    "SELECT updated FROM t WHERE valid_for = update_time",
    "SELECT ';' FROM dual",
    'SELECT 1 ";" FROM dual',
    "SELECT q'{;}' FROM dual",
    "SELECT :id, :1, :\"x\" FROM dual WHERE a = :q AND b = 'x'",
    "SELECT 1e5, 1.5f, .5d, 1e-3 FROM dual",
    "SELECT * FROM t FOR XML",
    "SELECT * FROM t AS OF TIMESTAMP SYSDATE",
    "SELECT DATE '2026-01-28', INTERVAL '1' DAY FROM dual",
    "SELECT Straße, naïve, 名前 FROM tabelle",
    "SELECT nq, q, n FROM t WHERE q = 'x'",
    "SELECT xq'[1]' FROM dual",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_a_query_is_known_as_one_and_sent_as_it_is(sql: str) -> None:
    text = scan(sql)
    assert (text.kind, text.is_multiple, text.sql) == (StatementKind.QUERY, False, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t FOR UPDATE",
        "select * from t for update",
        "SELECT * FROM t FOR\nUPDATE NOWAIT",
        "SELECT * FROM t FOR\u00a0UPDATE",
        "SELECT * FROM t FOR/**/UPDATE",
        "SELECT * FROM t FOR /* 'x */ UPDATE OF a SKIP LOCKED",
        "SELECT * FROM t FOR--'\nUPDATE",
        "SELECT * FROM t WHERE a = 'x'FOR UPDATE",
        'SELECT * FROM t "x"FOR UPDATE',
        "SELECT * FROM (t)FOR UPDATE",
        "SELECT * FROM t WHERE a=1 FOR UPDATE",
        "SELECT * FROM t WHERE a=:1for update",
        "SELECT * FROM t WHERE a = '--' FOR UPDATE",
        "SELECT * FROM t WHERE a = '/*' FOR UPDATE -- */",
        "SELECT * FROM t WHERE a = 'it''s' FOR UPDATE",
        "SELECT \"it's\" FROM t FOR UPDATE --'",
        "SELECT * FROM t WHERE a = q'[it's]' FOR UPDATE",
        "SELECT * FROM t WHERE a = nq'!it's!' FOR UPDATE --'",
        "SELECT * FROM t WHERE a = xq'[' FOR UPDATE --]'",
        "(SELECT * FROM t FOR UPDATE)",
        "WITH x AS (SELECT 1 a FROM dual) SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t FOR UPDATE; -- done",
        # Oracle reads a number's suffix and goes on with the next word.
        "SELECT * FROM t WHERE a=1for update",
        "SELECT * FROM t WHERE a=1ffor update",
        "SELECT * FROM t WHERE a=1dfor update",
        "SELECT * FROM t WHERE a=1.5FFOR UPDATE",
        "SELECT * FROM t WHERE a=1.ffor update",
        "SELECT * FROM t WHERE a=.5dfor update",
        "SELECT * FROM t WHERE a=1e5for update",
        "SELECT * FROM t WHERE a=1e-5ffor update",
        "SELECT 1q'[']' FROM t FOR UPDATE --'",
        "SELECT 1fq'[']' FROM t FOR UPDATE --'",
        # A quotation mark may be the delimiter of a q-quoted text, and so may odd blanks.
        "SELECT q'''x'' FROM t FOR UPDATE --'",
        "SELECT q'\u00a0'\u00a0' FROM t FOR UPDATE --'",
        "SELECT q'\u3000'\u3000' FROM t FOR UPDATE --'",
        "SELECT q'\v'\v' FROM t FOR UPDATE --'",
    ],
)
def test_a_query_for_update_is_known_by_its_code(sql: str) -> None:
    assert scan(sql).kind is StatementKind.LOCKING_QUERY


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.NEXTVAL FROM dual",
        "select app.s.nextval from dual",
        "SELECT s . /* c */ NextVal AS n, t.a FROM t",
        "SELECT s.NEXTVAL@remote FROM dual",
        "SELECT * FROM (SELECT s.NEXTVAL FROM dual)",
        'SELECT "S"."NEXTVAL" FROM dual',
        "WITH t AS (SELECT s.NEXTVAL n FROM dual) SELECT * FROM t",
    ],
)
def test_a_query_that_takes_numbers_of_a_sequence_is_known(sql: str) -> None:
    assert scan(sql).kind is StatementKind.NUMBERING_QUERY


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM EXTERNAL ((a NUMBER) TYPE ORACLE_LOADER LOCATION ('x.csv'))",
        "select * from external(\n( a NUMBER) LOCATION ('x.csv')) e",
        "SELECT * FROM t, EXTERNAL ((a NUMBER) LOCATION ('x.csv')) e",
        "SELECT * FROM t JOIN EXTERNAL ((a NUMBER) LOCATION ('x.csv')) e ON e.a = t.a",
        "SELECT * FROM t CROSS APPLY external /* c */ ((a NUMBER) LOCATION ('x.csv'))",
        "SELECT * FROM (EXTERNAL ((a NUMBER) LOCATION ('x.csv')))",
        "SELECT * FROM t EXTERNAL MODIFY (LOCATION ('x.csv') BADFILE 'y.bad')",
    ],
)
def test_a_query_of_files_on_the_server_is_known(sql: str) -> None:
    assert scan(sql).kind is StatementKind.EXTERNAL_QUERY


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "MERGE INTO t USING s ON (t.id = s.id) WHEN MATCHED THEN UPDATE SET t.a = s.a",
        "CREATE TABLE t (a NUMBER)",
        "CREATE TABLE t AS SELECT 1 a FROM dual",
        "CREATE VIEW function AS SELECT 1 a FROM dual",
        "ALTER SESSION SET CURRENT_SCHEMA = x",
        "ALTER SYSTEM KILL SESSION '1,2'",
        "DROP TABLE t",
        "TRUNCATE TABLE t",
        "RENAME a TO b",
        "GRANT SELECT ON t TO x",
        "REVOKE SELECT ON t FROM x",
        "COMMENT ON TABLE t IS 'SELECT'",
        "LOCK TABLE t IN EXCLUSIVE MODE",
        "EXPLAIN PLAN FOR SELECT 1 FROM dual",
        "SET TRANSACTION READ ONLY",
        "SET ROLE NONE",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "PURGE RECYCLEBIN",
        "FLASHBACK TABLE t TO BEFORE DROP",
        "ANALYZE TABLE t COMPUTE STATISTICS",
        "AUDIT SELECT ON t",
        "ADMINISTER KEY MANAGEMENT SET KEY",
        "/* SELECT */ DELETE FROM t",
        "-- SELECT\nDELETE FROM t",
        "-- SELECT\rDELETE FROM t\nDELETE FROM t",
        "(DELETE FROM t)",
        "'SELECT' DELETE FROM t",
        '"SELECT" 1 FROM dual',
        "q'[SELECT]' 1",
        "SELECTED 1 FROM dual",
        "SELECT_ 1 FROM dual",
        "SELECT$ 1 FROM dual",
        "SELECT# 1 FROM dual",
        "SELECT2 FROM dual",
        "SELECTé 1 FROM dual",
        "1SELECT 1 FROM dual",
        "x SELECT 1 FROM dual",
        ") SELECT 1 FROM dual",
        "SEL/**/ECT 1 FROM dual",
        "\x00SELECT 1 FROM dual",
        # What is ASCII only after its case was folded is no keyword to the database.
        "\u017fELECT 1 FROM dual",
        "W\u0131TH t AS (SELECT 1 x FROM dual) SELECT * FROM t",
        "WITH t AS (SELECT 1 x FROM dual) \u017fELECT * FROM t",
        # Behind the subqueries of a WITH stands SELECT, or a parenthesis before it.
        "WITH t AS (SELECT 1 x FROM dual) DELETE FROM u",
        "WITH t AS (SELECT 1 x FROM dual) INSERT INTO u SELECT * FROM t",
        "WITH t AS (SELECT 1 x FROM dual), v (a, b) AS (SELECT 1, 2 FROM t) UPDATE u SET a = 1",
        "WITH t AS (SELECT 1 x FROM dual) /* SELECT */ MERGE INTO u USING t ON (1 = 1)",
        "WITH t AS (SELECT 1 x FROM dual) CREATE TABLE u AS SELECT * FROM t",
        "WITH t (x) AS (SELECT 1 FROM dual) SEARCH DEPTH FIRST BY x SET o DELETE FROM u",
        "WITH t (x) AS (SELECT 1 FROM dual) CYCLE x SET c TO 'Y' DEFAULT 'N' DELETE FROM u",
        "WITH t AS (SELECT 1 x FROM dual) (DELETE FROM u)",
        "WITH t AS (SELECT 1 x FROM dual)",
        "(WITH t AS (SELECT 1 x FROM dual) DELETE FROM u)",
        "EXEC dbms_lock.sleep(1)",
        "DESC t",
        "/*/ SELECT 1 FROM dual */ DELETE FROM t",
        "VALUES (1)",
    ],
)
def test_what_is_no_query_is_not_taken_for_one(sql: str) -> None:
    assert scan(sql).kind is StatementKind.OTHER


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN NULL; END;",
        "begin delete from t; commit; end;",
        "DECLARE x NUMBER; BEGIN NULL; END;",
        "/* a */ BEGIN NULL; END;",
        "CALL f(1)",
        "<<here>> BEGIN NULL; END here;",
        "<<label>> SELECT 1 FROM dual",
        "/* a */ << a >> <<b>> declare x NUMBER; BEGIN NULL; END;",
        "CREATE OR REPLACE AND RESOLVE NOFORCE JAVA SOURCE NAMED j AS class J { int i; };",
        "CREATE OR REPLACE MLE MODULE m LANGUAGE JAVASCRIPT AS export function f() { return 1; }",
        "CREATE FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END;",
        "CREATE OR REPLACE PROCEDURE p IS BEGIN NULL; END;",
        "CREATE OR REPLACE NONEDITIONABLE PACKAGE p IS x NUMBER; END;",
        "CREATE OR REPLACE EDITIONABLE PACKAGE BODY p IS BEGIN NULL; END;",
        "CREATE /* c */ OR -- d\n REPLACE TRIGGER t BEFORE INSERT ON x BEGIN NULL; END;",
        "CREATE TYPE t AS OBJECT (a NUMBER);",
        "WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual",
        "with/**/function f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual",
        "(WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual)",
        "WITH PROCEDURE p IS BEGIN NULL; END; FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; "
        "SELECT f FROM dual",
    ],
)
def test_a_block_is_sent_whole_with_its_semicolons(sql: str) -> None:
    text = scan(sql)
    assert (text.kind, text.is_multiple, text.sql) == (StatementKind.BLOCK, False, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT /*+ WITH_PLSQL */ * FROM (WITH FUNCTION f RETURN NUMBER IS "
        "PRAGMA AUTONOMOUS_TRANSACTION; BEGIN DELETE FROM t; COMMIT; RETURN 1; END; "
        "SELECT f FROM dual)",
        "WITH a AS (SELECT 1 FROM dual) SELECT * FROM a, (with/**/procedure p IS BEGIN NULL; END; "
        "SELECT 1 FROM dual)",
    ],
)
def test_a_function_inside_a_nested_query_is_code(sql: str) -> None:
    assert scan(sql).kind is StatementKind.BLOCK
    with pytest.raises(ApiError) as refused:
        Statement.make(sql, allow_write=False)
    assert (refused.value.status, refused.value.full_code) == (403, "READ_ONLY")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t START WITH function = 1 CONNECT BY PRIOR id = boss",
        "SELECT function, procedure FROM t",
        'WITH "FUNCTION" AS (SELECT 1 FROM dual) SELECT * FROM "FUNCTION"',
    ],
)
def test_the_words_for_code_are_names_elsewhere(sql: str) -> None:
    assert scan(sql).kind is StatementKind.QUERY


@pytest.mark.parametrize("tail", ["", ";", " ; -- end", ";;\n"])
def test_a_query_with_functions_is_sent_without_a_semicolon_behind_it(tail: str) -> None:
    sql = "WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual"

    assert scan(sql + tail).sql.rstrip("; ") == sql
    assert scan("CALL f(1)" + tail).sql.rstrip("; ") == "CALL f(1)"
    assert not scan(sql + tail).sql.rstrip().endswith(";")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        " ",
        "\n\t",
        "-- only a comment",
        "/* only a comment */",
        "/* a */ -- b\n",
        "(",
        ";",
        ";;",
    ],
)
def test_what_holds_no_statement_is_empty(sql: str) -> None:
    assert scan(sql).kind is StatementKind.EMPTY


# Trailing semicolons and second statements.


@pytest.mark.parametrize(
    ("ending", "kept"),
    [
        (";", ""),
        (" ; ", " "),
        (";;;", ""),
        ("; -- done", ""),
        ("; /* done */ ", ""),
        (";\n-- a; b\n/* c; d */\n;\n", ""),
        ("; -- it's", ""),
        (" -- before;\n;", " -- before;\n"),
        (" /* before; */;", " /* before; */"),
        (" -- no end;", " -- no end;"),
        (" /* no end;", " /* no end;"),
    ],
)
def test_a_trailing_semicolon_is_dropped_with_what_follows(ending: str, kept: str) -> None:
    text = scan("SELECT 1 FROM dual" + ending)
    assert (text.kind, text.is_multiple) == (StatementKind.QUERY, False)
    assert text.sql == "SELECT 1 FROM dual" + kept


@pytest.mark.parametrize(
    "second",
    [
        "DELETE FROM t",
        "SELECT 2 FROM dual",
        "/* c */ DELETE FROM t",
        "-- c\nDELETE FROM t",
        "-- c\r\nDELETE FROM t;",
        "/",
        ")",
        "'x'",
        '"x"',
        "1",
        "\x00",
    ],
)
def test_a_second_statement_is_noticed(second: str) -> None:
    assert scan(f"SELECT 1 FROM dual; {second}").is_multiple
    assert scan(f"SELECT 1 FROM dual;{second}").is_multiple
    assert scan(f"SELECT 1 FROM dual;;{second}").is_multiple
    assert scan(f"UPDATE t SET a = 1; {second}").is_multiple


@pytest.mark.parametrize("start", [";", " ; ", "/**/;"])
def test_a_statement_behind_a_semicolon_is_a_second_one(start: str) -> None:
    assert scan(start + "SELECT 1 FROM dual").is_multiple


# What comes along with pasted text.

PLAIN = "SELECT 1 AS a, 'x\u00a0y' AS b FROM dual"


@pytest.mark.parametrize(
    "around", ["\ufeff", "\u00a0", "\u3000 \u200b", "\u2028", "\x85", "\u202a"]
)
@pytest.mark.parametrize("ending", ["", ";", "\n/", ";\n/\n", " ; -- done\n / \n\n", "\r\n/\r\n"])
def test_what_pasted_text_has_around_it_is_dropped(around: str, ending: str) -> None:
    for sql in (
        f"{around}{PLAIN}{ending}{around}",
        f"\n{around}\n{PLAIN}{around}{ending}",
        f"/* c */{around}{PLAIN} {around} {ending}{around}\n",
    ):
        text = scan(sql)
        assert (text.kind, text.is_multiple, text.odd_at) == (StatementKind.QUERY, False, None)
        assert text.sql.strip(" \r\n") == PLAIN


def test_a_block_loses_the_slash_behind_it_and_keeps_its_semicolon() -> None:
    assert scan("\ufeffBEGIN NULL; END;\n/\n").sql == "BEGIN NULL; END;\n"


@pytest.mark.parametrize(
    "sql", ["SELECT 4\n/\n2 FROM dual", "SELECT 4 /\n2 FROM dual", "SELECT a / b FROM t"]
)
def test_a_slash_that_divides_is_kept(sql: str) -> None:
    text = scan(sql)
    assert (text.kind, text.is_multiple, text.sql) == (StatementKind.QUERY, False, sql)


@pytest.mark.parametrize("first", ["SELECT 1 FROM dual", "BEGIN NULL; END;"])
def test_a_statement_behind_a_line_with_a_slash_is_a_second_one(first: str) -> None:
    assert scan(f"{first}\n/\nDELETE FROM t\n/").is_multiple


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT\u00a01 FROM dual", "U+00A0 (NO-BREAK SPACE)|line 1, column 7"),
        ("SELECT 1\nFROM\u200b dual", "U+200B (ZERO WIDTH SPACE)|line 2, column 5"),
        ("\ufeffSELECT 1 FROM \ufeffdual;", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)|line 1, column 16"),
        # Oracle goes on with the comment where an editor, and the driver, see a new line.
        ("SELECT a -- first\r, b FROM t", "U+000D (CARRIAGE RETURN)|line 1, column 18"),
        ("SELECT a --:x\r\n --\u2028:y\nFROM t", "U+2028 (LINE SEPARATOR)|line 2, column 4"),
    ],
)
def test_a_character_that_only_looks_like_a_blank_is_named_with_its_place(
    sql: str, place: str
) -> None:
    with pytest.raises(ApiError) as refused:
        Statement.make(sql, allow_write=False)

    assert (refused.value.status, refused.value.full_code) == (400, "ODD_CHARACTER")
    for words in place.split("|"):
        assert words in refused.value.message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a\u00a0\u200b', q'[\u2028]', \"\u00a0\" FROM dual /* \r \u00a0 */",
        "SELECT 1 -- \u00a0 \u200b\r\nFROM dual -- done\r",
    ],
)
def test_where_it_does_no_harm_it_stays(sql: str) -> None:
    assert Statement.make(sql, allow_write=False).text.sql == sql


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELEC 1 FROM dual", "SELEC is no word that a statement begins with"),
        ("\u017fELECT 1 FROM dual", "\u017fELECT is no word that a statement begins with"),
        ("EXEC p", "EXEC is no word that a statement begins with"),
        ("= 1", "this is not a word that a statement begins with"),
        ("drop table t", "this is DROP"),
        ("WITH t AS (SELECT 1 x FROM dual) DELETE FROM u", "behind this WITH stands no SELECT"),
        ("SELECT s.nextval FROM dual", "this is a query with NEXTVAL"),
        ("SELECT * FROM t FOR UPDATE", "this is a query FOR UPDATE"),
    ],
)
def test_a_refusal_says_what_it_is_that_does_not_run(sql: str, words: str) -> None:
    with pytest.raises(ApiError) as refused:
        Statement.make(sql, allow_write=False)

    assert (refused.value.status, refused.value.full_code) == (403, "READ_ONLY")
    assert words in refused.value.message


# What is not closed runs to the end: the database says what is wrong with it.


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'x",
        "SELECT 'x; DELETE FROM t",
        "SELECT 'x''; DELETE FROM t",
        'SELECT "x; DELETE FROM t',
        "SELECT q'[x]; DELETE FROM t",
        "SELECT q'!x'; DELETE FROM t",
        "SELECT 1 /* x; DELETE FROM t",
        "SELECT 1 -- x; DELETE FROM t",
        "SELECT q'",
    ],
)
def test_what_is_not_closed_hides_nothing_that_would_run(sql: str) -> None:
    text = scan(sql)
    assert (text.kind, text.is_multiple, text.sql) == (StatementKind.QUERY, False, sql)


# Every delimiter of a q-quoted text.

PAIRS = {"[": "]", "{": "}", "(": ")", "<": ">"}
DELIMITERS = [chr(c) for c in range(0x21, 0x7F)] + ["é", "€", "語", "\U0001f600", "\u00a0"]


@pytest.mark.parametrize("prefix", ["q", "Q", "nq", "nQ", "Nq", "NQ"])
def test_a_q_quoted_text_ends_where_its_delimiter_says(prefix: str) -> None:
    for delimiter in DELIMITERS:
        start, end = f"{prefix}'{delimiter}", f"{PAIRS.get(delimiter, delimiter)}'"
        inside = "; x FOR UPDATE " if delimiter == "'" else "; ' FOR UPDATE "
        text = scan(f"SELECT {start}{inside}{end} FROM t")
        assert (text.kind, text.is_multiple) == (StatementKind.QUERY, False), delimiter
        text = scan(f"SELECT {start}{inside}{end} FROM t FOR UPDATE --'")
        assert text.kind is StatementKind.LOCKING_QUERY, delimiter
        text = scan(f"SELECT {start}{end}; DELETE FROM t --'")
        assert text.is_multiple, delimiter


def test_closing_brackets_close_nothing_by_themselves() -> None:
    for opening, closing in PAIRS.items():
        assert (
            scan(f"SELECT q'{opening}{opening}' FOR UPDATE {closing}'").kind is StatementKind.QUERY
        )
        assert (
            scan(f"SELECT q'{closing}x{closing}' FROM t FOR UPDATE").kind
            is StatementKind.LOCKING_QUERY
        )


# Properties.

WRITING_WORDS = [
    *("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"),
    *("GRANT", "REVOKE", "COMMENT", "LOCK", "EXPLAIN", "SET", "COMMIT", "ROLLBACK", "SAVEPOINT"),
    *("PURGE", "FLASHBACK", "ANALYZE", "AUDIT", "NOAUDIT", "ASSOCIATE", "DISASSOCIATE"),
    *("ADMINISTER", "BEGIN", "DECLARE", "CALL"),
]

blanks = st.text(" \t\r\n\f", min_size=1, max_size=3)
comments = st.one_of(
    st.text(st.characters(exclude_characters="\n")).map(lambda words: f"--{words}\n"),
    st.text().filter(lambda words: "*/" not in words).map(lambda words: f"/*{words} */"),
)
gaps = st.lists(st.one_of(blanks, comments), max_size=4).map("".join)
strings = st.text(max_size=10).map(lambda words: "'" + words.replace("'", "''") + "'")
names = st.text(st.characters(exclude_characters='"'), min_size=1, max_size=10).map(
    lambda words: f'"{words}"'
)


@st.composite
def q_strings(draw: st.DrawFn) -> str:
    delimiter = draw(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]))
    end = PAIRS.get(delimiter, delimiter) + "'"
    words = draw(st.text(max_size=10).filter(lambda words: end not in words + end[:1]))
    return f"{draw(st.sampled_from(['q', 'Q', 'nq', 'NQ']))}'{delimiter}{words}{end}"


def mixed_case(words: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from([c.upper(), c.lower()]) for c in words)).map("".join)


# What closes itself: code behind it is code again.
closed = st.lists(
    st.one_of(
        blanks,
        comments,
        strings.map(lambda item: f" {item}"),
        names,
        q_strings().map(lambda item: f" {item}"),
        st.sampled_from([" a ", " ,", "(", ")", " 1 ", " 1.5e-3f", " = ", " :b "]),
    ),
    max_size=8,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.one_of(gaps, st.just("(")), max_size=5).map("".join),
    st.sampled_from(WRITING_WORDS).flatmap(mixed_case),
    st.text(),
)
def test_nothing_that_starts_with_a_writing_word_is_a_query(
    before: str, word: str, rest: str
) -> None:
    # A letter right behind the word would make it another one.
    text = scan(f"{before}{word} {rest}")
    assert text.kind in (StatementKind.OTHER, StatementKind.BLOCK)


@settings(max_examples=400, deadline=None)
@given(gaps, closed, gaps, closed)
def test_for_update_is_seen_between_any_closed_pieces(
    before: str, pieces: str, between: str, behind: str
) -> None:
    text = scan(f"{before}SELECT {pieces} FOR {between} UPDATE {behind}")
    assert text.kind is StatementKind.LOCKING_QUERY


@settings(max_examples=400, deadline=None)
@given(gaps, closed, gaps, st.sampled_from(["DELETE FROM t", "SELECT 1", "x"]))
def test_a_second_statement_is_seen_behind_any_closed_pieces(
    before: str, pieces: str, between: str, second: str
) -> None:
    assert scan(f"{before}SELECT {pieces} ;{between}{second}").is_multiple


@settings(max_examples=400, deadline=None)
@given(gaps, closed, gaps)
def test_a_query_of_closed_pieces_is_one_query(before: str, pieces: str, behind: str) -> None:
    sql = f"{before}SELECT {pieces} "
    text = scan(f"{sql};{behind}")
    assert (text.kind, text.is_multiple, text.sql) == (StatementKind.QUERY, False, sql)


@settings(max_examples=400, deadline=None)
@given(st.text())
def test_any_text_can_be_read(sql: str) -> None:
    text = scan(sql)
    assert text.sql in sql


# Time.


MEASURED_CHARACTERS = 200_000  # measuring makes it slow
PIECES = [
    *("a ", "'", '"', "(", "--", "/*", "*/", "q'[", "q'", "1", ";", ".", "a.b,", "''x", "-", "/"),
    *(
        "\u00e9",
        "\n/",
        "\u00a0",
        "\u00a0a",
        "--\r",
        "--\r\n",
        "FOR ",
        "EXTERNAL(",
        "x.NEXTVAL,",
        "a",
    ),
]


@pytest.mark.parametrize("start", ["SELECT ", "SELECT '", "WITH a AS (SELECT "])
@pytest.mark.parametrize("piece", PIECES)
def test_the_time_to_read_a_statement_grows_as_its_length_does(start: str, piece: str) -> None:
    def read(text: str) -> None:
        scan(start + text)
        main_query_at(start + text)

    assert_linear(read, piece)


@pytest.mark.parametrize("piece", ["a ", "x", "''", "(", "'a',"])
@pytest.mark.parametrize("start", ["SELECT '", "delete ", "WITH a AS ("])
def test_reading_a_statement_keeps_no_more_than_a_copy_of_it(start: str, piece: str) -> None:
    sql = start + piece * (MEASURED_CHARACTERS // len(piece))
    tracemalloc.start()
    try:
        scan(sql)
        main_query_at(sql)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * MEASURED_CHARACTERS


@pytest.mark.parametrize(
    ("head", "main"),
    [
        ("WITH a AS (SELECT 1 FROM dual)", "SELECT * FROM a"),
        ("WITH a (x, y) AS (SELECT 1, ')' FROM (dual)), b AS (SELECT 2 FROM a)", "SELECT * FROM b"),
        ("/* SELECT */ with a as (select q'[)]' from dual) -- select", "\nselect 1 from a"),
        ("WITH a AS (SELECT 1 x FROM dual)", "(SELECT x FROM a) UNION ALL SELECT 2 FROM dual"),
        (
            "WITH a (x) AS (SELECT 1 FROM dual UNION ALL SELECT x + 1 FROM a WHERE x < 3) "
            "SEARCH DEPTH FIRST BY x SET o CYCLE x SET c TO 'Y' DEFAULT 'N'",
            "SELECT * FROM a",
        ),
        ('WITH "SELECT" AS (SELECT 1 FROM dual)', 'SELECT * FROM "SELECT"'),
    ],
)
def test_the_query_behind_its_named_subqueries_is_found(head: str, main: str) -> None:
    sql = f"{head} {main}"

    assert main_query_at(sql) == sql.rindex(main.strip())


@pytest.mark.parametrize("sql", ["SELECT 1 FROM dual", "(WITH a AS (SELECT 1 FROM dual) SELECT 1)"])
def test_a_query_without_named_subqueries_of_its_own_has_none(sql: str) -> None:
    assert main_query_at(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t",
        "SELECT t.* FROM t",
        "SELECT a,*FROM t",
        "SELECT a FROM (SELECT/**/* FROM t)",
        "WITH q AS (SELECT u.\n*\nFROM u) SELECT a FROM q",
        "SELECT a FROM t WHERE EXISTS (SELECT * FROM u)",
        "SELECT COUNT(*) FROM t",
        "SELECT JSON_OBJECT(*) FROM t",
        "SELECT 2*3 FROM t",
    ],
)
def test_a_star_that_may_stand_for_columns_is_found(sql: str) -> None:
    assert may_have_star(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, b FROM t",
        "SELECT /*+ FIRST_ROWS(10) */ a /* * */ FROM t -- *",
        "SELECT '*' AS a, q'[*]' AS b, \"*\" FROM t",
    ],
)
def test_a_star_in_a_text_or_a_comment_is_none(sql: str) -> None:
    assert not may_have_star(sql)
