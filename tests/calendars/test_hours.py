"""Time counted in working hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.calendars.hours import ALWAYS, LAST_MOMENT, Hours, hours_from, minutes_of

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def office(**changes) -> Hours:
    return hours_from(**{"time_zone": "Europe/Berlin", "week": OFFICE, **changes})


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


def test_a_friday_afternoon_goes_on_on_monday():
    due = office().add(berlin(2026, 3, 6, 16), 4 * 3600)

    assert due == berlin(2026, 3, 9, 12)


def test_what_begins_at_night_begins_to_count_in_the_morning():
    assert office().add(berlin(2026, 3, 10, 3), 60) == berlin(2026, 3, 10, 9, 1)


def test_the_end_of_the_day_is_not_the_next_morning():
    assert office().add(berlin(2026, 3, 10, 9), 8 * 3600) == berlin(2026, 3, 10, 17)


def test_public_holidays_are_closed_and_days_of_our_own_win_over_them():
    closed = office(country="DE", subdivision="BY")
    opened = office(country="DE", days={"2026-05-01": [["10:00", "11:00"]], "2026-04-30": []})

    assert closed.holiday_on(date(2026, 5, 1))
    assert closed.add(berlin(2026, 4, 30, 16), 2 * 3600) == berlin(2026, 5, 4, 10)
    assert opened.add(berlin(2026, 4, 30, 9), 3600) == berlin(2026, 5, 1, 11)
    # Epiphany: a holiday in Bavaria alone
    assert closed.holiday_on(date(2026, 1, 6))
    assert not office(country="DE").holiday_on(date(2026, 1, 6))


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)]
)
def test_a_day_has_the_hours_that_its_people_live_through(day, hours):
    whole = hours_from(
        time_zone="Europe/Berlin",
        week=dict.fromkeys(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], [["00:00", "24:00"]]),
    )
    start = berlin(*day)

    assert whole.between(start, start.replace(day=start.day + 1)) == hours * 3600


def test_hours_around_the_change_of_clocks_are_counted_as_they_pass():
    night = hours_from(time_zone="Europe/Berlin", week={"sun": [["01:00", "05:00"]]})

    assert night.between(berlin(2026, 3, 29), berlin(2026, 3, 30)) == 3 * 3600
    assert night.between(berlin(2026, 10, 25), berlin(2026, 10, 26)) == 5 * 3600
    assert night.add(berlin(2026, 3, 29), 2 * 3600) == berlin(2026, 3, 29, 4)


def test_a_calendar_that_never_opens_is_always_open():
    assert hours_from(time_zone="UTC", week={}, days={"2026-12-24": []}) == ALWAYS


def test_what_opens_no_more_still_ends():
    once = hours_from(time_zone="UTC", week={}, days={"2026-01-02": [["09:00", "10:00"]]})
    start = datetime(2026, 1, 1, tzinfo=UTC)

    due = once.add(start, 7200)

    assert due > start + timedelta(days=3_000)
    assert once.between(start, due) == 7200


def test_no_moment_is_too_far_away():
    assert ALWAYS.add(datetime(9999, 12, 30, tzinfo=UTC), 10**12) == LAST_MOMENT
    assert office().add(datetime(9999, 12, 30, tzinfo=UTC), 10**9) == LAST_MOMENT
    assert office().between(datetime(2026, 1, 1, tzinfo=UTC), LAST_MOMENT) > 0


@pytest.mark.parametrize("wrong", ["9", "09:60", "24:01", "ab:cd", "09:5", "-1:00", ""])
def test_a_time_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r".*"):
        minutes_of(wrong)


SPANS = st.lists(st.integers(0, 24 * 4), min_size=0, max_size=6, unique=True).map(
    lambda marks: [
        [f"{a // 4:02}:{a % 4 * 15:02}", f"{b // 4:02}:{b % 4 * 15:02}"]
        for a, b in zip(sorted(marks)[::2], sorted(marks)[1::2], strict=False)
    ]
)
CALENDARS = st.builds(
    hours_from,
    time_zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
         "America/Santiago", "Africa/Casablanca"]
    ),
    week=st.dictionaries(
        st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), SPANS, max_size=7
    ),
    country=st.sampled_from(["", "DE", "US"]),
    days=st.dictionaries(
        st.dates(date(2026, 3, 1), date(2026, 11, 30)).map(str), SPANS, max_size=4
    ),
).filter(lambda hours: hours.always or any(hours.week))  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
SECONDS = st.integers(0, 86_400)


@settings(max_examples=60, deadline=None)
@given(CALENDARS, MOMENTS, SECONDS)
def test_what_is_added_is_what_lies_between(hours, start, seconds):
    end = hours.add(start, seconds)

    assert end >= start
    assert hours.between(start, end) == seconds
    if seconds:  # the first such moment: a second before, less was worked
        assert hours.between(start, end - timedelta(seconds=1)) < seconds


@settings(max_examples=60, deadline=None)
@given(CALENDARS, MOMENTS, SECONDS, SECONDS)
def test_adding_twice_is_adding_the_sum(hours, start, first, second):
    assert hours.add(hours.add(start, first), second) == hours.add(start, first + second)


@settings(max_examples=60, deadline=None)
@given(CALENDARS, st.lists(MOMENTS, min_size=3, max_size=3))
def test_time_between_adds_up_and_is_never_more_than_the_clocks(hours, moments):
    first, middle, last = sorted(moments)

    whole = hours.between(first, last)
    assert hours.between(first, middle) + hours.between(middle, last) == whole
    assert 0 <= whole <= (last - first).total_seconds()
    assert hours.between(last, first) == 0
