"""Dates, times and durations: what is read, what is refused, what is written, what is asked."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.lib.feel import temporal
from apps.lib.feel.temporal import DaysDuration, FeelDate, FeelDateTime, MonthsDuration, calendar


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31",
        "0000-01-01",
        "-0044-03-15",
        "999999999-12-31",
        "-999999999-12-31",
        "13:20:00",
        "13:20:00.5",
        "13:20:00.123456789Z",
        "13:20:00+02:00",
        "13:20:00-05:30:15",
        "13:20:00@Europe/Paris",
        "2026-03-31T00:00:00",
        "2026-03-31T13:20:00.25+02:00",
        "-2026-03-31T13:20:00@Etc/UTC",
        "999999999-12-31T23:59:59.999999999@Europe/Paris",
        "P1DT2H3M4.5S",
        "-PT0.000000001S",
        "PT0S",
        "P1Y2M",
        "-P83333333Y3M",
        "P0M",
    ],
)
def test_what_is_read_is_written_as_it_was(text):
    assert str(temporal.parse_literal(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("13:20:00+00:00", "13:20:00Z"),
        ("13:20:00-00:00", "13:20:00Z"),
        ("13:20:00.500", "13:20:00.5"),
        ("24:00:00", "00:00:00"),
        ("2026-12-31T24:00:00", "2027-01-01T00:00:00"),
        ("PT1000M", "PT16H40M"),
        ("PT240H", "P10D"),
        ("P0D", "PT0S"),
        ("PT0.S", "PT0S"),
        ("P27M", "P2Y3M"),
        ("-P0Y", "P0M"),
    ],
)
def test_what_is_written_has_one_form(text, written):
    assert str(temporal.parse_literal(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "foo",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "26-01-01",
        "02026-01-01",
        "+2026-01-01",
        "1000000000-01-01",
        "2026-01-01T",
        "2026-01-01 10:00:00",
        "2026-01-01T10:00",
        "7:00:00",
        "24:00:01",
        "23:60:00",
        "23:59:60",
        "10:00:00+19:00",
        "10:00:00+5:00",
        "10:00:00+02:00@Europe/Paris",
        "10:00:00@xyz/abc",
        "10:00:00@Europe",
        "10:00:00@../../etc/passwd",
        "٢٠٢٦-01-01",
        "P",
        "PT",
        "P1H",
        "P1S",
        "PT1D",
        "P1Y1D",
        "1D",
        "P-1D",
        "--P1D",
        "P9999999999999999Y",
        "PT999999999999999999H",
    ],
)
def test_what_is_no_date_time_or_duration_is_refused(text):
    assert temporal.parse_literal(text) is None


def test_members_tell_the_parts():
    moment = temporal.date_time_of("2018-12-10T10:30:01.5+05:00")

    asked = ["year", "month", "day", "weekday", "hour", "minute", "second"]
    assert [moment.member(name) for name in asked] == [2018, 12, 10, 1, 10, 30, Decimal("1.5")]
    assert str(moment.member("time offset")) == "PT5H"
    assert moment.member("timezone") is None


def test_a_named_zone_has_its_name_and_the_offset_of_the_day():
    winter = temporal.date_time_of("2026-01-10T10:00:00@Europe/Paris")
    summer = temporal.date_time_of("2026-07-10T10:00:00@Europe/Paris")

    assert winter.member("timezone") == "Europe/Paris"
    assert str(winter.member("time offset")) == "PT1H"
    assert str(summer.member("time offset")) == "PT2H"
    assert str(temporal.time_of("10:00:00@Europe/Paris").member("time offset")) == "PT1H"


def test_what_is_local_has_neither_offset_nor_zone():
    local = temporal.time_of("10:00:00")

    assert local.member("time offset") is None
    assert local.member("timezone") is None


def test_members_of_durations_leave_out_the_larger_parts_and_keep_the_sign():
    length = temporal.duration_of("-P1DT25H61M2.5S")

    asked = ["days", "hours", "minutes", "seconds"]
    assert [length.member(name) for name in asked] == [-2, -2, -1, Decimal("-2.5")]
    assert MonthsDuration(-14).member("years") == -1
    assert MonthsDuration(-14).member("months") == -2


@pytest.mark.parametrize(
    ("text", "name"),
    [("2026-01-01", "hour"), ("10:00:00", "day"), ("P1D", "years"), ("P1Y", "days")],
)
def test_members_that_are_of_other_kinds_are_missing(text, name):
    with pytest.raises(KeyError):
        temporal.parse_literal(text).member(name)


@given(st.dates())
def test_the_calendar_agrees_with_pythons_where_that_reaches(day):
    number = day.toordinal() - date(1970, 1, 1).toordinal()

    assert calendar.day_number(day.year, day.month, day.day) == number
    assert calendar.date_of(number) == (day.year, day.month, day.day)
    assert calendar.weekday(day.year, day.month, day.day) == day.isoweekday()
    assert calendar.week_of_year(day.year, day.month, day.day) == day.isocalendar().week
    assert calendar.day_of_year(day.year, day.month, day.day) == day.timetuple().tm_yday


@given(st.integers(-400_000_000_000, 400_000_000_000))
def test_every_day_number_is_of_one_day(number):
    assert calendar.day_number(*calendar.date_of(number)) == number


@given(st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/Paris"), None])))
def test_moments_go_to_python_and_back(moment):
    told = FeelDateTime.from_python(moment)

    assert told.to_python().replace(tzinfo=None) == moment.replace(tzinfo=None)
    assert (told.zone is None) == (moment.tzinfo is None)
    assert temporal.date_time_of(str(told)) == told


def test_what_python_gives_keeps_its_zone():
    fixed = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-5)))
    named = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Asia/Dhaka"))

    assert str(FeelDateTime.from_python(fixed)) == "2026-01-01T12:00:00-05:00"
    assert str(FeelDateTime.from_python(named)) == "2026-01-01T12:00:00@Asia/Dhaka"
    assert str(temporal.now_of(datetime(2026, 1, 1))) == "2026-01-01T00:00:00Z"  # noqa: DTZ001


def test_durations_go_to_python_and_back():
    length = timedelta(days=-2, microseconds=1)

    assert DaysDuration.from_python(length).to_python() == length


def test_years_that_python_lacks_are_refused_on_the_way_there():
    with pytest.raises(ValueError, match="year"):
        FeelDate(12_026, 1, 1).to_python()
