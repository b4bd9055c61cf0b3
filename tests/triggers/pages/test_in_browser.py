"""A trigger in a real browser, by keys alone: made, tried out, paused, resumed, watched."""

import re

from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible

QUEUE = """
from apps.accounts.models import Folder
from apps.queues.models import WorkQueue
folder = Folder.objects.get(demo_setting__isnull=False)
WorkQueue.objects.get_or_create(folder=folder, key="by-keys", defaults={"title": "By keys"})
"""
FIRE = """
from apps.lib.actors import SYSTEM
from apps.triggers.lifecycle import fire_now
from apps.triggers.models import Trigger
fire_now(Trigger.objects.get(key="by-keys"), by=SYSTEM)
"""
REMOVE = """
from apps.triggers.models import Trigger
Trigger.objects.filter(key="by-keys").delete()
"""
ITEMS = '[{"payload": {"day": "{date}"}, "reference": "by-keys-{planned_at}"}]'


def test_a_trigger_is_made_tried_paused_and_watched_by_keys(page_of, running_room):
    running_room.manage("shell", "-v0", "-c", QUEUE)
    page = page_of("admin")
    try:
        _make(page)
        _try_out(page)
        _pause_on_its_page(page)
        _watch(page, running_room)
        _pause_in_the_list(page)
        _look_on_a_phone(page_of)
    finally:
        running_room.manage("shell", "-v0", "-c", REMOVE)


def _make(page: Page) -> None:
    page.goto("/triggers/")
    page.keyboard.press("N")
    page.wait_for_url("**/triggers/new/")
    sentence = page.locator("#preview-sentence")
    page.get_by_label("Title").fill("By keys")
    page.get_by_label("Key", exact=True).fill("by-keys")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.locator("#id_times").fill("7:30")
    page.get_by_label("Mon", exact=True).check()
    expect(sentence).to_contain_text("07:30")
    expect(page.locator(".planned-list li")).to_have_count(10)

    # what belongs to another choice is out of the way, and what is wrong is said while typing
    expect(page.locator("#id_cron")).to_be_hidden()
    page.get_by_label("Cron (for experts)").check()
    expect(page.locator("#id_times")).to_be_hidden()
    page.locator("#id_cron").fill("0 0 31 2 *")
    expect(sentence).to_contain_text("Not yet")
    assert_accessible(page)
    page.locator("#id_cron").fill("*/15 8-18 * * 1-5")
    expect(sentence).to_contain_text("15 minutes")
    expect(page.locator("#id_cron")).to_be_focused()

    page.get_by_label("Items in a queue").check()
    page.locator("#id_queue").select_option("by-keys")
    page.locator("#id_items").fill(ITEMS)
    page.get_by_label("Title").press("Enter")
    page.wait_for_url(re.compile(r"/triggers/\d+/$"))
    expect(page.get_by_text("It starts next")).to_be_visible()
    assert_accessible(page)


def _try_out(page: Page) -> None:
    page.keyboard.press("d")
    expect(page.locator("#dry-run")).to_contain_text("Now it would start: By keys")
    expect(page.locator("#dry-run .callout-title")).to_be_focused()
    expect(page.locator("#start-log")).to_contain_text("Nothing has come of it yet")
    page.keyboard.press("r")
    page.locator("#confirm [value=yes]").click()
    expect(page.locator("#start-log tbody tr")).to_have_count(1)
    expect(page.locator("#start-log tbody a")).to_contain_text("By keys #")


def _pause_on_its_page(page: Page) -> None:
    switch = page.locator("#triggers .panel-tools")
    page.keyboard.press(" ")
    expect(page.locator("#toasts")).to_contain_text("is paused")
    expect(switch).to_contain_text("Resume")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("is on again")
    expect(switch).to_contain_text("Pause")


def _watch(page: Page, running_room) -> None:
    page.wait_for_function("() => window.controlroomLive?.state === 'live'")
    page.evaluate("window.wasNotReloaded = true")
    running_room.manage("shell", "-v0", "-c", FIRE)
    expect(page.locator("#start-log tbody tr")).to_have_count(2)
    assert page.evaluate("window.wasNotReloaded")


def _pause_in_the_list(page: Page) -> None:
    page.goto("/triggers/?q=by-keys")
    row = page.locator("[data-list] tr").filter(has_text="By keys")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(row).to_contain_text("Paused")
    assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("z")
    expect(row.get_by_label("Pause By keys")).to_be_visible()
    page.keyboard.press("P")
    expect(page.locator("#pause-all")).to_be_visible()
    assert_accessible(page)


def _look_on_a_phone(page_of) -> None:
    """Look and pause; no editor."""
    page = page_of("admin", viewport=PHONE)
    page.goto("/triggers/?q=by-keys")
    expect(page.get_by_role("link", name="New trigger")).to_be_hidden()
    page.get_by_label("Pause By keys").click()
    expect(page.get_by_label("Resume By keys")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
