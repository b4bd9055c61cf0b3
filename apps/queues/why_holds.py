"""What limits, applications, freezes and stops hold the items of a queue back by."""

from functools import cache

from apps.lib.why import Blocker
from apps.limits.why import of_work

from .models import WorkQueue
from .statements import holds_of_queue


def holds_of(queue: WorkQueue) -> list[Blocker]:
    """Return what keeps items from being leased, beside a pause; one query where nothing does."""
    return of_work(_holds(), {"queue": queue.pk})


@cache
def _holds() -> str:
    return (
        "select h.holds from queues_workqueue q"  # noqa: S608  what other apps registered, no words
        f" cross join lateral ({holds_of_queue()}) h where q.id = %(queue)s"
    )
