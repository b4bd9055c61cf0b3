"""What the statements are made of."""

from typing import Final

NOW: Final = "statement_timestamp()"

# engine.rank.rank_at says the same in Python; i is the item, q its queue
RANK: Final = """
    greatest(timestamptz '1900-01-01 00:00+00',
             least(i.entered_at, i.due_at - q.due_lead_seconds * interval '1 second')
             - i.priority::float8 * q.seconds_per_point * interval '1 second')
"""

# Columns that an item carries from place to place, and what they are in its next place
CARRIED: Final = "item_id, queue_id, attempt, tries, losses, alone"


# Whether the lease `l` is in force. One that was taken before the server came up is so for as long
# as its row is there: nobody could renew while the server was away. The row is the lock; RUN_OUT
# says when the sweep deletes it, one lease of `q` after the start.
HELD: Final = f"(l.expires_at > {NOW} or l.leased_at < pg_postmaster_start_time())"
RUN_OUT: Final = f"""l.expires_at <= {NOW}
   and (l.leased_at >= pg_postmaster_start_time()
        or pg_postmaster_start_time() + q.lease_seconds * interval '1 second' <= {NOW})"""

# An item that was lost is leased alone until a try of it ends. On a lease, `alone` only says that
# nothing was leased beside it; when it is given back, its past tells whether that was why.
STAYS_ALONE: Final = """(l.alone and 'lost' is not distinct from (
        select t.outcome from queues_attempt t
         where t.item_id = l.item_id and t.outcome <> 'released'
         order by t.number desc limit 1))"""

# An item's row, fetched by its key whatever the planner believes: with a prepared statement's
# generic plan it would rather merge-join, walking the whole table's index (seen: 8 ms, not 1)
ITEM: Final = "select * from queues_workitem where id = {}.item_id offset 0"


def into_ready(source: str, *, where: str = "true") -> str:
    """Insert the items of `source` into ready, ranked anew."""
    return f"""
    insert into queues_ready
           (queue_id, rank_at, item_id, attempt, tries, losses, alone, expires_at)
    select s.queue_id, {RANK}, s.item_id, s.attempt, s.tries, s.losses, s.alone, i.expires_at
      from {source} s
     cross join lateral ({ITEM.format("s")}) i
      join queues_workqueue q on q.id = s.queue_id
     where {where}"""


def into_scheduled(source: str, *, at: str, why: str, where: str = "true") -> str:
    return f"""
    insert into queues_scheduled
           (item_id, queue_id, attempt, tries, losses, alone, available_at, why, expires_at)
    select s.item_id, s.queue_id, s.attempt, s.tries, s.losses, s.alone, {at}, {why}, i.expires_at
      from {source} s
     cross join lateral ({ITEM.format("s")}) i
     where {where}"""


def count(changes: str) -> str:
    """Append the deltas of `changes` (queue_id, measure, change), leaving out what evens out."""
    return f"""
    insert into queues_counterdelta (queue_id, measure, change)
    select queue_id, measure, sum(change) from ({changes}) as c (queue_id, measure, change)
     group by queue_id, measure having sum(change) <> 0"""


# News of ends that go into one row of the outbox, and their size; a jsonb value must stay below
# 256 MB, however large the outputs of bots are
TOLD_TOGETHER: Final = 100
TOLD_BYTES: Final = 4_000_000


def tell_owners(ended: str) -> str:
    """Put the news that items ended into the outbox, for those of `ended` that belong to a step.

    Part of every statement that ends items, so that no end is missed and none is told that did not
    happen. `ended` is a query of item_id, status, output (jsonb), error, code, message and by;
    `error` is business, application, lost or empty. Items that nobody owns cost one look-up each.
    """
    return f"""
    insert into events_outbox (kind, data)
    select 'work_item.ended',
           jsonb_build_object('items', jsonb_agg(jsonb_build_object(
               'id', e.item_id, 'owner', e.owner_id, 'token', e.token, 'index', e.index,
               'status', e.status, 'output', e.output, 'error', e.error, 'code', e.code,
               'message', e.message, 'by', e.by) order by e.item_id))
      from (select s.*, o.owner_id, o.token, o.index, row_number() over by_item as n,
                   sum(coalesce(pg_column_size(s.output), 0)) over by_item as size
              from ({ended}) s
             cross join lateral (select owner_id, token, index from queues_owned
                                  where item_id = s.item_id offset 0) o
            window by_item as (order by s.item_id)) e
     group by (n - 1) / {TOLD_TOGETHER}, size / {TOLD_BYTES}
    returning id"""
