"""Things to find, made the way they come about."""

from typing import Any

from apps.accounts.models import Folder
from apps.bots.models import Run
from apps.inbox.models import UserTask
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, WorkItem, WorkQueue
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories_queues import make_item, make_queue
from tests.inbox.rows import make_queue as make_inbox_queue
from tests.inbox.rows import make_task


def make_run_in(folder: Folder, *, ends: str = "") -> Run:
    return make_run(make_automation(folder), make_bot(folder), ends=ends)


def tried(item: WorkItem, outcome: str, message: str = "", *, run: Run | None = None) -> None:
    """Have a bot try the item once."""
    [leased] = lease_items(item.queue_id, n=1, bot="bot-1", run_id=run.pk if run else None)
    assert leased.id == item.pk
    finish_items([Result(leased.id, leased.token, Attempt.Outcome(outcome), message=message)])


def task_called(folder: Folder, reference: str) -> UserTask:
    """Return the task about an item that a bot could not do, with that reference."""
    return make_task(make_inbox_queue(folder), reference=reference)


def item_called(reference: str, folder: Folder, **values: Any) -> WorkItem:
    queue: WorkQueue = values.pop("queue", None) or make_queue(folder=folder)
    return make_item(queue, reference=reference, **values)
