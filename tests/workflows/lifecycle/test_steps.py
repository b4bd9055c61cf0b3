"""Instances walk through their workflows: bots, people, gateways, scopes."""

import pytest

from apps.workflows import lifecycle
from apps.workflows.models import StepInstance, Token
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    assert_consistent,
    decided,
    deliver,
    deployed,
    fail,
    reloaded,
    stands_at,
    started,
    task_of,
    visited,
    work,
)
from tests.workflows.models import error, process

pytestmark = pytest.mark.django_db


def test_a_step_is_an_item_in_its_queue_and_its_result_goes_on():
    folder = make_folder()
    model = process("invoice").start().service("extract").service("post").end()
    instance = started(deployed(model, folder), number=7)

    assert stands_at(instance) == ["extract"]
    assert_consistent()
    seen = []
    work(folder, "extract", lambda payload: seen.append(payload) or {"total": 12.5})

    assert seen == [{"number": 7}]
    assert stands_at(instance) == ["post"]
    work(folder, "post", lambda payload: seen.append(payload))

    assert seen[1] == {"number": 7, "total": 12.5}
    assert reloaded(instance).status == "completed"
    assert instance.result == {"number": 7, "total": 12.5}
    assert visited(instance) == ["start", "extract", "post", "end"]
    delta = StepInstance.objects.get(instance_id=instance.pk, node="extract").delta
    assert delta == {"total": 12.5}
    assert_consistent()


def test_an_instance_without_a_wait_is_over_when_it_has_been_started():
    model = process("quick").start().script("double", "n * 2", "twice").end()

    instance = started(deployed(model), n=21)

    assert (instance.status, instance.result) == ("completed", {"n": 21, "twice": 42})
    assert instance.ended_at is not None
    assert_consistent()


def test_parallel_branches_wait_for_each_other():
    folder = make_folder()
    model = (
        process("both").start().parallel("fork")
        .service("left").parallel("join").service("after").end()
        .at("fork").service("right").to("join")
    )  # fmt: skip
    instance = started(deployed(model, folder))

    assert stands_at(instance) == ["left", "right"]
    work(folder, "left", {"a": 1})
    assert stands_at(instance) == ["join", "right"]
    assert_consistent()
    work(folder, "right", {"b": 2})
    assert stands_at(instance) == ["after"]
    work(folder, "after")

    assert reloaded(instance).result == {"a": 1, "b": 2}


def test_two_branches_that_end_together_are_taken_in_one_step():
    folder = make_folder()
    model = (
        process("both").start().parallel("fork")
        .service("left").parallel("join").end()
        .at("fork").service("right").to("join")
    )  # fmt: skip
    instance = started(deployed(model, folder))
    work(folder, "left", {"a": 1}, deliver_after=False)
    work(folder, "right", {"b": 2}, deliver_after=False)

    deliver()

    assert reloaded(instance).result == {"a": 1, "b": 2}
    assert_consistent()


def test_a_subprocess_keeps_its_own_tokens_and_hands_its_results_up():
    folder = make_folder()
    model = (
        process("outer").start().subprocess("inner")
        .start("inner_start").service("inside").end("inner_end").done()
        .service("after").end()
    )  # fmt: skip
    instance = started(deployed(model, folder), a=1)

    assert stands_at(instance) == ["inside"]
    assert_consistent()
    work(folder, "inside", {"b": 2})
    work(folder, "after")

    assert reloaded(instance).result == {"a": 1, "b": 2}
    assert_consistent()


def test_a_user_task_is_a_task_in_the_inbox_and_what_is_decided_goes_on():
    model = (
        process("approval").start()
        .user("approve", form={"properties": {"approved": {"type": "boolean"}}})
        .end()
    )  # fmt: skip
    instance = started(deployed(model), amount=10)

    task = task_of(instance)
    assert (task.kind, task.token) == ("form", Token.objects.get(instance=instance).number)
    decided(instance, "complete", payload={"amount": 10, "approved": True})

    assert reloaded(instance).result == {"amount": 10, "approved": True}
    assert_consistent()


def test_an_error_that_a_boundary_event_catches_takes_its_way():
    folder = make_folder()
    model = (
        process("careful").start().service("post").end()
        .boundary("post", "rejected", error("REJECTED")).service("clear").end("cleared")
    )  # fmt: skip
    instance = started(deployed(model, folder))

    fail(folder, "post", code="REJECTED")

    assert stands_at(instance) == ["clear"]
    work(folder, "clear")
    assert reloaded(instance).status == "completed"
    assert_consistent()


def test_an_error_end_that_nobody_catches_fails_the_instance():
    model = process("bad").start().end("broken", error("BROKEN"))

    instance = started(deployed(model))

    assert (instance.status, instance.error_code) == ("failed", "BROKEN")
    assert_consistent()


def test_news_that_come_twice_change_nothing():
    folder = make_folder()
    instance = started(deployed(process("p").start().service("a").service("b").end(), folder))
    token = Token.objects.get(instance=instance).number
    news = {
        "owner": instance.pk, "token": token, "index": None, "status": "successful",
        "output": {"x": 1}, "error": "", "code": "", "message": "", "by": "Bot 1",
    }  # fmt: skip

    lifecycle.items_ended([news, news])
    lifecycle.items_ended([news])

    assert stands_at(instance) == ["b"]
    assert visited(instance) == ["start", "a"]
