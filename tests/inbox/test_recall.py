"""A decision that took effect can be recalled until a bot has picked the item up."""

import pytest

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.lifecycle import Answer
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError, NotAllowedError
from apps.queues import lifecycle as items
from apps.queues.counts import counts_of
from apps.queues.models import Effect, WorkItem
from tests.factories import make_person
from tests.inbox.pages import HTMX, text_of, url
from tests.inbox.rows import PAYLOAD, make_queue, make_task
from tests.inbox.steps import open_step

pytestmark = pytest.mark.django_db

CORRECTED = {**PAYLOAD, "total": "110.00"}
SAID = {
    "correct": {"payload": CORRECTED},
    "leave_out": {"reason": "twice"},
    "done_by_hand": {"reference": "FI-1"},
    "reject": {"reason": "not ours"},
}


def decided(task, by, decision="correct"):
    said = Answer(decision=decision, version=task.version, **SAID[decision])
    lifecycle.decide_soon(task, said, by=by.actor, typed={"v/total": ["110.00"]}, seconds=0)
    return UserTask.objects.get(pk=task.pk)


def item_of(task):
    return WorkItem.objects.with_status().get(pk=task.item_id)


@pytest.mark.parametrize("decision", SAID)
def test_the_task_is_open_again_and_its_item_waits_as_before(task, business_user, decision):
    done = decided(task, business_user, decision)

    again = lifecycle.recall_decision(done, by=business_user.actor, reason="wrong one")
    deliver_outbox()

    again.refresh_from_db()
    assert (again.status, again.decision, again.decided_by) == ("open", "", None)
    assert item_of(task).status == "needs_decision"
    assert item_of(task).payload == PAYLOAD
    assert counts_of([task.queue_id])[task.queue_id]["needs_decision"] == 1
    assert lifecycle.draft_of(again, business_user.pk) == {"v/total": ["110.00"]}
    assert Event.objects.get(kind="user_task.recalled").data["reason"] == "wrong one"
    assert UserTask.objects.filter(item=task.item_id).count() == 1
    assert decided(again, business_user, "correct").status == "completed"


@pytest.mark.parametrize("decision", ["happened", "not_happened"])
def test_nobody_knows_again_whether_an_act_happened(folder, business_user, decision):
    queue = make_queue(folder)
    task = make_task(queue, outcome="application_exception", effect="post-to-erp")
    reference = "FI-9" if decision == "happened" else ""
    said = Answer(decision=decision, version=task.version, reference=reference)
    done = lifecycle.decide(task, said, by=business_user.actor)

    lifecycle.recall_decision(done, by=business_user.actor)

    effect = Effect.objects.get(item_id=task.item_id)
    assert (effect.state, effect.reference) == ("begun", "")
    assert item_of(task).status == "needs_decision"


def test_once_a_bot_has_it_it_says_who(task, queue, business_user):
    done = decided(task, business_user)
    leased = items.lease_items(queue.pk, n=1, bot="bot-7")

    with pytest.raises(ConflictError, match="bot-7 is working on item"):
        lifecycle.recall_decision(done, by=business_user.actor)

    items.finish_items([items.Result(leased[0].id, leased[0].token, "released")])
    with pytest.raises(ConflictError, match="bot-7 has worked on item"):
        lifecycle.recall_decision(done, by=business_user.actor)
    assert UserTask.objects.get(pk=task.pk).status == "completed"
    assert item_of(task).status == "new"


def test_what_somebody_else_did_since_stays(task, business_user, supervisor):
    done = decided(task, business_user)
    items.hold_item(task.item_id, by=supervisor.actor, reason="wait")
    items.resume_item(task.item_id, by=supervisor.actor)

    with pytest.raises(ConflictError, match=supervisor.name):
        lifecycle.recall_decision(done, by=business_user.actor)
    assert item_of(task).payload == CORRECTED


def test_the_one_who_decided_or_a_supervisor_may(task, business_user, supervisor, folder):
    ada = make_person("ada", role="business_user", folder=folder)
    done = decided(task, business_user)

    with pytest.raises(NotAllowedError, match=business_user.name):
        lifecycle.recall_decision(done, by=ada.actor)
    assert lifecycle.recall_decision(done, by=supervisor.actor).is_open


def test_a_workflow_that_has_gone_on_is_told_in_words(folder, business_user):
    step = open_step(folder, form={})
    done = lifecycle.decide(step, Answer(decision="complete", version=1), by=business_user.actor)

    with pytest.raises(ConflictError, match="The workflow has gone on"):
        lifecycle.recall_decision(done, by=business_user.actor)


def test_before_it_takes_effect_a_recall_is_an_undo(task, business_user):
    said = Answer(decision="reject", version=1, reason="no")
    lifecycle.decide_soon(task, said, by=business_user.actor, seconds=60)

    assert lifecycle.recall_decision(task, by=business_user.actor).is_open
    assert not Event.objects.filter(kind="user_task.recalled").exists()


def test_lists_know_what_can_be_recalled(queue, business_user):
    ready, ended, leased, still = (make_task(queue, reference=f"R{n}") for n in range(4))
    done = [decided(leased, business_user)]
    items.lease_items(queue.pk, n=1, bot="bot-7")
    done += [decided(ready, business_user), decided(ended, business_user, "reject"), still]

    assert lifecycle.recallable_ids(done) == {ready.pk, ended.pk}


def test_by_page_and_by_api(business_client, program, task, business_user):
    decided(task, business_user)
    page = business_client.post(url(task, "recall"), {"reason": "x"}, headers=HTMX)
    assert page.status_code == 200
    assert 'value="110.00"' in text_of(page)

    decided(UserTask.objects.get(pk=task.pk), business_user, "reject")
    answer = program.post(f"/user-tasks/{task.pk}/recall", {"reason": "wrong"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "open"
    assert program.post(f"/user-tasks/{task.pk}/recall").status_code == 409
    assert program.post("/user-tasks/999999/recall").status_code == 404
