"""Which items a list shows, in pages by key, and that a filter survives its own text."""

import pytest

from apps.queues.listing import ItemFilter, find_items
from apps.queues.models import Attempt, Ended
from tests.factories_queues import make_items
from tests.queues.pages import PAYLOAD, deferred, leased, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome


@pytest.fixture
def queue(folder):
    return queue_in(folder)


def found(queue, query=""):
    return [item.pk for item in find_items(ItemFilter.parse(queue.pk, query)).items]


def test_each_state_lists_its_items(folder):
    # given an item in each of some places
    queue = queue_in(folder, retry_delay_seconds=600)
    by_status = {
        "scheduled": deferred(queue),
        "successful": tried(queue, Outcome.SUCCESSFUL),
        "needs_decision": tried(queue, Outcome.BUSINESS_EXCEPTION),
        "in_progress": leased(queue),
        "ready": waiting(queue),
    }

    assert {status: found(queue, f"status={status}") for status in by_status} == {
        status: [item.pk] for status, item in by_status.items()
    }
    assert len(found(queue)) == len(by_status)


def test_items_of_other_queues_are_not_listed(queue):
    waiting(queue_in(queue.folder, "other"))

    assert found(queue) == []


def test_items_are_found_by_number_and_by_the_beginning_of_the_reference(queue):
    first, second = waiting(queue, "INV-1"), waiting(queue, "PO-2")

    assert found(queue, "q=INV") == [first.pk]
    assert found(queue, f"q=%23{second.pk}") == [second.pk]
    assert found(queue, f"q={second.pk}") == [second.pk]
    assert found(queue, "q=V-1") == []


def test_wildcards_are_plain_characters(queue):
    odd = waiting(queue, "50%_off")
    waiting(queue, "50 other")

    assert found(queue, "q=50%25_") == [odd.pk]


def test_pages_hold_each_item_once(queue):
    ids = make_items(queue, 125, payload=PAYLOAD)
    wanted, seen = ItemFilter(queue.pk), []

    while True:
        page = find_items(wanted)
        seen += [item.pk for item in page.items]
        if page.next_query is None:
            break
        wanted = ItemFilter.parse(queue.pk, page.next_query)

    assert seen == sorted(ids, reverse=True)
    assert page.first_query == ""


def test_what_ended_today_is_told_from_what_ended_before(queue):
    old, new = tried(queue, Outcome.SUCCESSFUL), tried(queue, Outcome.SUCCESSFUL, reference="INV-2")
    end = Ended.objects.get(item_id=old.pk)
    Ended.objects.filter(item_id=old.pk).update(at=end.at.replace(year=end.at.year - 1))

    assert found(queue, "status=successful&ended=today") == [new.pk]
    assert len(found(queue, "status=successful")) == 2


def test_today_begins_at_the_readers_midnight(queue, settings):
    from django.utils import timezone

    item = tried(queue, Outcome.SUCCESSFUL)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        with timezone.override(zone):
            assert found(queue, "status=successful&ended=today") == [item.pk]


@pytest.mark.parametrize("query", [
    "status=failed&ended=today&q=INV&before=12", "q=a%26b%3Dc", "status=in_progress", "",
])  # fmt: skip
def test_a_filter_is_its_query_string(query):
    wanted = ItemFilter.parse(1, query)

    assert ItemFilter.parse(1, wanted.query()) == wanted


def test_each_row_knows_its_tries_and_last_problem(folder, django_assert_num_queries):
    queue = queue_in(folder)
    tried(queue, Outcome.APPLICATION_EXCEPTION, message="The ERP is down")
    waiting(queue, "INV-2")

    with django_assert_num_queries(2):
        fresh, failed = find_items(ItemFilter(queue.pk)).items

    assert (failed.n_attempts, failed.problem, failed.shown_status) == (
        1,
        "The ERP is down",
        "retry",
    )
    assert (fresh.n_attempts, fresh.problem, fresh.shown_status) == (0, "", "new")


def test_a_success_is_no_problem(queue):
    tried(queue, Outcome.SUCCESSFUL, message="All well")

    assert find_items(ItemFilter(queue.pk)).items[0].problem == ""
