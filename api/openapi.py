"""The contract as one literal (OpenAPI 3.1); a test holds it against the routes and the errors."""

from __future__ import annotations

from typing import Any

from api.request_fields import (
    MOST_CONNECT_STRING_BYTES,
    MOST_CREDENTIAL_CHARACTERS,
    MOST_SQL_BYTES,
)
from common.settings import VERSION


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": _json(schema)}


# Every status but 200, 202 and 204 has the one error shape.
_ERRORS = {
    "400": "The database refused the statement, or the request is malformed",
    "401": "The bearer token is missing or wrong",
    "403": "Wrong credentials, missing privilege, read-only refusal, or origin not allowed",
    "404": "No such path",
    "405": "Wrong method; see Allow",
    "408": "The request came too slowly",
    "409": "The query was cancelled",
    "411": "No Content-Length and no chunks",
    "413": "The body is too large",
    "415": "The body is not JSON in UTF-8, or has a Content-Encoding",
    "421": "The Host header does not name this server",
    "422": "A field is missing or wrong; the message names it",
    "431": "The headers are too large",
    "500": "A defect of the sidecar",
    "501": "The database demands what the thin driver cannot do",
    "502": "The database cannot be reached, or dropped the connection",
    "503": "Busy or shutting down; see Retry-After",
    "504": "A time limit ran out",
}
_WITHOUT_TOKEN = ("400", "403", "408", "421", "431", "500", "503")
_ANY_REQUEST = (*_WITHOUT_TOKEN, "401")
_WITH_BODY = (*_ANY_REQUEST, "411", "413", "415", "422")
_WITH_DATABASE = (*_WITH_BODY, "409", "501", "502", "504")


def _responses(ok: dict[str, Any], errors: tuple[str, ...], status: str = "200") -> dict[str, Any]:
    refusals = {code: _answer(_ERRORS[code], _ref("Error")) for code in sorted(errors)}
    return {status: ok, **refusals}


def _operation(
    summary: str, ok: dict[str, Any], errors: tuple[str, ...], body: str | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": summary, "responses": _responses(ok, errors)}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(_ref(body))}
    return operation


def _rows_operation(summary: str, result: str) -> dict[str, Any]:
    ok = _answer("The rows", _ref(result))
    ok["content"]["application/x-ndjson"] = {
        "schema": {
            "type": "string",
            "description": "One line of columns, one for each row, one of totals or an error; "
            "lines of progress between them where progress_ms asks for some",
        }
    }
    return _operation(summary, ok, _WITH_DATABASE, "Query")


def _compare_operation() -> dict[str, Any]:
    ok = _answer("What differs, and how many rows were compared", _ref("Comparison"))
    ok["content"]["application/x-ndjson"] = {
        "schema": {
            "type": "string",
            "description": (
                "A JSON text a line: progress now and then, a head, a line for each difference in "
                "the order of the keys, and last the totals or an error. Without the totals "
                "nothing before them may be relied on. Lines of other kinds are to be skipped."
            ),
            "contentMediaType": "application/x-ndjson",
            "contentSchema": {"type": "array", "items": _ref("ComparisonLine")},
        }
    }
    return _operation("Compare two queries or tables by key", ok, _WITH_DATABASE, "CompareRequest")


_TEXT = {"type": "string", "minLength": 1}
_CREDENTIAL = {"maxLength": MOST_CREDENTIAL_CHARACTERS}
_COUNT = {"type": "integer", "minimum": 0}
_MILLISECONDS = {"type": "number", "minimum": 0}
_QUERY_FIELDS: dict[str, Any] = {
    "connection": _ref("Connection"),
    "sql": {
        **_TEXT,
        "maxLength": MOST_SQL_BYTES,
        "description": "One SELECT or WITH statement",
    },
    "max_rows": {
        "type": ["integer", "null"],
        "minimum": 0,
        "default": 1000,
        "description": "Most rows; null or 0 for all",
    },
    "binds": {
        "description": "Values by position or by name",
        "oneOf": [
            {"type": "null"},
            {"type": "array", "items": _ref("Bind")},
            {"type": "object", "additionalProperties": _ref("Bind")},
        ],
    },
    "timeout_ms": {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 86_400_000,
        "description": "Limit on the whole query",
    },
    "query_id": {"type": ["string", "null"], "description": "A name for /cancel"},
    "progress_ms": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": 86_400_000,
        "default": 0,
        "description": "Of NDJSON: a line that says how far it is after so much silence; 0: none",
    },
    "numbers": {"enum": ["auto", "string"], "default": "auto"},
}


def _result(row: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": row},
        "row_count": _COUNT,
        "execution_time_ms": _MILLISECONDS,
        "truncated": {"type": "boolean"},
        "column_types": {"type": "array", "items": {"type": "string"}},
    }
    return {"type": "object", "required": list(fields), "properties": fields}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_NAMES = {"type": "array", "items": {"type": "string"}}
_STEP = {"enum": ["login", "session", "query", "rows", "done"]}
_BY_COLUMN = {"type": "object", "description": "Values by column, written as in /query"}
_FLAG = {"type": "boolean", "default": False}


def _column_names(description: str, most: int) -> dict[str, Any]:
    return {"type": ["array", "null"], "maxItems": most, "items": _TEXT, "description": description}


def _of_sides(left: dict[str, Any], name: str) -> dict[str, Any]:
    """A key for each side: left_name and right_name."""
    return {f"left_{name}": left, f"right_{name}": left}


# What is compared: of one side, or of both where a side has none of its own.
_SOURCE_FIELDS: dict[str, Any] = {
    "table": {
        "type": ["string", "null"],
        "minLength": 1,
        "description": "NAME or OWNER.NAME of a table, a view or a synonym; quotes keep the case",
    },
    "where": {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": MOST_SQL_BYTES,
        "description": "With table only: one condition",
    },
    "sql": {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": MOST_SQL_BYTES,
        "description": "One SELECT or WITH statement, in the place of table; needs key",
    },
    "binds": _QUERY_FIELDS["binds"],
}
_COMPARE_FIELDS: dict[str, Any] = {
    "left": _ref("CompareSide"),
    "right": _ref("CompareSide"),
    **_SOURCE_FIELDS,
    "key": {
        "description": (
            "Columns that tell the rows of each side apart, in the order to compare by; "
            '"row": each row is its own key, and equal ones are counted. '
            "Without it the key of the table is taken"
        ),
        "oneOf": [
            {"type": "null"},
            {"enum": ["row"]},
            {"type": "array", "minItems": 1, "maxItems": 32, "items": _TEXT, "uniqueItems": True},
        ],
    },
    "ignore": _column_names("Columns that are not compared", 1000),
    "show": _column_names("Columns whose values come along in every line", 1000),
    "rows": {
        "enum": ["changed", "whole"],
        "default": "changed",
        "description": "What a changed row shows: the columns that differ, or all",
    },
    "max_differences": {
        "type": ["integer", "null"],
        "minimum": 0,
        "default": 1000,
        "description": "Most difference lines, behind which counting goes on; null or 0 for all",
    },
    "stop_at_max": {
        **_FLAG,
        "description": "End both queries at the first difference past max_differences",
    },
    "summary": {**_FLAG, "description": "Only the counts"},
    "order": {
        "enum": ["by_key", "given"],
        "default": "by_key",
        "description": "Who orders the rows: an ORDER BY that is added, or the statements",
    },
    "progress_ms": {
        **_QUERY_FIELDS["progress_ms"],
        "default": 1000,
        "description": "NDJSON only: a progress line at least this often; 0 for none",
    },
    "timeout_ms": {**_QUERY_FIELDS["timeout_ms"], "description": "Limit on the whole comparison"},
    "query_id": _QUERY_FIELDS["query_id"],
    "numbers": _QUERY_FIELDS["numbers"],
}
_COUNTS = dict.fromkeys(("equal", "changed", "left_only", "right_only"), _COUNT)
_HEAD_FIELDS: dict[str, Any] = {
    "key": {"oneOf": [{"const": "row"}, _NAMES]},
    "columns": {**_NAMES, "description": "Those that are compared"},
    **_of_sides(_NAMES, "types"),
    **_of_sides(_NAMES, "only_columns"),
    "types_differ": {
        "type": "array",
        "items": _object(
            ["column", "left", "right"],
            column={"type": "string"},
            left={"type": "string"},
            right={"type": "string"},
        ),
    },
    "ignored": _NAMES,
    "empty_is_null": {
        **_NAMES,
        "description": "Columns of which an empty value or a JSON null could not be told from NULL",
    },
    **_of_sides({"type": ["string", "null"], "description": "Where table was given"}, "table"),
    **_of_sides({"type": "string", "description": "As it ran, without binds"}, "sql"),
    **_of_sides({"type": "string", "format": "date-time"}, "started"),
}
_HEAD_REQUIRED = [name for name in _HEAD_FIELDS if not name.endswith("_table")]
_TOTALS_FIELDS: dict[str, Any] = {
    "same": {"type": "boolean"},
    **_of_sides(_COUNT, "rows"),
    **_COUNTS,
    "changed_columns": {"type": "object", "additionalProperties": _COUNT},
    "truncated": {"type": "boolean", "description": "There were more than max_differences"},
    "complete": {"type": "boolean", "description": "False after stop_at_max: there are more"},
    "execution_time_ms": _MILLISECONDS,
}
_PROGRESS_FIELDS: dict[str, Any] = {
    **_of_sides(_STEP, "step"),
    **_of_sides(_COUNT, "rows"),
    **_COUNTS,
    "elapsed_ms": _COUNT,
}


_BATCH_QUERY = {
    "type": "object",
    "required": ["connection", "sql"],
    "properties": {
        **_QUERY_FIELDS,
        "max_rows": {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1000},
    },
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Oracle sidecar",
        "version": VERSION,
        "description": "Queries Oracle databases for a desktop app, on loopback only.",
    },
    "servers": [{"url": "http://127.0.0.1:21521"}],
    "security": [{}, {"token": []}],
    "paths": {
        "/health": {
            "get": {
                "summary": "Is it up?",
                "responses": {
                    **_responses(_answer("It is", _ref("Health")), _WITHOUT_TOKEN),
                    "503": _answer(
                        "The driver or the API cannot be loaded, or it is busy or shutting down",
                        {"oneOf": [_ref("Health"), _ref("Error")]},
                    ),
                },
                "security": [],
            }
        },
        "/test-connection": {
            "post": _operation(
                "Log in once and off again",
                _answer("It works", _ref("TestResult")),
                _WITH_DATABASE,
                "TestRequest",
            )
        },
        "/query": {"post": _rows_operation("Run a query; rows are arrays", "Rows")},
        "/query-dict": {"post": _rows_operation("Run a query; rows are objects", "DictRows")},
        "/query-batch": {
            "post": _operation(
                "Run several queries side by side",
                _answer("Results in request order", _ref("BatchResult")),
                _WITH_DATABASE,
                "BatchRequest",
            )
        },
        "/compare": {"post": _compare_operation()},
        "/cancel": {
            "post": _operation(
                "Stop the queries that run by an id",
                _answer("Whether there was one", _ref("Cancelled")),
                _WITH_BODY,
                "CancelRequest",
            )
        },
        "/pools": {
            "get": _operation(
                "The open pools", _answer("One entry a pool", _ref("Pools")), _ANY_REQUEST
            )
        },
        "/shutdown": {
            "post": {
                "summary": "Drain and exit; only where a token is set",
                "responses": _responses(
                    _answer("It will", _object(["status"], status={"const": "shutting down"})),
                    (*_ANY_REQUEST, "404"),
                    "202",
                ),
            }
        },
        "/openapi.json": {
            "get": _operation(
                "This document", _answer("The document", {"type": "object"}), _ANY_REQUEST
            )
        },
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Connection": _object(
                ["connect_string", "username", "password"],
                name={"type": ["string", "null"], "description": "A label"},
                connect_string={
                    **_TEXT,
                    "maxLength": MOST_CONNECT_STRING_BYTES,
                    "examples": ["host:1521/service"],
                },
                username={**_TEXT, **_CREDENTIAL},
                password={**_TEXT, **_CREDENTIAL, "format": "password"},
                config_dir={"type": ["string", "null"]},
                wallet_location={"type": ["string", "null"]},
                wallet_password={
                    "type": ["string", "null"],
                    **_CREDENTIAL,
                    "format": "password",
                },
                mode={"type": ["string", "null"], "examples": ["SYSDBA", "SYSOPER"]},
            ),
            "Bind": {
                "description": "A JSON value, a date or bytes",
                "oneOf": [
                    {"type": ["null", "string", "number", "boolean"]},
                    _object(["$date"], **{"$date": {"type": "string"}}),
                    _object(["$base64"], **{"$base64": {"type": "string"}}),
                ],
            },
            "Query": {
                "type": "object",
                "required": ["connection", "sql"],
                "properties": _QUERY_FIELDS,
            },
            "Rows": _result({"type": "array"}),
            "DictRows": _result({"type": "object"}),
            "TestRequest": _object(["connection"], connection=_ref("Connection")),
            "TestResult": _object(
                ["success", "message", "server_version", "execution_time_ms"],
                success={"const": True},
                message={"type": "string"},
                server_version={"type": "string"},
                execution_time_ms=_MILLISECONDS,
            ),
            "BatchRequest": _object(
                ["queries"],
                queries={"type": "array", "minItems": 1, "maxItems": 32, "items": _BATCH_QUERY},
            ),
            "BatchResult": _object(
                ["results"],
                results={"type": "array", "items": {"oneOf": [_ref("Rows"), _ref("BatchError")]}},
            ),
            "BatchError": _object(
                ["error", "detail"], error={"type": "string"}, detail=_ref("ErrorDetail")
            ),
            "CompareRequest": _object(["left", "right"], **_COMPARE_FIELDS),
            "CompareSide": {
                **_object(["connection"], connection=_ref("Connection"), **_SOURCE_FIELDS),
                "description": "A side; what it has not itself is taken from beside left and right",
            },
            "Comparison": _object(
                [*_HEAD_REQUIRED, *_TOTALS_FIELDS],
                **_HEAD_FIELDS,
                differences={
                    "type": "array",
                    "items": _ref("Difference"),
                    "description": "Left out with summary",
                },
                **_TOTALS_FIELDS,
            ),
            "ComparisonLine": {
                "oneOf": [
                    _ref("ComparisonHead"),
                    _ref("Difference"),
                    _ref("ComparisonProgress"),
                    _ref("ComparisonTotals"),
                    _ref("ErrorLine"),
                ]
            },
            "ComparisonHead": _object(_HEAD_REQUIRED, **_HEAD_FIELDS),
            "Difference": {
                "description": "A row that differs; without key where rows are their own keys",
                "oneOf": [
                    _object(
                        ["diff", "columns", "left", "right"],
                        diff={"const": "changed"},
                        key=_BY_COLUMN,
                        columns={**_NAMES, "description": "Those that differ"},
                        left=_BY_COLUMN,
                        right=_BY_COLUMN,
                    ),
                    _object(
                        ["diff", "left"],
                        diff={"const": "left_only"},
                        key=_BY_COLUMN,
                        left=_BY_COLUMN,
                    ),
                    _object(
                        ["diff", "right"],
                        diff={"const": "right_only"},
                        key=_BY_COLUMN,
                        right=_BY_COLUMN,
                    ),
                ],
            },
            "ComparisonProgress": _object(
                ["progress"], progress=_object(list(_PROGRESS_FIELDS), **_PROGRESS_FIELDS)
            ),
            "ComparisonTotals": _object(list(_TOTALS_FIELDS), **_TOTALS_FIELDS),
            "ErrorLine": _object(["error"], error=_ref("ErrorDetail")),
            "CancelRequest": _object(["query_id"], query_id=_TEXT),
            "Cancelled": _object(["cancelled"], cancelled={"type": "boolean"}),
            "Pools": _object(["pools"], pools={"type": "array", "items": _ref("Pool")}),
            "Pool": _object(
                ["key", "busy", "opened", "min", "max", "last_used", "name", "idle_s"],
                key={"type": "string", "examples": ["user@host:1521/service"]},
                busy=_COUNT,
                opened=_COUNT,
                min=_COUNT,
                max=_COUNT,
                last_used={"type": "string", "format": "date-time"},
                name={"type": ["string", "null"]},
                idle_s={"type": "number", "minimum": 0},
            ),
            "Health": _object(
                ["status", "active_pools", "timestamp", "version", "driver", "pid", "uptime_s"],
                status={"enum": ["ok", "failed"]},
                active_pools=_COUNT,
                timestamp={"type": "string", "format": "date-time"},
                version={"type": "string"},
                driver={"type": "string", "examples": ["oracledb 26.1.0 thin", "loading"]},
                pid={"type": "integer"},
                uptime_s={"type": "number", "minimum": 0},
            ),
            "Error": _object(["detail"], detail=_ref("ErrorDetail")),
            "ErrorDetail": _object(
                ["code", "message", "hint", "full_code", "retryable"],
                code={"type": "integer", "minimum": 0},
                message={"type": "string"},
                hint={"type": ["string", "null"]},
                full_code={"type": "string", "examples": ["ORA-01017", "READ_ONLY"]},
                retryable={"type": "boolean"},
                side={
                    "enum": ["left", "right"],
                    "description": "Of /compare: the side that failed; left out where both did",
                },
                stopped={
                    **_object(
                        ["left", "right"], left={"type": "boolean"}, right={"type": "boolean"}
                    ),
                    "description": "Of /compare: whose statement is known to have ended",
                },
            ),
        },
    },
}
