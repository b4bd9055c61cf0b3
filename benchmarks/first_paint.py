"""Opens every page as somebody does who was never here, over a line of 10 Mbit/s and 40 ms; prints
when its first byte is there and when it shows something, what it weighs, asks for, and by how much
it moves.

    .venv/bin/python benchmarks/first_paint.py [--visits 2] [--phone] [--only /inbox/]

It starts `manage.py up` with the demo on a free port in a temporary directory, makes something to
see on each page, and takes the best of the visits: what else the machine does is no matter of the
page. Ends with 1 when a page takes longer than its budget; weight, requests and movement, which do
not depend on the machine, have theirs in tests/flows/budgets.py.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")

BUDGET_MS = 600
LINE = {
    "offline": False,
    "latency": 40,
    "downloadThroughput": 10_000_000 / 8,
    "uploadThroughput": 10_000_000 / 8,
}
# when the first byte came, and when something was to be seen
MOMENTS = """
[performance.getEntriesByType("navigation")[0].responseStart,
 performance.getEntriesByName("first-contentful-paint").map((entry) => entry.startTime)[0] ?? 0]
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=2)
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--only", default="", help="pages whose address begins so")
    wishes = parser.parse_args()
    with room() as (running, numbers), browser_page(running, phone=wishes.phone) as page:
        return measure(page, numbers, wishes.visits, wishes.only)


def measure(page: Any, numbers: dict[str, int], visits: int, only: str) -> int:
    from tests.flows.budgets import Visit
    from tests.flows.test_every_page import PAGES

    visit, late = Visit(page), []
    print(f"{'page':58} {'byte ms':>7} {'paint ms':>8} {'KB':>6} {'requests':>8} {'moves':>6}")
    for address in (each for each in PAGES if each.startswith(only)):
        moments = []
        for _ in range(visits):
            visit.begin(address.format(**numbers))
            page.wait_for_load_state("networkidle")
            moments.append(page.evaluate(MOMENTS))
        byte, paint = min(moments, key=lambda each: each[1])
        print(
            f"{address:58} {byte:7.0f} {paint:8.0f} {visit.kilobytes:6.1f}",
            f"{len(visit.requested):8} {visit.movement:6.3f}",
            *visit.faults(),
            flush=True,
        )
        if paint > BUDGET_MS:
            late.append(address)
    print(f"later than {BUDGET_MS} ms: {late or 'none'}")
    return 1 if late else 0


@contextmanager
def room() -> Iterator[tuple[Any, dict[str, int]]]:
    """A control room with the demo and something to see, and where it stands."""
    import django

    django.setup()
    from tests.flows.test_every_page import FOUND_BY, SOMETHING_LEARNT, SOMETHING_TO_SEE
    from tests.rooms import RunningRoom

    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        running = RunningRoom(Path(folder) / "data").wait_until_ready()
        try:
            for script in (SOMETHING_TO_SEE, SOMETHING_LEARNT):
                running.manage("shell", "-c", script)
            yield running, {kind: running.query(ask)[0][0] for kind, ask in FOUND_BY.items()}
        finally:
            running.stop()


@contextmanager
def browser_page(running: Any, *, phone: bool) -> Iterator[Any]:
    """A page of the admin, signed in, at the end of a slow line."""
    from playwright.sync_api import sync_playwright

    from tests.browsing import CHROMIUM_OPTIONS, DESKTOP, PHONE

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM_OPTIONS
        )
        page = browser.new_context(
            base_url=running.url, viewport=PHONE if phone else DESKTOP, reduced_motion="reduce"
        ).new_page()
        page.goto("/sign-in/")
        page.locator("#id_username").fill("admin")
        page.locator("input[name=password]").fill(running.admin_password)
        page.locator("input[name=password]").press("Enter")
        page.locator("nav.rail").wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        yield page
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
