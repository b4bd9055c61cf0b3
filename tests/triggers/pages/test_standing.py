"""Start, try out, pause and resume, roll back, remove: from the pages."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils.html import escape

from apps.lib.clock import database_now
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import pause_trigger, save_trigger
from apps.triggers.models import Firing, FolderPause, Trigger
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import fresh, make_trigger

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def text_of(answer):
    return answer.content.decode()


def undo_of(answer):
    """Return where the button of the toast posts to."""
    toast = text_of(answer).split('hx-target="#toasts"')[1]
    return toast.split('action="')[1].split('"')[0].replace("&amp;", "&")


def test_space_pauses_and_z_takes_it_back(supervisor_client, folder):
    trigger = make_trigger(folder, title="Hourly")

    paused = supervisor_client.post(f"/triggers/{trigger.pk}/pause/?list=", headers=HTMX)
    assert fresh(trigger).status == "paused"
    assert "Resume Hourly" in text_of(paused)  # the list as it is now
    assert "“Hourly” is paused." in text_of(paused)

    back = supervisor_client.post(undo_of(paused), headers=HTMX)
    assert fresh(trigger).status == "enabled"
    assert "Pause Hourly" in text_of(back)


def test_taking_back_a_resume_pauses_as_before(supervisor_client, folder):
    trigger = make_trigger(folder)
    until = database_now() + timedelta(days=1)
    pause_trigger(trigger, by=ANNA, until=until, reason="Stocktaking")

    resumed = supervisor_client.post(f"/triggers/{trigger.pk}/resume/", headers=HTMX)
    assert fresh(trigger).status == "enabled"
    supervisor_client.post(undo_of(resumed), headers=HTMX)

    found = fresh(trigger)
    assert (found.status, found.paused_until, found.reason) == ("paused", until, "Stocktaking")


def test_without_a_script_a_switch_leads_back_to_the_list_as_it_was(supervisor_client, folder):
    trigger = make_trigger(folder)

    answer = supervisor_client.post(f"/triggers/{trigger.pk}/pause/?list=status%3Denabled")
    from_page = supervisor_client.post(f"/triggers/{trigger.pk}/resume/")

    assert parse_qs(urlsplit(answer["Location"]).query) == {"status": ["enabled"]}
    assert from_page["Location"] == f"/triggers/{trigger.pk}/"


def test_run_now_starts_and_says_what(supervisor_client, folder):
    queue = make_queue("reports", folder=folder, title="Reports")
    target = {"type": "items", "queue": "reports", "items": [{"payload": {}}]}
    trigger = make_trigger(folder, target=target)

    answer = supervisor_client.post(f"/triggers/{trigger.pk}/fire/", follow=True)

    item = WorkItem.objects.get(queue=queue)
    assert f"Started: Reports #{item.pk}" in text_of(answer)
    assert Firing.objects.get().by == "Supervisor"


def test_what_could_not_start_is_said_and_stays_in_the_log(supervisor_client, folder):
    queue = make_queue("reports", folder=folder, unique_reference="reject")
    item = {"payload": {}, "reference": "only-one"}
    target = {"type": "items", "queue": queue.key, "items": [item]}
    trigger = make_trigger(folder, target=target)
    supervisor_client.post(f"/triggers/{trigger.pk}/fire/")

    dry = supervisor_client.post(f"/triggers/{trigger.pk}/dry-run/", headers=HTMX)
    answer = supervisor_client.post(f"/triggers/{trigger.pk}/fire/", follow=True)

    assert "It could not start" in text_of(dry)
    assert "It could not start" in text_of(answer)
    assert Firing.objects.filter(outcome="failed").count() == 1


def test_a_dry_run_shows_the_data_filled_in_and_starts_nothing(client_of, auditor, folder):
    make_queue("reports", folder=folder)
    target = {"type": "items", "queue": "reports", "items": [{"payload": {"day": "{date}"}}]}
    trigger = make_trigger(folder, target=target)
    client = client_of(auditor)

    part = text_of(client.post(f"/triggers/{trigger.pk}/dry-run/", headers=HTMX))
    page = text_of(client.post(f"/triggers/{trigger.pk}/dry-run/"))

    today = escape(f'"day": "{database_now().date().isoformat()}"')
    for text in (part, page):
        assert "Now it would start" in text
        assert today in text
    assert "<html" not in part
    assert not WorkItem.objects.exists()
    assert not Firing.objects.exists()


def test_a_roll_back_saves_what_was_said_then_and_tells_the_difference(designer_client, folder):
    trigger = make_trigger(folder, "hourly", title="First title")
    save_trigger(folder, "hourly", {"title": "Second title"}, by=ANNA)

    address = f"/triggers/{trigger.pk}/versions/1/roll-back/"
    answer = designer_client.post(address, follow=True)
    again = designer_client.post(address, follow=True)

    assert (fresh(trigger).title, fresh(trigger).version) == ("First title", 3)
    assert "<ins>First title</ins>" in text_of(answer)
    assert "says what holds already" in text_of(again)


def test_a_version_that_no_longer_fits_is_not_rolled_back_to(designer_client, folder):
    queue = make_queue("old", folder=folder)
    old = {"type": "items", "queue": "old", "items": [{"payload": {}}]}
    trigger = make_trigger(folder, "hourly", target=old)
    make_queue("new", folder=folder)
    save_trigger(folder, "hourly", {"target": {**old, "queue": "new"}}, by=ANNA)
    queue.delete()

    address = f"/triggers/{trigger.pk}/versions/1/roll-back/"
    answer = designer_client.post(address, follow=True)

    assert "be rolled back" in text_of(answer)
    assert fresh(trigger).version == 2


def test_all_triggers_of_the_folder_are_paused_until_a_time_on_my_clock(
    supervisor, supervisor_client, folder
):
    supervisor.time_zone = "Asia/Tokyo"
    supervisor.save(update_fields=["time_zone"])
    day = (database_now() + timedelta(days=2)).date()

    sent = {"until": f"{day}T18:00", "reason": "Month end"}
    answer = supervisor_client.post("/triggers/pause-all/", sent, follow=True)

    pause = FolderPause.objects.get(folder=folder)
    assert pause.until.isoformat() == f"{day}T09:00:00+00:00"
    assert "All triggers are paused until" in text_of(answer)
    supervisor_client.post(f"/triggers/resume-all/{folder.pk}/")
    assert not FolderPause.objects.exists()


@pytest.mark.parametrize("until", ["", "2020-01-01T00:00", "tomorrow"])
def test_a_pause_of_all_needs_a_time_to_come(supervisor_client, folder, until):
    answer = supervisor_client.post("/triggers/pause-all/", {"until": until}, follow=True)

    assert "Say " in text_of(answer)
    assert not FolderPause.objects.exists()


def test_a_trigger_is_removed_by_a_designer(designer_client, folder):
    trigger = make_trigger(folder)

    answer = designer_client.post(f"/triggers/{trigger.pk}/remove/", follow=True)

    assert "is removed" in text_of(answer)
    assert not Trigger.objects.exists()


@pytest.mark.parametrize("verb", ["pause/", "resume/", "fire/", "remove/", "versions/1/roll-back/"])
def test_who_only_looks_changes_nothing(client_of, business_user, auditor, folder, verb):
    trigger = make_trigger(folder)

    for person in (business_user, auditor):
        answer = client_of(person).post(f"/triggers/{trigger.pk}/{verb}")
        assert answer.status_code == 403
    assert fresh(trigger).status == "enabled"
    assert not Firing.objects.exists()


def test_supervisors_pause_all_and_others_do_not(client_of, business_user, folder):
    client = client_of(business_user)

    assert client.post("/triggers/pause-all/", {"until": "2099-01-01T00:00"}).status_code == 403
    assert client.post(f"/triggers/resume-all/{folder.pk}/").status_code == 403
