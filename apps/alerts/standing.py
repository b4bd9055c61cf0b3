"""Is anybody watching? What an outside check is told, and what the pages say when nobody is."""

from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words

STALE_SECONDS: Final = 60
# Messages that should have gone out so long ago: the worker that sends them is gone
UNSENT_SECONDS: Final = 600

AGES: Final = """
select (select extract(epoch from clock_timestamp() - looked_at) from alerts_watch),
       (select extract(epoch from clock_timestamp() - min(ready_at)) from notices_notice
         where planned_at is null and ready_at <= clock_timestamp()),
       (select extract(epoch from clock_timestamp() - min(next_try_at)) from notices_delivery
         where status = 'waiting' and next_try_at <= clock_timestamp())
"""


def watch_problem() -> str:
    """Return why nobody would be told now, "" when all is well; one statement."""
    looked, unplanned, unsent = _ages()
    if looked is None:
        return _("The rules have never been looked at: is a scheduler running?")
    if looked > STALE_SECONDS:
        words = {"length": duration_in_words(looked)}
        return _("The rules were looked at %(length)s ago: is a scheduler running?") % words
    late = max(unplanned or 0.0, unsent or 0.0)
    if late > UNSENT_SECONDS:
        words = {"length": duration_in_words(late)}
        said = _("Messages have waited for %(length)s: is a background worker running?")
        return said % words
    return ""


def _ages() -> tuple[float | None, float | None, float | None]:
    with connection.cursor() as cursor:
        cursor.execute(AGES)
        looked, unplanned, unsent = cursor.fetchone()
    return _float(looked), _float(unplanned), _float(unsent)


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
