"""What limits, applications, freezes and stops hold the items of a queue back by."""

from functools import cache

import orjson
from django.db import connection
from django.db.models import Q

from apps.lib.json import JsonObject
from apps.lib.why import Blocker
from apps.limits.models import Limit
from apps.limits.why import of_work

from .models import WorkQueue
from .statements import room_of_queue


def holds_of(queue: WorkQueue) -> list[Blocker]:
    """Return what keeps items from being leased, beside a pause; one query where nothing does."""
    bound = Q(queues=queue) | Q(application__queues=queue)
    return of_work(
        _hold_of(queue),
        folder_id=queue.folder_id,
        applications=queue.applications.all(),
        limits=Limit.objects.filter(bound).distinct(),
    )


def _hold_of(queue: WorkQueue) -> JsonObject | None:
    with connection.cursor() as cursor:
        cursor.execute(_room(), {"queue": queue.pk})
        (hold,) = cursor.fetchone() or (None,)
    found: JsonObject | None = orjson.loads(hold) if isinstance(hold, str) else hold
    return found


@cache
def _room() -> str:
    return (
        "select r.hold from queues_workqueue q"  # noqa: S608  what other apps registered, no words
        f" cross join lateral ({room_of_queue()}) r where q.id = %(queue)s"
    )
