"""How many slots each pool should have: what Kubernetes, or a script, scales by."""

from typing import Final

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from apps.bots.models import BotPool, Seconds
from apps.bots.statements import PENDING_BOUND, refused_versions

# Runs at work, and runs that wait for a slot: not those that wait for one certain bot, since more
# bots would not help them. Runs that limits keep from starting are taken off afterwards.
DEMAND: Final = """
select p.id,
       (select count(*) from bots_run r
         where r.pool_id = p.id and r.status in ('running', 'stopping'))
       + (select count(*) from bots_run r
           where r.pool_id = p.id and r.status = 'pending' and r.pinned_bot_id is null)
  from bots_botpool p
"""
REFUSED: Final = """
select count(*) from bots_run r
 where r.pool_id = %(pool)s and r.status = 'pending' and r.pinned_bot_id is null
   and r.version_id = any(%(refused)s)
"""


def publish_wanted_slots() -> int:
    """Say how many slots each pool wants now; return of how many pools that changed.

    More are wanted at once; fewer only when demand was lower for all of `scale_down_seconds`, and
    then as many as it asked for at most meanwhile, so that pools do not swing.
    """
    with connection.cursor() as cursor:
        cursor.execute(DEMAND)
        demands = dict(cursor.fetchall())
    pools = BotPool.objects.filter(pk__in=demands)
    return sum(_publish(pool, demands[pool.pk]) for pool in pools)


def bounded(pool: BotPool, n: int) -> int:
    """Return `n` slots within what the pool may have."""
    most = pool.max_slots if pool.max_slots is not None else n
    return max(pool.min_slots, min(n, most))


@transaction.atomic
def _publish(pool: BotPool, n: int) -> int:
    wanted = bounded(pool, n - _n_refused(pool) if n else 0)
    mine = BotPool.objects.filter(pk=pool.pk)
    if wanted >= pool.wanted_slots:
        # as many as before, or more: at once, and calm begins anew
        if wanted == pool.wanted_slots and pool.calm_since is None:
            return 0
        mine.filter(wanted_slots__lte=wanted).update(
            wanted_slots=wanted, calm_since=None, calm_peak=0
        )
        return int(wanted != pool.wanted_slots)
    if pool.calm_since is None:
        mine.filter(calm_since=None).update(calm_since=Now(), calm_peak=wanted)
        return 0
    if wanted > pool.calm_peak:
        mine.update(calm_peak=Greatest("calm_peak", wanted))
    calm = mine.filter(calm_since__lte=Now() - Seconds(F("scale_down_seconds")))
    return calm.update(wanted_slots=F("calm_peak"), calm_since=Now(), calm_peak=wanted)


def _n_refused(pool: BotPool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(PENDING_BOUND, {"pool": pool.pk})
        bound = [pk for (pk,) in cursor.fetchall()]
        if not bound:
            return 0
        cursor.execute(refused_versions(), {"automations": bound})
        refused = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(REFUSED, {"pool": pool.pk, "refused": refused})
        (n,) = cursor.fetchone()
    return int(n)
