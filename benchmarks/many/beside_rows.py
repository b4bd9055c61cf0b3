"""The SQL that writes what happens beside the work: history, webhooks' calls, calls of models.

Things are named and told of as the room itself does it, so that reports, the map, the audit and
timelines find them.
"""

from typing import Final

# programs edit, people retry: of items, instances and queues; what people decided comes with tasks
EVENTS: Final = """
insert into events_event (occurred_at, kind, folder_id, subject_type, subject_id, actor_id,
                          actor_name, actor_kind, data, request_id)
select pg_temp.moment(n::float8 / %(events)s, %(days)s, %(now)s) - interval '1 minute', e.kind,
       %(folder_id)s, e.subject, case e.subject when 'item' then i.id when 'instance'
       then %(first_instance)s + 1 + n * %(instances)s / (%(events)s + 1) else i.queue_id end,
       case e.actor when 'person' then
            (%(people)s::bigint[])[1 + n %% cardinality(%(people)s::bigint[])] end,
       case e.actor when 'person' then 'Sam' else 'Post room' end, e.actor,
       e.data || case when e.subject = 'item' then jsonb_build_object('queue_id', i.queue_id)
                      else '{}' end, ''
  from (select n, %(first_item)s + 1 + n * %(items)s / (%(events)s + 1) as item
          from generate_series(%(since)s::bigint, %(until)s::bigint) n) s
  join queues_workitem i on i.id = s.item
  join (values
       (0, 'work_item.edited', 'item', 'token',
        '{"changes": [{"field": "priority", "before": 50, "after": 80}]}'::jsonb),
       (1, 'work_item.edited', 'item', 'token',
        '{"changes": [{"field": "due_at", "before": null, "after": "2026-12-01T12:00:00Z"}]}'),
       (2, 'work_item.retried', 'item', 'person', '{"from": "needs_decision", "to": "new"}'),
       (3, 'instance.variables_set', 'instance', 'token',
        '{"changes": [{"field": "limit", "before": 1000, "after": 1200}]}'),
       (4, 'work_queue.changed', 'queue', 'person',
        '{"changes": [{"field": "title", "before": "Department", "after": "Section"}]}')
       ) e (remainder, kind, subject, actor, data) on e.remainder = n %% 5
"""
DECIDED: Final = """
insert into events_event (occurred_at, kind, folder_id, subject_type, subject_id, actor_id,
                          actor_name, actor_kind, data, request_id)
select decided_at, 'user_task.completed', folder_id, 'task', id, decided_by_id, decided_by_name,
       'person', jsonb_build_object('decision', decision), ''
  from inbox_usertask
 where status = 'completed' and queue_id = any (%(queues)s::bigint[])
"""
# a bot that was at one item added another one, to another queue
CAUSES: Final = """
insert into events_cause (subject_type, subject_id, cause_type, cause_id, at)
select 'item', %(first_item)s + n * 50, 'item', %(first_item)s + n * 50 - 37, i.entered_at
  from generate_series(%(since)s::bigint, %(until)s::bigint) n
  join queues_workitem i on i.id = %(first_item)s + n * 50
"""

MESSAGES: Final = """
insert into webhooks_message (uid, kind, folder_id, occasion, body, made_at)
select 'msg_load_' || n, case when n %% 9 = 0 then 'run.failed' else 'instance.completed' end,
       %(folder_id)s, 'load:' || n,
       jsonb_build_object('id', 'msg_load_' || n, 'version', 1, 'data', jsonb_build_object(
           'reference', 'R-' || n, 'workflow', 'load-approval-01', 'status', 'completed'))::text,
       pg_temp.moment(n::float8 / %(deliveries)s, %(days)s, %(now)s) - interval '1 minute'
  from generate_series(%(since)s::bigint, %(until)s::bigint) n
"""
DELIVERIES: Final = """
insert into webhooks_delivery (endpoint_id, message_id, kind, status, tries, made_at, since,
                               next_try_at, answer, error, ended_at)
select %(endpoint_id)s, m.id, m.kind, d.status, d.tries, m.made_at, m.made_at, m.made_at,
       d.answer, d.error, case when d.status <> 'waiting' then m.made_at + interval '1 second' end
  from webhooks_message m
 cross join lateral (select pg_temp.r(m.id, 71) as r) s
 cross join lateral (select case
           when m.made_at > %(now)s - interval '6 hours' and r < 0.2 then 'waiting'
           when r > 0.99 then 'failed' else 'delivered' end as status) t
 cross join lateral (values ('waiting', 2, 500, 'It answers 500.'), ('delivered', 1, 204, ''),
                            ('failed', 14, 500, 'It answers 500.')) d (status, tries, answer, error)
 where d.status = t.status and m.uid between 'msg_load_' and 'msg_load_a'
"""
CALL_OUTS: Final = """
insert into webhooks_try (delivery_id, number, at, milliseconds, answer, error, request_head,
                          response_head, response_body)
select d.id, d.tries, d.made_at, 40 + d.id %% 300, d.answer, d.error,
       '{"content-type": "application/json"}', '{"server": "ledger"}', ''
  from webhooks_delivery d where d.endpoint_id = %(endpoint_id)s
"""

MODEL_CALLS: Final = """
insert into ai_modelcall (folder_id, endpoint_id, model, model_version, use, item_id, prompt,
                          prompt_version, is_repair, is_probe, outcome, error, tokens_in,
                          tokens_out, cost, seconds, at, ends_by, asked, answered)
select %(folder_id)s, %(model_id)s, 'reader', '2026-09', 'prompt:read-load',
       %(first_item)s + 1 + n * (%(items)s - 1) / (%(calls)s + 1), 'read-load', '1', false, false,
       case when pg_temp.r(n, 81) < 0.97 then 'answered' when pg_temp.r(n, 81) < 0.99
            then 'malformed' else 'failed' end, '', 900 + n %% 400, 120, 0.0021,
       0.4 + pg_temp.r(n, 82) * 3, at, at + interval '1 minute', 'Read the invoice.',
       '{"total": 12}'
  from (select n, pg_temp.moment(n::float8 / %(calls)s, %(days)s, %(now)s) - interval '2 minutes'
                  as at from generate_series(%(since)s::bigint, %(until)s::bigint) n) s
"""
USAGE: Final = """
insert into ai_usageday (endpoint_id, use, day, n_calls, n_errors, tokens_in, tokens_out, cost)
select endpoint_id, use, (at at time zone 'UTC')::date, count(*),
       count(*) filter (where outcome <> 'answered'), sum(tokens_in), sum(tokens_out), sum(cost)
  from ai_modelcall where endpoint_id = %(model_id)s group by 1, 2, 3
"""
