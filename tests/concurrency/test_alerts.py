"""Several schedulers at once, and people among them: an alert begins once and ends once."""

from functools import partial

import pytest

from apps.alerts import lifecycle
from apps.alerts.lifecycle.telling import STORM
from apps.alerts.models import Alert, AlertRule
from apps.events.models import Event
from apps.lib.errors import ConflictError
from apps.notices.models import Notice
from apps.queues.lifecycle import cancel_item
from tests.concurrency.racing import race, race_same
from tests.factories import make_folder, make_person
from tests.factories_alerts import look_now, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

RULES = 20
SCHEDULERS = 4


def make_rules(folder, queue):
    said = {"all": [ready(queue)], "clear_seconds": 0}
    return [make_rule(folder, f"race-{n}", rule=said) for n in range(RULES)]


def looks_and_tells(_number):
    for _n in range(3):
        look_now()
        lifecycle.tell_due()


def test_schedulers_at_once_open_each_alert_once_and_tell_once():
    folder = make_folder()
    make_person(folder=folder)
    queue = make_queue(folder=folder)
    make_rules(folder, queue)
    make_items(queue)

    race_same(SCHEDULERS, looks_and_tells)

    assert Alert.objects.count() == RULES
    assert Event.objects.filter(kind="alert.fired").count() == RULES
    assert not Alert.objects.filter(told_at=None).exists()
    assert Notice.objects.filter(gather="").count() == STORM
    assert sum(Notice.objects.values_list("count", flat=True)) == RULES


def test_people_who_end_alerts_that_end_by_themselves_meet_no_deadlock():
    folder = make_folder()
    queue = make_queue(folder=folder)
    make_rules(folder, queue)
    (item_id,) = make_items(queue)
    look_now()
    cancel_item(item_id, by=ANNA, reason="not needed")

    def end(alert):
        try:
            lifecycle.resolve(alert, by=ANNA)
        except ConflictError:
            return 0
        return 1

    ending = [partial(end, alert) for alert in Alert.objects.order_by("-pk")[:8]]
    race(*ending, look_now, look_now)
    for _n in range(3):
        look_now()

    assert not Alert.objects.open().exists()
    assert set(AlertRule.objects.values_list("phase", flat=True)) == {"calm"}
    ended = Event.objects.filter(kind__in=["alert.ended", "alert.resolved"])
    assert ended.count() == RULES
