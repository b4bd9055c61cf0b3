"""Sample history stands in the tables as if it had been worked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.queues.lifecycle import Result, finish_items, lease_items, reopen_item
from apps.queues.lifecycle.samples import PastAttempt, PastItem, record_past_items
from apps.queues.models import Attempt, Ended, WorkItem
from tests.factories_queues import ANNA, make_queue

pytestmark = pytest.mark.django_db


def test_a_sample_that_is_reopened_goes_on_counting_its_tries():
    queue = make_queue()
    ended_at = timezone.now() - timedelta(minutes=5)
    tried = PastAttempt(
        ended_at - timedelta(minutes=1), ended_at, Attempt.Outcome.BUSINESS_EXCEPTION, bot="Robbie"
    )
    past = PastItem("R1", {}, tried.started_at, ended_at, Ended.Status.FAILED, [tried])
    (item_id,) = record_past_items(queue, [past], origin=WorkItem.Origin.SAMPLE)

    reopen_item(item_id, by=ANNA, reason="again")
    (leased,) = lease_items(queue.pk, n=1, bot="Marvin")
    finish_items([Result(leased.id, leased.token, "successful")])

    numbers = Attempt.objects.filter(item_id=item_id).values_list("number", flat=True)
    assert sorted(numbers) == [1, 2]
