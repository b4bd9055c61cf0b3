"""Calls about workflows: deployed, refused with every problem, started, looked at."""

import json

import pytest
from django.test import Client

from apps.workflows import patterns
from apps.workflows.models import Workflow, WorkflowInstance
from tests.factories import make_folder
from tests.workflows.pages.test_workflow_pages import BROKEN
from tests.workflows.patterns import REQUEST

pytestmark = pytest.mark.django_db

APPROVAL = patterns.BY_NAME["approval"].xml


def deploy(api, xml: bytes = APPROVAL, **headers: str):
    return Client().post(
        "/api/v1/workflows?note=first",
        xml,
        content_type=headers.pop("content_type", "application/xml"),
        headers={"authorization": f"Bearer {api.token}", **headers},
    )


def test_a_model_is_deployed(api) -> None:
    answer = deploy(api)

    told = answer.json()
    assert answer.status_code == 201
    assert (told["key"], told["version"], told["warnings"]) == ("approval", 1, [])
    assert told["queues"] == ["requests", "notifications"]
    assert Workflow.objects.get().versions.get().note == "first"


def test_the_same_model_again_is_the_same_version(api) -> None:
    deploy(api)

    again = deploy(api)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    changed = APPROVAL.replace(b"after a day", b"a day later")
    assert deploy(api, changed).json()["version"] == 2


def test_every_problem_is_told_with_element_and_line_and_nothing_is_deployed(api) -> None:
    answer = deploy(api, BROKEN)

    told = answer.json()
    places = {(each["element"], each["line"]) for each in told["problems"]}
    assert answer.status_code == 422
    assert {("nothing_said", 5), ("odd", 7)} <= places
    assert all(each["message"] and "advice" in each for each in told["problems"])
    assert told["errors"][0]["path"]
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    ("xml", "status"),
    [
        (b"", 400),
        (b"   ", 400),
        (b"not xml", 422),
        (b"<a/>", 422),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 422),
        (b"<a>" * 20_000, 422),
        (b"x" * (5 * 1024 * 1024 + 1), 413),
    ],
    ids=["empty", "blank", "text", "other", "entity", "deep", "large"],
)
def test_what_is_no_model_is_refused_clearly(api, xml, status) -> None:
    answer = deploy(api, xml)

    assert answer.status_code == status
    assert len(answer.json()["detail"]) > 10


def test_a_body_of_another_type_is_refused(api) -> None:
    assert deploy(api, content_type="application/json").status_code == 415


def test_a_deployment_sent_twice_is_carried_out_once(api) -> None:
    first = deploy(api, **{"Idempotency-Key": "k1"})
    second = deploy(api, **{"Idempotency-Key": "k1"})

    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"


def test_workflows_are_listed_and_shown(api) -> None:
    deploy(api)
    api.post("/workflows/approval/instances", {"variables": REQUEST})

    listed = api.get("/workflows").json()
    shown = api.get("/workflows/approval").json()
    model = api.get("/workflows/approval/versions/1/xml")

    assert listed["items"] == [shown]
    assert (shown["version"], shown["counts"]["running"]) == (1, 1)
    assert shown["input_schema"]["required"] == ["number", "amount", "limit"]
    assert model.headers["Content-Type"] == "application/xml"
    assert api.get("/workflows/none").status_code == 404
    assert api.get("/workflows/approval/versions/9/xml").status_code == 404


def test_an_instance_is_started(api) -> None:
    deploy(api)

    answer = api.post("/workflows/approval/instances", {"variables": REQUEST, "business_key": "B"})

    instance = WorkflowInstance.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": instance.pk, "status": "running"}
    assert instance.business_key == "B"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"variables": {**REQUEST, "amount": "much"}}, "variables.amount"),
        ({"variables": {"number": "R-1"}}, "variables.amount"),
        ({}, "variables.number"),
        ({"variables": []}, "variables"),
        ({"variables": REQUEST, "business_key": "x" * 201}, "business_key"),
        ({"variables": REQUEST, "version": 0}, "version"),
        ({"variables": REQUEST, "colour": 1}, "colour"),
        ({"variables": {**REQUEST, "notes": "x" * 2_000_000}}, "variables"),
    ],
    ids=["type", "missing", "none", "list", "key", "version", "unknown", "2MB"],
)
def test_variables_that_do_not_fit_are_refused_naming_the_field(api, body, path) -> None:
    deploy(api)

    answer = api.post("/workflows/approval/instances", body)

    assert answer.status_code == 422
    assert path in [each["path"] for each in answer.json()["errors"]]
    assert not WorkflowInstance.objects.exists()


def test_a_start_sent_twice_starts_one(api) -> None:
    deploy(api)
    body = {"variables": REQUEST}

    first = api.post("/workflows/approval/instances", body, Idempotency_Key="k")
    second = api.post("/workflows/approval/instances", body, Idempotency_Key="k")

    assert first.json() == second.json()
    assert WorkflowInstance.objects.count() == 1


def test_an_older_version_can_be_started_and_an_unknown_one_is_404(api) -> None:
    deploy(api)
    deploy(api, APPROVAL.replace(b"after a day", b"a day later"))
    start = "/workflows/approval/instances"

    started = api.post(start, {"variables": REQUEST, "version": 1})

    assert WorkflowInstance.objects.get(pk=started.json()["id"]).version.number == 1
    assert api.post(start, {"variables": REQUEST, "version": 7}).status_code == 404


@pytest.mark.parametrize(
    ("role", "may_deploy", "may_start"),
    [
        ("business_user", 403, 403),
        ("supervisor", 403, 201),
        ("designer", 200, 201),
        ("auditor", 403, 403),
    ],
)
def test_each_call_asks_for_its_right(api, program_with, role, may_deploy, may_start) -> None:
    deploy(api)
    program = program_with(role)

    assert deploy(program).status_code == may_deploy
    started = program.post("/workflows/approval/instances", {"variables": REQUEST})
    assert started.status_code == may_start
    assert program.get("/workflows").status_code == 200


def test_other_folders_are_not_found(api, program_with) -> None:
    deploy(api)
    stranger = program_with("admin", make_folder())

    assert stranger.get("/workflows/approval").status_code == 404
    assert json.loads(stranger.get("/workflows").content)["items"] == []
