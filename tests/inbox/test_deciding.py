"""What a decision does to its item, what it needs, and what is told to whoever comes second."""

import pytest

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.models import Comment, Draft, UserTask
from apps.lib.errors import InvalidError
from apps.queues import lifecycle as items
from apps.queues.models import Attempt, Effect, WorkItem
from tests.factories_queues import status_of
from tests.inbox.rows import PAYLOAD, answer, make_task

pytestmark = pytest.mark.django_db


def test_correct_and_continue_sends_the_same_item_on_with_its_change_in_the_history(
    task, business_user
):
    corrected = {**PAYLOAD, "total": "110.00", "iban": "DE00"}

    done = lifecycle.decide(task, answer(task, payload=corrected), by=business_user.actor)

    item = WorkItem.objects.get(pk=task.item_id)
    assert item.payload == corrected
    assert status_of(item.pk) == "new"
    assert (done.status, done.decision) == ("completed", "correct")
    event = Event.objects.get(kind="user_task.completed")
    assert event.data["changes"] == [
        {"path": "total", "label": "Total", "before": "100.00", "after": "110.00"},
        {"path": "iban", "label": "IBAN", "before": "•••", "after": "•••"},
    ]
    assert Event.objects.filter(kind="work_item.retried", subject_id=item.pk).exists()


@pytest.mark.parametrize(
    ("decision", "said", "ends"),
    [
        ("leave_out", {"reason": "twice"}, "skipped"),
        ("done_by_hand", {"reference": "FI-1"}, "successful"),
        ("reject", {"reason": "not ours"}, "failed"),
    ],
)
def test_the_other_decisions_end_the_item(task, business_user, decision, said, ends):
    lifecycle.decide(task, answer(task, decision, **said), by=business_user.actor)

    assert status_of(task.item.pk) == ends
    task.refresh_from_db()
    assert (task.decision_comment or task.decision_reference) in said.values()


@pytest.mark.parametrize(
    ("decision", "said", "field"),
    [
        ("leave_out", {}, "reason"),
        ("leave_out", {"reason": "  "}, "reason"),
        ("reject", {}, "reason"),
        ("done_by_hand", {"reason": "x"}, "reference"),
        ("done_by_hand", {"reference": "x" * 301}, "reference"),
        ("reject", {"reason": "a\x00b"}, "reason"),
        ("correct", {"payload": {**PAYLOAD, "total": "much"}}, "values.total"),
        ("correct", {"payload": {}}, "values.number"),
        ("fire_everybody", {}, "decision"),
    ],
)
def test_a_decision_that_lacks_something_names_it_and_changes_nothing(
    task, business_user, decision, said, field
):
    with pytest.raises(InvalidError) as refusal:
        lifecycle.decide(task, answer(task, decision, **said), by=business_user.actor)

    assert field in [problem.path for problem in refusal.value.fields]
    task.refresh_from_db()
    assert task.is_open
    assert status_of(task.item.pk) == "needs_decision"


def test_the_same_decision_sent_twice_is_taken_once(task, business_user):
    first = lifecycle.decide(task, answer(task), by=business_user.actor)

    again = lifecycle.decide(task, answer(task), by=business_user.actor)

    assert again.pk == first.pk
    assert Event.objects.filter(kind="user_task.completed").count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"payload": {**PAYLOAD, "total": "2.00"}},
        {"reason": "the vendor called"},
        {"comment": "the vendor called"},
    ],
)
def test_the_same_decision_with_other_words_or_values_is_not_answered_as_taken(
    task, business_user, said
):
    values = {"payload": {**PAYLOAD, "total": "1.00"}}
    lifecycle.decide(task, answer(task, **values), by=business_user.actor)

    with pytest.raises(TaskDecidedError):
        lifecycle.decide(task, answer(task, **{**values, **said}), by=business_user.actor)


def test_whoever_comes_second_hears_who_decided_what_and_when(task, business_user, supervisor):
    lifecycle.decide(task, answer(task, "reject", reason="no"), by=supervisor.actor)

    with pytest.raises(TaskDecidedError) as refusal:
        lifecycle.decide(task, answer(task), by=business_user.actor)

    task.refresh_from_db()
    said = refusal.value.message
    assert supervisor.name in said
    assert "Reject" in said
    assert f"{task.decided_at:%Y-%m-%d %H:%M}" in said


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("correct", {}),
        ("leave_out", {"reason": "x"}),
        ("reject", {"reason": "x"}),
        ("done_by_hand", {"reference": "x"}),
    ],
)
def test_a_decision_on_old_values_is_refused_although_the_news_has_not_come(
    task, supervisor, decision, said
):
    items.edit_item(task.item_id, version=task.item.version, by=supervisor.actor, priority=70)

    with pytest.raises(TaskChangedError):
        lifecycle.decide(task, answer(task, decision, **said), by=supervisor.actor)

    task.refresh_from_db()
    assert task.is_open
    assert task.version == 2


def test_a_decision_after_the_item_went_on_says_so_although_the_news_has_not_come(
    task, business_user, supervisor
):
    items.skip_item(task.item_id, by=supervisor.actor, reason="twice")

    with pytest.raises(TaskDecidedError):
        lifecycle.decide(task, answer(task, "reject", reason="x"), by=business_user.actor)

    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED


def test_a_comment_with_the_decision_is_kept_and_the_own_draft_dropped(
    task, business_user, supervisor
):
    lifecycle.save_draft(task, {"v/total": ["1"]}, by=business_user.actor)
    lifecycle.save_draft(task, {"v/total": ["2"]}, by=supervisor.actor)

    lifecycle.decide(task, answer(task, comment="checked"), by=business_user.actor)

    assert Comment.objects.get().text == "checked"
    assert Draft.objects.get().user == supervisor


def test_an_unknown_effect_asks_whether_it_happened(queue):
    outcome = Attempt.Outcome.APPLICATION_EXCEPTION

    task = make_task(queue, outcome=outcome, effect="post-invoice")

    assert task.kind == UserTask.Kind.UNKNOWN_EFFECT
    assert task.facts["effects"][0]["key"] == "post-invoice"
    assert task.decisions[0]["key"] == "happened"


def test_an_item_that_was_left_out_with_its_act_in_doubt_is_asked_about_when_reopened(
    queue, business_user, supervisor
):
    task = make_task(queue, outcome=Attempt.Outcome.APPLICATION_EXCEPTION, effect="post")
    lifecycle.decide(task, answer(task, "leave_out", reason="x"), by=business_user.actor)

    items.reopen_item(task.item_id, by=supervisor.actor, reason="still wanted")
    deliver_outbox()

    asked = UserTask.objects.open().get(item=task.item)
    assert asked.kind == UserTask.Kind.UNKNOWN_EFFECT
    lifecycle.decide(asked, answer(asked, "not_happened"), by=business_user.actor)
    assert status_of(task.item.pk) == "new"


@pytest.mark.parametrize(
    ("decision", "said"), [("happened", {"reference": "FI-99"}), ("not_happened", {})]
)
def test_the_answer_settles_the_effect_and_the_item_goes_on(queue, business_user, decision, said):
    task = make_task(queue, outcome=Attempt.Outcome.APPLICATION_EXCEPTION, effect="post")

    lifecycle.decide(task, answer(task, decision, **said), by=business_user.actor)

    assert status_of(task.item.pk) == "new"
    effects = list(Effect.objects.values_list("state", "reference"))
    assert effects == ([("finished", "FI-99")] if said else [])
