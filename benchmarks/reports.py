"""Fills two years of figures of a hundred queues and prints how long each report takes, and the
plan of its largest query.

    .venv/bin/python benchmarks/reports.py [--queues 100] [--days 730]

It starts a PostgreSQL of its own in a temporary directory. Every report is asked for 90 days beside
the 90 before, of all queues, ten times; and once more with the writing of a day, whose sources are
a day of the queues' hours. Exit status 1 if a report takes longer than 300 ms (median).
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

LOOKS = 10
MOST_MILLISECONDS = 300
PASSWORD = "admin-pass-1"
CHANGES_OF_WORTH = 3

FILL = """
insert into reports_dayfigure (measure, day, folder_id, queue_id, automation_id, detail, n)
select m.measure, current_date - d.n, q.folder_id, q.id, coalesce(q.automation_id, 0),
       case m.measure when 'cause' then (q.id %% 40)::text when 'runs' then '1'
            when 'run_seconds' then '1' when 'decisions' then 'data_problem'
            when 'decision_seconds' then 'data_problem' when 'looks' then '1|total'
            when 'looks_right' then '1|total' else '' end, (q.id * 7 + d.n) %% 100 + 1
  from queues_workqueue q, generate_series(1, %(days)s) as d (n),
       unnest(array['added', 'done', 'helped', 'failed', 'due', 'missed', 'data_problems', 'cause',
                    'decisions', 'decision_seconds', 'runs', 'run_seconds', 'looks',
                    'looks_right']) as m (measure)
on conflict do nothing
"""
HOURS = """
insert into queues_hourcount (queue_id, hour, measure, n)
select q.id, date_trunc('hour', now()) - make_interval(hours => h.n), m.measure, 100
  from queues_workqueue q, generate_series(0, 72) as h (n),
       unnest(array['added', 'successful', 'failed', 'ready', 'in_progress']) as m (measure)
on conflict do nothing
"""


def main() -> int:
    from benchmarks.drain import running_room

    os.environ["CONTROLROOM_ADMIN_PASSWORD"] = PASSWORD
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queues", type=int, default=100)
    parser.add_argument("--days", type=int, default=730)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1):
            fill(wishes.queues, wishes.days)
            slowest = measure()
            explain()
            write()
    return int(slowest > MOST_MILLISECONDS)


def fill(n_queues: int, n_days: int) -> None:
    from decimal import Decimal

    from django.db import connection

    from apps.accounts.models import Folder
    from apps.lib.actors import SYSTEM
    from apps.queues.models import WorkQueue
    from apps.reports.asking import today
    from apps.reports.lifecycle import set_worth

    folder = Folder.objects.order_by("pk").first()
    assert folder
    for number in range(n_queues):
        queue = WorkQueue.objects.create(folder=folder, key=f"bench-{number}", title=f"Q {number}")
        for change in range(CHANGES_OF_WORTH):
            set_worth(
                queue,
                since=today() - timedelta(days=400 - 120 * change - number),
                minutes_by_hand=Decimal(5 + change),
                rate_per_hour=Decimal(40),
                bot_cost_per_hour=Decimal(2),
                by=SYSTEM,
            )
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"days": n_days})
        n = cursor.rowcount
        cursor.execute(HOURS)
        cursor.execute("analyze reports_dayfigure")
    print(f"{n:,} figures of {n_queues} queues on {n_days} days")


def measure() -> float:
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Folder
    from apps.reports.answering import answer
    from apps.reports.asking import parse, today
    from apps.reports.questions import QUESTIONS

    folders = frozenset(Folder.objects.values_list("pk", flat=True))
    wanted, _problems = parse("period=90d", today=today())
    slowest = 0.0
    for key in QUESTIONS:
        took = [timed(lambda key=key: answer(key, wanted, folders).chart) for _n in range(LOOKS)]  # type: ignore[misc]
        reset_queries()
        with CaptureQueriesContext(connection) as asked:
            answer(key, wanted, folders)
        median = statistics.median(took)
        slowest = max(slowest, median)
        in_database = 1000 * sum(float(each["time"]) for each in asked.captured_queries)
        print(
            f"{key:17} {median:6.0f} ms (quickest {min(took):.0f}, slowest {max(took):.0f}), "
            f"{len(asked)} queries, {in_database:.0f} ms of it"
        )
    return slowest


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def explain() -> None:
    from django.db.models import Sum

    from apps.accounts.models import Folder
    from apps.reports.asking import parse, today
    from apps.reports.figures import Asked
    from apps.reports.questions.items import COUNTED

    folders = frozenset(Folder.objects.values_list("pk", flat=True))
    wanted, _problems = parse("period=90d", today=today())
    asked = Asked(wanted, folders)
    rows = asked.rows(asked.span, COUNTED).order_by().values_list("measure", "queue_id")
    print(rows.annotate(total=Sum("n")).explain(analyze=True, buffers=True))


def write() -> None:
    from apps.reports.lifecycle import record_again, record_span
    from apps.reports.models import FigureMark

    record_span()
    mark = FigureMark.objects.get()
    record_again((mark.upto - timedelta(days=1)).date())
    took = [timed(record_span) for _n in range(LOOKS)]
    print(f"writing what is not settled yet: {statistics.median(took):.0f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
