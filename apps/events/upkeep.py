"""What the scheduler does for events; each may run anywhere, any number of times at once."""

from apps.lib.clock import seconds_from_now
from apps.lib.partitions import ensure_month_partitions

from .delivery import deliver_outbox
from .models import Event, Heartbeat

EVENTS = Event._meta.db_table
SWEEP_ROWS = 500
HEARTBEAT_DAYS_KEPT = 7


def sweep_outbox() -> int:
    """Deliver what is due, whether or not anybody rang; return how many went well."""
    return deliver_outbox(SWEEP_ROWS)


def make_partitions() -> list[str]:
    """Make the coming months' partitions of the history; return the new ones."""
    return ensure_month_partitions(EVENTS)


def prune() -> int:
    """Drop heartbeats of the long dead; return how many. Months of history go by retention."""
    old = Heartbeat.objects.filter(at__lt=seconds_from_now(-HEARTBEAT_DAYS_KEPT * 86_400))
    return old.delete()[0]
