"""The calls about bots, pools and automations: what is wanted of them, maintenance, canaries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.bots.lifecycle import create_run
from apps.bots.models import Automation, Bot, Canary, Run
from apps.lib.clock import database_now
from apps.limits.models import Application, Limit
from tests.api.conftest import Program
from tests.bots.rows import make_bot
from tests.bots.workers import sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return make_bot(folder, "robbie")


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def admin(program_with: Callable[..., Program]) -> Program:
    return program_with("admin")


def soon(hours: float) -> str:
    return (database_now() + timedelta(hours=hours)).isoformat()


def fields(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content
    return [each["path"] for each in answer.json()["errors"]]


def test_a_bot_is_drained_enabled_and_disabled(admin: Program, bot: Bot):
    said = [admin.post(f"/bots/robbie/{verb}", {}).json() for verb in ("drain", "drain")]
    assert [(each["standing"], each["state"]) for each in said] == [("draining", "draining")] * 2

    assert admin.post("/bots/robbie/disable", {"reason": "breaks"}).json()["state"] == "disabled"
    assert admin.post("/bots/robbie/enable", {}).json()["state"] == "idle"
    assert admin.post("/bots/marvin/enable", {}).status_code == 404
    assert admin.get("/bots/a%00b").status_code == 404


def test_what_a_bot_can_do_is_set(admin: Program, bot: Bot):
    said = admin.put("/bots/robbie", {"capabilities": ["sap", "excel", "sap"]})

    assert said.json()["capabilities"] == ["excel", "sap"]
    wrong = admin.put("/bots/robbie", {"capabilities": ["a,b"]})
    assert fields(wrong) == ["capabilities"]
    assert fields(admin.put("/bots/robbie", {"capabilities": ["x" * 61]})) == ["capabilities.0"]


def test_a_bot_is_serviced_and_the_maintenance_ended(admin: Program, bot: Bot):
    planned = admin.post("/bots/robbie/maintenance", {"until": soon(1), "reason": "Updates"})
    assert planned.status_code == 201, planned.content
    assert admin.get("/bots/robbie").json()["state"] == "serviced"
    (listed,) = admin.get("/maintenance").json()["items"]
    assert (listed["bot"], listed["pool"], listed["strategy"]) == ("robbie", None, "drain")

    number = planned.json()["id"]
    assert admin.call("DELETE", f"/maintenance/{number}").json()["ended_at"]
    assert admin.call("DELETE", f"/maintenance/{number}").status_code == 409
    assert admin.call("DELETE", "/maintenance/999999").status_code == 404
    assert admin.get("/bots/robbie").json()["state"] == "idle"


def test_a_pool_is_serviced(admin: Program, bot: Bot):
    said = {"starts_at": soon(1), "until": soon(2), "strategy": "kill"}
    planned = admin.post("/pools/default/maintenance", said)

    assert planned.status_code == 201
    assert planned.json()["pool"] == "default"
    assert fields(admin.post("/pools/default/maintenance", {"until": soon(-1)})) == ["until"]
    assert fields(admin.post("/pools/default/maintenance", {"until": "soon"})) == ["until"]


def test_a_pool_is_made_changed_and_looked_at(admin: Program, bot: Bot, automation: Automation):
    made = admin.put("/pools/night", {"title": "Night", "min_slots": 1})
    assert made.status_code == 201, made.content
    changed = admin.put("/pools/night", {"max_slots": 4, "scale_down_seconds": 60})
    assert (changed.status_code, changed.json()["max_slots"]) == (200, 4)
    assert admin.put("/pools/night", {"max_slots": None}).json()["max_slots"] is None
    assert fields(admin.put("/pools/night", {"min_slots": 9, "max_slots": 4})) == ["max_slots"]
    assert fields(admin.put("/pools/no good", {})) == ["key"]

    version = automation.current_version
    assert version
    create_run(version)
    pools = {each["key"]: each for each in admin.get("/pools").json()["items"]}
    assert (pools["default"]["slots"], pools["default"]["waiting"]) == (2, 1)
    assert admin.get("/pools/night").json()["min_slots"] == 1
    assert admin.get("/pools/none").status_code == 404


def test_a_run_is_for_one_bot_with_a_priority_and_capabilities(
    admin: Program, bot: Bot, automation: Automation
):
    address = f"/automations/{automation.key}/runs"
    said = {"bot": "robbie", "priority": 90, "required_capabilities": ["sap"]}

    run = admin.post(address, said).json()

    assert (run["pinned_bot"], run["priority"]) == ("robbie", 90)
    assert run["required_capabilities"] == ["sap"]
    assert fields(admin.post(address, {"bot": "marvin"})) == ["bot"]
    assert fields(admin.post(address, {"priority": 101})) == ["priority"]
    wrong = admin.post(address, {"required_capabilities": ["a,b"]})
    assert fields(wrong) == ["required_capabilities"]
    assert Run.objects.count() == 1


def test_an_automation_is_bound_and_looked_at(
    admin: Program, folder: Folder, automation: Automation
):
    Application.objects.create(folder=folder, key="erp", title="ERP")
    Limit.objects.create(folder=folder, key="seats", title="Seats", size=3)
    address = f"/automations/{automation.key}"
    said = {
        "priority": 70,
        "required_capabilities": ["sap"],
        "applications": ["erp"],
        "limits": ["seats"],
    }

    changed = admin.put(address, said).json()

    assert {name: changed[name] for name in said} == said
    assert admin.get(address).json() == changed
    assert admin.get("/automations").json()["items"] == [changed]
    assert fields(admin.put(address, {"limits": ["seats", "no"]})) == ["limits.1"]
    assert admin.put(address, {"limits": []}).json()["limits"] == []


def test_a_new_version_is_tried_and_takes_over(admin: Program, automation: Automation):
    address = f"/automations/{automation.key}/canary"
    assert admin.get(address).status_code == 404
    assert admin.post(f"{address}/promote").status_code == 409
    assert fields(admin.post(address, {"function": "none"})) == ["function"]
    assert fields(admin.post(address, {"function": "x", "share": 1})) == ["share"]

    begun = admin.post(address, {"function": "test.refuses", "share": 0.2})
    assert begun.status_code == 201, begun.content
    assert (begun.json()["version"], begun.json()["outcome"]) == (2, "tried")
    assert admin.post(address, {"function": "test.breaks"}).status_code == 409

    assert admin.post(f"{address}/promote").json()["outcome"] == "promoted"
    assert admin.get(f"/automations/{automation.key}").json()["version"] == 2
    admin.post(address, {"function": "test.breaks"})
    assert admin.post(f"{address}/stop", {"reason": "no"}).json()["outcome"] == "stopped"
    assert Canary.objects.count() == 2
