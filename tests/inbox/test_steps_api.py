"""Steps of workflows for programs."""

import pytest

from apps.inbox.models import UserTask
from tests.inbox.steps import APPROVAL, INSTANCE, instances_listening, open_incident, open_step
from tests.inbox.steps import told as delivered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def heard():
    with instances_listening() as found:
        yield found


def test_a_step_says_what_it_is_and_whose(program, folder):
    task = open_step(folder, candidate_groups=["Finance"], priority=70, instructions="Look.")

    found = program.get(f"/user-tasks/{task.pk}").json()

    expected = {
        "kind": "form",
        "title": "Approve invoice 4711",
        "reason": "",
        "item": None,
        "queue": None,
        "instance": INSTANCE,
        "workflow": "Invoices",
        "step": "Approve",
        "element": "approve",
        "form": APPROVAL,
        "values": {"amount": 1200, "number": "4711"},
        "candidate_groups": ["Finance"],
        "candidate_users": [],
        "priority": 70,
        "instructions": "Look.",
        "follow_up_at": None,
    }
    assert {name: found[name] for name in expected} == expected
    assert [(each["key"], each["title"]) for each in found["decisions"]] == [
        ("complete", "Complete")
    ]


def test_tasks_are_found_by_instance_group_and_candidate(program, folder):
    step = open_step(folder, candidate_groups=["Finance"])
    incident = open_incident(folder)
    other = open_step(folder, instance_id=32, candidate_users=["kim"])

    def ids(query):
        return {task["id"] for task in program.get(f"/user-tasks?{query}").json()["items"]}

    assert ids(f"instance={INSTANCE}&status=open") == {step.pk, incident.pk}
    assert ids("group=Finance") == {step.pk}
    assert ids("candidate=kim") == {other.pk}
    assert ids("group=nobody") == set()


def test_a_form_is_decided_with_some_values(program, folder, heard):
    task = open_step(folder)
    body = {"version": 1, "decision": "complete", "values": {"approved": False}, "comment": "no"}

    answer = program.post(f"/user-tasks/{task.pk}/decide", body)

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["status"], answer.json()["decision"]) == ("completed", "complete")
    [said] = delivered(heard)
    assert said["values"] == {"amount": 1200, "approved": False}
    assert said["comment"] == "no"


def test_a_missing_value_is_refused_by_name(program, folder):
    task = open_step(folder)

    answer = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "complete"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "values.approved"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"decision": "retry"}, {"values": {}}),
        ({"decision": "edit_and_retry", "values": {"vendor": 8}}, {"values": {"vendor": 8}}),
        ({"decision": "set_result", "result": {"a": 1}}, {"values": {"a": 1}}),
        ({"decision": "set_result", "values": {"a": 1}}, {"values": {"a": 1}}),
        ({"decision": "throw", "code": "E1"}, {"code": "E1"}),
        ({"decision": "throw", "values": {"code": "E2"}}, {"code": "E2"}),
        ({"decision": "cancel", "comment": "wrong"}, {"reason": "wrong"}),
    ],
)
def test_an_incident_is_decided(program, folder, heard, body, said):
    task = open_incident(folder)

    answer = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, **body})

    assert answer.status_code == 200, answer.json()
    [news] = delivered(heard)
    assert news["decision"] == body["decision"]
    assert said.items() <= news.items()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"decision": "set_result"}, "result"),
        ({"decision": "throw"}, "reference"),
        ({"decision": "cancel"}, "reason"),
        ({"decision": "explode"}, "decision"),
    ],
)
def test_an_incident_is_not_decided_without_what_the_decision_asks_for(program, folder, body, path):
    task = open_incident(folder)

    answer = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, **body})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert UserTask.objects.get(pk=task.pk).is_open


def test_who_was_first_is_said_to_the_second(program, folder):
    task = open_incident(folder)
    program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "retry"})

    answer = program.post(
        f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "throw", "code": "E"}
    )

    assert answer.status_code == 409
    assert answer.json()["decision"] == "retry"
