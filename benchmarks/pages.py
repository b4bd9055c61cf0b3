"""Asks a full room for every page and every list of the API, and holds them to their budgets.

    .venv/bin/python benchmarks/pages.py FOLDER [--times 20] [--only TEXT] [--json FILE] [--plans]

FOLDER is one that benchmarks/load_many.py filled. Each page is asked for in this process, as the
admin, of the biggest there is of its kind: first once without counting, then so many times. Printed
are p50 and p95 of the time on the server (on a busy machine more than it would be: the medians of
the web process's CPU and of the time that queries took stand beside them), how many queries there
were, and which took long, with their plans. Fails when a page's p95 is over 300 ms, when what a
change of the overview costs is over 50 ms, or when a query over 100 ms reads a big table from end
to end.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

PAGE_MS, OVERVIEW_MS, QUERY_MS = 300.0, 50.0, 100.0
# addresses that answer so on purpose
ODD = {"/nothing-here/": 404, "/search/timeline/item/{item}/": 302, "/log/?run=none": 422}
SLOWEST = 25


def main() -> int:
    from benchmarks.many.servers import room_without_processes

    wishes = parse_arguments()
    os.chdir(ROOT)
    with room_without_processes(wishes.folder):
        return look(wishes)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose address has this text")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--plans", action="store_true", help="print the plans of slow queries")
    return parser.parse_args()


def look(wishes: argparse.Namespace) -> int:
    from benchmarks.many.looking import addresses, make_something_to_see

    make_something_to_see()
    ask = asker()
    figures = [
        measure(name, lambda address=address: ask(address), wishes.times)
        for name, address in addresses()
        if wishes.only in name
    ]
    if not wishes.only:
        figures += overview(wishes.times)
    tell(figures, wishes)
    faults = [fault for each in figures for fault in faults_of(each)]
    print("\n".join(faults) or "every budget is kept")
    return 1 if faults else 0


def asker() -> Callable[[str], int]:
    """Return what asks for an address and answers its status, signed in as the admin."""
    from django.conf import settings
    from django.test import Client

    from apps.accounts.models import Folder, User
    from apps.accounts.tokens import create_token
    from apps.lib.actors import SYSTEM

    settings.ALLOWED_HOSTS = ["testserver"]
    admin = User.objects.get(username="admin")
    folder = Folder.objects.get(demo_setting__isnull=False)
    _token, text = create_token(admin, folder, name="pages", by=SYSTEM, days=1)
    # a page that breaks is told as such
    client = Client(raise_request_exception=False)
    headers = {"authorization": f"Bearer {text}"}
    program = Client(raise_request_exception=False, headers=headers)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")

    def ask(address: str) -> int:
        answer = (program if address.startswith("/api/") else client).get(address)
        if answer.streaming:
            for _part in answer:
                pass
        return int(answer.status_code)

    return ask


def measure(name: str, work: Callable[[], int], times: int) -> dict[str, Any]:
    from benchmarks.many.watching import plan_of, scanned, watched

    with watched(QUERY_MS) as watch:
        status = work()
    slow = {sql: (ms, params) for ms, sql, params in watch.slow}
    took, cpu, asked = [], [], []
    for _time in range(times):
        with watched(QUERY_MS) as watch:
            begun, own = time.perf_counter(), time.process_time()
            work()
            took.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.process_time() - own) * 1000)
            asked.append(watch.ms)
        slow |= {sql: (ms, params) for ms, sql, params in watch.slow}
        if sum(took) > 20_000:  # it is known by then
            break
    plans = [(ms, sql, plan_of(sql, params)) for sql, (ms, params) in slow.items()]
    print(f"{statistics.median(took):8.0f} ms  {name}", file=sys.stderr, flush=True)
    return {
        "name": name,
        "status": status,
        "queries": watch.n,
        "cpu": statistics.median(cpu),
        "sql": statistics.median(asked),
        "p50": statistics.median(took),
        "p95": sorted(took)[int(0.95 * (len(took) - 1) + 0.5)],
        "budget": PAGE_MS,
        "slow": [
            {"ms": ms, "sql": sql, "plan": plan, "scans": scanned(plan)} for ms, sql, plan in plans
        ],
    }


def overview(times: int) -> list[dict[str, Any]]:
    """Measure what a change costs: what the live parts of the overview are rendered from."""
    from apps.accounts.models import User
    from apps.accounts.permissions import rights_of
    from apps.dashboard import fragments
    from apps.events.fragments import Audience, find

    audience = Audience(rights_of(User.objects.get(username="admin")), "en", "UTC")
    parts = ("tiles", "chart", "queues", "bots", "people", "problems", "alerts", "starts")

    def refresh(*names: str) -> int:
        for name in names:
            getattr(fragments, name)(audience, "")
        return 200

    figures = [measure(f"(overview: {name})", lambda name=name: refresh(name), times)
               for name in parts]  # fmt: skip
    told = {name: found[0].topics for name in parts if (found := find(f"overview.{name}"))}
    of_items = [name for name, topics in told.items() if "queues" in topics]
    sums = [
        measure("(overview: what an item changes)", lambda: refresh(*of_items), times),
        measure("(overview: all of it)", lambda: refresh(*parts), times),
    ]
    return [*figures, *({**each, "budget": OVERVIEW_MS} for each in sums)]


def tell(figures: list[dict[str, Any]], wishes: argparse.Namespace) -> None:
    slowest = sorted(figures, key=lambda each: -each["p95"])[:SLOWEST]
    columns = ("p50", "p95", "cpu", "sql", "queries")
    print("".join(f"{name:>8}" for name in columns), " page (ms; CPU of the web process)")
    for each in slowest:
        print("".join(f"{each[name]:8.0f}" for name in columns), f" {each['name']}")
    middle = statistics.median(each["p95"] for each in figures)
    print(f"{len(figures)} pages and lists; the middle one has a p95 of {middle:.0f} ms")
    for each in figures:
        for query in each["slow"]:
            where = f", reads all of {', '.join(query['scans'])}" if query["scans"] else ""
            print(f"{query['ms']:.0f} ms on {each['name']}{where}: {query['sql'][:160]}")
            if wishes.plans:
                print(query["sql"], query["plan"], sep="\n")
    if wishes.json:
        wishes.json.write_text(json.dumps(figures, indent=1))


def faults_of(figure: dict[str, Any]) -> list[str]:
    name, faults = figure["name"], []
    if figure["status"] != ODD.get(name, 200):
        faults.append(f"FAULT {name} answers {figure['status']}")
    if figure["p95"] > figure["budget"]:
        faults.append(f"FAULT {name}: p95 {figure['p95']:.0f} ms, more than {figure['budget']:.0f}")
    faults += [
        f"FAULT {name} reads all of {', '.join(query['scans'])}: {query['sql'][:100]}"
        for query in figure["slow"]
        if query["scans"]
    ]
    return faults


if __name__ == "__main__":
    sys.exit(main())
