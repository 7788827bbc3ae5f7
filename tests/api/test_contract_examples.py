"""The examples in tests/contract, which the tests of the TypeScript client read, too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import ROOT, Sidecar, connection

EXAMPLES = sorted((ROOT / "tests" / "contract").glob("*.json"))
KINDS = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def filled(value: Any, database: FakeOracle) -> Any:
    """A request with its connections."""
    if isinstance(value, list):
        return [filled(item, database) for item in value]
    if not isinstance(value, dict):
        return value
    if "$connection" not in value:
        return {key: filled(item, database) for key, item in value.items()}
    own = {key: item for key, item in value.items() if key != "$connection"}
    service = value["$connection"]
    return {**connection(database.dsn(service), name=service), **own}


def mismatch(expected: Any, found: Any, place: str = "answer") -> str | None:
    """Where and how `found` is not as expected; None where it is."""
    if isinstance(expected, dict) and "$any" in expected:
        return None if KINDS[expected["$any"]](found) else f"{place} is {found!r}"
    if isinstance(expected, dict) and "$matches" in expected:
        is_match = isinstance(found, str) and re.search(expected["$matches"], found)
        return None if is_match else f"{place} is {found!r}"
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            return f"{place} has the keys {list(found)}"
        pairs = [(f"{place}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{place} has {len(found)} items"
        pairs = [(f"{place}[{at}]", expected[at], found[at]) for at in range(len(expected))]
    else:
        is_same = isinstance(expected, bool) == isinstance(found, bool) and expected == found
        return None if is_same else f"{place} is {found!r}"
    return next((bad for at, a, b in pairs if (bad := mismatch(a, b, at))), None)


def lines_mismatch(expected: list[Any], found: list[Any]) -> str | None:
    """As mismatch, with {"$rows": n} for all the rows of so many items at its place."""
    at = next((at for at, line in enumerate(expected) if "$rows" in line), None)
    if at is None:
        return mismatch(expected, found, "lines")
    behind = len(found) - (len(expected) - at - 1)
    rows = found[at:behind]
    if len(rows) < 2 or not all(
        isinstance(row, list) and len(row) == expected[at]["$rows"] for row in rows
    ):
        return f"lines {at} to {behind} are no rows of that length"
    rest = [*expected[:at], *expected[at + 1 :]]
    return mismatch(rest, [*found[:at], *found[behind:]], "lines")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_sidecar_answers_as_the_example_says(
    file: Path, sidecar: Sidecar, database: FakeOracle
) -> None:
    example = json.loads(file.read_text(encoding="utf-8"))
    request = example["request"]
    body = filled(request["body"], database) if "body" in request else None
    headers = {"Accept": request["accept"]} if "accept" in request else {}

    if body is None:
        answer = sidecar.request(request["method"], request["path"], headers=headers)
    else:
        answer = sidecar.post(request["path"], body, headers)

    assert answer.status == example["status"], answer.body
    if "lines" in example:
        found = [json.loads(line) for line in answer.body.decode().split("\n") if line]
        assert lines_mismatch(example["lines"], found) is None
    else:
        assert mismatch(example["answer"], answer.json) is None


def test_an_answer_that_is_another_is_noticed() -> None:
    matched: list[tuple[Any, Any]] = [
        ({"a": 1, "b": None}, {"a": 1, "b": None}),
        ({"$any": "number"}, 1.5),
        ({"$matches": "^a"}, "abc"),
        ([{"$any": "array"}], [[]]),
    ]
    unmatched: list[tuple[Any, Any]] = [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1], [1, 2]),
        (1, True),
        (1, "1"),
        (None, 0),
        ({"$any": "number"}, True),
        ({"$matches": "^a"}, 1),
    ]
    assert [pair for pair in matched if mismatch(*pair) is not None] == []
    assert [pair for pair in unmatched if mismatch(*pair) is None] == []
    assert lines_mismatch([{"$rows": 1}, {"a": 1}], [[1], [2], {"a": 1}]) is None
    assert lines_mismatch([{"$rows": 1}, {"a": 1}], [[1], {"a": 1}]) is not None


def test_every_route_but_the_shutdown_has_an_example() -> None:
    paths = {json.loads(file.read_text(encoding="utf-8"))["request"]["path"] for file in EXAMPLES}
    assert paths >= {"/health", "/test-connection", "/query", "/query-dict", "/query-batch"}
    assert paths >= {"/compare", "/cancel", "/pools"}
