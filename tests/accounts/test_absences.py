"""Absences: entered by oneself and by supervisors, on pages and by API."""

from datetime import timedelta

import pytest

from apps.accounts.absences import absences_now, away_now, present_for, stood_in_for
from apps.accounts.models import Absence, Membership
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.clock import database_now
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.inbox.handing import make_clerk, send_away

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(folder):
    return make_clerk(folder, "ada")


@pytest.fixture
def bo(folder):
    return make_clerk(folder, "bo")


def at(days: float) -> str:
    return (database_now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_one_enters_ones_own_absence_and_takes_it_back(client_of, ada, bo):
    client = client_of(ada)
    sent = {"starts_at": at(-1), "ends_at": at(5), "deputy": bo.pk, "note": "Lake"}

    answer = client.post(f"/people/{ada.pk}/absences/", {**sent, "next": "/profile/"}, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [("/profile/", 302)]
    for part in ("Away now:", "Bo stands in", "Lake"):
        assert part in page
    absence = Absence.objects.get(user=ada)
    assert (absences_now([ada.pk]), away_now()) == ({ada.pk: absence}, {ada.pk: bo.pk})
    said = sentence_of(Event.objects.get(kind="absence.added"))
    assert said.startswith("Ada is away from")
    assert said.endswith("Bo stands in")
    client.post(f"/absences/{absence.pk}/remove/")
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ends_at": "2020-01-01T10:00"}, "must be later"),
        ({"starts_at": "2020-01-01T10:00", "ends_at": "2020-01-02T10:00"}, "is over already"),
        ({"ends_at": "2090-01-01T10:00"}, "more than two years"),
        ({"starts_at": "9999-12-01T00:00", "ends_at": "9999-12-31T23:59"}, "too far ahead"),
        ({"starts_at": "soon"}, "valid date"),
    ],
)
def test_an_absence_that_can_not_be_is_refused(client_of, ada, changes, said):
    sent = {"starts_at": at(1), "ends_at": at(5), **changes}

    answer = client_of(ada).post(f"/people/{ada.pk}/absences/", sent)

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_nobody_stands_in_for_themselves_nor_a_stranger(client_of, ada):
    stranger = make_person()
    for deputy in (ada, stranger):
        sent = {"starts_at": at(1), "ends_at": at(5), "deputy": deputy.pk}
        answer = client_of(ada).post(f"/people/{ada.pk}/absences/", sent)
        assert answer.status_code == 422
    assert not Absence.objects.exists()


def test_supervisors_enter_it_for_others_and_others_do_not(client_of, supervisor, ada, bo):
    sent = {"starts_at": at(1), "ends_at": at(5), "deputy": bo.pk}
    stranger = make_person("stranger", role="business_user")

    assert client_of(bo).post(f"/people/{ada.pk}/absences/", sent).status_code == 403
    assert client_of(supervisor).get(f"/people/{stranger.pk}/absences/").status_code == 404
    assert client_of(supervisor).post(f"/people/{ada.pk}/absences/", sent).status_code == 302
    absence = Absence.objects.get(user=ada)
    assert absence.added_by == "Supervisor"
    assert client_of(bo).post(f"/absences/{absence.pk}/remove/").status_code == 403


def test_a_supervisor_names_no_deputy_for_folders_of_others(client_of, supervisor, ada, bo):
    elsewhere = make_folder()
    for person, role in ((ada, "supervisor"), (supervisor, "business_user")):
        Membership.objects.create(user=person, folder=elsewhere, role=role)

    def enter(deputy):
        sent = {"starts_at": at(-1), "ends_at": at(5), "deputy": deputy.pk}
        return client_of(supervisor).post(f"/people/{ada.pk}/absences/", sent)

    refused = enter(supervisor)

    assert refused.status_code == 422
    assert "Ada must name them" in refused.text
    assert stood_in_for(supervisor.pk) == frozenset()
    assert enter(bo).status_code == 302, "they decide together in the supervisor's folder alone"


def test_deputies_stand_in_through_each_other_and_never_in_a_circle(folder, ada, bo):
    cy = make_clerk(folder, "cy")
    send_away(ada, bo)
    send_away(bo, cy)

    assert present_for(ada.pk, away_now()) == cy.pk
    assert stood_in_for(cy.pk) == {ada.pk, bo.pk}
    assert stood_in_for(bo.pk) == {ada.pk}
    send_away(cy, ada)
    assert present_for(ada.pk, away_now()) is None


def test_an_absence_to_come_is_none_yet(ada, bo):
    send_away(ada, bo, begins_in=60)

    assert away_now() == {}


def test_programs_enter_absences(folder, supervisor, ada, bo):
    program, own = program_of(supervisor, folder), program_of(bo, folder)
    now = database_now()
    body = {"user": "ada", "starts_at": now.isoformat(), "deputy": "bo"}

    made = program.post("/absences", {**body, "ends_at": (now + timedelta(days=3)).isoformat()})
    wrong = program.post("/absences", {**body, "ends_at": (now - timedelta(days=3)).isoformat()})
    refused = own.post("/absences", {**body, "ends_at": (now + timedelta(days=3)).isoformat()})

    assert (made.status_code, wrong.status_code, refused.status_code) == (201, 422, 403)
    assert made.json()["deputy"] == "bo"
    assert wrong.json()["errors"][0]["path"] == "ends_at"
    (listed,) = own.get("/absences?user=ada").json()["items"]
    assert listed == made.json()
    number = listed["id"]
    assert own.call("DELETE", f"/absences/{number}").status_code == 403
    assert program.call("DELETE", f"/absences/{number}").status_code == 204
    assert program.call("DELETE", f"/absences/{number}").status_code == 404
