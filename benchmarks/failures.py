"""Lets 100 000 items fail within a minute while the scheduler is killed now and then; prints how
far grouping was behind, and whether every failure was counted once.

    .venv/bin/python benchmarks/failures.py [--items 100000] [--kills 3]

It starts `manage.py up --empty` on a free port in a temporary directory. All the items of one queue
fail for three causes, with other numbers and names in each message. The scheduler, which delivers
the outbox and groups, is killed with SIGKILL on the way and started anew by the supervisor. At the
end there must be three groups whose counts are those of the tries.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

BATCH = 500
PATIENCE_SECONDS = 900
LOOKS = 20
PASSWORD = "admin-pass-1"
CAUSES = (
    "The ERP did not answer within {n} s (request {n:032x})",
    "Invoice INV-{n} of Müller {n} GmbH is locked by user u{n}@example.com",
    "No element for locator('#save') on page https://portal.example.com/invoices/{n}",
)


def main() -> int:
    from benchmarks.drain import running_room

    os.environ["CONTROLROOM_ADMIN_PASSWORD"] = PASSWORD
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1) as port:
            return measure(wishes.items, wishes.kills, port)


def measure(n: int, kills: int, port: int) -> int:
    queue_id = make_items(n)
    began = time.monotonic()
    killed = fail_all(queue_id, n, kills)
    failed = time.monotonic() - began
    behind = n - grouped()
    while grouped() < n:
        if time.monotonic() - began > PATIENCE_SECONDS:
            break
        time.sleep(0.1)
    seconds = time.monotonic() - began
    print(
        f"{n:,} items failed in {failed:.1f} s; {behind:,} had no group then, all had one "
        f"{seconds - failed:.1f} s later, with {killed} kills of the scheduler"
    )
    look(port)
    return check(n)


def look(port: int) -> None:
    """Ask for the pages, some times each."""
    from apps.failures.models import FailureGroup
    from benchmarks.operations import sign_in, timed

    base = f"http://127.0.0.1:{port}"
    browser = sign_in(base)
    largest = FailureGroup.objects.order_by("-count").values_list("pk", flat=True)[0]
    for path in ("/failures/", f"/failures/{largest}/"):
        took: list[float] = []
        for _look in range(LOOKS):
            with timed(took):
                browser.open(base + path).read()
        print(f"{path}: p50 {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")


def make_items(n: int) -> int:
    from apps.accounts.models import Folder
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import NewItem, add_items, prepare_for_draining
    from apps.queues.models import WorkQueue

    folder = Folder.objects.order_by("pk")[0]
    queue = WorkQueue.objects.create(
        folder=folder, key="failing", title="Failing", max_attempts=1, on_exhausted="fail"
    )
    for first in range(0, n, 10_000):
        news = [
            NewItem({"number": f"INV-{number}", "vendor": f"Müller {number} GmbH", "total": number})
            for number in range(first, min(n, first + 10_000))
        ]
        add_items(queue, news, origin="api", by=SYSTEM, all_or_nothing=True)
    prepare_for_draining()
    return queue.pk


def fail_all(queue_id: int, n: int, kills: int) -> int:
    from apps.queues.lifecycle import Result, finish_items, lease_items

    done = killed = 0
    while leased := lease_items(queue_id, n=BATCH, bot=f"bot-{done % 3}"):
        finish_items(
            [
                Result(
                    each.id,
                    each.token,
                    "application_exception",
                    message=CAUSES[each.id % 3].format(n=each.id),
                )
                for each in leased
            ]
        )
        done += len(leased)
        if killed < kills and done * (kills + 1) >= n * (killed + 1) and (pid := scheduler()):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def scheduler() -> int | None:
    """Return the number of the scheduler's process, among the children of this one."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            if child.cmdline()[-2:] == ["manage.py", "scheduler"]:
                return int(child.pid)
        except psutil.Error:
            continue
    return None


def grouped() -> int:
    from django.db.models import Sum

    from apps.failures.models import FailureGroup

    return int(FailureGroup.objects.aggregate(n=Sum("count"))["n"] or 0)


def check(n: int) -> int:
    """Compare the counts with the tries, and with each other."""
    from django.db.models import Sum

    from apps.failures.models import BotFailures, Failure, FailureGroup, MinuteFailures
    from apps.queues.models import Attempt

    groups = list(FailureGroup.objects.order_by("pk").values_list("pattern", "count"))
    for pattern, count in groups:
        print(f"{count:>7,}  {pattern}")
    sums = [
        int(rows.objects.aggregate(n=Sum("n"))["n"] or 0) for rows in (MinuteFailures, BotFailures)
    ]
    tries = Attempt.objects.filter(outcome="application_exception").count()
    print(f"{tries:,} tries failed, {Failure.objects.count():,} failures, {grouped():,} counted")
    is_right = len(groups) == 3 and {tries, Failure.objects.count(), grouped(), *sums} == {n}
    return 0 if is_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
