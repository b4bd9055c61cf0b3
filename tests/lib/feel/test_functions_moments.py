"""Functions that make dates, times and durations, and that ask about them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apps.lib.feel import compile_expression, text_of
from tests.lib.feel.asking import ask, warnings_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('date("2017-12-31")', "2017-12-31"),
        ("date(-2017, 12, 31)", "-2017-12-31"),
        ("date(year: 2017, month: 8, day: 30)", "2017-08-30"),
        ('date(date and time("2017-08-14T14:25:00+01:00"))', "2017-08-14"),
        ('date(["2017-12-31"])', "2017-12-31"),
        ("date(2017, 2, 29)", "null"),
        ("date(2017, 1.5, 1)", "null"),
        ("date(1e30, 1, 1)", "null"),
        ("date(1000999999, 12, 1)", "null"),
        ('date("2012-12-25T11:00:00Z")', "null"),
        ("date(1)", "null"),
        ("date(null, 2, 1)", "null"),
        ('time("11:22:33.123456789")', "11:22:33.123456789"),
        ("time(11, 59, 45.5, null)", "11:59:45.5"),
        ("time(11, 59, 45)", "11:59:45"),
        ('time(11, 59, 45, duration("PT2H45M55S"))', "11:59:45+02:45:55"),
        ('time(11, 59, 45, duration("-PT0H"))', "11:59:45Z"),
        ('time(11, 59, 45, duration("PT19H"))', "null"),
        ("time(24, 0, 0)", "null"),
        ("time(0, 0, -0.5)", "null"),
        ('time(@"2017-08-10")', "00:00:00Z"),
        ('time(@"2017-08-10T10:20:00@Europe/Paris")', "10:20:00@Europe/Paris"),
        ('date and time("2012-12-24")', "2012-12-24T00:00:00"),
        ('date and time(@"2017-01-01", @"23:59:01Z")', "2017-01-01T23:59:01Z"),
        ('date and time(@"2017-01-01T10:00:00Z", @"23:59:01")', "2017-01-01T23:59:01"),
        (
            'date and time(@"2026-07-01T12:00:00Z", "America/New_York")',
            "2026-07-01T08:00:00@America/New_York",
        ),
        ('date and time(@"2026-07-01T12:00:00", "Asia/Dhaka")', "2026-07-01T12:00:00@Asia/Dhaka"),
        ('date and time(@"2026-07-01T12:00:00Z", "Mars/Base")', "null"),
        ('date and time("11:00:00")', "null"),
        ('duration("P26M")', "P2Y2M"),
        ('duration(@"P1D")', "P1D"),
        ('duration("P1Y2D")', "null"),
        ("duration(2017)", "null"),
        ('years and months duration(@"2013-08-24", @"2011-12-22")', "-P1Y8M"),
        ('years and months duration(@"2016-09-30T23:25:00", @"2017-12-28")', "P1Y2M"),
        ('years and months duration(@"2016-01-01", null)', "null"),
    ],
)
def test_making(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('day of year(@"2020-12-31")', "366"),
        ('day of week(@"2019-09-17T10:10:10")', "Tuesday"),
        ('month of year(@"2019-09-17")', "September"),
        ('week of year(@"2003-12-29")', "1"),
        ('week of year(@"2010-01-01")', "53"),
        ('last day of month(@"2024-02-05")', "2024-02-29"),
        ('day of week("foo")', "null"),
    ],
)
def test_asking(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("clock", "now", "today"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00Z", "2026-01-01"),
        (
            datetime(2026, 1, 1, 23, tzinfo=ZoneInfo("Europe/Paris")),
            "2026-01-01T23:00:00@Europe/Paris",
            "2026-01-01",
        ),
    ],
)
def test_now_and_today_tell_the_clock_of_the_evaluation(clock, now, today):
    both = compile_expression("[now(), today()]").evaluate({}, clock=clock)

    assert [text_of(each) for each in both] == [now, today]


def test_a_date_that_there_is_not_is_named():
    assert warnings_of("date(2017, 13, 31)") == ["`date`: “2017-13-31” is not a date."]
