"""Notes from one shift to the next: every version is kept, one person takes over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dashboard.models import HandOver
from apps.events.models import Event
from tests.factories import make_folder
from tests.queues.pages import SCRIPT, queue_in, waiting

pytestmark = pytest.mark.django_db

WRITE = "/today/hand-overs/"


@pytest.fixture
def note(supervisor_client, folder):
    supervisor_client.post(WRITE, {"text": "The ERP is slow", "audience": "late shift"})
    return HandOver.objects.get()


def change(client, note, **values):
    said = {"text": "The ERP is well", "audience": "", "version": note.version, **values}
    return client.post(f"{WRITE}{note.pk}/change/", said)


def test_a_note_says_how_things_stood_when_it_was_written(supervisor_client, folder):
    waiting(queue_in(folder))

    answer = supervisor_client.post(WRITE, {"text": "Look at Hansen", "audience": "night"})

    assert answer["Location"] == "/today/#hand-over"
    note = HandOver.objects.get()
    assert (note.text, note.audience, note.figures["backlog"]) == ("Look at Hansen", "night", 1)
    page = supervisor_client.get("/today/").text
    assert "Look at Hansen" in page
    assert "for night" in page
    assert Event.objects.filter(kind="hand_over.written").count() == 1


def test_a_correction_keeps_what_it_said(supervisor_client, note):
    assert change(supervisor_client, note).status_code == 302

    page = supervisor_client.get(f"{WRITE}{note.pk}/").text
    note.refresh_from_db()
    assert (note.text, note.version) == ("The ERP is well", 2)
    assert "The ERP is slow" in page
    assert list(note.versions.values_list("number", "text")) == [
        (2, "The ERP is well"), (1, "The ERP is slow"),
    ]  # fmt: skip


def test_saying_the_same_again_is_no_version(supervisor_client, note):
    change(supervisor_client, note, text=note.text, audience=note.audience)

    assert note.versions.count() == 1


def test_of_two_corrections_at_once_the_second_is_told(supervisor_client, note):
    change(supervisor_client, note)

    answer = change(supervisor_client, note, text="Mine", version=1)

    assert answer.status_code == 409
    # what was typed is not lost
    assert "Mine" in answer.text
    assert "Somebody changed this note" in answer.text
    note.refresh_from_db()
    assert note.text == "The ERP is well"


def test_one_person_takes_over(supervisor_client, admin_client, note):
    supervisor_client.post(f"{WRITE}{note.pk}/take/")
    again = admin_client.post(f"{WRITE}{note.pk}/take/", follow=True)

    note.refresh_from_db()
    assert note.taken_by_name == "Supervisor"
    assert "Supervisor took over before." in again.text
    assert Event.objects.filter(kind="hand_over.taken").count() == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 8_001, "a\x00b"])
def test_what_is_no_note_is_refused_at_its_field(supervisor_client, text):
    answer = supervisor_client.post(WRITE, {"text": text})

    assert answer.status_code == 422
    assert "needs a look" in answer.text
    assert not HandOver.objects.exists()


@pytest.mark.parametrize("version", ["", "x", "-1", str(2**40)])
def test_a_nonsense_version_changes_nothing(supervisor_client, note, version):
    assert change(supervisor_client, note, version=version).status_code in {409, 422}
    note.refresh_from_db()
    assert note.version == 1


def test_what_people_write_stays_text(supervisor_client):
    supervisor_client.post(WRITE, {"text": f"{SCRIPT} https://example.com/a", "audience": SCRIPT})

    page = supervisor_client.get("/today/").text
    assert SCRIPT not in page
    assert 'href="https://example.com/a"' in page


@pytest.mark.parametrize("role", ["business_client", "auditor_client"])
def test_who_may_not_operate_reads_only(request, note, role):
    client = request.getfixturevalue(role)

    page = client.get("/today/").text
    assert "The ERP is slow" in page
    assert "Leave a note" not in page
    assert "I take over" not in page
    assert client.post(WRITE, {"text": "Mine"}).status_code == 403
    assert change(client, note).status_code == 403
    assert client.post(f"{WRITE}{note.pk}/take/").status_code == 403


def test_notes_of_other_folders_are_not_there(supervisor_client, supervisor):
    elsewhere = HandOver.objects.create(
        folder=make_folder(), text="Secret note", by_name="Somebody"
    )

    assert "Secret note" not in supervisor_client.get("/today/").text
    assert supervisor_client.get(f"{WRITE}{elsewhere.pk}/").status_code == 404
    assert change(supervisor_client, elsewhere).status_code == 404


def test_a_past_day_shows_its_own_notes(supervisor_client, note):
    HandOver.objects.update(at=timezone.now() - timedelta(days=3))
    day = (timezone.now() - timedelta(days=3)).date()

    assert "The ERP is slow" in supervisor_client.get(f"/today/?day={day}").text
    assert "The ERP is slow" not in supervisor_client.get("/today/?day=2020-01-01").text
