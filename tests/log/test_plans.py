"""Lines are read from indexes and nothing else, whatever the planner thinks is there.

On few rows reading all is cheaper, and right; with sequential scans and sorts switched off the plan
is that of millions. Figures on millions: benchmarks/log.py.
"""

import json
from datetime import timedelta

import pytest
from django.db import connection

from apps.lib.clock import database_now
from apps.log import statements
from apps.log.keys import BEFORE_ALL, Key
from apps.log.reading import OTHER_WAYS
from apps.log.statements import Stretch
from tests.factories_queues import make_item, make_queue
from tests.log.made import NOON, say, scope

pytestmark = pytest.mark.django_db

MONTH = Stretch(
    low=Key(NOON.replace(day=1, hour=0), BEFORE_ALL.id),
    high=Key(NOON.replace(day=1, hour=0) + timedelta(days=31), BEFORE_ALL.id),
    direction="older",
)


def nodes(plan):
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def plan_of(statement, *settings):
    with connection.cursor() as cursor:
        for name in settings:
            cursor.execute(f"set local {name} = off")
        text, values = statement
        cursor.execute(f"explain (format json) {text}", values)
        [[plan]] = cursor.fetchall()
    found = json.loads(plan) if isinstance(plan, str) else plan
    return list(nodes(found[0]["Plan"]))


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ({}, "folder_id_at_id"),
        ({"run": "5"}, "run_id_at_id"),
        ({"item": "INV-7"}, "item_id_at_id"),
        ({"instance": "9"}, "instance_id_at_id"),
        ({"queue": "orders"}, "queue_id_at_id"),
        ({"bot": "3"}, "bot_id_at_id"),
        ({"request": "r"}, "correlation_id_at_id"),
        ({"queue": "orders", "level": "error", "q": "rare"}, "queue_id_at_id"),
        ({"level": "warning"}, "folder_id_at_id_idx1"),
        ({"level": "error", "q": "rare"}, "folder_id_at_id_idx1"),
    ],
)
@pytest.mark.parametrize("direction", ["older", "newer"])
def test_a_walk_reads_one_month_in_the_order_of_one_index(folder, said, index, direction):
    queue = make_queue("orders", folder=folder)
    make_item(queue, reference="INV-7")
    say(folder, "said")
    stretch = Stretch(low=MONTH.low, high=MONTH.high, direction=direction)

    walk = statements.walk(scope(folder, **said), stretch, budget=100, n=10)
    plan = plan_of(walk, "enable_seqscan", "enable_bitmapscan", "enable_sort")

    reads = [node for node in plan if "Relation Name" in node]
    assert len(reads) == 1
    assert index in reads[0]["Index Name"] or reads[0]["Index Name"].startswith("log_line_")
    # from where to where, in the index: it ends with the month, and at the place
    assert "ROW" in reads[0]["Index Cond"]
    assert "Sort" not in [node["Node Type"] for node in plan]


MANY = """
insert into bots_logline (folder_id, level, message)
select %s, 'info', 'Invoice INV-' || n || ' was read' from generate_series(1, 3000) as n
"""


def test_words_are_looked_up_in_the_index_of_words_and_in_no_other(folder):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [folder.pk])
        cursor.execute("analyze bots_logline")
    now = database_now()
    this_month = Key(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0), BEFORE_ALL.id)
    stretch = Stretch(low=this_month, high=Key(now, 1), direction="older")
    probe = statements.probe(scope(folder, q="INV-1234 read"), stretch, n=10)

    with connection.cursor() as cursor:
        cursor.execute(OTHER_WAYS, ["off"] * 3)
        plan = plan_of(probe)

    kinds = [node["Node Type"] for node in plan]
    assert kinds.count("Bitmap Index Scan") == 1
    assert "Seq Scan" not in kinds
    [index] = [node for node in plan if node["Node Type"] == "Bitmap Index Scan"]
    assert "tsquery" in index["Index Cond"]


def test_the_tail_reads_what_was_written_since(folder):
    from apps.log import tailing

    say(folder, "said")
    statement = tailing.statement_since(scope(folder), tailing.now())
    plan = plan_of(statement, "enable_seqscan")

    reads = [node for node in plan if "Index Cond" in node]
    assert reads
    assert all("written_in" in node["Index Cond"] for node in reads)
