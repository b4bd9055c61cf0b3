"""Shows how slots are shared out among queues, and runs among machines.

    .venv/bin/python benchmarks/fairness.py [--items 100000] [--slots 6] [--seconds 60]

It starts `manage.py up --empty` on a free port in a temporary directory and prints:

- shares: one queue is flooded with 100 000 items, another has the share 2 and more than it can do,
  a third gets an item twice a second. Printed is how many slots each has over time, its part of
  them after the first ten seconds beside the part that is due, and how long the items of the third
  wait until they begin.
- machines: bots with 6 and with 2 slots, at half of what they can do: the part of the runs that
  each takes, and how evenly loaded both are when a run begins.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

ITEM_SECONDS = 0.02
TRICKLE_SECONDS = 0.5
WARM_UP_SECONDS = 10.0
SAMPLE_SECONDS = 0.25
BATCH = 10_000
# the third queue waits for a turn at most: its own patience, and that of the run that goes
TARGET_P95_SECONDS = 8.0
TARGET_ERROR = 0.10
LARGE, SMALL = 6, 2
RUN_SECONDS = 0.6


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", wishes.slots):
            missed = [*share_slots(wishes), *spread_runs()]
    for sentence in missed:
        print(sentence)
    return 1 if missed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--slots", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=60.0)
    return parser.parse_args()


# --- queues share slots


def share_slots(wishes: argparse.Namespace) -> list[str]:
    flooded = make_queue("flooded", wishes.slots)
    double = make_queue("double", wishes.slots, share=2)
    trickle = make_queue("trickle", wishes.slots)
    for queue in (flooded, double):
        fill(queue, wishes.items)
    samples = watch({each.pk: each.key for each in (flooded, double, trickle)}, trickle, wishes)
    missed = tell_parts(samples, {"flooded": 1, "double": 2})
    missed += tell_waiting(trickle)
    pause_all()
    return missed


def make_queue(key: str, slots: int, **more: Any) -> Any:
    from apps.accounts.models import Folder
    from apps.bots.releases import sync_automations
    from apps.queues.models import WorkQueue

    folder = Folder.objects.order_by("pk")[0]
    (automation,) = sync_automations(folder, names={"bench.wait"})
    return WorkQueue.objects.create(
        folder=folder, key=key, title=key.title(), automation=automation, max_runs=slots, **more
    )


def fill(queue: Any, n: int) -> None:
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import NewItem, add_items

    for begin in range(0, n, BATCH):
        items = [NewItem({"seconds": ITEM_SECONDS}) for _ in range(min(BATCH, n - begin))]
        add_items(queue, items, origin="api", by=SYSTEM, all_or_nothing=True)


def watch(names: dict[int, str], trickle: Any, wishes: argparse.Namespace) -> list[Counter[str]]:
    """Add to the trickle, and count slots by queue, for as long as wished."""
    from apps.bots.models import Run

    began, next_item, samples = time.monotonic(), 0.0, []
    print("slots    " + "".join(f"{name:>10}" for name in names.values()))
    while (now := time.monotonic() - began) < wishes.seconds:
        if now >= next_item:
            fill(trickle, 1)
            next_item += TRICKLE_SECONDS
        held = Run.objects.filter(status="running").values_list("source", flat=True)
        counted = Counter(names[int(source.partition(":")[2])] for source in held)
        if now >= WARM_UP_SECONDS:
            samples.append(counted)
        if len(samples) % 20 == 1:
            print(f"{now:6.1f} s " + "".join(f"{counted[name]:>10}" for name in names.values()))
        time.sleep(SAMPLE_SECONDS)
    return samples


def tell_parts(samples: list[Counter[str]], shares: dict[str, int]) -> list[str]:
    """Print each one's part of the slots that those that always want some had."""
    total: Counter[str] = Counter()
    for each in samples:
        total.update({name: n for name, n in each.items() if name in shares})
    missed = []
    for name, share in shares.items():
        part, due = total[name] / max(1, total.total()), share / sum(shares.values())
        mean = total[name] / max(1, len(samples))
        print(
            f"share    {name:>10}: {part:5.1%} of the slots, due {due:5.1%}; {mean:.2f} at a time"
        )
        if abs(part - due) > TARGET_ERROR:
            missed.append(f"{name} has {part:.1%} of the slots, due are {due:.1%}")
    return missed


def tell_waiting(queue: Any) -> list[str]:
    """Print how long items waited until they began."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            select extract(epoch from a.started_at - i.entered_at)::float
              from queues_attempt a join queues_workitem i on i.id = a.item_id
             where i.queue_id = %s order by 1""",
            [queue.pk],
        )
        waits = [seconds for (seconds,) in cursor.fetchall()]
    if not waits:
        return ["the trickle was not served at all"]
    p50, p95 = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
    print(
        f"waiting     trickle: {len(waits)} items began after {p50:.2f} s (median), "
        f"{p95:.2f} s (95 %), {waits[-1]:.2f} s (longest)"
    )
    if p95 > TARGET_P95_SECONDS:
        return [f"the trickle waited {p95:.1f} s, the target is {TARGET_P95_SECONDS} s"]
    return []


def pause_all() -> None:
    from apps.bots.models import Run
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import pause_queue
    from apps.queues.models import WorkQueue

    for queue in WorkQueue.objects.all():
        pause_queue(queue, reason="measured", by=SYSTEM)
    until(lambda: not Run.objects.active().exists())


# --- machines share runs


def spread_runs(n: int = 120) -> list[str]:
    from apps.accounts.models import Folder
    from apps.bots.lifecycle import create_run
    from apps.bots.models import BotPool, Run
    from apps.bots.releases import sync_automations
    from apps.bots.transport import ring_pool

    folder = Folder.objects.order_by("pk")[0]
    pool = BotPool.objects.create(folder=folder, key="machines", title="Machines")
    (automation,) = sync_automations(folder, names={"bench.rest"})
    version = automation.current_version
    assert version
    with machine("large", LARGE), machine("small", SMALL):
        until(lambda: pool.bots.filter(slots__heartbeat_at__isnull=False).distinct().count() == 2)
        time.sleep(2)
        for _ in range(n):
            ring_pool(create_run(version, pool=pool, run_input={"seconds": RUN_SECONDS}))
            time.sleep(RUN_SECONDS / (LARGE + SMALL) * 2)
        until(lambda: not Run.objects.active().filter(pool=pool).exists())
    by_bot = Counter(Run.objects.filter(pool=pool).values_list("bot__name", flat=True))
    waited = sorted(
        (run.started_at - run.created_at).total_seconds() for run in Run.objects.filter(pool=pool)
    )
    part, due = by_bot["large"] / n, LARGE / (LARGE + SMALL)
    print(
        f"machines      large: {part:5.1%} of the runs, due {due:5.1%}; "
        f"runs began after {waited[n // 2]:.3f} s (median), {waited[int(n * 0.95)]:.3f} s (95 %)"
    )
    if abs(part - due) > TARGET_ERROR:
        return [f"the large machine took {part:.1%} of the runs, due are {due:.1%}"]
    return []


@contextmanager
def machine(name: str, slots: int) -> Iterator[None]:
    command = [sys.executable, "manage.py", "bot", "--pool", "machines", "--name", name]
    process = subprocess.Popen(
        [*command, "--slots", str(slots)],
        cwd=ROOT,
        env={**os.environ, "CONTROLROOM_ROLE": "bot"},
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def until(is_so: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit("it did not happen in time")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
