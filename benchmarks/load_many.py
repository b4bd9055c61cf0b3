"""Fills a room of its own with millions of items, their history and instances.

    .venv/bin/python benchmarks/load_many.py FOLDER [--items 5000000] [--instances 1000000]
        [--history 20000000] [--days 60]

FOLDER becomes a data directory: its servers are started, the demo is loaded, and beside it thirty
queues get their items with tries, places, references, deadlines and counts, over the days before
now. What went wrong gets its groups as it always does. History is tries and steps, and then lines
of logs and events to more than the number asked for; beside them stand calls of webhooks and of
models. Reports, the map and the audit's seals are made of all that by the room itself. Takes some
20 minutes and 15 GB at full size; delete FOLDER afterwards. benchmarks/pages.py looks at every page
of it, and `manage.py up --data-dir FOLDER` runs it.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

CHUNK = 100_000
# of an item or an instance, at least
TRIES_AN_ITEM, STEPS_AN_INSTANCE = 1.05, 6.7
TABLES = (
    "queues_workitem", "queues_ended", "queues_attempt", "queues_minutecount", "queues_hourcount",
    "workflows_workflowinstance", "workflows_stepinstance", "workflows_token", "inbox_usertask",
    "bots_run", "bots_logline", "events_event", "failures_failure", "failures_failuregroup",
    "webhooks_delivery", "ai_modelcall", "reports_dayfigure", "landscape_flow", "audit_auditseal",
)  # fmt: skip


def main() -> None:
    from benchmarks.many.servers import room_without_processes

    wishes = parse_arguments()
    os.chdir(ROOT)
    with room_without_processes(wishes.folder):
        load(wishes)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=5_000_000)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--history", type=int, default=20_000_000)
    parser.add_argument("--days", type=int, default=60)
    return parser.parse_args()


def load(wishes: argparse.Namespace) -> None:
    """Write everything, chunk by chunk, each of which is a transaction."""
    from benchmarks.many import flow_rows, item_rows
    from benchmarks.many.things import make_things

    begun = time.monotonic()
    print("the demo, queues, bots and workflows …", flush=True)
    values = {**make_things().values, **numbers_of(wishes), **first_numbers()}
    run([item_rows.PREPARE])
    fill("runs", values["runs"], [flow_rows.RUNS, flow_rows.QUEUE_RUNS], values)
    fill("items", wishes.items, item_rows.STEPS, values, item_rows.CHUNK)
    fill("instances", wishes.instances, flow_rows.FLOWS, values, flow_rows.CHUNK)
    fill("lines", values["lines"], [flow_rows.LINES], values)
    fill_beside(values)
    catch_up()
    run([item_rows.LIKE_GROUPED], values)
    keep_up(values)
    run(["analyze"])
    report(time.monotonic() - begun)


def fill_beside(values: dict[str, Any]) -> None:
    from benchmarks.many import beside_rows, flow_rows

    fill("events", values["events"], [beside_rows.EVENTS], values)
    fill("firings", values["firings"], [flow_rows.FIRINGS], values)
    fill("notices", values["notices"], [flow_rows.NOTICES], values)
    fill("broken runs", values["runs"], [flow_rows.BROKEN_RUNS], values)
    fill("messages", values["deliveries"], [beside_rows.MESSAGES], values)
    fill("model calls", values["calls"], [beside_rows.MODEL_CALLS], values)
    fill("causes", values["items"] // 50, [beside_rows.CAUSES], values)
    run([beside_rows.DELIVERIES, beside_rows.CALL_OUTS, beside_rows.USAGE], values)
    run([flow_rows.CLOSED_TASKS, beside_rows.DECIDED], values)


def numbers_of(wishes: argparse.Namespace) -> dict[str, Any]:
    written = wishes.items * TRIES_AN_ITEM + wishes.instances * STEPS_AN_INSTANCE
    beside = max(2_000, int(wishes.history - written))
    return {
        "items": wishes.items,
        "instances": wishes.instances,
        "stride": max(1, wishes.items // wishes.instances),
        "days": wishes.days,
        "runs": max(1_000, wishes.items // 17),
        "lines": beside // 2,
        "events": beside // 2,
        "firings": max(900, wishes.items // 25),
        "notices": max(200, wishes.items // 250),
        "deliveries": max(200, wishes.items // 25),
        "calls": max(200, wishes.items // 25),
    }


def first_numbers() -> dict[str, Any]:
    """Return the numbers after which ours begin, and have the tables go on behind them."""
    from apps.lib.clock import database_now
    from apps.lib.partitions import ensure_month_partitions

    for table in ("queues_attempt", "workflows_stepinstance", "bots_logline", "events_event",
                  "failures_failure", "queues_minutecount",
                  "failures_minutefailures"):  # fmt: skip
        ensure_month_partitions(table, back=3)
    firsts = {
        name: run([f"select coalesce(max(id), 0) from {table}"])[0][0]  # noqa: S608
        for name, table in SEQUENCES.items()
    }
    return {"now": database_now(), **firsts}


SEQUENCES = {
    "first_item": "queues_workitem",
    "first_run": "bots_run",
    "first_instance": "workflows_workflowinstance",
}


def fill(
    what: str, n: int, statements: Iterable[str], values: dict[str, Any], chunk: str = ""
) -> None:
    begun = time.monotonic()
    for since in range(1, n + 1, CHUNK):
        until = min(since + CHUNK - 1, n)
        given = {**values, "since": since, "until": until}
        drop = ["drop table chunk"] if chunk else []
        run([each for each in (chunk, *statements, *drop) if each], given)
        seconds = time.monotonic() - begun
        print(f"\r{what}: {until:,} of {n:,}, {seconds:.0f} s", end="", flush=True)
    print()


def run(statements: Iterable[str], values: dict[str, Any] | None = None) -> list[Any]:
    """Run the statements in one transaction; return what the last one answers."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def catch_up() -> None:
    """Have the room do what it would have done meanwhile: counts, groups, tasks, deadlines."""
    from apps.dashboard.deadlines import record_deadlines
    from apps.failures.upkeep import group_failures
    from apps.inbox.upkeep import open_missing_tasks
    from apps.queues.counts import fold_counters

    for table in SEQUENCES.values():
        run([f"select setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
             f" (select max(id) from {table}))"])  # fmt: skip
    run(["analyze"])
    repeat("changes folded", fold_counters)
    repeat("failures grouped", group_failures)
    repeat("tasks opened", open_missing_tasks)
    repeat("deadlines missed", record_deadlines)


def keep_up(values: dict[str, Any]) -> None:
    """Have the room add up days for reports and for the map, and seal its history."""
    from apps.audit.sealing import seal
    from apps.landscape.upkeep import count_days, read_diagrams
    from apps.reports.lifecycle.recording import record_span

    def days_of_reports() -> int:
        n_days, has_more = record_span()
        return n_days if has_more else 0

    repeat("days of reports", days_of_reports)
    repeat("diagrams read", read_diagrams)
    print(f"{count_days(limit=values['days']):,} days of the map")
    begin = (values["now"] - timedelta(days=values["days"])).replace(minute=0, second=0)
    print(f"{seal(begin.replace(microsecond=0)):,} seals")


def repeat(what: str, work: Callable[[], int]) -> None:
    """Call it until nothing is left to do."""
    begun, total = time.monotonic(), 0
    while done := work():
        total += done
        print(f"\r{what}: {total:,}, {time.monotonic() - begun:.0f} s", end="", flush=True)
    print()


def report(seconds: float) -> None:
    for table in TABLES:
        n = run([f"select count(*) from {table}"])[0][0]  # noqa: S608
        print(f"{n:>12,} {table}")
    size = run(["select pg_size_pretty(pg_database_size(current_database()))"])[0][0]
    print(f"{size} in {seconds / 60:.0f} minutes")


if __name__ == "__main__":
    main()
