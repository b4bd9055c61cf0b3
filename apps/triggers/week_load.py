"""The runs that a week plans against the slots of their pools: drawn, and where they collide."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import formats, timezone

from apps.bots.models import Automation, BotPool
from apps.forecast.capacity import pool_levels
from apps.forecast.load import Collision, Load, PlannedStart, Step, load_of

WIDTH, HEIGHT = 960, 132
LEFT, RIGHT, TOP, BOTTOM = 30, 956, 10, 108
# In a table more would not be read
MAX_COLLISIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Coordinates for an SVG: what is wanted as an area, the slots as a line, collisions marked."""

    wanted: str
    slots: str
    collisions: Sequence[tuple[float, float]]
    days: Sequence[Tick]
    levels: Sequence[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    depth: int = BOTTOM - TOP


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionRow:
    when: str
    until: str
    wanted: int
    slots: int
    titles: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLoad:
    pool: BotPool
    drawing: Drawing
    most_wanted: int
    most_slots: int
    collisions: Sequence[CollisionRow]
    n_more: int
    # the keys of the starts that collide
    keys: frozenset[str]


def loads_of(
    starts: Mapping[int, Sequence[PlannedStart]],
    automations: Mapping[int, Automation],
    *,
    begin: datetime,
    end: datetime,
    now: datetime,
) -> list[PoolLoad]:
    """Return the load of each pool in which runs are planned; `starts` by trigger.

    Of the past nobody knows the slots any more: it begins now at the earliest.
    """
    begin = max(begin, now)
    by_pool: dict[int, list[PlannedStart]] = defaultdict(list)
    for trigger_id, planned in starts.items():
        if trigger_id in automations:
            by_pool[automations[trigger_id].pool_id] += planned
    if begin >= end or not by_pool:
        return []
    pools: QuerySet[BotPool] = BotPool.objects.filter(pk__in=by_pool).order_by("title")
    levels = pool_levels(list(pools), begin=begin, end=end, now=now)
    return [
        _load(pool, load_of(by_pool[pool.pk], levels[pool.pk], begin=begin, end=end), begin, end)
        for pool in pools
    ]


def _load(pool: BotPool, load: Load, begin: datetime, end: datetime) -> PoolLoad:
    shown = load.collisions[:MAX_COLLISIONS]
    return PoolLoad(
        pool=pool,
        drawing=_drawing(load, begin, end),
        most_wanted=load.most_wanted,
        most_slots=load.most_slots,
        collisions=[_row(each) for each in shown],
        n_more=len(load.collisions) - len(shown),
        keys=frozenset(key for each in load.collisions for key in each.keys),
    )


def _row(collision: Collision) -> CollisionRow:
    titles = dict.fromkeys(key.partition("|")[2] for key in collision.keys)
    return CollisionRow(
        when=formats.date_format(timezone.localtime(collision.start), "D j M, H:i"),
        until=formats.date_format(timezone.localtime(collision.end), "H:i"),
        wanted=collision.wanted,
        slots=collision.slots,
        titles=list(titles),
    )


def _drawing(load: Load, begin: datetime, end: datetime) -> Drawing:
    most = max(load.most_wanted, load.most_slots, 1)
    span = (end - begin).total_seconds()

    def x(at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * (at - begin).total_seconds() / span, 1)

    def y(n: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * n / most, 1)

    wanted = [f"{x(at)},{y(n)}" for step in load.steps for at, n in _edges(step, step.wanted)]
    slots = [f"{x(at)},{y(n)}" for step in load.steps for at, n in _edges(step, step.slots)]
    return Drawing(
        wanted=" ".join([f"{LEFT},{BOTTOM}", *wanted, f"{RIGHT},{BOTTOM}"]),
        slots=" ".join(slots),
        collisions=[
            (x(each.start), max(2.0, x(each.end) - x(each.start))) for each in load.collisions
        ],
        days=[Tick(x(day), formats.date_format(day, "D")) for day in _midnights(begin, end)],
        levels=[Tick(y(n), str(n)) for n in sorted({0, most})],
    )


def _edges(step: Step, n: int) -> Iterator[tuple[datetime, int]]:
    yield from ((step.start, n), (step.end, n))


def _midnights(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when the reader's days begin, those within the drawing."""
    zone = timezone.get_current_timezone()
    day = begin.astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), zone)) < end:
        if midnight >= begin:
            yield midnight
        day += timedelta(days=1)
