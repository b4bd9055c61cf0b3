"""What a forecast reads: how long work took, what came in, what waits and when it is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.calendars.models import Calendar
from apps.forecast.measuring import MAX_TRIED, measure
from apps.forecast.situations import NEVER
from apps.forecast.tries import Try, work_seconds
from apps.lib.clock import database_now
from apps.queues.lifecycle import lease_items
from tests.factories import make_folder
from tests.factories_queues import make_items, make_queue

from .seen import came_in, worked

HOUR, DAY = 3600.0, 86_400.0
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return EIGHT + timedelta(seconds=seconds)


def tried(worker: str, start: float, end: float) -> Try:
    return Try(worker, at(start), at(end), "successful")


def test_tries_one_after_another_took_what_they_took():
    assert work_seconds([tried("a", 0, 10), tried("a", 10, 25)]) == [10, 15]


def test_what_was_leased_ahead_did_not_take_longer_for_it():
    # given three leased together and handed in as they were done
    ahead = [tried("a", 0, 10), tried("a", 0, 20), tried("a", 0, 40)]

    assert work_seconds(ahead) == [10, 10, 20]


def test_what_was_handed_in_together_shares_the_time():
    assert work_seconds([tried("a", 0, 6) for _item in range(3)]) == [2, 2, 2]


def test_workers_do_not_wait_for_each_other():
    assert sorted(work_seconds([tried("a", 0, 10), tried("b", 0, 10)])) == [10, 10]


pytestmark = pytest.mark.django_db


def seen(queue, horizon=DAY):
    return measure(queue, database_now(), horizon)


def test_a_queue_that_nobody_worked_has_no_times_of_work():
    found = seen(make_queue())

    assert found.handling is None
    assert found.n_hours == 0
    assert found.arrivals.expected == 0


def test_times_and_failures_are_those_of_the_tries():
    queue = make_queue()
    worked(queue, 50, seconds=[10.0] * 40 + [100.0] * 10, failed=5)

    found = seen(queue).handling

    assert found is not None
    assert sorted(round(each) for each in found.seconds) == [10] * 40 + [100] * 10
    assert (found.n_tries, found.n_again, found.is_scarce) == (50, 5, False)


def test_tries_are_found_behind_a_long_line_of_newer_items():
    queue = make_queue()
    worked(queue, 40, seconds=20.0)
    make_items(queue, 3 * MAX_TRIED)

    found = seen(queue).handling

    assert found is not None
    assert len(found.seconds) == 40


def test_the_line_is_read_in_its_order_with_what_is_in_hand_first():
    queue = make_queue()
    now = database_now()
    make_items(queue, due_at=now + timedelta(hours=2))
    make_items(queue, due_at=now + timedelta(hours=1), priority=90)
    make_items(queue, available_at=now + timedelta(hours=3), due_at=now + timedelta(hours=4))
    make_items(queue, available_at=now + timedelta(days=9))
    make_items(queue, due_at=now - timedelta(hours=1), priority=0)
    make_items(queue, priority=100)
    lease_items(queue.pk, n=1, bot="Robbie")

    line = seen(queue).line

    dues = [None if each.due_at == NEVER else round(each.due_at / HOUR) for each in line.waiting]
    assert dues == [-1, None, 1, 2, 4]
    assert round(line.waiting[-1].ready_at / HOUR) == 3
    assert (line.n_ready, line.n_scheduled, line.n_in_hand, line.n_late) == (3, 2, 1, 1)


def test_a_long_line_is_thinned_out_and_still_counts_all():
    queue = make_queue()
    make_items(queue, 3000)

    line = seen(queue).line

    assert len(line.waiting) <= 600
    assert sum(each.n for each in line.waiting) == pytest.approx(3000)


def test_arrivals_are_expected_as_they_came():
    queue = make_queue()
    came_in(queue, 50)

    found = seen(queue)

    assert found.n_hours == pytest.approx(28 * 24, abs=2)
    assert found.arrivals.expected == pytest.approx(50 * 24, rel=0.1)


def test_a_queue_made_an_hour_ago_is_not_taken_to_have_been_empty_for_weeks():
    queue = make_queue()
    came_in(queue, 100, days=1)

    assert seen(queue).arrivals.expected == pytest.approx(2400, rel=0.25)


def test_days_on_which_the_calendar_is_closed_expect_what_closed_days_brought():
    folder = make_folder()
    queue = make_queue(folder=folder)
    today = database_now().date()
    # given that today is a day off, and so was the same day of last week, on which nothing came
    closed = {str(today - timedelta(days=back)): [] for back in (0, 1, 7, 8)}
    always = {
        name: [["00:00", "24:00"]] for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    Calendar.objects.create(folder=folder, key="work", title="Work", week=always, days=closed)
    came_in(queue, 50)
    for day in closed:
        with connection.cursor() as cursor:
            cursor.execute(
                "update queues_minutecount set n = 0 where queue_id = %s"
                " and (minute at time zone 'UTC')::date = %s",
                [queue.pk, day],
            )

    found = seen(queue).arrivals

    rates = {each.day: rate.mean for each, rate in zip(found.slices, found.rates, strict=True)}
    assert rates[today] < 5
    assert rates[today + timedelta(days=1)] > 40


@pytest.mark.parametrize(("values", "after", "n_cut_offs"), [
    ({"sla_seconds": 7200}, 7200.0, 0),
    ({"cut_off": {"time": "17:00", "zone": "UTC", "days": "every"}}, None, 2),
    ({}, None, 0),
])  # fmt: skip
def test_what_comes_in_is_due_by_the_rules_of_the_queue(values, after, n_cut_offs):
    due = seen(make_queue(**values)).due

    assert due.after == after
    assert len(due.cut_offs) == n_cut_offs
    assert due.is_set == bool(values)


def test_items_that_say_themselves_when_they_are_due_teach_it():
    queue = make_queue()
    make_items(queue, 3, due_at=database_now() + timedelta(hours=5))
    make_items(queue, 1)

    due = seen(queue).due

    assert due.share == 0.75
    assert {round(lead / HOUR) for lead in due.leads} == {5}


def test_what_is_read_does_not_grow_with_the_queue():
    queue = make_queue()
    worked(queue, 30)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            seen(queue)
        return len(queries)

    before = cost()
    make_items(queue, 500)
    # what came in by the hour is read once, and remembered
    assert cost() <= before <= 12


def test_a_day_has_the_hours_that_its_clock_shows():
    """In the night that ends summer time one hour comes twice, and none is left out."""
    from zoneinfo import ZoneInfo

    from apps.calendars.hours import Hours
    from apps.forecast.days import hours_ahead, hours_seen

    berlin = Hours(zone=ZoneInfo("Europe/Berlin"), always=True)
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)

    ahead = hours_ahead(berlin, midnight, 25 * HOUR)
    past = hours_seen({}, berlin, since=midnight, until=midnight + timedelta(hours=25))

    assert {each.day for each in ahead} == {date(2026, 10, 25)}
    assert [each.hour for each in ahead] == [0, 1, 2, 2, *range(3, 24)]
    assert [each.hour for each in past] == [0, 1, 2, 2, *range(3, 24)]
