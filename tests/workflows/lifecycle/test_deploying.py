"""Deployment: versions by content, queues made, starts subscribed; or nothing at all."""

import pytest

from apps.events.models import Event
from apps.lib.errors import DomainError, InvalidError, NotFoundError
from apps.queues.models import WorkQueue
from apps.workflows import lifecycle
from apps.workflows.bpmn import ModelError
from apps.workflows.models import (
    Decision,
    DecisionEvaluation,
    StartSubscription,
    Workflow,
    WorkflowVersion,
)
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deployed,
    reloaded,
    stands_at,
    started,
    work,
)
from tests.workflows.models import process, timer

pytestmark = pytest.mark.django_db

TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
             namespace="http://example.com/d">
  <decision id="discount" name="Discount">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i"><inputExpression id="e" typeRef="number"><text>amount</text></inputExpression>
      </input>
      <output id="o" name="discount" typeRef="number" />
      <rule id="r1"><inputEntry id="x1"><text>&gt; 1000</text></inputEntry>
        <outputEntry id="y1"><text>0.1</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="x2"><text>-</text></inputEntry>
        <outputEntry id="y2"><text>0</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def deploy(folder, model, note=""):
    return lifecycle.deploy(folder, model.xml(), by=ANNA, source="api", note=note)


def test_a_workflow_gets_a_version_for_each_content_and_queues_for_its_steps():
    folder = make_folder()
    WorkQueue.objects.create(folder=folder, key="post", title="Posting")
    first = deploy(folder, process("p", name="Pay").start().service("post").end(), note="begin")
    same = deploy(folder, process("p", name="Pay").start().service("post").end())
    second = deploy(folder, process("p", name="Pay").start().service("erp.book").end())

    assert [first.versions[0].number, same.versions[0].number] == [1, 1]
    assert (len(first.new), len(same.new), second.versions[0].number) == (1, 0, 2)
    assert first.created_queues == []
    assert [queue.key for queue in second.created_queues] == ["erp-book"]
    assert Workflow.objects.get().title == "Pay"
    event = Event.objects.filter(kind="workflow.deployed").earliest("id")
    assert (event.actor_name, event.data["note"]) == ("Anna", "begin")


def test_an_instance_stays_on_the_version_that_it_began_with():
    folder = make_folder()
    workflow = deployed(process("p").start().service("a").service("b").end(), folder)
    old = started(workflow)
    deployed(process("p").start().service("a").service("c").end(), folder)
    new, chosen = started(workflow), lifecycle.start_instance(workflow, {}, by=ANNA, version=1)

    work(folder, "a")

    assert [stands_at(each) for each in (old, new, chosen)] == [["b"], ["c"], ["b"]]


def test_what_stands_against_a_model_leaves_nothing_behind():
    folder = make_folder()
    model = process("p").start().service("a").service("b", "").end()

    with pytest.raises(ModelError) as caught:
        deploy(folder, model)

    assert [problem.element for problem in caught.value.problems] == ["b"]
    assert not Workflow.objects.exists()
    assert not WorkQueue.objects.exists()


def test_a_deployment_that_fails_half_way_leaves_nothing_behind(monkeypatch):
    from apps.workflows.lifecycle import deploying

    def refuse(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(deploying, "_make_queues", refuse)
    folder = make_folder()
    with pytest.raises(ZeroDivisionError):
        deploy(folder, process("p").start("start", timer(cycle="R/PT1H")).service("a").end())

    for model in (Workflow, WorkflowVersion, StartSubscription, WorkQueue, Event):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "xml", [b"", b"<", b"<a/>", b"\x00\xff", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
)
def test_what_is_no_model_is_refused_in_words(xml):
    with pytest.raises(DomainError) as caught:
        lifecycle.deploy(make_folder(), xml, by=ANNA, source="api")

    assert caught.value.status == 422


def test_variables_must_fit_the_input_schema():
    schema = {
        "type": "object",
        "required": ["number"],
        "properties": {"number": {"type": "integer"}},
    }
    workflow = deployed(process("p").input_schema(schema).start().service("a").end())

    with pytest.raises(InvalidError) as caught:
        lifecycle.start_instance(workflow, {"number": "seven"}, by=ANNA)

    assert caught.value.fields[0].path == "variables.number"
    with pytest.raises(InvalidError):
        lifecycle.start_instances(workflow, [{"number": 1}, {}], by=ANNA)
    assert_consistent()
    assert len(lifecycle.start_instances(workflow, [{"number": n} for n in range(3)], by=ANNA)) == 3


def test_there_is_no_version_seven():
    workflow = deployed(process("p").start().end())

    with pytest.raises(NotFoundError, match="7"):
        lifecycle.start_instance(workflow, {}, by=ANNA, version=7)


def test_a_start_timer_that_is_no_time_is_refused():
    with pytest.raises(DomainError):
        deploy(make_folder(), process("p").start("start", timer(cycle="every day")).end())

    assert not Workflow.objects.exists()


def test_decisions_are_versions_by_content_too():
    folder = make_folder()

    first = lifecycle.deploy_decision(folder, TABLE, by=ANNA)
    same = lifecycle.deploy_decision(folder, TABLE, by=ANNA)
    other = lifecycle.deploy_decision(folder, TABLE.replace(b"0.1", b"0.2"), by=ANNA)

    assert [len(first.new), len(same.new), other.versions[0].number] == [1, 0, 2]
    assert Decision.objects.get().title == "Discount"


def test_an_evaluation_keeps_which_rules_matched_and_why():
    folder = make_folder()
    lifecycle.deploy_decision(folder, TABLE, by=ANNA)

    answer = lifecycle.evaluate_decision(folder, "discount", {"amount": 2000}, by=ANNA)

    assert float(answer.value) == 0.1
    kept = DecisionEvaluation.objects.get()
    assert kept.evaluation["value"] == 0.1
    (rule,) = kept.evaluation["matched"]
    assert (rule["rule"], rule["inputs"][0]["value"]) == (1, 2000)
    with pytest.raises(NotFoundError):
        lifecycle.evaluate_decision(folder, "nothing", {}, by=ANNA)


def test_a_rule_task_asks_the_latest_decision_and_keeps_how_it_came_about():
    folder = make_folder()
    lifecycle.deploy_decision(folder, TABLE, by=ANNA)
    workflow = deployed(process("p").start().rule("ask", "discount", "given").end(), folder)

    instance = started(workflow, amount=2000)

    assert reloaded(instance).result == {"amount": 2000, "given": 0.1}
    kept = DecisionEvaluation.objects.get()
    assert (kept.instance_id, kept.node, kept.evaluation["value"]) == (instance.pk, "ask", 0.1)


def test_a_decision_that_is_missing_is_an_incident_until_it_is_deployed():
    folder = make_folder()
    instance = started(
        deployed(process("p").start().rule("ask", "discount", "given").end(), folder), amount=5
    )

    assert stands_at(instance) == ["ask"]
    lifecycle.deploy_decision(folder, TABLE, by=ANNA)
    decided(instance, "retry")

    assert reloaded(instance).result == {"amount": 5, "given": 0}
    assert_consistent()


def test_what_steps_call_and_is_not_there_yet_is_a_warning():
    folder = make_folder()
    model = process("p").start().rule("ask", "discount", "given").call("sub", "other")
    model = model.call("again", "p").rule("named", "=name", "found").end()

    first = deploy(folder, model)
    lifecycle.deploy_decision(folder, TABLE, by=ANNA)
    second = deploy(folder, model)

    assert [each["element"] for each in first.warnings] == ["ask", "sub"]
    assert all(each["line"] and each["advice"] for each in first.warnings)
    assert [each["element"] for each in second.warnings] == ["sub"]


def test_too_large_a_context_of_a_decision_is_refused_by_its_name():
    folder = make_folder()
    lifecycle.deploy_decision(folder, TABLE, by=ANNA)

    with pytest.raises(InvalidError, match="context: would take") as refused:
        lifecycle.evaluate_decision(folder, "discount", {"amount": "1" * 1_000_001}, by=ANNA)

    assert refused.value.fields[0].path == "context"
