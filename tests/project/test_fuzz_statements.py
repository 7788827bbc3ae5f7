"""Statements that are known to read, or known not to, however they are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.errors import ApiError
from sql.statement import Statement
from tests.fake_oracle import FakeOracle
from tests.harness import Sidecar, connection
from tests.project.fuzzing import fuzz

# Between tokens. The odd blanks are blanks to some databases and not to others.
DECOYS = [
    "'",
    "\r'",
    "\r",
    '"',
    "q'[",
    ";",
    "FOR UPDATE",
    "*",
    "/",
    "-",
    "(",
    "SELECT 1 FROM dual",
    "/*",
    "é",
]
decoys = st.lists(st.sampled_from(DECOYS), max_size=3).map(" ".join)
# A bare CR in a -- comment is refused: tests/sql/test_scanner.py.
line_comments = decoys.map(lambda text: "--" + text.replace("\r", "") + "\n")
comments = line_comments | decoys.map(lambda text: f"/*{text} */")
hints = st.sampled_from(["/*+ FULL(t) */", "--+ FULL(t)\n", "/*+ WITH_PLSQL */", "/**/"])
plain_blanks = st.sampled_from([" ", "  ", "\t", "\n", "\r\n", "\f"])
odd_blanks = st.sampled_from(["\u00a0", "\u3000", "\u2003", "\u0085", "\u2028", "\u200b", "\v"])
plain_gaps = st.lists(plain_blanks | comments | hints, min_size=1, max_size=3).map("".join)
odd_gaps = st.lists(plain_blanks | odd_blanks | comments, min_size=1, max_size=3).map("".join)
PAIRS = {"[": "]", "{": "}", "(": ")", "<": ">"}


@st.composite
def literals(draw: st.DrawFn) -> str:
    inside = draw(decoys)
    kind = draw(st.sampled_from(["plain", "national", "q", "date", "number", "name", "bind"]))
    if kind == "q":
        start = draw(st.sampled_from("[{(<!|#$~xX*?é"))
        end = PAIRS.get(start, start)
        inside = inside.replace(f"{end}'", "")
        if not inside.endswith(end):
            return f"{draw(st.sampled_from(['q', 'Q', 'nq', 'Nq']))}'{start}{inside}{end}'"
    quoted = "'" + inside.replace("'", "''") + "'"
    return {
        "plain": quoted,
        "national": f"N{quoted}",
        "q": quoted,
        "date": f"DATE {quoted}",
        "number": draw(st.sampled_from(["1", "1.5", ".5", "1e5", "1f", "2D", "1.", "1E-3f"])),
        "name": '"' + inside.replace('"', "") + '"',
        "bind": draw(st.sampled_from([":1", ":a", ':"b"'])),
    }[kind]


Tokens = list[str]
values_of_sql = literals().map(lambda literal: [literal])


def queries(locks: bool = False, code: bool = False) -> st.SearchStrategy[Tokens]:
    """The tokens of a query; one that locks, or holds PL/SQL, does so somewhere, at any depth."""

    def block(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
        in_brackets = inner.map(lambda tokens: ["(", *tokens, ")"])
        return st.one_of(
            in_brackets,
            inner.map(lambda t: ["SELECT", "*", "FROM", "(", *t, ")"]),
            inner.map(lambda t: ["WITH", "q", "AS", "(", *t, ")", "SELECT", "*", "FROM", "q"]),
            inner.map(lambda t: ["SELECT", "(", *t, ")", "a", "FROM", "dual"]),
            inner.map(lambda t: ["SELECT", "1", "FROM", "dual", "WHERE", "a", "IN", "(", *t, ")"]),
            inner.map(lambda t: ["SELECT", "a", "FROM", "t", "UNION", "ALL", *t]),
            inner.map(lambda t: ["SELECT", "CURSOR", "(", *t, ")", "c", "FROM", "dual"]),
        )

    simple = st.lists(values_of_sql, min_size=1, max_size=3).map(
        lambda items: [
            "SELECT",
            *[token for item in items for token in (*item, ",")][:-1],
            "FROM",
            "dual",
        ]
    )
    start = simple
    if locks:
        ends = st.sampled_from([[], ["NOWAIT"], ["OF", "a"], ["SKIP", "LOCKED"], ["WAIT", "1"]])
        start = st.tuples(simple, ends).map(lambda t: [*t[0], "FOR", "UPDATE", *t[1]])
    if code:
        word = st.sampled_from(["FUNCTION", "PROCEDURE"])
        start = st.tuples(word, simple).map(
            lambda t: [
                *("WITH", t[0], "f", "RETURN", "NUMBER", "IS", "BEGIN", "DELETE", "FROM", "t"),
                *(";", "RETURN", "1", ";", "END", ";", *t[1]),
            ]
        )
    return st.recursive(start, block, max_leaves=3)


WRITES: list[Tokens] = [
    ["INSERT", "INTO", "t", "VALUES", "(", "1", ")"],
    ["INSERT", "INTO", "t", "SELECT", "*", "FROM", "s"],
    ["INSERT", "ALL", "INTO", "t", "SELECT", "1", "FROM", "dual"],
    ["UPDATE", "t", "SET", "a", "=", "(", "SELECT", "1", "FROM", "dual", ")"],
    ["DELETE", "FROM", "t"],
    ["DELETE", '"T"'],
    ["MERGE", "INTO", "t", "USING", "(", "SELECT", "1", "FROM", "dual", ")", "s", "ON", "(", ")"],
    ["CREATE", "TABLE", "t", "AS", "SELECT", "1", "a", "FROM", "dual"],
    ["CREATE", "OR", "REPLACE", "VIEW", "v", "AS", "SELECT", "1", "a", "FROM", "dual"],
    ["CREATE", "FUNCTION", "f", "RETURN", "NUMBER", "IS", "BEGIN", "RETURN", "1", ";", "END", ";"],
    ["ALTER", "SESSION", "SET", "CURRENT_SCHEMA", "=", "sys"],
    ["DROP", "TABLE", "t"],
    ["TRUNCATE", "TABLE", "t"],
    ["GRANT", "SELECT", "ON", "t", "TO", "u"],
    ["LOCK", "TABLE", "t", "IN", "EXCLUSIVE", "MODE"],
    ["EXPLAIN", "PLAN", "FOR", "SELECT", "1", "FROM", "dual"],
    ["COMMIT"],
    ["BEGIN", "DELETE", "FROM", "t", ";", "END", ";"],
    ["DECLARE", "x", "NUMBER", ";", "BEGIN", "NULL", ";", "END", ";"],
    ["CALL", "f", "(", ")"],
]


@st.composite
def written(draw: st.DrawFn, tokens: Tokens, gaps: st.SearchStrategy[str]) -> str:
    """The tokens as a text: any case, any gaps, none where Oracle needs none."""
    text = draw(st.just("") | gaps)
    for number, token in enumerate(tokens):
        if token.isalpha():
            token = draw(st.sampled_from([token, token.lower(), token.title(), token.swapcase()]))
        text += token
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        both_are_words = _is_word(token[-1:]) and _is_word(following[:1])
        # `1.` before a digit, or a word before a string, could be read as one token.
        is_plain = token in ("(", ")", ",", "*", "=") or following in ("(", ")", ",", "*", "=", "")
        must_be_apart = both_are_words or not is_plain
        text += draw(gaps if must_be_apart else st.just("") | gaps)
    return text


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$", "#", ".")


def runs(sql: str) -> bool:
    """True when a sidecar that only reads would send it to the database."""
    try:
        Statement.make(sql, allow_write=False)
    except ApiError as error:
        refused_with = error.status
    else:
        return True
    assert refused_with in (400, 403)
    return False


@fuzz(200)
@given(queries().flatmap(lambda tokens: written(tokens, plain_gaps)), st.sampled_from(["", ";"]))
def test_a_query_that_only_reads_is_let_through(sql: str, end: str) -> None:
    assert runs(sql + end)


@fuzz(200)
@given(queries(locks=True).flatmap(lambda tokens: written(tokens, odd_gaps)))
def test_a_query_that_locks_at_any_depth_is_refused(sql: str) -> None:
    assert not runs(sql)


@fuzz(200)
@given(queries(code=True).flatmap(lambda tokens: written(tokens, odd_gaps)))
def test_a_query_with_plsql_at_any_depth_is_refused(sql: str) -> None:
    assert not runs(sql)


@st.composite
def write_statements(draw: st.DrawFn) -> str:
    tokens = draw(st.sampled_from(WRITES))
    return draw(st.sampled_from(["", "", "(", "(("])) + draw(written(tokens, odd_gaps))


@fuzz(200)
@given(write_statements())
def test_a_statement_that_writes_is_refused_however_it_is_written(sql: str) -> None:
    assert not runs(sql)


@fuzz(200)
@given(queries().flatmap(lambda tokens: written(tokens, odd_gaps)), odd_gaps, write_statements())
def test_a_statement_that_writes_is_refused_behind_a_query_too(
    query: str, gap: str, write: str
) -> None:
    assert not runs(f"{query};{gap}{write}")
    assert not runs(f"{query}{gap};{write};")


def test_no_statement_that_writes_reaches_the_database(fuzzed: Sidecar) -> None:
    made = (
        write_statements()
        | queries(locks=True).flatmap(lambda tokens: written(tokens, odd_gaps))
        | queries(code=True).flatmap(lambda tokens: written(tokens, odd_gaps))
    )
    with FakeOracle() as untouched:
        target = connection(untouched.dsn())

        @fuzz(100)
        @given(made, st.sampled_from(["/query", "/query-dict", "/query-batch"]))
        def run(sql: str, path: str) -> None:
            query = {"connection": target, "sql": sql}
            if path == "/query-batch":
                (result,) = fuzzed.post(path, {"queries": [query]}).json["results"]
                assert list(result) == ["error", "detail"]
            else:
                assert fuzzed.post(path, query).status in (400, 403)

        run()
        assert untouched.counts().connections == 0
