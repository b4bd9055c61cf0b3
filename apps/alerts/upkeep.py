"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from typing import Final

from django.conf import settings
from django.db import connection

from apps.lib.clock import seconds_from_now

from . import lifecycle, pinging
from .models import Silence

DAY: Final = 86_400
PRUNED_AT_ONCE: Final = 1_000

PRUNE: Final = """
with old as materialized (
    select id from alerts_alert
     where status = 'resolved' and resolved_at < now() - make_interval(days => %(days)s)
     limit %(limit)s for update skip locked
), said as (
    delete from alerts_alertcomment where alert_id in (select id from old)
)
delete from alerts_alert where id in (select id from old)
"""


def look_at_rules() -> int:
    """Judge all rules: alerts begin and end."""
    return lifecycle.look()


def tell() -> int:
    """Have snoozed alerts fire again, and tell people of what fires."""
    return lifecycle.wake_snoozed() + lifecycle.tell_due()


def prune() -> int:
    """Drop alerts that were over long ago, with what was said of them, and old silences."""
    days = settings.ALERT_DAYS_KEPT
    Silence.objects.filter(ends_at__lt=seconds_from_now(-days * DAY)).delete()
    total = 0
    while True:
        with connection.cursor() as cursor:
            # their comments, and nothing else, hang on them
            cursor.execute(PRUNE, {"days": days, "limit": PRUNED_AT_ONCE})
            total += int(cursor.rowcount)
            if cursor.rowcount < PRUNED_AT_ONCE:
                return total


def ping() -> int:
    """Tell an outside check that all is well."""
    return pinging.ping()
