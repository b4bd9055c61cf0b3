"""The pages of alert rules: the editor, what it refuses, what a rule shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alerts import lifecycle
from apps.alerts.models import AlertRule
from apps.events.models import Event
from apps.lib.clock import database_now
from apps.queues.models import MinuteCount
from tests.factories_alerts import alert_of, look_now, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def posted(folder, queue, **values):
    """Return what the editor sends for a rule with one condition."""
    return {
        "title": "Backlog", "key": "backlog", "severity": "warning", "join": "all",
        "n_rows": "1", "rows_letter": "c", "c0-group": "0", "c0-what": "queue.ready",
        "c0-queue": queue.key, "c0-op": ">=", "c0-value": "500", "c0-clear": "300",
        "held_for": "5 min", "clear_for": "1 min", "zone": "UTC", "outside_hours": "tell",
        "version": "0", **values,
    }  # fmt: skip


@pytest.fixture
def queue(folder):
    return make_queue("invoices", folder=folder)


def test_a_rule_is_made_in_the_editor(designer_client, folder, queue):
    answer = designer_client.post("/alerts/rules/new/", posted(folder, queue))

    rule = AlertRule.objects.get()
    assert answer.headers["Location"] == f"/alerts/rules/{rule.pk}/"
    assert rule.rule == {
        "all": [
            {"metric": "queue.ready", "queue": "invoices", "op": ">=", "value": 500, "clear": 300}
        ],
        "for_seconds": 300,
        "clear_seconds": 60,
        "zone": "UTC",
    }
    text = text_of(designer_client.get(f"/alerts/rules/{rule.pk}/edit/"))
    assert 'value="300"' in text


@pytest.mark.parametrize(
    ("row", "condition"),
    [
        ({"c0-what": "queue.finished", "c0-op": "=", "c0-value": "0", "c0-clear": "",
          "c0-span": "1800"},
         {"metric": "queue.finished", "queue": "invoices", "op": "=", "value": 0,
          "window_seconds": 1800}),
        ({"c0-what": "bots.silent", "c0-value": "1", "c0-clear": "", "c0-silence": "2 min"},
         {"metric": "bots.silent", "op": ">=", "value": 1, "silent_seconds": 120}),
        ({"c0-what": "failures.worst", "c0-op": ">", "c0-value": "20", "c0-clear": "5",
          "c0-span": "3600"},
         {"metric": "failures.worst", "op": ">", "value": 20, "window_seconds": 3600, "clear": 5}),
        ({"c0-what": "failures.groups", "c0-value": "3", "c0-clear": ""},
         {"metric": "failures.groups", "op": ">=", "value": 3}),
        ({"c0-what": "check_in", "c0-check_in": "erp-export", "c0-silence": "1 h"},
         {"check_in": "erp-export", "silent_seconds": 3600}),
        ({"c0-what": "queue.failure_share", "c0-value": "20 %", "c0-clear": "5 %",
          "c0-window": "600"},
         {"metric": "queue.failure_share", "queue": "invoices", "op": ">=", "value": 0.2,
          "window_seconds": 600, "clear": 0.05}),
        ({"c0-what": "queue.oldest_seconds", "c0-value": "2 h", "c0-clear": "30 min"},
         {"metric": "queue.oldest_seconds", "queue": "invoices", "op": ">=", "value": 7200,
          "clear": 1800}),
    ],
)  # fmt: skip
def test_each_kind_of_condition_goes_through_the_editor_and_back(
    designer_client, folder, queue, row, condition
):
    answer = designer_client.post("/alerts/rules/new/", posted(folder, queue, **row))
    assert answer.status_code == 302, text_of(answer)
    rule = AlertRule.objects.get()
    assert rule.rule["all"] == [condition]

    form = designer_client.get(f"/alerts/rules/{rule.pk}/edit/").context["form"]
    again = {f"c0-{name}": field.value() or "" for name, field in _fields(form)}
    designer_client.post(
        f"/alerts/rules/{rule.pk}/edit/", posted(folder, queue, **again, version="1")
    )

    rule.refresh_from_db()
    assert (rule.version, rule.rule["all"]) == (1, [condition])


def _fields(form):
    row = form.rows.forms[0]
    return [(name, row[name]) for name in row.fields]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "Title"),
        ({"key": "with space"}, "Key"),
        ({"c0-value": "many"}, "Write a number."),
        ({"c0-clear": "600"}, "must be at most the value that begins it"),
        ({"c0-queue": "none"}, "Condition 1"),
        ({"n_rows": "0"}, "Add at least one."),
        ({"n_rows": "999999"}, "Add at least one."),
        ({"held_for": "soon"}, "held"),
        ({"zone": "Moon/Base"}, "Time zone"),
        ({"runbook_url": "javascript:alert(1)"}, "Runbook"),
        ({"outside_hours": "wait"}, "is needed to know the hours"),
        ({"severity": "awful"}, "Severity"),
        ({"c0-what": "check_in", "c0-check_in": "with space", "c0-silence": ""}, "Say for how"),
    ],
)
def test_what_does_not_fit_is_said_where_it_was_typed(designer_client, folder, queue, wrong, said):
    answer = designer_client.post("/alerts/rules/new/", posted(folder, queue, **wrong))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not AlertRule.objects.exists()


def test_somebody_else_was_first(designer_client, folder, queue):
    rule = make_rule(folder, "backlog", title="Old", rule={"all": [ready(queue)]})
    lifecycle.save_rule(folder, "backlog", {"title": "New"}, by=ANNA)
    sent = posted(folder, queue, version="1")

    answer = designer_client.post(f"/alerts/rules/{rule.pk}/edit/", sent)

    assert answer.status_code == 409
    assert "Save again" in text_of(answer)


def test_the_editor_tries_it_on_the_last_14_days(designer_client, folder, queue):
    minute = database_now().replace(second=0, microsecond=0) - timedelta(days=3)
    for n, change in ((0, 600), (30, -600)):
        MinuteCount.objects.create(
            queue_id=queue.pk, minute=minute + timedelta(minutes=n), measure="ready", n=change
        )

    answer = designer_client.post("/alerts/rules/preview/", posted(folder, queue))

    text = text_of(answer)
    assert "It would have fired once in the last 14 days." in text
    assert 'class="fires"' in text
    assert f"{timezone.localtime(minute + timedelta(minutes=6)):%Y-%m-%d %H:%M}" in text
    assert ">26 min<" in text
    assert not AlertRule.objects.exists()


def test_the_editor_says_what_it_has_no_history_of(designer_client, folder, queue):
    row = {"c0-what": "bots.silent", "c0-value": "1", "c0-clear": ""}

    text = text_of(designer_client.post("/alerts/rules/preview/", posted(folder, queue, **row)))

    assert "Nothing is kept of the past that it could be tried on." in text
    assert "No history is kept of this" in text


def test_another_row_is_added_without_complaints(designer_client, folder, queue):
    text = text_of(designer_client.post("/alerts/rules/preview/", posted(folder, queue, row="add")))

    assert 'name="d1-what"' in text
    assert "d1-silence" in text


def test_who_may_not_design_reads_and_changes_nothing(supervisor_client, auditor_client, folder):
    rule = make_rule(folder)

    assert supervisor_client.get("/alerts/rules/new/").status_code == 403
    assert supervisor_client.post(f"/alerts/rules/{rule.pk}/edit/", {}).status_code == 403
    assert supervisor_client.post("/alerts/rules/preview/", {}).status_code == 403
    for verb in ("switch", "remove"):
        assert supervisor_client.post(f"/alerts/rules/{rule.pk}/{verb}/").status_code == 403
    assert auditor_client.post(f"/alerts/rules/{rule.pk}/test/").status_code == 403
    read = text_of(auditor_client.get(f"/alerts/rules/{rule.pk}/edit/"))
    assert "disabled" in read
    assert ">Save<" not in read


def test_a_rule_is_switched_tested_and_removed(designer_client, folder, supervisor):
    rule = make_rule(folder)
    address = f"/alerts/rules/{rule.pk}"

    designer_client.post(f"{address}/switch/", {"status": "off"})
    assert AlertRule.objects.get().status == "off"
    designer_client.post(f"{address}/switch/", {"status": "on"})
    assert "A test was sent to 1 person" in text_of(
        designer_client.post(f"{address}/test/", follow=True)
    )
    designer_client.post(f"{address}/remove/")

    assert not AlertRule.objects.exists()
    assert Event.objects.filter(kind="alert_rule.removed").exists()


def test_a_rule_shows_what_is_true_now_and_what_fired(supervisor_client, folder, queue):
    rule = make_rule(folder, title="Backlog", rule={"all": [ready(queue)]})
    make_items(queue, 3)
    look_now()

    text = text_of(supervisor_client.get(f"/alerts/rules/{rule.pk}/"))

    assert "now 3" in text
    assert f"/queues/{queue.pk}/?status=new" in text
    assert f"/alerts/{alert_of(rule).pk}/" in text
    assert "Backlog" in text_of(supervisor_client.get("/alerts/rules/"))
