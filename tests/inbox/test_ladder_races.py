"""Several schedulers at once: each rung is taken once, each turn by somebody else."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.events.models import Event
from apps.inbox.handling import Rung
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.lifecycle.deputising import hand_over_absent
from apps.inbox.lifecycle.escalating import take_due_rungs
from apps.inbox.lifecycle.turns import Turns
from apps.inbox.models import UserTask
from apps.lib.clock import database_now
from apps.notices.models import Notice
from tests.inbox.handing import again, make_clerk, make_rule, send_away
from tests.inbox.steps import open_step
from tests.inbox.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def test_turns_that_are_taken_at_once_are_taken_by_different_people(folder):
    def take():
        with transaction.atomic():
            turns = Turns([(folder.pk, "rule:1")])
            chosen = turns.next(folder.pk, "rule:1", [1, 2, 3])
            turns.save()
        return chosen

    assert sorted(at_once([take] * 9)) == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_of_many_schedulers_one_takes_each_rung(folder):
    clerk = make_clerk(folder, "ada")
    make_rule(
        folder,
        Rung(do="remind", after_seconds=1),
        Rung(do="manager", after_seconds=2),
        Rung(do="decide", after_seconds=3, decision="complete"),
    )
    values = {"approved": True}
    tasks = [open_step(folder, token=n, assignee="ada", values=values) for n in range(5)]

    for hours in (1, 2, 3):
        late = database_now() + timedelta(hours=hours)
        taken = sum(at_once([lambda late=late: take_due_rungs(late)] * 4))
        assert taken == len(tasks)

    for task in tasks:
        done = Event.objects.filter(kind="user_task.escalated", subject_id=task.pk)
        assert [event.data["do"] for event in done.order_by("id")] == [
            "remind",
            "manager",
            "decide",
        ]
        assert again(task).decision == "complete"
    assert Notice.objects.filter(user=clerk, kind="task_reminder").count() == len(tasks)


def test_a_decision_and_the_last_rung_at_once_are_one_decision(folder):
    clerk = make_clerk(folder, "ada")
    make_rule(folder, Rung(do="decide", after_seconds=1, decision="complete"))
    late = database_now() + timedelta(hours=1)
    for n in range(10):
        task = open_step(folder, token=n, values={"approved": True})
        answer = Answer(decision="complete", version=1, payload={"approved": False})

        at_once([lambda t=task, a=answer: decide(t, a, by=clerk.actor),
            lambda: take_due_rungs(late)])  # fmt: skip

        done = Event.objects.filter(kind="user_task.completed", subject_id=task.pk)
        assert done.count() == 1
        assert again(task).decided_by_name == done.get().actor_name


def test_what_the_absent_have_is_handed_over_once(folder):
    ada, bo = make_clerk(folder, "ada"), make_clerk(folder, "bo")
    for n in range(6):
        open_step(folder, token=n, assignee="ada")
    send_away(ada, bo)

    handed = at_once([hand_over_absent] * 4)

    assert sum(handed) == 6
    assert UserTask.objects.filter(assignee=bo).count() == 6
    assert Event.objects.filter(kind="user_task.handed_over").count() == 6
