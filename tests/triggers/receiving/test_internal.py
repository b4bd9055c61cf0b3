"""Events of the control room itself set triggers off."""

import pytest

from apps.assets.lifecycle import save_asset
from apps.events.bus import News, deliver_outbox
from apps.limits.models import FolderStop
from apps.queues.lifecycle import Result, finish_items, lease_items, pause_queue, resume_queue
from apps.triggers.lifecycle import pause_trigger
from apps.triggers.models import Delivery, Firing
from apps.triggers.receiving.accepting import redeliver
from apps.triggers.receiving.hearing import hear
from tests.assets.rows import make_asset
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories_limits import make_stop
from tests.factories_queues import ANNA, make_items, make_queue
from tests.factories_triggers import adds_to, make_trigger
from tests.triggers.receiving.callers import deliveries_of, items_in
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def _listens(folder, *events, payload=None, **rule):
    target = adds_to(make_queue(folder=folder), **(payload or {"what": "{event.name}"}))
    rule = {"source": "internal", "events": list(events), **rule}
    return make_trigger(folder, kind="event", rule=rule, target=target)


def test_what_a_person_does_to_a_queue_is_heard_with_who_and_why(folder):
    watched = make_queue("invoices", folder=folder)
    trigger = _listens(
        folder,
        "queue.paused",
        payload={"key": "{event.key}", "why": "{event.reason}", "who": "{event.by}"},
    )

    pause_queue(watched, reason="month end", by=ANNA)
    deliver_outbox()

    assert items_in(folder) == [{"key": "invoices", "why": "month end", "who": "Anna"}]
    assert deliveries_of(trigger) == [("accepted", "")]
    (firing,) = Firing.objects.filter(trigger=trigger)
    assert (firing.outcome, firing.origin) == ("fired", "event")


def test_only_the_events_that_were_chosen_are_heard(folder):
    watched = make_queue(folder=folder)
    _listens(folder, "queue.resumed")
    pause_queue(watched, reason="strike", by=ANNA)
    deliver_outbox()
    assert items_in(folder) == []

    resume_queue(watched, by=ANNA)
    deliver_outbox()

    assert items_in(folder) == [{"what": "queue.resumed"}]


def test_of_and_filter_leave_the_others_out(folder):
    one, other = make_queue("one", folder=folder), make_queue("other", folder=folder)
    _listens(folder, "queue.paused", of="one")
    filtered = _listens(folder, "queue.paused", filter='event.reason = "strike"')

    pause_queue(other, reason="lunch", by=ANNA)
    pause_queue(one, reason="month end", by=ANNA)
    deliver_outbox()

    assert items_in(folder) == [{"what": "queue.paused"}]
    assert deliveries_of(filtered) == [("refused", "filtered")] * 2


def test_other_folders_are_not_listened_to(folder):
    _listens(folder, "queue.paused")

    pause_queue(make_queue(), reason="strike", by=ANNA)
    deliver_outbox()

    assert items_in(folder) == []


def test_a_paused_trigger_hears_nothing(folder):
    trigger = _listens(folder, "queue.paused")
    pause_trigger(trigger, by=ANNA)

    pause_queue(make_queue(folder=folder), reason="strike", by=ANNA)
    deliver_outbox()

    assert items_in(folder) == []


def test_the_same_news_told_twice_starts_something_once(folder):
    trigger = _listens(folder, "queue.paused")
    queue = make_queue(folder=folder)
    news = News(
        1, "queue.paused", subject=("queue", queue.pk), folder_id=folder.pk, by=ANNA, event_id=7
    )

    hear(news)
    hear(news)

    assert items_in(folder) == [{"what": "queue.paused"}]
    assert deliveries_of(trigger) == [("accepted", ""), ("duplicate", "came_before")]


def test_what_comes_while_the_folder_is_stopped_is_written_down_and_can_be_started_later(folder):
    trigger = _listens(folder, "queue.paused")
    make_stop(folder)
    pause_queue(make_queue(folder=folder), reason="strike", by=ANNA)
    deliver_outbox()
    assert (items_in(folder), deliveries_of(trigger)) == ([], [("refused", "stopped")])
    FolderStop.objects.all().delete()

    redeliver(Delivery.objects.get(trigger=trigger), by=ANNA)

    assert items_in(folder) == [{"what": "queue.paused"}]


@pytest.mark.parametrize(
    ("ends", "heard"),
    [
        ("successful", ["run.ended successful"]),
        ("faulted", ["run.ended faulted", "run.failed faulted"]),
    ],
)
def test_ends_of_runs_are_heard(folder, ends, heard):
    automation = make_automation(folder)
    words = {"what": "{event.name} {event.status}"}
    _listens(folder, "run.ended", of=automation.key, payload=words)
    _listens(folder, "run.failed", payload=words)
    _listens(folder, "run.ended", of="another", payload=words)

    make_run(automation, make_bot(folder), ends=ends)
    deliver_outbox()

    assert sorted(item["what"] for item in items_in(folder)) == heard


def test_the_end_of_an_instance_is_heard_with_what_began_the_chain(folder):
    deployed(process("short").start().end(), folder)
    first = make_trigger(
        folder,
        kind="event",
        rule={"source": "internal", "events": ["queue.paused"]},
        target={"type": "workflow", "key": "short"},
    )
    second = _listens(
        folder,
        "instance.completed",
        of="short",
        payload={"id": "{event.id}", "status": "{event.status}"},
    )

    pause_queue(make_queue(folder=folder), reason="strike", by=ANNA)
    deliver_outbox()

    cause, effect = Firing.objects.get(trigger=first), Firing.objects.get(trigger=second)
    assert items_in(folder) == [{"id": cause.subject_id, "status": "completed"}]
    assert (effect.caused_by, effect.depth) == (cause, 1)


def test_an_item_that_waits_for_a_person_is_heard(folder):
    queue = make_queue("claims", folder=folder)
    make_items(queue, reference="C-1")
    _listens(
        folder,
        "item.needs_decision",
        of="claims",
        payload={"ref": "{event.reference}", "code": "{event.code}"},
    )

    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    finish_items([Result(leased.id, leased.token, "business_exception", code="amount_unclear")])
    deliver_outbox()

    assert {"ref": "C-1", "code": "amount_unclear"} in items_in(folder)


def test_values_of_assets_are_not_told(folder):
    trigger = _listens(folder, "asset.changed", payload={"key": "{event.key}"})
    asset = make_asset(folder, "limit", "old value")

    save_asset(asset, {}, value="new value", by=ANNA)
    deliver_outbox()

    assert items_in(folder) == [{"key": "limit"}]
    assert "value" not in repr(list(Delivery.objects.filter(trigger=trigger).values_list()))
