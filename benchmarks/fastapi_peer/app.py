"""The same contract on FastAPI, uvicorn and the driver's own pools, as its users would write it.

Plain on purpose: pydantic models for requests, sync endpoints on FastAPI's thread pool,
dictionaries as answers through the default JSONResponse, the driver's defaults but for a larger
fetch size, one worker. The two endpoints under /models declare their answers as pydantic models
too, which this FastAPI writes in Rust: much faster, where somebody thought of it.

    python app.py --port 8000
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import oracledb
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

VERSION = "1.0.0"
FETCH_ROWS = 1000

app = FastAPI(title="Oracle sidecar", version=VERSION)

_pools: dict[tuple[str, str, str], oracledb.ConnectionPool] = {}
_pools_lock = threading.Lock()


class Connection(BaseModel):
    name: str | None = None
    connect_string: str
    username: str
    password: str


class QueryRequest(BaseModel):
    connection: Connection
    sql: str
    max_rows: int | None = 1000


class QueryResponse(BaseModel):
    columns: list[str]
    rows: list[list[Any]]
    row_count: int
    execution_time_ms: float


class QueryDictResponse(BaseModel):
    columns: list[str]
    rows: list[dict[str, Any]]
    row_count: int
    execution_time_ms: float


@app.get("/health")
def health():
    return {
        "status": "ok",
        "active_pools": len(_pools),
        "timestamp": datetime.now().astimezone().isoformat(),
        "version": VERSION,
    }


@app.post("/query")
def query(request: QueryRequest):
    started = time.perf_counter()
    columns, rows = run(request)
    return {
        "columns": columns,
        "rows": [[to_json(value) for value in row] for row in rows],
        "row_count": len(rows),
        "execution_time_ms": elapsed_ms(started),
    }


@app.post("/query-dict")
def query_dict(request: QueryRequest):
    started = time.perf_counter()
    columns, rows = run(request)
    return {
        "columns": columns,
        "rows": [
            {column: to_json(value) for column, value in zip(columns, row, strict=True)}
            for row in rows
        ],
        "row_count": len(rows),
        "execution_time_ms": elapsed_ms(started),
    }


@app.post("/models/query", response_model=QueryResponse)
def query_by_model(request: QueryRequest):
    return query(request)


@app.post("/models/query-dict", response_model=QueryDictResponse)
def query_dict_by_model(request: QueryRequest):
    return query_dict(request)


def run(request: QueryRequest) -> tuple[list[str], list[tuple[Any, ...]]]:
    try:
        with session(request.connection) as connection, connection.cursor() as cursor:
            cursor.arraysize = FETCH_ROWS
            cursor.execute(request.sql)
            columns = [column[0] for column in cursor.description]
            if request.max_rows:
                return columns, cursor.fetchmany(request.max_rows)
            return columns, cursor.fetchall()
    except oracledb.Error as error:
        (details,) = error.args
        raise HTTPException(
            status_code=400, detail={"code": details.code, "message": details.message}
        ) from error


@contextmanager
def session(wanted: Connection) -> Iterator[oracledb.Connection]:
    with pool_for(wanted).acquire() as connection:
        yield connection


def pool_for(wanted: Connection) -> oracledb.ConnectionPool:
    key = (wanted.connect_string, wanted.username, wanted.password)
    with _pools_lock:
        if key not in _pools:
            _pools[key] = oracledb.create_pool(
                user=wanted.username,
                password=wanted.password,
                dsn=wanted.connect_string,
                min=1,
                max=2,
                increment=1,
                timeout=120,
            )
        return _pools[key]


def to_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex().upper()
    return value


def elapsed_ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
