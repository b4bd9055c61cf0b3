"""Which deadlines were kept: settled when they have passed, and counted once."""

from datetime import timedelta

import pytest

from apps.dashboard import deadlines
from apps.dashboard.deadlines import (
    DeadlineMark,
    prune_deadlines,
    punctuality,
    quarter_of,
    record_deadlines,
)
from apps.dashboard.models import DueCount, MissedDeadline
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.queues.lifecycle import cancel_item, reopen_item
from apps.queues.models import Attempt, Ended, WorkItem
from tests.queues.pages import queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def queue(folder):
    return queue_in(folder, on_business_exception="fail", on_exhausted="fail", max_attempts=1)


def due(item, *, ago=MINUTE):
    WorkItem.objects.filter(pk=item.pk).update(due_at=database_now() - ago)
    return item


def counted(queue):
    now = database_now()
    return punctuality([queue.pk], quarter_of(now - 2 * DAY), now + DAY)


def done_before(item, ago):
    Ended.objects.filter(item_id=item.pk).update(at=database_now() - ago)
    return item


def test_what_was_done_in_time_is_kept_and_the_rest_is_not(queue):
    due(done_before(tried(queue, Outcome.SUCCESSFUL, reference="in time"), 2 * MINUTE))
    too_late = due(tried(queue, Outcome.SUCCESSFUL, reference="too late"))
    undone = due(waiting(queue, "undone"))
    failed = due(
        done_before(tried(queue, Outcome.BUSINESS_EXCEPTION, reference="failed"), 2 * MINUTE)
    )
    waiting(queue, "due later", due_at=database_now() + DAY)
    waiting(queue, "never due")

    record_deadlines()

    assert counted(queue) == (4, 3)
    missed = set(MissedDeadline.objects.values_list("item_id", flat=True))
    assert missed == {too_late.pk, undone.pk, failed.pk}


def test_what_was_cancelled_in_time_is_late_for_nobody(queue):
    item = waiting(queue)
    cancel_item(item.pk, by=SYSTEM, reason="not needed")
    due(done_before(item, 2 * MINUTE))

    record_deadlines()

    assert counted(queue) == (1, 0)


def test_looking_twice_counts_once(queue):
    due(waiting(queue))

    assert record_deadlines() == 1
    assert record_deadlines() == 0
    assert counted(queue) == (1, 1)


def test_what_was_late_stays_late_when_it_is_done(queue):
    due(waiting(queue))
    record_deadlines()
    tried(queue, Outcome.SUCCESSFUL, reference="another")
    DeadlineMark.objects.update(upto=database_now())

    record_deadlines()

    assert counted(queue) == (1, 1)


def test_a_result_that_was_on_its_way_is_counted_when_it_is_there(queue):
    item = due(waiting(queue))
    record_deadlines()
    assert counted(queue) == (1, 1)

    # its statement began in time, and is committed now
    cancel_item(item.pk, by=SYSTEM, reason="done")
    done_before(item, 2 * MINUTE)
    record_deadlines()

    assert counted(queue) == (1, 0)
    assert not MissedDeadline.objects.exists()


def test_a_deadline_that_was_moved_in_time_counts_where_it_is(queue):
    item = due(waiting(queue))
    record_deadlines()

    WorkItem.objects.filter(pk=item.pk).update(due_at=database_now() + DAY)
    record_deadlines()

    assert counted(queue) == (0, 0)
    assert not MissedDeadline.objects.exists()


def test_reopening_changes_nothing_once_it_is_settled(queue):
    item = tried(queue, Outcome.SUCCESSFUL)
    due(done_before(item, timedelta(hours=2)), ago=timedelta(hours=1))
    record_deadlines()

    reopen_item(item.pk, by=SYSTEM, reason="again")
    record_deadlines()

    assert counted(queue) == (1, 0)


def test_after_a_long_pause_all_is_caught_up(queue, monkeypatch):
    monkeypatch.setattr(deadlines, "MOST_AT_ONCE", timedelta(minutes=30))
    for hours in (1, 5, 30):
        due(waiting(queue, f"{hours} h"), ago=timedelta(hours=hours))
    DeadlineMark.objects.create(upto=database_now() - 2 * DAY)

    record_deadlines()

    assert counted(queue) == (3, 3)


def test_an_impatient_look_goes_on_next_time(queue, monkeypatch):
    monkeypatch.setattr(deadlines, "PATIENCE_SECONDS", 0.0)
    due(waiting(queue), ago=timedelta(hours=1))
    DeadlineMark.objects.create(upto=database_now() - DAY)

    assert record_deadlines() == 0
    monkeypatch.undo()

    assert record_deadlines() == 1


def test_what_nobody_compares_with_any_more_is_forgotten(queue):
    at = database_now() - 500 * DAY
    DueCount.objects.create(queue_id=queue.pk, at=at, n_due=1, n_missed=1)
    MissedDeadline.objects.create(item_id=1, queue_id=queue.pk, due_at=at)
    due(waiting(queue))
    record_deadlines()

    assert prune_deadlines() == 2
    assert counted(queue) == (1, 1)
