"""The API: the route table as its table of contents, then one short function per route."""

from __future__ import annotations

import json
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeAlias

import oracle_driver
from binds import JsonValue, decode_binds
from deadline import Deadline
from errors import ApiError, refuse
from http_server import Request, Response
from logs import Secret
from openapi import DOCUMENT
from oracle_pool import Pools, try_login
from oracle_query import Queries
from oracle_result import Result
from oracle_session import Target
from rows import Body, Shape, encode_json, encode_ndjson
from settings import VERSION, Settings
from statement import Statement

JsonObject: TypeAlias = Mapping[str, JsonValue]

DEFAULT_ROWS = 1000
MOST_BATCH_QUERIES = 32
MOST_BATCH_ROWS = 100_000
# So many queries of one batch run at a time: enough to keep every pool of a comparison busy.
BATCH_THREADS = 8
MOST_TIMEOUT_MS = 24 * 3600 * 1000
NDJSON = "application/x-ndjson"
MODES = ("SYSDBA", "SYSOPER", "SYSASM", "SYSBKP", "SYSDGD", "SYSKMT", "SYSRAC")


class App:
    """What the routes work with. Immutable, but for what it holds."""

    def __init__(
        self, pools: Pools, queries: Queries, settings: Settings, request_stop: Callable[[], None]
    ) -> None:
        self.pools = pools
        self.queries = queries
        self.settings = settings
        self.request_stop = request_stop
        self.started = time.monotonic()

    def __call__(self, request: Request) -> Response:
        """Find the route and run it. ApiError 404 or 405 where there is none."""
        methods = _BY_PATH.get(request.path)
        if request.method == "OPTIONS" and (methods or request.path == "*"):
            return Response(204, headers={"Allow": _allow(methods or _EVERY_METHOD)})
        if methods is None:
            raise refuse("NOT_FOUND", f"there is no path {request.path}")
        handle = methods.get("GET" if request.method == "HEAD" else request.method)
        if handle is None:
            return _method_not_allowed(request, methods)
        return handle(self, request)


# The routes.


def health(app: App, request: Request) -> Response:
    return _json(
        {
            "status": "ok",
            "active_pools": app.pools.count(),
            "timestamp": datetime.now().astimezone().isoformat(),
            "version": VERSION,
            "driver": oracle_driver.describe(),
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - app.started, 3),
        }
    )


def test_connection(app: App, request: Request) -> Response:
    fields = _read_object(request)
    target, _ = _read_connection(fields, "connection")
    request.record.pool = target.label
    version = try_login(
        target,
        Deadline.after(app.settings.connect_timeout, since=request.started),
        app.settings.connect_timeout,
    )
    return _json(
        {
            "success": True,
            "message": "Connection successful",
            "server_version": version,
            "execution_time_ms": round((time.monotonic() - request.started) * 1000, 2),
        }
    )


def query(app: App, request: Request) -> Response:
    return _run_query(app, request, Shape.ARRAYS)


def query_dict(app: App, request: Request) -> Response:
    return _run_query(app, request, Shape.OBJECTS)


def query_batch(app: App, request: Request) -> Response:
    fields = _read_object(request)
    queries = fields.get("queries")
    if not isinstance(queries, list) or not 1 <= len(queries) <= MOST_BATCH_QUERIES:
        raise _bad(f"queries must be an array of 1 to {MOST_BATCH_QUERIES} queries")
    calls = [
        _read_query(app, fields, f"queries[{i}]", request.started, in_batch=True)
        for i, fields in enumerate(queries)
    ]
    stops = _Stops()
    request.when_gone(stops.stop_all)
    results = _side_by_side(lambda call: _run_in_batch(app, call, stops), calls)
    return Response(200, b'{"results":[' + b",".join(results) + b"]}")


def cancel(app: App, request: Request) -> Response:
    query_id = _read_text(_read_object(request), "query_id", "query_id")
    return _json({"cancelled": app.queries.cancel(query_id)})


def pools(app: App, request: Request) -> Response:
    return _json({"pools": [asdict(pool) for pool in app.pools.snapshot()]})


def shutdown(app: App, request: Request) -> Response:
    if app.settings.token is None:
        raise refuse("NOT_FOUND", "there is no path /shutdown: it needs a token to be set")
    app.request_stop()
    return _json({"status": "shutting down"}, status=202)


def openapi(app: App, request: Request) -> Response:
    return _json(DOCUMENT)


@dataclass(frozen=True)
class Route:
    """One line of the table of contents."""

    method: str
    path: str
    handle: Callable[[App, Request], Response]


ROUTES: Sequence[Route] = (
    Route("GET", "/health", health),
    Route("POST", "/test-connection", test_connection),
    Route("POST", "/query", query),
    Route("POST", "/query-dict", query_dict),
    Route("POST", "/query-batch", query_batch),
    Route("POST", "/cancel", cancel),
    Route("GET", "/pools", pools),
    Route("POST", "/shutdown", shutdown),
    Route("GET", "/openapi.json", openapi),
)

_BY_PATH: dict[str, dict[str, Callable[[App, Request], Response]]] = {}
for _route in ROUTES:
    _BY_PATH.setdefault(_route.path, {})[_route.method] = _route.handle
_EVERY_METHOD = {route.method: route.handle for route in ROUTES}


def _allow(methods: Mapping[str, object]) -> str:
    with_head = [*methods, "HEAD"] if "GET" in methods else [*methods]
    return ", ".join([*with_head, "OPTIONS"])


def _method_not_allowed(request: Request, methods: Mapping[str, object]) -> NoReturn:
    error = refuse("METHOD_NOT_ALLOWED", f"{request.method} is not a method of {request.path}")
    error.headers["Allow"] = _allow(methods)
    raise error


# Queries.


@dataclass(frozen=True)
class _Call:
    """One query of a request, read and checked."""

    target: Target
    name: str | None
    statement: Statement
    deadline: Deadline


def _run_query(app: App, request: Request, shape: Shape) -> Response:
    call = _read_query(app, _read_object(request), "", request.started)
    request.record.pool = call.target.label
    result = _start(app, call, request.when_gone)
    if NDJSON in request.headers.get("accept", ""):
        return Response(200, encode_ndjson(result), content_type=NDJSON, counted=result)
    return Response(200, encode_json(result, shape), counted=result)


def _start(app: App, call: _Call, when_gone: Callable[[Callable[[], None]], None]) -> Result:
    return app.queries.run(
        call.target, call.statement, call.deadline, name=call.name, when_gone=when_gone
    )


def _run_in_batch(app: App, call: _Call, stops: _Stops) -> bytes:
    try:
        body: Body = encode_json(_start(app, call, stops.add), Shape.ARRAYS)
        try:
            return b"".join(body)
        finally:
            body.close()
    except ApiError as error:
        return _dumps({"error": error.message, "detail": error.detail()})


def _side_by_side(work: Callable[[_Call], bytes], calls: Sequence[_Call]) -> list[bytes]:
    """The outcomes of all calls in order, a few at a time. Re-raises what a call raised.

    The threads are daemons, unlike those of concurrent.futures, which the interpreter waits for at
    its end.
    """
    results: list[bytes | Exception] = [b""] * len(calls)
    places: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in range(len(calls)):
        places.put(place)

    def take_turns() -> None:
        while True:
            try:
                place = places.get_nowait()
            except queue.Empty:
                return
            try:
                results[place] = work(calls[place])
            except Exception as error:  # noqa: BLE001 - a thread's entry point; raised again below
                results[place] = error

    helpers = [
        threading.Thread(target=take_turns, name="batch", daemon=True)
        for _ in range(min(BATCH_THREADS, len(calls)) - 1)
    ]
    for helper in helpers:
        helper.start()
    take_turns()
    for helper in helpers:
        helper.join()
    outcomes: list[bytes] = []
    for result in results:
        if isinstance(result, Exception):
            raise result
        outcomes.append(result)
    return outcomes


class _Stops:
    """What stops the queries of a batch, when its caller hangs up. Guarded by _lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self._is_gone = False

    def add(self, stop: Callable[[], None]) -> None:
        with self._lock:
            self._stops.append(stop)
            is_gone = self._is_gone
        if is_gone:
            stop()

    def stop_all(self) -> None:
        with self._lock:
            self._is_gone = True
            stops = list(self._stops)
        for stop in stops:
            stop()


# Reading requests. Each reader names the field it refuses.


def _read_object(request: Request) -> JsonObject:
    """The JSON object in the body. ApiError 411, 415, 413, 408 or 400."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    if has_body and media_type != "application/json":
        raise refuse("NOT_JSON", "the body's Content-Type must be application/json")
    body = request.body()
    try:
        value = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise refuse("BAD_JSON", "the body is not UTF-8") from None
    except RecursionError:
        raise refuse("BAD_JSON", "the body is nested too deeply") from None
    except InvalidOperation:
        raise refuse("BAD_JSON", "the body holds a number with too large an exponent") from None
    except ValueError as error:
        what = "the body is empty" if not body.strip() else f"the body is not JSON: {error}"
        raise refuse("BAD_JSON", what) from None
    if not isinstance(value, dict):
        raise refuse("BAD_JSON", "the body must be a JSON object")
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON value")


def _read_query(
    app: App, fields: JsonValue, prefix: str, arrived: float, in_batch: bool = False
) -> _Call:
    if not isinstance(fields, dict):
        raise _bad(f"{prefix} must be an object")
    inside = f"{prefix}." if prefix else ""
    target, name = _read_connection(fields, f"{inside}connection")
    statement = Statement.make(
        _read_text(fields, "sql", f"{inside}sql"),
        app.settings.allow_write,
        binds=decode_binds(fields.get("binds"), f"{inside}binds"),
        max_rows=_read_max_rows(fields, f"{inside}max_rows", in_batch),
        query_id=_read_optional_text(fields, "query_id", f"{inside}query_id"),
        numbers_as_strings=_read_numbers(fields, f"{inside}numbers"),
    )
    seconds = _read_timeout(fields, f"{inside}timeout_ms", app.settings.query_timeout)
    return _Call(target, name, statement, Deadline.after(seconds, since=arrived))


def _read_connection(fields: JsonObject, field: str) -> tuple[Target, str | None]:
    connection = fields.get("connection")
    if not isinstance(connection, dict):
        raise _bad(f"{field} must be an object")

    def text(key: str) -> str:
        return _read_text(connection, key, f"{field}.{key}")

    def optional(key: str) -> str | None:
        return _read_optional_text(connection, key, f"{field}.{key}")

    name = optional("name")
    connect_string = text("connect_string")
    if _HOLDS_CREDENTIALS.search(connect_string):
        raise _bad(
            f"{field}.connect_string must not hold credentials; "
            f"they belong in {field}.username and {field}.password"
        )
    if connect_string.count("(") != connect_string.count(")"):
        # The driver reads past what is missing, and may end up somewhere else.
        raise refuse("DPY-4017", f"{field}.connect_string has unbalanced parentheses")
    wallet_password = optional("wallet_password")
    target = Target(
        connect_string=connect_string,
        username=text("username"),
        password=Secret(text("password")),
        config_dir=optional("config_dir"),
        wallet_location=optional("wallet_location"),
        wallet_password=None if wallet_password is None else Secret(wallet_password),
        mode=_read_mode(connection, f"{field}.mode"),
    )
    return target, name


# `user/password@host`: the connect string is shown in /pools and in the log.
_HOLDS_CREDENTIALS = re.compile(r"\A[^@(]*/[^@(]*@|password\s*=", re.IGNORECASE)


def _read_text(fields: JsonObject, key: str, field: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise _bad(f"{field} must be a string")
    if not value.strip():
        raise _bad(f"{field} must not be empty")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad(f"{field} must not hold half of a surrogate pair") from None
    return value


def _read_optional_text(fields: JsonObject, key: str, field: str) -> str | None:
    if fields.get(key) in (None, ""):
        return None
    return _read_text(fields, key, field)


def _read_mode(fields: JsonObject, field: str) -> str | None:
    mode = _read_optional_text(fields, "mode", field)
    if mode is None:
        return None
    if mode.upper() not in MODES:
        raise _bad(f"{field} must be one of {', '.join(MODES)}")
    return mode.upper()


def _read_max_rows(fields: JsonObject, field: str, in_batch: bool) -> int | None:
    value = fields.get("max_rows", DEFAULT_ROWS)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if in_batch:
        if not (is_number and 1 <= value <= MOST_BATCH_ROWS):
            raise _bad(f"{field} must be a whole number from 1 to {MOST_BATCH_ROWS} in a batch")
        return int(value)
    if value is None or (is_number and value == 0):
        return None
    if not (is_number and value > 0):
        raise _bad(f"{field} must be a whole number, with 0 or null for all rows")
    return int(value)


def _read_timeout(fields: JsonObject, field: str, default_seconds: float) -> float:
    value = fields.get("timeout_ms")
    if value is None:
        return default_seconds
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_number and 1 <= value <= MOST_TIMEOUT_MS):
        raise _bad(f"{field} must be a whole number of milliseconds from 1 to {MOST_TIMEOUT_MS}")
    return float(value) / 1000


def _read_numbers(fields: JsonObject, field: str) -> bool:
    value = fields.get("numbers", "auto")
    if value not in ("auto", "string"):
        raise _bad(f'{field} must be "auto" or "string"')
    return bool(value == "string")


def _bad(message: str) -> ApiError:
    return refuse("BAD_FIELD", message)


def _json(value: object, status: int = 200) -> Response:
    return Response(status, _dumps(value))


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
