"""What the scheduler does for assets. Each may run twice at once."""

from datetime import date

from django.conf import settings
from django.db import connection

from apps.lib.partitions import drop_partition, ensure_month_partitions

from .models import AssetUse

USES = AssetUse._meta.db_table


def make_partitions() -> list[str]:
    """Make the coming months' partitions of the uses; return the new ones."""
    return ensure_month_partitions(USES)


def prune() -> int:
    """Drop uses older than HISTORY_MONTHS_KEPT (0: keep all); return how many months went."""
    months: int = settings.HISTORY_MONTHS_KEPT
    if not months:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("select (current_date - make_interval(months => %s))::date", [months])
        oldest: date = cursor.fetchone()[0]
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = %s::regclass and inhrelid::regclass::text ~ '_\\d{4}_\\d{2}$'",
            [USES],
        )
        too_old = [name for (name,) in cursor.fetchall() if name[-7:] < f"{oldest:%Y_%m}"]
    return sum(drop_partition(name) for name in too_old)
