"""New instances."""

from typing import Final

# Ids are drawn before the rows are written, so that a step can name the instances it starts.
DRAW_IDS: Final = """
select nextval(pg_get_serial_sequence('workflows_workflowinstance', 'id'))
  from generate_series(1, %(n)s)
"""

# Written after the first step was taken in memory: an instance may have ended already.
INSERT_INSTANCES: Final = """
insert into workflows_workflowinstance
       (id, folder_id, workflow_id, version_id, status, business_key, parent_id, parent_token,
        root_id, depth, started_at, ended_at, started_by, start_node, next_number, size, is_wide,
        result, error_code, error_message, paused_by, reason)
select id, folder_id, workflow_id, version_id, status, business_key, parent_id, parent_token,
       root_id, depth, started_at, ended_at, started_by, start_node, next_number, size, is_wide,
       nullif(result, 'null'), error_code, error_message, '', ''
  from jsonb_to_recordset(%(instances)s::jsonb) as i (
       id bigint, folder_id bigint, workflow_id bigint, version_id bigint, status text,
       business_key text, parent_id bigint, parent_token int, root_id bigint, depth int,
       started_at timestamptz, ended_at timestamptz, started_by text, start_node text,
       next_number int, size int, is_wide boolean, result jsonb, error_code text,
       error_message text)
"""
