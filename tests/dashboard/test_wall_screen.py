"""A wall in a browser: it stays for weeks, says when its data are old, and comes back by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import assert_accessible

SCREEN = {"width": 1920, "height": 1080}
MAKE_WALL = """
from apps.accounts.models import Folder
from apps.dashboard.lifecycle import create_display_token, save_wall
from apps.dashboard.models import Wall
from apps.lib.actors import SYSTEM
folder = Folder.objects.get(demo_setting__isnull=False)
wall = Wall(folder=folder, key="lobby", time_zone="Europe/Berlin")
pages = [
    {"title": "Now", "tiles": ["backlog", "at-work", "failures", "people"], "shows_chart": True},
    {"title": "Today", "tiles": ["in-time", "done"], "shows_chart": False},
]
save_wall(wall, {"title": "Lobby", "pages": pages, "rotate_seconds": 20}, by=SYSTEM)
print("SECRET", create_display_token(wall, name="TV", networks="", by=SYSTEM)[1])
"""
REVOKE = """
from apps.dashboard.lifecycle import revoke_display_token
from apps.dashboard.models import DisplayToken
from apps.lib.actors import SYSTEM
revoke_display_token(DisplayToken.objects.get(wall__key="lobby"), by=SYSTEM)
"""


@pytest.fixture
def secret(running_room):
    said = running_room.manage("shell", "-c", MAKE_WALL)
    return re.search(r"SECRET (\S+)", said)[1]


def test_a_wall_lives_unattended(new_context, running_room, secret, console):
    console.allow("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    context = new_context(viewport=SCREEN)
    page = context.new_page()
    page.clock.install()
    page.goto(f"/wall/lobby/{secret}/")

    fills_the_screen_and_turns_its_pages(page)
    says_when_the_line_is_cut(context, page)
    comes_back_by_itself(context, page)
    begins_afresh_after_hours(page)

    # taken back, it shows nothing any more
    running_room.manage("shell", "-c", REVOKE)
    page.clock.run_for(10_000)
    expect(page.get_by_role("heading", name="No wall here")).to_be_visible()


def fills_the_screen_and_turns_its_pages(page):
    expect(page.get_by_role("heading", name="Backlog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    # read from five metres
    assert page.locator(".wall-value").first.evaluate("e => e.clientHeight") >= 0.12 * 1080
    expect(page.locator("#wall-old")).to_be_hidden()
    assert_accessible(page)
    ask(page)
    page.clock.run_for(20_000)
    expect(page.get_by_role("heading", name="Done today")).to_be_visible()


def says_when_the_line_is_cut(context, page):
    context.set_offline(True)
    page.clock.run_for(45_000)
    old = page.locator("#wall-old")
    expect(old).to_be_visible()
    expect(old).to_contain_text("These numbers are from")
    expect(page.locator("html")).to_have_class(re.compile("is-old"))


def comes_back_by_itself(context, page):
    context.set_offline(False)
    page.clock.run_for(35_000)
    ask(page)
    page.clock.run_for(2_000)
    expect(page.locator("#wall-old")).to_be_hidden()


def begins_afresh_after_hours(page):
    page.evaluate("window.isTheSamePage = true")
    page.clock.fast_forward("07:00:00")
    page.wait_for_function("() => !window.isTheSamePage")
    expect(page.get_by_role("heading", name="Lobby")).to_be_visible()


def ask(page):
    """Have it asked once more, and answered."""
    asked = page.evaluate("window.controlroomWall.asked")
    page.clock.run_for(6_000)
    page.wait_for_function("n => window.controlroomWall.asked > n", arg=asked)
