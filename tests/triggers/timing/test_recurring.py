"""Days by the calendar, against RFC 5545 as dateutil has it."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil import rrule
from hypothesis import given, settings

from apps.calendars.hours import WEEKDAYS, minutes_of
from apps.lib.errors import InvalidError
from apps.triggers.timing import parse_rule

from .strategies import recurring

FREQ = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "monthly": rrule.MONTHLY,
    "yearly": rrule.YEARLY,
}
FRIDAY = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def by_the_rfc(said: dict, anchor: datetime) -> list[rrule.rrule]:
    """Return the rules whose times together are those of `said`, one for each time of day."""
    days = [getattr(rrule, name[:2].upper()) for name in said.get("weekdays", [])]
    nth = said.get("ordinal")
    # a yearly rule counts its weekdays through the year unless it names months
    return [
        rrule.rrule(
            FREQ[said["freq"]],
            dtstart=anchor.replace(hour=0, minute=0, second=0, tzinfo=None),
            interval=said["interval"],
            byweekday=[day(nth) if nth else day for day in days] or None,
            bymonthday=said.get("month_days"),
            bymonth=said.get("months"),
            byhour=minutes // 60,
            byminute=minutes % 60,
            bysecond=0,
        )
        for minutes in {minutes_of(time) for time in said["times"]}
    ]


@settings(max_examples=200, deadline=None)
@given(recurring)
def test_days_are_those_of_the_rfc(said):
    anchor = datetime.fromisoformat(said.get("anchor", "2026-02-03T00:00:00+00:00"))
    try:
        rule = parse_rule(said | {"zone": "UTC", "anchor": anchor.isoformat()})
    except InvalidError:
        return  # days that never come; test_bad_input.py has them
    until = anchor + timedelta(days=1500)

    found = [planned.at for planned in islice(rule.planned_after(anchor), 25)]

    times = {
        at.replace(tzinfo=UTC)
        for each in by_the_rfc(said, anchor)
        for at in each.between(anchor.replace(tzinfo=None), until.replace(tzinfo=None))
    }
    expected = sorted(times)[:25]
    assert found[: len(expected)] == expected
    assert all(at >= until for at in found[len(expected) :])


@pytest.mark.parametrize(
    ("said", "days"),
    [
        pytest.param(
            {"freq": "weekly", "interval": 2, "weekdays": ["tue"], "anchor": "2026-01-06"},
            ["01-06", "01-20", "02-03"],
            id="every second Tuesday",
        ),
        pytest.param(
            {"freq": "weekly", "interval": 2, "weekdays": ["tue"], "anchor": "2026-01-14"},
            ["01-13", "01-27", "02-10"],
            id="the other Tuesdays",
        ),
        pytest.param(
            {"freq": "monthly", "weekdays": ["tue"], "ordinal": 2},
            ["01-13", "02-10", "03-10"],
            id="the second Tuesday of the month",
        ),
        pytest.param(
            {"freq": "monthly", "weekdays": ["fri"], "ordinal": 5},
            ["01-30", "05-29", "07-31"],
            id="a fifth Friday, where there is one",
        ),
        pytest.param(
            {"freq": "monthly", "month_days": [31]},
            ["01-31", "03-31", "05-31"],
            id="the 31st, where there is one",
        ),
        pytest.param(
            {"freq": "monthly", "month_days": [-1], "interval": 3, "anchor": "2025-12-01"},
            ["03-31", "06-30", "09-30"],
            id="the last day of each quarter",
        ),
        pytest.param(
            {"freq": "yearly", "months": [1, 7], "month_days": [15, 1]},
            ["01-15", "07-01", "07-15"],
            id="twice in two months of the year",
        ),
    ],
)
def test_as_people_mean_it(said, days):
    rule = parse_rule({"type": "recurring", "zone": "UTC", "times": ["07:30"], **said})

    found = [planned.at for planned in islice(rule.planned_after(FRIDAY), 3)]

    assert [f"{at:%m-%d %H:%M}" for at in found] == [f"{day} 07:30" for day in days]


def test_without_an_anchor_the_beginning_says_which_weeks_count():
    every = {"type": "recurring", "freq": "weekly", "interval": 2, "weekdays": list(WEEKDAYS)}
    rule = parse_rule(every | {"zone": "UTC", "times": ["12:00"], "starts_at": "2026-01-08"})

    days = [planned.at.day for planned in islice(rule.planned_after(FRIDAY), 5)]

    assert days == [8, 9, 10, 11, 19]


def test_a_time_that_the_clock_skips_comes_right_after_and_one_shown_twice_once():
    daily = {"type": "recurring", "freq": "daily", "times": ["02:15", "02:45", "03:30"]}
    rule = parse_rule(daily | {"zone": "Europe/Berlin"})
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)

    def times(moment):
        return [f"{each.at:%H:%M}{each.mark}" for each in islice(rule.planned_after(moment), 3)]

    assert times(spring) == ["01:00gap", "01:30", "00:15"]
    assert times(autumn) == ["00:15fold", "00:45fold", "02:30"]
