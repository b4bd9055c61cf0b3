"""Conditions put together by keys, a webhook that tells its secret: in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible

QUEUE = """
from apps.accounts.models import Folder
from apps.queues.models import WorkQueue
folder = Folder.objects.get(demo_setting__isnull=False)
WorkQueue.objects.get_or_create(folder=folder, key="by-rows", defaults={"title": "By rows"})
"""
ITEMS = """
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import WorkQueue
from apps.lib.actors import SYSTEM
queue = WorkQueue.objects.get(key="by-rows")
new = [NewItem(payload={}) for _n in range(4)]
add_items(queue, new, origin="api", by=SYSTEM, all_or_nothing=True)
"""
REMOVE = """
from apps.triggers.models import Trigger
Trigger.objects.filter(key__in=["by-rows", "by-call"]).delete()
"""


def test_a_state_is_put_together_and_a_webhook_tells_its_secret_once(page_of, running_room):
    running_room.manage("shell", "-v0", "-c", QUEUE)
    page = page_of("admin")
    try:
        _put_conditions_together(page)
        _watch_what_is_true(page, running_room)
        _make_a_webhook(page)
        _look_on_a_phone(page_of)
    finally:
        running_room.manage("shell", "-v0", "-c", REMOVE)


def _put_conditions_together(page: Page) -> None:
    page.goto("/triggers/new/")
    page.locator(".kind-choice").get_by_role("link", name="State").press("Enter")
    page.wait_for_url("**/triggers/new/?kind=state")
    sentence, rows = page.locator("#preview-sentence"), page.locator(".condition")
    page.get_by_label("Title").fill("By rows")
    page.get_by_label("Key", exact=True).fill("by-rows")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    first = rows.nth(0)
    first.get_by_label("Which queue").select_option("by-rows")
    first.get_by_label("Value").fill("3")
    expect(sentence).to_contain_text("at least 3 items wait")
    expect(page.locator("#preview .is-false")).to_have_count(1)

    _add_and_remove_rows(page)
    page.get_by_label("An alert").check()
    page.locator("#id_alert_title").fill("Much to do")
    page.get_by_label("Title").press("Enter")
    page.wait_for_url(re.compile(r"/triggers/\d+/$"))
    assert_accessible(page)


def _add_and_remove_rows(page: Page) -> None:
    """A row more, and an alternative beside it; the focus goes to what is new."""
    sentence, rows = page.locator("#preview-sentence"), page.locator(".condition")
    page.get_by_role("button", name="Add a condition").press("Enter")
    expect(rows).to_have_count(2)
    expect(rows.nth(1).get_by_label("What", exact=True)).to_be_focused()
    rows.nth(1).get_by_label("What", exact=True).select_option("trigger")
    expect(rows.nth(1).get_by_label("Value")).to_be_hidden()
    rows.nth(1).get_by_role("button", name="or").press("Enter")
    expect(rows).to_have_count(3)
    expect(rows.nth(0).get_by_label("Value")).to_have_value("3")
    expect(rows.nth(1).get_by_label("What", exact=True)).to_have_value("trigger")
    expect(sentence).to_contain_text("Not yet")
    assert_accessible(page)
    page.get_by_role("button", name="Remove condition 3").press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Remove condition 2").press("Enter")
    expect(rows).to_have_count(1)
    assert page.evaluate("document.activeElement !== document.body")
    expect(sentence).to_contain_text("at least 3 items wait")


def _watch_what_is_true(page: Page, running_room) -> None:
    now = page.locator(".now")
    expect(now).to_contain_text("It does not hold now.")
    page.wait_for_function("() => window.controlroomLive?.state === 'live'")
    running_room.manage("shell", "-v0", "-c", ITEMS)
    expect(now).to_contain_text("now 4")
    expect(now.locator(".is-true")).to_have_count(1)
    # the scheduler has seen it, too
    expect(page.locator("#start-log tbody tr")).to_have_count(1)


def _make_a_webhook(page: Page) -> None:
    page.goto("/triggers/new/?kind=event")
    page.get_by_label("Title").fill("By call")
    page.get_by_label("Key", exact=True).fill("by-call")
    expect(page.get_by_label("Mail server")).to_be_hidden()
    page.get_by_label("An alert").check()
    page.locator("#id_alert_title").fill("Order {event.body.id}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    expect(page.locator("#hook-address")).to_contain_text("/hooks/")
    assert_accessible(page)
    page.get_by_role("link", name="Done").click()
    page.wait_for_url(re.compile(r"/triggers/\d+/$"))
    expect(page.get_by_text("whsec_")).to_have_count(0)
    page.get_by_role("button", name="Replace the secret…").click()
    expect(page.locator("#new-secret")).to_be_visible()
    assert_accessible(page)


def _look_on_a_phone(page_of) -> None:
    page = page_of("admin", viewport=PHONE, color_scheme="dark")
    page.goto("/triggers/?kind=event&q=by-call")
    page.get_by_role("link", name="By call").click()
    expect(page.locator("#listening")).to_contain_text("/hooks/")
    expect(page.get_by_role("button", name="Replace the secret…")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
