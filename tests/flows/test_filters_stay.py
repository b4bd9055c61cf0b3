"""What somebody filtered by stays: over tabs, pages, other filters, news, actions, ways back."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import HttpResponseRedirect
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from controlroom.middleware import keep_filter
from tests.flows.hands import Hands

# every list that can be filtered, and a filter for each of its fields
LISTS = [
    "/inbox/?tab=team&q=a&kind=data_problem&standing=overdue&grouped=1",
    "/inbox/?tab=decided&q=a",
    "/queues/{many}/?status=ready&q=a",
    "/failures/?state=all&since=24h&kind=application_exception&q=a&queue=1&owner=1",
    "/failures/{failure}/?status=failed",
    "/alerts/?tab=recent&severity=warning&q=a&rule=1",
    "/operations/?state=active&kind=items.retry",
    "/operations/{operation}/?status=done",
    "/instances/?status=running&workflow={workflow}&version=1&q=a",
    "/runs/?status=successful",
    "/triggers/?status=paused&kind=time&q=a",
    "/triggers/{trigger}/?outcome=failed",
    "/ai/calls/?outcome=answered&endpoint={model}",
    "/search/?q=inv&kind=item",
    "/log/?q=a&level=warning&queue={queue}&run=5&since=2026-03-01T00:00",
    "/notices/?tab=all",
    "/bots/?shape=squares",
]
# what is found there stays as it was found
NOT_LIVE = ("/search/", "/log/")
# What of the address a part of the page would lose. A tab may drop what tabs choose by; a page's
# cursor is of its filter, so it goes with each change.
LOSSES = """
(isLive) => {
  const CURSORS = ["cursor", "after", "before"];
  const here = [...new URLSearchParams(location.search)]
    .filter(([name]) => !CURSORS.includes(name));
  const known = new Set([...document.querySelectorAll("main .tabs a, main .pager a, main [name]")]
    .flatMap((each) => each.href ? [...new URL(each.href).searchParams.keys()] : [each.name]));
  const filters = here.filter(([name]) => known.has(name));
  const lost = [];
  const check = (what, kept, own = []) => {
    for (const [name, value] of filters)
      if (!own.includes(name) && !kept.includes(value)) lost.push(`${what}: ${name}=${value}`);
  };
  for (const list of document.querySelectorAll("main .tabs")) {
    const links = [...list.querySelectorAll("a")].map((link) => new URL(link.href));
    if (links.some((link) => link.pathname !== location.pathname)) continue;
    const own = filters.map(([name]) => name).filter((name) =>
      new Set(links.map((link) => link.searchParams.get(name))).size > 1);
    for (const link of links) check(`tab ${link.search}`, [...link.searchParams.values()], own);
  }
  // a short list of something else leads to a page of its own
  for (const link of document.querySelectorAll("main .pager a"))
    if (link.pathname === location.pathname)
      check(`page ${link.search}`, [...new URL(link.href).searchParams.values()]);
  for (const form of document.querySelectorAll("main form[data-autosubmit]"))
    check("filter bar", [...new FormData(form)].map(([, value]) => value));
  const live = [...document.querySelectorAll("main [data-live]")]
    .flatMap((part) => part.dataset.live.split(/[:=&]/).map(decodeURIComponent));
  if (isLive) check("live", live);
  return {lost, filters: filters.length};
}
"""


def test_no_tab_page_filter_or_live_part_forgets_what_is_filtered_by(page_of, numbers):
    page = page_of("admin")
    lost, seen = {}, 0
    for address in LISTS:
        page.goto(address.format(**numbers))
        found = page.evaluate(LOSSES, not address.startswith(NOT_LIVE))
        seen += found["filters"]
        if found["lost"]:
            lost[address] = found["lost"]

    assert not lost, json.dumps(lost, indent=1)
    assert seen > len(LISTS)


MAKE = """
from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import WorkQueue
queue, _ = WorkQueue.objects.get_or_create(
    folder=Folder.objects.get(demo_setting__isnull=False), key="stays", title="What stays")
news = [NewItem({{}}, reference=name) for name in {names}]
add_items(queue, news, origin="api", by=SYSTEM, all_or_nothing=True)
print(queue.pk)
"""


@pytest.fixture
def make(running_room):
    """`make("KEEP-1")`: an item with this reference; the number of its queue."""

    def make(*names: str) -> str:
        script = MAKE.format(names=names)
        return running_room.manage("shell", "-v0", "-c", script).split()[-1]

    return make


def test_a_filter_outlives_news_actions_and_the_ways_back(page_of, make):
    queue = make("KEEP-1", "KEEP-2", "OTHER-1")
    page = page_of("admin")
    page.goto(f"/queues/{queue}/")
    filtered = re.compile(rf"/queues/{queue}/\?q=KEEP$")
    hands, rows = Hands(page), page.locator("[data-row]")

    hands.press("/")
    hands.type("KEEP")
    page.wait_for_url(filtered)
    expect(page.locator("[data-filter]")).to_be_focused()
    expect(rows).to_have_count(2)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    make("OTHER-2", "KEEP-3")
    expect(rows.filter(has_text="KEEP-3")).to_be_visible()
    expect(rows).to_have_count(3)
    expect(page).to_have_url(filtered)

    _hold_one_and_come_back(page, hands, filtered)
    expect(rows).to_have_count(3)
    _pause_and_resume(page, hands)
    expect(page).to_have_url(filtered)


def _hold_one_and_come_back(page: Page, hands: Hands, filtered: re.Pattern[str]) -> None:
    hands.press("Escape", "j", "Enter")
    page.wait_for_url("**/items/**")
    hands.press("h")
    hands.type("Seen by hand")
    hands.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("Seen by hand")
    hands.press("Escape")
    page.wait_for_url(filtered)
    page.go_back()
    page.wait_for_url("**/items/**")
    page.go_forward()
    page.wait_for_url(filtered)


def _pause_and_resume(page: Page, hands: Hands) -> None:
    page.locator("[data-target='#pause-dialog']").press("Enter")
    hands.type("Seen")
    hands.press("Control+Enter")
    resume = page.get_by_role("button", name="Resume")
    resume.press("Enter")
    expect(resume).to_be_hidden()


@pytest.mark.parametrize(
    ("came_from", "led_to", "leads_to"),
    [
        ("http://testserver/queues/1/?q=a&before=9", "/queues/1/", "/queues/1/?q=a&before=9"),
        ("http://testserver/today/?day=x", "/today/#hand-over", "/today/?day=x#hand-over"),
        ("http://testserver/queues/1/?q=a", "/queues/2/", "/queues/2/"),
        ("http://testserver/queues/1/?q=a", "/queues/1/?q=b", "/queues/1/?q=b"),
        ("http://testserver/queues/1/", "/queues/1/", "/queues/1/"),
        ("https://evil.example/queues/1/?q=a", "/queues/1/", "/queues/1/"),
        ("http://testserver/queues/1/?q=a", "https://elsewhere.test/queues/1/", None),
        ("http://testserver:99/queues/1/?q=a", "/queues/1/", "/queues/1/"),
        ("http://[", "/queues/1/", "/queues/1/"),
        ("", "/queues/1/", "/queues/1/"),
    ],
)
def test_an_action_leads_back_to_the_page_with_its_filter(came_from, led_to, leads_to):
    request = RequestFactory().post("/act/", headers={"referer": came_from})

    answer = keep_filter(lambda _request: HttpResponseRedirect(led_to))(request)

    assert answer["Location"] == (leads_to or led_to)
    assert not dict(parse_qsl(urlsplit(led_to).query)) or answer["Location"] == led_to


@pytest.mark.parametrize(
    ("left", "leads_to"),
    [
        ("/inbox/?q=a&tab=team", "/inbox/?q=a&tab=team"),
        ("/inbox/?q=%C3%A4 \r\nSet-Cookie: a", "/inbox/?q=%C3%A4%20Set-Cookie:%20a"),
        ("/queues/?q=a", "/inbox/"),
        ("https://evil.example/inbox/?q=a", "/inbox/?q=a"),
        ("http://[/inbox/?q=a", "/inbox/"),
        ("", "/inbox/"),
    ],
)
def test_an_action_behind_a_list_leads_back_to_it_as_it_was_left(left, leads_to):
    came_from = "http://testserver/inbox/bulk/reassign/"
    request = RequestFactory().post("/act/", {"left": left}, headers={"referer": came_from})

    answer = keep_filter(lambda _request: HttpResponseRedirect("/inbox/"))(request)

    assert answer["Location"] == leads_to


def test_a_page_that_is_only_looked_at_leads_where_it_says():
    request = RequestFactory().get("/act/", headers={"referer": "http://testserver/a/?q=a"})

    assert keep_filter(lambda _request: HttpResponseRedirect("/a/"))(request)["Location"] == "/a/"
