"""One journey in a real browser: choose, confirm, follow live, take back; by keys alone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser]

MAKE = """
from apps.accounts.models import Folder
from tests.factories_queues import make_items, make_queue
folder = Folder.objects.get(demo_setting__isnull=False)
queue = make_queue("{key}", folder=folder, title="Chosen")
make_items(queue, 60)
"""


@pytest.fixture
def queue_id(running_room, request):
    """A queue of the test's own: what one adds, another must not count."""
    key = request.node.name.replace("_", "-")[:50]
    running_room.manage("shell", "-c", MAKE.format(key=key))
    [(pk,)] = running_room.query(f"select id from queues_workqueue where key = '{key}'")
    return pk


def test_a_list_is_held_confirmed_followed_and_taken_back(page_of, queue_id, running_room):
    page = page_of("admin")
    page.goto(f"/queues/{queue_id}/?status=ready")
    bar = page.locator("#items-form")
    expect(bar).to_be_hidden()

    # by keys: the first row, then a range
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_be_visible()
    expect(bar.locator("[data-selection-count]")).to_have_text("1")
    page.get_by_label("Select all on this page").check()
    expect(bar.locator("[data-selection-count]")).to_have_text("50")
    expect(bar).to_contain_text("all 60 that match")
    bar.get_by_label("that match").check()
    bar.get_by_role("button", name="Hold").click()

    expect(page.get_by_role("heading", name="It is about 60")).to_be_visible()
    page.get_by_label("Reason").fill("The archive moves")
    page.get_by_label("Type 60 to confirm").fill("59")
    page.get_by_role("button", name="Hold: 60").click()
    expect(page.locator("body")).to_contain_text("There are 60 now; you typed 59.")
    page.get_by_label("Type 60 to confirm").fill("60")
    page.get_by_role("button", name="Hold: 60").click()

    # live: nobody reloads
    expect(page).to_have_url(re.compile(r"/operations/\d+/$"))
    expect(page.locator("body")).to_contain_text("60 of 60 (100 %)")
    expect(page.get_by_role("button", name="Cancel the rest")).to_have_count(0)
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("body")).to_contain_text("60 of 60 (100 %)")
    expect(page.get_by_role("heading", name="Release items")).to_be_visible()

    page.get_by_role("link", name="To the list").click()
    expect(page.locator("[data-row]").first).to_contain_text("Waiting")


def test_while_something_is_chosen_the_list_does_not_move(page_of, queue_id, running_room):
    page = page_of("admin")
    page.goto(f"/queues/{queue_id}/")
    first = page.locator("[data-row]").first
    box = first.locator("[data-select]")
    box.check()
    name = first.locator("a").inner_text()

    running_room.manage(
        "shell",
        "-c",
        "from apps.queues.models import WorkQueue\n"
        "from tests.factories_queues import make_items\n"
        f"make_items(WorkQueue.objects.get(pk={queue_id}), 3)",
    )

    expect(page.locator("#new-pill")).to_be_visible()
    expect(page.locator("[data-row]").first.locator("a")).to_have_text(name)
    expect(box).to_be_checked()
    expect(page.locator("#items-form")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("#items-form")).to_be_hidden()
