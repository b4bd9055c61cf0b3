"""Slots are shared out among the sources of runs: a queue that floods does not starve another.

Who claims gets a run of the source with the fewest slots; among equals, of the one that was longest
without a slot. Who has a slot gives it up when another source has waited for its turn.
"""

from typing import Final

from django.db import connection

# How long a run waits for a free slot before one that is in use is given up for it, and how long a
# run may keep its slot in any case. Starting a run takes about a tenth of a second.
TURN_SECONDS = 2.5

# Parameters: bot, slot, pool
CLAIM: Final = """
with source as materialized (
    select source, (select count(*) from bots_run held
                     where held.pool_id = %(pool)s and held.source = waiting.source
                       and held.status in ('running', 'stopping')) as n_slots,
           (select max(ended_at) from bots_run ended
             where ended.pool_id = %(pool)s and ended.source = waiting.source) as served_at
      from (select distinct source from bots_run
             where pool_id = %(pool)s and status = 'pending') waiting
)
update bots_run set status = 'running', token = gen_random_uuid(), bot_id = %(bot)s,
       slot_number = %(slot)s, started_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
       progress_at = clock_timestamp()
 where id = (select r.id from bots_run r join source on source.source = r.source
              where r.pool_id = %(pool)s and r.status = 'pending'
              order by source.n_slots, source.served_at nulls first, r.id
              limit 1 for update of r skip locked)
   and exists (select 1 from bots_bot where id = %(bot)s and standing = 'enabled')
returning *
"""

# The run that has its slot longest among those of its source goes first; when it does not (it is
# busy with one long item) the others go, too. A source is owed a slot when it has none, or when
# both are no worse off than before after the change.
IS_TURN_OVER: Final = """
with mine as (
    select *, (select count(*) from bots_run held
                where held.pool_id = r.pool_id and held.source = r.source
                  and held.status in ('running', 'stopping')) as n_slots,
           not exists (select from bots_run earlier
                        where earlier.pool_id = r.pool_id and earlier.source = r.source
                          and earlier.status in ('running', 'stopping')
                          and (earlier.started_at, earlier.id) < (r.started_at, r.id)) as is_first
      from bots_run r
     where r.id = %(run)s
       and r.started_at < clock_timestamp() - make_interval(secs => %(turn)s)
), waiting as (
    select other.source, min(other.created_at) as since
      from bots_run other join mine on mine.pool_id = other.pool_id
     where other.status = 'pending' and other.source <> mine.source
     group by other.source
)
select exists (
    select from mine, waiting
     cross join lateral (select count(*) as n_slots from bots_run held
                          where held.pool_id = (select pool_id from mine)
                            and held.source = waiting.source
                            and held.status in ('running', 'stopping')) theirs
     where waiting.since < clock_timestamp() - make_interval(
               secs => case when mine.is_first then %(turn)s else 2 * %(turn)s end)
       and (theirs.n_slots = 0 or theirs.n_slots + 1 < mine.n_slots))
"""


def is_turn_over(run_id: int) -> bool:
    """Return whether the run should end in order, since another source waits for a slot."""
    with connection.cursor() as cursor:
        cursor.execute(IS_TURN_OVER, {"run": run_id, "turn": TURN_SECONDS})
        (is_over,) = cursor.fetchone()
    return bool(is_over)
