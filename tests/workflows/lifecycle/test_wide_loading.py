"""A step of an instance with thousands of passes reads what its event can reach, and no more."""

import json

import pytest
from django.db import connection

from apps.workflows.statements import BELOW, LOAD_CHAINS

pytestmark = pytest.mark.django_db

WIDE, PASSES = 500_000, 3_000

# One instance: a loop (scope 2) of subprocesses, in each of which a bot works; and many others.
FILL = f"""
insert into workflows_scope (instance_id, number, node, kind, parent, token, variables, counts)
select i, 1, 'p', 'process', null::int, null::int, '{{}}'::jsonb, '{{}}'::jsonb
  from generate_series(1, 20000) i
union all select {WIDE}, 1, 'p', 'process', null, null, '{{}}', '{{}}'
union all select {WIDE}, 2, 'each', 'loop', 1, 10002, '{{}}', '{{}}'
union all select {WIDE}, n, 'each', 'subprocess', 2, 10000 + n, '{{}}', '{{}}'
            from generate_series(3, {PASSES}) n;
insert into workflows_token
       (instance_id, number, scope, node, waits_for, entered_at, came_by, local, facts)
select i, 2, 1, 'a', 'item', now(), '', '{{}}'::jsonb, '{{}}'::jsonb
  from generate_series(1, 20000) i
union all select {WIDE}, 10002, 1, 'each', 'scope', now(), '', '{{}}', '{{}}'
union all select {WIDE}, 10000 + n, 2, 'each', 'scope', now(), '', '{{}}', '{{}}'
            from generate_series(3, {PASSES}) n
union all select {WIDE}, 20000 + n, n, 'bot', 'item', now(), '', '{{}}', '{{}}'
            from generate_series(3, {PASSES}) n;
insert into workflows_subscription
       (instance_id, number, folder_id, workflow_id, scope, node, kind, token, name, key, due_at,
        repeats, reads, was_true)
select {WIDE}, 30000 + n, 1, 1, n, 'late', 'timer', 20000 + n, '', '', now(), 0, '{{}}', false
  from generate_series(3, {PASSES}) n;
analyze workflows_scope; analyze workflows_token; analyze workflows_subscription
"""


def run(sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def rows_read(sql, values):
    """Return how many rows the parts of the plan gave, or read and threw away."""
    (plan,) = run(f"explain (analyze, format json) {sql}", values)[0]
    parts, n = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]], 0
    while parts:
        part = parts.pop()
        loops = part["Actual Loops"]
        n += loops * (part["Actual Rows"] + part.get("Rows Removed by Filter", 0))
        parts += part.get("Plans", [])
    return n


@pytest.fixture
def wide():
    with connection.cursor() as cursor:
        for statement in FILL.split(";"):
            cursor.execute(statement)
    return {"ids": [WIDE], "tokens": [20_777], "subscriptions": [None], "scopes": [None]}


def test_of_the_passes_only_the_one_on_the_way_is_loaded(wide):
    found = run(LOAD_CHAINS, wide)

    numbers = {(what, json.loads(row)[0]) for what, _instance, row in found}
    assert numbers == {
        ("scope", 1), ("scope", 2), ("scope", 777),
        ("token", 10_002), ("token", 10_777), ("token", 20_777),
        ("subscription", 30_777),
    }  # fmt: skip


def test_what_is_loaded_is_found_by_index_among_all_passes_and_instances(wide):
    assert rows_read(LOAD_CHAINS, wide) < 500


def test_what_lies_below_a_scope_is_found_by_index(wide):
    assert rows_read(BELOW, {"ids": [WIDE], "scopes": [777]}) < 100
