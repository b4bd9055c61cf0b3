"""Where two things that hold meet: four eyes and steps side by side, clocks and decisions."""

from datetime import timedelta

import pytest
from django.db.models import JSONField, Value
from django.db.models.functions import Now

from apps.inbox import lifecycle, upkeep
from apps.inbox.candidates import why_not
from apps.inbox.lifecycle import Answer
from apps.inbox.lifecycle.clock import start_clock, stop_clock
from apps.inbox.lifecycle.moving import move_back, move_tasks
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError, NotAllowedError
from apps.queues.lifecycle import edit_item
from tests.inbox.handing import again, make_clerk, send_away
from tests.inbox.readings import make_gate, make_question, make_read_task
from tests.inbox.rows import make_queue, make_task
from tests.inbox.steps import INSTANCE, instances_listening, open_step

pytestmark = pytest.mark.django_db

APPROVED = {"amount": 1, "approved": True}


@pytest.fixture(autouse=True)
def heard(settings):
    settings.INBOX_UNDO_SECONDS = 8
    with instances_listening() as found:
        yield found


@pytest.fixture
def ada(folder):
    return make_clerk(folder, "ada")


@pytest.fixture
def bo(folder):
    return make_clerk(folder, "bo")


def complete(task, by, *, how=lifecycle.decide):
    said = Answer(decision="complete", version=task.version, payload=APPROVED)
    return how(again(task), said, by=by.actor)


def open_side_by_side(folder):
    first = open_step(folder, element="enter", token=1)
    return first, open_step(folder, token=2, handling={"not_like_steps": ["enter"]})


@pytest.mark.parametrize("how", [lifecycle.decide, lifecycle.decide_soon])
def test_four_eyes_hold_for_steps_that_were_open_side_by_side(folder, ada, bo, supervisor, how):
    first, second = open_side_by_side(folder)
    complete(first, ada, how=how)

    assert "four eyes" in why_not(second, ada)
    for verb in (lifecycle.decide, lifecycle.decide_soon):
        with pytest.raises(NotAllowedError, match="four eyes"):
            complete(second, ada, how=verb)
    with pytest.raises(InvalidError, match="earlier step"):
        lifecycle.reassign_task(again(second), to=ada, by=supervisor.actor)
    moved = move_tasks([second.pk], folder_id=folder.pk, to=ada, by=supervisor)
    assert [title for title, _why in moved.kept] == [second.title]

    assert not complete(second, bo).is_open


def test_two_decisions_of_one_person_on_their_way_at_once_are_four_eyes_too(folder, ada):
    first, second = open_side_by_side(folder)
    complete(second, ada, how=lifecycle.decide_soon)
    complete(first, ada)
    PendingDecision.objects.update(takes_effect_at=Now())

    assert upkeep.apply_pending() == 0
    assert again(second).is_open


def test_deputies_get_nothing_that_four_eyes_keep_from_them(folder, ada, bo):
    first, second = open_side_by_side(folder)
    complete(first, bo)
    UserTask.objects.filter(pk=second.pk).update(assignee=ada)
    send_away(ada, bo)

    assert upkeep.hand_over() == 0
    assert again(second).assignee == ada


def test_what_was_just_decided_is_not_moved_back_nor_given_to_who_left(folder, ada, bo, supervisor):
    tasks = [open_step(folder, token=n, assignee="ada") for n in (1, 2)]
    moved = move_tasks([task.pk for task in tasks], folder_id=folder.pk, to=bo, by=supervisor)
    complete(tasks[0], bo, how=lifecycle.decide_soon)
    ada.is_active = False
    ada.save()

    assert move_back(moved.before, folder_id=folder.pk, was_to=bo.pk, by=supervisor) == 1

    assert [again(task).assignee for task in tasks] == [bo, None]


def test_one_decision_that_cannot_even_be_given_back_holds_up_no_other(folder, ada, bo):
    broken, fine = (open_step(folder, token=n) for n in (1, 2))
    complete(broken, ada, how=lifecycle.decide_soon)
    complete(fine, bo, how=lifecycle.decide_soon)
    PendingDecision.objects.update(takes_effect_at=Now())
    PendingDecision.objects.filter(task=broken).update(
        takes_effect_at=database_now() - timedelta(hours=1),
        answer=[],
        typed=Value(None, JSONField()),
    )

    assert upkeep.apply_pending() == 1
    assert not again(fine).is_open
    assert again(broken).is_open


def test_the_clock_of_a_task_that_was_decided_in_a_pause_runs_when_it_is_recalled(queue, ada):
    task = make_task(queue)
    UserTask.objects.filter(pk=task.pk).update(instance_id=INSTANCE)
    stop_clock([INSTANCE])
    lifecycle.decide(
        again(task), Answer(decision="reject", version=task.version, reason="no"), by=ada.actor
    )
    start_clock([INSTANCE])

    assert lifecycle.recall_decision(task, by=ada.actor).stopped_at is None


def test_a_blind_look_that_has_taken_effect_stays_since_what_ai_read_is_shown_now(folder, ada):
    gate = make_gate(folder, sample_share=1, thresholds={"default": 0.5})
    look = make_read_task(make_queue(folder, payload_schema={}, gate=gate))
    said = Answer(decision="record", version=1, payload={**look.values, "vendor": "Acme"})
    lifecycle.decide_soon(look, said, by=ada.actor, typed={})
    lifecycle.recall_decision(look, by=ada.actor)  # still blind: this is an undo
    lifecycle.decide(again(look), said, by=ada.actor)

    assert lifecycle.recallable_ids([again(look)]) == set()
    with pytest.raises(ConflictError, match="shown since"):
        lifecycle.recall_decision(look, by=ada.actor)


def test_whoever_may_not_take_a_task_is_not_shown_as_working_on_it(folder, ada, client):
    task = open_step(folder)
    UserTask.objects.filter(pk=task.pk).update(excluded=[ada.pk])
    client.force_login(ada)

    sent = client.post(f"/inbox/{task.pk}/draft/", {"v/note": "mine"})

    assert sent.status_code == 302
    assert again(task).working_by is None


def test_a_due_time_of_its_own_stays_when_the_item_is_changed(folder, ada):
    task = make_question(make_queue(folder, payload_schema={}), due_seconds=3600)
    item, due = task.item, task.due_at

    edit_item(
        item.pk, due_at=due + timedelta(days=9), version=item.version, reason="x", by=ada.actor
    )
    lifecycle.refresh_values(task)

    assert again(task).due_at == due
