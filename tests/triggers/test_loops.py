"""A trigger that sets itself off for ever is refused where it shows, and stopped where it runs."""

import pytest

from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.notices.models import Notice
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import cause_of, fire_for, look_at_queues, resume_trigger
from apps.triggers.lifecycle.causing import MAX_DEPTH
from apps.triggers.models import Firing, Trigger
from apps.workflows.models import WorkflowInstance
from tests.bots.workers import sample
from tests.factories import make_person
from tests.factories_queues import ANNA, make_item, make_queue
from tests.factories_triggers import adds_to, every, fresh, make_trigger
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

CLOSE = {"type": "workflow", "key": "close"}


def ended(within=60, **more):
    return {"workflow": "close", "ended": "any", "within": within, **more}


@pytest.fixture
def queue(folder):
    """The queue that the workflow `close` works in its only step."""
    found = make_queue("in", folder=folder)
    deployed(process("close").start().service("step", "in").end(), folder)
    return found


def refused(folder, **said):
    with pytest.raises(InvalidError) as error:
        make_trigger(folder, **said)
    (problem,) = error.value.fields
    assert problem.path == "target"
    return problem.message


def test_a_queue_trigger_whose_workflow_adds_to_that_queue(folder, queue):
    message = refused(folder, title="Work", kind="queue", rule={"queue": "in"}, target=CLOSE)

    assert message == ("would set itself off for ever: “Work” → items wait in “in” → “Work”")


def test_a_trigger_on_the_end_of_what_it_starts(folder, queue):
    said = {"kind": "state", "target": CLOSE}
    assert "the workflow “close” ends" in refused(folder, rule={"all": [ended()]}, **said)
    events = {"source": "internal", "events": ["instance.ended"], "of": "close"}
    assert "the workflow “close” ends" in refused(folder, kind="event", rule=events, target=CLOSE)
    sample(folder, "test.patient")
    events = {"source": "internal", "events": ["run.ended"]}
    target = {"type": "run", "automation": "test-patient"}
    assert "a run of “test-patient”" in refused(folder, kind="event", rule=events, target=target)


def test_the_way_round_through_other_triggers_is_named(folder, queue):
    out = make_queue("out", folder=folder)
    make_trigger(
        folder, "after", title="After", kind="state", rule={"any": [ended()]}, target=adds_to(out)
    )
    message = refused(folder, title="First", kind="queue", rule={"queue": "out"}, target=CLOSE)

    assert message.endswith(
        "“First” → the workflow “close” ends → “After” → items wait in “out” → “First”"
    )


def test_a_level_that_adds_to_what_it_watches(folder, queue):
    ready = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 1}
    rule = {"all": [ready], "mode": "level", "cool_down_seconds": 60}

    refused(folder, kind="state", rule=rule, target=adds_to(queue))
    make_trigger(folder, kind="state", rule={"all": [ready]}, target=adds_to(queue))
    rule["all"] = [{**ready, "op": "<="}]  # fills up what was drained
    make_trigger(folder, kind="state", rule=rule, target=adds_to(queue))


def test_what_may_stop_by_itself_is_let_through(folder, queue):
    out = make_queue("out", folder=folder)
    ready = {"metric": "queue.ready", "queue": "out", "op": ">", "value": 5}
    state = {"kind": "state", "target": CLOSE}
    make_trigger(folder, rule={"all": [ended(), ready]}, **state)
    make_trigger(folder, rule={"all": [ended("today")]}, **state)
    daily = {"once_per": "business_date", "zone": "UTC"}
    make_trigger(folder, rule={"all": [ended()], **daily}, **state)
    events = {"source": "internal", "events": ["instance.ended"], "filter": "event.id < 5"}
    make_trigger(folder, kind="event", rule=events, target=CLOSE)
    make_trigger(folder, rule=every(), target=CLOSE)
    make_trigger(folder, kind="queue", rule={"queue": out.key}, target=CLOSE)


def test_what_a_firing_started_is_known_by_its_instance_and_items(folder, queue):
    one, two = (make_trigger(folder, target=CLOSE), make_trigger(folder, target=adds_to(queue)))
    told = {"at": database_now(), "event": {}, "origin": Firing.Origin.EVENT}
    first = fire_for(one.pk, occasion="a", **told)
    second = fire_for(two.pk, occasion="a", **told)

    step = WorkItem.objects.get(origin="workflow")
    assert cause_of("instance", WorkflowInstance.objects.get().pk) == first
    assert cause_of("item", step.pk) == first
    assert cause_of("item", second.subject_id) == second
    assert cause_of("item", make_item(queue).pk) is None
    assert cause_of("run", 5) is None


def test_a_chain_that_is_too_long_is_stopped_switched_off_and_told(folder, queue):
    owner = make_person("olga", folder=folder, role="designer")
    trigger = make_trigger(folder, title="Again", target=adds_to(queue), overlap="allow")
    Trigger.objects.filter(pk=trigger.pk).update(owner=owner)
    told = {"at": database_now(), "event": {}, "origin": Firing.Origin.EVENT}
    cause = None
    for number in range(MAX_DEPTH + 2):
        cause = fire_for(trigger.pk, occasion=f"{number}", caused_by=cause, **told)

    assert (cause.outcome, cause.reason, cause.depth) == ("skipped", "loop", MAX_DEPTH + 1)
    assert "“Again” → “Again”" in cause.message
    assert WorkItem.objects.filter(queue=queue).count() == MAX_DEPTH + 1
    assert fresh(trigger).status == "auto_disabled"
    assert "9 starts in a row" in fresh(trigger).reason
    assert [notice.user for notice in Notice.objects.all()] == [owner]
    assert fire_for(trigger.pk, occasion="later", **told).reason == "paused"


def test_a_loop_that_definitions_do_not_show_ends_by_its_depth(folder, queue):
    """The workflow takes its queue from a variable: nobody can see it when the trigger is saved."""
    deployed(process("hidden").start().service("step", "=queue").end(), folder)
    target = {"type": "workflow", "key": "hidden", "variables": {"queue": "in"}}
    trigger = make_trigger(
        folder, title="Hidden", kind="queue", rule={"queue": "in", "max_active": 100}, target=target
    )
    make_item(queue)

    for _look in range(3 * MAX_DEPTH):
        look_at_queues()

    assert fresh(trigger).status == "auto_disabled"
    depths = Firing.objects.filter(outcome="fired").values_list("depth", flat=True)
    assert max(depths) == MAX_DEPTH
    assert Firing.objects.filter(reason="loop").count() == 1
    n = WorkflowInstance.objects.count()
    resume_trigger(fresh(trigger), by=ANNA)
    look_at_queues()
    assert WorkflowInstance.objects.count() == n  # the chain is as long as before
