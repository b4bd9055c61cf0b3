"""What fails gets its group, each failure once, and all counts say the same."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from apps.events.bus import deliver_outbox
from apps.events.models import Outbox
from apps.failures import lifecycle
from apps.failures.lifecycle import grouping
from apps.failures.models import BotFailures, Failure, FailureGroup, MinuteFailures, Ungrouped
from apps.failures.upkeep import group_failures
from apps.lib.clock import database_now
from apps.queues.models import Attempt, Lease
from apps.queues.upkeep import reap_leases
from tests.factories_queues import make_items, make_queue

from .failing import DOWN, WELL, WRONG, end, fail, group, the_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return make_queue(max_attempts=1)


def assert_sums_equal():
    """What is counted in groups, minutes and by bots is what failed."""
    failed = Attempt.objects.filter(
        outcome__in=["business_exception", "application_exception", "lost"]
    ).count()
    assert Failure.objects.count() == failed
    for rows, name in ((FailureGroup, "count"), (MinuteFailures, "n"), (BotFailures, "n")):
        assert rows.objects.aggregate(all=Sum(name))["all"] == failed
    for each in FailureGroup.objects.all():
        assert Failure.objects.filter(group=each).count() == each.count


def test_a_thousand_failures_of_three_causes_are_three_groups(queue):
    causes = [
        {**DOWN, "message": "The ERP did not answer in {} s"},
        {**DOWN, "message": "Invoice {} is locked by user jd{}@example.com"},
        {**WRONG, "message": "Customer C-{} has no mandate"},
    ]
    results = [
        {**causes[n % 3], "message": causes[n % 3]["message"].format(n, n)} for n in range(1_000)
    ]

    fail(queue, *results)

    counts = FailureGroup.objects.order_by("-count").values_list("count", flat=True)
    assert list(counts) == [334, 333, 333]
    assert_sums_equal()


def test_what_went_well_is_in_no_group(queue):
    fail(queue, WELL, DOWN, WELL)
    assert the_group().count == 1


def test_a_group_says_what_failed_where_and_when(queue):
    before = database_now()
    fail(queue, {**DOWN, "error_class": "erp.Timeout"}, {**DOWN, "error_class": "erp.Timeout"})

    found = the_group()
    assert (found.queue, found.folder, found.kind) == (queue, queue.folder, "application_exception")
    assert (found.error_class, found.pattern) == ("erp.Timeout", "the erp did not answer in …")
    assert found.message == "The ERP did not answer in 30 s"
    assert before < found.first_at <= found.last_at < database_now()
    assert found.status == "new"


def test_the_message_is_that_of_the_newest_failure(queue):
    fail(queue, {**DOWN, "message": "Row 1 is wrong"})
    fail(queue, {**DOWN, "message": "Row 2 is wrong"})
    assert (the_group().message, the_group().count) == ("Row 2 is wrong", 2)


def test_values_of_the_item_in_the_message_make_no_group_of_their_own(queue):
    for name in ("Anna Berg", "Nord Wind", "Łukasz Şahin"):
        make_items(queue, 1, payload={"who": {"name": name}}, reference=f"R-{name[:4]}")
        end(queue, [{**DOWN, "message": f"No contract of {name} (R-{name[:4]}) in the register"}])
    group()
    assert the_group().count == 3


def test_bots_that_stop_answering_are_one_group_whatever_they_are_called(queue):
    make_items(queue, 2)
    for bot in ("Robbie", "Marvin"):
        end_of_a_bot(queue, bot)
    group()

    found = the_group()
    assert (found.kind, found.count) == ("lost", 2)
    assert set(found.bots.values_list("bot", "n")) == {("Robbie", 1), ("Marvin", 1)}
    assert_sums_equal()


def end_of_a_bot(queue, bot):
    from apps.queues.lifecycle import lease_items

    assert lease_items(queue.pk, n=1, bot=bot)
    # as if the server had been up all the time that the bot was silent
    with connection.cursor() as cursor:
        cursor.execute("select pg_postmaster_start_time()")
        started = cursor.fetchone()[0]
    Lease.objects.update(
        leased_at=started + timedelta(microseconds=1),
        expires_at=database_now() - timedelta(hours=1),
    )
    reap_leases()


def test_news_told_twice_count_once(queue):
    make_items(queue, 2)
    end(queue, [DOWN, DOWN])
    news = list(Outbox.objects.filter(kind="work_item.failed"))
    group()

    Outbox.objects.bulk_create(news)
    group()

    assert the_group().count == 2
    assert_sums_equal()


def test_killed_between_any_two_statements_nothing_is_lost_and_nothing_doubled(queue, monkeypatch):
    make_items(queue, 3)
    end(queue, [DOWN, WRONG, DOWN])
    steps = 0

    class KilledError(BaseException):
        pass

    def dies_at(fatal):
        def run(execute, sql, params, many, context):
            nonlocal steps
            steps += 1
            if steps == fatal:
                raise KilledError
            return execute(sql, params, many, context)

        return run

    for fatal in range(1, 200):
        steps = 0
        try:
            # a process that dies loses its transaction
            with transaction.atomic(), connection.execute_wrapper(dies_at(fatal)):
                deliver_outbox()
                group_failures()
        except KilledError:
            assert Failure.objects.count() == 0
            continue
        break

    assert steps < fatal
    assert_sums_equal()
    assert not Ungrouped.objects.exists()
    assert not Outbox.objects.filter(kind="work_item.failed").exists()


def test_what_waits_is_grouped_some_at_a_time(queue):
    make_items(queue, 5)
    end(queue, [DOWN] * 5)
    deliver_outbox()

    assert [lifecycle.group_some(2) for _round in range(4)] == [2, 2, 1, 0]
    assert the_group().count == 5


def test_tries_that_are_gone_by_then_are_left_out(queue):
    make_items(queue, 2)
    kept, gone = end(queue, [DOWN, DOWN])
    deliver_outbox()
    Attempt.objects.filter(item_id=gone).delete()

    group()

    assert Failure.objects.get().source_id == kept
    assert not Ungrouped.objects.exists()


def test_messages_without_end_do_not_make_groups_without_end(queue, monkeypatch):
    monkeypatch.setattr(grouping, "MANY_GROUPS", 3)
    words = ["one", "two", "three", "four", "five", "six"]

    fail(queue, *[{**DOWN, "message": f"Nothing but {word}"} for word in words[:3]])
    fail(queue, *[{**DOWN, "message": f"Nothing but {word}"} for word in words])

    assert FailureGroup.objects.count() == 4
    assert the_group(pattern="").count == 3
    assert_sums_equal()


def test_a_resolved_group_is_back_when_it_happens_again(queue):
    fail(queue, DOWN)
    FailureGroup.objects.update(status="resolved", resolved_at=database_now())

    fail(queue, DOWN)

    assert (the_group().status, the_group().count) == ("back", 2)


def test_news_of_before_do_not_bring_a_resolved_group_back(queue):
    fail(queue, DOWN)
    make_items(queue, 1)
    end(queue, [DOWN])
    FailureGroup.objects.update(status="resolved", resolved_at=database_now())

    group()

    assert (the_group().status, the_group().count) == ("resolved", 2)
