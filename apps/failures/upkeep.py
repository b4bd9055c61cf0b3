"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from apps.lib.partitions import ensure_month_partitions

from . import lifecycle
from .models import Failure, MinuteFailures

BY_MONTH = (Failure._meta.db_table, MinuteFailures._meta.db_table)
# One call must not keep the others waiting; what is left over comes next time.
MAX_ROUNDS = 5


def group_failures() -> int:
    """Give what failed its groups."""
    total = 0
    for _round in range(MAX_ROUNDS):
        done = lifecycle.group_some()
        total += done
        if not done:
            break
    return total


def follow_retries() -> int:
    """Have the rest retried where the one went well, and see how it ends."""
    return lifecycle.follow_retries()


def wake_muted() -> int:
    """Show those again whose mute is over."""
    return lifecycle.wake_muted()


def make_partitions() -> list[str]:
    """Make the coming months' partitions; return the new ones."""
    return [name for table in BY_MONTH for name in ensure_month_partitions(table)]
