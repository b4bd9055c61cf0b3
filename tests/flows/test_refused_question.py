"""A question of the inbox that is sent without its answer stays open, and keeps the keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import row_of

QUESTIONS = {"s": "leave_out", "r": "reject"}


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_reason_that_is_missing_is_asked_for_and_typing_it_decides_nothing_else(
    page_of, running_room, tmp_path, key
):
    path = tmp_path / "invoice.xml"
    number = running_room.manage("make_invoice", str(path), "--fault", "wrong_total").split()[-1]
    running_room.manage("import_invoices", str(path))
    page = page_of("bea")
    page.goto(f"/inbox/?q={number}")
    row_of(page, number).click(timeout=20_000)
    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    page.keyboard.press(key)
    reason = page.locator(f"#reason-{QUESTIONS[key]}")
    expect(reason).to_be_focused()

    page.keyboard.press("Enter")
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(reason).to_be_focused()
    page.keyboard.type("a sad red dog")

    expect(reason).to_have_value("a sad red dog")
    page.keyboard.press("Enter")
    expect(page.locator(".toasts")).to_contain_text(number)
    # decided, and on its way: it takes effect after the seconds in which it can be undone
    sql = """
        select coalesce(pending.decision, task.decision) from inbox_usertask task
        left join inbox_pendingdecision pending on pending.task_id = task.id
        where task.title like %s
    """
    assert running_room.query(sql, f"%{number}%")[0][0] == QUESTIONS[key]
