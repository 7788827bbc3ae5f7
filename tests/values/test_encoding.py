"""Values, rows and binds on their way between Oracle and JSON, without a database."""

from __future__ import annotations

import array
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.answers import Body, RowForm, encode_json, encode_ndjson, unique_names
from common.errors import ApiError, refuse
from query.result import Result
from sql.binds import decode_binds
from values.encoders import (
    Encoder,
    encode_boolean,
    encode_float,
    encode_interval,
    encode_moment,
    encode_months,
    encode_number,
    encode_number_as_string,
    encode_raw,
    encode_text,
    encode_vector,
)
from values.moments import (
    interval_json,
    months_json,
    nested_json,
    number_json,
    number_string_json,
    number_text,
    written_interval_json,
    written_moment_json,
    written_utc_json,
    written_zoned_json,
)
from values.type_table import (
    Column,
    Fetch,
    NestedRows,
    Row,
    ValueOptions,
    columns,
    nested_rows_json,
)

thorough = settings(max_examples=500, deadline=None)


def one(encode: Encoder, value: object) -> Any:
    """One value through an encoder, read back by a strict reader of JSON."""
    (text,) = encode([value])
    return strict_json(text)


def strict_json(text: str | bytes) -> Any:
    def refuse_constant(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_float=Decimal, parse_constant=refuse_constant)


# Numbers.


def plain(sign: str, digits: str, exponent: int) -> str:
    """A NUMBER as the driver gives it: plain digits, no zeros that say nothing."""
    text = format(Decimal(f"{sign}{digits}e{exponent}"), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@st.composite
def oracle_numbers(draw: st.DrawFn) -> str:
    """1 to 40 significant digits, from 1e-130 to just under 1e126."""
    digits = draw(st.from_regex(r"[1-9][0-9]{0,39}", fullmatch=True))
    exponent = draw(st.integers(-130, 125)) - len(digits) + 1
    return plain(draw(st.sampled_from(["", "-"])), digits, max(exponent, -130))


@st.composite
def numbers_near_doubles(draw: st.DrawFn) -> str:
    """A double's shortest decimal, or its neighbour one digit further."""
    value = draw(st.floats(1e-120, 1e120))
    shortest = Decimal(repr(value))
    digits = "".join(map(str, shortest.as_tuple().digits)) + draw(
        st.sampled_from(["", "0", "1", "5", "9"])
    )
    return plain(draw(st.sampled_from(["", "-"])), digits, shortest.adjusted() - len(digits) + 1)


any_numbers = st.one_of(
    oracle_numbers(), numbers_near_doubles(), st.integers(-(10**40), 10**40).map(str)
)


@thorough
@given(any_numbers)
def test_a_number_keeps_its_value(digits: str) -> None:
    value = one(encode_number, digits)
    assert Decimal(value) == Decimal(digits)
    as_string = one(encode_number_as_string, digits)
    assert isinstance(as_string, str)
    assert Decimal(as_string) == Decimal(digits)


@thorough
@given(any_numbers)
def test_a_number_is_a_number_exactly_where_a_double_gives_it_back(digits: str) -> None:
    (text,) = encode_number([digits])
    as_javascript_reads_it = json.loads(text, parse_int=float)
    if isinstance(as_javascript_reads_it, float):
        assert Decimal(repr(as_javascript_reads_it)) == Decimal(digits)
    else:
        assert Decimal(repr(float(digits))) != Decimal(digits)


@thorough
@given(any_numbers)
def test_a_number_has_plain_digits_up_to_forty_and_an_exponent_beyond(digits: str) -> None:
    whole, _, fraction = digits.lstrip("-").partition(".")
    count = len("" if whole == "0" else whole) + len(fraction)
    for encode in (encode_number, encode_number_as_string):
        (text,) = encode([digits])
        written = text.strip('"')
        if count <= 40:
            assert written == digits
        else:
            assert re.fullmatch(r"-?[1-9](\.[0-9]*[1-9])?e-?[1-9][0-9]*", written)


@thorough
@given(st.lists(st.one_of(st.none(), any_numbers), min_size=1, max_size=5))
def test_a_column_of_numbers_is_encoded_as_each_by_itself(values: list[str | None]) -> None:
    alone = ["null" if value is None else number_json(value) for value in values]
    assert encode_number(values) == alone
    strings = ["null" if value is None else number_string_json(value) for value in values]
    assert encode_number_as_string(values) == strings


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("0", "0"),
        ("-1", "-1"),
        ("0.1", "0.1"),
        ("-0.001", "-0.001"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", "1234567890123456"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", '"9007199254740993"'),
        ("-9007199254740993", '"-9007199254740993"'),
        ("9007199254740994", "9007199254740994"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.300000000000000044", '"0.300000000000000044"'),
        ("12345678.12345678", "12345678.12345678"),
        ("123456789.123456789", '"123456789.123456789"'),
        ("10000000000000000000000", "10000000000000000000000"),
        ("1" + "0" * 39, "1" + "0" * 39),
        ("1" + "0" * 40, "1e40"),
        ("-1" + "0" * 125, "-1e125"),
        ("9" * 40, f'"{"9" * 40}"'),
        ("9" * 40 + "0" * 85, f'"9.{"9" * 39}e124"'),
        ("0." + "0" * 39 + "1", "0." + "0" * 39 + "1"),
        ("0." + "0" * 40 + "1", "1e-41"),
        ("-0." + "0" * 129 + "1", "-1e-130"),
        ("0." + "0" * 129 + "12", "1.2e-130"),
    ],
)
def test_numbers_on_either_side_of_what_a_double_carries(digits: str, text: str) -> None:
    assert encode_number([digits]) == [text]
    assert number_text(digits) == text.strip('"')


# Floats, texts, moments, bytes.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (None, "null"),
    ],
)
def test_floats_that_json_has_no_number_for_are_strings(value: float | None, text: str) -> None:
    assert encode_float([value]) == [text]
    assert encode_float([1.5, value, None]) == ["1.5", text, "null"]


@thorough
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_finite_float_is_the_same_one_read_back(values: list[float]) -> None:
    assert [json.loads(text) for text in encode_float(values)] == values


@thorough
@given(st.text())
def test_a_text_is_the_same_one_read_back(value: str) -> None:
    (text,) = encode_text([value])
    assert strict_json(text.encode()) == value
    assert not re.search("[\x00-\x1f]", text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " padded  ",
        "".join(map(chr, range(0x20))),
        "\x7f\x80\x85\x9f\xa0\xad",
        'quotes " and \\ and / and \\u0041',
        "line\u2028paragraph\u2029end",
        "\ufeff\ufffe\uffff\ufffd",
        "é e\u0301 ä",
        "名前 ชื่อ اسم שם",
        "\U0001f600\U00010000\U0010ffff",
        "</script><!-- %s {} %",
        "null",
        "NaN",
        "x" * 100_000,
    ],
)
def test_odd_texts_arrive_unchanged(value: str) -> None:
    for encode in (encode_text, encode_in_an_answer):
        assert one(encode, value) == value


def encode_in_an_answer(values: Sequence[Any]) -> list[str]:
    """The texts of a column as they leave in a whole answer."""
    result = FakeResult([text_column("A")], [[(value,) for value in values]])
    rows = strict_json(b"".join(encode_json(result, RowForm.ARRAYS)))["rows"]
    return [json.dumps(row[0]) for row in rows]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 28, 10, 38, 36), "2026-01-28T10:38:36"),
        (datetime(2026, 1, 28), "2026-01-28T00:00:00"),
        (datetime(2026, 1, 28, 10, 38, 36, 500_000), "2026-01-28T10:38:36.5"),
        (datetime(2026, 1, 28, 10, 38, 36, 1), "2026-01-28T10:38:36.000001"),
        (datetime(2026, 1, 28, 10, 38, 30, 120_000), "2026-01-28T10:38:30.12"),
        (datetime(1, 1, 1), "0001-01-01T00:00:00"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999), "9999-12-31T23:59:59.999999"),
    ],
)
def test_a_moment_has_no_zeros_at_the_end_of_its_fraction(value: datetime, text: str) -> None:
    assert one(encode_moment, value) == text


@thorough
@given(st.datetimes())
def test_a_moment_keeps_its_value(value: datetime) -> None:
    moment, _, fraction = one(encode_moment, value).partition(".")
    assert datetime.fromisoformat(moment) == value.replace(microsecond=0)
    assert int(fraction.ljust(6, "0")) == value.microsecond
    assert not fraction.endswith("0")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (" 2026-01-28T10:38:36", "2026-01-28T10:38:36"),
        ("-4712-01-01T00:00:00", "-4712-01-01T00:00:00"),
        (" 2026-01-28T10:38:36.000000000", "2026-01-28T10:38:36"),
        (" 2026-01-28T10:38:36.123456789", "2026-01-28T10:38:36.123456789"),
        (" 2026-01-28T10:38:00.100000000", "2026-01-28T10:38:00.1"),
        ("-0044-03-15T12:00:00.000000001", "-0044-03-15T12:00:00.000000001"),
    ],
)
def test_a_moment_that_the_database_wrote_is_trimmed(written: str, text: str) -> None:
    assert strict_json(written_moment_json(written)) == text
    assert strict_json(written_utc_json(written)) == f"{text}+00:00"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (" 2026-01-28T10:38:36.000000000+07:00 +07:00", "2026-01-28T10:38:36+07:00"),
        (" 2026-01-28T10:38:36.500000000-03:30 -03:30", "2026-01-28T10:38:36.5-03:30"),
        (
            " 2026-01-28T10:38:36.120000000+07:00 ASIA/JAKARTA",
            "2026-01-28T10:38:36.12+07:00[ASIA/JAKARTA]",
        ),
        (" 2026-01-28T10:38:36.000000000+00:00 UTC", "2026-01-28T10:38:36+00:00[UTC]"),
        ("-4712-01-01T00:00:00.000000000+00:00 +00:00", "-4712-01-01T00:00:00+00:00"),
    ],
)
def test_a_zoned_moment_carries_its_offset_and_its_region(written: str, text: str) -> None:
    assert strict_json(written_zoned_json(written)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4.5), "P1DT2H3M4.5S"),
        (timedelta(days=-1), "-P1D"),
        (-timedelta(hours=1, microseconds=1), "-PT1H0.000001S"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(days=999_999_999), "P999999999D"),
    ],
)
def test_an_interval_is_written_as_iso_8601_says(value: timedelta, text: str) -> None:
    assert one(encode_interval, value) == text


@thorough
@given(st.timedeltas())
def test_an_interval_keeps_its_value(value: timedelta) -> None:
    pattern = r'"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?"'
    match = re.fullmatch(pattern, interval_json(value))
    assert match is not None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    size = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    assert (-size if sign else size) == value


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("+01 02:03:04.500000000", "P1DT2H3M4.5S"),
        ("-000000001 00:00:00.000000001", "-P1DT0.000000001S"),
        ("+00 00:00:00.000000", "PT0S"),
        ("+00 00:00:10", "PT10S"),
    ],
)
def test_an_interval_that_the_database_wrote_is_read(written: str, text: str) -> None:
    assert strict_json(written_interval_json(written)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [((1, 2), "P1Y2M"), ((-1, -2), "-P1Y2M"), ((0, 0), "P0M"), ((0, -3), "-P3M"), ((5, 0), "P5Y")],
)
def test_an_interval_of_months_is_written_as_iso_8601_says(
    value: tuple[int, int], text: str
) -> None:
    assert strict_json(months_json(value)) == text
    assert one(encode_months, value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(b"", ""), (b"\x00\x0a\xff", "000AFF"), (bytes(range(256)), None)]
)
def test_raw_is_upper_case_hexadecimal(value: bytes, text: str | None) -> None:
    assert one(encode_raw, value) == (value.hex().upper() if text is None else text)


@pytest.mark.parametrize(
    ("encode", "value"),
    [
        (encode_number, "1"),
        (encode_number, "9" * 40),
        (encode_number_as_string, "1"),
        (encode_float, 1.5),
        (encode_text, "x"),
        (encode_moment, datetime(2026, 1, 28)),
        (encode_raw, b"\x00"),
        (encode_interval, timedelta(1)),
        (encode_months, (1, 2)),
        (encode_boolean, False),
        (encode_vector, array.array("d", [1.5])),
    ],
)
def test_null_is_null_wherever_it_stands(encode: Encoder, value: object) -> None:
    (alone,) = encode([value])
    assert encode([None]) == ["null"]
    assert encode([None, value]) == ["null", alone]
    assert encode([value, None, None, value]) == [alone, "null", "null", alone]


def test_a_boolean_is_one() -> None:
    assert encode_boolean([True, False, None]) == ["true", "false", "null"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (array.array("f", [1.5, -2.0]), [Decimal("1.5"), Decimal("-2.0")]),
        (array.array("b", [-128, 127]), [-128, 127]),
        (array.array("d", [math.inf]), ["Infinity"]),
        (array.array("d"), []),
    ],
)
def test_a_vector_is_an_array_of_numbers(value: object, expected: object) -> None:
    assert one(encode_vector, value) == expected


def test_a_json_value_keeps_its_numbers_and_nesting() -> None:
    value = {
        "n": [Decimal("9007199254740993"), Decimal("0.1"), 1, None, True, False],
        'quote "': {"": "\u2028", "b": b"\xff"},
        "empty": [{}, []],
    }
    assert strict_json(nested_json(value, number_json)) == {
        "n": ["9007199254740993", Decimal("0.1"), 1, None, True, False],
        'quote "': {"": "\u2028", "b": "FF"},
        "empty": [{}, []],
    }
    assert strict_json(nested_json(value, number_string_json))["n"][:3] == [
        "9007199254740993",
        "0.1",
        "1",
    ]


@pytest.mark.parametrize("value", [datetime(2026, 1, 28), timedelta(1)])
def test_a_moment_or_interval_inside_json_may_have_lost_something(value: object) -> None:
    (column,) = columns([Described(Kind("DB_TYPE_JSON"), "J")])
    for json_value in (value, [{"a": value}]):
        with pytest.raises(ApiError, match="column J holds JSON with") as raised:
            column.encode([None, json_value])
        assert raised.value.full_code == "INEXACT_VALUE"


def test_json_nested_deeper_than_can_be_written_is_an_error() -> None:
    (column,) = columns([Described(Kind("DB_TYPE_JSON"), "J")])
    value: Any = 1
    for _ in range(1024):
        value = [value]
    with pytest.raises(ApiError, match="column J holds JSON that is nested too deep"):
        column.encode([value])


def test_what_has_no_json_form_is_not_written() -> None:
    with pytest.raises(TypeError, match="complex"):
        nested_json({"a": [1j]}, number_json)


# Names.


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


# Results.


class FakeResult(Result):
    """A statement that has run, without a database."""

    columns: list[Column] = []  # noqa: RUF012 - takes the place of a property
    execution_time_ms = 45.23
    is_wanted_back = False

    def __init__(
        self,
        columns: list[Column],
        fetched: list[list[tuple[Any, ...]]],
        *,
        truncated: bool = False,
        error: ApiError | None = None,
        is_complete: bool = True,
        row_count: int = 0,
        knows_its_end: bool = False,
    ) -> None:
        self.columns = columns
        self.fetched = fetched
        self.truncated = truncated
        self.error = error
        self.is_complete = is_complete
        self.is_over = False
        self.row_count = row_count
        self.knows_its_end = knows_its_end
        self.closed = 0

    def batches(self) -> Iterator[Sequence[Row]]:
        for number, batch in enumerate(self.fetched, 1):
            self.row_count += len(batch)
            self.is_over = self.knows_its_end and number == len(self.fetched)
            yield batch
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1


def text_column(name: str) -> Column:
    return Column(name, "VARCHAR2(40)", Fetch.TEXT, encode_text)


def number_column(name: str) -> Column:
    return Column(name, "NUMBER(10)", Fetch.DIGITS, encode_number)


def two_batches(**more: Any) -> FakeResult:
    return FakeResult(
        [number_column("ID"), text_column("NAME")],
        [[("1", "Alice"), ("2", None)], [("3", "Bob")]],
        **more,
    )


@pytest.mark.parametrize("encode", [encode_json, encode_ndjson])
def test_an_end_that_is_known_goes_with_the_last_rows(
    encode: Callable[[Result, RowForm], Body],
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


def test_no_columns_are_an_empty_array() -> None:
    answer = strict_json(b"".join(encode_json(FakeResult([], [], row_count=3), RowForm.ARRAYS)))
    assert (answer["columns"], answer["rows"], answer["row_count"]) == ([], [], 3)


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
    result = two_batches(is_complete=False)
    body = encode_json(result, RowForm.ARRAYS)
    assert body.is_whole is False
    assert encode_ndjson(two_batches(is_complete=True), RowForm.ARRAYS).is_whole is True
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


def test_the_rows_of_a_nested_cursor_are_arrays() -> None:
    inner = [number_column("N"), text_column("T")]
    assert (
        nested_rows_json(NestedRows(inner, [("1", "a"), (None, None)])) == '[[1,"a"],[null,null]]'
    )
    assert nested_rows_json(NestedRows(inner, [])) == "[]"


# Columns.


@dataclass(frozen=True)
class Kind:
    """What the driver calls a type."""

    name: str


@dataclass(frozen=True)
class Described:
    """What the driver says of a select item."""

    type_code: Kind
    name: str = "C"
    precision: int | None = None
    scale: int | None = None
    internal_size: int | None = None
    display_size: int | None = None
    type: object = None
    vector_dimensions: int | None = None
    vector_format: Kind | None = None
    vector_is_sparse: bool | None = False


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("NUMBER", {"precision": 10, "scale": 0}, "NUMBER(10)"),
        ("NUMBER", {"precision": 12, "scale": 2}, "NUMBER(12,2)"),
        ("NUMBER", {"precision": 5, "scale": -2}, "NUMBER(5,-2)"),
        ("NUMBER", {"precision": 0, "scale": -127}, "NUMBER"),
        ("NUMBER", {"precision": 0, "scale": 0}, "NUMBER"),
        ("NUMBER", {}, "NUMBER"),
        ("NUMBER", {"precision": 126, "scale": -127}, "FLOAT(126)"),
        ("BINARY_DOUBLE", {}, "BINARY_DOUBLE"),
        ("VARCHAR", {"display_size": 40, "internal_size": 160}, "VARCHAR2(40)"),
        ("CHAR", {"display_size": 1, "internal_size": 1}, "CHAR(1)"),
        ("NVARCHAR", {"display_size": 20, "internal_size": 40}, "NVARCHAR2(20)"),
        ("RAW", {"display_size": 16, "internal_size": 16}, "RAW(16)"),
        ("DATE", {}, "DATE"),
        ("TIMESTAMP", {"scale": 6}, "TIMESTAMP(6)"),
        ("TIMESTAMP", {"scale": 0}, "TIMESTAMP(0)"),
        ("TIMESTAMP_TZ", {"scale": 6}, "TIMESTAMP(6) WITH TIME ZONE"),
        ("TIMESTAMP_LTZ", {"scale": 3}, "TIMESTAMP(3) WITH LOCAL TIME ZONE"),
        ("INTERVAL_DS", {"precision": 2, "scale": 6}, "INTERVAL DAY(2) TO SECOND(6)"),
        ("INTERVAL_YM", {"precision": 4}, "INTERVAL YEAR(4) TO MONTH"),
        ("CLOB", {}, "CLOB"),
        ("LONG_RAW", {}, "LONG RAW"),
        ("BOOLEAN", {}, "BOOLEAN"),
        ("VECTOR", {}, "VECTOR"),
        (
            "VECTOR",
            {"vector_dimensions": 3, "vector_format": Kind("INT8")},
            "VECTOR(3, INT8)",
        ),
        ("VECTOR", {"vector_is_sparse": True}, "VECTOR(*, *, SPARSE)"),
    ],
)
def test_a_column_says_its_oracle_type(kind: str, more: Mapping[str, Any], words: str) -> None:
    (column,) = columns([Described(Kind(f"DB_TYPE_{kind}"), **more)])
    assert (column.name, column.type) == ("C", words)


def test_a_column_that_cannot_be_carried_is_named() -> None:
    described = [Described(Kind("DB_TYPE_DATE"), "A"), Described(Kind("DB_TYPE_BFILE"), "B")]
    with pytest.raises(ApiError, match="column B is of type BFILE") as raised:
        columns(described)
    assert (raised.value.status, raised.value.full_code) == (400, "UNSUPPORTED_TYPE")


def test_numbers_as_strings_change_numbers_only() -> None:
    described = [Described(Kind(f"DB_TYPE_{kind}")) for kind in ("NUMBER", "BINARY_DOUBLE", "JSON")]
    number, double, value = columns(described, ValueOptions(numbers_as_strings=True))
    assert number.encode(["1"]) == ['"1"']
    assert double.encode([1.5]) == ["1.5"]
    assert value.encode([{"a": 1}]) == ['{"a":"1"}']


@pytest.mark.parametrize(
    ("kind", "fits", "too_large"),
    [
        ("CLOB", ["x" * 10, "é" * 5, None], "é" * 5 + "x"),
        ("BLOB", [b"x" * 10, None], b"x" * 11),
        ("LONG", ["x" * 10], "x" * 11),
    ],
)
def test_a_value_beyond_the_limit_is_an_error_that_names_the_column(
    kind: str, fits: list[Any], too_large: Any
) -> None:
    (column,) = columns([Described(Kind(f"DB_TYPE_{kind}"))], ValueOptions(max_lob_bytes=10))
    assert len(column.encode(fits)) == len(fits)
    with pytest.raises(ApiError, match="column C holds a value of 11 bytes") as raised:
        column.encode([too_large])
    assert (raised.value.status, raised.value.full_code) == (400, "LOB_TOO_LARGE")


# Binds.


@pytest.mark.parametrize(
    ("binds", "decoded"),
    [
        (None, None),
        ([], []),
        ({}, {}),
        ([None, True, False, "x", ""], [None, True, False, "x", ""]),
        ([1, -(10**40), Decimal("0.1")], [1, -(10**40), Decimal("0.1")]),
        ({"a": 1, "B": "x"}, {"a": 1, "B": "x"}),
        ([{"$date": "2026-01-28"}], [datetime(2026, 1, 28)]),
        ([{"$date": "2026-01-28T10:38:36"}], [datetime(2026, 1, 28, 10, 38, 36)]),
        ([{"$date": "2026-01-28 10:38:36"}], [datetime(2026, 1, 28, 10, 38, 36)]),
        ([{"$date": "2026-01-28T10:38:36.5"}], [datetime(2026, 1, 28, 10, 38, 36, 500_000)]),
        ([{"$date": "2026-01-28T10:38:36.000001"}], [datetime(2026, 1, 28, 10, 38, 36, 1)]),
        ([{"$date": "0001-01-01"}], [datetime(1, 1, 1)]),
        ([{"$base64": ""}], [b""]),
        ([{"$base64": "AAr/"}], [b"\x00\x0a\xff"]),
        ({"d": {"$date": "2026-01-28"}}, {"d": datetime(2026, 1, 28)}),
    ],
)
def test_binds_become_what_the_driver_takes(binds: object, decoded: object) -> None:
    assert decode_binds(binds) == decoded


def test_a_boolean_bind_stays_a_boolean() -> None:
    decoded = decode_binds([True, 1])
    assert isinstance(decoded, list)
    assert [type(value) for value in decoded] == [bool, int]


@pytest.mark.parametrize(
    ("binds", "named"),
    [
        ("x", "binds must be"),
        (1, "binds must be"),
        (True, "binds must be"),
        ([[1]], "binds[0]"),
        ([1, {}], "binds[1]"),
        ({"a": []}, "binds.a"),
        ({"a": {"b": 1}}, "binds.a"),
        ([{"$date": "2026-01-28", "x": 1}], "binds[0]"),
        ([{"$date": 5}], "binds[0]"),
        ([{"$date": None}], "binds[0]"),
        ([{"$date": ""}], "binds[0].$date"),
        ([{"$date": "28.01.2026"}], "binds[0].$date"),
        ([{"$date": "2026-02-30"}], "binds[0].$date"),
        ([{"$date": "2026-13-01"}], "binds[0].$date"),
        ([{"$date": "0000-01-01"}], "binds[0].$date"),
        ([{"$date": "-4712-01-01"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36+07:00"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36Z"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T25:00:00"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36.1234567"}], "binds[0].$date"),
        ([{"$date": "2026-01-28T10:38:36."}], "binds[0].$date"),
        ([{"$date": "2026-01-28\n"}], "binds[0].$date"),
        ([{"$date": "２０２６-01-28"}], "binds[0].$date"),
        ([{"$base64": "A"}], "binds[0].$base64"),
        ([{"$base64": "AA==="}], "binds[0].$base64"),
        ([{"$base64": "AA AA"}], "binds[0].$base64"),
        ([{"$base64": "é"}], "binds[0].$base64"),
        ([{"$base64": None}], "binds[0]"),
        (["\ud800"], "binds[0]"),
        ({"a": "\udfff"}, "binds.a"),
    ],
)
def test_a_bind_that_cannot_be_bound_is_named(binds: object, named: str) -> None:
    with pytest.raises(ApiError) as raised:
        decode_binds(binds)
    assert (raised.value.status, raised.value.full_code) == (422, "BAD_FIELD")
    assert raised.value.message.startswith(named)


def test_a_bind_in_a_batch_is_named_with_its_query() -> None:
    with pytest.raises(ApiError, match=re.escape("queries[1].binds.a.$date must be")):
        decode_binds({"a": {"$date": "x"}}, "queries[1].binds")
