"""Keeps runs going on the queues that have an automation and work to do."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from math import ceil

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.lifecycle import create_run, draw_version
from apps.bots.models import AutomationVersion, Run
from apps.bots.transport import ring_pool

from .models import QueueRun, WorkQueue
from .statements import room_of_queue

# One more run is worth it for this much work
SECONDS_PER_RUN = 2.0
# What an item is taken to need before it was measured
UNKNOWN_SECONDS = 1.0
COUNT_AT_MOST = 10_000
LOCK = 0x0C0117801


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a queue asks for. `n_ready` is counted up to COUNT_AT_MOST."""

    queue_id: int
    version_id: int
    title: str
    n_ready: int
    n_leased: int
    max_in_progress: int | None
    max_runs: int
    n_active: int
    n_working: int
    usual_seconds: float | None
    # how many more items limits and holds let start now; None: any number
    room: int | None = None
    share: int = 1
    required_capabilities: list[str] = field(default_factory=list)


@cache
def demands() -> str:
    """What queues ask for. Parameter: most.

    A run that is asked to stop takes no more items, but still counts against max_runs. How much
    limits leave is asked last, and only of queues that want something. Nothing is locked: a run
    that was made for a seat which is gone finds nothing to lease, and ends.
    """
    return (
        _DEMANDS
        + f"""
select wanted.*, room.n, q.share, q.required_capabilities::text[]
  from wanted
  join queues_workqueue q on q.id = wanted.id
 cross join lateral ({room_of_queue()}) room
 where room.n is null or room.n > 0
"""
    )


_DEMANDS = """
with wanted as materialized (
select q.id, v.id as version_id, q.title, ready.n as n_ready, leased.n as n_leased,
       q.max_in_progress, q.max_runs, runs.n_active, runs.n_working, a.usual_seconds
  from queues_workqueue q
  join bots_automation a on a.id = q.automation_id and a.kind = 'item'
  join lateral (select id from bots_automationversion
                 where automation_id = a.id
                   and (a.released_version_id is null or id = a.released_version_id)
                 order by number desc limit 1) v on true
 cross join lateral (
       select count(*) as n
         from (select 1 from queues_ready r
                where r.queue_id = q.id
                  and (r.expires_at is null or r.expires_at > now())
                limit %(most)s) counted) ready
 cross join lateral (
       select count(*) as n from queues_lease l
        where l.queue_id = q.id) leased
 cross join lateral (
       select count(*) as n_active, count(*) filter (where r.status <> 'stopping') as n_working
         from queues_queuerun qr
         join bots_run r on r.id = qr.run_id
        where qr.queue_id = q.id and r.status in ('pending', 'running', 'stopping')) runs
 where q.paused_at is null and ready.n > 0 and runs.n_active < q.max_runs
)
"""


def allocate_runs() -> list[int]:
    """Create the runs that queues lack, ring their pools, and return the runs' ids.

    Several schedulers may call it at once: one at a time decides, the others do nothing.
    """
    created = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(demands(), {"most": COUNT_AT_MOST})
        names = list(Demand.__slots__)
        found = [Demand(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        for demand in found:
            created += [_create(demand) for _number in range(runs_wanted(demand))]
    return created


def runs_wanted(demand: Demand) -> int:
    """Return how many runs to add: in proportion to the work that waits, at least one."""
    n_items = demand.n_ready
    if demand.max_in_progress is not None:
        n_items = min(n_items, demand.max_in_progress - demand.n_leased)
    if n_items <= 0:
        return 0
    seconds = n_items * (demand.usual_seconds or UNKNOWN_SECONDS)
    useful = min(n_items, max(1, ceil(seconds / SECONDS_PER_RUN)))
    more = min(demand.max_runs - demand.n_active, useful - demand.n_working)
    if demand.room is not None:
        if demand.room <= 0:
            return 0
        # each seat wants a session of its own: those that are held are, by those that work
        more = min(more, demand.room + demand.n_leased - demand.n_working)
    return max(0, more)


def _create(demand: Demand) -> int:
    version = AutomationVersion.objects.select_related("automation__pool").get(pk=demand.version_id)
    run: Run = create_run(
        draw_version(version),
        because=_("Items wait in “%s”.") % demand.title,
        source=f"queue:{demand.queue_id}",
        share=demand.share,
        required_capabilities=demand.required_capabilities,
    )
    QueueRun.objects.create(run=run, queue_id=demand.queue_id)
    ring_pool(run)
    return run.pk


def names_of_queues(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return the title and the address of each queue, for pages that show who shares slots."""
    found = WorkQueue.objects.filter(pk__in=ids)
    return {
        queue.pk: (queue.title, reverse("queues:queue_detail", args=[queue.pk])) for queue in found
    }
