"""Moves by people, and the sweeps."""

from typing import Final

from .parts import CARRIED, ITEM, NOW, count, into_ready, into_scheduled, tell_owners

# --- people ---------------------------------------------------------------------------------------

# Takes an item out of its place, if that is one of `places`. Both tables of waiting items, parked
# and ended are tried in one snapshot; an item on its way between two of them is missed: call again.
TAKE: Final = f"""
with r as (
    delete from queues_ready where item_id = %(item_id)s and 'ready' = any (%(places)s)
    returning {CARRIED}, 'ready' as place, '{{}}'::jsonb as details
), s as (
    delete from queues_scheduled where item_id = %(item_id)s and 'scheduled' = any (%(places)s)
    returning {CARRIED}, 'scheduled' as place,
              jsonb_build_object('available_at', available_at, 'why', why) as details
), p as (
    delete from queues_parked where item_id = %(item_id)s and status = any (%(places)s)
    returning {CARRIED}, status as place,
              jsonb_build_object('cause', cause, 'message', message, 'code', code,
                                 'since', since, 'by', by) as details
), e as (
    delete from queues_ended where item_id = %(item_id)s and status = any (%(places)s)
    returning {CARRIED}, status as place, '{{}}'::jsonb as details
), gone as (
    select * from r union all select * from s union all select * from p union all select * from e
), counted as ({count("select queue_id, place, -1 from gone")}
)
select {CARRIED}, place, details::text from gone
"""

_TAKEN: Final = """(values (%(item_id)s::bigint, %(queue_id)s::bigint, %(attempt)s::int,
                  %(tries)s::smallint, %(losses)s::smallint, %(alone)s::boolean))
            as s (item_id, queue_id, attempt, tries, losses, alone)"""


def _placed(insert: str, place: str) -> str:
    return f"""
with s as materialized (select * from {_TAKEN}),
placed as ({insert}
    returning item_id),
counted as ({count(f"select queue_id, {place}, 1 from s")})
select item_id from placed"""


PUT_READY: Final = _placed(into_ready("s"), "'ready'")

PUT_SCHEDULED: Final = _placed(
    into_scheduled("s", at="%(available_at)s::timestamptz", why="%(why)s"), "'scheduled'"
)

PUT_PARKED: Final = _placed(
    f"""
    insert into queues_parked
           (item_id, queue_id, attempt, tries, losses, alone, status, cause, message, code, since,
            by, expires_at)
    select s.item_id, s.queue_id, s.attempt, s.tries, s.losses, s.alone, %(status)s, %(cause)s,
           %(message)s, %(code)s, coalesce(%(since)s::timestamptz, {NOW}), %(by)s, i.expires_at
      from s cross join lateral ({ITEM.format("s")}) i""",
    "%(status)s",
)

# Says, too, whether news of it went into the outbox.
PUT_ENDED: Final = f"""
with s as materialized (select * from {_TAKEN}),
placed as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select {CARRIED}, %(status)s, {NOW}, %(by)s, %(note)s from s
    returning item_id),
told as ({
    tell_owners('''
    select item_id, %(status)s::text as status, %(output)s::jsonb as output,
           %(error)s::text as error,
           %(code)s::text as code, %(note)s::text as message, %(by)s::text as by
      from s''')
}),
counted as ({count("select queue_id, %(status)s, 1 from s")})
select item_id, exists (select from told) from placed"""


# --- sweeps ---------------------------------------------------------------------------------------

PROMOTE: Final = f"""
with due as materialized (
    select item_id from queues_scheduled where available_at <= {NOW}
     order by available_at limit %(limit)s for update skip locked
), gone as (
    delete from queues_scheduled where item_id = any (array(select item_id from due))
    returning {CARRIED}
), readied as ({into_ready("gone")}
), counted as ({
    count('''
    select queue_id, m.measure, m.sign * count(*)
      from gone, (values ('scheduled', -1), ('ready', 1)) m (measure, sign)
     group by queue_id, m.measure, m.sign''')
}
)
select queue_id, count(*) from gone group by queue_id
"""


def expire_from(table: str, place: str, *, unless: str = "false") -> str:
    """End what stands in `table` and was not worked in time; `place` is its measure."""
    return f"""
with due as materialized (
    select item_id from {table} p where expires_at <= {NOW} and not ({unless})
     order by expires_at limit %(limit)s for update skip locked
), gone as (
    delete from {table} where item_id = any (array(select item_id from due))
    returning {CARRIED}, {place} as place
), ended as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select {CARRIED}, 'expired', {NOW}, '', '' from gone
), told as ({
        tell_owners('''
    select item_id, 'expired' as status, null::jsonb as output, '' as error, '' as code,
           '' as message, '' as by
      from gone''')
    }
), counted as ({
        count('''
    select queue_id, place, -count(*) from gone group by 1, 2
    union all
    select queue_id, 'expired', count(*) from gone group by 1''')
    }
)
select item_id, queue_id, place, exists (select from told) from gone"""


EXPIRE_READY: Final = expire_from("queues_ready", "'ready'")
EXPIRE_SCHEDULED: Final = expire_from("queues_scheduled", "'scheduled'")
# An act in doubt is a person's question, even when the item's time is over.
EXPIRE_PARKED: Final = expire_from(
    "queues_parked",
    "status",
    unless="exists (select from queues_effect e where e.item_id = p.item_id and e.state = 'begun')",
)
