"""Many hands at the same instances: each step once, and nobody waits for ever."""

from collections import Counter

import pytest

from apps.events.delivery import deliver_outbox
from apps.events.models import Outbox
from apps.lib.errors import ConflictError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.checks import instance_faults
from apps.workflows.models import (
    BufferedMessage,
    Incident,
    StepInstance,
    Workflow,
    WorkflowInstance,
    WorkflowVersion,
)
from tests.concurrency.racing import race, race_same
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import ANNA, deliver, deployed, fail, started
from tests.workflows.models import process, timer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def work_off(queue_id, at_once=3):
    """Work off what is there, and deliver what one finds; other hands do the same."""
    while items := lease_items(queue_id, n=at_once, bot="b"):
        finish_items(
            [
                Result(each.id, each.token, Attempt.Outcome.SUCCESSFUL, output={"x": each.id})
                for each in items
            ]
        )
        deliver_outbox(3)
    while deliver_outbox(5):
        pass


def queue_id(key):
    return WorkQueue.objects.get(key=key).pk


def assert_whole():
    deliver()
    assert not Outbox.objects.exists()
    assert instance_faults().faults == []
    assert item_faults().faults == []


def test_branches_that_end_at_the_same_time_join_once():
    folder = make_folder()
    model = (
        process("both").start().parallel("fork")
        .service("left").parallel("join").service("after").end()
        .at("fork").service("right").to("join")
    )  # fmt: skip
    ids = lifecycle.start_instances(deployed(model, folder), [{}] * 60, by=ANNA)

    sides = [queue_id("left"), queue_id("right")]
    race_same(4, lambda number: work_off(sides[number % 2]))
    deliver()
    race_same(2, lambda _number: work_off(queue_id("after")))

    assert_whole()
    assert WorkflowInstance.objects.filter(pk__in=ids, status="completed").count() == 60
    visits = Counter(StepInstance.objects.filter(node="after").values_list("instance_id"))
    assert set(visits.values()) == {1}


def test_a_fan_in_of_many_hands_happens_once_and_misses_nothing():
    folder = make_folder()
    model = (
        process("each").start().service("line")
        .each("lines", element_name="line", output="all", output_element="=x")
        .service("after").end()
    )  # fmt: skip
    workflow = deployed(model, folder)
    lifecycle.start_instances(workflow, [{"lines": list(range(60))}] * 5, by=ANNA)

    race_same(5, lambda _number: work_off(queue_id("line"), at_once=7))
    deliver()

    assert lease_and_count("after") == 5
    assert StepInstance.objects.filter(node="line").count() == 5
    assert_whole()


def test_a_message_and_who_begins_to_wait_for_it_never_miss_each_other():
    folder = make_folder()
    workflow = deployed(process("p").start().receive("paid", "paid", "=n").end(), folder)
    for n in range(25):
        key = f"K-{n}"
        race(
            lambda key=key: lifecycle.start_instance(workflow, {"n": key}, by=ANNA).pk,
            lambda key=key: (
                lifecycle.publish_message(folder, "paid", key, {}, by=ANNA, ttl_seconds=600).id
            ),
        )

    race_same(3, lambda _number: deliver_outbox(50))

    assert_whole()
    assert not BufferedMessage.objects.exists()
    assert set(WorkflowInstance.objects.values_list("status", flat=True)) == {"completed"}


def test_workflows_that_send_each_other_messages_do_not_deadlock():
    from tests.workflows.models import message

    folder = make_folder()
    for one, other in (("a", "b"), ("b", "a")):
        model = (
            process(one).start().service("work", "work")
            .throw("send", message(f"to-{other}", "=n")).receive("hear", f"to-{one}", "=n").end()
        )  # fmt: skip
        workflow = deployed(model, folder)
        lifecycle.start_instances(workflow, [{"n": f"{n}"} for n in range(40)], by=ANNA)

    race_same(4, lambda _number: work_off(queue_id("work"), at_once=5))

    assert_whole()
    assert not Incident.objects.exists()


def test_a_timer_fires_once_however_many_schedulers_look():
    model = (
        process("p").start().service("slow").end()
        .boundary("slow", "late", timer(duration="PT0S"), interrupts=False)
        .service("remind").end("reminded")
    )  # fmt: skip
    lifecycle.start_instances(deployed(model), [{}] * 50, by=ANNA)

    race_same(4, lambda _number: [lifecycle.fire_due_timers(10) for _ in range(20)])

    assert lease_and_count("remind") == 50
    assert_whole()


def test_a_timer_and_the_end_of_its_work_leave_by_one_way_only():
    model = (
        process("p").start().service("slow").service("done").end()
        .boundary("slow", "late", timer(duration="PT0S")).service("escalate").end("escalated")
    )  # fmt: skip
    lifecycle.start_instances(deployed(model), [{}] * 40, by=ANNA)

    race(
        lambda: work_off(queue_id("slow"), at_once=5),
        lambda: [lifecycle.fire_due_timers(3) for _ in range(40)] and None,
    )
    deliver()

    assert lease_and_count("done") + lease_and_count("escalate") == 40
    assert_whole()


def test_what_races_with_a_pause_is_done_before_or_after_it():
    folder = make_folder()
    workflow = deployed(process("p").start().service("a").service("b").end(), folder)
    instances = [started(workflow) for _ in range(20)]

    def pause_and_resume(_number):
        for each in instances:
            lifecycle.pause_instance(each, by=ANNA, reason="x")
        for each in instances:
            lifecycle.resume_instance(each, by=ANNA, reason="y")

    race(lambda: pause_and_resume(0), lambda: work_off(queue_id("a"), at_once=2))
    deliver()

    assert lease_and_count("b") == 20
    assert_whole()


def test_cancelling_races_with_the_end_of_the_work_and_leaves_nothing():
    folder = make_folder()
    workflow = deployed(process("p").start().service("a").service("b").end(), folder)
    instances = [started(workflow) for _ in range(20)]

    def cancel_all():
        for each in instances:
            lifecycle.cancel_instance(each, by=ANNA, reason="x")

    race(cancel_all, lambda: work_off(queue_id("a"), at_once=2))

    assert set(WorkflowInstance.objects.values_list("status", flat=True)) == {"cancelled"}
    assert_whole()


def test_of_two_who_repair_an_incident_one_is_told_who_was_first():
    folder = make_folder()
    started(deployed(process("p").start().service("a").end(), folder))
    fail(folder, "a")
    incident = Incident.objects.get()

    def repair(_number):
        try:
            lifecycle.repair(Incident.objects.get(pk=incident.pk), how="retry", by=ANNA)
        except ConflictError:
            return "second"
        return "first"

    assert Counter(race_same(4, repair)) == {"first": 1, "second": 3}
    assert_whole()


def test_the_same_model_deployed_by_several_at_once_is_one_version():
    folder = make_folder()
    xml = process("p").start().service("a").end().xml()

    numbers = race_same(
        4,
        lambda _number: lifecycle.deploy(folder, xml, by=ANNA, source="api").versions[0].number,
    )

    assert numbers == [1, 1, 1, 1]
    assert Workflow.objects.count() == WorkflowVersion.objects.count() == 1


def lease_and_count(key):
    """Return how many items wait in a queue."""
    return len(lease_items(queue_id(key), n=1000, bot="counter"))
