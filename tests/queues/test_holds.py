"""Queues that are bound: what holds them back, how much may start, and what bots are told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from apps.bots.models import Bot
from apps.bots.releases import default_pool
from apps.lib.clock import database_now
from apps.limits.models import FolderStop, Limit
from apps.limits.standing import usage
from apps.queues.lifecycle import Result, Wanted, finish_items, pause_queue, take_turn
from apps.queues.models import Lease
from tests.factories import make_folder
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def erp(folder):
    return make_application(folder, "erp", title="ERP")


@pytest.fixture
def queue(folder, erp):
    queue = make_queue(folder=folder)
    queue.applications.add(erp)
    make_items(queue, 10)
    return queue


def ask(queue, n=1, **said):
    return take_turn([], Wanted(queue_id=queue.pk, n=n, bot=said.pop("bot", "Robbie"), **said))


def finish(leased):
    return finish_items([Result(each.id, each.token, "successful") for each in leased])


def test_a_queue_whose_application_answers_is_leased_from_as_ever(queue):
    turn = ask(queue, 4)

    assert (len(turn.leased), turn.hold) == (4, None)


def test_an_emergency_stop_of_the_folder_holds_all_its_queues_and_no_others(queue, folder):
    other = make_queue(folder=make_folder())
    make_items(other, 1)
    make_stop(folder, reason="Wrong payments")

    turn = ask(queue, 4)

    assert (turn.leased, turn.hold.code, turn.hold.reason) == ([], "stopped", "Wrong payments")
    assert len(ask(other).leased) == 1
    FolderStop.objects.all().delete()
    assert len(ask(queue).leased) == 1


def test_what_is_in_hand_may_be_finished_while_everything_is_stopped(queue, folder):
    leased = ask(queue, 2).leased
    make_stop(folder)

    turn = take_turn(
        [Result(each.id, each.token, "successful") for each in leased],
        Wanted(queue_id=queue.pk, n=2, bot="Robbie"),
    )

    assert turn.finished.finished == [each.id for each in leased]
    assert (turn.leased, turn.hold.code) == ([], "stopped")


def test_a_freeze_holds_while_it_lasts_and_says_until_when(queue, folder):
    make_freeze(folder, begins_in=600, ends_in=1200)
    assert ask(queue).hold is None

    now = make_freeze(folder, title="Year end")

    turn = ask(queue)
    assert (turn.leased, turn.hold.code, turn.hold.what) == ([], "freeze", "Year end")
    assert turn.hold.until == now.ends_at


def test_a_freeze_of_an_application_holds_only_what_uses_it(queue, folder, erp):
    other = make_queue(folder=folder)
    make_items(other, 1)
    make_freeze(folder, erp)

    assert ask(queue).hold.code == "freeze"
    assert len(ask(other).leased) == 1


def test_a_held_application_holds_its_queues_until_the_hold_is_over(queue, erp):
    held(erp, seconds=600, reason="Upgrade")
    turn = ask(queue)
    assert (turn.leased, turn.hold.code, turn.hold.what) == ([], "application_held", "ERP")

    held(erp, seconds=-1)

    assert len(ask(queue).leased) == 1


def test_a_resting_application_gets_nothing_and_then_one_item_at_a_time(queue, erp):
    opened(erp, probe_in=600)
    resting = ask(queue, 5)
    assert (resting.leased, resting.hold.code) == ([], "breaker")
    assert resting.hold.until > database_now()

    opened(erp, probe_in=-1)

    first = ask(queue, 5).leased
    assert len(first) == 1
    second = ask(queue, 5)
    assert (second.leased, second.hold.code, second.hold.until) == ([], "breaker", None)
    finish(first)
    assert len(ask(queue, 5).leased) == 1


def test_the_one_item_that_is_tried_is_counted_over_all_queues_of_the_application(queue, erp):
    other = make_queue(folder=queue.folder)
    other.applications.add(erp)
    make_items(other, 1)
    opened(erp, probe_in=-1)

    assert len(ask(queue).leased) == 1
    assert ask(other).hold.code == "breaker"


def test_a_limit_is_shared_by_all_queues_it_binds_directly_or_by_an_application(queue, erp):
    seats = make_limit(application=erp, size=3, title="Sessions")
    other = make_queue(folder=queue.folder)
    other.limits.add(seats)
    # by both ways: still one seat an item
    other.applications.add(erp)
    make_items(other, 5)

    first, second = ask(queue, 2).leased, ask(other, 5).leased

    assert (len(first), len(second)) == (2, 1)
    full = ask(queue)
    assert (full.hold.code, full.hold.what, full.hold.size) == ("limit", "Sessions", 3)
    assert usage([seats.pk]) == {seats.pk: 3}
    finish(second)
    assert len(ask(queue, 5).leased) == 1


def test_results_handed_in_with_a_wish_make_room_for_it(queue):
    queue.limits.add(make_limit(queue.folder, size=1))
    first = ask(queue, 5).leased
    assert len(first) == 1

    turn = take_turn(
        [Result(first[0].id, first[0].token, "successful")],
        Wanted(queue_id=queue.pk, n=5, bot="Robbie"),
    )

    assert len(turn.finished.finished) == len(turn.leased) == 1


def test_the_narrowest_of_several_limits_counts(queue):
    queue.limits.add(make_limit(queue.folder, size=4), make_limit(queue.folder, size=2))

    assert len(ask(queue, 5).leased) == 2


def test_who_works_ahead_gets_one_item_at_a_time_where_seats_are_limited(queue):
    assert len(ask(queue, 3, is_ahead=True).leased) == 3
    queue.limits.add(make_limit(queue.folder, size=8))

    assert len(ask(queue, 3, is_ahead=True).leased) == 1
    assert len(ask(queue, 3).leased) == 3


def test_a_rate_lets_start_what_its_burst_allows_and_says_when_the_next_may(queue):
    rate = make_limit(queue.folder, size=60, per_seconds=3600, burst=2, title="Calls")
    queue.limits.add(rate)

    assert len(ask(queue, 5).leased) == 2
    turn = ask(queue, 5)
    assert (turn.leased, turn.hold.code, turn.hold.what) == ([], "rate", "Calls")
    assert timedelta(seconds=50) < turn.hold.until - database_now() < timedelta(seconds=61)

    # when a minute has gone by, one more
    rate.refresh_from_db()
    moved = rate.theoretical_at - timedelta(seconds=60)
    Limit.objects.filter(pk=rate.pk).update(theoretical_at=moved)
    assert len(ask(queue, 5).leased) == 1


def test_a_rate_is_not_spent_by_an_empty_queue(folder):
    rate = make_limit(folder, size=1, per_seconds=3600)
    queue = make_queue(folder=folder)
    queue.limits.add(rate)

    assert ask(queue).leased == []
    rate.refresh_from_db()
    assert rate.theoretical_at is None
    make_items(queue, 1)
    assert len(ask(queue).leased) == 1


@pytest.mark.parametrize(("size", "seconds", "burst"), [(7, 1, 1), (3, 10, 3), (30, 60, 5)])
def test_a_rate_is_kept_in_every_window_whenever_bots_ask(folder, size, seconds, burst):
    """The clock of the database can't be moved on, so its rate is moved back instead."""
    rate = make_limit(folder, size=size, per_seconds=seconds, burst=burst)
    queue = make_queue(folder=folder)
    queue.limits.add(rate)
    make_items(queue, 3 * size + burst)
    step, moved, starts = timedelta(seconds=seconds / size / 3), timedelta(), []
    while moved < timedelta(seconds=3 * seconds):
        ids = [each.id for each in ask(queue, 300).leased]
        leased = Lease.objects.filter(item_id__in=ids).values_list("leased_at", flat=True)
        starts += [at + moved for at in leased]
        Limit.objects.filter(pk=rate.pk).update(theoretical_at=F("theoretical_at") - step)
        moved += step

    window = timedelta(seconds=seconds)
    most = max(sum(first <= each < first + window for each in starts) for first in starts)
    assert most <= size + burst - 1
    # and it is used: nothing is held back without need
    assert len(starts) >= 2 * size


def test_a_bot_without_the_capability_gets_nothing_and_is_told_what_is_missing(queue):
    type(queue).objects.filter(pk=queue.pk).update(required_capabilities=["sap", "german"])

    turn = ask(queue, 5, capabilities=["sap"])

    assert (turn.leased, turn.hold.code, turn.hold.what) == ([], "capability", "sap, german")
    assert len(ask(queue, 5, capabilities=["german", "sap", "excel"]).leased) == 5


def test_what_is_known_of_a_registered_bot_counts_and_only_in_its_folder(queue):
    type(queue).objects.filter(pk=queue.pk).update(required_capabilities=["sap"])
    for folder, can in ((queue.folder, ["sap"]), (make_folder(), ["sap"])):
        name = "Marvin" if folder == queue.folder else "Stranger"
        Bot.objects.create(folder=folder, pool=default_pool(folder), name=name, capabilities=can)

    assert len(ask(queue, bot="Marvin").leased) == 1
    assert ask(queue, bot="Stranger").hold.code == "capability"


def test_a_pause_is_said_before_all_else_and_limits_come_last(queue, folder, erp):
    queue.limits.add(make_limit(folder, size=1))
    assert len(ask(queue, 5).leased) == 1
    assert ask(queue).hold.code == "limit"
    opened(erp)
    assert ask(queue).hold.code == "breaker"
    held(erp)
    assert ask(queue).hold.code == "application_held"
    make_freeze(folder)
    assert ask(queue).hold.code == "freeze"
    make_stop(folder)
    assert ask(queue).hold.code == "stopped"
    pause_queue(queue, reason="Lunch", by=ANNA)
    hold = ask(queue).hold
    assert (hold.code, hold.reason) == ("queue_paused", "Lunch")


def test_a_queue_that_is_bound_no_more_is_leased_from_without_locks_again(queue, folder):
    make_stop(folder)
    ask(queue)
    FolderStop.objects.all().delete()
    ask(queue)

    with CaptureQueriesContext(connection) as said:
        assert len(ask(queue).leased) == 1
    assert not [each for each in said.captured_queries if "advisory" in each["sql"]]


def test_a_seat_is_taken_for_as_long_as_the_lease_is_there(queue):
    seats = make_limit(queue.folder, size=1)
    queue.limits.add(seats)
    (leased,) = ask(queue).leased
    with connection.cursor() as cursor:
        cursor.execute("update queues_lease set expires_at = now() - interval '1 second'")

    # run out, and still in somebody's hands for all we know
    assert ask(queue).hold.code == "limit"
    Lease.objects.filter(item_id=leased.id).delete()
    assert usage([seats.pk]) == {seats.pk: 0}
