"""What the scheduler does for bots. Each may run twice at once."""

from datetime import date

from django.conf import settings
from django.db import connection

from apps.lib.partitions import drop_partition, ensure_month_partitions

from .lifecycle import (
    follow_the_clock,
    judge_canaries,
    publish_wanted_slots,
    reap_lost_runs,
)
from .models import Run
from .transport import ring_run
from .uses import feed_breakers

__all__ = [
    "feed_breakers",
    "follow_the_clock",
    "judge_canaries",
    "make_partitions",
    "prune_logs",
    "publish_wanted_slots",
    "reap_lost_runs",
    "ring_pending_runs",
]

LOG_TABLE = "bots_logline"
MAX_RINGS = 1_000


def ring_pending_runs() -> int:
    """Ring the bell of each pending run again, in case it was lost; a bell that hangs, stays."""
    pending = Run.objects.filter(status=Run.Status.PENDING).order_by("id")
    return sum(ring_run(run.pool_id, run.pk) for run in pending.only("pool_id")[:MAX_RINGS])


def make_partitions() -> list[str]:
    return ensure_month_partitions(LOG_TABLE)


def prune_logs() -> list[str]:
    """Drop whole months of lines older than LOG_MONTHS_KEPT (0: keep all); return their tables."""
    months: int = settings.LOG_MONTHS_KEPT
    if not months:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass",
            [LOG_TABLE],
        )
        partitions = [name for (name,) in cursor.fetchall()]
        cursor.execute("select (now() - make_interval(months => %s))::date", [months])
        oldest = f"{LOG_TABLE}_{_month(cursor.fetchone()[0])}"
        old = [name for name in partitions if name < oldest and name[-7:-5].isdigit()]
    return [name for name in old if drop_partition(name)]


def _month(day: date) -> str:
    return f"{day:%Y_%m}"
