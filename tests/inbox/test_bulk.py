"""One decision for many tasks that are alike: preview, results one by one, undone together."""

import re

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.inbox import lifecycle, upkeep
from apps.inbox.handling import Handling
from apps.inbox.lifecycle import Answer, ForAll, decide_many
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.errors import InvalidError
from apps.queues.models import WorkItem
from tests.factories import make_person
from tests.factories_queues import status_of
from tests.inbox.pages import text_of
from tests.inbox.rows import PAYLOAD, make_queue, make_task

pytestmark = pytest.mark.django_db

REJECT = ForAll(decision="reject", reason="not ours")


@pytest.fixture
def tasks(queue):
    return [make_task(queue, reference=f"R{n}") for n in range(4)]


def outcomes(results):
    return [result.outcome for result in results]


def test_each_is_decided_by_itself_and_says_what_became_of_it(tasks, business_user, folder):
    ada = make_person("ada", role="business_user", folder=folder)
    said = Answer(decision="leave_out", version=1, reason="twice")
    lifecycle.decide(tasks[1], said, by=ada.actor)
    lifecycle.decide_soon(tasks[2], said, by=ada.actor, seconds=60)

    results = decide_many(tasks, REJECT, by=business_user.actor)

    assert outcomes(results) == ["decided", "lost", "lost", "decided"]
    assert all(ada.name in result.message for result in results[1:3])
    assert [status_of(task.item_id) for task in tasks] == [
        "failed",
        "skipped",
        "needs_decision",
        "failed",
    ]


def test_values_that_are_said_replace_each_tasks_own_and_leave_the_others(queue, business_user):
    tasks = [
        make_task(queue, reference=f"R{n}", payload={**PAYLOAD, "number": str(n)}) for n in range(2)
    ]
    said = ForAll(decision="correct", values={"vendor": "Stark Ltd", "iban": "•••"})

    results = decide_many(tasks, said, by=business_user.actor)

    assert outcomes(results) == ["decided", "decided"]
    assert [change["path"] for change in results[0].changes] == ["vendor"]
    payloads = [WorkItem.objects.get(pk=task.item_id).payload for task in tasks]
    assert [payload["number"] for payload in payloads] == ["0", "1"]
    assert {payload["vendor"] for payload in payloads} == {"Stark Ltd"}
    assert {payload["iban"] for payload in payloads} == {PAYLOAD["iban"]}


def test_a_preview_changes_nothing_and_says_what_would(tasks, business_user):
    said = ForAll(decision="correct", values={"total": "much"})
    fine = ForAll(decision="correct", values={"total": "1.00"})

    refused = decide_many(tasks, said, by=business_user.actor, is_preview=True)
    would = decide_many(tasks, fine, by=business_user.actor, is_preview=True)

    assert set(outcomes(refused)) == {"refused"}
    assert "values.total" in refused[0].message
    assert set(outcomes(would)) == {"would"}
    assert would[0].changes[0]["after"] == "1.00"
    assert UserTask.objects.open().count() == 4


def test_together_they_wait_and_are_undone_together(tasks, business_user, settings):
    settings.INBOX_UNDO_SECONDS = 8
    batch = "0f8fad5b-d9cb-469f-a165-70867728950e"
    decide_many(tasks, REJECT, by=business_user.actor, batch=batch, is_soon=True)
    PendingDecision.objects.filter(task=tasks[0]).update(takes_effect_at=Now())
    upkeep.apply_pending()

    undone = lifecycle.undo_batch(batch, by=business_user.actor)

    assert undone == [task.pk for task in tasks[1:]]
    assert [status_of(task.item_id) for task in tasks] == ["failed", *["needs_decision"] * 3]


def test_what_is_not_alike_or_must_be_looked_at_alone_is_refused(tasks, folder, business_user):
    other = make_task(make_queue(folder, "letters", payload_schema={}), payload={"a": 1})
    alone = tasks[0]
    alone.handling = Handling(may_bulk=False).stored()

    for some, match in (
        ([tasks[1], other], "not alike"),
        ([alone, tasks[1]], "by itself"),
        ([], "Choose some"),
        (tasks[1:2] * 201, "at most 200"),
    ):
        with pytest.raises(InvalidError, match=match):
            decide_many(some, REJECT, by=business_user.actor)
    assert UserTask.objects.open().count() == 5


# ---- pages


def chosen(tasks):
    return [f"{task.pk}:{task.version}" for task in tasks]


def test_from_choosing_to_undo_in_the_browser(business_client, tasks, settings):
    settings.INBOX_UNDO_SECONDS = 8
    asked = business_client.post("/inbox/bulk/preview/", {"task": [task.pk for task in tasks]})
    assert asked.status_code == 200
    assert "Decide for 4 alike" in text_of(asked)
    assert 'name="v/vendor"' in text_of(asked)
    assert 'name="v/iban"' not in text_of(asked)

    sent = {"task": chosen(tasks), "decision": "correct", "v/vendor": "Stark Ltd"}
    preview = business_client.post("/inbox/bulk/preview/", sent)
    page = text_of(preview)
    assert "<ins>Stark Ltd</ins>" in page
    assert "Correct and continue · 4 tasks" in page
    assert not PendingDecision.objects.exists()

    said = {"task": chosen(tasks), "decision": "correct", "values": '{"vendor": "Stark Ltd"}'}
    done = text_of(business_client.post("/inbox/bulk/", said))
    assert "4 tasks decided" in done
    assert PendingDecision.objects.count() == 4

    batch = re.search(r'name="batch" value="([^"]+)"', done)[1]
    business_client.post("/inbox/bulk/undo/", {"batch": batch})
    assert not PendingDecision.objects.exists()


def test_what_a_decision_asks_for_is_asked_before_the_preview(business_client, tasks):
    sent = {"task": chosen(tasks), "decision": "reject", "reason:reject": " "}

    refused = business_client.post("/inbox/bulk/preview/", sent)

    assert refused.status_code == 422
    assert "Say why" in text_of(refused)


def test_a_task_that_changed_after_the_preview_stays_open(business_client, tasks):
    UserTask.objects.filter(pk=tasks[0].pk).update(version=2)
    said = {"task": chosen(tasks), "decision": "reject", "reason:reject": "no"}

    page = text_of(business_client.post("/inbox/bulk/", said))

    assert "3 tasks decided" in page
    assert "1 task stays open" in page
    assert status_of(tasks[0].item_id) == "needs_decision"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({"task": ["x", "9" * 30]}, 422),
        ({"task": "T", "decision": "fly"}, 422),
        ({"task": "T", "decision": "correct", "values": "[1]"}, 422),
        ({"task": "T", "decision": "correct", "values": "{nonsense"}, 400),
        ({"task": "T", "decision": "correct", "values": '{"vendor": "\\u0000"}'}, 400),
    ],
)
def test_bad_input_is_refused_and_decides_nothing(business_client, tasks, sent, status):
    if sent.get("task") == "T":
        sent = {**sent, "task": chosen(tasks)}

    answer = business_client.post("/inbox/bulk/", sent)

    assert answer.status_code == status
    assert UserTask.objects.open().count() == 4


def test_tasks_of_other_folders_and_people_without_the_right_are_left_out(
    business_client, auditor_client, tasks
):
    elsewhere = make_task(make_queue(Folder.objects.create(key="else", title="Else")))
    sent = {"task": [elsewhere.pk], "decision": "reject", "reason:reject": "no"}

    assert business_client.post("/inbox/bulk/", sent).status_code == 422
    assert auditor_client.post("/inbox/bulk/", {**sent, "task": chosen(tasks)}).status_code == 403
    assert UserTask.objects.open().count() == 5
