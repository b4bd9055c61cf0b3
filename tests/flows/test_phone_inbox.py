"""The inbox on a phone, and on a page enlarged to 200 %: nothing is wider or covered."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import PHONE, row_of
from tests.rooms import RunningRoom

PATIENCE = 20_000
ENLARGED = {"width": 680, "height": 425}
IN_REACH = """
(button) => {
  const box = button.getBoundingClientRect();
  const corners = [[box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
  return corners.every(([x, y]) => button.contains(document.elementFromPoint(x, y)));
}"""


@pytest.fixture
def number(running_room: RunningRoom, tmp_path) -> str:
    """The number of an invoice whose VAT is wrong, on its way to the inbox."""
    path = tmp_path / "invoice.xml"
    number = running_room.manage("make_invoice", str(path), "--fault", "wrong_vat").split()[-1]
    running_room.manage("import_invoices", str(path))
    return number


def test_on_a_phone_the_task_is_as_wide_as_the_screen_and_can_be_decided(page_of, number):
    page = page_of("bea", viewport=PHONE)

    _open(page, number)
    rows = page.locator(".task-fields details")
    rows.evaluate_all("(rows) => rows.forEach((row) => { row.open = true; })")

    assert _width(page) <= PHONE["width"]
    assert page.locator(".decision-bar .btn").first.evaluate(IN_REACH)


def test_enlarged_to_200_percent_the_navigation_does_not_cover_the_decisions(page_of, number):
    page = page_of("bea", viewport=ENLARGED)

    _open(page, number)
    button = page.locator(".decision-bar .btn").first
    partly_covered = button.evaluate(
        "(button) => button.getBoundingClientRect().top < innerHeight"
    ) and not button.evaluate(IN_REACH)
    button.focus()

    assert _width(page) <= ENLARGED["width"]
    assert not partly_covered
    assert button.evaluate(IN_REACH)


def _open(page: Page, number: str) -> None:
    page.goto("/inbox/")
    task = row_of(page, number).first
    expect(task).to_be_visible(timeout=PATIENCE)
    task.click()
    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    expect(page.locator("#task-title")).to_contain_text(number)


def _width(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")
