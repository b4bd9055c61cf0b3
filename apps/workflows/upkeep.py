"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from apps.lib.partitions import ensure_month_partitions

from . import lifecycle
from .models import StepInstance

STEPS = StepInstance._meta.db_table
# One call must not keep the others waiting; what is left over comes next time.
MAX_ROUNDS = 20
BATCH = 200


def fire_timers() -> int:
    """Let happen what is due."""
    total = 0
    for _round in range(MAX_ROUNDS):
        fired = lifecycle.fire_due_timers(BATCH)
        total += fired
        if fired < BATCH:
            break
    return total


def drop_old_messages() -> int:
    """Let go of messages that nobody heard in time."""
    return lifecycle.sweep_messages()


def make_partitions() -> list[str]:
    """Make the coming months' partitions of the steps; return the new ones."""
    return ensure_month_partitions(STEPS)
