"""Deadlines: a duration, or a cut-off on days that count, in a zone with summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.lib.errors import InvalidError
from apps.queues.engine import parse_cut_off, rank_at, when_due
from apps.queues.models import Ready, WorkItem
from tests.factories_queues import make_items, make_queue

BERLIN = ZoneInfo("Europe/Berlin")


def due(entered: datetime, **values: str) -> datetime:
    cut_off = parse_cut_off({"time": "17:00", "zone": "Europe/Berlin", **values})
    found = when_due(entered, sla_seconds=None, cut_off=cut_off)
    assert found is not None
    return found


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


def test_without_rules_nothing_is_due():
    assert when_due(datetime.now(UTC), sla_seconds=None, cut_off=None) is None


def test_a_duration_counts_from_the_entry():
    entered = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert when_due(entered, sla_seconds=90, cut_off=None) == entered + timedelta(seconds=90)


def test_of_a_duration_and_a_cut_off_the_earlier_counts():
    cut_off = parse_cut_off({"time": "17:00", "zone": "UTC", "days": "every"})
    entered = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert when_due(entered, sla_seconds=60, cut_off=cut_off) == entered + timedelta(minutes=1)
    assert when_due(entered, sla_seconds=86_400, cut_off=cut_off) == entered.replace(hour=17)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    return st.floats(0, 1).map(lambda part: begin + (end - begin) * part)


@pytest.mark.parametrize(
    ("entered", "expected", "values"),
    [
        (berlin(2026, 11, 20, 9), berlin(2026, 11, 20, 17), {}),
        (berlin(2026, 11, 20, 16, 59), berlin(2026, 11, 20, 17), {}),
        (berlin(2026, 11, 20, 17), berlin(2026, 11, 23, 17), {}),
        (berlin(2026, 11, 20, 18), berlin(2026, 11, 21, 17), {"days": "every"}),
        (berlin(2026, 11, 21, 9), berlin(2026, 11, 23, 17), {}),
        (berlin(2026, 12, 24, 18), berlin(2026, 12, 28, 17), {"country": "DE"}),
        (berlin(2026, 12, 24, 18), berlin(2026, 12, 25, 17), {}),
        (berlin(2026, 11, 17, 18), berlin(2026, 11, 18, 17), {"country": "DE"}),
        (berlin(2026, 11, 17, 18), berlin(2026, 11, 19, 17), {"country": "DE-SN"}),
        (berlin(2026, 5, 1, 9), berlin(2026, 5, 4, 17), {"country": "DE"}),
    ],
    ids=[
        "the same day",
        "a minute before",
        "at the cut-off it is too late",
        "every day",
        "Saturday waits for Monday",
        "Christmas",
        "Christmas without a country",
        "Repentance Day is a working day in Germany",
        "but not in Saxony",
        "May Day on a Friday",
    ],
)
def test_the_next_cut_off(entered, expected, values):
    assert due(entered, **values) == expected


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        # in winter 17:00 in Berlin is 16:00 in UTC, in summer 15:00
        (datetime(2026, 3, 27, 15, 30, tzinfo=UTC), datetime(2026, 3, 27, 16, tzinfo=UTC)),
        (datetime(2026, 3, 30, 15, 30, tzinfo=UTC), datetime(2026, 3, 31, 15, tzinfo=UTC)),
        (datetime(2026, 10, 23, 15, 30, tzinfo=UTC), datetime(2026, 10, 26, 16, tzinfo=UTC)),
    ],
    ids=["before summer time", "after it began", "over its end"],
)
def test_the_cut_off_follows_the_wall_clock_through_summer_time(entered, expected):
    assert due(entered) == expected


def test_a_cut_off_that_comes_twice_counts_the_first_time():
    # 02:30 happens twice on 25 October 2026: at 00:30 and at 01:30 UTC
    before = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)

    assert due(before, time="02:30", days="every") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert due(between, time="02:30", days="every") == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_cut_off_that_is_skipped_counts_as_if_it_were_not():
    # 02:30 does not happen on 29 March 2026; the clock goes from 02:00 to 03:00
    entered = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)

    assert due(entered, time="02:30", days="every") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    entered=moments(2020, 2035),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata"]),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_a_daily_cut_off_lies_ahead_within_25_hours_or_over_a_skipped_day(
    entered, zone, hour, minute
):
    found = due(entered, time=f"{hour:02}:{minute:02}", zone=zone, days="every")

    assert timedelta(0) < found - entered <= timedelta(hours=49)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("17:00", "cut_off"),
        ({}, "cut_off.time"),
        ({"time": "25:00", "zone": "UTC"}, "cut_off.time"),
        ({"time": "17:00:00", "zone": "UTC"}, "cut_off.time"),
        ({"time": "17:00"}, "cut_off.zone"),
        ({"time": "17:00", "zone": "Mars/Olympus"}, "cut_off.zone"),
        ({"time": "17:00", "zone": "../etc/passwd"}, "cut_off.zone"),
        ({"time": "17:00", "zone": "UTC", "days": "odd"}, "cut_off.days"),
        ({"time": "17:00", "zone": "UTC", "country": "ZZ"}, "cut_off.country"),
        ({"time": "17:00", "zone": "UTC", "country": "DE-ZZ"}, "cut_off.country"),
        ({"time": "17:00", "zone": "UTC", "tz": "x"}, "cut_off.tz"),
    ],
)
def test_a_wrong_cut_off_is_refused_naming_the_field(value, path):
    with pytest.raises(InvalidError) as refused:
        parse_cut_off(value)

    assert refused.value.fields[0].path == path


def test_no_cut_off_is_none():
    assert parse_cut_off(None) is None


@pytest.mark.django_db
@pytest.mark.parametrize("due_in", [None, timedelta(minutes=1), timedelta(days=3), "long ago"])
def test_the_statements_rank_as_the_engine_says(due_in):
    queue = make_queue(due_lead_seconds=5000, seconds_per_point=45)
    due_at = None
    if due_in == "long ago":
        due_at = datetime(1, 1, 2, tzinfo=UTC)
    elif due_in is not None:
        due_at = datetime.now(UTC) + due_in
    (item_id,) = make_items(queue, 1, priority=73, due_at=due_at)

    item = WorkItem.objects.get(pk=item_id)

    expected = rank_at(
        item.entered_at, due_at=due_at, priority=73, lead_seconds=5000, seconds_per_point=45
    )
    assert Ready.objects.get(item_id=item_id).rank_at == expected
