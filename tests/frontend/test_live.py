"""live.js and a server that falls silent, loses frames, refuses sockets, signs people out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import PATIENCE_MILLISECONDS
from tests.frontend.far_side import FarSide

LONG_SILENCE_MS = 9_000
SIGN_IN = 4401


@pytest.fixture
def far_side() -> Iterator[FarSide]:
    server = FarSide()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def opened(browser: Browser, far_side: FarSide) -> Iterator[Callable[[str], Page]]:
    """`opened(html)`: a live page with `html` in it, subscribed, its clock in the test's hand."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MILLISECONDS)

    def open_page(body: str) -> Page:
        far_side.body = body
        page = context.new_page()
        page.clock.install()
        with page.expect_websocket(lambda socket: True):
            page.goto(far_side.url)
        expect(state_of(page)).to_have_text("Live")
        return page

    yield open_page
    context.close()


def state_of(page: Page) -> Any:
    return page.locator("[data-live-word]")


def rows(*names: str) -> str:
    cells = "".join(f'<li id="{name}">{name}</li>' for name in names)
    return f'<ul id="rows" data-live-hold>{cells}</ul>'


def test_a_page_says_what_it_shows_and_how_new_that_is(far_side, opened):
    opened('<p data-live="a:1" data-live-hash="h1"></p><p data-live="b"></p>')

    assert far_side.subscriptions()[0] == {
        "t": "sub",
        "v": 1,
        "f": ["a:1", "b"],
        "have": {"a:1": "h1"},
    }


def test_a_frame_changes_what_the_page_shows(far_side, opened):
    page = opened('<p data-live="a">old</p>')

    far_side.change("a", "<b>new</b>")

    expect(page.locator("[data-live=a]")).to_have_text("new")


def test_a_field_in_use_is_left_alone_until_it_is_left(far_side, opened):
    page = opened('<div data-live="a"><input id="name"><i>old</i></div><p data-live="b">old</p>')
    page.locator("#name").press_sequentially("half a w")

    far_side.change("a", '<input id="name"><i>new</i>')
    far_side.change("b", "new")

    expect(page.locator("[data-live=b]")).to_have_text("new")
    expect(page.locator("i")).to_have_text("old")
    page.locator("#name").press_sequentially("ord")
    page.locator("#name").blur()
    expect(page.locator("i")).to_have_text("new")
    expect(page.locator("#name")).to_have_value("half a word")


def test_details_stay_as_their_reader_left_them(far_side, opened):
    page = opened('<div data-live="a"><details><summary>More</summary><i>old</i></details></div>')
    page.locator("main summary").click()
    page.locator("main summary").blur()

    far_side.change("a", "<details><summary>More</summary><i>new</i></details>")

    expect(page.locator("i")).to_have_text("new")
    expect(page.locator("i")).to_be_visible()


def test_rows_under_the_pointer_keep_their_places_until_asked(far_side, opened):
    page = opened(f'<div data-live="list">{rows("one", "two")}</div>')
    page.locator("#one").hover()

    far_side.change("list", rows("three", "two"))

    expect(page.locator("#new-pill span")).to_have_text("1 new")
    expect(page.locator("#rows li")).to_have_text(["one", "two"])
    page.keyboard.press("n")
    expect(page.locator("#rows li")).to_have_text(["three", "two"])
    expect(page.locator("#new-pill")).to_be_hidden()


def test_held_rows_come_by_themselves_when_the_pointer_leaves(far_side, opened):
    page = opened(f'<div data-live="list">{rows("one")}</div>')
    page.locator("#one").hover()
    far_side.change("list", rows("two", "one"))
    expect(page.locator("#new-pill")).to_be_visible()

    page.mouse.move(0, 0)

    expect(page.locator("#rows li")).to_have_text(["two", "one"])


def test_elements_that_come_later_are_subscribed_too(far_side, opened):
    page = opened('<div data-live="a"></div>')

    far_side.change("a", '<p data-live="b">inner</p>')

    expect(page.locator("[data-live=b]")).to_have_text("inner")
    wait_for(page, lambda: far_side.subscriptions()[-1]["f"] == ["a", "b"])


def test_a_lost_frame_makes_the_page_ask_again(far_side, opened):
    page = opened('<p data-live="a">old</p>')
    far_side.change("a", "first")
    expect(page.locator("[data-live=a]")).to_have_text("first")

    far_side.push(skip=1)

    wait_for(page, lambda: len(far_side.subscriptions()) > 1)
    assert far_side.subscriptions()[-1]["have"] == {"a": str(hash("first"))}


def test_a_server_that_falls_silent_is_shown_as_offline(far_side, opened):
    page = opened('<p data-live="a">old</p>')
    far_side.is_frozen = far_side.is_refusing = True

    page.clock.run_for(LONG_SILENCE_MS)

    expect(state_of(page)).to_contain_text("Offline – data from ")


def test_a_page_comes_back_by_itself(far_side, opened):
    page = opened('<p data-live="a">old</p>')
    far_side.end_all(1001)
    expect(state_of(page)).to_contain_text("Offline")

    until_shown(page, "Live")


def test_a_page_polls_when_sockets_are_refused(far_side, opened):
    page = opened('<p data-live="a">old</p>')
    far_side.is_refusing = True
    far_side.fragments["a"] = "polled"
    far_side.end_all(1001)

    until_shown(page, "Slow updates (polling)")

    expect(page.locator("[data-live=a]")).to_have_text("polled")


def test_a_page_whose_person_is_signed_out_says_so_and_stays(far_side, opened):
    page = opened('<p data-live="a">old</p><input id="name">')
    page.locator("#name").fill("typed")

    far_side.end_all(SIGN_IN)

    expect(state_of(page)).to_have_text("Signed out")
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    expect(page.locator("#name")).to_have_value("typed")


def test_a_paused_page_says_so_and_asks_for_what_it_missed(far_side, opened):
    page = opened('<p data-live="a">old</p>')

    page.keyboard.press("p")
    expect(state_of(page)).to_have_text("Paused by you")
    page.keyboard.press("p")

    expect(state_of(page)).to_have_text("Live")
    wait_for(page, lambda: len(far_side.subscriptions()) == 2)
    assert [said["t"] for said in far_side.heard] == ["sub", "pause", "resume", "sub"]


def test_a_new_release_is_announced_after_a_reconnect(far_side, opened):
    page = opened("")
    far_side.release = "2"
    far_side.end_all(1001)

    until_shown(page, "Live")

    expect(page.locator("#live-release")).to_contain_text("A new version is ready")


def wait_for(page: Page, is_so: Callable[[], bool]) -> None:
    """Let the page go on until `is_so`, for as long as a browser test has patience."""
    for _ in range(300):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It never came about.")


def until_shown(page: Page, text: str) -> None:
    """Let the page's clock run, a second at a time, until the live state says `text`."""
    for _ in range(60):
        if state_of(page).inner_text() == text:
            return
        page.clock.run_for(1000)
        page.wait_for_timeout(50)
    raise AssertionError(f"The page never said {text!r}, but {state_of(page).inner_text()!r}.")
