"""Three days without a mouse: who decides, who supervises, who sets things up."""

import re
from decimal import Decimal

from playwright.sync_api import Page, expect

from tests.browsing import row_of
from tests.flows.hands import Hands

PATIENCE = 40_000
SUM = re.compile(r"add up to ([\d,]+\.\d\d)")
FAIL = """
from apps.accounts.models import Folder
from apps.failures import lifecycle
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, Result, add_items, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
folder = Folder.objects.get(demo_setting__isnull=False)
queue = WorkQueue.objects.create(folder=folder, key="dull", title="Dull work", max_attempts=1)
news = [NewItem({"n": n}, reference=f"DULL-{n}") for n in range(3)]
add_items(queue, news, origin="api", by=SYSTEM, all_or_nothing=True)
for leased in lease_items(queue.pk, n=3, bot="tester"):
    said = {"code": "", "message": "The typewriter is out of ink", "detail": ""}
    down = Attempt.Outcome.APPLICATION_EXCEPTION
    finish_items([Result(leased.id, leased.token, down, **said)])
    lifecycle.note_tries([(leased.id, 1)], None)
while lifecycle.group_some():
    pass
"""
ITEMS = '[{"payload": {"day": "{date}"}, "reference": "no-mouse-{planned_at}"}]'
QUEUE = """
from apps.accounts.models import Folder
from apps.queues.models import WorkQueue
folder = Folder.objects.get(demo_setting__isnull=False)
WorkQueue.objects.get_or_create(folder=folder, key="plain", defaults={"title": "Plain work"})
"""
TIDY = """
from apps.triggers.models import Trigger
Trigger.objects.filter(key="no-mouse").delete()
"""


def test_somebody_signs_in_and_decides_a_task(new_context, running_room, tmp_path):
    path = tmp_path / "invoice.xml"
    number = running_room.manage("make_invoice", str(path), "--fault", "wrong_total").split()[-1]
    running_room.manage("import_invoices", str(path))
    page = new_context().new_page()
    hands = Hands(page)
    page.goto("/sign-in/")

    hands.tab_to(page.locator("form:has(input[type=hidden][value=bea]) button"))
    hands.go(lambda: hands.press("Enter"), "**/inbox/**")
    expect(row_of(page, number)).to_be_visible(timeout=PATIENCE)
    hands.press("/")
    hands.see_focus()
    hands.type(number)
    page.wait_for_url(f"**q={number}**")
    expect(page.locator(".task-list a")).to_have_count(1)
    hands.tab_to(row_of(page, number))
    hands.press("Enter")
    expect(page.locator("#task-title")).to_be_focused()

    found = SUM.search(page.locator(".callout", has_text="add up to").first.inner_text())
    assert found
    hands.fill(page.get_by_label("Total with VAT").first, str(Decimal(found[1].replace(",", ""))))
    hands.press("Control+Enter")

    expect(page.locator(".toasts")).to_contain_text(number)
    expect(page.locator("#task h2", has_text="No task is open")).to_be_focused()
    hands.see_focus()
    assert f"q={number}" in page.url


def test_a_supervisor_goes_by_the_palette_to_a_failure_takes_and_retries_it(page_of, running_room):
    running_room.manage("shell", "-v0", "-c", FAIL)
    page = page_of("sam")
    hands = Hands(page)
    page.goto("/")

    hands.press("Control+k")
    page.locator("#palette[open]").wait_for()
    hands.see_focus()
    hands.type("Failures")
    page.locator("#palette [role=option]", has_text="Failures").first.wait_for()
    hands.go(lambda: hands.press("Enter"), "**/failures/**")
    hands.press("/")
    hands.see_focus()
    hands.type("typewriter")
    page.wait_for_url("**q=typewriter**")
    hands.press("Escape", "j")
    hands.see_focus()
    hands.go(lambda: hands.press("Enter"), re.compile(r"/failures/\d+/"))

    hands.press("m")
    owner = page.locator("#assign select")
    if not hands.is_at(owner):
        hands.tab_to(owner)
    hands.type("Sam")
    hands.tab_to(page.locator("#assign").get_by_role("button", name="Assign"))
    hands.press("Enter")
    expect(page.locator(".facts li", has_text="Who sees to it")).to_contain_text("Sam")
    hands.press("r")
    expect(page.locator("main")).to_contain_text("The item that is tried first")


def test_an_admin_makes_a_trigger(page_of, running_room):
    running_room.manage("shell", "-v0", "-c", QUEUE)
    page = page_of("admin")
    hands = Hands(page)
    page.goto("/")
    try:
        hands.go(lambda: hands.press("g", "t"), "**/triggers/")
        hands.go(lambda: hands.press("N"), "**/triggers/new/")
        _say_when(page, hands)
        _say_what(page, hands)
        hands.tab_to(page.get_by_role("button", name="Save"))
        hands.go(lambda: hands.press("Enter"), re.compile(r"/triggers/\d+/$"))
        expect(page.get_by_text("It starts next")).to_be_visible()
        hands.press("d")
        expect(page.locator("#dry-run .callout-title")).to_be_focused()
        hands.see_focus()
    finally:
        running_room.manage("shell", "-v0", "-c", TIDY)


def _say_when(page: Page, hands: Hands) -> None:
    hands.fill(page.get_by_label("Title"), "Without a mouse")
    hands.fill(page.get_by_label("Key", exact=True), "no-mouse")
    hands.choose(page.get_by_label("Time zone"), "Europe/Berlin")
    hands.fill(page.locator("#id_times"), "7:30")
    hands.tab_to(page.get_by_label("Mon", exact=True))
    hands.press("Space")
    expect(page.locator("#preview-sentence")).to_contain_text("07:30")
    hands.see_focus()


def _say_what(page: Page, hands: Hands) -> None:
    hands.tab_to(page.locator("input[name=target]:checked"))
    while not page.get_by_label("Items in a queue").is_checked():
        hands.press("ArrowDown")
    hands.choose(page.locator("#id_queue"), "Plain")
    hands.fill(page.locator("#id_items"), ITEMS)
