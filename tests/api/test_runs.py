"""The calls about bots and runs."""

import pytest

from apps.accounts.models import Folder
from apps.bots.lifecycle import claim_run
from apps.bots.logs import Line, Speaker, append_log
from apps.bots.models import Automation, AutomationVersion, Bot, Run
from apps.bots.releases import default_pool
from tests.api.conftest import Program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return Bot.objects.create(folder=folder, pool=default_pool(folder), name="B1", n_slots=2)


@pytest.fixture
def automation(folder: Folder) -> Automation:
    found = Automation.objects.create(
        folder=folder, key="tidy", title="Tidy", kind="run", function="x", pool=default_pool(folder)
    )
    AutomationVersion.objects.create(automation=found, number=3, function="x", fingerprint="x")
    return found


def start(api: Program, **more: object) -> int:
    answer = api.post("/automations/tidy/runs", {"input": {"a": 1}, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def test_bots_are_listed_with_what_is_known_of_them(api: Program, bot: Bot):
    [found] = api.get("/bots").json()["items"]

    assert (found["name"], found["pool"], found["slots"]) == ("B1", "default", 2)
    assert (found["standing"], found["answers"]) == ("enabled", False)


@pytest.mark.usefixtures("automation")
def test_a_run_is_started_and_looked_at(api: Program):
    run_id = start(api, because="a test")

    found = api.get(f"/runs/{run_id}").json()

    assert (found["automation"], found["version"]) == ("tidy", 3)
    assert (found["status"], found["input"]) == ("pending", {"a": 1})
    assert found["started_because"] == "a test"


@pytest.mark.usefixtures("automation")
def test_a_run_started_twice_with_one_key_is_one(api: Program):
    first, second = (
        api.post("/automations/tidy/runs", {}, idempotency_key="k").json()["id"] for _ in range(2)
    )

    assert first == second
    assert Run.objects.count() == 1


def test_an_automation_of_items_is_not_started_by_itself(api: Program, automation: Automation):
    Automation.objects.update(kind="item")

    assert api.post("/automations/tidy/runs", {}).status_code == 422
    assert api.post("/automations/untidy/runs", {}).status_code == 404
    assert not Run.objects.exists()


@pytest.mark.usefixtures("automation")
def test_a_run_is_stopped_or_killed_until_it_has_ended(api: Program, bot: Bot):
    run_id = start(api)
    claim_run(bot.pool_id, bot.pk, 1)

    asked = api.post(f"/runs/{run_id}/stop")
    killed = api.post(f"/runs/{run_id}/stop", {"kill": True, "reason": "stuck"})

    assert (asked.json()["status"], killed.json()["status"]) == ("stopping", "stopping")
    assert Run.objects.get().kill_requested_at is not None
    waiting = start(api)
    assert api.post(f"/runs/{waiting}/stop", {}).json()["status"] == "stopped"
    assert api.post(f"/runs/{waiting}/stop", {}).status_code == 409


def speaker(run_id: int) -> Speaker:
    return Speaker(folder_id=Run.objects.get(pk=run_id).folder_id, run_id=run_id)


@pytest.mark.usefixtures("automation")
def test_a_log_is_read_page_by_page_and_followed(api: Program):
    run_id = start(api)
    append_log(speaker(run_id), [Line(f"line {n}") for n in range(5)])

    first = api.get(f"/runs/{run_id}/log?limit=2").json()
    second = api.get(f"/runs/{run_id}/log?limit=3&cursor={first['next_cursor']}").json()

    lines = first["items"] + second["items"]
    assert [line["message"] for line in lines] == [f"line {n}" for n in range(5)]
    assert second["next_cursor"] is None
    append_log(speaker(run_id), [Line("later", "error")])
    [later] = api.get(f"/runs/{run_id}/log?after={lines[-1]['id']}").json()["items"]
    assert (later["message"], later["level"]) == ("later", "error")


@pytest.mark.usefixtures("automation")
@pytest.mark.parametrize("body", [{"input": []}, {"inputs": {}}, {"because": 3}, {"input": None}])
def test_a_wrong_start_is_refused(api: Program, body: dict):
    assert api.post("/automations/tidy/runs", body).status_code == 422
    assert not Run.objects.exists()
