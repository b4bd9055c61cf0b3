"""Which deadlines were kept, and what people helped to be done: counted by the quarter.

Whether an item was done when it was due is settled once that moment is over, so that what is
counted stays right for ever. The last quarters are counted again for a while: an item may come in
late, its deadline may be changed, and a result may be on its way when its time comes.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now

from apps.lib.clock import database_now

from .models import DeadlineMark, DueCount, MissedDeadline

QUARTER: Final = timedelta(minutes=15)
# so long after it has passed a quarter is looked at again
SETTLES: Final = timedelta(minutes=10)
# what a transaction looks at, at most, and how long it may go on like that after a long pause
MOST_AT_ONCE: Final = timedelta(hours=6)
PATIENCE_SECONDS: Final = 5.0
FIRST_LOOK: Final = timedelta(days=8)  # a week ago is what today is compared with
KEPT_FOR: Final = timedelta(days=400)
# Whoever looks holds it; a second one has nothing to add
LOCK: Final = "select pg_try_advisory_xact_lock(hashtext('dashboard: deadlines'))"

# In time: ended by then, and neither as failed nor as expired. Left out or cancelled is in time,
# too: nobody waits for it any more. By the deadlines' index, and one look a row into the ends.
_DUE: Final = """
select i.id as item_id, i.queue_id, i.due_at,
       coalesce(e.at <= i.due_at and e.status not in ('failed', 'expired'), false) as is_kept
  from queues_workitem i
  left join queues_ended e on e.item_id = i.id
 where i.due_at >= %(since)s and i.due_at < %(until)s
"""
FORGET: Final = f"""
delete from dashboard_misseddeadline m
 where m.due_at >= %(since)s and m.due_at < %(until)s
   and not exists (select from ({_DUE}) d
                    where d.item_id = m.item_id and d.due_at = m.due_at and not d.is_kept)
"""
NOTE: Final = f"""
insert into dashboard_misseddeadline (item_id, queue_id, due_at)
select item_id, queue_id, due_at from ({_DUE}) d where not is_kept
on conflict (item_id, due_at) do nothing
"""
# Done, and a person decided about it within the day before
_HELPED: Final = """
select e.queue_id, e.at
  from (select distinct item_id from inbox_usertask
         where folder_id = any (array(select id from accounts_folder)) and status = 'completed'
           and item_id is not null and decided_at >= %(since)s - interval '1 day') t
  join queues_ended e on e.item_id = t.item_id
 where e.status = 'successful' and e.at >= %(since)s and e.at < %(until)s
"""
UNCOUNT: Final = "delete from dashboard_duecount where at >= %(since)s and at < %(until)s"
COUNT: Final = f"""
insert into dashboard_duecount (queue_id, at, n_due, n_missed, n_helped)
select queue_id, date_bin('15 minutes', at, timestamptz '2000-01-01 00:00+00'),
       sum(n_due), sum(n_missed), sum(n_helped)
  from (select queue_id, due_at, 1, (not is_kept)::int, 0 from ({_DUE}) d
        union all select queue_id, at, 0, 0, 1 from ({_HELPED}) h)
       c (queue_id, at, n_due, n_missed, n_helped)
 group by 1, 2
"""


def record_deadlines() -> int:
    """Look at the deadlines that have passed since the last time; return how many were missed.

    Right in any number of schedulers, and after a crash: each span of hours is one transaction,
    and what it looks at again it writes anew. After a long pause the rest waits for the next time.
    """
    begun = time.monotonic()
    n_missed, has_more = 0, True
    while has_more and time.monotonic() - begun < PATIENCE_SECONDS:
        n, has_more = _record_span()
        n_missed += n
    return n_missed


@transaction.atomic
def _record_span() -> tuple[int, bool]:
    """Return how many were missed, and whether there is more to look at."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return 0, False
        since, until, has_more = _span()
        span = {"since": since, "until": until}
        for statement in (UNCOUNT, COUNT, FORGET):
            cursor.execute(statement, span)
        cursor.execute(NOTE, span)
        n_missed = cursor.rowcount
    DeadlineMark.objects.update_or_create(id=1, defaults={"upto": until})
    return n_missed, has_more


def prune_deadlines() -> int:
    """Forget what nobody compares with any more."""
    limit = Now() - KEPT_FOR
    n, _by_model = MissedDeadline.objects.filter(due_at__lt=limit).delete()
    n_counts, _by_model = DueCount.objects.filter(at__lt=limit).delete()
    return n + n_counts


def punctuality(queue_ids: list[int], since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many items were due between two quarters, and how many of them not in time."""
    found = DueCount.objects.filter(queue_id__in=queue_ids, at__gte=since, at__lt=until)
    sums: dict[str, Any] = found.aggregate(due=Sum("n_due"), missed=Sum("n_missed"))
    return sums["due"] or 0, sums["missed"] or 0


def helped_since(queue_ids: list[int], since: datetime) -> int:
    """Return how many items were done from a quarter on about which a person had decided."""
    found = DueCount.objects.filter(queue_id__in=queue_ids, at__gte=since)
    return found.aggregate(n=Sum("n_helped"))["n"] or 0


def punctuality_by_queue(
    queue_ids: list[int], since: datetime, until: datetime
) -> dict[int, tuple[int, int]]:
    found = DueCount.objects.filter(queue_id__in=queue_ids, at__gte=since, at__lt=until)
    rows = found.values_list("queue_id").annotate(due=Sum("n_due"), missed=Sum("n_missed"))
    return {queue_id: (due, missed) for queue_id, due, missed in rows}


def quarter_of(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _span() -> tuple[datetime, datetime, bool]:
    """Return what is to be looked at, from a quarter's beginning, and whether there is more."""
    now = database_now()
    mark = DeadlineMark.objects.filter(id=1).values_list("upto", flat=True).first()
    since = quarter_of(now - FIRST_LOOK if mark is None else mark - SETTLES)
    until = min(now, since + MOST_AT_ONCE)
    return since, until, until < now
