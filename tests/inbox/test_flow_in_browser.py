"""A day at the inbox in a real browser: keys alone, undo, nothing typed is lost, phone and dark."""

import json
import re
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.inbox.rows import INVOICE, PAYLOAD
from tests.rooms import RunningRoom

pytestmark = pytest.mark.browser

# `doubts` says for each task which of its values are in doubt
ASK = """
import json
from apps.accounts.models import Folder
from apps.inbox.lifecycle import reconcile_tasks
from apps.inbox.models import UserTask
from apps.inbox.predicted import Predicted, PredictedField
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, Result, add_item, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
key, doubts, payload = {key!r}, json.loads({doubts!r}), json.loads({payload!r})
queue = WorkQueue.objects.create(
    folder=Folder.objects.get(demo_setting__isnull=False), key=key, title=key, max_attempts=1,
    payload_schema=json.loads({schema!r}))
for number, names in enumerate(doubts):
    new = NewItem(payload=payload, reference=key + "-" + str(number))
    item = add_item(queue, new, origin="api", by=SYSTEM)
    leased, = lease_items(queue.pk, n=1, bot="tester")
    finish_items([Result(leased.id, leased.token, Attempt.Outcome.BUSINESS_EXCEPTION,
                         message="The lines add up to 110.00.")])
    reconcile_tasks([item.pk])
    fields = {{name: PredictedField(value=payload[name], confidence=0.62, threshold=0.9,
                                   source="Invoice, line 14", is_doubtful=True) for name in names}}
    read = Predicted(model="m", model_version="1", fields=fields).stored() if names else {{}}
    UserTask.objects.filter(item=item).update(predictions=read, alike=key)
print(queue.pk)
"""
WATCH = """() => {
  window.keysPressed = 0;
  window.focusWasLost = 0;
  addEventListener("keydown", () => (window.keysPressed += 1), {capture: true});
  addEventListener("keyup", () => {
    window.focusWasLost += document.activeElement === document.body;
  });
}"""
_keys = count(1)


@pytest.fixture
def ask(running_room: RunningRoom):
    """`ask(["total"], [])`: two tasks of a new queue, one value of the first in doubt."""

    def make(*doubts: list[str]) -> str:
        key = f"doubtful-{next(_keys)}"
        script = ASK.format(
            key=key,
            doubts=json.dumps(doubts),
            schema=json.dumps(INVOICE),
            payload=json.dumps(PAYLOAD),
        )
        number = running_room.manage("shell", "-c", script).split()[-1]
        return f"/inbox/?queue={number}"

    return make


def open_first(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.locator(".task-list a").first.press("Enter")
    expect(page.locator("#task-title")).to_be_focused()
    page.evaluate(WATCH)
    return page


def field(page: Page, name: str):
    return page.locator(f'[name="v/{name}"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def title_of(page: Page) -> str:
    return page.locator("#task-title").inner_text()


def test_two_values_in_doubt_take_four_keys_and_no_mouse(ask, page_of):
    page = open_first(page_of("bea"), ask(["vendor", "total"], []))
    first = title_of(page)

    press(page, "a")  # too early: it leads to the first value that nobody looked at
    expect(field(page, "vendor")).to_be_focused()
    expect(page.locator("[data-check-left]")).to_contain_text("2 values to look at")
    press(page, "Escape")
    expect(page.locator("#task-title")).to_be_focused()

    page.evaluate("window.keysPressed = 0")
    press(page, "Enter", "Enter", "Enter")
    expect(page.locator("[data-check-left]")).to_have_text("All looked at")
    expect(page.locator(".decision-bar [data-takes-values]").first).to_be_focused()
    press(page, "a")
    expect(page.locator("#task-title")).not_to_have_text(first)
    expect(page.locator("#task-title")).to_be_focused()
    assert page.evaluate("window.keysPressed") == 4
    expect(page.locator(".undo-card")).to_contain_text("Press z to undo")
    page.locator(".task-history").wait_for()
    expect(page.locator("#task-title")).to_be_focused()
    press(page, "Enter")  # what comes later takes the focus from no field
    page.locator(".task-history").wait_for()
    expect(field(page, "number")).to_be_focused()
    press(page, "Escape")
    assert_accessible(page)

    press(page, "a")  # nothing in doubt: one key
    expect(page.locator("#task h2", has_text="No task is open")).to_be_focused()
    assert page.evaluate("window.focusWasLost") == 0


def test_undo_brings_back_what_the_person_had_typed_and_looked_at(ask, page_of):
    page = open_first(page_of("bea"), ask(["total"], []))
    first = title_of(page)
    press(page, "Enter", "Enter")  # looked at
    field(page, "vendor").fill("Own value")
    page.keyboard.press("Control+Enter")  # at once: what is typed counts, not what was saved
    expect(page.locator("#task-title")).not_to_have_text(first)
    expect(page.locator(".undo-card")).to_be_visible()

    press(page, "z")

    expect(page.locator("#task-title")).to_have_text(first)
    expect(page.locator("#task-title")).to_be_focused()
    expect(field(page, "vendor")).to_have_value("Own value")
    expect(page.locator("[name=confirmed]:checked")).to_have_count(1)
    expect(page.locator(".undo-card")).to_have_count(0)


def sign_out_elsewhere(context: BrowserContext) -> None:
    context.clear_cookies(name="controlroom_session")


def test_what_is_typed_survives_another_tab_and_the_end_of_the_session(ask, page_of):
    address = ask([])
    page = open_first(page_of("bea"), address)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#live-state")).to_have_attribute("data-state", "live")
    page.bring_to_front()

    field(page, "vendor").fill("Typed here")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft saved")
    field(other, "number").fill("Typed there")
    expect(other.locator("[data-draft-state]")).to_have_text("Draft saved")
    other.reload()
    expect(field(other, "vendor")).to_have_value("Typed here")
    expect(field(other, "number")).to_have_value("Typed there")
    other.close()

    page.reload()
    expect(field(page, "number")).to_have_value("Typed there")
    sign_out_elsewhere(page.context)
    field(page, "vendor").fill("Typed when signed out")
    expect(page.locator("[data-draft-state]")).to_contain_text("Signed out")
    page.reload()
    page.locator("form:has(input[type=hidden][value=bea]) button").click()
    expect(field(page, "vendor")).to_have_value("Typed when signed out")
    expect(field(page, "number")).to_have_value("Typed there")


def test_a_phone_chooses_a_task_looks_at_it_and_decides(ask, page_of):
    page = page_of("bea", viewport={**PHONE, "height": 1400}, has_touch=True, is_mobile=True)
    page.goto(ask(["total"], []))
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    assert_accessible(page)
    page.locator(".task-list a").first.tap()
    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    expect(page.locator("#task-title")).to_be_visible()
    first = title_of(page)
    assert_accessible(page)
    expect(page.locator("[data-check-left]")).to_contain_text("1 value to look at")
    expect(page.locator("kbd:visible")).to_have_count(0)

    page.locator("[name=confirmed]").check()
    button = page.get_by_role("button", name=re.compile("Correct and continue"))
    bar = page.locator(".decision-bar").bounding_box()
    assert bar is not None
    assert bar["width"] > PHONE["width"] * 0.9
    button.tap()

    expect(page.locator("#task-title")).not_to_have_text(first)
    undo = page.locator(".undo-card")
    expect(undo.get_by_role("button", name="Undo", exact=True)).to_be_visible()
    expect(undo).not_to_contain_text("Press z", use_inner_text=True)


def test_dialogs_menus_and_errors_can_be_used_by_everybody_in_the_dark(ask, page_of):
    page = open_first(page_of("bea", color_scheme="dark"), ask(["total"]))
    press(page, "m")
    expect(page.locator("#people-find")).to_be_focused()
    expect(page.get_by_role("dialog", name="Hand to")).to_contain_text("open")
    assert_accessible(page)
    press(page, "Escape", "h")
    expect(page.get_by_role("button", name=re.compile("In an hour"))).to_be_focused()
    assert_accessible(page)
    press(page, "Escape")

    field(page, "total").fill("much")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(field(page, "total")).to_have_value("much")
    assert_accessible(page)
    page.get_by_title("More filters").click()
    page.locator("[name=standing]").select_option("overdue")
    expect(page.locator("#task-list")).to_contain_text("Nothing matches")
    assert "standing=overdue" in page.url
    assert_accessible(page)


def test_many_are_selected_by_key_and_decided_together(ask, page_of):
    page = open_first(page_of("bea"), ask([], [], []))
    press(page, "j", "x", "j", "X")
    expect(page.get_by_label("With the selected tasks")).to_contain_text("2 selected")
    assert_accessible(page)
    press(page, "b")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Decide for 2")
    page.goto("/inbox/?tab=decided")
    assert_accessible(page)
    page.goto("/inbox/?grouped=1")
    expect(page.locator(".group-count").first).to_be_visible()
    assert_accessible(page)
