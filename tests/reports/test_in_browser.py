"""Reports in a browser: both themes, a phone, by keyboard; filters stay, charts have twins."""

from playwright.sync_api import expect

from tests.browsing import PHONE, assert_accessible

MAKE_REPORTS = """
from apps.reports.lifecycle import record_figures
from apps.reports.models import FigureMark
from apps.queues.upkeep import fold_counters
from apps.failures.upkeep import group_failures
fold_counters()
while group_failures():
    pass
while True:
    record_figures()
    if FigureMark.objects.exists():
        break
"""
FIRST = "/reports/straight-through/"


def test_reports_answer_questions(page_of, running_room):
    running_room.manage("shell", "-c", MAKE_REPORTS)
    page = page_of("sam")
    page.goto("/reports/")
    shares_are_explained(page)
    filters_stay(page)
    the_chart_has_a_table(page)
    all_are_accessible(page_of)
    savings_show_their_formula(page_of("ada"))
    a_report_is_ordered_by_keyboard(page)


def shares_are_explained(page):
    share = page.locator("#figure-straight_through_share")
    expect(share).to_contain_text("= done without a person ÷ done.")


def filters_stay(page):
    page.locator("select[name=period]").select_option("90d")
    page.wait_for_url("**period=90d**")
    page.locator("select[name=queue]").select_option(label="Vendor invoices")
    page.wait_for_url("**queue=**")
    page.get_by_role("link", name="Causes", exact=True).click()
    page.wait_for_url("**/reports/causes/**")
    assert "period=90d" in page.url
    assert "queue=" in page.url
    expect(page.locator("select[name=period]")).to_have_value("90d")


def the_chart_has_a_table(page):
    page.goto(f"{FIRST}?period=90d")
    chart = page.locator(".report-chart > svg")
    expect(chart).to_have_attribute("role", "img")
    page.get_by_text("The same as a table").press("Enter")
    rows = page.locator(".report-twin tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() == 90
    # its drawing says how tall it is: nothing moves
    box = chart.bounding_box()
    assert abs(box["width"] / box["height"] - 3) < 0.02


def all_are_accessible(page_of):
    for options in ({"color_scheme": "dark"}, {"viewport": PHONE}):
        page = page_of("sam", **options)
        for key in ("straight-through", "people", "causes", "service", "bots", "savings", "ai"):
            page.goto(f"/reports/{key}/?period=90d")
            assert_accessible(page)
            width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0, key


def savings_show_their_formula(page):
    page.goto("/reports/savings/?period=90d")
    expect(page.get_by_text("saved = items done by bots × minutes by hand")).to_be_visible()
    page.get_by_role("link", name="Values", exact=True).click()
    page.get_by_role("link", name="Vendor invoices", exact=True).click()
    page.get_by_label("Minutes by hand, per item").fill("7.5")
    page.get_by_label("Minutes by hand, per item").press("Enter")
    expect(page.get_by_text("Days before that one keep what held then.").first).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)


def a_report_is_ordered_by_keyboard(page):
    page.goto("/reports/service/?period=7d")
    page.get_by_role("link", name="By mail", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Report by mail")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("How often").select_option("month")
    page.get_by_role("button", name="Order mails").press("Enter")
    expect(page.get_by_text("Ordered: it comes by mail from now on.").first).to_be_visible()
    expect(page.get_by_role("link", name="Service levels")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="End", exact=True).press("Enter")
    expect(page.get_by_text("No report is ordered")).to_be_visible()
