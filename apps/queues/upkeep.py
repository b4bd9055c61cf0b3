"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from collections.abc import Callable

from apps.lib.partitions import ensure_month_partitions

from .counts import fold_counters
from .exchange import lifecycle as uploads
from .lifecycle.feeding import feed_probed
from .lifecycle.sweeping import BATCH, expire_some_items, promote_some_scheduled, reap_some_leases
from .models import Attempt, MinuteCount

__all__ = [
    "expire_items",
    "feed_breakers",
    "fold_counters",
    "make_partitions",
    "promote_scheduled",
    "prune_uploads",
    "read_uploads",
    "reap_leases",
]

BY_MONTH = (Attempt._meta.db_table, MinuteCount._meta.db_table)
# One call must not keep the others waiting; what is left over comes next time.
MAX_ROUNDS = 20


def reap_leases() -> int:
    """Take back the items of bots that stopped answering."""
    return _repeat(reap_some_leases)


def promote_scheduled() -> int:
    """Make ready what was deferred or waits for a retry, and has become available."""
    return _repeat(promote_some_scheduled)


def expire_items() -> int:
    """End the items that nobody worked in time."""
    return _repeat(expire_some_items)


def feed_breakers() -> int:
    """Let applications that are being tried see how it went: they go on, or rest again."""
    return feed_probed()


def make_partitions() -> list[str]:
    """Make the coming months' partitions; return the new ones."""
    return [name for table in BY_MONTH for name in ensure_month_partitions(table)]


def read_uploads(is_over: Callable[[], bool] = bool) -> int:
    """Read the files that wait for it; takes as long as that takes."""
    return uploads.read_due(is_over)


def prune_uploads() -> int:
    """Forget the files and rows of uploads some days later."""
    return uploads.prune()


def _repeat(some: Callable[[], int]) -> int:
    total = 0
    for _round in range(MAX_ROUNDS):
        done = some()
        total += done
        if done < BATCH:
            break
    return total
