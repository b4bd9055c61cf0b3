"""Times queue triggers from an item added to its run started, and triggers that have nothing to do.

    .venv/bin/python benchmarks/queue_trigger.py [--items 100] [--idle 10000] [--seconds 20]

It starts `manage.py up --empty` with two idle bot slots on a free port in a temporary directory:

- reaction: a queue trigger starts a run for each item; every half second one is added. Taken is the
  time from before the add until the run's `started_at`, on the database's clock;
- idle: how much of a core the scheduler uses with no trigger, and with 10 000 of mixed kinds that
  are on, of which nothing is due and nothing holds: 40 % with times, 20 % each of queue and state,
  10 % each of event and expected, over 100 queues.
"""

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402
from benchmarks.triggers import first_folder, pid_of_scheduler, share_of_core, vacuum  # noqa: E402

TARGET_P95_SECONDS = 0.5
TARGET_IDLE_SHARE = 0.05
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 10.0
QUEUES = 100
LOOKS = 20
# by kind, of ten triggers
MIX = {"time": 4, "queue": 2, "state": 2, "event": 1, "expected": 1}


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 2):
            place = first_folder()
            missed = [react(place, wishes.items), idle(place, wishes.idle, wishes.seconds)]
    for sentence in filter(None, missed):
        print(sentence)
    return 1 if any(missed) else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    return parser.parse_args()


# --- from an item to its run


def react(folder: Any, n: int) -> str:
    """Add `n` items one by one, and time how soon the run of each has started."""
    from apps.bots.releases import sync_automations
    from apps.lib.actors import SYSTEM
    from apps.queues.models import WorkQueue
    from apps.triggers.lifecycle import save_trigger

    sync_automations(folder, names={"bench.rest"})
    queue = WorkQueue.objects.create(folder=folder, key="reaction", title="Reaction")
    said = {
        "title": "Reaction",
        "kind": "queue",
        "rule": {"queue": queue.key, "max_active": 2},
        "target": {"type": "run", "automation": "bench-rest", "input": {"seconds": 0.05}},
    }
    save_trigger(folder, "reaction", said, by=SYSTEM)
    time.sleep(3)  # the slots are up, and wait
    taken = sorted(filter(None, (add_and_wait(queue) for _item in range(n))))
    if not taken:
        return "no item started a run"
    p50, p95 = taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.95))]
    print(
        f"reaction {n:>9,} items, one by one: {len(taken)} started a run; p50 {p50 * 1000:.0f} ms,"
        f" p95 {p95 * 1000:.0f} ms, longest {taken[-1] * 1000:.0f} ms"
    )
    if len(taken) < n:
        return f"{n - len(taken)} items started nothing within {PATIENCE_SECONDS:.0f} s"
    return "" if p95 < TARGET_P95_SECONDS else f"above the target of {TARGET_P95_SECONDS} s"


def add_and_wait(queue: Any) -> float | None:
    """Return how long it took until a run had started; the item is taken away then."""
    from apps.bots.models import Run
    from apps.lib.actors import SYSTEM
    from apps.lib.clock import database_now
    from apps.queues.lifecycle import NewItem, add_item, cancel_item

    before = set(Run.objects.values_list("pk", flat=True))
    began = database_now()
    item = add_item(queue, NewItem(payload={}), origin="api", by=SYSTEM)
    end = time.monotonic() + PATIENCE_SECONDS
    new = Run.objects.exclude(pk__in=before).filter(started_at__isnull=False)
    started = None
    while started is None and time.monotonic() < end:
        time.sleep(0.01)
        started = new.order_by("started_at").values_list("started_at", flat=True).first()
    cancel_item(item.pk, by=SYSTEM, reason="measured")
    time.sleep(PAUSE_SECONDS)  # the run ends: the next item finds idle slots
    return (started - began).total_seconds() if started else None


# --- nothing to do


def idle(folder: Any, n: int, seconds: float) -> str:
    from apps.triggers.models import Trigger

    scheduler = pid_of_scheduler()
    Trigger.objects.all().delete()
    without = share_of_core(scheduler, seconds)
    make_mixed(folder, n)
    vacuum()
    wait_until_seen()
    share = share_of_core(scheduler, seconds)
    looks = ", ".join(f"{name} {took:.1f} ms" for name, took in times_of_looks().items())
    print(
        f"idle     {n:>9,} triggers of all kinds, none with anything to do: the scheduler takes"
        f" {share:.1%} of a core, {without:.1%} without any; a look takes: {looks}"
    )
    if share - without > TARGET_IDLE_SHARE:
        return f"above the target of {TARGET_IDLE_SHARE:.0%} of a core"
    return ""


def wait_until_seen() -> None:
    """Return when each state trigger has been looked at once, and the process has read them all."""
    from apps.triggers.models import Trigger

    while Trigger.objects.filter(kind="state", checked_at__isnull=True).exists():
        time.sleep(0.5)
    time.sleep(3)


def make_mixed(folder: Any, n: int) -> None:
    """Make `n` triggers of mixed kinds: one of each kind by the door, the others copied."""
    from apps.lib.actors import SYSTEM
    from apps.lib.clock import database_now
    from apps.queues.models import WorkQueue
    from apps.triggers.lifecycle import save_trigger
    from apps.triggers.models import Trigger

    for number in range(QUEUES):
        WorkQueue.objects.get_or_create(folder=folder, key=f"q{number}", title=f"Q {number}")
    first = database_now() + timedelta(hours=2)
    times = {
        "type": "interval", "seconds": 86_400, "anchor": first.isoformat(), "zone": "Europe/Berlin",
    }  # fmt: skip
    copies: list[Any] = []
    for kind, of_ten in MIX.items():
        said = {"title": "Bench", "kind": kind, **definition(kind, 0, times)}
        model = save_trigger(folder, f"bench-{kind}", said, by=SYSTEM).trigger
        names = [field.attname for field in Trigger._meta.concrete_fields if field.name != "id"]
        values = {name: getattr(model, name) for name in names}
        for number in range(1, n * of_ten // 10):
            own = {"key": f"bench-{kind}-{number}", **definition(kind, number, times)}
            copies.append(Trigger(**{**values, **own}))
    Trigger.objects.bulk_create(copies, batch_size=1_000)


def definition(kind: str, number: int, times: dict[str, Any]) -> dict[str, Any]:
    queue = f"q{number % QUEUES}"
    waits = {"metric": "queue.ready", "queue": queue, "op": ">=", "value": 10 + number % 7}
    old = {"metric": "queue.oldest_seconds", "queue": queue, "op": ">", "value": 600}
    rules: dict[str, dict[str, Any]] = {
        "time": times,
        "queue": {"queue": queue, "min_items": 5, "max_active": 3},
        "state": {"any": [waits, old], "for_seconds": 60},
        "event": {"source": "internal", "events": ["queue.paused"], "of": queue},
        "expected": {**times, "expects": {"items": {"queue": queue, "at_least": 3}}},
    }
    run = {"type": "run", "automation": "bench-rest"}
    return {"rule": rules[kind], "target": run}


def times_of_looks() -> dict[str, float]:
    """Return how long a look of each kind takes, in milliseconds."""
    from apps.triggers import upkeep

    looks = {"times": upkeep.fire_due, "queues": upkeep.look_at_queues}
    looks["states"] = upkeep.look_at_states
    found = {}
    for name, look in looks.items():
        look()
        began = time.monotonic()
        for _n in range(LOOKS):
            look()
        found[name] = (time.monotonic() - began) / LOOKS * 1_000
    return found


if __name__ == "__main__":
    raise SystemExit(main())
