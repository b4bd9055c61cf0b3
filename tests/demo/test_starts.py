"""What the demo starts by itself."""

import pytest

from apps.demo.models import DemoSetting
from apps.demo.starts import EXPECTED, ROUND, WEBHOOK, WITH_THE_TRICKLE, set_up_triggers
from apps.demo.switching import switch_trickle
from apps.lib.actors import SYSTEM
from apps.triggers.lifecycle import dry_run, pause_trigger, remove_trigger, save_trigger
from apps.triggers.models import Trigger
from apps.triggers.receiving.signing import holding
from tests.demo.rooms import load_demo
from tests.factories_queues import ANNA

pytestmark = pytest.mark.django_db

Status = Trigger.Status


@pytest.fixture(autouse=True)
def queue(folder):
    return load_demo(folder)


def test_there_is_a_trigger_of_each_kind_and_each_could_start_now(folder):
    triggers = list(Trigger.objects.filter(folder=folder))

    assert {each.kind for each in triggers} == set(Trigger.Kind.values)
    assert {each.target["type"] for each in triggers} == {"workflow", "run", "items", "alert"}
    for trigger in triggers:
        if trigger.kind in Trigger.TIMED:
            assert trigger.next_at is not None
        if trigger.kind != Trigger.Kind.EVENT:  # of which nobody knows what it will say
            assert dry_run(trigger).is_fine, dry_run(trigger).problem


def test_what_people_changed_stays(folder):
    save_trigger(folder, "morning-statements", {"title": "Mine"}, by=ANNA)

    set_up_triggers(folder)

    changed = Trigger.objects.get(key="morning-statements")
    assert (changed.title, changed.version) == ("Mine", 2)
    assert set(Trigger.objects.exclude(pk=changed.pk).values_list("version", flat=True)) == {1}


def test_the_webhook_has_an_address_and_a_secret_that_nobody_was_told(folder):
    hook = Trigger.objects.get(key=WEBHOOK)

    set_up_triggers(folder)

    assert hook.hook_key
    assert len(holding(hook)) == 1


def test_alerts_are_told_at_most_once_a_day(folder):
    alerts = Trigger.objects.filter(folder=folder, target__type="alert")

    often = {each.key for each in alerts if each.rule.get("once_per") != "business_date"}

    assert often == {EXPECTED}
    assert Trigger.objects.get(key=EXPECTED).rule["cron"] == "0 7 * * 1-5"


def test_nothing_comes_in_by_itself_while_the_switch_is_off(folder):
    DemoSetting.objects.update(trickle_on=True)

    switch_trickle(folder, is_on=False, by=ANNA)
    paused = Trigger.objects.filter(status=Status.PAUSED).values_list("key", flat=True)
    assert set(paused) == set(WITH_THE_TRICKLE)

    switch_trickle(folder, is_on=True, by=ANNA)
    assert not Trigger.objects.exclude(status=Status.ENABLED).exists()
    assert DemoSetting.objects.get().trickle_on


def test_the_switch_leaves_a_pause_of_ones_own_and_what_is_gone(folder):
    pause_trigger(Trigger.objects.get(key=ROUND), by=ANNA, reason="Too much")
    remove_trigger(Trigger.objects.get(key=EXPECTED), by=ANNA)

    for is_on in (False, True):
        switch_trickle(folder, is_on=is_on, by=SYSTEM)

    found = Trigger.objects.get(key=ROUND)
    assert (found.status, found.reason) == (Status.PAUSED, "Too much")
