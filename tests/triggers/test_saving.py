"""Triggers are made, changed, rolled back and removed."""

from datetime import timedelta

import pytest

from apps.accounts.roles import Role
from apps.calendars.lifecycle import remove_calendar
from apps.calendars.models import Calendar
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError, NotFoundError
from apps.triggers.lifecycle import compare_trigger, remove_trigger, roll_back, save_trigger
from apps.triggers.models import Firing, Trigger, TriggerVersion
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import adds_to, every, fresh, log_of, make_trigger, unseen_for

pytestmark = pytest.mark.django_db

DAILY = {"type": "cron", "cron": "0 7 * * *", "zone": "Europe/Berlin"}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def said(folder, **more):
    queue = make_queue(folder=folder)
    return {"title": "Daily", "rule": DAILY, "target": adds_to(queue), **more}


def fields_of(error):
    return {problem.path for problem in error.value.fields}


def test_a_new_trigger_is_on_and_knows_its_next_time(folder, admin):
    saved = save_trigger(folder, "daily", said(folder), by=admin.actor)

    trigger = saved.trigger
    assert saved.is_new
    assert (trigger.status, trigger.version) == ("enabled", 1)
    assert trigger.next_at is not None
    assert trigger.next_at > database_now()
    assert trigger.due_at == trigger.next_at
    assert (trigger.overlap, trigger.missed, trigger.max_catch_up) == ("skip", "run_once", 10)
    assert trigger.owner == admin
    event = Event.objects.get(kind="trigger.created")
    assert (event.subject_id, event.actor_id) == (trigger.pk, admin.pk)


def test_what_is_left_out_stays_and_each_change_is_a_version(folder):
    trigger = make_trigger(folder, "daily", title="Daily", description="All of it")

    saved = save_trigger(folder, "daily", {"title": "Each day", "overlap": "allow"}, by=ANNA)

    assert [(each["field"], each["before"], each["after"]) for each in saved.changes] == [
        ("title", "Daily", "Each day"),
        ("overlap", "skip", "allow"),
    ]
    assert (saved.trigger.description, saved.trigger.version) == ("All of it", 2)
    assert saved.trigger.next_at == trigger.next_at
    numbers = TriggerVersion.objects.filter(trigger=trigger).values_list("number", flat=True)
    assert list(numbers) == [2, 1]
    assert Event.objects.get(kind="trigger.changed").data["version"] == 2


def test_saving_the_same_again_changes_nothing(folder):
    first = make_trigger(folder, "daily", title="Daily")

    saved = save_trigger(folder, "daily", {"title": "Daily"}, by=ANNA)

    assert saved.changes == []
    assert saved.trigger.version == first.version
    assert TriggerVersion.objects.count() == 1


def test_a_change_of_times_plans_anew(folder):
    trigger = make_trigger(folder, "daily")

    saved = save_trigger(folder, "daily", {"rule": every(600, ago=0)}, by=ANNA)

    assert saved.trigger.next_at < trigger.next_at
    assert saved.trigger.next_at - database_now() <= timedelta(seconds=600)


def test_a_stale_version_is_refused(folder):
    make_trigger(folder, "daily")
    save_trigger(folder, "daily", {"title": "Second"}, by=ANNA, version=1)

    with pytest.raises(ConflictError, match="meanwhile"):
        save_trigger(folder, "daily", {"title": "Third"}, by=ANNA, version=1)
    with pytest.raises(ConflictError, match="already"):
        save_trigger(folder, "daily", {"title": "Third"}, by=ANNA, version=0)
    with pytest.raises(ConflictError, match="gone"):
        save_trigger(folder, "other", said(folder), by=ANNA, version=3)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": 5}, "title"),
        ({"overlap": "sometimes"}, "overlap"),
        ({"max_catch_up": 0}, "max_catch_up"),
        ({"max_catch_up": True}, "max_catch_up"),
        ({"disable_after_failures": 5_000}, "disable_after_failures"),
        ({"calendar": "nowhere"}, "calendar"),
        ({"on_closed": "skip"}, "calendar"),
        ({"owner": "nobody"}, "owner"),
        ({"colour": "red"}, "colour"),
        ({"rule": []}, "rule"),
        ({"rule": {**DAILY, "cron": "0 0 31 2 *"}}, "rule.cron"),
        ({"rule": {**DAILY, "zone": "Europe/Atlantis"}}, "rule.zone"),
        ({"rule": {"type": "interval", "seconds": 5, "zone": "UTC"}}, "rule.seconds"),
        ({"rule": {"type": "once", "at": "2020-01-01T00:00:00Z", "zone": "UTC"}}, "rule"),
        ({"target": {"type": "teapot"}}, "target.type"),
        ({"target": {"type": "workflow", "key": "none"}}, "target.key"),
        ({"target": {"type": "run", "automation": "none"}}, "target.automation"),
        ({"target": {"type": "items", "queue": "none", "items": [{}]}}, "target.queue"),
        ({"target": {"type": "items", "queue": "none", "colour": 1}}, "target.colour"),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_field(folder, wrong, field):
    with pytest.raises(InvalidError) as error:
        save_trigger(folder, "daily", said(folder, **wrong), by=ANNA)

    assert fields_of(error) == {field}
    assert not Trigger.objects.exists()


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"payload": {"n": "one"}}, "payload.n"),
        ({"payload": {}}, "payload.n"),
        ({"payload": 7}, "payload"),
        ({"payload": {"n": 1}, "priority": 500}, "priority"),
        ({"payload": {"n": 1}, "priority": "high"}, "priority"),
        ({"payload": {"n": 1}, "reference": 5}, "reference"),
        ({"payload": {"n": 1}, "due_at": "tomorrow"}, "due_at"),
    ],
)
def test_items_are_checked_against_their_queue(folder, item, field):
    queue = make_queue(folder=folder, payload_schema=SCHEMA)
    target = {"type": "items", "queue": queue.key, "items": [{"payload": {"n": 1}}, item]}

    with pytest.raises(InvalidError) as error:
        save_trigger(folder, "daily", said(folder, target=target), by=ANNA)

    assert fields_of(error) == {f"target.items.1.{field}"}


def test_somebody_of_another_folder_can_not_own_it(folder):
    stranger = make_person("stranger", role=Role.ADMIN, folder=make_folder())

    with pytest.raises(InvalidError) as error:
        save_trigger(folder, "daily", said(folder, owner=stranger.username), by=ANNA)

    assert fields_of(error) == {"owner"}


@pytest.mark.parametrize("key", ["no key", "ключ", "", "x" * 101])
def test_a_key_must_fit_into_an_address(folder, key):
    with pytest.raises(InvalidError) as error:
        save_trigger(folder, key, said(folder), by=ANNA)

    assert fields_of(error) == {"key"}


def test_a_comparison_tells_what_saving_would_change(folder):
    make_trigger(folder, "daily", title="Daily")

    changes = compare_trigger(folder, "daily", {"title": "Each day"}, by=ANNA)

    assert changes == [{"field": "title", "before": "Daily", "after": "Each day"}]
    assert Trigger.objects.get().title == "Daily"
    with pytest.raises(InvalidError):
        compare_trigger(folder, "daily", {"title": ""}, by=ANNA)


def test_rolling_back_saves_what_a_version_said_as_a_new_one(folder):
    trigger = make_trigger(folder, "daily", title="First")
    save_trigger(folder, "daily", {"title": "Second", "missed": "drop"}, by=ANNA)

    saved = roll_back(trigger, 1, by=ANNA)

    assert (saved.trigger.title, saved.trigger.missed) == ("First", "run_once")
    assert saved.trigger.version == 3
    assert Event.objects.get(kind="trigger.rolled_back").data["to"] == 1
    with pytest.raises(NotFoundError):
        roll_back(trigger, 9, by=ANNA)


def test_a_removed_trigger_leaves_what_it_said_in_the_history(folder):
    trigger = make_trigger(folder, "daily", title="Daily")

    remove_trigger(trigger, by=ANNA)

    assert not Trigger.objects.exists()
    assert Event.objects.get(kind="trigger.removed").data["definition"]["title"] == "Daily"
    with pytest.raises(NotFoundError):
        remove_trigger(trigger, by=ANNA)


def test_new_times_begin_one_again_that_was_over(folder):
    trigger = make_trigger(folder, "daily")
    Trigger.objects.filter(pk=trigger.pk).update(status="ended", next_at=None, due_at=None)

    kept = save_trigger(folder, "daily", {"title": "Still over"}, by=ANNA).trigger
    begun = save_trigger(folder, "daily", {"rule": DAILY}, by=ANNA).trigger

    assert (kept.status, kept.next_at) == ("ended", None)
    assert begun.status == "enabled"
    assert begun.next_at is not None


def test_a_paused_one_stays_paused_when_it_is_changed(folder):
    trigger = make_trigger(folder, "daily")
    Trigger.objects.filter(pk=trigger.pk).update(status="paused")

    saved = save_trigger(folder, "daily", {"rule": DAILY}, by=ANNA)

    assert saved.trigger.status == "paused"


def test_times_that_nobody_looked_at_before_a_change_are_recorded(folder):
    trigger = unseen_for(make_trigger(folder, "hourly"), 3 * 3600)

    save_trigger(folder, "hourly", {"rule": DAILY}, by=ANNA)

    assert log_of(trigger) == [("missed", "dropped")]
    assert Firing.objects.get().count == 3


def test_times_of_a_pause_are_recorded_when_the_times_change(folder):
    trigger = unseen_for(make_trigger(folder, "hourly"), 3 * 3600)
    Trigger.objects.filter(pk=trigger.pk).update(status="paused")

    save_trigger(folder, "hourly", {"rule": DAILY}, by=ANNA)

    assert log_of(trigger) == [("skipped", "paused")]


def test_times_that_can_not_be_worked_out_can_be_put_right(folder):
    trigger = make_trigger(folder, "hourly")
    Trigger.objects.filter(pk=trigger.pk).update(rule={"type": "cron", "cron": "bad"})

    saved = save_trigger(folder, "hourly", {"rule": DAILY}, by=ANNA)

    assert saved.trigger.rule == DAILY


def test_without_its_calendar_no_day_is_closed_any_more(folder):
    calendar = Calendar.objects.create(
        folder=folder, key="office", title="Office", week={"mon": [["09:00", "17:00"]]}
    )
    trigger = make_trigger(folder, "daily", rule=DAILY, calendar="office", on_closed="skip")

    remove_calendar(calendar, by=ANNA)

    assert fresh(trigger).calendar is None
    save_trigger(folder, "daily", {"on_closed": "ignore", "title": "Each day"}, by=ANNA)
