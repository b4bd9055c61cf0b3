"""What a rate has let start counts on when people change its pace."""

from datetime import timedelta

import pytest

from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.limits import lifecycle
from apps.limits.models import Limit
from tests.factories_limits import make_limit

pytestmark = pytest.mark.django_db

ANNA = Actor(None, "Anna")
DAY = 86_400


def waits(limit: Limit) -> float:
    """Return how many seconds from now starts are spread over that were made already."""
    assert limit.theoretical_at
    return (limit.theoretical_at - database_now()).total_seconds()


def test_work_that_waited_for_a_slow_rate_does_not_wait_for_it_under_a_quick_one(folder):
    soon = database_now() + timedelta(days=1)
    rate = make_limit(folder, per_seconds=DAY, theoretical_at=soon)

    lifecycle.save_limit(rate, {"per_seconds": 10}, by=ANNA)

    assert 0 < waits(rate) <= 10


def test_a_slower_pace_still_counts_what_was_started(folder):
    soon = database_now() + timedelta(seconds=10)
    rate = make_limit(folder, per_seconds=10, theoretical_at=soon)

    lifecycle.save_limit(rate, {"per_seconds": 1000}, by=ANNA)

    assert 500 < waits(rate) <= 1000


def test_another_title_leaves_the_pace_alone(folder):
    soon = database_now() + timedelta(seconds=10)
    rate = make_limit(folder, per_seconds=10, theoretical_at=soon)

    lifecycle.save_limit(rate, {"title": "Calls"}, by=ANNA)

    assert rate.theoretical_at == soon
