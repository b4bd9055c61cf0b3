"""Triggers are paused and resumed, one by one or a folder at a time, and started by hand."""

from datetime import timedelta

import pytest

from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError, NotFoundError
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import (
    dry_run,
    fire_due,
    fire_now,
    pause_folder,
    pause_of,
    pause_trigger,
    remove_trigger,
    resume_folder,
    resume_trigger,
)
from apps.triggers.models import Firing, FolderPause, Trigger
from apps.workflows.models import WorkflowInstance
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import (
    adds_to,
    come_again,
    due_trigger,
    fresh,
    log_of,
    make_trigger,
    unseen_for,
)
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

BROKEN = {"type": "cron", "cron": "bad"}


def soon(**given):
    return database_now() + timedelta(**given)


def test_a_paused_trigger_starts_nothing_and_what_passed_is_recorded_on_resuming(folder):
    trigger = pause_trigger(make_trigger(folder), by=ANNA, reason="Stocktaking")
    unseen_for(trigger, 5 * 3600)

    assert fire_due() == 0
    resumed = resume_trigger(trigger, by=ANNA)

    assert (trigger.status, trigger.reason) == ("paused", "Stocktaking")
    assert (resumed.status, resumed.reason) == ("enabled", "")
    assert resumed.next_at > database_now()
    assert log_of(trigger) == [("skipped", "paused")]
    assert Firing.objects.get().count == 5
    kinds = Event.objects.filter(subject_type="trigger").values_list("kind", flat=True)
    assert {"trigger.paused", "trigger.resumed"} <= set(kinds)


def test_pausing_what_is_paused_sets_a_new_end(folder):
    trigger = pause_trigger(make_trigger(folder), by=ANNA)
    until = soon(hours=2)

    assert pause_trigger(trigger, by=ANNA, until=until).paused_until == until


def test_a_pause_ends_by_itself(folder):
    trigger = pause_trigger(make_trigger(folder), by=ANNA, until=soon(hours=1))
    Trigger.objects.filter(pk=trigger.pk).update(paused_until=database_now())

    fire_due()

    woken = fresh(trigger)
    assert (woken.status, woken.paused_until) == ("enabled", None)
    assert Event.objects.get(kind="trigger.resumed").actor_kind == "system"


def test_one_that_can_not_wake_is_switched_off(folder):
    trigger = pause_trigger(make_trigger(folder), by=ANNA, until=soon(hours=1))
    Trigger.objects.filter(pk=trigger.pk).update(paused_until=database_now(), rule=BROKEN)

    fire_due()

    assert fresh(trigger).status == "auto_disabled"
    assert fresh(trigger).reason


@pytest.mark.parametrize("status", ["auto_disabled", "ended"])
def test_only_what_is_on_or_paused_can_be_paused(folder, status):
    trigger = make_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(status=status)

    with pytest.raises(ConflictError):
        pause_trigger(trigger, by=ANNA)


@pytest.mark.parametrize("status", ["enabled", "ended"])
def test_only_what_is_paused_or_switched_off_can_be_resumed(folder, status):
    trigger = make_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(status=status)

    with pytest.raises(ConflictError):
        resume_trigger(trigger, by=ANNA)


def test_a_pause_must_end_in_the_future(folder):
    trigger = make_trigger(folder)

    with pytest.raises(InvalidError):
        pause_trigger(trigger, by=ANNA, until=soon(seconds=-1))
    with pytest.raises(InvalidError):
        pause_folder(folder, until=soon(seconds=-1), by=ANNA)


def test_resuming_one_that_was_switched_off_forgets_its_failures(folder):
    trigger = make_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(
        status="auto_disabled", failures_in_row=10, reason="10 starts in a row failed."
    )

    resumed = resume_trigger(trigger, by=ANNA)

    assert (resumed.status, resumed.failures_in_row, resumed.reason) == ("enabled", 0, "")


def test_one_whose_last_time_passed_meanwhile_is_over_when_it_is_resumed(folder):
    at = soon(minutes=5).isoformat()
    trigger = make_trigger(folder, rule={"type": "once", "at": at, "zone": "UTC"})
    pause_trigger(trigger, by=ANNA)
    past = soon(minutes=-5)
    rule = {"type": "once", "at": past.isoformat(), "zone": "UTC"}
    Trigger.objects.filter(pk=trigger.pk).update(rule=rule, next_at=past, due_at=past)

    resumed = resume_trigger(trigger, by=ANNA)

    assert (resumed.status, resumed.next_at) == ("ended", None)
    assert log_of(trigger) == [("skipped", "paused")]


def test_in_a_paused_folder_each_time_is_left_out_and_recorded(folder):
    elsewhere = due_trigger(make_folder())
    trigger = due_trigger(folder)
    pause_folder(folder, until=soon(hours=1), by=ANNA, reason="Maintenance")

    fire_due()

    assert log_of(trigger) == [("skipped", "folder_paused")]
    assert log_of(elsewhere) == [("fired", "")]
    assert pause_of(folder).reason == "Maintenance"
    resume_folder(folder, by=ANNA)
    assert pause_of(folder) is None
    with pytest.raises(ConflictError):
        resume_folder(folder, by=ANNA)
    come_again(trigger)
    fire_due()
    assert log_of(trigger)[-1] == ("fired", "")
    kinds = Event.objects.filter(subject_type="folder").values_list("kind", flat=True)
    assert set(kinds) == {"triggers.paused", "triggers.resumed"}


def test_a_pause_of_a_folder_that_is_over_holds_nothing_back(folder):
    trigger = due_trigger(folder)
    FolderPause.objects.create(folder=folder, until=soon(seconds=-1), by="Anna")

    fire_due()

    assert log_of(trigger) == [("fired", "")]


def test_by_hand_it_starts_whatever_its_pause_says(folder):
    trigger = pause_trigger(make_trigger(folder), by=ANNA)
    pause_folder(folder, until=soon(hours=1), by=ANNA)

    firing = fire_now(trigger, by=ANNA)

    assert (firing.outcome, firing.origin, firing.by) == ("fired", "person", "Anna")
    assert WorkItem.objects.count() == 1
    assert fresh(trigger).next_at == trigger.next_at
    event = Event.objects.get(kind="trigger.fired")
    assert event.data["label"] == firing.label


def test_a_program_that_starts_it_is_named_as_one(folder):
    firing = fire_now(make_trigger(folder), by=Actor(None, "Anna · laptop", "token"))

    assert firing.origin == "api"


def test_a_start_by_hand_that_fails_says_why_and_switches_nothing_off(folder):
    gone = make_queue("gone", folder=folder)
    trigger = make_trigger(folder, target=adds_to(gone), disable_after_failures=1)
    gone.delete()

    firing = fire_now(trigger, by=ANNA)

    assert firing.outcome == "failed"
    assert "gone" in firing.message
    assert (fresh(trigger).status, fresh(trigger).failures_in_row) == ("enabled", 0)


def test_what_is_gone_can_not_be_started(folder):
    trigger = make_trigger(folder)
    stale = fresh(trigger)
    remove_trigger(trigger, by=ANNA)

    with pytest.raises(NotFoundError):
        fire_now(stale, by=ANNA)


def test_a_dry_run_says_what_would_start_and_starts_nothing(folder):
    deployed(process("daily", name="Each day").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "daily", "variables": {"day": "{date}"}}
    trigger = make_trigger(folder, target=target)
    n_events = Event.objects.count()

    found = dry_run(trigger)

    assert found.is_fine
    assert found.label == "Each day"
    assert found.target["variables"] == {"day": database_now().date().isoformat()}
    assert not WorkflowInstance.objects.exists()
    assert not Firing.objects.exists()
    assert Event.objects.count() == n_events


def test_a_dry_run_says_what_is_wrong(folder):
    queue = make_queue(folder=folder, unique_reference="reject")
    target = {"type": "items", "queue": queue.key, "items": [{"payload": {}, "reference": "R"}]}
    trigger = make_trigger(folder, target=target)
    fire_now(trigger, by=ANNA)

    found = dry_run(trigger)

    assert not found.is_fine
    assert "R" in found.problem
