"""Applications hear how items went: they rest when too many fail, and their items wait."""

from datetime import timedelta

import pytest

from apps.limits import lifecycle as limits
from apps.limits.models import Application
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, Lease, Ready
from apps.queues.upkeep import feed_breakers, reap_leases
from tests.factories import make_folder
from tests.factories_limits import make_application, opened
from tests.factories_queues import ANNA, make_items, make_queue

# applications are judged after the commit
pytestmark = pytest.mark.django_db(transaction=True)

DOWN = Attempt.Outcome.APPLICATION_EXCEPTION
WRONG = Attempt.Outcome.BUSINESS_EXCEPTION
DONE = Attempt.Outcome.SUCCESSFUL


@pytest.fixture
def erp():
    return make_application(make_folder(), min_calls=4, failure_share=0.5, probes=2)


@pytest.fixture
def queue(erp):
    queue = make_queue(folder=erp.folder, max_attempts=5)
    queue.applications.add(erp)
    make_items(queue, 30)
    return queue


def end(queue, *outcomes):
    leased = lease_items(queue.pk, n=len(outcomes), bot="Robbie")
    results = [
        Result(item.id, item.token, outcome) for item, outcome in zip(leased, outcomes, strict=True)
    ]
    assert len(finish_items(results).finished) == len(outcomes)


def state_of(application):
    return Application.objects.get(pk=application.pk).state


def test_too_many_failures_open_it_and_what_waits_burns_no_tries(queue, erp):
    end(queue, DONE, DONE, DOWN)
    assert state_of(erp) == "closed"

    end(queue, DOWN)

    assert state_of(erp) == "open"
    assert lease_items(queue.pk, n=5, bot="Robbie") == []
    assert set(Ready.objects.values_list("tries", flat=True)) == {0}
    assert Application.objects.get(pk=erp.pk).reason.startswith("2 of 4")


def test_too_few_tries_say_nothing(queue, erp):
    end(queue, DOWN, DOWN, DOWN)

    assert state_of(erp) == "closed"


def test_wrong_data_count_as_an_answer_and_lost_bots_do_not_count_at_all(queue, erp):
    other = make_queue(folder=erp.folder)
    other.applications.add(erp)
    make_items(other, 6)
    lease_items(other.pk, n=6, bot="Marvin")
    Lease.objects.update(expires_at=erp.created_at)
    reap_leases()
    end(queue, WRONG, WRONG, WRONG, WRONG)
    end(queue, DOWN, DOWN, DOWN)

    assert Attempt.objects.filter(outcome="lost").count() == 6
    assert state_of(erp) == "closed"


def test_failures_in_all_queues_of_the_application_count_together(queue, erp):
    other = make_queue(folder=erp.folder)
    other.applications.add(erp)
    make_items(other, 5)
    stranger = make_queue(folder=erp.folder)
    make_items(stranger, 5)

    end(stranger, DOWN, DOWN, DOWN, DOWN)
    end(queue, DOWN, DOWN)
    assert state_of(erp) == "closed"
    end(other, DOWN, DOWN)

    assert state_of(erp) == "open"


def test_what_failed_before_the_window_or_before_a_reset_is_forgotten(queue, erp):
    end(queue, DOWN, DOWN, DOWN)
    long_ago = erp.created_at - timedelta(seconds=erp.window_seconds)
    Attempt.objects.update(started_at=long_ago, ended_at=long_ago)
    end(queue, DOWN, DOWN, DOWN)
    assert state_of(erp) == "closed"
    end(queue, DOWN)
    assert state_of(erp) == "open"

    limits.reset_application(Application.objects.get(pk=erp.pk), by=ANNA)
    end(queue, DOWN, DOWN, DOWN)

    assert state_of(erp) == "closed"


def test_enough_good_tries_after_the_rest_close_it(queue, erp):
    opened(erp, probe_in=-1)

    end(queue, DONE)
    feed_breakers()
    assert state_of(erp) == "probing"
    end(queue, DONE)
    feed_breakers()

    assert state_of(erp) == "closed"
    assert len(lease_items(queue.pk, n=5, bot="Robbie")) == 5


def test_a_failure_after_the_rest_makes_it_rest_for_longer(queue, erp):
    opened(erp, probe_in=-1)

    end(queue, DOWN)

    found = Application.objects.get(pk=erp.pk)
    assert (found.state, found.times_opened) == ("open", 2)
    assert found.probe_at - found.opened_at == timedelta(seconds=2 * erp.open_seconds)


def test_what_began_before_the_rest_was_over_is_no_probe(queue, erp):
    leased = lease_items(queue.pk, n=3, bot="Robbie")
    opened(erp, probe_in=-0.0)
    finish_items([Result(item.id, item.token, DONE) for item in leased])

    feed_breakers()

    assert state_of(erp) in ("open", "probing")


def test_a_breaker_that_is_off_stays_closed(queue, erp):
    Application.objects.filter(pk=erp.pk).update(breaker_on=False)

    end(queue, DOWN, DOWN, DOWN, DOWN, DOWN)

    assert state_of(erp) == "closed"
