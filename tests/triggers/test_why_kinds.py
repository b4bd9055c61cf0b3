"""Why a trigger without times starts nothing: what is said, and that it starts once that is so."""

from datetime import timedelta

import pytest

from apps.bots.lifecycle import claim_run, finish_run
from apps.bots.models import Run
from apps.bots.registry import ExitReport
from apps.lib.clock import database_now
from apps.queues.lifecycle import lease_items, pause_queue
from apps.triggers.deciding import StateSeen
from apps.triggers.lifecycle import look_at_queues, look_at_states
from apps.triggers.models import Delivery, Trigger
from apps.triggers.why import why_trigger
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories_limits import make_stop
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import fresh, make_trigger
from tests.waits import beat, closed_calendar, only, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    beat()
    return make_queue("invoices", folder=folder)


@pytest.fixture
def starter(folder, queue):
    """A trigger that starts a run for each three items that wait."""
    patient = sample(folder, "test.patient")
    return make_trigger(
        folder,
        kind="queue",
        rule={"queue": "invoices", "min_items": 3, "items_per_start": 3, "max_active": 1},
        target={"type": "run", "automation": patient.key},
    )


@pytest.fixture
def watcher(folder, queue):
    """A trigger that starts a run when more than two items wait."""
    patient = sample(folder, "test.patient")
    return make_trigger(
        folder,
        kind="state",
        rule={"all": [{"metric": "queue.ready", "queue": "invoices", "op": ">", "value": 2}]},
        target={"type": "run", "automation": patient.key},
    )


def why(trigger):
    return why_trigger(fresh(trigger))


def n_runs():
    return Run.objects.count()


def test_too_few_items_wait(starter, queue, supervisor_client):
    make_items(queue, 2)
    look_at_queues()

    blocker = only(why(starter))

    assert blocker.code == "condition"
    assert blocker.sentence == "2 items wait in “Invoices”; it starts from 3 on."
    assert n_runs() == 0
    make_items(queue, 1)
    assert why(starter).codes == ["nothing"]
    look_at_queues()
    assert n_runs() == 1


def test_the_queue_is_paused(starter, queue, supervisor_client):
    make_items(queue, 3)
    pause_queue(queue, reason="Month end", by=ANNA)
    look_at_queues()

    blocker = only(why(starter))

    assert (blocker.code, n_runs()) == ("queue_paused", 0)
    assert blocker.about[0].title == "Invoices"
    assert press(supervisor_client, blocker.act) == 302
    look_at_queues()
    assert n_runs() == 1


def test_as_much_as_may_is_under_way(starter, queue, folder, supervisor_client):
    make_items(queue, 9)
    look_at_queues()
    look_at_queues()

    blocker = only(why(starter))

    run = Run.objects.get()
    assert blocker.code == "active_limit"
    assert blocker.act.url == f"/runs/{run.pk}/"
    assert press(supervisor_client, blocker.act) == 200
    bot = make_bot(folder)
    claimed = claim_run(run.pool_id, bot.pk, 1)
    finish_run(run.pk, claimed.token, ExitReport())
    lease_items(queue.pk, n=1, bot="Bot 1")
    assert why(starter).codes == ["nothing"]
    look_at_queues()
    assert n_runs() == 2


def test_what_it_started_took_nothing(starter, queue, folder):
    make_items(queue, 3)
    look_at_queues()
    run = Run.objects.get()
    claimed = claim_run(run.pool_id, make_bot(folder).pk, 1)
    finish_run(run.pk, claimed.token, ExitReport())

    blocker = only(why(starter))

    assert blocker.code == "cool_down"
    assert blocker.sentence == (
        "What it started took nothing from “Invoices”, where items still wait."
    )
    lease_items(queue.pk, n=1, bot="Bot 1")
    make_items(queue, 1)
    assert why(starter).codes == ["nothing"]


def test_its_condition_does_not_hold(watcher, queue, supervisor_client):
    make_items(queue, 2)
    look_at_states()

    blocker = only(why(watcher))

    assert blocker.code == "condition"
    assert blocker.sentence == (
        "Its condition does not hold: more than 2 items wait in “Invoices” (now 2)."
    )
    make_items(queue, 1)
    look_at_states()
    assert n_runs() == 1
    assert press(supervisor_client, blocker.act) == 302
    assert n_runs() == 2


def test_its_condition_was_heeded_when_it_came_to_hold(watcher, queue):
    look_at_states()
    make_items(queue, 3)
    look_at_states()
    assert n_runs() == 1

    assert why(watcher).codes == ["overlap", "condition"]
    blocker = why(watcher).blockers[1]
    assert blocker.sentence.endswith("and was heeded then.")
    assert blocker.next == "It starts when its condition comes to hold anew."


@pytest.mark.parametrize(
    ("said", "seen", "code"),
    [
        ({"for_seconds": 600}, {"holds": True}, "condition"),
        ({"cool_down_seconds": 600}, {"holds": True, "has_started": True}, "cool_down"),
        ({"once_per": "business_date", "zone": "UTC"}, {"has_started": True}, "once_per_date"),
    ],
)
def test_it_has_to_wait_though_its_condition_holds(watcher, queue, said, seen, code):
    make_items(queue, 3)
    now = database_now()
    began = now if seen.get("has_started") else None
    state = StateSeen(holds=True, since=now, started_at=began, day=now.date().isoformat())
    rule = {**watcher.rule, **said}
    Trigger.objects.filter(pk=watcher.pk).update(rule=rule, seen=state.as_json())

    blocker = only(why(watcher))

    assert blocker.code == code
    assert now < blocker.at <= now + timedelta(days=1)
    look_at_states()
    assert n_runs() == 0


def test_all_work_is_stopped(watcher, queue, folder):
    make_items(queue, 3)
    stop = make_stop(folder)

    assert why(watcher).codes[0] == "stopped"
    look_at_states()
    assert n_runs() == 0
    stop.delete()
    assert "stopped" not in why(watcher).codes


def test_the_calendar_is_closed_today(watcher, queue, folder):
    make_items(queue, 3)
    calendar = closed_calendar(folder)
    Trigger.objects.filter(pk=watcher.pk).update(calendar=calendar, on_closed="skip")

    blocker = why(watcher).blockers[0]

    assert (blocker.code, blocker.sentence) == (
        "calendar",
        "The calendar “Office” is closed today.",
    )
    look_at_states()
    assert n_runs() == 0


def test_it_waits_for_something_to_happen(folder, queue, supervisor_client):
    trigger = make_trigger(
        folder,
        kind="event",
        rule={"source": "webhook"},
        target={"type": "items", "queue": "invoices", "items": [{"payload": {}}]},
    )

    blocker = only(why(trigger))

    assert blocker.code == "event"
    assert blocker.next == "Nothing has come yet."
    Delivery.objects.create(
        trigger=trigger, source="webhook", outcome="refused", message="Wrong signature."
    )
    assert only(why(trigger)).next == "What came last was refused: Wrong signature."
    assert press(supervisor_client, blocker.act) == 302
    assert queue.items.count() == 1


@pytest.mark.parametrize("name", ["starter", "watcher"])
def test_asking_takes_few_queries(name, request, queue, django_assert_max_num_queries):
    trigger = fresh(request.getfixturevalue(name))
    make_items(queue, 1)

    with django_assert_max_num_queries(11):
        why_trigger(trigger)
