"""Who has a task in hands, and what people leave at it: comments and drafts."""

import pytest

from apps.events.models import Event
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskDecidedError, TaskInHandsError
from apps.inbox.models import Comment, UserTask
from apps.lib.errors import InvalidError, NotAllowedError, TooLargeError
from tests.factories import make_person
from tests.inbox.rows import answer

pytestmark = pytest.mark.django_db


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


def test_drafts_of_tasks_closed_long_ago_are_dropped(task, supervisor, business_user):
    lifecycle.save_draft(task, {"v/total": ["1"]}, by=business_user.actor)
    lifecycle.decide(task, answer(task), by=supervisor.actor)

    kept = upkeep.prune_drafts()
    UserTask.objects.update(decided_at="2025-01-01T00:00Z")

    assert (kept, upkeep.prune_drafts()) == (0, 1)
