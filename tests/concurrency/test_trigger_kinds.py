"""Several schedulers look at the same queues and states, and hear the same events."""

import pytest

from apps.lib.clock import database_now
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_for, look_at_queues, look_at_states
from apps.triggers.models import Firing
from apps.workflows.models import WorkflowInstance
from tests.concurrency.racing import race, race_same
from tests.factories import make_folder
from tests.factories_queues import make_items, make_queue
from tests.factories_triggers import adds_to, fresh, make_trigger
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

SCHEDULERS = 4
TRIGGERS = 10


def test_an_occasion_that_many_tell_of_at_once_starts_something_once():
    trigger = make_trigger(overlap="allow")
    at = database_now()

    def tell(number):
        occasion = f"order {number % 3}"
        told = {"at": at, "event": {"n": number}, "origin": Firing.Origin.EVENT}
        return fire_for(trigger.pk, occasion=occasion, **told).pk

    told = race_same(12, tell)

    assert len(set(told)) == 3
    assert WorkItem.objects.count() == 3


def test_conditions_that_begin_to_hold_start_each_trigger_once():
    queue = make_queue("in")
    out = make_queue("out", folder=queue.folder)
    ready = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 1}
    rule = {"all": [ready]}
    triggers = [
        make_trigger(queue.folder, kind="state", rule=rule, target=adds_to(out))
        for _number in range(TRIGGERS)
    ]
    race_same(SCHEDULERS, lambda _number: look_at_states())
    make_items(queue, 1)

    race_same(SCHEDULERS, lambda _number: [look_at_states() for _look in range(3)])

    for trigger in triggers:
        assert Firing.objects.filter(trigger=trigger).count() == 1
        assert fresh(trigger).seen["holds"]
    assert WorkItem.objects.filter(queue=out).count() == TRIGGERS


def test_no_more_is_under_way_than_a_queue_trigger_allows_while_items_come_in():
    folder = make_folder()
    queue = make_queue("in", folder=folder)
    deployed(process("work").start().user("look").end(), folder)
    rule = {"queue": "in", "max_active": 3}
    target = {"type": "workflow", "key": "work"}
    trigger = make_trigger(folder, kind="queue", rule=rule, target=target)

    def look(_number=0):
        return [look_at_queues() for _look in range(5)]

    race(*[look] * SCHEDULERS, lambda: [make_items(queue, 1) for _item in range(20)])
    look()

    assert WorkflowInstance.objects.count() == 3
    fired = Firing.objects.filter(trigger=trigger, outcome="fired")
    assert sorted(pk for each in fired for pk in each.subject_ids) == sorted(
        WorkflowInstance.objects.values_list("pk", flat=True)
    )
    assert len(fresh(trigger).seen["active"]) == 3
