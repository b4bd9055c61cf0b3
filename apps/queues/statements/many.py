"""Moves by people of many items at once: what `moving` does with one, for a chunk of them.

A chunk is taken in one statement and put down in others, inside one transaction: nobody can lease
what is out of its place. Ids are walked in ascending order, by index.
"""

from typing import Final

from .parts import CARRIED, ITEM, NOW, count, into_ready, into_scheduled, tell_owners

# Whether an act of the item `t` is in doubt, and whether an instance owns it: asked in the snapshot
# of the delete itself, so that both are true of the very row that goes
_KNOWN: Final = """(not %(insist_on_known)s or not exists (
        select from queues_effect f where f.item_id = t.item_id and f.state = 'begun'))"""
_FREE: Final = "not exists (select from queues_owned o where o.item_id = t.item_id)"


def _take(table: str, place: str, details: str, *, unless: str = "") -> str:
    # the array is scanned as an index is: sorted, so that two of these can't deadlock
    return f"""
    delete from {table} t
     where item_id = any (%(ids)s::bigint[]) and {place} = any (%(places)s) and {_KNOWN} {unless}
    returning {CARRIED}, {place} as place, jsonb_build_object({details}) as details"""


# What is on its way between two places is missed: call again for what did not come back.
TAKE_MANY: Final = f"""
with r as ({_take("queues_ready", "'ready'", "")}
), s as ({_take("queues_scheduled", "'scheduled'", "'available_at', available_at, 'why', why")}
), p as ({
    _take(
        "queues_parked",
        "status",
        "'cause', cause, 'message', message, 'code', code, 'since', since, 'by', by",
    )
}
), e as ({_take("queues_ended", "status", "", unless=f"and {_FREE}")}
), gone as (
    select * from r union all select * from s union all select * from p union all select * from e
), counted as ({count("select queue_id, place, -count(*) from gone group by 1, 2")}
)
select {CARRIED}, place, details::text from gone order by item_id
"""

_TAKEN: Final = """(select * from unnest(%(item_ids)s::bigint[], %(queue_ids)s::bigint[],
             %(attempts)s::int[], %(tries)s::smallint[], %(losses)s::smallint[],
             %(alones)s::boolean[]) as g (item_id, queue_id, attempt, tries, losses, alone)) s"""


def _put(insert: str, place: str) -> str:
    return f"""
with s as materialized (select * from {_TAKEN}),
placed as ({insert}
    returning item_id, queue_id),
counted as ({count(f"select queue_id, {place}, count(*) from placed group by 1")})
select item_id from placed"""


# Those that are available only later wait for their time.
PUT_READY_MANY: Final = f"""
with s as materialized (select * from {_TAKEN}),
readied as ({into_ready("s", where=f"i.available_at is null or i.available_at <= {NOW}")}
    returning item_id, queue_id),
deferred as ({
    into_scheduled("s", at="i.available_at", why="'deferred'", where=f"i.available_at > {NOW}")
}
    returning item_id, queue_id),
counted as ({
    count('''
    select queue_id, 'ready', count(*) from readied group by 1
    union all
    select queue_id, 'scheduled', count(*) from deferred group by 1''')
})
select item_id, true from readied union all select item_id, false from deferred
"""

_DETAILS: Final = """(select * from unnest(%(item_ids)s::bigint[], %(details)s::text[])
             as g (item_id, text))"""

# Each at the time, and for the reason, in its details
PUT_SCHEDULED_MANY: Final = _put(
    f"""
    insert into queues_scheduled
           (item_id, queue_id, attempt, tries, losses, alone, available_at, why, expires_at)
    select s.item_id, s.queue_id, s.attempt, s.tries, s.losses, s.alone,
           (d.text::jsonb ->> 'available_at')::timestamptz, d.text::jsonb ->> 'why', i.expires_at
      from s join {_DETAILS} d on d.item_id = s.item_id
     cross join lateral ({ITEM.format("s")}) i""",
    "'scheduled'",
)

# Each with what its details say; without `since` from now on
PUT_PARKED_MANY: Final = _put(
    f"""
    insert into queues_parked
           (item_id, queue_id, attempt, tries, losses, alone, status, cause, message, code, since,
            by, expires_at)
    select s.item_id, s.queue_id, s.attempt, s.tries, s.losses, s.alone, %(status)s,
           d.text::jsonb ->> 'cause', d.text::jsonb ->> 'message', d.text::jsonb ->> 'code',
           coalesce((d.text::jsonb ->> 'since')::timestamptz, {NOW}), d.text::jsonb ->> 'by',
           i.expires_at
      from s join {_DETAILS} d on d.item_id = s.item_id
     cross join lateral ({ITEM.format("s")}) i""",
    "%(status)s",
)

# Says, too, whether news of it went into the outbox.
PUT_ENDED_MANY: Final = f"""
with s as materialized (select * from {_TAKEN}),
placed as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select {CARRIED}, %(status)s, {NOW}, %(by)s, %(note)s from s
    returning item_id, queue_id),
told as ({
    tell_owners('''
    select item_id, %(status)s::text as status, null::jsonb as output, '' as error, '' as code,
           %(note)s::text as message, %(by)s::text as by
      from s''')
}),
counted as ({count("select queue_id, %(status)s, count(*) from placed group by 1")})
select item_id, exists (select from told) from placed
"""

# --- what people change of items that are out of their places

SET_PRIORITIES: Final = """
update queues_workitem i set priority = g.priority, version = i.version + 1
  from unnest(%(ids)s::bigint[], %(priorities)s::smallint[]) as g (id, priority)
 where i.id = g.id
returning i.id
"""

SET_AVAILABLE: Final = """
update queues_workitem i set available_at = g.at, version = i.version + 1
  from unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) as g (id, at)
 where i.id = g.id and i.available_at is distinct from g.at
returning i.id
"""

# What is null stays as it is
SET_ANEW: Final = """
update queues_workitem i
   set payload = coalesce(g.payload::jsonb, i.payload),
       priority = coalesce(g.priority, i.priority),
       due_at = coalesce(g.due_at, i.due_at),
       available_at = coalesce(g.available_at, i.available_at),
       expires_at = coalesce(g.expires_at, i.expires_at),
       version = i.version + 1
  from unnest(%(ids)s::bigint[], %(payloads)s::text[], %(priorities)s::smallint[],
              %(due)s::timestamptz[], %(available)s::timestamptz[], %(expires)s::timestamptz[])
    as g (id, payload, priority, due_at, available_at, expires_at)
 where i.id = g.id
returning i.id
"""
