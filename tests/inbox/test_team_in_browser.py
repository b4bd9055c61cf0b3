"""The team view and the bell in a real browser: by mouse, by keyboard, and live."""

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, assert_accessible

pytestmark = pytest.mark.browser

PATIENCE = 30_000
TASKS = """
from apps.accounts.models import Folder, User
from apps.inbox.models import UserTask
folder = Folder.objects.get(demo_setting__isnull=False)
bea = User.objects.get(username="bea")
rows = [UserTask(folder=folder, kind="approval", title=f"Pay {n}", assignee=bea) for n in range(4)]
UserTask.objects.bulk_create(rows)
print(bea.pk, User.objects.get(username="sam").pk)
"""
TELL = """
from apps.accounts.models import User
from apps.notices.lifecycle import notify
sam = User.objects.get(username="sam")
notify([sam.pk], "task_mentioned", title="Bea mentions you: Pay 4711", url="/inbox/")
"""


def test_tasks_are_handed_over_by_dragging_and_by_keys_and_taken_back(page_of, running_room):
    bea, sam = running_room.manage("shell", "-c", TASKS).split()[-2:]
    page = page_of("sam")
    page.goto(f"/inbox/team/?assignee={bea}")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    count = page.locator(".team-count")
    before = int(count.get_attribute("data-count"))

    # by mouse: the two that are chosen go along
    for n in (0, 1):
        page.get_by_label(f"Select Pay {n}", exact=True).check()
    page.locator("tr", has_text="Pay 0").locator("[data-open]").hover()
    page.drag_and_drop("tr:has-text('Pay 0') >> td:nth-of-type(2)", f"#person-{sam} th")
    page.get_by_text("has 2 tasks more").wait_for()
    expect(count).to_have_attribute("data-count", str(before - 2))
    assert_accessible(page)

    # taken back with one key
    page.keyboard.press("z")
    page.get_by_text("2 tasks are back").wait_for()
    expect(count).to_have_attribute("data-count", str(before))

    # the same without a mouse
    page.get_by_label("Select Pay 3", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("Hand to").focus()
    page.get_by_label("Hand to").select_option(sam)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("has 1 task more").wait_for()
    expect(count).to_have_attribute("data-count", str(before - 1))

    # on a phone they are cards, and nothing sticks out
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_bell_counts_live_and_what_is_opened_is_read(page_of, running_room):
    page = page_of("sam")
    page.goto("/notices/")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.get_by_role("button", name="Mark all read").first.click()
    expect(page.locator("[data-bell-count]")).to_have_text("")

    running_room.manage("shell", "-c", TELL)

    expect(page.locator("[data-bell-count]")).to_contain_text("1 new", timeout=PATIENCE)
    page.keyboard.press("g")
    page.keyboard.press("n")
    link = page.locator("#bell-panel").get_by_text("Bea mentions you")
    link.wait_for()
    assert_accessible(page)
    with page.expect_response("**/notices/*/read/"):
        link.click()
    page.wait_for_url("**/inbox/**")
    expect(page.locator("[data-bell-count]")).to_have_text("")
