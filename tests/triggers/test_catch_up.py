"""Three hours down: what each kind of trigger does about the time that nobody was there."""

from collections import Counter
from datetime import timedelta

import pytest

from apps.lib.clock import database_now
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due, look_at_queues, look_at_states
from apps.triggers.models import Firing, Trigger
from apps.workflows.models import WorkflowInstance
from tests.factories_queues import make_items, make_queue
from tests.factories_triggers import adds_to, every, fresh, make_trigger, unseen_for
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

HOURS = 3 * 3_600
# the last time was two minutes ago: missed like those before it
AGO = 120
# every ten minutes in three hours and a minute
TIMES = 18


def down(folder, **said):
    """Return a trigger of each ten minutes that nobody has looked at for three hours."""
    said.setdefault("rule", every(600, ago=AGO))
    trigger = make_trigger(folder, overlap=said.pop("overlap", "allow"), **said)
    return unseen_for(trigger, HOURS + 60)


def counted(trigger):
    """Return how many rows there are of each outcome, reason and origin."""
    rows = Firing.objects.filter(trigger=trigger)
    return dict(Counter(rows.values_list("outcome", "reason", "origin")))


def n_items(trigger):
    return WorkItem.objects.filter(queue__key=trigger.target["queue"]).count()


FIRED = ("fired", "", "catch_up")


@pytest.mark.parametrize(
    ("policy", "rows", "n_added"),
    [
        ({"missed": "drop"}, {("missed", "dropped", "schedule"): 18}, 0),
        (
            {"missed": "run_once"},
            {("missed", "caught_up", "schedule"): 17, FIRED: 1}, 1,
        ),
        (
            {"missed": "run_all", "max_catch_up": 5},
            {("missed", "limit", "schedule"): 13, FIRED: 5}, 5,
        ),
        ({"missed": "run_all", "max_catch_up": 100}, {FIRED: 18}, 18),
        (
            {"missed": "run_all", "max_catch_up": 5, "overlap": "skip"},
            {
                ("missed", "limit", "schedule"): 13,
                FIRED: 1,
                ("skipped", "overlap", "catch_up"): 4,
            }, 1,
        ),
        (
            {"missed": "run_all", "max_catch_up": 5, "overlap": "queue_one"},
            {
                ("missed", "limit", "schedule"): 13,
                FIRED: 1,
                ("waiting", "", "catch_up"): 1,
                ("skipped", "overlap", "catch_up"): 3,
            }, 1,
        ),
    ],
)  # fmt: skip
def test_times_of_three_hours_by_each_policy(folder, policy, rows, n_added):
    trigger = down(folder, **policy)

    fire_due()
    fire_due()

    assert counted(trigger) == rows
    assert sum(rows.values()) == TIMES
    assert n_items(trigger) == n_added
    assert fresh(trigger).next_at > database_now()


def test_a_time_that_comes_now_makes_up_for_those_that_were_missed(folder):
    trigger = down(folder, rule=every(600, ago=20), missed="run_once")

    fire_due()

    assert counted(trigger) == {
        ("missed", "caught_up", "schedule"): 18, ("fired", "", "schedule"): 1,
    }  # fmt: skip


def test_what_was_expected_is_judged_as_of_its_times(folder):
    orders = make_queue("orders", folder=folder)
    what = {"items": {"queue": "orders"}, "since": "previous"}
    alert = {"type": "alert", "title": "No orders"}
    rule = every(600, ago=AGO, expects=what)
    trigger = down(folder, kind="expected", rule=rule, target=alert, missed="run_all")
    Trigger.objects.filter(pk=trigger.pk).update(max_catch_up=18)
    first = fresh(trigger).next_at
    for number in (0, 1, 5):  # in time for the first two times, and for the sixth
        ids = make_items(orders, 1)
        at = first + timedelta(seconds=600 * number - 300)
        WorkItem.objects.filter(pk__in=ids).update(entered_at=at)

    fire_due()

    assert counted(trigger) == {
        ("skipped", "arrived", "catch_up"): 3, ("fired", "missing", "catch_up"): 15,
    }  # fmt: skip
    dropped = down(folder, kind="expected", rule=rule, target=alert, missed="drop")
    fire_due()
    assert counted(dropped) == {("missed", "dropped", "schedule"): 18}


def test_conditions_that_began_to_hold_meanwhile_start_once(folder):
    queue, out = make_queue("in", folder=folder), make_queue("out", folder=folder)
    ready = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 1}
    edge = make_trigger(folder, kind="state", rule={"all": [ready]}, target=adds_to(out))
    level = make_trigger(
        folder,
        kind="state",
        rule={"all": [ready], "mode": "level", "cool_down_seconds": 600},
        target=adds_to(out),
        overlap="allow",
    )
    look_at_states()
    for trigger in (edge, level):
        seen = fresh(trigger).seen
        seen["since"] = (database_now() - timedelta(seconds=HOURS)).isoformat()
        Trigger.objects.filter(pk=trigger.pk).update(seen=seen)
    make_items(queue, 3)

    look_at_states()
    look_at_states()

    assert counted(edge) == counted(level) == {("fired", "", "state"): 1}


def test_items_that_came_meanwhile_start_as_much_as_is_allowed_at_once(folder):
    queue = make_queue("in", folder=folder)
    deployed(process("work").start().user("look").end(), folder)
    trigger = make_trigger(
        folder,
        kind="queue",
        rule={"queue": "in", "max_active": 4, "items_per_start": 5},
        target={"type": "workflow", "key": "work"},
    )
    make_items(queue, 100)

    look_at_queues()
    look_at_queues()

    assert counted(trigger)[("fired", "", "queue")] == 4
    assert WorkflowInstance.objects.count() == 4
