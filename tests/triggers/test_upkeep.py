"""What the scheduler does for triggers besides starting what is due."""

from datetime import timedelta

import pytest

from apps.calendars.lifecycle import save_calendar
from apps.calendars.models import Calendar
from apps.events.delivery import deliver_outbox
from apps.lib.clock import database_now
from apps.triggers.models import Firing, FolderPause, Trigger
from apps.triggers.upkeep import fire_due, prune, replan
from tests.factories_queues import ANNA
from tests.factories_triggers import due_trigger, fresh, log_of, make_trigger, unseen_for

pytestmark = pytest.mark.django_db

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPEN = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


def test_the_scheduler_starts_what_is_due(folder):
    trigger = due_trigger(folder)

    assert fire_due() == 1
    assert log_of(trigger) == [("fired", "")]


def test_a_change_of_the_calendar_moves_the_next_time(folder):
    calendar = Calendar.objects.create(folder=folder, key="c", title="C", week=OPEN)
    rule = {"type": "cron", "cron": "0 12 * * *", "zone": "UTC"}
    trigger = make_trigger(folder, rule=rule, calendar="c", on_closed="next")
    day = trigger.next_at.date()

    save_calendar(calendar, {"days": {day.isoformat(): []}}, by=ANNA)
    deliver_outbox(100)

    assert fresh(trigger).next_at > trigger.next_at
    assert fresh(trigger).due_at == fresh(trigger).next_at
    assert fresh(trigger).version == trigger.version


def test_planning_anew_leaves_what_is_due_and_what_is_right(folder):
    due, right = due_trigger(folder), make_trigger(folder)
    wrong = make_trigger(folder)
    later = database_now() + timedelta(days=3)
    Trigger.objects.filter(pk=wrong.pk).update(next_at=later, due_at=later)
    broken = make_trigger(folder)
    Trigger.objects.filter(pk=broken.pk).update(rule={})

    assert replan() == 1

    assert fresh(due).next_at == due.next_at
    assert fresh(right).next_at == right.next_at
    assert fresh(wrong).next_at == wrong.next_at
    assert fresh(broken).next_at == broken.next_at


def test_old_rows_of_the_start_log_are_dropped_but_the_newest_of_a_trigger(folder, settings):
    settings.FIRING_DAYS_KEPT = 30
    trigger = unseen_for(make_trigger(folder, missed="drop"), 5 * 3600)
    fire_due()
    newest = Firing.objects.latest("planned_at")
    n = Firing.objects.count()
    old = database_now() - timedelta(days=31)
    Firing.objects.update(fired_at=old)
    FolderPause.objects.create(folder=folder, until=old, by="Anna")

    assert prune() == n - 1

    assert Firing.objects.get() == newest
    assert not FolderPause.objects.exists()
    assert log_of(trigger)
