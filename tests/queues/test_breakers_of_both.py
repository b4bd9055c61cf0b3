"""An application that queues and single runs work in is judged by all tries together."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.bots.models import Automation, Run
from apps.bots.upkeep import feed_breakers as feed_by_runs
from apps.limits.models import Application
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import WorkQueue
from apps.queues.upkeep import feed_breakers
from tests.bots.workers import sample
from tests.factories import make_folder
from tests.factories_limits import make_application, opened
from tests.factories_queues import make_items, make_queue

# applications are judged after the commit
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def erp() -> Application:
    return make_application(make_folder(), min_calls=10, failure_share=0.5, probes=2)


@pytest.fixture
def queue(erp: Application) -> WorkQueue:
    queue = make_queue(folder=erp.folder, max_attempts=5)
    queue.applications.add(erp)
    make_items(queue, 30)
    return queue


@pytest.fixture
def automation(erp: Application) -> Automation:
    automation = sample(erp.folder, "test.patient")
    automation.applications.add(erp)
    return automation


def items_end(queue: WorkQueue, outcome: str, n: int) -> None:
    leased = lease_items(queue.pk, n=n, bot="Robbie")
    assert len(leased) == n
    finish_items([Result(each.id, each.token, outcome) for each in leased])  # type: ignore[arg-type]


def runs_end(automation: Automation, status: str, n: int, *, is_data_fault: bool = False) -> None:
    version = automation.current_version
    assert version
    for _ in range(n):
        Run.objects.create(
            folder=automation.folder,
            version=version,
            pool=automation.pool,
            status=status,
            started_at=Now() - timedelta(seconds=1),
            ended_at=Now(),
            is_data_fault=is_data_fault,
        )


def state_of(application: Application) -> str:
    return Application.objects.get(pk=application.pk).state


def test_runs_that_fail_open_it(erp: Application, automation: Automation) -> None:
    runs_end(automation, "faulted", 9)
    assert feed_by_runs() == 0
    assert state_of(erp) == "closed"

    runs_end(automation, "lost", 1)

    assert feed_by_runs() == 1
    assert state_of(erp) == "open"


def test_runs_with_wrong_data_or_that_people_stopped_say_nothing_against_it(
    erp: Application, automation: Automation
) -> None:
    runs_end(automation, "faulted", 12, is_data_fault=True)
    runs_end(automation, "stopped", 12)

    feed_by_runs()

    assert state_of(erp) == "closed"


def test_failures_of_items_and_of_runs_count_together(
    erp: Application, queue: WorkQueue, automation: Automation
) -> None:
    # when neither has seen enough by itself
    items_end(queue, "application_exception", 5)
    runs_end(automation, "faulted", 5)

    feed_by_runs()

    assert state_of(erp) == "open"
    assert Application.objects.get(pk=erp.pk).reason.startswith("10 of 10")


def test_a_few_runs_that_fail_do_not_stop_what_goes_well_with_many_items(
    erp: Application, queue: WorkQueue, automation: Automation
) -> None:
    items_end(queue, "successful", 25)
    runs_end(automation, "faulted", 10)

    feed_by_runs()

    assert state_of(erp) == "closed"


def test_good_tries_of_both_close_it(
    erp: Application, queue: WorkQueue, automation: Automation
) -> None:
    opened(erp, probe_in=-5)
    items_end(queue, "successful", 1)
    feed_breakers()
    assert state_of(erp) != "closed"

    runs_end(automation, "successful", 1)
    feed_breakers()

    assert state_of(erp) == "closed"
