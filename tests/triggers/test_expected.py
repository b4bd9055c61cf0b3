"""Triggers that expect something by a time: there, nothing happens; missing, they start."""

import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.inbox.models import UserTask
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.notices.models import Notice
from apps.queues.models import WorkItem
from apps.triggers.conditions import Expected
from apps.triggers.lifecycle import fire_due, save_trigger
from apps.triggers.models import Firing
from tests.factories import make_person
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import due_trigger, every, fresh, log_of, make_trigger, unseen_for

pytestmark = pytest.mark.django_db

ALERT = {"type": "alert", "title": "No orders", "message": "Since {event.since}: {event.found}"}


@pytest.fixture
def queue(folder):
    """Where orders are expected."""
    return make_queue("orders", folder=folder)


def expecting(folder, what, **said):
    """Return a trigger whose time has come half a minute ago."""
    rule = every(86_400, ago=30, expects=what)
    said.setdefault("target", ALERT)
    return unseen_for(make_trigger(folder, kind="expected", rule=rule, **said), 40)


def items(n=1, **more):
    return {"items": {"queue": "orders", "at_least": n}, **more}


def entered(queue, n, ago):
    ids = make_items(queue, n)
    at = database_now() - timedelta(seconds=ago)
    WorkItem.objects.filter(pk__in=ids).update(entered_at=at)


def test_what_is_missing_starts_the_target_and_says_what_was_there(folder, queue):
    owner = make_person("olga", folder=folder, role="supervisor")
    trigger = expecting(folder, items(3, since="previous"), owner="olga")
    entered(queue, 2, ago=40)
    entered(queue, 5, ago=10)  # after the time

    fire_due()

    assert log_of(trigger) == [("fired", "missing")]
    firing = Firing.objects.get()
    assert (firing.message, firing.subject_type, firing.label) == (
        "2 of 3 have come.", "alert", "No orders",
    )  # fmt: skip
    assert (firing.event["found"], firing.event["until"]) == (2, firing.planned_at.isoformat())
    notice = Notice.objects.get()
    assert (notice.user, notice.title, notice.kind) == (owner, "No orders", "trigger_alert")
    assert notice.body.endswith(": 2")
    assert fresh(trigger).next_at > database_now()


def test_what_is_there_in_time_is_left_out_and_recorded(folder, queue):
    trigger = expecting(folder, items(2, since="previous"))
    entered(queue, 2, ago=31)

    fire_due()

    assert log_of(trigger) == [("skipped", "arrived")]
    assert Firing.objects.get().event["found"] == 2
    assert not Notice.objects.exists()


def test_looked_at_late_it_counts_what_was_there_at_the_time(folder, queue):
    rule = every(3_600, ago=600, expects=items(since="previous"))
    trigger = make_trigger(folder, kind="expected", rule=rule, target=ALERT, missed="run_all")
    unseen_for(trigger, 3 * 3_600)
    entered(queue, 1, ago=660 + 3_600)

    fire_due()

    # of three hours, what was there in the second came in time; the others were made up for
    assert log_of(trigger) == [("fired", "missing"), ("skipped", "arrived"), ("fired", "missing")]


def test_what_came_counts_since_midnight_or_since_the_time_before():
    berlin = ZoneInfo("Europe/Berlin")
    seven = database_now().astimezone(berlin).replace(hour=7, minute=0, second=0, microsecond=0)
    midnight, six = seven.replace(hour=0), seven.replace(hour=6)
    before = seven - timedelta(days=1)
    expected = Expected(kind="items", key="orders")

    assert expected.begins(seven, None, berlin) == midnight
    assert expected.begins(seven, before, berlin) == midnight
    assert expected.begins(seven, six, berlin) == six
    since_before = Expected(kind="items", key="orders", since="previous")
    assert since_before.begins(seven, before, berlin) == before


def test_the_start_of_another_trigger_is_expected(folder, queue):
    other = due_trigger(folder, rule=every(ago=20))
    early = expecting(folder, {"trigger": other.key, "since": "previous"})
    fire_due()
    assert set(log_of(early)) == {("fired", "missing")}  # it started after the time

    rule = every(86_400, ago=30, expects={"trigger": other.key, "since": "previous"})
    late = make_trigger(folder, kind="expected", rule=rule, target=ALERT)
    Firing.objects.filter(trigger=other).update(fired_at=database_now() - timedelta(seconds=50))
    unseen_for(late, 40)
    fire_due()
    assert log_of(late) == [("skipped", "arrived")]


def test_a_file_is_expected_in_a_watched_folder(folder, queue, settings, tmp_path):
    settings.WATCHED_DIR = tmp_path
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "orders-1.csv"
    file.write_text("x")
    written = (database_now() - timedelta(seconds=60)).timestamp()
    os.utime(file, (written, written))
    what = {"file": {"folder": "in", "pattern": "orders-*.csv"}, "since": "previous"}
    there = expecting(folder, what)
    other = expecting(folder, {**what, "file": {"folder": "in", "pattern": "*.xml"}})
    fire_due()

    assert log_of(there) == [("skipped", "arrived")]
    assert log_of(other) == [("fired", "missing")]
    (tmp_path / "out").symlink_to(tmp_path / "in")
    what["file"] = {"folder": "out", "pattern": "*"}
    leading_away = expecting(folder, what)
    fire_due()
    assert log_of(leading_away) == [("fired", "missing")]
    assert "could not be looked into" in Firing.objects.get(trigger=leading_away).message


def test_a_task_for_a_team_or_a_person_is_opened_and_counts_as_under_way(folder, queue):
    make_person("tom", folder=folder, role="business_user")
    target = {"type": "task", "title": "Call them ({date})", "assignee": "tom"}
    trigger = expecting(folder, items(), target=target)

    fire_due()

    task = UserTask.objects.get()
    firing = Firing.objects.get()
    assert task.title == f"Call them ({firing.planned_at:%Y-%m-%d})"
    assert (firing.subject_type, firing.subject_ids) == ("task", [task.pk])
    assert task.offered_to[0].startswith("user:")
    save_trigger(folder, trigger.key, {"rule": every(86_400, ago=25, expects=items())}, by=ANNA)
    unseen_for(fresh(trigger), 30)
    fire_due()
    assert log_of(trigger)[-1] == ("skipped", "overlap")


DAILY = {"type": "cron", "cron": "0 7 * * *", "zone": "Europe/Berlin"}


def daily(expects):
    return {**DAILY, "expects": expects}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rule": DAILY}, "rule.expects"),
        ({"rule": daily({})}, "rule.expects"),
        ({"rule": daily({"items": 5})}, "rule.expects.items"),
        ({"rule": daily({"items": {"queue": "no"}})}, "rule.expects.items.queue"),
        ({"rule": daily(items(0))}, "rule.expects.items.at_least"),
        ({"rule": daily(items(colour=1))}, "rule.expects"),
        ({"rule": daily(items(since="ever"))}, "rule.expects.since"),
        ({"rule": daily({"trigger": "none"})}, "rule.expects.trigger"),
        ({"rule": daily({"file": {"folder": "../x", "pattern": "*"}})},
         "rule.expects.file.folder"),
        ({"rule": {**daily(items()), "type": "never"}}, "rule.type"),
        (
            {"kind": "time", "rule": daily(items()), "target": {"type": "alert", "title": "T"}},
            "rule.expects",
        ),
        ({"target": {**ALERT, "title": " "}}, "target.title"),
        ({"target": {**ALERT, "to": "all"}}, "target.to"),
        ({"target": {**ALERT, "message": 5}}, "target.message"),
        ({"target": {"type": "task", "title": "T"}}, "target.team"),
        ({"target": {"type": "task", "title": "T", "team": "none"}}, "target.team"),
        ({"target": {"type": "task", "title": "T", "assignee": "none"}}, "target.assignee"),
        ({"kind": "time", "rule": DAILY}, "target.message"),
        ({"kind": "queue", "rule": {"queue": "orders"}}, "target.type"),
        ({"kind": "sometimes"}, "kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(folder, queue, wrong, field):
    said = {"kind": "expected", "rule": daily(items()), "target": ALERT, **wrong}

    with pytest.raises(InvalidError) as error:
        make_trigger(folder, **said)

    assert [each.path for each in error.value.fields] == [field]
