"""How many slots a queue gets, now and later: bots, shares, limits, maintenance, freezes, holds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from apps.bots.models import Bot, BotPool, Maintenance
from apps.limits.models import Application, Freeze, Limit
from apps.limits.recurring import occurrence
from apps.limits.standing import application_standing, limits_of, stop_of
from apps.queues.models import Lease, WorkQueue

from . import statements
from .load import Level
from .windows import Closing, slots_at

MAX_WINDOWS: Final = 50
FAR: Final = 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """`slots` that a queue gets, of `pool_slots`; `held` by what, if nothing starts now.

    `bots` are those that answer, with their slots; `bound_by`: what keeps it below the pool's
    slots: runs, in_progress, share, limit, or nothing. `held`: paused, stopped, no_bot, no_runs.
    """

    slots: int
    pool_slots: int = 0
    bots: tuple[tuple[str, int], ...] = ()
    closings: tuple[Closing, ...] = ()
    bound_by: str = ""
    held: str = ""


def capacity_of(
    queue: WorkQueue,
    now: datetime,
    horizon: float,
    *,
    workers: Collection[str],
    mean_seconds: float,
    without: str = "",
) -> Capacity:
    """Return what works this queue. `workers`: who did lately; `without`: a bot that is away.

    What is paused or stopped by people until they say otherwise is told in `held`, and left out of
    the closings: the forecast is for when it goes on.
    """
    applications = list(queue.applications.all())
    closings = _holds(applications, now) + _freezes(queue, applications, now, horizon)
    held = _held(queue)
    if queue.automation is None:
        at_work = {*workers, *_leasing(queue)} - {without}
        return Capacity(
            slots=len(at_work),
            pool_slots=len(at_work),
            bots=tuple((name, 1) for name in sorted(at_work)),
            closings=tuple(closings),
            held=held or ("" if at_work else "no_bot"),
        )
    return _of_pool(queue, applications, closings, now, horizon, held, mean_seconds, without)


def pool_levels(
    pools: Sequence[BotPool], *, begin: datetime, end: datetime, now: datetime
) -> dict[int, list[Level]]:
    """Return the slots of each pool over time, by maintenance and by freezes of the folder."""
    found = {}
    horizon = (end - begin).total_seconds()
    for pool in pools:
        bots = _bots(pool.pk, ())
        slots = sum(bot.n_slots for bot in bots)
        closings = _maintenance(pool.pk, bots, begin, horizon)
        closings += _freezes_of(pool.folder_id, (), begin, horizon)
        marks = {0.0, *(each.start for each in closings), *(each.end for each in closings)}
        found[pool.pk] = [
            Level(begin + timedelta(seconds=mark), slots_at(closings, slots, mark))
            for mark in sorted(marks)
            if 0 <= mark < horizon
        ]
    return found


def _of_pool(  # noqa: PLR0913, PLR0917 all that bounds it
    queue: WorkQueue,
    applications: Sequence[Application],
    closings: list[Closing],
    now: datetime,
    horizon: float,
    held: str,
    mean_seconds: float,
    without: str,
) -> Capacity:
    automation = queue.automation
    assert automation is not None
    required = {*queue.required_capabilities, *automation.required_capabilities}
    bots = [bot for bot in _bots(automation.pool_id, required) if bot.name != without]
    in_pool = sum(bot.n_slots for bot in bots)
    bounds = {
        "runs": queue.max_runs,
        "in_progress": queue.max_in_progress or in_pool,
        "limit": _by_limits(queue, applications, mean_seconds, in_pool),
        "share": _by_share(queue, in_pool),
    }
    slots, bound_by = in_pool, ""
    for name, bound in bounds.items():
        if bound < slots:
            slots, bound_by = bound, name
    closings = [*closings, *_maintenance(automation.pool_id, bots, now, horizon)]
    # single runs take slots of the pool: they are felt where the queue could have had them all
    spare = in_pool - slots
    closings += [Closing(0.0, rest, 1) for rest in _single_runs(queue)[spare:]]
    return Capacity(
        slots=slots,
        pool_slots=in_pool,
        bots=tuple((bot.name, bot.n_slots) for bot in bots),
        closings=tuple(closings[:MAX_WINDOWS]),
        bound_by=bound_by,
        held=held or ("" if slots else "no_runs" if in_pool else "no_bot"),
    )


def _held(queue: WorkQueue) -> str:
    if stop_of(queue.folder_id) is not None:
        return "stopped"
    return "paused" if queue.is_paused else ""


def _bots(pool_id: int, required: Collection[str]) -> list[Bot]:
    found = Bot.objects.filter(pool=pool_id, standing=Bot.Standing.ENABLED).with_presence()
    able = found.filter(capabilities__contains=sorted(required)) if required else found
    return [bot for bot in able.order_by("name") if bot.answers]


def _leasing(queue: WorkQueue) -> set[str]:
    return set(Lease.objects.filter(queue_id=queue.pk).values_list("bot", flat=True)[:1000])


def _by_limits(
    queue: WorkQueue, applications: Sequence[Application], mean_seconds: float, most: int
) -> int:
    """Return how many slots the queue's limits keep busy; a rate by how long an item takes."""
    bound = most
    limit_ids = list(queue.limits.values_list("pk", flat=True))
    for limit in limits_of(limit_ids=limit_ids, application_ids=[one.pk for one in applications]):
        if limit.kind == Limit.Kind.SEATS:
            bound = min(bound, limit.size)
        elif limit.per_seconds:
            busy = limit.size / limit.per_seconds * mean_seconds
            bound = min(bound, max(1, round(busy)))
    return bound


def _by_share(queue: WorkQueue, in_pool: int) -> int:
    """Share the pool out as the claims do: by weight, and what one can't use goes to the others."""
    assert queue.automation is not None
    names = {"pool": queue.automation.pool_id, "queue": queue.pk}
    with connection.cursor() as cursor:
        cursor.execute(statements.RIVALS, names)
        rivals = [(float(share), int(most)) for share, most in cursor.fetchall()]
    rest, weight, mine = float(in_pool), float(queue.share), 0.0
    while True:
        total = weight + sum(share for share, _most in rivals)
        mine = rest * weight / total
        satisfied = [each for each in rivals if each[1] <= rest * each[0] / total]
        if not satisfied:
            return max(1, round(mine)) if in_pool else 0
        rest = max(0.0, rest - sum(most for _share, most in satisfied))
        rivals = [each for each in rivals if each not in satisfied]


def _single_runs(queue: WorkQueue) -> list[float]:
    assert queue.automation is not None
    with connection.cursor() as cursor:
        cursor.execute(statements.SINGLE_RUNS, {"pool": queue.automation.pool_id})
        known = [row[0] for row in cursor.fetchall()]
    return sorted((60.0 if rest is None else float(rest) for rest in known), reverse=True)


def _holds(applications: Sequence[Application], now: datetime) -> list[Closing]:
    """Applications that are held, or that rest since they failed; without an end: for long."""
    found = []
    for application in applications:
        standing = application_standing(application, now)
        if standing.state in {"held", "open"}:
            until = FAR if standing.until is None else (standing.until - now).total_seconds()
            found.append(Closing(0.0, max(0.0, until)))
    return found


def _freezes(
    queue: WorkQueue, applications: Sequence[Application], now: datetime, horizon: float
) -> list[Closing]:
    return _freezes_of(queue.folder_id, [one.pk for one in applications], now, horizon)


def _freezes_of(
    folder_id: int, application_ids: Sequence[int], now: datetime, horizon: float
) -> list[Closing]:
    bound = Q(applications=None) | Q(applications__in=application_ids)
    end = now + timedelta(seconds=horizon)
    freezes = Freeze.objects.filter(bound, folder=folder_id, starts_at__lt=end)
    over = ~Q(repeats=Freeze.Repeats.NONE) | Q(ends_at__gt=now)
    return [
        Closing(max(0.0, (starts - now).total_seconds()), (ends - now).total_seconds())
        for freeze in freezes.filter(over).distinct()[:MAX_WINDOWS]
        for starts, ends in _times_of(freeze, now, end)
    ]


def _times_of(freeze: Freeze, now: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of a freeze from now to the end, the one that holds now included."""
    first, after = (freeze.first_starts_at, freeze.first_ends_at), now
    for _number in range(MAX_WINDOWS):
        starts, ends = occurrence(first, repeats=freeze.repeats, zone=freeze.zone, now=after)
        if starts >= end or ends <= after:
            return
        yield starts, ends
        after = ends


def _maintenance(pool_id: int, bots: Sequence[Bot], now: datetime, horizon: float) -> list[Closing]:
    slots = {bot.pk: bot.n_slots for bot in bots}
    of_pool = Q(pool=pool_id) | Q(bot__in=list(slots))
    found = Maintenance.objects.filter(
        of_pool, ended_at=None, ends_at__gt=now, starts_at__lt=now + timedelta(seconds=horizon)
    )
    return [
        Closing(
            max(0.0, (each.starts_at - now).total_seconds()),
            (each.ends_at - now).total_seconds(),
            None if each.bot_id is None else slots[each.bot_id],
        )
        for each in found[:MAX_WINDOWS]
    ]
