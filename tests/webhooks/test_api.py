"""Webhooks through the API: every call, every role, every bad value."""

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.upkeep import deliver
from controlroom.api import api as ninja_api
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_webhooks import happen, make_endpoint

pytestmark = pytest.mark.django_db

VIEW, OPERATE, ADMINISTER = Action.VIEW, Action.OPERATE, Action.ADMINISTER
OURS = ("/webhooks", "/webhook-kinds")
SINCE = {"since": "2026-01-01T00:00:00Z"}
CALLS = {
    ("GET", "/webhook-kinds"): (VIEW, None),
    ("GET", "/webhooks"): (OPERATE, None),
    ("GET", "/webhooks/{key}"): (OPERATE, None),
    ("PUT", "/webhooks/{key}"): (ADMINISTER, {"title": "New"}),
    ("POST", "/webhooks/{key}/pause"): (OPERATE, None),
    ("POST", "/webhooks/{key}/resume"): (OPERATE, None),
    ("POST", "/webhooks/{key}/secret"): (ADMINISTER, None),
    ("POST", "/webhooks/{key}/test"): (OPERATE, None),
    ("GET", "/webhooks/{key}/calls"): (OPERATE, None),
    ("GET", "/webhooks/{key}/calls/{number}"): (OPERATE, None),
    ("POST", "/webhooks/{key}/calls/{number}/replay"): (OPERATE, None),
    ("POST", "/webhooks/{key}/replay"): (OPERATE, SINCE),
    ("DELETE", "/webhooks/{key}"): (ADMINISTER, None),
}


@pytest.fixture
def program(admin, folder):
    return program_of(admin, folder)


def test_every_call_is_in_the_table():
    declared = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in ninja_api.get_openapi_schema()["paths"].items()
        for method in methods
        if path.removeprefix("/api/v1").startswith(OURS)
    }

    assert declared == set(CALLS)


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_call_what_its_rights_allow(folder, outside, role):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder)
    number = Delivery.objects.get().pk
    program = program_of(make_person(role=role, folder=folder), folder)
    wrong = {}

    for (method, address), (action, body) in CALLS.items():
        path = address.format(key=endpoint.key, number=number)
        answer = program.call(method, path, *([] if body is None else [body]))
        if (answer.status_code != 403) != (action in GRANTS[role]) or answer.status_code >= 500:
            wrong[method, address] = answer.status_code

    assert wrong == {}


def test_one_is_made_told_paused_changed_and_removed(program, folder, outside):
    wish = {"url": outside.url, "kinds": ["queue.paused"], "title": "ERP"}
    made = program.put("/webhooks/erp", wish)
    again = program.put("/webhooks/erp", {"max_at_once": 4, "version": 1})
    stale = program.put("/webhooks/erp", {"max_at_once": 5, "version": 1})
    happen(folder)
    paused = program.post("/webhooks/erp/pause")
    twice = program.post("/webhooks/erp/pause")

    assert (made.status_code, again.status_code, stale.status_code) == (201, 200, 409)
    assert made.json()["secret"].startswith("whsec_")
    assert made["Cache-Control"] == "no-store"
    assert "secret" not in again.json()
    assert made.json()["secret"] not in program.get("/webhooks/erp").content.decode()
    assert (paused.json()["status"], paused.json()["waiting"]) == ("paused", 1)
    assert twice.status_code == 409
    assert program.post("/webhooks/erp/resume").json()["status"] == "on"
    assert program.call("DELETE", "/webhooks/erp").status_code == 204
    assert not Endpoint.objects.exists()


def test_what_became_of_calls_is_listed_filtered_and_sent_again(program, folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder, 3)
    deliver()
    calls = f"/webhooks/{endpoint.key}/calls"
    first = program.get(f"{calls}?limit=2&status=delivered&kind=queue.paused").json()
    rest = program.get(f"{calls}?limit=2&cursor={first['next_cursor']}").json()
    whole = program.get(f"{calls}/{rest['items'][0]['id']}").json()

    assert [len(first["items"]), len(rest["items"])] == [2, 1]
    assert whole["body"]["type"] == "queue.paused"
    assert whole["attempts"][0]["response_body"] == "thanks"
    again = program.post(f"{calls}/{whole['id']}/replay")
    assert (again.json()["status"], again.json()["uid"]) == ("waiting", whole["uid"])
    assert program.post(f"{calls}/{whole['id']}/replay").status_code == 409
    since = {**SINCE, "with_delivered": True}
    assert program.post(f"/webhooks/{endpoint.key}/replay", since).json() == {"count": 2}
    test = program.post(f"/webhooks/{endpoint.key}/test")
    assert (test.status_code, test.json()["kind"]) == (201, "webhook.test")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "https://user:pw@example.com/"}, "url"),
        ({"url": "x" * 2_000}, "url"),
        ({"url": "https://example.com/\x00"}, "url"),
        ({"kinds": ["no.such"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"kinds": "run.failed"}, "kinds"),
        ({"kinds": ["x" * 500]}, "kinds"),
        ({"title": ""}, "title"),
        ({"title": "y" * 121}, "title"),
        ({"max_at_once": 0}, "max_at_once"),
        ({"max_at_once": 17}, "max_at_once"),
        ({"of": "z" * 151}, "of"),
        ({"secret": "mine"}, "secret"),
        ({"version": 0}, "version"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(program, outside, body, field):
    wish = {"url": outside.url, "kinds": ["queue.paused"], "title": "ERP", **body}
    answer = program.put("/webhooks/erp", wish)

    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert field in answer.content.decode()
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/webhooks?cursor=forged", None, 400),
        ("GET", "/webhooks/{key}/calls?status=lost", None, 422),
        ("GET", "/webhooks/{key}/calls?kind=no.such", None, 422),
        ("GET", "/webhooks/{key}/calls?cursor=forged", None, 400),
        ("GET", "/webhooks/{key}/calls/0", None, 422),
        ("GET", "/webhooks/{key}/calls/99999999999999999999", None, 422),
        ("GET", "/webhooks/{key}/calls/987654321", None, 404),
        ("GET", "/webhooks/nothing", None, 404),
        ("PUT", "/webhooks/not a key", {"title": "x"}, 422),
        ("POST", "/webhooks/{key}/replay", {"since": "yesterday"}, 422),
        ("POST", "/webhooks/{key}/replay", {"since": "0001-01-01T00:00:00Z"}, 422),
        ("POST", "/webhooks/{key}/replay", {}, 422),
        ("POST", "/webhooks/{key}/secret", {"overlap_seconds": -1}, 422),
        ("POST", "/webhooks/{key}/secret", {"overlap_seconds": 10**12}, 422),
    ],
)
def test_nonsense_is_answered_clearly(program, folder, outside, method, path, body, status):
    endpoint, _secret = make_endpoint(folder, outside.url)
    path = path.format(key=endpoint.key).replace(" ", "%20")
    answer = program.call(method, path, *([] if body is None else [body]))

    assert answer.status_code == status, answer.content


def test_another_folders_webhooks_are_not_there(program, outside):
    endpoint, _secret = make_endpoint(make_folder(), outside.url)

    assert program.get(f"/webhooks/{endpoint.key}").status_code == 404
    assert program.get("/webhooks").json()["items"] == []
