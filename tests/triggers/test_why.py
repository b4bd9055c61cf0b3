"""Why a trigger starts nothing: what is said, and that doing it lets it start."""

from datetime import timedelta

import pytest

from apps.lib.clock import database_now
from apps.queues.lifecycle import cancel_item
from apps.queues.models import WorkItem, WorkQueue
from apps.triggers.lifecycle import fire_due, pause_folder, pause_trigger, save_trigger
from apps.triggers.models import Trigger
from apps.triggers.why import why_trigger
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import (
    adds_to,
    come_again,
    due_trigger,
    every,
    fresh,
    log_of,
    make_trigger,
)
from tests.waits import beat, closed_calendar, only, press

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def scheduler(db):
    beat()


def starts(trigger):
    """Have its time come, and a scheduler look: say whether it starts something."""
    before = WorkItem.objects.count()
    come_again(trigger)
    fire_due()
    return WorkItem.objects.count() > before


def test_its_time_has_not_come(folder, supervisor_client):
    trigger = make_trigger(folder)

    found = why_trigger(trigger)

    blocker = only(found)
    assert (blocker.code, blocker.sentence) == ("timer", "Its time has not come.")
    assert blocker.at == found.eta == trigger.due_at
    assert press(supervisor_client, blocker.act) == 302
    assert WorkItem.objects.count() == 1


def test_its_time_has_come(folder):
    trigger = due_trigger(folder)

    assert why_trigger(trigger).codes == ["nothing"]
    assert fire_due() == 1


def test_no_scheduler_answers(folder):
    trigger = due_trigger(folder)
    beat(seconds_ago=60)

    assert why_trigger(trigger).codes == ["scheduler_away"]
    fire_due()
    assert log_of(trigger) == [("fired", "")]


def test_paused_by_a_person(folder, supervisor_client):
    trigger = make_trigger(folder)
    until = database_now() + timedelta(hours=3)
    pause_trigger(trigger, by=ANNA, until=until, reason="Month end")

    blocker = only(why_trigger(fresh(trigger)))

    assert (blocker.code, blocker.sentence) == ("trigger_paused", "It is paused: Month end")
    assert blocker.at == until
    assert not starts(trigger)
    assert press(supervisor_client, blocker.act) == 302
    assert starts(trigger)


def test_switched_off_after_failures(folder, supervisor_client):
    queue = make_queue("doomed", folder=folder)
    trigger = due_trigger(folder, target=adds_to(queue), disable_after_failures=1)
    WorkQueue.objects.filter(pk=queue.pk).update(key="renamed")
    fire_due()

    found = why_trigger(fresh(trigger))

    assert found.codes == ["auto_disabled", "target"]
    off, target = found.blockers
    assert off.sentence.startswith("It was switched off after failures:")
    assert target.sentence.startswith("Its last start failed: There is no queue “doomed”")
    WorkQueue.objects.filter(pk=queue.pk).update(key="doomed")
    assert press(supervisor_client, off.act) == 302
    assert starts(trigger)
    assert why_trigger(fresh(trigger)).codes != ["target"]


def test_all_triggers_of_the_folder_are_paused(folder, supervisor_client):
    trigger = make_trigger(folder)
    until = database_now() + timedelta(hours=1)
    pause_folder(folder, until=until, by=ANNA, reason="Audit")

    blocker = why_trigger(trigger).blockers[0]

    assert blocker.code == "folder_paused"
    assert blocker.sentence == "Anna paused all triggers of the folder: Audit"
    assert blocker.at == until
    assert not starts(trigger)
    assert press(supervisor_client, blocker.act) == 302
    assert starts(trigger)


def test_what_it_started_before_is_under_way(folder):
    trigger = due_trigger(folder, overlap="skip")
    fire_due()

    blocker = next(each for each in why_trigger(fresh(trigger)).blockers if each.code == "overlap")

    item = WorkItem.objects.get()
    assert blocker.sentence.endswith("which it started before, is still under way.")
    assert blocker.next == "The next start is left out, unless that is over by then."
    assert blocker.act.url == f"/items/{item.pk}/"
    assert not starts(trigger)
    cancel_item(item.pk, by=ANNA, reason="done with")
    assert "overlap" not in why_trigger(fresh(trigger)).codes
    assert starts(trigger)


def test_a_start_waits_for_the_one_before(folder):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    come_again(trigger)
    fire_due()

    blocker = why_trigger(fresh(trigger)).blockers[0]

    assert blocker.code == "overlap"
    assert "waits, and begins as soon as that is over" in blocker.next
    cancel_item(WorkItem.objects.get().pk, by=ANNA, reason="done with")
    fire_due()
    assert WorkItem.objects.count() == 2


def test_the_calendar_is_closed(folder):
    closed_calendar(folder)
    trigger = make_trigger(
        folder,
        rule={"type": "recurring", "freq": "daily", "times": ["07:30"], "zone": "UTC"},
        calendar="office",
        on_closed="skip",
    )

    found = why_trigger(fresh(trigger))

    blocker = only(found)
    assert blocker.code == "calendar"
    assert blocker.sentence == "The calendar “Office” is closed on its next day."
    assert blocker.next.startswith("It starts at ")
    assert blocker.at == found.eta
    assert timedelta(days=2) < blocker.at - database_now() < timedelta(days=4)
    save_trigger(folder, trigger.key, {"on_closed": "ignore"}, by=ANNA)
    assert why_trigger(fresh(trigger)).codes == ["timer"]
    assert starts(trigger)


def test_no_time_is_left(folder):
    trigger = due_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(status="ended", next_at=None, due_at=None)

    blocker = only(why_trigger(fresh(trigger)))

    assert blocker.code == "ended"
    assert blocker.act.url == f"/triggers/{trigger.pk}/edit/"
    save_trigger(folder, trigger.key, {"rule": every(seconds=60)}, by=ANNA)
    assert starts(trigger)


def test_asking_takes_few_queries(folder, django_assert_max_num_queries):
    trigger = due_trigger(folder, overlap="queue_one")
    fire_due()
    trigger = fresh(trigger)

    with django_assert_max_num_queries(10):
        why_trigger(trigger)
