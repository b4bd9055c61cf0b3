"""What deployment allows, queues take: else a step would fail when its work is handed out."""

from apps.queues.engine import retries, rules
from apps.queues.models import WorkItem, WorkQueue
from apps.workflows.bpmn import bounds
from apps.workflows.graph import MAX_QUEUE_KEY


def test_bounds_of_models_are_those_of_queues():
    assert bounds.MAX_ATTEMPTS == rules.MAX_ATTEMPTS
    assert bounds.MAX_DELAY_SECONDS == retries.MAX_DELAY_SECONDS
    assert bounds.MAX_PATTERN == rules.MAX_PATTERN
    assert 2 * bounds.MAX_RULES == rules.MAX_RULES
    assert WorkQueue._meta.get_field("key").max_length == MAX_QUEUE_KEY


def test_the_highest_priority_is_that_of_items():
    limits = [each.limit_value for each in WorkItem._meta.get_field("priority").validators]

    assert bounds.MAX_PRIORITY in limits
