"""Pages of lines: in order, both ways, none lost and none twice, and never more than a bound."""

from datetime import timedelta

import pytest

from apps.log import reading
from apps.log.keys import AFTER_ALL, BEFORE_ALL, Key
from apps.log.reading import after, first_error_of, newer, older
from tests.factories import make_folder
from tests.factories_queues import make_item, make_queue
from tests.log.made import NOON, say, say_at, scope
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=31)


def messages(found):
    return [each.message for each in found.entries]


def all_older(where, n):
    """Read everything from the end, page by page."""
    place, pages = AFTER_ALL, []
    while True:
        found = older(where, before=place, n=n)
        pages.append(found)
        if not (found.has_more or found.looked_to):
            return pages
        place = found.looked_to or found.entries[0].key


def all_newer(where, n):
    place, pages = BEFORE_ALL, []
    while True:
        found = newer(where, start=place, n=n)
        pages.append(found)
        if not (found.has_more or found.looked_to):
            return pages
        place = after(found.looked_to or found.entries[-1].key)


@pytest.mark.parametrize("n", [1, 3, 4, 100])
def test_lines_of_the_same_time_keep_their_order_on_pages_both_ways(folder, n):
    # given many lines of one moment, months apart from others
    keys = say_at(folder, [NOON - MONTH, NOON, NOON, NOON, NOON, NOON, NOON + 3 * MONTH])
    where = scope(folder)

    forth = [each.key for page in all_newer(where, n) for each in page.entries]
    back = [each.key for page in reversed(all_older(where, n)) for each in page.entries]

    assert forth == back == sorted(keys)


def test_what_lies_between_two_times_includes_the_first_alone(folder):
    say_at(folder, [NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)])
    where, until = scope(folder), NOON + timedelta(seconds=2)

    assert messages(newer(where, until=until, n=9)) == ["0", "1"]
    assert messages(older(where, since=NOON + timedelta(seconds=1), n=9)) == ["1", "2"]


def test_lines_of_other_folders_are_not_there(folder):
    say(make_folder(), "theirs", run_id=7)
    say(folder, "ours", run_id=7)

    assert messages(older(scope(folder), n=9)) == ["ours"]
    assert messages(older(scope(folder, run="7"), n=9)) == ["ours"]
    assert first_error_of(7, [folder.pk]) is None


def test_each_filter_keeps_what_it_names(folder):
    queue = make_queue(folder=folder)
    item = make_item(queue, reference="INV-7")
    say(folder, "read", run_id=5, bot_id=3, item_id=item.pk, attempt=1)
    say(folder, "posted", run_id=6, bot_id=4, item_id=item.pk, attempt=2, level="warning")
    say(folder, "asked", correlation_id="req-1", level="debug")
    say(folder, "broke", instance_id=9, level="error", step="post")

    def found(**said):
        return messages(older(scope(folder, **said), n=9))

    assert found(item="INV-7") == found(item=f"#{item.pk}") == ["read", "posted"]
    assert found(item="INV-7", attempt="2") == found(attempt="2") == ["posted"]
    assert found(queue=queue.key) == found(queue=str(queue.pk)) == ["read", "posted"]
    assert found(run="5") == found(bot="3") == found(run="5", queue=queue.key) == ["read"]
    assert found(request="req-1") == ["asked"]
    assert found(instance="9") == found(level="error") == ["broke"]
    assert found(level="warning") == ["posted", "broke"]
    assert found(level="info") == ["read", "posted", "broke"]
    assert found(item="INV-7", run="9") == found(queue="no-such") == found(bot="nobody") == []
    assert found(item="of nobody") == found(item="INV-7", queue="no-such") == []


IDENTIFIERS = "Posted INV-2026-00017 to /erp/books/a_b.xml for vendor ACME.Ltd <ok>, Größe 5"


@pytest.mark.parametrize(
    "text",
    [
        "INV-2026-00017", "inv-2026-000", "inv 2026", "00017", "2026-00017", "INV/2026/0", "post",
        "acme ltd", '"for vendor acme"', "/erp/books", "a_b", "books/a_b.xml", "größe",
        "vendor posted", "total=12", "ok", "5", "approve",
    ],
)  # fmt: skip
def test_words_are_found_by_how_they_begin_and_identifiers_by_their_parts(folder, text):
    say(folder, "something else, inv-2025-00099", level="info")
    say(folder, IDENTIFIERS, fields={"total": 12}, step="approve")

    assert messages(older(scope(folder, q=text), n=9)) == [IDENTIFIERS]


@pytest.mark.parametrize(
    "text", ["INV-2026-00018", "26", "vendor for", '"vendor for"', "nv-2026", "acmes", "17-2026"]
)
def test_what_was_not_said_is_not_found(folder, text):
    say(folder, IDENTIFIERS)

    found = older(scope(folder, q="xyzzy" if text == "vendor for" else text), n=9)
    assert messages(found) == []


@pytest.fixture
def small(monkeypatch):
    """Bounds that some lines reach."""
    monkeypatch.setattr(reading, "BUDGET", 10)
    monkeypatch.setattr(reading, "FIRST_LOOK", 4)
    monkeypatch.setattr(reading, "PROBED", 3)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("n", [1, 2, 5, 50])
@pytest.mark.parametrize("wanted", [{"q": "rare"}, {"q": "often"}, {"q": "rare", "level": "error"}])
def test_whatever_the_bounds_everything_is_found_once_and_in_order(folder, n, wanted):
    # given three months of lines, one in nine of which is rare, one in two not
    words = [("rare" if i % 9 == 0 else "") + (" often" if i % 2 else "") for i in range(60)]
    for i, word in enumerate(words):
        say_line(folder, i, word)
    where = scope(folder, **wanted)

    forth = [each.message for page in all_newer(where, n) for each in page.entries]
    back = [each.message for page in reversed(all_older(where, n)) for each in page.entries]

    must = [f"{i} {word}" for i, word in enumerate(words) if wanted["q"] in word]
    if "level" in wanted:
        must = [each for each in must if int(each.split()[0]) % 2]
    assert forth == back == must


def say_line(folder, i, word):
    from apps.bots.models import LogLine

    level = "error" if i % 2 else "info"
    LogLine.objects.create(
        folder_id=folder.pk, at=NOON + i * timedelta(days=2), message=f"{i} {word}", level=level
    )


@pytest.mark.usefixtures("small")
def test_a_page_says_how_far_it_looked(folder):
    queue = make_queue(folder=folder)
    item = make_item(queue)
    say(folder, "the only one", level="error", item_id=item.pk)
    say(folder, *["fine"] * 30, item_id=item.pk)

    found = older(scope(folder, queue=queue.key, level="error"), n=5)

    assert found.entries == []
    assert found.looked_to is not None
    pages = all_older(scope(folder, queue=queue.key, level="error"), 5)
    assert [messages(page) for page in pages if page.entries] == [["the only one"]]


def test_the_first_error_of_a_run_is_found(folder):
    say(folder, "began", run_id=7)
    [first] = say(folder, "broke", run_id=7, level="error")
    say(folder, "broke again", run_id=7, level="error")

    assert first_error_of(7, [folder.pk]) == Key(first.at, first.id)


def test_the_log_of_an_instance_tells_its_visits_among_the_lines(folder, admin):
    instance = start_approval(folder, admin, number="INV-7")
    say(folder, "a line of a bot", instance_id=instance.pk)
    where = scope(folder, instance="INV-7")

    told = messages(older(where, n=50))

    assert told[0] == "The instance began."
    assert told[-1] == "a line of a bot"
    assert len(told) > 2
    for n in (1, 2, 3):
        pages = all_newer(where, n)
        assert [each.message for page in pages for each in page.entries] == told
    assert messages(older(scope(folder, instance="INV-7", q="bot"), n=9)) == ["a line of a bot"]
    assert messages(older(scope(make_folder(), instance=str(instance.pk)), n=9)) == []
