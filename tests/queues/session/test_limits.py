"""Sessions of queues that are bound: one item in hand, and no tries burned on what is down."""

from collections.abc import Callable

import pytest

from apps.limits.models import Application
from apps.queues.models import Attempt, Ended, Lease, Ready, WorkQueue
from apps.queues.session import Session
from tests.factories_limits import held, make_application, make_limit, make_stop
from tests.queues.work import add_work

pytestmark = pytest.mark.django_db(transaction=True)

RELEASED = Attempt.Outcome.RELEASED


@pytest.fixture
def erp(queue: WorkQueue) -> Application:
    erp = make_application(queue.folder, min_calls=3)
    queue.applications.add(erp)
    return erp


def test_a_session_holds_one_seat_at_a_time_and_drains_the_queue(
    queue: WorkQueue, erp: Application, new_session: Callable[[], Session]
) -> None:
    make_limit(application=erp, size=3)
    add_work(queue, *[{}] * 6)
    working = new_session()
    working.n_ahead = 4

    working._exchange(lease=True)
    assert Lease.objects.count() == len(working.waiting) == 1
    report = working.work()

    assert report.n_successful == 6
    assert Ended.objects.filter(status="successful").count() == 6


def test_an_application_that_fails_costs_the_tries_that_show_it_and_no_more(
    queue: WorkQueue, erp: Application, new_session: Callable[[], Session]
) -> None:
    ids = add_work(queue, *[{"do": "no_system"}] * 40)
    working = new_session()
    working.n_ahead = 30

    working.work()

    assert Application.objects.get(pk=erp.pk).state == "open"
    tried = Attempt.objects.exclude(outcome=RELEASED)
    assert tried.count() == erp.min_calls
    assert not Lease.objects.exists()
    # the others wait where they were, as if nobody had touched them
    waiting = Ready.objects.exclude(item_id__in=tried.values("item_id"))
    assert waiting.count() == len(ids) - erp.min_calls
    assert set(waiting.values_list("tries", flat=True)) == {0}


def test_what_was_leased_ahead_goes_back_when_the_queue_is_held(
    queue: WorkQueue, erp: Application, new_session: Callable[[], Session]
) -> None:
    add_work(queue, *[{}] * 10)
    working = new_session()
    working.n_ahead = 4
    working._exchange(lease=True)
    assert len(working.waiting) == 4
    held(erp)

    working.n_ahead = 5
    working._exchange(lease=True)

    assert not working.waiting
    assert (Ready.objects.count(), Lease.objects.count()) == (10, 0)


def test_a_session_of_a_stopped_folder_ends_with_nothing_done(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    add_work(queue, {}, {})
    working = new_session()
    make_stop(queue.folder)

    report = working.work()

    assert report.n_successful == 0
    assert Ready.objects.count() == 2
    assert working.hold is not None
    assert working.hold.code == "stopped"
