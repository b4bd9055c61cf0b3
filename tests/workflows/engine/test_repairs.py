"""Incidents: a person retries, goes on by hand, or throws; nothing starts from the beginning."""

from dataclasses import replace

import pytest

from apps.workflows.engine import VariablesTooLargeError, World
from apps.workflows.engine.changes import AddItem, OpenIncident, ReopenItem
from tests.workflows.engine.rehearsing import Checked, graph_of, rehearse
from tests.workflows.models import error, message, process, timer


def failed():
    model = process().start().service("extract").service("post").inputs(sum="=total").end()
    model.boundary("post", "wrong", error("E1")).end("caught")
    model.boundary("post", "late", timer(duration="PT1H")).end("timed_out")
    run = rehearse(model)
    run.finish("extract", {"total": 5})
    run.fail("post", "E9", message="No such account.")
    return run


def test_a_retry_does_the_same_item_again():
    run = failed()
    token = run.waiting_at("post").number

    run.repair("post", "retry", by="kim")

    assert run.told(ReopenItem) == [ReopenItem(token=token, payload=None, by="kim")]
    assert len(run.told(AddItem)) == 2
    assert len(run.listeners("timer")) == 1
    run.finish("post", {"ok": True})
    assert run.status == "completed"


def test_a_retry_with_other_variables_gives_the_item_new_data():
    run = failed()

    run.repair("post", "retry", variables={"total": 6})

    assert run.told(ReopenItem)[0].payload == {"sum": 6}
    assert run.variables["total"] == 6


def test_what_the_step_itself_has_can_be_edited_too():
    run = failed()

    run.repair("post", "retry", variables={"sum": 7})

    assert run.told(ReopenItem)[0].payload == {"sum": 7}
    assert run.variables == {"total": 5}


def test_going_on_takes_the_result_from_the_person():
    run = failed()

    run.repair("post", "go_on", variables={"document": "D1"}, by="kim")

    assert run.result == {"total": 5, "document": "D1"}
    assert [row.by for row in run.history] == ["", "", "kim", ""]


def test_an_error_may_be_thrown_instead():
    run = failed()
    run.repair("post", "throw", code="E2")
    assert "E2" in run.told(OpenIncident)[-1].message
    assert run.waiting_at("post").waits_for == "incident"

    run.repair("post", "throw", code="E1")

    assert run.path[-1] == "caught"


def test_a_boundary_event_may_come_while_an_incident_waits():
    run = failed()

    run.pass_time(hours=2)

    assert run.path[-1] == "timed_out"


def test_a_result_that_does_not_fit_is_not_asked_for_again():
    """The bot's work is done; only what follows is tried again."""
    model = process().start().service("a").outputs(n="=if ok then m else x").exclusive("g")
    model.when("limit > n").end("small").at("g").otherwise().end("large")
    run = rehearse(model)
    run.finish("a", {"ok": True, "m": 3})
    assert run.waiting_at("g").facts["phase"] == "leave"

    run.repair("g", "retry", variables={"limit": 5})

    assert run.path[-1] == "small"
    assert len(run.told(AddItem)) == 1


def endless_cycle():
    """A cycle that does not wait. Deployment refuses to take one, so it is made of another."""
    model = (
        process().start().service("wait").exclusive("again").script("count", "=n + 1", "n")
        .exclusive("enough").when("n < 10000").to("wait").at("enough").otherwise().end()
    )  # fmt: skip
    graph = graph_of(model)
    back = replace(graph.flows["enough_to_wait"], target="again")
    return replace(graph, flows={**graph.flows, back.id: back})


def test_a_cycle_that_never_waits_is_stopped_and_can_be_corrected():
    run = Checked(endless_cycle(), world=World(max_moves=50))
    run.start({"n": 0})
    run.finish("wait")

    (incident,) = run.told(OpenIncident)
    assert (incident.phase, incident.code) == ("enter", "loop")
    assert run.variables["n"] == 50

    run.repair("again", "retry")
    assert run.variables["n"] == 100
    run.repair("again", "retry", variables={"n": 10_000})
    assert run.status == "completed"


def test_an_expression_that_never_ends_is_an_incident():
    endless = "count(for i in 1..1000000, j in 1..1000000 return i)"
    run = rehearse(process().start().script("think", f"={endless}", "n").end())

    (incident,) = run.told(OpenIncident)
    assert incident.code == "expression"
    assert "takes" in incident.message  # more steps, or more time, than it may


def test_a_standard_loop_of_scripts_that_never_ends_is_stopped():
    model = process().start().script("count", "=n + 1", "n").again_while("n > 0").end()
    run = rehearse(model, {"n": 1}, world=World(max_moves=50))

    assert run.told(OpenIncident)[0].code == "loop"


def test_setting_too_many_variables_is_refused_and_changes_nothing():
    run = rehearse(process().start().service("a").end(), {"x": 1}, world=World(max_size=50))

    with pytest.raises(VariablesTooLargeError):
        run.set_variables({"y": "x" * 100})

    assert run.variables == {"x": 1}


def test_many_passes_are_not_taken_for_an_endless_cycle():
    model = process().start().user("sign").each(cardinality="=300").end()

    assert len(rehearse(model, world=World(max_moves=50)).state.tokens) == 301


@pytest.mark.parametrize("event", [timer(duration="PT1H"), message("go", '="1"')])
def test_what_happened_is_heard_once_though_going_on_fails(event):
    run = rehearse(process().start().catch("wait", event).when("is_right").end())
    run.pass_time(hours=3)
    run.publish("go", "1", {"is_right": "who knows"})

    assert run.waiting_at("wait").waits_for == "incident"
    assert not run.publish("go", "1", {"is_right": True}), "the next one is for somebody else"
    run.repair("wait", "retry", variables={"is_right": True})
    assert run.status == "completed"
    assert len(run.told(OpenIncident)) == 1
