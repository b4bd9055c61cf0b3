"""Several people must agree: n equal decisions decide, on what the task is now."""

import pytest

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskDecidedError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import PendingDecision, UserTask, Vote
from apps.inbox.predicted import Predicted, PredictedField
from apps.lib.actors import SYSTEM
from apps.lib.errors import InvalidError, NotAllowedError
from apps.notices.models import Notice
from apps.queues import lifecycle as items
from apps.queues.models import WorkItem
from tests.api.conftest import program_of
from tests.factories import make_person
from tests.factories_queues import status_of
from tests.inbox.rows import PAYLOAD

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(folder):
    return [make_person(name, role="business_user", folder=folder) for name in ("ada", "bo", "cy")]


@pytest.fixture
def shared(task):
    UserTask.objects.filter(pk=task.pk).update(votes_needed=2)
    task.refresh_from_db()
    return task


def vote(task, person, decision="reject", **more):
    more = more or ({"reason": "no"} if decision == "reject" else {})
    said = Answer(decision=decision, version=task.version, **more)
    return lifecycle.decide(task, said, by=person.actor)


def test_the_second_equal_decision_decides(shared, people):
    ada, bo, _cy = people

    assert vote(shared, ada).is_open
    assert status_of(shared.item_id) == "needs_decision"
    assert not vote(shared, bo).is_open

    assert status_of(shared.item_id) == "failed"
    voted = Event.objects.filter(kind="user_task.voted").order_by("pk")
    assert [event.actor_name for event in voted] == [ada.name, bo.name]


def test_a_contradiction_is_left_to_the_next(shared, people):
    ada, bo, cy = people
    vote(shared, ada)
    assert vote(shared, bo, "leave_out", reason="twice").is_open

    assert vote(shared, cy, "leave_out", reason="sent twice").decision == "leave_out"
    assert Vote.objects.count() == 3


def test_the_same_decision_about_other_values_is_a_contradiction(shared, people):
    ada, bo, cy = people
    one, other = ({**PAYLOAD, "total": total} for total in ("1.00", "2.00"))
    vote(shared, ada, "correct", payload=one)
    assert vote(shared, bo, "correct", payload=other).is_open

    vote(shared, cy, "correct", payload=other)

    assert WorkItem.objects.get(pk=shared.item_id).payload == other


def test_a_person_has_one_vote_and_may_change_it(shared, people):
    ada, bo, _cy = people
    vote(shared, ada)
    vote(shared, ada)
    assert vote(shared, ada, "leave_out", reason="twice").is_open
    assert vote(shared, bo).is_open

    assert {(each.user_name, each.decision) for each in Vote.objects.all()} == {
        (ada.name, "leave_out"),
        (bo.name, "reject"),
    }
    changes = [event.data["before"] for event in Event.objects.filter(kind="user_task.voted")]
    assert sorted(changes) == ["", "", "reject"]


def test_a_change_of_the_data_asks_everybody_again(shared, people, supervisor):
    ada, bo, cy = people
    vote(shared, ada)
    changed = {**PAYLOAD, "vendor": "Stark Ltd"}
    items.edit_item(
        shared.item_id, version=shared.item.version, by=supervisor.actor, payload=changed
    )
    deliver_outbox()
    current = UserTask.objects.get(pk=shared.pk)

    assert vote(current, bo).is_open
    assert not vote(current, cy).is_open
    assert Event.objects.get(kind="user_task.asked_again").data["people"] == ada.name
    assert Notice.objects.filter(user=ada, kind="task_reminder").exists()


def test_only_the_vote_that_decides_waits_and_others_are_taken_back_while_it_is_open(
    shared, people, settings
):
    settings.INBOX_UNDO_SECONDS = 8
    ada, bo, _cy = people
    said = Answer(decision="reject", version=1, reason="no")
    lifecycle.decide_soon(shared, said, by=ada.actor, typed={"v/a": ["mine"]})
    assert not PendingDecision.objects.exists()

    lifecycle.undo_decision(shared.pk, by=ada.actor)
    assert not Vote.objects.exists()
    assert lifecycle.draft_of(shared, ada.pk) == {"v/a": ["mine"]}

    lifecycle.decide_soon(shared, said, by=ada.actor)
    lifecycle.decide_soon(shared, said, by=bo.actor)
    assert PendingDecision.objects.get().user == bo
    with pytest.raises(TaskDecidedError):
        lifecycle.undo_decision(shared.pk, by=ada.actor)


def test_a_vote_taken_back_within_the_moment_of_the_last_one_would_be_a_broken_promise(
    shared, people, settings
):
    settings.INBOX_UNDO_SECONDS = 8
    ada, bo, _cy = people
    said = Answer(decision="reject", version=1, reason="no")
    lifecycle.decide_soon(shared, said, by=ada.actor)
    lifecycle.decide_soon(shared, said, by=bo.actor)
    Vote.objects.filter(user=ada).delete()
    PendingDecision.objects.update(takes_effect_at="2026-01-01T00:00Z")

    upkeep.apply_pending()

    assert UserTask.objects.get(pk=shared.pk).is_open
    assert Vote.objects.get().user == bo


def test_what_a_single_decision_refuses_a_vote_refuses_too(shared, people):
    with pytest.raises(InvalidError):
        vote(shared, people[0], "correct", payload={**PAYLOAD, "total": "much"})
    assert not Vote.objects.exists()


def test_whoever_did_an_earlier_step_has_no_vote(shared, people):
    UserTask.objects.filter(pk=shared.pk).update(excluded=[people[0].pk])

    with pytest.raises(NotAllowedError, match="four eyes"):
        vote(shared, people[0])


def test_the_ladder_decides_alone(shared):
    said = Answer(decision="reject", version=1, reason="Nobody decided in time.")

    assert not lifecycle.decide(shared, said, by=SYSTEM).is_open


def test_programs_see_the_votes(shared, people, folder):
    ada, bo, _cy = people
    body = {"version": 1, "decision": "reject", "reason": "no"}

    first = program_of(ada, folder).post(f"/user-tasks/{shared.pk}/decide", body).json()
    second = program_of(bo, folder).post(f"/user-tasks/{shared.pk}/decide", body).json()

    assert (first["status"], first["votes_needed"], len(first["votes"])) == ("open", 2, 1)
    assert (second["status"], len(second["votes"])) == ("completed", 2)


# ---- what AI was not sure of


@pytest.fixture
def doubtful(task):
    fields = {
        path: PredictedField(value=PAYLOAD[path], confidence=0.6, is_doubtful=True)
        for path in ("total", "vendor")
    }
    UserTask.objects.filter(pk=task.pk).update(predictions=Predicted(fields=fields).stored())
    task.refresh_from_db()
    return task


def test_every_doubtful_value_must_be_confirmed_or_changed(doubtful, business_user, program):
    with pytest.raises(InvalidError) as refused:
        vote(doubtful, business_user, "correct", confirmed=frozenset({"total"}))
    assert [problem.path for problem in refused.value.fields] == ["values.vendor"]

    body = {"version": 1, "decision": "correct", "values": {"total": "110.00"}}
    answer = program.post(f"/user-tasks/{doubtful.pk}/decide", body)
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == ["values.vendor"]

    body |= {"confirmed": ["vendor"], "correction_reasons": {"total": "misread"}}
    assert program.post(f"/user-tasks/{doubtful.pk}/decide", body).status_code == 200
    assert UserTask.objects.get(pk=doubtful.pk).correction_reasons == {"total": "misread"}


def test_who_does_not_take_the_values_need_not_look_at_them(doubtful, business_user):
    assert not vote(doubtful, business_user).is_open
