"""Invoices from upload to ledger, followed on the diagram; people decide on the way."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from controlroom.children import wait_for
from tests.browsing import row_of
from tests.rooms import RunningRoom

PATIENCE = 120_000
SUM = re.compile(r"add up to ([\d,]+\.\d\d)")


@pytest.fixture
def wrong_invoice(running_room: RunningRoom, tmp_path):
    """A file whose total does not fit its lines; its order is in the books."""
    path = tmp_path / "invoice.xml"
    number = running_room.manage("make_invoice", str(path), "--fault", "wrong_total").split()[-1]
    return number, path


def test_a_wrong_total_is_put_right_in_the_inbox_and_the_bot_goes_on(
    page_of, running_room, wrong_invoice
):
    number, path = wrong_invoice
    inbox, work = page_of("bea"), page_of("bea")
    inbox.goto("/inbox/")

    work.goto("/demo/")
    work.locator("input[type=file]").set_input_files(path)
    work.get_by_role("button", name="Upload").click()

    # the diagram shows it move, the inbox shows it arrive; neither is reloaded
    work.locator("[data-diagram][data-ui-ready]").wait_for()
    work.evaluate("window.wasNotReloaded = true")
    expect(_badge(work, "check", "person")).to_be_visible(timeout=PATIENCE)
    expect(work.locator(".standing")).to_contain_text("A person is asked at “Check it against")
    task = row_of(inbox, number)
    expect(task).to_be_visible(timeout=PATIENCE)
    _decide_by_keyboard(inbox, number)

    # and on to the ledger: read, checked after the correction, posted
    expect(work.locator(".standing")).to_contain_text("It ran to its end", timeout=PATIENCE)
    for element in ("extract", "check", "post"):
        expect(_badge(work, element, "done")).to_have_text("1")
    expect(_badge(work, "check", "person")).to_have_count(0)
    assert work.evaluate("window.wasNotReloaded")
    assert _postings(running_room, number) == 1
    expect(work.locator("#variables")).to_contain_text("Total with VAT")


def test_a_large_invoice_is_approved_on_its_way_to_the_ledger(page_of, running_room):
    page, inbox = page_of("sam"), page_of("sam")
    page.goto("/demo/")
    page.locator("#step-large-invoice").get_by_role("button").click()
    page.locator("#step-large-invoice").get_by_role("link", name="Watch it").click()
    page.locator("[data-diagram][data-ui-ready]").wait_for()
    page.evaluate("window.wasNotReloaded = true")
    expect(_badge(page, "approve", "person")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".next-event").first).to_contain_text("4 hours later")

    # the way is shown by the header and by the panel that says why it waits
    way = page.get_by_role("link", name="Decide in the inbox").first
    inbox.goto(way.get_attribute("href"))
    inbox.get_by_role("button", name="Approve").first.click()

    expect(page.locator(".standing")).to_contain_text("It ran to its end", timeout=PATIENCE)
    expect(_badge(page, "post", "done")).to_have_text("1")
    assert page.evaluate("window.wasNotReloaded")


def test_an_item_held_by_a_supervisor_waits_and_goes_on_when_resumed(
    page_of, running_room, tmp_path
):
    path = tmp_path / "invoice.xml"
    number = running_room.manage("make_invoice", str(path)).split()[-1]
    page = page_of("sam")
    page.goto("/queues/")
    page.get_by_role("link", name="Vendor invoices").first.click()
    page.locator("[data-target='#pause-dialog']").click()
    page.get_by_label("Reason").fill("Month end")
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.locator("body")).to_contain_text("Month end")

    running_room.manage("import_invoices", str(path))
    row = page.locator("tr", has_text=number).first
    expect(row).to_contain_text("Waiting", timeout=PATIENCE)
    page.get_by_role("button", name="Resume").click()

    expect(row).to_contain_text("Done", timeout=PATIENCE)
    assert wait_for(lambda: _postings(running_room, number) == 1, PATIENCE / 1000)


def _decide_by_keyboard(page: Page, number: str) -> None:
    row_of(page, number).press("Enter")
    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    expect(page.get_by_role("heading", name=number).first).to_be_visible()
    reason = page.locator(".callout", has_text="add up to").first
    expect(reason).to_be_visible()
    found = SUM.search(reason.inner_text())
    assert found
    total = Decimal(found[1].replace(",", ""))
    field = page.get_by_label("Total with VAT").first
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(str(total))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toasts")).to_contain_text(number)


def _badge(page: Page, element: str, sort: str):
    """Return the count of that sort which the diagram shows at an element."""
    return page.locator(f".djs-overlays[data-container-id='{element}'] [data-count={sort}]")


def _postings(room: RunningRoom, number: str) -> int:
    sql = "select count(*) from demo_ledgerentry where invoice_number = %s"
    return room.query(sql, number)[0][0]
