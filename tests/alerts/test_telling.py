"""Who is told of what fires, when, and how much at once."""

from datetime import timedelta

import pytest

from apps.accounts.models import Team, TeamMember
from apps.alerts import lifecycle
from apps.alerts.lifecycle.telling import STORM
from apps.alerts.models import Alert, Silence
from apps.alerts.upkeep import prune
from apps.calendars.models import Calendar
from apps.events.bus import deliver_outbox
from apps.lib.clock import database_now
from apps.limits.models import Application
from apps.notices.models import Notice
from apps.triggers.lifecycle import fire_now
from tests.factories import make_person
from tests.factories_alerts import alert_of, look_now, make_alert, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import make_trigger

pytestmark = pytest.mark.django_db

NEVER_OPEN = {"week": {"mon": [["00:00", "00:01"]]}, "time_zone": "UTC"}


@pytest.fixture
def queue(folder):
    return make_queue(folder=folder)


@pytest.fixture
def fires(folder, queue, supervisor):
    """`fires(severity="critical")`: a rule that fires now."""

    def make(**said):
        said.setdefault("rule", {"all": [ready(queue)]})
        rule = make_rule(folder, **said)
        look_now()
        return rule

    make_items(queue)
    return make


def closed_now(folder):
    """Return a calendar that was open for a minute, days ago."""
    day = (database_now() - timedelta(days=3)).strftime("%a").lower()
    return Calendar.objects.create(
        folder=folder,
        key="office",
        title="Office",
        time_zone="UTC",
        week={day: [["00:00", "00:01"]]},
    )


def told():
    return list(Notice.objects.order_by("pk").values_list("user__username", "title"))


def test_who_supervises_the_folder_is_told_once(fires, supervisor, business_user):
    rule = fires(title="Backlog", severity="critical")

    assert [lifecycle.tell_due(), lifecycle.tell_due()] == [1, 0]

    assert told() == [("supervisor", "Critical: Backlog")]
    notice = Notice.objects.get()
    assert notice.url == f"/alerts/{alert_of(rule).pk}/"
    assert notice.body.startswith("at least 1 item")


def test_owner_and_team_are_told_instead(fires, folder, supervisor):
    owner, member = make_person("olga", folder=folder), make_person("max", folder=folder)
    team = Team.objects.create(folder=folder, key="ops", title="Ops")
    TeamMember.objects.create(team=team, user=member)

    fires(owner="olga", team="ops")
    lifecycle.tell_due()

    assert sorted(name for name, _title in told()) == ["max", "olga"]
    assert owner.pk


def test_what_somebody_takes_first_is_told_nobody(fires):
    rule = fires()
    lifecycle.acknowledge(alert_of(rule), by=ANNA)

    assert lifecycle.tell_due() == 0
    assert told() == []


def test_a_silence_holds_it_back_and_its_end_does_not_forget_it(fires, folder):
    rule = fires()
    hour = database_now() + timedelta(hours=1)
    lifecycle.silence(folder, rule=rule, starts_at=None, ends_at=hour, reason="Change", by=ANNA)
    Silence.objects.update(starts_at=database_now() - timedelta(minutes=1))

    assert lifecycle.tell_due() == 0
    Silence.objects.update(ends_at=database_now() - timedelta(seconds=1))

    assert lifecycle.tell_due() == 1


def test_a_silence_of_one_rule_leaves_the_others(fires, folder):
    silent, loud = fires(title="Silent"), fires(title="Loud")
    Silence.objects.create(
        folder=folder, rule=silent, reason="Change",
        starts_at=database_now() - timedelta(minutes=1),
        ends_at=database_now() + timedelta(minutes=1),
    )  # fmt: skip

    lifecycle.tell_due()

    assert told() == [("supervisor", "Warning: Loud")]
    assert loud.pk


@pytest.mark.parametrize(
    ("severity", "outside", "n"),
    [("warning", "wait", 0), ("warning", "tell", 1), ("critical", "wait", 1), ("info", "tell", 0)],
)
def test_outside_the_hours_only_what_is_critical_is_told(fires, folder, severity, outside, n):
    calendar = closed_now(folder)
    fires(severity=severity, outside_hours=outside, calendar=calendar.key)

    assert lifecycle.tell_due() == n


def test_a_storm_is_one_message_that_counts(folder, queue, supervisor):
    make_items(queue)
    for n in range(STORM + 20):
        make_rule(folder, f"rule-of-storm-{n}", rule={"all": [ready(queue)]})
    look_now()

    assert lifecycle.tell_due() == STORM + 20

    assert Notice.objects.count() == STORM + 1
    gathered = Notice.objects.exclude(gather="").get()
    assert (gathered.count, gathered.url) == (20, "/alerts/")
    assert Alert.objects.exclude(told_at=None).count() == STORM + 20


def test_a_group_is_told_together(fires):
    for n in range(3):
        fires(title=f"Rule {n}", group="SAP")
    lifecycle.tell_due()

    notice = Notice.objects.get()
    assert (notice.title, notice.count) == ("Alerts fire: SAP", 3)


def test_a_test_says_that_it_is_one(fires, supervisor):
    rule = fires()

    assert lifecycle.try_telling(rule, by=ANNA) == 1
    assert told() == [("supervisor", f"Test: {rule.title}")]


def test_after_a_snooze_people_are_told_again(fires):
    rule = fires()
    lifecycle.tell_due()
    lifecycle.snooze(alert_of(rule), until=database_now() + timedelta(hours=1), by=ANNA)
    Alert.objects.update(snoozed_until=database_now() - timedelta(seconds=1))

    lifecycle.wake_snoozed()
    lifecycle.tell_due()

    assert len(told()) == 2


def test_a_trigger_that_raises_an_alert_again_counts_in_the_open_one(folder):
    for event_id in (5, 6, 6, 5):
        lifecycle.raise_for_trigger(7, folder.pk, event_id=event_id, title="No file", text="")

    alert = Alert.objects.get()
    assert (alert.count, alert.source, alert.is_to_tell) == (2, "trigger", False)

    lifecycle.resolve(alert, by=ANNA)
    lifecycle.raise_for_trigger(7, folder.pk, event_id=6, title="No file", text="")
    assert Alert.objects.count() == 1
    lifecycle.raise_for_trigger(7, folder.pk, event_id=8, title="No file", text="")
    assert Alert.objects.count() == 2


def test_an_application_that_fails_has_an_alert_while_it_does(folder):
    sap = Application.objects.create(folder=folder, key="sap", title="SAP")
    lifecycle.follow_application(sap.pk)
    assert not Alert.objects.exists()

    now = database_now()
    Application.objects.update(state="open", probe_at=now, opened_at=now)
    for _n in range(2):
        lifecycle.follow_application(sap.pk, reason="90% failed")
    alert = Alert.objects.get()
    assert (alert.title, alert.status, alert.severity) == ("SAP", "firing", "critical")

    Application.objects.update(state="closed", probe_at=None, opened_at=None)
    lifecycle.follow_application(sap.pk)

    alert.refresh_from_db()
    assert (alert.status, alert.end) == ("resolved", "cleared")


def test_a_trigger_that_raises_an_alert_is_in_the_list(folder, supervisor):
    target = {"type": "alert", "title": "No file", "message": "Ask the bank", "to": "supervisors"}
    trigger = make_trigger(folder, "bank", target=target)
    fire_now(trigger, by=ANNA)

    deliver_outbox()
    deliver_outbox()

    alert = Alert.objects.get()
    assert (alert.title, alert.text, alert.count) == ("No file", "Ask the bank", 1)
    assert alert.source_key == f"trigger:{trigger.pk}"


def test_what_was_over_long_ago_is_dropped(folder, settings):
    old, young, still_open = (make_alert(folder) for _n in range(3))
    for alert in (old, young):
        lifecycle.comment(alert, "Gone", by=ANNA)
        lifecycle.resolve(alert, by=ANNA)
    long_ago = database_now() - timedelta(days=settings.ALERT_DAYS_KEPT + 1)
    Alert.objects.filter(pk=old.pk).update(resolved_at=long_ago)

    assert prune() == 1

    assert set(Alert.objects.values_list("pk", flat=True)) == {young.pk, still_open.pk}


def test_what_waits_for_nobody_costs_nothing(folder):
    make_alert(folder)

    assert lifecycle.tell_due() == 0
