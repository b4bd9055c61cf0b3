"""What the demo starts by the clock."""

import pytest

from apps.bots.releases import sync_automations
from apps.demo.drawn import deploy_drawn
from apps.demo.starts import set_up_triggers
from apps.triggers.lifecycle import dry_run, save_trigger
from apps.triggers.models import Trigger
from tests.factories_queues import ANNA, make_queue

pytestmark = pytest.mark.django_db


def test_statements_are_started_by_the_clock_and_what_people_changed_stays(folder):
    sync_automations(folder)
    for key in ("month-end", "statements"):
        make_queue(key, folder=folder)
    deploy_drawn(folder)
    set_up_triggers(folder)
    save_trigger(folder, "morning-statements", {"title": "Mine"}, by=ANNA)

    set_up_triggers(folder)

    titles = Trigger.objects.order_by("key").values_list("title", flat=True)
    assert list(titles) == ["Statements every second Friday", "Mine"]
    for trigger in Trigger.objects.all():
        assert dry_run(trigger).is_fine, dry_run(trigger).problem
        assert trigger.next_at is not None
