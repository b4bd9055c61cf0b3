"""Messages and signals, and who listens for them."""

from typing import Final

# Whoever publishes a message and whoever begins to listen for it take turns, by its name: so either
# the one sees the subscription, or the other finds the message. Listeners don't exclude each other.
LOCK_NAMES: Final = """
select case when n.alone then pg_advisory_xact_lock(n.hash)
            else pg_advisory_xact_lock_shared(n.hash) end
  from (select h.hash, bool_or(h.alone) as alone
          from (select hashtextextended('message ' || a.folder_id || ' ' || a.name || ' ' || a.key,
                                        0) as hash, a.alone
                  from unnest(%(folders)s::bigint[], %(names)s::text[], %(keys)s::text[],
                              %(alone)s::boolean[]) as a (folder_id, name, key, alone)) h
         group by h.hash order by h.hash offset 0) n
"""

BUFFER_MESSAGES: Final = """
insert into workflows_bufferedmessage
       (folder_id, name, key, variables, published_at, published_by, sender_id, expires_at)
select folder_id, name, key, variables, statement_timestamp(), by, sender,
       statement_timestamp() + coalesce(ttl, 0) * interval '1 second'
  from jsonb_to_recordset(%(messages)s::jsonb) as m (
       n int, folder_id bigint, name text, key text, variables jsonb, by text, sender bigint,
       ttl float8)
 order by n
returning id
"""

# Messages that wait for one of these names
FIND_BUFFERED: Final = """
select distinct m.id
  from unnest(%(folders)s::bigint[], %(names)s::text[], %(keys)s::text[])
       as a (folder_id, name, key)
  join workflows_bufferedmessage m
    on m.folder_id = a.folder_id and m.name = a.name and m.key = a.key
 order by m.id
"""

HAS_LISTENERS: Final = """
select exists (select from workflows_subscription
                where folder_id = %(folder_id)s and kind = 'message' and name = %(name)s
                  and key = %(key)s)
    or exists (select from workflows_startsubscription
                where folder_id = %(folder_id)s and kind = 'message' and name = %(name)s)
"""

# Waits for whoever has them in hand: they may have looked before somebody began to listen.
LOCK_MESSAGES: Final = """
select id, folder_id, name, key, variables::text, published_by, sender_id,
       expires_at <= statement_timestamp()
  from workflows_bufferedmessage where id = any (%(ids)s::bigint[])
 order by id for update
"""

# Messages that wait for what these instances listen for
FIND_BUFFERED_FOR: Final = """
select distinct m.id
  from workflows_subscription b
  join workflows_bufferedmessage m
    on m.folder_id = b.folder_id and m.name = b.name and m.key = b.key
 where b.instance_id = any (%(instances)s::bigint[]) and b.kind = 'message'
 order by m.id
"""

# For each message, the oldest subscription of each workflow that listens for it. One for which a
# message is kept already, until its instance goes on, has the next one then, if that can wait.
LISTENERS: Final = """
select distinct on (m.id, b.workflow_id) m.id, b.workflow_id, b.instance_id, b.number
  from workflows_bufferedmessage m
  join workflows_subscription b
    on b.folder_id = m.folder_id and b.kind = 'message' and b.name = m.name and b.key = m.key
 where m.id = any (%(ids)s::bigint[]) and (b.instance_id, b.number) not in (
       select * from unnest(%(not_instances)s::bigint[], %(not_numbers)s::int[]))
   and (m.expires_at <= statement_timestamp()
        or not exists (select from workflows_pendingevent p
                        where p.instance_id = b.instance_id
                          and p.event ->> 'subscription' = b.number::text))
 order by m.id, b.workflow_id, b.instance_id, b.number
"""

START_LISTENERS: Final = """
select m.id, s.workflow_id, s.version_id, s.node
  from workflows_bufferedmessage m
  join workflows_startsubscription s
    on s.folder_id = m.folder_id and s.kind = 'message' and s.name = m.name
 where m.id = any (%(ids)s::bigint[])
 order by m.id, s.workflow_id
"""

SIGNAL_LISTENERS: Final = """
select instance_id, number from workflows_subscription
 where folder_id = %(folder_id)s and kind = 'signal' and name = %(name)s
 order by instance_id, number
"""

# Instances first: whoever fires a timer locks them in the order of their ids
DUE_TIMERS: Final = """
select instance_id, number from workflows_subscription
 where due_at <= statement_timestamp()
 order by due_at limit %(limit)s
"""
