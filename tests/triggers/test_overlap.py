"""What a trigger started last is still under way when its time comes again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.bots.lifecycle import claim_run, finish_run
from apps.bots.models import Run
from apps.bots.registry import ExitReport
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.queues.lifecycle import cancel_item, lease_items
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due, fire_now, pause_folder, pause_trigger, start_waiting
from apps.triggers.models import Firing, Trigger
from apps.workflows.models import WorkflowInstance
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import (
    adds_to,
    come_again,
    due_trigger,
    every,
    fresh,
    log_of,
    make_trigger,
    unseen_for,
)
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def again(trigger, n=1):
    """Have its time come again, `n` times, a moment apart."""
    for _number in range(n):
        come_again(trigger)
        fire_due()


def end_item():
    cancel_item(WorkItem.objects.latest("pk").pk, by=ANNA, reason="done with")


def test_side_by_side_when_that_is_allowed(folder):
    trigger = due_trigger(folder, overlap="allow")
    fire_due()

    again(trigger)

    assert log_of(trigger) == [("fired", "")] * 2


def test_left_out_while_items_are_not_done(folder):
    trigger = due_trigger(folder, overlap="skip")
    fire_due()
    first = Firing.objects.get()

    again(trigger)
    assert log_of(trigger) == [("fired", ""), ("skipped", "overlap")]
    assert Firing.objects.get(reason="overlap").message == first.label

    end_item()
    again(trigger)
    assert log_of(trigger)[-1] == ("fired", "")


def test_left_out_while_the_run_goes_on(folder):
    sample(folder, "test.patient")
    trigger = due_trigger(folder, target={"type": "run", "automation": "test-patient"})
    fire_due()

    again(trigger)

    assert log_of(trigger) == [("fired", ""), ("skipped", "overlap")]


def test_what_a_person_started_counts_too(folder):
    trigger = due_trigger(folder, overlap="skip")
    fire_now(trigger, by=ANNA)

    fire_due()

    assert ("skipped", "overlap") in log_of(trigger)


def test_one_waits_and_starts_when_the_one_before_is_over(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()

    again(trigger, 2)
    assert log_of(trigger) == [("fired", ""), ("waiting", ""), ("skipped", "overlap")]
    assert start_waiting() == 0

    end_item()
    assert start_waiting() == 1
    assert log_of(trigger) == [("fired", ""), ("fired", "waited"), ("skipped", "overlap")]
    assert WorkItem.objects.count() == 2
    assert start_waiting() == 0


def test_what_waits_is_not_started_while_trigger_or_folder_is_paused(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    again(trigger)
    end_item()
    pause_folder(folder, until=database_now() + timedelta(hours=1), by=ANNA)

    assert start_waiting() == 0

    folder.trigger_pause.delete()
    pause_trigger(fresh(trigger), by=ANNA)
    assert start_waiting() == 0


def test_what_waits_still_starts_when_no_time_is_left(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    again(trigger)
    Trigger.objects.filter(pk=trigger.pk).update(status="ended", next_at=None, due_at=None)
    end_item()

    assert start_waiting() == 1
    assert fresh(trigger).status == "ended"


def test_a_waiting_start_that_fails_is_recorded(folder):
    queue = make_queue(folder=folder)
    trigger = due_trigger(folder, target=adds_to(queue), overlap="queue_one")
    fire_due()
    again(trigger)
    end_item()
    Trigger.objects.filter(pk=trigger.pk).update(target=adds_to(queue) | {"queue": "gone"})

    start_waiting()

    assert log_of(trigger) == [("fired", ""), ("failed", "target")]
    assert fresh(trigger).failures_in_row == 1


def test_the_previous_instance_is_cancelled_and_the_next_begins(folder):
    deployed(process("daily").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "daily"}
    trigger = due_trigger(folder, target=target, overlap="cancel_previous", title="Daily")
    fire_due()

    again(trigger)

    statuses = WorkflowInstance.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["cancelled", "running"]
    assert log_of(trigger) == [("fired", "")] * 2
    assert Event.objects.get(kind="instance.cancelled").actor_name == "Trigger “Daily”"


def test_a_run_in_a_bots_hands_ends_first_and_the_newest_start_waits(folder):
    sample(folder, "test.patient")
    target = {"type": "run", "automation": "test-patient"}
    trigger = due_trigger(folder, target=target, overlap="cancel_previous")
    fire_due()
    bot = make_bot(folder)
    run = claim_run(bot.pool_id, bot.pk, 1)

    again(trigger, 2)

    assert Run.objects.get().status == "stopping"
    assert log_of(trigger) == [("fired", ""), ("skipped", "replaced"), ("waiting", "")]
    finish_run(run.pk, run.token, ExitReport(was_stopped=True))
    assert start_waiting() == 1
    assert log_of(trigger)[-1] == ("fired", "waited")


def test_an_item_in_a_bots_hands_is_waited_for(folder):
    queue = make_queue(folder=folder)
    trigger = due_trigger(folder, target=adds_to(queue), overlap="cancel_previous")
    fire_due()
    lease_items(queue.pk, n=1, bot="Bot 1")

    again(trigger)

    assert log_of(trigger) == [("fired", ""), ("waiting", "")]


def test_of_several_made_up_for_each_heeds_the_one_before(folder):
    rule = every(ago=600)
    trigger = make_trigger(folder, rule=rule, missed="run_all", overlap="skip")
    unseen_for(trigger, 3 * 3600)

    fire_due()

    assert log_of(trigger) == [("fired", ""), ("skipped", "overlap"), ("skipped", "overlap")]


def test_what_is_over_at_once_lets_the_next_one_start(folder):
    deployed(process("short").start().end(), folder)
    target = {"type": "workflow", "key": "short"}
    trigger = make_trigger(folder, rule=every(ago=600), target=target, missed="run_all")
    unseen_for(trigger, 3 * 3600)

    fire_due()

    assert log_of(trigger) == [("fired", "")] * 3


def test_the_database_lets_only_one_wait(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    again(trigger)
    waiting = Firing.objects.get(outcome="waiting")
    waiting.pk, waiting.planned_at = None, trigger.created_at

    with pytest.raises(IntegrityError, match="firing_one_waits"), transaction.atomic():
        waiting.save(force_insert=True)
