"""The editor says what a trigger comes to before it is saved, and asks where it would be much."""

from datetime import timedelta

import pytest

from apps.calendars.models import Calendar
from apps.lib.clock import database_now
from apps.triggers.lifecycle import save_trigger
from apps.triggers.models import Trigger, TriggerVersion
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import every, make_trigger

from .posting import posted

pytestmark = pytest.mark.django_db

NEW = "/triggers/new/"
WEEKDAYS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
def queue(folder):
    return make_queue("reports", folder=folder)


def text_of(answer):
    return answer.content.decode()


def edit(trigger):
    return f"/triggers/{trigger.pk}/edit/"


def test_a_trigger_is_made_from_plain_fields_and_its_first_start_is_told(
    designer_client, designer, folder, queue
):
    sent = posted(queue, owner=designer.username)

    answer = designer_client.post(NEW, sent, follow=True)

    trigger = Trigger.objects.get(folder=folder)
    assert (trigger.key, trigger.status, trigger.owner) == ("daily", "enabled", designer)
    assert trigger.rule == {
        "type": "recurring",
        "freq": "weekly",
        "interval": 1,
        "weekdays": ["tue", "fri"],
        "times": ["07:30"],
        "zone": "Europe/Berlin",
    }
    assert trigger.target["items"] == [{"payload": {"day": "{date}"}, "reference": "daily-{date}"}]
    assert "It starts next" in text_of(answer)
    # told once
    assert "It starts next" not in text_of(designer_client.get(f"/triggers/{trigger.pk}/"))


def test_the_editor_shows_what_is_stored_and_saving_it_changes_nothing(
    designer_client, folder, queue
):
    """Programs say the same in other words; a look in the editor leaves those alone."""
    rule = {"type": "once", "at": "2099-07-01T10:00:30Z", "zone": "Europe/Berlin"}
    target = {"type": "items", "queue": queue.key, "items": [{"payload": {}}]}
    trigger = make_trigger(folder, "once", rule=rule, target=target)

    form = designer_client.get(edit(trigger))
    sent = posted(queue, type="once", once_at="2099-07-01T12:00", title="Once", version="1")
    answer = designer_client.post(
        edit(trigger), {**sent, "items": '[{"payload": {}}]'}, follow=True
    )

    assert 'value="2099-07-01T12:00"' in text_of(form)
    assert "Nothing was changed" in text_of(answer)
    trigger.refresh_from_db()
    assert (trigger.version, trigger.rule) == (1, rule)


def test_saving_tells_what_it_changed(designer_client, folder, queue):
    designer_client.post(NEW, posted(queue))
    trigger = Trigger.objects.get()

    changed = posted(queue, times="7:30, 19:00", title="Reports", version="1")
    answer = designer_client.post(edit(trigger), changed, follow=True)

    text = text_of(answer)
    assert "<del>Daily report</del>" in text
    assert "<ins>Reports</ins>" in text
    assert "19:00" in text
    assert list(TriggerVersion.objects.values_list("number", flat=True)) == [2, 1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"zone": ""}, "Time zone"),
        ({"title": ""}, "Title"),
        ({"times": "7:61"}, "Write times like"),
        ({"times": ""}, "times like 07:30"),
        ({"weekdays": []}, "are missing: choose at least one"),
        ({"freq": "monthly", "month_days": "1, soon"}, "Write days like"),
        ({"type": "cron", "cron": "0 0 31 2 *"}, "Cron"),
        ({"type": "interval", "every_n": "5", "every_unit": "seconds"}, "from 10"),
        ({"type": "once", "once_at": "2020-01-01T10:00"}, "no time that lies ahead"),
        ({"starts_at": "2027-01-02T00:00", "ends_at": "2027-01-01T00:00"}, "before the beginning"),
        ({"items": "[{]"}, "not JSON"),
        ({"items": ""}, "must be a list"),
        ({"queue": "nowhere"}, "Queue"),
        ({"on_closed": "skip"}, "which days are closed"),
        ({"calendar": "nowhere"}, "Calendar"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_typed(
    designer_client, folder, queue, wrong, said
):
    answer = designer_client.post(NEW, posted(queue) | wrong)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "needs a look" in text_of(answer) or "need a look" in text_of(answer)
    assert not Trigger.objects.exists()


def test_the_preview_says_the_sentence_the_next_starts_and_who_else_starts_then(
    designer_client, folder, queue
):
    for key in ("one", "two"):
        designer_client.post(NEW, posted(queue, key=key))

    answer = designer_client.post("/triggers/preview/", posted(queue, title="", key=""))

    text = text_of(answer)
    assert answer.status_code == 200
    assert "07:30" in text
    assert text.count("planned-when") == 10
    assert "2 others start at that minute" in text
    assert "2 starts a week" in text
    assert Trigger.objects.count() == 2


def test_the_preview_marks_what_clocks_and_calendars_do(designer_client, folder, queue):
    Calendar.objects.create(
        folder=folder, key="office", title="Office", time_zone="Europe/Berlin", week=WEEKDAYS
    )
    skipped = posted(queue, freq="daily", weekdays=[], calendar="office", on_closed="skip")
    moved = {**skipped, "freq": "weekly", "weekdays": ["sat"], "on_closed": "next"}
    at_the_change = posted(
        queue, freq="yearly", months=["3"], ordinal="-1", weekdays=["sun"], times="2:30"
    )

    assert "left out" in text_of(designer_client.post("/triggers/preview/", skipped))
    assert "Moved from" in text_of(designer_client.post("/triggers/preview/", moved))
    assert "The clocks skip" in text_of(designer_client.post("/triggers/preview/", at_the_change))


def test_the_preview_says_what_is_missing_and_what_would_change(designer_client, folder, queue):
    designer_client.post(NEW, posted(queue))
    trigger = Trigger.objects.get()

    missing = designer_client.post("/triggers/preview/", posted(queue, zone=""))
    changed = designer_client.post(
        f"/triggers/{trigger.pk}/preview/", posted(queue, overlap="allow", version="1")
    )

    assert "Not yet" in text_of(missing)
    assert "Time zone" in text_of(missing)
    assert "<ins>Start beside it</ins>" in text_of(changed)
    trigger.refresh_from_db()
    assert trigger.overlap == "skip"


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ({}, {"type": "interval", "every_n": "30", "every_unit": "seconds"}, "2880"),
        ({"freq": "daily"}, {"type": "interval", "every_n": "1", "every_unit": "hours"}, "24"),
    ],
    ids=["more than one a minute", "more than ten times as many"],
)
def test_many_more_starts_are_confirmed_by_typing_the_number(
    designer_client, folder, queue, before, after, number
):
    designer_client.post(NEW, posted(queue, **before))
    trigger = Trigger.objects.get()
    sent = posted(queue, version="1", **after)

    asked = designer_client.post(edit(trigger), sent)
    wrong = designer_client.post(edit(trigger), {**sent, "confirm": "yes"})
    trigger.refresh_from_db()
    assert (asked.status_code, wrong.status_code, trigger.version) == (422, 422, 1)
    assert f"It would start {number} times a day" in text_of(asked)

    designer_client.post(edit(trigger), {**sent, "confirm": number})
    trigger.refresh_from_db()
    assert trigger.version == 2
    # the next save does not ask again: it brings no more starts
    sent |= {"title": "Other", "version": "2"}
    assert designer_client.post(edit(trigger), sent).status_code == 302


def test_a_change_by_somebody_else_is_shown_before_it_is_replaced(designer_client, folder, queue):
    designer_client.post(NEW, posted(queue))
    trigger = Trigger.objects.get()
    save_trigger(folder, "daily", {"title": "Bo was here"}, by=ANNA)

    answer = designer_client.post(edit(trigger), posted(queue, title="Mine", version="1"))

    assert answer.status_code == 409
    assert "meanwhile" in text_of(answer)
    assert "<del>Bo was here</del>" in text_of(answer)
    again = designer_client.post(edit(trigger), posted(queue, title="Mine", version="2"))
    assert again.status_code == 302
    trigger.refresh_from_db()
    assert trigger.title == "Mine"


def test_a_key_is_taken_once(designer_client, folder, queue):
    designer_client.post(NEW, posted(queue))

    answer = designer_client.post(NEW, posted(queue))

    assert answer.status_code in {409, 422}
    assert "this key already" in text_of(answer)


def test_only_designers_edit_and_auditors_look(client_of, auditor, supervisor, folder, queue):
    trigger = make_trigger(folder, rule=every(600, ago=0))
    sent = posted(queue, version="1")

    assert client_of(auditor).get(edit(trigger)).status_code == 200
    for person in (auditor, supervisor):
        client = client_of(person)
        for address in (edit(trigger), NEW, "/triggers/preview/"):
            assert client.post(address, sent).status_code == 403, (person, address)
        assert client.post(f"/triggers/{trigger.pk}/preview/", sent).status_code == 403
    assert client_of(supervisor).get(NEW).status_code == 403


def test_a_folder_that_one_does_not_see_has_no_triggers(designer_client):
    elsewhere = make_trigger()

    for address in ("", "edit/"):
        answer = designer_client.get(f"/triggers/{elsewhere.pk}/{address}")
        assert answer.status_code == 404


def test_the_days_of_an_end_are_within_it(designer_client, folder, queue):
    """A day alone ends with its last minute, in the editor, too."""
    ends = (database_now() + timedelta(days=400)).date().isoformat()
    rule = {"type": "interval", "seconds": 600, "zone": "UTC", "ends_at": ends}
    trigger = make_trigger(folder, rule=rule)

    assert f'value="{ends}T23:59"' in text_of(designer_client.get(edit(trigger)))
