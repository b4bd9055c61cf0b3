"""The API of AI, called by programs."""

import pytest

from apps.accounts.roles import Role
from apps.ai.lifecycle import Ending, Purpose, begin_call, end_call, stop_endpoint
from apps.ai.lifecycle.agents import NewTurn, add_turn, open_run
from apps.ai.models import AgentProfile, ModelEndpoint
from tests.api.conftest import api, program_with  # noqa: F401  fixtures
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_item, make_queue

pytestmark = pytest.mark.django_db

MODEL = {"base_url": "https://models.example/v1", "model": "m-1", "api_key": "sk-from-api"}


def test_a_model_is_entered_changed_and_looked_at_without_its_key(api):  # noqa: F811
    made = api.call("PUT", "/ai/endpoints/reader", {**MODEL, "price_in": 0.5})
    changed = api.call("PUT", "/ai/endpoints/reader", {"title": "Reader"})
    got = api.get("/ai/endpoints/reader")

    assert (made.status_code, changed.status_code) == (201, 200)
    assert got.json()["title"] == "Reader"
    assert got.json()["has_api_key"] is True
    assert got.json()["price_in"] == 0.5
    assert ModelEndpoint.objects.get().open_api_key() == "sk-from-api"
    for answer in (made, changed, got, api.get("/ai/endpoints")):
        assert "sk-from-api" not in answer.text


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("reader", {}, 422),
        ("reader", {"base_url": "https://x"}, 422),
        ("reader", {**MODEL, "base_url": "http://10.0.0.7/v1"}, 422),
        ("reader", {**MODEL, "base_url": "https://169.254.169.254"}, 422),
        ("reader", {**MODEL, "timeout_seconds": 0}, 422),
        ("reader", {**MODEL, "timeout_seconds": "60"}, 422),
        ("reader", {**MODEL, "state": "on"}, 422),
        ("reader", {**MODEL, "price_in": -1}, 422),
        ("no key", MODEL, 422),
        ("reader", [], 422),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_stored(api, key, body, status):  # noqa: F811
    answer = api.call("PUT", f"/ai/endpoints/{key}", body)

    assert answer.status_code == status
    assert not ModelEndpoint.objects.exists()


def test_a_stopped_model_says_so(api, endpoint):  # noqa: F811
    stop_endpoint(endpoint, reason="It lies.", by=ANNA)

    found = api.get("/ai/endpoints/reader").json()

    assert found["state"] == "stopped"
    assert "It lies." in found["stopped_because"]


def test_calls_are_listed_by_what_is_wanted_and_hold_no_texts(api, endpoint):  # noqa: F811
    made = begin_call(endpoint, Purpose(use="try"), asked="secret question", tokens_in=5)
    end_call(made, Ending(outcome="failed", error="away", seconds=1.5))

    found = api.get("/ai/calls?endpoint=reader&outcome=failed")

    (call,) = found.json()["items"]
    assert (call["id"], call["error"], call["endpoint"]) == (made.pk, "away", "reader")
    assert "secret question" not in found.text
    assert api.get("/ai/calls?outcome=answered").json()["items"] == []
    assert api.get("/ai/calls?outcome=great").status_code == 422
    assert api.get("/ai/calls?endpoint=%00").json()["items"] == []


@pytest.mark.parametrize("is_personal", [False, True])
def test_an_agents_run_comes_with_its_transcript(api, folder, endpoint, is_personal):  # noqa: F811
    schema = {"type": "object", "properties": {"iban": {"x-personal": True}}} if is_personal else {}
    item = make_item(make_queue(folder=folder, payload_schema=schema))
    profile = AgentProfile.objects.create(
        folder=folder, key="clerk", title="Clerk", goal="x", endpoint=endpoint
    )
    run = open_run(profile, item.pk, None)
    add_turn(run, NewTurn(role="tool", tool="note", call_id="1-1", result="DE89 3704"))

    found = api.get(f"/ai/agent-runs/{run.pk}")

    assert found.json()["status"] == "running"
    assert found.json()["masked"] is is_personal
    assert ("DE89 3704" in found.text) is not is_personal


def test_roles_and_folders_hold(program_with, endpoint):  # noqa: F811
    viewer, stranger = program_with(Role.BUSINESS_USER), program_with(Role.ADMIN, make_folder())

    assert viewer.get("/ai/endpoints/reader").status_code == 200
    assert viewer.call("PUT", "/ai/endpoints/reader", {"title": "x"}).status_code == 403
    assert stranger.get("/ai/endpoints/reader").status_code == 404
    assert stranger.get("/ai/calls").json()["items"] == []
    assert stranger.get("/ai/agent-runs/9223372036854775808").status_code in (404, 422)
