"""Steps and incidents of workflows under the hands of people."""

import json
import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.inbox.steps import INCIDENT, STEP
from tests.rooms import RunningRoom

pytestmark = pytest.mark.browser

PATIENCE = 20_000
OPEN = """
import json
from apps.accounts.models import Folder
from apps.inbox.lifecycle import NewTask, open_owned_tasks
folder = Folder.objects.get(demo_setting__isnull=False)
news = [NewTask(folder_id=folder.pk, **values) for values in json.loads({values!r})]
open_owned_tasks(news)
"""
CLOSE = """
from apps.inbox.lifecycle import close_owned_tasks
close_owned_tasks({instance}, None, "timer")
"""
_instances = count(900_001)


@pytest.fixture
def ask(running_room: RunningRoom):
    """`ask({...}, …)`: open tasks of one new instance; its number."""

    def make(*several: dict) -> int:
        instance = next(_instances)
        values = [
            {**each, "token": token, "instance_id": instance}
            for token, each in enumerate(several, start=1)
        ]
        running_room.manage("shell", "-c", OPEN.format(values=json.dumps(values)))
        return instance

    return make


def open_first(page: Page, instance: int) -> Page:
    page.goto(f"/inbox/?instance={instance}")
    expect(page.locator(".task-list a").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.locator(".task-list a").first.press("Enter")
    expect(page.locator("#task-title")).to_be_focused()
    return page


def test_a_step_is_decided_by_keys_alone(ask, page_of):
    rich = {**STEP, "instructions": "Compare with the order.", "candidate_groups": ["Finance"]}
    declared = [{"key": "approve", "title": "Approve"}, {"key": "return", "title": "Return"}]
    page = open_first(page_of("bea"), ask({**rich, "decisions": declared}, STEP))
    first = page.url
    expect(page.locator(".instructions")).to_contain_text("Compare with the order.")
    assert_accessible(page)

    page.locator("[name='v/approved'][type=checkbox]").check()
    page.locator("#task-title").focus()
    page.keyboard.press("r")

    page.wait_for_url(lambda url: url != first)
    expect(page.locator(".toasts")).to_contain_text("Return")
    expect(page.locator("#task-title")).to_be_focused()


def test_an_incident_is_repaired_by_keys_alone(ask, page_of):
    page = open_first(page_of("bea"), ask(INCIDENT, {**INCIDENT, "title": "Another"}))
    first = page.url
    assert_accessible(page)

    page.keyboard.press("s")
    result = page.locator("[name='result:set_result']")
    expect(result).to_be_focused()
    page.keyboard.type('{"account"')
    page.keyboard.press("Control+Enter")
    expect(result).to_be_focused()
    expect(result).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
    page.keyboard.press("End")
    page.keyboard.type(": 5}")
    page.keyboard.press("Control+Enter")

    page.wait_for_url(lambda url: url != first)
    expect(page.locator(".toasts")).to_contain_text("Set the result")


def test_variables_that_were_typed_are_saved_by_ctrl_enter_and_not_lost(ask, page_of):
    page = open_first(page_of("bea"), ask(INCIDENT))
    page.keyboard.press("Enter")
    editor = page.locator("[name='v/variables']")
    expect(editor).to_be_focused()

    editor.fill('{"vendor": ')
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert_accessible(page)
    editor.fill('{"vendor": 8, "lines": []}')
    page.keyboard.press("Control+Enter")

    expect(page.locator(".toasts")).to_contain_text("Save variables and retry")


def test_a_step_that_is_no_longer_needed_says_so_while_it_is_open(ask, page_of, running_room):
    instance = ask(STEP)
    page = open_first(page_of("bea"), instance)

    running_room.manage("shell", "-c", CLOSE.format(instance=instance))

    expect(page.locator("#task-head")).to_contain_text(
        "The workflow went on without this", timeout=PATIENCE
    )
    expect(page.locator(".decision-bar [data-decision]")).to_be_disabled()
    expect(page.locator(".task-list a")).to_have_count(0)


def test_the_list_is_narrowed_to_what_is_offered(ask, page_of):
    instance = ask({**STEP, "candidate_groups": ["Night shift"]}, STEP)
    page = page_of("bea")
    page.goto(f"/inbox/?instance={instance}")
    expect(page.locator(".task-list a")).to_have_count(2, timeout=PATIENCE)

    page.locator("details:has([name=whom]) > summary").click()
    page.get_by_label("For whom").select_option("group:Night shift")

    expect(page.locator(".task-list a")).to_have_count(1)
    assert "instance=" in page.url
    assert_accessible(page)


def test_an_incident_fits_a_phone(ask, page_of):
    page = page_of("bea", viewport=PHONE)
    page.goto(f"/inbox/?instance={ask(INCIDENT)}")
    page.locator(".task-list a").first.click(timeout=PATIENCE)
    page.wait_for_url(re.compile(r"/inbox/\d+/"))

    page.locator("summary", has_text="Raise an error").click()

    expect(page.get_by_label("Code of the error")).to_be_focused()
    assert_accessible(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
