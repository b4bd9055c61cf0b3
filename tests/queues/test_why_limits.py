"""What holds items back beside their queue: it is named, and doing what is said lets one start."""

from datetime import timedelta

import pytest

from apps.bots.models import Run
from apps.lib.clock import database_now
from apps.limits.lifecycle import lift_stop, release_application, reset_application
from apps.queues.allocation import allocate_runs
from apps.queues.lifecycle import lease_items
from apps.queues.models import WorkItem
from apps.queues.why import why_item
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)
from tests.factories_queues import ANNA, make_items, make_queue
from tests.waits import beat, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    """A queue that a bot works, with a scheduler."""
    beat()
    make_bot(folder)
    return make_queue("invoices", folder=folder, automation=sample(folder, "test.work"))


@pytest.fixture
def erp(folder, queue):
    """An application that the queue's work needs."""
    erp = make_application(folder, "erp", title="ERP")
    queue.applications.add(erp)
    return erp


def why(item_id):
    return why_item(WorkItem.objects.select_related("queue").get(pk=item_id))


def first(item_id):
    return why(item_id).blockers[0]


def add(queue):
    (item_id,) = make_items(queue, 1)
    return item_id


def is_leased(queue, item_id):
    return item_id in {item.id for item in lease_items(queue.pk, n=10, bot="robbie")}


def test_an_emergency_stop(queue, folder, supervisor_client):
    item = add(queue)
    make_stop(folder, "Wrong payments")

    blocker = first(item)

    assert blocker.code == "stopped"
    assert blocker.sentence == "Anna stopped all work of the folder: Wrong payments"
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 200
    lift_stop(folder, by=ANNA)
    assert why(item).codes == ["nothing"]
    assert is_leased(queue, item)


@pytest.mark.parametrize("is_of_application", [True, False])
def test_a_freeze(queue, folder, erp, is_of_application):
    item = add(queue)
    about = [erp] if is_of_application else []
    freeze = make_freeze(folder, *about, title="Year end", reason="Books close.")

    blocker = first(item)

    assert blocker.code == "freeze"
    where = " in ERP" if is_of_application else ""
    assert blocker.sentence == (
        f"The freeze “Year end” holds: nothing new starts{where}. Books close."
    )
    assert (blocker.next, blocker.at) == ("It goes on by itself", freeze.ends_at)
    assert not is_leased(queue, item)
    freeze.delete()
    assert is_leased(queue, item)


def test_a_freeze_of_another_application_is_no_reason(queue, folder, erp):
    item = add(queue)
    make_freeze(folder, make_application(folder, "crm"))

    assert why(item).codes == ["nothing"]


def test_a_person_holds_the_application(queue, erp, supervisor_client):
    item = add(queue)
    held(erp, reason="Upgrade")

    blocker = first(item)

    assert blocker.code == "application_held"
    assert blocker.sentence == "Anna holds all work in “ERP”: Upgrade"
    assert blocker.next == "It goes on when somebody releases it."
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_a_hold_that_ends_by_itself(queue, erp):
    item = add(queue)
    held(erp, seconds=600)

    blocker = first(item)

    assert (blocker.next, blocker.at) == ("It goes on by itself", erp.held_until)
    held(erp, seconds=-1)
    assert is_leased(queue, item)


def test_the_application_failed_too_often(queue, erp, supervisor_client):
    item = add(queue)
    opened(erp)

    blocker = first(item)

    assert blocker.code == "breaker"
    assert blocker.sentence == "“ERP” failed too often and rests: 9 of 10 tries failed."
    assert blocker.at == erp.probe_at
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_the_application_is_being_tried(queue, erp):
    probe, item = make_items(queue, 2)
    opened(erp, probe_in=-1)
    assert why(probe).codes == ["nothing"]
    assert is_leased(queue, probe)

    blocker = first(item)

    assert blocker.code == "breaker"
    assert "is being tried, one piece at a time" in blocker.sentence
    assert not is_leased(queue, item)


@pytest.mark.parametrize("by_way_of_application", [True, False])
def test_all_seats_are_taken(queue, folder, erp, by_way_of_application, designer, client_of):
    said = {"application": erp} if by_way_of_application else {"folder": folder}
    limit = make_limit(key="sap", title="SAP licences", size=1, **said)
    if not by_way_of_application:
        queue.limits.add(limit)
    taken, item = make_items(queue, 2)
    assert is_leased(queue, taken)

    blocker = first(item)

    assert blocker.code == "limit"
    assert blocker.sentence == "The one seat of the limit “SAP licences” is taken."
    assert [link.url for link in blocker.about] == [f"/items/{taken}/"]
    assert why(item).eta is None
    assert not is_leased(queue, item)
    assert press(client_of(designer), blocker.act) == 200
    type(limit).objects.filter(pk=limit.pk).update(size=2)
    assert is_leased(queue, item)


def test_more_would_start_than_a_rate_allows(queue, folder):
    limit = make_limit(folder, "calls", title="Calls", size=1, per_seconds=3600)
    queue.limits.add(limit)
    taken, item = make_items(queue, 2)
    assert is_leased(queue, taken)

    found = why(item)

    blocker = found.blockers[0]
    assert blocker.code == "rate"
    assert blocker.sentence == "The limit “Calls” lets 1 start in 3600 s; these have started."
    assert timedelta(minutes=58) < blocker.at - database_now() < timedelta(minutes=61)
    assert not is_leased(queue, item)
    type(limit).objects.filter(pk=limit.pk).update(theoretical_at=None)
    assert is_leased(queue, item)


def test_no_bot_can_do_what_the_queue_asks_for(queue, folder):
    queue.required_capabilities = ["sap"]
    queue.save()
    item = add(queue)

    blocker = first(item)

    assert blocker.code == "capability"
    assert blocker.sentence.endswith("can do all that it needs: sap.")
    assert not is_leased(queue, item)
    folder.bots.update(capabilities=["sap"])
    assert why(item).codes == ["nothing"]
    assert is_leased(queue, item)
    assert allocate_runs() == []
    assert Run.objects.count() == 0


def test_asking_takes_few_queries_where_limits_hold(queue, erp, django_assert_max_num_queries):
    make_limit(key="sap", application=erp)
    taken, item = make_items(queue, 2)
    is_leased(queue, taken)
    item = WorkItem.objects.select_related("queue").get(pk=item)

    with django_assert_max_num_queries(12):
        why_item(item)


def test_all_that_holds_it_back_is_named_and_it_starts_when_the_last_is_gone(
    queue, folder, erp, django_assert_max_num_queries
):
    """One after the other would send a person on an errand only to learn of the next."""
    probe, item = make_items(queue, 2)
    crm = make_application(folder, "crm", title="CRM")
    seat = make_limit(folder, "seat", size=1)
    rate = make_limit(folder, "rate", size=1, per_seconds=60)
    queue.limits.add(seat, rate)
    assert lease_items(queue.pk, n=1, bot="robbie")[0].id == probe
    queue.applications.add(crm)
    freeze = make_freeze(folder, title="Year end")
    make_stop(folder)
    held(erp)
    opened(crm)
    found = WorkItem.objects.select_related("queue").get(pk=item)

    with django_assert_max_num_queries(18):
        why_item(found)

    left = ["stopped", "freeze", "application_held", "breaker", "limit", "rate"]
    ways_out = [
        lambda: lift_stop(folder, by=ANNA),
        freeze.delete,
        lambda: release_application(erp, by=ANNA),
        lambda: reset_application(crm, by=ANNA),
        seat.delete,
        rate.delete,
    ]
    while left:
        # what is usual stands behind what is not
        assert why(item).codes == left
        assert not is_leased(queue, item)
        ways_out.pop(0)()
        left.pop(0)
    assert why(item).codes == ["nothing"]
    assert is_leased(queue, item)


def test_an_application_that_answers_is_not_named_beside_one_that_is_held(queue, folder, erp):
    item = add(queue)
    crm = opened(make_application(folder, "crm", title="CRM"), probe_in=-1)
    queue.applications.add(crm)
    held(erp)

    # nothing is at work in it: it would take this one
    assert why(item).codes == ["application_held"]
