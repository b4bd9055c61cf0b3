"""Drains 200 000 items through a whole control room and its two bot slots, with full history.

    .venv/bin/python benchmarks/drain.py [--items 200000] [--slots 2]

It starts `manage.py up --empty` on a free port in a temporary directory, adds the items in batches
of 10 000 to a paused queue whose automation is `bench.noop` (apps/bots/automations.py), lets go,
and samples the counts. The rate is the slope between 5 % and 95 % done, which leaves out the start
of the runs and the tail. Afterwards it checks that each item ended once, after one attempt.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

READY = b"Control room ready at"
READY_SECONDS = 120
BATCH = 10_000
SAMPLE_SECONDS = 0.1
STUCK_SECONDS = 60.0
TARGET_PER_SECOND = 10_000


@dataclass(frozen=True)
class Sample:
    at: float
    n_ended: int


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", wishes.slots):
            queue = make_queue(wishes.slots)
            add(queue, wishes.items)
            samples = drain(queue, wishes.items)
            rate = slope(samples, wishes.items)
            print(
                f"drained  {wishes.items:>9,} items in {samples[-1].at - samples[0].at:6.1f} s, "
                f"slope from 5 % to 95 %: {rate:,.0f} items/s"
            )
            is_whole = check_history(queue, wishes.items)
    if rate < TARGET_PER_SECOND:
        print(f"below the target of {TARGET_PER_SECOND:,} items/s")
    return 0 if is_whole else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--slots", type=int, default=2)
    return parser.parse_args()


@contextmanager
def running_room(data_dir: Path, slots: int) -> Iterator[int]:
    """A whole control room, and its port; Django works on its database meanwhile."""
    from controlroom.embedded import free_port

    port = free_port()

    os.environ["CONTROLROOM_DATA_DIR"] = str(data_dir)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    command = [sys.executable, "manage.py", "up", "--empty"]
    room = subprocess.Popen(
        [*command, "--slots", str(slots), "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        wait_until_ready(room)
        os.environ["DJANGO_SETTINGS_MODULE"] = "controlroom.settings"
        import django

        django.setup()
        yield port
    finally:
        room.send_signal(signal.SIGINT)
        room.wait(timeout=30)


def wait_until_ready(room: "subprocess.Popen[bytes]") -> None:
    assert room.stdout
    end = time.monotonic() + READY_SECONDS
    for line in room.stdout:
        if READY in line:
            return
        if time.monotonic() > end:
            break
    raise SystemExit("the control room did not get ready")


def make_queue(max_runs: int) -> Any:
    from apps.accounts.models import Folder
    from apps.bots.releases import sync_automations
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import pause_queue
    from apps.queues.models import WorkQueue

    folder = Folder.objects.order_by("pk")[0]
    (automation,) = sync_automations(folder, names={"bench.noop"})
    queue = WorkQueue.objects.create(
        folder=folder, key="bench", title="Benchmark", automation=automation, max_runs=max_runs
    )
    pause_queue(queue, reason="filling", by=SYSTEM)
    return queue


def add(queue: Any, n_items: int) -> None:
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import NewItem, add_items

    durations = []
    for start in range(0, n_items, BATCH):
        numbers = range(start, min(start + BATCH, n_items))
        items = [
            NewItem(payload={"number": number, "text": "x" * 150}, reference=f"B-{number}")
            for number in numbers
        ]
        began = time.monotonic()
        added = add_items(queue, items, origin="api", by=SYSTEM, all_or_nothing=True)
        durations.append(time.monotonic() - began)
        assert len(added.ids) == len(items), added.rejected[:3]
    median = sorted(durations)[len(durations) // 2]
    print(
        f"added    {n_items:>9,} items in {sum(durations):6.1f} s, "
        f"{BATCH:,} of them in {median:.2f} s (median), {max(durations):.2f} s (longest)"
    )


def drain(queue: Any, n_items: int) -> list[Sample]:
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import resume_queue

    resume_queue(queue, by=SYSTEM)
    samples = [Sample(time.monotonic(), 0)]
    moved_at = time.monotonic()
    while samples[-1].n_ended < n_items:
        time.sleep(SAMPLE_SECONDS)
        samples.append(Sample(time.monotonic(), count_ended(queue)))
        if samples[-1].n_ended > samples[-2].n_ended:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > STUCK_SECONDS:
            raise SystemExit(f"stuck at {samples[-1].n_ended:,} items")
    return samples


def count_ended(queue: Any) -> int:
    """Return the exact count, from the folded counter and the deltas behind it: cheap."""
    from apps.queues.counts import counts_of

    return int(counts_of([queue.pk])[queue.pk].by_status["successful"])


def slope(samples: list[Sample], n_items: int) -> float:
    """Return the items per second between 5 % and 95 % done."""
    first = next(each for each in samples if each.n_ended >= 0.05 * n_items)
    last = next(each for each in samples if each.n_ended >= 0.95 * n_items)
    if last.at == first.at:
        return float("nan")
    return (last.n_ended - first.n_ended) / (last.at - first.at)


def check_history(queue: Any, n_items: int) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            select (select count(*) from queues_ended where queue_id = %(queue)s
                      and status = 'successful'),
                   (select count(*) from queues_attempt where queue_id = %(queue)s
                      and outcome = 'successful'),
                   (select count(distinct item_id) from queues_attempt
                     where queue_id = %(queue)s),
                   (select count(*) from queues_attempt where queue_id = %(queue)s),
                   (select count(*) from queues_ready where queue_id = %(queue)s)
                 + (select count(*) from queues_lease where queue_id = %(queue)s)
            """,
            {"queue": queue.pk},
        )
        ended, successful, distinct, attempts, left = cursor.fetchone()
        cursor.execute("select count(*) from bots_run")
        (runs,) = cursor.fetchone()
    is_whole = ended == successful == distinct == n_items and left == 0
    print(
        f"history  {attempts:>9,} attempts, {successful:,} successful, of {distinct:,} items; "
        f"{ended:,} ended, {left:,} left; {runs} runs: {'whole' if is_whole else 'NOT WHOLE'}"
    )
    return is_whole


if __name__ == "__main__":
    sys.exit(main())
