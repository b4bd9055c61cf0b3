"""Input that nobody means, by form, address and API: a clear answer, and nothing of others told."""

import pytest
import structlog
from django.test import Client

from apps.inbox import lifecycle
from apps.inbox.models import UserTask
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.inbox.steps import instances_listening, open_step

pytestmark = pytest.mark.django_db

ASK = {"title": "Raise the limit"}


@pytest.fixture
def stranger():
    return make_person("stranger", role="business_user", folder=make_folder())


@pytest.mark.parametrize(
    "until",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59", "soon", "\x00"],
)
def test_a_task_is_put_off_to_a_time_that_exists(business_client, task, until):
    one = business_client.post(f"/inbox/{task.pk}/snooze/", {"until": until})
    many = business_client.post("/inbox/bulk/snooze/", {"task": [task.pk], "until": until})

    assert one.status_code == 422
    assert many.status_code in (302, 422)
    assert UserTask.objects.get(pk=task.pk).snoozed_until is None


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 30, "٣", "-1", ""])
def test_numbers_that_are_no_rows_move_nothing(supervisor_client, business_user, task, number):
    move = "/inbox/team/move/"
    moved = supervisor_client.post(move, {"task": [number], "to": str(business_user.pk)})
    refused = supervisor_client.post(move, {"task": [task.pk], "to": number})

    assert (moved.status_code, refused.status_code) == (302, 422)
    assert UserTask.objects.get(pk=task.pk).assignee is None


def test_names_of_other_folders_people_are_not_told(
    supervisor, supervisor_client, folder, task, stranger
):
    sent = {"task": [task.pk], "assignee": stranger.pk, "to": stranger.pk}
    answers = [
        supervisor_client.post(f"/inbox/{task.pk}/reassign/", sent),
        supervisor_client.post("/inbox/bulk/reassign/", sent),
        supervisor_client.post("/inbox/team/move/", sent),
        supervisor_client.get(f"/people/{stranger.pk}/absences/"),
        program_of(supervisor, folder).post(
            f"/user-tasks/{task.pk}/reassign", {"assignee": "stranger"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 422, 404, 422]
    assert not any(stranger.name in answer.text for answer in answers)


@pytest.mark.parametrize("value", [1e308, -1e20, 2**64])
def test_numbers_that_come_back_as_no_number_are_refused(supervisor, folder, value):
    asker = program_of(supervisor, folder)

    refused = asker.post("/user-tasks", {**ASK, "values": {"limit": value}})

    assert refused.status_code == 400
    assert asker.get("/user-tasks").json()["items"] == []


def test_a_link_that_decides_is_in_no_log(task, business_user):
    path = lifecycle.make_link(task, business_user)
    token = path.strip("/").rpartition("/")[2]

    with structlog.testing.capture_logs() as logged:
        refused = Client().post(path, {"version": "1", "decision": "no such"})

    assert refused.status_code == 422
    (line,) = [each for each in logged if each["event"] == "request"]
    assert line["path"].startswith("/inbox/link/")
    assert token not in str(logged)


def test_what_is_only_shown_is_changed_by_no_program(program, business_user, folder):
    with instances_listening():
        task = open_step(folder)
    values = {"approved": True, "amount": 9}
    body = {"decision": "complete", "version": task.version, "values": values}

    one = program.post(f"/user-tasks/{task.pk}/decide", body)
    many = program.post(
        "/user-tasks/decide-many", {"tasks": [task.pk], "decision": "complete", "values": values}
    )

    for refused in (one, many):
        assert refused.status_code == 422
        assert [each["path"] for each in refused.json()["errors"]] == ["values.amount"]
    shown = {**body, "values": {**values, "amount": 1200}}
    assert program.post(f"/user-tasks/{task.pk}/decide", shown).status_code == 200
