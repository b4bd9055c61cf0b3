"""Each tile's number is the count of the list that it opens: on the same rows, for every reader."""

import re
from datetime import timedelta

import pytest

from apps.dashboard.deadlines import record_deadlines
from apps.dashboard.figures import right_now
from apps.dashboard.lists import LISTS, Backlog, Counted, Missed, OfRows, Problems
from apps.dashboard.tiles import TILES, percent, tiles_of
from apps.events.bus import deliver_outbox
from apps.failures.upkeep import group_failures
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.queues.lifecycle import hold_item, lease_items, reopen_item
from apps.queues.models import Attempt, WorkItem, WorkQueue
from apps.queues.upkeep import fold_counters
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder
from tests.queues.pages import deferred, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome
MINUTE = timedelta(minutes=1)


@pytest.fixture
def queue(folder):
    return queue_in(folder, retry_delay_seconds=600)


@pytest.fixture
def busy_room(folder, queue):
    """Some of everything that a tile counts, and the same in a folder that is not ours."""
    for where in (queue, queue_in(make_folder(), "elsewhere")):
        fill(where)
    deliver_outbox()
    fold_counters()
    record_deadlines()
    return folder


def fill(queue):
    tried(queue, Outcome.SUCCESSFUL, reference="A")
    tried(queue, Outcome.BUSINESS_EXCEPTION, reference="B")
    tried(queue, Outcome.APPLICATION_EXCEPTION, reference="C")
    late(queue, "D")
    deferred(queue, reference="E")
    waiting(queue, "F")
    lease_items(queue.pk, n=1, bot="Robbie")
    bot = make_bot(queue.folder, "robbie")
    make_run(make_automation(queue.folder), bot)


def late(queue, reference, *, by=MINUTE):
    """An item whose time has passed: moved there, since nobody adds one that is late already."""
    item = waiting(queue, reference)
    WorkItem.objects.filter(pk=item.pk).update(due_at=database_now() - by)
    return item


def number_of(page: str, label: str) -> str:
    tiles = [part.split("</section>")[0] for part in page.split('<section class="tile')[1:]]
    (found,) = [each for each in tiles if f">{label}<" in each]
    return re.search(r'tile-value">([^<]*)<', found)[1].strip()


def list_of(page: str, label: str) -> str:
    tiles = [part.split("</section>")[0] for part in page.split('<section class="tile')[1:]]
    (found,) = [each for each in tiles if f">{label}<" in each]
    return re.search(r'href="([^"]+)"', found)[1].replace("&amp;", "&")


def rows_in(page: str) -> int:
    return page.count("data-row")


def count_on(page: str) -> str:
    return re.search(r"data-list-count>([^<]*)<", page)[1]


@pytest.mark.parametrize(
    ("label", "n"),
    [("Backlog", 3), ("At work", 1), ("Waiting for people", 1)],
)
def test_a_tile_says_what_its_list_holds(busy_room, supervisor_client, label, n):
    page = supervisor_client.get("/").text

    opened = supervisor_client.get(list_of(page, label)).text

    assert number_of(page, label) == str(n)
    assert count_on(opened) == str(n)
    assert rows_in(opened) == n


def test_the_tile_of_failures_counts_the_groups_that_it_opens(busy_room, supervisor_client):
    group_failures()
    page = supervisor_client.get("/").text

    opened = supervisor_client.get(list_of(page, "Failures, last hour")).text

    assert number_of(page, "Failures, last hour").startswith("2")
    assert rows_in(opened) == 2
    assert "2 tries went wrong" in page
    assert count_on(supervisor_client.get("/overview/problems/").text) == "2"


def test_the_tile_of_deadlines_says_how_many_its_list_holds(busy_room, supervisor_client):
    page = supervisor_client.get("/").text

    opened = supervisor_client.get(list_of(page, "In time today")).text

    # one item was due, and it is not done
    assert "1 of 1 late" in page
    assert count_on(opened) == "1"
    assert rows_in(opened) == 1


def test_done_today_is_what_the_queues_of_today_add_up_to(busy_room, queue, supervisor_client):
    other = queue_in(queue.folder, "other")
    for number in range(2):
        tried(other, Outcome.SUCCESSFUL, reference=f"G-{number}")
    fold_counters()
    page = supervisor_client.get("/").text

    opened = supervisor_client.get(list_of(page, "Done today")).text

    foot = opened.split('class="is-sum"')[1].split("</tr>")[0]
    assert number_of(page, "Done today") == "3"
    assert re.search(r'data-label="Done">(\d+)<', foot)[1] == "3"


def test_an_item_that_was_reopened_is_not_done(folder, queue):
    item = tried(queue, Outcome.SUCCESSFUL)
    reopen_item(item.pk, by=SYSTEM, reason="again")
    fold_counters()

    assert right_now(frozenset([folder.pk])).done_today == 0


def test_every_list_counts_its_rows_page_by_page(folder, queue, monkeypatch):
    monkeypatch.setattr("apps.dashboard.lists.PAGE_SIZE", 2)
    for number in range(5):
        waiting(queue, f"W-{number}")
        deferred(queue, reference=f"L-{number}")
        tried(queue_in(folder, f"p-{number}"), Outcome.BUSINESS_EXCEPTION, reference=f"P-{number}")
        late(queue, f"D-{number}")
    deliver_outbox()
    fold_counters()
    record_deadlines()

    for found in (make(frozenset([folder.pk])) for make in LISTS.values()):
        titles, page = [], found.page()
        while True:
            titles += [line.url for line in page.items]
            if page.next_cursor is None:
                break
            page = found.page(page.next_cursor)

        assert found.count() == Counted(len(titles)), found.key
        assert len(set(titles)) == len(titles), found.key


def test_the_backlog_stands_in_the_order_of_work(folder, queue):
    first, second = waiting(queue, "first"), waiting(queue, "second")
    urgent = waiting(queue, "urgent", priority=100)

    lines = Backlog(frozenset([folder.pk])).page().items

    assert [line.title for line in lines] == [str(urgent), str(first), str(second)]


def test_numbers_beyond_the_cap_say_so(folder, queue, monkeypatch, supervisor_client):
    monkeypatch.setattr("apps.dashboard.lists.MOST_COUNTED", 2)
    for number in range(3):
        tried(queue, Outcome.BUSINESS_EXCEPTION, reference=f"P-{number}")
    deliver_outbox()

    page = supervisor_client.get("/").text

    assert Problems(frozenset([folder.pk])).count() == Counted(2, is_capped=True)
    assert "≥ 2 tries went wrong" in page
    assert count_on(supervisor_client.get("/overview/problems/").text) == "≥ 2"


@pytest.mark.parametrize("key", list(LISTS))
def test_a_forged_cursor_begins_anew(busy_room, supervisor_client, key):
    begun = rows_in(supervisor_client.get(f"/overview/{key}/").text)
    for cursor in ("x", "%00", "W10", "a" * 3_000, "WyJpZCIsIjEiXQ", "💥"):
        answer = supervisor_client.get(f"/overview/{key}/", {"cursor": cursor})

        assert answer.status_code == 200, cursor
        assert rows_in(answer.text) == begun, cursor


def test_a_cursor_of_another_list_begins_anew(folder, queue, monkeypatch, supervisor_client):
    monkeypatch.setattr("apps.dashboard.lists.PAGE_SIZE", 1)
    for number in range(3):
        waiting(queue, f"W-{number}")
    cursor = Backlog(frozenset([folder.pk])).page().next_cursor

    assert supervisor_client.get("/overview/people/", {"cursor": cursor}).status_code == 200
    assert Missed(frozenset([folder.pk])).page(cursor or "").items == []


def test_there_is_no_other_list(supervisor_client):
    assert supervisor_client.get("/overview/everything/").status_code == 404
    assert supervisor_client.post("/overview/backlog/").status_code == 405


def test_items_on_hold_are_no_backlog(folder, queue):
    item = waiting(queue)
    hold_item(item.pk, by=SYSTEM, reason="wait")

    assert Backlog(frozenset([folder.pk])).count() == Counted(0)
    assert Backlog(frozenset([folder.pk])).page().items == []


# --- the same hour last week ----------------------------------------------------------------------


def test_a_week_ago_is_counted_back_from_now(folder, queue):
    # given a queue of two weeks, in which two items waited all the time, and one came since
    at = database_now()
    WorkQueue.objects.filter(pk=queue.pk).update(created_at=at - timedelta(days=14))
    for number in range(2):
        waiting(queue, f"old-{number}")
    move_counts(queue, days=8)
    waiting(queue, "new")
    tried(queue, Outcome.BUSINESS_EXCEPTION, reference="P")
    fold_counters()

    ago = right_now(frozenset([folder.pk])).week_ago

    assert ago is not None
    assert (ago.backlog, ago.problems, ago.needs_decision) == (2, 0, 0)


def test_problems_are_compared_with_the_same_hour(folder, queue):
    at = database_now()
    WorkQueue.objects.filter(pk=queue.pk).update(created_at=at - timedelta(days=14))
    tried(queue, Outcome.BUSINESS_EXCEPTION, reference="then")
    move_counts(queue, days=7, minutes=20)
    Attempt.objects.update(ended_at=at - timedelta(days=7, minutes=20))

    now = right_now(frozenset([folder.pk]))

    assert now.week_ago is not None
    assert (now.problems.n, now.week_ago.problems) == (0, 1)
    (tile,) = tiles_of(now, [], ["failures"])
    assert tile["compare"] == "1 at this hour a week ago"


def move_counts(queue, **by):
    """Let what was counted by now have happened earlier."""
    from django.db import connection

    fold_counters()
    with connection.cursor() as cursor:
        for table, unit in (("minute", "minute"), ("hour", "hour")):
            cursor.execute(
                f"update queues_{table}count set {unit} = date_trunc('{unit}', now() - %s)"
                " where queue_id = %s",
                [timedelta(**by), queue.pk],
            )


# --- words ----------------------------------------------------------------------------------------


def test_a_share_is_never_whole_unless_it_is():
    assert [percent(share) for share in (0, 100, 99.99, 0.001, 97.25)] == [
        "0\u202f%", "100\u202f%", "99.9\u202f%", "0.1\u202f%", "97.2\u202f%",
    ]  # fmt: skip


def test_nothing_due_is_no_share(folder):
    (tile,) = tiles_of(right_now(frozenset([folder.pk])), [], ["in-time"])

    assert (tile["value"], tile["state"]) == (None, "ok")


def test_tiles_are_numbered_by_their_place(folder):
    now = right_now(frozenset([folder.pk]))

    assert [tile["name"] for tile in tiles_of(now, [])] == list(TILES)
    assert [tile["key"] for tile in tiles_of(now, [], ["done", "nothing", "people"])] == [1, 2]


def test_lists_of_rows_are_those_that_may_be_capped():
    kinds = [make for make in LISTS.values() if issubclass(make, OfRows)]

    assert len(kinds) == len(LISTS) - 1
