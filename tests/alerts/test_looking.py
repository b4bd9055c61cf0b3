"""Rules are looked at: alerts begin and end, once each, whoever looks."""

from datetime import timedelta

import pytest

from apps.alerts.lifecycle import (
    check_in,
    look,
    looking,
    remove_rule,
    resolve,
    save_rule,
    switch_rule,
)
from apps.alerts.lifecycle.watched import WatchedRules
from apps.alerts.measuring import measure
from apps.alerts.models import Alert, AlertRule, CheckIn, Watch
from apps.bots.models import Bot
from apps.failures.models import FailureGroup, MinuteFailures
from apps.lib.clock import database_now
from apps.queues.lifecycle import cancel_item
from apps.queues.models import MinuteCount
from tests.bots.rows import make_bot
from tests.factories import make_folder
from tests.factories_alerts import alert_of, held_for, look_now, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db

Status, Phase = Alert.Status, AlertRule.Phase


@pytest.fixture
def queue():
    return make_queue()


@pytest.fixture
def rule(queue):
    said = {"all": [ready(queue, 2, clear=1)], "clear_seconds": 0}
    return make_rule(queue.folder, rule=said, title="Backlog", severity="critical")


def leave(ids):
    """Have these items not wait any more."""
    for pk in ids:
        cancel_item(pk, by=ANNA, reason="not needed")


def phase_of(rule):
    return AlertRule.objects.get(pk=rule.pk).phase


def test_an_alert_begins_when_the_conditions_hold(queue, rule):
    make_items(queue, 2)

    look_now()

    alert = alert_of(rule)
    assert (alert.status, alert.title, alert.severity) == (Status.FIRING, "Backlog", "critical")
    assert alert.text == f"at least 2 items wait in “{queue.key}” (ends at 1): 2"
    assert alert.seen[0]["value"] == 2.0
    assert phase_of(rule) == Phase.FIRING


def test_looking_again_opens_no_second_one(queue, rule):
    make_items(queue, 2)

    assert [look_now(), look_now(), look_now()] == [1, 0, 0]
    assert Alert.objects.count() == 1


def test_nobody_looks_again_right_after_somebody_did(queue, rule):
    look()
    make_items(queue, 2)

    assert look() == 0
    assert Watch.objects.get().n_rules == 1


def test_it_waits_until_the_conditions_have_held_for_long_enough(queue):
    said = {"all": [ready(queue)], "for_seconds": 300}
    rule = make_rule(queue.folder, rule=said)
    make_items(queue)

    look_now()
    assert phase_of(rule) == Phase.PENDING
    held_for(rule, 299)
    look_now()
    assert not Alert.objects.exists()
    held_for(rule, 301)
    look_now()

    alert = alert_of(rule)
    assert alert.fired_at - alert.since >= timedelta(seconds=300)


def test_it_is_over_after_as_long_without(queue):
    rule = make_rule(queue.folder, rule={"all": [ready(queue)], "clear_seconds": 60})
    ids = make_items(queue)
    look_now()
    leave(ids)

    look_now()
    assert (phase_of(rule), alert_of(rule).status) == (Phase.CLEARING, Status.FIRING)
    held_for(rule, 61)
    look_now()

    alert = alert_of(rule)
    assert (alert.status, alert.end, alert.is_to_tell) == (Status.RESOLVED, "cleared", False)
    assert phase_of(rule) == Phase.CALM


def test_it_fires_anew_after_it_was_over(queue):
    rule = make_rule(queue.folder, rule={"all": [ready(queue)], "clear_seconds": 0})
    for _n in range(2):
        ids = make_items(queue)
        look_now()
        leave(ids)
        look_now()

    assert Alert.objects.filter(rule=rule, status=Status.RESOLVED).count() == 2


def test_what_a_person_resolved_stays_silent_while_it_holds(queue, rule):
    ids = make_items(queue, 2)
    look_now()
    resolve(alert_of(rule), by=ANNA)

    look_now()
    assert (Alert.objects.count(), phase_of(rule)) == (1, Phase.DISMISSED)
    leave(ids)
    look_now()
    assert phase_of(rule) == Phase.CALM
    make_items(queue, 2)
    look_now()
    assert Alert.objects.count() == 2


def test_other_conditions_end_what_is_open(queue, rule):
    make_items(queue, 2)
    look_now()

    save_rule(rule.folder, rule.key, {"rule": {"all": [ready(queue, 5)]}}, by=ANNA)
    look_now()

    assert (alert_of(rule).end, phase_of(rule)) == ("changed", Phase.CALM)


def test_another_title_shows_in_what_is_open(queue, rule):
    make_items(queue, 2)
    look_now()

    save_rule(rule.folder, rule.key, {"title": "Too many", "severity": "warning"}, by=ANNA)

    alert = alert_of(rule)
    assert (alert.status, alert.title, alert.severity) == (Status.FIRING, "Too many", "warning")


def test_a_rule_that_is_off_is_not_looked_at(queue, rule):
    make_items(queue, 2)
    look_now()
    switch_rule(rule, on=False, by=ANNA)
    assert alert_of(rule).end == "changed"

    assert look_now() == 0
    switch_rule(rule, on=True, by=ANNA)
    look_now()

    assert alert_of(rule).status == Status.FIRING


def test_what_fired_outlives_its_rule(queue, rule):
    make_items(queue, 2)
    look_now()

    remove_rule(rule, by=ANNA)
    look_now()

    alert = Alert.objects.get()
    assert (alert.rule, alert.end) == (None, "changed")


def test_what_changed_since_it_was_read_is_left_alone(queue, rule):
    """Somebody saves the rule between the reading of it and the writing of what it comes to."""
    make_items(queue, 2)
    watched = WatchedRules().look()
    measured = measure({fact for each in watched for fact in each.facts})
    moves = looking._moves(list(watched), measured)
    AlertRule.objects.filter(pk=rule.pk).update(version=9)

    assert len(moves) == 1
    assert looking._move(moves) == set()
    assert phase_of(rule) == Phase.CALM


def test_an_info_is_listed_and_nobody_is_told(queue):
    rule = make_rule(queue.folder, rule={"all": [ready(queue)]}, severity="info")
    make_items(queue)

    look_now()

    assert not alert_of(rule).is_to_tell


def test_bots_that_are_silent_are_counted(queue):
    folder = make_folder()
    said = {"all": [{"metric": "bots.silent", "op": ">=", "value": 1}], "clear_seconds": 0}
    rule = make_rule(folder, rule=said)
    bot = make_bot(folder)
    silent = database_now() - timedelta(seconds=90)
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=silent)
    look_now()
    assert alert_of(rule).status == Status.FIRING

    Bot.objects.filter(pk=bot.pk).update(standing=Bot.Standing.DISABLED)
    look_now()

    assert alert_of(rule).status == Status.RESOLVED


def test_a_program_that_does_not_check_in_is_missed():
    folder = make_folder()
    rule = make_rule(folder, rule={"all": [{"check_in": "erp-export", "silent_seconds": 60}]})
    look_now()
    assert phase_of(rule) == Phase.CALM  # it never came: nothing to go by

    check_in(folder, "erp-export", by=ANNA)
    look_now()
    assert phase_of(rule) == Phase.CALM
    CheckIn.objects.update(at=database_now() - timedelta(seconds=61))
    look_now()

    assert phase_of(rule) == Phase.FIRING


def failed(folder, queue, n, **values):
    """Have a group of failures fail `n` times this minute."""
    now = database_now()
    group = FailureGroup.objects.create(
        folder=folder, queue=queue, kind="application_exception", fingerprint=f"f{n}",
        cause=f"c{n}", first_at=now, last_at=now, **values,
    )  # fmt: skip
    MinuteFailures.objects.create(group=group, minute=now.replace(second=0, microsecond=0), n=n)
    return group


def test_failures_of_one_kind_are_counted_unless_they_are_muted(queue):
    worst = {"metric": "failures.worst", "op": ">=", "value": 5, "window_seconds": 600}
    groups = {"metric": "failures.groups", "op": ">=", "value": 1}
    said = [{"all": [each], "clear_seconds": 0} for each in (worst, groups)]
    of_worst, of_groups = (make_rule(queue.folder, rule=rule) for rule in said)
    failed(queue.folder, queue, 3)
    muted = failed(
        queue.folder, queue, 9, status="muted", muted_until=database_now() + timedelta(hours=1)
    )
    look_now()
    assert (phase_of(of_worst), phase_of(of_groups)) == (Phase.CALM, Phase.FIRING)

    FailureGroup.objects.filter(pk=muted.pk).update(status="assigned", muted_until=None)
    look_now()

    assert alert_of(of_worst).seen[0]["value"] == 9


def test_work_that_stands_still_is_seen(queue):
    condition = {
        "metric": "queue.finished", "queue": queue.key, "op": "=", "value": 0,
        "window_seconds": 600,
    }  # fmt: skip
    rule = make_rule(queue.folder, rule={"all": [condition], "clear_seconds": 0})
    look_now()
    assert phase_of(rule) == Phase.FIRING

    now = database_now().replace(second=0, microsecond=0)
    MinuteCount.objects.create(queue_id=queue.pk, minute=now, measure="successful", n=3)
    look_now()

    assert phase_of(rule) == Phase.CALM
