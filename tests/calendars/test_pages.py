"""Calendars are edited in plain fields, and by programs."""

import pytest

from apps.calendars.models import Calendar
from apps.events.models import Event
from tests.api.conftest import program_of

pytestmark = pytest.mark.django_db

URL = "/settings/calendars/"


def posted(**changes):
    found = {"key": "office", "title": "Office", "time_zone": "Europe/Berlin", "country": "DE"}
    found |= {"mon_0_from": "09:00", "mon_0_until": "12:30", "mon_1_from": "13:00"}
    found |= {"mon_1_until": "17:00", "sat_0_from": "22:00", "sat_0_until": "00:00"}
    found |= {"own_0_day": "2026-12-24", "own_1_day": "2026-12-19", "own_1_0_from": "09:00"}
    return {**found, "own_1_0_until": "12:00", **changes}


def test_a_calendar_is_made_from_plain_fields_and_shown_in_them(designer_client, folder):
    answer = designer_client.post(f"{URL}new/", posted(), follow=True)

    calendar = Calendar.objects.get(folder=folder)
    assert calendar.week == {
        "mon": [["09:00", "12:30"], ["13:00", "17:00"]],
        "sat": [["22:00", "24:00"]],
    }
    assert calendar.days == {"2026-12-19": [["09:00", "12:00"]], "2026-12-24": []}
    text = answer.content.decode()
    assert 'value="12:30"' in text
    assert 'value="2026-12-24"' in text
    assert Event.objects.filter(kind="calendar.created", subject_id=calendar.pk).count() == 1
    # saved again as it is: nothing changes
    designer_client.post(f"{URL}{calendar.pk}/", posted())
    assert not Event.objects.filter(kind="calendar.changed").exists()


def test_a_preview_saves_nothing(designer_client, folder):
    answer = designer_client.post(f"{URL}new/", posted(preview="1"))

    assert answer.status_code == 200
    assert "nothing is saved yet" in answer.content.decode()
    assert not Calendar.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mon_1_from": "11:00"}, "without overlaps"),
        ({"mon_0_until": "08:00"}, "later than it begins"),
        ({"subdivision": "XX"}, "not one of"),
        ({"own_1_0_until": "08:00"}, "later than it begins"),
        ({"title": ""}, "required"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_typed(designer_client, folder, wrong, said):
    answer = designer_client.post(f"{URL}new/", posted(**wrong))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Calendar.objects.exists()


def test_a_key_is_taken_once(designer_client, folder):
    designer_client.post(f"{URL}new/", posted())

    answer = designer_client.post(f"{URL}new/", posted())

    assert answer.status_code == 422
    assert "has this key" in answer.content.decode()


def test_only_designers_change_calendars_and_auditors_look(client_of, auditor, supervisor, folder):
    calendar = Calendar.objects.create(folder=folder, key="x", title="X", week={})
    page = f"{URL}{calendar.pk}/"

    assert client_of(auditor).get(page).status_code == 200
    assert client_of(auditor).post(page, posted()).status_code == 403
    assert client_of(supervisor).get(page).status_code == 403
    assert client_of(supervisor).post(f"{page}remove/").status_code == 403


def test_programs_put_and_get_calendars(designer, folder):
    program = program_of(designer, folder)
    body = {"title": "Night", "time_zone": "UTC", "week": {"mon": [["22:00", "24:00"]]}}

    made = program.put("/calendars/night", body)
    again = program.put("/calendars/night", {"days": {"2026-12-24": []}})
    wrong = program.put("/calendars/night", {"week": {"mon": [["9", "8"]]}})

    assert (made.status_code, again.status_code, wrong.status_code) == (201, 200, 422)
    assert again.json()["week"] == body["week"]
    assert wrong.json()["errors"][0]["path"] == "week.mon"
    assert program.get("/calendars/night").json()["days"] == {"2026-12-24": []}
    assert [each["key"] for each in program.get("/calendars").json()["items"]] == ["night"]
    assert program.get("/calendars/day").status_code == 404
