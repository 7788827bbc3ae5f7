"""Requests made from the schemas of the document, and others: every answer is one it describes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from api.openapi import DOCUMENT
from tests.fake_oracle import FakeOracle
from tests.harness import PATIENCE_SECONDS, Answer, Sidecar, connection
from tests.project.fuzzing import fuzz

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method.upper(), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["SELECT 1 FROM dual", "1e999", "$date", "\x00", "\ud800", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
STATEMENTS = [
    "SELECT 1 AS a FROM dual",
    "SELECT 1 AS a FROM dual;",
    "SELECT * FROM app_config",
    "WITH q AS (SELECT 1 AS a FROM dual) SELECT * FROM q",
    "SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= 3000",
    "SELECT :1 AS a FROM dual",
    "SELECT :a AS a, :b AS b FROM dual",
    "SELECT 1 AS a, 2 AS a, NULL AS a_2 FROM dual",
    "SELECT * FROM no_such_table",
    "SELECT 1/0 FROM dual",
    "SELECT",
    "DELETE FROM app_config",
    "SELECT * FROM app_config FOR UPDATE",
    "BEGIN NULL; END;",
    "SELECT 1 FROM dual; SELECT 2 FROM dual",
]
DATES = ["2026-01-28T10:38:36", "2026-01-28", "2026-13-01T00:00:00", "-4712-01-01T00:00:00"]


def connect_strings(dsn: str) -> list[str]:
    """All on loopback, or nowhere: what is made up must not call a host of that name."""
    nothing_listens = "127.0.0.1:1/x"
    return [dsn] * 6 + [nothing_listens, "alias", "", " ", "(DESCRIPTION=", "x" * 5000]


def by_field(dsn: str) -> dict[str, st.SearchStrategy[Any]]:
    """Fields whose schema says less than what is worth trying."""
    account = connection(dsn)
    return {
        "connect_string": st.sampled_from(connect_strings(dsn)),
        "username": st.sampled_from([account["username"]] * 8 + ["nobody"]),
        "password": st.sampled_from([account["password"]] * 8 + ["wrong"]),
        "config_dir": st.sampled_from([None, "", "no/such/directory"]),
        "wallet_location": st.sampled_from([None, None, "", "no/such/wallet"]),
        "wallet_password": st.sampled_from([None, "", "x"]),
        "mode": st.sampled_from([None, None, None, "", "SYSDBA", "KING"]),
        "sql": st.sampled_from(STATEMENTS) | texts.map(lambda text: f"SELECT {text}"),
        "table": st.sampled_from([None, "app_config", "employees", '"no such table"', "a b"]),
        "where": st.sampled_from([None, None, "1 = 1", "config_id < :a", ") OR (1 = 1", "'"]),
        "key": st.sampled_from([None, "row", "key", [], ["A"], ["N"], ["CONFIG_ID"], ["a", "A"]]),
        **dict.fromkeys(("ignore", "show"), st.sampled_from([None, [], ["A"], ["UPDATED_AT"]])),
        "$date": st.sampled_from(DATES) | texts,
        "$base64": st.sampled_from(["", "AAEC", "====", "A"]) | texts,
    }


def from_schema(schema: dict[str, Any], fields: Any) -> st.SearchStrategy[Any]:
    """Values that a schema of the document allows; `fields` override properties by their names."""
    if "$ref" in schema:
        return from_schema(SCHEMAS[schema["$ref"].rpartition("/")[2]], fields)
    if "oneOf" in schema:
        return st.one_of([from_schema(one, fields) for one in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_kind(kind, schema, fields) for kind in kinds])


def _of_kind(kind: str, schema: dict[str, Any], fields: Any) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if kind == "object":
        known = {
            name: fields.get(name, from_schema(inner, fields))
            for name, inner in schema.get("properties", {}).items()
        }
        required = {name: known.pop(name) for name in schema.get("required", [])}
        if "additionalProperties" in schema:
            return st.dictionaries(
                texts | st.sampled_from("ab"),
                from_schema(schema["additionalProperties"], fields),
                max_size=3,
            )
        return st.fixed_dictionaries(required, optional=known)
    if kind == "array":
        inner = from_schema(schema["items"], fields)
        return st.lists(inner, min_size=schema.get("minItems", 0), max_size=3)
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "string": st.text(
            st.characters(exclude_categories=["Cs"]),
            min_size=schema.get("minLength", 0),
            max_size=20,
        ),
        "integer": st.integers(least, most) | st.integers(least or -5, min(most or 99, 99)),
        "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    }[kind]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a value, its own among them."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [path, *(found for key, one in inside for found in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with the value at a path replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def stays_on_loopback(value: Any, dsn: str) -> bool:
    if isinstance(value, list):
        return all(stays_on_loopback(one, dsn) for one in value)
    if not isinstance(value, dict):
        return True
    target = value.get("connect_string")
    is_known = not isinstance(target, str) or target in connect_strings(dsn) or target.isalnum()
    return is_known and all(stays_on_loopback(one, dsn) for one in value.values())


@st.composite
def bodies(draw: st.DrawFn, operation: dict[str, Any], dsn: str, is_valid: bool) -> bytes:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    value = draw(from_schema(schema, by_field(dsn)))
    if not is_valid:
        for _ in range(draw(st.integers(1, 3))):
            path = draw(st.sampled_from(places(value)))
            value = changed(value, path, draw(values))
        if not stays_on_loopback(value, dsn):
            value = None
    return json.dumps(value).encode()


def assert_described(answer: Answer, operation: dict[str, Any]) -> None:
    """Its status, its type and its shape are in the document, and it is no defect of ours."""
    assert answer.status != 500, answer.body
    described = operation["responses"][str(answer.status)]["content"]
    media_type = answer.headers["content-type"].partition(";")[0]
    media = described[media_type]
    if media_type == "application/json":
        whole = {**media["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(answer.json)
    elif "contentSchema" in media["schema"]:
        lines = [json.loads(line) for line in answer.body.split(b"\n") if line]
        whole = {**media["schema"]["contentSchema"], "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(lines)
        assert lines[-1].keys() & {"same", "error"}
    else:
        first, *_, last = [json.loads(line) for line in answer.body.splitlines()]
        assert list(first) == ["columns", "column_types"]
        assert list(last) in (["row_count", "truncated", "execution_time_ms"], ["error"])


with_body = pytest.mark.parametrize(
    ("path", "method", "operation"),
    [one for one in OPERATIONS if "requestBody" in one[2]],
    ids=[path for path, _, operation in OPERATIONS if "requestBody" in operation],
)


@with_body
@pytest.mark.parametrize("is_valid", [True, False], ids=["valid", "changed"])
def test_every_answer_is_one_that_the_document_describes(
    fuzzed: Sidecar,
    standin: FakeOracle,
    path: str,
    method: str,
    operation: dict[str, Any],
    is_valid: bool,
) -> None:
    accepts = st.sampled_from(["*/*", "application/json", "application/x-ndjson"])

    @fuzz(40)
    @given(bodies(operation, standin.dsn(), is_valid), accepts)
    def run(body: bytes, accept: str) -> None:
        headers = {"Content-Type": "application/json", "Accept": accept}
        answer = fuzzed.request(method, path, body, headers)
        assert_described(answer, operation)

    run()
    assert_nothing_is_busy(fuzzed)


def assert_nothing_is_busy(sidecar: Sidecar) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while any(pool["busy"] for pool in sidecar.get("/pools").json["pools"]):
        assert time.monotonic() < give_up, "a session was not given back"
        time.sleep(0.02)  # a session's return has no sign but /pools


@with_body
def test_a_body_of_any_bytes_gets_an_answer_that_the_document_describes(
    fuzzed: Sidecar, standin: FakeOracle, path: str, method: str, operation: dict[str, Any]
) -> None:
    pieces = st.sampled_from([b"{", b"}", b"[", b'"', b",", b":", b"\\u", b"\xff", b"1e9", b"nul"])
    cuts = st.tuples(bodies(operation, standin.dsn(), True), st.floats(0, 1), pieces)
    cut = cuts.map(lambda c: c[0][: int(len(c[0]) * c[1])] + c[2])
    types = st.sampled_from(["application/json"] * 3 + ["application/json;x", "text/plain", ""])

    @fuzz(40)
    @given(st.binary(max_size=100) | st.lists(pieces).map(b"".join) | cut, types)
    def run(body: bytes, content_type: str) -> None:
        answer = fuzzed.request(method, path, body, {"Content-Type": content_type})
        assert_described(answer, operation)

    run()


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"]
paths = st.sampled_from([path for path, _, _ in OPERATIONS]) | st.from_regex(
    r"/[!-~]{0,30}", fullmatch=True
)


@fuzz(200)
@given(paths, st.sampled_from(METHODS), st.sampled_from(["", "?", "?a=b&c", "#x", "?#"]))
def test_any_method_on_any_path_is_described_or_refused(
    fuzzed: Sidecar, path: str, method: str, behind: str
) -> None:
    answer = fuzzed.request(method, path + behind)

    known = DOCUMENT["paths"].get(path.partition("?")[0].partition("#")[0])
    operation = (known or {}).get(method.lower()) if method != "get" else None
    if method == "HEAD":
        assert (answer.status == 200) == ("get" in (known or {}))
        assert answer.body == b""
    elif method == "OPTIONS" and known:
        assert (answer.status, answer.body) == (204, b"")
    elif operation is not None:
        assert_described(answer, operation)
    else:
        assert answer.status == (405 if known else 404)
        Draft202012Validator({"$ref": "#/components/schemas/Error", **DOCUMENT}).validate(
            answer.json
        )
        assert ("allow" in answer.headers) == (answer.status == 405)
