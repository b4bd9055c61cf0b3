"""“Why is this not running?” on the pages of an item, a run, a trigger and an instance."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import DESKTOP, PHONE, assert_accessible
from tests.rooms import RunningRoom

PATIENCE = 20_000
SEEN = """
import json
from apps.accounts.models import Folder
from tests.flows.waits_to_see import make_waits_to_see
print(json.dumps(make_waits_to_see(Folder.objects.order_by("pk").first())))
"""
PAGES = {
    "item": "/items/{}/",
    "run": "/runs/{}/",
    "trigger": "/triggers/{}/",
    "instance": "/instances/{}/",
}
SENTENCES = {
    "item": "Sam Supervisor paused the queue “Vouchers”: Month end is being closed.",
    "run": "“Nora” is disabled: it may not work.",
    "trigger": "It is paused: The ERP is being upgraded.",
    "instance": "A person is asked at “Check the totals”.",
}


@pytest.fixture
def numbers(running_room: RunningRoom) -> dict[str, int]:
    said: dict[str, int] = json.loads(running_room.manage("shell", "-c", SEEN).splitlines()[-1])
    return said


def panel(page: Page, kind: str, numbers: dict[str, int]):
    page.goto(PAGES[kind].format(numbers[kind]))
    return page.locator("section.why")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desk", "dark-phone"]
)
def test_each_page_says_why_and_fits(page_of, numbers, theme, viewport):
    page = page_of("sam", color_scheme=theme, viewport=viewport)

    for kind, sentence in SENTENCES.items():
        found = panel(page, kind, numbers)
        expect(found).to_contain_text(sentence, timeout=PATIENCE)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.timeout(300)
def test_who_does_what_the_panel_says_sees_it_change(page_of, numbers):
    page = page_of("sam")

    run = panel(page, "run", numbers)
    run.get_by_role("button", name="Enable “Nora”").press("Enter")
    page.wait_for_url(re.compile(r"/bots/\d+/"))
    expect(panel(page, "run", numbers)).to_contain_text("“Nora” does not answer.")

    item = panel(page, "item", numbers)
    item.get_by_role("button", name="Resume the queue").click()
    page.wait_for_url(re.compile(r"/queues/\d+/"))
    expect(panel(page, "item", numbers)).not_to_contain_text("paused the queue")

    trigger = panel(page, "trigger", numbers)
    trigger.get_by_role("button", name="Resume it").click()
    expect(page.locator("section.why")).to_contain_text("Its time has not come.", timeout=PATIENCE)

    panel(page, "instance", numbers).get_by_role("link", name="Decide in the inbox").click()
    expect(page.locator("#task-title")).to_contain_text("Check the totals")


def test_the_panel_changes_by_itself(page_of, numbers):
    watching, acting = page_of("sam"), page_of("sam")
    found = panel(watching, "instance", numbers)
    expect(found).to_contain_text("“Wait for the bank” waits for its time.")

    acting.goto(PAGES["instance"].format(numbers["instance"]))
    acting.locator("[data-target='#verb-pause']").click()
    acting.locator("#verb-pause").get_by_label("Reason").fill("The bank is closed")
    acting.locator("#verb-pause").get_by_role("button", name="Pause").click()

    expect(found).to_contain_text("Sam Supervisor paused it: The bank is closed", timeout=PATIENCE)
    found.get_by_role("button", name="Resume it").click()
    watching.locator("#verb-resume").get_by_label("Reason").fill("It is open again")
    watching.locator("#verb-resume").get_by_role("button", name="Resume").click()
    expect(found).to_contain_text("A person is asked at “Check the totals”.", timeout=PATIENCE)


def test_who_may_not_help_is_told_who_can(page_of, numbers):
    page = page_of("bea")

    found = panel(page, "trigger", numbers)

    expect(found).to_contain_text("can be done by these roles: Supervisor, Designer, Admin.")
    expect(found.get_by_role("button")).to_have_count(0)
