"""Tasks that people decided alike, the way they come about."""

from collections.abc import Sequence
from typing import Any

from apps.accounts.models import User
from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import Answer, decide, reconcile_tasks
from apps.inbox.models import UserTask
from apps.learning.lifecycle import Terms, accept_proposal
from apps.learning.models import Proposal, Rule
from apps.learning.patterns import conditions_of
from apps.lib.actors import Actor
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import WorkItem, WorkQueue
from tests.inbox.rows import BOT, PAYLOAD, stop_waiting


def open_task(queue: WorkQueue, number: int, *, tell: bool = True, **payload: Any) -> UserTask:
    """Return the task of an item that a bot stopped at; `tell`: rules hear of it."""
    return open_tasks(queue, [number], tell=tell, **payload)[0]


def open_tasks(
    queue: WorkQueue, numbers: Sequence[int], *, tell: bool = True, **payload: Any
) -> list[UserTask]:
    """The same for many, in the order of their numbers."""
    news = [
        NewItem(
            payload={
                **PAYLOAD,
                "number": f"{5000 + number}",
                "total": f"{10 + number % 20}.00",
                **payload,
            },
            reference=f"INV-{number}",
        )
        for number in numbers
    ]
    ids = add_items(queue, news, origin=WorkItem.Origin.API, by=BOT, all_or_nothing=True).ids
    stop_waiting(queue, n=len(ids))
    reconcile_tasks(ids)
    if tell:
        deliver_outbox()
    tasks = UserTask.objects.filter(item__in=ids).select_related("item", "queue")
    return list(tasks.order_by("item_id"))


def leave_out(task: UserTask, by: Actor, reason: str = "Paid already") -> UserTask:
    return decide(task, Answer(decision="leave_out", version=task.version, reason=reason), by=by)


def reject(task: UserTask, by: Actor) -> UserTask:
    return decide(task, Answer(decision="reject", version=task.version, reason="Wrong"), by=by)


def people_leave_out(queue: WorkQueue, users: list[User], n: int = 20) -> list[UserTask]:
    """Have `n` like tasks decided in the same way, by these people in turn."""
    tasks = open_tasks(queue, range(n))
    for number, task in enumerate(tasks):
        leave_out(task, users[number % len(users)].actor)
    deliver_outbox()
    return tasks


def people_decide_by_vendor(queue: WorkQueue, users: list[User], n: int = 24) -> None:
    """Have `n` tasks of one vendor left out, and as many of another rejected, in turns."""
    ours = open_tasks(queue, range(n))
    theirs = open_tasks(queue, range(200, 200 + n), vendor="Wayne")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        leave_out(one, users[number % len(users)].actor)
        reject(other, users[number % len(users)].actor)
    deliver_outbox()


def accept(proposal: Proposal, by: Actor, **terms: Any) -> Rule:
    given = {"title": "Paid already", "conditions": conditions_of(proposal.conditions)}
    return accept_proposal(proposal, Terms(**{**given, "sample_share": 0.0, **terms}), by=by)
