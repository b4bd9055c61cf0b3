"""Steps of workflows in the inbox: opened and closed by instances, decided by people."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from apps.events.bus import deliver_outbox
from apps.events.models import Event, Outbox
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.lifecycle import (
    Answer,
    NewTask,
    claim_task,
    close_owned_tasks,
    close_tasks_of,
    decide,
    draft_of,
    open_owned_tasks,
    save_draft,
)
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM
from apps.lib.errors import InvalidError
from apps.queues.lifecycle import (
    NewItem,
    Owner,
    OwnerPolicy,
    add_owned_items,
    withdraw_items,
)
from tests.inbox.rows import PAYLOAD, make_queue, stop_waiting
from tests.inbox.steps import DECIDED, INSTANCE, instances_listening, open_incident, open_step, told
from tests.queues.owned import told_ends

pytestmark = pytest.mark.django_db
Status = UserTask.Status


@pytest.fixture(autouse=True)
def heard():
    with instances_listening() as found:
        yield found


def test_a_step_becomes_a_task_with_all_that_the_diagram_says(folder, business_user):
    due = datetime(2030, 1, 1, 9, tzinfo=UTC)

    task = open_step(
        folder,
        assignee=business_user.username,
        candidate_groups=["Finance"],
        candidate_users=["kim"],
        due_at=due,
        follow_up_at=due,
        priority=80,
        instructions="Look twice.",
    )

    assert (task.kind, task.instance_id, task.token, task.item_id) == ("form", INSTANCE, 4, None)
    assert (task.assignee, task.due_at, task.follow_up_at) == (business_user, due, due)
    assert (task.candidate_groups, task.candidate_users) == (["Finance"], ["kim"])
    assert (task.priority, task.instructions) == (80, "Look twice.")
    assert task.facts == {
        "workflow": "Invoices",
        "step": "Approve",
        "element": "approve",
        "unknown_groups": ["Finance", "kim"],
    }
    assert [decision["key"] for decision in task.decisions] == ["complete"]


def test_an_assignee_whom_nobody_knows_is_kept_as_a_name(folder):
    task = open_step(folder, assignee="nobody-here")

    assert task.assignee is None
    assert task.facts["assignee"] == "nobody-here"


def test_a_task_opened_twice_stays_the_one_it_was(folder):
    first = open_step(folder)

    again = open_step(folder, title="Another")

    assert again == first
    assert again.title == first.title


def test_many_tasks_are_opened_with_as_many_statements_as_one(
    folder, django_assert_max_num_queries
):
    news = [
        NewTask(kind="form", folder_id=folder.pk, instance_id=n, token=1, title="x")
        for n in range(50)
    ]
    # the clock, the rules, the numbers, the rows, which of them are new, the news
    with django_assert_max_num_queries(6):
        open_owned_tasks(news)

    assert UserTask.objects.count() == 50


def test_completing_a_step_tells_its_instance_what_was_said(folder, admin, heard):
    task = open_step(folder)
    answer = Answer(
        decision="complete",
        version=1,
        payload={"amount": 1200, "number": "4711", "approved": True},
        comment="fine",
    )

    done = decide(task, answer, by=admin.actor)

    assert done.status == Status.COMPLETED
    assert told(heard) == [
        {
            "task": task.pk,
            "instance": INSTANCE,
            "token": 4,
            "kind": "form",
            "decision": "complete",
            "values": {"amount": 1200, "approved": True},
            "code": "",
            "comment": "fine",
            "reason": "",
            "by": {"user_id": admin.pk, "name": admin.name, "kind": "person"},
        }
    ]
    event = Event.objects.get(kind="user_task.completed")
    assert event.subject_id == task.pk
    assert [change["path"] for change in event.data["changes"]] == ["approved"]


def test_what_does_not_fit_the_form_is_refused_by_field(folder, admin, heard):
    task = open_step(folder)

    with pytest.raises(InvalidError) as refused:
        decide(task, Answer(decision="complete", version=1), by=admin.actor)

    task.refresh_from_db()
    assert [problem.path for problem in refused.value.fields] == ["values.approved"]
    assert task.is_open
    assert told(heard) == []


def test_the_diagrams_own_decisions_are_offered_with_a_letter_each(folder, admin, heard):
    declared = [
        {"key": "approve", "title": "Approve"},
        {"key": "reject", "title": "Reject", "takes_values": False, "needs_reason": True},
        {"key": "ask", "title": "Ask"},
        {"key": "akg", "title": "Akg"},
    ]
    task = open_step(folder, decisions=declared)

    decide(task, Answer(decision="reject", version=1, reason="Too dear"), by=admin.actor)

    assert [each["shortcut"] for each in task.decisions] == ["a", "r", "s", ""]
    assert [each["style"] for each in task.decisions] == ["primary", "", "", ""]
    [said] = told(heard)
    assert (said["decision"], said["values"], said["reason"]) == ("reject", {}, "Too dear")


def test_of_two_decisions_one_is_taken_and_told(folder, admin, heard):
    task = open_step(folder, form={})
    decide(task, Answer(decision="complete", version=1), by=admin.actor)

    again = decide(task, Answer(decision="complete", version=1), by=admin.actor)
    with pytest.raises(TaskDecidedError):
        decide(task, Answer(decision="complete", version=1, reason="x"), by=admin.actor)

    assert again.status == Status.COMPLETED
    assert len(told(heard)) == 1


def test_what_the_person_did_not_see_is_not_decided(folder, admin):
    task = open_step(folder, form={})

    with pytest.raises(TaskChangedError):
        decide(task, Answer(decision="complete", version=7), by=admin.actor)


def test_an_incident_offers_five_ways_out(folder):
    task = open_incident(folder)

    assert [decision["key"] for decision in task.decisions] == [
        "retry", "edit_and_retry", "set_result", "throw", "cancel",
    ]  # fmt: skip
    assert (task.reason, task.code) == ("No account for vendor 7.", "unhandled_error")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"decision": "retry"}, {"decision": "retry", "values": {}}),
        (
            {"decision": "edit_and_retry", "payload": {"vendor": 8, "new": True}},
            {"decision": "edit_and_retry", "values": {"vendor": 8, "new": True, "lines": None}},
        ),
        (
            {"decision": "set_result", "result": {"account": 5}},
            {"decision": "set_result", "values": {"account": 5}},
        ),
        (
            {"decision": "throw", "reference": " NO_ACCOUNT "},
            {"decision": "throw", "values": {}, "code": "NO_ACCOUNT"},
        ),
        (
            {"decision": "cancel", "reason": "Wrong data"},
            {"decision": "cancel", "values": {}, "reason": "Wrong data"},
        ),
    ],
)
def test_what_was_decided_about_an_incident_is_told(folder, admin, heard, answer, said):
    task = open_incident(folder)

    decide(task, Answer(version=1, **answer), by=admin.actor)
    repeated = decide(task, Answer(version=1, **answer), by=admin.actor)

    [news] = told(heard)
    assert said.items() <= news.items()
    assert (news["kind"], news["token"]) == ("incident", 5)
    assert repeated.decision == answer["decision"]


@pytest.mark.parametrize(
    ("decision", "field"), [("set_result", "result"), ("throw", "reference"), ("cancel", "reason")]
)
def test_a_decision_that_asks_for_something_needs_it(folder, admin, decision, field):
    task = open_incident(folder)

    with pytest.raises(InvalidError) as refused:
        decide(task, Answer(decision=decision, version=1), by=admin.actor)

    assert [problem.path for problem in refused.value.fields] == [field]


def test_another_result_than_the_one_that_was_set_comes_too_late(folder, admin):
    task = open_incident(folder)
    first = Answer(decision="set_result", version=1, result={"a": 1})
    decide(task, first, by=admin.actor)

    with pytest.raises(TaskDecidedError):
        decide(task, Answer(decision="set_result", version=1, result={"a": 2}), by=admin.actor)


def test_variables_that_are_too_many_are_not_kept_with_the_task(folder):
    task = open_incident(folder, values={"text": "x" * 250_000})

    assert task.values == {}
    assert "edit_and_retry" not in [decision["key"] for decision in task.decisions]


def test_what_an_instance_no_longer_needs_is_closed(folder, admin):
    step, incident = open_step(folder), open_incident(folder)
    other = open_step(folder, instance_id=INSTANCE + 1)
    save_draft(step, {"v/note": ["x"]}, by=admin.actor)

    n_closed = close_owned_tasks(INSTANCE, [step.token], "timer")

    for task in (step, incident, other):
        task.refresh_from_db()
    assert n_closed == 1
    assert (step.status, step.decision) == (Status.CANCELLED, "timer")
    assert incident.is_open
    assert other.is_open
    assert close_owned_tasks(INSTANCE, None, "cancelled", by=SYSTEM) == 1
    assert close_owned_tasks(INSTANCE, None, "cancelled") == 0
    with pytest.raises(TaskDecidedError, match="its time ran out"):
        decide(step, Answer(decision="complete", version=1), by=admin.actor)


def test_tasks_of_many_instances_are_closed_together(folder, django_assert_num_queries):
    tasks = [open_step(folder, instance_id=n, token=n % 2) for n in range(1, 7)]
    other = open_step(folder, instance_id=1, token=9)

    with django_assert_num_queries(2):
        n_closed = close_tasks_of([(n, n % 2) for n in range(1, 6)] + [(6, 5)], "withdrawn")

    assert n_closed == 5
    assert set(UserTask.objects.open()) == {tasks[5], other}
    assert close_tasks_of([], "withdrawn") == 0


def test_a_decision_that_is_rolled_back_tells_nobody(folder, admin):
    task = open_step(folder, form={})

    with transaction.atomic():
        decide(task, Answer(decision="complete", version=1), by=admin.actor)
        transaction.set_rollback(True)

    assert not Outbox.objects.filter(kind=DECIDED).exists()


def test_drafts_and_hands_are_as_with_any_task(folder, business_user):
    task = open_step(folder)
    save_draft(task, {"v/note": ["half"]}, by=business_user.actor)
    claim_task(task, by=business_user.actor)

    decide(
        task,
        Answer(decision="complete", version=1, payload={**task.values, "approved": True}),
        by=business_user.actor,
    )

    assert draft_of(task, business_user.pk) == {}


def test_a_task_about_an_item_of_an_instance_knows_its_instance(folder, admin, heard):
    queue = make_queue(folder)
    rules = [{"when": {"class": "business"}, "then": "person"}]
    owner = Owner(INSTANCE, 7, policy=OwnerPolicy(rules=rules))
    add_owned_items([(queue, NewItem(PAYLOAD, owner=owner))], by=SYSTEM)
    stop_waiting(queue)
    deliver_outbox()
    task = UserTask.objects.open().get()

    close_owned_tasks(INSTANCE, [7], "timer")
    decide(task, Answer(decision="leave_out", version=1, reason="Twice"), by=admin.actor)

    task.refresh_from_db()
    assert (task.kind, task.instance_id, task.token) == ("data_problem", INSTANCE, 7)
    assert task.status == Status.COMPLETED
    assert [each["status"] for each in told_ends()] == ["skipped"]
    assert told(heard) == [], "its item's end is what the instance hears of"


def test_a_withdrawn_item_asks_nobody_any_more(folder):
    queue = make_queue(folder)
    rules = [{"when": {"class": "business"}, "then": "person"}]
    owner = Owner(INSTANCE, 7, policy=OwnerPolicy(rules=rules))
    add_owned_items([(queue, NewItem(PAYLOAD, owner=owner))], by=SYSTEM)
    stop_waiting(queue)
    deliver_outbox()

    withdraw_items([(INSTANCE, 7)], by=SYSTEM)
    deliver_outbox()

    task = UserTask.objects.get()
    assert (task.status, task.decision) == (Status.CANCELLED, "cancelled")
