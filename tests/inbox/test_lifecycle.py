"""Tasks come with the items that need a person, and go when somebody decides, here or elsewhere."""

import pytest
from django.db import connection

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError, TaskInHandsError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import Comment, Draft, UserTask
from apps.lib.errors import InvalidError, NotAllowedError, TooLargeError
from apps.queues import lifecycle as items
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import Attempt, Effect, Parked, WorkItem
from apps.queues.upkeep import expire_items
from tests.factories import make_person
from tests.inbox.rows import BOT, PAYLOAD, make_queue, make_task, stop_item, stop_waiting

pytestmark = pytest.mark.django_db


def status_of(item):
    return WorkItem.objects.with_status().get(pk=item.pk).status


def answer(task, decision="correct", **more):
    return Answer(decision=decision, version=task.version, **more)


# ---- coming and going


def test_an_item_that_needs_a_person_becomes_a_task_in_business_words(queue, task):
    assert task.title == "Invoice INV-4711"
    assert task.reason == "The lines add up to 110.00, not 100.00."
    assert task.kind == UserTask.Kind.DATA_PROBLEM
    assert task.code == "sum"
    assert task.form == queue.payload_schema
    assert task.values == PAYLOAD
    assert task.facts["field"] == "total"
    assert [decision["key"] for decision in task.decisions] == [
        "correct",
        "leave_out",
        "done_by_hand",
        "reject",
    ]


def test_a_schema_may_say_what_its_tasks_are_called_but_never_a_personal_value(folder):
    schema = {
        "x-title": "Invoice {number} of {vendor.name}, {iban}{nothing}",
        "properties": {"iban": {"type": "string", "x-personal": True}},
    }
    queue = make_queue(folder, payload_schema=schema)

    task = make_task(queue, payload={"number": 7, "vendor": {"name": "Stark"}, "iban": "DE1"})

    assert task.title == "Invoice 7 of Stark, ––"


def test_news_that_comes_twice_makes_one_task(queue):
    item = stop_item(queue)

    lifecycle.reconcile_tasks([item.pk])
    lifecycle.reconcile_tasks([item.pk])
    deliver_outbox()

    assert UserTask.objects.filter(item=item).count() == 1


def test_an_item_that_was_tried_very_often_gets_a_task(queue):
    item = stop_item(queue)
    UserTask.objects.all().delete()
    Attempt.objects.filter(item_id=item.pk).update(number=40_000)

    lifecycle.reconcile_tasks([item.pk])

    assert UserTask.objects.get(item=item).attempt == 40_000


def test_an_item_that_cannot_be_asked_about_leaves_its_neighbours_their_tasks(queue, caplog):
    with connection.cursor() as cursor:
        cursor.execute("alter table inbox_usertask add check (title <> 'Invoice POISON')")
    new = [NewItem(payload=PAYLOAD, reference=name) for name in ("A", "POISON", "B")]
    ids = add_items(queue, new, origin="api", by=BOT, all_or_nothing=True).ids
    stop_waiting(queue, n=3)

    done = lifecycle.reconcile_tasks(ids)

    assert done.opened == [ids[0], ids[2]]
    assert f"item {ids[1]}" in caplog.text


def test_many_items_in_one_announcement_become_many_tasks_in_few_queries(
    queue, django_assert_max_num_queries
):
    new = [NewItem(payload=PAYLOAD, reference=f"R{n}") for n in range(300)]
    ids = add_items(queue, new, origin="api", by=BOT, all_or_nothing=True).ids
    stop_waiting(queue, n=300)

    with django_assert_max_num_queries(20):
        done = lifecycle.reconcile_tasks(ids)

    assert len(done.opened) == 300
    assert UserTask.objects.open().count() == 300


def test_used_up_tries_become_a_system_problem(folder):
    queue = make_queue(folder, max_attempts=1)

    task = make_task(queue, outcome=Attempt.Outcome.APPLICATION_EXCEPTION, message="ERP is down")

    assert task.kind == UserTask.Kind.SYSTEM_PROBLEM
    assert task.decisions[0]["title"] == "Try again"


def test_an_item_decided_elsewhere_closes_its_task_and_says_by_whom(queue, task, supervisor):
    items.skip_item(task.item_id, by=supervisor.actor, reason="twice")

    deliver_outbox()

    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED
    assert task.decided_by_name == supervisor.name
    assert task.decided_at is not None


def test_news_in_the_wrong_order_leave_the_task_of_the_latest_wait(queue, task, supervisor):
    items.retry_item(task.item_id, by=supervisor.actor)
    stop_waiting(queue, message="Still wrong.")

    # the new wait is heard of first, the retry before it last
    lifecycle.reconcile_tasks([task.item_id])
    deliver_outbox()

    still_open = UserTask.objects.open().get(item=task.item_id)
    assert still_open.reason == "Still wrong."
    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED


def test_an_edit_elsewhere_brings_new_values_and_a_new_version(task, supervisor):
    changed = {**PAYLOAD, "vendor": "Stark Ltd"}
    items.edit_item(task.item_id, version=task.item.version, by=supervisor.actor, payload=changed)

    deliver_outbox()

    before = task.version
    task.refresh_from_db()
    assert task.values == changed
    assert task.version == before + 1
    assert task.values_at(before) == PAYLOAD


# ---- deciding


def test_correct_and_continue_sends_the_same_item_on_with_its_change_in_the_history(
    task, business_user
):
    corrected = {**PAYLOAD, "total": "110.00", "iban": "DE00"}

    done = lifecycle.decide(task, answer(task, payload=corrected), by=business_user.actor)

    item = WorkItem.objects.get(pk=task.item_id)
    assert item.payload == corrected
    assert status_of(item) == "new"
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

    assert status_of(task.item) == ends
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
    assert status_of(task.item) == "needs_decision"


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


# ---- unknown effects


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
    assert status_of(task.item) == "new"


@pytest.mark.parametrize(
    ("decision", "said"), [("happened", {"reference": "FI-99"}), ("not_happened", {})]
)
def test_the_answer_settles_the_effect_and_the_item_goes_on(queue, business_user, decision, said):
    task = make_task(queue, outcome=Attempt.Outcome.APPLICATION_EXCEPTION, effect="post")

    lifecycle.decide(task, answer(task, decision, **said), by=business_user.actor)

    assert status_of(task.item) == "new"
    effects = list(Effect.objects.values_list("state", "reference"))
    assert effects == ([("finished", "FI-99")] if said else [])


# ---- hands


def test_typing_shows_others_who_is_at_it_and_locks_nobody_out(task, business_user, supervisor):
    lifecycle.touch_task(task, by=business_user.actor)

    after = lifecycle.touch_task(task, by=supervisor.actor)

    assert after.working_by == business_user
    lifecycle.decide(task, answer(task), by=supervisor.actor)


def test_claiming_what_somebody_has_is_refused_unless_taken_over(task, business_user, supervisor):
    lifecycle.claim_task(task, by=business_user.actor)

    with pytest.raises(TaskInHandsError, match=business_user.name):
        lifecycle.claim_task(task, by=supervisor.actor)
    after = lifecycle.claim_task(task, by=supervisor.actor, take_over=True)

    assert after.assignee == supervisor
    assert Event.objects.filter(kind="user_task.claimed").last().data["from"] == business_user.name


def test_only_the_holder_or_a_supervisor_gives_a_task_back(task, folder, business_user, supervisor):
    other = make_person("other", role="business_user", folder=folder)
    lifecycle.claim_task(task, by=business_user.actor)

    with pytest.raises(NotAllowedError, match=business_user.name):
        lifecycle.release_task(task, by=other.actor)
    after = lifecycle.release_task(task, by=supervisor.actor)

    assert after.assignee is None


def test_a_task_is_handed_only_to_people_who_may_decide_it(task, supervisor, business_user):
    stranger = make_person("stranger", role="business_user")

    with pytest.raises(InvalidError, match="Stranger may not decide"):
        lifecycle.reassign_task(task, to=stranger, by=supervisor.actor)
    after = lifecycle.reassign_task(task, to=business_user, by=supervisor.actor)

    assert after.assignee == business_user


def test_a_closed_task_changes_hands_no_more(task, business_user):
    lifecycle.decide(task, answer(task), by=business_user.actor)

    with pytest.raises(TaskDecidedError):
        lifecycle.claim_task(task, by=business_user.actor)


def test_comments_have_a_limit(task, business_user):
    with pytest.raises(TooLargeError):
        lifecycle.add_comment(task, "x" * 10_001, by=business_user.actor)
    with pytest.raises(InvalidError):
        lifecycle.add_comment(task, "   ", by=business_user.actor)

    assert not Comment.objects.exists()


def test_a_draft_has_a_limit(task, business_user):
    with pytest.raises(TooLargeError):
        lifecycle.save_draft(task, {"v/a": ["x" * 1_000_001]}, by=business_user.actor)


# ---- upkeep


def test_an_item_that_nobody_was_asked_about_gets_its_task(queue):
    item = stop_item(queue)
    Parked.objects.filter(item_id=item.pk).update(since="2026-01-01T00:00Z")

    assert (upkeep.open_missing_tasks(), upkeep.open_missing_tasks()) == (1, 0)
    assert UserTask.objects.open().get().item == item


def test_drafts_of_tasks_closed_long_ago_are_dropped(task, supervisor, business_user):
    lifecycle.save_draft(task, {"v/total": ["1"]}, by=business_user.actor)
    lifecycle.decide(task, answer(task), by=supervisor.actor)

    kept = upkeep.prune_drafts()
    UserTask.objects.update(decided_at="2025-01-01T00:00Z")

    assert (kept, upkeep.prune_drafts()) == (0, 1)


def test_a_task_expires_with_its_item(queue, task):
    WorkItem.objects.filter(pk=task.item_id).update(expires_at="2026-01-01T00:00Z")
    Parked.objects.update(expires_at="2026-01-01T00:00Z")

    expire_items()
    deliver_outbox()

    task.refresh_from_db()
    assert task.status == UserTask.Status.EXPIRED
