"""Processes that step are killed between any two statements: nothing is lost or done twice."""

import random
from collections import Counter

import pytest
from django.db import connection

from apps.events.delivery import deliver_outbox
from apps.events.models import Outbox
from apps.queues.checks import item_faults
from apps.queues.lifecycle import Result, finish_and_lease, finish_items
from apps.queues.models import Attempt, Lease, WorkItem, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.checks import instance_faults
from apps.workflows.models import Incident, StepInstance, WorkflowInstance
from tests.concurrency.mortals import die_at
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import ANNA, deployed
from tests.workflows.models import message, process, timer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

N_INSTANCES = 4
# Messages that a whole walk of all instances sends to the database, at least
LATEST_DEATH = 250

# two tokens come to each join
VISITS = Counter(
    start=1, fork=1, left=1, inner=1, inner_start=1, inside=1, inner_end=1, join=2, each=1,
    sub=1, pause=1, part=1, say=1, hear=1, meet=2, last=1, end=1,
)  # fmt: skip
ITEMS = Counter(left=1, inside=1, each=3, child=1, last=1)


def everything(folder):
    """Deploy a workflow with most of what a step can do, and return it."""
    deployed(process("called").start("child_start").service("child").end("child_end"), folder)
    model = (
        process("all").start().parallel("fork")
        .service("left").parallel("join")
        .service("each").each("lines", element_name="line", output="totals",
                              output_element="=total")
        .call("sub", "called")
        .catch("pause", timer(duration="PT0S"))
        .parallel("part").throw("say", message("go", "=key")).parallel("meet")
        .service("last").end()
        .at("part").receive("hear", "go", "=key").to("meet")
        .at("fork").subprocess("inner")
        .start("inner_start").service("inside").end("inner_end").done().to("join")
    )  # fmt: skip
    return deployed(model, folder)


ANSWERS = {
    "left": lambda payload: {"left": payload["n"] * 2},
    "inside": lambda payload: {"inside": payload["n"] * 3},
    "each": lambda payload: {"total": payload["line"] + payload["n"]},
    "child": lambda payload: {"child": sum(payload["totals"])},
    "last": lambda payload: {"last": payload["left"] + payload["inside"] + payload["child"]},
}


def given_to(n):
    return {"n": n, "key": f"K-{n}", "lines": [1, 2, 3]}


def result_of(n, key, lines):
    totals = [line + n for line in lines]
    return {
        "n": n, "key": key, "lines": lines, "left": n * 2, "inside": n * 3, "totals": totals,
        "child": sum(totals), "last": n * 5 + sum(totals),
    }  # fmt: skip


def walk() -> None:
    """Play bots, worker and scheduler until all instances are over."""
    give_back_what_the_dead_held()
    queues = {queue.key: queue.pk for queue in WorkQueue.objects.all()}
    while WorkflowInstance.objects.filter(ended_at=None).exists():
        for key, queue_id in queues.items():
            _none, items = finish_and_lease([], queue_id=queue_id, n=2, bot="b")
            finish_items(
                [result(each.id, each.token, ANSWERS[key](each.payload)) for each in items]
            )
        deliver_outbox(3)
        lifecycle.fire_due_timers()
    # what ended last is told, too, even by somebody who came after it
    while deliver_outbox():
        pass


def result(item_id, token, output):
    return Result(item_id, token, Attempt.Outcome.SUCCESSFUL, output)


def give_back_what_the_dead_held() -> None:
    """As leases that run out; without counting the losses, for they are many here."""
    held = Lease.objects.values_list("item_id", "token")
    finish_items([Result(*each, Attempt.Outcome.RELEASED) for each in held])


def survive(kills: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    try:
        _survive(kills, random.Random(seed))
    except AssertionError as error:
        error.add_note(f"The kills came by seed {seed}.")
        raise


def _survive(kills: int, chance: random.Random) -> None:
    workflow = everything(make_folder())
    died = 0
    given = []
    while died < kills:
        # a new lot as soon as the last has got through
        n = len(given)
        lots = [given_to(n + each) for each in range(N_INSTANCES)]
        lifecycle.start_instances(workflow, lots, by=ANNA)
        given += lots
        while died < kills and die_at(chance.randint(1, LATEST_DEATH), walk):
            died += 1
    die_at(1_000_000, walk)
    assert_all_ended_once(workflow, given)


def assert_all_ended_once(workflow, given) -> None:
    connection.close()
    instances = list(WorkflowInstance.objects.filter(workflow=workflow).order_by("pk"))
    assert [each.status for each in instances] == ["completed"] * len(given)
    assert [each.result for each in instances] == [result_of(**each) for each in given]
    for instance in instances:
        steps = StepInstance.objects.filter(instance_id=instance.pk)
        assert Counter(steps.values_list("node", flat=True)) == VISITS
    items = WorkItem.objects.values_list("queue__key", flat=True)
    assert Counter(items) == Counter({key: n * len(given) for key, n in ITEMS.items()})
    assert not Incident.objects.exists()
    assert not Outbox.objects.exists()
    assert instance_faults().faults == []
    assert item_faults().faults == []


def test_fifty_kills_lose_nothing_and_repeat_nothing():
    survive(50)


@pytest.mark.chaos
def test_five_hundred_kills_lose_nothing_and_repeat_nothing():
    survive(500)
