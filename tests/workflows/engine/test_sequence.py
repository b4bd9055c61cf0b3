"""Straight flows: what each task asks for, and how its result goes on."""

import pytest

from apps.workflows.engine import StepError, VariablesTooLargeError, World
from apps.workflows.engine.changes import OpenIncident, RecordDecision
from apps.workflows.engine.state import DecisionAnswer
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import process


def test_a_service_task_waits_for_its_item_and_goes_on_with_its_output():
    run = rehearse(process().start().service("extract").end(), {"file": "a.pdf"})

    assert run.places == ["extract"]
    assert run.item("extract").queue == "extract"
    assert run.item("extract").payload == {"file": "a.pdf"}

    run.finish("extract", {"total": 12})

    assert run.status == "completed"
    assert run.result == {"file": "a.pdf", "total": 12}
    assert run.path == ["start", "extract", "end"]


def test_inputs_are_all_that_the_bot_gets_and_outputs_all_that_goes_up():
    model = (
        process().start().service("extract")
        .inputs(name='=customer.name', **{"order.id": "=id"})
        .outputs(sum="=net + tax").end()
    )  # fmt: skip
    run = rehearse(model, {"id": 7, "customer": {"name": "Ann"}, "secret": "x"})

    assert run.item("extract").payload == {"name": "Ann", "order": {"id": 7}}

    run.finish("extract", {"net": 10, "tax": 2, "noise": True})

    assert run.result == {"id": 7, "customer": {"name": "Ann"}, "secret": "x", "sum": 12}


def test_an_output_with_dots_adds_to_the_context_that_is_there():
    model = process().start().service("check").outputs(**{"invoice.checked": "=ok"}).end()
    run = rehearse(model, {"invoice": {"total": 5}})

    run.finish("check", {"ok": True})

    assert run.result == {"invoice": {"total": 5, "checked": True}}


def test_outputs_see_a_context_with_what_earlier_ones_added():
    model = process().start().service("price").outputs(
        **{"order.total": "=total", "label": "=order.customer + string(order.total)"}
    ).user("check").end()  # fmt: skip
    run = rehearse(model, {"order": {"customer": "Acme"}})
    run.finish("price", {"total": 5})

    assert run.variables["label"] == "Acme5"
    assert run.variables["order"] == {"customer": "Acme", "total": 5}


def test_an_output_with_dots_adds_to_the_context_that_an_earlier_one_made():
    model = process().start().service("price").outputs(
        **{"order": "=fresh", "order.total": "=total"}
    ).user("check").end()  # fmt: skip
    run = rehearse(model, {"order": {"customer": "Acme"}})
    run.finish("price", {"total": 5, "fresh": {"id": 7}})

    assert run.variables["order"] == {"id": 7, "total": 5}


def test_headers_of_a_step_go_with_its_payload():
    model = process().start().service(
        "extract",
        extra='<zeebe:taskHeaders><zeebe:header key="model" value="v2" /></zeebe:taskHeaders>',
    ).end()  # fmt: skip
    run = rehearse(model, {"file": "a"})

    assert run.item("extract").payload == {"file": "a", "_headers": {"model": "v2"}}


def test_a_step_says_how_its_work_is_to_be_done():
    model = (
        process().start().service("post", retries=5)
        .work(queue="erp", priority="=if urgent then 90 else 10", reference="=number",
              backoff="exponential", delaySeconds=30, slaSeconds=600)
        .policy({"error": "application", "code": "E*", "then": "retry", "delaySeconds": 9},
                {"error": "business", "when": "=urgent", "then": "person"},
                {"attemptAtLeast": 3, "when": "=not(urgent)", "then": "stop"})
        .end()
    )  # fmt: skip
    item = rehearse(model, {"urgent": True, "number": 42}).item("post")

    assert (item.queue, item.priority, item.reference) == ("erp", 90, "42")
    assert (item.max_attempts, item.backoff, item.delay_seconds) == (5, "exponential", 30)
    assert item.sla_seconds == 600
    assert item.rules == [
        {"when": {"class": "application", "code": "E*"}, "then": {"retry": {"delay_seconds": 9}}},
        {"when": {"class": "business"}, "then": "person"},
    ]


def test_a_skipped_item_goes_on_with_the_default_output_of_the_policy():
    model = (
        process().start().service("rate")
        .policy({"then": "skip"}, default_output="={rate: 1.5}").end()
    )  # fmt: skip
    run = rehearse(model)

    run.skip("rate")

    assert run.result == {"rate": 1.5}
    assert run.history[1].outcome == "skipped"


def test_a_script_gives_its_result_at_once():
    run = rehearse(process().start().script("add", "=a + b", "sum").end(), {"a": 1, "b": 2})

    assert run.result == {"a": 1, "b": 2, "sum": 3}
    assert run.history[1].delta == {"sum": 3}


def test_a_manual_task_and_tasks_without_more_flows_just_pass():
    run = rehearse(process().start().manual("carry").end())

    assert run.path == ["start", "carry", "end"]


def test_a_user_task_says_what_the_person_needs():
    model = (
        process().start()
        .user("approve", name="Approve invoice", groups="ap, heads", assignee="=boss",
              due='=now() + duration("PT4H")', form={"type": "object"},
              decisions={"approve": "Approve", "reject": "Reject"})
        .end()
    )  # fmt: skip
    run = rehearse(model, {"total": 5, "boss": "kim"})
    task = run.task("approve")

    assert task.title == "Approve invoice"
    assert task.candidate_groups == ["ap", "heads"]
    assert task.assignee == "kim"
    assert task.due_at is not None
    assert (task.due_at - run.now).total_seconds() == 4 * 3600
    assert task.values == {"total": 5, "boss": "kim"}
    assert [each["key"] for each in task.decisions] == ["approve", "reject"]


def test_a_person_decides_with_values_and_the_decision_itself_can_be_read():
    model = (
        process().start()
        .user("approve", decisions={"approve": "Approve", "reject": "Reject"})
        .exclusive("which").when('decision = "reject"').end("rejected")
        .at("which").otherwise().end("approved")
    )  # fmt: skip
    run = rehearse(model, {"total": 5})

    run.decide("approve", "reject", {"comment": "too much"})

    assert run.path[-1] == "rejected"
    assert run.result == {"total": 5, "comment": "too much", "decision": "reject"}
    assert run.history[1].note == "reject"


def test_a_rule_task_asks_the_decision_and_keeps_how_it_answered():
    def decide(key, work, context):
        assert (key, context) == ("risk", {"total": 5})
        return DecisionAnswer(value="low", evaluation={"matched": [1]})

    model = process().start().rule("risk_of", "risk", "risk").end()
    run = rehearse(model, {"total": 5}, world=World(decide=decide))

    assert run.result == {"total": 5, "risk": "low"}
    assert run.told(RecordDecision)[0].evaluation == {"matched": [1]}


def test_a_decision_that_fails_is_an_incident_and_can_be_asked_again():
    answers = iter([StepError("decision", "No rule matches."), DecisionAnswer(value=1)])

    def decide(key, work, context):
        answer = next(answers)
        if isinstance(answer, StepError):
            raise answer
        return answer

    model = process().start().rule("risk_of", "risk", "risk").end()
    run = rehearse(model, world=World(decide=decide))
    (incident,) = run.told(OpenIncident)
    assert (incident.phase, incident.code) == ("enter", "decision")

    run.repair("risk_of", "retry")

    assert run.result == {"risk": 1}


def test_results_go_where_the_variable_lives_and_else_to_the_root():
    model = (
        process().start().subprocess("inner").inputs(total="=1")
        .start("inner_start").service("work").end("inner_end").done().end()
    )  # fmt: skip
    run = rehearse(model)

    run.finish("work", {"total": 2, "other": 3})

    assert run.result == {"other": 3}


def test_too_many_variables_are_refused_at_the_start():
    with pytest.raises(VariablesTooLargeError, match="1,000,000"):
        rehearse(process().start().service("a").end(), {"text": "x" * 2_000_000})


def test_a_result_too_large_is_an_incident_that_keeps_the_result():
    run = rehearse(process().start().service("a").end(), world=World(max_size=100))

    run.finish("a", {"text": "x" * 200})

    (incident,) = run.told(OpenIncident)
    assert (incident.phase, incident.code) == ("leave", "variables_too_large")
    assert run.variables == {}

    run.repair("a", "go_on", variables={"text": "short"})

    assert run.result == {"text": "short"}


def test_the_size_of_all_variables_is_kept_as_they_change():
    run = rehearse(process().start().service("a").service("b").end(), {"x": "12345"})
    first = run.state.size

    run.finish("a", {"x": "1", "y": None})

    assert first == len('"x":"12345"') + 1
    assert run.state.size == len('"x":"1","y":null') + 1
