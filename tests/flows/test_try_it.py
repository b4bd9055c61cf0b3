"""A newcomer's path through the Try it page: every step set off, watched, and ticked."""

import re

import pytest
from playwright.sync_api import Page, expect

# retries wait longer each time, and a busy machine starts late
PATIENCE = 420_000


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_step_of_the_page_ticks_itself_off(page_of):
    page = page_of("sam")
    _start(page, "erp-down")
    _start(page, "wrong-invoice")
    _decide_the_wrong_invoice(page)
    _start(page, "kill-a-bot")
    expect(_step(page, "kill-a-bot")).to_contain_text("has it in hand", timeout=PATIENCE)
    page.get_by_role("button", name="Kill its process").click()
    # what waits for its next try and what waits for the end of a lease, waits together
    for step in ("wrong-invoice", "kill-a-bot", "erp-down"):
        expect(_step(page, step)).to_contain_text("Seen", timeout=PATIENCE)

    _start(page, "flood")
    expect(_step(page, "flood")).to_contain_text("Seen", timeout=4 * PATIENCE)


def _decide_the_wrong_invoice(page: Page) -> None:
    _step(page, "wrong-invoice").get_by_role("link", name="Watch the inbox").click()
    task = page.locator(".task-list a").first
    expect(task).to_be_visible(timeout=PATIENCE)
    task.click()
    page.wait_for_url(re.compile(r"/inbox/\d+/"))
    page.locator(".decision-bar summary", has_text="Leave out").click()
    page.locator(".decision-bar details[open] [name^='reason:']").fill("Sent twice by mistake")
    page.locator(".decision-bar details[open] button[name=decision]").click()
    expect(page.locator(".toasts")).to_contain_text("out", timeout=PATIENCE)


def _start(page: Page, step: str) -> None:
    page.goto("/demo/")
    _step(page, step).get_by_role("button").first.click(timeout=PATIENCE)
    expect(_step(page, step)).to_contain_text("Under way")


def _step(page: Page, step: str):
    return page.locator(f"#step-{step}")
