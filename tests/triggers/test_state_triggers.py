"""State triggers start something when what they say about queues, values and ends becomes true."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.assets.models import Asset
from apps.bots.lifecycle import create_run
from apps.bots.models import Run
from apps.calendars.models import Calendar
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.limits.lifecycle import stop_folder
from apps.queues.counts import fold_counters
from apps.queues.lifecycle import cancel_item, hold_item
from apps.queues.models import CounterDelta, MinuteCount, Parked, WorkItem
from apps.triggers.lifecycle import (
    fire_for,
    look_at_states,
    pause_trigger,
    resume_trigger,
    save_trigger,
)
from apps.triggers.models import Firing, Trigger
from apps.workflows.lifecycle import cancel_instance, start_instance
from tests.bots.workers import sample
from tests.factories_queues import ANNA, make_item, make_queue
from tests.factories_triggers import adds_to, fresh, log_of, make_trigger
from tests.queues.owned import lease_all
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    """What is watched."""
    return make_queue("in", folder=folder)


@pytest.fixture
def out(folder):
    """Where state triggers of these tests add an item."""
    return make_queue("out", folder=folder)


def ready(op=">=", value=1, queue="in"):
    return {"metric": "queue.ready", "queue": queue, "op": op, "value": value}


def state_trigger(out, *conditions, **rule):
    said = {"all": list(conditions), **rule}
    trigger = make_trigger(out.folder, kind="state", rule=said, target=adds_to(out))
    look_at_states()  # what holds already is no beginning
    return trigger


def begins(trigger):
    """Say whether it has started something since it was asked last, and look."""
    before = Firing.objects.filter(trigger=trigger, outcome="fired").count()
    look_at_states()
    return Firing.objects.filter(trigger=trigger, outcome="fired").count() > before


def shift(trigger, seconds):
    """Have it seen the same, so many seconds earlier."""
    seen = fresh(trigger).seen
    for name in ("since", "started_at"):
        if seen[name]:
            moment = timezone.datetime.fromisoformat(seen[name]) - timedelta(seconds=seconds)
            seen[name] = moment.isoformat()
    Trigger.objects.filter(pk=trigger.pk).update(seen=seen)


def test_it_starts_once_when_items_begin_to_wait(queue, out):
    trigger = state_trigger(out, ready())
    assert not begins(trigger)

    make_item(queue)

    assert begins(trigger)
    assert not begins(trigger)
    firing = Firing.objects.get()
    assert (firing.origin, firing.reason, firing.depth) == ("state", "", 0)
    (part,) = firing.event["conditions"]
    assert (part["value"], part["holds"]) == (1.0, True)
    assert WorkItem.objects.get(queue=out).origin == "trigger"


def test_that_it_fell_is_recorded_and_repeats_are_counted_in_one_row(queue, out):
    trigger = state_trigger(out, ready(), cool_down_seconds=600)
    for _time in range(3):
        item = make_item(queue)
        look_at_states()
        cancel_item(item.pk, by=ANNA, reason="no")
        look_at_states()

    assert log_of(trigger) == [("fired", ""), ("skipped", "condition"), ("skipped", "cool_down")]
    assert Firing.objects.get(reason="condition").count == 3
    assert Firing.objects.get(reason="cool_down").count == 2


def test_it_must_hold_for_a_while(queue, out):
    trigger = state_trigger(out, ready(), for_seconds=60)
    make_item(queue)

    assert not begins(trigger)
    shift(trigger, 61)
    assert begins(trigger)


def test_a_level_starts_again_after_its_cool_down(queue, out):
    make_item(queue)
    trigger = state_trigger(out, ready(), mode="level", cool_down_seconds=30)
    Trigger.objects.update(overlap="allow")

    assert log_of(trigger) == [("fired", "")]
    assert not begins(trigger)
    shift(trigger, 31)
    assert begins(trigger)


def test_it_starts_once_a_business_date_and_not_on_closed_days(folder, queue, out):
    trigger = state_trigger(out, ready(">", 0), once_per="business_date", zone="Europe/Berlin")
    make_item(queue)
    assert begins(trigger)
    days = {f"{database_now() + timedelta(days=n):%Y-%m-%d}": [] for n in (0, 1)}
    open_days = {"mon": [["08:00", "17:00"]]}
    Calendar.objects.create(folder=folder, key="never", title="N", week=open_days, days=days)
    said = {"calendar": "never", "on_closed": "skip"}
    closed = make_trigger(
        folder,
        kind="state",
        rule={"any": [ready(">", 1)], "zone": "UTC"},
        target=adds_to(out),
        **said,
    )
    look_at_states()
    make_item(queue)

    assert not begins(closed)
    assert log_of(closed) == [("skipped", "calendar")]


@pytest.mark.parametrize(
    ("metric", "value", "bring_about"),
    [
        ("queue.in_progress", 1, "lease"),
        ("queue.needs_decision", 1, "park"),
        ("queue.oldest_seconds", 3_600, "age"),
        ("queue.failure_share", 0.5, "fail"),
    ],
)
def test_each_number_of_a_queue_is_measured(queue, out, metric, value, bring_about):
    condition = {"metric": metric, "queue": "in", "op": ">=", "value": value}
    trigger = state_trigger(out, condition)
    assert not begins(trigger)

    {"lease": _lease, "park": _park, "age": _age, "fail": _fail}[bring_about](queue)

    assert begins(trigger), fresh(trigger).seen


def _lease(queue):
    make_item(queue)
    lease_all(queue)


def _park(queue):
    hold_item(make_item(queue).pk, by=ANNA, reason="no")
    Parked.objects.update(status="needs_decision")
    CounterDelta.objects.filter(measure="on_hold").update(measure="needs_decision")


def _age(queue):
    item = make_item(queue)
    WorkItem.objects.filter(pk=item.pk).update(entered_at=database_now() - timedelta(hours=2))


def _fail(queue):
    minute = database_now().replace(second=0, microsecond=0)
    for measure, n in (("successful", 1), ("application_exception", 1), ("lost", 1)):
        MinuteCount.objects.create(queue_id=queue.pk, minute=minute, measure=measure, n=n)


def test_folded_and_unfolded_counts_are_one(queue, out):
    trigger = state_trigger(out, ready(value=2))
    make_item(queue)
    fold_counters()
    assert not begins(trigger)

    make_item(queue)

    assert begins(trigger)


def test_the_value_of_an_asset_is_compared(folder, out):
    asset = Asset.objects.create(folder=folder, key="open", title="Open", kind="flag", value=False)
    trigger = state_trigger(out, {"asset": "open", "op": "=", "value": True})
    assert not begins(trigger)

    asset.value = True
    asset.save(update_fields=["value"])

    assert begins(trigger)


def test_the_end_of_a_workflow_sets_it_off(folder, out):
    workflow = deployed(process("close").start().user("look").end(), folder)
    trigger = state_trigger(out, {"workflow": "close", "ended": "any", "within": "today"})
    instance = start_instance(workflow, {}, by=ANNA)
    assert not begins(trigger)

    cancel_instance(instance, by=ANNA, reason="no")

    assert begins(trigger)


def test_the_end_of_a_run_sets_it_off(folder, out):
    automation = sample(folder, "test.patient")
    trigger = state_trigger(out, {"automation": "test-patient", "ended": "failed", "within": 600})
    run = create_run(automation.current_version, by=ANNA)
    assert not begins(trigger)
    Run.objects.filter(pk=run.pk).update(status="faulted", ended_at=database_now())

    assert begins(trigger)


def test_the_start_of_another_trigger_sets_it_off_and_the_chain_is_known(folder, queue, out):
    first = state_trigger(out, ready())
    second = state_trigger(out, {"trigger": first.key, "fired": "today"})
    make_item(queue)
    assert begins(first)

    assert begins(second)

    firing = Firing.objects.get(trigger=second)
    assert (firing.caused_by.trigger_id, firing.depth) == (first.pk, 1)


def test_what_holds_when_it_is_saved_resumed_or_changed_is_no_beginning(folder, queue, out):
    make_item(queue)
    trigger = state_trigger(out, ready())
    assert not begins(trigger)
    pause_trigger(trigger, by=ANNA)
    resume_trigger(trigger, by=ANNA)
    assert not begins(trigger)
    save_trigger(folder, trigger.key, {"rule": {"any": [ready()]}}, by=ANNA)
    assert not begins(trigger)
    assert not Firing.objects.exists()


def test_a_stop_leaves_a_beginning_out_and_says_so_once(folder, queue, out):
    trigger = state_trigger(out, ready())
    stop_folder(folder, reason="fire", by=ANNA)
    make_item(queue)

    for _look in range(3):
        assert not begins(trigger)

    assert log_of(trigger) == [("skipped", "stopped")]


def test_one_that_is_not_on_is_not_looked_at(queue, out):
    trigger = state_trigger(out, ready())
    pause_trigger(trigger, by=ANNA)
    make_item(queue)

    assert not begins(trigger)
    assert not Firing.objects.exists()


def test_the_number_of_statements_does_not_grow_with_the_number_of_triggers(queue, out):
    state_trigger(out, ready(value=100))
    look_at_states()
    with CaptureQueriesContext(connection) as few:
        look_at_states()
    for number in range(20):
        state_trigger(out, ready(value=100 + number))
    look_at_states()
    with CaptureQueriesContext(connection) as many:
        look_at_states()

    assert len(many) == len(few) <= 3


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"all": [ready(queue="none")]}, "rule.all.0.queue"),
        ({"any": [ready(), {"all": [ready(queue="none")]}]}, "rule.any.1.all.0.queue"),
        ({"all": [{"asset": "none", "op": "=", "value": 1}]}, "rule.all.0.asset"),
        ({"all": [{"asset": "secret", "op": "=", "value": "x"}]}, "rule.all.0.asset"),
        ({"all": [{"workflow": "none", "ended": "any", "within": 5}]}, "rule.all.0.workflow"),
        ({"all": [{"automation": "no", "ended": "any", "within": 5}]}, "rule.all.0.automation"),
        ({"all": [{"trigger": "none", "fired": "today"}]}, "rule.all.0.trigger"),
        ({"all": [ready()], "mode": "level"}, "rule.cool_down_seconds"),
    ],
)
def test_what_there_is_not_is_refused_where_it_stands(folder, queue, out, said, field):
    Asset.objects.create(
        folder=folder, key="secret", title="S", kind="secret", sealed=b"x", key_name="k"
    )

    with pytest.raises(InvalidError) as error:
        make_trigger(folder, kind="state", rule=said, target=adds_to(out))

    assert [each.path for each in error.value.fields] == [field]


def test_an_occasion_starts_something_once_however_often_it_is_told(out):
    trigger = state_trigger(out, ready(queue="out", value=100))
    told = {"at": database_now(), "event": {"n": 1}, "origin": Firing.Origin.EVENT}

    first = fire_for(trigger.pk, occasion="order 5", **told)
    again = fire_for(trigger.pk, occasion="order 5", **told)
    other = fire_for(trigger.pk, occasion="order 6", **told)

    assert first.pk == again.pk != other.pk
    assert other.reason == "overlap"
    assert WorkItem.objects.filter(queue=out).count() == 1
    assert not Event.objects.filter(kind="trigger.fired").exists()
