"""Alerts by API: each call does what it says, refuses what it must, and needs its right."""

from datetime import timedelta

import pytest

from apps.accounts.models import Team
from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.alerts.models import Alert, AlertRule, CheckIn, Silence
from apps.lib.clock import database_now
from apps.queues.models import MinuteCount
from controlroom.api import api as ninja_api
from tests.factories import make_folder
from tests.factories_alerts import look_now, make_alert, make_rule, ready
from tests.factories_queues import make_items, make_queue

pytestmark = pytest.mark.django_db

VIEW, OPERATE, DESIGN = Action.VIEW, Action.OPERATE, Action.DESIGN
OURS = ("/alerts", "/alert-", "/check-ins")
SILENT = {"all": [{"check_in": "erp", "silent_seconds": 60}]}
FAR = "2999-01-01T00:00:00Z"


def soon(**ahead):
    return (database_now() + timedelta(**ahead)).isoformat()


# method and address as in the description → the right it needs, and a body
CALLS = {
    ("GET", "/alerts"): (VIEW, None),
    ("GET", "/alerts/{alert_id}"): (VIEW, None),
    ("POST", "/alerts/acknowledge"): (OPERATE, {"ids": [1]}),
    ("POST", "/alerts/{alert_id}/acknowledge"): (OPERATE, None),
    ("POST", "/alerts/{alert_id}/snooze"): (OPERATE, {"until": FAR}),
    ("POST", "/alerts/{alert_id}/assign"): (OPERATE, {}),
    ("GET", "/alerts/{alert_id}/comments"): (VIEW, None),
    ("POST", "/alerts/{alert_id}/comments"): (OPERATE, {"text": "On it"}),
    ("POST", "/alerts/{alert_id}/resolve"): (OPERATE, None),
    ("GET", "/alert-rules"): (VIEW, None),
    ("POST", "/alert-rules/try"): (VIEW, {"rule": SILENT}),
    ("GET", "/alert-rules/{key}"): (VIEW, None),
    ("PUT", "/alert-rules/{key}"): (DESIGN, {"title": "Other"}),
    ("POST", "/alert-rules/{key}/off"): (DESIGN, None),
    ("POST", "/alert-rules/{key}/on"): (DESIGN, None),
    ("GET", "/alert-silences"): (VIEW, None),
    ("POST", "/alert-silences"): (OPERATE, {"ends_at": FAR, "reason": "Change"}),
    ("POST", "/alert-silences/{silence_id}/end"): (OPERATE, None),
    ("GET", "/alert-noise"): (VIEW, None),
    ("POST", "/check-ins/{key}"): (OPERATE, None),
    ("DELETE", "/alert-rules/{key}"): (DESIGN, None),
}


def test_every_call_is_in_the_table():
    paths = ninja_api.get_openapi_schema()["paths"]
    declared = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if path.removeprefix("/api/v1").startswith(OURS)
    }

    assert declared == set(CALLS)


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_call_what_its_rights_allow(folder, program_with, role):
    program, wrong = program_with(role), {}
    rule, alert = make_rule(folder, "backlog"), make_alert(folder)
    silence = Silence.objects.create(
        folder=folder, reason="A", starts_at=database_now(),
        ends_at=database_now() + timedelta(hours=1),
    )  # fmt: skip

    for (method, address), (action, body) in CALLS.items():
        path = address.format(alert_id=alert.pk, key=rule.key, silence_id=silence.pk)
        answer = program.call(method, path, *(() if body is None else (body,)))
        is_allowed = answer.status_code != 403
        if is_allowed != (action in GRANTS[role]) or answer.status_code >= 500:
            wrong[method, address] = answer.status_code

    assert wrong == {}


def test_a_rule_is_made_looked_at_and_removed(api, folder):
    queue = make_queue("invoices", folder=folder)
    said = {"title": "Backlog", "rule": {"all": [ready(queue, 1)]}, "severity": "critical"}

    made = api.put("/alert-rules/backlog", said)
    again = api.put("/alert-rules/backlog", {"group": "SAP", "version": 1})
    make_items(queue, 2)
    look_now()

    assert (made.status_code, again.status_code) == (201, 200)
    found = api.get("/alert-rules/backlog").json()
    assert (found["phase"], found["group"], found["version"]) == ("firing", "SAP", 2)
    assert found["sentence"].startswith("When at least 1 item")
    (alert,) = api.get("/alerts?status=firing&rule=backlog").json()["items"]
    assert (alert["severity"], alert["seen"][0]["value"]) == ("critical", 2.0)
    assert api.put("/alert-rules/backlog", {"title": "A", "version": 1}).status_code == 409
    assert api.call("DELETE", "/alert-rules/backlog").status_code == 204
    assert api.get(f"/alerts/{alert['id']}").json()["end"] == "changed"


def test_an_alert_is_taken_put_off_handed_on_and_ended(api, folder, supervisor):
    Team.objects.create(folder=folder, key="ops", title="Ops")
    path = f"/alerts/{make_alert(folder).pk}"

    assert api.post(f"{path}/acknowledge").json()["status"] == "acknowledged"
    assert api.post(f"{path}/acknowledge").status_code == 409
    assert api.post(f"{path}/snooze", {"until": soon(hours=1)}).json()["status"] == "snoozed"
    handed = api.post(f"{path}/assign", {"owner": "supervisor", "team": "ops"}).json()
    assert (handed["owner"], handed["team"]) == ("supervisor", "ops")
    assert api.post(f"{path}/comments", {"text": "The firewall"}).status_code == 201
    assert [each["text"] for each in api.get(f"{path}/comments").json()["items"]] == [
        "The firewall"
    ]
    assert api.post(f"{path}/resolve").json()["end"] == "person"
    assert api.post(f"{path}/resolve").status_code == 409


def test_a_rule_is_tried_before_it_is_there(api, folder):
    queue = make_queue("invoices", folder=folder)
    minute = database_now().replace(second=0, microsecond=0) - timedelta(days=2)
    for n, change in ((0, 9), (10, -9)):
        MinuteCount.objects.create(
            queue_id=queue.pk, minute=minute + timedelta(minutes=n), measure="ready", n=change
        )
    oldest = {"metric": "queue.oldest_seconds", "queue": "invoices", "op": ">", "value": 60}

    tried = api.post("/alert-rules/try", {"rule": {"all": [ready(queue, 5), oldest]}}).json()

    assert (tried["bound"], len(tried["alerts"])) == ("at_most", 1)
    assert tried["left_out"][0]["metric"] == "queue.oldest_seconds"
    assert tried["alerts"][0]["worst"] == 9
    assert not AlertRule.objects.exists()


def test_what_was_done_is_tried_as_it_is_counted_live(api, folder):
    queue = make_queue("invoices", folder=folder)
    minute = database_now().replace(second=0, microsecond=0) - timedelta(minutes=90)
    for measure, n in (("successful", 3), ("application_exception", 1)):
        MinuteCount.objects.create(queue_id=queue.pk, minute=minute, measure=measure, n=n)
    fails = {
        "metric": "queue.failure_share", "queue": "invoices", "op": ">=", "value": 0.25,
        "window_seconds": 600,
    }  # fmt: skip
    stands = {"metric": "queue.finished", "queue": "invoices", "op": ">", "value": 2,
              "window_seconds": 600}  # fmt: skip

    for condition in (fails, stands):
        rule = {"all": [condition], "clear_seconds": 0}
        (alert,) = api.post("/alert-rules/try", {"rule": rule}).json()["alerts"]

        begun = alert["fired_at"], alert["ended_at"]
        assert begun == tuple(
            (minute + timedelta(minutes=n)).isoformat().replace("+00:00", "+00:00") for n in (1, 11)
        )


def test_a_program_checks_in(api, folder):
    assert api.post("/check-ins/erp-export").json()["key"] == "erp-export"
    api.post("/check-ins/erp-export")

    assert CheckIn.objects.get().key == "erp-export"


def test_silences_are_made_listed_and_ended(api, folder):
    make_rule(folder, "backlog")

    made = api.post(
        "/alert-silences", {"rule": "backlog", "ends_at": soon(hours=1), "reason": "Change"}
    )

    assert (made.status_code, made.json()["rule"]) == (201, "backlog")
    Silence.objects.update(starts_at=database_now() - timedelta(minutes=1))
    number = api.get("/alert-silences").json()["items"][0]["id"]
    assert api.post(f"/alert-silences/{number}/end").status_code == 204
    assert api.post(f"/alert-silences/{number}/end").status_code == 409
    assert api.post("/alert-silences/999999/end").status_code == 404


def test_what_lies_in_another_folder_is_not_there(api):
    alert, rule = make_alert(make_folder()), make_rule(make_folder(), "strange")

    assert api.get(f"/alerts/{alert.pk}").status_code == 404
    assert api.post(f"/alerts/{alert.pk}/resolve").status_code == 404
    assert api.get(f"/alert-rules/{rule.key}").status_code == 404
    assert api.get("/alerts").json()["items"] == []
    assert Alert.objects.get().status == "firing"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/alerts?cursor=forged", None, 400),
        ("GET", "/alerts?status=awful", None, 422),
        ("GET", "/alerts?limit=0", None, 422),
        ("GET", "/alerts?rule=none", None, 404),
        ("GET", "/alerts?rule=" + "x" * 10_000, None, 422),
        ("GET", "/alerts/0", None, 422),
        ("GET", "/alerts/99999999999999999999", None, 422),
        ("POST", "/alerts/{alert}/snooze", {"until": "soon"}, 422),
        ("POST", "/alerts/{alert}/snooze", {"until": "1999-01-01T00:00:00Z"}, 422),
        ("POST", "/alerts/{alert}/snooze", {}, 422),
        ("POST", "/alerts/{alert}/assign", {"owner": "nobody"}, 422),
        ("POST", "/alerts/{alert}/assign", {"team": "none"}, 422),
        ("POST", "/alerts/{alert}/assign", {"colour": "red"}, 422),
        ("POST", "/alerts/{alert}/comments", {"text": ""}, 422),
        ("POST", "/alerts/{alert}/comments", {"text": "x" * 2001}, 422),
        ("PUT", "/alert-rules/new", {"rule": {}}, 422),
        ("PUT", "/alert-rules/new", {"title": "A", "rule": []}, 422),
        ("PUT", "/alert-rules/new", {"title": "A", "severity": "awful"}, 422),
        ("PUT", "/alert-rules/with%20space", {"title": "A", "rule": SILENT}, 422),
        ("POST", "/alert-rules/try", {"rule": {"all": [{"metric": "x"}]}}, 422),
        ("POST", "/alert-rules/try", {"rule": {"all": [{"asset": "x", "op": "=", "value": 1}]}},
         422),
        ("POST", "/alert-rules/try", {}, 422),
        ("POST", "/alert-silences", {"ends_at": FAR, "reason": "A"}, 422),
        ("POST", "/alert-silences", {"ends_at": "2020-01-01T00:00:00Z", "reason": "A"}, 422),
        ("POST", "/alert-silences", {"ends_at": FAR, "reason": "A", "rule": "none"}, 404),
        ("GET", "/alert-noise?days=0", None, 422),
        ("GET", "/alert-noise?days=many", None, 422),
        ("POST", "/check-ins/with%20space", None, 422),
        ("POST", "/check-ins/" + "x" * 101, None, 422),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(api, folder, method, path, body, status):
    alert = make_alert(folder)

    answer = api.call(method, path.format(alert=alert.pk), *(() if body is None else (body,)))

    assert answer.status_code == status, answer.content
    assert answer.json()["detail"]
