"""What a request asks for, read from its JSON body. Each reader names the field it refuses."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, NoReturn, TypeAlias

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.logs import Secret
from common.settings import Settings
from connect_strings.written import holds_credentials, without_jdbc_prefix
from http_server.messages import Request
from oracle.target import Target
from sql.binds import JsonValue, decode_binds
from sql.statement import Statement

JsonObject: TypeAlias = Mapping[str, JsonValue]

DEFAULT_ROWS = 1000
MOST_BATCH_ROWS = 100_000
MOST_TIMEOUT_MS = 24 * 3600 * 1000
# What is longer than this was never meant as such, and would be read and kept at some cost.
MOST_SQL_BYTES = 2 * 1024 * 1024
MOST_CONNECT_STRING_BYTES = 32 * 1024
MOST_CREDENTIAL_CHARACTERS = 1024
MODES = ("SYSDBA", "SYSOPER", "SYSASM", "SYSBKP", "SYSDGD", "SYSKMT", "SYSRAC")


class QueryRequest(NamedTuple):
    """One query of a request, read and checked."""

    target: Target
    name: str | None
    statement: Statement
    deadline: Deadline
    progress_seconds: float
    """Of NDJSON: after how much silence it says how far it is; 0 for never."""


def read_object(request: Request) -> JsonObject:
    """The JSON object in the body. ApiError 411, 415, 413, 408, 503 or 400."""
    if "content-length" in request.headers or "transfer-encoding" in request.headers:
        _check_type(request.headers)
    body = request.body()
    try:
        # RFC 8259, 8.1: a byte order mark in front may be skipped.
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise refuse("BAD_JSON", "the body is not UTF-8") from None
    except RecursionError:
        raise refuse("BAD_JSON", "the body is nested too deeply") from None
    except InvalidOperation:
        raise refuse("BAD_JSON", "the body holds a number with too large an exponent") from None
    except ValueError as error:
        raise refuse("BAD_JSON", _what_is_wrong(body, error)) from None
    if not isinstance(value, dict):
        raise refuse("BAD_JSON", "the body must be a JSON object")
    return value


def _check_type(headers: Mapping[str, str]) -> None:
    """ApiError 415 where the body is said to be something else than JSON in UTF-8."""
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    if media_type.strip() != "application/json":
        raise refuse("NOT_JSON", "the body's Content-Type must be application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' \t"') not in ("utf-8", "utf8"):
            raise refuse("NOT_UTF8", "the body's charset must be utf-8")
    if headers.get("content-encoding", "").lower() not in ("", "identity"):
        raise refuse("CODED_BODY", "the body must not have a Content-Encoding")


def _what_is_wrong(body: bytes, error: ValueError) -> str:
    if not body.removeprefix(codecs.BOM_UTF8).strip():
        return "the body is empty"
    if str(error).startswith("Exceeds the limit"):
        return "the body holds a whole number of thousands of digits"
    return f"the body is not JSON: {error}"


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON value")


# Kept: to make one takes as long as to read a short body.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def read_query(
    settings: Settings, fields: JsonValue, prefix: str, arrived: float, in_batch: bool = False
) -> QueryRequest:
    if not isinstance(fields, dict):
        raise bad_field(f"{prefix} must be an object")
    inside = f"{prefix}." if prefix else ""
    target, name = read_connection(fields, f"{inside}connection")
    statement = Statement.make(
        read_sql(fields, "sql", f"{inside}sql"),
        settings.allow_write,
        binds=decode_binds(fields.get("binds"), f"{inside}binds"),
        max_rows=_read_max_rows(fields, f"{inside}max_rows", in_batch),
        query_id=read_optional_text(fields, "query_id", f"{inside}query_id"),
        numbers_as_strings=read_numbers(fields, f"{inside}numbers"),
    )
    seconds = read_timeout(fields, f"{inside}timeout_ms", settings.query_timeout)
    deadline = Deadline.after(seconds, since=arrived)
    progress_seconds = read_progress(fields, f"{inside}progress_ms", 0)
    return QueryRequest(target, name, statement, deadline, progress_seconds)


def read_connection(fields: JsonObject, field: str) -> tuple[Target, str | None]:
    connection = fields.get("connection")
    if not isinstance(connection, dict):
        raise bad_field(f"{field} must be an object")

    def optional(key: str) -> str | None:
        return read_optional_text(connection, key, f"{field}.{key}")

    name = optional("name")
    target = Target(
        connect_string=_read_connect_string(connection, f"{field}.connect_string", field),
        username=_read_username(connection, f"{field}.username"),
        password=_read_secret(connection, "password", f"{field}.password"),
        config_dir=optional("config_dir"),
        wallet_location=optional("wallet_location"),
        wallet_password=None
        if connection.get("wallet_password") in (None, "")
        else _read_secret(connection, "wallet_password", f"{field}.wallet_password"),
        mode=_read_mode(connection, f"{field}.mode"),
    )
    return target, name


def _read_connect_string(fields: JsonObject, field: str, beside: str) -> str:
    """beside: the field of the whole connection, whose others credentials belong in."""
    given = read_text(fields, "connect_string", field, most_bytes=MOST_CONNECT_STRING_BYTES)
    connect_string = without_jdbc_prefix(given)
    if not connect_string.strip():
        raise bad_field(f"{field} must not be empty")
    if holds_credentials(connect_string):
        raise bad_field(
            f"{field} must not hold credentials; "
            f"they belong in {beside}.username and {beside}.password"
        )
    if connect_string.count("(") != connect_string.count(")"):
        # The driver reads past what is missing, and may end up somewhere else.
        raise refuse("DPY-4017", f"{field} has unbalanced parentheses")
    return connect_string


def _read_username(fields: JsonObject, field: str) -> str:
    username = read_text(fields, "username", field, most_characters=MOST_CREDENTIAL_CHARACTERS)
    # Every other piece stands in double quotes, where a / is part of the name.
    if any("/" in piece for piece in username.split('"')[::2]):
        raise bad_field(f"{field} must not hold a / and a password behind it")
    return username


def _read_secret(fields: JsonObject, key: str, field: str) -> Secret:
    """Blanks are characters of a password like any others."""
    return Secret(
        read_text(
            fields, key, field, is_blank_allowed=True, most_characters=MOST_CREDENTIAL_CHARACTERS
        )
    )


def read_text(
    fields: JsonObject,
    key: str,
    field: str,
    *,
    is_blank_allowed: bool = False,
    most_bytes: int | None = None,
    most_characters: int | None = None,
) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise bad_field(f"{field} must be a string")
    if not (value if is_blank_allowed else value.strip()):
        raise bad_field(f"{field} must not be empty")
    if most_characters is not None and len(value) > most_characters:
        raise bad_field(f"{field} must not be longer than {most_characters} characters")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise bad_field(f"{field} must not hold half of a surrogate pair") from None
    if most_bytes is not None and size > most_bytes:
        raise bad_field(f"{field} must not be longer than {most_bytes} bytes")
    return value


def read_sql(fields: JsonObject, key: str, field: str) -> str:
    """A statement, or a part of one."""
    return read_text(fields, key, field, most_bytes=MOST_SQL_BYTES)


def read_optional_text(fields: JsonObject, key: str, field: str) -> str | None:
    if fields.get(key) in (None, ""):
        return None
    return read_text(fields, key, field)


def _read_mode(fields: JsonObject, field: str) -> str | None:
    mode = read_optional_text(fields, "mode", field)
    if mode is None:
        return None
    if mode.upper() not in MODES:
        raise bad_field(f"{field} must be one of {', '.join(MODES)}")
    return mode.upper()


def _read_max_rows(fields: JsonObject, field: str, in_batch: bool) -> int | None:
    value = fields.get("max_rows", DEFAULT_ROWS)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if in_batch:
        if not (is_number and 1 <= value <= MOST_BATCH_ROWS):
            raise bad_field(
                f"{field} must be a whole number from 1 to {MOST_BATCH_ROWS} in a batch"
            )
        return int(value)
    if value is None or (is_number and value == 0):
        return None
    if not (is_number and value > 0):
        raise bad_field(f"{field} must be a whole number, with 0 or null for all rows")
    return int(value)


def read_timeout(fields: JsonObject, field: str, default_seconds: float) -> float:
    value = fields.get("timeout_ms")
    if value is None:
        return default_seconds
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_number and 1 <= value <= MOST_TIMEOUT_MS):
        raise bad_field(
            f"{field} must be a whole number of milliseconds from 1 to {MOST_TIMEOUT_MS}"
        )
    return float(value) / 1000


def read_progress(fields: JsonObject, field: str, default_ms: int) -> float:
    """In seconds; 0 for none."""
    value = fields.get("progress_ms")
    if value is None:
        return default_ms / 1000
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_number and 0 <= value <= MOST_TIMEOUT_MS):
        raise bad_field(
            f"{field} must be a whole number of milliseconds up to {MOST_TIMEOUT_MS}, 0 for none"
        )
    return float(value) / 1000


def read_numbers(fields: JsonObject, field: str) -> bool:
    value = fields.get("numbers", "auto")
    if value not in ("auto", "string"):
        raise bad_field(f'{field} must be "auto" or "string"')
    return bool(value == "string")


def bad_field(message: str) -> ApiError:
    return refuse("BAD_FIELD", message)
