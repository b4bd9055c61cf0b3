"""What the scheduler does for events; each may run anywhere, any number of times at once."""

from datetime import date

from django.conf import settings
from django.db import connection

from apps.lib.clock import seconds_from_now
from apps.lib.partitions import drop_partition, ensure_month_partitions

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
    """Drop history older than HISTORY_MONTHS_KEPT (0: keep all) and heartbeats of the long dead.

    Return how many months went.
    """
    Heartbeat.objects.filter(at__lt=seconds_from_now(-HEARTBEAT_DAYS_KEPT * 86_400)).delete()
    months: int = settings.HISTORY_MONTHS_KEPT
    if not months:
        return 0
    return _drop_months_before(months)


def _drop_months_before(months: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select (current_date - make_interval(months => %s))::date", [months])
        oldest: date = cursor.fetchone()[0]
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = %s::regclass and inhrelid::regclass::text ~ '_\\d{4}_\\d{2}$'",
            [EVENTS],
        )
        too_old = [name for (name,) in cursor.fetchall() if name[-7:] < f"{oldest:%Y_%m}"]
    return sum(drop_partition(name) for name in too_old)
