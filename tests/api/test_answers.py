"""Whole results as JSON and NDJSON, without a database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.answers import RowForm, RowsBody, encode_json, encode_ndjson, unique_names
from common.errors import ApiError, refuse
from query.result import Result
from tests.api.fake_result import FakeResult
from tests.values.columns import number_column, text_column
from tests.values.reading import strict_json, thorough
from values.column import Column, Fetch
from values.texts import encode_text


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        ([], []),
        (["A", "B"], ["A", "B"]),
        (["A", "A", "A"], ["A", "A_2", "A_3"]),
        (["A", "a"], ["A", "a"]),
        (["NAME", "NAME", "NAME_2"], ["NAME", "NAME_3", "NAME_2"]),
        (["NAME_2", "NAME", "NAME"], ["NAME_2", "NAME", "NAME_3"]),
        (["NAME", "NAME_2", "NAME", "NAME_2"], ["NAME", "NAME_2", "NAME_3", "NAME_2_2"]),
        (["", ""], ["", "_2"]),
    ],
)
def test_names_that_repeat_are_numbered(names: list[str], unique: list[str]) -> None:
    assert unique_names(names) == unique


@thorough
@given(st.lists(st.sampled_from(["A", "A_2", "A_3", "A_2_2", "B"]), max_size=12))
def test_no_two_names_collide_and_the_first_of_each_stays(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(set(unique)) == len(unique) == len(names)
    for name in set(names):
        assert unique[names.index(name)] == name
    for name, made in zip(names, unique, strict=True):
        assert made == name or re.fullmatch(re.escape(name) + r"_\d+", made)


def two_batches(**more: Any) -> FakeResult:
    return FakeResult(
        [number_column("ID"), text_column("NAME")],
        [[("1", "Alice"), ("2", None)], [("3", "Bob")]],
        **more,
    )


@pytest.mark.parametrize("encode", [encode_json, encode_ndjson])
def test_an_end_that_is_known_goes_with_the_last_rows(
    encode: Callable[[Result, RowForm], RowsBody],
) -> None:
    apart = encode(two_batches(), RowForm.ARRAYS)
    together = encode(two_batches(knows_its_end=True), RowForm.ARRAYS)

    pieces = [(piece, together.is_over) for piece in together]

    assert b"".join(piece for piece, _ in pieces) == b"".join(apart)
    assert [is_over for _, is_over in pieces] == [False, True]
    assert not apart.is_over


def test_rows_as_arrays_have_the_contract_s_keys_in_order() -> None:
    body = encode_json(two_batches(truncated=True), RowForm.ARRAYS)
    assert b"".join(body) == (
        b'{"columns":["ID","NAME"],"rows":[[1,"Alice"],[2,null],[3,"Bob"]],"row_count":3,'
        b'"execution_time_ms":45.23,"truncated":true,"column_types":["NUMBER(10)","VARCHAR2(40)"]}'
    )


def test_rows_as_objects_are_keyed_by_column() -> None:
    answer = strict_json(b"".join(encode_json(two_batches(), RowForm.OBJECTS)))
    assert answer["rows"][0] == {"ID": 1, "NAME": "Alice"}
    assert answer["rows"][1] == {"ID": 2, "NAME": None}
    assert answer["truncated"] is False


def test_names_that_repeat_lose_no_value() -> None:
    def result() -> FakeResult:
        return FakeResult([text_column(name) for name in ("A", "A", "A_2")], [[("x", "y", "z")]])

    as_objects = strict_json(b"".join(encode_json(result(), RowForm.OBJECTS)))
    assert as_objects["columns"] == ["A", "A_3", "A_2"]
    assert as_objects["rows"] == [{"A": "x", "A_3": "y", "A_2": "z"}]
    as_arrays = strict_json(b"".join(encode_json(result(), RowForm.ARRAYS)))
    assert (as_arrays["columns"], as_arrays["rows"]) == (["A", "A", "A_2"], [["x", "y", "z"]])


@pytest.mark.parametrize("name", ["%s", "100%", "%(a)s", '"', "\\", "\u2028", "é", "{}", ""])
@pytest.mark.parametrize("form", RowForm)
def test_odd_column_names_and_types_are_escaped(form: RowForm, name: str) -> None:
    column = Column(name, f"{name}.TYPE", Fetch.TEXT, encode_text)
    answer = strict_json(b"".join(encode_json(FakeResult([column], [[("%s",)]]), form)))
    assert answer["columns"] == [name]
    assert answer["column_types"] == [f"{name}.TYPE"]
    assert answer["rows"] == [["%s"] if form is RowForm.ARRAYS else {name: "%s"}]


@pytest.mark.parametrize("form", RowForm)
def test_no_rows_are_an_empty_array(form: RowForm) -> None:
    answer = strict_json(b"".join(encode_json(FakeResult([text_column("A")], []), form)))
    assert (answer["columns"], answer["rows"], answer["row_count"]) == (["A"], [], 0)


@pytest.mark.parametrize("form", RowForm)
def test_no_columns_are_an_empty_array(form: RowForm) -> None:
    answer = strict_json(b"".join(encode_json(FakeResult([], [], row_count=3), form)))
    assert (answer["columns"], answer["rows"], answer["row_count"]) == ([], [], 3)


@pytest.mark.parametrize("form", RowForm)
def test_a_statement_without_columns_has_two_lines_of_ndjson(form: RowForm) -> None:
    head, end = b"".join(encode_ndjson(FakeResult([], [], row_count=3), form)).splitlines()
    assert strict_json(head) == {"columns": [], "column_types": []}
    assert strict_json(end)["row_count"] == 3


def test_ndjson_has_a_line_for_columns_rows_and_totals() -> None:
    lines = b"".join(encode_ndjson(two_batches(), RowForm.ARRAYS)).decode().split("\n")
    assert lines == [
        '{"columns":["ID","NAME"],"column_types":["NUMBER(10)","VARCHAR2(40)"]}',
        '[1,"Alice"]',
        "[2,null]",
        '[3,"Bob"]',
        '{"row_count":3,"truncated":false,"execution_time_ms":45.23}',
        "",
    ]


def test_ndjson_without_rows_has_its_first_and_last_line() -> None:
    lines = (
        b"".join(encode_ndjson(FakeResult([text_column("A")], []), RowForm.ARRAYS))
        .decode()
        .splitlines()
    )
    assert [list(json.loads(line)) for line in lines] == [
        ["columns", "column_types"],
        ["row_count", "truncated", "execution_time_ms"],
    ]


def test_a_line_end_in_a_value_ends_no_line() -> None:
    result = FakeResult([text_column("A\n")], [[("a\nb\r\n",)]])
    lines = b"".join(encode_ndjson(result, RowForm.ARRAYS)).split(b"\n")
    assert [json.loads(line) for line in lines[:2]] == [
        {"columns": ["A\n"], "column_types": ["VARCHAR2(40)"]},
        ["a\nb\r\n"],
    ]


def test_an_error_line_is_one_line_for_every_reader() -> None:
    error = refuse("INTERNAL", "a\x85b\u2028c\u2029d")
    words = encode_ndjson(two_batches(), RowForm.ARRAYS).last_words(error)

    assert words is not None
    (line,) = words.decode().splitlines()
    assert json.loads(line)["error"]["message"] == error.message


def test_a_piece_is_made_for_each_batch_when_it_is_asked_for() -> None:
    pieces = iter(encode_json(two_batches(), RowForm.ARRAYS))
    assert next(pieces) == b'{"columns":["ID","NAME"],"rows":[[1,"Alice"],[2,null]'
    assert next(pieces) == b',[3,"Bob"]'
    assert next(pieces).startswith(b'],"row_count":3,')
    assert list(pieces) == []


def test_a_failure_behind_the_first_rows_ends_ndjson_with_a_line_and_cuts_json() -> None:
    error = refuse("INTERNAL", 'lost "it"\n')
    for body in (
        encode_json(two_batches(error=error), RowForm.ARRAYS),
        encode_ndjson(two_batches(error=error), RowForm.ARRAYS),
    ):
        pieces = iter(body)
        assert len([next(pieces), next(pieces)]) == 2
        with pytest.raises(ApiError) as raised:
            next(pieces)
        assert raised.value is error

    assert encode_json(two_batches(), RowForm.ARRAYS).last_words(error) is None
    words = encode_ndjson(two_batches(), RowForm.ARRAYS).last_words(error)
    assert words is not None
    assert words.endswith(b"}\n")
    assert words.count(b"\n") == 1
    assert strict_json(words) == {"error": error.detail()}


def test_a_body_goes_with_its_result() -> None:
    result = two_batches()
    body = encode_json(result, RowForm.ARRAYS)
    body.close()
    assert result.closed == 1


@pytest.mark.parametrize("value", ["\udcff", "a\ud800b", "\udc80\udc81"])
def test_bytes_that_are_no_text_are_an_error_that_names_the_column(value: str) -> None:
    def result() -> FakeResult:
        return FakeResult(
            [number_column("N"), text_column("GOOD"), text_column("BROKEN")],
            [[("1", "é", None), ("2", "x", value)]],
        )

    for body in (
        encode_json(result(), RowForm.ARRAYS),
        encode_json(result(), RowForm.OBJECTS),
        encode_ndjson(result(), RowForm.ARRAYS),
    ):
        with pytest.raises(ApiError, match="column BROKEN") as raised:
            b"".join(body)
        assert (raised.value.status, raised.value.full_code) == (400, "BAD_CHARACTERS")
