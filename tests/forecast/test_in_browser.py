"""The forecast in a real browser, by keys alone: from the queue, over the sliders, and back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, assert_accessible
from tests.rooms import RunningRoom

QUEUE = """
from apps.accounts.models import Folder
from tests.forecast.seen import make_forecast_to_see
print(make_forecast_to_see(Folder.objects.get(demo_setting__isnull=False)).pk)
"""


@pytest.fixture
def queue(running_room: RunningRoom) -> int:
    return int(running_room.manage("shell", "-v0", "-c", QUEUE).splitlines()[-1])


def test_sliders_are_moved_by_keys_and_say_what_would_be(page_of, queue):
    page = page_of("admin")
    page.goto(f"/queues/{queue}/")
    page.keyboard.press("f")
    page.wait_for_url(f"**/queues/{queue}/forecast/")
    said = page.locator(".forecast-said")
    expect(said).to_contain_text(re.compile("Empty at about|not be empty"))
    assert_accessible(page)

    # the table twin stays open while the drawing changes
    page.get_by_text("As a table").click()
    page.get_by_label("Bots at work at a time").focus()
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("If it were so:")
    expect(page.locator("#shown-bots")).to_have_text("5")
    expect(page.get_by_label("Bots at work at a time")).to_be_focused()
    expect(page.locator("#fan-table table")).to_be_visible()
    page.get_by_label("More items now").focus()
    page.keyboard.press("End")
    expect(page.locator("#shown-more")).not_to_have_text("0")
    assert_accessible(page)

    # and back to how it is: a slider takes no letters, so its page's keys go on working
    page.keyboard.press("r")
    expect(said).not_to_contain_text("If it were so:")


def test_on_a_phone_in_the_dark_what_would_be_stands_by_the_sliders(page_of, queue):
    page = page_of("admin", viewport=PHONE, color_scheme="dark")
    page.goto(f"/queues/{queue}/forecast/")
    beside = page.locator("#ask-said")
    expect(beside).to_be_visible()
    before = beside.inner_text()

    page.get_by_label("Bots at work at a time").fill("6")

    expect(beside).not_to_have_text(before)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
