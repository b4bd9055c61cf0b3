"""AI gates by API: made and changed, results with predictions, questions and their answers."""

from typing import Any

import pytest

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox.models import UserTask
from apps.queues.models import Gate, Prediction, WorkQueue
from tests.api.conftest import Program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

THRESHOLDS = {"default": 0.5, "fields": {"vendor": 0.8}}


@pytest.fixture
def queue(api: Program) -> str:
    api.put("/gates/invoices", {"thresholds": THRESHOLDS, "sample_share": 0})
    made = api.put("/queues/invoices", {"gate": "invoices"})
    assert made.json()["gate"] == "invoices", made.content
    return "invoices"


def lease_one(api: Program) -> dict[str, Any]:
    api.post("/queues/invoices/items", {"payload": {}})
    item: dict[str, Any] = api.post("/queues/invoices/lease", {}).json()["items"][0]
    return item


def finish(api: Program, item: dict[str, Any], **more: Any) -> Any:
    result = {"id": item["id"], "lease": item["lease"], "outcome": "successful", **more}
    return api.post("/items/finish", {"results": [result]})


def test_a_gate_is_made_and_changed_with_one_event_each(api: Program):
    made = api.put("/gates/invoices", {"title": "Invoices", "thresholds": THRESHOLDS})
    changed = api.put("/gates/invoices", {"sample_share": 0.1, "version": 1, "reason": "More."})
    same = api.put("/gates/invoices", {"sample_share": 0.1})
    late = api.put("/gates/invoices", {"sample_share": 0.2, "version": 1})

    assert (made.status_code, changed.status_code, late.status_code) == (201, 200, 409)
    assert (made.json()["version"], changed.json()["version"], same.json()["version"]) == (1, 2, 2)
    assert [gate["key"] for gate in api.get("/gates").json()["items"]] == ["invoices"]
    events = list(Event.objects.filter(subject_type="gate").order_by("id"))
    assert [event.kind for event in events] == ["gate.created", "gate.changed"]
    assert events[1].data["changes"] == [{"field": "sample_share", "before": 0.05, "after": 0.1}]
    assert events[1].data["reason"] == "More."


@pytest.mark.parametrize(
    ("thresholds", "path"),
    [
        ({"default": 2}, "thresholds.default"),
        ({"fields": {"a": "0.5"}}, "thresholds.fields.a"),
        ({"classes": {"invoice": {"total": -1}}}, "thresholds.classes.invoice.total"),
        ({"required": "total"}, "thresholds.required"),
        ({"limits": {}}, "thresholds.limits"),
    ],
)
def test_wrong_thresholds_are_refused_by_field(api: Program, thresholds: Any, path: str):
    answer = api.put("/gates/invoices", {"thresholds": thresholds})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert not Gate.objects.exists()


def test_gates_that_are_not_there_are_said_so(api: Program):
    assert api.get("/gates/nothing").status_code == 404
    assert api.put("/gates/no key!", {}).status_code in (404, 422)
    answer = api.put("/queues/invoices", {"gate": "nothing"})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "gate")


def test_predictions_come_with_the_result_and_are_shown_with_the_item(api: Program, queue: str):
    sure, unsure = lease_one(api), lease_one(api)
    read = {"model": "reader", "fields": {"vendor": {"value": "ACME", "confidence": 0.9}}}
    doubt = {"model": "reader", "fields": {"vendor": {"value": "ACME", "confidence": 0.1}}}

    first = finish(api, sure, output={"vendor": "ACME"}, predictions=read)
    again = finish(api, sure, output={"vendor": "ACME"}, predictions=read)
    finish(api, unsure, output={"vendor": "ACME"}, predictions=doubt)

    assert first.json() == again.json() == {"finished": [sure["id"]], "refused": []}
    assert Prediction.objects.count() == 2
    done = api.get(f"/items/{sure['id']}").json()
    assert (done["status"], done["output"]) == ("successful", {"vendor": "ACME"})
    assert (done["predictions"][0]["went"], done["predictions"][0]["threshold"]) == ("passed", 0.8)
    parked = api.get(f"/items/{unsure['id']}").json()
    assert (parked["status"], parked["parked"]["cause"], parked["output"]) == (
        "needs_decision",
        "low_confidence",
        None,
    )


def test_what_a_person_accepts_is_the_output_of_the_item(api: Program, queue: str):
    item = lease_one(api)
    doubt = {"fields": {"vendor": {"value": "ACME", "confidence": 0.1}}}
    finish(api, item, output={"vendor": "ACME"}, predictions=doubt)
    deliver_outbox()
    (task,) = api.get(f"/user-tasks?item={item['id']}").json()["items"]

    decided = api.post(
        f"/user-tasks/{task['id']}/decide",
        {"version": task["version"], "decision": "accept", "values": {"vendor": "Globex"}},
    )

    assert decided.status_code == 200, decided.content
    found = api.get(f"/items/{item['id']}").json()
    assert (found["status"], found["output"]) == ("successful", {"vendor": "Globex"})
    assert found["attempts"][0]["output"] == {"vendor": "ACME"}
    assert found["answers"][0]["key"] == "_accepted"


@pytest.mark.parametrize("confidence", ["0.9", True, 1.5, -1, None])
def test_a_confidence_that_is_none_is_refused_and_the_lease_is_kept(
    api: Program, queue: str, confidence: Any
):
    item = lease_one(api)
    read = {"fields": {"vendor": {"value": 1, "confidence": confidence}}}

    answer = finish(api, item, predictions=read)

    assert answer.status_code == 422
    path = answer.json()["errors"][0]["path"]
    assert path == "results.0.predictions.fields.vendor.confidence"
    assert api.get(f"/items/{item['id']}").json()["status"] == "in_progress"


def test_a_confidence_that_is_not_a_number_is_no_json(api: Program, queue: str):
    body = b'{"results": [{"predictions": {"fields": {"a": {"confidence": NaN}}}}]}'

    assert api.post("/items/finish", body).status_code == 400


def test_predictions_belong_to_successes_and_questions_to_asked(api: Program, queue: str):
    item = lease_one(api)
    read = {"fields": {}}

    failed = finish(api, item, outcome="application_exception", predictions=read)
    silent = finish(api, item, outcome="asked")
    stray = finish(api, item, question={"key": "a", "title": "A?"})

    assert [each.status_code for each in (failed, silent, stray)] == [422, 422, 422]
    assert [each.json()["errors"][0]["path"] for each in (failed, silent, stray)] == [
        "results.0.predictions",
        "results.0.question",
        "results.0.question",
    ]


def test_a_question_is_answered_in_the_inbox_and_the_next_try_reads_it(api: Program, queue: str):
    item = lease_one(api)
    question = {
        "key": "vendor",
        "title": "Which vendor?",
        "form": {"type": "object", "properties": {"vendor": {"type": "string"}}},
        "decisions": [{"key": "take", "title": "Take it"}],
    }
    asked = finish(api, item, outcome="asked", question=question)
    assert asked.json()["finished"] == [item["id"]]
    deliver_outbox()
    (task,) = api.get(f"/user-tasks?item={item['id']}").json()["items"]
    assert (task["kind"], task["title"], task["decisions"][0]["title"]) == (
        "question",
        "Which vendor?",
        "Take it",
    )

    answered = api.post(
        f"/user-tasks/{task['id']}/decide",
        {"version": task["version"], "decision": "take", "values": {"vendor": "Globex"}},
    )

    assert answered.status_code == 200, answered.content
    assert UserTask.objects.get().decision_values == {"vendor": "Globex"}
    again = api.post("/queues/invoices/lease", {}).json()["items"][0]
    assert (again["id"], again["attempt"]) == (item["id"], 2)
    (kept,) = api.get(f"/items/{item['id']}").json()["answers"]
    assert (kept["key"], kept["decision"], kept["values"]) == (
        "vendor",
        "take",
        {"vendor": "Globex"},
    )


def test_releases_and_plain_successes_ask_no_gate(api: Program, queue: str):
    item = lease_one(api)

    finish(api, item, output={"vendor": "ACME"})

    assert api.get(f"/items/{item['id']}").json()["status"] == "successful"
    assert not Prediction.objects.exists()
    assert WorkQueue.objects.get().gate is not None
