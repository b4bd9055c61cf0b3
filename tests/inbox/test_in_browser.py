"""The inbox under the hands of people: keys, drafts, rows, and others at the same task."""

import json
import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.inbox.rows import INVOICE, PAYLOAD
from tests.rooms import RunningRoom

pytestmark = pytest.mark.browser

PATIENCE = 20_000
ASK = """
import json
from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, Result, add_item, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
key, n = {key!r}, {n}
queue = WorkQueue.objects.create(
    folder=Folder.objects.get(demo_setting__isnull=False), key=key, title=key, max_attempts=1,
    payload_schema=json.loads({schema!r}))
for number in range(n):
    new = NewItem(payload=json.loads({payload!r}), reference=key + "-" + str(number))
    add_item(queue, new, origin="api", by=SYSTEM)
    leased, = lease_items(queue.pk, n=1, bot="tester")
    finish_items([Result(leased.id, leased.token, Attempt.Outcome.BUSINESS_EXCEPTION,
                         output={{"field": "total"}}, message="The lines add up to 110.00.")])
print(queue.pk)
"""
_keys = count(1)


@pytest.fixture
def ask(running_room: RunningRoom):
    """`ask(2)`: two items of a new queue that bots stopped at; the address of their inbox."""

    def make(n: int = 1) -> str:
        key = f"letters-{next(_keys)}"
        schema, payload = json.dumps(INVOICE), json.dumps(PAYLOAD)
        script = ASK.format(key=key, n=n, schema=schema, payload=payload)
        number = running_room.manage("shell", "-c", script).split()[-1]
        return f"/inbox/?queue={number}"

    return make


def open_first(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator(".task-list a").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.locator(".task-list a").first.press("Enter")
    expect(page.locator("#task-title")).to_be_focused()
    return page


def value_of(page: Page, path: str) -> object:
    return page.locator(f'[name="v/{path}"]')


def test_a_decision_needs_the_keyboard_only_and_the_focus_is_never_lost(ask, page_of):
    page = open_first(page_of("bea"), ask(2))
    first = page.url

    page.keyboard.press("Enter")
    expect(value_of(page, "total")).to_be_focused()
    page.keyboard.type("110.00")
    page.keyboard.press("Control+Enter")  # at once: what is typed counts, not what was saved

    page.wait_for_url(lambda url: url != first)
    expect(page.locator("#task-title")).to_be_focused()
    expect(page.locator(".toasts")).to_contain_text("Correct and continue")
    page.keyboard.press("2")
    expect(page.locator("[name='reason:leave_out']")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".ask summary").first).to_be_focused()
    page.keyboard.press("r")
    page.keyboard.type("Not ours")
    page.keyboard.press("Enter")
    expect(page.locator("#task h2", has_text="No task is open")).to_be_focused()
    page.get_by_role("link", name="Decided").click()
    page.locator(".task-list [data-row] a").nth(1).click()  # once both have taken effect
    page.locator(".task-history").wait_for()
    expect(page.locator(".diff ins").first).to_have_text("110.00")


PRESS = """key => {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  return document.activeElement.name;
}"""


@pytest.mark.parametrize("key", ["s", "2"])
def test_the_answer_may_follow_the_key_of_a_decision_without_any_pause(ask, page_of, key):
    page = open_first(page_of("bea"), ask())

    focused = page.evaluate(PRESS, key)  # in one turn of the browser: nothing comes in between
    page.keyboard.type("rdac")

    assert focused == "reason:leave_out"
    expect(page.locator("[name='reason:leave_out']")).to_have_value("rdac")
    expect(page.locator("details.ask[open]")).to_have_count(1)


def test_what_was_typed_survives_a_reload(ask, page_of):
    page = open_first(page_of("bea"), ask())
    value_of(page, "vendor").fill("Half a na")
    page.get_by_role("button", name="Add a row").first.click()
    page.keyboard.type("Third line")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft saved")

    page.reload()

    expect(value_of(page, "vendor")).to_have_value("Half a na")
    expect(page.locator("[data-row-key] input[value='Third line']")).to_be_visible()
    expect(page.locator("[data-rows-count]").first).to_have_text("3")


def test_a_wrong_value_takes_the_focus_to_what_is_wrong(ask, page_of):
    page = open_first(page_of("bea"), ask())
    value_of(page, "total").fill("much")
    page.get_by_label("Remove row 1 of Lines").click()
    page.keyboard.press("Control+Enter")

    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Total").click()
    expect(value_of(page, "total")).to_be_focused()
    expect(value_of(page, "total")).to_have_value("much")
    expect(page.locator("[data-rows-count]").first).to_have_text("1")
    assert_accessible(page)


def test_a_personal_value_is_shown_on_demand_and_can_be_corrected(ask, page_of):
    page = open_first(page_of("bea"), ask())
    assert PAYLOAD["iban"] not in page.content()

    page.locator("[data-leaf]", has_text="IBAN").get_by_role("button", name="Show").click()

    expect(value_of(page, "iban")).to_have_value(PAYLOAD["iban"])


def test_others_see_who_is_at_it_and_who_was_first(ask, page_of):
    address = ask(2)
    bea, sam = open_first(page_of("bea"), address), open_first(page_of("sam"), address)
    value_of(bea, "vendor").fill("Mine")
    expect(sam.locator("#task-head")).to_contain_text("is working on this", timeout=PATIENCE)
    expect(bea.locator("#task-head")).to_contain_text("Others see that you work on this")

    sam.keyboard.press("s")
    sam.keyboard.type("Twice")
    sam.keyboard.press("Enter")

    expect(bea.locator("#task-head")).to_contain_text("decided this at", timeout=PATIENCE)
    expect(bea.locator(".decision-bar [data-decision]")).to_be_disabled()
    expect(value_of(bea, "vendor")).to_have_value("Mine")
    assert_accessible(bea)


def test_a_phone_shows_the_list_then_the_task(ask, page_of):
    page = page_of("bea", viewport=PHONE)
    page.goto(ask())
    row = page.locator(".task-list a").first
    expect(row).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#task")).to_be_hidden()

    row.click()

    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    expect(page.locator("#task")).to_be_visible()
    expect(row).to_be_hidden()
    assert_accessible(page)
    page.locator(".split-back").click()
    expect(row).to_be_visible()
