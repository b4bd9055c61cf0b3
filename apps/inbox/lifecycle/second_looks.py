"""Blind second looks: a share of what a gate let through is read again by a person.

They stand beside the work: the item has gone on, and nothing waits for them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.inbox.models import UserTask
from apps.inbox.titles import title_of_item
from apps.lib.clock import database_now, seconds_from_now
from apps.queues.models import Attempt, Owned, Prediction, WorkItem

from .assigning import open_prepared
from .reading import make_second_look, read_by_tries
from .stepping import close_tasks

Kind, Status = UserTask.Kind, UserTask.Status

# What nobody looked at by then is closed: it says nothing any more about the model of today
TOO_OLD_DAYS = 14
MAX_CLOSED = 500


@transaction.atomic
def open_second_looks(tries: Iterable[tuple[int, int]]) -> list[int]:
    """Open a second look at each of these tries (item, number) that has none; return its tasks.

    The news of them may come twice: of each try there is one second look, ever.
    """
    wanted = sorted(set(tries))
    read = {
        key: each
        for key, each in read_by_tries(wanted).items()
        if each.rows[0].went == Prediction.Went.SAMPLED
    }
    ids = {item_id for item_id, _number in read}
    items = WorkItem.objects.select_related("queue").in_bulk(ids)
    owners = {owned.item_id: owned for owned in Owned.objects.filter(item_id__in=ids)}
    attempts = {
        (each.item_id, each.number): each for each in Attempt.objects.filter(item_id__in=ids)
    }
    now = database_now()
    tasks = []
    for key in sorted(read.keys() & attempts.keys()):
        if key[0] not in items:
            continue
        task = _task(items[key[0]], attempts[key], owners.get(key[0]), now)
        make_second_look(task, attempts[key], read[key])
        tasks.append(task)
    opened = open_prepared(tasks)
    nudge(*{f"inbox:{task.folder_id}" for task in opened})
    return [task.pk for task in opened]


def close_old_second_looks() -> int:
    """Close what nobody looked at in time."""
    old = UserTask.objects.open().filter(
        kind=Kind.SECOND_LOOK, created_at__lt=seconds_from_now(-TOO_OLD_DAYS * 86_400)
    )
    rows = list(old.values_list("pk", "folder_id")[:MAX_CLOSED])
    return close_tasks(rows, "too_old", status=Status.EXPIRED)


def _task(item: Any, attempt: Attempt, owner: Owned | None, now: datetime) -> UserTask:
    return UserTask(
        folder_id=item.queue.folder_id,
        kind=Kind.SECOND_LOOK,
        title=title_of_item(item),
        reason=_("A sample of what AI was sure of. Read it yourself: the answer is compared."),
        queue=item.queue,
        item=item,
        attempt=attempt.number,
        instance_id=owner.owner_id if owner else None,
        token=owner.token if owner else None,
        item_version=item.version,
        facts={"cause": "sampled"},
        due_at=now + timedelta(days=TOO_OLD_DAYS),
        created_at=now,
    )
