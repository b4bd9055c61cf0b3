"""One journey in a real browser: choose a file, mend its columns, confirm, follow it live."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.queues.exchange.books import book

pytestmark = [pytest.mark.browser]

MAKE = """
from apps.accounts.models import Folder
from tests.factories_queues import make_queue
from tests.queues.exchange.uploads import SCHEMA
folder = Folder.objects.get(demo_setting__isnull=False)
make_queue("uploaded", folder=folder, title="Reminders", payload_schema=SCHEMA,
           unique_reference="reject")
"""
ROWS = [[f"R-{n}", f"I-{n}", n + 0.5, "DE02"] for n in range(1, 701)]
FAULTY = [["R-1", "I-1", 1, ""], ["R-901", "I-901", "much", ""], ["R-902", "I-902", -1, ""]]
FILE = book(
    [["Reference", "Invoice number", "Amount", "IBAN"], *ROWS, *FAULTY], [["Notes"], ["none"]]
)


def test_a_workbook_becomes_items_and_what_was_faulty_comes_back(page_of, running_room, tmp_path):
    running_room.manage("shell", "-c", MAKE)
    [(queue,)] = running_room.query("select id from queues_workqueue where key = 'uploaded'")
    page = page_of("admin")
    page.goto(f"/queues/{queue}/")
    _choose_the_file(page, tmp_path / "reminders.xlsx")
    _say_what_is_the_total(page)
    _look_at_the_faults(page)

    # live: nobody reloads
    page.get_by_role("button", name="Add 700 items").click()
    expect(page.get_by_role("heading", name="Added, but for the faulty rows")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="To the items").click()
    expect(page.locator("[data-row]").first).to_contain_text("R-700")

    page.get_by_text("Download", exact=True).click()
    text = _downloaded(page, page.get_by_role("link", name="This list as CSV"))
    assert (text.count("\n"), "DE02" in text) == (701, False)


def _choose_the_file(page: Page, path: Path) -> None:
    page.keyboard.press("U")
    expect(page).to_have_url(re.compile(r"/upload/$"))
    assert_accessible(page)
    path.write_bytes(FILE)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look at it first").click()


def _say_what_is_the_total(page: Page) -> None:
    expect(page.get_by_role("heading", name="None of the rows can be added")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Choose a column for: Total")
    page.get_by_label("Column C Amount stands for").select_option("payload.total")
    page.get_by_role("button", name="Read it so").click()


def _look_at_the_faults(page: Page) -> None:
    expect(page.get_by_role("heading", name="700 rows can be added")).to_be_visible()
    faults = page.locator("#faults")
    expect(faults).to_contain_text("stands in row 2, too")
    expect(faults).to_contain_text("must be a number")
    expect(faults).to_contain_text("must be at least 0")
    expect(page.locator("body")).not_to_contain_text("DE02")
    expect(page.get_by_label("All or nothing")).to_be_disabled()
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)
    text = _downloaded(page, page.get_by_role("link", name="Faulty rows (CSV)").first)
    assert [line.split(",")[0] for line in text.splitlines()] == ["upload_row", "702", "703", "704"]


def _downloaded(page: Page, link: Locator) -> str:
    with page.expect_download() as download:
        link.click()
    return download.value.path().read_text("utf-8-sig")
