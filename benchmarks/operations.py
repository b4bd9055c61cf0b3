"""Retries 100 000 items that failed while the worker is killed and bots go on leasing; prints what
came of it.

    .venv/bin/python benchmarks/operations.py [--items 100000] [--kills 3] [--room FOLDER]

It starts `manage.py up --empty` on a free port in a temporary directory, or in FOLDER, which
benchmarks/load_many.py may have filled with millions. All the items of one queue fail; then one
operation retries them. Its worker is killed with SIGKILL now and then and started anew by the
supervisor. Meanwhile new items come into another queue and are leased, and pages are asked for in
turn: how long both take is compared with some quiet seconds before. At the end every item must have
been retried once, by its history, its place and the operation's entries.
"""

import argparse
import http.cookiejar
import os
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

BATCH = 1_000
QUIET_SECONDS = 10
PACE_SECONDS = 0.02
PAGE_SECONDS = 0.25
FEWEST = 20
PATIENCE_SECONDS = 900
PASSWORD = "admin-pass-1"
PAGES = ("/operations/", "/", "/queues/", "/failures/", "/inbox/")


def main() -> int:
    from benchmarks import drain

    wishes = parse_arguments()
    drain.READY_SECONDS = PATIENCE_SECONDS
    os.environ["CONTROLROOM_ADMIN_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with drain.running_room(wishes.room or Path(folder) / "data", 1) as port:
            queue_id, other_id = make_queues()
            fill(queue_id, wishes.items)
            quiet = Watch(other_id, port)
            quiet.run_for(QUIET_SECONDS)
            return retry(queue_id, other_id, port, wishes, quiet)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--room", type=Path, help="a data directory that is filled")
    return parser.parse_args()


def make_queues() -> tuple[int, int]:
    from apps.accounts.models import Folder
    from apps.queues.models import WorkQueue

    folder, mark = Folder.objects.order_by("pk")[0], uuid4().hex[:8]
    failing = WorkQueue.objects.create(
        folder=folder, key=f"failing-{mark}", title="Failing", max_attempts=1, on_exhausted="fail"
    )
    fresh = WorkQueue.objects.create(folder=folder, key=f"fresh-{mark}", title="Fresh")
    return failing.pk, fresh.pk


def fill(queue_id: int, n: int) -> None:
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import (
        NewItem,
        Result,
        add_items,
        finish_items,
        lease_items,
        prepare_for_draining,
    )
    from apps.queues.models import WorkQueue

    queue = WorkQueue.objects.get(pk=queue_id)
    for _batch in range(0, n, 10 * BATCH):
        news = [NewItem({"n": number}) for number in range(min(n, 10 * BATCH))]
        add_items(queue, news, origin="api", by=SYSTEM, all_or_nothing=True)
    prepare_for_draining()
    while leased := lease_items(queue_id, n=BATCH, bot="bench"):
        finish_items([Result(each.id, each.token, "application_exception") for each in leased])


class Watch:
    """Adds an item to a queue and leases it, over and over, and asks for pages beside that."""

    def __init__(self, queue_id: int, port: int) -> None:
        self.queue_id = queue_id
        self.base = f"http://127.0.0.1:{port}"
        self.lease_ms: list[float] = []
        self.page_ms: list[float] = []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=each) for each in (self._lease, self._look)]

    def run_for(self, seconds: float) -> None:
        self.start()
        time.sleep(seconds)
        while len(self.page_ms) < FEWEST:
            time.sleep(PAGE_SECONDS)
        self.stop()

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def _lease(self) -> None:
        from apps.lib.actors import SYSTEM
        from apps.queues.lifecycle import NewItem, Result, add_items, finish_items, lease_items
        from apps.queues.models import WorkQueue

        queue = WorkQueue.objects.get(pk=self.queue_id)
        while not self.is_over.wait(PACE_SECONDS):
            add_items(queue, [NewItem({})], origin="api", by=SYSTEM, all_or_nothing=True)
            with timed(self.lease_ms):
                (leased,) = lease_items(self.queue_id, n=1, bot="fresh")
            finish_items([Result(leased.id, leased.token, "successful")])

    def _look(self) -> None:
        browser = sign_in(self.base)
        pages = cycle(PAGES)
        while not self.is_over.wait(PAGE_SECONDS):
            with timed(self.page_ms):
                browser.open(self.base + next(pages)).read()


class timed:  # noqa: N801 - reads as a word
    def __init__(self, into: list[float]) -> None:
        self.into = into

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.into.append((time.perf_counter() - self.began) * 1000)


def sign_in(base: str) -> urllib.request.OpenerDirector:
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    page = browser.open(f"{base}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    said = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": PASSWORD}
    browser.open(f"{base}/sign-in/", urllib.parse.urlencode(said).encode())
    return browser


def retry(queue_id: int, other_id: int, port: int, wishes: argparse.Namespace, quiet: Watch) -> int:
    from apps.lib.actors import SYSTEM
    from apps.operations.lifecycle import start
    from apps.queues.models import WorkQueue

    folder = WorkQueue.objects.select_related("folder").get(pk=queue_id).folder
    wanted = {"queue": queue_id, "status": "failed"}
    began = time.monotonic()
    operation = start("items.retry", folder, wanted, {}, SYSTEM, wishes.items)
    asked = time.monotonic() - began
    watch = Watch(other_id, port)
    watch.start()
    try:
        kills, held_up, steps = follow(operation, wishes)
    finally:
        watch.stop()
    seconds = time.monotonic() - began
    n = wishes.items
    print(
        f"{n:,} items retried in {seconds:.1f} s ({n / seconds:,.0f}/s) with {kills} kills of the "
        f"worker, of which {held_up:.1f} s waiting for its lease to run out; asked for in "
        f"{asked * 1000:.0f} ms; progress was seen in {steps:,} steps"
    )
    say("lease of a new item", quiet.lease_ms, watch.lease_ms)
    say("page", quiet.page_ms, watch.page_ms)
    return check(operation, queue_id, n)


def follow(operation: Any, wishes: argparse.Namespace) -> tuple[int, float, int]:
    """Kill the worker at even parts of the way.

    Return the kills, the time it stood still, and in how many steps its progress was seen.
    """
    kills, still, steps, began, last = 0, 0.0, 0, time.monotonic(), (0, time.monotonic())
    while not operation.is_over:
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError(f"{operation.handled} of {wishes.items} are done")
        operation.refresh_from_db()
        now = time.monotonic()
        if operation.handled != last[0]:
            still += max(0.0, now - last[1] - 1.0)
            last, steps = (operation.handled, now), steps + 1
        due = operation.handled * (wishes.kills + 1) >= wishes.items * (kills + 1)
        if kills < wishes.kills and due and (pid := worker()):
            os.kill(pid, signal.SIGKILL)
            kills += 1
        time.sleep(0.02)
    return kills, still, steps


def worker() -> int | None:
    """Return the number of the worker's process, among the children of this one."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            if child.cmdline()[-2:] == ["manage.py", "worker"]:
                return int(child.pid)
        except psutil.Error:
            continue
    return None


def say(what: str, quiet: list[float], busy: list[float]) -> None:
    def of(found: list[float]) -> str:
        p95 = statistics.quantiles(found, n=20)[-1]
        return f"p50 {statistics.median(found):.1f}, p95 {p95:.1f}, longest {max(found):.0f} ms"

    print(f"{what}: {of(busy)} meanwhile ({len(busy)}), before {of(quiet)} ({len(quiet)})")


def check(operation: Any, queue_id: int, n: int) -> int:
    """Compare with what every item says of itself."""
    from apps.events.models import Event
    from apps.operations.models import OperationEntry
    from apps.queues.checks import item_faults
    from apps.queues.models import Ready, WorkItem

    entries = OperationEntry.objects.filter(operation_id=operation.pk)
    items = set(WorkItem.objects.filter(queue_id=queue_id).values_list("pk", flat=True))
    done = set(entries.filter(status="done").values_list("target_id", flat=True))
    ready = set(Ready.objects.filter(queue_id=queue_id).values_list("item_id", flat=True))
    told = list(
        Event.objects.filter(kind="work_item.reopened", data__operation=operation.pk).values_list(
            "subject_id", flat=True
        )
    )
    missed = len(items - done) + len(items - ready)
    extra = len(done - items) + len(told) - len(set(told)) + entries.count() - n
    faults = item_faults().faults
    print(f"missed {missed}, extra {extra}, {len(told):,} in the history, {len(faults)} faults")
    is_right = not missed and not extra and not faults and len(told) == n == operation.done
    return 0 if is_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
