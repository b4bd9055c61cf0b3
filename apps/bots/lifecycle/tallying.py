"""How a new version that is tried does, beside the one before: tries counted, each read once."""

from typing import Final

from django.db import connection, transaction

from apps.bots.comparing import Tally
from apps.bots.models import Canary

# What ended so long ago is summed up for good. No end that is committed later than its own time by
# as much as the grace is missed; a run ends within seconds
SUMMED_EACH_SECONDS: Final = 600
GRACE_SECONDS: Final = 120

# Items, or single runs. A run that broke or was lost is a failed try, too; one that people stopped
# says nothing by itself.
_BROKE: Final = "case when r.status in ('faulted', 'lost') then 1 else 0 end"
_FAILED: Final = f"case when a.kind = 'item' then r.n_failed else 0 end + {_BROKE}"
_TRIES: Final = f"""
    case when a.kind = 'item' then r.n_successful + r.n_failed
         when r.status = 'successful' then 1 else 0 end + {_BROKE}"""
_SUMS: Final = f"""
    coalesce(sum({_TRIES}) filter (where r.version_id = c.version_id), 0) as n_tried,
    coalesce(sum({_FAILED}) filter (where r.version_id = c.version_id), 0) as n_tried_failed,
    coalesce(sum({_TRIES}) filter (where r.version_id = c.released_id), 0) as n_released,
    coalesce(sum({_FAILED}) filter (where r.version_id = c.released_id), 0) as n_released_failed"""
# Runs that were made since the canary began, and ended after what is summed up: by `run_by_version`
_ENDED: Final = """
    select r.* from bots_run r
     where r.version_id in (c.version_id, c.released_id) and r.created_at >= c.began_at
       and r.ended_at >= coalesce(c.counted_until, c.began_at)
       and r.ended_at <= coalesce(c.ended_at, 'infinity')"""
# And those at work, as many as there are slots: by `run_held`
_AT_WORK: Final = """
    select r.* from bots_run r
     where r.status in ('running', 'stopping') and c.ended_at is null
       and r.version_id in (c.version_id, c.released_id) and r.created_at >= c.began_at"""

TALLY: Final = f"""
select c.n_tried + s.n_tried, c.n_tried_failed + s.n_tried_failed,
       c.n_released + s.n_released, c.n_released_failed + s.n_released_failed
  from bots_canary c join bots_automation a on a.id = c.automation_id
 cross join lateral (select {_SUMS} from ({_ENDED} union all {_AT_WORK}) r) s
 where c.id = %(canary)s
"""  # noqa: S608 - made of our own words alone
IS_DUE: Final = """
select id from bots_canary
 where id = %(canary)s and ended_at is null
   and coalesce(counted_until, began_at) < now() - make_interval(secs => %(each)s)
   for update skip locked
"""
SUM_UP: Final = f"""
update bots_canary u
   set n_tried = u.n_tried + s.n_tried, n_tried_failed = u.n_tried_failed + s.n_tried_failed,
       n_released = u.n_released + s.n_released,
       n_released_failed = u.n_released_failed + s.n_released_failed, counted_until = s.until
  from (select c.id, edge.until, sums.*
          from bots_canary c join bots_automation a on a.id = c.automation_id
         cross join (select now() - make_interval(secs => %(grace)s) as until) edge
         cross join lateral (select {_SUMS} from ({_ENDED}) r where r.ended_at < edge.until) sums
         where c.id = %(canary)s) s
 where u.id = s.id
"""  # noqa: S608


def tallies_of(canary: Canary) -> tuple[Tally, Tally]:
    """Return how the canary did so far, and the version that it is compared with."""
    with connection.cursor() as cursor:
        cursor.execute(TALLY, {"canary": canary.pk})
        n, n_failed, m, m_failed = cursor.fetchone() or (0, 0, 0, 0)
    return Tally(n=n, n_failed=n_failed), Tally(n=m, n_failed=m_failed)


@transaction.atomic
def sum_up(canary: Canary) -> bool:
    """Keep the sums of what ended a while ago, so that it is not read again; say if it was due."""
    names = {"canary": canary.pk, "each": SUMMED_EACH_SECONDS, "grace": GRACE_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(IS_DUE, names)
        is_due = cursor.fetchone() is not None
        if is_due:
            # a statement of its own, that sees what the one who had the lock before summed up
            cursor.execute(SUM_UP, names)
    return is_due
