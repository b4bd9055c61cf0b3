"""Call activities: called instances are instances, and their ends are told to their callers."""

import pytest

from apps.workflows.models import Incident, WorkflowInstance
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
    work,
)
from tests.workflows.models import error, escalation, process, timer

pytestmark = pytest.mark.django_db


def calling(folder, child, **given):
    deployed(child, folder)
    model = (
        process("parent").start().call("go", "child", **given).service("after").end()
        .boundary("go", "known", error("KNOWN")).service("clear").end("cleared")
        .boundary("go", "told", escalation("LOUD"), interrupts=False).service("note").end("noted")
    )  # fmt: skip
    return started(deployed(model, folder), a=1)


def child_of(instance):
    return WorkflowInstance.objects.get(parent=instance)


def test_a_called_workflow_gets_the_variables_and_hands_its_own_back():
    folder = make_folder()
    parent = calling(folder, process("child").start().service("inside").end())
    child = child_of(parent)

    assert (child.root_id, child.depth) == (parent.pk, 1)
    seen = []
    work(folder, "inside", lambda payload: seen.append(payload) or {"b": 2})

    assert seen == [{"a": 1}]
    assert reloaded(child).status == "completed"
    assert stands_at(parent) == ["after"]
    work(folder, "after")
    assert reloaded(parent).result == {"a": 1, "b": 2}
    assert_consistent()


def test_a_called_workflow_that_does_not_wait_ends_at_once():
    folder = make_folder()
    parent = calling(folder, process("child").start().script("s", "a + 1", "b").end())

    deliver()

    assert stands_at(parent) == ["after"]


def test_an_error_of_the_called_workflow_is_caught_by_the_caller():
    folder = make_folder()
    parent = calling(folder, process("child").start().end("bad", error("KNOWN")))

    deliver()

    assert child_of(parent).status == "failed"
    assert stands_at(parent) == ["clear"]
    assert_consistent()


def test_an_escalation_reaches_the_caller_and_the_called_one_goes_on():
    folder = make_folder()
    child = process("child").start().throw("shout", escalation("LOUD")).service("inside").end()
    parent = calling(folder, child)

    deliver()

    assert stands_at(parent) == ["go", "note"]
    assert stands_at(child_of(parent)) == ["inside"]


def test_a_boundary_timer_of_the_caller_ends_the_called_instance():
    from tests.workflows.lifecycle.test_timers import let_pass

    folder = make_folder()
    deployed(process("child").start().service("inside").end(), folder)
    model = (
        process("parent").start().call("go", "child").end()
        .boundary("go", "late", timer(duration="PT1H")).service("late_work").end("late_end")
    )  # fmt: skip
    parent = started(deployed(model, folder))

    let_pass("1 hour")

    assert stands_at(parent) == ["late_work"]
    assert child_of(parent).status == "cancelled"
    assert_consistent()


def test_a_workflow_that_is_not_deployed_is_an_incident_until_it_is():
    folder = make_folder()
    parent = started(deployed(process("parent").start().call("go", "child").end(), folder))

    assert "child" in Incident.objects.get().message
    deployed(process("child").start().end(), folder)
    decided(parent, "retry")

    assert reloaded(parent).status == "completed"
    assert_consistent()


def test_a_workflow_that_calls_itself_for_ever_ends_in_an_incident():
    started(deployed(process("self").start().call("again", "self").end()))

    deliver()

    assert WorkflowInstance.objects.count() == 51
    assert Incident.objects.count() == 1
    assert_consistent()


def test_variables_that_the_called_workflow_refuses_are_an_incident_of_the_call():
    folder = make_folder()
    schema = {"type": "object", "required": ["number"]}
    deployed(process("child").input_schema(schema).start().end(), folder)
    started(deployed(process("parent").start().call("go", "child").end(), folder))

    assert "number" in Incident.objects.get().message


def test_an_error_that_only_the_callers_caller_catches_gets_there():
    folder = make_folder()
    deployed(process("leaf").start().service("inside").end(), folder)
    parent = calling(folder, process("child").start().call("inner", "leaf").end())

    fail(folder, "inside", code="KNOWN")

    assert stands_at(parent) == ["clear"]
    assert not Incident.objects.exists()
    assert_consistent()
