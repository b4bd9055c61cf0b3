"""Pools in words: what they have, what waits in them, how many slots they want."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from .models import ANSWER_SECONDS, Automation, BotPool

COUNTS: Final = """
select p.id,
       (select count(*) from bots_bot b
         where b.pool_id = p.id and b.standing = 'enabled'
           and b.heartbeat_at >= now() - make_interval(secs => %(fresh)s)),
       (select count(*) from bots_botslot s join bots_bot b on b.id = s.bot_id
         where b.pool_id = p.id and b.standing = 'enabled'
           and s.heartbeat_at >= now() - make_interval(secs => %(fresh)s)),
       (select count(*) from bots_run r
         where r.pool_id = p.id and r.status in ('running', 'stopping')),
       (select count(*) from bots_run r where r.pool_id = p.id and r.status = 'pending')
  from bots_botpool p where p.id = any(%(ids)s)
"""
SHARING: Final = """
select source, max(share), count(*) filter (where status <> 'pending'),
       count(*) filter (where status = 'pending')
  from bots_run
 where pool_id = %(pool)s and status in ('pending', 'running', 'stopping')
 group by source
 order by 3 desc, 4 desc, 1
 limit 50
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCard:
    """A pool as its pages and the API show it. Bots and slots: those that answer and may work."""

    pool: BotPool
    n_bots: int
    n_slots: int
    n_busy: int
    n_waiting: int

    @property
    def tone(self) -> str:
        if self.n_waiting and not self.n_slots:
            return "failed"
        return "running" if self.n_busy else "waiting"

    @property
    def word(self) -> str:
        if self.n_waiting and not self.n_slots:
            return _("Nobody works")
        return _("At work") if self.n_busy else _("Idle")

    @property
    def bounds(self) -> str:
        """Between which numbers of slots it may be scaled."""
        least, most = self.pool.min_slots, self.pool.max_slots
        if most is None:
            return ngettext("%(n)d slot or more", "%(n)d slots or more", least) % {"n": least}
        return _("%(least)d to %(most)d slots") % {"least": least, "most": most}

    @property
    def verdict(self) -> str:
        """What whoever scales the pool should do."""
        wanted, more = self.pool.wanted_slots, self.pool.wanted_slots - self.n_slots
        if self.pool.calm_since is not None:
            rest = duration_in_words(self.pool.scale_down_seconds)
            words = {"n": self.pool.calm_peak, "wanted": wanted, "rest": rest}
            return (
                _("%(n)d would do now; fewer than %(wanted)d are wanted after %(rest)s of that.")
                % words
            )
        if more > 0:
            said = ngettext("%(n)d slot more is wanted.", "%(n)d slots more are wanted.", more)
            return said % {"n": more}
        if more < 0:
            said = ngettext("%(n)d slot would do.", "%(n)d slots would do.", wanted)
            return said % {"n": wanted}
        return _("It has what it wants.")


def pool_cards(pools: Iterable[BotPool]) -> list[PoolCard]:
    """Return a card per pool, in one query."""
    found = list(pools)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"ids": [pool.pk for pool in found], "fresh": ANSWER_SECONDS})
        counts = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        PoolCard(
            pool=pool,
            n_bots=counts[pool.pk][0],
            n_slots=counts[pool.pk][1],
            n_busy=counts[pool.pk][2],
            n_waiting=counts[pool.pk][3],
        )
        for pool in found
        if pool.pk in counts
    ]


@dataclass(frozen=True, slots=True)
class Sharer:
    """A source of runs that shares the slots of a pool, and what it has of them now."""

    title: str
    url: str
    share: int
    n_busy: int
    n_waiting: int


def sharing(pool: BotPool) -> list[Sharer]:
    """Return who has slots of the pool or waits for one, most first; a few queries."""
    with connection.cursor() as cursor:
        cursor.execute(SHARING, {"pool": pool.pk})
        rows = cursor.fetchall()
    numbers: dict[str, list[int]] = defaultdict(list)
    for source, *_counts in rows:
        kind, _colon, number = source.partition(":")
        if number.isdecimal():
            numbers[kind].append(int(number))
    names = {
        f"{kind}:{number}": name
        for kind, finds in _sources.items()
        for number, name in finds(numbers[kind]).items()
    }
    return [Sharer(*names.get(source, (source, "")), *counts) for source, *counts in rows]


Names = Mapping[int, tuple[str, str]]
_sources: dict[str, Callable[[Collection[int]], Names]] = {}


def register_source(kind: str, finds: Callable[[Collection[int]], Names]) -> None:
    """Say how sources called `kind:number` are named, and where their pages are."""
    _sources[kind] = finds


def _automations(ids: Collection[int]) -> Names:
    found = Automation.objects.filter(pk__in=ids)
    return {
        each.pk: (each.title, reverse("bot_settings:edit", args=["automation", each.pk]))
        for each in found
    }


register_source("automation", _automations)


def pool_cells(card: PoolCard) -> list[dict[str, object]]:
    """Return a pool in one line of counts."""
    short = card.pool.wanted_slots > card.n_slots
    return [
        {"label": _("Bots"), "value": card.n_bots},
        {"label": _("Slots at work"), "value": card.n_busy, "of": card.n_slots},
        {
            "label": _("Runs that wait"),
            "value": card.n_waiting,
            "tone": "retry" if card.n_waiting else "",
        },
        {
            "label": _("Slots wanted"),
            "value": card.pool.wanted_slots,
            "tone": "retry" if short else "",
        },
    ]
