"""The inbox for programs: what the design promises, and what it refuses."""

import pytest

from apps.accounts.models import Folder, Membership
from apps.accounts.roles import Role
from apps.inbox.models import Comment, UserTask
from apps.lib.schema import MASK
from apps.queues.models import WorkItem
from tests.api.conftest import program_of
from tests.factories import make_person
from tests.inbox.rows import PAYLOAD, make_queue, make_task

pytestmark = pytest.mark.django_db


def test_open_tasks_are_listed_with_the_reason_and_the_decisions(program, queue, task):
    answer = program.get("/user-tasks?status=open").json()

    assert answer["next_cursor"] is None
    (found,) = answer["items"]
    assert found["id"] == task.pk
    assert found["reason"] == "The lines add up to 110.00, not 100.00."
    assert found["item"] == task.item_id
    assert found["status"] == "open"
    assert found["version"] == 1
    assert found["form"] == queue.payload_schema
    assert found["values"] == {**PAYLOAD, "iban": MASK}
    assert [(d["key"], d["title"]) for d in found["decisions"]] == [
        ("correct", "Correct and continue"),
        ("leave_out", "Leave out"),
        ("done_by_hand", "Already done by hand"),
        ("reject", "Reject"),
    ]


def test_lists_can_be_narrowed_and_paged(program, folder, queue):
    tasks = [make_task(queue, reference=f"R{n}") for n in range(3)]
    other = make_task(make_queue(folder, "other"))

    by_item = program.get(f"/user-tasks?item={tasks[1].item_id}").json()["items"]
    by_queue = program.get("/user-tasks?queue=other&status=open").json()["items"]
    first = program.get("/user-tasks?limit=3").json()
    second = program.get(f"/user-tasks?limit=3&cursor={first['next_cursor']}").json()

    assert [found["id"] for found in by_item] == [tasks[1].pk]
    assert [found["id"] for found in by_queue] == [other.pk]
    assert len({found["id"] for found in [*first["items"], *second["items"]]}) == 4
    assert program.get("/user-tasks?instance=12").json()["items"] == []
    assert program.get("/user-tasks?status=completed").json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "limit=0",
        "limit=x",
        "item=x",
        "cursor=zzz",
        "item=99999999999999999999",
        "instance=x",
        "instance=0",
    ],
)
def test_a_wrong_filter_is_refused_by_name(program, query):
    answer = program.get(f"/user-tasks?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


def test_a_decision_with_some_values_keeps_the_others_and_what_was_masked(program, task):
    body = {
        "version": 1,
        "decision": "correct",
        "values": {"total": "110.00", "iban": MASK},
        "comment": "as on paper",
    }

    answer = program.post(f"/user-tasks/{task.pk}/decide", body)

    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "completed"
    assert answer.json()["decided_by"].startswith("Business_user")
    item = WorkItem.objects.with_status().get(pk=task.item_id)
    assert item.payload == {**PAYLOAD, "total": "110.00"}
    assert item.status == "new"
    assert Comment.objects.get().text == "as on paper"


def test_a_comment_stands_in_for_the_reason(program, task):
    body = {"version": 1, "decision": "leave_out", "comment": "sent twice"}

    answer = program.post(f"/user-tasks/{task.pk}/decide", body)

    assert answer.status_code == 200
    task.refresh_from_db()
    assert task.decision_comment == "sent twice"


@pytest.mark.parametrize(
    "said",
    [{"reference": "FI-7"}, {"values": {"reference": "FI-7"}}, {"comment": "FI-7"}],
    ids=["by name", "among the values", "as the comment"],
)
def test_the_outside_reference_may_be_said_in_several_ways(program, task, said):
    body = {"version": 1, "decision": "done_by_hand", **said}

    answer = program.post(f"/user-tasks/{task.pk}/decide", body)

    assert answer.status_code == 200
    task.refresh_from_db()
    assert task.decision_reference == "FI-7"


def test_whoever_is_second_gets_who_decided_what_and_when(program, task, supervisor, folder):
    first = program_of(supervisor, folder)
    first.post(
        f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "reject", "reason": "no"}
    )

    answer = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "correct"})

    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "already_decided"
    assert problem["decided_by"].startswith("Supervisor")
    assert problem["decision"] == "reject"
    assert problem["decided_at"]
    assert "Supervisor" in problem["detail"]
    assert "Reject" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({"version": 7, "decision": "correct"}, 409, None),
        ({"version": 1, "decision": "explode"}, 422, "decision"),
        ({"version": 1, "decision": "reject"}, 422, "reason"),
        ({"version": 1, "decision": "done_by_hand"}, 422, "reference"),
        ({"version": 1, "decision": "correct", "values": {"total": 5}}, 422, "values.total"),
        ({"version": 1, "decision": "correct", "values": []}, 422, "values"),
        ({"version": "x", "decision": "correct"}, 422, "version"),
        ({"decision": "correct"}, 422, "version"),
        ({"version": 1}, 422, "decision"),
        ({"version": 1, "decision": "correct", "comment": "x" * 10_001}, 413, None),
        (b"{", 400, None),
        (b'{"version": 1, "decision": "reject", "reason": "\\u0000"}', 400, None),
        (b"[]", 422, None),
    ],
)
def test_a_decision_that_will_not_do_is_refused_and_changes_nothing(
    program, task, body, status, path
):
    answer = program.post(f"/user-tasks/{task.pk}/decide", body)

    assert answer.status_code == status, answer.content
    if path:
        assert path in [error["path"] for error in answer.json()["errors"]]
    task.refresh_from_db()
    assert task.is_open


def test_claim_release_reassign_and_comment(program, task, supervisor, folder):
    path = f"/user-tasks/{task.pk}"
    other = program_of(supervisor, folder)

    assert program.post(f"{path}/claim").json()["assignee"] == "business_user"
    assert other.post(f"{path}/claim").status_code == 409
    assert other.post(f"{path}/claim", {"take_over": True}).json()["assignee"] == "supervisor"
    body = {"assignee": "business_user"}
    assert other.post(f"{path}/reassign", body).json()["assignee"] == "business_user"
    assert program.post(f"{path}/release").json()["assignee"] is None
    comment = program.post(f"{path}/comments", {"text": "<b>see page 2</b>"})
    assert comment.status_code == 201
    assert comment.json()["text"] == "<b>see page 2</b>"


def test_handing_a_task_to_nobody_or_to_somebody_without_the_right_is_refused(program, task):
    make_person("stranger")

    for name in ("nobody", "stranger"):
        answer = program.post(f"/user-tasks/{task.pk}/reassign", {"assignee": name})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "assignee"


def test_tasks_of_other_folders_do_not_exist(program, task):
    elsewhere = make_task(make_queue(Folder.objects.create(key="else", title="Else")))

    assert program.get(f"/user-tasks/{elsewhere.pk}").status_code == 404
    assert program.post(f"/user-tasks/{elsewhere.pk}/claim").status_code == 404
    assert program.get("/user-tasks/99999999999999999999").status_code == 404
    assert program.get(f"/user-tasks?item={elsewhere.item_id}").json()["items"] == []


def test_auditors_read_and_do_not_decide(auditor, folder, task):
    program = program_of(auditor, folder)

    assert program.get(f"/user-tasks/{task.pk}").status_code == 200
    for verb, body in (
        ("decide", {"version": 1, "decision": "correct"}),
        ("claim", {}),
        ("comments", {"text": "x"}),
    ):
        assert program.post(f"/user-tasks/{task.pk}/{verb}", body).status_code == 403
    assert UserTask.objects.open().count() == 1


def test_a_folder_may_be_named(business_user, folder, task):
    other = Folder.objects.create(key="other", title="Other")
    Membership.objects.create(user=business_user, folder=other, role=Role.BUSINESS_USER)
    program = program_of(business_user, other)

    assert program.get("/user-tasks").json()["items"] == []
    assert len(program.get("/user-tasks", x_folder=folder.key).json()["items"]) == 1
