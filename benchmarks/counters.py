"""Kills web, worker and scheduler at random while counts change, and recounts them at the end.

    .venv/bin/python benchmarks/counters.py [--changes 200000] [--seconds 90]

It starts `manage.py up --empty` on a free port in a temporary directory. Programs add items over
the API, lease and finish them: done, failed for good, or to be tried again. Meanwhile one of the
three processes is killed (SIGKILL) every second or so; the supervisor starts it again. A call whose
answer got lost is repeated as any client would do. Each item that enters or leaves a place is a
change. When all items have ended, every count that pages show must equal its recount: places,
totals, minutes, hours, groups of failures.
"""

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

N_PROGRAMS = 3
N_QUEUES = 3
BATCH = 100
LEASED_AT_ONCE = 50
# Added, leased, settled; and one in six is tried again
CHANGES_PER_ITEM = 5.3
OUTCOMES = ["successful"] * 16 + ["application_exception"] * 3 + ["business_exception"]
MESSAGES = ["ERP says 503", "No such supplier", "The window “Posting” did not open"]
PROCESSES = {"web": "controlroom.web", "worker": "worker", "scheduler": "scheduler"}
# It shall have begun to work before it is killed again
LIVES_SECONDS = 5.0
PAUSE_AFTER_ERROR = 0.1
PATIENCE_SECONDS = 300.0


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1) as port:
            token, queues = make_place()
            n_items = int(wishes.changes / CHANGES_PER_ITEM)
            killer = Killer()
            began = time.monotonic()
            n_added = work_all(port, token, queues, n_items, wishes.seconds, killer)
            settle()
            print(
                f"{changes_made():,} changes of {n_added:,} items in "
                f"{time.monotonic() - began:.0f} s; killed: "
                + ", ".join(f"{name} {n}x" for name, n in sorted(killer.kills.items()))
            )
            return report(n_added)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=90.0, help="to spread the adding over")
    return parser.parse_args()


def make_place() -> tuple[str, list[str]]:
    from apps.accounts.models import Folder, Membership, User
    from apps.accounts.roles import Role
    from apps.accounts.tokens import create_token
    from apps.lib.actors import SYSTEM
    from apps.queues.models import WorkQueue

    folder = Folder.objects.order_by("pk")[0]
    keys = [f"counted-{n}" for n in range(N_QUEUES)]
    for key in keys:
        WorkQueue.objects.create(
            folder=folder,
            key=key,
            title=key,
            max_attempts=2,
            on_exhausted="fail",
            on_business_exception="fail",
            retry_delay_seconds=0,
        )
    person = User.objects.create_user("programs", password=None)
    Membership.objects.create(user=person, folder=folder, role=Role.ADMIN)
    _token, text = create_token(person, folder, name="counters", by=SYSTEM)
    return text, keys


# ---- programs that never give up


class Program(threading.Thread):
    """Adds items, and works them until none is left."""

    def __init__(self, port: int, token: str, queues: list[str], n: int, seconds: float) -> None:
        super().__init__()
        self.port, self.token, self.queues, self.n, self.seconds = port, token, queues, n, seconds
        self.n_added = 0
        self.is_over = threading.Event()
        self._chance = random.Random(n)
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        began = time.monotonic()
        while not self.is_over.is_set():
            if self.n_added < self.n * (time.monotonic() - began) / self.seconds:
                self._add(min(BATCH, self.n - self.n_added))
            if not self._work() and self.n_added >= self.n:
                self.is_over.wait(PAUSE_AFTER_ERROR)

    @property
    def has_added_all(self) -> bool:
        return self.n_added >= self.n

    def _add(self, n: int) -> None:
        if n <= 0:
            return
        items = [{"payload": {"n": self.n_added + k}} for k in range(n)]
        path = f"/queues/{self._chance.choice(self.queues)}/items/batch"
        added = self._call(path, {"items": items}, key=str(uuid.uuid4()))
        self.n_added += len(added["ids"])

    def _work(self) -> int:
        """Lease some and finish them; what was leased by a lost answer comes back by its key."""
        path = f"/queues/{self._chance.choice(self.queues)}/lease"
        wish = {"max_items": LEASED_AT_ONCE, "lease_seconds": 60, "bot": self.name}
        leased = self._call(path, wish, key=str(uuid.uuid4()))["items"]
        results = [self._result(item) for item in leased]
        if results:
            self._call("/items/finish", {"results": results})
        return len(leased)

    def _result(self, item: dict[str, Any]) -> dict[str, Any]:
        outcome = self._chance.choice(OUTCOMES)
        result = {"id": item["id"], "lease": item["lease"], "outcome": outcome}
        if outcome != "successful":
            result["message"] = self._chance.choice(MESSAGES)
        return result

    def _call(self, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Send it until it is answered; the key makes that the same call."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        while True:
            try:
                status, answer = self._send(path, json.dumps(body), headers)
            except (OSError, http.client.HTTPException):
                self._connection = None
                time.sleep(PAUSE_AFTER_ERROR)
                continue
            if status < 300:
                said: dict[str, Any] = json.loads(answer)
                return said
            # 409: the call whose answer got lost is still being carried out
            if status < 500 and status not in {409, 429}:
                raise RuntimeError(f"{path}: {status} {answer[:300]!r}")
            time.sleep(PAUSE_AFTER_ERROR)

    def _send(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._connection.request("POST", f"/api/v1{path}", body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def work_all(
    port: int, token: str, queues: list[str], n_items: int, seconds: float, killer: "Killer"
) -> int:
    programs = [
        Program(port, token, queues, n_items // N_PROGRAMS, seconds) for _n in range(N_PROGRAMS)
    ]
    for thread in (*programs, killer):
        thread.start()
    try:
        wait_until(
            lambda: all(each.has_added_all or not each.is_alive() for each in programs),
            "all items to be added",
            seconds + PATIENCE_SECONDS,
        )
        killer.stop()
        wait_until(lambda: n_unfinished() == 0, "all items to end")
    finally:
        for program in programs:
            program.is_over.set()
    for program in programs:
        program.join()
    return sum(program.n_added for program in programs)


class Killer(threading.Thread):
    """Kills one of the room's processes every second or so."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.kills: Counter[str] = Counter()
        self._is_over = threading.Event()
        self._chance = random.Random(7)
        self._room = psutil.Process()

    def run(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0.5, 2.0)):
            name = self._chance.choice(list(PROCESSES))
            process = self._find(PROCESSES[name])
            if process is not None:
                process.kill()
                self.kills[name] += 1

    def stop(self) -> None:
        self._is_over.set()
        self.join()

    def _find(self, word: str) -> psutil.Process | None:
        for process in self._room.children(recursive=True):
            try:
                is_meant = word in process.cmdline()[1:4]
                if is_meant and time.time() - process.create_time() > LIVES_SECONDS:
                    return process
            except (psutil.Error, IndexError):
                continue
        return None


# ---- the end


def settle() -> None:
    """Wait until what happens by the way has happened: folding, grouping."""
    wait_until(lambda: one("select count(*) from queues_counterdelta") == 0, "counts to be folded")
    wait_until(
        lambda: (
            one("select count(*) from failures_ungrouped") == 0
            and one("select count(*) from events_outbox") == 0
        ),
        "failures to be grouped",
    )


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.2)


def n_unfinished() -> int:
    return one(
        "select (select count(*) from queues_ready) + (select count(*) from queues_scheduled)"
        " + (select count(*) from queues_lease) + (select count(*) from queues_parked)"
    )


def changes_made() -> int:
    """Each item that enters or leaves a place: added, leased, settled, tried again."""
    return one(
        "select (select count(*) from queues_workitem) * 2"
        " + (select count(*) from queues_attempt) * 3"
    ) - one("select count(*) from queues_ended")


def report(n_added: int) -> int:
    from apps.queues.checks import item_faults

    said = item_faults()
    for fault in said.faults[:20]:
        print("fault:", *fault)
    wrong = len(said.faults)
    lines = [("items, as the programs counted them", n_added, said.n_items), *recounts()]
    for what, counted, real in lines:
        mark = "" if counted == real else "   WRONG"
        wrong += counted != real
        print(f"  {what:<42} counted {counted:>9,}  recounted {real:>9,}{mark}")
    print("all counts are right" if not wrong else f"{wrong} counts are wrong")
    return 1 if wrong else 0


def recounts() -> list[tuple[str, int, int]]:
    """Return what was counted on the way, and what is really there."""
    lines = []
    for outcome in ("application_exception", "business_exception"):
        tries = one("select count(*) from queues_attempt where outcome = %s", outcome)
        lines += counted_everywhere(outcome, tries)
    for status in ("successful", "failed"):
        ended = one("select count(*) from queues_ended where status = %s", status)
        lines += counted_everywhere(status, ended)
    failures = one(
        "select count(*) from queues_attempt where outcome in"
        " ('application_exception', 'business_exception', 'lost')"
    )
    lines.append(
        ("groups of failures", one("select sum(count) from failures_failuregroup"), failures)
    )
    return lines


def counted_everywhere(measure: str, real: int) -> list[tuple[str, int, int]]:
    tables = {
        "in all": "queues_counter",
        "by minutes": "queues_minutecount",
        "by hours": "queues_hourcount",
    }
    return [
        (f"{measure}, {name}", one(f"select sum(n) from {table} where measure = %s", measure), real)
        for name, table in tables.items()
    ]


def one(sql: str, *values: Any) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return int(cursor.fetchone()[0] or 0)


if __name__ == "__main__":
    sys.exit(main())
