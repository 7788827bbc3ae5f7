"""Asking for comparisons, and reading what comes."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.fake_oracle import FakeOracle
from tests.harness import Answer, Sidecar, connection

NDJSON = {"Accept": "application/x-ndjson"}


class Told(NamedTuple):
    """An NDJSON answer taken apart. end: the totals, or the error."""

    head: dict[str, Any]
    differences: list[dict[str, Any]]
    progress: list[dict[str, Any]]
    end: dict[str, Any]


def body(database: FakeOracle, **more: Any) -> dict[str, Any]:
    """DEV against UAT of one stand-in; what is given for left or right is added to that side."""
    sides = {}
    for side, service in (("left", "DEV"), ("right", "UAT")):
        own = {"connection": connection(database.dsn(service), name=service)}
        sides[side] = {**own, **more.pop(side, {})}
    return {**sides, **more}


def ask(sidecar: Sidecar, database: FakeOracle, **more: Any) -> Answer:
    return sidecar.post("/compare", body(database, **more))


def stream(sidecar: Sidecar, database: FakeOracle, **more: Any) -> Told:
    answer = sidecar.post("/compare", body(database, **more), NDJSON)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    return told(answer.body)


def told(text: bytes) -> Told:
    lines = [json.loads(line) for line in text.decode().split("\n") if line]
    progress = [line["progress"] for line in lines if "progress" in line]
    differences = [line for line in lines if "diff" in line]
    heads = [line for line in lines if "left_sql" in line]
    assert lines[-1].keys() & {"same", "error"}, "the last line is missing"
    return Told(heads[0] if heads else {}, differences, progress, lines[-1])


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    detail: dict[str, Any] = answer.json["detail"]
    assert (answer.status, detail["full_code"]) == (status, code), answer.body
    return detail
