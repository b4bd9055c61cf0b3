"""What pages of applications and limits are told of queues: what is bound, how tries went."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.limits.users import Tries
from apps.queues.limit_users import names_of_items, queues_that_use, tries_of_queues
from apps.queues.models import Measure, MinuteCount
from tests.factories_limits import make_application, make_limit
from tests.factories_queues import make_item, make_items, make_queue

pytestmark = pytest.mark.django_db

SINCE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def count(queue, minute, **measures):
    at = SINCE + timedelta(minutes=minute)
    for name, n in measures.items():
        measure = Measure[name.upper()]
        MinuteCount.objects.create(queue_id=queue.pk, minute=at, measure=measure, n=n)


def test_a_queue_is_named_once_for_each_binding_with_what_waits(folder):
    erp, lock = make_application(folder), make_limit(folder)
    queue, other = make_queue(folder=folder), make_queue(folder=folder)
    queue.applications.add(erp)
    queue.limits.add(lock)
    make_items(queue, 3)
    make_items(other, 2)

    found = list(queues_that_use(application_ids=[erp.pk], limit_ids=[lock.pk]))

    assert [(use.id, use.application_id, use.limit_id) for use in found] == [
        (queue.pk, erp.pk, None), (queue.pk, None, lock.pk),
    ]  # fmt: skip
    assert {(use.waiting, use.at_work, use.url) for use in found} == {
        (3, 0, f"/queues/{queue.pk}/")
    }
    assert list(queues_that_use(application_ids=[], limit_ids=[])) == []


def test_tries_are_summed_by_spans_and_wrong_data_went_well(folder):
    erp, crm = make_application(folder), make_application(folder)
    one, two = make_queue(folder=folder), make_queue(folder=folder)
    one.applications.add(erp, crm)
    two.applications.add(erp)
    count(one, 0, successful=5, business_exception=2, application_exception=3, added=50)
    count(one, 14, successful=1)
    count(two, 16, application_exception=4)
    count(two, -1, application_exception=9)
    count(one, 20, successful=-2)  # reopened: nothing was tried

    found = list(tries_of_queues([erp.pk], since=SINCE, span_seconds=900))

    second = SINCE + timedelta(minutes=15)
    assert sorted(found, key=lambda each: each.since) == [
        Tries(erp.pk, SINCE, 11, 3), Tries(erp.pk, second, 4, 4),
    ]  # fmt: skip
    of_crm = tries_of_queues([crm.pk], since=SINCE, span_seconds=900)
    assert {each.since: each.n for each in of_crm} == {SINCE: 11, second: 0}


def test_items_that_hold_seats_are_called_by_number_and_queue():
    item = make_item(make_queue(title="Claims"))

    found = names_of_items([item.pk, item.pk + 1])

    assert {pk: (name.title, name.url) for pk, name in found.items()} == {
        item.pk: (f"#{item.pk} in Claims", f"/items/{item.pk}/")
    }
