"""Dates, timestamps and intervals as JSON, without a database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.values.reading import one, strict_json, thorough
from values.column import MalformedValueError, TextForm
from values.moments import (
    _DAYS,
    DATE_AS_TEXT,
    INTERVAL_AS_TEXT,
    LOCAL_AS_TEXT,
    MONTHS_AS_TEXT,
    TIMESTAMP_AS_TEXT,
    ZONED_AS_TEXT,
    encode_interval,
    encode_moment,
    encode_months,
    interval_json,
    months_json,
)


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


def test_more_days_than_are_remembered_keep_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("values.moments.MOST_DAYS", 3)
    days = [datetime(1999 + number % 7, 12, 31, 23, 59, 58) for number in range(40)]

    assert encode_moment(days) == [f'"{day.isoformat()}"' for day in days]
    assert len(_DAYS) <= 3


def test_a_time_zone_is_never_left_out() -> None:
    with pytest.raises(TypeError):
        encode_moment([datetime(2026, 1, 28, tzinfo=timezone.utc)])


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (" 2026-01-28T10:38:36.000000000", "2026-01-28T10:38:36"),
        (" 2026-01-28T10:38:36.123456789", "2026-01-28T10:38:36.123456789"),
        (" 2026-01-28T10:38:00.100000000", "2026-01-28T10:38:00.1"),
        ("-0044-03-15T12:00:00.000000001", "-0044-03-15T12:00:00.000000001"),
    ],
)
def test_a_moment_that_the_database_wrote_is_trimmed(written: str, text: str) -> None:
    assert one(TIMESTAMP_AS_TEXT.encode, written) == text
    assert one(LOCAL_AS_TEXT.encode, written) == f"{text}+00:00"


@pytest.mark.parametrize("text", ["2026-01-28T10:38:36", "-4712-01-01T00:00:00"])
def test_a_date_that_the_database_wrote_is_taken_as_it_is(text: str) -> None:
    assert one(DATE_AS_TEXT.encode, text if text[0] == "-" else f" {text}") == text


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
    assert one(ZONED_AS_TEXT.encode, written) == text


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
        ("+01 02:03:04,500000000", "P1DT2H3M4.5S"),
    ],
)
def test_an_interval_that_the_database_wrote_is_read(written: str, text: str) -> None:
    assert one(INTERVAL_AS_TEXT.encode, written) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [((1, 2), "P1Y2M"), ((-1, -2), "-P1Y2M"), ((0, 0), "P0M"), ((0, -3), "-P3M"), ((5, 0), "P5Y")],
)
def test_an_interval_of_months_is_written_as_iso_8601_says(
    value: tuple[int, int], text: str
) -> None:
    assert strict_json(months_json(value)) == text
    assert one(encode_months, value) == text


GOOD = {
    DATE_AS_TEXT: " 2026-01-28T10:38:36",
    TIMESTAMP_AS_TEXT: " 2026-01-28T10:38:36.120000000",
    LOCAL_AS_TEXT: " 2026-01-28T10:38:36.000000000",
    ZONED_AS_TEXT: " 2026-01-28T10:38:36.000000000+07:00 ASIA/JAKARTA",
    INTERVAL_AS_TEXT: "+01 02:03:04.500000000",
    MONTHS_AS_TEXT: "+01-02",
}


@pytest.mark.parametrize("form", GOOD, ids=lambda form: form.expression[:40])
def test_nulls_stand_where_they_were_among_texts(form: TextForm) -> None:
    (alone,) = form.encode([GOOD[form]])

    assert form.encode([None, GOOD[form], None]) == ["null", alone, "null"]
    assert form.encode([None]) == ["null"]


@pytest.mark.parametrize("form", GOOD, ids=lambda form: form.expression[:40])
@pytest.mark.parametrize(
    "odd",
    [
        *("", " ", "01-JAN-01", "28-JAN-26 10.38.36.000000 AM", " 2026-01-28 10:38:36", "0", "x"),
        *(" 2026-01-28T10:38:36.1200000000", " 2026-01-28T10:38:36.000000000+07:00 A]B", "+1"),
        *(
            "\u0662\u0660\u0662\u0666-01-28T10:38:36",
            "+00 00:00:00.1.2",
            "+01-2",
            "\n",
            "9" * 5000 + "-01",
        ),
        *("+" + "9" * 5000 + " 00:00:00",),
    ],
)
def test_a_text_in_another_form_is_refused_wherever_it_stands(form: TextForm, odd: str) -> None:
    for column in ([odd], [GOOD[form], odd], [odd, GOOD[form]], [f"{GOOD[form]}\n{GOOD[form]}"]):
        with pytest.raises(MalformedValueError, match="as the database was to write it"):
            form.encode(column)
    with pytest.raises(MalformedValueError):
        form.encode([f"{GOOD[form]}\n{GOOD[form]}", odd])


@pytest.mark.parametrize("months", [12, -12, 150])
def test_more_months_than_a_year_has_are_refused(months: int) -> None:
    with pytest.raises(MalformedValueError, match="more than 11 months"):
        encode_months([(1, 2), None, (0, months)])
