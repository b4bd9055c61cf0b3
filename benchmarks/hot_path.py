"""Drains a queue with a few processes through `finish_and_lease` and prints items per second.

    python benchmarks/hot_path.py [--items 200000] [--batch 100] [--processes 2] [--plain]

Needs DATABASE_URL of a migrated database; makes a queue of its own in it and leaves it drained,
with its history. No automation runs and nobody is told: this is what the storage can do. `--plain`
plans at each call, as web processes do. The CPU that the servers took for an item is printed too,
since a busy machine shifts the rate and not that.
"""

import argparse
import multiprocessing
import os
import sys
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

TICKS = os.sysconf("SC_CLK_TCK")
CHUNK = 10_000


def main() -> None:
    options = parse()
    queue_id = fill(options.items)
    start = multiprocessing.Barrier(options.processes)
    with multiprocessing.Pool(options.processes, initializer=keep, initargs=(start,)) as pool:
        jobs = [(queue_id, options.batch, options.plain)] * options.processes
        reports = pool.starmap(drain, jobs, chunksize=1)
    items = sum(report["items"] for report in reports)
    seconds = max(r["ended"] for r in reports) - min(r["began"] for r in reports)
    server = sum(report["server_seconds"] for report in reports) / max(1, items) * 1e6
    client = sum(report["client_seconds"] for report in reports) / max(1, items) * 1e6
    print(
        f"{items:,} items in batches of {options.batch}, {options.processes} processes:"
        f" {items / seconds:,.0f} items/s;"
        f" CPU per item {server:.0f} µs server, {client:.0f} µs client"
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plain", action="store_true")
    return parser.parse_args()


def fill(n_items: int) -> int:
    """Add the items in batches, as the API does, and print how long that took."""
    import django

    django.setup()
    from django.db import connections

    from apps.accounts.models import Folder
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import NewItem, add_items
    from apps.queues.models import WorkQueue

    folder, _new = Folder.objects.get_or_create(key="benchmark", title="Benchmark")
    queue = WorkQueue.objects.create(
        folder=folder, key=f"hot-path-{uuid4().hex[:12]}", title="Hot path"
    )
    payload = {"pad": "x" * 180}
    began = time.perf_counter()
    for first in range(0, n_items, CHUNK):
        news = [NewItem({"n": n, **payload}) for n in range(first, min(first + CHUNK, n_items))]
        add_items(queue, news, origin="api", by=SYSTEM, all_or_nothing=True)
    seconds = time.perf_counter() - began
    print(f"{n_items:,} items added in batches of {CHUNK:,}: {n_items / seconds:,.0f} items/s")
    queue_id: int = queue.pk
    connections.close_all()
    return queue_id


_start: Barrier


def keep(start: Barrier) -> None:
    global _start
    _start = start


def drain(queue_id: int, batch: int, plain: bool) -> dict[str, Any]:
    """Lease, finish and lease again until nothing is left."""
    from apps.queues import lifecycle
    from apps.queues.lifecycle import Result

    if not plain:
        lifecycle.prepare_for_draining()
    want = {"queue_id": queue_id, "n": batch, "bot": f"bench {os.getpid()}"}
    lifecycle.lease_items(0, n=1, bot="warm-up")
    server, items = backend_pid(), 0
    _start.wait()
    began, cpu, own = time.monotonic(), cpu_seconds(server), time.process_time()
    leased = lifecycle.lease_items(**want)
    while leased:
        results = [Result(item.id, item.token, "successful", {"ok": True}) for item in leased]
        finished, leased = lifecycle.finish_and_lease(results, **want)
        items += len(finished.finished)
    return {
        "items": items,
        "began": began,
        "ended": time.monotonic(),
        "server_seconds": cpu_seconds(server) - cpu,
        "client_seconds": time.process_time() - own,
    }


def backend_pid() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a server process on this machine, 0 for one elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
