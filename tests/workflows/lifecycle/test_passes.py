"""Fan-out over lists: items out at once, results in without a hot row, one step at the end."""

import pytest

from apps.inbox.models import UserTask
from apps.queues.lifecycle import Result, cancel_item, finish_items, lease_items
from apps.queues.models import Attempt, Ended, WorkItem, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.engine.weighing import weight
from apps.workflows.models import FanOut, Incident, PassCount, PassResult
from tests.factories import make_folder
from tests.workflows.lifecycle.test_timers import let_pass
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deliver,
    deployed,
    fail,
    reloaded,
    stands_at,
    started,
    work,
)
from tests.workflows.models import condition, process, timer

pytestmark = pytest.mark.django_db


def fanned_out(folder, lines, **given):
    model = (
        process("each").start().service("line")
        .each("lines", element_name="line", output="totals", output_element="=total", **given)
        .service("after").end()
    )  # fmt: skip
    return started(deployed(model, folder), lines=lines)


def assert_nothing_left():
    assert not FanOut.objects.exists()
    assert not PassResult.objects.exists()
    assert not PassCount.objects.exists()
    assert_consistent()


def test_results_come_in_the_order_of_the_list_whatever_the_order_of_the_work():
    folder = make_folder()
    instance = fanned_out(folder, list(range(250)))
    WorkItem.objects.filter(queue__key="line").update(priority=0)

    assert work(folder, "line", lambda payload: {"total": payload["line"] * 2}) == 250

    assert stands_at(instance) == ["after"]
    work(folder, "after")
    assert reloaded(instance).result["totals"] == [n * 2 for n in range(250)]
    assert_nothing_left()


def test_an_empty_list_goes_on_at_once():
    instance = fanned_out(make_folder(), [])

    assert stands_at(instance) == ["after"]


def test_the_step_waits_for_the_last_item():
    folder = make_folder()
    instance = fanned_out(folder, [1, 2, 3])
    queue = WorkQueue.objects.get(key="line")
    items = lease_items(queue.pk, n=2, bot="b")
    finish_items(
        [Result(each.id, each.token, Attempt.Outcome.SUCCESSFUL, {"total": 1}) for each in items]
    )
    deliver()

    assert stands_at(instance) == ["line"]
    assert PassResult.objects.count() == 2
    work(folder, "line", {"total": 3})
    assert stands_at(instance) == ["after"]
    assert_nothing_left()


def test_tolerated_failures_leave_a_gap_and_others_an_incident():
    folder = make_folder()
    instance = fanned_out(folder, [1, 2], tolerate=0.5)
    other = fanned_out(make_folder(), [1, 2])

    for each, place in ((instance, folder), (other, other.folder)):
        queue = WorkQueue.objects.get(folder=place, key="line")
        first = WorkItem.objects.filter(queue=queue).order_by("pk")[0]
        cancel_item(first.pk, by=ANNA, reason="not this one")
        work(place, "line", {"total": 2})
        deliver()
        assert reloaded(each).status == "running"

    assert stands_at(instance) == ["after"]
    assert Incident.objects.get().instance_id == other.pk


def test_retry_of_a_fan_out_works_only_on_what_failed():
    folder = make_folder()
    instance = fanned_out(folder, [1, 2, 3])
    queue = WorkQueue.objects.get(key="line")
    good, *bad = lease_items(queue.pk, n=3, bot="b")
    done = Result(good.id, good.token, Attempt.Outcome.SUCCESSFUL, {"total": 10})
    failed = [
        Result(each.id, each.token, Attempt.Outcome.BUSINESS_EXCEPTION, code="E") for each in bad
    ]
    finish_items([done, *failed])
    deliver()
    assert stands_at(instance) == ["line"]
    assert_consistent()

    decided(instance, "retry")

    assert work(folder, "line", {"total": 20}) == 2
    work(folder, "after")
    assert reloaded(instance).result["totals"] == [10, 20, 20]
    assert_nothing_left()


def test_a_fan_out_that_is_interrupted_leaves_no_work_behind():
    folder = make_folder()
    model = (
        process("each").start().service("line").each("lines", element_name="line").end()
        .boundary("line", "late", timer(duration="PT1H")).service("escalate").end("escalated")
    )  # fmt: skip
    instance = started(deployed(model, folder), lines=[1, 2, 3])

    let_pass("1 hour")

    assert stands_at(instance) == ["escalate"]
    assert Ended.objects.filter(status="cancelled").count() == 3
    assert_nothing_left()


def test_one_item_that_its_queue_refuses_keeps_back_the_whole_fan_out():
    folder = make_folder()
    schema = {"type": "object", "properties": {"line": {"type": "integer"}}}
    WorkQueue.objects.create(folder=folder, key="line", title="Line", payload_schema=schema)
    instance = fanned_out(folder, [1, "two"])

    assert Incident.objects.get().code == "item_refused"
    assert not FanOut.objects.exists()
    assert work(folder, "line") == 0
    decided(instance, "edit_and_retry", payload={"lines": [1, 2]})
    assert work(folder, "line", {"total": 1}) == 2
    assert stands_at(instance) == ["after"]
    assert_nothing_left()


def test_a_paused_fan_out_collects_and_ends_when_it_goes_on():
    folder = make_folder()
    instance = fanned_out(folder, [1, 2])
    lifecycle.pause_instance(instance, by=ANNA, reason="x")
    work(folder, "line", {"total": 1})
    assert stands_at(instance) == ["line"]

    lifecycle.resume_instance(instance, by=ANNA, reason="y")
    deliver()

    assert stands_at(instance) == ["after"]
    assert_nothing_left()


def test_cancelling_a_fan_out_leaves_nothing():
    folder = make_folder()
    instance = fanned_out(folder, list(range(20)))

    lifecycle.cancel_instance(instance, by=ANNA, reason="x")
    deliver()

    assert not UserTask.objects.exists()
    assert_nothing_left()


def test_passes_that_are_more_than_work_are_tokens_of_a_wide_instance():
    """A subprocess for each of 250 elements: a step loads only what it reaches."""
    folder = make_folder()
    model = (
        process("each").start().subprocess("pass")
        .each("lines", element_name="line", output="totals", output_element="=total")
        .start("pass_start").service("calculate").end("pass_end").done()
        .service("after").end()
    )  # fmt: skip
    instance = started(deployed(model, folder), lines=list(range(250)))
    assert reloaded(instance).is_wide
    assert_consistent()

    assert work(folder, "calculate", lambda payload: {"total": payload["line"] + 1}) == 250

    assert stands_at(instance) == ["after"]
    work(folder, "after")
    assert reloaded(instance).result["totals"] == [n + 1 for n in range(250)]
    assert_nothing_left()


def test_a_wide_instance_is_cancelled_with_what_the_step_had_not_loaded():
    folder = make_folder()
    model = (
        process("each").start().subprocess("pass").each("lines", element_name="line")
        .start("pass_start").service("calculate").end("pass_end").done().end()
        .boundary("pass", "late", timer(duration="PT1H")).service("escalate").end("escalated")
    )  # fmt: skip
    workflow = deployed(model, folder)
    late, stopped = (started(workflow, lines=list(range(220))) for _ in range(2))
    lifecycle.cancel_instance(stopped, by=ANNA, reason="x")
    let_pass("1 hour")

    assert stands_at(late) == ["escalate"]
    assert Ended.objects.filter(status="cancelled").count() == 440
    assert_nothing_left()


def test_the_size_of_a_wide_instance_goes_down_with_what_is_cancelled():
    folder = make_folder()
    model = (
        process("each").start().subprocess("pass").each("lines", element_name="line")
        .start("pass_start").service("calculate").end("pass_end").done().end()
        .boundary("pass", "late", timer(duration="PT1H")).service("escalate").end("escalated")
    )  # fmt: skip
    lines = [f"line {n}" for n in range(220)]
    instance = started(deployed(model, folder), lines=lines)
    assert reloaded(instance).is_wide
    let_pass("1 hour")

    assert stands_at(instance) == ["escalate"]
    assert reloaded(instance).size == weight({"lines": lines})


def test_a_condition_within_one_of_many_passes_happens():
    """Whatever variable changes may concern any of them."""
    folder = make_folder()
    model = (
        process("each").start().subprocess("pass").each("lines", element_name="line")
        .start("pass_start").service("calculate").end("pass_end")
        .event_subprocess("stop").start("when", condition("line = stopped")).service("clear")
        .end("cleared").done().done().end()
    )  # fmt: skip
    instance = started(deployed(model, folder), lines=list(range(220)), stopped=-1)

    lifecycle.set_variables(instance, {"stopped": 7}, by=ANNA, reason="x")

    assert stands_at(instance).count("clear") == 1
    assert_consistent()


def test_an_item_that_failed_for_good_does_not_hide_behind_the_others():
    folder = make_folder()
    instance = fanned_out(folder, [1])

    fail(folder, "line", code="E-7", message="No such account")

    assert "No such account" in Incident.objects.get(instance=instance).message


def test_skipped_items_give_the_default_output_of_the_step():
    folder = make_folder()
    model = (
        process("each").start().service("line")
        .policy({"then": "skip"}, default_output="={total: 0}")
        .each("lines", element_name="line", output="totals", output_element="=total")
        .service("after").end()
    )  # fmt: skip
    instance = started(deployed(model, folder), lines=[1, 2])

    fail(folder, "line")

    work(folder, "after")
    assert reloaded(instance).result["totals"] == [0, 0]
