"""Triggers of all kinds through the API."""

import pytest

from apps.triggers.lifecycle import look_at_queues
from tests.factories_queues import make_items, make_queue
from tests.factories_triggers import adds_to, every, make_trigger

pytestmark = pytest.mark.django_db

ALERT = {"type": "alert", "title": "Look", "to": "supervisors"}
READY = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 5}


@pytest.fixture
def queue(folder):
    return make_queue("in", folder=folder)


def test_each_kind_is_made_listed_and_told_in_words(api, folder, queue):
    said = {
        "state": {"all": [READY], "for_seconds": 60},
        "event": {"source": "internal", "events": ["queue.paused"]},
        "expected": every(86_400, expects={"items": {"queue": "in", "at_least": 2}}),
        "time": every(86_400),
    }
    for kind, rule in said.items():
        body = {"title": kind, "kind": kind, "rule": rule, "target": ALERT}
        answer = api.put(f"/triggers/{kind}", body)
        assert answer.status_code == 201, answer.json()
        found = answer.json()
        assert (found["kind"], found["rule"], found["status"]) == (kind, rule, "enabled")
        assert found["sentence"]
        assert (found["next_at"] is not None) == (kind in ("time", "expected"))
        listed = api.get(f"/triggers?kind={kind}").json()["items"]
        assert [each["key"] for each in listed] == [kind]
    assert api.get("/triggers?kind=colour").status_code == 422


def test_a_preview_says_what_holds_now_and_what_would_start(api, folder, queue):
    make_items(queue, 6)
    out = make_queue("out", folder=folder)
    make_trigger(folder, "s", kind="state", rule={"any": [READY]}, target=adds_to(out))
    rule = every(86_400, expects={"items": {"queue": "in", "at_least": 9}})
    make_trigger(folder, "e", kind="expected", rule=rule, target=ALERT)
    make_trigger(folder, "t", rule=every(86_400), target=ALERT)

    state, expected, time = (api.get(f"/triggers/{key}/preview").json() for key in "set")

    assert (state["holds"], state["items"]) == (True, [])
    assert state["conditions"] == [{"condition": READY, "value": 6.0, "holds": True}]
    assert (expected["holds"], expected["would_start"], len(expected["items"])) == (False, 1, 10)
    assert expected["conditions"][0]["value"] == 6
    assert (time["holds"], time["conditions"], time["would_start"]) == (None, [], None)


def test_a_queue_trigger_is_changed_previewed_and_its_starts_told(api, folder, queue):
    from tests.workflows.lifecycle.walking import deployed
    from tests.workflows.models import process

    deployed(process("work").start().user("look").end(), folder)
    target = {"type": "workflow", "key": "work", "variables": {"n": "{event.ready}"}}
    body = {"title": "Work", "kind": "queue", "rule": {"queue": "in"}, "target": target}
    made = api.put("/triggers/work", {**body, "overlap": "skip"})
    assert (made.status_code, made.json()["overlap"]) == (201, "allow")
    changed = api.put("/triggers/work", {"rule": {"queue": "in", "max_active": 2}})
    assert changed.status_code == 200
    make_items(queue, 2)
    assert api.get("/triggers/work/preview").json()["would_start"] == 2

    look_at_queues()

    firings = api.get("/triggers/work/firings").json()["items"]
    assert [(each["outcome"], each["origin"], each["depth"]) for each in firings] == [
        ("fired", "queue", 0)
    ] * 2
    assert firings[0]["event"]["ready"] == 2
    assert firings[0]["occasion"] != firings[1]["occasion"]
    preview = api.get("/triggers/work/preview").json()
    assert preview["would_start"] == 0
    assert {each["condition"]["metric"]: each["value"] for each in preview["conditions"]} == {
        "ready": 2, "under_way": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rule": {"queue": "none"}}, "rule.queue"),
        ({"rule": {"queue": "in", "max_active": 0}}, "rule.max_active"),
        ({"rule": {"queue": "in", "cron": "* * * * *"}}, "rule.cron"),
        ({"target": ALERT}, "target.type"),
        ({"on_closed": "next", "calendar": ""}, "calendar"),
        ({"kind": "state", "rule": {"all": [{**READY, "queue": "no"}]}}, "rule.all.0.queue"),
        ({"kind": "event", "rule": {"source": "pigeon"}}, "rule.source"),
        ({"kind": "colour"}, "kind"),
        ({"target": {"type": "run", "automation": "none", "bot": "none"}}, "target.automation"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(api, folder, queue, wrong, field):
    target = {"type": "workflow", "key": "work"}
    body = {"title": "Work", "kind": "queue", "rule": {"queue": "in"}, "target": target, **wrong}
    answer = api.put("/triggers/work", body)

    assert answer.status_code == 422, answer.json()
    assert field in [each["path"] for each in answer.json()["errors"]]
