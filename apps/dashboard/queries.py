"""Numbers across apps for the overview; reads only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Left, Now

from apps.bots.models import Bot
from apps.bots.presenting import BotCard, bot_cards
from apps.inbox.listing import waiting
from apps.inbox.models import UserTask
from apps.lib.clock import database_now, start_of_today
from apps.queues.counts import counts_of, series
from apps.queues.item_presenting import share_done
from apps.queues.models import Attempt, Ended, Lease, Measure, MinuteCount, WorkItem, WorkQueue

BACKLOG = (Measure.READY, Measure.SCHEDULED)
FAILURES = (Measure.FAILED, Measure.EXPIRED)
PROBLEMS = (Measure.BUSINESS_EXCEPTION, Measure.APPLICATION_EXCEPTION, Measure.LOST)
OUTCOMES = [measure.value for measure in PROBLEMS]
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
MINUTE = timedelta(minutes=1)
MAX_GROUPED = 1_000  # newest tries that are looked at for groups
MAX_WORDS = 120


@dataclass(frozen=True)
class RightNow:
    """The room at a glance."""

    backlog: int
    oldest_seconds: float | None
    in_progress: int
    n_slots: int
    n_answering: int
    n_busy: int
    added_last_hour: int
    problems_last_hour: int
    problems_a_week_ago: int
    people: int
    overdue_tasks: int
    oldest_task_at: datetime | None
    at: datetime
    done_today: int
    failed_today: int
    helped_today: int  # of those done: a person decided about them
    done_a_week_ago: int

    @property
    def straight_through(self) -> float | None:
        """The share of what was done today that no person had to touch; None before the first."""
        if not self.done_today:
            return None
        return 100 * max(0, self.done_today - self.helped_today) / self.done_today


def right_now(folder_ids: frozenset[int]) -> RightNow:
    """Return the numbers of the tiles: a dozen cheap queries over counters and small tables."""
    queue_ids = queue_ids_of(folder_ids)
    counts = counts_of(queue_ids).values()
    cards = fleet(folder_ids)
    waits = [each.oldest_seconds for each in counts if each.oldest_seconds is not None]
    # as the list counts them that the tile leads to
    tasks = waiting(UserTask.objects.filter(folder_id__in=folder_ids).open())
    people = tasks.aggregate(
        n=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=Now())), oldest=Min("created_at")
    )
    midnight = start_of_today()
    return RightNow(
        backlog=sum(each[measure] for each in counts for measure in BACKLOG),
        oldest_seconds=max(waits, default=None),
        in_progress=sum(each[Measure.IN_PROGRESS] for each in counts),
        n_slots=sum(card.n_slots for card in cards),
        n_answering=sum(card.n_answering for card in cards),
        n_busy=sum(card.n_busy for card in cards),
        added_last_hour=_sum(queue_ids, (Measure.ADDED,), Now() - HOUR, Now()),
        problems_last_hour=_sum(queue_ids, PROBLEMS, Now() - HOUR, Now()),
        problems_a_week_ago=_sum(queue_ids, PROBLEMS, Now() - WEEK - HOUR, Now() - WEEK),
        people=people["n"],
        overdue_tasks=people["overdue"],
        oldest_task_at=people["oldest"],
        at=database_now(),
        done_today=_sum(queue_ids, (Measure.SUCCESSFUL,), midnight, Now()),
        failed_today=_sum(queue_ids, FAILURES, midnight, Now()),
        helped_today=_helped_since(folder_ids, midnight),
        done_a_week_ago=_sum(queue_ids, (Measure.SUCCESSFUL,), midnight - WEEK, Now() - WEEK),
    )


def _helped_since(folder_ids: frozenset[int], moment: Combinable) -> int:
    """Count the items done since `moment` about which a person decided shortly before."""
    decided = UserTask.objects.filter(
        folder_id__in=folder_ids,
        status=UserTask.Status.COMPLETED,
        decided_at__gte=moment - DAY,
        item__isnull=False,
    )
    done = Ended.objects.filter(status=Ended.Status.SUCCESSFUL, at__gte=moment)
    return done.filter(item_id__in=decided.values("item_id")).count()


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
    backlog = sum(each[m] for each in counts_of(queue_ids).values() for m in BACKLOG)
    since = database_now().replace(second=0, microsecond=0) - minutes * MINUTE
    found: list[Minute] = []
    for point in reversed(series(queue_ids, since, MINUTE)):
        problems = sum(point.counts.get(measure, 0) for measure in PROBLEMS)
        done = max(0, point.counts.get(Measure.SUCCESSFUL, 0))
        found.append(Minute(point.at, max(0, backlog), problems, done))
        backlog -= sum(point.counts.get(measure, 0) for measure in BACKLOG)
    return found[::-1]


@dataclass
class ProblemGroup:
    """Tries that went wrong in the same way, newest first."""

    queue: WorkQueue
    outcome: str
    message: str  # of the newest
    last_at: datetime
    item_id: int
    count: int = 0
    items: set[int] = field(default_factory=set)

    @property
    def outcome_label(self) -> str:
        return str(Attempt.Outcome(self.outcome).label)


def problem_groups(folder_ids: frozenset[int], *, limit: int = 6) -> list[ProblemGroup]:
    """Return what went wrong in the last day, alike together, the latest first."""
    queues = WorkQueue.objects.in_bulk(queue_ids_of(folder_ids))
    rows = (
        Attempt.objects.filter(
            queue_id__in=list(queues), outcome__in=OUTCOMES, ended_at__gte=Now() - DAY
        )
        .order_by("-ended_at")
        .annotate(words=Left("message", MAX_WORDS))
        .values_list("queue_id", "outcome", "code", "words", "item_id", "ended_at")[:MAX_GROUPED]
    )
    groups: dict[tuple[object, ...], ProblemGroup] = {}
    for queue_id, outcome, code, words, item_id, ended_at in rows:
        key = (queue_id, outcome, code or words)
        group = groups.get(key)
        if group is None:
            group = ProblemGroup(queues[queue_id], outcome, words, ended_at, item_id)
            groups[key] = group
        group.count += 1
        group.items.add(item_id)
    return list(groups.values())[:limit]


def waiting_tasks(folder_ids: frozenset[int], *, limit: int = 5) -> QuerySet[UserTask]:
    """Return the most urgent tasks that wait for people."""
    tasks = waiting(UserTask.objects.filter(folder_id__in=folder_ids).open())
    urgent: QuerySet[UserTask] = tasks.select_related("queue").order_by("urgent_at", "id")
    return urgent[:limit]


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


def queue_ids_of(folder_ids: frozenset[int]) -> list[int]:
    return list(WorkQueue.objects.filter(folder_id__in=folder_ids).values_list("pk", flat=True))


def _sum(
    queue_ids: list[int], measures: tuple[str, ...], since: Combinable, until: Combinable
) -> int:
    found = MinuteCount.objects.filter(
        queue_id__in=queue_ids, measure__in=measures, minute__gte=since, minute__lt=until, n__gt=0
    )
    total: int | None = found.aggregate(total=Sum("n"))["total"]
    return total or 0
