"""The OpenAPI document against the routes, the errors, and what is really answered."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

import handlers
from api import batch as batches
from api import compare_fields as comparing
from api import request_fields as fields
from api.openapi import DOCUMENT
from common import errors, settings
from tests.compare.asking import NDJSON, body
from tests.fake_oracle import FakeOracle
from tests.harness import ROOT, Answer, Sidecar

OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
NAMES = [f"{method} {path}" for path, method, _ in OPERATIONS]
SUCCESSES = {"200", "202"}

each_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)


def is_valid(value: object, schema: dict[str, Any]) -> None:
    """Holds a value against a schema of the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(value)


def answer_schema(path: str, method: str, status: int) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schema


def test_the_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(cast(Any, DOCUMENT)).iter_errors()) == []


def test_the_document_names_exactly_the_routes_in_their_order() -> None:
    routes = [(route.path, route.method.lower()) for route in handlers.ROUTES]
    assert [(path, method) for path, method, _ in OPERATIONS] == routes


def test_the_document_tells_the_version_of_the_program() -> None:
    assert DOCUMENT["info"]["version"] == settings.VERSION


def test_the_document_s_address_is_the_default_one() -> None:
    defaults = settings.Settings()
    assert DOCUMENT["servers"] == [{"url": f"http://{defaults.host}:{defaults.port}"}]


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(DOCUMENT)))
    assert named == set(DOCUMENT["components"]["schemas"])


@each_operation
def test_a_status_of_the_document_is_one_the_errors_have(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    statuses = {str(entry.status) for entry in errors.CATALOGUE.values()}
    assert set(operation["responses"]) - SUCCESSES <= statuses


def test_every_status_of_the_errors_is_in_the_document() -> None:
    statuses = {str(entry.status) for entry in errors.CATALOGUE.values()}
    named = {status for _, _, operation in OPERATIONS for status in operation["responses"]}
    # A path that is not there, or a method that is not, has no place in the document.
    assert statuses - named <= {"404", "405"}


# Refusals that stand before any route: the request itself, its host, its page, the cap.
BEFORE_ANY_ROUTE = {"400", "403", "408", "421", "431", "500", "503"}
WITH_A_BODY = {"408", "411", "413", "415", "422"}
OF_A_DATABASE = {"409", "501", "502", "504"}


@each_operation
def test_an_operation_names_what_it_can_answer(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    statuses = set(operation["responses"]) - SUCCESSES
    expected = set(BEFORE_ANY_ROUTE)
    if path != "/health":
        expected |= {"401"}
    if "requestBody" in operation:
        expected |= WITH_A_BODY
        if path != "/cancel":
            expected |= OF_A_DATABASE
    if path == "/shutdown":
        expected |= {"404"}
    assert statuses == expected


@each_operation
def test_every_error_of_the_document_has_the_one_shape(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    error, health = ({"$ref": f"#/components/schemas/{name}"} for name in ("Error", "Health"))
    for status in set(operation["responses"]) - SUCCESSES:
        is_of_health = (path, status) == ("/health", "503")
        expected = {"oneOf": [health, error]} if is_of_health else error
        assert answer_schema(path, method, int(status)) == expected


def test_only_health_is_open_where_a_token_is_set() -> None:
    opened = [path for path, _, operation in OPERATIONS if operation.get("security") == []]
    assert opened == ["/health"]
    assert {"token": []} in DOCUMENT["security"]


def test_limits_of_the_document_are_those_of_the_code() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    batch = schemas["BatchRequest"]["properties"]["queries"]
    assert batch["maxItems"] == batches.MOST_BATCH_QUERIES
    assert batch["items"]["properties"]["max_rows"]["maximum"] == fields.MOST_BATCH_ROWS
    query = schemas["Query"]["properties"]
    assert query["timeout_ms"]["maximum"] == fields.MOST_TIMEOUT_MS
    assert query["progress_ms"]["maximum"] == fields.MOST_TIMEOUT_MS
    assert query["max_rows"]["default"] == fields.DEFAULT_ROWS
    compare = schemas["CompareRequest"]["properties"]
    assert compare["key"]["oneOf"][-1]["maxItems"] == comparing.MOST_KEY_COLUMNS
    for names in (compare["ignore"], compare["show"]):
        assert names["maxItems"] == comparing.MOST_COLUMN_NAMES
    assert compare["max_differences"]["default"] == comparing.DEFAULT_DIFFERENCES
    assert compare["progress_ms"]["default"] == comparing.DEFAULT_PROGRESS_MS
    assert compare["progress_ms"]["maximum"] == fields.MOST_TIMEOUT_MS


def test_errors_of_the_document_have_the_keys_of_the_code() -> None:
    detail = DOCUMENT["components"]["schemas"]["ErrorDetail"]
    assert list(detail["properties"]) == list(errors.Detail.__annotations__)
    assert set(detail["required"]) == errors.Detail.__required_keys__


# What is really answered.


@pytest.mark.parametrize("path", ["/health", "/pools", "/openapi.json"])
def test_an_answer_is_as_the_document_says(sidecar: Sidecar, path: str) -> None:
    answer = sidecar.get(path)
    assert answer.status == 200
    is_valid(answer.json, answer_schema(path, "get", 200))


CONFIG = "SELECT config_id, config_key, num_value FROM app_config"
# Every kind of difference, structures and documents among the values, and what is told of columns.
COMPARISONS: dict[str, dict[str, Any]] = {
    "changed and missing rows": {"sql": CONFIG, "key": ["CONFIG_ID"]},
    "whole rows": {"sql": CONFIG, "key": ["CONFIG_ID"], "rows": "whole", "show": ["NUM_VALUE"]},
    "a summary": {"sql": CONFIG, "key": ["CONFIG_ID"], "summary": True},
    "no limit": {"sql": CONFIG, "key": ["CONFIG_ID"], "max_differences": None},
    "rows that are keys": {"sql": "SELECT num_value, config_id FROM app_config", "key": "row"},
    "other columns": {
        "left": {"sql": "SELECT 1 AS id, 'a' AS v, 1 AS only_here FROM dual"},
        "right": {"sql": "SELECT 1 AS id, 2 AS v, 2 AS not_there FROM dual"},
        "key": ["ID"],
    },
    "an empty document": {
        "left": {"sql": """SELECT 1 AS id, JSON('{"a":[1]}') AS v FROM dual"""},
        "right": {"sql": "SELECT 1 AS id, JSON('null') AS v FROM dual"},
        "key": ["ID"],
    },
}


@pytest.mark.parametrize("asked", COMPARISONS.values(), ids=COMPARISONS)
def test_a_comparison_is_as_the_document_says(
    sidecar: Sidecar, database: FakeOracle, asked: dict[str, Any]
) -> None:
    request = body(database, **asked)
    is_valid(request, DOCUMENT["components"]["schemas"]["CompareRequest"])

    answer = sidecar.post("/compare", request)

    assert answer.status == 200, answer.body
    is_valid(answer.json, answer_schema("/compare", "post", 200))
    told = [key for key in schema_keys("Comparison") if key in answer.json]
    assert list(answer.json) == told


@pytest.mark.parametrize("asked", COMPARISONS.values(), ids=COMPARISONS)
def test_each_line_of_a_comparison_is_as_the_document_says(
    sidecar: Sidecar, database: FakeOracle, asked: dict[str, Any]
) -> None:
    answer = sidecar.post("/compare", body(database, **asked), NDJSON)

    assert answer.status == 200, answer.body
    lines = [json.loads(line) for line in answer.body.split(b"\n") if line]
    is_valid(lines, line_schema("/compare"))
    assert list(lines[-1]) == schema_keys("ComparisonTotals")


def test_an_error_line_of_a_comparison_is_as_the_document_says(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    numbers = "SELECT LEVEL AS id FROM dual CONNECT BY LEVEL <= 9000"
    # A side does not read as far as this before its first rows have been merged.
    late = f"SELECT CASE id WHEN 8900 THEN 8899 ELSE id END AS id FROM ({numbers})"

    answer = sidecar.post("/compare", body(database, sql=late, key=["ID"]), NDJSON)

    *_, last = answer.body.split(b"\n")[:-1]
    is_valid([json.loads(last)], line_schema("/compare"))
    assert list(json.loads(last)["error"]) == schema_keys("ErrorDetail")


def test_a_refused_comparison_is_as_the_document_says(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    for more, status in ({"sql": "SELECT no FROM dual", "key": ["NO"]}, 400), ({"sql": "x"}, 403):
        answer = sidecar.post("/compare", body(database, **more))
        assert answer.status == status
        is_valid(answer.json, answer_schema("/compare", "post", status))


@pytest.mark.parametrize(
    "bad",
    [
        {"diff": "changed", "key": {"ID": 1}, "left": {}},
        {"diff": "gone", "left": {}},
        {"same": True},
        {"progress": {"elapsed_ms": 1}},
        {"error": {"code": 1}},
        {},
    ],
)
def test_the_schema_of_lines_would_notice_another_shape(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        is_valid([bad], line_schema("/compare"))


def line_schema(path: str) -> dict[str, Any]:
    """That of all lines of an answer, as an array."""
    content = DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]
    schema: dict[str, Any] = content["application/x-ndjson"]["schema"]["contentSchema"]
    return schema


def schema_keys(name: str) -> list[str]:
    return list(DOCUMENT["components"]["schemas"][name]["properties"])


def test_the_document_is_served(sidecar: Sidecar) -> None:
    assert sidecar.get("/openapi.json").json == DOCUMENT


def test_health_has_the_contract_s_keys_in_their_order(sidecar: Sidecar) -> None:
    health = sidecar.get("/health").json
    assert list(health) == [
        *("status", "active_pools", "timestamp"),
        *("version", "driver", "pid", "uptime_s"),
    ]
    assert list(health) == DOCUMENT["components"]["schemas"]["Health"]["required"]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d", health["timestamp"]
    )


KEYED = {"sql": "SELECT 1 AS id FROM dual", "key": ["ID"]}


def refusals(sidecar: Sidecar) -> list[tuple[str, str, Answer]]:
    def post(path: str, value: object) -> tuple[str, str, Answer]:
        return path, "post", sidecar.post(path, value)

    connection = {"connect_string": "127.0.0.1:1/x", "username": "u", "password": "p"}
    sql = "SELECT 1 FROM dual"
    return [
        ("/health", "get", sidecar.get("/health", {"Origin": "null"})),
        ("/pools", "get", sidecar.get("/pools", {"Host": "evil.example"})),
        ("/cancel", "post", sidecar.request("POST", "/cancel", b"{}")),
        ("/cancel", "post", sidecar.request("POST", "/cancel", b" " * 9_000_000)),
        ("/shutdown", "post", sidecar.request("POST", "/shutdown")),
        post("/cancel", []),
        post("/cancel", {}),
        post("/query", {"connection": connection, "sql": "DELETE FROM t"}),
        post("/query", {"connection": connection, "sql": f"{sql}; {sql}"}),
        post("/query-dict", {"connection": connection, "sql": ""}),
        post("/query", {"connection": connection, "sql": sql}),
        post("/test-connection", {"connection": connection}),
        post("/query-batch", {"queries": []}),
        post("/compare", {"left": {}, "right": {}}),
        post("/compare", {s: {"connection": connection} for s in ("left", "right")} | KEYED),
    ]


def test_refusals_are_as_the_document_says(sidecar: Sidecar) -> None:
    for path, method, answer in refusals(sidecar):
        assert answer.status >= 400
        is_valid(answer.json, answer_schema(path, method, answer.status))
        keys = list(answer.json["detail"])
        assert keys == [key for key in errors.Detail.__annotations__ if key in keys]
        assert errors.Detail.__required_keys__ <= set(keys)


def test_the_schema_of_errors_would_notice_another_shape() -> None:
    schema = answer_schema("/health", "get", 400)
    good = errors.refuse("BAD_REQUEST", "x").detail()
    is_valid({"detail": good}, schema)
    for bad in ({}, {"error": good}, {"detail": {**good, "code": "0"}}, {"detail": {"code": 0}}):
        with pytest.raises(ValidationError):
            is_valid(bad, schema)


def test_the_package_s_version_is_the_program_s() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = { attr = "common.settings.VERSION" }' in project
