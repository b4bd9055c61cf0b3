"""Times what the scheduler does for triggers, and prints what it costs.

    .venv/bin/python benchmarks/triggers.py [--due 1000] [--idle 10000] [--seconds 20]

It starts `manage.py up --empty` on a free port in a temporary directory and measures its one
scheduler:

- due: 1 000 triggers come due in the same second, each adds an item; then 1 000 that each start an
  instance of a workflow with a person's step. Taken is the time from that second until the last of
  them is committed; every one must have started exactly once.
- idle: how much of a core the scheduler uses with no trigger, and with 10 000 that are on and not
  due; what the look for due ones costs by itself, and its plan.
"""

import argparse
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

TARGET_DUE_SECONDS = 5.0
TARGET_IDLE_SHARE = 0.05
AHEAD_SECONDS = 8.0
PATIENCE_SECONDS = 120.0
LOOKS = 200


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1):
            place = first_folder()
            missed = [
                due_at_once(place, "items", adds_items(place), wishes.due),
                due_at_once(place, "instances", starts_workflow(place), wishes.due),
                idle(place, wishes.idle, wishes.seconds),
            ]
    for sentence in filter(None, missed):
        print(sentence)
    return 1 if any(missed) else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    return parser.parse_args()


# --- many at once


def due_at_once(folder: Any, name: str, target: dict[str, Any], n: int) -> str:
    """Have `n` triggers come due in the same second; return what missed the target, if it did."""
    from apps.lib.clock import database_now
    from apps.triggers.models import Firing, Trigger

    at = database_now() + timedelta(seconds=AHEAD_SECONDS)
    at = at.replace(microsecond=0)
    Trigger.objects.all().delete()
    make_triggers(folder, f"{name}", target, n, at)
    wait_until(at)
    while Firing.objects.filter(outcome="fired").count() < n:
        if database_now() > at + timedelta(seconds=PATIENCE_SECONDS):
            break
        time.sleep(0.02)
    took = (database_now() - at).total_seconds()
    rows = Firing.objects.all()
    fired, others = rows.filter(outcome="fired").count(), rows.exclude(outcome="fired").count()
    print(
        f"due      {n:>9,} {name} in the same second: all started within {took:.2f} s"
        f" ({fired / took:,.0f}/s)"
    )
    if fired != n or others:
        return f"{fired} of {n} {name} were started, {others} were not"
    if took > TARGET_DUE_SECONDS:
        return f"slower than the target of {TARGET_DUE_SECONDS} s"
    return ""


def wait_until(at: datetime) -> None:
    from apps.lib.clock import database_now

    while (left := (at - database_now()).total_seconds()) > 0:
        time.sleep(min(left, 0.1))


def adds_items(folder: Any) -> dict[str, Any]:
    from apps.queues.models import WorkQueue

    WorkQueue.objects.create(folder=folder, key="bench", title="Bench")
    payload = {"day": "{date}", "vendor": "Ahorn & Söhne", "amount": 1250.5}
    return {"type": "items", "queue": "bench", "items": [{"payload": payload}]}


def starts_workflow(folder: Any) -> dict[str, Any]:
    from apps.lib.actors import SYSTEM
    from apps.workflows import lifecycle
    from tests.workflows.models import process

    model = process("bench").start().service("step", "bench").end()
    lifecycle.deploy(folder, model.xml(), by=SYSTEM, source="code")
    return {"type": "workflow", "key": "bench", "variables": {"day": "{date}"}}


def make_triggers(
    folder: Any, key: str, target: dict[str, Any], n: int, at: datetime | None
) -> None:
    """Make `n` daily triggers, all due at `at`; None: spread over the coming day."""
    from apps.lib.actors import SYSTEM
    from apps.lib.clock import database_now
    from apps.triggers.lifecycle import save_trigger
    from apps.triggers.models import Trigger

    first = at or database_now() + timedelta(hours=1)
    rule = {
        "type": "interval", "seconds": 86_400, "anchor": first.isoformat(), "zone": "Europe/Berlin",
    }  # fmt: skip
    said = {"title": "Bench", "rule": rule, "target": target}
    model = save_trigger(folder, f"{key}-0", said, by=SYSTEM).trigger
    names = [field.attname for field in Trigger._meta.concrete_fields if field.name != "id"]
    values = {name: getattr(model, name) for name in names}
    copies = []
    for number in range(1, n):
        copy = Trigger(**{**values, "key": f"{key}-{number}"})
        if at is None:
            copy.next_at = copy.due_at = first + timedelta(seconds=number * 80_000 / n)
        copies.append(copy)
    Trigger.objects.bulk_create(copies, batch_size=1_000)


# --- nothing due


def idle(folder: Any, n: int, seconds: float) -> str:
    from apps.triggers.models import Trigger

    scheduler = pid_of_scheduler()
    Trigger.objects.all().delete()
    without = share_of_core(scheduler, seconds)
    make_triggers(folder, "idle", {"type": "items", "queue": "bench", "items": [{}]}, n, None)
    vacuum()
    share = share_of_core(scheduler, seconds)
    print(
        f"idle     {n:>9,} triggers on, none due: the scheduler takes {share:.1%} of a core,"
        f" {without:.1%} without any; a look takes {look():.2f} ms"
    )
    print_plan()
    if share - without > TARGET_IDLE_SHARE:
        return f"above the target of {TARGET_IDLE_SHARE:.0%} of a core"
    return ""


def look() -> float:
    """Return how long one look for what is due takes, in milliseconds."""
    from apps.triggers.upkeep import fire_due

    began = time.monotonic()
    for _n in range(LOOKS):
        assert fire_due() == 0
    return (time.monotonic() - began) / LOOKS * 1_000


def share_of_core(pid: int, seconds: float) -> float:
    """Return how much of a core the process used, on average over so many seconds."""
    import psutil

    process = psutil.Process(pid)
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, took = process.cpu_times(), time.monotonic() - began
    return (after.user + after.system - before.user - before.system) / took


def pid_of_scheduler() -> int:
    """Return the scheduler of the room that this process started."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        if "scheduler" in child.cmdline()[2:]:
            return int(child.pid)
    raise SystemExit("the room has no scheduler")


def vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze triggers_trigger")


def print_plan() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "explain (analyze, buffers, costs off, timing off) select * from triggers_trigger"
            " where status = 'enabled' and due_at <= now()"
            " order by due_at, id limit 50 for update skip locked"
        )
        for (line,) in cursor.fetchall():
            print(f"         {line}")


def first_folder() -> Any:
    from apps.accounts.models import Folder

    return Folder.objects.order_by("pk")[0]


if __name__ == "__main__":
    raise SystemExit(main())
