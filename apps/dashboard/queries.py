"""Numbers across apps for the overview; reads only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.bots.models import Bot
from apps.bots.presenting import BotCard, bot_cards
from apps.inbox.models import UserTask
from apps.lib.clock import database_now, whole_minute
from apps.queues.counts import WAITING, series
from apps.queues.item_presenting import share_done
from apps.queues.models import Lease, Measure, WorkItem

from .figures import PROBLEMS
from .lists import Backlog, People, queue_ids_of

# what the chart of the last hour is made of
DRAWN = (*WAITING, *PROBLEMS, Measure.SUCCESSFUL)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Minute:
    at: datetime
    backlog: int
    problems: int
    done: int


def last_minutes(folder_ids: frozenset[int], *, minutes: int = 60) -> list[Minute]:
    """Return backlog, problems and ends per minute, oldest first.

    The backlog of a past minute is today's minus all that changed since: only changes are stored.
    """
    queue_ids = queue_ids_of(folder_ids)
    backlog = Backlog(folder_ids, queue_ids).count().n
    since = whole_minute(database_now()) - minutes * MINUTE
    found: list[Minute] = []
    for point in reversed(series(queue_ids, since, MINUTE, measures=DRAWN)):
        problems = sum(point.counts.get(measure, 0) for measure in PROBLEMS)
        done = max(0, point.counts.get(Measure.SUCCESSFUL, 0))
        found.append(Minute(point.at, max(0, backlog), problems, done))
        backlog -= sum(point.counts.get(measure, 0) for measure in WAITING)
    return found[::-1]


def waiting_tasks(folder_ids: frozenset[int], *, limit: int = 5) -> QuerySet[UserTask]:
    """Return the most urgent tasks that wait for people."""
    return People(folder_ids).rows().order_by(*People.order)[:limit]


def fleet(folder_ids: frozenset[int]) -> list[BotCard]:
    return bot_cards(Bot.objects.filter(folder_id__in=folder_ids))


@dataclass(frozen=True)
class InHand:
    """What a run has in hand: the item it told most about, and how many there are."""

    item: WorkItem
    share: int | None
    n_items: int


def in_hand_of(run_ids: Iterable[int]) -> dict[int, InHand]:
    """Return what each of the runs has in hand; runs that hold nothing are left out."""
    held: dict[int, list[Lease]] = defaultdict(list)
    for lease in Lease.objects.filter(run_id__in=list(run_ids)).order_by("leased_at", "item_id"):
        held[lease.run_id or 0].append(lease)
    first = {run: max(held[run], key=lambda each: each.progress is not None) for run in held}
    items = WorkItem.objects.only("pk", "reference").in_bulk(
        [lease.item_id for lease in first.values()]
    )
    return {
        run: InHand(items[lease.item_id], share_done(lease), len(held[run]))
        for run, lease in first.items()
        if lease.item_id in items
    }
