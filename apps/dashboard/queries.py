"""Numbers across apps for the overview; reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Sum
from django.utils import timezone

from apps.bots.models import Bot, Run
from apps.bots.presenting import BotCard, bot_cards
from apps.inbox.models import UserTask
from apps.queues.counts import counts_of
from apps.queues.models import Attempt, Measure, MinuteCount, WorkItem, WorkQueue

BACKLOG = (Measure.READY, Measure.SCHEDULED)
FAILURES = (Measure.FAILED, Measure.EXPIRED)
PROBLEMS = (Measure.BUSINESS_EXCEPTION, Measure.APPLICATION_EXCEPTION, Measure.LOST)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Now:
    """The room at a glance."""

    backlog: int
    oldest_seconds: float | None
    in_progress: int
    capacity: int
    answering: int
    problems_last_hour: int
    problems_a_week_ago: int
    people: int
    oldest_task_at: datetime | None
    overdue_tasks: int
    done_today: int
    failed_today: int
    done_a_week_ago: int


def right_now(folder_ids: frozenset[int]) -> Now:
    """Return the numbers of the tiles, a dozen cheap queries over counters and small tables."""
    queue_ids = queue_ids_of(folder_ids)
    counts = counts_of(queue_ids).values()
    cards = fleet(folder_ids)
    tasks = UserTask.objects.filter(folder_id__in=folder_ids, status=UserTask.Status.OPEN)
    waits = [each.oldest_seconds for each in counts if each.oldest_seconds is not None]
    moment, hour = timezone.now(), timedelta(hours=1)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Now(
        backlog=sum(each.by_measure.get(m, 0) for each in counts for m in BACKLOG),
        oldest_seconds=max(waits, default=None),
        in_progress=sum(each.by_measure.get(Measure.IN_PROGRESS, 0) for each in counts),
        capacity=sum(card.n_slots for card in cards),
        answering=sum(card.n_answering for card in cards),
        problems_last_hour=_sum(queue_ids, PROBLEMS, moment - hour, moment),
        problems_a_week_ago=_sum(queue_ids, PROBLEMS, moment - WEEK - hour, moment - WEEK),
        people=tasks.count(),
        oldest_task_at=tasks.aggregate(at=Min("created_at"))["at"],
        overdue_tasks=tasks.filter(due_at__lt=moment).count(),
        done_today=_sum(queue_ids, (Measure.SUCCESSFUL,), midnight, moment),
        failed_today=_sum(queue_ids, FAILURES, midnight, moment),
        done_a_week_ago=_sum(queue_ids, (Measure.SUCCESSFUL,), midnight - WEEK, moment - WEEK),
    )


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
    counts = counts_of(queue_ids).values()
    backlog = sum(each.by_measure.get(m, 0) for each in counts for m in BACKLOG)
    until = timezone.now().replace(second=0, microsecond=0)
    since = until - timedelta(minutes=minutes)
    rows = (
        MinuteCount.objects.filter(queue_id__in=queue_ids, minute__gte=since)
        .values_list("minute", "measure")
        .annotate(total=Sum("n"))
    )
    found = {(minute, measure): total for minute, measure, total in rows}
    points = []
    for step in range(minutes + 1):
        at = until - timedelta(minutes=step)
        problems = sum(found.get((at, measure), 0) for measure in PROBLEMS)
        points.append(Minute(at, max(0, backlog), problems, found.get((at, "successful"), 0)))
        backlog -= sum(found.get((at, measure), 0) for measure in BACKLOG)
    return points[::-1]


@dataclass(frozen=True)
class Problem:
    item: WorkItem
    attempt: Attempt


def last_problems(folder_ids: frozenset[int], *, limit: int = 8) -> list[Problem]:
    """Return the newest tries that went wrong, of the last day."""
    queue_ids = queue_ids_of(folder_ids)
    since = timezone.now() - timedelta(days=1)
    attempts = list(
        Attempt.objects.filter(
            queue_id__in=queue_ids, ended_at__gte=since, outcome__in=[m.value for m in PROBLEMS]
        ).order_by("-ended_at")[:limit]
    )
    items = WorkItem.objects.select_related("queue").in_bulk([each.item_id for each in attempts])
    return [Problem(items[each.item_id], each) for each in attempts if each.item_id in items]


def fleet(folder_ids: frozenset[int]) -> list[BotCard]:
    return bot_cards(Bot.objects.filter(folder_id__in=folder_ids))


def active_runs(folder_ids: frozenset[int]) -> int:
    return Run.objects.active().filter(folder_id__in=folder_ids).count()


def queue_ids_of(folder_ids: frozenset[int]) -> list[int]:
    return list(WorkQueue.objects.filter(folder_id__in=folder_ids).values_list("pk", flat=True))


def _sum(queue_ids: list[int], measures: tuple[str, ...], since: datetime, until: datetime) -> int:
    found = MinuteCount.objects.filter(
        queue_id__in=queue_ids, measure__in=measures, minute__gte=since, minute__lt=until, n__gt=0
    )
    total: int | None = found.aggregate(total=Sum("n"))["total"]
    return total or 0
