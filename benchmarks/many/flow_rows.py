"""The SQL that writes instances with their steps, runs with their lines, tasks and firings.

Each instance has one item of its own, and began when that came in. See item_rows for `r`.
"""

from typing import Final

CHUNK: Final = """
create temp table chunk as
with drawn as (
    select i, %(first_instance)s + i as id, %(first_item)s + i * %(stride)s as item_id,
           1 + floor(12 * power(pg_temp.r(i, 31), 2))::int as w, pg_temp.r(i, 32) as fate,
           i > %(instances)s * 0.9 as is_late
      from generate_series(%(since)s::bigint, %(until)s::bigint) i
), found as (
    select d.*, t.queue_id, t.reference, t.entered_at, e.at, e.status as end_of,
           case when e.item_id is null then 'item'
                when d.is_late and d.fate < 0.3 then 'task'
                when d.fate > 0.997 then 'incident' end as waits_for
      from drawn d join queues_workitem t on t.id = d.item_id
      left join queues_ended e on e.item_id = d.item_id
)
select *, (%(workflows)s::bigint[])[w] as workflow_id, (%(versions)s::bigint[])[w] as version_id,
       case when waits_for is not null then case when fate < 0.01 then 'paused' else 'running' end
            when end_of = 'failed' and fate < 0.5 then 'failed'
            when end_of = 'cancelled' then 'cancelled' else 'completed' end as status
  from found;
analyze chunk;
"""
INSTANCES: Final = """
insert into workflows_workflowinstance (id, status, business_key, depth, started_at, ended_at,
    started_by, start_node, next_number, size, is_wide, error_code, error_message, paused_at,
    paused_by, reason, folder_id, workflow_id, version_id)
select id, status, reference, 0, entered_at, case when waits_for is null then at end, 'Load',
       'start', 9, 1, false, case when status = 'failed' then 'total_mismatch' else '' end, '',
       case when status = 'paused' then %(now)s end, '', '', %(folder_id)s, workflow_id, version_id
  from chunk order by id
"""
OWNED: Final = """
insert into queues_owned (item_id, owner_id, token) select item_id, id, 6 from chunk order by 1
"""
STEPS: Final = """
insert into workflows_stepinstance (instance_id, token, scope, node, kind, outcome, entered_at,
                                    ended_at, came_by, delta, by, note)
select c.id, s.token, 1, s.node, s.kind, 'completed', c.entered_at + s.token * interval '1 second',
       least(c.entered_at + (s.token + 1) * interval '1 second', %(now)s), '',
       case when s.token = 3 then '{"decision": "approve"}'::jsonb else '{}'::jsonb end,
       case when s.token = 3 then 'Sam' else '' end, ''
  from chunk c cross join (values
       (1, 'start', 'start'), (2, 'above_limit', 'exclusive'), (3, 'approve', 'user'),
       (4, 'approved', 'exclusive'), (5, 'join', 'exclusive'), (6, 'carry_out', 'service'),
       (7, 'done', 'end')) s (token, node, kind)
 where s.token < case c.waits_for when 'item' then 6 when 'incident' then 6 when 'task' then 3
                      else 8 end
"""
TOKENS: Final = """
insert into workflows_token (instance_id, number, scope, node, waits_for, entered_at, came_by,
                             local, facts)
select id, case waits_for when 'task' then 3 else 6 end, 1,
       case waits_for when 'task' then 'approve' else 'carry_out' end, waits_for, entered_at, '',
       '{}', '{}'
  from chunk where waits_for is not null
"""
SCOPES: Final = """
insert into workflows_scope (instance_id, number, node, kind, variables, counts)
select id, 1, '', 'process',
       jsonb_build_object('number', reference, 'amount', 1200, 'limit', 1000, 'item', item_id), '{}'
  from chunk
"""
INCIDENTS: Final = """
insert into workflows_incident (token, node, phase, code, fingerprint, message, opened_at,
    resolved_by, how, reason, folder_id, workflow_id, instance_id)
select 6, 'carry_out', 'item', 'total_mismatch', md5('total_mismatch'),
       'The total does not match its lines.', least(at, %(now)s), '', '', '', %(folder_id)s,
       workflow_id, id
  from chunk where waits_for = 'incident'
"""
FORMS: Final = """
insert into inbox_usertask (kind, status, title, reason, code, attempt, instance_id, token,
    candidate_groups, candidate_users, offered_to, excluded, votes_needed, handling, rungs_taken,
    alike, predictions, priority, instructions, form, values, item_version, earlier_values,
    decisions, facts, version, due_at, created_at, decided_by_name, decision, decision_comment,
    decision_reference, correction_reasons, folder_id, snoozed_by_name)
select 'form', 'open', 'Approve the request', '', '', 0, id, 3, '["supervisors"]', '[]',
       '{role:supervisor}', '{}', 1, '{}', 0, '', '{}', 50, '', '{}',
       jsonb_build_object('number', reference), 1, '{}',
       '[{"key": "approve", "title": "Approve", "shortcut": "a", "effect": ""},
         {"key": "reject", "title": "Reject", "shortcut": "r", "effect": ""}]',
       jsonb_build_object('workflow', 'Approval', 'business_key', reference), 1,
       entered_at + interval '2 days', entered_at, '', '', '', '', '[]', %(folder_id)s, ''
  from chunk where waits_for = 'task'
"""
FLOWS: Final = (INSTANCES, OWNED, STEPS, TOKENS, SCOPES, INCIDENTS, FORMS)

# What went wrong with items was decided by people, mostly within hours
CLOSED_TASKS: Final = """
insert into inbox_usertask (kind, status, title, reason, code, attempt, item_id, queue_id,
    candidate_groups, candidate_users, offered_to, excluded, votes_needed, handling, rungs_taken,
    alike, predictions, priority, instructions, form, values, item_version, earlier_values,
    decisions, facts, version, created_at, decided_at, decided_by_id, decided_by_name, decision,
    decision_comment, decision_reference, correction_reasons, folder_id, parked_at, snoozed_by_name)
select 'data_problem', 'completed', 'Data problem: ' || w.reference,
       'The total of ' || w.reference || ' does not match its lines.', 'total_mismatch', 1,
       e.item_id, e.queue_id, '[]', '[]', '{}', '{}', 1, '{}', 0, '', '{}', 50, '', '{}',
       w.payload, 1, '{}',
       '[{"key": "correct", "title": "Try again", "shortcut": "a", "effect": ""}]',
       jsonb_build_object('reference', w.reference, 'queue', e.queue_id), 2, w.entered_at, e.at,
       (%(people)s::bigint[])[1 + e.item_id %% cardinality(%(people)s::bigint[])], 'Sam',
       case when e.status = 'skipped' then 'leave_out' else 'reject' end, '', '', '[]',
       %(folder_id)s, w.entered_at, ''
  from queues_ended e join queues_workitem w on w.id = e.item_id
 where e.item_id > %(first_item)s and e.status in ('failed', 'skipped')
   and e.queue_id = any (%(queues)s::bigint[])
"""

RUNS: Final = """
insert into bots_run (id, slot_number, status, input, created_at, started_at, ended_at,
    heartbeat_at, progress_at, stop_requested_by, exit_reason, n_successful, n_failed,
    started_because, source, bot_id, folder_id, pool_id, version_id, priority,
    required_capabilities, share, rank_at, is_data_fault)
select %(first_run)s + n, 1,
       case when pg_temp.r(n, 41) < 0.95 then 'successful' when pg_temp.r(n, 41) < 0.99
            then 'faulted' else 'lost' end,
       '{}', at, at + interval '2 seconds', least(at + interval '8 minutes', %(now)s), at, at, '',
       case when pg_temp.r(n, 41) < 0.95 then '' else 'RuntimeError: the desktop is locked' end,
       16, 1, 'Items wait', 'queue:' || (%(queues)s::bigint[])[1 + n %% 30],
       (%(bots)s::bigint[])[1 + n %% 60], %(folder_id)s, %(pool_id)s,
       (%(automations)s::bigint[])[1 + n %% cardinality(%(automations)s::bigint[])], 50, '{}', 1,
       at, false
  from (select n, pg_temp.moment(n::float8 / %(runs)s, %(days)s, %(now)s) - interval '10 minutes'
               as at
          from generate_series(%(since)s::bigint, %(until)s::bigint) n) s
"""
QUEUE_RUNS: Final = """
insert into queues_queuerun (run_id, queue_id)
select %(first_run)s + n, (%(queues)s::bigint[])[1 + n %% 30]
  from generate_series(%(since)s::bigint, %(until)s::bigint) n
"""
BROKEN_RUNS: Final = """
insert into failures_ungrouped (source, source_id, number, at)
select 'run', id, 0, ended_at from bots_run
 where id between %(first_run)s + %(since)s and %(first_run)s + %(until)s
   and status in ('faulted', 'lost')
"""
LINES: Final = """
insert into bots_logline (at, folder_id, run_id, bot_id, queue_id, item_id, attempt, level, message)
select pg_temp.moment(n::float8 / %(lines)s, %(days)s, %(now)s) - interval '10 minutes',
       %(folder_id)s, %(first_run)s + run, (%(bots)s::bigint[])[1 + run %% 60],
       (%(queues)s::bigint[])[1 + run %% 30], item, 1,
       case when pg_temp.r(n, 51) < 0.02 then 'error' when pg_temp.r(n, 51) < 0.07 then 'warning'
            else 'info' end,
       (array['Opened the invoice of R-', 'Typed the amounts of R-', 'Saved R-',
              'Waited for the page of R-', 'Could not save R-'])[1 + n %% 5]
       || lpad(item::text, 9, '0') || ' after ' || n %% 900 || ' ms'
  from (select n, %(first_item)s + 1 + n * %(items)s / (%(lines)s + 1) as item,
               1 + n * %(runs)s / (%(lines)s + 1) as run
          from generate_series(%(since)s::bigint, %(until)s::bigint) n) s
"""
FIRINGS: Final = """
insert into triggers_firing (planned_at, fired_at, outcome, reason, message, mark, origin, count,
                             subject_type, subject_ids, label, by, trigger_id)
select at, at, case when pg_temp.r(n, 61) < 0.95 then 'fired' else 'skipped' end,
       case when pg_temp.r(n, 61) < 0.95 then '' else 'overlap' end, '', '', 'schedule', 1,
       'items', '{}', '1 item', '', (%(triggers)s::bigint[])[1 + n %% 9]
  from (select n, pg_temp.moment(n::float8 / %(firings)s, %(days)s, %(now)s) - interval '5 minutes'
                  as at from generate_series(%(since)s::bigint, %(until)s::bigint) n) s
on conflict do nothing
"""
NOTICES: Final = """
insert into notices_notice (kind, title, body, url, subject_type, key, gather, made_at, read_at,
                            planned_at, user_id, folder_id)
select 'task.assigned', 'Decide R-' || n, '', '/inbox/', '', '', '',
       pg_temp.moment(n::float8 / %(notices)s, %(days)s, %(now)s),
       case when n < %(notices)s * 0.95 then %(now)s end, %(now)s, (%(people)s::bigint[])[1],
       %(folder_id)s
  from generate_series(%(since)s::bigint, %(until)s::bigint) n
"""
