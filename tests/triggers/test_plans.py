"""What looks for the newest items of a quiet queue does not walk the items of a busy one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.triggers.lifecycle.tracing import cause_of_backlog
from apps.triggers.watching.arrivals import ITEMS
from tests.factories import make_folder
from tests.factories_queues import make_queue

pytestmark = pytest.mark.django_db
FILL = """
insert into queues_workitem (queue_id, reference, payload, priority, entered_at, version, origin,
                             added_by)
select %s, '', '{}', 50, now(), 1, 'api', '' from generate_series(1, %s)
"""


@pytest.fixture
def folder(db):
    """A folder with a queue of one item, and another with ten thousand that came later."""
    folder = make_folder()
    with connection.cursor() as cursor:
        for key, n in (("quiet", 1), ("busy", 10_000)):
            cursor.execute(FILL, [make_queue(key, folder=folder).pk, n])
        cursor.execute("analyze queues_workitem, queues_workqueue")
    return folder


def plan_of(sql: str, values=None) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"explain {sql}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_newest_item_is_found_by_its_queue(folder):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert cause_of_backlog(folder.pk, "quiet") is None

    plan = plan_of(asked.captured_queries[0]["sql"])
    assert "work_item_queue" in plan
    assert "queues_workitem_pkey" not in plan


def test_what_came_lately_is_counted_by_its_queue(folder):
    values = {"folder": folder.pk, "key": "quiet", "most": 5}

    plan = plan_of(ITEMS, {**values, "since": "2026-01-01", "until": "2099-01-01"})

    assert "work_item_queue" in plan
    assert "queues_workitem_pkey" not in plan
