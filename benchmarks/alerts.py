"""Times alert rules that have nothing to do, and a back-test.

    .venv/bin/python benchmarks/alerts.py [--rules 1000] [--looks 20]

It needs a control room's servers (CONTROLROOM_DATA_DIR of one that runs, or DATABASE_URL), works in
a transaction that it rolls back, and prints per look: the time of this process and that of the
database's own process on a processor, and what both come to as a share of a core at one look each
5 seconds. Then how long a rule of two conditions takes to be tried on 14 days of minute counts.
"""

import argparse
import os
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")

import django  # noqa: E402
import psutil  # noqa: E402

django.setup()

from django.db import connection, transaction  # noqa: E402

from apps.accounts.models import Folder  # noqa: E402
from apps.alerts.backtesting import try_rule  # noqa: E402
from apps.alerts.conditions import parse_rule  # noqa: E402
from apps.alerts.lifecycle import look  # noqa: E402
from apps.alerts.models import AlertRule  # noqa: E402
from apps.lib.clock import database_now  # noqa: E402
from apps.queues.models import MinuteCount, WorkQueue  # noqa: E402

EVERY_SECONDS = 5
TARGET_SHARE = 0.05
QUEUES = 100
METRICS = ("queue.ready", "queue.oldest_seconds", "queue.failure_share", "queue.finished")


def main() -> int:
    wishes = parse_arguments()
    with transaction.atomic():
        folder, keys = make_queues()
        make_rules(folder, keys, wishes.rules)
        share = looks(wishes.rules, wishes.looks)
        backtest(folder, keys[0])
        transaction.set_rollback(True)
    return 0 if share <= TARGET_SHARE else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--looks", type=int, default=20)
    return parser.parse_args()


def make_queues() -> tuple[Folder, list[str]]:
    folder = Folder.objects.create(key="bench-alerts", title="Bench")
    keys = [f"bench-{n}" for n in range(QUEUES)]
    WorkQueue.objects.bulk_create(WorkQueue(folder=folder, key=key, title=key) for key in keys)
    return folder, keys


def condition(n: int, keys: list[str]) -> dict[str, object]:
    metric = METRICS[n % len(METRICS)]
    found = {
        "metric": metric,
        "queue": keys[n // 4 % QUEUES],
        "op": ">",
        "value": 1 if "share" in metric else 500 + n,
    }
    return {**found, **({"window_seconds": 600} if metric in METRICS[2:] else {})}


def make_rules(folder: Folder, keys: list[str], n_rules: int) -> None:
    AlertRule.objects.bulk_create(
        AlertRule(
            folder=folder, key=f"bench-{n}", title=f"Bench {n}", rule={"all": [condition(n, keys)]}
        )
        for n in range(n_rules)
    )


def looks(n_rules: int, n_looks: int) -> float:
    """Return the share of a core; the first look, which reads the rules, does not count."""
    look(at_least_seconds=0)
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    before, own, wall = sum(backend.cpu_times()[:2]), process_time(), perf_counter()
    for _n in range(n_looks):
        look(at_least_seconds=0)
    own, wall = process_time() - own, perf_counter() - wall
    database = sum(backend.cpu_times()[:2]) - before
    share = (own + database) / n_looks / EVERY_SECONDS
    here, there, all_of_it = (1000 * each / n_looks for each in (own, database, wall))
    print(f"{n_rules} rules, a look: {here:.1f} ms here, {there:.1f} ms in the database,")
    print(f"{all_of_it:.1f} ms in all; {share:.2%} of a core")
    return share


def backtest(folder: Folder, key: str) -> None:
    queue = WorkQueue.objects.get(folder=folder, key=key)
    now = database_now().replace(second=0, microsecond=0)
    MinuteCount.objects.bulk_create(
        MinuteCount(
            queue_id=queue.pk, minute=now - timedelta(minutes=n), measure=measure, n=(n % 7) - 3
        )
        for n in range(14 * 1440)
        for measure in ("ready", "successful")
    )
    conditions = [
        {"metric": "queue.ready", "queue": key, "op": ">", "value": 5},
        {"metric": "queue.finished", "queue": key, "op": "<", "value": 9, "window_seconds": 600},
    ]
    rule, begun = parse_rule({"all": conditions}), perf_counter()
    outcome = try_rule(rule, folder.pk)
    print(
        f"back-test of two conditions: {(perf_counter() - begun) * 1000:.0f} ms,"
        f" {len(outcome.stretches)} alerts"
    )


if __name__ == "__main__":
    sys.exit(main())
