"""Times how soon many open pages show what happened, and how they come through a restart.

    .venv/bin/python benchmarks/live.py [--pages 300] [--rate 200] [--seconds 30] [--restart 1000]

It starts `manage.py up --empty` on a free port in a temporary directory, with one web process, and
opens pages as static/js/live.js does (benchmarks/parts/live_pages.py, a process of its own), of
people with different rights: the overview and the pages of eight queues, each with all of its live
fragments. One more page is open in Chromium.

- events: items are added one by one, each in a transaction of its own. An event has arrived when
  the page is told a number of waiting items that includes it (in Chromium: when the number is in
  the document). Taken from its commit. Beside it: the web process's memory and processor time.
- restart: the web process is told to end, with 1 000 pages open. Taken is the time until each
  page is live again, from the first answer of the new process and from the loss of its socket.
- frozen: the web process is stopped as by a debugger; the time until Chromium's page says that it
  is offline, and until it is live again afterwards.
"""

import argparse
import bisect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

TARGET_EVENT_MS = 500
TARGET_RECONNECT_SECONDS = 5.0
TARGET_OFFLINE_SECONDS = 10.0
MOST_GROWTH_MB = 100
N_QUEUES = 8
N_PEOPLE = 48
OVERVIEW_SHARE = 0.4
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 4.0
LIVE_ID = re.compile(r'data-live="([^"]+)"(?:[^>]*?data-live-hash="([^"]*)")?')
# Every number of waiting items that the document shows, and when
WATCH_NUMBER = """() => {
  window.seen = [];
  const look = () => {
    const text = document.querySelector(".strip-value")?.textContent ?? "";
    const number = Number(text.replace(/\\D/g, ""));
    if (seen.at(-1)?.[0] !== number) seen.push([number, Date.now() / 1000]);
  };
  look();
  const all = {subtree: true, childList: true, characterData: true};
  new MutationObserver(look).observe(document.body, all);
}"""


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1) as port:
            queues, cookies = make_place()
            with chromium_page(port, cookies[0], queues[0]) as page:
                missed = [
                    *events_arrive(port, queues, cookies, page, wishes),
                    frozen_is_told(port, page),
                ]
            missed.append(pages_come_back(port, queues, cookies, wishes.restart))
    for sentence in filter(None, missed):
        print(sentence)
    return 1 if any(missed) else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--restart", type=int, default=1_000)
    return parser.parse_args()


# ---- the place: queues, people with different rights, their pages


def make_place() -> tuple[list[Any], list[str]]:
    """Return queues whose items nobody works, and a cookie per person."""
    from django.conf import settings
    from django.test import Client

    from apps.accounts.models import Folder, Membership, User
    from apps.accounts.roles import Role
    from apps.queues.models import WorkQueue

    folder = Folder.objects.order_by("pk")[0]
    queues = [
        WorkQueue.objects.create(folder=folder, key=f"live-{n}", title=f"Live {n}")
        for n in range(N_QUEUES)
    ]
    roles = [Role.ADMIN, Role.SUPERVISOR, Role.BUSINESS_USER]
    cookies = []
    for n in range(N_PEOPLE):
        person = User.objects.create_user(f"live-{n}", password=None)
        Membership.objects.create(user=person, folder=folder, role=roles[n % len(roles)])
        client = Client()
        client.force_login(person)
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}")
    return queues, cookies


def kinds_of_pages(
    port: int, queues: list[Any], cookies: list[str], n_pages: int
) -> list[dict[str, Any]]:
    """Share `n_pages` out: so many overviews, the rest queues' pages; people in turn."""
    n_overviews = int(n_pages * OVERVIEW_SHARE)
    addresses = [
        "/" if n < n_overviews else f"/queues/{queues[n % len(queues)].pk}/" for n in range(n_pages)
    ]
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for n, address in enumerate(addresses):
        counts[address, cookies[n % len(cookies)]] += 1
    return [
        {"cookie": cookie, "count": count, "fragments": fragments_of(port, address, cookie)}
        for (address, cookie), count in counts.items()
    ]


def fragments_of(port: int, address: str, cookie: str) -> dict[str, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{address}", headers={"Cookie": cookie}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        html = answer.read().decode()
    found = {live.replace("&amp;", "&"): known for live, known in LIVE_ID.findall(html)}
    assert found, f"no live part on {address}"
    return found


class Pages:
    """The process with the open pages."""

    def __init__(self, port: int, kinds: list[dict[str, Any]]) -> None:
        self.n_pages = sum(kind["count"] for kind in kinds)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.parts.live_pages"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._write(json.dumps({"port": port, "kinds": kinds}))

    def ask(self, word: str = "measure") -> dict[str, Any]:
        assert self._process.stdout
        self._write(word)
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def wait_until_open(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while (n_open := self.ask()["open"]) < self.n_pages:
            if time.monotonic() > end:
                raise SystemExit(f"only {n_open} of {self.n_pages} pages got a connection")
            time.sleep(0.2)

    def close(self) -> None:
        self._write("stop")
        self._process.wait(timeout=30)

    def _write(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def open_pages(port: int, queues: list[Any], cookies: list[str], n_pages: int) -> Iterator[Pages]:
    pages = Pages(port, kinds_of_pages(port, queues, cookies, n_pages))
    try:
        pages.wait_until_open()
        yield pages
    finally:
        pages.close()


@contextmanager
def chromium_page(port: int, cookie: str, queue: Any) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    name, value = cookie.split("=")
    url = f"http://127.0.0.1:{port}"
    # Playwright keeps an event loop in this thread, where Django would refuse the database
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(base_url=url)
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        page.goto(f"/queues/{queue.pk}/")
        page.wait_for_function("() => window.controlroomLive?.state === 'live'")
        yield page
        browser.close()


# ---- events


def events_arrive(
    port: int, queues: list[Any], cookies: list[str], page: Any, wishes: argparse.Namespace
) -> list[str | None]:
    web = web_process()
    with open_pages(port, queues, cookies, wishes.pages) as pages:
        time.sleep(SETTLE_SECONDS)
        page.evaluate(WATCH_NUMBER)
        pages.ask("forget")
        memory_before, cpu_before = web.memory_info().rss, sum(web.cpu_times()[:2])
        began = time.monotonic()
        commits = make_events(queues, wishes.rate, wishes.seconds)
        lasted = time.monotonic() - began
        time.sleep(SETTLE_SECONDS)
        heard = pages.ask()
        seen = page.evaluate("window.seen")
        growth = (web.memory_info().rss - memory_before) / 2**20
        share = (sum(web.cpu_times()[:2]) - cpu_before) / (lasted + SETTLE_SECONDS)
    n_events = sum(map(len, commits.values()))
    print(
        f"{wishes.pages} pages, {n_events / lasted:.0f} events/s for {lasted:.0f} s: "
        f"{heard['frames']:,} frames, {heard['bytes'] / 2**20:.0f} MB; web: {share:.0%} of a core, "
        f"{web.memory_info().rss / 2**20:.0f} MB ({growth:+.0f})"
    )
    sockets = [late for counts in heard["counts"] for late in latencies(counts, commits)]
    document = latencies([(f"queue.header:{queues[0].pk}", *one) for one in seen], commits)
    return [
        report("event to page", sockets),
        report("event to document (Chromium)", document),
        f"memory grew by {growth:.0f} MB" if growth > MOST_GROWTH_MB else None,
    ]


def make_events(queues: list[Any], rate: int, seconds: float) -> dict[str, list[float]]:
    """Add items one by one; return the times of the commits by the fragment that shows them."""
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import NewItem, add_items

    commits: dict[str, list[float]] = {f"queue.header:{queue.pk}": [] for queue in queues}
    began = time.monotonic()
    for n in range(int(rate * seconds)):
        time.sleep(max(0.0, began + n / rate - time.monotonic()))
        queue = queues[n % len(queues)]
        add_items(queue, [NewItem(payload={"n": n})], origin="api", by=SYSTEM, all_or_nothing=True)
        commits[f"queue.header:{queue.pk}"].append(time.time())
    return commits


def latencies(
    counts: Iterable[tuple[str, int, float]], commits: dict[str, list[float]]
) -> list[float]:
    """Return, for each event that one page heard of, the seconds from its commit to then."""
    heard: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for fragment, count, at in counts:
        heard[fragment].append((count, at))
    found = []
    for fragment, steps in heard.items():
        for nth, committed in enumerate(commits[fragment], start=1):
            first = bisect.bisect_left(steps, (nth,))
            if first < len(steps):
                found.append(max(0.0, steps[first][1] - committed))
    return found


def report(what: str, seconds: list[float]) -> str | None:
    if not seconds:
        return f"{what}: nothing was heard"
    p50, p95 = (percentile(seconds, share) * 1000 for share in (0.5, 0.95))
    print(f"{what}: p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(seconds):,}")
    return f"{what}: p95 above {TARGET_EVENT_MS} ms" if p95 > TARGET_EVENT_MS else None


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# ---- a restart


def pages_come_back(port: int, queues: list[Any], cookies: list[str], n_pages: int) -> str | None:
    with open_pages(port, queues, cookies, n_pages) as pages:
        time.sleep(SETTLE_SECONDS)
        pages.ask("forget")
        old = web_process()
        old.terminate()
        old.wait(timeout=PATIENCE_SECONDS)
        answered_at = first_answer(port)
        time.sleep(0.5)
        pages.wait_until_open()
        told = pages.ask()["reconnects"]
    assert len(told) == n_pages, f"{len(told)} of {n_pages} pages lost their connection"
    after_answer = [max(0.0, live - answered_at) for _lost, live in told]
    after_loss = [live - lost for lost, live in told]
    p95 = percentile(after_answer, 0.95)
    print(
        f"{n_pages} pages after a restart: live again p50 {percentile(after_answer, 0.5):.1f} s, "
        f"p95 {p95:.1f} s after the first answer; p95 {percentile(after_loss, 0.95):.1f} s "
        "after the loss"
    )
    is_late = p95 > TARGET_RECONNECT_SECONDS
    return f"back later than {TARGET_RECONNECT_SECONDS:.0f} s" if is_late else None


def web_process() -> psutil.Process:
    """Return the one web process of the room that this process started."""
    for process in psutil.Process().children(recursive=True):
        if "controlroom.web" in process.cmdline():
            return process
    raise SystemExit("no web process")


def first_answer(port: int) -> float:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30):
                return time.time()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the web process did not come back")


# ---- a server that does not move


def frozen_is_told(port: int, page: Any) -> str | None:
    page.wait_for_function("() => window.controlroomLive.state === 'live'")
    web = web_process()
    web.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        page.wait_for_function("() => window.controlroomLive.state === 'offline'")
        offline = time.monotonic() - began
    finally:
        web.send_signal(signal.SIGCONT)
    began = time.monotonic()
    page.wait_for_function("() => window.controlroomLive.state === 'live'")
    back = time.monotonic() - began
    print(
        f"a frozen server: shown as offline after {offline:.1f} s, live {back:.1f} s after it moves"
    )
    is_late = offline > TARGET_OFFLINE_SECONDS
    return f"offline is said later than {TARGET_OFFLINE_SECONDS:.0f} s" if is_late else None


if __name__ == "__main__":
    sys.exit(main())
