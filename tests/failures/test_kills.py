"""Who delivers and groups is killed before any statement: each failure has its group, once."""

import pytest
from django.db.models import Sum

from apps.events.delivery import deliver_outbox
from apps.events.models import Outbox
from apps.failures import lifecycle
from apps.failures.models import BotFailures, Failure, FailureGroup, MinuteFailures, Ungrouped
from apps.operations import lifecycle as operations
from apps.operations.models import Operation
from apps.queues.models import Attempt
from tests.concurrency.mortals import die_at
from tests.factories_queues import ANNA, make_items, make_queue

from .failing import DOWN, WELL, WRONG, end, group, the_group

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def deliver_and_group() -> None:
    while deliver_outbox(5):
        pass
    while lifecycle.group_some(3):
        pass


def test_killed_before_any_statement_each_failure_counts_once():
    queue = make_queue(max_attempts=1)
    for n in range(4):
        make_items(queue, 2)
        end(queue, [{**DOWN, "message": f"Row {n} is wrong"}, WRONG])
    n_failed = Attempt.objects.exclude(outcome="successful").count()

    deaths = 0
    while die_at(deaths + 5, deliver_and_group):
        deaths += 1

    assert deaths > 10
    assert Failure.objects.count() == n_failed == 8
    for rows, name in ((FailureGroup, "count"), (MinuteFailures, "n"), (BotFailures, "n")):
        assert rows.objects.aggregate(all=Sum(name))["all"] == n_failed
    assert sorted(FailureGroup.objects.values_list("count", flat=True)) == [4, 4]
    assert not Ungrouped.objects.exists()
    assert not Outbox.objects.filter(kind="work_item.failed").exists()


def follow() -> None:
    group()
    while lifecycle.follow_retries():
        pass


def test_killed_before_any_statement_the_rest_is_retried_once():
    queue = make_queue(max_attempts=1)
    make_items(queue, 4)
    end(queue, [DOWN] * 4)
    group()
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])

    deaths = 0
    while die_at(deaths + 1, follow):
        deaths += 1

    assert deaths > 10
    assert Operation.objects.count() == 1
    operations.work()
    end(queue, [WELL] * 3)
    follow()
    assert the_group().status == "resolved"
