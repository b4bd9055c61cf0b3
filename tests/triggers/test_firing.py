"""What is due is started once, and what became of each time is recorded."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.bots.models import Run
from apps.calendars.models import Calendar
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.notices.models import Notice
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due
from apps.triggers.models import Firing, Trigger
from apps.workflows.models import WorkflowInstance
from tests.bots.workers import sample
from tests.factories_queues import make_queue
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


def test_what_is_due_adds_its_items_and_moves_on(folder):
    queue = make_queue(folder=folder)
    trigger = due_trigger(folder, target=adds_to(queue, n=1), title="Hourly")

    assert fire_due() == 1

    item = WorkItem.objects.get(queue=queue)
    assert item.payload == {"n": 1}
    assert (item.origin, item.added_by) == ("trigger", "Trigger “Hourly”")
    firing = Firing.objects.get()
    assert (firing.outcome, firing.reason, firing.origin) == ("fired", "", "schedule")
    assert (firing.subject_type, firing.subject_ids) == ("items", [item.pk])
    assert firing.label == f"{queue.title} #{item.pk}"
    assert firing.planned_at == trigger.next_at
    moved = fresh(trigger)
    assert moved.last_planned_at == trigger.next_at
    assert moved.next_at == trigger.next_at + timedelta(hours=1)
    assert fire_due() == 0


def test_it_starts_a_workflow_and_the_history_names_it(folder):
    deployed(process("daily").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "daily", "variables": {"day": "{date}"}}
    due_trigger(folder, target=target, title="Daily")

    fire_due()

    instance = WorkflowInstance.objects.get()
    assert instance.started_by == "Trigger “Daily”"
    assert Firing.objects.get().subject_id == instance.pk
    event = Event.objects.get(kind="instance.started")
    assert (event.actor_kind, event.actor_id) == ("trigger", None)


def test_many_that_start_the_same_workflow_each_name_themselves(folder):
    deployed(process("daily").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "daily", "variables": {"day": "{date}"}}
    triggers = [due_trigger(folder, target=target, title=f"No {n}") for n in range(3)]

    assert fire_due() == 3

    instances = WorkflowInstance.objects.all()
    told = {each.started_by: each.pk for each in instances}
    assert told.keys() == {f"Trigger “{trigger.title}”" for trigger in triggers}
    for trigger in triggers:
        name = f"Trigger “{trigger.title}”"
        assert Firing.objects.get(trigger=trigger).subject_ids == [told[name]]
        event = Event.objects.get(kind="instance.started", subject_id=told[name])
        assert (event.actor_name, event.actor_kind) == (name, "trigger")


def test_one_whose_data_does_not_fit_holds_up_no_other_of_the_same_workflow(folder):
    workflow = deployed(process("daily").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "daily", "variables": {"n": 1}}
    triggers = [due_trigger(folder, target=target) for _n in range(3)]
    Trigger.objects.filter(pk=triggers[1].pk).update(target=target | {"variables": {"n": "one"}})
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    workflow.versions.update(input_schema=schema)

    fire_due()

    outcomes = [log_of(trigger) for trigger in triggers]
    assert outcomes == [[("fired", "")], [("failed", "target")], [("fired", "")]]
    assert WorkflowInstance.objects.count() == 2


def test_it_starts_a_run(folder):
    sample(folder, "test.patient")
    target = {"type": "run", "automation": "test-patient", "input": {"on": "{date}"}}
    trigger = due_trigger(folder, target=target)

    fire_due()

    run = Run.objects.get()
    assert run.input == {"on": trigger.next_at.date().isoformat()}
    assert (Firing.objects.get().subject_type, Firing.objects.get().subject_id) == ("run", run.pk)


def test_places_for_time_and_date_are_filled_by_the_clock_of_the_rule(folder):
    queue = make_queue(folder=folder)
    payload = {"at": "{planned_at}", "list": ["for {date}", 5], "{date}": "{other}"}
    target = {"type": "items", "queue": queue.key, "items": [
        {"payload": payload, "reference": "day-{date}"}]}  # fmt: skip
    trigger = due_trigger(folder, target=target, rule=every(zone="Pacific/Auckland"))

    fire_due()

    local = trigger.next_at.astimezone(ZoneInfo("Pacific/Auckland")).replace(microsecond=0)
    item = WorkItem.objects.get()
    assert item.payload == {
        "at": local.isoformat(),
        "list": [f"for {local.date()}", 5],
        "{date}": "{other}",
    }
    assert item.reference == f"day-{local.date()}"


def test_times_that_nobody_looked_at_follow_the_policy_and_are_recorded(folder):
    rule = every(ago=600)
    kinds = {"drop": 0, "run_once": 1, "run_all": 2}
    triggers = {
        missed: unseen_for(
            make_trigger(folder, rule=rule, missed=missed, max_catch_up=2, overlap="allow"),
            4 * 3600 + 60,
        )
        for missed in kinds
    }

    fire_due()

    assert log_of(triggers["drop"]) == [("missed", "dropped")] * 4
    assert log_of(triggers["run_once"]) == [("missed", "caught_up")] * 3 + [("fired", "")]
    assert log_of(triggers["run_all"]) == [("missed", "limit")] * 2 + [("fired", "")] * 2
    for missed, n in kinds.items():
        started = Firing.objects.filter(trigger=triggers[missed], outcome="fired")
        assert {each.origin for each in started} <= {"catch_up"}
        assert len(started) == n
    assert all(fresh(each).next_at > database_now() for each in triggers.values())


def test_very_many_missed_times_are_one_row_and_some(folder):
    trigger = make_trigger(folder, rule=every(10, ago=61), missed="drop")
    unseen_for(trigger, 12_000 * 10)

    fire_due()

    rows = Firing.objects.filter(trigger=trigger, outcome="missed").order_by("planned_at")
    assert rows[0].count > 10_000
    assert "Stands for" in rows[0].message
    assert rows.count() <= 1_001


def test_a_day_on_which_the_calendar_is_closed_is_recorded_as_left_out(folder):
    calendar = Calendar.objects.create(
        folder=folder, key="never-now", title="Never now", days={"2020-01-01": [["09:00", "17:00"]]}
    )
    trigger = due_trigger(folder, calendar=calendar.key, on_closed="skip")

    fire_due()

    assert log_of(trigger) == [("skipped", "calendar")]
    assert not WorkItem.objects.exists()
    assert fresh(trigger).status == "enabled"


def test_one_without_a_further_time_is_over(folder):
    at = (database_now() + timedelta(minutes=5)).isoformat()
    trigger = make_trigger(folder, rule={"type": "once", "at": at, "zone": "UTC"})
    now = database_now()
    rule = {"type": "once", "at": now.isoformat(), "zone": "UTC"}
    Trigger.objects.filter(pk=trigger.pk).update(rule=rule, next_at=now, due_at=now)

    fire_due()

    over = fresh(trigger)
    assert (over.status, over.next_at, over.due_at) == ("ended", None, None)
    assert log_of(trigger) == [("fired", "")]
    assert Event.objects.filter(kind="trigger.ended", subject_id=trigger.pk).exists()


def test_what_can_not_start_is_recorded_and_holds_up_no_other(folder):
    queue = make_queue(folder=folder)
    broken = due_trigger(folder, target=adds_to(make_queue("gone", folder=folder)))
    queue.folder.queues.filter(key="gone").delete()
    fine = due_trigger(folder, target=adds_to(queue))

    fire_due()

    firing = Firing.objects.get(trigger=broken)
    assert (firing.outcome, firing.reason) == ("failed", "target")
    assert "no queue “gone”" in firing.message
    assert fresh(broken).failures_in_row == 1
    assert fresh(broken).next_at > database_now()
    assert log_of(fine) == [("fired", "")]


def test_a_fault_of_ours_is_a_failed_start_too(folder):
    trigger = due_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(target={"type": "teapot"})

    fire_due()

    assert log_of(trigger) == [("failed", "target")]


def test_after_failures_in_a_row_it_is_switched_off_and_the_owner_told(folder, designer):
    gone = make_queue("gone", folder=folder)
    trigger = make_trigger(
        folder, title="Hourly", target=adds_to(gone), disable_after_failures=2, owner="designer"
    )
    gone.delete()

    for _round in range(2):
        come_again(trigger)
        fire_due()

    off = fresh(trigger)
    assert (off.status, off.failures_in_row) == ("auto_disabled", 2)
    assert "2 starts in a row failed" in off.reason
    notice = Notice.objects.get(user=designer)
    assert notice.kind == "trigger_disabled"
    assert "Hourly" in notice.title
    assert Event.objects.get(kind="trigger.auto_disabled").subject_id == trigger.pk
    come_again(off)
    assert fire_due() == 0


def test_without_an_owner_those_who_design_the_folder_are_told(folder, designer, business_user):
    gone = make_queue("gone", folder=folder)
    due_trigger(folder, target=adds_to(gone), disable_after_failures=1)
    gone.delete()

    fire_due()

    assert {notice.user_id for notice in Notice.objects.all()} == {designer.pk}


def test_one_good_start_forgives_what_failed_before(folder):
    trigger = due_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(failures_in_row=9)

    fire_due()

    assert fresh(trigger).failures_in_row == 0


def test_zero_failures_allowed_means_it_is_never_switched_off(folder):
    gone = make_queue("gone", folder=folder)
    trigger = due_trigger(folder, target=adds_to(gone), disable_after_failures=0)
    Trigger.objects.filter(pk=trigger.pk).update(failures_in_row=50)
    gone.delete()

    fire_due()

    assert (fresh(trigger).status, fresh(trigger).failures_in_row) == ("enabled", 51)


def test_times_that_can_not_be_worked_out_any_more_switch_it_off(folder):
    trigger, fine = due_trigger(folder), due_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(rule={"type": "cron", "cron": "bad"})

    fire_due()

    assert fresh(trigger).status == "auto_disabled"
    assert log_of(trigger) == [("failed", "rule")]
    assert Firing.objects.get(trigger=trigger).message
    assert log_of(fine) == [("fired", "")]


def test_spread_times_are_due_later_and_planned_as_they_are(folder):
    rule = every(ago=1, jitter_seconds=600)
    trigger = unseen_for(make_trigger(folder, rule=rule), 10)

    assert trigger.next_at < database_now()
    assert trigger.next_at <= trigger.due_at <= trigger.next_at + timedelta(seconds=600)
    if trigger.due_at > database_now():
        assert fire_due() == 0
    Trigger.objects.filter(pk=trigger.pk).update(due_at=database_now())
    fire_due()

    firing = Firing.objects.get()
    assert firing.planned_at == trigger.next_at


def test_a_time_that_has_its_row_already_starts_nothing(folder):
    trigger = due_trigger(folder)
    fire_due()
    Trigger.objects.filter(pk=trigger.pk).update(next_at=trigger.next_at, due_at=trigger.due_at)

    fire_due()

    assert log_of(trigger) == [("fired", "")]
    assert WorkItem.objects.count() == 1


def test_more_are_due_than_one_call_takes(folder):
    queue = make_queue(folder=folder)
    for _n in range(3):
        due_trigger(folder, target=adds_to(queue))

    assert fire_due(limit=2) == 2
    assert fire_due(limit=2) == 1
    assert WorkItem.objects.count() == 3


def test_a_queue_that_knows_the_reference_already_refuses_the_second_start(folder):
    queue = make_queue(folder=folder, unique_reference="reject")
    target = {"type": "items", "queue": queue.key, "items": [{"payload": {}, "reference": "R"}]}
    trigger = due_trigger(folder, target=target, overlap="allow")
    fire_due()
    come_again(trigger)

    fire_due()

    assert log_of(trigger) == [("fired", ""), ("failed", "target")]
