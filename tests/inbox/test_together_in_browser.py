"""Deciding for many at once by keys, and by a link without signing in, in a real browser."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, assert_accessible
from tests.rooms import RunningRoom

pytestmark = pytest.mark.browser

ASK = """
from apps.accounts.models import Folder, User
from apps.inbox.lifecycle import NewApproval, ask_approval, make_link
folder, admin = Folder.objects.get(demo_setting__isnull=False), User.objects.get(username="admin")
form = {{"type": "object", "required": ["limit"], "properties": {{
    "limit": {{"type": "integer", "title": "Limit"}},
    "customer": {{"type": "string", "title": "Customer"}}}}}}
for number in range({n}):
    new = NewApproval(title="{title} " + str(number), text="They ask for more.", form=form,
                      values={{"limit": 3000, "customer": "C" + str(number)}})
    task = ask_approval(new, folder, by=admin.actor)
    print(task.pk, make_link(task, admin))
"""
_numbers = count(1)


@pytest.fixture
def approvals(running_room: RunningRoom):
    """`approvals(3)`: the numbers and links of so many alike."""

    def make(n: int) -> list[tuple[str, str]]:
        title = f"Raise limit {next(_numbers)}:"
        said = running_room.manage("shell", "-c", ASK.format(n=n, title=title))
        return re.findall(r"^(\d+) (/inbox/link/\S+/)$", said, re.MULTILINE)

    return make


def test_many_are_decided_together_by_keys_and_taken_back(page_of, running_room, approvals):
    tasks = [pk for pk, _link in approvals(7)]
    page = page_of("admin")
    page.goto(f"{running_room.url}/inbox/bulk/preview/?" + "&".join(f"task={pk}" for pk in tasks))

    expect(page.get_by_role("heading", name="Decide for 7 alike")).to_be_visible()
    expect(page.get_by_label("Customer")).to_have_count(0)
    assert_accessible(page)
    page.get_by_label("Limit").fill("4000")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", name="Approve: 7 tasks")).to_be_visible()
    expect(page.locator("ins").first).to_have_text("4000")
    expect(page.get_by_text("2 more tasks")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Approve · 7 tasks").click()

    expect(page.get_by_role("heading", name="Approve: 7 tasks decided")).to_be_visible()
    page.wait_for_load_state()  # keys are heard once its scripts have run
    page.keyboard.press("z")
    expect(page.get_by_text("7 decisions taken back.")).to_be_visible()


def test_a_question_is_answered_in_place_with_enter_and_escape(page_of, running_room, approvals):
    tasks = [pk for pk, _link in approvals(2)]
    page = page_of("admin", viewport=PHONE)
    page.goto(f"{running_room.url}/inbox/bulk/preview/?" + "&".join(f"task={pk}" for pk in tasks))

    page.locator("summary", has_text="Reject").click()
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Why?")).to_be_hidden()
    page.locator("summary", has_text="Reject").click()
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.type("not now")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Reject: 2 tasks")).to_be_visible()
    expect(page.get_by_text("not now")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_decides_without_signing_in(new_context, running_room, approvals):
    ((_task, link),) = approvals(1)
    page = new_context(viewport=PHONE).new_page()
    page.goto(running_room.url + link)

    expect(page.get_by_text("They ask for more.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Limit").fill("4500")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("It is recorded under your name.")).to_be_visible()
    assert_accessible(page)

    page.goto(running_room.url + link)
    expect(page.get_by_role("heading", name="This link can't be used")).to_be_visible()
