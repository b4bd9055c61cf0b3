"""Calls about instances, messages, signals and decisions."""

import pytest
from django.test import Client

from apps.events.bus import deliver_outbox
from apps.inbox.models import UserTask
from apps.workflows.models import BufferedMessage, Incident, WorkflowInstance
from tests.api.conftest import Program
from tests.factories import make_folder
from tests.workflows.decisions import DISCOUNT
from tests.workflows.patterns import start_approval
from tests.workflows.repairs import broken_instance

pytestmark = pytest.mark.django_db


def deploy(api: Program, xml: bytes):
    headers = {"authorization": f"Bearer {api.token}"}
    return Client().post("/api/v1/decisions", xml, content_type="application/xml", headers=headers)


@pytest.fixture
def instance(folder, admin) -> WorkflowInstance:
    return start_approval(folder, admin)


def test_an_instance_says_where_it_is(api, instance) -> None:
    told = api.get(f"/instances/{instance.pk}").json()

    (step,) = told["steps"]
    assert told["status"] == "running"
    assert told["variables"]["amount"] == 5000
    assert (step["element_id"], step["kind"], step["status"]) == ("approve", "user", "waiting")
    assert step["waits_for"] == "task"
    assert step["since"].endswith("Z")
    assert told["incidents"] == []
    assert [each["element_id"] for each in told["history"]] == ["start", "above_limit"]


def test_its_task_is_found_and_decided_by_program(api, instance) -> None:
    (task,) = api.get(f"/user-tasks?status=open&instance={instance.pk}").json()["items"]
    assert [each["key"] for each in task["decisions"]] == ["approve", "reject"]

    body = {"version": task["version"], "decision": "approve"}
    decided = api.post(f"/user-tasks/{task['id']}/decide", body)
    deliver_outbox()

    assert decided.status_code == 200
    (step,) = api.get(f"/instances/{instance.pk}").json()["steps"]
    assert (step["element_id"], step["kind"]) == ("carry_out", "service")
    assert api.get(f"/items/{step['item']}").json()["queue"] == "requests"


def test_instances_are_listed_and_filtered(api, folder, admin, instance) -> None:
    other = start_approval(folder, admin, number="R-2", amount=1)

    def ids(query: str = "") -> list[int]:
        return [each["id"] for each in api.get(f"/instances{query}").json()["items"]]

    assert ids() == [other.pk, instance.pk]
    assert ids("?business_key=R-1") == [instance.pk]
    assert ids("?workflow=approval&status=running") == [other.pk, instance.pk]
    assert ids("?workflow=none") == []
    assert api.get("/instances?status=nonsense").status_code == 422


def test_a_list_goes_on_after_its_cursor(api, folder, admin, instance) -> None:
    other = start_approval(folder, admin, number="R-2")

    first = api.get("/instances?limit=1").json()
    second = api.get(f"/instances?limit=1&cursor={first['next_cursor']}").json()

    assert [each["id"] for each in first["items"] + second["items"]] == [other.pk, instance.pk]
    assert second["next_cursor"] is None


def test_pausing_resuming_and_cancelling(api, instance) -> None:
    path = f"/instances/{instance.pk}"

    assert api.post(f"{path}/pause", {"reason": "Wait"}).json()["status"] == "paused"
    assert api.post(f"{path}/pause", {"reason": "Wait"}).status_code == 409
    assert api.post(f"{path}/resume", {"reason": "Go"}).json()["status"] == "running"
    cancelled = api.post(f"{path}/cancel", {"reason": "Sent twice"}).json()
    assert (cancelled["status"], cancelled["reason"]) == ("cancelled", "Sent twice")
    assert api.post(f"{path}/cancel", {"reason": "Sent twice"}).status_code == 409
    assert UserTask.objects.get().status == "cancelled"


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}])
def test_a_verb_wants_a_reason(api, instance, verb, body) -> None:
    answer = api.post(f"/instances/{instance.pk}/{verb}", body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "reason"


def test_what_needs_repair_is_retried_with_other_variables(api, folder, admin) -> None:
    broken = broken_instance(folder, admin)
    (incident,) = api.get(f"/instances/{broken.pk}").json()["incidents"]
    assert incident["element_id"] == "choose"

    answer = api.post(
        f"/instances/{broken.pk}/retry",
        {"incident": incident["id"], "variables": {"amount": 5}, "reason": "Was a text"},
    )

    assert answer.status_code == 200
    assert Incident.objects.get(pk=incident["id"]).how == "retry"
    assert api.get(f"/instances/{broken.pk}").json()["status"] == "completed"
    assert api.post(f"/instances/{broken.pk}/retry").status_code == 409


def test_variables_are_changed_with_a_reason(api, instance) -> None:
    body = {"variables": {"limit": 9000}, "reason": "New rule"}

    assert api.post(f"/instances/{instance.pk}/modify", body).status_code == 200

    assert api.get(f"/instances/{instance.pk}").json()["variables"]["limit"] == 9000


def test_a_message_to_nobody_is_a_conflict_unless_it_may_wait(api) -> None:
    body = {"name": "paid", "correlation_key": "R-1", "variables": {"by": "bank"}}

    refused = api.post("/messages", body)
    kept = api.post("/messages", {**body, "ttl_seconds": 60})

    assert refused.status_code == 409
    assert "ttl_seconds" in refused.json()["detail"]
    assert kept.json()["is_awaited"] is False
    assert kept.json()["expires_at"]
    assert BufferedMessage.objects.count() == 1


def test_a_message_sent_twice_is_one(api) -> None:
    body = {"name": "paid", "correlation_key": "R-1", "ttl_seconds": 60}

    first = api.post("/messages", body, Idempotency_Key="m")
    second = api.post("/messages", body, Idempotency_Key="m")

    assert first.json() == second.json()
    assert BufferedMessage.objects.count() == 1


def test_a_signal_says_how_many_hear_it(api) -> None:
    assert api.post("/signals", {"name": "month over"}).json() == {"reached": 0}
    assert api.post("/signals", {"name": ""}).status_code == 422


def test_a_decision_is_deployed_and_evaluated(api) -> None:
    deployed = deploy(api, DISCOUNT)
    asked = {"context": {"amount": 1500, "kind": "business"}}
    answer = api.post("/decisions/discount/evaluate", asked).json()

    assert (deployed.status_code, deployed.json()["key"]) == (201, "discount")
    assert (answer["value"], answer["version"], answer["warnings"]) == (10, 1, [])
    (matched,) = answer["matched"]
    assert (matched["rule"], matched["applied"]) == (1, True)
    assert matched["inputs"][0] == {"label": "Amount", "value": 1500, "test": ">= 1000"}
    assert api.get("/decisions").json()["items"][0]["title"] == "Discount"
    assert api.post("/decisions/none/evaluate", asked).status_code == 404


def test_a_broken_decision_lists_its_problems(api) -> None:
    answer = deploy(api, DISCOUNT.replace(b"&gt;= 1000", b"&gt;= = 1"))

    (problem,) = answer.json()["problems"]
    assert answer.status_code == 422
    assert (problem["element"], problem["line"]) == ("discount", 16)


def test_other_folders_and_weaker_roles_are_kept_out(api, program_with, instance) -> None:
    stranger, auditor = program_with("admin", make_folder()), program_with("auditor")
    path = f"/instances/{instance.pk}"

    assert stranger.get(path).status_code == 404
    assert auditor.get(path).status_code == 200
    assert auditor.post(f"{path}/cancel", {"reason": "So"}).status_code == 403
    assert auditor.post("/messages", {"name": "paid"}).status_code == 403
    assert auditor.post("/signals", {"name": "paid"}).status_code == 403
