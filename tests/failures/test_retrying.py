"""Retry of a group: one first, the rest when that went well; then the group is resolved."""

import pytest

from apps.failures import items, lifecycle
from apps.failures.items import FILTER, open_failures
from apps.failures.models import GroupRetry
from apps.lib.errors import ConflictError, InvalidError
from apps.operations import lifecycle as operations
from apps.operations.models import Operation
from apps.queues.lifecycle import hold_item, retry_item, skip_item
from apps.queues.models import Ready
from tests.factories_queues import ANNA, make_queue, status_of

from .failing import DOWN, WELL, WRONG, end, fail, group, the_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return make_queue(max_attempts=1)


def go_on():
    """What the scheduler and the background worker do."""
    group()
    lifecycle.follow_retries()
    operations.work()
    lifecycle.follow_retries()


def statuses(ids):
    return [status_of(pk) for pk in ids]


def test_one_goes_first_and_the_rest_waits_for_it(queue):
    fail(queue, *[DOWN] * 4)

    retry = lifecycle.retry_group(the_group().pk, by=ANNA)
    go_on()

    assert list(Ready.objects.values_list("item_id", flat=True)) == [retry.item_id]
    assert not Operation.objects.exists()


def test_when_it_went_well_the_rest_follows_and_the_group_is_resolved(queue):
    ids = fail(queue, *[DOWN] * 4)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])

    go_on()

    operation = Operation.objects.get()
    assert (operation.kind, operation.filter) == ("items.retry", {FILTER: the_group().pk})
    assert (operation.total, operation.actor_name) == (3, "Anna")
    assert sorted(statuses(ids)) == ["new", "new", "new", "successful"]
    assert the_group().status == "new"

    end(queue, [WELL] * 3)
    go_on()

    assert GroupRetry.objects.get().status == "cleared"
    assert the_group().status == "resolved"
    assert not open_failures(the_group().pk).exists()


def test_when_it_fails_again_the_rest_is_left_as_it_was(queue):
    ids = fail(queue, *[DOWN] * 4)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [{**DOWN, "message": "The ERP did not answer in 9 s"}])

    go_on()

    found = GroupRetry.objects.get()
    assert (found.status, found.message) == ("stopped", "The ERP did not answer in 9 s")
    assert statuses(ids) == ["needs_decision"] * 4
    assert not Operation.objects.exists()
    assert the_group().status == "new"


def test_a_single_item_that_went_well_resolves_its_group(queue):
    fail(queue, DOWN)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    go_on()
    assert GroupRetry.objects.get().status == "cleared"
    assert the_group().status == "resolved"


def test_when_some_of_the_rest_fail_again_the_group_stays_open(queue):
    fail(queue, *[DOWN] * 3)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    go_on()
    end(queue, [WELL, DOWN])
    go_on()
    assert GroupRetry.objects.get().status == "left"
    assert the_group().status == "new"
    assert open_failures(the_group().pk).count() == 1


def test_the_rest_starts_once_however_often_somebody_looks(queue):
    fail(queue, *[DOWN] * 3)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    group()
    assert [lifecycle.follow_retries() for _look in range(3)] == [1, 0, 0]
    assert Operation.objects.count() == 1


def test_items_of_other_groups_are_not_touched(queue):
    fail(queue, DOWN, DOWN)
    others = fail(queue, WRONG, WRONG)
    lifecycle.retry_group(the_group(kind="application_exception").pk, by=ANNA)
    end(queue, [WELL])
    go_on()
    assert statuses(others) == ["needs_decision"] * 2


def test_an_item_that_failed_otherwise_afterwards_belongs_to_that_failure(queue):
    (item,) = fail(queue, DOWN)
    retry_item(item, by=ANNA)
    end(queue, [WRONG])
    group()
    assert not open_failures(the_group(kind="application_exception").pk).exists()
    assert open_failures(the_group(kind="business_exception").pk).count() == 1


@pytest.mark.parametrize("fewer", [0, 1_000_000], ids=["from-the-queue", "from-the-failures"])
def test_the_open_ones_are_counted_from_wherever_there_are_fewer(queue, monkeypatch, fewer):
    monkeypatch.setattr(items, "FEWER", fewer)
    fail(queue, *[DOWN] * 3)
    others = fail(queue, WRONG)
    group = the_group(kind="application_exception")

    assert items.count_open(group) == open_failures(group.pk).count() == 3
    assert items.count_open(group, cap=1) == 2

    lifecycle.retry_group(group.pk, by=ANNA)
    end(queue, [WELL])

    assert items.count_open(group) == open_failures(group.pk).count() == 2
    assert items.count_open(the_group(kind="business_exception")) == len(others)


def test_what_a_person_put_on_hold_stays_there(queue):
    first, second = fail(queue, DOWN, DOWN)
    retry_item(first, by=ANNA)
    hold_item(first, by=ANNA, reason="Month end")
    lifecycle.retry_group(the_group().pk, by=ANNA)
    assert status_of(first) == "on_hold"
    end(queue, [WELL])
    go_on()
    assert statuses([first, second]) == ["on_hold", "successful"]


def test_what_fails_after_the_asking_is_not_part_of_it(queue):
    fail(queue, *[DOWN] * 2)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    group()
    lifecycle.follow_retries()
    (later,) = fail(queue, DOWN) if not Ready.objects.exists() else (None,)
    operations.work()
    assert later is None or status_of(later) == "needs_decision"


def test_a_group_is_retried_once_at_a_time_and_can_be_cancelled(queue):
    ids = fail(queue, *[DOWN] * 2)
    pk = the_group().pk
    lifecycle.retry_group(pk, by=ANNA)
    with pytest.raises(ConflictError):
        lifecycle.retry_group(pk, by=ANNA)

    lifecycle.cancel_retry(pk, by=ANNA)
    end(queue, [WELL])
    go_on()

    assert sorted(statuses(ids)) == ["needs_decision", "successful"]
    with pytest.raises(ConflictError):
        lifecycle.cancel_retry(pk, by=ANNA)


def test_cancelled_while_the_rest_is_retried_the_operation_is_cancelled(queue):
    fail(queue, *[DOWN] * 3)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    group()
    lifecycle.follow_retries()
    lifecycle.cancel_retry(the_group().pk, by=ANNA)
    assert Operation.objects.get().status == "cancelled"
    assert GroupRetry.objects.get().status == "cancelled"


def test_an_operation_that_somebody_cancels_ends_the_retry(queue):
    fail(queue, *[DOWN] * 3)
    lifecycle.retry_group(the_group().pk, by=ANNA)
    end(queue, [WELL])
    group()
    lifecycle.follow_retries()
    operations.cancel(Operation.objects.get(), by=ANNA)
    lifecycle.follow_retries()
    assert GroupRetry.objects.get().status == "left"


def test_an_item_that_a_person_ends_before_its_try_stops_the_retry(queue):
    fail(queue, *[DOWN] * 2)
    retry = lifecycle.retry_group(the_group().pk, by=ANNA)
    skip_item(retry.item_id, by=ANNA, reason="Not needed")
    go_on()
    assert GroupRetry.objects.get().status == "stopped"


def test_nothing_is_retried_where_nothing_is_open(queue):
    (item,) = fail(queue, DOWN)
    skip_item(item, by=ANNA, reason="Not needed")
    with pytest.raises(ConflictError):
        lifecycle.retry_group(the_group().pk, by=ANNA)


@pytest.mark.parametrize("value", [0, -1, 10**30, "x", "", [], {}, None, True, 1.5])
def test_a_filter_names_a_group_of_the_folder(queue, value):
    fail(queue, DOWN)
    with pytest.raises((InvalidError, ConflictError)):
        operations.start("items.retry", queue.folder, {FILTER: value}, {}, ANNA)


def test_a_filter_names_no_group_of_another_folder(queue):
    fail(queue, DOWN)
    other = make_queue().folder
    with pytest.raises(InvalidError):
        operations.start("items.retry", other, {FILTER: the_group().pk}, {}, ANNA)
