"""What a day adds up to: whole hours from the hours, the ends from the minutes, never both."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.queues.counts import HOUR, standing_of, totals
from apps.queues.models import HourCount, Measure, MinuteCount
from apps.queues.upkeep import fold_counters
from tests.queues.pages import queue_in, waiting

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def counted():
    """One item came in each minute from 10:00 to 15:00."""
    minutes = [NOON - 2 * HOUR + n * MINUTE for n in range(5 * 60)]
    MinuteCount.objects.bulk_create(
        MinuteCount(queue_id=7, minute=minute, measure="added", n=1) for minute in minutes
    )
    HourCount.objects.bulk_create(
        HourCount(queue_id=7, hour=NOON + n * HOUR, measure="added", n=60) for n in range(-2, 3)
    )


@pytest.mark.parametrize(
    ("begin", "end", "n"),
    [
        (0, 60, 60),  # an hour
        (0, 120, 120),
        (-30, 90, 120),  # hours with two ends
        (15, 45, 30),  # within an hour
        (-10, 10, 20),  # over an hour's end, without a whole one
        (10, 60, 50),
        (0, 0, 0),
        (-600, 600, 300),  # more than there is
        (59, 61, 2),
    ],
)
def test_it_adds_up_whatever_the_span(counted, begin, end, n):
    found = totals([7], [Measure.ADDED], NOON + begin * MINUTE, NOON + end * MINUTE)

    assert found.get((7, "added"), 0) == n


def test_midnight_of_a_zone_within_an_hour_is_no_trouble(counted):
    from zoneinfo import ZoneInfo

    kolkata = ZoneInfo("Asia/Kolkata")  # 5:30 ahead
    begin = (NOON - HOUR - 30 * MINUTE).astimezone(kolkata)

    assert totals([7], [Measure.ADDED], begin, begin + 2 * HOUR) == {(7, "added"): 120}


def test_hours_are_what_their_minutes_add_up_to(folder):
    queue = queue_in(folder)
    for number in range(3):
        waiting(queue, f"A-{number}")
    fold_counters()
    waiting(queue, "B")
    fold_counters()

    minutes = MinuteCount.objects.filter(queue_id=queue.pk, measure="added")
    hours = HourCount.objects.filter(queue_id=queue.pk, measure="added")
    assert sum(minutes.values_list("n", flat=True)) == 4
    assert sum(hours.values_list("n", flat=True)) == 4
    assert standing_of([queue.pk])[queue.pk].waiting == 4
