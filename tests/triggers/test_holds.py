"""Stops, freezes and pauses hold triggers of all kinds, and each start left out is told."""

from datetime import timedelta

import pytest

from apps.lib.clock import database_now
from apps.lib.errors import ConflictError
from apps.limits.lifecycle import lift_stop, stop_folder
from apps.limits.models import Application, Freeze
from apps.queues.lifecycle import cancel_item
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due, fire_for, fire_now, pause_trigger
from apps.triggers.models import Firing
from tests.factories_queues import ANNA
from tests.factories_triggers import come_again, due_trigger, log_of, make_trigger

pytestmark = pytest.mark.django_db


def freeze(folder, *applications):
    now = database_now()
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=1)
    found = Freeze.objects.create(
        folder=folder, title="Month end", starts_at=begins, ends_at=ends,
        first_starts_at=begins, first_ends_at=ends,
    )  # fmt: skip
    found.applications.set(applications)
    return found


def happen(trigger, occasion, **more):
    told = {"at": database_now(), "event": {}, "origin": Firing.Origin.EVENT, **more}
    return fire_for(trigger.pk, occasion=occasion, **told)


def test_a_stop_leaves_times_and_events_out_and_refuses_people(folder):
    trigger = due_trigger(folder)
    stop_folder(folder, reason="fire", by=ANNA)

    fire_due()
    told = happen(trigger, "a")
    with pytest.raises(ConflictError, match="stopped"):
        fire_now(trigger, by=ANNA)
    with pytest.raises(ConflictError, match="stopped"):
        happen(trigger, "b", origin=Firing.Origin.PERSON, by=ANNA)

    assert log_of(trigger) == [("skipped", "stopped")] * 2
    assert told.reason == "stopped"
    assert not WorkItem.objects.exists()
    lift_stop(folder, by=ANNA)
    fire_now(trigger, by=ANNA)
    assert WorkItem.objects.count() == 1


def test_what_waited_for_the_one_before_waits_for_the_end_of_a_stop_too(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    come_again(trigger)
    fire_due()
    cancel_item(WorkItem.objects.get().pk, by=ANNA, reason="over")
    stop_folder(folder, reason="fire", by=ANNA)

    fire_due()
    assert [row[0] for row in log_of(trigger)] == ["fired", "waiting"]
    lift_stop(folder, by=ANNA)
    fire_due()

    assert [row[0] for row in log_of(trigger)] == ["fired", "fired"]


def test_a_freeze_of_the_whole_folder_holds_and_one_of_an_application_does_not(folder):
    held, free = due_trigger(folder), due_trigger()
    other = due_trigger(free.folder)
    freeze(folder)
    freeze(other.folder, Application.objects.create(folder=other.folder, key="erp", title="ERP"))

    fire_due()

    assert log_of(held) == [("skipped", "freeze")]
    assert log_of(free) == log_of(other) == [("fired", "")]


def test_what_happens_while_a_trigger_is_paused_is_recorded_and_people_may_start_it(folder):
    trigger = make_trigger(folder)
    pause_trigger(trigger, by=ANNA)

    told = happen(trigger, "a")
    by_hand = happen(trigger, "b", origin=Firing.Origin.PERSON, by=ANNA)

    assert (told.outcome, told.reason) == ("skipped", "paused")
    assert (by_hand.outcome, by_hand.by) == ("fired", "Anna")


def test_what_happened_is_kept_for_one_that_waits_and_dropped_when_large(folder):
    large = {"text": "x" * 10_000}
    trigger = make_trigger(folder, overlap="queue_one")
    target = {**trigger.target, "items": [{"payload": {"it": "{event.text}"}}]}
    type(trigger).objects.filter(pk=trigger.pk).update(target=target)
    first = happen(trigger, "a", event={"text": "small"})
    second = happen(trigger, "b", event=large)
    assert (first.event, second.outcome) == ({"text": "small"}, "waiting")
    assert Firing.objects.get(pk=second.pk).event == large

    cancel_item(first.subject_id, by=ANNA, reason="over")
    fire_due()

    assert WorkItem.objects.get(pk=Firing.objects.get(pk=second.pk).subject_id).payload == {
        "it": large["text"]
    }
    assert Firing.objects.get(pk=second.pk).event == {}
