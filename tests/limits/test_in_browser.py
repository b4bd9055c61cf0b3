"""Holding an application back by keys, a breaker that opens under one's eyes, and a stop that
everybody sees at once."""

import pytest
from playwright.sync_api import expect

from tests.browsing import assert_accessible
from tests.rooms import RunningRoom

PATIENCE = 30_000
SET_UP = """
from apps.accounts.models import Folder
from apps.limits.models import Application
from tests.factories_limits import make_application, make_limit
folder = Folder.objects.get(demo_setting__isnull=False)
erp = Application.objects.filter(folder=folder, key="live").first()
if erp is None:
    erp = make_application(folder, "live", title="Live ERP")
    make_limit(application=erp, title="Licences", size=3)
print(erp.pk)
"""
FAILS = """
from apps.limits.breaker import Seen
from apps.limits.lifecycle import judge_application
judge_application({pk}, Seen(n=20, n_failed=19))
"""
LIFT = """
from apps.limits.models import FolderStop
FolderStop.objects.all().delete()
"""


@pytest.fixture
def application(running_room: RunningRoom) -> int:
    return int(running_room.manage("shell", "-v0", "-c", SET_UP).split()[-1])


@pytest.fixture
def _lifted_after(running_room: RunningRoom):
    """Whatever becomes of the test, others find a room in which work starts."""
    yield
    running_room.manage("shell", "-v0", "-c", LIFT)


def test_a_breaker_that_opens_is_seen_at_once_and_reset(page_of, running_room, application):
    page = page_of("sam")
    page.goto("/queues/")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.get_by_role("link", name="Live ERP").click()
    page.evaluate("window.wasNotReloaded = true")

    running_room.manage("shell", "-v0", "-c", FAILS.format(pk=application))

    callout = page.locator(".callout")
    expect(callout).to_contain_text("Work rests", timeout=PATIENCE)
    expect(callout).to_contain_text("19 of 20 tries failed")
    assert page.evaluate("window.wasNotReloaded")
    page.get_by_role("button", name="Let its work start again").click()
    expect(callout).to_have_count(0)


def test_an_application_is_held_back_by_keys(page_of, application):
    page = page_of("sam")
    page.goto(f"/applications/{application}/")

    page.keyboard.press("h")
    page.get_by_label("Why").fill("Upgrade")
    assert_accessible(page)
    page.keyboard.press("Enter")

    callout = page.locator(".callout")
    expect(callout).to_contain_text("Held back")
    expect(callout).to_contain_text("Upgrade")
    page.get_by_role("button", name="Release it").click()
    expect(callout).to_have_count(0)


@pytest.mark.usefixtures("_lifted_after")
def test_everybody_sees_a_stop_at_once_and_its_end(page_of, running_room):
    page, other = page_of("sam"), page_of("bea")
    other.goto("/inbox/")
    other.evaluate("window.wasNotReloaded = true")
    page.goto("/applications/stop/")
    title = page.locator(".page-sub").inner_text()
    typed = page.get_by_label("so that it is meant")

    page.get_by_label("Why").fill("Wrong payments")
    typed.fill("something else")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.locator(".error-summary")).to_contain_text("not the title of the folder")
    assert_accessible(page)
    typed.fill(title)
    page.get_by_role("button", name="Stop everything").click()

    banner = other.locator(".banner", has_text="Wrong payments")
    expect(banner).to_be_visible(timeout=PATIENCE)
    assert_accessible(other)
    assert_accessible(page)
    typed.fill(title)
    typed.press("Enter")
    expect(banner).to_have_count(0, timeout=PATIENCE)
    assert other.evaluate("window.wasNotReloaded")
