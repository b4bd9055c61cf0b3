"""Many people at once: one decision wins, the others are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.exceptions import TaskDecidedError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import UserTask
from apps.lib.errors import DomainError
from apps.queues import lifecycle as items
from tests.factories import make_person
from tests.factories_queues import status_of
from tests.inbox.rows import PAYLOAD, make_queue, make_task, stop_item
from tests.inbox.steps import INSTANCE, instances_listening, open_step, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

THREADS = 20


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Do all at the same moment, each in a thread; return what each returned or raised."""
    barrier = Barrier(len(acts))

    def do(act):
        try:
            barrier.wait()
            return act()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_of_twenty_decisions_one_wins_and_the_losers_hear_who_it_was(folder):
    people = [make_person(f"p{n}", role="business_user", folder=folder) for n in range(THREADS)]
    task = make_task(make_queue(folder))

    def decision_of(number, person):
        if number % 2:
            said = Answer(decision="reject", version=task.version, reason=f"by {number}")
        else:
            payload = {**PAYLOAD, "total": f"{number}.00"}
            said = Answer(decision="correct", version=task.version, payload=payload)
        return lambda: lifecycle.decide(task, said, by=person.actor)

    results = at_once([decision_of(number, person) for number, person in enumerate(people)])

    winners = [result for result in results if isinstance(result, UserTask)]
    losers = [result for result in results if isinstance(result, TaskDecidedError)]
    assert (len(winners), len(losers)) == (1, THREADS - 1)
    assert all(winners[0].decided_by_name in loser.message for loser in losers)
    assert Event.objects.filter(kind="user_task.completed").count() == 1
    expected = "new" if winners[0].decision == "correct" else "failed"
    assert status_of(task.item_id) == expected


def test_a_double_click_is_one_decision(folder):
    person = make_person(role="business_user", folder=folder)
    task = make_task(make_queue(folder))
    said = Answer(decision="leave_out", version=task.version, reason="twice")

    results = at_once([lambda: lifecycle.decide(task, said, by=person.actor)] * 4)

    assert all(isinstance(result, UserTask) for result in results)
    assert Event.objects.filter(kind="user_task.completed").count() == 1


def test_a_decision_and_one_elsewhere_never_both_win(folder):
    person = make_person(role="supervisor", folder=folder)
    queue = make_queue(folder)
    for _round in range(10):
        task = make_task(queue)
        said = Answer(decision="reject", version=task.version, reason="no")

        results = at_once(
            [
                lambda task=task, said=said: lifecycle.decide(task, said, by=person.actor),
                lambda task=task: items.retry_item(task.item_id, by=person.actor),
            ]
        )
        deliver_outbox()

        refused = [result for result in results if isinstance(result, DomainError)]
        assert len(refused) == 1
        task.refresh_from_db()
        was_decided = task.status == UserTask.Status.COMPLETED
        assert status_of(task.item_id) == ("failed" if was_decided else "new")
        if not was_decided:
            assert task.status == UserTask.Status.CANCELLED
            items.skip_item(task.item_id, by=person.actor, reason="next round")


def test_many_reconcilers_of_the_same_items_open_each_task_once(folder):
    queue = make_queue(folder)
    ids = [stop_item(queue, reference=f"R{n}").pk for n in range(15)]

    at_once([lambda: lifecycle.reconcile_tasks(ids)] * 6)

    assert UserTask.objects.open().count() == 15


def test_claims_at_once_have_one_winner(folder):
    people = [make_person(f"c{n}", role="business_user", folder=folder) for n in range(6)]
    task = make_task(make_queue(folder))

    results = at_once([lambda p=p: lifecycle.claim_task(task, by=p.actor) for p in people])

    assert sum(isinstance(result, UserTask) for result in results) == 1


def test_steps_are_decided_or_withdrawn_and_instances_hear_of_each_decision_once(folder):
    people = [make_person(f"p{n}", role="business_user", folder=folder) for n in range(3)]
    steps = [open_step(folder, form={}, token=number) for number in range(30)]
    said = Answer(decision="complete", version=1)

    def decide_all(person):
        won = []
        for step in steps:
            try:
                won.append(lifecycle.decide(step, said, by=person.actor).pk)
            except TaskDecidedError:
                continue
        return won

    def withdraw_all():
        for step in reversed(steps):
            lifecycle.close_owned_tasks(INSTANCE, [step.token], "timer")
        return []

    with instances_listening() as heard:
        *won, _nothing = at_once([*(lambda p=p: decide_all(p) for p in people), withdraw_all])
        told(heard)

    decided = sorted(pk for some in won for pk in some)
    closed = UserTask.objects.filter(status=UserTask.Status.CANCELLED)
    assert len(decided) == len(set(decided))
    assert sorted(each["task"] for each in heard) == decided
    assert len(decided) + closed.count() == len(steps)


def test_a_task_that_is_opened_by_many_at_once_is_one(folder):
    at_once([lambda: open_step(folder) for _n in range(6)])

    assert UserTask.objects.count() == 1
