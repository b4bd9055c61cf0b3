"""Queue triggers keep as much going as waits in their queue."""

from datetime import timedelta

import pytest

from apps.bots.models import Run
from apps.forecast.models import Foretold
from apps.lib.clock import database_now
from apps.limits.lifecycle import stop_folder
from apps.queues.lifecycle import pause_queue
from apps.queues.models import Ready
from apps.triggers.lifecycle import fire_now, look_at_queues, pause_folder, save_trigger
from apps.triggers.models import Firing, Trigger
from apps.workflows.lifecycle import cancel_instance
from apps.workflows.models import WorkflowInstance
from tests.bots.workers import sample
from tests.factories_queues import ANNA, make_item, make_queue
from tests.factories_triggers import fresh, make_trigger
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

WORKS = {"type": "workflow", "key": "work"}


@pytest.fixture
def queue(folder):
    """A queue, and a workflow that waits for a person, to be started for it."""
    deployed(process("work").start().user("look").end(), folder)
    return make_queue(folder=folder)


def queue_trigger(queue, **rule):
    said = {"queue": queue.key, **rule}
    return make_trigger(queue.folder, kind="queue", rule=said, target=WORKS)


def fill(queue, n):
    return [make_item(queue, payload={"n": number}) for number in range(n)]


def outcomes():
    return list(Firing.objects.order_by("pk").values_list("outcome", "reason"))


def alive():
    return WorkflowInstance.objects.filter(ended_at__isnull=True)


def test_nothing_starts_while_nothing_waits(queue):
    trigger = queue_trigger(queue)

    assert look_at_queues() == 0
    assert (fresh(trigger).next_at, fresh(trigger).seen) == (None, {})
    assert not Firing.objects.exists()


def test_the_first_item_starts_one_and_no_more_while_that_is_under_way(queue):
    trigger = queue_trigger(queue)
    fill(queue, 1)

    assert look_at_queues() == 1
    assert look_at_queues() == 0

    instance = WorkflowInstance.objects.get()
    assert instance.started_by == f"Trigger “{trigger.title}”"
    firing = Firing.objects.get()
    assert (firing.outcome, firing.origin, firing.subject_id) == ("fired", "queue", instance.pk)
    assert firing.event["ready"] == 1
    assert firing.depth == 0


@pytest.mark.parametrize(
    ("n_items", "rule", "n_started"),
    [
        (4, {"min_items": 5}, 0),
        (5, {"min_items": 5, "max_active": 3}, 3),
        (7, {"items_per_start": 3, "max_active": 9}, 3),
        (50, {"items_per_start": 10, "max_active": 4}, 4),
    ],
)
def test_as_many_start_as_the_items_are_worth(queue, n_items, rule, n_started):
    queue_trigger(queue, **rule)
    fill(queue, n_items)

    look_at_queues()
    look_at_queues()

    assert WorkflowInstance.objects.count() == n_started
    assert Firing.objects.filter(outcome="fired").count() == n_started


def test_one_that_ends_makes_room_for_the_next_once_items_were_taken(queue):
    queue_trigger(queue, max_active=2)
    items = fill(queue, 4)
    look_at_queues()
    cancel_instance(alive().first(), by=ANNA, reason="over")
    Ready.objects.filter(item_id=items[0].pk).delete()  # as if it was leased and done

    look_at_queues()

    assert WorkflowInstance.objects.count() == 3
    assert alive().count() == 2


def test_starts_that_take_nothing_come_ever_more_slowly(queue):
    trigger = queue_trigger(queue)
    fill(queue, 3)
    look_at_queues()
    cancel_instance(alive().get(), by=ANNA, reason="took nothing")

    look_at_queues()

    assert outcomes() == [("fired", ""), ("skipped", "cool_down")]
    seen = fresh(trigger).seen
    seen["started_at"] = (database_now() - timedelta(seconds=2)).isoformat()
    Trigger.objects.update(seen=seen)
    look_at_queues()
    assert WorkflowInstance.objects.count() == 2
    assert fresh(trigger).seen["rounds"] == 1


def test_few_items_start_one_all_the_same_once_they_are_old_or_due(queue):
    queue_trigger(queue, min_items=10, oldest_seconds=60)
    queue_trigger(queue, min_items=10, due_within_seconds=600)
    (item,) = fill(queue, 1)
    assert look_at_queues() == 0

    item.entered_at = database_now() - timedelta(seconds=61)
    item.save(update_fields=["entered_at"])
    assert look_at_queues() == 1
    item.due_at = database_now() + timedelta(seconds=500)
    item.save(update_fields=["due_at"])
    assert look_at_queues() == 1
    assert look_at_queues() == 0
    assert [each.event["wanted"] for each in Firing.objects.all()] == [1, 1]


def test_few_items_start_one_when_the_forecast_says_that_one_will_be_late(queue):
    queue_trigger(queue, min_items=10, miss_chance=0.2)
    fill(queue, 1)
    assert look_at_queues() == 0

    known = Foretold.objects.create(
        queue=queue, made_at=database_now(), horizon_seconds=86_400, basis="good", miss_chance=0.1
    )
    assert look_at_queues() == 0
    known.miss_chance = 0.3
    known.save()
    assert look_at_queues() == 1
    assert Firing.objects.get().event["miss_chance"] == 0.3


def test_at_its_limit_it_says_so_once(queue):
    queue_trigger(queue)
    fill(queue, 3)
    for _look in range(4):
        look_at_queues()

    assert outcomes() == [("fired", ""), ("skipped", "active_limit")]


def test_what_a_person_starts_counts(queue):
    trigger = queue_trigger(queue)
    fire_now(trigger, by=ANNA)
    fill(queue, 1)

    look_at_queues()

    assert WorkflowInstance.objects.count() == 1


def test_a_paused_queue_starts_nothing_and_neither_do_stops_and_pauses(folder, queue):
    trigger = queue_trigger(queue)
    fill(queue, 1)
    pause_queue(queue, by=ANNA, reason="no")
    assert look_at_queues() == 0

    other = make_queue(folder=folder)
    fill(other, 1)
    save_trigger(folder, trigger.key, {"rule": {"queue": other.key}}, by=ANNA)
    pause_folder(folder, until=database_now() + timedelta(hours=1), by=ANNA)
    look_at_queues()
    stop_folder(folder, reason="fire", by=ANNA)
    look_at_queues()
    look_at_queues()

    assert not WorkflowInstance.objects.exists()
    # what a stop holds, nothing may be leased from: there is nothing that waits to be started
    assert outcomes() == [("skipped", "folder_paused")]


def test_a_run_of_an_automation_is_started_and_counted_until_it_ends(folder, queue):
    sample(folder, "test.patient")
    target = {"type": "run", "automation": "test-patient", "input": {"waiting": "{event.ready}"}}
    make_trigger(folder, kind="queue", rule={"queue": queue.key}, target=target)
    # more than make a difference to a rule of one start: what is handed over is true all the same
    fill(queue, 4)

    look_at_queues()
    look_at_queues()

    assert Run.objects.get().input == {"waiting": 4}


def test_what_can_not_start_counts_towards_switching_it_off(queue):
    trigger = queue_trigger(queue)
    save_trigger(queue.folder, trigger.key, {"disable_after_failures": 1}, by=ANNA)
    Trigger.objects.update(target={"type": "workflow", "key": "gone"})
    fill(queue, 1)

    look_at_queues()

    assert outcomes() == [("failed", "target")]
    assert fresh(trigger).status == "auto_disabled"
    assert look_at_queues() == 0


def test_two_triggers_of_one_queue_each_keep_their_own(queue):
    queue_trigger(queue, min_items=1)
    queue_trigger(queue, min_items=3, max_active=2, items_per_start=2)
    fill(queue, 3)

    look_at_queues()
    look_at_queues()

    assert WorkflowInstance.objects.count() == 3
