"""Errors and escalations: who catches them, and what happens when nobody does."""

import pytest

from apps.workflows.engine import World, catches_error
from apps.workflows.engine.changes import Escalate, OpenIncident
from tests.workflows.engine.rehearsing import graph_of, rehearse
from tests.workflows.models import error, escalation, process, timer


def service_with(*codes: str):
    model = process().start().service("work").end("done")
    for code in codes:
        model.boundary("work", f"on_{code or 'any'}", error(code)).end(f"caught_{code or 'any'}")
    return model


@pytest.mark.parametrize(
    ("code", "end"), [("E1", "caught_E1"), ("E2", "caught_E2"), ("E3", "caught_any")]
)
def test_the_boundary_event_that_names_the_code_goes_before_the_one_for_all(code, end):
    run = rehearse(service_with("", "E1", "E2"))

    run.fail("work", code)

    assert run.path[-1] == end
    assert run.history[1].outcome == "failed"


@pytest.mark.parametrize(("status", "code"), [("expired", "expired"), ("cancelled", "cancelled")])
def test_items_that_expired_or_were_cancelled_can_be_caught_by_name(status, code):
    run = rehearse(service_with(code))

    run.fail("work", status=status, error="")

    assert run.path[-1] == f"caught_{code}"


def test_an_error_that_nobody_catches_is_an_incident():
    run = rehearse(service_with("E1"))

    run.fail("work", "E2", message="The vendor is unknown.")

    (incident,) = run.told(OpenIncident)
    assert (incident.phase, incident.code) == ("work", "unhandled_error")
    assert "vendor" in incident.message
    assert run.waiting_at("work").waits_for == "incident"


def test_the_code_and_message_of_an_error_can_be_read_behind_it():
    model = process().start().service("work").end("done")
    model.boundary("work", "wrong", error("E1", code_variable="code", message_variable="said"))
    run = rehearse(model.end("caught"))

    run.fail("work", "E1", message="No.")

    assert run.result == {"code": "E1", "said": "No."}


def nested():
    return (
        process().start().subprocess("outer").start("s1").subprocess("inner").start("s2")
        .service("work").end("failed", error("E1")).done().end("e1").done().end("done")
    )  # fmt: skip


def test_an_error_end_goes_up_to_the_nearest_subprocess_that_catches_it():
    model = nested()
    model.boundary("outer", "wrong", error("E1")).end("caught")
    run = rehearse(model)

    run.finish("work")

    assert run.path[-2:] == ["wrong", "caught"]
    assert run.status == "completed"


def test_an_event_subprocess_catches_before_the_boundary_around_it():
    model = (
        process().start().subprocess("sub").start("s").parallel("fork")
        .service("work").end("e").at("fork").service("other").end("e2")
        .event_subprocess("rescue").start("on_error", error("E1")).service("fix").end("fixed")
        .done().done().end("done").boundary("sub", "wrong", error("E1")).end("caught")
    )  # fmt: skip
    run = rehearse(model)

    run.fail("work", "E1")
    assert run.places == ["fix", "rescue", "sub"]
    run.finish("fix")

    assert run.path[-1] == "done"


def test_an_error_within_the_rescue_is_for_those_around():
    model = (
        process().start().subprocess("sub").start("s").service("work").end("e")
        .event_subprocess("rescue").start("on_error", error("E1")).service("fix").end("fixed")
        .done().done().end("done").boundary("sub", "wrong", error("E1")).end("caught")
    )  # fmt: skip
    run = rehearse(model)

    run.fail("work", "E1")
    run.fail("fix", "E1")

    assert run.path[-1] == "caught"


def test_an_error_end_that_nobody_catches_fails_the_instance():
    run = rehearse(nested())

    run.finish("work", {"x": 1})

    assert run.status == "failed"
    assert run.error is not None
    assert run.error[0] == "E1"
    assert run.result == {"x": 1}
    outcomes = {row.node: row.outcome for row in run.history}
    assert outcomes["failed"] == "completed"
    assert outcomes["outer"] == "cancelled"


def test_an_error_that_the_caller_catches_fails_the_instance_rather_than_waiting():
    run = rehearse(service_with("E1"), world=World(caller_catches=lambda code: code == "E2"))

    run.fail("work", "E2", message="No.")

    assert run.status == "failed"
    assert run.error == ("E2", "No.")


# --- escalations


def escalating(interrupts: bool, *, at_end: bool = False):
    model = process().start().subprocess("sub").start("s")
    if at_end:
        model.end("shout", escalation("late"))
    else:
        model.throw("shout", escalation("late")).service("go_on").end("e")
    model.done().service("after").end("done")
    return (
        model.boundary("sub", "heard", escalation("late"), interrupts=interrupts)
        .service("help").end("helped")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("interrupts", "at_end", "places"),
    [
        (False, False, ["go_on", "help", "sub"]),
        (True, False, ["help"]),
        (False, True, ["after", "help"]),
        (True, True, ["help"]),
    ],
)
def test_an_escalation_is_heard_beside_the_work_or_instead_of_it(interrupts, at_end, places):
    assert rehearse(escalating(interrupts, at_end=at_end)).places == places


def test_an_escalation_that_nobody_hears_is_told_to_the_caller():
    run = rehearse(process().start().throw("shout", escalation("late")).service("a").end())

    assert run.places == ["a"]
    assert run.told(Escalate) == [Escalate(code="late")]


@pytest.mark.parametrize("interrupts", [True, False])
def test_an_event_subprocess_hears_an_escalation_of_its_scope(interrupts):
    model = (
        process().start().throw("shout", escalation("late")).service("go_on").end()
        .event_subprocess("rescue").start("on", escalation(""), isInterrupting=interrupts)
        .service("help").end("helped").done()
    )  # fmt: skip
    run = rehearse(model)

    assert run.places == (["help", "rescue"] if interrupts else ["go_on", "help", "rescue"])


# --- calls


def parent(**given):
    return process("parent").start().call("child", "invoice", **given).end("done")


def test_a_called_workflow_gives_its_variables_back():
    run = rehearse(parent(), {"x": 1}, called=[process().start().service("work").end()])
    child = run.child("child")
    assert child.variables == {"x": 1}

    child.finish("work", {"y": 2})
    run.settle_children()

    assert run.result == {"x": 1, "y": 2}


def test_a_call_may_hand_over_what_its_mappings_say_and_nothing_else():
    model = parent(all_in=False, all_out=False).at("child").inputs(a="=x").outputs(b="=y")
    run = rehearse(model, {"x": 1}, called=[process().start().service("work").end()])
    child = run.child("child")
    assert child.variables == {"a": 1}

    child.finish("work", {"y": 2, "z": 3})
    run.settle_children()

    assert run.result == {"x": 1, "b": 2}


def test_an_error_of_the_called_workflow_is_caught_by_the_call():
    model = parent().boundary("child", "wrong", error("E1")).end("caught")
    run = rehearse(model, called=[process().start().service("work").end()])

    run.child("child").fail("work", "E1")
    run.settle_children()

    assert run.path[-1] == "caught"


def test_an_escalation_of_the_called_workflow_is_heard_by_the_call():
    model = parent().boundary("child", "heard", escalation("late"), interrupts=False)
    model.service("help").end("helped")
    called = process().start().throw("shout", escalation("late")).service("work").end()
    run = rehearse(model, called=[called])

    assert run.places == ["child", "help"]


def test_a_called_workflow_that_was_cancelled_is_an_incident_of_its_caller():
    run = rehearse(parent(), called=[process().start().service("work").end()])

    run.child("child").cancel()
    run.settle_children()
    assert run.waiting_at("child").waits_for == "incident"

    run.repair("child", "retry")
    run.child("child").finish("work")
    run.settle_children()

    assert run.status == "completed"


def test_a_graph_can_tell_whether_an_error_would_be_caught():
    model = nested()
    model.boundary("outer", "wrong", error("E1")).end("caught")
    graph = graph_of(model)

    assert catches_error(graph, "work", "E1")
    assert not catches_error(graph, "work", "E2")


def test_what_takes_the_place_of_a_scope_is_not_caught_beside_it():
    model = process().start().user("work").end()
    model.event_subprocess("late").start("later", timer(duration="PT1H")).call("go", "child")
    model.end("done").done()
    model.event_subprocess("rescue").start("wrong", error()).end("caught").done()

    assert not catches_error(graph_of(model), "go", "E1")


def test_an_error_is_caught_by_the_caller_of_the_caller():
    leaf = process("leaf").start().service("work").end()
    middle = process("middle").start().call("inner", "leaf").end()
    model = process().start().call("outer", "middle").end()
    model.boundary("outer", "wrong", error("E1")).user("help").end("helped")
    run = rehearse(model, called=[leaf, middle])
    run.child("outer").child("inner").fail("work", "E1")
    run.settle_children()

    assert run.places == ["help"]
