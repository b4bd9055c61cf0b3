"""Counts are exact at any time, and the status that people see comes from where an item stands."""

from collections import Counter as Tally
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.queues.counts import counts_of, fold_counters, series, status_of
from apps.queues.lifecycle import Result, finish_items, hold_item, lease_items, skip_item
from apps.queues.models import Counter, CounterDelta, Ended, MinuteCount, Ready, WorkItem, WorkQueue
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db


def busy_queue() -> WorkQueue:
    """A queue with something in most places."""
    queue = make_queue(retry_delay_seconds=600)
    ids = make_items(queue, 10)
    make_items(queue, 2, available_at=timezone.now() + timedelta(hours=1))
    hold_item(ids[8], by=ANNA, reason="wait")
    skip_item(ids[9], by=ANNA, reason="not ours")
    good, wrong, down, back, *_held = lease_items(queue.pk, n=6, bot="R")
    finish_items(
        [
            Result(good.id, good.token, "successful"),
            Result(wrong.id, wrong.token, "business_exception"),
            Result(down.id, down.token, "application_exception"),
            Result(back.id, back.token, "released"),
        ]
    )
    return queue


EXPECTED = {
    "ready": 3,
    "scheduled": 3,
    "in_progress": 2,
    "needs_decision": 1,
    "on_hold": 1,
    "successful": 1,
    "skipped": 1,
    "added": 12,
    "business_exception": 1,
    "application_exception": 1,
}


def test_counts_are_exact_before_and_after_folding():
    queue = busy_queue()

    before = counts_of([queue.pk])[queue.pk]
    folded = fold_counters()
    after = counts_of([queue.pk])[queue.pk]

    assert {measure: n for measure, n in before.by_measure.items() if n} == EXPECTED
    assert {measure: n for measure, n in after.by_measure.items() if n} == EXPECTED
    assert folded > 0
    assert not CounterDelta.objects.exists()
    assert (after.waiting, after.total, after.by_status["new"]) == (6, 12, 6)


def test_folding_again_changes_nothing():
    queue = busy_queue()
    fold_counters()

    assert fold_counters() == 0
    assert counts_of([queue.pk])[queue.pk]["ready"] == EXPECTED["ready"]


def test_counts_of_a_queue_without_items_are_nought():
    queue = make_queue()

    counts = counts_of([queue.pk])[queue.pk]

    assert (counts["ready"], counts.waiting, counts.oldest_seconds) == (0, 0, None)


def test_the_oldest_waiting_item_is_the_one_that_entered_first():
    queue = make_queue()
    old, *_rest = make_items(queue, 3)
    WorkItem.objects.filter(pk=old).update(entered_at=timezone.now() - timedelta(minutes=10))

    oldest = counts_of([queue.pk])[queue.pk].oldest_seconds

    assert oldest == pytest.approx(600, abs=5)


def test_series_say_what_happened_in_each_step():
    queue = busy_queue()
    fold_counters()
    since = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=10)

    points = series([queue.pk], since, timedelta(minutes=5))

    assert [point.at for point in points] == [since, since + timedelta(minutes=5), points[-1].at]
    sums: Tally[str] = Tally()
    for point in points:
        sums.update(point.counts)
    assert (sums["added"], sums["successful"]) == (12, 1)
    assert MinuteCount.objects.filter(measure="added").count() in (1, 2)


def test_status_of_names_what_people_see():
    queue = busy_queue()
    ids = list(WorkItem.objects.filter(queue=queue).values_list("pk", flat=True))

    tally = Tally(status_of([*ids, 987_654_321]).values())

    assert tally == {
        "new": 6,
        "in_progress": 2,
        "needs_decision": 1,
        "on_hold": 1,
        "successful": 1,
        "skipped": 1,
    }


def test_with_status_tells_since_when_and_until_when():
    queue = busy_queue()

    items = WorkItem.objects.filter(queue=queue).with_status()

    assert all(item.since is not None for item in items)
    assert sum(item.available_at_now is not None for item in items) == 3


def test_check_items_finds_nothing_wrong_in_a_sound_room(capsys):
    busy_queue()

    call_command("check_items")

    assert "12 items" in capsys.readouterr().out


@pytest.mark.parametrize("fold", [False, True])
def test_check_items_reports_two_places_none_and_wrong_counts(capsys, fold):
    queue = busy_queue()
    if fold:
        fold_counters()
    twice, nowhere = Ready.objects.values_list("item_id", flat=True)[:2]
    Ended.objects.create(item_id=twice, queue_id=queue.pk, status="failed")
    Ready.objects.filter(item_id=nowhere).delete()
    Counter.objects.update_or_create(queue_id=queue.pk, measure="on_hold", defaults={"n": 7})

    with pytest.raises(SystemExit) as stopped:
        call_command("check_items")

    assert stopped.value.code == 1
    report = capsys.readouterr().out
    assert f"{twice}" in report
    assert "ready, failed" in report
    assert f"{nowhere}" in report
    assert "on_hold" in report
