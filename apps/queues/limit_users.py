"""What works under applications and limits here: queues, as pages of apps.limits show them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.limits import users
from apps.limits.users import Name, Tries, Use

from .counts import counts_of
from .models import Measure, WorkItem, WorkQueue

# Wrong data count as gone well: the application answered. Of places only what came counts.
TRIES: Final = """
select x.application_id, date_bin(make_interval(secs => %(span)s), c.minute, %(since)s) as bucket,
       sum(greatest(c.n, 0)),
       coalesce(sum(c.n) filter (where c.measure = 'application_exception'), 0)
  from queues_workqueue_applications x
  join queues_minutecount c on c.queue_id = x.workqueue_id and c.minute >= %(since)s
 where x.application_id = any(%(ids)s::bigint[])
   and c.measure in ('successful', 'business_exception', 'application_exception', 'lost')
 group by 1, 2
"""


def queues_that_use(
    *, application_ids: Collection[int], limit_ids: Collection[int]
) -> Iterable[Use]:
    """Return the queues that are bound, with what waits and what is at work in them."""
    bound = [
        (queue_id, application_id, None)
        for queue_id, application_id in WorkQueue.applications.through.objects.filter(
            application_id__in=application_ids
        ).values_list("workqueue_id", "application_id")
    ] + [
        (queue_id, None, limit_id)
        for queue_id, limit_id in WorkQueue.limits.through.objects.filter(
            limit_id__in=limit_ids
        ).values_list("workqueue_id", "limit_id")
    ]
    queues = WorkQueue.objects.in_bulk({queue_id for queue_id, *_rest in bound})
    counts = counts_of(queues) if queues else {}
    for queue_id, application_id, limit_id in bound:
        queue = queues[queue_id]
        yield Use(
            kind="queue",
            id=queue.pk,
            folder_id=queue.folder_id,
            title=queue.title,
            url=reverse("queues:queue_detail", args=[queue.pk]),
            waiting=counts[queue_id].waiting,
            at_work=counts[queue_id][Measure.IN_PROGRESS],
            application_id=application_id,
            limit_id=limit_id,
        )


def tries_of_queues(
    application_ids: Collection[int], *, since: datetime, span_seconds: int
) -> Iterable[Tries]:
    """Return how tries of items went, from the minutes that charts are made of."""
    values: dict[str, Any] = {"ids": list(application_ids), "since": since, "span": span_seconds}
    with connection.cursor() as cursor:
        cursor.execute(TRIES, values)
        return [Tries(pk, at, int(n), int(failed)) for pk, at, n, failed in cursor.fetchall()]


def names_of_items(ids: Collection[int]) -> Mapping[int, Name]:
    """Return how the items are called that hold seats."""
    found = WorkItem.objects.filter(pk__in=ids).annotate(of=F("queue__title"))
    return {
        pk: Name(
            _("#%(id)d in %(queue)s") % {"id": pk, "queue": title},
            reverse("items:item_detail", args=[pk]),
        )
        for pk, title in found.values_list("pk", "of")
    }


def register() -> None:
    """Tell apps.limits; called when the app is ready."""
    users.register(queues_that_use)
    users.register_tries(tries_of_queues)
    users.register_names("item", names_of_items)
