"""50 people decide the same 1 000 tasks at once, over HTTP: each is decided once, all hear who won.

    .venv/bin/python benchmarks/inbox_race.py [--people 50] [--tasks 1000] [--browsers 25]

It starts `manage.py up --empty` on a free port in a temporary directory, has a bot stop at the
items, and lets everybody go through all tasks in an order of their own: the first --browsers of
them as browsers do (their decisions take effect after the moment in which they can be undone), the
others by API. It prints how far they are, and at the end a table of what was asked of it.
"""

import argparse
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SAY_SECONDS = 5.0
PATIENCE_SECONDS = 120
BATCH = 500


@dataclass
class Heard:
    """What everybody was answered."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    won: dict[int, list[str]] = field(default_factory=dict)
    lost: list[tuple[int, str]] = field(default_factory=list)
    others: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def note(self, task: int, name: str, status: int, text: str, seconds: float) -> None:
        with self.lock:
            self.seconds.append(seconds)
            if status == 200:
                self.won.setdefault(task, []).append(name)
            elif status == 409:
                self.lost.append((task, text))
            else:
                self.others[status] += 1


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1) as port:
            people, tasks = set_up(wishes.people, wishes.tasks)
            heard = Heard()
            began = time.monotonic()
            with saying_how_far(heard, wishes.people * len(tasks)):
                race(port, people, tasks, wishes.browsers, heard)
            took = time.monotonic() - began
            wait_until_applied()
            return report(heard, tasks, wishes.people, took)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--browsers", type=int, default=25)
    return parser.parse_args()


def set_up(n_people: int, n_tasks: int) -> tuple[list[Any], list[int]]:
    """Return people with a session and a token each, and the tasks' numbers."""
    from apps.accounts.models import Folder
    from apps.events.bus import deliver_outbox
    from apps.inbox.models import UserTask
    from apps.lib.actors import Actor
    from apps.queues import lifecycle as items
    from apps.queues.models import Attempt, WorkItem, WorkQueue

    folder = Folder.objects.order_by("pk").first() or Folder.objects.create(key="b", title="B")
    queue = WorkQueue.objects.create(folder=folder, key="race", title="Race", lease_seconds=600)
    bot = Actor(None, "bot-1", "bot")
    new = [items.NewItem(payload={"n": n}, reference=f"R{n}") for n in range(n_tasks)]
    items.add_items(queue, new, origin=WorkItem.Origin.API, by=bot, all_or_nothing=True)
    while leased := items.lease_items(queue.pk, n=BATCH, bot="bot-1"):
        broken = Attempt.Outcome.BUSINESS_EXCEPTION
        results = [items.Result(one.id, one.token, broken, message="Look.") for one in leased]
        items.finish_items(results)
    end = time.monotonic() + PATIENCE_SECONDS
    while UserTask.objects.open().count() < n_tasks and time.monotonic() < end:
        deliver_outbox()
        time.sleep(0.2)
    tasks = list(UserTask.objects.open().order_by("pk").values_list("pk", flat=True))
    return [_person(number, folder) for number in range(n_people)], tasks


def _person(number: int, folder: Any) -> Any:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from apps.accounts.models import Membership, User
    from apps.accounts.tokens import create_token

    user = User.objects.create(username=f"racer{number}", display_name=f"Racer {number:02d}")
    Membership.objects.create(user=user, folder=folder, role="business_user")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    _token, secret = create_token(user, folder=folder, name="race", by=user.actor)
    return user.display_name, session.session_key, secret


def race(port: int, people: list[Any], tasks: list[int], browsers: int, heard: Heard) -> None:
    start = threading.Barrier(len(people))
    with ThreadPoolExecutor(len(people)) as pool:
        done = [
            pool.submit(_go, port, number, person, tasks, number < browsers, start, heard)
            for number, person in enumerate(people)
        ]
        for each in done:
            each.result()


def _go(  # noqa: PLR0913
    port: int,
    number: int,
    person: Any,
    tasks: list[int],
    is_browser: bool,  # noqa: FBT001
    start: threading.Barrier,
    heard: Heard,
) -> None:
    import httpx

    name, session, secret = person
    order = random.Random(number).sample(tasks, len(tasks))  # noqa: S311
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
        if is_browser:
            client.cookies.set("controlroom_session", session)
            page = client.get("/inbox/")
            token = CSRF.search(page.text)
            headers = {"X-CSRFToken": token[1] if token else ""}
            headers |= {"HX-Request": "true", "HX-Request-Type": "partial"}
        else:
            headers = {"Authorization": f"Bearer {secret}"}
        start.wait()
        for task in order:
            began = time.monotonic()
            if is_browser:
                sent = {"version": "1", "decision": "reject", "reason:reject": "raced"}
                path = f"/inbox/{task}/decide/"
                answer = client.post(path, data=sent, headers=headers)
            else:
                body = {"version": 1, "decision": "reject", "reason": "raced"}
                path = f"/api/v1/user-tasks/{task}/decide"
                answer = client.post(path, json=body, headers=headers)
            seconds = time.monotonic() - began
            heard.note(task, name, answer.status_code, answer.text, seconds)


@contextmanager
def saying_how_far(heard: Heard, total: int) -> Iterator[None]:
    """Print a line every few seconds."""
    over = threading.Event()

    def say() -> None:
        while not over.wait(SAY_SECONDS):
            n = len(heard.seconds)
            print(f"  {n:>7,} of {total:,} answers, {len(heard.won):,} decided", flush=True)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wait_until_applied() -> None:
    from apps.inbox.models import PendingDecision

    end = time.monotonic() + PATIENCE_SECONDS
    while PendingDecision.objects.exists() and time.monotonic() < end:
        time.sleep(0.5)


def report(heard: Heard, tasks: list[int], n_people: int, took: float) -> int:
    from apps.events.models import Event
    from apps.inbox.models import PendingDecision, UserTask

    completed = UserTask.objects.filter(pk__in=tasks, status="completed")
    recorded = dict(completed.values_list("pk", "decided_by__display_name"))
    events = Event.objects.filter(kind="user_task.completed", subject_id__in=tasks).count()
    told = sum(recorded.get(task, "?") in text for task, text in heard.lost)
    once = sum(
        len(names) == 1 and names[0] == recorded.get(task) for task, names in heard.won.items()
    )
    slow = sorted(heard.seconds)
    stuck = len(tasks) - len(recorded) + PendingDecision.objects.count()
    rows = [
        ("people × tasks", f"{n_people} × {len(tasks):,}", True),
        ("answers", f"{len(heard.seconds):,}", len(heard.seconds) == n_people * len(tasks)),
        ("tasks decided exactly once", f"{once:,}", once == len(tasks)),
        ("decisions in the history", f"{events:,}", events == len(tasks)),
        ("losers told who won", f"{told:,} of {len(heard.lost):,}", told == len(heard.lost)),
        ("other answers", str(dict(heard.others) or "none"), not heard.others),
        ("tasks stuck", str(stuck), stuck == 0),
        ("time, answers per second", f"{took:.1f} s, {len(heard.seconds) / took:,.0f}/s", True),
        ("answer, p50 and p95", f"{_at(slow, 0.5):.0f} ms, {_at(slow, 0.95):.0f} ms", True),
    ]
    for what, value, is_right in rows:
        print(f"{what:<30} {value:>24}  {'ok' if is_right else 'WRONG'}")
    return 0 if all(is_right for _what, _value, is_right in rows) else 1


def _at(ordered: list[float], share: float) -> float:
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


if __name__ == "__main__":
    sys.exit(main())
