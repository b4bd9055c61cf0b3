"""What is decided in the browser can be taken back for some seconds; then it takes effect."""

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from apps.accounts.models import Membership
from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskDecidedError, TooLateToUndoError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import Draft, PendingDecision, UserTask
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from apps.queues import lifecycle as items
from tests.factories import make_person
from tests.factories_queues import status_of
from tests.inbox.pages import HTMX, form_of, text_of, url
from tests.inbox.rows import PAYLOAD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def eight_seconds(settings):
    settings.INBOX_UNDO_SECONDS = 8


def answer(task, decision="correct", **more):
    return Answer(decision=decision, version=task.version, **more)


def decide_soon(task, by, decision="reject", **more):
    more = more or {"reason": "not ours"}
    return lifecycle.decide_soon(
        task, answer(task, decision, **more), by=by.actor, typed={"v/a": ["1"]}
    )


def let_time_pass():
    PendingDecision.objects.update(takes_effect_at=Now())


def test_a_decision_takes_effect_when_its_time_has_come_and_not_before(task, business_user):
    decide_soon(task, business_user)
    assert upkeep.apply_pending() == 0
    assert status_of(task.item_id) == "needs_decision"

    let_time_pass()

    assert upkeep.apply_pending() == 1
    assert upkeep.apply_pending() == 0
    assert status_of(task.item_id) == "failed"
    task.refresh_from_db()
    assert (task.status, task.decided_by) == ("completed", business_user)
    assert not PendingDecision.objects.exists()


def test_with_no_seconds_it_takes_effect_at_once(task, business_user, settings):
    settings.INBOX_UNDO_SECONDS = 0

    done = decide_soon(task, business_user)

    assert done.status == "completed"
    assert status_of(task.item_id) == "failed"


def test_everybody_else_is_told_who_decided_and_when_it_takes_effect(task, business_user, folder):
    bo = make_person("bo", role="business_user", folder=folder)
    decide_soon(task, business_user)

    for verb in (lifecycle.decide, lifecycle.decide_soon):
        with pytest.raises(TaskDecidedError) as refused:
            verb(task, answer(task), by=bo.actor)
        assert business_user.name in refused.value.message
        assert "It takes effect at" in refused.value.message
    with pytest.raises(TaskDecidedError):
        lifecycle.claim_task(task, by=bo.actor, take_over=True)
    with pytest.raises(TaskDecidedError):
        lifecycle.undo_decision(task.pk, by=bo.actor)


def test_a_double_click_is_one_decision_and_another_one_is_too_late(task, business_user):
    decide_soon(task, business_user)
    decide_soon(task, business_user)

    with pytest.raises(TaskDecidedError):
        decide_soon(task, business_user, decision="leave_out", reason="twice")
    assert PendingDecision.objects.count() == 1


@pytest.mark.parametrize(
    ("decision", "said", "path"),
    [
        ("correct", {"payload": {**PAYLOAD, "total": "much"}}, "values.total"),
        ("reject", {"reason": " "}, "reason"),
        ("fly", {}, "decision"),
        ("reject", {"reason": "\x00"}, "reason"),
    ],
)
def test_what_would_be_refused_then_is_refused_now(task, business_user, decision, said, path):
    with pytest.raises(InvalidError) as refused:
        lifecycle.decide_soon(task, answer(task, decision, **said), by=business_user.actor)

    assert [problem.path for problem in refused.value.fields] == [path]
    assert not PendingDecision.objects.exists()
    assert status_of(task.item_id) == "needs_decision"
    assert not Event.objects.filter(kind="user_task.completed").exists()


def test_an_item_that_went_on_elsewhere_is_told_at_once(task, business_user, supervisor):
    items.retry_item(task.item_id, by=supervisor.actor)

    with pytest.raises(TaskDecidedError) as refused:
        decide_soon(task, business_user)
    assert "moved the item on" in refused.value.message


def test_undo_brings_back_what_the_person_had_typed(task, business_user):
    lifecycle.save_draft(task, {"v/a": ["older"]}, by=business_user.actor)
    decide_soon(task, business_user)

    lifecycle.undo_decision(task.pk, by=business_user.actor)

    assert lifecycle.draft_of(task, business_user.pk) == {"v/a": ["1"]}
    let_time_pass()
    assert upkeep.apply_pending() == 0
    assert status_of(task.item_id) == "needs_decision"
    assert Event.objects.filter(kind="user_task.undone", subject_id=task.pk).exists()


def test_undo_after_the_effect_says_that_it_is_too_late(task, business_user):
    decide_soon(task, business_user)
    let_time_pass()
    upkeep.apply_pending()

    with pytest.raises(TooLateToUndoError):
        lifecycle.undo_decision(task.pk, by=business_user.actor)


def test_undo_of_nothing_says_so(task, business_user):
    with pytest.raises(ConflictError, match="no decision of yours"):
        lifecycle.undo_decision(task.pk, by=business_user.actor)


def test_what_cannot_be_applied_any_more_goes_back_to_its_person(task, business_user, supervisor):
    decide_soon(task, business_user, "correct", payload={**PAYLOAD, "total": "110.00"})
    changed = {**PAYLOAD, "vendor": "Stark Ltd"}
    items.edit_item(task.item_id, version=task.item.version, by=supervisor.actor, payload=changed)
    let_time_pass()

    assert upkeep.apply_pending() == 0

    task.refresh_from_db()
    assert task.is_open
    assert task.values == changed
    assert not PendingDecision.objects.exists()
    assert Draft.objects.get(user=business_user).values == {"v/a": ["1"]}
    told = Notice.objects.get(user=business_user, kind="decision_failed")
    assert "changed" in told.body
    assert Event.objects.filter(kind="user_task.not_applied").exists()


def test_a_right_that_was_lost_meanwhile_counts(task, business_user):
    decide_soon(task, business_user)
    Membership.objects.filter(user=business_user).delete()
    let_time_pass()

    assert upkeep.apply_pending() == 0
    assert status_of(task.item_id) == "needs_decision"


def test_a_task_that_is_no_longer_needed_ends_the_wait(task, business_user, supervisor):
    decide_soon(task, business_user)
    items.skip_item(task.item_id, by=supervisor.actor, reason="twice")
    deliver_outbox()
    let_time_pass()

    upkeep.apply_pending()

    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED
    assert not PendingDecision.objects.exists()
    assert supervisor.name in Notice.objects.get(kind="decision_failed").body


# ---- pages and API


def test_in_the_browser_undo_opens_the_task_with_the_typed_values(business_client, task):
    sent = form_of(task, decision="correct", **{"v/total": "110.00"})
    decided = business_client.post(url(task, "decide"), sent, headers=HTMX)
    assert decided.status_code == 200
    assert PendingDecision.objects.get().task_id == task.pk

    undone = business_client.post(url(task, "undo"), headers=HTMX)

    assert undone.status_code == 200
    assert 'value="110.00"' in text_of(undone)
    assert undone["HX-Push-Url"] == url(task)


def test_a_list_leaves_out_what_i_have_just_decided(business_client, task):
    business_client.post(url(task, "decide"), form_of(task, decision="correct"), headers=HTMX)

    assert f'id="t-{task.pk}"' not in text_of(business_client.get("/inbox/"))


def test_the_second_person_in_the_browser_sees_who_won(
    business_client, supervisor_client, business_user, task
):
    business_client.post(url(task, "decide"), form_of(task, decision="correct"), headers=HTMX)

    late = supervisor_client.post(
        url(task, "decide"), form_of(task, decision="correct"), headers=HTMX
    )

    assert late.status_code == 409
    assert business_user.name in text_of(late)


def test_programs_get_409_while_a_decision_is_on_its_way(program, task, supervisor):
    decide_soon(task, supervisor)

    refused = program.post(
        f"/user-tasks/{task.pk}/decide", {"version": task.version, "decision": "correct"}
    )

    assert refused.status_code == 409
    assert refused.json()["code"] == "already_decided"
    assert refused.json()["decided_by"] == supervisor.name
    assert refused.json()["takes_effect_at"]


def test_undo_is_a_post_by_its_person(business_client, supervisor_client, task):
    business_client.post(url(task, "decide"), form_of(task, decision="correct"), headers=HTMX)

    assert business_client.get(url(task, "undo")).status_code == 405
    assert supervisor_client.post(url(task, "undo")).status_code == 409
    assert business_client.post(reverse("inbox:undo", args=[10**9])).status_code == 404
    assert PendingDecision.objects.exists()
