"""Walks instances through workflows in tests: bots that answer at once, and news that arrive."""

from collections.abc import Callable
from typing import Any

from apps.accounts.models import Folder
from apps.events.delivery import deliver_outbox
from apps.events.models import Outbox
from apps.inbox.lifecycle import decide
from apps.inbox.lifecycle.deciding import Answer
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.checks import instance_faults
from apps.workflows.models import StepInstance, Token, Workflow, WorkflowInstance
from tests.factories import make_folder, make_person
from tests.workflows.models import ProcessBuilder

ANNA = Actor(None, "Anna", "person")
MAX_ROUNDS = 200

Worked = Callable[[dict[str, Any]], Any]


def deployed(model: ProcessBuilder, folder: Folder | None = None) -> Workflow:
    folder = folder or make_folder()
    return lifecycle.deploy(folder, model.xml(), by=ANNA, source="api").workflow


def started(workflow: Workflow, **variables: Any) -> WorkflowInstance:
    return lifecycle.start_instance(workflow, variables, by=ANNA)


def deliver() -> None:
    """Deliver all news, and those that come of them."""
    for _round in range(MAX_ROUNDS):
        if not deliver_outbox(1_000):
            break
    left = list(Outbox.objects.values_list("kind", "last_error"))
    assert left == [], left


def work(
    folder: Folder, key: str, answer: Worked | Any = None, *, deliver_after: bool = True
) -> int:
    """Work off what is ready in the queue; `answer` is the output, or makes it of the payload."""
    queue = WorkQueue.objects.get(folder=folder, key=key)
    n = 0
    while items := lease_items(queue.pk, n=500, bot="Bot 1"):
        results = [_result(item.id, item.token, item.payload, answer) for item in items]
        assert len(finish_items(results).finished) == len(items)
        n += len(items)
    if deliver_after:
        deliver()
    return n


def fail(
    folder: Folder, key: str, *, code: str = "E", message: str = "no", kind: str = "business"
) -> None:
    """End what is ready in the queue as a failure."""
    queue = WorkQueue.objects.get(folder=folder, key=key)
    items = lease_items(queue.pk, n=500, bot="Bot 1")
    assert items
    outcome = Attempt.Outcome(f"{kind}_exception")
    finish_items(
        [Result(item.id, item.token, outcome, code=code, message=message) for item in items]
    )
    deliver()


def stands_at(instance: WorkflowInstance) -> list[str]:
    """Return the elements where the instance waits."""
    tokens = Token.objects.filter(instance=instance)
    return sorted(tokens.exclude(waits_for="scope").values_list("node", flat=True))


def visited(instance: WorkflowInstance) -> list[str]:
    """Return the elements that were visited, in order."""
    return list(
        StepInstance.objects.filter(instance_id=instance.pk)
        .order_by("ended_at", "token")
        .values_list("node", flat=True)
    )


def reloaded(instance: WorkflowInstance) -> WorkflowInstance:
    instance.refresh_from_db()
    return instance


def task_of(instance: WorkflowInstance) -> UserTask:
    return UserTask.objects.get(instance_id=instance.pk, status="open")


def decided(instance: WorkflowInstance, decision: str, **said: Any) -> None:
    """Decide about the open task of the instance, and deliver what follows."""
    task = task_of(instance)
    person = make_person(role="supervisor", folder=task.folder)
    decide(task, Answer(decision=decision, version=task.version, **said), by=person.actor)
    deliver()


def assert_consistent() -> None:
    faults = instance_faults().faults
    assert faults == []


def _result(item_id: int, token: Any, payload: dict[str, Any], answer: Any) -> Result:
    output = answer(payload) if callable(answer) else answer
    return Result(item_id, token, Attempt.Outcome.SUCCESSFUL, output=output)
