"""Why an instance does not go on: what is said, and that doing it lets it go on."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.lib.clock import database_now
from apps.queues.lifecycle import lease_items, pause_queue
from apps.queues.models import Owned, WorkQueue
from apps.workflows.lifecycle import (
    broadcast_signal,
    fire_due_timers,
    pause_instance,
    publish_message,
    set_variables,
)
from apps.workflows.models import Subscription, WorkflowInstance
from apps.workflows.why import why_instance
from tests.factories_queues import ANNA
from tests.waits import beat, only, press
from tests.workflows.lifecycle.walking import (
    decided,
    deliver,
    deployed,
    fail,
    reloaded,
    started,
    task_of,
    work,
)
from tests.workflows.models import condition, message, process, signal, timer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def scheduler(db):
    beat()


def go(folder, model, **variables):
    return started(deployed(model, folder), **variables)


def test_a_paused_instance(folder, supervisor_client):
    instance = go(folder, process("p").start().user("check").end())
    pause_instance(instance, by=ANNA, reason="Waits for the audit")

    blocker = only(why_instance(reloaded(instance)))

    assert blocker.code == "instance_paused"
    assert blocker.sentence == "Anna paused it: Waits for the audit"
    page = supervisor_client.get(blocker.act.url).content.decode()
    assert f'data-target="{blocker.act.dialog}"' in page
    assert f'id="{blocker.act.dialog[1:]}"' in page
    supervisor_client.post(f"/instances/{instance.pk}/resume/", {"reason": "done"})
    assert reloaded(instance).status == WorkflowInstance.Status.RUNNING


def test_a_person_is_asked(folder, supervisor_client):
    instance = go(folder, process("p").start().user("check", name="Check it").end())

    blocker = only(why_instance(instance))

    assert (blocker.code, blocker.sentence) == (
        "user_task",
        "A person is asked at “Check it”.",
    )
    assert blocker.act.url == f"/inbox/{task_of(instance).pk}/"
    assert press(supervisor_client, blocker.act) == 200
    decided(instance, "complete")
    assert reloaded(instance).is_over
    assert not why_instance(instance).is_waiting


def test_a_timer_that_comes_by_itself(folder):
    model = process("p").start().catch("later", timer(duration="PT1H"), name="Wait an hour").end()
    instance = go(folder, model)

    found = why_instance(instance)

    blocker = only(found)
    assert (blocker.code, blocker.sentence) == ("timer", "“Wait an hour” waits for its time.")
    assert blocker.at > database_now() + timedelta(minutes=59)
    assert found.eta == blocker.at


def test_a_timer_that_nobody_fires(folder):
    instance = go(folder, process("p").start().catch("later", timer(duration="PT1H")).end())
    Subscription.objects.update(due_at=Now() - timedelta(minutes=2))
    beat(seconds_ago=120)

    assert why_instance(instance).codes == ["scheduler_away", "timer"]
    fire_due_timers()
    assert reloaded(instance).is_over


def test_a_message(folder):
    model = process("p").start().catch("reply", message("answer", "=number"), name="Reply").end()
    instance = go(folder, model, number="R-1")

    blocker = only(why_instance(instance))

    assert blocker.code == "message"
    assert blocker.sentence == "“Reply” waits for the message “answer” with the key “R-1”."
    assert "POST /api/v1/messages" in blocker.next
    publish_message(folder, "answer", "R-1", {}, by=ANNA)
    deliver()
    assert reloaded(instance).is_over


def test_a_signal(folder):
    instance = go(folder, process("p").start().catch("go", signal("month-end"), name="Go").end())

    blocker = only(why_instance(instance))

    assert (blocker.code, blocker.sentence) == ("signal", "“Go” waits for the signal “month-end”.")
    broadcast_signal(folder, "month-end", {}, by=ANNA)
    deliver()
    assert reloaded(instance).is_over


def test_a_condition(folder):
    model = process("p").start().catch("big", condition("=total > 5"), name="Is big").end()
    instance = go(folder, model, total=1)

    blocker = only(why_instance(instance))

    assert blocker.code == "condition"
    assert blocker.sentence == "“Is big” waits until its condition holds."
    set_variables(instance, {"total": 6}, by=ANNA, reason="counted again")
    deliver()
    assert reloaded(instance).is_over


def test_the_item_of_a_step_says_why_no_bot_works_on_it(folder, supervisor_client):
    instance = go(folder, process("p").start().service("extract", name="Extract").end())
    item = Owned.objects.get(owner_id=instance.pk).item_id
    queue = WorkQueue.objects.get(folder=folder, key="extract")
    pause_queue(queue, reason="Month end", by=ANNA)

    blocker = why_instance(instance).blockers[0]

    assert blocker.code == "queue_paused"
    assert blocker.about[0].title.startswith("Extract · ")
    assert blocker.about[0].url == f"/items/{item}/"
    assert press(supervisor_client, blocker.act) == 302
    work(folder, "extract")
    assert reloaded(instance).is_over


def test_a_bot_works_on_the_step(folder):
    instance = go(folder, process("p").start().service("extract", name="Extract").end())
    queue = WorkQueue.objects.get(folder=folder, key="extract")
    lease_items(queue.pk, n=1, bot="Outside")

    blocker = only(why_instance(instance))

    assert (blocker.code, blocker.sentence) == ("dependency", "A bot works on “Extract” now.")
    assert blocker.is_usual


def test_a_step_needs_repair(folder, supervisor_client):
    instance = go(folder, process("p").start().service("extract", name="Extract").end())
    fail(folder, "extract", message="no such vendor")

    blocker = why_instance(instance).blockers[0]

    assert blocker.code in {"incident", "needs_decision"}
    assert "no such vendor" in blocker.sentence + blocker.next
    assert press(supervisor_client, blocker.act) == 200


def test_another_workflow_works_on_it(folder):
    deployed(process("inner").start().user("check").end(), folder)
    instance = go(folder, process("outer").start().call("sub", "inner", name="Ask").end())
    deliver()

    blocker = only(why_instance(instance))

    child = WorkflowInstance.objects.get(parent=instance)
    assert (blocker.code, blocker.sentence) == (
        "dependency",
        "Another workflow works on “Ask”.",
    )
    assert blocker.act.url == f"/instances/{child.pk}/"
    assert why_instance(child).codes == ["user_task"]


def test_asking_takes_few_queries(folder, django_assert_max_num_queries):
    instance = go(folder, process("p").start().service("extract").end())

    with django_assert_max_num_queries(10):
        why_instance(instance)
