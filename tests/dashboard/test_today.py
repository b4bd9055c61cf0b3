"""Today: planned, done, late; and what each day before was like."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.dashboard.days import day_named, queues_of_day, sums_of
from apps.dashboard.deadlines import record_deadlines
from apps.dashboard.starts import next_starts, plan_of
from apps.events.bus import deliver_outbox
from apps.lib.clock import database_now
from apps.queues.models import Attempt, WorkItem
from apps.queues.upkeep import fold_counters
from apps.triggers.models import Firing, Trigger
from tests.factories import make_folder
from tests.factories_triggers import make_trigger
from tests.queues.pages import SCRIPT, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def queue(folder):
    return queue_in(folder, on_business_exception="fail")


def day_of(text=""):
    return day_named(text)


def a_day(folder, begin, *, now):
    return plan_of([folder.pk], begin, begin + DAY, now)


# --- which day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-40", "0001-01-01", "9999-12-31", "💥", "2026-11-23" * 500]
)
def test_what_is_no_day_is_today(supervisor_client, text):
    answer = supervisor_client.get("/today/", {"day": text})

    assert answer.status_code == 200
    assert day_named(text).is_today
    assert "<h1" in answer.text
    assert "The day after" not in answer.text


def test_a_day_has_the_length_that_its_zone_gives_it(monkeypatch):
    from django.utils import timezone

    with timezone.override(ZoneInfo("Europe/Berlin")):
        # clocks went back in that night
        autumn = day_named("2025-10-26")

    assert autumn.end - autumn.begin == DAY
    assert autumn.end.timestamp() - autumn.begin.timestamp() == 25 * 3600
    assert not autumn.is_today
    assert autumn.following == autumn.date + DAY


def test_one_can_go_back_and_forth(supervisor_client):
    page = supervisor_client.get("/today/?day=2026-03-01").text

    assert "?day=2026-02-28" in page
    assert "?day=2026-03-02" in page
    assert "Sunday, 1 March 2026" in page


# --- done -----------------------------------------------------------------------------------------


def test_each_queue_says_what_came_in_and_what_became_of_it(folder, queue):
    tried(queue, Outcome.SUCCESSFUL, reference="A")
    tried(queue, Outcome.BUSINESS_EXCEPTION, reference="B")
    late = waiting(queue, "C")
    WorkItem.objects.filter(pk=late.pk).update(due_at=database_now() - timedelta(seconds=5))
    queue_in(folder, "quiet", title="A quiet one")
    fold_counters()
    record_deadlines()

    rows = queues_of_day(frozenset([folder.pk]), day_of())

    first, last = rows
    assert (first.added, first.done, first.failed, first.waiting) == (3, 1, 1, 1)
    assert (first.n_due, first.n_missed, first.in_time) == (1, 1, 0)
    # what has nothing to tell comes last, whatever it is called
    assert last.is_quiet
    assert sums_of(rows).done == 1


def test_a_day_before_knows_nothing_of_what_waits_now(folder, queue):
    waiting(queue)
    fold_counters()

    (row,) = queues_of_day(frozenset([folder.pk]), day_of("2026-01-05"))

    assert (row.added, row.waiting, row.foretold) == (0, None, None)


def test_late_is_what_was_due_and_what_people_did_not_decide(supervisor_client, queue, folder):
    item = waiting(queue, "LATE-1")
    done = tried(queue_in(folder, "quick"), Outcome.SUCCESSFUL, reference="DONE-1")
    late = WorkItem.objects.filter(pk__in=[item.pk, done.pk])
    late.update(due_at=database_now() - timedelta(seconds=60))
    asked = queue_in(folder, "asks")
    tried(asked, Outcome.BUSINESS_EXCEPTION, reference="ASKED-1", message="Total?")
    deliver_outbox()
    from apps.inbox.models import UserTask

    UserTask.objects.update(due_at=database_now() - HOUR)
    record_deadlines()

    page = supervisor_client.get("/today/").text

    part = page.split('id="late"')[1].split("</section>")[0]
    assert "LATE-1" in part
    assert "/inbox/" in part
    # what was done late is in the list, but nothing is to be done about it
    assert "2 today" in part
    assert "DONE-1" not in part


# --- planned --------------------------------------------------------------------------------------


def firing(trigger, at, outcome, **values):
    return Firing.objects.create(trigger=trigger, planned_at=at, outcome=outcome, **values)


def test_what_became_of_each_start(folder):
    begin = datetime(2026, 3, 2, tzinfo=ZoneInfo("UTC"))
    trigger = make_trigger(folder, title="Invoices at eight")
    firing(trigger, begin + 8 * HOUR, "fired", label="8 items")
    firing(trigger, begin + 9 * HOUR, "missed", reason="dropped", count=3)
    firing(trigger, begin - HOUR, "fired")
    by_hand = firing(trigger, begin + 10 * HOUR, "fired", origin="person")

    plan = a_day(folder, begin, now=begin + 5 * DAY)

    assert [(line.clock, line.title) for line in plan.past] == [
        ("09:00", "Invoices at eight"), ("08:00", "Invoices at eight"),
    ]  # fmt: skip
    # one line stands for three missed times
    assert (plan.n_past, plan.n_started, plan.n_gone_wrong) == (4, 1, 3)
    assert plan.to_come == []
    assert by_hand.pk


def test_other_folders_plans_are_not_shown(supervisor_client, folder):
    make_trigger(make_folder(), title="Secret plan")
    make_trigger(folder, title="Our plan")

    for page in ("/", "/today/"):
        text = supervisor_client.get(page).text
        assert "Secret plan" not in text
    assert "Our plan" in supervisor_client.get("/").text


def test_the_next_starts_are_the_next(folder):
    now = database_now()
    for hours in (3, 1, 2):
        trigger = make_trigger(folder, title=f"in {hours} h")
        Trigger.objects.filter(pk=trigger.pk).update(next_at=now + hours * HOUR)
    paused = make_trigger(folder, title="paused")
    Trigger.objects.filter(pk=paused.pk).update(status=Trigger.Status.PAUSED)

    starts = next_starts([folder.pk], now)

    assert [start.trigger.title for start in starts] == ["in 1 h", "in 2 h", "in 3 h"]


def test_titles_stay_text(supervisor_client, folder):
    make_trigger(folder, title=SCRIPT)

    for page in ("/", "/today/"):
        assert SCRIPT not in supervisor_client.get(page).text


def test_only_reading_and_only_signed_in(supervisor_client, client):
    assert supervisor_client.post("/today/").status_code == 405
    assert client.get("/today/").status_code == 302


@pytest.mark.parametrize("role", ["business_client", "auditor_client", "designer_client"])
def test_every_role_may_see_it(request, queue, role):
    assert request.getfixturevalue(role).get("/today/").status_code == 200
