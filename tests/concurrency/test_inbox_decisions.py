"""Many people, two schedulers and a bot at the same tasks at once: one wins, all hear the truth."""

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from django.test import Client

from apps.accounts.models import User
from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskDecidedError, TooLateToUndoError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import DecisionLink, PendingDecision, UserTask, Vote
from apps.lib.errors import ConflictError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import NewItem, add_items, lease_items
from apps.queues.models import WorkItem, WorkQueue
from tests.api.conftest import program_of
from tests.concurrency.racing import flat, race, race_same
from tests.factories import make_person
from tests.factories_queues import status_of
from tests.inbox.rows import BOT, PAYLOAD, make_queue, make_task, stop_waiting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

PEOPLE, TASKS, ROUNDS = 10, 25, 10
REJECT = {"decision": "reject", "reason": "not ours"}


def make_tasks(queue: WorkQueue, n: int) -> list[UserTask]:
    new = [NewItem(payload=PAYLOAD, reference=f"R{number}") for number in range(n)]
    add_items(queue, new, origin=WorkItem.Origin.API, by=BOT, all_or_nothing=True)
    stop_waiting(queue, n=n)
    deliver_outbox()
    return list(UserTask.objects.open().order_by("pk"))


def rejecting(task: UserTask) -> Answer:
    return Answer(version=task.version, **REJECT)


def make_due() -> None:
    PendingDecision.objects.update(takes_effect_at=Now())


def outcome_of(act: Callable[[], object]) -> object:
    try:
        return act()
    except ConflictError as error:
        return error


def test_people_with_browsers_and_programs_decide_each_task_once(folder, settings):
    settings.INBOX_UNDO_SECONDS = 60
    people = [make_person(f"p{n}", role="business_user", folder=folder) for n in range(PEOPLE)]
    tasks = make_tasks(make_queue(folder), TASKS)

    said = flat(race(*[lambda n=n: _decide_all(n, people[n], tasks) for n in range(PEOPLE)]))
    make_due()
    while PendingDecision.objects.exists():
        upkeep.apply_pending()

    won = {pk: name for pk, name, status, _text in said if status == 200}
    assert len([1 for _pk, _name, status, _text in said if status == 200]) == TASKS
    assert sorted(won) == sorted(task.pk for task in tasks)
    assert {status for _pk, _name, status, _text in said} == {200, 409}
    assert all(won[pk] in text for pk, _name, status, text in said if status == 409)
    closed = UserTask.objects.filter(status="completed")
    assert {task.pk: task.decided_by.name for task in closed} == won
    assert Event.objects.filter(kind="user_task.completed").count() == TASKS
    assert item_faults().faults == []


def _decide_all(
    number: int, person: User, tasks: list[UserTask]
) -> list[tuple[int, str, int, str]]:
    """Reject them in an order of one's own; even numbers in a browser, odd ones by API."""
    order = random.Random(number).sample(tasks, len(tasks))
    browser, program = Client(), program_of(person, tasks[0].folder)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    said = []
    for task in order:
        if number % 2:
            answer = program.post(
                f"/user-tasks/{task.pk}/decide", {"version": task.version, **REJECT}
            )
            text = json.dumps(answer.json(), ensure_ascii=False)
        else:
            sent = {"version": task.version, "decision": "reject", "reason:reject": "not ours"}
            headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
            answer = browser.post(f"/inbox/{task.pk}/decide/", sent, headers=headers)
            text = answer.content.decode()
        said.append((task.pk, person.name, answer.status_code, text))
    return said


def test_two_schedulers_apply_each_decision_once(folder):
    ada = make_person("ada", role="business_user", folder=folder)
    tasks = make_tasks(make_queue(folder), 30)
    for task in tasks:
        lifecycle.decide_soon(task, rejecting(task), by=ada.actor, seconds=60)
    make_due()

    counts = race_same(3, lambda _n: upkeep.apply_pending())
    counts.append(upkeep.apply_pending())

    assert sum(counts) == 30
    assert not PendingDecision.objects.exists()
    assert Event.objects.filter(kind="user_task.completed").count() == 30
    assert not Event.objects.filter(kind="user_task.not_applied").exists()


def test_of_undo_and_effect_at_the_same_moment_one_comes_first_and_the_answer_is_true(folder):
    ada = make_person("ada", role="business_user", folder=folder)
    seen = Counter()
    for task in make_tasks(make_queue(folder), ROUNDS):
        lifecycle.decide_soon(task, rejecting(task), by=ada.actor, seconds=60)
        make_due()

        undone, _applied = race(
            lambda task=task: outcome_of(lambda: lifecycle.undo_decision(task.pk, by=ada.actor)),
            lambda: upkeep.apply_pending(),
        )
        upkeep.apply_pending()

        was_undone = isinstance(undone, UserTask)
        seen[was_undone] += 1
        assert was_undone or isinstance(undone, TooLateToUndoError)
        task.refresh_from_db()
        assert task.is_open == was_undone
        assert status_of(task.item_id) == ("needs_decision" if was_undone else "failed")
    assert sum(seen.values()) == ROUNDS


def test_a_recall_and_a_bot_never_both_get_the_item(folder):
    ada = make_person("ada", role="business_user", folder=folder)
    queue = make_queue(folder)
    for task in make_tasks(queue, ROUNDS):
        said = Answer(decision="correct", version=task.version, payload={**PAYLOAD, "vendor": "X"})
        done = lifecycle.decide(task, said, by=ada.actor)

        recalled, leased = race(
            lambda done=done: outcome_of(lambda: lifecycle.recall_decision(done, by=ada.actor)),
            lambda: lease_items(queue.pk, n=1, bot="bot-7"),
        )

        was_recalled = isinstance(recalled, UserTask)
        assert was_recalled != bool(leased)
        if leased:
            assert "bot-7" in recalled.message
            assert leased[0].payload["vendor"] == "X"
        task.refresh_from_db()
        assert task.is_open == was_recalled
    assert item_faults().faults == []


def test_votes_at_once_decide_once(folder):
    people = [make_person(f"p{n}", role="business_user", folder=folder) for n in range(8)]
    for task in make_tasks(make_queue(folder), 4):
        UserTask.objects.filter(pk=task.pk).update(votes_needed=3)

        said = race_same(
            len(people),
            lambda n, task=task: outcome_of(
                lambda: lifecycle.decide(task, rejecting(task), by=people[n].actor)
            ),
        )

        decided = [one for one in said if isinstance(one, UserTask) and not one.is_open]
        told = [one for one in said if isinstance(one, TaskDecidedError)]
        assert (len(decided), len(told)) == (1, len(people) - 3)
        assert all(decided[0].decided_by_name in error.message for error in told)
        assert Vote.objects.filter(task=task).count() == 3


def test_a_link_that_is_clicked_many_times_at_once_decides_once(folder):
    ada = make_person("ada", role="business_user", folder=folder)
    task = make_task(make_queue(folder))
    path = lifecycle.make_link(task, ada)
    sent = {"version": task.version, "decision": "reject", "reason:reject": "not ours"}

    codes = race_same(6, lambda _n: Client().post(path, sent).status_code)

    assert sorted(codes) == [200, *[410] * 5]
    assert DecisionLink.objects.get().used_at is not None
    assert Event.objects.filter(kind="user_task.completed").count() == 1
