"""Triggers through the API."""

from datetime import timedelta

import pytest

from apps.accounts.roles import Role
from apps.lib.clock import database_now
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due
from apps.triggers.models import Firing, Trigger
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_queues import make_queue
from tests.factories_triggers import adds_to, due_trigger, every, make_trigger, unseen_for

pytestmark = pytest.mark.django_db

DAILY = {"type": "cron", "cron": "30 7 * * 1-5", "zone": "Europe/Berlin"}


@pytest.fixture
def body(folder):
    return {"title": "Daily", "rule": DAILY, "target": adds_to(make_queue(folder=folder))}


def test_a_trigger_is_made_changed_looked_at_and_removed(api, body):
    made = api.put("/triggers/daily", body)
    changed = api.put("/triggers/daily", {"missed": "drop", "version": 1})
    got = api.get("/triggers/daily")
    listed = api.get("/triggers")
    gone = api.call("DELETE", "/triggers/daily")

    assert (made.status_code, changed.status_code, got.status_code) == (201, 200, 200)
    found = got.json()
    assert (found["key"], found["title"], found["missed"]) == ("daily", "Daily", "drop")
    assert (found["rule"], found["target"]) == (DAILY, body["target"])
    assert (found["version"], found["status"], found["calendar"]) == (2, "enabled", "")
    assert found["next_at"].endswith("Z")
    assert found["sentence"]
    assert listed.json()["items"] == [found]
    assert gone.status_code == 204
    assert api.get("/triggers/daily").status_code == 404


@pytest.mark.parametrize(
    ("key", "wrong", "status", "field"),
    [
        ("daily", {"rule": {**DAILY, "cron": "0 0 31 2 *"}}, 422, "rule.cron"),
        ("daily", {"rule": {**DAILY, "zone": "Mars"}}, 422, "rule.zone"),
        ("daily", {"rule": "hourly"}, 422, "rule"),
        ("daily", {"overlap": "never"}, 422, "overlap"),
        ("daily", {"max_catch_up": 500}, 422, "max_catch_up"),
        ("daily", {"status": "paused"}, 422, "status"),
        ("daily", {"target": {"type": "workflow", "key": "x"}}, 422, "target.key"),
        ("daily", {"version": 4}, 409, None),
        ("no key", {}, 422, "key"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_stored(
    api,
    body,
    key,
    wrong,
    status,
    field,
):
    answer = api.put(f"/triggers/{key}", {**body, **wrong})

    assert answer.status_code == status, answer.json()
    if field:
        assert [each["path"] for each in answer.json()["errors"]] == [field]
    assert not Trigger.objects.exists()


def test_it_is_fired_by_hand_once_for_each_idempotency_key(api, folder):
    make_trigger(folder, "daily")

    first = api.post("/triggers/daily/fire", Idempotency_Key="a")
    again = api.post("/triggers/daily/fire", Idempotency_Key="a")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    item = WorkItem.objects.get()
    assert first.json()["outcome"] == "fired"
    assert (first.json()["subject"], first.json()["subject_ids"]) == ("items", [item.pk])
    assert first.json()["origin"] == "api"


def test_it_is_paused_and_resumed(api, folder):
    make_trigger(folder, "daily")
    until = (database_now() + timedelta(hours=1)).isoformat()

    paused = api.post("/triggers/daily/pause", {"until": until, "reason": "Audit"}).json()
    resumed = api.post("/triggers/daily/resume").json()
    twice = api.post("/triggers/daily/resume")

    assert (paused["status"], paused["reason"], paused["next_at"]) == ("paused", "Audit", None)
    assert paused["paused_until"]
    assert (resumed["status"], resumed["paused_until"]) == ("enabled", None)
    assert twice.status_code == 409
    assert api.post("/triggers/daily/pause").json()["paused_until"] is None
    past = {"until": "2020-01-01T00:00:00Z"}
    assert api.post("/triggers/daily/pause", past).status_code == 422


def test_the_start_log_is_paged_newest_first(api, folder):
    trigger = make_trigger(folder, "hourly", missed="drop")
    unseen_for(trigger, 3 * 3600 + 60)
    fire_due()

    first = api.get("/triggers/hourly/firings?limit=3").json()
    rest = api.get(f"/triggers/hourly/firings?cursor={first['next_cursor']}").json()
    found = [*first["items"], *rest["items"]]
    assert [each["outcome"] for each in found] == ["fired", "missed", "missed", "missed"]
    assert [each["planned_at"] for each in found] == sorted(
        (each["planned_at"] for each in found), reverse=True
    )
    missed = api.get("/triggers/hourly/firings?outcome=missed").json()["items"]
    assert [each["reason"] for each in missed] == ["dropped"] * 3
    assert api.get("/triggers/hourly/firings?outcome=odd").status_code == 422


def test_the_next_times_are_shown_by_the_clock_of_the_rule(api, body):
    api.put("/triggers/daily", body)

    shown = api.get("/triggers/daily/preview?n=5").json()

    assert len(shown["items"]) == 5
    assert {each["nominal"][11:16] for each in shown["items"]} == {"07:30"}
    assert shown["sentence"]
    assert api.get("/triggers/daily/preview?n=1000").status_code == 422


def test_versions_are_listed_and_rolled_back_to(api, body):
    api.put("/triggers/daily", body)
    api.put("/triggers/daily", {"title": "Each day"})

    versions = api.get("/triggers/daily/versions").json()["items"]
    back = api.post("/triggers/daily/roll-back", {"version": 1})

    assert [each["number"] for each in versions] == [2, 1]
    assert versions[1]["definition"]["title"] == "Daily"
    assert (back.json()["title"], back.json()["version"]) == ("Daily", 3)
    assert api.post("/triggers/daily/roll-back", {"version": 77}).status_code == 404


def test_all_triggers_of_a_folder_are_paused_until_then(api, folder):
    until = (database_now() + timedelta(hours=1)).isoformat()

    paused = api.post("/trigger-pause", {"until": until, "reason": "Maintenance"})

    assert paused.status_code == 200
    assert paused.json()["reason"] == "Maintenance"
    assert api.call("DELETE", "/trigger-pause").status_code == 204
    assert api.call("DELETE", "/trigger-pause").status_code == 409
    assert api.post("/trigger-pause", {}).status_code == 422


@pytest.mark.parametrize(
    ("role", "looks", "operates", "designs"),
    [
        (Role.BUSINESS_USER, 200, 403, 403),
        (Role.SUPERVISOR, 200, 200, 403),
        (Role.DESIGNER, 200, 200, 200),
        (Role.AUDITOR, 200, 403, 403),
    ],
)
def test_roles_may_do_what_they_may(
    program_with,
    folder,
    role,
    looks,
    operates,
    designs,
):
    make_trigger(folder, "daily")
    program = program_with(role)

    assert program.get("/triggers").status_code == looks
    assert program.get("/triggers/daily/firings").status_code == looks
    assert program.post("/triggers/daily/pause").status_code == operates
    fired = program.post("/triggers/daily/fire").status_code
    assert fired == (201 if operates == 200 else 403)
    assert program.put("/triggers/daily", {"title": "T"}).status_code == designs
    removed = program.call("DELETE", "/triggers/daily").status_code
    assert removed == (204 if designs == 200 else 403)


def test_another_folders_triggers_are_not_there(folder):
    make_trigger(folder, "daily")
    elsewhere = make_folder()
    stranger = program_of(make_person(role=Role.ADMIN, folder=elsewhere), elsewhere)

    assert stranger.get("/triggers").json()["items"] == []
    for answer in (
        stranger.get("/triggers/daily"),
        stranger.post("/triggers/daily/fire"),
        stranger.call("DELETE", "/triggers/daily"),
    ):
        assert answer.status_code == 404
    assert not Firing.objects.exists()


def test_triggers_are_listed_by_status_in_pages(api, folder):
    for key in ("a", "b", "c"):
        due_trigger(folder, key, rule=every())
    Trigger.objects.filter(key="b").update(status="paused")

    first = api.get("/triggers?limit=2").json()
    rest = api.get(f"/triggers?limit=2&cursor={first['next_cursor']}").json()

    assert [each["key"] for each in [*first["items"], *rest["items"]]] == ["a", "b", "c"]
    assert [each["key"] for each in api.get("/triggers?status=paused").json()["items"]] == ["b"]
