"""The figures of the tiles, each beside the same a week ago; reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Q, Value
from django.db.models.functions import Now

from apps.bots.models import ANSWER_SECONDS, Bot, BotSlot, Seconds
from apps.failures.listing import CAP, FailureFilter
from apps.lib.clock import now_and_midnight, whole_minute
from apps.queues.counts import WAITING, QueueCounts, counts_of, standing_of, totals
from apps.queues.models import Measure, WorkQueue

from .deadlines import helped_since, punctuality
from .lists import AtWork, Counted, Missed, People, Problems

FAILURES = (Measure.FAILED, Measure.EXPIRED)
PROBLEMS = (Measure.BUSINESS_EXCEPTION, Measure.APPLICATION_EXCEPTION, Measure.LOST)
STANDING = (*WAITING, Measure.IN_PROGRESS, Measure.NEEDS_DECISION)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
# The list of failures that the tile counts and opens
OF_THE_HOUR = FailureFilter(since="1h")
# What was a week ago is asked once in so many minutes: it adds up a week of hours
COMPARED_MINUTES = 5


@dataclass(frozen=True)
class Slots:
    """Places on bots where a run can work."""

    n: int = 0
    n_answering: int = 0


@dataclass(frozen=True)
class WeekAgo:
    """What it was at this time a week ago."""

    backlog: int
    in_progress: int
    needs_decision: int
    problems: int  # of the hour before
    done: int  # from midnight until then
    due: int
    missed: int

    @property
    def in_time(self) -> float | None:
        return share_in_time(self.due, self.missed)


@dataclass(frozen=True)
class RightNow:
    """The room at a glance."""

    at: datetime
    backlog: Counted
    oldest_seconds: float | None
    in_progress: int
    busy: Counted
    slots: Slots
    added_last_hour: int
    failures: Counted  # groups of them that happened within the hour, and nobody muted
    problems: Counted  # tries
    people: Counted
    overdue_tasks: Counted
    oldest_task_at: datetime | None
    done_today: int
    failed_today: int
    helped_today: int  # of those done: a person decided about them
    due_today: int  # by now
    missed_today: int
    missed: Counted  # the same as the list of them says
    week_ago: WeekAgo | None  # None: no queue is that old

    @property
    def straight_through(self) -> float | None:
        """The share of what was done today that no person had to touch; None before the first."""
        if not self.done_today:
            return None
        return 100 * max(0, self.done_today - self.helped_today) / self.done_today

    @property
    def in_time(self) -> float | None:
        """The share of what was due today by now that was done in time; None: nothing was due."""
        return share_in_time(self.due_today, self.missed_today)


def share_in_time(n_due: int, n_missed: int) -> float | None:
    return 100 * (n_due - n_missed) / n_due if n_due else None


def right_now(folder_ids: frozenset[int]) -> RightNow:
    """Return the figures of the tiles: some fifteen cheap queries over counters and indexes."""
    queues = WorkQueue.objects.filter(folder_id__in=folder_ids)
    made = dict(queues.order_by().values_list("pk", "created_at"))
    ids = list(made)
    now, midnight = now_and_midnight()
    counts = list(counts_of(ids).values())
    done, failed = ended_by_queue(ids, midnight, now)
    due, missed = punctuality(ids, midnight, now)
    people = People(folder_ids, ids)
    waiting, overdue = people.urgency()
    return RightNow(
        at=now,
        # by the counters that the list's count is made of, which are at hand
        backlog=Counted(_standing(counts, WAITING)),
        oldest_seconds=max((c.oldest_seconds for c in counts if c.oldest_seconds), default=None),
        in_progress=_standing(counts, [Measure.IN_PROGRESS]),
        busy=AtWork(folder_ids, ids).count(),
        slots=slots_of(folder_ids),
        added_last_hour=sum(_sums(ids, [Measure.ADDED], whole_minute(now) - HOUR, now).values()),
        failures=_failures(folder_ids),
        problems=Problems(folder_ids, ids).count(),
        people=waiting,
        overdue_tasks=overdue,
        oldest_task_at=people.oldest_at(),
        done_today=sum(done.values()),
        failed_today=sum(failed.values()),
        helped_today=helped_since(ids, midnight),
        due_today=due,
        missed_today=missed,
        missed=Missed(folder_ids, ids).count(),
        week_ago=_week_ago([pk for pk in ids if made[pk] <= now - WEEK], now, midnight),
    )


def ended_by_queue(
    ids: list[int], since: datetime, until: datetime
) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many items were done and how many failed, by queue.

    Less those that were reopened meanwhile: of a queue where more were, it says 0.
    """
    found = totals(ids, (Measure.SUCCESSFUL, *FAILURES), since, until)
    done = {pk: max(0, found.get((pk, Measure.SUCCESSFUL), 0)) for pk in ids}
    failed = {pk: max(0, sum(found.get((pk, each), 0) for each in FAILURES)) for pk in ids}
    return done, failed


def _failures(folder_ids: frozenset[int]) -> Counted:
    n = OF_THE_HOUR.count(folder_ids)
    return Counted(min(n, CAP), n > CAP)


def slots_of(folder_ids: frozenset[int]) -> Slots:
    """Count places to work, and those whose process answers; of a silent bot what it once said."""
    bots = Bot.objects.filter(folder_id__in=folder_ids).order_by()
    fresh = Q(heartbeat_at__gte=Now() - Seconds(Value(float(ANSWER_SECONDS))))
    seen = BotSlot.objects.filter(bot__in=bots).order_by().values_list("bot_id")
    by_bot = {
        bot: (n, answering)
        for bot, n, answering in seen.annotate(n=Count("pk"), on=Count("pk", filter=fresh))
    }
    said = dict(bots.values_list("pk", "n_slots"))
    return Slots(
        sum(by_bot[bot][0] if bot in by_bot else n for bot, n in said.items()),
        sum(answering for _n, answering in by_bot.values()),
    )


def _week_ago(ids: list[int], now: datetime, midnight: datetime) -> WeekAgo | None:
    """Return what it was a week ago, from those queues that were there; None if none was."""
    if not ids:
        return None
    then = whole_minute(now) - WEEK
    then -= timedelta(minutes=then.minute % COMPARED_MINUTES)
    key = f"week-ago:{then.timestamp():.0f}:{midnight.timestamp():.0f}:{hash(tuple(sorted(ids)))}"
    found: WeekAgo | None = cache.get(key)
    if found is None:
        found = _as_of(ids, then, midnight - WEEK)
        cache.set(key, found, COMPARED_MINUTES * 60)
    return found


def _as_of(ids: list[int], then: datetime, midnight: datetime) -> WeekAgo:
    """Only changes are stored: what stood somewhere is what stands there now, less what came."""
    counts = list(standing_of(ids).values())
    since = _sums(ids, STANDING, then, then + 2 * WEEK)
    problems = _sums(ids, PROBLEMS, then - HOUR, then)
    done, _failed = ended_by_queue(ids, midnight, then)
    due, missed = punctuality(ids, midnight, then)

    def stood(*measures: str) -> int:
        return max(0, _standing(counts, measures) - sum(since.get(each, 0) for each in measures))

    return WeekAgo(
        backlog=stood(*WAITING),
        in_progress=stood(Measure.IN_PROGRESS),
        needs_decision=stood(Measure.NEEDS_DECISION),
        problems=sum(problems.values()),
        done=sum(done.values()),
        due=due,
        missed=missed,
    )


def _standing(counts: Iterable[QueueCounts], measures: Iterable[str]) -> int:
    wanted = list(measures)
    return sum(each[measure] for each in counts for measure in wanted)


def _sums(
    ids: list[int], measures: Iterable[str], since: datetime, until: datetime
) -> dict[str, int]:
    """Return by how much each measure rose, of all queues together."""
    found: dict[str, int] = {}
    for (_queue, measure), n in totals(ids, measures, since, until).items():
        found[measure] = found.get(measure, 0) + n
    return found
