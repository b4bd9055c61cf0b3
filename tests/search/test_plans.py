"""Look-ups by reference read their index and nothing else, whatever the planner thinks is there.

On few rows reading all is cheaper, and right; with sequential and bitmap scans switched off the
plan is that of millions.
"""

import json

import pytest
from django.db import connection

from apps.search import asking
from apps.search.statements import INSTANCES_BY_KEY, ITEMS_BY_REFERENCE
from tests.factories_queues import make_items, make_queue
from tests.search.made import item_called
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db


def nodes(plan):
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def plan_of(statement, folder, text):
    lows, highs = zip(*asking.read(text).ranges, strict=True)
    values = {
        "lows": list(lows), "highs": list(highs), "exact": list(lows),
        "folders": [folder.pk], "n": 6,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute(f"explain (format json) {statement}", values)
        [[plan]] = cursor.fetchall()
    found = json.loads(plan) if isinstance(plan, str) else plan
    return list(nodes(found[0]["Plan"]))


@pytest.mark.parametrize("text", ["INV-7", "nothing so", "i"])
@pytest.mark.parametrize(
    ("statement", "table", "index"),
    [
        (ITEMS_BY_REFERENCE, "queues_workitem", "work_item_reference"),
        (INSTANCES_BY_KEY, "workflows_workflowinstance", "instance_business_key"),
    ],
)
def test_a_range_is_read_in_the_order_of_its_index(folder, admin, statement, table, index, text):
    queue = make_queue(folder=folder)
    make_items(queue, 50)
    item_called("INV-7", folder, queue=queue)
    start_approval(folder, admin, number="INV-7")

    plan = plan_of(statement, folder, text)

    reads = [node for node in plan if node.get("Relation Name") == table]
    assert [node["Index Name"] for node in reads] == [index]
    # from where to where, in the index: not a filter over all that is there
    assert all(">=" in node["Index Cond"] and "<" in node["Index Cond"] for node in reads)
    assert all("Filter" not in node for node in reads)
    # read in its order: what is sorted is the few that were found, above the loop
    assert [node["Node Type"] for node in plan].count("Sort") == 1
