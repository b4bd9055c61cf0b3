"""What people do with alerts, and what can't be done."""

from datetime import timedelta

import pytest

from apps.accounts.models import Team
from apps.alerts import lifecycle
from apps.alerts.models import Alert, AlertRule, Silence
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from tests.factories import make_folder, make_person
from tests.factories_alerts import alert_of, look_now, make_alert, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db

Status = Alert.Status


@pytest.fixture
def alert(folder):
    return make_alert(folder)


def in_an_hour():
    return database_now() + timedelta(hours=1)


def test_who_acknowledges_first_is_kept(alert, supervisor):
    lifecycle.acknowledge(alert, by=supervisor.actor)

    with pytest.raises(ConflictError, match="Supervisor"):
        lifecycle.acknowledge(alert, by=ANNA)
    found = Alert.objects.get()
    assert (found.status, found.acknowledged_by) == (Status.ACKNOWLEDGED, "Supervisor")
    assert Event.objects.filter(kind="alert.acknowledged", subject_id=alert.pk).count() == 1


def test_what_is_put_off_fires_again_and_people_are_told_anew(alert, supervisor):
    lifecycle.snooze(alert, until=in_an_hour(), by=supervisor.actor)
    assert lifecycle.wake_snoozed() == 0

    Alert.objects.update(snoozed_until=database_now() - timedelta(seconds=1))

    assert lifecycle.wake_snoozed() == 1
    found = Alert.objects.get()
    assert (found.status, found.is_to_tell, found.snoozed_until) == (Status.FIRING, True, None)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=-1), timedelta(days=32)])
def test_it_is_put_off_to_a_time_ahead_alone(alert, ahead):
    with pytest.raises(InvalidError) as refused:
        lifecycle.snooze(alert, until=database_now() + ahead, by=ANNA)

    assert refused.value.fields[0].path == "until"


def test_what_is_over_can_only_be_talked_about(alert):
    lifecycle.resolve(alert, by=ANNA)

    for verb in (lifecycle.acknowledge, lifecycle.resolve):
        with pytest.raises(ConflictError, match="over already"):
            verb(alert, by=ANNA)
    with pytest.raises(ConflictError):
        lifecycle.snooze(alert, until=in_an_hour(), by=ANNA)
    with pytest.raises(ConflictError):
        lifecycle.assign(alert, owner=None, team=None, by=ANNA)
    lifecycle.comment(alert, " It was the firewall. ", by=ANNA)
    assert alert.comments.get().text == "It was the firewall."


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * 2001])
def test_a_comment_has_words(alert, text):
    with pytest.raises(InvalidError):
        lifecycle.comment(alert, text, by=ANNA)


def test_whom_it_is_handed_to_is_told_once(alert, folder, supervisor):
    for _n in range(2):
        lifecycle.assign(alert, owner=supervisor, team=None, by=ANNA)

    assert Alert.objects.get().owner == supervisor
    assert Notice.objects.get().title == "Yours: No orders yet"


def test_it_is_handed_to_people_of_the_folder_alone(alert):
    stranger, strange_team = (
        make_person(),
        Team.objects.create(folder=make_folder(), key="ops", title="Ops"),
    )

    with pytest.raises(InvalidError):
        lifecycle.assign(alert, owner=stranger, team=None, by=ANNA)
    with pytest.raises(InvalidError):
        lifecycle.assign(alert, owner=None, team=strange_team, by=ANNA)


def test_a_rule_is_saved_once_however_often_it_says_the_same(folder):
    queue = make_queue(folder=folder)
    said = {"title": "Backlog", "rule": {"all": [ready(queue)]}}

    first = lifecycle.save_rule(folder, "backlog", said, by=ANNA)
    again = lifecycle.save_rule(folder, "backlog", said, by=ANNA)

    assert (first.is_new, again.is_new, again.changes) == (True, False, [])
    assert AlertRule.objects.get().version == 1


def test_an_old_version_is_refused(folder):
    rule = make_rule(folder, "backlog")
    lifecycle.save_rule(folder, "backlog", {"title": "Other"}, by=ANNA, version=1)

    with pytest.raises(ConflictError, match="version 1"):
        lifecycle.save_rule(folder, "backlog", {"title": "Third"}, by=ANNA, version=1)
    with pytest.raises(ConflictError, match="already"):
        lifecycle.save_rule(folder, "backlog", {"title": "Third"}, by=ANNA, version=0)
    with pytest.raises(ConflictError, match="gone"):
        lifecycle.save_rule(folder, "none", {"title": "Third"}, by=ANNA, version=3)
    rule.refresh_from_db()
    assert rule.title == "Other"


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"title": 5}, "title"),
        ({"colour": "red"}, "colour"),
        ({"severity": "awful"}, "severity"),
        ({"rule": []}, "rule"),
        ({"rule": {"all": []}}, "rule.all"),
        ({"rule": {"all": [{"metric": "queue.ready", "queue": "none", "op": ">", "value": 1}]}},
         "rule.all.0.queue"),
        ({"rule": {"any": [{"metric": "queue.added", "queue": "none", "op": ">", "value": 1}]}},
         "rule.any.0.queue"),
        ({"rule": {"all": [{"any": [{"asset": "none", "op": "=", "value": 1}]}]}},
         "rule.all.0.any.0.asset"),
        ({"rule": {"all": [{"metric": "bots.silent", "pool": "none", "op": ">", "value": 1}]}},
         "rule.all.0.pool"),
        ({"owner": "nobody"}, "owner"),
        ({"team": "none"}, "team"),
        ({"calendar": "none"}, "calendar"),
        ({"outside_hours": "wait"}, "calendar"),
        ({"outside_hours": "shout"}, "outside_hours"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"runbook_url": "https://" + "a" * 500}, "runbook_url"),
        ({"group": "a\x00"}, "group"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_field(folder, said, path):
    usual = {"title": "Backlog", "rule": {"all": [{"check_in": "erp", "silent_seconds": 60}]}}

    with pytest.raises(InvalidError) as refused:
        lifecycle.save_rule(folder, "backlog", {**usual, **said}, by=ANNA)

    assert path in [each.path for each in refused.value.fields]
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize("key", ["", "with space", "x" * 101, "é"])
def test_a_key_can_be_part_of_an_address(folder, key):
    with pytest.raises(InvalidError):
        lifecycle.save_rule(folder, key, {"title": "A"}, by=ANNA)


@pytest.mark.parametrize(
    ("starts", "ends", "reason", "path"),
    [
        (None, -1, "Change", "ends_at"),
        (None, 32 * 24, "Change", "ends_at"),
        (5, 4, "Change", "ends_at"),
        (367 * 24, 368 * 24, "Change", "starts_at"),
        (None, 1, " ", "reason"),
        (None, 1, "x" * 301, "reason"),
    ],
)
def test_a_silence_has_an_end_and_a_reason(folder, starts, ends, reason, path):
    now = database_now()

    with pytest.raises(InvalidError) as refused:
        lifecycle.silence(
            folder,
            rule=None,
            starts_at=None if starts is None else now + timedelta(hours=starts),
            ends_at=now + timedelta(hours=ends),
            reason=reason,
            by=ANNA,
        )

    assert path in [each.path for each in refused.value.fields]


def test_a_silence_ends_early_and_one_to_come_is_dropped(folder):
    now = database_now()
    said = {"rule": None, "reason": "Change", "by": ANNA, "ends_at": now + timedelta(hours=9)}
    to_come = lifecycle.silence(folder, starts_at=now + timedelta(hours=8), **said)
    holds = lifecycle.silence(folder, starts_at=now - timedelta(minutes=5), **said)

    lifecycle.end_silence(to_come, by=ANNA)
    lifecycle.end_silence(holds, by=ANNA)

    assert not Silence.objects.now().exists()
    assert Silence.objects.get() == holds
    with pytest.raises(ConflictError):
        lifecycle.end_silence(Silence.objects.get(), by=ANNA)


def test_the_owner_of_a_rule_takes_its_alerts(folder, supervisor):
    queue = make_queue(folder=folder)
    rule = make_rule(folder, rule={"all": [ready(queue)]}, owner=supervisor.username)
    make_items(queue)

    look_now()

    assert alert_of(rule).owner == supervisor
