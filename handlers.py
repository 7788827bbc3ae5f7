"""The API: the route table as its table of contents, then one short function per route."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from api import loading
from api.answers import (
    RowForm,
    RowsBody,
    encode_json,
    encode_ndjson,
    ndjson_error,
    ndjson_progress,
)
from api.batch import BatchCancel, read_batch, side_by_side, targets
from api.compare_fields import read_compare
from api.comparison_answers import (
    LineWriter,
    encode_comparison_json,
    encode_comparison_ndjson,
)
from api.progress import ProgressBody
from api.request_fields import QueryRequest, read_connection, read_object, read_query, read_text
from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.settings import Settings
from compare.comparison import Comparison
from http_server.messages import Request, Response
from oracle.failed_logins import LoginTrials
from oracle_pool import Pools
from query.queries import Queries, WhenGone
from query.result import Result

NDJSON = "application/x-ndjson"
NDJSON_IN_UTF8 = f"{NDJSON}; charset=utf-8"
_Q_VALUE = re.compile(r"[01](\.\d{0,3})?")


class App:
    """What the routes work with. Immutable, but for what it holds."""

    def __init__(
        self,
        pools: Pools,
        login_trials: LoginTrials,
        queries: Queries,
        settings: Settings,
        request_stop: Callable[[], None],
        started: float,
    ) -> None:
        self.pools = pools
        self.login_trials = login_trials
        self.queries = queries
        self.settings = settings
        self.request_stop = request_stop
        self.started = started
        """When the process started, on the monotonic clock."""

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
    return loading.health(app.pools.count(), app.started)


def test_connection(app: App, request: Request) -> Response:
    fields = read_object(request)
    target, _ = read_connection(fields, "connection")
    request.record.pool = target.label
    version = app.login_trials.try_login(
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
    return _run_query(app, request, RowForm.ARRAYS)


def query_dict(app: App, request: Request) -> Response:
    return _run_query(app, request, RowForm.OBJECTS)


def query_batch(app: App, request: Request) -> Response:
    calls = read_batch(app.settings, read_object(request), request.started)
    request.record.pool = ",".join(targets(calls))
    stops = BatchCancel()
    request.when_gone(stops.stop_all)
    row_counts: list[int] = []
    outcomes = side_by_side(
        calls,
        lambda call: _run_in_batch(app, call, stops, row_counts),
        at_once=app.settings.pool_max,
    )
    request.record.rows = sum(row_counts)
    results = [
        _dumps({"error": outcome.message, "detail": outcome.detail()})
        if isinstance(outcome, ApiError)
        else outcome
        for outcome in outcomes
    ]
    return Response(200, b'{"results":[' + b",".join(results) + b"]}")


def compare(app: App, request: Request) -> Response:
    asked = read_compare(app.settings, read_object(request), request.started)
    request.record.pool = ",".join(side.target.label for side in asked.sides)
    comparison = Comparison(app.pools, app.queries, asked, app.settings)
    try:
        request.when_gone(comparison.stop)
    except ApiError:
        comparison.close()
        raise
    writer = LineWriter(asked.rows_are_keys, asked.shows_whole_rows, asked.is_summary)
    is_ndjson = _wants_ndjson(request.headers.get("accept", ""))
    encode = encode_comparison_ndjson if is_ndjson else encode_comparison_json

    def note_differences() -> None:
        request.record.differences = comparison.counts.differences

    return Response(
        200,
        encode(comparison, writer),
        content_type=NDJSON_IN_UTF8 if is_ndjson else "application/json",
        counted=comparison,
        after=note_differences,
    )


def cancel(app: App, request: Request) -> Response:
    query_id = read_text(read_object(request), "query_id", "query_id")
    return _json({"cancelled": app.queries.cancel(query_id)})


def pools(app: App, request: Request) -> Response:
    return _json({"pools": [pool._asdict() for pool in app.pools.snapshot()]})


def shutdown(app: App, request: Request) -> Response:
    if app.settings.token is None:
        raise refuse("NOT_FOUND", "there is no path /shutdown: it needs a token to be set")
    # When the answer is out: a drain time of 0 would cut it off.
    return Response(202, _dumps({"status": "shutting down"}), after=app.request_stop)


def openapi(app: App, request: Request) -> Response:
    from api.openapi import DOCUMENT  # here, since no app asks for it before its first query

    return _json(DOCUMENT)


class Route(NamedTuple):
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
    Route("POST", "/compare", compare),
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


def _run_query(app: App, request: Request, form: RowForm) -> Response:
    call = read_query(app.settings, read_object(request), "", request.started)
    request.record.pool = call.target.label
    body: RowsBody | ProgressBody[RowsBody]
    if not _wants_ndjson(request.headers.get("accept", "")):
        body = encode_json(_start(app, call, request.when_gone), form)
        return Response(200, body, counted=body)
    if call.progress_seconds:
        body = _with_progress(app, request, call, form)
    else:
        body = encode_ndjson(_start(app, call, request.when_gone), form)
    return Response(200, body, content_type=NDJSON_IN_UTF8, counted=body)


def _with_progress(
    app: App, request: Request, call: QueryRequest, form: RowForm
) -> ProgressBody[RowsBody]:
    body: ProgressBody[RowsBody] = ProgressBody(
        lambda when_gone: encode_ndjson(_start(app, call, when_gone), form),
        lambda made: ndjson_progress(
            made.row_count if made is not None else 0,
            (time.monotonic() - request.started) * 1000,
        ),
        ndjson_error,
        call.progress_seconds,
        since=request.started,
    )
    request.when_gone(body.stop)
    body.start()
    return body


def _start(app: App, call: QueryRequest, when_gone: WhenGone) -> Result:
    return app.queries.run(
        call.target, call.statement, call.deadline, name=call.name, when_gone=when_gone
    )


def _run_in_batch(app: App, call: QueryRequest, stops: BatchCancel, row_counts: list[int]) -> bytes:
    body = encode_json(_start(app, call, stops.add), RowForm.ARRAYS)
    try:
        while True:
            try:
                return b"".join(body)
            except ApiError as error:
                if not body.begins_again(error):
                    raise
    finally:
        body.close()
        row_counts.append(body.row_count)


def _wants_ndjson(accept: str) -> bool:
    """Whether a caller asks for NDJSON by name, and does not like JSON better."""
    weights = {NDJSON: 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type in weights:
            weights[media_type] = _weight(parameters)
    return 0 < weights[NDJSON] >= weights["application/json"]


def _weight(parameters: Sequence[str]) -> float:
    """The `q` of RFC 9110, 1 where it is missing or makes no sense."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q" and _Q_VALUE.fullmatch(value.strip()):
            return float(value)
    return 1.0


def _json(value: object) -> Response:
    return Response(200, _dumps(value))


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
