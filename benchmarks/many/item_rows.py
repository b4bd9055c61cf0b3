"""The SQL that writes items, their places, tries and counts: a chunk of items at a time.

A temporary table has what is made up about each item of the chunk; every statement after it reads
from there, so that places, tries and counts agree. `r(n, salt)` is a number from 0 to 1 that hangs
on both: the same room each time.
"""

from typing import Final

PREPARE: Final = """
create or replace function pg_temp.r(n bigint, salt bigint) returns float8 language sql immutable
as $$ select (hashint8extended(n, salt) & 1048575) / 1048576.0 $$;

-- over the days of the span, most of it around noon
create or replace function pg_temp.moment(share float8, days int, now timestamptz)
returns timestamptz language sql immutable
as $$ select now - make_interval(days => days) + (floor(share * days)
      + (share * days - floor(share * days))
      + 0.8 * sin(2 * pi() * (share * days - floor(share * days))) / (2 * pi()))
      * interval '1 day' $$;
"""

# what comes lately has not all been worked yet
CHUNK: Final = """
create temp table chunk as
with drawn as (
    select n, %(first_item)s + n as id,
           (%(queues)s::bigint[])[1 + floor(cardinality(%(queues)s::bigint[])
               * power(pg_temp.r(n, 1), 2.5))::int] as queue_id,
           least(pg_temp.moment(n::float8 / %(items)s, %(days)s, %(now)s),
                 %(now)s - interval '1 minute') as entered_at,
           n > %(items)s * 0.988 as is_late, pg_temp.r(n, 2) as fate, pg_temp.r(n, 3) as end_of,
           pg_temp.r(n, 4) as why, -ln(1 - pg_temp.r(n, 5)) as waited,
           -ln(1 - pg_temp.r(n, 6)) as worked
      from generate_series(%(since)s::bigint, %(until)s::bigint) n
), placed as (
    select *,
           case when is_late and fate < 0.33 then 'ready'
                when is_late and fate < 0.38 then 'scheduled'
                when is_late and fate < 0.39 then 'in_progress'
                when is_late and fate < 0.52 or fate < 0.0024 then 'needs_decision'
                when is_late and fate < 0.535 then 'on_hold'
                when end_of < 0.925 then 'successful'
                when end_of < 0.975 then 'failed'
                when end_of < 0.985 then 'skipped'
                when end_of < 0.995 then 'cancelled'
                else 'expired' end as place
      from drawn
), tried as (
    select *,
           case when place = 'successful' then case when why < 0.04 then 2 else 1 end
                when place in ('failed', 'needs_decision')
                then case when why < 0.6 then 1 else 3 end
                when place = 'skipped' then 1
                when place = 'scheduled' and why < 0.6 then 1
                else 0 end as tries,
           place in ('failed', 'needs_decision', 'skipped') and why < 0.6 or place = 'skipped'
               as is_business
      from placed
)
select t.*, t.entered_at + t.waited * interval '4 minutes' as began_at,
       least(t.entered_at + t.waited * interval '4 minutes' + t.worked * interval '20 seconds'
             + greatest(t.tries - 1, 0) * interval '1 minute', %(now)s) as ended_at,
       'R-' || lpad(t.id::text, 9, '0') as reference,
       case when q.sla_seconds is not null
            then t.entered_at + q.sla_seconds * interval '1 second' end as due_at,
       (%(names)s::text[])[1 + floor(pg_temp.r(t.n, 7) * 60)::int] as bot,
       q.unique_reference <> 'off' as is_unique, q.due_lead_seconds, q.seconds_per_point
  from tried t join queues_workqueue q on q.id = t.queue_id;
analyze chunk;
"""

ITEMS: Final = """
insert into queues_workitem (id, queue_id, reference, payload, priority, entered_at, due_at,
                             version, origin, added_by)
select id, queue_id, reference,
       jsonb_build_object('number', reference, 'vendor', 'Vendor ' || (n %% 4000),
           'amount', round((why * 90000)::numeric, 2), 'currency', 'EUR',
           'lines', jsonb_build_array(jsonb_build_object('text', 'Paper, white', 'quantity', 5),
                                      jsonb_build_object('text', 'Toner', 'quantity', 1))),
       case when fate > 0.9 then 80 else 50 end, entered_at, due_at, 1, 'api', 'Load'
  from chunk order by id
"""
REFERENCES: Final = """
insert into queues_itemreference (queue_id, reference, item_id)
select queue_id, reference, id from chunk where is_unique order by 1, 2
"""
_CARRIED: Final = "item_id, queue_id, attempt, tries, losses, alone"
_STANDING: Final = "id, queue_id, tries + 1, tries, 0, false"
READY: Final = f"""
insert into queues_ready ({_CARRIED}, rank_at)
select {_STANDING}, least(entered_at, due_at - due_lead_seconds * interval '1 second')
       - (case when fate > 0.9 then 80 else 50 end) * seconds_per_point * interval '1 second'
  from chunk where place = 'ready'
"""
SCHEDULED: Final = f"""
insert into queues_scheduled ({_CARRIED}, available_at, why)
select {_STANDING}, %(now)s + fate * interval '9 days',
       case when tries > 0 then 'retry' else 'deferred' end
  from chunk where place = 'scheduled'
"""
LEASED: Final = f"""
insert into queues_lease ({_CARRIED}, token, bot, leased_at, expires_at)
select {_STANDING}, gen_random_uuid(), bot, %(now)s, %(now)s + interval '1 day'
  from chunk where place = 'in_progress'
"""
PARKED: Final = f"""
insert into queues_parked ({_CARRIED}, status, cause, message, code, since, by)
select {_STANDING}, place,
       case when place = 'on_hold' then 'held' when is_business then 'business_exception'
            else 'exhausted' end,
       case when place = 'on_hold' then '' else 'The total does not match its lines.' end,
       case when place = 'on_hold' then '' else 'total_mismatch' end, ended_at,
       case when place = 'on_hold' then 'sam' else '' end
  from chunk where place in ('needs_decision', 'on_hold')
"""
ENDED: Final = f"""
insert into queues_ended ({_CARRIED}, status, at, by, note)
select {_STANDING}, place, ended_at,
       case when place in ('skipped', 'cancelled') then 'sam' else '' end, ''
  from chunk where place in ('successful', 'failed', 'skipped', 'cancelled', 'expired')
 order by ended_at
"""

# A few causes have most of the failures, as they do
TRIES: Final = """
insert into queues_attempt (item_id, number, queue_id, token, bot, run_id, started_at, ended_at,
                            outcome, output, code, message, error_class, detail)
select c.id, number, c.queue_id, null, c.bot, %(first_run)s + 1 + c.n %% %(runs)s,
       c.began_at + (number - 1) * interval '1 minute',
       least(c.began_at + c.worked * interval '20 seconds' + (number - 1) * interval '1 minute',
             %(now)s),
       o.outcome, case when o.outcome = 'successful' then '{"posted": true}'::jsonb end,
       case o.outcome when 'successful' then '' when 'lost' then ''
            when 'business_exception' then
            (array['total_mismatch','vendor_unknown','order_missing','tax_wrong'])[m.kind]
            else (array['erp_unavailable','timeout','selector_missing','login_failed'])[m.kind] end,
       case o.outcome when 'successful' then '' when 'lost' then 'The bot stopped answering.'
            when 'business_exception' then
            (array['The total of ' || c.reference || ' does not match its lines.',
                   'Nobody knows the vendor ' || c.n %% 4000 || '.',
                   'There is no order for ' || c.reference || '.',
                   'The tax rate is not one of the country.'])[m.kind]
            else (array['The ERP did not answer within ' || 10 + c.n %% 50 || ' s.',
                        'Timed out while opening ' || c.reference || '.',
                        'There is no element #save-' || c.n || ' on the page.',
                        'The password was refused.'])[m.kind] end,
       case when o.outcome = 'application_exception' then 'RuntimeError' else '' end, ''
  from chunk c cross join lateral generate_series(1, c.tries) number
 cross join lateral (select case
           when number = c.tries and c.place = 'successful' then 'successful'
           when c.is_business then 'business_exception'
           when pg_temp.r(c.n, 8 + number) < 0.03 then 'lost'
           else 'application_exception' end as outcome) o
 cross join lateral (select 1 + floor(4 * power(pg_temp.r(c.n, 20), 2))::int as kind) m
"""
# The first chunk's failures are grouped by the room itself. The others have the same causes: by
# queue, outcome and code each has its group, and they are written as that would write them.
NOTE_FAILURES: Final = """
insert into failures_ungrouped (source, source_id, number, at)
select 'try', c.id, a.number, a.ended_at
  from chunk c join queues_attempt a on a.item_id = c.id and a.outcome <> 'successful'
   and a.ended_at >= (select min(began_at) from chunk)
 where %(since)s = 1
"""
LIKE_GROUPED: Final = """
create temp table failing as
with known as (
    select distinct on (a.queue_id, a.outcome, a.code) a.queue_id, a.outcome, a.code, f.group_id
      from failures_failure f
      join queues_attempt a on a.item_id = f.source_id and a.number = f.number and a.ended_at = f.at
     where f.source = 'try' and a.item_id > %(first_item)s
     order by 1, 2, 3, f.at desc
)
select k.group_id, a.item_id, a.number, a.ended_at as at, a.bot
  from queues_attempt a
  join known k on k.queue_id = a.queue_id and k.outcome = a.outcome and k.code = a.code
 where a.item_id > %(first_item)s and a.outcome <> 'successful'
   and not exists (select from failures_failure f where f.source = 'try'
                    and f.source_id = a.item_id and f.number = a.number and f.at = a.ended_at);
insert into failures_failure (source, source_id, number, at, group_id, bot)
select 'try', item_id, number, at, group_id, bot from failing order by at;
update failures_failuregroup g
   set count = g.count + s.n, first_at = least(g.first_at, s.first_at),
       last_at = greatest(g.last_at, s.last_at)
  from (select group_id, count(*) as n, min(at) as first_at, max(at) as last_at
          from failing group by 1) s where s.group_id = g.id;
insert into failures_minutefailures (group_id, minute, n)
select group_id, date_trunc('minute', at), count(*) from failing group by 1, 2
on conflict (group_id, minute) do update set n = failures_minutefailures.n + excluded.n;
insert into failures_botfailures (group_id, bot, n, last_at)
select group_id, bot, count(*), max(at) from failing group by 1, 2
on conflict (group_id, bot) do update set n = failures_botfailures.n + excluded.n,
       last_at = greatest(failures_botfailures.last_at, excluded.last_at);
drop table failing
"""

_CHANGES: Final = """
    select queue_id, entered_at as at, m.measure, 1 as change
      from chunk cross join (values ('added'), ('ready')) m (measure)
    union all select queue_id, began_at, m.measure, m.change
      from chunk cross join (values ('ready', -1), ('in_progress', 1)) m (measure, change)
     where tries > 0 or place = 'in_progress'
    union all select queue_id, ended_at, m.measure, m.change
      from chunk cross join lateral (values ('in_progress', -1), (place, 1)) m (measure, change)
     where tries > 0 and place not in ('ready', 'in_progress')
    union all select queue_id, ended_at, m.measure, m.change
      from chunk cross join lateral (values ('ready', -1), (place, 1)) m (measure, change)
     where tries = 0 and place not in ('ready', 'in_progress')
    union all select c.queue_id, a.ended_at, a.outcome, 1
      from chunk c join queues_attempt a on a.item_id = c.id
       and a.outcome in ('business_exception', 'application_exception', 'lost')
       and a.ended_at >= (select min(began_at) from chunk)
"""
COUNTS: Final = f"""
with changes as materialized (
    select queue_id, date_trunc('minute', at) as minute, measure, sum(change) as n
      from ({_CHANGES}) c group by 1, 2, 3
), counted as (
    insert into queues_counter (queue_id, measure, n)
    select queue_id, measure, sum(n) from changes group by 1, 2
    on conflict (queue_id, measure) do update set n = queues_counter.n + excluded.n
), houred as (
    insert into queues_hourcount (queue_id, hour, measure, n)
    select queue_id, date_trunc('hour', minute, 'UTC'), measure, sum(n) from changes
     group by 1, 2, 3 having sum(n) <> 0
    on conflict (queue_id, hour, measure) do update set n = queues_hourcount.n + excluded.n
)
insert into queues_minutecount (queue_id, minute, measure, n)
select queue_id, minute, measure, n from changes where n <> 0
on conflict (queue_id, minute, measure) do update set n = queues_minutecount.n + excluded.n
"""

STEPS: Final = (
    ITEMS, REFERENCES, READY, SCHEDULED, LEASED, PARKED, ENDED, TRIES, NOTE_FAILURES, COUNTS,
)  # fmt: skip
