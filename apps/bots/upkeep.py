"""What the scheduler does for bots. Each may run twice at once."""

from apps.lib.partitions import ensure_month_partitions

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
